/** The suite's disk over IndexedDB: of a browser, or of fake-indexeddb. */
import type { CertificateKey } from '../../src/codec/brand.ts';
import type { NewIdentity, NetworkBinding } from '../../src/store/identity.ts';
import { deleteIdentity, openIdentity, type IdentityDb } from '../../src/store/idb-store.ts';
import { fill, hex, LOG_ID, NETWORK } from './samples.ts';
import type { Disk } from './suite.ts';

let made = 0;
/** A vote key that no other disk of this run has. */
export const freshVoteKey = (): string => hex(0x1000 + made++, 64);

export async function newIdentity(): Promise<NewIdentity> {
  const wrappingKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
  return {
    sealedKeys: { iv: fill(12, 1), ciphertext: fill(80, 2) },
    wrappingKey,
    logId: LOG_ID,
    certificateKey: hex(9, 192) as CertificateKey,
    label: 'Bravo Logistics',
    createdAt: 1_700_000_000_000,
  };
}

export const binding = (network = NETWORK): NetworkBinding => ({
  network,
  genesis: fill(400, 3),
  joinSecret: hex(4, 64),
  boundAt: 1_700_000_001_000,
});

export function value<T>(
  result: { ok: true; value: T } | { ok: false; error: { type: string; message: string } },
): T {
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
}

/** Every `open` is a connection of its own, as of another tab. */
export async function newIdbDisk(): Promise<Disk> {
  const id = freshVoteKey();
  const opened: IdentityDb[] = [];
  const connect = async (): Promise<IdentityDb> => {
    const db = value(await openIdentity(id));
    opened.push(db);
    return db;
  };
  const first = await connect();
  value(await first.create(await newIdentity()));
  value(await first.bind(binding()));
  return {
    open: async () => value(await (await connect()).openReplica()),
    bind: async (network) => {
      const result = await first.bind(binding(network));
      return result.ok ? null : result.error.type;
    },
    destroy: async () => {
      for (const db of opened) db.close();
      value(await deleteIdentity(id));
    },
  };
}
