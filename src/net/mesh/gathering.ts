/**
 * Puts the candidates that a browser finds at once into the description that they belong to (RFC 8840, half trickle). A signaling server gives
 * each message to everybody on the topic: with a message for each candidate, thirteen members who meet send 1,600 of them, and every
 * member opens them all. What is found later, by STUN or TURN, follows one by one.
 */
import { MAX_SDP_LENGTH, SIGNAL_GATHER_MS } from '../limits.ts';
import type { SignalData } from './messages.ts';
import type { Clock } from './options.ts';

export interface Gathering {
  /** From the page: a description, then its candidates. */
  add(data: SignalData): void;
  /** No more candidates will come. */
  complete(): void;
  stop(): void;
}

export function createGathering(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  send: (data: SignalData) => void,
): Gathering {
  let held: Extract<SignalData, { sdp: string }> | null = null;
  let timer: unknown = null;
  let complete = false;

  function flush(): void {
    stop();
    const description = held;
    held = null;
    if (description !== null) send(description);
  }

  function stop(): void {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  }

  return {
    add(data) {
      if (data.type !== 'candidate') {
        held = data;
        if (complete) return flush();
        timer ??= clock.setTimeout(flush, SIGNAL_GATHER_MS);
        return;
      }
      if (held === null) return send(data);
      const sdp = withCandidate(held.sdp, data.candidate.candidate);
      if (sdp !== null) {
        held = { ...held, sdp };
        return;
      }
      flush();
      send(data);
    },
    complete() {
      complete = true;
      flush();
    },
    stop,
  };
}

/** A description with a data channel has one media section, so that a line at its end is that section's. Null when it does not fit in. */
function withCandidate(sdp: string, candidate: string): string | null {
  // Empty: the end of the candidates, of which a description says nothing.
  if (candidate === '') return sdp;
  const line = `a=${candidate}\r\n`;
  const sections = sdp.match(/^m=/gm)?.length ?? 0;
  if (sections !== 1 || /[\r\n]/.test(candidate) || sdp.length + line.length > MAX_SDP_LENGTH) return null;
  return sdp.endsWith('\n') ? sdp + line : `${sdp}\r\n${line}`;
}
