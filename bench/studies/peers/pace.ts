/** When transactions are made. */
import {
  PEERS_MOST_MORE,
  PEERS_PACE,
  PEERS_PAUSE_DELAYS,
  PEERS_PAUSE_MORE_MS,
  PEERS_PAUSE_MS,
  PEERS_STOPPED_PACE,
} from '../../limits.ts';
import { sleep, type Turns } from './network.ts';

/** In the order in which they were made: at least `count` of them. */
export type Pace = (count: number, make: (i: number) => Promise<number>) => Promise<readonly number[]>;

/** Each a while after the one before has been confirmed: the time of a transaction in a network that has nothing else to do. */
export const oneByOne = (delay: number): Pace => one(() => sleep(pause(delay, Math.random())));

/**
 * The same where blocks are proposed in turn and a transaction takes two of them, its own and the one that tells the new state. The next one begins
 * when both are there. With an even number of proposers every transaction would so meet the same half of them: with `drawn`, a block of its own moves
 * the turn on by one before half of the transactions, by chance, so that all proposers, dead ones among them, are met as often as they have their turn.
 */
export const atRest = (
  turns: Turns,
  places: readonly number[],
  drawn: boolean,
  chance: () => number = Math.random,
  longest = PEERS_PAUSE_MORE_MS,
): Pace =>
  one(async () => {
    await turns.rest();
    if (drawn && chance() < 0.5) await turns.on(pick(places, chance()));
    await sleep(longest * chance());
  });

const one =
  (before: () => Promise<void>): Pace =>
  async (count, make) => {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      await before();
      times.push(await make(i));
    }
    return times;
  };

/** Milliseconds; `chance` from 0 to 1. */
export const pause = (delay: number, chance: number): number =>
  PEERS_PAUSE_MS + PEERS_PAUSE_DELAYS * delay + PEERS_PAUSE_MORE_MS * chance;

/** `chance` from 0 to 1, 1 excluded. */
export const pick = <T>(among: readonly T[], chance: number): T => among[Math.floor(chance * among.length)]!;

/** At moments that know nothing of the blocks, whatever has become of those before: a Poisson process. */
export const atRandomMoments: Pace = (count, make) => arriving(PEERS_PACE, async (i) => i < count, make);

/**
 * The same, slower, until as many blocks have been made as whole rotations of the proposers have, so that the dead have had their share of the time. As
 * many more transactions are made as come by then: those of the last rotation count like all others.
 */
export const overRotations =
  (n: number, height: () => Promise<number>, perSecond = PEERS_STOPPED_PACE): Pace =>
  async (count, make) => {
    const began = await height();
    let end: number | null = null;
    const goesOn = async (i: number): Promise<boolean> => {
      if (i < count) return true;
      const now = await height();
      end ??= wholeRotation(began, now, n);
      if (now >= end) return false;
      if (i >= count + PEERS_MOST_MORE)
        throw new Error(
          `${i} transactions, and the proposers' rotation that ends with block ${end} is at ${now}.`,
        );
      return true;
    };
    return arriving(perSecond, goesOn, make);
  };

/** The first height, from `now` on, at which every one of n has proposed as often as every other since `began`, and at least once. */
export const wholeRotation = (began: number, now: number, n: number): number =>
  began + n * Math.max(1, Math.ceil((now - began) / n));

async function arriving(
  perSecond: number,
  goesOn: (i: number) => Promise<boolean>,
  make: (i: number) => Promise<number>,
): Promise<readonly number[]> {
  const under: Promise<number>[] = [];
  let failed = false;
  for (let i = 0; !failed && (await goesOn(i)); i++) {
    await sleep(gap(perSecond, Math.random()));
    if (failed) break;
    const made = make(i);
    // It is told by the wait for all of them below.
    made.catch(() => (failed = true));
    under.push(made);
  }
  return Promise.all(under);
}

/** Milliseconds to the next of so many a second; `chance` from 0 to 1, 1 excluded. */
export const gap = (perSecond: number, chance: number): number => (-Math.log(1 - chance) * 1_000) / perSecond;
