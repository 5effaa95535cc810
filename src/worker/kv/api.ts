/**
 * What the page may ask of the middleware's worker, and the types of its public interface (src/middleware). Everything is plain data
 * that can be cloned; values travel as the canonical bytes that the members sign.
 */
import type { Digest, Key, NetworkId, Version } from '../../codec/brand.ts';
import type { Result } from '../../codec/result.ts';
import type { Certificate } from '../../codec/vote.ts';
import type { IceServer } from '../../net/types.ts';
import type { ChainBreak, DoorError, DoorsApi, InstanceView, ProfileId } from '../api.ts';
import type { Inspection } from '../inspection.ts';
import type { ReplicaState } from '../open-replica.ts';
import type {
  AskStep,
  ServiceOutline,
  SessionAnswer,
  SessionCall,
  SessionMark,
  SessionsState,
} from './sessions-api.ts';

export type { Certificate } from '../../codec/vote.ts';
export type { Failure, Result } from '../../codec/result.ts';
export type { ChainBreak, DoorError, InstanceView, MemberView, ProfileSummary, Standing } from '../api.ts';
export type { Inspection } from '../inspection.ts';
export type { IceServer, TransportStatus } from '../../net/types.ts';

/**
 * What a key can hold: what structured cloning copies, as far as it has one form on every machine. Not: functions, symbols, cycles, class
 * instances, blobs, regular expressions, errors. An object that is named twice comes back as two.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | ArrayBuffer
  | Uint8Array
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | readonly (Value | undefined)[]
  | ReadonlyMap<Value | undefined, Value | undefined>
  | ReadonlySet<Value | undefined>
  | { readonly [name: string]: Value | undefined };

/** Where a certified change stands. */
export interface Certified {
  readonly key: string;
  /** 1 for a key's first value; a delete counts as a version. */
  readonly version: number;
  /** 64 hex digits: BLAKE3-256 of the value's bytes with its link to the version before. */
  readonly digest: string;
  /** Round in which the certificate was made; 0 when nobody competed and nobody was late. */
  readonly round: number;
  /** Number of the epoch whose members signed it; members may have changed since. */
  readonly epoch: number;
  /** Places of those who signed in the member list of that epoch; at least a quorum of it. */
  readonly signers: readonly number[];
  /** Their ids, in the same order: an id stays with its member when places move. */
  readonly signedBy: readonly string[];
}

/** A certified value as the worker tells it; `body` null: deleted. */
export interface KvEntry extends Certified {
  readonly body: Uint8Array | null;
  /** The session that made it; left out: none. `body` is its record then. */
  readonly session?: SessionMark;
}

export interface SetError {
  readonly type:
    /** Another value won the version; `winner` says which. Read it, decide again, set again. */
    | 'conflict'
    /** Enough members refuse the value that it cannot be certified, or this replica does itself; `rule` says why. */
    | 'refused'
    /** This replica only observes. */
    | 'not-a-voter'
    | 'too-large'
    | 'key-malformed'
    /** The key begins with the prefix of the session service: steps change it, in a session. */
    | 'session-key'
    | 'value-unsupported'
    | 'too-many-sets'
    /** The certified value that it would build on has not arrived yet. */
    | 'not-arrived'
    /** The version was decided while this replica was away, and nobody has told yet for which value. */
    | 'outcome-unknown'
    /** The replica stopped, or another tab took over. What was proposed may still be decided. */
    | 'stopped'
    /** By the signal. What was proposed may still be decided. */
    | 'aborted';
  readonly message: string;
  /** With `conflict`: the value that stands now in the version that was asked for, or above it. */
  readonly winner?: { readonly version: number; readonly digest: string };
  /** With `refused`: `access-control`, or the name of a rule of the middleware's own. */
  readonly rule?: string;
}

export interface ReadError {
  readonly type: 'key-malformed' | 'not-arrived' | 'stopped';
  readonly message: string;
}

export interface OpenError {
  /** `aborted`: by the signal. */
  readonly type: DoorError['type'] | 'aborted';
  readonly message: string;
}

/** One thing that the access-control callback of this replica did not answer with yes. */
export interface AccessReport {
  readonly key: string;
  readonly version: number;
  /**
   * refused: answered no. threw: failed, which refuses the value. abstained: said that it cannot judge yet, or a proof could not be judged
   * here; this replica asks again. slow: took longer than `ACCESS_BUDGET_MS`; it asks again. busy: too many calls have never been answered; it
   * abstains.
   */
  readonly kind: 'refused' | 'threw' | 'abstained' | 'slow' | 'busy';
  readonly message: string;
  /** How often. */
  readonly count: number;
  /** Milliseconds since 1970, the last time. */
  readonly at: number;
}

/** Why one member has not said yes to the value that leads a vote. */
export interface Objection {
  readonly id: string;
  readonly label: string;
  /** abstains: it cannot say yet, and will be asked again. */
  readonly kind: 'refuses' | 'abstains';
  /** `access-control`, or the name of a rule of the middleware's own; of one that abstains null. */
  readonly rule: string | null;
  readonly message: string;
}

/** A key under vote. Counts are of members of the epoch, and add up to `n`. */
export interface VotingView extends InstanceView {
  /** Have voted for the value that leads. */
  readonly inFavour: number;
  readonly refusing: number;
  readonly abstaining: number;
  /** Have voted for another value. */
  readonly otherwise: number;
  /** Are here and have said nothing yet. */
  readonly silent: number;
  /** Are not linked to this replica. */
  readonly away: number;
  /** What this replica has heard, at most `MAX_OBJECTIONS_TOLD`: refusals first, then in the order of the member list. */
  readonly objections: readonly Objection[];
  /** A sentence when the value that leads cannot be certified while nobody changes his mind; null: it still can. */
  readonly blocked: string | null;
}

/** What a page may show of an open network: its members, quorum, links and votes, and what the callback did. */
export interface KvStatus extends Omit<ReplicaState, 'storage'> {
  /** Sets and deletes of this replica that are not decided. */
  readonly pending: number;
  /** Keys under vote, at most `MAX_VOTING_TOLD`. */
  readonly voting: readonly VotingView[];
  /** Newest last, at most `MAX_ACCESS_REPORTS`. */
  readonly access: readonly AccessReport[];
  readonly sessions: SessionsState;
  /** Which opening of the replica tells this, and how many changes it has told: a view that missed one asks. */
  readonly told: { readonly holder: string; readonly changes: number };
}

/** As `Listeners` and pages name what they listen to. */
export type Pattern = { readonly key: string } | { readonly prefix: string };

/** A proposed change as the worker hands it to the page's callback. Bodies are canonical bytes; null: no value. */
export interface ProposedChange {
  readonly network: NetworkId;
  readonly key: Key;
  readonly version: Version;
  readonly previous: { readonly body: Uint8Array; readonly digest: Digest } | null;
  readonly body: Uint8Array | null;
  /** In which it is voted on. */
  readonly epoch: number;
  readonly members: readonly ProposedMember[];
}

export interface ProposedMember {
  readonly id: string;
  readonly label: string;
  readonly publicKey: Uint8Array;
}

export type AccessAnswer =
  { readonly allowed: boolean } | { readonly threw: string } | { readonly abstains: string };
/** `signal` is aborted when nobody waits for the answer any more. */
export type AskAccess = (change: ProposedChange, signal: AbortSignal) => Promise<AccessAnswer>;

/** The same across a port, where a signal cannot travel: a call is told by its number that it is late. */
export interface AccessPort {
  ask(call: number, change: ProposedChange): Promise<AccessAnswer>;
  late(call: number): void;
}

/** What a callback may ask the replica that asks it. */
export interface Judging {
  judgeProof(proof: Uint8Array): Promise<JudgedProof>;
  /** By the network that is open: bytes that `sign` signed with the secret of this public key. */
  verifyMember(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

export type JudgedProof =
  | { readonly verdict: 'proven'; readonly proven: ProvenBody }
  | { readonly verdict: 'nothing' }
  /** This replica cannot say: another may hold more. */
  | { readonly verdict: 'unknown'; readonly message: string };

/** A proof's content; the body as canonical bytes, null: deleted. */
export interface ProvenBody {
  readonly key: string;
  readonly version: number;
  readonly digest: string;
  readonly body: Uint8Array | null;
  readonly round: number;
  readonly epoch: number;
  readonly signedBy: readonly string[];
}

export interface ProveError {
  readonly type:
    | 'key-malformed'
    /** The key has no such version, or this replica has not kept it. */
    | 'not-held'
    /** It is certified, and its bytes are on their way. */
    | 'not-arrived'
    | 'stopped';
  readonly message: string;
}

export interface SignError {
  readonly type:
    | 'too-large'
    /** This is a device: it has a key of its own, which is in no member list. */
    | 'not-a-member'
    | 'stopped';
  readonly message: string;
}

/** What convicts a member. */
export interface Misbehaviour {
  /** Id of the member. */
  readonly member: string;
  /** Number of the epoch in which it signed. */
  readonly epoch: number;
  /** `countersign verify` and the page /verify of the supply chain read it: docs/evidence.md, "Misbehaviour". */
  readonly file: Uint8Array;
  readonly fileName: string;
}

/** Some of a pattern's values, ascending by key. */
export interface EntriesPage {
  readonly entries: readonly KvEntry[];
  /** The key after which the next page begins; null: there is none. */
  readonly next: string | null;
}

export interface SetOptions {
  /** Only on this version (0: the key has none); else a conflict. */
  readonly base: number | null;
  /** After a conflict, propose again on the winner. */
  readonly retry: boolean;
}

export type SetOutcome = Result<Certified, SetError>;

/** Calls on an open network, which a view forwards to the tab that holds the replica. */
export interface KvCalls {
  /** Starts a set, or with `body` null a delete. The same id again changes nothing. */
  begin(id: string, key: string, body: Uint8Array | null, options: SetOptions): Promise<void>;
  /** The outcome, once; null when there is none within `SET_WAIT_MS`. */
  outcome(id: string): Promise<SetOutcome | null>;
  abort(id: string): Promise<void>;
  read(key: string): Promise<Result<KvEntry | null, ReadError>>;
  /** Newest form of a version's certificate; null when this replica does not hold it. */
  certificate(key: string, version: number): Promise<Certificate | null>;
  /** Versions that have been told to listeners, or were certified before the replica started. */
  versions(pattern: Pattern): Promise<readonly (readonly [string, number])[]>;
  /** What is certified and not deleted, of keys after `after`. */
  page(pattern: Pattern, after: string | null): Promise<Result<EntriesPage, ReadError>>;
  /** `version` null: the newest. */
  prove(key: string, version: number | null): Promise<Result<Uint8Array, ProveError>>;
  sign(bytes: Uint8Array): Promise<Result<Uint8Array, SignError>>;
  evidence(): Promise<readonly Misbehaviour[]>;
  inspect(): Promise<Inspection>;
  /** All that a page asks of sessions. */
  sessionCall(call: SessionCall): Promise<SessionAnswer>;
  setSignaling(urls: readonly string[]): Promise<Result<undefined, DoorError>>;
  setIceServers(servers: readonly IceServer[]): Promise<Result<undefined, DoorError>>;
  invitation(): Promise<string>;
  genesisFile(): Promise<Uint8Array>;
  /** Every link of the chain of epochs that is known here, from epoch 0 on. */
  chain(): Promise<readonly Uint8Array[]>;
}

/** What proves a certificate to who trusts a network id, and no replica. */
export interface VerifyInput {
  readonly certificate: Certificate;
  /** Network id, from somebody who is trusted: of the network in which the certificate was made, where survivors went on as another one. */
  readonly network: string;
  /** The genesis file; its digest is the network id, or that of the network from which the chain leads to it. */
  readonly genesis: Uint8Array;
  /** What led from each epoch to the next, as `chain` of an open network gives it; left out: the members never changed. */
  readonly chain?: readonly Uint8Array[];
}

/** The same of a whole value: bytes that `prove` made. */
export interface ProofInput extends Omit<VerifyInput, 'certificate'> {
  readonly proof: Uint8Array;
}

/** That a quorum of this epoch signed this digest as this version of this key. */
export interface ProvenCertificate {
  readonly key: string;
  readonly version: number;
  readonly digest: string;
  readonly round: number;
  readonly epoch: number;
  /** Ids of members of that epoch. */
  readonly signedBy: readonly string[];
  /** Where the chain goes on from a network that had no quorum left, the oldest first; usually empty. */
  readonly breaks: readonly ChainBreak[];
}

export interface CertificateError {
  readonly type:
    | 'network-malformed'
    | 'genesis-wrong'
    /** A link is damaged, or does not follow from the epoch before. */
    | 'chain-invalid'
    /** The chain does not reach the epoch that the certificate names. */
    | 'epoch-unknown'
    /** It is of a network that goes on from the trusted one without a quorum: whether to follow it is for a person to say. */
    | 'network-continued'
    /** It is of the network that the trusted one goes on from. */
    | 'before-break'
    | 'certificate-wrong'
    /** It is no proof; or the value in it is not the one that the certificate names. */
    | 'proof-malformed'
    | 'value-wrong'
    /** The worker that checks did not start: nothing is said about the certificate. */
    | 'worker-failed';
  readonly message: string;
}

export interface OpenInput {
  readonly identity: ProfileId | null;
  readonly invitation: string | null;
  readonly genesis: Uint8Array | null;
  readonly joinSecret: string | null;
  readonly signaling: readonly string[] | null;
  readonly iceServers: readonly IceServer[] | null;
  readonly rules: number;
  readonly sessions: ServiceOutline | null;
}

export interface Opened {
  readonly identity: ProfileId;
  readonly network: NetworkId;
  readonly name: string;
  readonly status: KvStatus;
}

export interface CreateInput {
  readonly draft: string;
  readonly memberKeys: readonly string[];
  readonly signaling: readonly string[];
  readonly rules: number;
}

export interface CreatedNetwork {
  /** The network's id. */
  readonly network: NetworkId;
  readonly invitation: string;
  /** The genesis file. */
  readonly genesis: Uint8Array;
}

export interface KvWorkerApi
  extends
    KvCalls,
    Judging,
    Pick<DoorsApi, 'profiles' | 'forget' | 'newDraft' | 'readDraft' | 'createMemberKey' | 'readMemberKey'> {
  createNetwork(input: CreateInput): Promise<Result<CreatedNetwork, DoorError>>;
  /** Needs no open network. */
  verifyCertificate(input: VerifyInput): Promise<Result<ProvenCertificate, CertificateError>>;
  /** Needs no open network. */
  verifyProof(input: ProofInput): Promise<Result<ProvenBody, CertificateError>>;
  /** Once per worker. Pass Comlink proxies; `access` null: every well-formed change is allowed. */
  open(
    input: OpenInput,
    access: AccessPort | null,
    /** With `input.sessions`. */
    steps: AskStep | null,
    onChange: (listener: number, change: KvEntry) => void,
    onStatus: (status: KvStatus) => void,
  ): Promise<Result<Opened, OpenError>>;
  listen(listener: number, pattern: Pattern): Promise<void>;
  unlisten(listener: number): Promise<void>;
  /** Ends the replica; resolves when everything is on disk. The worker can be terminated then. */
  close(): Promise<void>;
  visible(visible: boolean): Promise<void>;
  connectPage(port: MessagePort): Promise<void>;
}
