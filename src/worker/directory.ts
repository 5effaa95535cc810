/**
 * The directory's certified entries, kept in memory for lists, and put into the requests that need them: no handler reads another key
 * (docs/architecture.md, "Directory").
 */
import { toHex, type Key, type MemberIndex, type Version } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import { decodeDevice, type DeviceCertificate, type DeviceKey } from '../codec/device.ts';
import type { Genesis } from '../codec/genesis.ts';
import { certificateFields } from '../codec/messages.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { decodeValue } from '../codec/value.ts';
import {
  asDirectoryEntry,
  DIRECTORY_KEY_PREFIX,
  directoryKey,
  keyProofBytes,
  type DirectoryEntry,
  type PartyEntry,
} from '../domain/supply/directory.ts';
import { MAX_ENTRY_CERTIFICATE_BYTES, MAX_ENTRY_VALUE_BYTES } from '../domain/supply/limits.ts';
import { readEnvelope } from '../domain/supply/manifest.ts';
import { asPackageRecord } from '../domain/supply/summary.ts';
import { SERVICES, type CertifiedUse, type PackageRecord } from '../domain/supply/types.ts';
import type { ServiceRequest, SessionError, SessionValue } from '../l2/types.ts';
import { parseSessionValue } from '../l2/value.ts';
import type { CertifiedEntry } from '../store/types.ts';
import type { DirectoryApi, NetworkState } from './api.ts';
import { manifestKeyOf, signWithManifestKey } from './identity-keys.ts';
import { certifiedValue, type ReplicaParts } from './open-replica.ts';
import type { Replica } from './replica/replica.ts';

export class DirectoryIndex {
  readonly #replica: Replica;
  readonly #genesis: Genesis;
  readonly #entries = new Map<Key, { readonly entry: DirectoryEntry; readonly version: Version }>();
  /** Of devices, as they were entered with. */
  readonly #certificates = new Map<Key, DeviceCertificate>();

  constructor(replica: Replica, genesis: Genesis) {
    this.#replica = replica;
    this.#genesis = genesis;
  }

  /** Takes in a durable head. */
  decided(entry: CertifiedEntry, body: Uint8Array | null | undefined): void {
    if (!body || !entry.key.startsWith(DIRECTORY_KEY_PREFIX)) return;
    const value = parseSessionValue(body);
    const found = value.ok ? asDirectoryEntry(value.value.record) : null;
    // While the old ones are read after a start, a newer one may have come.
    const known = this.#entries.get(entry.key);
    if (found && !(known && known.version > entry.version))
      this.#entries.set(entry.key, { entry: found, version: entry.version });
    const certificate = found?.kind === 'device' && value.ok ? certificateIn(value.value) : null;
    if (certificate) this.#certificates.set(entry.key, certificate);
  }

  /** After a start: reads the heads' values from the store. */
  async load(): Promise<void> {
    for (const head of [...this.#replica.heads.values()]) {
      if (this.#replica.stopped || !head.key.startsWith(DIRECTORY_KEY_PREFIX)) continue;
      const bytes = await this.#replica.valueOf(head.digest);
      const value = bytes && decodeValue(bytes);
      if (value) this.decided(head, value.body);
    }
  }

  list(): readonly { readonly entry: DirectoryEntry; readonly version: Version }[] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, held]) => held);
  }

  /** Whether the member has revoked a device that it certified; what another member enters for its key counts for nothing. */
  deviceRevoked(member: MemberIndex, device: DeviceKey): boolean {
    const entry = this.#entries.get(directoryKey('device', device))?.entry;
    const sponsor = this.#genesis.members[member]?.id as string | undefined;
    return entry?.kind === 'device' && entry.revokedAt !== null && entry.sponsor === sponsor;
  }

  /** What its member signed for the device when it was entered; a newer one may be on the device. Undefined: not known here. */
  certificateOf(device: DeviceKey): DeviceCertificate | undefined {
    return this.#certificates.get(directoryKey('device', device));
  }

  /** Id of the member whose device it is; null: it is not entered, or was revoked. */
  deviceOf(device: DeviceKey): string | null {
    const entry = this.#entries.get(directoryKey('device', device))?.entry;
    return entry?.kind === 'device' && entry.revokedAt === null ? entry.sponsor : null;
  }

  /** Name of a device of a member, as it was entered. */
  deviceName(member: string, device: string): string | undefined {
    const entry = this.#entries.get(directoryKey('device', device))?.entry;
    return entry?.kind === 'device' && entry.sponsor === member ? entry.name : undefined;
  }

  /** Couriers and suppliers' keys for the pages: those of the genesis, overlaid by the certified ones. */
  overlaid(genesis: Pick<NetworkState, 'couriers' | 'supplierKeys'>): typeof genesis {
    const parties = this.list().flatMap(({ entry }) => (entry.kind === 'device' ? [] : [entry]));
    const couriers = parties.filter((entry) => entry.kind === 'courier');
    const suppliers = parties.filter((entry) => entry.kind === 'supplier');
    return {
      couriers: [
        ...genesis.couriers.filter((one) => !couriers.some((entry) => entry.id === one.id)),
        ...couriers.map(({ id, name, gln }) => ({ id, name, gln })),
      ],
      supplierKeys: [
        ...genesis.supplierKeys.filter((one) => !suppliers.some((entry) => entry.gln === one.gln)),
        ...suppliers.flatMap(({ gln, name, keys }) =>
          keys.map(({ keyId, publicKey, validFrom, validUntil }) => ({
            keyId,
            publicKey,
            gln,
            name,
            validFrom,
            validUntil,
          })),
        ),
      ],
    };
  }

  /**
   * The request with the entry that it needs, where the directory has one; as it is otherwise. Waits for bytes that are on their way, and
   * fails when they do not come: the network has an entry, and which one is not known here.
   */
  async attach(key: Key, request: ServiceRequest): Promise<Result<ServiceRequest, SessionError>> {
    const { body } = request;
    if (body === null || typeof body !== 'object' || Array.isArray(body) || body instanceof Uint8Array)
      return ok(request);
    const fields = body as { readonly [name: string]: CborValue };
    try {
      const need = await this.#needed(key, request.path, fields);
      if (need === null || need.field in fields) return ok(request);
      const use = await this.#use(directoryKey(need.kind, need.id));
      return ok(use === null ? request : { ...request, body: { ...fields, [need.field]: use } });
    } catch (error) {
      return fail({ type: 'key-unknown', message: `${(error as Error).message} Try again later.` });
    }
  }

  async #needed(
    key: Key,
    path: string,
    fields: { readonly [name: string]: CborValue },
  ): Promise<{ readonly field: string; readonly kind: PartyEntry['kind']; readonly id: string } | null> {
    switch (path) {
      case SERVICES.createPackage: {
        const manifest = readEnvelope(String(fields['envelope']));
        return manifest.ok ? { field: 'supplier', kind: 'supplier', id: manifest.value.supplierGln } : null;
      }
      case SERVICES.validate: {
        const record = await this.record(key);
        return record && { field: 'supplier', kind: 'supplier', id: record.manifest.content.supplierGln };
      }
      case SERVICES.label:
      case SERVICES.assign:
        return { field: 'courier', kind: 'courier', id: String(fields['courierId']) };
      case SERVICES.handOff:
      case SERVICES.deliver: {
        const record = await this.record(key);
        const id = record?.handOff?.courierId ?? record?.label?.courierId;
        return id === undefined ? null : { field: 'entry', kind: 'courier', id };
      }
      default:
        return null;
    }
  }

  /** The newest certified record of a package. */
  async record(key: Key): Promise<PackageRecord | null> {
    const held = await certifiedValue(this.#replica, key);
    const value = held?.body ? parseSessionValue(held.body) : null;
    return value?.ok ? asPackageRecord(value.value.record) : null;
  }

  /**
   * The newest version. A newer one whose bytes are on their way is waited for: the rules let an older one pass, but it may hold what has been
   * taken back, and without any the request would be judged as if there were no entry. Rejects when they do not come.
   */
  async #use(key: Key): Promise<CertifiedUse | null> {
    if (!this.#entries.has(key)) return null;
    const newest = await certifiedValue(this.#replica, key);
    const value = newest && (await this.#replica.valueOf(newest.entry.digest));
    if (!value) return null;
    const certificate = encode(certificateFields(newest.entry.certificate));
    const fits = value.length <= MAX_ENTRY_VALUE_BYTES && certificate.length <= MAX_ENTRY_CERTIFICATE_BYTES;
    return fits ? { value, certificate } : null;
  }
}

/** In the request that entered a device. */
function certificateIn({ session }: SessionValue): DeviceCertificate | null {
  for (const { request } of session.transactions) {
    const { body } = request;
    if (body === null || typeof body !== 'object' || !('certificate' in body)) continue;
    const bytes = body.certificate;
    const read = bytes instanceof Uint8Array ? decodeDevice(bytes) : null;
    if (read?.ok) return read.value;
  }
  return null;
}

export function directoryApi(parts: ReplicaParts, index: DirectoryIndex): DirectoryApi {
  const { binding, options } = parts;
  return {
    directory: () => Promise.resolve(index.list()),
    keyProofBytes: (kind, id, key) => Promise.resolve(toHex(keyProofBytes(binding.network, kind, id, key))),
    async proveOwnKey(kind, id, period) {
      const key = await manifestKeyOf(options.db, options.record);
      if (!key.ok) return fail({ type: 'key-unavailable', message: key.error.message });
      const { keyId, publicKey } = key.value;
      const made = { keyId, publicKey, ...period };
      const proof = await signWithManifestKey(
        key.value,
        options.record.wrappingKey,
        keyProofBytes(binding.network, kind, id, made),
      );
      if (!proof.ok) return fail({ type: 'key-unavailable', message: proof.error.message });
      return ok({ ...made, proof: proof.value });
    },
  };
}
