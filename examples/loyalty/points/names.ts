/** Keys, owners and the bytes that are signed or hashed: each made in one place. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeValue, type Value } from 'countersign';
import type {
  AccountKey,
  Expiry,
  GroupKey,
  GroupValue,
  Issue,
  OffersList,
  Owner,
  Plan,
  Ref,
  Retirement,
  Statement,
} from './types.ts';

export const customer = (publicKey: Uint8Array): Owner => `customer/${hexOf(publicKey)}`;
export const merchant = (member: string): Owner => `merchant/${member}`;
export const isMerchant = (owner: Owner): boolean => owner.startsWith(MERCHANT);
/** Member id of a merchant; null: a customer. */
export const merchantOf = (owner: Owner): string | null =>
  owner.startsWith(MERCHANT) ? owner.slice(MERCHANT.length) : null;
/** 32 bytes, or null for a merchant and for what no honest phone makes: not on the curve, of small order, or with a part outside the main group. */
export function customerKeyOf(owner: Owner): Uint8Array | null {
  const hex = owner.startsWith(CUSTOMER) ? owner.slice(CUSTOMER.length) : '';
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  const bytes = bytesOf(hex);
  try {
    const point = ed25519.Point.fromBytes(bytes, false);
    return point.isSmallOrder() || !point.isTorsionFree() ? null : bytes;
  } catch {
    return null;
  }
}

export const accountKey = (issuer: string): AccountKey => `account/${issuer}`;
export const offersKey = (member: string): `offers/${string}` => `offers/${member}`;
/**
 * Where an output of an issue or a split goes. `seq`: of an account its version. A key and seq are certified with one content at most, so
 * that an output can exist once.
 */
export const outputKey = (source: { readonly key: string; readonly seq: number }, index: number): GroupKey =>
  `points/${digestOf(['loyalty-output-1', source.key, source.seq, index], 40)}`;
/** 32 hex digits that name a merge or a swap. */
export const planId = (plan: Plan): string => statementId(plan);
export const statementId = (statement: Statement): string =>
  digestOf(['loyalty-statement-1', statement as unknown as Value], 32);

/** What is signed: by a customer as it is, by a member with `network.sign`, which adds a kind of its own. */
export const signedBytes = (statement: Statement | Issue | Retirement | OffersList): Uint8Array =>
  encodeValue(['loyalty-points-1', statement as unknown as Value]);

/** A group as a signature names it. */
export const refOfValue = (
  key: GroupKey,
  { seq, issuer, amount, owner, expires }: GroupValue | Ref,
): Ref => ({
  key,
  seq,
  issuer,
  amount,
  owner,
  expires,
});

export const sameRef = (a: Ref, b: Ref): boolean =>
  a.key === b.key &&
  a.seq === b.seq &&
  a.issuer === b.issuer &&
  a.amount === b.amount &&
  a.owner === b.owner &&
  a.expires === b.expires;

/** The earlier one; null is the latest. */
export const earlier = (a: Expiry, b: Expiry): Expiry => (a === null ? b : b === null || a < b ? a : b);
/** `today`: `2027-03-31`, by the clock of whoever asks. The last day itself still counts. */
export const isExpired = (expires: Expiry, today: string): boolean => expires !== null && expires < today;

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));

const CUSTOMER = 'customer/';
const MERCHANT = 'merchant/';

const digestOf = (value: Value, digits: number): string => hexOf(sha256(encodeValue(value))).slice(0, digits);
