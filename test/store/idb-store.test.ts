import { IDBFactory, IDBObjectStore as FakeObjectStore } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asMemberId } from '../../src/codec/brand.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { MAX_EPOCHS } from '../../src/codec/limits.ts';
import { StoreReadFailure } from '../../src/store/errors.ts';
import { deleteDatabase, openConnection } from '../../src/store/idb-connection.ts';
import {
  deleteIdentity,
  openIdentity,
  type IdbReplicaStore,
  type IdentityDb,
} from '../../src/store/idb-store.ts';
import { binding, freshVoteKey, newIdbDisk, newIdentity, value } from './idb-disk.ts';
import {
  entry,
  evidence,
  reports,
  fill,
  hex,
  INCLUSION,
  key,
  log,
  LOG_ID,
  NETWORK,
  OTHER_NETWORK,
  session,
  digest,
} from './samples.ts';
import { storeCases } from './suite.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('every store, over IndexedDB', () => {
  for (const { name, run } of storeCases(newIdbDisk, 25)) it(name, run);
});

async function born(id = freshVoteKey()): Promise<{ id: string; db: IdentityDb; store: IdbReplicaStore }> {
  const db = value(await openIdentity(id));
  value(await db.create(await newIdentity()));
  value(await db.bind(binding()));
  return { id, db, store: value(await db.openReplica()) };
}

describe('a database that a newer program has upgraded', () => {
  it('is called damaged or full, or is changed by the older program', async () => {
    const { id, db } = await born();
    db.close();
    (await openDB(`countersign-${id}`, 9)).close();
    const opened = await openIdentity(id);
    expect(opened.ok).toBe(false);
    if (opened.ok) return;
    expect(opened.error.type).toBe('store-newer');
    expect(opened.error.message).toContain('everything is still there');
    const raw = await openDB(`countersign-${id}`);
    expect(raw.version).toBe(9);
    expect(await raw.count('meta')).toBeGreaterThan(0);
    raw.close();
  });
});

async function damage(id: string, store: string, record: unknown, at?: IDBValidKey): Promise<void> {
  const raw = await openDB(`countersign-${id}`);
  await (at === undefined ? raw.put(store, record) : raw.put(store, record, at));
  raw.close();
}

const errorOf = async (result: Promise<{ ok: boolean; error?: { type: string; message: string } }>) =>
  (await result).error;

describe('the database of one identity', () => {
  it('keys come back other than they were made', async () => {
    const id = freshVoteKey();
    const db = value(await openIdentity(id));
    const made = await newIdentity();
    const settings = { signaling: ['wss://a.example/s'], iceServers: [{ urls: ['stun:b.example'] }] };
    value(await db.create({ ...made, settings }));
    db.close();
    const again = value(await openIdentity(id));
    const { wrappingKey, ...rest } = value(await again.read());
    expect(rest).toEqual({
      voteKey: id,
      certificateKey: hex(9, 192),
      logId: LOG_ID,
      label: 'Bravo Logistics',
      createdAt: made.createdAt,
      sealedKeys: made.sealedKeys,
      entry: null,
      device: false,
      manifestKey: null,
      settings,
      binding: null,
      generation: 0,
    });
    const algorithm = { name: 'AES-GCM', iv: fill(12, 5) };
    const sealed = await crypto.subtle.encrypt(algorithm, made.wrappingKey, fill(32, 6));
    expect(new Uint8Array(await crypto.subtle.decrypt(algorithm, wrappingKey, sealed))).toEqual(fill(32, 6));
    expect(wrappingKey.extractable).toBe(false);
  });

  it('a device, its certificate or where it mirrors its sessions to is forgotten', async () => {
    const id = freshVoteKey();
    const db = value(await openIdentity(id));
    value(await db.create({ ...(await newIdentity()), device: true }));
    value(await db.bind({ ...binding(), certificate: fill(200, 7) }));
    const settings = { signaling: [], iceServers: [], mirror: hex(5, 64) };
    value(await db.setSettings(settings));
    expect(value(await db.read())).toMatchObject({
      device: true,
      binding: { certificate: fill(200, 7) },
      settings,
    });
    value(await db.bind({ ...binding(), certificate: fill(200, 8) }, { signaling: [], iceServers: [] }));
    expect(value(await db.read()), 'certified again').toMatchObject({
      binding: { certificate: fill(200, 8) },
      settings,
    });
    const wrong = { ...settings, mirror: 'dock 2' };
    expect(await errorOf(db.setSettings(wrong))).toMatchObject({ type: 'store-failed' });
    const long = { ...binding(), certificate: fill(2000, 7) };
    const other = value(await openIdentity(freshVoteKey()));
    value(await other.create(await newIdentity()));
    expect(await errorOf(other.bind(long))).toMatchObject({ type: 'store-failed' });
  });

  it('the chain of epochs that it was bound with, or whose place it is to take, is forgotten', async () => {
    const id = freshVoteKey();
    const db = value(await openIdentity(id));
    value(await db.create({ ...(await newIdentity()), replaces: asMemberId('bravo') }));
    expect(value(await db.read())).toMatchObject({ replaces: 'bravo', binding: null });
    const chain = { links: [fill(3000, 7), fill(10, 8)], secretEpoch: 2 };
    value(await db.bind({ ...binding(), chain }));
    expect(value(await db.read()).binding).toEqual({ ...binding(), chain });
    db.close();
    const other = value(await openIdentity(freshVoteKey()));
    value(await other.create(await newIdentity()));
    for (const wrong of [
      { links: [fill(0, 7)], secretEpoch: 1 },
      { links: [fill(3, 7)], secretEpoch: -1 },
      { links: Array.from({ length: MAX_EPOCHS + 1 }, () => fill(1, 7)), secretEpoch: 1 },
    ])
      expect(await errorOf(other.bind({ ...binding(), chain: wrong }))).toMatchObject({
        type: 'store-failed',
      });
    other.close();
    // What a disk holds is parsed as well.
    await damage(id, 'meta', { ...binding(), chain: { links: ['x'], secretEpoch: 2 } }, 'binding');
    const again = value(await openIdentity(id));
    expect(await errorOf(again.read())).toMatchObject({ type: 'store-damaged' });
  });

  it('a second identity takes the place of the first, and its vote log with it', async () => {
    const { db, store } = await born();
    value(await store.write({ logs: [log(key('a'), 1)] }));
    const before = value(await db.read());
    const other = { ...(await newIdentity()), logId: hex(8, 32) as typeof LOG_ID };
    expect(await errorOf(db.create(other))).toMatchObject({ type: 'store-exists' });
    expect(value(await db.read()).logId).toBe(before.logId);
    expect((await store.load()).logs).toHaveLength(1);
  });

  it('two tabs that make the same identity at once both succeed', async () => {
    const id = freshVoteKey();
    const tabs = [value(await openIdentity(id)), value(await openIdentity(id))];
    const results = await Promise.all(tabs.map(async (db) => db.create(await newIdentity())));
    expect(results.map((r) => r.ok).sort()).toEqual([false, true]);
  });

  it('a key that can be taken out of the browser, or an unreadable entry, is stored', async () => {
    const db = value(await openIdentity(freshVoteKey()));
    const made = await newIdentity();
    const wrappingKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
    expect(await errorOf(db.create({ ...made, wrappingKey }))).toMatchObject({
      message: expect.stringContaining('wrappingKey'),
    });
    expect(
      await errorOf(db.create({ ...made, entry: { id: 'Bravo' } as unknown as MemberEntry })),
    ).toBeDefined();
    expect(await errorOf(db.read())).toMatchObject({ type: 'store-empty' });
  });

  it('a vote key that is no vote key names a database', async () => {
    expect(await errorOf(openIdentity('../profiles'))).toMatchObject({ type: 'store-failed' });
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('an identity without a network, or without keys, becomes a replica', async () => {
    const db = value(await openIdentity(freshVoteKey()));
    expect(await errorOf(db.openReplica())).toMatchObject({ type: 'store-empty' });
    expect(await errorOf(db.bind(binding()))).toMatchObject({ type: 'store-empty' });
    value(await db.create(await newIdentity()));
    expect(await errorOf(db.openReplica())).toMatchObject({ type: 'store-unbound' });
    expect(value(await db.read()).generation).toBe(0);
  });

  it('opening the invitation again changes the join secret or the settings', async () => {
    const { db } = await born();
    value(await db.setSettings({ signaling: ['wss://own.example'], iceServers: [] }));
    const again = { ...binding(), joinSecret: hex(99, 64) };
    value(await db.bind(again, { signaling: ['wss://hint.example'], iceServers: [] }));
    const record = value(await db.read());
    expect(record.binding).toEqual(binding());
    expect(record.settings.signaling).toEqual(['wss://own.example']);
  });

  it('two invitations opened at once bind one identity to two networks', async () => {
    const id = freshVoteKey();
    const tabs = [value(await openIdentity(id)), value(await openIdentity(id))] as const;
    value(await tabs[0].create(await newIdentity()));
    const [first, second] = await Promise.all([
      tabs[0].bind(binding(NETWORK)),
      tabs[1].bind(binding(OTHER_NETWORK)),
    ]);
    expect([first.ok, second.ok]).toEqual([true, false]);
    expect(value(await tabs[1].read()).binding?.network).toBe(NETWORK);
  });

  it('the manifest key that a directory names is replaced by a later one', async () => {
    const { db } = await born();
    const make = (n: number) => ({
      keyId: `k${n}`,
      publicKey: hex(n, 64),
      sealed: { iv: fill(12, n), ciphertext: fill(48, n) },
    });
    const kept = await Promise.all([db.setManifestKey(make(1)), db.setManifestKey(make(2))]);
    expect(kept.map((r) => value(r).keyId)).toEqual(['k1', 'k1']);
    expect(value(await db.read()).manifestKey).toEqual(make(1));
  });

  it('settings that cannot be read back shut the identity out', async () => {
    const { db } = await born();
    const tooMany = { signaling: Array.from({ length: 50 }, () => 'wss://a.example'), iceServers: [] };
    expect(await errorOf(db.setSettings(tooMany))).toMatchObject({ type: 'store-failed' });
    expect((await db.read()).ok).toBe(true);
  });

  it('deleting an identity hangs on a tab that still runs it, and the tab goes on voting', async () => {
    const id = freshVoteKey();
    const lost = vi.fn();
    const db = value(await openIdentity(id, { onLost: lost }));
    value(await db.create(await newIdentity()));
    value(await db.bind(binding()));
    const store = value(await db.openReplica());
    value(await deleteIdentity(id));
    expect(lost).toHaveBeenCalledOnce();
    expect(await errorOf(store.write({ logs: [log(key('a'), 1)] }))).toMatchObject({ type: 'store-closed' });
    await expect(store.load()).rejects.toMatchObject({ error: { type: 'store-closed' } });
    expect(await errorOf(db.read())).toMatchObject({ type: 'store-closed' });
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('a newer schema waits for ever on an old tab', async () => {
    const { id, store } = await born();
    const newer = await openDB(`countersign-${id}`, 2);
    expect(await errorOf(store.write({}))).toMatchObject({ type: 'store-closed' });
    expect(await errorOf(openIdentity(id))).toMatchObject({
      type: 'store-newer',
      message: expect.stringContaining('newer'),
    });
    newer.close();
  });

  it('deleting hangs on a frozen tab, or fails because of one that is about to give way', async () => {
    const id = freshVoteKey();
    const name = `countersign-${id}`;
    const frozen = await openDB(name, 1);
    expect(await errorOf(deleteIdentity(id, AbortSignal.abort()))).toMatchObject({ type: 'store-blocked' });
    frozen.close();
    const busy = await openDB(name, 1, { upgrade: (db) => void db.createObjectStore('any') });
    const deleted = deleteIdentity(id, new AbortController().signal);
    busy.close();
    expect((await deleted).ok).toBe(true);
  });

  it('an upgrade hangs on a frozen tab of an older version, or keeps the database when it was given up', async () => {
    const open = (giveUp: AbortSignal) =>
      openConnection({ name: 'upgraded', what: 'this test', version: 2, upgrade: () => undefined, giveUp });
    const frozen = await openDB('upgraded', 1);
    expect(await errorOf(open(AbortSignal.abort()))).toMatchObject({ type: 'store-blocked' });
    const patient = open(new AbortController().signal);
    frozen.close();
    value(await patient).close();
    // The attempt that was given up must not hold the database open.
    expect((await deleteDatabase('upgraded', 'this test', AbortSignal.abort())).ok).toBe(true);
  });
});

describe('what the browser does to a transaction', () => {
  it('a full disk is told as something else, or half written', async () => {
    const { id, store } = await born();
    const put = FakeObjectStore.prototype.put;
    vi.spyOn(FakeObjectStore.prototype, 'put').mockImplementation(function (
      this: InstanceType<typeof FakeObjectStore>,
      ...args
    ) {
      if (this.name === 'sessions') throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, args);
    });
    const result = await store.write({ logs: [log(key('a'), 1)], sessions: [session('s')] });
    expect(result).toMatchObject({ ok: false, error: { type: 'store-full' } });
    vi.restoreAllMocks();
    expect(await store.write({ logs: [log(key('b'), 1)] })).toMatchObject({
      ok: false,
      error: { type: 'store-full' },
    });
    const again = value(await value(await openIdentity(id)).openReplica());
    expect((await again.load()).logs).toEqual([]);
  });

  it('a write is acknowledged when its requests succeed and its transaction does not', async () => {
    const { store } = await born();
    const database = await spyOnTransactions();
    const written = store.write({ logs: [log(key('a'), 1)] });
    const tx = database.last();
    vi.spyOn(tx, 'commit').mockImplementation(() => tx.abort());
    expect(await written).toMatchObject({ ok: false, error: { type: 'store-failed' } });
    expect((await store.load()).logs).toEqual([]);
  });

  it('a write takes more than one transaction, or one that is not strict', async () => {
    const { store } = await born();
    const database = await spyOnTransactions();
    value(
      await store.write({ logs: [log(key('a'), 1)], values: [{ digest: digest(1), bytes: fill(9, 9) }] }),
    );
    expect(database.calls()).toEqual([[['meta', 'logs', 'values'], 'readwrite', { durability: 'strict' }]]);
  });
});

describe('a damaged disk', () => {
  const damages: [string, string, unknown, IDBValidKey | undefined, string][] = [
    [
      'a vote log with half a signature',
      'logs',
      { ...log(key('a'), 1), ownVotes: [{ key: key('a') }] },
      undefined,
      'package/a',
    ],
    ['a commit without its share', 'logs', withoutShare(), undefined, 'package/a'],
    [
      'a head without its certificate',
      'certified',
      { ...entry(key('b'), 1), certificate: null },
      undefined,
      'package/b',
    ],
    [
      'a vote whose way to the root is too short',
      'logs',
      withInclusion({ path: new Uint8Array(32) }),
      undefined,
      'package/a',
    ],
    [
      'a vote of a batch of one',
      'logs',
      withInclusion({ size: 1, index: 0, path: new Uint8Array() }),
      undefined,
      'package/a',
    ],
    ['evidence without votes', 'evidence', { member: 1 }, [1, 'x'], '1,x'],
    [
      'evidence of one report',
      'evidence',
      {
        member: 1,
        evidence: { ...reports(1).evidence, statements: reports(1).evidence.statements.slice(1) },
      },
      [1, 'x'],
      '1,x',
    ],
    ['a session without bytes', 'sessions', { id: 's1', bytes: 'text' }, undefined, 's1'],
    ['a meta record that is no bytes', 'meta', 7, 'own/epoch', 'epoch'],
  ];
  for (const [what, storeName, record, at, named] of damages) {
    it(`${what} crashes the replica or is taken for a vote`, async () => {
      const { id, store } = await born();
      value(await store.write({ evidence: [evidence(1)], logs: [log(key('z'), 1)] }));
      await damage(id, storeName, record, at);
      const state = await store.readState();
      expect(state).toMatchObject({
        ok: false,
        error: { type: 'store-damaged', store: storeName, record: named },
      });
      expect(state.ok ? '' : state.error.message).toContain(`"${named}" in "${storeName}"`);
      await expect(store.load()).rejects.toBeInstanceOf(StoreReadFailure);
    });
  }

  it('damaged value bytes or history are handed out', async () => {
    const { id, store } = await born();
    await damage(id, 'values', 'text', digest(1));
    await damage(id, 'history', { ...entry(key('a'), 2), digest: 'no' });
    await expect(store.value(digest(1))).rejects.toMatchObject({
      error: { type: 'store-damaged', record: digest(1) },
    });
    await expect(store.history(key('a'))).rejects.toMatchObject({
      error: { type: 'store-damaged', record: 'package/a version 2' },
    });
  });

  it('a damaged generation lets two tabs write', async () => {
    const { id, db, store } = await born();
    await damage(id, 'meta', 'seven', 'generation');
    expect(await store.write({})).toMatchObject({ ok: false, error: { type: 'store-fenced' } });
    expect(await errorOf(db.openReplica())).toMatchObject({ type: 'store-damaged' });
  });
});

function withInclusion(change: Partial<typeof INCLUSION>) {
  const whole = log(key('a'), 1);
  const batch = { ...INCLUSION, ...change };
  return { ...whole, ownVotes: whole.ownVotes.map((vote) => ({ ...vote, batch })) };
}

function withoutShare() {
  const whole = log(key('a'), 1);
  return { ...whole, ownVotes: whole.ownVotes.map((vote) => ({ ...vote, share: undefined })) };
}

async function spyOnTransactions(): Promise<{ last: () => IDBTransaction; calls: () => unknown[] }> {
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction');
  return { last: () => spy.mock.results.at(-1)!.value as IDBTransaction, calls: () => spy.mock.calls };
}
