/** From a connection to its handshake: begins when the channel is open and the page has told the fingerprints, in either order. */
import { MAX_HELD_HANDSHAKE_FRAMES } from '../limits.ts';
import type { Fingerprints, Handshake, HandshakeFrame } from './handshake.ts';

export interface Entrance {
  /** DTLS is up, between these two certificates. */
  connected(localFingerprint: string, remoteFingerprint: string): void;
  opened(): void;
  /** What comes before the handshake has begun is kept; false: too much did. */
  receive(frame: HandshakeFrame): boolean;
  accept(): void;
  stop(): void;
}

/** `begin` is called once. */
export function createEntrance(begin: (fingerprints: Fingerprints) => Handshake): Entrance {
  let handshake: Handshake | null = null;
  let fingerprints: Fingerprints | null = null;
  let open = false;
  let stopped = false;
  const held: HandshakeFrame[] = [];

  function maybeBegin(): void {
    if (fingerprints === null || !open || handshake !== null || stopped) return;
    handshake = begin(fingerprints);
    handshake.start();
    for (const frame of held.splice(0)) handshake.receive(frame);
  }

  return {
    connected(localFingerprint, remoteFingerprint) {
      fingerprints ??= { localFingerprint, remoteFingerprint };
      maybeBegin();
    },
    opened() {
      open = true;
      maybeBegin();
    },
    receive(frame) {
      if (handshake !== null) handshake.receive(frame);
      else if (held.length < MAX_HELD_HANDSHAKE_FRAMES) held.push(frame);
      else return false;
      return true;
    },
    accept: () => handshake?.accept(),
    stop() {
      stopped = true;
      handshake?.stop();
    },
  };
}
