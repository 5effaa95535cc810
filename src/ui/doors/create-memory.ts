/**
 * What the creator has collected so far, kept across reloads. Public things only: the draft, keys as they were handed
 * over (proofs are checked again when they are read back), directory entries. The invitation is a secret and is not kept.
 */
import * as v from 'valibot';
import type { CourierEntry, DraftText, ProfileId, SupplierKeyEntry } from '../../worker/api.ts';
import { MAX_COLLECTED_MEMBERS, MAX_KEY_FILE_BYTES, MAX_REMEMBERED_KEYS } from './limits.ts';

export interface Collected {
  readonly name: string;
  readonly draft: DraftText;
  /** Hand-over texts in member order. */
  readonly keys: readonly string[];
  /** The creator's own identity, when it made one here. */
  readonly own: ProfileId | null;
  /** Besides those that follow from members with the role courier. */
  readonly couriers: readonly CourierEntry[];
  readonly supplierKeys: readonly SupplierKeyEntry[];
}

export interface MadeKey {
  readonly draft: DraftText;
  readonly profile: ProfileId;
  readonly text: string;
  readonly organisation: string;
  readonly manifestKey: { readonly keyId: string; readonly publicKey: string } | null;
}

type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const COLLECTED = 'countersign.create';
const KEYS = 'countersign.keys';

const Text = v.pipe(v.string(), v.maxLength(MAX_KEY_FILE_BYTES));
const Time = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)));
const CollectedSchema = v.object({
  name: Text,
  draft: Text,
  keys: v.pipe(v.array(Text), v.maxLength(MAX_COLLECTED_MEMBERS)),
  own: v.nullable(Text),
  couriers: v.array(v.object({ id: Text, name: Text, gln: Text })),
  supplierKeys: v.array(
    v.object({ keyId: Text, publicKey: Text, gln: Text, name: Text, validFrom: Time, validUntil: Time }),
  ),
});
const KeysSchema = v.array(
  v.object({
    draft: Text,
    profile: Text,
    text: Text,
    organisation: Text,
    manifestKey: v.nullable(v.object({ keyId: Text, publicKey: Text })),
  }),
);

export function readCollected(memory: Memory): Collected | null {
  const parsed = v.safeParse(CollectedSchema, readJson(memory, COLLECTED));
  return parsed.success ? parsed.output : null;
}

/** `null` forgets. */
export function writeCollected(memory: Memory, collected: Collected | null): void {
  writeJson(memory, COLLECTED, collected);
}

export function madeKeyFor(memory: Memory, draft: DraftText): MadeKey | null {
  return madeKeys(memory).find((key) => key.draft === draft) ?? null;
}

export function rememberMadeKey(memory: Memory, key: MadeKey): void {
  const others = madeKeys(memory).filter((other) => other.draft !== key.draft);
  writeJson(memory, KEYS, [key, ...others].slice(0, MAX_REMEMBERED_KEYS));
}

function madeKeys(memory: Memory): readonly MadeKey[] {
  const parsed = v.safeParse(KeysSchema, readJson(memory, KEYS));
  return parsed.success ? parsed.output : [];
}

function readJson(memory: Memory, key: string): unknown {
  try {
    return JSON.parse(memory.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function writeJson(memory: Memory, key: string, value: unknown): void {
  try {
    if (value === null) memory.removeItem(key);
    else memory.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page still works, it only forgets on reload.
  }
}
