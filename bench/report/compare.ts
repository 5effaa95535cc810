/** `--compare`: the ratios of two runs beside each other. Ratios alone: times of two machines, or of two days, say little. */
import type { Ratio } from '../study.ts';
import { change, day, percent, shown } from './numbers.ts';
import { isFaulty, sameMachine, type StudyResult } from './result.ts';

export type Verdict =
  /** Not worse than the tolerance allows. */
  | 'within'
  /** Better than the baseline by more than the tolerance: a new baseline may be due. */
  | 'better'
  | 'worse'
  /** In the baseline and not in this run, whose study should have it. */
  | 'missing'
  /** In the baseline; the study is not one of those that are compared. */
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
  /** The narrower of both runs': no change loosens its own guard. */
  readonly tolerance: number;
  readonly verdict: Verdict;
}

export type Comparison =
  | {
      readonly ok: true;
      readonly rows: readonly Compared[];
      /** What is to be known before the table is read. */
      readonly remarks: readonly string[];
      /** Something is worse beyond its tolerance, is missing or no longer a number, a study failed, or nothing at all could be compared. */
      readonly failed: boolean;
    }
  | { readonly ok: false; readonly message: string };

export interface CompareOptions {
  /** Compare a quick run with a full one all the same. */
  readonly evenQuick: boolean;
  /** The studies to compare: what was measured, and not what lies in the folder from other days. Null: all of them. */
  readonly only: readonly string[] | null;
}

/** Every ratio of `now` with the one of the same study and name in `baseline`. */
export function compare(
  baseline: readonly StudyResult[],
  now: readonly StudyResult[],
  { evenQuick, only }: CompareOptions,
): Comparison {
  const isMeant = ({ study }: StudyResult): boolean => only === null || only.includes(study);
  const meant = now.filter(isMeant);
  const pairs = meant.flatMap((one) => {
    const before = baseline.find(({ study, outcome }) => study === one.study && outcome !== null);
    const common = ratiosOf(one)?.some(({ name }) =>
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
  const remarks = pairs.map(
    ([before, one]) => `${one.study}: ${whenAndWhat(one)}, beside the baseline of ${whenAndWhat(before)}.`,
  );
  if (mixed.length > 0)
    remarks.push(`A quick run is compared with a full one (${mixed.join(', ')}): differences may be chance.`);
  const quick = pairs.filter(([before, one]) => before.quick && one.quick).map(([{ study }]) => study);
  if (quick.length > 0)
    remarks.push(`Both runs are quick ones (${quick.join(', ')}): differences may be chance.`);
  const moved = pairs.filter(([before, one]) => !sameMachine(before, one)).map(([{ study }]) => study);
  if (moved.length > 0)
    remarks.push(
      `The runs are of different machines, disks or browsers (${moved.join(', ')}): ratios may be compared, times may not.`,
    );
  const revisions = [...new Set(pairs.map(([, one]) => one.revision))];
  if (revisions.length > 1)
    remarks.push(
      `The studies of this run are of different states of the sources (${revisions.map((one) => one ?? 'unknown').join(', ')}).`,
    );
  for (const one of meant) if (one.failed) remarks.push(failure(one, one.failed));
  for (const [old] of pairs) if (old.failed) remarks.push(`In the baseline: ${failure(old, old.failed)}`);

  const rows = [
    ...meant,
    ...baseline.filter((old) => !meant.some(({ study }) => study === old.study)),
  ].flatMap((one) => {
    const before = find(baseline, one.study)?.outcome?.ratios ?? null;
    const found = find(meant, one.study);
    return ofStudy(one.study, before, found ? ratiosOf(found) : null, isMeant(one));
  });
  const compared = rows.some(({ verdict }) => ['within', 'better', 'worse'].includes(verdict));
  const failed =
    !compared ||
    meant.some((one) => one.failed !== null) ||
    rows.some(({ verdict }) => ['worse', 'no number', 'missing'].includes(verdict));
  if (!compared) remarks.push('No ratio is in both runs: nothing was compared.');
  return { ok: true, rows, remarks, failed };
}

function find(results: readonly StudyResult[], name: string): StudyResult | undefined {
  return results.find(({ study }) => study === name);
}

/** Null where the last attempt brought none: what lies there is of a run before, and says nothing about this one. */
function ratiosOf(one: StudyResult): readonly Ratio[] | null {
  return one.failed && !isFaulty(one) ? null : (one.outcome?.ratios ?? null);
}

const whenAndWhat = ({ date, revision, quick }: StudyResult): string =>
  `${quick ? 'quick, ' : ''}${day(date)}, sources ${revision ?? 'unknown'}`;

const failure = (one: StudyResult, { date, message }: NonNullable<StudyResult['failed']>): string =>
  isFaulty(one)
    ? `${one.study} is faulty (${day(date)}): ${message}.`
    : `${one.study} did not come to its end on ${day(date)}: ${message}. What is there is older, and is not compared.`;

/** @param meant whether this study was to be compared: then what the baseline has and this run has not is missing. */
function ofStudy(
  study: string,
  baseline: readonly Ratio[] | null,
  now: readonly Ratio[] | null,
  meant: boolean,
): readonly Compared[] {
  const here = (now ?? []).map((ratio): Compared => {
    const before = baseline?.find(({ name }) => name === ratio.name);
    const { name, better, value, tolerance } = ratio;
    if (!before)
      return { study, name, better, baseline: null, now: value, change: null, tolerance, verdict: 'new' };
    const held = heldTo(before, ratio);
    const share =
      isNumber(before.value) && isNumber(value) && before.value > 0 ? value / before.value - 1 : null;
    return {
      ...{ study, name, better: held.better, baseline: before.value, now: value, change: share },
      ...{ tolerance: held.tolerance, verdict: judge(before.value, held) },
    };
  });
  const gone = (baseline ?? [])
    .filter((old) => !(now ?? []).some(({ name }) => name === old.name))
    .map(({ name, better, value, tolerance }): Compared => {
      const verdict = meant ? 'missing' : 'not measured';
      return { study, name, better, baseline: value, now: null, change: null, tolerance, verdict };
    });
  return [...here, ...gone];
}

/** The value of the newer run under the narrower tolerance, and in the direction that was better before: a change may not move its own guard. */
function heldTo(before: Ratio, now: Ratio): Ratio {
  const tolerance = isNumber(before.tolerance) ? Math.min(before.tolerance, now.tolerance) : now.tolerance;
  return { ...now, better: before.better, tolerance };
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
    `${row.better} is better, ±${percent(row.tolerance)}`,
    row.verdict,
  ]);
  const table = aligned([['study', 'ratio', 'baseline', 'now', 'change', 'tolerance', 'verdict'], ...lines]);
  const named = (...verdicts: readonly Verdict[]): readonly string[] =>
    rows.filter(({ verdict }) => verdicts.includes(verdict)).map(({ study, name }) => `${study}: ${name}`);
  const said = [
    ['Worse than the tolerance allows', named('worse')],
    ['No number in this run', named('no number')],
    ['In the baseline and missing in this run', named('missing')],
    ['In the baseline, of studies that were not to be compared', named('not measured')],
  ] as const;
  return [
    ...remarks,
    ...(remarks.length > 0 ? [''] : []),
    ...table,
    '',
    ...said.flatMap(([what, names]) => (names.length > 0 ? [`${what}: ${names.join('; ')}.`] : [])),
    failed
      ? 'Not as good as the baseline.'
      : named('not measured').length > 0
        ? 'As good as the baseline, as far as it was compared.'
        : 'As good as the baseline.',
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
