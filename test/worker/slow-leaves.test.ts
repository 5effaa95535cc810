/** Leaves of R from a neighbour whose line is slow: what comes late was asked for. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Digest, Key, Version } from '../../src/codec/brand.ts';
import type { StateLeaf } from '../../src/codec/epoch-messages.ts';
import { stateRoot } from '../../src/crdt/state-root.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { LEAVES_RETRY_MS } from '../../src/worker/limits.ts';
import { until } from './cluster.ts';
import { read } from './epoch-kit.ts';
import { EpochWorld } from './epoch-world.ts';

vi.mock('../../src/worker/limits.ts', async (original) => ({
  ...(await original<object>()),
  LEAVES_RETRY_MS: 100,
}));
vi.mock('../../src/codec/limits.ts', async (original) => ({
  ...(await original<object>()),
  MAX_LEAVES_PER_MESSAGE: 2,
}));

let world: EpochWorld;
afterEach(() => world.stop());

it('its pages of an earlier ask cost it the link, or nothing that it tells is ever whole', async () => {
  expect(LEAVES_RETRY_MS).toBe(100);
  const hash = await createHash();
  world = await EpochWorld.create(['Alfa', 'Bravo', 'Cargo', 'Delta']);
  for (const name of ['Alfa', 'Bravo']) await world.open(name);
  const leaves = ['a', 'b', 'c', 'd'].map((name): StateLeaf => ({
    key: `x/${name}` as Key,
    version: 1 as Version,
    digest: 'ab'.repeat(32) as Digest,
  }));
  const root = stateRoot(hash, leaves);
  const asks: string[] = [];
  for (const hub of world.hubs.values())
    hub.filter = (from, _to, bytes) => {
      const message = read(bytes);
      if (from === 1 && message.type === 'want-leaves') asks.push(message.from);
      return true;
    };
  const { talk } = world.person('Bravo').replica!.epochs!;
  const found: unknown[] = [];
  const { epochs } = world.person('Bravo').replica!;
  epochs!.giveLeaves = (_root, all) => void found.push(all);
  const tell = (page: readonly StateLeaf[], complete: boolean): void =>
    void world.inject('Bravo', 'Alfa', { type: 'leaves', root, leaves: page, complete });
  talk.searchLeaves(root);
  // Alfa is the only neighbour, so it is asked again; then both answers come.
  await until('it is asked again', () => asks.length >= 2);
  tell(leaves.slice(0, 2), false);
  tell(leaves.slice(0, 2), false);
  tell(leaves.slice(2), true);
  const before = asks.length;
  await until('it is asked once more', () => asks.length > before && asks.at(-1) === '');
  tell(leaves.slice(0, 2), false);
  tell(leaves.slice(2), true);
  await until('all are there', () => found.length === 1);
  expect(found).toEqual([leaves]);
  expect(world.person('Bravo').transport!.closings).toEqual([]);
});

it('leaf by leaf a liar is listened to for months', async () => {
  const hash = await createHash();
  world = await EpochWorld.create(['Alfa', 'Bravo', 'Cargo', 'Delta']);
  for (const name of ['Alfa', 'Bravo']) await world.open(name);
  const leaf: StateLeaf = { key: 'x/a' as Key, version: 1 as Version, digest: 'ab'.repeat(32) as Digest };
  const root = stateRoot(hash, [leaf]);
  world.person('Bravo').replica!.epochs!.talk.searchLeaves(root);
  world.inject('Bravo', 'Alfa', { type: 'leaves', root, leaves: [leaf], complete: false });
  expect(world.person('Bravo').transport!.closings).toEqual([{ member: 0, reason: 'bad-signature' }]);
});
