/**
 * A store in memory, for Node and the simulator. A `MemoryDisk` outlives the replicas that are opened on it: a crash with its disk is a
 * second `openReplica`, a crash without it a new disk, an old backup a disk made from an earlier `snapshot`.
 *
 * Records are copied on the way in and on the way out, so a replica that changes an object after it was written, or after it was
 * read, shows in the tests.
 */
import type { Key, LogId, NetworkId } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { packBatch, replaceHead, type PackedBatch } from './batch.ts';
import { EPOCH_MARK, guardedLogs, readMark, voteRefusal } from './epoch-guard.ts';
import {
  packEntry,
  readBytes,
  readEntry,
  readEvidence,
  readLog,
  readSession,
  type EvidenceRecord,
} from './codec.ts';
import {
  afterFailure,
  closedError,
  contradictionError,
  fencedError,
  fromDomError,
  StoreReadFailure,
  toReadError,
  type StoreReadError,
} from './errors.ts';
import type {
  CertifiedEntry,
  InstanceLog,
  ReplicaStore,
  StoredSession,
  StoredState,
  StoreError,
  WriteBatch,
} from './types.ts';

/**
 * What a fault does to one write. `refuse`: nothing is written. `lose-answer`: everything is written, and the caller hears a failure
 * all the same, as after a crash between the disk and the answer.
 */
export interface MemoryFault {
  readonly kind: 'refuse' | 'lose-answer';
  readonly error: StoreError;
}

/** A copy of a disk at one moment; it never changes. */
export interface DiskSnapshot {
  readonly logId: LogId;
  readonly network: NetworkId;
  readonly generation: number;
  readonly data: DiskData;
}

interface DiskData {
  readonly logs: Map<Key, InstanceLog>;
  readonly certified: Map<Key, CertifiedEntry>;
  readonly history: Map<Key, Map<number, CertifiedEntry>>;
  readonly values: Map<string, Uint8Array>;
  readonly evidence: Map<string, EvidenceRecord>;
  readonly sessions: Map<string, StoredSession>;
  readonly meta: Map<string, Uint8Array>;
}

export interface MemoryReplicaStore extends ReplicaStore {
  /** Like `load`, with damage as a value. */
  readState(): Promise<Result<StoredState, StoreReadError>>;
}

export class MemoryDisk {
  readonly logId: LogId;
  readonly network: NetworkId;
  #generation = 0;
  #data: DiskData = emptyData();
  #fault: ((batch: WriteBatch, sequence: number) => MemoryFault | null) | null = null;
  #sequence = 0;

  constructor(identity: { readonly logId: LogId; readonly network: NetworkId }) {
    this.logId = identity.logId;
    this.network = identity.network;
  }

  static fromSnapshot(snapshot: DiskSnapshot): MemoryDisk {
    const disk = new MemoryDisk(snapshot);
    disk.#generation = snapshot.generation;
    disk.#data = structuredClone(snapshot.data);
    return disk;
  }

  snapshot(): DiskSnapshot {
    return {
      logId: this.logId,
      network: this.network,
      generation: this.#generation,
      data: structuredClone(this.#data),
    };
  }

  /** Asked before every write, with the number of the write on this disk, from 0. null takes the fault away. */
  setFault(fault: ((batch: WriteBatch, sequence: number) => MemoryFault | null) | null): void {
    this.#fault = fault;
  }

  /** Raises the generation: replicas that were opened before can no longer write. */
  openReplica(): MemoryReplicaStore {
    const generation = ++this.#generation;
    let closed = false;
    let broken: StoreError | null = null;
    const stop = (error: StoreError): { ok: false; error: StoreError } => {
      broken ??= error;
      return fail(error);
    };
    const readable = (): void => {
      if (closed) throw new StoreReadFailure(toReadError(closedError(WHAT)));
    };
    const readState = async (): Promise<Result<StoredState, StoreReadError>> =>
      closed ? fail(toReadError(closedError(WHAT))) : readAll(this.#data);
    return {
      generation,
      logId: this.logId,
      network: this.network,
      readState,
      load: async () => {
        const state = await readState();
        if (!state.ok) throw new StoreReadFailure(state.error);
        return state.value;
      },
      // Applied before the first await: call order is write order.
      write: async (batch) => {
        if (closed) return fail(closedError(WHAT));
        if (broken) return fail(afterFailure(broken));
        if (this.#generation !== generation) return stop(fencedError(generation, this.#generation));
        const fault = this.#fault?.(batch, this.#sequence++) ?? null;
        if (fault?.kind === 'refuse') return stop(fault.error);
        let problem: StoreError | null;
        try {
          problem = apply(this.#data, packBatch(batch));
        } catch (error) {
          return stop(fromDomError(error, WHAT, false));
        }
        if (problem) return stop(problem);
        return fault ? stop(fault.error) : ok(undefined);
      },
      value: async (digest) => {
        readable();
        const bytes = this.#data.values.get(digest);
        return bytes && new Uint8Array(unwrapRead(readBytes('values', digest, bytes)));
      },
      history: async (key) => {
        readable();
        const versions = [...(this.#data.history.get(key)?.values() ?? [])].sort(
          (a, b) => a.version - b.version,
        );
        return versions.map((entry) => packEntry(entry));
      },
      close: () => {
        closed = true;
      },
    };
  }
}

const WHAT = 'this replica in memory';

const emptyData = (): DiskData => ({
  logs: new Map(),
  certified: new Map(),
  history: new Map(),
  values: new Map(),
  evidence: new Map(),
  sessions: new Map(),
  meta: new Map(),
});

/** All of the batch or nothing: what can fail is worked out before the first change. */
function apply(data: DiskData, batch: PackedBatch): StoreError | null {
  const refused = guard(data, batch.logs);
  if (refused) return refused;
  const heads = new Map<Key, CertifiedEntry>();
  const moved: CertifiedEntry[] = [];
  const aside = new Map(batch.aside.map(({ key, head }) => [key, head]));
  const stored = (key: Key): CertifiedEntry | undefined =>
    aside.has(key) ? (aside.get(key) ?? undefined) : data.certified.get(key);
  for (const entry of batch.certified) {
    const change = replaceHead(heads.get(entry.key) ?? stored(entry.key), entry);
    if (change.kind === 'contradiction') return contradictionError(entry.key, entry.version);
    if (change.kind === 'ignored') continue;
    heads.set(entry.key, change.head);
    if (change.moved) moved.push(change.moved);
  }
  for (const { key, head } of batch.aside) {
    if (head) data.certified.set(key, head);
    else data.certified.delete(key);
    const versions = data.history.get(key);
    for (const version of versions?.keys() ?? [])
      if (version >= (head?.version ?? 0)) versions?.delete(version);
  }
  for (const key of batch.dropLogs) data.logs.delete(key);
  for (const log of batch.logs) data.logs.set(log.key, log);
  for (const digest of batch.dropValues) data.values.delete(digest);
  for (const { digest, bytes } of batch.values) data.values.set(digest, bytes);
  for (const id of batch.dropSessions) data.sessions.delete(id);
  for (const session of batch.sessions) data.sessions.set(session.id, session);
  for (const { id, record } of batch.evidence) data.evidence.set(JSON.stringify(id), record);
  for (const { name, bytes } of batch.meta) {
    if (bytes) data.meta.set(name, bytes);
    else data.meta.delete(name);
  }
  for (const { key, below } of batch.dropHistory) {
    const versions = data.history.get(key);
    for (const version of versions?.keys() ?? []) if (version < below) versions?.delete(version);
  }
  for (const entry of [...batch.history, ...moved]) {
    const versions = data.history.get(entry.key) ?? new Map<number, CertifiedEntry>();
    data.history.set(entry.key, versions.set(entry.version, entry));
  }
  for (const [key, head] of heads) data.certified.set(key, head);
  return null;
}

function guard(data: DiskData, logs: readonly InstanceLog[]): StoreError | null {
  const mark = readMark(data.meta.get(EPOCH_MARK));
  for (const log of guardedLogs(logs)) {
    if (!mark.ok) return mark.error;
    const refused = voteRefusal(mark.value, log, data.logs.get(log.key));
    if (refused) return refused;
  }
  return null;
}

/** Through the same checks as records of a disk, and cloned: what is handed out is not what is kept. */
function readAll(data: DiskData): Result<StoredState, StoreReadError> {
  try {
    const read = structuredClone({ ...data, values: null, history: null });
    return ok({
      logs: [...read.logs].map(([key, log]) => unwrapRead(readLog(key, log))),
      certified: [...read.certified].map(([key, entry]) => unwrapRead(readEntry('certified', key, entry))),
      evidence: [...read.evidence].map(([id, record]) => unwrapRead(readEvidence(id, record))),
      sessions: [...read.sessions].map(([id, session]) => unwrapRead(readSession(id, session))),
      meta: new Map(
        [...read.meta].map(([name, bytes]) => [name, unwrapRead(readBytes('meta', name, bytes))]),
      ),
    });
  } catch (error) {
    if (error instanceof StoreReadFailure) return fail(error.error);
    throw error;
  }
}

function unwrapRead<T>(result: Result<T, StoreReadError>): T {
  if (!result.ok) throw new StoreReadFailure(result.error);
  return result.value;
}
