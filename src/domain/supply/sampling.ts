/**
 * Acceptance sampling by attributes: ISO 2859-1, single plan, normal inspection, general level II; AQL 2.5 for major and 4.0 for
 * minor defects; no critical defect is ever accepted.
 *
 * Public charts contradict one another, so this is what was checked, without the standard's own pages at hand:
 * - Code letters (table 1, level II), sample sizes A 2 … Q 1250 and the series 0/1, 1/2, 2/3, 3/4, 5/6, 7/8, 10/11, 14/15, 21/22
 *   (table II-A): compared with a published reproduction of both tables.
 * - The place of each pair in the columns 2.5 and 4.0 was not copied but follows from the table's construction: down the letters a
 *   column runs 0/1, up arrow, down arrow, then the rest of the series, then up arrows, and it moves up one letter for each step of
 *   AQL; 0/1 stands at C for 2.5 and at B for 4.0. So F to N at 2.5 and E to M at 4.0 are plans of their own; A, B, D, E, P, Q at 2.5
 *   and A, C, D, N, P, Q at 4.0 are arrows. Which arrow stands where was not compared with a printed copy of the standard.
 *
 * One sample serves both classes. Where the arrows lead the classes to different sample sizes, the letter of the larger is taken for
 * both, until that settles (the standard allows this where the parties agree to it); a class whose arrow still points to a smaller
 * plan keeps that plan's numbers on the larger sample, which is stricter, never laxer.
 */
import type { Defect, LineVerdict, Manifest, SamplingPlan } from './types.ts';

export const AQL_MAJOR = 2.5;
export const AQL_MINOR = 4.0;

/** The plan for a lot of `lotSize` items (a whole number, at least 1). Where the sample is the lot or more, every item is looked at. */
export function samplingPlan(lotSize: number): SamplingPlan {
  let row = LOT_LIMITS.findIndex((limit) => lotSize <= limit);
  let major = resolve(row, MAJOR_FIRST);
  let minor = resolve(row, MINOR_FIRST);
  // Down arrows only ever raise the row and it is bounded by the table, so this ends.
  for (let larger = Math.max(major, minor); larger > row; larger = Math.max(major, minor)) {
    row = larger;
    major = resolve(row, MAJOR_FIRST);
    minor = resolve(row, MINOR_FIRST);
  }
  const chosen = Math.max(major, minor);
  const [majorAccept, minorAccept] = [acceptance(major, MAJOR_FIRST), acceptance(minor, MINOR_FIRST)];
  return {
    lotSize,
    letter: LETTERS[chosen] ?? 'A',
    sampleSize: Math.min(lotSize, SAMPLE_SIZES[chosen] ?? lotSize),
    major: { aql: AQL_MAJOR, accept: majorAccept, reject: majorAccept + 1 },
    minor: { aql: AQL_MINOR, accept: minorAccept, reject: minorAccept + 1 },
  };
}

/** One plan per line; a line's lot size is its quantity. */
export function samplingPlans(manifest: Manifest): readonly SamplingPlan[] {
  return manifest.lines.map((line) => samplingPlan(line.quantity));
}

export interface DefectCounts {
  readonly critical: number;
  readonly major: number;
  readonly minor: number;
}

export function countDefects(defects: readonly Defect[]): DefectCounts {
  const of = (severity: Defect['severity']): number =>
    defects.reduce((sum, defect) => sum + (defect.severity === severity ? defect.count : 0), 0);
  return { critical: of('critical'), major: of('major'), minor: of('minor') };
}

/** Why the verdict may not be given, or null. Only `accept` is bounded: quarantine and reject are the inspector's to choose. */
export function verdictProblem(
  plan: SamplingPlan,
  defects: readonly Defect[],
  verdict: LineVerdict,
): string | null {
  if (verdict !== 'accept') return null;
  const counts = countDefects(defects);
  if (counts.critical > 0) return `${counts.critical} critical, and none is allowed`;
  if (counts.major > plan.major.accept)
    return `${counts.major} major, and at most ${plan.major.accept} are allowed`;
  if (counts.minor > plan.minor.accept)
    return `${counts.minor} minor, and at most ${plan.minor.accept} are allowed`;
  return null;
}

const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q'] as const;
const SAMPLE_SIZES: readonly number[] = [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250];
/** Largest lot of each letter at level II. A lot of one item is below the table: it is looked at whole. */
const LOT_LIMITS: readonly number[] = [
  8,
  15,
  25,
  50,
  90,
  150,
  280,
  500,
  1_200,
  3_200,
  10_000,
  35_000,
  150_000,
  500_000,
  Infinity,
];

/** Acceptance numbers of a column from the letter with 1/2 downwards. */
const SERIES: readonly number[] = [1, 2, 3, 5, 7, 10, 14, 21];
/** Row of 0/1 in a column. Then come an up arrow, a down arrow, and the series. */
const MAJOR_FIRST = LETTERS.indexOf('C');
const MINOR_FIRST = LETTERS.indexOf('B');

/** Follows the arrows of a column from a row to the row whose plan is used. */
function resolve(row: number, first: number): number {
  if (row <= first + 1) return first;
  return Math.min(Math.max(row, first + 3), first + 2 + SERIES.length);
}

function acceptance(row: number, first: number): number {
  return row === first ? 0 : (SERIES[row - first - 3] ?? 0);
}
