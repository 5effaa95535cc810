/** What a replica is made of. The simulator and the tests give other stores, transports and clocks than the browser's worker. */
import type {
  Digest,
  InstanceId,
  Key,
  MemberIndex,
  Milliseconds,
  Round,
  Version,
} from '../../codec/brand.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import type { decodeReplicaMessage } from '../../codec/replica-message.ts';
import type { Certificate, Equivocation, Vote } from '../../codec/vote.ts';
import type { EpochKeys } from '../../crypto/certificates.ts';
import type { Bls, Ed25519, Hash, Signer } from '../../crypto/types.ts';
import type { Verdict } from '../../l2/types.ts';
import type { CloseReason, Link, Transport, TransportStatus } from '../../net/types.ts';
import type { CertifiedEntry, ReplicaStore } from '../../store/types.ts';
import type { Standing, TraceEvent } from '../api.ts';
import type { Clock } from '../clock.ts';
import type { Deviation } from '../deviation.ts';
import type { EpochsOptions } from './epochs.ts';

export interface ReplicaOptions {
  readonly epoch: EpochKeys;
  /** This member's place; null when the epoch does not name this log id: an observer. */
  readonly self: MemberIndex | null;
  /** Why `self` is null, for a person. */
  readonly whyNot?: string | null;
  readonly instance: InstanceId;
  /** This replica is a member's device: `self` is null, and what only members send does not leave. */
  readonly isDevice?: boolean;
  readonly signer: Signer;
  readonly hash: Hash;
  readonly bls: Bls;
  readonly ed25519: Ed25519;
  readonly store: ReplicaStore;
  readonly transport: Transport;
  readonly clock: Clock;
  random(bytes: number): Uint8Array;
  /** Reads a message; left out: `decodeReplicaMessage`. Messages are never changed, so a simulator may read one once for all who look at it. */
  readonly decode?: typeof decodeReplicaMessage;
  readonly w0?: Milliseconds;
  /** The application's judgement of a value: deterministic in its arguments and the chain of epochs. */
  validate(proposal: {
    readonly key: Key;
    readonly version: Version;
    readonly previousDigest: Digest | null;
    readonly previousBody: Uint8Array | null;
    readonly body: Uint8Array | null;
  }): Promise<Verdict>;
  /** How members change; left out: they never do. */
  readonly epochs?: EpochsOptions;
  readonly listener: ReplicaListener;
  readonly deviation?: Deviation | null;
}

/** What the session layer says over links (src/worker/sessions/session-net.ts). */
export type SessionMessage = Extract<PeerMessage, { type: 'session-ask' | 'session-answer' | 'notice' }>;

export interface ReplicaListener {
  /** A head is durable. `body`: undefined while its bytes are missing, null for a tombstone. */
  decided(entry: CertifiedEntry, body: Uint8Array | null | undefined): void;
  /** More than f members refuse an own proposal: no quorum can form for it. */
  refused(key: Key, digest: Digest, rule: string, message: string): void;
  /** A member shows the text of a hand-off to this one. */
  handOff?(from: MemberIndex, text: string): void;
  /** Of the session layer, from a member or a device. */
  session?(link: Link, message: SessionMessage): void;
  /** A link to a member or a device is there, or is gone. */
  linked?(link: Link): void;
  unlinked?(link: Link, reason: CloseReason): void;
  /** Something that a person sees may have changed. */
  changed(): void;
  trace(event: TraceEvent): void;
  standing(standing: Standing): void;
  transport(status: TransportStatus): void;
}

/** A reason that a member gave for not voting; shown, never counted as a vote. */
export interface Refusal {
  readonly member: MemberIndex;
  readonly version: Version;
  readonly digest: Digest;
  readonly rule: string;
  readonly message: string;
}

/** A body for the open version of a key. */
export interface Proposal {
  readonly key: Key;
  readonly version: Version;
  /** Digest of the version before it; null for the first. */
  readonly previous: Digest | null;
  /** null: a tombstone. */
  readonly body: Uint8Array | null;
}

export interface ProposeError {
  readonly type: 'not-a-voter' | 'version-passed' | 'already-voted' | 'not-valid' | 'stopped';
  readonly message: string;
}

export interface Held {
  readonly entry: CertifiedEntry;
  readonly body: Uint8Array | null;
}

export type { Certificate, Equivocation, Round, Vote };
