/** Arithmetic of the study of throughput: runs of sessions, and what is told of them. */
import type { PageRun } from '../../batch-page.ts';
import type { Conditions, Labels, Published, Ratio, Series } from '../../study.ts';

/** One window: so many sessions that one warehouse or several committed at the same time. */
export interface Run {
  readonly sessions: number;
  /** From the first call to the last durable decision, milliseconds. */
  readonly ms: number;
  /** Of each session, milliseconds. */
  readonly latencies: readonly number[];
  /** Of all processes of all browsers, for each session, milliseconds. */
  readonly processorMs: number;
  /** The six steps of each session before its commit, milliseconds; empty where the steps are the commits. */
  readonly stepsMs: readonly number[];
}

/** The part of a run that several pages did at the same time. @throws without a page. */
export function together(pages: readonly PageRun[]): Pick<Run, 'sessions' | 'ms' | 'latencies'> {
  if (pages.length === 0) throw new Error('A run needs a page.');
  const latencies = pages.flatMap((page) => page.latencies);
  const from = Math.min(...pages.map((page) => page.calledAt));
  const to = Math.max(...pages.map((page) => page.endedAt));
  return { sessions: latencies.length, ms: to - from, latencies };
}

/** Deals sessions to warehouses in turn, so that no two shares differ by more than one. */
export const dealt = <T>(items: readonly T[], hands: number): readonly (readonly T[])[] =>
  Array.from({ length: hands }, (_, hand) => items.filter((_, i) => i % hands === hand));

/** Sessions a second over all windows: all sessions by the sum of their times, so a slow window counts by its length. */
export function rate(runs: readonly Run[]): number {
  return (1000 * sum(runs.map(({ sessions }) => sessions))) / sum(runs.map(({ ms }) => ms));
}

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

/** Latency of each session, rate of each window, processor time of each window. */
export function seriesOf(
  labels: Labels,
  cold: readonly Run[],
  runs: readonly Run[],
  conditions: Conditions,
  published: readonly Published[] = [],
): readonly Series[] {
  const beside = published.length > 0 ? { published } : {};
  return [
    {
      figure: 'session latency',
      labels,
      unit: 'ms',
      cold: cold.flatMap(({ latencies }) => latencies),
      samples: runs.flatMap(({ latencies }) => latencies),
      conditions,
    },
    {
      figure: 'sessions per second',
      labels,
      unit: '/s',
      samples: runs.map(({ sessions, ms }) => (1000 * sessions) / ms),
      ...beside,
      conditions,
    },
    {
      figure: 'processor time per session',
      labels,
      unit: 'ms',
      samples: runs.map(({ processorMs }) => processorMs),
      conditions,
    },
  ];
}

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
}

/** Rates of one run on a loaded machine differ by a third, processor times by less than a fifth. */
const RATE_TOLERANCE = 0.35;
const PROCESSOR_TOLERANCE = 0.2;

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
  if (m.single.length > 0 && m.l1.length > 0) {
    const [single, l1] = [rateWithSteps(m.single), rate(m.l1)];
    add(
      'sessions a second: one by one with its steps / every step through L1',
      'higher',
      RATE_TOLERANCE,
      single,
      l1,
    );
  }
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

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
