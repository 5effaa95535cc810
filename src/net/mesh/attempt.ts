/** One connection of the page as the worker sees it, whoever is at the other end: its commands, its channel, and the limits before anybody is believed. */
import type { InstanceId, Milliseconds } from '../../codec/brand.ts';
import {
  ANSWER_TIMEOUT_MS,
  ATTEMPT_TIMEOUT_MS,
  BYE_GRACE_MS,
  LATE_TIMER_MS,
  MAX_CANDIDATES,
} from '../limits.ts';
import type { CloseReason, IceServer, PageEvent } from '../types.ts';
import { fromDataChannel, fromPort } from './channel.ts';
import { countCandidates, countIceError, noFacts, type AttemptFacts } from './diagnosis.ts';
import { createFraming, type Framing, type FramingHandlers } from './framing.ts';
import { createGathering } from './gathering.ts';
import { parseSignalData, type SignalData } from './messages.ts';
import type { Ending, MeshOptions } from './options.ts';

export interface AttemptSpec {
  /** 32 hex digits, random: the connection's name at the page. */
  readonly peer: string;
  readonly initiator: boolean;
  readonly iceServers: readonly IceServer[];
  readonly workerChannel: boolean;
  /** For an answer to the offer, once that has left; ANSWER_TIMEOUT_MS unless told. */
  readonly answerMs?: Milliseconds;
  /** Largest message taken from the other end; MAX_MESSAGE_BYTES unless told. */
  readonly maxMessageBytes?: number;
  /** Largest message sent; MAX_MESSAGE_BYTES unless told. */
  readonly maxSentBytes?: number;
}

export interface AttemptHandlers extends Omit<FramingHandlers, 'onEnd'> {
  /** From the page, to be carried to the other end. */
  onSignal(data: SignalData): void;
  /** DTLS is up, between these two certificates. */
  onConnected(localFingerprint: string, remoteFingerprint: string): void;
  /** The page announced signals but its channel never arrived: this browser loses transferred channels. */
  onChannelLost(): void;
  /** Called once; nothing is called after it. */
  onEnd(ending: Ending): void;
}

export interface Attempt {
  /** Null until the page has handed over the channel. */
  readonly framing: Framing | null;
  readonly ended: boolean;
  /** When it last came a step further: began, was answered, connected or opened its channel. */
  readonly progressAt: Milliseconds;
  /** What may explain a failure. */
  readonly facts: AttemptFacts;
  /** From the other end, through signaling. Beyond one description and MAX_CANDIDATES it is ignored. */
  signal(data: SignalData): void;
  onPageEvent(event: Extract<PageEvent, { peer: string }>): void;
  /** Replaces the timer that ends the attempt with `timeout`; null: nothing is waited for any more. */
  setTimer(delay: Milliseconds | null): void;
  end(reason: CloseReason, tell: boolean, twin?: InstanceId): void;
}

export function createAttempt(
  options: Pick<MeshOptions, 'clock' | 'pagePort'>,
  spec: AttemptSpec,
  handlers: AttemptHandlers,
): Attempt {
  const { clock, pagePort } = options;
  const { peer, initiator } = spec;
  let framing: Framing | null = null;
  let ended = false;
  let described = false;
  let candidates = 0;
  let timer: unknown = null;
  let progressAt = clock.now();
  const facts = noFacts();
  const gathering = createGathering(clock, (data) => {
    // The time for an answer begins when there is something to answer: a busy page is slow to make its offer.
    if (data.type === 'offer') setTimer(spec.answerMs ?? ANSWER_TIMEOUT_MS);
    handlers.onSignal(data);
  });

  function setTimer(delay: Milliseconds | null): void {
    if (timer !== null) clock.clearTimeout(timer);
    if (delay === null) {
      timer = null;
      return;
    }
    const due = clock.now() + delay;
    timer = clock.setTimeout(() => {
      // A worker that was busy reads its clock before its messages: what arrived meanwhile gets a moment to be read.
      if (clock.now() - due < LATE_TIMER_MS) return end('timeout', true);
      timer = clock.setTimeout(() => end('timeout', true), LATE_TIMER_MS);
    }, delay);
  }

  function finish(ending: Ending): void {
    if (ended) return;
    ended = true;
    setTimer(null);
    gathering.stop();
    const close = (): void => pagePort.postMessage({ type: 'close', peer });
    // Closing the connection at once would drop the bye that has just been written.
    if (framing === null) close();
    else clock.setTimeout(close, BYE_GRACE_MS);
    handlers.onEnd(ending);
  }

  function end(reason: CloseReason, tell: boolean, twin?: InstanceId): void {
    if (ended) return;
    if (framing === null) finish({ reason, told: false });
    else framing.end(reason, tell, twin);
  }

  function onChannel(event: Extract<PageEvent, { type: 'channel' }>): void {
    if (framing !== null) return;
    const channel =
      event.channel !== null
        ? fromDataChannel(event.channel)
        : event.port !== null
          ? fromPort(event.port)
          : null;
    if (channel === null) return end('transport-failed', false);
    const { maxMessageBytes, maxSentBytes } = spec;
    const all = { ...handlers, onOpen, onEnd: finish };
    framing = createFraming(channel, clock, all, maxMessageBytes, maxSentBytes);
  }

  function onOpen(): void {
    progressAt = clock.now();
    handlers.onOpen();
  }

  setTimer(ATTEMPT_TIMEOUT_MS);
  pagePort.postMessage({
    type: 'open',
    peer,
    initiator,
    iceServers: spec.iceServers,
    workerChannel: spec.workerChannel,
  });

  return {
    get framing() {
      return framing;
    },
    get ended() {
      return ended;
    },
    get progressAt() {
      return progressAt;
    },
    facts,
    signal(data) {
      if (ended) return;
      facts.answered = true;
      if (data.type === 'candidate') {
        candidates += 1;
        if (candidates > MAX_CANDIDATES) return;
        countCandidates(facts.remote, data);
      } else {
        if (described || data.type !== (initiator ? 'answer' : 'offer')) return;
        described = true;
        progressAt = clock.now();
        countCandidates(facts.remote, data);
        setTimer(ATTEMPT_TIMEOUT_MS);
      }
      pagePort.postMessage({ type: 'signal', peer, data });
    },
    onPageEvent(event) {
      if (ended) return;
      switch (event.type) {
        case 'channel':
          return onChannel(event);
        case 'signal': {
          if (framing === null) {
            handlers.onChannelLost();
            return end('transport-failed', false);
          }
          const data = parseSignalData(event.data);
          if (data === null) return;
          countCandidates(facts.local, data);
          return gathering.add(data);
        }
        case 'gathered':
          return gathering.complete();
        case 'ice-error':
          return countIceError(facts, event.url, event.code);
        case 'connected':
          facts.connected = true;
          progressAt = clock.now();
          // Whatever is slow now is the handshake, which has its own time once the channel is open.
          if (timer !== null) setTimer(ATTEMPT_TIMEOUT_MS);
          return handlers.onConnected(event.localFingerprint, event.remoteFingerprint);
        case 'route':
          facts.route = event.route;
          return;
        case 'closed':
          return end('transport-failed', false);
      }
    },
    setTimer,
    end,
  };
}
