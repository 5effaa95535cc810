/** What a merchant asks of a customer, and what becomes of the customer's answer. A request is not points, and neither is an answer. */
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Result } from 'countersign';
import { failed, type LoyaltyError } from './errors.ts';
import { customerKeyOf, merchant, merchantOf, signedBytes, statementId } from './names.ts';
import { operation, type Operation, type Work } from './operation.ts';
import { planSwap } from './exchange.ts';
import { planMerge } from './operations.ts';
import {
  expiredOf,
  liveGroup,
  outcome,
  ownerWrong,
  refOf,
  runGive,
  runSplit,
  signed,
  type Dated,
  type Outcome,
} from './parts.ts';
import { runPlan } from './plans.ts';
import { isAmount } from './shape.ts';
import type { Group, Street } from './street.ts';
import type { Answer, Request } from './texts.ts';
import type { GroupKey, Owner } from './types.ts';

export interface PaymentWish {
  readonly from: GroupKey;
  /** The whole group when it is its amount; else the group is split, and the rest stays the customer's. */
  readonly amount: number;
  /** This merchant unless given. */
  readonly to?: Owner;
  /** `2027-03-31`: expired points are not asked for. Left out: not looked at. */
  readonly today?: string;
}

/** Points of a customer to a merchant (redeeming) or to another customer. */
export async function requestPayment(
  street: Street,
  wish: PaymentWish,
): Promise<Result<Request, LoyaltyError>> {
  const { from: key, amount, to = merchant(street.me), today } = wish;
  const found = await customersGroup(street, key);
  if (!found.ok) return found;
  const from = refOf(found.value);
  const late = expiredOf([from], today);
  if (late) return late;
  if (!isAmount(amount) || amount > from.amount)
    return failed(
      'amount-wrong',
      `Ask for a whole number from 1 to ${from.amount}, which is what the group has.`,
    );
  const wrong = ownerWrong(street, to);
  if (wrong) return wrong;
  const network = street.network.id;
  const rest = from.amount - amount;
  return request(
    rest === 0
      ? { kind: 'give', network, from, to }
      : { kind: 'split', network, from, outputs: [{ amount, owner: to }, { amount: rest, owner: from.owner }] },
    from.owner,
  ); // prettier-ignore
}

/** Groups of one customer and one issuer into one, the first of `keys`. Settles that one before, where it has to be. */
export async function requestMerge(
  street: Street,
  keys: readonly GroupKey[],
): Promise<Result<Request, LoyaltyError>> {
  const plan = await planMerge(street, UNTOLD, keys);
  if (!plan.ok) return plan;
  const { owner, key } = plan.value.target;
  return merchantOf(owner) === null ? request(plan.value, owner) : notCustomers(key);
}

/** A group of a customer for a group of this merchant. This merchant signs first: the customer's answer completes it. Neither may have expired by `today`. */
export async function requestSwap(
  street: Street,
  theirs: GroupKey,
  mine: GroupKey,
  { today }: Pick<Dated, 'today'> = {},
): Promise<Result<Request, LoyaltyError>> {
  const found = await customersGroup(street, theirs);
  if (!found.ok) return found;
  const plan = await planSwap(street, UNTOLD, theirs, mine);
  if (!plan.ok) return plan;
  if (plan.value.second.owner !== merchant(street.me))
    return failed('not-owner', `${mine} does not belong to this merchant.`);
  const late = expiredOf([plan.value.first, plan.value.second], today);
  if (late) return late;
  const signature = await signed(street, plan.value);
  return signature.ok ? request(plan.value, found.value.owner, signature.value) : signature;
}

/** Checks the answer against the request, and proposes what was signed. The other of two merchants with a signature for the same points is told `lost`. */
export const submit = (
  street: Street,
  asked: Request,
  answer: Answer,
  { signal }: { readonly signal?: AbortSignal } = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    const { statement } = asked;
    if (statement.network !== street.network.id)
      return failed('signature-wrong', 'The request is of another street.');
    if (!isAnswerTo(asked, answer))
      return failed(
        'signature-wrong',
        'The answer is not for this request, or not by this customer. Ask again.',
      );
    const { signature } = answer;
    switch (statement.kind) {
      case 'give':
        return outcome(await runGive(street, work, statement, signature));
      case 'split':
        return outcome(await runSplit(street, work, statement, signature));
      case 'merge':
        return outcome(await runPlan(street, work, statement, [signature]));
      case 'swap': {
        const own = asked.merchantSignature;
        if (own === null)
          return failed('signature-wrong', 'This merchant has not signed the exchange. Make a new request.');
        const first = statement.first.owner === asked.customer;
        return outcome(await runPlan(street, work, statement, first ? [signature, own] : [own, signature]));
      }
    }
  });

/** Whether the customer that was asked signed exactly this. */
export function isAnswerTo({ statement, customer }: Request, answer: Answer): boolean {
  const key = customerKeyOf(answer.customer);
  return (
    key !== null &&
    answer.customer === customer &&
    answer.statement === statementId(statement) &&
    ed25519.verify(answer.signature, signedBytes(statement), key, { zip215: false })
  );
}

/** Of the settling that a request may need first. */
const UNTOLD: Work = { signal: undefined, step: () => () => undefined };

const request = (
  statement: Request['statement'],
  customer: Owner,
  merchantSignature: Uint8Array | null = null,
): Result<Request, never> => ({ ok: true, value: { statement, customer, merchantSignature } });

async function customersGroup(street: Street, key: GroupKey): Promise<Result<Group, LoyaltyError>> {
  const found = await liveGroup(street, key);
  return found.ok && merchantOf(found.value.owner) !== null ? notCustomers(key) : found;
}

const notCustomers = (key: string): { readonly ok: false; readonly error: LoyaltyError } =>
  failed('not-owner', `${key} belongs to a merchant, not to a customer.`);
