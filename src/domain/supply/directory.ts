/**
 * Entries of the directory: who may sign for a supplier, for a courier, and which devices a member has. Each is a certified value of its
 * own key:
 *
 * | Key | Holds | Who writes it |
 * |---|---|---|
 * | `directory/supplier/<GLN>` | keys for manifests | the member with that GLN, a supplier; where no member has it, the warehouse that entered it |
 * | `directory/courier/<id>` | keys for hand-offs | the member with its GLN, a courier; where no member has it, the warehouse that entered it |
 * | `directory/device/<public key>` | whose device it is, until when | the member that certified it |
 *
 * A key's period is judged by times that requests and manifests claim, never by a clock.
 */
import { fromHex, type Key, type NetworkId } from '../../codec/brand.ts';
import { encode, type CborValue } from '../../codec/cbor.ts';
import type { CourierEntry, Directory, Genesis, SupplierKeyEntry } from '../../codec/genesis.ts';
import { parseGln } from './gs1.ts';
import { CLOCKS_DIFFER_MS } from './limits.ts';

export const DIRECTORY_KEY_PREFIX = 'directory/';
export type DirectoryKind = 'supplier' | 'courier' | 'device';

export const REVOKE_REASONS = ['lost', 'stolen', 'replaced', 'left', 'mistake'] as const;
export type RevokeReason = (typeof REVOKE_REASONS)[number];

/** A key with its period. */
export type DirectoryKey = {
  readonly keyId: string;
  /** Ed25519, 64 hex digits. */
  readonly publicKey: string;
  /** Seconds since 1970, inclusive, as in the genesis; null = unbounded, which only keys taken over from the genesis are. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
  /** Claimed time of the revocation, milliseconds since 1970; null = in force. */
  readonly revokedAt: number | null;
  readonly reason: RevokeReason | null;
};

/** A supplier or a courier. */
export type PartyEntry = {
  readonly kind: 'supplier' | 'courier';
  /** The last part of the key: the GLN of a supplier, the id of a courier. */
  readonly id: string;
  readonly gln: string;
  readonly name: string;
  /** Member that answers for the entry, and alone may change it. */
  readonly sponsor: string;
  readonly keys: readonly DirectoryKey[];
  readonly at: number;
};

export type DeviceEntry = {
  readonly kind: 'device';
  /** Ed25519 public key, 64 hex digits: the last part of the key. */
  readonly id: string;
  readonly name: string;
  /** Member id. */
  readonly sponsor: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly revokedAt: number | null;
  readonly reason: RevokeReason | null;
  readonly at: number;
};

export type DirectoryEntry = PartyEntry | DeviceEntry;

export const directoryKey = (kind: DirectoryKind, id: string): Key =>
  `${DIRECTORY_KEY_PREFIX}${kind}/${id}` as Key;

/** Kind and id of a directory's key, or null when it is none. */
export function parseDirectoryKey(key: string): { readonly kind: DirectoryKind; readonly id: string } | null {
  const match = /^directory\/(supplier|courier|device)\/([a-z0-9-]{1,64})$/.exec(key);
  const [kind, id] = [match?.[1], match?.[2]];
  if (id === undefined) return null;
  if (kind === 'supplier') return parseGln(id).ok ? { kind, id } : null;
  if (kind === 'courier') return id.length <= 24 ? { kind, id } : null;
  return kind === 'device' && /^[0-9a-f]{64}$/.test(id) ? { kind, id } : null;
}

/** The entry in a certified record, or null when the record is something else. Only our handlers write them, and a quorum ran them again. */
export function asDirectoryEntry(record: CborValue): DirectoryEntry | null {
  if (record === null || typeof record !== 'object' || Array.isArray(record) || record instanceof Uint8Array)
    return null;
  const { kind, id, sponsor } = record as { readonly [name: string]: CborValue };
  const known = kind === 'supplier' || kind === 'courier' || kind === 'device';
  return known && typeof id === 'string' && typeof sponsor === 'string'
    ? (record as unknown as DirectoryEntry)
    : null;
}

/** Was the key in force at this claimed time (milliseconds since 1970)? */
export function keyInForce(key: DirectoryKey, at: number): boolean {
  if (key.revokedAt !== null && at >= key.revokedAt) return false;
  if (key.validFrom !== null && at < key.validFrom * 1000) return false;
  // The bound names a whole second, which is inside the period to its end.
  return key.validUntil === null || at < (key.validUntil + 1) * 1000;
}

/** Was the device its member's at this claimed time? `entry` null: nobody has revoked it. */
export function deviceInForce(entry: DeviceEntry | null, at: number): boolean {
  if (entry === null) return true;
  return at + CLOCKS_DIFFER_MS >= entry.notBefore && (entry.revokedAt === null || at < entry.revokedAt);
}

/**
 * The supplier keys by which a manifest is judged: those of the entry that came with the request, alone, else those of the genesis. A
 * revoked key ends with the second before its revocation.
 */
export function supplierDirectory(genesis: Genesis, entry: PartyEntry | null): Directory {
  if (entry === null) return genesis.directory;
  const supplierKeys = entry.keys.map((key): SupplierKeyEntry => {
    const revoked = key.revokedAt === null ? null : Math.ceil(key.revokedAt / 1000) - 1;
    const ends = [key.validUntil, revoked].filter((end) => end !== null);
    return {
      keyId: key.keyId,
      publicKey: key.publicKey,
      gln: entry.gln,
      name: entry.name,
      validFrom: key.validFrom,
      validUntil: ends.length === 0 ? null : Math.min(...ends),
    };
  });
  return { supplierKeys, couriers: genesis.directory.couriers };
}

/** A courier by its id: from the entry that came with the request, else from the genesis. */
export function courierOf(genesis: Genesis, id: string, entry: PartyEntry | null): CourierEntry | null {
  if (entry !== null) return entry.id === id ? { id, name: entry.name, gln: entry.gln } : null;
  return genesis.directory.couriers.find((courier) => courier.id === id) ?? null;
}

/** What a new key signs to show that whoever enters it holds it, and for what: nobody can enter another's key as its own. */
export function keyProofBytes(
  network: NetworkId,
  kind: PartyEntry['kind'],
  id: string,
  key: Pick<DirectoryKey, 'keyId' | 'publicKey' | 'validFrom' | 'validUntil'>,
): Uint8Array<ArrayBuffer> {
  return encode([
    'directory-key',
    fromHex(network),
    kind,
    id,
    key.keyId,
    fromHex(key.publicKey),
    key.validFrom,
    key.validUntil,
  ]);
}
