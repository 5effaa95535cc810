/**
 * A replica's certified state in sixteen short digests, for an ask of RESUME: whoever answers tells only certificates from where they
 * differ. The same for equal certified states, whatever else the trees hold.
 */
import { fromHex } from '../codec/brand.ts';
import { encode } from '../codec/cbor.ts';
import { RESUME_DIGEST_BYTES } from '../codec/limits.ts';
import type { Hash } from '../crypto/types.ts';
import { LEAVES_PER_NODE } from './limits.ts';
import type { MerkleTree } from './merkle.ts';

/** Digest i stands for the keys whose place begins with hex digit i, in all the trees together. */
export function certifiedSummary(trees: readonly MerkleTree[], hash: Hash): Uint8Array<ArrayBuffer> {
  const parts = trees.map((tree) => childDigests(tree, hash));
  const out = new Uint8Array(16 * RESUME_DIGEST_BYTES);
  for (let at = 0; at < 16; at++) {
    const digest = fromHex(hash(encode(parts.map((of) => of[at]!))));
    out.set(digest.subarray(0, RESUME_DIGEST_BYTES), at * RESUME_DIGEST_BYTES);
  }
  return out;
}

/** Which of the sixteen a key belongs to. */
export const summaryPlace = (tree: MerkleTree, key: Parameters<MerkleTree['leaf']>[0]): number =>
  parseInt(tree.leaf(key).path[0]!, 16);

/** Places at which two summaries differ. */
export function differingPlaces(a: Uint8Array, b: Uint8Array): ReadonlySet<number> {
  const found = new Set<number>();
  for (let i = 0; i < 16 * RESUME_DIGEST_BYTES; i++)
    if (a[i] !== b[i]) found.add(Math.floor(i / RESUME_DIGEST_BYTES));
  return found;
}

/** A list of few leaves is told as lists by place: open leaves, which others may not have, must not change what is said. */
function childDigests(tree: MerkleTree, hash: Hash): Uint8Array[] {
  const root = tree.node('');
  if (root.kind === 'inner') return root.children.map((child) => fromHex(child.certified));
  const places: (readonly [string, number, Uint8Array | null])[][] = Array.from({ length: 16 }, () => []);
  for (const { path, key, version, digest } of tree.leaves('', LEAVES_PER_NODE))
    if (version > 0) places[parseInt(path[0]!, 16)]!.push([key, version, digest && fromHex(digest)]);
  return places.map((list) => (list.length === 0 ? new Uint8Array(32) : fromHex(hash(encode(list)))));
}
