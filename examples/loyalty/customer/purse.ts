/** What this phone keeps, and nowhere else: the key, the street's card, and receipts. */
import * as v from 'valibot';
import { MAX_RECEIPTS } from '../limits.ts';
import { createCustomerKey, type CustomerKey } from '../points/index.ts';
import { fromBase64Url, StreetCardShape, toBase64Url } from '../street-card.ts';

const Receipt = v.object({
  /** Key of the group. */
  key: v.string(),
  version: v.number(),
  amount: v.number(),
  /** Member id. */
  issuer: v.string(),
  expires: v.nullable(v.string()),
  /** How many stalls have countersigned it. */
  signed: v.number(),
  /** The proof, base64url: checked when it was taken, and again whenever somebody asks. */
  proof: v.string(),
  /** This phone has signed the points away since; whether the stalls have certified it, only they know. */
  away: v.boolean(),
});
export type Receipt = v.InferOutput<typeof Receipt>;

const Purse = v.object({
  format: v.literal(1),
  /** 32 bytes, base64url: whoever has it has the points. */
  secret: v.string(),
  street: v.nullable(StreetCardShape),
  receipts: v.array(Receipt),
});
export type Purse = v.InferOutput<typeof Purse>;

/** The purse at this place of the browser's storage; a new one, kept at once, when there is none. null: one that cannot be read. */
export function openPurse(place: string): Purse | null {
  const kept = localStorage.getItem(place);
  if (kept !== null) return readPurse(kept);
  const { secret } = createCustomerKey();
  const made: Purse = { format: 1, secret: toBase64Url(secret), street: null, receipts: [] };
  keepPurse(place, made);
  return made;
}

export function keepPurse(place: string, purse: Purse): void {
  localStorage.setItem(place, JSON.stringify(purse));
}

/** From a file or from storage. null: not a purse. */
export function readPurse(text: string): Purse | null {
  try {
    const parsed = v.safeParse(Purse, JSON.parse(text));
    if (!parsed.success || fromBase64Url(parsed.output.secret).length !== 32) return null;
    return parsed.output;
  } catch {
    return null;
  }
}

export const keyOf = (purse: Purse): CustomerKey => createCustomerKey(fromBase64Url(purse.secret));

/** With this receipt; of one group the newest version counts. */
export function withReceipt(purse: Purse, receipt: Receipt): Purse {
  const known = purse.receipts.find((one) => one.key === receipt.key);
  if (known !== undefined && known.version > receipt.version) return purse;
  const others = purse.receipts.filter((one) => one.key !== receipt.key);
  // Spent ones go first, then the oldest.
  const kept = [...others.filter((one) => one.away), ...others.filter((one) => !one.away), receipt];
  return { ...purse, receipts: kept.slice(-MAX_RECEIPTS) };
}

/** With the receipts of a copy of the same key: of each group the newer version, and of the same version what this phone knows. */
export function merged(purse: Purse, copy: Purse): { readonly purse: Purse; readonly taken: number } {
  let [next, taken] = [purse, 0];
  for (const receipt of copy.receipts) {
    const known = purse.receipts.find((one) => one.key === receipt.key);
    if (known !== undefined && known.version >= receipt.version) continue;
    next = withReceipt(next, receipt);
    taken += 1;
  }
  return { purse: { ...next, street: purse.street ?? copy.street }, taken };
}

/** Signed away, or counted again. */
export const marked = (purse: Purse, keys: readonly string[], away: boolean): Purse => ({
  ...purse,
  receipts: purse.receipts.map((one) => (keys.includes(one.key) ? { ...one, away } : one)),
});
