/** What every step shares: the body is parsed strictly, claimed times never go back, and the order of the workflow holds. */
import * as v from 'valibot';
import type { CborValue } from '../../../codec/cbor.ts';
import type { Handler, HandlerContext, Transaction } from '../../../l2/types.ts';
import type { SupplyContext } from '../certified.ts';
import { PACKAGE_KEY_PREFIX } from '../gs1.ts';
import { MAX_TIME, MIN_TIME } from '../limits.ts';
import { problem, refusal, type SupplyProblem } from '../problem.ts';
import { asPackageRecord, lastClaimedTime } from '../summary.ts';
import { SERVICES, type PackageRecord } from '../types.ts';

type Result<Record> =
  | { readonly record: Record; readonly body: CborValue; readonly status?: 200 | 201 }
  | { readonly problem: SupplyProblem };
export type StepResult = Result<PackageRecord>;

/** Claimed time: whole milliseconds since 1970. */
export const At = v.pipe(
  v.number('must be a number'),
  v.integer('must be whole milliseconds'),
  v.minValue(MIN_TIME, 'is before 2020: set the clock of this device'),
  v.maxValue(MAX_TIME, 'is after 2100: set the clock of this device'),
);

/** A handler that trusts its body. A refusal leaves the record as it came. */
export function step<Body extends { readonly at: number }>(
  schema: v.GenericSchema<unknown, Body>,
  run: (record: CborValue, body: Body, context: SupplyContext) => Promise<StepResult> | StepResult,
): Handler {
  return stepOn('package', schema, run);
}

/** The same for a key of another kind: a package's step has no place on an entry of the directory, nor the other way round. */
export function stepOn<Record extends object, Body extends { readonly at: number }>(
  kind: 'package' | 'directory',
  schema: v.GenericSchema<unknown, Body>,
  run: (record: CborValue, body: Body, context: SupplyContext) => Promise<Result<Record>> | Result<Record>,
): Handler {
  return async (record, request, context) => {
    const refuse = (of: SupplyProblem) => ({ response: refusal(of), record });
    const parsed = v.safeParse(schema, request.body);
    if (!parsed.success) {
      const issue = parsed.issues[0];
      const path = (issue.path ?? []).map((item) => String(item.key)).join('.');
      return refuse(
        problem(
          'request-malformed',
          `${request.path}: ${path || 'the body'} ${issue.message}. Nothing was changed.`,
        ),
      );
    }
    if (!context.key.startsWith(`${kind}/`)) {
      return refuse(
        problem('request-malformed', `${request.path} is not for ${context.key}. Nothing was changed.`),
      );
    }
    const last = lastClaimedTime(context.earlier);
    if (parsed.output.at < last) {
      return refuse(
        problem(
          'time-order',
          `${request.path} claims a time ${last - parsed.output.at} ms before the step that it follows. ` +
            `The clock of this device went back; correct it, or do the step again later.`,
        ),
      );
    }
    const result = await run(record, parsed.output, context);
    if ('problem' in result) return refuse(result.problem);
    const after = result.record as unknown as CborValue;
    return { response: { status: result.status ?? 200, body: result.body }, record: after };
  };
}

/** Steps of an operator's session, in order, as people call them. */
const WORKFLOW: readonly { readonly path: string; readonly name: string; readonly todo: string }[] = [
  { path: SERVICES.startSession, name: 'start', todo: 'Start a session on the package first' },
  { path: SERVICES.scan, name: 'scan', todo: 'Scan the package first' },
  { path: SERVICES.validate, name: 'supplier check', todo: "Validate the supplier's signature first" },
  { path: SERVICES.quality, name: 'quality check', todo: 'Do the quality check first' },
  { path: SERVICES.label, name: 'label', todo: 'Choose the courier and make the label first' },
  { path: SERVICES.finish, name: 'finish', todo: '' },
];

export const did = (earlier: readonly Transaction[], path: string): boolean =>
  earlier.some((transaction) => transaction.request.path === path);

/**
 * The package that a session's step works on, or why the step can't be done now. `skippable`: predecessors that this step does not
 * need. Undoing a step takes it out of `earlier`, so a step can be done again after its undo, and once only otherwise.
 */
export function packageAt(
  record: CborValue,
  path: string,
  context: HandlerContext,
  skippable: readonly string[] = [],
): { readonly record: PackageRecord } | { readonly problem: SupplyProblem } {
  const current = asPackageRecord(record);
  if (!current) return { problem: unknownPackage(context) };
  const here = WORKFLOW.findIndex((s) => s.path === path);
  const name = WORKFLOW[here]?.name ?? path;
  if (did(context.earlier, SERVICES.finish)) {
    return {
      problem: problem(
        'already-done',
        `${capital(name)} after finish: this session on ${current.sscc} is finished. Commit it, or start a new session.`,
      ),
    };
  }
  if (did(context.earlier, path)) {
    return {
      problem: problem(
        'already-done',
        `The ${name} of package ${current.sscc} is done in this session. Go on with the next step, or undo first.`,
      ),
    };
  }
  for (const before of WORKFLOW.slice(0, Math.max(here, 0))) {
    if (skippable.includes(before.path) || did(context.earlier, before.path)) continue;
    return {
      problem: problem(
        'step-order',
        `${capital(name)} before ${before.name}: package ${current.sscc} has no ${before.name} in this session. ${before.todo}.`,
      ),
    };
  }
  return { record: current };
}

export function unknownPackage(context: HandlerContext): SupplyProblem {
  return problem(
    'package-unknown',
    `Package ${ssccOf(context)} was not announced in this network. Check the number, or ask the supplier to create it from its manifest.`,
  );
}

/** The SSCC in the session's key; the registry's `keyProblem` was asked before. */
export const ssccOf = (context: HandlerContext): string => context.key.slice(PACKAGE_KEY_PREFIX.length);

/** The package, for a step that is a session of its own. */
export function alone(
  record: CborValue,
  what: string,
  context: HandlerContext,
): { readonly record: PackageRecord } | { readonly problem: SupplyProblem } {
  const current = asPackageRecord(record);
  if (!current) return { problem: unknownPackage(context) };
  if (context.earlier.length > 0) {
    return {
      problem: problem(
        'step-order',
        `${capital(what)} of package ${current.sscc} is a session of its own. Finish or abandon this one first.`,
      ),
    };
  }
  return { record: current };
}

/** The member that a `by` of the record names. */
export const memberIn = (by: string): string => by.slice(0, Math.max(0, by.indexOf('/')));

/** The warehouse that has the package: the one that inspected it last. Null when the steps are another's to do. */
export function notTheirs(
  record: PackageRecord,
  what: string,
  context: HandlerContext,
): SupplyProblem | null {
  const holder = record.inspection === null ? null : memberIn(record.inspection.by);
  if (holder === context.member.id) return null;
  const said = holder === null ? 'nobody has inspected it yet' : `${holder} has inspected it and has it`;
  return problem(
    'not-allowed',
    `${capital(what)} of package ${record.sscc} is not for ${context.member.id}: ${said}. Ask ${holder ?? 'a warehouse'}, or inspect it here first.`,
  );
}

/** Who did a step, for the record: organisation and pseudonym. */
export const actor = (context: HandlerContext): string => `${context.member.id}/${context.operator}`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
