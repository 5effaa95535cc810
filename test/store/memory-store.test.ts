import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import { fill, key, log, LOG_ID, NETWORK, digest } from './samples.ts';
import { storeCases, type Disk } from './suite.ts';

async function newMemoryDisk(): Promise<Disk> {
  const disk = new MemoryDisk({ logId: LOG_ID, network: NETWORK });
  return {
    open: async () => disk.openReplica(),
    // A memory disk is made for one network and has no other door.
    bind: async (network) => (network === disk.network ? null : 'store-bound-elsewhere'),
    destroy: async () => undefined,
  };
}

describe('every store, in memory', () => {
  for (const { name, run } of storeCases(newMemoryDisk, 200)) it(name, run);
});

describe('crashes', () => {
  const first = { logs: [log(key('a'), 1)], values: [{ digest: digest(1), bytes: fill(3, 1) }] };
  const error = { type: 'store-full', message: 'injected' } as const;

  it('a backup follows the disk that it was taken from', async () => {
    const disk = new MemoryDisk({ logId: LOG_ID, network: NETWORK });
    const store = disk.openReplica();
    await store.write(first);
    const backup = disk.snapshot();
    await store.write({ logs: [log(key('a'), 1, 5)], dropValues: [digest(1)] });
    const restored = MemoryDisk.fromSnapshot(backup);
    const old = restored.openReplica();
    expect((await old.load()).logs).toEqual(first.logs);
    expect(await old.value(digest(1))).toEqual(fill(3, 1));
    await old.write({ dropLogs: [key('a')] });
    expect((await MemoryDisk.fromSnapshot(backup).openReplica().load()).logs).toEqual(first.logs);
    expect((await store.load()).logs[0]?.round).toBe(5);
    expect([old.logId, old.network, old.generation]).toEqual([LOG_ID, NETWORK, 2]);
  });

  it('an injected failure is ignored, or what follows it is written', async () => {
    const disk = new MemoryDisk({ logId: LOG_ID, network: NETWORK });
    const store = disk.openReplica();
    disk.setFault((_batch, sequence) => (sequence === 1 ? { kind: 'refuse', error } : null));
    expect((await store.write({})).ok).toBe(true);
    expect(await store.write(first)).toEqual({ ok: false, error });
    expect((await store.write(first)).ok).toBe(false);
    disk.setFault(null);
    expect((await disk.openReplica().load()).logs).toEqual([]);
  });

  it('a lost answer is taken for a write that did not happen', async () => {
    const disk = new MemoryDisk({ logId: LOG_ID, network: NETWORK });
    const store = disk.openReplica();
    disk.setFault(() => ({ kind: 'lose-answer', error }));
    expect(await store.write(first)).toEqual({ ok: false, error });
    expect((await disk.openReplica().load()).logs).toEqual(first.logs);
  });

  it('a damaged record of a restored disk crashes the replica', async () => {
    const disk = new MemoryDisk({ logId: LOG_ID, network: NETWORK });
    await disk.openReplica().write(first);
    const backup = disk.snapshot();
    backup.data.logs.set(key('a'), { ...log(key('a'), 1), values: ['short' as never] });
    const state = await MemoryDisk.fromSnapshot(backup).openReplica().readState();
    expect(state).toMatchObject({
      ok: false,
      error: { type: 'store-damaged', store: 'logs', record: 'package/a' },
    });
  });
});
