/** Virtual time for whole replicas in one process. */
import type { Clock, TimerHandle } from '../../src/worker/clock.ts';
import type { Cluster } from './cluster.ts';

/** Time that passes only while nothing is left to do: a message takes as long as it says, however busy this machine is. */
export class OwnTime implements Clock {
  #now = 0;
  readonly #cluster: Cluster;
  readonly #timers: { readonly at: number; readonly run: () => void }[] = [];
  readonly now = (): number => this.#now;
  readonly wall = (): number => this.#now;
  readonly setTimeout = (run: () => void, delay: number): TimerHandle => {
    const timer = { at: this.#now + Math.max(0, delay), run };
    const before = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(before < 0 ? this.#timers.length : before, 0, timer);
    return timer;
  };
  readonly clearTimeout = (handle: TimerHandle): void => {
    const at = this.#timers.findIndex((timer) => timer === handle);
    if (at >= 0) this.#timers.splice(at, 1);
  };

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async until(what: string, holds: () => boolean, limit = 60_000): Promise<void> {
    const end = this.#now + limit;
    for (;;) {
      await this.#settled();
      if (holds()) return;
      const next = this.#timers.shift();
      if (!next || next.at > end) throw new Error(`waited ${limit} ms in vain for: ${what}`);
      this.#now = next.at;
      next.run();
    }
  }

  /** All that needs no timer is done, signatures included. */
  async #settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = this.#cluster.underWay > 0 ? 0 : quiet + 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
}
