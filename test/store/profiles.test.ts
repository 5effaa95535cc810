import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { beforeEach, expect, it } from 'vitest';
import { MAX_PROFILES } from '../../src/store/limits.ts';
import { openProfiles, PROFILES_DATABASE, type ProfileRecord } from '../../src/store/profiles.ts';
import { value } from './idb-disk.ts';
import { hex, NETWORK } from './samples.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const profile = (n: number): ProfileRecord => ({
  id: hex(n, 64),
  label: `Org ${n}`,
  createdAt: n,
  network: null,
});

it('identities are forgotten, doubled or listed in another order', async () => {
  const index = value(await openProfiles());
  for (const n of [3, 1, 2, 1]) value(await index.add(profile(n)));
  index.close();
  const again = value(await openProfiles());
  expect(value(await again.list())).toEqual([profile(1), profile(2), profile(3)]);
  value(await again.remove(profile(2).id));
  value(await again.remove(profile(2).id));
  expect(value(await again.list())).toEqual([profile(1), profile(3)]);
});

it('binding to a network loses the label', async () => {
  const index = value(await openProfiles());
  value(await index.add(profile(1)));
  const network = { id: NETWORK, name: 'Harbour', demo: true };
  expect(value(await index.update(profile(1).id, { network }))).toEqual({ ...profile(1), network });
  expect(value(await index.list())).toEqual([{ ...profile(1), network }]);
  expect(await index.update(profile(9).id, { network })).toMatchObject({
    ok: false,
    error: { type: 'store-empty' },
  });
});

it('one damaged entry hides every identity', async () => {
  const index = value(await openProfiles());
  value(await index.add(profile(1)));
  const raw = await openDB(PROFILES_DATABASE);
  await raw.put('profiles', { id: hex(2, 64), label: 7 });
  raw.close();
  const listed = value(await index.list());
  expect(listed.map((p) => p.id).sort()).toEqual([hex(1, 64), hex(2, 64)]);
  value(await index.update(hex(2, 64), { label: 'Named again' }));
  expect(value(await index.list())[0]).toMatchObject({ label: 'Named again' });
});

it('an entry that cannot be read back is written', async () => {
  const index = value(await openProfiles());
  expect(await index.add({ ...profile(1), label: '' })).toMatchObject({
    ok: false,
    error: { type: 'store-failed' },
  });
  expect(value(await index.list())).toEqual([]);
});

it('the index grows without bound', async () => {
  const index = value(await openProfiles());
  const raw = await openDB(PROFILES_DATABASE);
  const tx = raw.transaction('profiles', 'readwrite');
  for (let n = 0; n < MAX_PROFILES; n++) void tx.store.put(profile(n));
  await tx.done;
  raw.close();
  expect(await index.add(profile(MAX_PROFILES))).toMatchObject({ ok: false, error: { type: 'store-full' } });
  expect((await index.add(profile(5))).ok).toBe(true);
});

it('a closed index crashes', async () => {
  const index = value(await openProfiles());
  index.close();
  expect(await index.list()).toMatchObject({ ok: false, error: { type: 'store-closed' } });
  expect(await index.add(profile(1))).toMatchObject({ ok: false, error: { type: 'store-closed' } });
});
