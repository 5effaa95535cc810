/**
 * Operator: the quality check, line by line. The sampling plan is worked out here from each line's quantity, never taken from the
 * request. Lines are judged apart, so that one bad line does not hold up the rest:
 *
 * | Verdicts | Status after the step | What may follow |
 * |---|---|---|
 * | at least one line accepted | announced | label, then finish; the other lines stay behind by their verdicts |
 * | none accepted, at least one quarantined | quarantined | finish |
 * | all rejected | rejected | finish |
 */
import * as v from 'valibot';
import {
  MAX_DEFECT_CODE_LENGTH,
  MAX_DEFECTS,
  MAX_DEFECTS_PER_LINE,
  MAX_MANIFEST_LINES,
  MAX_PHOTOS,
  MAX_PHOTOS_PER_LINE,
  MAX_QUANTITY,
} from '../limits.ts';
import { problem } from '../problem.ts';
import { countDefects, samplingPlan, verdictProblem } from '../sampling.ts';
import {
  SERVICES,
  type LineInspection,
  type LineVerdict,
  type PackageStatus,
  type QualityBody,
} from '../types.ts';
import { actor, At, packageAt, step } from './step.ts';

/** Defects and photos of one line. */
export const Defects = v.pipe(
  v.array(
    v.strictObject({
      code: v.pipe(
        v.string('must be text'),
        v.maxLength(MAX_DEFECT_CODE_LENGTH, `must have at most ${MAX_DEFECT_CODE_LENGTH} characters`),
        v.regex(
          /^[^\s\p{Cc}\p{Surrogate}](?:[^\p{Cc}\p{Surrogate}]*[^\s\p{Cc}\p{Surrogate}])?$/u,
          'must be one line of text',
        ),
      ),
      severity: v.picklist(['critical', 'major', 'minor'], 'must be critical, major or minor'),
      count: v.pipe(
        v.number('must be a number'),
        v.integer('must be a whole number'),
        v.minValue(1, 'must be at least 1'),
        v.maxValue(MAX_QUANTITY, `must be at most ${MAX_QUANTITY}`),
      ),
    }),
  ),
  v.maxLength(MAX_DEFECTS_PER_LINE, `has more than ${MAX_DEFECTS_PER_LINE} entries`),
);
export const Photos = v.pipe(
  v.array(v.pipe(v.string('must be text'), v.regex(/^[0-9a-f]{64}$/, 'must be a digest of 64 hex digits'))),
  v.maxLength(MAX_PHOTOS_PER_LINE, `has more than ${MAX_PHOTOS_PER_LINE} entries`),
);

const Line = v.strictObject({
  line: v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(0, 'must not be negative'),
  ),
  defects: Defects,
  photos: Photos,
  verdict: v.picklist(['accept', 'quarantine', 'reject'], 'must be accept, quarantine or reject'),
});

const Body: v.GenericSchema<unknown, QualityBody> = v.strictObject({
  lines: v.pipe(
    v.array(Line, 'must be a list'),
    v.maxLength(MAX_MANIFEST_LINES, `has more than ${MAX_MANIFEST_LINES} entries`),
    v.check(
      (lines) => sum(lines, (l) => l.defects.length) <= MAX_DEFECTS,
      `have more than ${MAX_DEFECTS} defects together`,
    ),
    v.check(
      (lines) => sum(lines, (l) => l.photos.length) <= MAX_PHOTOS,
      `have more than ${MAX_PHOTOS} photos together`,
    ),
  ),
  at: At,
});

export const quality = step(Body, (record, body, context) => {
  const found = packageAt(record, SERVICES.quality, context);
  if ('problem' in found) return found;
  const { sscc, manifest } = found.record;
  const expected = manifest.content.lines;

  const given = new Map(body.lines.map((line) => [line.line, line]));
  const stranger = body.lines.find((line) => line.line >= expected.length);
  if (stranger || given.size !== body.lines.length) {
    const what = stranger
      ? `line ${stranger.line + 1} is not on the manifest, which has ${expected.length}`
      : 'a line is judged twice';
    return {
      problem: problem(
        'request-malformed',
        `Quality check of package ${sscc}: ${what}. Nothing was changed.`,
      ),
    };
  }
  const missing = expected.flatMap((_, i) => (given.has(i) ? [] : [i + 1]));
  if (missing.length > 0) {
    const shown = missing.slice(0, 10).join(', ') + (missing.length > 10 ? ', …' : '');
    return {
      problem: problem(
        'quality-incomplete',
        `Package ${sscc}: no verdict for line ${shown} of ${expected.length}. Judge every line; quarantine what can't be looked at now.`,
      ),
    };
  }

  const lines: LineInspection[] = [];
  for (const [i, expectedLine] of expected.entries()) {
    const { defects = [], photos = [], verdict = 'quarantine' } = given.get(i) ?? {};
    const plan = samplingPlan(expectedLine.quantity);
    const reason = verdictProblem(plan, defects, verdict);
    if (reason !== null) {
      return {
        problem: problem(
          'verdict-outside-limits',
          `Package ${sscc}, line ${i + 1} (${expectedLine.gtin}) can't be accepted: ${reason} in a sample of ${plan.sampleSize}. Quarantine or reject it.`,
        ),
      };
    }
    lines.push({ line: i, plan, defects, photos, verdict });
  }

  const outcome = outcomeOf(lines);
  const status: PackageStatus =
    outcome === 'accept' ? 'announced' : outcome === 'quarantine' ? 'quarantined' : 'rejected';
  return {
    record: { ...found.record, status, inspection: { lines, at: body.at, by: actor(context) } },
    body: {
      sscc,
      outcome,
      lines: lines.map(({ line, plan, defects, verdict }) => {
        const { critical, major, minor } = countDefects(defects);
        return { line, verdict, sampleSize: plan.sampleSize, critical, major, minor };
      }),
    },
  };
});

/** `accept`: something may go on. */
export function outcomeOf(lines: readonly LineInspection[]): LineVerdict {
  if (lines.some((line) => line.verdict === 'accept')) return 'accept';
  return lines.some((line) => line.verdict === 'quarantine') ? 'quarantine' : 'reject';
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
