/** Arithmetic of the study of throughput: runs of sessions, and what is told of them. */
import type { PageRun } from '../../batch-page.ts';
import { median } from '../../stats.ts';
import type { Conditions, Labels, Ratio, Series, Table } from '../../study.ts';

/** One window: so many sessions that one warehouse or several committed at the same time. */
export interface Run {
  readonly sessions: number;
  /** Of the first call, milliseconds since 1970 by the page's clock. */
  readonly calledAt: number;
  /** From the first call to the last durable decision, milliseconds. */
  readonly ms: number;
  /** Of each session, milliseconds. */
  readonly latencies: readonly number[];
  /** Of all processes of all browsers, for each session, the idle network's own taken off, milliseconds. */
  readonly processorMs: number;
  /** The six steps of each session before its commit, milliseconds; empty where the steps are the commits. */
  readonly stepsMs: readonly number[];
}

/** The part of a run that several pages did at the same time. @throws without a page. */
export function together(pages: readonly PageRun[]): Pick<Run, 'sessions' | 'calledAt' | 'ms' | 'latencies'> {
  if (pages.length === 0) throw new Error('A run needs a page.');
  const latencies = pages.flatMap((page) => page.latencies);
  const from = Math.min(...pages.map((page) => page.calledAt));
  const to = Math.max(...pages.map((page) => page.endedAt));
  return { sessions: latencies.length, calledAt: from, ms: to - from, latencies };
}

/**
 * Of each of so many sessions, milliseconds: what all browsers used less what they would have used in that time with nothing to do. May be below 0
 * where that was more, and is told so: cut off at 0, the chance would be on one side alone.
 */
export const processorOfEach = (
  used: number,
  milliseconds: number,
  idlePerSecond: number,
  sessions: number,
): number => (used - (idlePerSecond * milliseconds) / 1000) / sessions;

/** When the commits of a window were under way and what followed them: to be told in a profile from what was before and after. */
export const windowOf = (
  { calledAt, ms }: Pick<Run, 'calledAt' | 'ms'>,
  after: number,
): { readonly from: number; readonly to: number } => ({ from: calledAt, to: calledAt + ms + after });

/** Deals sessions to warehouses in turn, so that no two shares differ by more than one. */
export const dealt = <T>(items: readonly T[], hands: number): readonly (readonly T[])[] =>
  Array.from({ length: hands }, (_, hand) => items.filter((_, i) => i % hands === hand));

/** Sessions a second over all windows: all sessions by the sum of their times, so a slow window counts by its length. */
export function rate(runs: readonly Run[]): number {
  return (1000 * sum(runs.map(({ sessions }) => sessions))) / sum(runs.map(({ ms }) => ms));
}

const rateIn = ({ sessions, ms }: Run): number => (1000 * sessions) / ms;

/** The same with the steps that came before the commits, as if one warehouse took them one after the other. */
export function rateWithSteps(runs: readonly Run[]): number {
  const ms = runs.map((run) => run.ms + sum(run.stepsMs));
  return (1000 * sum(runs.map(({ sessions }) => sessions))) / sum(ms);
}

/** Processor time of one session over all windows, milliseconds. */
export function processorPerSession(runs: readonly Run[]): number {
  return (
    sum(runs.map(({ processorMs, sessions }) => processorMs * sessions)) /
    sum(runs.map(({ sessions }) => sessions))
  );
}

/** Sessions a second: a sample is a window. They are few, so that what is quoted is `rate`, which counts a slow window by its length. */
export const ratesOf = (
  labels: Labels,
  cold: readonly Run[],
  runs: readonly Run[],
  conditions: Conditions,
): Series => ({
  figure: 'sessions a second',
  labels,
  unit: '/s',
  cold: cold.map(rateIn),
  samples: runs.map(rateIn),
  conditions,
});

/** Latency of each session. */
export const latencyOf = (
  figure: string,
  labels: Labels,
  cold: readonly Run[],
  runs: readonly Run[],
  conditions: Conditions,
): Series => ({
  figure,
  labels,
  unit: 'ms',
  cold: cold.flatMap(({ latencies }) => latencies),
  samples: runs.flatMap(({ latencies }) => latencies),
  conditions,
});

export const RATE_HEAD: readonly string[] = [
  'windows',
  'sessions',
  'a second, all windows',
  'slowest window',
  'quickest window',
  'processor time each, ms',
  'processors kept busy',
];

/** Cells for `RATE_HEAD`. */
export function rateCells(runs: readonly Run[]): readonly (string | number)[] {
  const each = runs.map(rateIn);
  return [
    runs.length,
    sum(runs.map(({ sessions }) => sessions)),
    round(rate(runs)),
    round(Math.min(...each)),
    round(Math.max(...each)),
    round(processorPerSession(runs)),
    round((rate(runs) * processorPerSession(runs)) / 1000),
  ];
}

/** Windows of one network and way. */
export interface Way {
  readonly where: readonly (string | number)[];
  readonly runs: readonly Run[];
}

export const rateTable = (title: string, head: readonly string[], ways: readonly Way[]): Table => ({
  title,
  head: [...head, ...RATE_HEAD],
  rows: ways.filter(({ runs }) => runs.length > 0).map(({ where, runs }) => [...where, ...rateCells(runs)]),
});

export const round = (value: number): number => Number(value.toPrecision(3));

/** What was measured in one network. A way that was not measured is absent. */
export interface Measured {
  readonly replicas: number;
  readonly storage: string;
  readonly single: readonly Run[];
  readonly shift: readonly Run[];
  readonly l1: readonly Run[];
  readonly severalSingle: readonly Run[];
  readonly severalShift: readonly Run[];
  readonly severalL1: readonly Run[];
  /** The quickest BLS job around one by one, shift and every step through L1, milliseconds. */
  readonly bls: { readonly single: number; readonly shift: number; readonly l1: number };
}

/** Rates of one run on a loaded machine differ by a third, processor times by less than a fifth. */
const RATE_TOLERANCE = 0.35;
const PROCESSOR_TOLERANCE = 0.2;

/**
 * By the BLS job what a commit costs, so that one that gets slower is seen; and one way beside another. One by one beside every step through L1 is none
 * of them: it would look better with every commit that gets slower (`factorsOf` tells it).
 */
export function ratiosOf(m: Measured): readonly Ratio[] {
  const where = `${m.replicas} replicas, ${m.storage}`;
  const found: Ratio[] = [];
  const add = (name: string, better: Ratio['better'], tolerance: number, over: number, under: number): void =>
    void found.push({ name: `${name}, ${where}`, value: over / under, better, tolerance });
  if (m.single.length > 0 && m.shift.length > 0) {
    add('sessions a second: shift / one by one', 'higher', RATE_TOLERANCE, rate(m.shift), rate(m.single));
    const [shift, single] = [processorPerSession(m.shift), processorPerSession(m.single)];
    add('processor time: shift / one by one', 'lower', PROCESSOR_TOLERANCE, shift, single);
  }
  if (m.single.length > 0) {
    const latency = median(m.single.flatMap(({ latencies }) => latencies));
    add('latency of a session one by one / BLS job', 'lower', RATE_TOLERANCE, latency, m.bls.single);
  }
  for (const [name, runs, bls] of [
    ['one by one', m.single, m.bls.single],
    ['shift', m.shift, m.bls.shift],
    ['every step through L1', m.l1, m.bls.l1],
  ] as const)
    if (runs.length > 0)
      add(
        `processor time of a session / BLS job, ${name}`,
        'lower',
        // The job's time is stretched by others, processor time is not.
        RATE_TOLERANCE,
        processorPerSession(runs),
        bls,
      );
  for (const [name, several, one] of [
    ['one by one', m.severalSingle, m.single],
    ['shift', m.severalShift, m.shift],
    ['every step through L1', m.severalL1, m.l1],
  ] as const)
    if (several.length > 0 && one.length > 0)
      add(
        `sessions a second: several warehouses / one, ${name}`,
        'higher',
        RATE_TOLERANCE,
        rate(several),
        rate(one),
      );
  return found;
}

/** What a shift and a session buy, by the rates of all windows. */
export function factorsOf(all: readonly Measured[]): Table {
  return {
    title: 'How many times as many sessions a second, one warehouse',
    head: [
      'replicas',
      'storage',
      'shift / one by one (rollup draft, of its batches, in words: "can double")',
      'one by one with its steps / every step through L1',
    ],
    rows: all
      .filter(({ single, shift, l1 }) => single.length > 0 && shift.length > 0 && l1.length > 0)
      .map(({ replicas, storage, single, shift, l1 }) => [
        replicas,
        storage,
        round(rate(shift) / rate(single)),
        round(rateWithSteps(single) / rate(l1)),
      ]),
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
