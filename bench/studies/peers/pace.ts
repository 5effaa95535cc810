/** When transactions are made. */
import {
  PEERS_PACE,
  PEERS_PAUSE_DELAYS,
  PEERS_PAUSE_MORE_MS,
  PEERS_PAUSE_MS,
  PEERS_STOPPED_PACE,
} from '../../limits.ts';
import { sleep } from './network.ts';

/** In the order in which they were made. */
export type Pace = (count: number, make: (i: number) => Promise<number>) => Promise<readonly number[]>;

/**
 * Each a while after the one before has been confirmed: the time of a transaction in a network that has nothing else to do. `rest`: milliseconds
 * more, where what follows a commit takes longer.
 */
export const oneByOne =
  (delay: number, rest = 0): Pace =>
  async (count, make) => {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      await sleep(pause(delay, Math.random()) + rest);
      times.push(await make(i));
    }
    return times;
  };

/** Milliseconds; `chance` from 0 to 1. */
export const pause = (delay: number, chance: number): number =>
  PEERS_PAUSE_MS + PEERS_PAUSE_DELAYS * delay + PEERS_PAUSE_MORE_MS * chance;

/** At moments that know nothing of the blocks, whatever has become of those before: a Poisson process. */
export const atRandomMoments =
  (stopped: boolean): Pace =>
  async (count, make) => {
    const under: Promise<number>[] = [];
    let failed = false;
    for (let i = 0; i < count; i++) {
      await sleep(gap(stopped ? PEERS_STOPPED_PACE : PEERS_PACE, Math.random()));
      if (failed) break;
      const made = make(i);
      // It is told by the wait for all of them below.
      made.catch(() => (failed = true));
      under.push(made);
    }
    return Promise.all(under);
  };

/** Milliseconds to the next of so many a second; `chance` from 0 to 1, 1 excluded. */
export const gap = (perSecond: number, chance: number): number => (-Math.log(1 - chance) * 1_000) / perSecond;
