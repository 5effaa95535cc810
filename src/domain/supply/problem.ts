/** The refusals of the supply services: a closed set, each with its HTTP status. */
import type { ServiceProblem, ServiceResponse } from '../../l2/types.ts';

/** Refusal type → status. 400: the request is wrong; 403: not yours; 404: a thing is not there; 409: not now; 422: understood, but not acceptable. */
export const PROBLEM_STATUS = {
  'request-malformed': 400,
  'time-order': 400,
  'code-unreadable': 400,
  'sscc-check-digit': 400,
  'gtin-check-digit': 400,
  'manifest-malformed': 400,
  'directory-use-malformed': 400,
  'statement-malformed': 400,
  'not-allowed': 403,
  'package-unknown': 404,
  'courier-unknown': 404,
  'directory-unknown': 404,
  'package-exists': 409,
  'wrong-package': 409,
  'step-order': 409,
  'already-done': 409,
  'nothing-accepted': 409,
  'package-left': 409,
  'not-handed-over': 409,
  'line-not-held': 409,
  'sealed-twice': 409,
  'directory-exists': 409,
  'directory-full': 409,
  'statement-outdated': 409,
  'manifest-tampered': 422,
  'manifest-wrong-package': 422,
  'supplier-key-unknown': 422,
  'supplier-key-expired': 422,
  'supplier-mismatch': 422,
  'quality-incomplete': 422,
  'verdict-outside-limits': 422,
  'directory-use-wrong': 422,
  'directory-key-wrong': 422,
  'statement-wrong-package': 422,
  'statement-time': 422,
  'signature-wrong': 422,
  'courier-key-unknown': 422,
} as const;

export type ProblemType = keyof typeof PROBLEM_STATUS;

export interface SupplyProblem extends ServiceProblem {
  readonly type: ProblemType;
}

export function problem(type: ProblemType, message: string): SupplyProblem {
  return { type, message };
}

export function refusal(of: SupplyProblem): ServiceResponse {
  return { status: PROBLEM_STATUS[of.type], body: { type: of.type, message: of.message } };
}

/**
 * This copy can't tell whether a request is right: it lacks the means, or does not know the epoch of a certificate. Thrown, never
 * answered: whoever runs the step again abstains (docs/protocol.md, "not valid yet").
 */
export class CannotJudge extends Error {
  /** By this the session room tells it from a bug. */
  override readonly name = 'CannotJudge';
}
