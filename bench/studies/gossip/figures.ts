/** Arithmetic of the study: plans of transactions, costs from samples, use per second, where a load saturates. Pure. */
import type { Costs } from '../../../test/sim/world/costs.ts';
import type { JobSamples } from '../../micro/sample.ts';
import { GOSSIP_PACE, GOSSIP_SET_PATIENCE_MS } from '../../limits.ts';
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

/** What was used between two looks. */
export interface Used {
  /** Milliseconds of a replica's own process for one transaction, its idle time taken off: by process. Below zero where it was less idle before. */
  readonly replicaMs: readonly number[];
  /** Of the browser's other processes, and of the process that the packets pass, for one transaction of all. */
  readonly browserMs: number;
  readonly relayMs: number;
  /** kbit/s at GOSSIP_PACE by place, both directions together: of so many transactions a second, and of a second without any. */
  readonly payload: readonly number[];
  readonly wire: readonly number[];
  readonly packets: number;
  readonly lost: number;
}

/** In one second without transactions: processor milliseconds of each replica's process, and bytes by place. */
export interface Idle {
  readonly replicas: readonly number[];
  readonly payload: readonly number[];
  readonly wire: readonly number[];
}

export function idleOf(before: Usage, after: Usage): Idle {
  const seconds = (after.at - before.at) / 1000;
  const rate = (later: readonly number[], earlier: readonly number[]): number[] =>
    later.map((value, i) => (value - earlier[i]!) / seconds);
  return {
    replicas: rate(after.replicas, before.replicas),
    payload: rate(after.payload, before.payload),
    wire: rate(after.wire, before.wire),
  };
}

/** By transaction, so that it says the same whatever the pace was and however long the last one took. */
export function usedOf(before: Usage, after: Usage, transactions: number, idle: Idle): Used {
  const seconds = (after.at - before.at) / 1000;
  const each = (
    later: readonly number[],
    earlier: readonly number[],
    resting: readonly number[],
  ): readonly number[] =>
    later.map((value, i) => (value - earlier[i]! - resting[i]! * seconds) / transactions);
  const kbits = (bytes: readonly number[], resting: readonly number[]): number[] =>
    bytes.map((one, i) => ((one * GOSSIP_PACE + resting[i]!) * 8) / 1000);
  return {
    replicaMs: each(after.replicas, before.replicas, idle.replicas),
    browserMs: (after.browser - before.browser) / transactions,
    relayMs: (after.relay - before.relay) / transactions,
    payload: kbits(each(after.payload, before.payload, idle.payload), idle.payload),
    wire: kbits(each(after.wire, before.wire, idle.wire), idle.wire),
    packets: (after.packets - before.packets) / transactions,
    lost: (after.lost - before.lost) / transactions,
  };
}

/**
 * The `n` renderer processes that have used most: those of the replicas. A spare one, which Chromium holds ready, has used next to nothing.
 * @throws when there are fewer: then some replicas share a process.
 */
export function busiest(processes: ReadonlyMap<string, number>, n: number): readonly string[] {
  if (processes.size < n) throw new Error(`${n} replicas have only ${processes.size} processes.`);
  return [...processes]
    .sort((one, other) => other[1] - one[1])
    .slice(0, n)
    .map(([name]) => name);
}

/**
 * Decided a second between the first decision and the last, as a share of `pace`, over all runs: 1 where latency stays what it is, less where each
 * waits longer than the one before.
 */
export function keptUp(runs: readonly (readonly Decided[])[], pace: number): number {
  let [offered, taken] = [0, 0];
  for (const samples of runs) {
    const ends = samples.map(({ at, late, milliseconds }) => at + late + milliseconds);
    offered += ((samples.length - 1) * 1000) / pace;
    taken += Math.max(...ends) - Math.min(...ends);
  }
  return taken === 0 ? 1 : offered / taken;
}

/** Those from the first failure on, and those that were under way then. `before`: how many were due ahead of it; in the order of their times. */
export const sinceFailure = (
  samples: readonly Decided[],
  before: number,
  failedAt: number,
): readonly Decided[] =>
  samples.filter((one, i) => i >= before || one.at + one.late + one.milliseconds > failedAt);

/** Share of what was offered that was decided while it was offered, or at most `grace` later. */
export function shareInTime(samples: readonly Sample[], grace: number): number {
  const end = Math.max(...samples.map(({ at }) => at)) + grace;
  const inTime = samples.filter(
    (one) => one.milliseconds !== null && one.at + one.late + one.milliseconds <= end,
  );
  return samples.length === 0 ? 0 : inTime.length / samples.length;
}

/** From when a transaction was due, not from when a busy page came to make it: a queue in the page is a queue. What was refused or never decided took the whole patience. */
export const fromDue = (samples: readonly Sample[]): number[] =>
  samples.map(({ milliseconds, late }) =>
    milliseconds === null ? GOSSIP_SET_PATIENCE_MS : milliseconds + Math.max(0, late),
  );

export function validationOf(
  about: Omit<GossipValidation, 'samples' | 'p50' | 'p90' | 'p99' | 'topologies'>,
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
