/** `--compare`: the ratios of two runs beside each other. Ratios alone: times of two machines, or of two days, say little. */
import type { Ratio } from '../study.ts';
import { change, shown } from './numbers.ts';
import { sameMachine, type StudyResult } from './result.ts';

export type Verdict =
  /** Not worse than the tolerance allows. */
  | 'within'
  /** Better than the baseline by more than the tolerance: a new baseline may be due. */
  | 'better'
  | 'worse'
  /** In the baseline and not in this run, whose study was measured. */
  | 'missing'
  /** In the baseline; the study was not measured in this run. */
  | 'not measured'
  /** In this run alone. */
  | 'new'
  /** A value that is no number, or below 0. */
  | 'no number';

export interface Compared {
  readonly study: string;
  readonly name: string;
  readonly better: Ratio['better'];
  readonly baseline: number | null;
  readonly now: number | null;
  /** Of the baseline: 0.1 is a tenth more. Null where it cannot be told. */
  readonly change: number | null;
  readonly tolerance: number;
  readonly verdict: Verdict;
}

export type Comparison =
  | {
      readonly ok: true;
      readonly rows: readonly Compared[];
      /** What is to be known before the table is read. */
      readonly remarks: readonly string[];
      /** Something is worse beyond its tolerance, is no longer a number, or nothing at all could be compared. */
      readonly failed: boolean;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Every ratio of `now` with the one of the same study and name in `baseline`. The tolerance is the one of `now`.
 * @param evenQuick compare a quick run with a full one all the same.
 */
export function compare(
  baseline: readonly StudyResult[],
  now: readonly StudyResult[],
  { evenQuick }: { readonly evenQuick: boolean },
): Comparison {
  const pairs = now.flatMap((one) => {
    const before = baseline.find(({ study, outcome }) => study === one.study && outcome !== null);
    const common = one.outcome?.ratios.some(({ name }) =>
      before?.outcome?.ratios.some((old) => old.name === name),
    );
    return before && common ? [[before, one] as const] : [];
  });
  const mixed = pairs.filter(([before, one]) => before.quick !== one.quick).map(([{ study }]) => study);
  if (mixed.length > 0 && !evenQuick) {
    return {
      ok: false,
      message: `A quick run and a full one are not compared (${mixed.join(', ')}): a quick run has too few samples. --even-quick does it all the same.`,
    };
  }
  const remarks: string[] = [];
  if (mixed.length > 0)
    remarks.push(`A quick run is compared with a full one (${mixed.join(', ')}): differences may be chance.`);
  const quick = pairs.filter(([before, one]) => before.quick && one.quick).map(([{ study }]) => study);
  if (quick.length > 0)
    remarks.push(`Both runs are quick ones (${quick.join(', ')}): differences may be chance.`);
  const moved = pairs.filter(([before, one]) => !sameMachine(before, one)).map(([{ study }]) => study);
  if (moved.length > 0)
    remarks.push(
      `The runs are of different machines or browsers (${moved.join(', ')}): ratios may be compared, times may not.`,
    );
  for (const { study, failed } of now)
    if (failed)
      remarks.push(`${study} did not come to its end on ${failed.date}: its ratios are of the run before.`);

  const rows = [...now, ...baseline.filter((old) => !now.some(({ study }) => study === old.study))].flatMap(
    ({ study }) => ofStudy(study, find(baseline, study), find(now, study)),
  );
  const compared = rows.some(({ verdict }) => ['within', 'better', 'worse'].includes(verdict));
  const failed = !compared || rows.some(({ verdict }) => verdict === 'worse' || verdict === 'no number');
  if (!compared) remarks.push('No ratio is in both runs: nothing was compared.');
  return { ok: true, rows, remarks, failed };
}

function find(results: readonly StudyResult[], name: string): readonly Ratio[] | null {
  return results.find(({ study }) => study === name)?.outcome?.ratios ?? null;
}

function ofStudy(
  study: string,
  baseline: readonly Ratio[] | null,
  now: readonly Ratio[] | null,
): readonly Compared[] {
  const here = (now ?? []).map((ratio): Compared => {
    const before = baseline?.find(({ name }) => name === ratio.name);
    const { name, better, value, tolerance } = ratio;
    if (!before)
      return { study, name, better, baseline: null, now: value, change: null, tolerance, verdict: 'new' };
    const verdict = judge(before.value, ratio);
    const share =
      isNumber(before.value) && isNumber(value) && before.value > 0 ? value / before.value - 1 : null;
    return { study, name, better, baseline: before.value, now: value, change: share, tolerance, verdict };
  });
  const gone = (baseline ?? [])
    .filter((old) => !(now ?? []).some(({ name }) => name === old.name))
    .map(({ name, better, value, tolerance }): Compared => {
      const verdict = now ? 'missing' : 'not measured';
      return { study, name, better, baseline: value, now: null, change: null, tolerance, verdict };
    });
  return [...here, ...gone];
}

/**
 * With a tolerance of a quarter, 10 may become 12.5 where lower is better, and 8 where higher is: a quarter of what it became, so that a ratio and its
 * inverse are judged alike, and no tolerance is so wide that nothing is ever worse.
 */
export function judge(before: number, { value, better, tolerance }: Ratio): Verdict {
  if (!isNumber(value) || !isNumber(tolerance)) return 'no number';
  // The baseline's own fault: there is nothing to hold this run against.
  if (!isNumber(before)) return 'new';
  const [less, more] = [before / (1 + tolerance), before * (1 + tolerance)];
  const [worse, improved] = better === 'lower' ? [value > more, value < less] : [value < less, value > more];
  return worse ? 'worse' : improved ? 'better' : 'within';
}

const isNumber = (value: number): boolean => Number.isFinite(value) && value >= 0;

/** For a terminal: the table, what is to be known, and a sentence that sums up. */
export function comparisonText({ rows, remarks, failed }: Comparison & { readonly ok: true }): string {
  const lines = rows.map((row) => [
    row.study,
    row.name,
    row.baseline === null ? '' : shown(row.baseline),
    row.now === null ? '' : shown(row.now),
    row.change === null ? '' : change(row.change),
    `${row.better} is better, ±${Math.round(row.tolerance * 100)} %`,
    row.verdict,
  ]);
  const table = aligned([['study', 'ratio', 'baseline', 'now', 'change', 'tolerance', 'verdict'], ...lines]);
  const named = (...verdicts: readonly Verdict[]): readonly string[] =>
    rows.filter(({ verdict }) => verdicts.includes(verdict)).map(({ study, name }) => `${study}: ${name}`);
  const said = [
    ['Worse than the tolerance allows', named('worse')],
    ['No number in this run', named('no number')],
    ['In the baseline and missing in this run', named('missing')],
    ['In the baseline, of studies that this run has not', named('not measured')],
  ] as const;
  return [
    ...remarks,
    ...(remarks.length > 0 ? [''] : []),
    ...table,
    '',
    ...said.flatMap(([what, names]) => (names.length > 0 ? [`${what}: ${names.join('; ')}.`] : [])),
    failed ? 'Not as good as the baseline.' : 'As good as the baseline.',
    '',
  ].join('\n');
}

/** Numbers at the right, words at the left. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i >= 2 && i <= 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
