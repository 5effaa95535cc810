/**
 * The machine of epochs: one core for the epoch that is begun, and around it the rules by which the next one is agreed on.
 * `stepEpochs(state, event, now)` is as pure as the core. Terms and rule names (APPROVE, CHANGE, CLOSE, OPEN, BEGIN, CARRIED, OLD) are those
 * of docs/protocol.md, "Epochs".
 */
import type {
  Digest,
  EpochDigest,
  Key,
  MemberIndex,
  Milliseconds,
  NetworkId,
  Version,
} from '../../codec/brand.ts';
import type { LogId, VoteKey } from '../../codec/brand.ts';
import type { StateLeaf } from '../../codec/epoch-messages.ts';
import type {
  Approval,
  Change,
  CHANGE_KEY,
  ChangeValue,
  EpochMark,
  Opening,
  OPENING_KEY,
  Report,
  ReportBody,
} from '../../codec/epochs.ts';
import type { Continuation, Genesis, MemberEntry } from '../../codec/genesis.ts';
import type { Certificate, Vote } from '../../codec/vote.ts';
import type { Hash } from '../../crypto/types.ts';
import type { CoreEffect, CoreEvent, CoreState } from '../types.ts';

/** What a genesis says besides its members and its rules: the same in all epochs until the network is continued as another. */
export type GenesisRest = Pick<Genesis, 'name' | 'draftNonce' | 'demo' | 'directory'>;

/** An epoch as everybody knows it who followed the chain to it. */
export interface Epoch {
  readonly number: number;
  /** What signatures of this epoch cover: the first network of the chain, or the one that its survivors went on as. */
  readonly network: NetworkId;
  /** Of that network. */
  readonly genesis: GenesisRest;
  /** Digest of the value that opened it; of epoch 0, and of one that continues another network, the network id. */
  readonly digest: EpochDigest;
  /** In the order of the list: a member's place is its index. */
  readonly members: readonly MemberEntry[];
  readonly rulesVersion: number;
  /** What led to it; null for epoch 0. */
  readonly began: Beginning | null;
}

/** Of an epoch that continues another network the three digests are its network id: nothing else opened it. */
export interface Beginning {
  /** Digest of C. */
  readonly change: Digest;
  /** Digests of the values of `network/change` and `network/opening`. */
  readonly changeValue: Digest;
  readonly openingValue: Digest;
  /** R: every certified value of the epochs before is in it, or carried. */
  readonly root: Digest;
  /** Digest of the join secret of this epoch. */
  readonly joinSecret: string;
}

/** A value that was perhaps certified without anybody here knowing: the only valid one of its version. */
export interface Carried {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
}

/** Who this replica is, in whatever epoch: a member's place follows from its key and its log. */
export interface Self {
  readonly voteKey: VoteKey;
  readonly logId: LogId;
}

export interface EpochsConfig {
  readonly network: NetworkId;
  /** Epoch 0, from the genesis. */
  readonly first: Epoch;
  /** null: signs nothing, in no epoch. */
  readonly self: Self | null;
  readonly w0: Milliseconds;
  readonly hash: Hash;
}

export interface Draft {
  readonly change: Change;
  readonly digest: Digest;
  readonly approvals: Map<MemberIndex, Approval>;
  readonly joins: Map<MemberIndex, Approval>;
}

/** The change that the members of the epoch have sealed. */
export interface SealedChange {
  /** Digest of the value of `network/change`. */
  readonly value: Digest;
  /** Digest of C, as soon as its bytes are here. */
  readonly digest: Digest | null;
}

/** `closing`: CLOSE was done, and is not yet on disk. */
export type Phase = 'open' | 'closing' | 'closed';

export interface EpochsState {
  readonly config: EpochsConfig;
  /** Every epoch whose opening is certified, from epoch 0. It may run ahead of the one that is begun here. */
  readonly chain: Epoch[];
  /** Number of the epoch that is begun. */
  at: number;
  /** Its core: certified heads of all epochs, open versions of this one. */
  core: CoreState;
  phase: Phase;
  /** LEAVE: nothing more is signed in this epoch, whatever comes of the continuation that was signed. */
  left: boolean;
  sealed: SealedChange | null;
  readonly drafts: Map<Digest, Draft>;
  /** R of the certified state as it is now; null: to be told again. */
  root: Digest | null;
  /** By R. Kept until BEGIN. */
  readonly ownReports: Map<Digest, Report>;
  /** A report that is being signed, by R: it is asked for once. */
  reporting: Digest | null;
  readonly reports: Map<MemberIndex, Map<Digest, Report>>;
  /** R of the opening that was offered here. */
  offered: Digest | null;
  /** A change that was offered here, by its digest. */
  offeredChange: Digest | null;
  /** Leaves of the newest epoch's R. */
  leaves: { readonly root: Digest; readonly leaves: ReadonlyMap<Key, StateLeaf> } | null;
  /** Locks of all openings so far that may still be carried: of each key the one of the highest version. */
  readonly locks: Map<Key, Carried>;
  /** CARRIED: in force in the epoch that is begun. */
  carried: ReadonlyMap<Key, Carried>;
  /** False until RESUME is done. */
  mayVote: boolean;
  /** What was asked for, so that it is asked once: the sealed change's bytes, links above this epoch, leaves of this root. */
  readonly asked: { change: boolean; linksAbove: number; leaves: Digest | null };
}

/** A link that was checked against the epoch before. */
export type CheckedLink = Extract<EpochsEvent, { type: 'link' | 'break' }>;

export type EpochsEvent =
  /** Anything for the core of the epoch that is begun. Votes of other epochs are told apart here. */
  | { readonly type: 'core'; readonly event: CoreEvent }
  /** APPROVE: this replica's person says yes. The draft is known. */
  | { readonly type: 'approve'; readonly change: Digest }
  /** A draft whose entries, keys and proofs were checked against the chain. */
  | { readonly type: 'draft'; readonly change: Change; readonly digest: Digest }
  /** An approval or join whose signature is right; own ones come back this way. */
  | { readonly type: 'approval'; readonly approval: Approval }
  /** The decided value of `network/change` was read. */
  | { readonly type: 'change-read'; readonly value: Digest; readonly digest: Digest }
  /** The mark "closed" is durable. */
  | { readonly type: 'closed-durable' }
  /** R of the certified state as the machine holds it: told in the turn in which it was asked for. */
  | { readonly type: 'root'; readonly root: Digest }
  /** An own report, signed. */
  | { readonly type: 'report-signed'; readonly report: Report }
  /** A report whose signature and polkas are right. */
  | { readonly type: 'report'; readonly report: Report; readonly from: string }
  /** A link of the chain that was checked against the newest epoch known here, with what it says. */
  | {
      readonly type: 'link';
      readonly change: Change;
      readonly changeDigest: Digest;
      readonly changeValue: Digest;
      readonly opening: Opening;
      readonly openingValue: Digest;
    }
  /** A break that was checked against the newest epoch, and that goes on with this replica's member. */
  | { readonly type: 'break'; readonly genesis: Continuation; readonly network: NetworkId }
  /** LEAVE: this replica's person signs that the network goes on without the others. Nothing more is signed in this epoch. */
  | { readonly type: 'leave' }
  /** Leaves that hash to this root. */
  | { readonly type: 'leaves'; readonly root: Digest; readonly leaves: readonly StateLeaf[] }
  /** A certificate of any epoch of the chain, checked against that epoch's members. */
  | { readonly type: 'certificate'; readonly certificate: Certificate; readonly bytesKnown: boolean }
  | { readonly type: 'may-vote'; readonly mayVote: boolean };

export type EpochsEffect =
  | CoreEffect
  /** Sign (Ed25519 over the share), then give `approval`. Nothing has to be on disk first: approving two changes contradicts nothing. */
  | { readonly type: 'sign-approval'; readonly approval: Omit<Approval, 'signature' | 'share'> }
  /** Keep until BEGIN, then push to the neighbours. */
  | { readonly type: 'keep-approval'; readonly approval: Approval }
  /** CHANGE, OPEN: an own value under `network/`. Aggregate what can be, encode it, keep the bytes, then propose it. */
  | {
      readonly type: 'offer';
      readonly version: Version;
      readonly previous: Digest | null;
      readonly value:
        | { readonly key: typeof CHANGE_KEY; readonly change: ChangeValue }
        | { readonly key: typeof OPENING_KEY; readonly opening: Opening };
    }
  /** CLOSE: write this mark together with the decision; then give `closed-durable`. */
  | { readonly type: 'mark'; readonly mark: EpochMark }
  /** Read the decided value of `network/change`, then give `change-read`. */
  | { readonly type: 'read-change'; readonly value: Digest }
  /** Give `root`. */
  | { readonly type: 'need-root' }
  /** Sign, then give `report-signed`. */
  | { readonly type: 'sign-report'; readonly report: ReportBody; readonly polkas: readonly Vote[] }
  /** Write the report, and the leaves of its root, before it leaves; then push it. Both are kept until BEGIN. */
  | { readonly type: 'keep-report'; readonly report: Report }
  /** `network/opening` was decided, or somebody is in a later epoch: find the links from this number on, then give `link`. */
  | { readonly type: 'need-links'; readonly above: number; readonly from: string | null }
  /** Find the leaves of this root, then give `leaves`. */
  | { readonly type: 'need-leaves'; readonly root: Digest }
  /** The neighbour is in an earlier epoch: send it the links from there. */
  | { readonly type: 'tell-links'; readonly epoch: EpochDigest; readonly to: string }
  /**
   * BEGIN: one write. The mark, the epoch, the leaves of its R, what is carried; logs, reports, approvals and evidence of the epoch before go.
   */
  | {
      readonly type: 'begin';
      readonly mark: EpochMark;
      readonly epoch: Epoch;
      readonly carried: readonly Carried[];
    }
  /** CARRIED: find the bytes, propose this value. */
  | { readonly type: 'carry'; readonly carried: Carried }
  /** Two reports of one member with the same root and different locks. */
  | { readonly type: 'report-evidence'; readonly first: Report; readonly second: Report }
  /** A report with this replica's signature that its log lacks. It stops voting at once. */
  | { readonly type: 'unknown-own-report'; readonly report: Report }
  /** OLD: a certificate that decides nothing here. */
  | { readonly type: 'old-refused'; readonly certificate: Certificate };
