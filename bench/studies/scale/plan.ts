/** What is simulated: networks by scenario, size, degree and topology. Pure: the same costs give the same plan, and the same plan the same figures. */
import { faultsTolerated } from '../../../src/consensus/membership.ts';
import { DEAD_AFTER_MS, FULL_MESH_MAX, PING_INTERVAL_MS } from '../../../src/net/limits.ts';
import type { Costs } from '../../../test/sim/world/costs.ts';
import type { WorldOptions } from '../../../test/sim/world/world.ts';
import {
  GOSSIP_BODY_BYTES,
  GOSSIP_DELAY_MS,
  GOSSIP_PACE,
  SCALE_CONTENDED_SIZES,
  SCALE_CONTENDED_TOPOLOGIES,
  SCALE_DEGREE,
  SCALE_DEGREES,
  SCALE_FAILURE_EVERY_MS,
  SCALE_FAILURE_SAMPLES,
  SCALE_FAULT_SIZES,
  SCALE_OTHER_SIZES,
  SCALE_LOADS,
  SCALE_LOAD_SAMPLES,
  SCALE_LOAD_SECONDS,
  SCALE_LOAD_SIZE,
  SCALE_SETTLED_MS,
  SCALE_SIZES,
  SCALE_TOPOLOGIES,
  SCALE_TRANSACTIONS,
  SCALE_UPLOAD_MBIT,
} from '../../limits.ts';
import type { GossipValidation } from '../gossip/facts.ts';
import { drawTopology } from '../gossip/topology.ts';

export const SCENARIOS = [
  'all well',
  'a quarter failing',
  'one Byzantine',
  'two contend',
  'two contend, f gone',
  'two contend, f silent',
  'two contend, f Byzantine',
  'under load',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface Planned {
  readonly scenario: Scenario;
  readonly n: number;
  readonly degree: number;
  /** Transactions a second. */
  readonly rate: number;
  readonly options: WorldOptions;
}

/** The role that costs most time of those in roles.ts, measured at 40 replicas. */
const WORST_ROLE = 'splitter';
/** Never says a word, and keeps its links open. */
const SILENT_ROLE = 'silent';
/** Who closes the page says goodbye, which takes one hop. */
const GONE_AFTER_MS: readonly [number, number] = [GOSSIP_DELAY_MS, 1];
/** A body as the browsers' transactions have it: an owner and points. */
const BODY_BYTES = GOSSIP_BODY_BYTES + 64;

/** What all simulations have in common. */
function base(n: number, degree: number, seed: number, costs: Costs): WorldOptions {
  return {
    seed,
    n,
    degree,
    latency: GOSSIP_DELAY_MS,
    jitter: 0,
    settledAt: SCALE_SETTLED_MS,
    measuredW0: true,
    bodyBytes: BODY_BYTES,
    charged: true,
    costs,
    resumed: true,
    bandwidth: SCALE_UPLOAD_MBIT,
    // Pings every few seconds: a link that is dead is found so within this after the last word.
    deadAfter: [DEAD_AFTER_MS, PING_INTERVAL_MS],
  };
}

const paced = (transactions: number, rate: number): WorldOptions['paced'] => ({
  transactions,
  every: 1000 / rate,
  spread: true,
});

function repeated(topologies: number, of: (seed: number) => Planned): Planned[] {
  return Array.from({ length: topologies }, (_, i) => of(i + 1));
}

/** How much of it there is. */
export interface Extent {
  readonly sizes: readonly number[];
  /** With everybody linked to everybody, as the product does up to so many. */
  readonly fullSizes: readonly number[];
  readonly otherSizes: readonly number[];
  readonly degrees: readonly number[];
  readonly topologies: number;
  readonly transactions: number;
  readonly faultSizes: readonly number[];
  readonly failureSamples: number;
  readonly contendedSizes: readonly number[];
  readonly contendedTopologies: number;
  readonly loadSize: number;
  readonly loads: readonly number[];
  readonly loadSeconds: number;
  readonly loadSamples: number;
}

export const FULL: Extent = {
  sizes: SCALE_SIZES,
  fullSizes: [FULL_MESH_MAX],
  otherSizes: SCALE_OTHER_SIZES,
  degrees: SCALE_DEGREES,
  topologies: SCALE_TOPOLOGIES,
  transactions: SCALE_TRANSACTIONS,
  faultSizes: SCALE_FAULT_SIZES,
  failureSamples: SCALE_FAILURE_SAMPLES,
  contendedSizes: SCALE_CONTENDED_SIZES,
  contendedTopologies: SCALE_CONTENDED_TOPOLOGIES,
  loadSize: SCALE_LOAD_SIZE,
  loads: SCALE_LOADS,
  loadSeconds: SCALE_LOAD_SECONDS,
  loadSamples: SCALE_LOAD_SAMPLES,
};

export const QUICK: Extent = {
  sizes: [16, 25],
  fullSizes: [FULL_MESH_MAX],
  otherSizes: [40],
  degrees: [5, 7],
  topologies: 2,
  transactions: 3,
  faultSizes: [20],
  failureSamples: 1,
  contendedSizes: [16],
  contendedTopologies: 1,
  loadSize: 16,
  loads: [2, 5],
  loadSeconds: 2,
  loadSamples: 1,
};

/** Everything but the validation, by scenario. */
export function plan(extent: Extent, costs: Costs): ReadonlyMap<Scenario, readonly Planned[]> {
  const { topologies, transactions } = extent;
  const at = (
    scenario: Scenario,
    n: number,
    degree: number,
    rate: number,
    count: number,
    more: Partial<WorldOptions>,
  ): Planned[] =>
    repeated(count, (seed) => ({
      scenario,
      n,
      degree,
      rate,
      options: { ...base(n, degree, seed, costs), paced: paced(transactions, rate), ...more },
    }));

  const healthy = [
    ...extent.sizes.flatMap((n) => extent.degrees.map((degree) => ({ n, degree }))),
    ...extent.fullSizes.map((n) => ({ n, degree: n - 1 })),
    ...extent.otherSizes.map((n) => ({ n, degree: SCALE_DEGREE })),
  ].flatMap(({ n, degree }) =>
    at('all well', n, degree, GOSSIP_PACE, topologies, {}).map((one) => ({
      ...one,
      options: { ...one.options, edges: drawTopology(n, degree, one.options.seed) },
    })),
  );
  // What goes wrong, with the degree that the mesh aims at, and with everybody linked to everybody as it does where there are few.
  const full = extent.fullSizes.map((n) => ({ n, degree: n - 1 }));
  const sparse = (n: number): { readonly n: number; readonly degree: number } => ({
    n,
    degree: SCALE_DEGREE,
  });
  const failing = [...full, ...extent.faultSizes.map(sparse)].flatMap(({ n, degree }) => {
    const count = failingOf(n);
    const each = Math.round((count * SCALE_FAILURE_EVERY_MS * GOSSIP_PACE) / 1000);
    const runs = Math.max(1, Math.ceil(extent.failureSamples / each));
    return at('a quarter failing', n, degree, GOSSIP_PACE, runs, {
      failing: count,
      failEvery: SCALE_FAILURE_EVERY_MS,
      paced: paced(each, GOSSIP_PACE),
    });
  });
  const byzantine = [...full, ...extent.faultSizes.map(sparse)].flatMap(({ n, degree }) =>
    at('one Byzantine', n, degree, GOSSIP_PACE, topologies, { byzantine: ['paper'] }),
  );
  const contended = { paced: { transactions, every: 1000 / GOSSIP_PACE, contested: true } };
  const contend = (
    scenario: Scenario,
    among: readonly { readonly n: number; readonly degree: number }[],
    more: (faults: number) => Partial<WorldOptions>,
  ): Planned[] =>
    among.flatMap(({ n, degree }) =>
      at(scenario, n, degree, GOSSIP_PACE, extent.contendedTopologies, {
        ...contended,
        ...more(faultsTolerated(n)),
      }),
    );
  const byzantines = (role: string) => (faults: number) => ({
    byzantine: new Array<string>(faults).fill(role),
  });
  const contendedSizes = [...full, ...extent.contendedSizes.map(sparse)];
  const two = contend('two contend', contendedSizes, () => ({}));
  // The aims for those who say nothing are about the full mesh: with their links closed they are suspected, else W0 is waited for.
  const gone = contend('two contend, f gone', full, (failing) => ({ failing, deadAfter: GONE_AFTER_MS }));
  const silent = contend('two contend, f silent', full, byzantines(SILENT_ROLE));
  const worst = contend('two contend, f Byzantine', contendedSizes, byzantines(WORST_ROLE));
  const loads = extent.loads.flatMap((rate) => {
    const each = rate * extent.loadSeconds;
    const runs = Math.max(1, Math.ceil(extent.loadSamples / each));
    return at('under load', extent.loadSize, SCALE_DEGREE, rate, runs, { paced: paced(each, rate) });
  });
  return new Map<Scenario, readonly Planned[]>([
    ['all well', healthy],
    ['a quarter failing', failing],
    ['one Byzantine', byzantine],
    ['two contend', two],
    ['two contend, f gone', gone],
    ['two contend, f silent', silent],
    ['two contend, f Byzantine', worst],
    ['under load', loads],
  ]);
}

/** A quarter, as far as the protocol bears it. */
export const failingOf = (n: number): number => Math.min(faultsTolerated(n), Math.floor(n / 4));

/** The browsers' own runs once more: their topologies, delays, pace, sizes and submitters. */
export function validationRuns(
  of: GossipValidation,
  costs: Costs,
  shared: WorldOptions['shared'] | null,
): readonly WorldOptions[] {
  return of.topologies.map(({ seed, edges, by }) => ({
    ...base(of.n, of.degree, seed, costs),
    latency: of.delayMs,
    bodyBytes: of.bodyBytes,
    edges,
    // Loopback: nothing waits for a home connection.
    bandwidth: undefined,
    paced: { transactions: by.length, every: 1000 / of.pace, spread: by },
    ...(shared && { shared }),
  }));
}

/** About how long a run takes, in no unit: the longest begin first, so that no processor waits for one at the end. */
export const weight = ({ n, degree, paced: of, failing = 0 }: WorldOptions): number =>
  (of?.transactions ?? 1) * (n - failing / 2) ** 1.8 * (0.8 + (degree ?? SCALE_DEGREE) / 35);
