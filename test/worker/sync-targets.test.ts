import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, until } from './cluster.ts';
import {
  asked,
  bytesOf,
  holds,
  keyOf,
  observer,
  recorded,
  signed,
  store,
  total,
  unsigned,
  type Sent,
} from './sync-pair.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

const KEYS = 10_000;
const [A, B] = [0, 1];
/** Values of 120 bytes: less than the app's smallest. */
const WORDS = 'x'.repeat(100);

async function pairWith(
  onlyA: readonly ReturnType<typeof signed>[],
  onlyB: readonly ReturnType<typeof signed>[],
  shared: readonly ReturnType<typeof signed>[],
): Promise<{ sent: Sent[] }> {
  const keysOf = (states: typeof onlyA): Set<string> => new Set(states.map(({ entry }) => entry.key));
  const [newA, newB] = [keysOf(onlyA), keysOf(onlyB)];
  await store(cluster, A, [...shared.filter(({ entry }) => !newA.has(entry.key)), ...onlyA]);
  await store(cluster, B, [...shared.filter(({ entry }) => !newB.has(entry.key)), ...onlyB]);
  const [a, b] = [await observer(cluster, A), await observer(cluster, B)];
  const sent = recorded(cluster);
  const root = (node: typeof a): string => node.replica.certifiedRoot();
  await until(
    'both hold everything',
    () => holds(a, onlyB) && holds(b, onlyA) && root(a) === root(b),
    60_000,
  );
  // What is still on its way counts as well.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { sent };
}

describe('one difference among 10,000 keys', () => {
  for (const [what, version] of [
    ['a key that the other lacks', 1],
    ['a newer version', 2],
  ] as const) {
    it(`takes more than two round trips or 8 KiB: ${what}`, async () => {
      cluster = await Cluster.create(4);
      const shared = Array.from({ length: KEYS }, (_, i) => unsigned(cluster, keyOf(i)));
      const key = version === 1 ? keyOf(KEYS + 7) : keyOf(4711);
      const { sent } = await pairWith([signed(cluster, key, version, 'changed')], [], shared);
      expect(asked(sent, B)).toEqual(['want-nodes', 'want-keys']);
      expect(total(sent)).toBeLessThanOrEqual(8 * 1024);
    });
  }
});

describe('1,000 differences among 10,000 keys', () => {
  it('cost more than twice the bytes of the differing states, all on one side', async () => {
    cluster = await Cluster.create(4);
    const shared = Array.from({ length: KEYS }, (_, i) => unsigned(cluster, keyOf(i)));
    // Half of them new, half of them newer.
    const changed = Array.from({ length: 1000 }, (_, i) =>
      i % 2 === 0
        ? signed(cluster, keyOf(KEYS + i), 1, `new ${i} ${WORDS}`)
        : signed(cluster, keyOf(i * 10), 2, `newer ${i} ${WORDS}`),
    );
    const { sent } = await pairWith(changed, [], shared);
    const states = changed.reduce((sum, state) => sum + bytesOf(state), 0);
    expect(total(sent)).toBeLessThanOrEqual(2 * states);
  }, 120_000);

  it('cost more than twice the bytes of the differing states, half on each side', async () => {
    cluster = await Cluster.create(4);
    const shared = Array.from({ length: KEYS }, (_, i) => unsigned(cluster, keyOf(i)));
    const changed = Array.from({ length: 1000 }, (_, i) =>
      signed(cluster, keyOf(i * 10), 2, `newer ${i} ${WORDS}`),
    );
    const sides = [0, 1].map((side) => changed.filter((_, i) => i % 2 === side));
    const { sent } = await pairWith(sides[0]!, sides[1]!, shared);
    const states = changed.reduce((sum, state) => sum + bytesOf(state), 0);
    expect(total(sent)).toBeLessThanOrEqual(2 * states);
  }, 120_000);
});

describe('a replica of 100,000 keys', () => {
  it('fails to load them, to serve a neighbour that lacks some, or to take one more', async () => {
    cluster = await Cluster.create(4);
    const many = Array.from({ length: 100_000 }, (_, i) => unsigned(cluster, keyOf(i)));
    const changed = Array.from({ length: 20 }, (_, i) => signed(cluster, keyOf(i * 4999), 2, `newer ${i}`));
    const { sent } = await pairWith(changed, [], many);
    expect(total(sent)).toBeLessThanOrEqual(64 * 1024);
    const a = cluster.members[A]!.node!;
    const before = a.replica.certifiedRoot();
    const more = signed(cluster, keyOf(100_001), 1, 'one more');
    await a.replica.decisions.take([more.entry.certificate], null);
    const b = cluster.members[B]!.node!;
    await until('the other has it too', () => b.replica.heads.has(more.entry.key));
    expect(a.replica.certifiedRoot()).not.toBe(before);
    expect(b.replica.certifiedRoot()).toBe(a.replica.certifiedRoot());
  }, 120_000);
});
