/** The customer's phone: no member, no replica, no network. Pure but for `checkReceipt`, which asks the middleware's verifier, offline as well. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { verifyProof, type CertificateError, type ProvenValue, type Result, type Value } from 'countersign';
import { customer, earlier, signedBytes, statementId } from './names.ts';
import { isLive, mergeComesOut, swapComesOut } from './rules.ts';
import { isGroupKey, readGroupValue, readStatement } from './shape.ts';
import type { Answer, Request, TextError } from './texts.ts';
import type { Expiry, GroupKey, GroupValue, Owner, Ref } from './types.ts';

export interface CustomerKey {
  /** 32 bytes. Whoever has them has the points. */
  readonly secret: Uint8Array;
  readonly owner: Owner;
}

/** A new key; `seed` (32 bytes) only for tests and for restoring one. */
export function createCustomerKey(seed?: Uint8Array): CustomerKey {
  const secret = seed ?? ed25519.utils.randomSecretKey();
  return { secret, owner: customer(ed25519.getPublicKey(secret)) };
}

/** One thing that happens when a request is signed and certified. */
export interface Movement {
  readonly amount: number;
  /** Member id of the merchant whose points they are. */
  readonly issuer: string;
  readonly from: Owner;
  readonly to: Owner;
  readonly expires: Expiry;
}

/** What the person is asked: everything that the signature can bring about, and nothing else is signed. */
export interface Confirmation {
  readonly kind: 'pay' | 'call-back' | 'split' | 'merge' | 'swap';
  readonly network: string;
  /** Points that change hands; empty for `merge`, `split` and `call-back`, which leave all of them with the customer. */
  readonly movements: readonly Movement[];
  /** What stays the customer's, in its new shape: the change of a payment, the sum of a merge. */
  readonly keeps: readonly { readonly amount: number; readonly issuer: string; readonly expires: Expiry }[];
  /** Groups that are used up or change. */
  readonly groups: readonly GroupKey[];
}

export interface RequestError {
  readonly type:
    | TextError['type']
    /** Of another street than this phone's. */
    | 'other-network'
    /** For another customer. */
    | 'other-customer'
    /** It does not come out: sums, owners, amounts. Nobody could certify it. */
    | 'request-wrong';
  readonly message: string;
}

/**
 * What the person has to see before `answerRequest`. Checks that the request comes out and concerns this customer; with `network` also that it is of
 * that street. Whether the points exist the members check: a signature for points that are not there brings nothing about.
 */
export function confirmationOf(
  { statement, customer: asked }: Request,
  owner: Owner,
  network?: string,
): Result<Confirmation, RequestError> {
  if (network !== undefined && statement.network !== network)
    return wrong('other-network', 'This request is of another street than this phone knows.');
  if (asked !== owner)
    return wrong('other-customer', 'This request is for another customer. Show your own code.');
  // Whatever reaches here from another door than a text is read again: what is signed has the one form that is shown.
  if (readStatement(statement as unknown as Value) === null) return notRight('it is damaged');
  const base = { network: statement.network };
  switch (statement.kind) {
    case 'give': {
      const { from, to } = statement;
      if (from.owner !== owner) return notRight('the points are not yours');
      if (to === owner)
        return yes({ ...base, kind: 'call-back', movements: [], keeps: [kept(from)], groups: [from.key] });
      return yes({ ...base, kind: 'pay', movements: [moved(from, to)], keeps: [], groups: [from.key] });
    }
    case 'split': {
      const { from, outputs } = statement;
      if (from.owner !== owner) return notRight('the points are not yours');
      if (sumOf(outputs) !== from.amount) return notRight('the parts do not add up');
      const away = outputs.filter((one) => one.owner !== owner);
      return yes({
        ...base,
        kind: away.length > 0 ? 'pay' : 'split',
        movements: away.map((one) => moved({ ...from, amount: one.amount }, one.owner)),
        keeps: outputs.filter((one) => one.owner === owner).map(({ amount }) => kept({ ...from, amount })),
        groups: [from.key],
      });
    }
    case 'merge': {
      const { target, sources } = statement;
      if (target.owner !== owner) return notRight('the points are not yours');
      if (!mergeComesOut(statement)) return notRight('these points cannot be put together');
      const parts = [target, ...sources];
      const expires = parts.reduce<Expiry>((so, one) => earlier(so, one.expires), null);
      const whole = kept({ ...target, amount: sumOf(parts), expires });
      return yes({
        ...base,
        kind: 'merge',
        movements: [],
        keeps: [whole],
        groups: parts.map(({ key }) => key),
      });
    }
    case 'swap': {
      const { first, second } = statement;
      if (!swapComesOut(statement)) return notRight('these points cannot be exchanged');
      if (first.owner !== owner && second.owner !== owner) return notRight('the points are not yours');
      const [mine, theirs] = first.owner === owner ? [first, second] : [second, first];
      const movements = [moved(mine, theirs.owner), moved(theirs, owner)];
      return yes({ ...base, kind: 'swap', movements, keeps: [], groups: [mine.key, theirs.key] });
    }
  }
}

/** Signs the request's statement, which `confirmationOf` must accept; else its error. */
export function answerRequest(
  request: Request,
  { secret, owner }: CustomerKey,
  network?: string,
): Result<Answer, RequestError> {
  const shown = confirmationOf(request, owner, network);
  if (!shown.ok) return shown;
  const { statement } = request;
  const signature = ed25519.sign(signedBytes(statement), secret);
  return { ok: true, value: { statement: statementId(statement), customer: owner, signature } };
}

/** What a receipt proves: these points, of this owner, in this version. Later versions it cannot know: they may be spent by now. */
export interface ReceiptCheck {
  readonly key: GroupKey;
  readonly version: number;
  readonly group: GroupValue;
  /** False: this version is split or waits for a plan. */
  readonly live: boolean;
  /** Members that signed. */
  readonly signedBy: readonly string[];
}

export interface ReceiptError {
  readonly type: CertificateError['type'] | 'receipt-foreign';
  readonly message: string;
}

/** Checks a receipt offline, by the street's genesis, and chain where members have changed. */
export async function checkReceipt(input: {
  readonly network: string;
  readonly genesis: Uint8Array;
  readonly chain?: readonly Uint8Array[];
  readonly proof: Uint8Array;
}): Promise<Result<ReceiptCheck, ReceiptError>> {
  const proven = await verifyProof(input);
  return proven.ok ? receiptOf(proven.value) : proven;
}

/** The same of what is proven already. */
export function receiptOf({
  key,
  version,
  value,
  signedBy,
}: Pick<ProvenValue, 'key' | 'version' | 'value' | 'signedBy'>): Result<ReceiptCheck, ReceiptError> {
  const group = readGroupValue(value);
  if (group === null || !isGroupKey(key))
    return {
      ok: false,
      error: { type: 'receipt-foreign', message: `This proves something about ${key}, which is no points.` },
    };
  return { ok: true, value: { key, version, group, live: isLive(group), signedBy } };
}

const kept = ({ amount, issuer, expires }: Ref): Confirmation['keeps'][number] => ({
  amount,
  issuer,
  expires,
});
const moved = ({ amount, issuer, owner, expires }: Ref, to: Owner): Movement => ({
  amount,
  issuer,
  from: owner,
  to,
  expires,
});
const sumOf = (parts: readonly { readonly amount: number }[]): number =>
  parts.reduce((sum, { amount }) => sum + amount, 0);

const yes = (value: Confirmation): Result<Confirmation, RequestError> => ({ ok: true, value });
const wrong = (
  type: RequestError['type'],
  message: string,
): { readonly ok: false; readonly error: RequestError } => ({ ok: false, error: { type, message } });
const notRight = (why: string) =>
  wrong('request-wrong', `This request does not come out: ${why}. Do not sign it.`);
