/**
 * Anti-entropy: two replicas compare roots, descend where digests differ, and each pulls what it lacks. Pure: the caller sends and
 * receives. Pushing new votes is done elsewhere and never waits for a descent.
 *
 * The asker tells its own digests, up to two levels below a prefix, and is answered only where they differ: with the leaves there, or with
 * another level of digests when the leaves are many. Digests and paths are cut short. Two that agree in what is left hide a
 * difference and nothing else: roots stay whole, so it is seen that something still differs, and whole digests are compared
 * then (`whole` of Descent). Nobody has to believe a node: what it says decides what is asked for, and only certificates and
 * signed votes are taken.
 */
import type { Key } from '../codec/brand.ts';
import { TREE_TAG_BYTES } from '../codec/limits.ts';
import type { ShortLeaf, TreeNode } from '../codec/messages.ts';
import {
  ASK_ONE_LEVEL_LEAVES,
  ASK_PLAIN_LEAVES,
  LEAVES_PER_NODE,
  MAX_ANSWER_ITEMS,
  MAX_LISTED_LEAVES,
  PATH_DIGITS,
} from './limits.ts';
import { EMPTY, type MerkleTree, type PlacedLeaf } from './merkle.ts';

/** A leaf that the other has and this side lacks. */
export interface Lack {
  /** Hex: the key's digest, or the beginning of it. */
  readonly path: string;
  /** The version that the other has certified, 0 for none. */
  readonly version: number;
  /** True: not a higher version, but other votes for the open one. */
  readonly open: boolean;
}

export interface Differences {
  /** Prefixes whose nodes to ask for. */
  readonly prefixes: readonly string[];
  /** Keys to ask for: the other is ahead, or knows other votes. Of nodes with whole keys only. */
  readonly keys: readonly Key[];
  /** Keys where the other is behind. Of nodes with whole keys only. */
  readonly ahead: readonly Key[];
  /** The same as `keys`, by path. */
  readonly lacks: readonly Lack[];
}

/** Own digests to tell with a question for a prefix: none where few leaves are held, else one or two levels. */
export function tagsBelow(tree: MerkleTree, prefix: string): Uint8Array {
  const held = tree.count(prefix);
  if (held <= ASK_PLAIN_LEAVES) return NO_TAGS;
  return tagsOf(tree, childrenOf(prefix, held <= ASK_ONE_LEVEL_LEAVES ? 1 : 2));
}

export interface Answer {
  readonly nodes: readonly TreeNode[];
  /** Prefixes answered, from the first on. */
  readonly answered: number;
  /** What it cost to make: digests compared and leaves told. */
  readonly cost: number;
}

/** What is told to one that asks: only what it is not known to have. Without `tags`: whole nodes. */
export function answerNodes(
  tree: MerkleTree,
  prefixes: readonly string[],
  tags: readonly Uint8Array[] | undefined,
): Answer {
  const nodes: TreeNode[] = [];
  let items = 0;
  let compared = 0;
  let answered = 0;
  for (const [i, prefix] of prefixes.entries()) {
    if (items >= MAX_ANSWER_ITEMS) break;
    answered++;
    if (!tags) {
      nodes.push(tree.node(prefix));
      items += 2 * LEAVES_PER_NODE;
      continue;
    }
    const theirs = tags[i]!;
    compared += 1 + theirs.length / TREE_TAG_BYTES;
    const told = answerOne(tree, prefix, theirs);
    for (const node of told) items += node.kind === 'paths' ? node.leaves.length + 1 : LEAVES_PER_NODE;
    nodes.push(...told);
  }
  return { nodes, answered, cost: items + compared };
}

/** What to do about one node that the other told. */
export function compareNode(tree: MerkleTree, theirs: TreeNode): Differences {
  switch (theirs.kind) {
    case 'inner': {
      const own = tree.node(theirs.prefix);
      const prefixes = childrenOf(theirs.prefix, 1).filter((_, i) => {
        const { certified, open } = theirs.children[i]!;
        if (certified === EMPTY && open === EMPTY) return false;
        if (own.kind !== 'inner') return true;
        return own.children[i]!.certified !== certified || own.children[i]!.open !== open;
      });
      return { ...NOTHING, prefixes };
    }
    case 'tags': {
      const own = tagsOf(tree, childrenOf(theirs.prefix, 1));
      const prefixes = childrenOf(theirs.prefix, 1).filter(
        (_, i) => !isEqualTag(theirs.tags, own, i) && !isEqualTag(theirs.tags, EMPTY_TAGS, i),
      );
      return { ...NOTHING, prefixes };
    }
    case 'leaves': {
      const keys: Key[] = [];
      const ahead: Key[] = [];
      const lacks: Lack[] = [];
      for (const { key, version, open } of theirs.leaves) {
        const own = tree.leaf(key);
        if (own.version > version) ahead.push(key);
        const lack = lackOf(own, { path: own.path, version, open: open === EMPTY ? '' : open });
        if (!lack) continue;
        keys.push(key);
        lacks.push(lack);
      }
      return { prefixes: [], keys, ahead, lacks };
    }
    case 'paths': {
      const lacks: Lack[] = [];
      for (const leaf of theirs.leaves) {
        const lack = lackAt(tree, leaf);
        if (lack) lacks.push(lack);
      }
      return { ...NOTHING, lacks };
    }
  }
}

/** What of a told leaf is lacking here still; null: nothing. */
export function lackAt(tree: MerkleTree, leaf: ShortLeaf): Lack | null {
  const { path, version, open } = leaf;
  if (path.length < PATH_DIGITS) return null;
  const own = tree.leaves(path, 2);
  if (own.length === 0) return version > 0 || open !== '' ? { path, version, open: version === 0 } : null;
  const lacks = own.map((one) => lackOf(one, leaf));
  return lacks.includes(null) ? null : lacks[0]!;
}

/** Whether a lack is made good: the key has the version. Of open votes nobody can say. */
export function isFilled(tree: MerkleTree, lack: Lack): boolean {
  return lack.open || tree.leaves(lack.path, 2).some((own) => own.version >= lack.version);
}

/** The keys that a path means: one, as a rule; more only where another replica knows fewer of them. */
export const keysAt = (tree: MerkleTree, path: string): Key[] =>
  path.length < PATH_DIGITS ? [] : tree.leaves(path, KEYS_PER_PATH).map((leaf) => leaf.key);

const KEYS_PER_PATH = 4;
const NO_TAGS = new Uint8Array(0);
const EMPTY_TAGS = new Uint8Array(16 * TREE_TAG_BYTES);
const NOTHING: Differences = { prefixes: [], keys: [], ahead: [], lacks: [] };
const HEX = '0123456789abcdef';

/** Where a told leaf has more than an own one of the same key. */
function lackOf(own: PlacedLeaf, { path, version, open }: ShortLeaf): Lack | null {
  if (version > own.version) return { path, version, open: false };
  if (version < own.version) return null;
  if (open !== '' && !own.open.startsWith(open)) return { path, version, open: true };
  return null;
}

function answerOne(tree: MerkleTree, prefix: string, theirs: Uint8Array): TreeNode[] {
  const levels = theirs.length === 0 ? 0 : theirs.length === 16 * TREE_TAG_BYTES ? 1 : 2;
  const below = childrenOf(prefix, levels).filter(
    (child, i) => tree.count(child) > 0 && (levels === 0 || !isEqualTag(theirs, tagsOf(tree, [child]), i, 0)),
  );
  const held = below.map((child) => tree.count(child));
  const isFew = held.reduce((sum, count) => sum + count, 0) <= MAX_LISTED_LEAVES;
  return below.map((child, i) =>
    isFew || held[i]! <= LEAVES_PER_NODE
      ? { prefix: child, kind: 'paths', leaves: shortLeaves(tree.leaves(child, MAX_LISTED_LEAVES)) }
      : { prefix: child, kind: 'tags', tags: tagsOf(tree, childrenOf(child, 1)) },
  );
}

/** In the order of their paths: each is told as far as it differs from its neighbours, in whole bytes. */
function shortLeaves(leaves: readonly PlacedLeaf[]): ShortLeaf[] {
  return leaves.map(({ path, version, open }, i) => {
    const shared = Math.max(sharedDigits(path, leaves[i - 1]?.path), sharedDigits(path, leaves[i + 1]?.path));
    const digits = Math.max(PATH_DIGITS, 2 * Math.ceil((shared + 1) / 2));
    return {
      path: path.slice(0, digits),
      version,
      open: open === EMPTY ? '' : open.slice(0, 2 * TREE_TAG_BYTES),
    };
  });
}

function sharedDigits(a: string, b: string | undefined): number {
  let shared = 0;
  while (b !== undefined && shared < a.length && a[shared] === b[shared]) shared++;
  return shared;
}

/** Prefixes so many levels below one, in order. */
function childrenOf(prefix: string, levels: number): string[] {
  let prefixes = [prefix];
  for (let i = 0; i < levels; i++) prefixes = prefixes.flatMap((one) => [...HEX].map((digit) => one + digit));
  return prefixes;
}

function tagsOf(tree: MerkleTree, prefixes: readonly string[]): Uint8Array {
  const tags = new Uint8Array(prefixes.length * TREE_TAG_BYTES);
  for (const [i, prefix] of prefixes.entries()) {
    const digest = tree.digest(prefix);
    for (let j = 0; j < TREE_TAG_BYTES; j++)
      tags[i * TREE_TAG_BYTES + j] = parseInt(digest.slice(2 * j, 2 * j + 2), 16);
  }
  return tags;
}

function isEqualTag(a: Uint8Array, b: Uint8Array, at: number, bAt = at): boolean {
  for (let j = 0; j < TREE_TAG_BYTES; j++)
    if (a[at * TREE_TAG_BYTES + j] !== b[bAt * TREE_TAG_BYTES + j]) return false;
  return true;
}
