import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asDigest, asKey, asVersion, type Digest, type Key } from '../../src/codec/brand.ts';
import type { TreeNode } from '../../src/codec/messages.ts';
import { LEAVES_PER_NODE, MAX_DEPTH } from '../../src/crdt/limits.ts';
import { createMerkleTree, EMPTY, type MerkleTree } from '../../src/crdt/merkle.ts';
import { openDigestOf, votesOf } from '../../src/crdt/open.ts';
import { compareNode } from '../../src/crdt/sync.ts';
import { createReplica, hash, KEY, preCommit, commitVote, member } from '../consensus/harness.ts';

interface Entry {
  readonly key: Key;
  readonly version: number;
  readonly digest: Digest;
}

const hexOf = (n: number): string => n.toString(16).padStart(64, '0');
const entries = (max: number): fc.Arbitrary<Entry[]> =>
  fc
    .uniqueArray(fc.nat(5000), { maxLength: max })
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc.record({ version: fc.integer({ min: 1, max: 3 }), value: fc.nat(3) }).map((r) => ({ id, ...r })),
        ),
      ),
    )
    .map((found) =>
      found.map(({ id, version, value }) => ({
        key: asKey(`package/${id}`),
        version,
        digest: asDigest(hexOf(value + 1)),
      })),
    );

/** A tree with a table of open digests beside it. */
function createSide(of: readonly Entry[], open: ReadonlyMap<Key, string> = new Map()) {
  const state = new Map<Key, Entry>();
  const opens = new Map<Key, string>();
  const tree = createMerkleTree(hash, (key) => opens.get(key) ?? EMPTY);
  const take = (entry: Entry): void => {
    if ((state.get(entry.key)?.version ?? 0) >= entry.version) return;
    state.set(entry.key, entry);
    tree.setCertified(entry.key, asVersion(entry.version), entry.digest);
    // What was known of the version that is now closed is of no use.
    if (opens.delete(entry.key)) tree.touchOpen(entry.key);
  };
  const takeOpen = (key: Key, digest: string): void => {
    opens.set(key, digest);
    tree.touchOpen(key);
  };
  of.forEach(take);
  for (const [key, digest] of open) takeOpen(key, digest);
  return { tree, state, opens, take, takeOpen };
}

type Side = ReturnType<typeof createSide>;

/** `to` hears the root of `from` and pulls what it lacks; gives the number of messages. Certified: higher version; open: greater digest. */
function pull(to: Side, from: Side): number {
  const mine = to.tree.root();
  const theirs = from.tree.root();
  let messages = 1;
  if (mine.certified === theirs.certified && mine.open === theirs.open) return messages;
  let asked: readonly string[] = [''];
  for (let depth = 0; asked.length > 0 && depth <= MAX_DEPTH; depth++) {
    messages += 2;
    const next: string[] = [];
    const keys: Key[] = [];
    for (const node of asked.map((prefix): TreeNode => from.tree.node(prefix))) {
      const found = compareNode(to.tree, node);
      next.push(...found.prefixes);
      keys.push(...found.keys);
    }
    if (keys.length > 0) messages += 2;
    for (const key of keys) {
      const entry = from.state.get(key);
      if (entry) to.take(entry);
      const open = from.opens.get(key);
      const same = to.state.get(key)?.version === entry?.version;
      if (open && same && open > (to.opens.get(key) ?? EMPTY)) to.takeOpen(key, open);
    }
    asked = next;
  }
  return messages;
}

describe('the certified root', () => {
  it('depends on the set of certified leaves alone, not on the order in which they came', () => {
    fc.assert(
      fc.property(entries(120), fc.infiniteStream(fc.nat()), (found, random) => {
        const shuffled = [...found];
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = random.next().value % (i + 1);
          [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
        }
        expect(createSide(shuffled).tree.root()).toEqual(createSide(found).tree.root());
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on earlier versions, on roots asked in between, nor on leaves that were taken away', () => {
    fc.assert(
      fc.property(entries(80), fc.uniqueArray(fc.nat(200), { maxLength: 60 }), (found, gone) => {
        const worn = createMerkleTree(hash, () => EMPTY);
        for (const id of gone) worn.setCertified(asKey(`gone/${id}`), asVersion(1), asDigest(hexOf(7)));
        for (const { key } of found) worn.setCertified(key, asVersion(1), asDigest(hexOf(9)));
        worn.root();
        for (const id of gone) worn.setCertified(asKey(`gone/${id}`), asVersion(0), null);
        worn.root();
        for (const { key, version, digest } of found) worn.setCertified(key, asVersion(version), digest);
        expect(worn.root()).toEqual(createSide(found).tree.root());
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on keys that have open votes only', () => {
    fc.assert(
      fc.property(entries(60), fc.uniqueArray(fc.nat(500), { maxLength: 80 }), (found, ids) => {
        const open = new Map(ids.map((id) => [asKey(`open/${id}`), hexOf(id + 1)]));
        const side = createSide(found, open);
        const plain = createSide(found);
        expect(side.tree.root().certified).toBe(plain.tree.root().certified);
        if (ids.length > 0) expect(side.tree.root().open).not.toBe(plain.tree.root().open);
      }),
      { numRuns: 60 },
    );
  });

  it('changes with every certified leaf: key, version and digest', () => {
    fc.assert(
      fc.property(entries(60), fc.nat(), (found, at) => {
        fc.pre(found.length > 0);
        const one = found[at % found.length]!;
        const others = found.filter((entry) => entry !== one);
        const root = createSide(found).tree.root().certified;
        const variants = [
          { ...one, version: one.version + 1 },
          { ...one, digest: asDigest(hexOf(99)) },
          { ...one, key: asKey('x') },
        ];
        for (const variant of variants)
          expect(createSide([...others, variant]).tree.root().certified).not.toBe(root);
        expect(createSide(others).tree.root().certified).not.toBe(root);
      }),
      { numRuns: 60 },
    );
  });

  it('is empty without certified leaves', () => {
    expect(createSide([]).tree.root()).toEqual({ certified: EMPTY, open: EMPTY });
  });
});

describe('anti-entropy', () => {
  it('brings two trees that differ together in a bounded number of messages', () => {
    const opens = fc
      .uniqueArray(fc.nat(5000), { maxLength: 30 })
      .map((ids) => new Map(ids.map((id) => [asKey(`package/${id}`), hexOf(id + 1)])));
    fc.assert(
      fc.property(
        entries(150),
        entries(60),
        entries(60),
        opens,
        opens,
        (shared, onlyA, onlyB, openA, openB) => {
          const a = createSide([...shared, ...onlyA], openA);
          const b = createSide([...shared, ...onlyB], openB);
          const keys = new Set([...a.state.keys(), ...b.state.keys(), ...a.opens.keys(), ...b.opens.keys()])
            .size;
          // A level for each hex digit in which two of the keys' digests agree, and one more; each costs a question and its answer.
          const depth = Math.ceil(Math.log(Math.max(2, keys)) / Math.log(16)) + 3;
          expect(pull(a, b)).toBeLessThanOrEqual(1 + 4 * depth);
          expect(pull(b, a)).toBeLessThanOrEqual(1 + 4 * depth);
          for (const [key, entry] of b.state)
            expect(a.state.get(key)?.version).toBeGreaterThanOrEqual(entry.version);
          // Two different values of one version cannot both be certified; where the generator made such a pair, the roots may differ.
          const agree = [...a.state].every(([key, entry]) => b.state.get(key)?.digest === entry.digest);
          if (agree) {
            expect(a.tree.root()).toEqual(b.tree.root());
            expect(pull(a, b)).toBe(1);
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('finds one differing key among thousands in a handful of messages', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({
      key: asKey(`package/${i}`),
      version: 1,
      digest: asDigest(hexOf(i + 1)),
    }));
    const a = createSide(many.slice(0, -1));
    const b = createSide(many);
    expect(pull(a, b)).toBeLessThanOrEqual(11);
    expect(a.tree.root()).toEqual(b.tree.root());
  });

  it('tells keys where the other is behind, and asks nothing of an equal tree', () => {
    const a = createSide([{ key: KEY, version: 2, digest: asDigest(hexOf(1)) }]);
    const b = createSide([{ key: KEY, version: 1, digest: asDigest(hexOf(2)) }]);
    expect(compareNode(a.tree, b.tree.node(''))).toMatchObject({ prefixes: [], keys: [], ahead: [KEY] });
    expect(compareNode(b.tree, a.tree.node(''))).toMatchObject({ prefixes: [], keys: [KEY], ahead: [] });
    expect(compareNode(a.tree, a.tree.node(''))).toMatchObject({ prefixes: [], keys: [], ahead: [] });
  });

  it('a node tells its leaves up to the limit, else sixteen children', () => {
    const some = (n: number): MerkleTree =>
      createSide(
        Array.from({ length: n }, (_, i) => ({
          key: asKey(`k/${i}`),
          version: 1,
          digest: asDigest(hexOf(1)),
        })),
      ).tree;
    expect(some(LEAVES_PER_NODE).node('')).toMatchObject({ kind: 'leaves' });
    const inner = some(LEAVES_PER_NODE + 1).node('');
    expect(inner.kind === 'inner' && inner.children).toHaveLength(16);
    expect(some(3).node('00000000')).toEqual({ prefix: '00000000', kind: 'leaves', leaves: [] });
  });
});

describe('open digests', () => {
  const arrivals = fc.array(fc.record({ author: fc.integer({ min: 1, max: 3 }), commit: fc.boolean() }), {
    maxLength: 12,
  });

  it('equal sets of votes give equal digests, whatever order they came in', () => {
    fc.assert(
      fc.property(arrivals, (found) => {
        // One value per author: without equivocation every replica holds the same set.
        const votes = found.map(({ author, commit }) =>
          (commit ? commitVote : preCommit)(author, 0, 'abc'[author - 1]!),
        );
        const one = createReplica({ mayVote: false, values: {} });
        const two = createReplica({ mayVote: false, values: {} });
        for (const vote of votes) one.take(vote);
        two.take(...[...votes].reverse());
        const decided = one.decided.length > 0 || two.decided.length > 0;
        if (!decided) expect(openDigestOf(one.state, KEY)).toBe(openDigestOf(two.state, KEY));
      }),
      { numRuns: 100 },
    );
  });

  it('nothing known is the empty digest', () => {
    expect(openDigestOf(createReplica().state, KEY)).toBe(EMPTY);
  });

  it("which two of an equivocator's values a replica holds makes no difference", () => {
    const one = createReplica({ mayVote: false, values: {} });
    const two = createReplica({ mayVote: false, values: {} });
    one.take(preCommit(1, 0, 'a'), preCommit(3, 0, 'a'), preCommit(3, 0, 'b'));
    two.take(preCommit(1, 0, 'a'), preCommit(3, 0, 'b'), preCommit(3, 0, 'c'));
    expect(openDigestOf(one.state, KEY)).toBe(openDigestOf(two.state, KEY));
  });

  it('a replica that lacks an equivocator among the voters of a round differs, or it would wait for ever for what nobody sends', () => {
    const one = createReplica({ mayVote: false, values: {} });
    const two = createReplica({ mayVote: false, values: {} });
    const evidence = { first: preCommit(3, 5, 'a'), second: preCommit(3, 5, 'b') };
    for (const replica of [one, two]) replica.send({ type: 'evidence', evidence });
    one.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    two.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    expect(openDigestOf(one.state, KEY)).not.toBe(openDigestOf(two.state, KEY));
  });

  it('evidence and a polka each show in the digest', () => {
    const one = createReplica({ mayVote: false, values: {} });
    one.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    const before = openDigestOf(one.state, KEY);
    one.send({ type: 'evidence', evidence: { first: preCommit(3, 5, 'a'), second: preCommit(3, 5, 'b') } });
    const after = openDigestOf(one.state, KEY);
    expect(after).not.toBe(before);
    one.take(preCommit(3, 0, 'a'));
    expect(one.instance.rounds.get(0)?.polka?.votes.map((v) => v.author)).toContain(member(3));
    expect(openDigestOf(one.state, KEY)).not.toBe(after);
  });

  it('the votes told of a version hold its polkas whole', () => {
    const one = createReplica({ mayVote: false, values: {} });
    one.take(
      preCommit(3, 0, 'b'),
      preCommit(3, 0, 'c'),
      preCommit(1, 0, 'a'),
      preCommit(2, 0, 'a'),
      preCommit(3, 0, 'a'),
    );
    const polka = one.instance.rounds.get(0)!.polka!;
    expect(polka.votes).toHaveLength(3);
    for (const vote of polka.votes) expect(votesOf(one.instance)).toContain(vote);
  });
});
