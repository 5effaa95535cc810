/**
 * What leaves waits here until what must be durable first is durable: everything collected during one turn is one atomic write, then
 * the messages go. While a write is under way the next turn's work gathers (group commit).
 */
import type { Digest, Key, Milliseconds, Version } from '../../codec/brand.ts';
import type {
  CertifiedEntry,
  InstanceLog,
  ReplicaStore,
  StoredSession,
  StoreError,
  WriteBatch,
} from '../../store/types.ts';

export interface OutboxOptions {
  readonly store: ReplicaStore;
  /** The log of a key as it stands when the write begins; null when nothing of the key is open. */
  log(key: Key): InstanceLog | null;
  bytes(digest: Digest): Uint8Array | undefined;
  /** A failed write: the replica must stop. */
  failed(error: StoreError): void;
  /** For the figures of the inspector alone; left out: writes are not timed. */
  now?(): Milliseconds;
}

/** What waits to be written, and how the writes went. */
export interface OutboxFigures {
  readonly queued: {
    readonly logs: number;
    readonly certified: number;
    readonly values: number;
    readonly sessions: number;
    readonly other: number;
    /** Messages and answers that wait for the next write. */
    readonly after: number;
  };
  readonly writes: number;
  readonly lastMs: Milliseconds | null;
  readonly slowestMs: Milliseconds | null;
  /** When the last write ended. */
  readonly lastAt: Milliseconds | null;
}

type Evidence = NonNullable<WriteBatch['evidence']>[number];

export class Outbox {
  readonly #options: OutboxOptions;
  #logs = new Set<Key>();
  #decided = new Set<Key>();
  #certified = new Map<Key, CertifiedEntry>();
  #history: CertifiedEntry[] = [];
  #aside: { readonly key: Key; readonly head: CertifiedEntry | null }[] = [];
  #pruned: { readonly key: Key; readonly below: Version; readonly digests: readonly Digest[] }[] = [];
  #values = new Map<Digest, Uint8Array>();
  #evidence: Evidence[] = [];
  #sessions = new Map<string, StoredSession>();
  #droppedSessions = new Set<string>();
  #meta: { name: string; bytes: Uint8Array | null }[] = [];
  #after: { readonly run: () => void; readonly stopped: (() => void) | undefined }[] = [];
  #between: (() => void)[] = [];
  #busy = false;
  #stopped = false;
  /** Turns that are being carried out, one within the other. */
  #turns = 0;
  #writes = 0;
  #lastMs: Milliseconds | null = null;
  #slowestMs: Milliseconds | null = null;
  #lastAt: Milliseconds | null = null;
  /** BEGIN was handed over. */
  #ended = false;
  /** Values on disk because an open version's log names them. */
  readonly #open = new Map<Key, Set<Digest>>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** After a start: the values that the stored logs name are on disk already. */
  restore(logs: readonly InstanceLog[]): void {
    for (const log of logs) this.#open.set(log.key, new Set(log.values));
  }

  log(key: Key): void {
    // BEGIN: what would still be logged is of the epoch that ended.
    if (!this.#ended) this.#logs.add(key);
  }

  /**
   * The head of a key; its open log, if it is not written anew in the same turn, goes in the same write. Values that lost stay on the
   * disk: they are few (this replica voted for them), and another key may have the same bytes.
   */
  certify(entry: CertifiedEntry, decided: boolean): void {
    const waiting = this.#certified.get(entry.key);
    // Two versions in one turn: the store keeps the lower one as history only if it sees both.
    if (waiting && waiting.version < entry.version) this.#history.push(waiting);
    this.#certified.set(entry.key, entry);
    if (!decided) return;
    this.#decided.add(entry.key);
    this.#open.delete(entry.key);
  }

  /** BEGIN: votes of the epoch that ended are of no use to anybody. */
  dropLogs(): void {
    this.#ended = true;
    this.#logs.clear();
    for (const key of this.#open.keys()) this.#decided.add(key);
    this.#open.clear();
  }

  /** A key goes back to a lower version, or to none: what was above it is not in the state that the network was continued with. */
  aside(key: Key, head: CertifiedEntry | null): void {
    this.#aside.push({ key, head });
  }

  history(entry: CertifiedEntry): void {
    this.#history.push(entry);
  }

  /**
   * Takes past versions and their values from the disk. For values that belong to one key only, as a session's do: its signature names the key.
   */
  prune(key: Key, below: Version, digests: readonly Digest[]): void {
    this.#pruned.push({ key, below, digests });
  }

  value(digest: Digest, bytes: Uint8Array): void {
    this.#values.set(digest, bytes);
  }

  evidence(item: Evidence): void {
    this.#evidence.push(item);
  }

  session(session: StoredSession): void {
    this.#droppedSessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }

  dropSession(id: string): void {
    this.#sessions.delete(id);
    this.#droppedSessions.add(id);
  }

  meta(name: string, bytes: Uint8Array | null): void {
    this.#meta.push({ name, bytes });
  }

  /** Runs `run` once everything handed over so far is durable, or `stopped` when that will never be. */
  whenWritten(run: () => void, stopped?: () => void): void {
    if (this.#stopped) stopped?.();
    else this.#after.push({ run, stopped });
  }

  /** True when everything handed over so far is durable; false when the replica has stopped before. */
  durable(): Promise<boolean> {
    return new Promise((resolve) => {
      this.whenWritten(
        () => resolve(true),
        () => resolve(false),
      );
      this.flush();
    });
  }

  /** True while a write is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  get figures(): OutboxFigures {
    const listed = [this.#history, this.#aside, this.#pruned, this.#evidence, this.#meta];
    return {
      queued: {
        logs: this.#logs.size,
        certified: this.#certified.size,
        values: this.#values.size,
        sessions: this.#sessions.size + this.#droppedSessions.size,
        other: listed.reduce((sum, { length }) => sum + length, 0),
        after: this.#after.length,
      },
      writes: this.#writes,
      lastMs: this.#lastMs,
      slowestMs: this.#slowestMs,
      lastAt: this.#lastAt,
    };
  }

  /** Runs `run` after the write that is under way, before the next one begins. */
  afterWrite(run: () => void): void {
    this.#between.push(run);
  }

  flush(): void {
    if (!this.#busy && !this.#stopped && this.#turns === 0) void this.#run();
  }

  /** All that one turn hands over is one write: a decision, and the mark that goes with it, even if something between them asks for a flush. */
  inTurn(carryOut: () => void): void {
    this.#turns++;
    try {
      carryOut();
    } finally {
      this.#turns--;
    }
  }

  /** True within a turn. */
  get isInTurn(): boolean {
    return this.#turns > 0;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const abandoned = this.#after;
    this.#after = [];
    for (const { stopped } of abandoned) stopped?.();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (!this.#stopped && !this.#isEmpty()) {
      const batch = this.#take();
      const after = this.#after;
      this.#after = [];
      if (batch) {
        const began = this.#options.now?.() ?? null;
        const written = await this.#options.store.write(batch);
        this.#note(began);
        if (!written.ok) {
          this.stop();
          for (const { stopped } of after) stopped?.();
          this.#options.failed(written.error);
          break;
        }
      }
      for (const one of after) this.#call(this.#stopped ? one.stopped : one.run);
      this.#callBetween();
    }
    this.#busy = false;
    this.#callBetween();
  }

  #note(began: Milliseconds | null): void {
    this.#writes++;
    const ended = this.#options.now?.() ?? null;
    if (began === null || ended === null) return;
    this.#lastAt = ended;
    this.#lastMs = ended - began;
    this.#slowestMs = Math.max(this.#slowestMs ?? 0, this.#lastMs);
  }

  #callBetween(): void {
    const between = this.#between;
    this.#between = [];
    if (!this.#stopped) for (const run of between) this.#call(run);
  }

  /** One that throws is a bug, and is reported as one; the writes and messages of the others go on. */
  #call(run: (() => void) | undefined): void {
    try {
      run?.();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #isEmpty(): boolean {
    return this.#after.length === 0 && !this.#hasWork();
  }

  #hasWork(): boolean {
    const sized = [this.#logs, this.#certified, this.#values, this.#sessions, this.#droppedSessions];
    const listed = [this.#history, this.#aside, this.#pruned, this.#evidence, this.#meta];
    return sized.some((s) => s.size > 0) || listed.some((l) => l.length > 0);
  }

  /** The write of this turn, or null when only messages wait. */
  #take(): WriteBatch | null {
    if (!this.#hasWork()) return null;
    const logs: InstanceLog[] = [];
    const written = new Set<Key>();
    for (const key of this.#logs) {
      const log = this.#options.log(key);
      if (!log) continue;
      logs.push(log);
      written.add(key);
      const open = this.#open.get(key) ?? new Set<Digest>();
      for (const digest of log.values) {
        if (open.has(digest)) continue;
        const bytes = this.#options.bytes(digest);
        if (!bytes) continue;
        open.add(digest);
        this.#values.set(digest, bytes);
      }
      this.#open.set(key, open);
    }
    const batch: WriteBatch = {
      logs,
      dropLogs: [...this.#decided].filter((key) => !written.has(key)),
      certified: [...this.#certified.values()],
      dropHistory: this.#pruned,
      dropValues: this.#pruned.flatMap(({ digests }) => digests),
      history: this.#history,
      aside: this.#aside,
      values: [...this.#values].map(([digest, bytes]) => ({ digest, bytes })),
      evidence: this.#evidence,
      sessions: [...this.#sessions.values()],
      dropSessions: [...this.#droppedSessions],
      meta: this.#meta,
    };
    this.#logs = new Set();
    this.#decided = new Set();
    this.#certified = new Map();
    this.#history = [];
    this.#aside = [];
    this.#pruned = [];
    this.#values = new Map();
    this.#evidence = [];
    this.#sessions = new Map();
    this.#droppedSessions = new Set();
    this.#meta = [];
    return batch;
  }
}
