import { describe, expect, it } from 'vitest';
import { asKey, asVersion, type Digest, type Key } from '../../src/codec/brand.ts';
import { createMerkleTree, type MerkleTree } from '../../src/crdt/merkle.ts';
import { certifiedSummary, differingPlaces, summaryPlace } from '../../src/crdt/summary.ts';
import { createHash } from '../../src/crypto/hash.ts';

const hash = await createHash();
const keyOf = (i: number): Key => asKey(`package/${i}`);
const digest = (i: number): Digest => i.toString(16).padStart(64, '0') as Digest;

function tree(certified: number, open = 0): MerkleTree {
  const openKeys = new Set(Array.from({ length: open }, (_, i) => asKey(`open/${i}`)));
  const made = createMerkleTree(hash, (key) => (openKeys.has(key) ? 'ee'.repeat(32) : '0'.repeat(64)));
  for (let i = 0; i < certified; i++) made.setCertified(keyOf(i), asVersion(1), digest(i));
  for (const key of openKeys) made.touchOpen(key);
  return made;
}

describe('the summary of a certified state', () => {
  it.each([0, 1, 5, 16, 17, 40, 400])(
    'is the same for %i certified keys, however many are open: else every answer would say "sync first"',
    (count) => {
      const plain = certifiedSummary([tree(count)], hash);
      for (const open of [1, 12, 30, 500])
        expect(differingPlaces(certifiedSummary([tree(count, open)], hash), plain)).toEqual(new Set());
    },
  );

  it.each([1, 10, 16, 100])('names the place of the one key of %i that differs', (count) => {
    const other = tree(count);
    const changed = keyOf(count - 1);
    other.setCertified(changed, asVersion(2), digest(999));
    const places = differingPlaces(certifiedSummary([tree(count)], hash), certifiedSummary([other], hash));
    expect(places).toEqual(new Set([summaryPlace(other, changed)]));
  });

  it('covers every tree', () => {
    const [none, some] = [tree(0), tree(3)];
    const places = differingPlaces(
      certifiedSummary([some, none], hash),
      certifiedSummary([some, some], hash),
    );
    expect(places.size).toBeGreaterThan(0);
  });
});
