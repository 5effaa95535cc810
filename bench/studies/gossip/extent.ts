/** What is measured with which group of replicas, at what pace, and about how long that takes. Pure. */
import {
  GOSSIP_COLD_PAUSE_MS,
  GOSSIP_DEGREES,
  GOSSIP_FAILURE_EVERY_MS,
  GOSSIP_FULL,
  GOSSIP_IDLE_MS,
  GOSSIP_LARGER_DEGREES,
  GOSSIP_LOAD_MS,
  GOSSIP_LOADS,
  GOSSIP_PACES,
  GOSSIP_SAMPLES,
  GOSSIP_SETTLE_MS,
  GOSSIP_SPARSE,
  GOSSIP_TAIL_MS,
  GOSSIP_TOPOLOGIES,
  GOSSIP_TRANSACTIONS,
  GOSSIP_WINDOW,
} from '../../limits.ts';

export type Storage = 'memory' | 'disk';

/** One series of transactions. `failing` leaves a quarter of the replicas cut off and `lying` one convicted: they come last in their group. */
export type Part =
  | { readonly kind: 'product' | 'load' | 'failing' | 'lying' }
  | { readonly kind: 'drawn'; readonly degree: number };

/** Replicas that are started together, and what is measured with them, in this order. */
export interface GroupPlan {
  readonly n: number;
  readonly storage: Storage;
  readonly parts: readonly Part[];
}

export interface Extent {
  readonly groups: readonly GroupPlan[];
  readonly topologies: number;
  /** Transactions over one topology. */
  readonly each: number;
  /** Transactions over the product's links, and in one window of use. */
  readonly samples: number;
  readonly window: number;
  /** Before the first failure: how it was until then shows in the timeline. */
  readonly beforeFailures: number;
  readonly loads: readonly number[];
}

/** Transactions a second. */
export const paceOf = (n: number): number =>
  (GOSSIP_PACES.find(({ upTo }) => n <= upTo) ?? GOSSIP_PACES.at(-1)!).pace;

const drawn = (degree: number): Part => ({ kind: 'drawn', degree });
const [SMALLEST, MIDDLE, LARGEST] = [
  Math.min(...GOSSIP_SPARSE),
  ...GOSSIP_SPARSE.toSorted((a, b) => a - b).slice(1),
] as [number, number, number];

export const FULL: Extent = {
  groups: [
    ...GOSSIP_FULL.map((n, i): GroupPlan => ({
      ...{ n, storage: 'memory' },
      parts: i === 0 ? [{ kind: 'product' }, { kind: 'load' }] : [{ kind: 'product' }],
    })),
    // With and without failures over the very same links.
    { n: SMALLEST, storage: 'memory', parts: [{ kind: 'product' }, { kind: 'failing' }] },
    { n: SMALLEST, storage: 'memory', parts: [...GOSSIP_DEGREES.map(drawn), { kind: 'lying' }] },
    { n: MIDDLE, storage: 'memory', parts: [{ kind: 'product' }, ...GOSSIP_LARGER_DEGREES.map(drawn)] },
    { n: LARGEST, storage: 'memory', parts: GOSSIP_LARGER_DEGREES.map(drawn) },
    { n: Math.min(...GOSSIP_FULL), storage: 'disk', parts: [{ kind: 'product' }] },
  ],
  topologies: GOSSIP_TOPOLOGIES,
  each: GOSSIP_TRANSACTIONS,
  samples: GOSSIP_SAMPLES,
  window: GOSSIP_WINDOW,
  beforeFailures: 15,
  loads: GOSSIP_LOADS,
};

/** Every part once but profiles on disk, with few replicas and samples. */
export const QUICK: Extent = {
  groups: [
    { n: 4, storage: 'memory', parts: [{ kind: 'product' }, { kind: 'load' }, { kind: 'failing' }] },
    { n: 6, storage: 'memory', parts: [drawn(3), drawn(4), { kind: 'lying' }] },
  ],
  topologies: 2,
  each: 5,
  samples: 12,
  window: 4,
  beforeFailures: 5,
  loads: [5, 20],
};

// Seconds, as two cores with nothing else on them took them; what takes the processors and not a pace grows with the square of the replicas.

/** The costs of single pieces of work, and the pages' build. */
const BEFORE_ALL_S = 60;
/** From the first page to the last right to vote: 5 s with 4, 19 to 30 s with 16, 36 s with 25, 87 s with 40. */
const startS = (n: number): number => 4 + 0.055 * n ** 2;
/** One transaction by itself: 0.2 s with 4, 0.4 s with 16, 0.9 s with 25, 2 s with 40. */
const alone = (n: number): number => 0.2 + 0.0012 * n ** 2;
/** From one topology to the next: 1 to 3 s with 16, 8 to 11 s with 25, 15 s with 40. */
const relinkS = (n: number): number => 0.011 * n ** 2;
/** A browser of its own for each replica. */
const onDiskS = (n: number): number => 3 * n;
/** Until the processors are quiet, and how much each uses by itself. */
const REST_S = (GOSSIP_SETTLE_MS + GOSSIP_IDLE_MS) / 1000 + 1;
const CLOSE_S = 2;
/** Until the load that is too much has been worked off. */
const LAST_LOAD_S = 10;

function partSeconds(
  { topologies, each, samples, beforeFailures, loads }: Extent,
  n: number,
  part: Part,
): number {
  const pace = paceOf(n);
  const tail = alone(n) + GOSSIP_TAIL_MS / 1000;
  switch (part.kind) {
    case 'product':
      return REST_S + samples / pace + tail;
    case 'drawn':
      return REST_S + topologies * (relinkS(n) + GOSSIP_SETTLE_MS / 1000 + each / pace + tail);
    case 'failing': {
      const failures = Math.floor(n / 4) * (GOSSIP_FAILURE_EVERY_MS / 1000);
      return REST_S + Math.max((beforeFailures + samples) / pace, beforeFailures / pace + failures) + tail;
    }
    case 'lying':
      return relinkS(n) + REST_S + samples / pace + tail;
    case 'load':
      return loads.reduce(
        (sum, rate) => sum + Math.max(samples / rate, GOSSIP_LOAD_MS / 1000) + tail,
        LAST_LOAD_S,
      );
  }
}

/** What the study says of itself: `secondsOf`, rounded up, and within its part of the three hours. */
export const MINUTES = { full: 52, quick: 4 };

/** About so many seconds on two quiet cores. */
export function secondsOf(extent: Extent): number {
  return extent.groups.reduce(
    (sum, { n, storage, parts }) =>
      sum +
      startS(n) +
      (storage === 'disk' ? onDiskS(n) : 0) +
      n * (alone(n) + GOSSIP_COLD_PAUSE_MS / 1000) +
      parts.reduce((all, part) => all + partSeconds(extent, n, part), 0) +
      CLOSE_S,
    BEFORE_ALL_S,
  );
}
