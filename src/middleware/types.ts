/// <reference lib="esnext.disposable" preserve="true" />
/** The public types of an open network. Those of what travels to the worker are in src/worker/kv/api.ts. */
import type {
  Certificate,
  Certified,
  IceServer,
  Inspection,
  KvStatus,
  Misbehaviour,
  ProveError,
  ReadError,
  Result,
  SetError,
  SignError,
  Value,
} from '../worker/kv/api.ts';

import type { SessionMark, Sessions, SessionService } from './sessions.ts';

/** What was certified, and how to get what proves it. */
export interface SetHandle extends Certified {
  /** The quorum certificate, in its newest form: one BLS aggregate soon after the votes. null: this replica does not hold it (any more). Rejects with `NetworkError`. */
  certificate(): Promise<Certificate | null>;
}

/** A certified value. */
export interface Entry extends SetHandle {
  /** undefined: deleted. */
  readonly value: Value | undefined;
  /** The session that made it, where `value` is its record; left out: it was set. */
  readonly session?: SessionMark;
}

/** Of one epoch. */
export interface Member {
  /** Stays with the member when places and keys change. */
  readonly id: string;
  /** What `createIdentity` was given. */
  readonly label: string;
  /** 32 bytes: the Ed25519 key with which it votes and signs. */
  readonly publicKey: Uint8Array;
}

/**
 * A change that this replica is asked to vote for. Every member must give the same answer for the same change, now and later: no clock,
 * no randomness, no other keys, nothing from outside.
 */
export interface Change {
  /** 64 hex digits. A signature that names it cannot be used in another network. */
  readonly network: string;
  readonly key: string;
  /** The version that it would become; the first is 1, deletes count. */
  readonly version: number;
  /** null: the key has no value, because it is new or was deleted. `digest`: 64 hex digits, as `Certified` has it. */
  readonly previous: { readonly value: Value; readonly digest: string } | null;
  /** undefined: a delete. */
  readonly value: Value | undefined;
  /** Number of the epoch in which it is voted on. */
  readonly epoch: number;
  /** Of that epoch, in the order of its list. */
  readonly members: readonly Member[];
}

/**
 * True allows the change. Anything else refuses it, for good; so does throwing anything but `Abstain`. Taking longer than
 * `ACCESS_BUDGET_MS` milliseconds abstains as well: the change is asked about again, and the status reports it.
 */
export type AccessControl = (change: Change, tools: AccessTools) => boolean | Promise<boolean>;

/** What a callback may look at besides the change. At most `MAX_TOOL_CALLS` checks for one change: the next one throws, which refuses. */
export interface AccessTools {
  /** Aborted when the time for the answer is over: nobody waits for it any more. */
  readonly signal: AbortSignal;
  /**
   * What a proof of `prove` proves; null: nothing. One of an epoch that has ended counts when this replica holds that version.
   * @throws Abstain when this replica cannot judge it yet. Whatever the callback then answers, the change is asked about again.
   */
  verifyProof(proof: Uint8Array): Promise<ProvenValue | null>;
  /** Whether this member of `change.members` signed these bytes with `sign`; false for who is no member. */
  verifyMember(id: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** What a quorum of an epoch certified, read from a proof. */
export interface ProvenValue {
  readonly key: string;
  readonly version: number;
  /** 64 hex digits. */
  readonly digest: string;
  /** undefined: deleted. */
  readonly value: Value | undefined;
  readonly round: number;
  readonly epoch: number;
  /** Ids of members of that epoch; at least a quorum of it. */
  readonly signedBy: readonly string[];
}

export interface JoinOptions {
  /** From `createIdentity` or `identities`. May be left out when only one identity of this browser fits. */
  readonly identity?: string;
  /** Needed the first time that an identity opens its network. */
  readonly invitation?: string;
  /** The genesis file: members and their public keys. Without it the members that can be reached are asked for it. */
  readonly genesis?: Uint8Array;
  /** 64 hex digits: with `genesis`, instead of an invitation. */
  readonly joinSecret?: string;
  /** `wss://…` addresses, at most 8; remembered. Unless given: the invitation's, or `/signal` on the server of the page. */
  readonly signaling?: readonly string[];
  /** STUN and TURN servers; remembered. */
  readonly iceServers?: readonly IceServer[];
  /** Version of `allow`, from 1: the network must have been created for the same. */
  readonly rules?: number;
  /** Unless given, every change is allowed. */
  readonly allow?: AccessControl;
  /** For an application with several steps. Unless given, this replica abstains on what sessions made. */
  readonly sessions?: SessionService;
  /** Gives up joining: the worker is ended, and the result is `aborted`. Once joined it has no effect; `close` does that. */
  readonly signal?: AbortSignal;
}

export interface SetCallOptions {
  /** Gives up waiting; what was proposed may still be decided. */
  readonly signal?: AbortSignal;
  /** Only on this version of the key (0: it never had a value); a conflict otherwise. Give the version that the new value was made from. */
  readonly base?: number;
  /** After a conflict, propose the same value again on the winner: an overwrite by intention. False unless given. */
  readonly retry?: boolean;
}

export interface Following {
  /** Ends it, without an error. */
  readonly signal?: AbortSignal;
}

/** One key, or all that begin with a text. */
export type KeyPattern = string | { readonly prefix: string };

/** One open network. All tabs of a browser share one replica; `close` ends this tab's part. */
export interface Network {
  /** 64 hex digits: digest of the genesis, or of what the survivors of another network went on as. */
  readonly id: string;
  readonly name: string;
  readonly identity: string;
  /** Of the epoch in force, in the order of its list. */
  members(): readonly Member[];
  /** The newest certified value; undefined when there is none or it was deleted. Rejects with `NetworkError` where `read` fails. */
  get(key: string): Promise<Value | undefined>;
  /** As `get`, with version, digest and signers; null when the key never had a value. */
  read(key: string): Promise<Result<Entry | null, ReadError>>;
  /** Resolves when the key's next version is decided: with its certificate's handle, or why it is not this value. Waits for a quorum as long as it takes. */
  set(key: string, value: Value, options?: SetCallOptions): Promise<Result<SetHandle, SetError>>;
  /** As `set`; leaves a tombstone, on which a later `set` builds. */
  delete(key: string, options?: SetCallOptions): Promise<Result<SetHandle, SetError>>;
  /**
   * Calls back once per certified change that this replica adopts from now on, by vote or by sync, each key in order of version.
   * Versions that were passed while the replica was away are not told one by one: the newest is. Ends with the returned function or the signal.
   * @throws RangeError for a key that cannot exist, and beyond `MAX_LISTENERS` in this tab, loops over `changes` among them.
   */
  listen(pattern: KeyPattern, callback: (change: Entry) => void, options?: Following): () => void;
  /**
   * The same as a loop, from its beginning on. While its body runs at most `MAX_BUFFERED_CHANGES` changes wait; beyond that older versions of the
   * same key are dropped, and a loop that more keys than that have passed throws a `NetworkError`. Ends by the signal and when the network is closed.
   * @throws RangeError for a key that cannot exist; the loop throws one where it begins, beyond `MAX_LISTENERS` in this tab.
   */
  changes(pattern: KeyPattern, options?: Following): AsyncIterable<Entry>;
  /**
   * What is certified now, ascending by key (UTF-16 code units), without deleted ones; each as it stands when its turn comes. Rejects with
   * `NetworkError` when a value has not arrived. @throws RangeError for a key that cannot exist.
   */
  entries(pattern: KeyPattern, options?: Following): AsyncIterable<Entry>;
  /** The newest, at most 50 ms old. */
  readonly status: KvStatus;
  /** Calls back with the status as it is, then with each new one. Ends with the returned function; one function given twice is called twice. */
  subscribeStatus(callback: (status: KvStatus) => void): () => void;
  /** The same as a loop: whoever is slow sees the newest, not all. */
  statuses(options?: Following): AsyncIterable<KvStatus>;
  /**
   * A certified value as bytes: certificate, digest of the version before, and the value. Whoever has them can check them with `verifyProof` and the
   * members' genesis and chain, or as a member in its callback. Unless `version` is given, the newest.
   */
  prove(key: string, version?: number): Promise<Result<Uint8Array, ProveError>>;
  /** 64 bytes: Ed25519 by this member's key, over a text of its own kind that names the network, the key and these bytes (at most `MAX_SIGNED_BYTES`). Rejects with TypeError for what is no Uint8Array. */
  sign(bytes: Uint8Array): Promise<Result<Uint8Array, SignError>>;
  /** For applications with several steps; all calls are refused with `no-service` unless `join` was given a service. */
  readonly sessions: Sessions;
  /** What convicts members: two votes of one that contradict each other. Rejects with `NetworkError`. */
  evidence(): Promise<readonly Misbehaviour[]>;
  /** What the replica is doing, for a developer; the same within half a second. Rejects with `NetworkError`. */
  inspect(): Promise<Inspection>;
  /** For others that are members: anyone who has it can find the members; it admits nobody. */
  invitation(): Promise<string>;
  /** The genesis file. */
  genesis(): Promise<Uint8Array>;
  /** What led from each epoch to the next: with the genesis, all that `verifyCertificate` and `verifyProof` need. Empty while members never changed. */
  chain(): Promise<readonly Uint8Array[]>;
  /** Resolves when everything is on disk and the connections are closed, for each caller. Rejects when the disk failed; it is closed all the same. */
  close(): Promise<void>;
  /** `close`, for `await using`; there where the browser knows it. */
  [Symbol.asyncDispose](): Promise<void>;
}
