/**
 * Many keys under one signature: the root of a Merkle tree over entries (key, version, digest), sorted by key, each key once
 * (docs/protocol.md, "Many keys at once"). A node without a neighbour moves up as it is, so the shape follows from the size alone, and the
 * size is signed with the root.
 */
import { blake3 } from '@noble/hashes/blake3.js';
import { equalBytes, fromHex, isNetworkKey, toHex, type Digest, type Key, type Version } from './brand.ts';
import { encode } from './cbor.ts';
import { MAX_BATCH_ENTRIES, MAX_REMEMBERED_LISTS } from './limits.ts';

export interface BatchEntry {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
}

/** That an entry is in a batch. The same object for all votes that came with the same list. */
export interface Inclusion {
  /** 64 lowercase hex digits. */
  readonly root: string;
  /** Entries in the batch, from 2 to MAX_BATCH_ENTRIES. */
  readonly size: number;
  /** The entry's place, from 0. */
  readonly index: number;
  /** Neighbours from the leaf up, 32 bytes each; `pathBytes(size, index)` in all. */
  readonly path: Uint8Array;
}

/** A whole list. Lists with the same entries are one object as long as they are remembered. */
export interface EntryList {
  readonly root: string;
  readonly entries: readonly BatchEntry[];
  /** One for each entry. */
  readonly inclusions: readonly Inclusion[];
}

/** From 2 to MAX_BATCH_ENTRIES entries, keys ascending by code unit, each once, none under `network/`. */
export function isEntryList(entries: readonly BatchEntry[]): boolean {
  if (entries.length < 2 || entries.length > MAX_BATCH_ENTRIES) return false;
  return entries.every(({ key }, i) => !isNetworkKey(key) && (i === 0 || entries[i - 1]!.key < key));
}

/** Throws RangeError when `isEntryList` is false: check at the door. */
export function entryListOf(entries: readonly BatchEntry[]): EntryList {
  if (!isEntryList(entries))
    throw new RangeError(`a batch has 2 to ${MAX_BATCH_ENTRIES} entries, sorted, each key once`);
  // The root follows from the entries, so equal ones may share it; verdicts about signatures are never shared like this.
  const name = entries.map(({ key, version, digest }) => `${digest} ${version} ${key}`).join('\n');
  const known = remembered.get(name);
  if (known) return known;
  const levels = [entries.map(leafOf)];
  while (levels.at(-1)!.length > 1) levels.push(levelAbove(levels.at(-1)!));
  const root = toHex(levels.at(-1)![0]!);
  const size = entries.length;
  const inclusions = entries.map((_, index): Inclusion => {
    const path = new Uint8Array(pathBytes(size, index));
    siblings(size, index).forEach(({ level, at }, i) => path.set(levels[level]![at]!, i * HASH_BYTES));
    return { root, size, index, path };
  });
  const list: EntryList = { root, entries: [...entries], inclusions };
  for (const inclusion of inclusions) lists.set(inclusion, list);
  if (remembered.size >= MAX_REMEMBERED_LISTS) remembered.delete(remembered.keys().next().value!);
  remembered.set(name, list);
  return list;
}

/** The whole list, if the inclusion was made from it here. */
export function listOf(inclusion: Inclusion): EntryList | undefined {
  return lists.get(inclusion);
}

/** True when the path leads from this entry, at this place, to the root. Keys under `network/` are in no batch. */
export function isIncluded(entry: BatchEntry, inclusion: Inclusion): boolean {
  if (isNetworkKey(entry.key)) return false;
  const list = lists.get(inclusion);
  if (list) return isSameEntry(list.entries[inclusion.index]!, entry);
  const { root, size, index, path } = inclusion;
  if (!isInclusionShape(inclusion)) return false;
  let node = leafOf(entry);
  siblings(size, index).forEach(({ isLeft }, i) => {
    const other = path.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    node = isLeft ? nodeOf(other, node) : nodeOf(node, other);
  });
  return equalBytes(node, fromHex(root));
}

export function isInclusionShape({ size, index, path }: Inclusion): boolean {
  if (!Number.isInteger(size) || size < 2 || size > MAX_BATCH_ENTRIES) return false;
  if (!Number.isInteger(index) || index < 0 || index >= size) return false;
  return path.length === pathBytes(size, index);
}

/** Length of the path of one place. At most ceil(log2(size)) digests. */
export function pathBytes(size: number, index: number): number {
  return siblings(size, index).length * HASH_BYTES;
}

export function isSameEntry(a: BatchEntry, b: BatchEntry): boolean {
  return a.key === b.key && a.version === b.version && a.digest === b.digest;
}

const HASH_BYTES = 32;
const remembered = new Map<string, EntryList>();
const lists = new WeakMap<Inclusion, EntryList>();

function leafOf({ key, version, digest }: BatchEntry): Uint8Array {
  return blake3(encode(['batch-entry', key, version, fromHex(digest)]));
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return blake3(encode(['batch-node', left, right]));
}

function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2)
    above.push(i + 1 < level.length ? nodeOf(level[i]!, level[i + 1]!) : level[i]!);
  return above;
}

function siblings(size: number, index: number): { level: number; at: number; isLeft: boolean }[] {
  const found: { level: number; at: number; isLeft: boolean }[] = [];
  for (let level = 0, at = index, width = size; width > 1; level++, at >>= 1, width = (width + 1) >> 1) {
    const isLeft = at % 2 === 1;
    const other = isLeft ? at - 1 : at + 1;
    if (other < width) found.push({ level, at: other, isLeft });
  }
  return found;
}
