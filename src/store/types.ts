/**
 * The store of one identity in one network. One writer: the Web Lock and the generation fence every other tab.
 * Every adapter passes test/store/suite.ts.
 */
import type { Digest, Key, LogId, MemberIndex, NetworkId, Round, Version } from '../codec/brand.ts';
import type { Certificate, Evidence, Vote } from '../codec/vote.ts';

/** PERSIST: what must be durable before a signature of this key leaves (docs/protocol.md). One record per key. */
export interface InstanceLog {
  readonly key: Key;
  /** The open version: one more than the certified one. */
  readonly version: Version;
  /** -1 = not started. */
  readonly round: Round;
  /** Every own PRE-COMMIT and COMMIT of this version. */
  readonly ownVotes: readonly Vote[];
  readonly lock: { readonly digest: Digest; readonly round: Round; readonly polka: readonly Vote[] } | null;
  /** For round >= 1: the PRE-COMMITs of round - 1 known here. */
  readonly previousRound: readonly Vote[];
  /** Digests of the values voted for: their bytes are in `values`. */
  readonly values: readonly Digest[];
}

/** The certified head of one key. */
export interface CertifiedEntry {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
  /** A list of votes until the aggregate is made; then replaced. */
  readonly certificate: Certificate;
  /** Digest of the version before; null for version 1; undefined while the bytes are missing. */
  readonly previous?: Digest | null;
}

/** A session record as L2 keeps it: opaque here, canonical CBOR. */
export interface StoredSession {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Everything the replica needs to resume, without value bytes. */
export interface StoredState {
  readonly logs: readonly InstanceLog[];
  readonly certified: readonly CertifiedEntry[];
  readonly evidence: readonly { readonly member: MemberIndex; readonly evidence: Evidence }[];
  readonly sessions: readonly StoredSession[];
  readonly meta: ReadonlyMap<string, Uint8Array>;
}

/** One atomic, strictly durable transaction. Empty parts are left out. */
export interface WriteBatch {
  readonly logs?: readonly InstanceLog[];
  readonly dropLogs?: readonly Key[];
  /** Replaces the head of its key; a head with a lower version moves to history in the same transaction. */
  readonly certified?: readonly CertifiedEntry[];
  /**
   * A key goes back to a lower version, null: to none. What was above it is not in the state with which the network was continued
   * (docs/protocol.md, "Going on beyond f"). Done before the rest of the batch.
   */
  readonly aside?: readonly { readonly key: Key; readonly head: CertifiedEntry | null }[];
  /** Past versions of a key below one: pruned by hand. */
  readonly dropHistory?: readonly { readonly key: Key; readonly below: Version }[];
  /** Past versions that were fetched from others. */
  readonly history?: readonly CertifiedEntry[];
  readonly values?: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[];
  readonly dropValues?: readonly Digest[];
  readonly evidence?: readonly { readonly member: MemberIndex; readonly evidence: Evidence }[];
  readonly sessions?: readonly StoredSession[];
  readonly dropSessions?: readonly string[];
  readonly meta?: readonly { readonly name: string; readonly bytes: Uint8Array | null }[];
}

export interface StoreError {
  /**
   * fenced: another tab has taken over (a higher generation). full: quota. closed: the database went away. epoch-closed: a vote in an epoch
   * that this disk has closed or left (epoch-guard.ts). failed: anything else.
   */
  readonly type: 'store-fenced' | 'store-full' | 'store-closed' | 'store-epoch-closed' | 'store-failed';
  readonly message: string;
}

export interface ReplicaStore {
  /** Raised by one each time the lock is taken; checked in the transaction of every write. */
  readonly generation: number;
  readonly logId: LogId;
  readonly network: NetworkId;
  load(): Promise<StoredState>;
  /** Resolves when durable. Writes are applied in call order. After a failure the replica must stop. */
  write(batch: WriteBatch): Promise<{ ok: true; value: undefined } | { ok: false; error: StoreError }>;
  value(digest: Digest): Promise<Uint8Array | undefined>;
  /** Past versions of a key, ascending. */
  history(key: Key): Promise<readonly CertifiedEntry[]>;
  close(): void;
}
