/**
 * Quarantine and release of lines after the inspection; each a session of its own. Lines are held apart, so one that is recalled does not
 * keep the rest.
 *
 * - Quarantine: the warehouse that has the package, or the supplier of its manifest (a recall). Not once the courier has signed for it.
 * - Release: whoever holds the line back: the warehouse what it has quarantined, the supplier what it has recalled. A line is accepted
 *   only within its sampling plan, by what a second look found or by what the inspection did; else it is rejected.
 *
 * | After it | Status |
 * |---|---|
 * | something is accepted, and the package has a courier | labelled |
 * | something is accepted, and it has none | released |
 * | nothing is accepted, something is held | quarantined |
 * | all is rejected | rejected |
 */
import * as v from 'valibot';
import type { CborValue } from '../../../codec/cbor.ts';
import type { HandlerContext } from '../../../l2/types.ts';
import { MAX_DEFECTS, MAX_MANIFEST_LINES, MAX_PHOTOS } from '../limits.ts';
import { problem, type SupplyProblem } from '../problem.ts';
import { verdictProblem } from '../sampling.ts';
import {
  HOLD_REASONS,
  type Hold,
  type LineInspection,
  type PackageRecord,
  type PackageStatus,
  type QuarantineBody,
  type ReleaseBody,
} from '../types.ts';
import { Defects, outcomeOf, Photos } from './quality.ts';
import { alone, At, memberIn, notTheirs, step } from './step.ts';

const LineIndex = v.pipe(
  v.number('must be a number'),
  v.integer('must be a whole number'),
  v.minValue(0, 'must not be negative'),
);

const Quarantine: v.GenericSchema<unknown, QuarantineBody> = v.strictObject({
  lines: v.pipe(
    v.array(LineIndex, 'must be a list'),
    v.minLength(1, 'must name a line'),
    v.maxLength(MAX_MANIFEST_LINES, `has more than ${MAX_MANIFEST_LINES} entries`),
    v.check((lines) => new Set(lines).size === lines.length, 'names a line twice'),
  ),
  reason: v.picklist(HOLD_REASONS, `must be one of ${HOLD_REASONS.join(', ')}`),
  at: At,
});

const Release: v.GenericSchema<unknown, ReleaseBody> = v.strictObject({
  lines: v.pipe(
    v.array(
      v.strictObject({
        line: LineIndex,
        verdict: v.picklist(['accept', 'reject'], 'must be accept or reject'),
        defects: v.nullable(Defects),
        photos: Photos,
      }),
      'must be a list',
    ),
    v.minLength(1, 'must name a line'),
    v.maxLength(MAX_MANIFEST_LINES, `has more than ${MAX_MANIFEST_LINES} entries`),
    v.check((lines) => new Set(lines.map((l) => l.line)).size === lines.length, 'names a line twice'),
  ),
  at: At,
});

export const quarantine = step(Quarantine, (record, body, context) => {
  const found = inspected(record, 'quarantine', context);
  if ('problem' in found) return found;
  const { before, lines } = found;
  const { sscc } = before;
  const theirs =
    context.member.role === 'supplier'
      ? notSupplier(before, context)
      : notTheirs(before, 'quarantine', context);
  if (theirs) return { problem: theirs };
  for (const line of body.lines) {
    if (lines[line]?.verdict !== 'accept') return { problem: notHeld(before, line, 'is not accepted') };
  }
  const after = lines.map((line) =>
    body.lines.includes(line.line) ? { ...line, verdict: 'quarantine' as const } : line,
  );
  const holds: readonly Hold[] = [
    ...(before.holds ?? []),
    ...body.lines.map((line) => ({ line, member: context.member.id, reason: body.reason, at: body.at })),
  ].sort((a, b) => a.line - b.line);
  const next = withLines(before, after, holds);
  return { record: next, body: { sscc, status: next.status, ...counts(after), reason: body.reason } };
});

export const release = step(Release, (record, body, context) => {
  const found = inspected(record, 'release', context);
  if ('problem' in found) return found;
  const { before, lines } = found;
  const after = [...lines];
  for (const { line, verdict, defects, photos } of body.lines) {
    const held = lines[line];
    if (held?.verdict !== 'quarantine') return { problem: notHeld(before, line, 'is not held') };
    const holder = holderOf(before, line);
    if (holder !== context.member.id) {
      return {
        problem: problem(
          'not-allowed',
          `Line ${line + 1} of package ${before.sscc} is held by ${holder}, and only ${holder} may release it. Ask ${holder}.`,
        ),
      };
    }
    const now = defects ?? held.defects;
    const reason = verdictProblem(held.plan, now, verdict);
    if (reason !== null) {
      return {
        problem: problem(
          'verdict-outside-limits',
          `Package ${before.sscc}, line ${line + 1} can't be accepted: ${reason} in a sample of ${held.plan.sampleSize}. Reject it, or leave it held.`,
        ),
      };
    }
    after[line] = {
      ...held,
      verdict,
      defects: now,
      photos: [...new Set([...held.photos, ...photos])],
    };
  }
  const released = new Set(body.lines.map((one) => one.line));
  const holds = (before.holds ?? []).filter((hold) => !released.has(hold.line));
  const total = (of: (line: LineInspection) => number): number =>
    after.reduce((sum, line) => sum + of(line), 0);
  if (total((l) => l.defects.length) > MAX_DEFECTS || total((l) => l.photos.length) > MAX_PHOTOS) {
    return {
      problem: problem(
        'request-malformed',
        `Package ${before.sscc} would have more than ${MAX_DEFECTS} defects or ${MAX_PHOTOS} photos. Nothing was changed; leave out photos that say the same.`,
      ),
    };
  }
  const next = withLines(before, after, holds);
  return { record: next, body: { sscc: before.sscc, status: next.status, ...counts(after) } };
});

function inspected(
  record: CborValue,
  what: string,
  context: HandlerContext,
):
  | { readonly before: PackageRecord; readonly lines: readonly LineInspection[] }
  | { readonly problem: SupplyProblem } {
  const found = alone(record, what, context);
  if ('problem' in found) return found;
  const { sscc, status, inspection, handOff } = found.record;
  if (status === 'in-transit' || status === 'delivered' || status === 'undelivered') {
    return {
      problem: problem(
        'package-left',
        `Package ${sscc} is ${status}: ${handOff?.courierName ?? 'the courier'} has signed for it. Ask the courier; when it is back it can be inspected again.`,
      ),
    };
  }
  if (inspection === null) {
    return {
      problem: problem(
        'step-order',
        `Package ${sscc} was not inspected yet, so nothing of it is accepted or held. Inspect it first.`,
      ),
    };
  }
  return { before: found.record, lines: inspection.lines };
}

/** Whoever put the line aside after the inspection, else whoever inspected it. */
function holderOf(record: PackageRecord, line: number): string {
  const hold = record.holds?.find((one) => one.line === line);
  return hold?.member ?? memberIn(record.inspection?.by ?? '');
}

function notSupplier(record: PackageRecord, context: HandlerContext): SupplyProblem | null {
  if (record.manifest.content.supplierGln === context.member.gln) return null;
  return problem(
    'not-allowed',
    `Package ${record.sscc} is not of ${context.member.organisation}: its manifest names ${record.manifest.content.supplierGln}. Only its supplier may recall it.`,
  );
}

function notHeld(record: PackageRecord, line: number, what: string): SupplyProblem {
  const lines = record.inspection?.lines ?? [];
  const judged = lines[line];
  const said = judged
    ? `${what}: it is ${judged.verdict}`
    : `is not on the manifest, which has ${lines.length}`;
  return problem(
    'line-not-held',
    `Line ${line + 1} of package ${record.sscc} ${said}. Choose other lines. Nothing was changed.`,
  );
}

/** Without anything accepted there is nothing to hand to a courier, so the label goes as well. */
function withLines(
  before: PackageRecord,
  lines: readonly LineInspection[],
  holds: readonly Hold[],
): PackageRecord {
  const outcome = outcomeOf(lines);
  const label = outcome === 'accept' ? before.label : null;
  const status: PackageStatus =
    outcome === 'accept'
      ? label === null
        ? 'released'
        : 'labelled'
      : outcome === 'quarantine'
        ? 'quarantined'
        : 'rejected';
  const { holds: _holds, inspection, ...kept } = before;
  return {
    ...kept,
    status,
    label,
    inspection: inspection && { ...inspection, lines },
    ...(holds.length === 0 ? {} : { holds }),
  };
}

function counts(lines: readonly LineInspection[]): {
  accepted: number;
  quarantined: number;
  rejected: number;
} {
  const of = (verdict: string): number => lines.filter((line) => line.verdict === verdict).length;
  return { accepted: of('accept'), quarantined: of('quarantine'), rejected: of('reject') };
}
