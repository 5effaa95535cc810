import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asDigest, asKey, asVersion, type Digest, type Key } from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage, type TreeNode } from '../../src/codec/messages.ts';
import type { Hash } from '../../src/crypto/types.ts';
import { Descent } from '../../src/crdt/descent.ts';
import { ASK_PREFIXES, MAX_ASK_DEPTH, MAX_PREFIXES_PER_DESCENT } from '../../src/crdt/limits.ts';
import { createMerkleTree, EMPTY, type MerkleTree } from '../../src/crdt/merkle.ts';
import { answerNodes, isFilled, keysAt, type Lack } from '../../src/crdt/sync.ts';
import { hash } from '../consensus/harness.ts';

const hexOf = (n: number): string => n.toString(16).padStart(64, '0');
const openOf = (n: number): string => n.toString(16).padStart(4, '0').repeat(16);
const valueOf = (n: number): Digest => asDigest(hexOf(n + 1));

interface Side {
  readonly tree: MerkleTree;
  readonly versions: Map<Key, number>;
  readonly opens: Map<Key, string>;
  set(key: Key, version: number): void;
  open(key: Key, digest: string): void;
}

function createSide(by: Hash = hash): Side {
  const versions = new Map<Key, number>();
  const opens = new Map<Key, string>();
  const tree = createMerkleTree(by, (key) => opens.get(key) ?? EMPTY);
  return {
    tree,
    versions,
    opens,
    set(key, version) {
      if ((versions.get(key) ?? 0) >= version) return;
      versions.set(key, version);
      tree.setCertified(key, asVersion(version), valueOf(version));
      if (opens.delete(key)) tree.touchOpen(key);
    },
    open(key, digest) {
      opens.set(key, digest);
      tree.touchOpen(key);
    },
  };
}

/** Through the codec and back, as on a link. */
function overWire(
  nodes: readonly TreeNode[],
  answered: number,
): { nodes: readonly TreeNode[]; answered?: number } {
  const decoded = decodeMessage(encodeMessage({ type: 'nodes', tree: 'main', nodes, answered }));
  if (!decoded.ok || decoded.value.type !== 'nodes') throw new Error('an answer of ours is malformed');
  return decoded.value;
}

/** One comparison to its end; gives what was found lacking. */
function compare(to: Side, from: Side, whole = false): Lack[] {
  const descent = new Descent(to.tree, whole);
  const lacks: Lack[] = [];
  for (let i = 0; i < 500; i++) {
    const question = descent.next();
    if (!question) break;
    const answer = answerNodes(from.tree, question.prefixes, question.tags);
    const { nodes, answered } = overWire(answer.nodes, answer.answered);
    const found = descent.take(nodes, answered);
    if (!found) throw new Error('an honest answer was not taken');
    lacks.push(...found);
  }
  expect(descent.isOver).toBe(true);
  return lacks;
}

function pull(to: Side, from: Side, whole = false): number {
  const lacks = compare(to, from, whole);
  for (const { path } of lacks) {
    for (const key of keysAt(from.tree, path)) {
      to.set(key, from.versions.get(key) ?? 0);
      const open = from.opens.get(key);
      const isSame = (to.versions.get(key) ?? 0) === (from.versions.get(key) ?? 0);
      if (open && isSame && open > (to.opens.get(key) ?? EMPTY)) to.open(key, open);
    }
  }
  return lacks.length;
}

const keyed = (n: number): Key => asKey(`package/${n}`);
const states = (max: number): fc.Arbitrary<(readonly [number, number])[]> =>
  fc.array(fc.tuple(fc.nat(20_000), fc.integer({ min: 1, max: 4 })), { maxLength: max });

describe('a comparison', () => {
  it('misses a difference, or asks for what is not lacking', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        states(60),
        states(60),
        states(10),
        (shared, onlyA, onlyB, opened) => {
          const [a, b] = [createSide(), createSide()];
          for (let i = 0; i < shared; i++) for (const side of [a, b]) side.set(keyed(i), 1);
          for (const [i, version] of onlyA) a.set(keyed(i), version);
          for (const [i, version] of onlyB) b.set(keyed(i), version);
          for (const [i, version] of opened) (version > 2 ? a : b).open(keyed(i), openOf(version));
          const behind = [...b.versions].filter(([key, version]) => version > (a.versions.get(key) ?? 0));
          const lacks = compare(a, b);
          expect(lacks.filter((lack) => !lack.open)).toHaveLength(behind.length);
          pull(a, b);
          pull(b, a);
          pull(a, b);
          expect(a.tree.root().certified).toBe(b.tree.root().certified);
          for (const [key, open] of b.opens)
            if (a.versions.get(key) === b.versions.get(key)) expect(a.opens.get(key)! >= open).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('hides what agrees in the digits that are told: whole digests are compared then', () => {
    // Every digest begins with the same 48 bits, those of keys as well as those of nodes.
    const weak: Hash = (bytes) => asDigest(`0123456789ab${hash(bytes).slice(12)}`);
    const [a, b] = [createSide(weak), createSide(weak)];
    for (let i = 0; i < 200; i++) for (const side of [a, b]) side.set(keyed(i), 1);
    b.set(keyed(7), 2);
    b.set(keyed(1000), 1);
    expect(a.tree.root().certified).not.toBe(b.tree.root().certified);
    expect(compare(a, b)).toEqual([]);
    expect(pull(a, b, true)).toBe(2);
    expect(a.tree.root()).toEqual(b.tree.root());
  });

  it('of two keys whose digests begin alike finds only one', () => {
    const twins: Hash = (bytes) => asDigest(`${'5'.repeat(30)}${hash(bytes).slice(30)}`);
    const isKey = (bytes: Uint8Array): boolean => bytes.length < 24;
    const by: Hash = (bytes) => (isKey(bytes) ? twins(bytes) : hash(bytes));
    const [a, b] = [createSide(by), createSide(by)];
    b.set(keyed(1), 3);
    b.set(keyed(2), 1);
    a.set(keyed(1), 3);
    expect(pull(a, b)).toBe(1);
    expect(a.tree.root()).toEqual(b.tree.root());
  });

  it('cuts an answer short and forgets the rest', () => {
    const [a, b] = [createSide(), createSide()];
    for (let i = 0; i < 30_000; i++) b.set(keyed(i), 1);
    expect(pull(a, b)).toBe(30_000);
    expect(a.tree.root()).toEqual(b.tree.root());
    expect(a.tree.size).toBe(30_000);
  });
});

describe('lies in a comparison', () => {
  const small = (): Side => {
    const side = createSide();
    for (let i = 0; i < 300; i++) side.set(keyed(i), 1);
    return side;
  };
  const noise = Uint8Array.from(
    { length: 4096 },
    (_, i) => parseInt(hash(Uint8Array.of(i, i >> 8)).slice(0, 2), 16) | 1,
  );
  const random = (bytes: number, seed: number): Uint8Array => noise.slice(seed, seed + bytes);

  it('lead down without end: prefixes and depth are bounded', () => {
    const descent = new Descent(small().tree, false);
    let asked = 0;
    let deepest = 0;
    for (let i = 0; i < 2000; i++) {
      const question = descent.next();
      if (!question) break;
      asked += question.prefixes.length;
      deepest = Math.max(deepest, ...question.prefixes.map((prefix) => prefix.length));
      const nodes = question.prefixes.map((prefix, j): TreeNode => ({
        prefix,
        kind: 'tags',
        tags: random(96, (i + j) % 3999),
      }));
      descent.take(nodes, nodes.length);
    }
    expect(descent.isOver).toBe(true);
    expect(deepest).toBeLessThanOrEqual(MAX_ASK_DEPTH);
    expect(asked).toBeLessThan(MAX_PREFIXES_PER_DESCENT + ASK_PREFIXES);
  });

  it('are looked at although nobody asked: another place, twice the same, none at all, before a question', () => {
    const descent = new Descent(small().tree, false);
    const node = (prefix: string): TreeNode => ({ prefix, kind: 'tags', tags: random(96, 3) });
    expect(descent.take([node('')], 1)).toBe(null);
    descent.next();
    expect(descent.take([node('abc')], 1)).toBe(null);
    expect(descent.take([node('a'), node('a')], 1)).toBe(null);
    expect(descent.take([], 0)).toBe(null);
    expect(descent.isWaiting).toBe(true);
    expect(descent.take([node('ab')], 1)).toEqual([]);
    // The answer ends the question: it is not taken a second time.
    expect(descent.take([node('ab')], 1)).toBe(null);
  });

  it('change what is certified here: invented leaves are only asked for', () => {
    const side = small();
    const before = side.tree.root();
    const descent = new Descent(side.tree, false);
    descent.next();
    const leaves = Array.from({ length: 100 }, (_, i) => ({
      path: hash(Uint8Array.of(i)).slice(0, 12),
      version: asVersion(9),
      open: '',
    }));
    const lacks = descent.take([{ prefix: '', kind: 'paths', leaves }], 1)!;
    expect(lacks).toHaveLength(100);
    expect(lacks.some((lack) => isFilled(side.tree, lack))).toBe(false);
    expect(side.tree.root()).toEqual(before);
  });

  it('make an answer larger than what is held: digests of the asker that match nothing', () => {
    const side = small();
    const prefixes = Array.from({ length: ASK_PREFIXES }, (_, i) => i.toString(16).padStart(3, '0'));
    const { nodes, cost } = answerNodes(
      side.tree,
      prefixes,
      prefixes.map(() => random(256 * 6, 9)),
    );
    const leaves = nodes.reduce((sum, node) => sum + (node.kind === 'paths' ? node.leaves.length : 0), 0);
    expect(leaves).toBeLessThanOrEqual(300);
    // And it is charged for what had to be looked at.
    expect(cost).toBeGreaterThan(256 * ASK_PREFIXES);
  });

  it('a path that is too short names a part of the tree instead of a key', () => {
    expect(keysAt(small().tree, '')).toEqual([]);
    expect(keysAt(small().tree, hash(Uint8Array.of(1)).slice(0, 4))).toEqual([]);
  });
});

describe('the tree of a large replica', () => {
  const KEYS = 100_000;

  it('hashes more than a path of nodes for one change', () => {
    let hashes = 0;
    const counting: Hash = (bytes) => (hashes++, hash(bytes));
    const side = createSide(counting);
    for (let i = 0; i < KEYS; i++) side.set(keyed(i), 1);
    side.tree.root();
    // log16(100,000 / 16) rounds up to 4 levels below the root, and one more where keys are dense.
    const levels = 6;
    for (const change of [
      () => side.set(keyed(4711), 2),
      () => side.set(keyed(KEYS + 1), 1),
      () => side.open(keyed(99), openOf(99)),
      () => side.open(keyed(KEYS + 9), openOf(5)),
    ]) {
      hashes = 0;
      change();
      side.tree.root();
      expect(hashes).toBeGreaterThan(0);
      expect(hashes).toBeLessThanOrEqual(levels + 1);
    }
    hashes = 0;
    side.tree.root();
    expect(hashes).toBe(0);
  });

  it('keeps keys that were voted on and forgotten', () => {
    const side = createSide();
    const before = side.tree.root();
    for (let i = 0; i < 1000; i++) side.open(keyed(i), hexOf(1));
    expect(side.tree.size).toBe(1000);
    for (let i = 0; i < 1000; i++) side.open(keyed(i), EMPTY);
    expect(side.tree.size).toBe(0);
    expect(side.tree.root()).toEqual(before);
    expect(side.tree.node('')).toEqual({ prefix: '', kind: 'leaves', leaves: [] });
  });
});
