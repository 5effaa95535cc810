/** One series as a row of words: the same in the page and in Markdown. */
import { percentile } from '../stats.ts';
import type { Series } from '../study.ts';
import { shown } from './numbers.ts';
import { goalVerdict, type StudyResult, type Verdict } from './result.ts';

export interface Row {
  /** Samples that are numbers. */
  readonly n: number;
  readonly p50: string;
  /** A dash with fewer than 10 samples: it would be the largest. */
  readonly p90: string;
  /** A dash with fewer than 100. */
  readonly p99: string;
  readonly max: string;
  /** The cold ones: one, or from the least to the largest. */
  readonly first: string;
  readonly published: readonly { readonly value: string | null; readonly source: string }[];
  readonly goal: Goal | null;
  /** Milliseconds of the BLS job, and the load average, each before and after. */
  readonly bls: string;
  readonly load: string;
}

export interface Goal {
  /** "p99 ≤ 16" */
  readonly text: string;
  readonly source: string;
  readonly verdict: Verdict | null;
  /** What the goal is about, as it was measured. */
  readonly value: string;
}

export function rowOf(one: Series): Row {
  // What is no number has no rank; the study says how many there were.
  const sorted = one.samples.filter(Number.isFinite).toSorted((a, b) => a - b);
  const at = (p: number): number | null => (sorted.length === 0 ? null : percentile(sorted, p));
  // 4 among 3.7 and 7.7 is 4.00.
  const kind = { whole: sorted.every(Number.isInteger) };
  const text = (value: number | null): string => (value === null ? '–' : shown(value, kind));
  const cold = (one.cold ?? []).filter(Number.isFinite).toSorted((a, b) => a - b);
  const { goal, conditions } = one;
  const aimed = goal ? at(goal.percentile) : null;
  return {
    n: sorted.length,
    p50: text(at(50)),
    p90: tailShown(90, sorted.length) ? text(at(90)) : '–',
    p99: tailShown(99, sorted.length) ? text(at(99)) : '–',
    max: text(at(100)),
    first:
      cold.length === 0
        ? ''
        : cold.length === 1
          ? shown(cold[0]!, kind)
          : `${shown(cold[0]!, kind)} to ${shown(cold.at(-1)!, kind)}`,
    published: (one.published ?? []).map(({ value, source }) => ({
      value: value === null ? null : shown(value),
      source,
    })),
    goal: goal
      ? {
          text: `${goal.percentile === 100 ? 'max' : `p${goal.percentile}`} ${one.unit === '/s' ? '≥' : '≤'} ${shown(goal.value)}`,
          source: goal.source,
          verdict: goalVerdict(one, aimed),
          value: text(aimed),
        }
      : null,
    bls: pair(conditions.bls, 0),
    load: pair(conditions.load, 1),
  };
}

/** Of fewer than 10 samples p10 and p90 would be the extremes, and p1 and p99 of fewer than 100. */
export const tailShown = (percentile: 1 | 10 | 90 | 99, n: number): boolean =>
  n >= (percentile === 10 || percentile === 90 ? 10 : 100);

const pair = ([before, after]: readonly [number, number], digits: number): string => {
  const [a, b] = [before, after].map((value) => (Number.isFinite(value) ? value.toFixed(digits) : '–'));
  return a === b ? a! : `${a} → ${b}`;
};

/** Over all series of a study: "BLS job 92 to 118 ms, load 0.4 to 2.1". Null without a series. */
export function conditionsOf({ outcome }: StudyResult): string | null {
  const all = outcome?.series.map(({ conditions }) => conditions) ?? [];
  const range = (values: readonly number[], digits: number): string => {
    const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
    if (sorted.length === 0) return '–';
    const [low, high] = [sorted[0]!.toFixed(digits), sorted.at(-1)!.toFixed(digits)];
    return low === high ? low : `${low} to ${high}`;
  };
  if (all.length === 0) return null;
  return `BLS job ${range(
    all.flatMap(({ bls }) => bls),
    0,
  )} ms, load ${range(
    all.flatMap(({ load }) => load),
    1,
  )}`;
}
