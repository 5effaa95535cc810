/** The database of one identity in this browser: birth, binding to a network, and the replica's store. */
import type { LogId, VoteKey } from '../codec/brand.ts';
import { isHex } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { packBytes } from './codec.ts';
import type { IdentityError } from './errors.ts';
import {
  BINDING_SHAPE,
  GENERATION_SHAPE,
  IDENTITY_SHAPE,
  MANIFEST_KEY_SHAPE,
  NO_SETTINGS,
  SETTINGS_SHAPE,
  type IdentityRecord,
  type IdentitySettings,
  type ManifestKey,
  type NetworkBinding,
  type NewIdentity,
  type SealedBytes,
} from './identity.ts';
import {
  deleteDatabase,
  openConnection,
  transact,
  type Connection,
  type LostReason,
  type Transaction,
} from './idb-connection.ts';
import { IdbReplicaStore } from './idb-replica.ts';
import {
  databaseName,
  META_BINDING,
  META_GENERATION,
  META_IDENTITY,
  META_MANIFEST_KEY,
  META_OWN_PREFIX,
  META_SETTINGS,
  SCHEMA_VERSION,
  STORE_NAMES,
  upgradeSchema,
} from './idb-schema.ts';
import { parseRecord, shapeProblem } from './shapes.ts';

export { IdbReplicaStore } from './idb-replica.ts';
export { SCHEMA_VERSION } from './idb-schema.ts';

export interface OpenIdentityOptions {
  /**
   * The database went away by itself (deleted or upgraded by another tab, or taken by the browser): from then on every write gives
   * store-closed.
   */
  readonly onLost?: (why: LostReason) => void;
  /** Another tab, of an older version of this program, has it open and is waited for. */
  readonly onBlocked?: () => void;
  /** How long to wait for a frozen tab that is in the way, for example `AbortSignal.timeout(5000)`; then store-blocked. */
  readonly giveUp?: AbortSignal;
}

/** Opens, and makes when it is new, the database named by a vote key (64 hex digits). */
export async function openIdentity(
  voteKeyHex: string,
  options: OpenIdentityOptions = {},
): Promise<Result<IdentityDb, IdentityError>> {
  if (!isHex(voteKeyHex, 64)) return fail(notAVoteKey(voteKeyHex));
  const connection = await openConnection({
    name: databaseName(voteKeyHex),
    what: describe(voteKeyHex),
    version: SCHEMA_VERSION,
    upgrade: upgradeSchema,
    ...options,
  });
  return connection.ok ? ok(new IdentityDb(voteKeyHex as VoteKey, connection.value)) : connection;
}

/**
 * Deletes keys, votes and values for good. Replicas of this identity in other tabs are closed by it, after their running writes. A frozen
 * tab stays in the way: then store-blocked once `giveUp` is aborted, and the deletion still happens when that tab closes.
 */
export async function deleteIdentity(
  voteKeyHex: string,
  giveUp?: AbortSignal,
): Promise<Result<undefined, IdentityError>> {
  if (!isHex(voteKeyHex, 64)) return fail(notAVoteKey(voteKeyHex));
  return deleteDatabase(databaseName(voteKeyHex), describe(voteKeyHex), giveUp);
}

export class IdentityDb {
  readonly voteKey: VoteKey;
  readonly #connection: Connection;

  constructor(voteKey: VoteKey, connection: Connection) {
    this.voteKey = voteKey;
    this.#connection = connection;
  }

  /** Keys, log id and the empty vote log, in one transaction. store-exists when there is an identity, or anything else, already. */
  create(identity: NewIdentity): Promise<Result<undefined, IdentityError>> {
    return transact(this.#connection, [...STORE_NAMES], 'readwrite', async (tx) => {
      const counts = await Promise.all(STORE_NAMES.map((name) => tx.objectStore(name).count()));
      if (counts.some((count) => count > 0)) return fail(existsError(this.#connection.what));
      const meta = tx.objectStore('meta');
      const { certificateKey, logId, label, createdAt, wrappingKey } = identity;
      const born = { voteKey: this.voteKey, certificateKey, logId, label, createdAt, wrappingKey };
      const record = {
        ...born,
        sealedKeys: packSealed(identity.sealedKeys),
        entry: identity.entry ?? null,
        ...(identity.replaces !== undefined && { replaces: identity.replaces }),
        ...(identity.device && { device: identity.device }),
      };
      // Never write what `read` would refuse: a key that can be extracted, a label of 200 characters.
      const problem = shapeProblem(IDENTITY_SHAPE, record);
      if (problem) return fail(malformed(problem));
      await Promise.all([meta.put(record, META_IDENTITY), meta.put(0, META_GENERATION)]);
      return putSettings(tx, identity.settings ?? NO_SETTINGS);
    });
  }

  /** store-empty when no identity was made here. */
  read(): Promise<Result<IdentityRecord, IdentityError>> {
    return transact(this.#connection, ['meta'], 'readonly', (tx) => readIdentity(tx, this.#connection.what));
  }

  /**
   * Binds this identity to one network, once. The same network again changes nothing (not the join secret either, which only an
   * invitation of the right network holds); another one gives store-bound-elsewhere. `hints` become the settings at the first binding.
   * A device that was certified again takes the new certificate, with the chain and the join secret that came with it.
   */
  bind(binding: NetworkBinding, hints?: IdentitySettings): Promise<Result<undefined, IdentityError>> {
    return transact(this.#connection, ['meta'], 'readwrite', async (tx) => {
      const identity = await readIdentity(tx, this.#connection.what);
      if (!identity.ok) return identity;
      const bound = identity.value.binding;
      if (bound && bound.network !== binding.network) return fail(boundElsewhere(bound, binding));
      if (bound && !(bound.certificate && binding.certificate)) return ok(undefined);
      const { network, joinSecret, boundAt, certificate, chain } = binding;
      const record = {
        network,
        genesis: packBytes(binding.genesis),
        joinSecret,
        boundAt,
        ...(certificate && { certificate: packBytes(certificate) }),
        ...(chain && { chain: { ...chain, links: chain.links.map(packBytes) } }),
      };
      const problem = shapeProblem(BINDING_SHAPE, record);
      if (problem) return fail(malformed(problem));
      await tx.objectStore('meta').put(record, META_BINDING);
      return hints && !bound ? putSettings(tx, hints) : ok(undefined);
    });
  }

  /** The replica's own records whose names begin so. A replica that is open goes on writing. */
  readOwn(prefix: string): Promise<Result<ReadonlyMap<string, Uint8Array>, IdentityError>> {
    return transact(this.#connection, ['meta'], 'readonly', async (tx) => {
      const meta = tx.objectStore('meta');
      const from = META_OWN_PREFIX + prefix;
      const range = IDBKeyRange.bound(from, `${from}\uffff`);
      const [names, records] = await Promise.all([meta.getAllKeys(range), meta.getAll(range)]);
      return ok(
        new Map(
          names.map((name, i) => [String(name).slice(META_OWN_PREFIX.length), records[i] as Uint8Array]),
        ),
      );
    });
  }

  setSettings(settings: IdentitySettings): Promise<Result<undefined, IdentityError>> {
    return transact(this.#connection, ['meta'], 'readwrite', (tx) => putSettings(tx, settings));
  }

  /** Keeps the first manifest key, and returns the one that is kept: two tabs may each have made one. */
  setManifestKey(key: ManifestKey): Promise<Result<ManifestKey, IdentityError>> {
    return transact(
      this.#connection,
      ['meta'],
      'readwrite',
      async (tx): Promise<Result<ManifestKey, IdentityError>> => {
        const meta = tx.objectStore('meta');
        const stored: unknown = await meta.get(META_MANIFEST_KEY);
        if (stored !== undefined) return parseRecord(MANIFEST_KEY_SHAPE, 'meta', META_MANIFEST_KEY, stored);
        const record = { keyId: key.keyId, publicKey: key.publicKey, sealed: packSealed(key.sealed) };
        const problem = shapeProblem(MANIFEST_KEY_SHAPE, record);
        if (problem) return fail(malformed(problem));
        await meta.put(record, META_MANIFEST_KEY);
        return ok(record);
      },
    );
  }

  /**
   * Raises the generation, which fences every replica opened before, in this tab or another. Call it only under the Web Lock. Errors:
   * store-empty, store-unbound, store-damaged, and those of every store.
   */
  async openReplica(): Promise<Result<IdbReplicaStore, IdentityError>> {
    const opened = await transact(this.#connection, ['meta'], 'readwrite', async (tx) => {
      const identity = await readIdentity(tx, this.#connection.what);
      if (!identity.ok) return identity;
      const { binding, logId } = identity.value;
      if (!binding) return fail(unboundError(this.#connection.what));
      const generation = identity.value.generation + 1;
      await tx.objectStore('meta').put(generation, META_GENERATION);
      return ok({ generation, logId, network: binding.network });
    });
    return opened.ok ? ok(new IdbReplicaStore(this.#connection, opened.value)) : opened;
  }

  /**
   * A new and empty vote log, when all the records `when` of the replica's own are there; they and the rest stay, but for `drop`. Null: nothing
   * was changed. Only while no replica is open: it would go on with the old one.
   */
  renewLog(change: {
    readonly when: readonly string[];
    readonly drop: readonly string[];
    readonly logId: LogId;
  }): Promise<Result<LogId | null, IdentityError>> {
    return transact(this.#connection, ['meta', 'logs'], 'readwrite', async (tx) => {
      const meta = tx.objectStore('meta');
      const own = (name: string): string => META_OWN_PREFIX + name;
      const there = await Promise.all(change.when.map((name) => meta.count(own(name))));
      if (there.includes(0)) return ok(null);
      const record = (await meta.get(META_IDENTITY)) as object;
      await Promise.all([
        meta.put({ ...record, logId: change.logId }, META_IDENTITY),
        ...change.drop.map((name) => meta.delete(own(name))),
        tx.objectStore('logs').clear(),
      ]);
      return ok(change.logId);
    });
  }

  /** Closes the replica's store as well; writes that were handed over before are finished. */
  close(): void {
    this.#connection.close();
  }
}

async function readIdentity(tx: Transaction, what: string): Promise<Result<IdentityRecord, IdentityError>> {
  const meta = tx.objectStore('meta');
  const get = (name: string): Promise<unknown> => meta.get(name);
  const [identity, generation, binding, settings, manifestKey] = await Promise.all([
    get(META_IDENTITY),
    get(META_GENERATION),
    get(META_BINDING),
    get(META_SETTINGS),
    get(META_MANIFEST_KEY),
  ]);
  if (identity === undefined) return fail(emptyError(what));
  const read = {
    identity: parseRecord(IDENTITY_SHAPE, 'meta', META_IDENTITY, identity),
    generation: parseRecord(GENERATION_SHAPE, 'meta', META_GENERATION, generation),
    binding: binding === undefined ? ok(null) : parseRecord(BINDING_SHAPE, 'meta', META_BINDING, binding),
    settings: parseRecord(SETTINGS_SHAPE, 'meta', META_SETTINGS, settings),
    manifestKey:
      manifestKey === undefined
        ? ok(null)
        : parseRecord(MANIFEST_KEY_SHAPE, 'meta', META_MANIFEST_KEY, manifestKey),
  };
  if (!read.identity.ok) return read.identity;
  if (!read.generation.ok) return read.generation;
  if (!read.binding.ok) return read.binding;
  if (!read.settings.ok) return read.settings;
  if (!read.manifestKey.ok) return read.manifestKey;
  return ok({
    ...read.identity.value,
    device: read.identity.value.device === true,
    generation: read.generation.value,
    binding: read.binding.value,
    settings: read.settings.value,
    manifestKey: read.manifestKey.value,
  });
}

async function putSettings(
  tx: Transaction,
  settings: IdentitySettings,
): Promise<Result<undefined, IdentityError>> {
  const problem = shapeProblem(SETTINGS_SHAPE, settings);
  if (problem) return fail(malformed(problem));
  await tx.objectStore('meta').put(settings, META_SETTINGS);
  return ok(undefined);
}

const packSealed = (sealed: SealedBytes): SealedBytes => ({
  iv: packBytes(sealed.iv),
  ciphertext: packBytes(sealed.ciphertext),
});

const describe = (voteKey: string): string => `member key ${voteKey.slice(0, 8)}…`;

const notAVoteKey = (name: string): IdentityError => ({
  type: 'store-failed',
  message: `"${name.slice(0, 80)}" does not name an identity: a vote key has 64 hex digits. Choose an identity on the start page.`,
});
const existsError = (what: string): IdentityError => ({
  type: 'store-exists',
  message: `The database of ${what} already holds an identity, which is never replaced. Use it, or make a new key.`,
});
const emptyError = (what: string): IdentityError => ({
  type: 'store-empty',
  message: `This browser holds no keys for ${what}. Open the browser profile where they were made, or make a new key.`,
});
const unboundError = (what: string): IdentityError => ({
  type: 'store-unbound',
  message: `The identity of ${what} belongs to no network yet. Open the invitation that you were given.`,
});
const boundElsewhere = (bound: NetworkBinding, asked: NetworkBinding): IdentityError => ({
  type: 'store-bound-elsewhere',
  message:
    `This identity belongs to network ${bound.network.slice(0, 8)}… and cannot join network ${asked.network.slice(0, 8)}… as well. ` +
    'Make a new key for the other network.',
});
const malformed = (problem: string): IdentityError => ({
  type: 'store-failed',
  message: `Nothing was written: what was asked for has no place in this database (${problem}). Correct it and try again.`,
});
