/** What can go wrong, told to a page. */
import type { Failure } from 'countersign';
import type { Owner } from './types.ts';

export type LoyaltyErrorType =
  /** Another change of the same points won: `winner` says who has them now. A customer that signed twice is told here. */
  | 'lost'
  /** The members refuse it: the message says why, as far as it is known. */
  | 'refused'
  /** No such group is certified. */
  | 'not-found'
  /** The points are split, or wait for a merge, a swap or a retirement to be finished. */
  | 'not-spendable'
  /** They belong to somebody else. */
  | 'not-owner'
  /** What was signed names a state of the points that has passed: ask again. */
  | 'stale'
  /** Past its last day here: this merchant does not take it. The rules would. */
  | 'expired'
  | 'over-cap'
  /** Not a whole number from 1 to the limit, or a sum that does not come out. */
  | 'amount-wrong'
  /** Not a customer's key, or no member of the network. */
  | 'owner-unknown'
  | 'expiry-malformed'
  /** Different issuers or owners, the same group twice, too many, or a group that has decided too often. */
  | 'cannot-combine'
  /** The answer is for another request, by another key, or damaged. */
  | 'signature-wrong'
  /** A proof that is needed is not held by this replica. */
  | 'not-held'
  /** What is certified has not arrived here yet. Try again. */
  | 'not-arrived'
  /** This replica only observes, or is a device. */
  | 'not-a-voter'
  /** Closed or reloaded; what was proposed may still be decided. */
  | 'stopped'
  | 'aborted'
  /** Whether this was certified cannot be told here (yet). Look at what stands before doing it again. */
  | 'unknown'
  | 'failed';

export interface LoyaltyError extends Failure {
  readonly type: LoyaltyErrorType;
  readonly message: string;
  /** With `lost`: what stands now. */
  readonly winner?: {
    readonly key: string;
    readonly version: number;
    readonly digest: string;
    /** Who has the points now; null: they are split, or wait for another key. */
    readonly owner: Owner | null;
    /** Of a split: who got what. */
    readonly outputs: readonly { readonly owner: Owner; readonly amount: number }[];
  };
}

export const failed = (
  type: LoyaltyErrorType,
  message: string,
  more: Pick<LoyaltyError, 'winner'> = {},
): { readonly ok: false; readonly error: LoyaltyError } => ({ ok: false, error: { type, message, ...more } });
