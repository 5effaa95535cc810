/**
 * Merkle tree over keys, placed by the BLAKE3 of the key, 16 children a node. Each node has two digests: `certified`, the same on every
 * honest replica with the same certified state, and `open`, of what is known about versions under vote.
 *
 * A digest is a function of the set of leaves below its prefix alone: at most LEAVES_PER_NODE leaves are hashed as one list, more as
 * sixteen children. So the shape does not depend on history, and the certified root can stand for the state (docs/protocol.md, Sync).
 * A change costs one hash per level: every node counts what is below it, and only digests on the way to the root are made anew.
 */
import { fromHex } from '../codec/brand.ts';
import type { Digest, Key, Version } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import type { TreeLeaf, TreeNode } from '../codec/messages.ts';
import type { Hash } from '../crypto/types.ts';
import { LEAVES_PER_NODE, MAX_DEPTH } from './limits.ts';

/** Digest of nothing: of a subtree without leaves, and of an open version of which nothing is known. */
export const EMPTY = '0'.repeat(64);

export interface PlacedLeaf extends TreeLeaf {
  /** Digest of the key: its place. */
  readonly path: string;
}

export interface MerkleTree {
  /** Sets a leaf's certified part; version 0 takes it away. */
  setCertified(key: Key, version: Version, digest: Digest | null): void;
  /** Marks the open part of a key as changed; `openDigest` is asked again before anything is told. */
  touchOpen(key: Key): void;
  root(): { readonly certified: string; readonly open: string };
  /** The node at a prefix with whole digests and keys. */
  node(prefix: string): TreeNode;
  /** Both digests of what is below a prefix as one; EMPTY when nothing is. */
  digest(prefix: string): string;
  /** Leaves below a prefix. */
  count(prefix: string): number;
  /** The leaves below a prefix in the order of their paths, at most `max`. */
  leaves(prefix: string, max: number): PlacedLeaf[];
  leaf(key: Key): PlacedLeaf;
  readonly size: number;
}

type What = 'certified' | 'open';

interface Leaf {
  readonly key: Key;
  readonly path: string;
  version: Version;
  digest: Digest | null;
  open: string;
}

interface Node {
  readonly prefix: string;
  /** Leaves while few, then children. */
  leaves: Leaf[] | null;
  children: (Node | null)[] | null;
  count: number;
  readonly counts: Record<What, number>;
  /** null: to be made anew. */
  readonly digests: Record<What, string | null>;
}

/** `openDigest(key)` gives the digest of what is known of the key's open version, or EMPTY. */
export function createMerkleTree(hash: Hash, openDigest: (key: Key) => string): MerkleTree {
  const leaves = new Map<Key, Leaf>();
  const touched = new Set<Key>();
  const root = newNode('');
  const pathOf = (key: Key): string => hash(encode(key));

  function leafOf(key: Key): Leaf {
    let leaf = leaves.get(key);
    if (!leaf) {
      leaf = { key, path: pathOf(key), version: 0 as Version, digest: null, open: EMPTY };
      leaves.set(key, leaf);
      insert(root, leaf);
      touched.add(key);
    }
    return leaf;
  }

  /** Every node on the way to a leaf: its digest of this kind is made anew, its count moves. */
  function changed(leaf: Leaf, what: What, more: number): void {
    for (let node: Node | null = root; node; node = childOf(node, leaf.path)) {
      node.digests[what] = null;
      node.counts[what] += more;
    }
  }

  /** Open parts are asked for when somebody looks, many changes of one key at once. */
  function settle(): void {
    if (touched.size === 0) return;
    const keys = [...touched];
    touched.clear();
    for (const key of keys) {
      const open = openDigest(key);
      const before = leaves.get(key);
      if (open === (before?.open ?? EMPTY)) continue;
      const leaf = before ?? leafOf(key);
      touched.delete(key);
      const more = Number(open !== EMPTY) - Number(leaf.open !== EMPTY);
      leaf.open = open;
      changed(leaf, 'open', more);
      drop(leaf);
    }
  }

  /** A key that was voted on and forgotten leaves nothing behind. */
  function drop(leaf: Leaf): void {
    if (leaf.version > 0 || leaf.open !== EMPTY) return;
    leaves.delete(leaf.key);
    for (let node: Node | null = root; node; node = childOf(node, leaf.path)) {
      node.count--;
      if (node.leaves) node.leaves.splice(node.leaves.indexOf(leaf), 1);
    }
  }

  function digestOf(node: Node | null, what: What): string {
    if (!node || node.counts[what] === 0) return EMPTY;
    return (node.digests[what] ??=
      node.counts[what] <= LEAVES_PER_NODE || !node.children
        ? listDigest(below(node, what), what)
        : hash(encode(node.children.map((child) => fromHex(digestOf(child, what))))));
  }

  function listDigest(list: Leaf[], what: What): string {
    if (list.length === 0) return EMPTY;
    return hash(encode(list.sort(byPath).map(what === 'certified' ? certifiedPart : openPart)));
  }

  /** Of a prefix at which there may be no node of its own: then the leaves there are few. */
  function digestAt(prefix: string, what: What): string {
    const node = find(root, prefix);
    if (!node || node.prefix.length >= prefix.length) return digestOf(node, what);
    return listDigest(
      below(node, what).filter((leaf) => leaf.path.startsWith(prefix)),
      what,
    );
  }

  function told(prefix: string): Leaf[] {
    const node = find(root, prefix);
    if (!node) return [];
    const all = below(node, null);
    return node.prefix.length >= prefix.length ? all : all.filter((leaf) => leaf.path.startsWith(prefix));
  }

  function countAt(prefix: string): number {
    const node = find(root, prefix);
    if (!node) return 0;
    return node.prefix.length >= prefix.length ? node.count : told(prefix).length;
  }

  return {
    setCertified(key, version, digest) {
      const leaf = leafOf(key);
      const more = Number(version > 0) - Number(leaf.version > 0);
      leaf.version = version;
      leaf.digest = digest;
      changed(leaf, 'certified', more);
      drop(leaf);
    },
    touchOpen(key) {
      touched.add(key);
    },
    root() {
      settle();
      return { certified: digestOf(root, 'certified'), open: digestOf(root, 'open') };
    },
    node(prefix) {
      settle();
      if (countAt(prefix) <= LEAVES_PER_NODE)
        return { prefix, kind: 'leaves', leaves: told(prefix).sort(byPath).map(tell) };
      const children = find(root, prefix)!.children!.map((child) => ({
        certified: digestOf(child, 'certified'),
        open: digestOf(child, 'open'),
      }));
      return { prefix, kind: 'inner', children };
    },
    digest(prefix) {
      settle();
      const [certified, open] = [digestAt(prefix, 'certified'), digestAt(prefix, 'open')];
      return open === EMPTY ? certified : hash(encode([fromHex(certified), fromHex(open)]));
    },
    count(prefix) {
      settle();
      return countAt(prefix);
    },
    leaves(prefix, max) {
      settle();
      return told(prefix).sort(byPath).slice(0, max);
    },
    leaf(key) {
      settle();
      return leaves.get(key) ?? { key, path: pathOf(key), version: 0 as Version, digest: null, open: EMPTY };
    },
    get size() {
      settle();
      return leaves.size;
    },
  };
}

const tell = ({ key, version, digest, open }: Leaf): TreeLeaf => ({ key, version, digest, open });
const certifiedPart = (leaf: Leaf): CborValue => [
  leaf.key,
  leaf.version,
  leaf.digest && fromHex(leaf.digest),
];
const openPart = (leaf: Leaf): CborValue => [leaf.key, fromHex(leaf.open)];
const counts = (leaf: Leaf, what: What): boolean =>
  what === 'certified' ? leaf.version > 0 : leaf.open !== EMPTY;
const byPath = (a: Leaf, b: Leaf): number => (a.path < b.path ? -1 : 1);
const digit = (path: string, at: number): number => parseInt(path[at]!, 16);

function newNode(prefix: string): Node {
  return {
    prefix,
    leaves: [],
    children: null,
    count: 0,
    counts: { certified: 0, open: 0 },
    digests: { certified: null, open: null },
  };
}

function childOf(node: Node, path: string): Node | null {
  return node.children?.[digit(path, node.prefix.length)] ?? null;
}

function insert(root: Node, leaf: Leaf): void {
  for (let node = root; ;) {
    node.count++;
    if (node.leaves) {
      node.leaves.push(leaf);
      if (node.leaves.length > LEAVES_PER_NODE && node.prefix.length < MAX_DEPTH) split(node);
      return;
    }
    const at = digit(leaf.path, node.prefix.length);
    node = node.children![at] ??= newNode(node.prefix + at.toString(16));
  }
}

/** Sixteen children instead of a list; what is known of the set of leaves stays as it is. */
function split(node: Node): void {
  const moved = node.leaves!;
  node.leaves = null;
  node.children = new Array<Node | null>(16).fill(null);
  for (const leaf of moved) {
    const at = digit(leaf.path, node.prefix.length);
    const child = (node.children[at] ??= newNode(node.prefix + at.toString(16)));
    child.leaves!.push(leaf);
    child.count++;
    for (const what of ['certified', 'open'] as const) child.counts[what] += Number(counts(leaf, what));
  }
  for (const child of node.children)
    if (child?.leaves && child.leaves.length > LEAVES_PER_NODE && child.prefix.length < MAX_DEPTH)
      split(child);
}

/** The node that holds everything below a prefix; a list above the prefix serves as well. */
function find(root: Node, prefix: string): Node | null {
  let node: Node | null = root;
  while (node?.children && node.prefix.length < prefix.length) {
    node = node.children[digit(prefix, node.prefix.length)] ?? null;
  }
  return node;
}

/** The leaves below a node, of one kind or all; the counts say where there is none to look for. */
function below(node: Node, what: What | null): Leaf[] {
  const found: Leaf[] = [];
  const visit = (at: Node): void => {
    if ((what === null ? at.count : at.counts[what]) === 0) return;
    for (const leaf of at.leaves ?? []) if (what === null || counts(leaf, what)) found.push(leaf);
    for (const child of at.children ?? []) if (child) visit(child);
  };
  visit(node);
  return found;
}
