/**
 * Merkle tree over keys, placed by the BLAKE3 of the key, 16 children a node. Each node has two digests: `certified`, the same on every
 * honest replica with the same certified state, and `open`, of what is known about versions under vote.
 *
 * A digest is a function of the set of leaves below its prefix alone: at most LEAVES_PER_NODE leaves are hashed as one list, more as
 * sixteen children. So the shape does not depend on history, and the certified root can stand for the state (docs/protocol.md, Sync).
 */
import type { Digest, Key, Version } from '../codec/brand.ts';
import { fromHex } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import type { TreeLeaf, TreeNode } from '../codec/messages.ts';
import type { Hash } from '../crypto/types.ts';
import { LEAVES_PER_NODE, MAX_DEPTH } from './limits.ts';

/** Digest of nothing: of a subtree without leaves, and of an open version of which nothing is known. */
export const EMPTY = '0'.repeat(64);

export interface MerkleTree {
  /** Sets a leaf's certified part; version 0 takes it away. */
  setCertified(key: Key, version: Version, digest: Digest | null): void;
  /** Marks the open part of a key as changed; `openDigest` is asked again when a root or node is. */
  touchOpen(key: Key): void;
  root(): { readonly certified: string; readonly open: string };
  /** The node at a prefix, as it is told to others. */
  node(prefix: string): TreeNode;
  leaf(key: Key): TreeLeaf;
  readonly size: number;
}

interface Leaf {
  readonly key: Key;
  readonly path: string;
  version: Version;
  digest: Digest | null;
  /** null: ask again. */
  open: string | null;
}

interface Node {
  readonly prefix: string;
  /** Leaves while few, then children. */
  leaves: Leaf[] | null;
  readonly children: (Node | null)[];
  certified: string | null;
  open: string | null;
}

/** `openDigest(key)` gives the digest of what is known of the key's open version, or EMPTY. */
export function createMerkleTree(hash: Hash, openDigest: (key: Key) => string): MerkleTree {
  const leaves = new Map<Key, Leaf>();
  const root = newNode('');

  function leafOf(key: Key): Leaf {
    let leaf = leaves.get(key);
    if (!leaf) {
      leaf = { key, path: hash(encode(key)), version: 0 as Version, digest: null, open: null };
      leaves.set(key, leaf);
      insert(root, leaf);
    }
    return leaf;
  }

  function forget(path: string, what: 'certified' | 'open'): void {
    let node: Node | null = root;
    while (node) {
      node[what] = null;
      node = node.leaves ? null : (node.children[digit(path, node.prefix.length)] ?? null);
    }
  }

  function openOf(leaf: Leaf): string {
    return (leaf.open ??= openDigest(leaf.key));
  }

  function digestOf(node: Node | null, what: 'certified' | 'open'): string {
    if (!node) return EMPTY;
    const cached = node[what];
    if (cached !== null) return cached;
    const counted = what === 'certified' ? isCertified : (leaf: Leaf) => openOf(leaf) !== EMPTY;
    const few = firstLeaves(node, counted, LEAVES_PER_NODE + 1);
    let digest: string;
    if (few.length === 0) digest = EMPTY;
    else if (few.length <= LEAVES_PER_NODE)
      digest = hash(encode(few.sort(byPath).map(what === 'certified' ? certifiedPart : openPart)));
    else digest = hash(encode(childrenOf(node).map((child) => fromHex(digestOf(child, what)))));
    node[what] = digest;
    return digest;
  }

  const certifiedPart = (leaf: Leaf): CborValue => [
    leaf.key,
    leaf.version,
    leaf.digest && fromHex(leaf.digest),
  ];
  const openPart = (leaf: Leaf): CborValue => [leaf.key, fromHex(openOf(leaf))];

  /** A physical leaf node may stand above the level where more than LEAVES_PER_NODE of one kind would split; it never holds more. */
  function childrenOf(node: Node): (Node | null)[] {
    return node.children;
  }

  return {
    setCertified(key, version, digest) {
      const leaf = leafOf(key);
      leaf.version = version;
      leaf.digest = digest;
      forget(leaf.path, 'certified');
    },
    touchOpen(key) {
      const leaf = leafOf(key);
      leaf.open = null;
      forget(leaf.path, 'open');
    },
    root: () => ({ certified: digestOf(root, 'certified'), open: digestOf(root, 'open') }),
    node(prefix) {
      const node = find(root, prefix);
      if (!node) return { prefix, kind: 'leaves', leaves: [] };
      const below = firstLeaves(node, () => true, LEAVES_PER_NODE + 1);
      if (below.length <= LEAVES_PER_NODE) {
        const told = below.filter((leaf) => leaf.path.startsWith(prefix)).sort(byPath);
        return { prefix, kind: 'leaves', leaves: told.map(tell) };
      }
      const children = childrenOf(node).map((child) => ({
        certified: digestOf(child, 'certified'),
        open: digestOf(child, 'open'),
      }));
      return { prefix, kind: 'inner', children };
    },
    leaf: (key) =>
      tell(leaves.get(key) ?? { key, path: '', version: 0 as Version, digest: null, open: EMPTY }),
    get size() {
      return leaves.size;
    },
  };

  function tell(leaf: Leaf): TreeLeaf {
    return { key: leaf.key, version: leaf.version, digest: leaf.digest, open: openOf(leaf) };
  }
}

const isCertified = (leaf: Leaf): boolean => leaf.version > 0;
const byPath = (a: Leaf, b: Leaf): number => (a.path < b.path ? -1 : 1);
const digit = (path: string, at: number): number => parseInt(path[at]!, 16);

function newNode(prefix: string): Node {
  return { prefix, leaves: [], children: new Array<Node | null>(16).fill(null), certified: null, open: null };
}

function insert(node: Node, leaf: Leaf): void {
  node.certified = null;
  node.open = null;
  if (node.leaves) {
    node.leaves.push(leaf);
    if (node.leaves.length <= LEAVES_PER_NODE || node.prefix.length >= MAX_DEPTH) return;
    const moved = node.leaves;
    node.leaves = null;
    for (const one of moved) insertBelow(node, one);
    return;
  }
  insertBelow(node, leaf);
}

function insertBelow(node: Node, leaf: Leaf): void {
  const at = digit(leaf.path, node.prefix.length);
  const child = (node.children[at] ??= newNode(node.prefix + at.toString(16)));
  insert(child, leaf);
}

/** The physical node that holds everything below a prefix; a leaf node above the prefix serves as well. */
function find(root: Node, prefix: string): Node | null {
  let node: Node | null = root;
  while (node && !node.leaves && node.prefix.length < prefix.length) {
    node = node.children[digit(prefix, node.prefix.length)] ?? null;
  }
  return node;
}

/** At most `max` leaves below a node that count. */
function firstLeaves(node: Node, counted: (leaf: Leaf) => boolean, max: number): Leaf[] {
  const found: Leaf[] = [];
  const visit = (at: Node): void => {
    if (found.length >= max) return;
    if (at.leaves) {
      for (const leaf of at.leaves) if (counted(leaf) && found.length < max) found.push(leaf);
      return;
    }
    for (const child of at.children) if (child) visit(child);
  };
  visit(node);
  return found;
}
