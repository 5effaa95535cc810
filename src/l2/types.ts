/**
 * Layer 2: the session buffer. An operator's steps run at once by the handlers that every replica will run again before it votes.
 * Terms after the session paper: service registry, service handler, transaction Tx(request, response, node id).
 */
import type { Digest, Key, MemberId, NetworkId, Version } from '../codec/brand.ts';
import type { CborValue } from '../codec/cbor.ts';
import type { DeviceKey } from '../codec/device.ts';
import type { Genesis, MemberEntry, Role } from '../codec/genesis.ts';
import type { Result } from '../codec/result.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface ServiceRequest {
  readonly method: Method;
  /** For example `/scan`; at most 120 characters. */
  readonly path: string;
  readonly body: CborValue;
}

export interface ServiceResponse {
  /** HTTP semantics: 200 and 201 are success; 4xx carries `{ type, message }` in the body. */
  readonly status: number;
  readonly body: CborValue;
}

/** The body of every refusing response; `type` is from the handler's documented set. */
export interface ServiceProblem {
  readonly type: string;
  /** What happened, to which thing, what to do next. */
  readonly message: string;
}

export interface Transaction {
  readonly request: ServiceRequest;
  readonly response: ServiceResponse;
  /** Who ran it first: the member's id, or the key of a device of that member. */
  readonly node: string;
}

/** A session as it stands in a committed value. Times inside requests are claimed, in milliseconds since 1970. */
export interface CommittedSession {
  /** 32 hex digits, random. */
  readonly id: string;
  readonly member: MemberId;
  /** Pseudonym, at most 24 characters: personal data stays out of replicated state. */
  readonly operator: string;
  readonly rulesVersion: number;
  readonly baseVersion: number;
  readonly transactions: readonly Transaction[];
  /** Ed25519 over `sessionBytes`, 64 bytes: of the member, or of the first of `devices` when it names one as signer. */
  readonly signature: Uint8Array;
  /** Left out: the member itself ran and signed everything. */
  readonly devices?: SessionDevices;
}

/** Device certificates (src/codec/device.ts) that a session needs: of who signed it, and of every device that ran a step of it. */
export interface SessionDevices {
  /** Of the device that signed; null: the member signed. */
  readonly signer: Uint8Array | null;
  /** Of the other devices that ran steps, ascending by key. */
  readonly others: readonly Uint8Array[];
}

/** The decoded body of a session value: canonical CBOR of exactly these two fields. */
export interface SessionValue {
  readonly record: CborValue;
  readonly session: CommittedSession;
}

/** What a handler may look at. No clock, no randomness, no other key's state. */
export interface HandlerContext {
  readonly key: Key;
  readonly network: NetworkId;
  readonly genesis: Genesis;
  /** The organisation that runs the session. */
  readonly member: MemberEntry;
  readonly operator: string;
  /** Version of the record that the session builds on; 0 = the key has no value. */
  readonly baseVersion: Version;
  /** The successful transactions of this session so far. */
  readonly earlier: readonly Transaction[];
  hash(bytes: Uint8Array): Digest;
  verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

export interface HandlerResult {
  readonly response: ServiceResponse;
  /** The record after the step; the one that came in, unchanged, when the response refuses. */
  readonly record: CborValue;
}

export type Handler = (
  record: CborValue,
  request: ServiceRequest,
  context: HandlerContext,
) => Promise<HandlerResult>;

export interface Service {
  readonly method: Method;
  readonly path: string;
  /** Roles that may call it. */
  readonly roles: readonly Role[];
  /** First rules version that has this handler. */
  readonly since: number;
  /** For docs: one line. */
  readonly summary: string;
  readonly handler: Handler;
}

export interface ServiceRegistry {
  /** Rules versions whose handlers this code has. */
  readonly rulesVersions: readonly number[];
  find(rulesVersion: number, method: string, path: string): Service | undefined;
  list(rulesVersion: number): readonly Service[];
  /** The key must fit the application, for example `package/<18 digits with check digit>`. */
  keyProblem(key: Key): string | null;
  /** May this session end here (all steps that the workflow asks for are done)? null = yes. */
  incomplete(record: CborValue, transactions: readonly Transaction[]): ServiceProblem | null;
}

/** Verdict on a proposed value. `unknown` is "not valid yet": abstain, say so, try again; never remembered as invalid. */
export type Verdict =
  | { readonly verdict: 'valid' }
  | { readonly verdict: 'invalid'; readonly rule: string; readonly message: string; readonly step?: number }
  | { readonly verdict: 'unknown'; readonly message: string };

// ---- the session buffer ----

export type SessionStatus =
  | { readonly state: 'local' }
  | { readonly state: 'voting' }
  | { readonly state: 'committed'; readonly version: Version; readonly digest: Digest }
  | {
      readonly state: 'conflict';
      readonly message: string;
      /** Index of the first step whose response differs on the new record, and both responses. */
      readonly step: number;
      readonly before: ServiceResponse;
      /** Equal to `before`: no response differs, and the message says what is in the way. */
      readonly after: ServiceResponse;
      /** Another device of the member goes on with the session: here it can only be abandoned. */
      readonly why?: 'moved';
    }
  | { readonly state: 'rejected'; readonly rule: string; readonly message: string }
  /** `why`: nobody asked for it; the session was idle for too long, or another device of the member has taken it over. */
  | { readonly state: 'abandoned'; readonly why?: 'expired' | 'moved' };

export interface SessionView {
  readonly id: string;
  readonly key: Key;
  readonly operator: string;
  /** Milliseconds since 1970, claimed. */
  readonly startedAt: number;
  readonly baseVersion: Version;
  /** Successful steps only; a refused step changes nothing and is not kept. */
  readonly transactions: readonly Transaction[];
  /** Working copy of the record after the last step. */
  readonly record: CborValue;
  readonly status: SessionStatus;
  /** How often it was re-run on a newer version without a difference. */
  readonly rebases: number;
  /** Claimed time since when it rests, milliseconds since 1970; left out while it does not. */
  readonly pausedAt?: number;
  /** The device of the same member that runs every step too, and could take the session over. */
  readonly mirror?: { readonly device: string };
}

export type SessionErrorType =
  | 'session-unknown'
  | 'session-closed'
  | 'session-open-elsewhere'
  | 'session-incomplete'
  | 'too-many-sessions'
  | 'too-many-steps'
  | 'nothing-to-undo'
  | 'key-unknown'
  | 'service-unknown'
  | 'role-not-allowed'
  | 'request-malformed'
  | 'step-refused'
  | 'store-failed'
  | 'not-a-voter'
  | 'rules-unknown'
  | 'session-paused'
  | 'session-moved'
  | 'mirror-unreachable'
  | 'mirror-differs';

export interface SessionError {
  readonly type: SessionErrorType;
  readonly message: string;
  /** For `step-refused`: the handler's response; its body holds the problem's own type. */
  readonly response?: ServiceResponse;
  /** For `session-open-elsewhere`: the session that is open on this key on this device. */
  readonly sessionId?: string;
}

export interface SessionProposal {
  readonly key: Key;
  readonly version: Version;
  readonly previous: Digest | null;
  readonly body: Uint8Array;
}

/** The replica, as the session buffer sees it. */
export interface L2Ports {
  readonly network: NetworkId;
  readonly genesis: Genesis;
  readonly member: MemberEntry;
  /** This is a device of `member`: its key, and what the member signed for it; `sign` is by that key. */
  readonly device?: { readonly key: DeviceKey; readonly certificate: Uint8Array } | undefined;
  /** The newest certified value of a key, decoded down to the body; null = none. */
  certified(key: Key): Promise<{ version: Version; digest: Digest; body: Uint8Array | null } | null>;
  /** Hands a finished value to L1. Resolves when the proposal is durable; the outcome arrives by `decided`. */
  propose(
    key: Key,
    version: Version,
    previous: Digest | null,
    body: Uint8Array,
  ): Promise<Result<{ digest: Digest }>>;
  /** The same for many keys at once, one result for each; left out: one by one. */
  proposeBatch?:
    ((proposals: readonly SessionProposal[]) => Promise<Result<{ digest: Digest }>[]>) | undefined;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  hash(bytes: Uint8Array): Digest;
  verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** Durable when it resolves. */
  saveSession(id: string, bytes: Uint8Array): Promise<Result<undefined>>;
  dropSession(id: string): Promise<Result<undefined>>;
  /** Milliseconds since 1970. */
  wallClock(): number;
  randomId(): string;
  /** Something a person sees has changed. */
  changed(session: SessionView): void;
}
