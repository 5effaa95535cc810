/** Work that one neighbour may cause: so much at once, and so much more each second. */
import type { Milliseconds } from '../../codec/brand.ts';
import { SYNC_BURST, SYNC_PER_SECOND } from '../limits.ts';

export class Budget {
  #left = SYNC_BURST;
  #at: Milliseconds;

  constructor(now: Milliseconds) {
    this.#at = now;
  }

  spend(cost: number): void {
    this.#left -= cost;
  }

  /** Milliseconds until something is left; 0: now. */
  wait(now: Milliseconds): Milliseconds {
    this.#left = Math.min(SYNC_BURST, this.#left + ((now - this.#at) * SYNC_PER_SECOND) / 1000);
    this.#at = now;
    return this.#left > 0 ? 0 : Math.ceil((1000 * (1 - this.#left)) / SYNC_PER_SECOND);
  }
}
