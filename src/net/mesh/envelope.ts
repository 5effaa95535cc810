/** Seals and opens signaling messages one after the other: candidates may not overtake their offer, though sealing is asynchronous. */
import { MAX_ENVELOPE_QUEUE, MAX_SEALED_BYTES } from '../limits.ts';
import type { SignalingSecret } from './options.ts';

export interface Envelope {
  seal(plain: Uint8Array, done: (sealed: Uint8Array) => void): void;
  /** Calls back only for what was sealed with our secret; the rest is a stranger's and is dropped. */
  open(sealed: Uint8Array, done: (plain: Uint8Array) => void): void;
}

export function createEnvelope(secret: SignalingSecret): Envelope {
  const sealing = createSeries();
  const opening = createSeries();
  return {
    seal(plain, done) {
      sealing(async () => {
        const sealed = await secret.encrypt(plain);
        if (sealed.length <= MAX_SEALED_BYTES) done(sealed);
      });
    },
    open(sealed, done) {
      if (sealed.length > MAX_SEALED_BYTES) return;
      opening(async () => {
        const plain = await secret.decrypt(sealed);
        if (plain !== null) done(plain);
      });
    },
  };
}

/** Runs jobs one at a time; those beyond MAX_ENVELOPE_QUEUE are dropped, as a lossy network would. */
function createSeries(): (job: () => Promise<void>) => void {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  return (job) => {
    if (waiting >= MAX_ENVELOPE_QUEUE) return;
    waiting += 1;
    const run = async (): Promise<void> => {
      waiting -= 1;
      await job();
    };
    last = last.then(run, run);
    // A bug in a job shows as an unhandled rejection of this branch; the series goes on.
    void last;
  };
}
