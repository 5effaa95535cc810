/** A member's keys from one browser to another: it is the same member there, and signs nothing until an epoch names its new log. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeGenesis, type MemberEntry } from '../../src/codec/genesis.ts';
import { openKeyExport, sealKeyExport } from '../../src/crypto/key-export.ts';
import { checkMember } from '../../src/crypto/genesis.ts';
import { MIN_KEY_EXPORT_MEMORY_KIB } from '../../src/crypto/limits.ts';
import { openIdentity } from '../../src/store/idb-store.ts';
import type { IdentityRecord } from '../../src/store/identity.ts';
import { createDoors } from '../../src/worker/doors.ts';
import { linkRecord } from '../../src/worker/epochs/disk.ts';
import { exportKeys, importKeys } from '../../src/worker/key-doors.ts';
import { sharedTools } from '../../src/worker/tools.ts';
import { makeChain, PROFILES } from '../epochs/make-chain.ts';
import { encodeLink } from '../../src/codec/epochs.ts';
import { must } from './workplace.ts';

const PASSPHRASE = 'correct horse battery staple';
/** The least that an import takes. */
const CHEAP = { memoryKib: MIN_KEY_EXPORT_MEMORY_KIB, passes: 1, lanes: 1 };
const doors = createDoors(() => Promise.resolve(null));
let home: IDBFactory;
let entries: MemberEntry[];
let file: string;

async function recordOf(profile: string): Promise<IdentityRecord> {
  const db = must(await openIdentity(profile));
  const record = must(await db.read());
  db.close();
  return record;
}

beforeAll(async () => {
  globalThis.indexedDB = home = new IDBFactory();
  const draft = await doors.newDraft('Test');
  entries = [];
  for (const { id, name, organisation, role, gln } of PROFILES)
    entries.push(must(await doors.createMemberKey({ draft, id, name, organisation, role, gln })).entry);
  must(
    await doors.sealGenesis({
      draft,
      members: entries,
      supplierKeys: [],
      couriers: [],
      demo: false,
      signaling: ['wss://signaling.example/'],
    }),
  );
  file = must(await exportKeys(entries[1]!.voteKey, PASSPHRASE));
});

/** Another browser. */
const away = (): void => {
  globalThis.indexedDB = new IDBFactory();
};
const back = (): void => {
  globalThis.indexedDB = home;
};

describe('keys that are taken to another browser', () => {
  it('are that member’s there, in its network, with a log of their own: an observer', async () => {
    back();
    const here = await recordOf(entries[1]!.voteKey);
    away();
    const imported = must(await importKeys(file, PASSPHRASE));
    expect(imported).toMatchObject({ profile: entries[1]!.voteKey, name: 'Test' });
    const there = await recordOf(imported.profile);
    expect(there.certificateKey).toBe(here.certificateKey);
    expect(there.binding).toMatchObject({
      network: here.binding!.network,
      genesis: here.binding!.genesis,
      joinSecret: here.binding!.joinSecret,
    });
    expect(there.settings.signaling).toEqual(['wss://signaling.example/']);
    // No list names this log, so no vote is signed with it (docs/protocol.md, "Log id").
    expect(there.logId).not.toBe(here.logId);
    const genesis = must(decodeGenesis(there.binding!.genesis));
    expect(genesis.members.every(({ logId }) => logId !== there.logId)).toBe(true);
    expect(await doors.profiles()).toMatchObject([{ id: imported.profile, network: { name: 'Test' } }]);
  });

  it('come with an entry to be admitted with: the same member, the new log, and a proof for this network', async () => {
    away();
    const { entry, profile, network } = must(await importKeys(file, PASSPHRASE));
    const record = await recordOf(profile);
    expect(entry).toMatchObject({ id: 'bravo', organisation: 'Bravo Logistics', logId: record.logId });
    expect(record.entry).toEqual(entry);
    expect(record.replaces).toBe('bravo');
    const genesis = must(decodeGenesis(record.binding!.genesis));
    const { bls } = await sharedTools();
    expect(checkMember(entry!, network as never, genesis.draftNonce, bls).ok).toBe(true);
  });

  it('get another log each time: two devices are never one', async () => {
    away();
    const first = must(await importKeys(file, PASSPHRASE)).entry!.logId;
    away();
    expect(must(await importKeys(file, PASSPHRASE)).entry!.logId).not.toBe(first);
  });

  it('are not written over keys that are here: their log would be lost', async () => {
    back();
    const before = await recordOf(entries[1]!.voteKey);
    expect(await importKeys(file, PASSPHRASE)).toMatchObject({ ok: false, error: { type: 'keys-are-here' } });
    expect((await recordOf(entries[1]!.voteKey)).logId).toBe(before.logId);
  });

  it('are not written for another passphrase, nor out of a file whose parts contradict each other', async () => {
    away();
    expect(await importKeys(file, `${PASSPHRASE}s`)).toMatchObject({
      ok: false,
      error: { type: 'passphrase-wrong' },
    });
    const inside = must(await openKeyExport(file, PASSPHRASE));
    const forged = async (over: Partial<typeof inside>): Promise<unknown> => {
      const made = must(await sealKeyExport({ ...inside, ...over }, PASSPHRASE, CHEAP));
      const result = await importKeys(made, PASSPHRASE);
      return result.ok ? 'imported' : result.error.type;
    };
    expect(await forged({ entry: entries[2]! })).toBe('key-export-contradicts-itself');
    const other = await makeChain();
    const { binding } = inside;
    expect(await forged({ binding: { ...binding, genesis: new Uint8Array(other.genesisBytes) } })).toBe(
      'genesis-wrong-for-invitation',
    );
    expect(await forged({ binding: { ...binding, links: other.links.map(encodeLink) } })).toBe(
      'chain-invalid',
    );
    expect(await forged({ binding: { ...binding, links: [new Uint8Array([1])] } })).toBe('chain-invalid');
    expect(await doors.profiles()).toEqual([]);
  });

  it('take the chain of epochs along, and the entry that it names last', async () => {
    const chain = await makeChain();
    const bravo = chain.people[3]![1]!;
    away();
    const made = must(
      await sealKeyExport(
        {
          keys: bravo.secret,
          label: 'Bravo',
          entry: bravo.entry,
          binding: {
            network: chain.network,
            genesis: new Uint8Array(chain.genesisBytes),
            joinSecret: 'c'.repeat(64),
            secretEpoch: 3,
            links: chain.links.map(encodeLink),
            signaling: [],
          },
        },
        PASSPHRASE,
        CHEAP,
      ),
    );
    const imported = must(await importKeys(made, PASSPHRASE));
    const record = await recordOf(imported.profile);
    expect(record.binding!.chain).toMatchObject({ secretEpoch: 3 });
    expect(record.binding!.chain!.links).toHaveLength(3);
    const again = must(await openKeyExport(must(await exportKeys(imported.profile, PASSPHRASE)), PASSPHRASE));
    expect(again.entry).toEqual(bravo.entry);
    expect(again.keys).toEqual(bravo.secret);
    expect(again.binding.secretEpoch).toBe(3);
  });
});

describe('an export', () => {
  it('is made of the network as this browser joined it, whose doors are long closed', async () => {
    const chain = await makeChain();
    const bravo = chain.people[0]![1]!;
    away();
    const { network, genesisBytes, links } = chain;
    const binding = {
      network,
      genesis: new Uint8Array(genesisBytes),
      joinSecret: 'c'.repeat(64),
      secretEpoch: 0,
      links: [],
      signaling: [],
    };
    const made = { keys: bravo.secret, label: 'Bravo', entry: bravo.entry, binding };
    const { profile } = must(
      await importKeys(must(await sealKeyExport(made, PASSPHRASE, CHEAP)), PASSPHRASE),
    );
    const db = must(await openIdentity(profile));
    const store = must(await db.openReplica());
    // As a replica does that has learnt of an epoch meanwhile.
    const record = linkRecord(1, links[0]!);
    must(await store.write({ meta: [record] }));
    store.close();
    db.close();
    const { entry, binding: taken } = must(
      await openKeyExport(must(await exportKeys(profile, PASSPHRASE)), PASSPHRASE),
    );
    expect(taken.links).toEqual([encodeLink(links[0]!)]);
    expect(entry).toEqual(bravo.entry);
  });
  it('stops the replica that is open meanwhile', async () => {
    back();
    const profile = entries[1]!.voteKey;
    const db = must(await openIdentity(profile));
    const store = must(await db.openReplica());
    must(await exportKeys(profile, PASSPHRASE));
    // A second opening would have fenced this one.
    expect((await store.write({ meta: [{ name: 'mark', bytes: new Uint8Array([1]) }] })).ok).toBe(true);
    store.close();
    db.close();
  });
  it('of keys that are in no network, of a device, or of nobody is refused', async () => {
    away();
    const draft = await doors.newDraft('Test');
    const { id, name, organisation, role, gln } = PROFILES[0]!;
    const made = must(await doors.createMemberKey({ draft, id, name, organisation, role, gln }));
    expect(await exportKeys(made.profile, PASSPHRASE)).toMatchObject({ error: { type: 'keys-not-bound' } });
    const device = must(await doors.createDeviceKey({ name: 'Dock phone' }));
    expect(await exportKeys(device.profile, PASSPHRASE)).toMatchObject({
      error: { type: 'keys-of-a-device' },
    });
    expect(await exportKeys('9'.repeat(64), PASSPHRASE)).toMatchObject({
      error: { type: 'profile-unknown' },
    });
  });
});
