/** Arithmetic of the study: plans of transactions, costs from samples, use per second, where a load saturates. Pure. */
import type { Costs } from '../../../test/sim/world/costs.ts';
import type { JobSamples } from '../../micro/sample.ts';
import { median, percentile, summarise } from '../../stats.ts';
import type { Usage } from './bed.ts';
import type { GossipTopology, GossipValidation } from './facts.ts';
import type { Planned, Timed } from './page.ts';

export type Transaction = Planned & { readonly by: number };
export type Sample = Timed & { readonly by: number };
/** One that was decided. */
export type Decided = Sample & { readonly milliseconds: number };

/** Parts of the names of the jobs of bench/micro that `costsOf` needs. */
export const COST_JOBS: readonly string[] = [
  'Ed25519',
  'BLS sign a share',
  'BLS aggregate 67',
  'BLS check an aggregate of 67',
  'code 1 votes',
  'code 100 votes',
  'strictly durable',
];

/** `count` transactions, `pace` a second, by each of `makers` in turn, the first at `start`; each on a key of `keyOf`. */
export function plan(options: {
  readonly start: number;
  readonly count: number;
  readonly pace: number;
  readonly makers: readonly number[];
  readonly from?: number;
  readonly keyOf: (by: number, serial: number) => string;
}): readonly Transaction[] {
  const { start, count, pace, makers, from = 0, keyOf } = options;
  return Array.from({ length: count }, (_, i) => {
    const by = makers[(from + i) % makers.length]!;
    return { at: Math.round(start + (i * 1000) / pace), by, key: keyOf(by, from + i) };
  });
}

/** @throws when one was not decided: with who made it, and what it was told. */
export function decidedOf(samples: readonly Sample[], what: string): readonly Decided[] {
  return samples.map((sample) => {
    const { milliseconds, by, error } = sample;
    if (milliseconds === null)
      throw new Error(`${what}: a transaction of replica ${by} was not decided: ${error ?? ''}`);
    return { ...sample, milliseconds };
  });
}

/** What the simulator charges, from samples of bench/micro. @throws when a job is missing. */
export function costsOf(jobs: readonly JobSamples[], take: 'min' | 'median', storeWrite: number): Costs {
  const find = (name: string): JobSamples => {
    const found = jobs.find((job) => job.name.startsWith(name));
    if (!found) throw new Error(`bench/micro has measured nothing that is called ${name}.`);
    return found;
  };
  const of = (name: string): number => {
    const { samples } = find(name);
    return take === 'min' ? Math.min(...samples) : median(samples);
  };
  const bytesOf = (votes: number): number =>
    Number(/\((\d+) bytes\)/.exec(find(`encode ${votes} votes`).name)?.[1]);
  // A message is encoded once and decoded once by two replicas: each is charged half of both.
  const message = (votes: number): number => (of(`encode ${votes} votes`) + of(`decode ${votes} votes`)) / 2;
  const messageKiB = ((message(100) - message(1)) / (bytesOf(100) - bytesOf(1))) * 1024;
  return {
    ed25519Verify: of('Ed25519 vote check, 64'),
    ed25519Sign: of('Ed25519 sign, 64'),
    blsSign: of('BLS sign a share'),
    aggregateCheck: of('BLS check an aggregate of 67'),
    aggregateShare: of('BLS aggregate 67') / 67,
    message: Math.max(0, message(1) - (messageKiB * bytesOf(1)) / 1024),
    messageKiB,
    storeWrite,
  };
}

/** What was used between two looks, for `transactions` of `n` replicas. */
export interface Used {
  /** Milliseconds of a replica's own process for one transaction, its idle time taken off. */
  readonly replicaMs: number;
  /** Of the browser's other processes, and of the process that the packets pass, for one transaction of all. */
  readonly browserMs: number;
  readonly relayMs: number;
  /** kbit/s by place, both directions together. */
  readonly payload: readonly number[];
  readonly wire: readonly number[];
  readonly packets: number;
}

/** `idle`: processor milliseconds of all replicas' processes in one second without transactions. */
export function usedOf(before: Usage, after: Usage, transactions: number, idle: number): Used {
  const seconds = (after.at - before.at) / 1000;
  const n = after.wire.length;
  const rate = (later: readonly number[], earlier: readonly number[]): number[] =>
    later.map((bytes, i) => ((bytes - earlier[i]!) * 8) / 1000 / seconds);
  return {
    replicaMs: Math.max(0, after.replicas - before.replicas - idle * seconds) / transactions / n,
    browserMs: (after.browser - before.browser) / transactions,
    relayMs: (after.relay - before.relay) / transactions,
    payload: rate(after.payload, before.payload),
    wire: rate(after.wire, before.wire),
    packets: (after.packets - before.packets) / transactions,
  };
}

/** Share of what was offered that was decided while it was offered, or at most `grace` later. */
export function shareInTime(samples: readonly Sample[], grace: number): number {
  const end = Math.max(...samples.map(({ at }) => at)) + grace;
  const inTime = samples.filter(
    (one) => one.milliseconds !== null && one.at + one.late + one.milliseconds <= end,
  );
  return samples.length === 0 ? 0 : inTime.length / samples.length;
}

/** From when a transaction was due, not from when a busy page came to make it: a queue in the page is a queue. */
export const fromDue = (samples: readonly Decided[]): number[] =>
  samples.map(({ milliseconds, late }) => milliseconds + Math.max(0, late));

export function validationOf(
  about: Pick<GossipValidation, 'n' | 'degree' | 'delayMs' | 'pace' | 'bodyBytes' | 'processorMs' | 'busy'>,
  topologies: readonly GossipTopology[],
): GossipValidation {
  const all = topologies.flatMap(({ latencies }) => latencies);
  const found = summarise([], all);
  if (!found) throw new Error(`Nothing was measured at ${about.n} replicas with ${about.degree} links.`);
  const { n: samples, p50, p90, p99 } = found;
  return { ...about, samples, p50, p90, p99, topologies };
}

export const p99Of = (values: readonly number[]): number =>
  percentile(
    [...values].sort((a, b) => a - b),
    99,
  );

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The longest time without an event between a proposal and its decision, from the submitter's trace; null where the trace holds neither. */
export function longestWait(
  events: readonly { readonly at: number; readonly kind: string; readonly member: number }[],
): { readonly milliseconds: number; readonly after: string; readonly before: string } | null {
  const sorted = [...events].sort((a, b) => a.at - b.at);
  const end = sorted.findIndex(({ kind }) => kind === 'decided');
  let longest: { milliseconds: number; after: string; before: string } | null = null;
  for (let i = 1; i <= end; i++) {
    const [one, next] = [sorted[i - 1]!, sorted[i]!];
    const milliseconds = next.at - one.at;
    if (longest === null || milliseconds > longest.milliseconds)
      longest = {
        milliseconds,
        after: `${one.kind} of ${one.member}`,
        before: `${next.kind} of ${next.member}`,
      };
  }
  return longest;
}
