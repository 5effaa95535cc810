/**
 * The replica's side of an identity's database. A write is one transaction in one round trip:
 *
 *   get mark, logs   (with votes: epoch-guard.ts)
 *   get generation   (the fence)                         puts and deletes   (queued at once behind it)
 *   its answer: equal → heads are moved if there are any → commit()         different → abort(), which undoes the puts
 *
 * Every write takes `meta` in its scope, so the browser runs writes one after the other in the order in which they were made
 * (IndexedDB 3.0, section 2.7.2: transactions with overlapping scope). The hot path uses the platform's own objects, not promises per
 * request: an await inside the transaction would cost a turn of the event loop and could let it commit early.
 */
import { unwrap } from 'idb';
import type { Digest, Key, LogId, NetworkId } from '../codec/brand.ts';
import type { EpochMark } from '../codec/epochs.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { packBatch, replaceHead, type PackedBatch } from './batch.ts';
import { readBytes, readEntry, readEvidence, readLog, readSession } from './codec.ts';
import { EPOCH_MARK, guardedLogs, needsStored, readMark, voteRefusal } from './epoch-guard.ts';
import {
  afterFailure,
  closedError,
  contradictionError,
  fencedError,
  fromDomError,
  overloadedError,
  StoreReadFailure,
  toReadError,
  type StoreReadError,
} from './errors.ts';
import type { Connection } from './idb-connection.ts';
import { KnownHeads } from './known-heads.ts';
import { META_GENERATION, META_OWN_PREFIX, type StoreName } from './idb-schema.ts';
import { MAX_PENDING_WRITES } from './limits.ts';
import type {
  CertifiedEntry,
  InstanceLog,
  ReplicaStore,
  StoredState,
  StoreError,
  WriteBatch,
} from './types.ts';

type WriteResult = { ok: true; value: undefined } | { ok: false; error: StoreError };

export class IdbReplicaStore implements ReplicaStore {
  readonly generation: number;
  readonly logId: LogId;
  readonly network: NetworkId;
  readonly #connection: Connection;
  readonly #db: IDBDatabase;
  #closed = false;
  /** The first failed write; after it nothing is written, so the disk holds a prefix of what was asked for. */
  #broken: StoreError | null = null;
  #pending = 0;
  /** Heads as they are after every write handed over: there is no other writer, the fence sees to that. */
  readonly #heads = new KnownHeads();
  /** In the same way; undefined: not read yet. It only saves reading logs: what stands on the disk is asked in each transaction. */
  #mark: EpochMark | null | undefined;

  constructor(connection: Connection, identity: { generation: number; logId: LogId; network: NetworkId }) {
    this.#connection = connection;
    this.#db = unwrap(connection.db);
    this.generation = identity.generation;
    this.logId = identity.logId;
    this.network = identity.network;
  }

  write(batch: WriteBatch): Promise<WriteResult> {
    const refused = this.#refusal();
    if (refused) return Promise.resolve(fail(refused));
    let packed: PackedBatch;
    let tx: IDBTransaction;
    try {
      packed = packBatch(batch);
      tx = this.#db.transaction(storesOf(packed), 'readwrite', { durability: 'strict' });
    } catch (error) {
      return Promise.resolve(this.#stop(fromDomError(error, this.#connection.what, this.#connection.closed)));
    }
    this.#pending++;
    return new Promise((resolve) => {
      let reason: StoreError | null = null;
      const abort = (error: StoreError): void => {
        reason ??= error;
        // At once: the next write may be asked for its fence before this abort is told.
        this.#broken ??= error;
        tx.abort();
      };
      tx.oncomplete = () => {
        this.#pending--;
        resolve(ok(undefined));
      };
      tx.onabort = () => {
        this.#pending--;
        resolve(this.#stop(reason ?? fromDomError(tx.error, this.#connection.what, this.#connection.closed)));
      };
      try {
        this.#queue(tx, packed, abort);
      } catch (error) {
        // A put refused what it was given (DataCloneError, DataError): undo those before it.
        abort(fromDomError(error, this.#connection.what, this.#connection.closed));
      }
    });
  }

  #queue(tx: IDBTransaction, batch: PackedBatch, abort: (error: StoreError) => void): void {
    const refusal = this.#queueGuard(tx, guardedLogs(batch.logs));
    const written = batch.meta.findLast(({ name }) => name === EPOCH_MARK);
    if (written) this.#mark = markOf(written.bytes);
    const fence = tx.objectStore('meta').get(META_GENERATION) as IDBRequest<unknown>;
    fence.onsuccess = () => {
      const refused = refusal();
      if (this.#broken) abort(afterFailure(this.#broken));
      else if (fence.result !== this.generation) abort(fencedError(this.generation, Number(fence.result)));
      else if (refused) abort(refused);
      else if (complete) tx.commit();
    };
    queueAside(tx, batch, this.#heads);
    queuePuts(tx, batch);
    // Not committed before the fence has answered: a committing transaction cannot be aborted any more.
    const complete = batch.certified.length === 0 || queueHeads(tx, batch, this.#heads, abort);
  }

  /**
   * Reads what the guard needs, before the puts: the mark, and the logs that it could refuse, which in an open epoch are none. The result is for
   * when the fence has answered: requests are answered in order.
   */
  #queueGuard(tx: IDBTransaction, logs: readonly InstanceLog[]): () => StoreError | null {
    if (logs.length === 0) return () => null;
    const mark = tx.objectStore('meta').get(META_OWN_PREFIX + EPOCH_MARK) as IDBRequest<unknown>;
    const stored = new Map<Key, IDBRequest<InstanceLog | undefined>>();
    for (const log of logs)
      if (needsStored(this.#mark, log)) stored.set(log.key, tx.objectStore('logs').get(log.key));
    return () => {
      const found = readMark(mark.result);
      if (!found.ok) return found.error;
      if (this.#mark === undefined) this.#mark = found.value;
      for (const log of logs) {
        const refused = voteRefusal(found.value, log, stored.get(log.key)?.result);
        if (refused) return refused;
      }
      return null;
    };
  }

  async load(): Promise<StoredState> {
    return unwrapRead(await this.readState());
  }

  /** Like `load`, with damage as a value: the error names the record. */
  async readState(): Promise<Result<StoredState, StoreReadError>> {
    return this.#reading(async () => {
      const stores = ['logs', 'certified', 'evidence', 'sessions', 'meta'] satisfies StoreName[];
      const tx = this.#connection.db.transaction(stores);
      const own = IDBKeyRange.bound(META_OWN_PREFIX, META_OWN_PREFIX + '\uffff');
      const evidenceStore = tx.objectStore('evidence');
      const [logs, certified, evidence, evidenceIds, sessions, meta, metaNames] = (await Promise.all([
        tx.objectStore('logs').getAll(),
        tx.objectStore('certified').getAll(),
        evidenceStore.getAll(),
        evidenceStore.getAllKeys(),
        tx.objectStore('sessions').getAll(),
        tx.objectStore('meta').getAll(own),
        tx.objectStore('meta').getAllKeys(own),
      ])) as unknown[][] as [Keyed[], Keyed[], unknown[], unknown[], Keyed[], unknown[], string[]];
      const heads = certified.map((entry) => unwrapRead(readEntry('certified', String(entry.key), entry)));
      for (const head of heads) this.#heads.learn(head);
      return {
        logs: logs.map((log) => unwrapRead(readLog(String(log.key), log))),
        certified: heads,
        evidence: evidence.map((record, i) => unwrapRead(readEvidence(String(evidenceIds[i]), record))),
        sessions: sessions.map((session) => unwrapRead(readSession(String(session.id), session))),
        meta: new Map(
          meta.map((bytes, i) => {
            const name = metaNames[i]!.slice(META_OWN_PREFIX.length);
            return [name, unwrapRead(readBytes('meta', name, bytes))] as const;
          }),
        ),
      };
    });
  }

  async value(digest: Digest): Promise<Uint8Array | undefined> {
    const result = await this.#reading(async () => {
      const bytes: unknown = await this.#connection.db.get('values', digest);
      return bytes === undefined ? undefined : unwrapRead(readBytes('values', digest, bytes));
    });
    return unwrapRead(result);
  }

  async history(key: Key): Promise<readonly CertifiedEntry[]> {
    const result = await this.#reading(async () => {
      // An array sorts after every number, so this is every version of the key.
      const entries = (await this.#connection.db.getAll(
        'history',
        IDBKeyRange.bound([key], [key, []]),
      )) as CertifiedEntry[];
      return entries.map((entry) =>
        unwrapRead(readEntry('history', `${key} version ${entry.version}`, entry)),
      );
    });
    return unwrapRead(result);
  }

  /** Writes that were handed over before are finished. The identity's connection stays open: close that one too. */
  close(): void {
    this.#closed = true;
  }

  #refusal(): StoreError | null {
    if (this.#closed || this.#connection.closed) return closedError(this.#connection.what);
    if (this.#broken) return afterFailure(this.#broken);
    if (this.#pending < MAX_PENDING_WRITES) return null;
    this.#broken = overloadedError(this.#connection.what, this.#pending);
    return this.#broken;
  }

  #stop(error: StoreError): { ok: false; error: StoreError } {
    this.#broken ??= error;
    return fail(error);
  }

  async #reading<T>(read: () => Promise<T>): Promise<Result<T, StoreReadError>> {
    const { what } = this.#connection;
    if (this.#closed || this.#connection.closed) return fail(toReadError(closedError(what)));
    try {
      return ok(await read());
    } catch (error) {
      if (error instanceof StoreReadFailure) return fail(error.error);
      return fail(toReadError(fromDomError(error, what, this.#connection.closed)));
    }
  }
}

interface Keyed {
  readonly key?: unknown;
  readonly id?: unknown;
}

/** `meta` always: it holds the fence and puts the writes in order. */
function storesOf(batch: PackedBatch): StoreName[] {
  const stores: StoreName[] = ['meta'];
  if (batch.logs.length + batch.dropLogs.length > 0) stores.push('logs');
  if (batch.values.length + batch.dropValues.length > 0) stores.push('values');
  if (batch.sessions.length + batch.dropSessions.length > 0) stores.push('sessions');
  if (batch.evidence.length > 0) stores.push('evidence');
  const heads = batch.certified.length + batch.aside.length;
  if (heads > 0) stores.push('certified');
  if (heads + batch.history.length + batch.dropHistory.length > 0) stores.push('history');
  return stores;
}

function markOf(bytes: Uint8Array | null): EpochMark | null | undefined {
  const mark = readMark(bytes);
  return mark.ok ? mark.value : undefined;
}

/** Everything but the heads, which need an answer first. */
function queuePuts(tx: IDBTransaction, batch: PackedBatch): void {
  for (const key of batch.dropLogs) tx.objectStore('logs').delete(key);
  for (const log of batch.logs) tx.objectStore('logs').put(log);
  for (const digest of batch.dropValues) tx.objectStore('values').delete(digest);
  for (const { digest, bytes } of batch.values) tx.objectStore('values').put(bytes, digest);
  for (const id of batch.dropSessions) tx.objectStore('sessions').delete(id);
  for (const session of batch.sessions) tx.objectStore('sessions').put(session);
  for (const { id, record } of batch.evidence) tx.objectStore('evidence').put(record, id);
  for (const { name, bytes } of batch.meta) {
    if (bytes) tx.objectStore('meta').put(bytes, META_OWN_PREFIX + name);
    else tx.objectStore('meta').delete(META_OWN_PREFIX + name);
  }
  for (const { key, below } of batch.dropHistory)
    tx.objectStore('history').delete(IDBKeyRange.bound([key, 0], [key, below], false, true));
  for (const entry of batch.history) tx.objectStore('history').put(entry);
}

/** Before all else: what is read of these heads then is what stands here. */
function queueAside(tx: IDBTransaction, { aside }: PackedBatch, known: KnownHeads): void {
  for (const { key, head } of aside) {
    const write = known.take([key]);
    if (head) tx.objectStore('certified').put(head);
    else tx.objectStore('certified').delete(key);
    tx.objectStore('history').delete(IDBKeyRange.bound([key, head?.version ?? 0], [key, []]));
    if (head) known.settle(write, key, head);
  }
}

/**
 * Moves and replaces the heads concerned. Those that are not known from an earlier write or read are read first, all at once, and the
 * transaction is committed when the last is here. True when nothing had to be read.
 */
function queueHeads(
  tx: IDBTransaction,
  batch: PackedBatch,
  known: KnownHeads,
  abort: (error: StoreError) => void,
): boolean {
  const certified = tx.objectStore('certified');
  const history = tx.objectStore('history');
  const heads = new Map<Key, CertifiedEntry | undefined>();
  const keys = [...new Set(batch.certified.map((entry) => entry.key))];
  for (const key of keys) {
    const head = known.get(key);
    if (head) heads.set(key, head);
  }
  const write = known.take(keys);
  for (const key of keys.filter((one) => !heads.has(one))) {
    const request = certified.get(key) as IDBRequest<CertifiedEntry | undefined>;
    request.onsuccess = () => {
      heads.set(key, request.result);
      if (heads.size < keys.length) return;
      try {
        moveHeads();
        tx.commit();
      } catch (error) {
        // A put refused its key: an exception here would abort as well, but without its name.
        abort(fromDomError(error, 'this replica', false));
      }
    };
  }
  const moveHeads = (): void => {
    for (const entry of batch.certified) {
      const change = replaceHead(heads.get(entry.key), entry);
      if (change.kind === 'contradiction') return abort(contradictionError(entry.key, entry.version));
      if (change.kind === 'ignored') continue;
      heads.set(entry.key, change.head);
      known.settle(write, entry.key, change.head);
      if (change.moved) history.put(change.moved);
      certified.put(change.head);
    }
  };
  if (heads.size < keys.length) return false;
  moveHeads();
  return true;
}

function unwrapRead<T>(result: Result<T, StoreReadError>): T {
  if (!result.ok) throw new StoreReadFailure(result.error);
  return result.value;
}
