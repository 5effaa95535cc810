/** How members change (docs/protocol.md, "Epochs"), as a page sees it and asks for it. Structured-cloneable plain data. */
import type { Digest, EpochDigest, MemberId, MemberIndex, NetworkId } from '../codec/brand.ts';
import type { MemberEntry } from '../codec/genesis.ts';
import type { Result } from '../codec/result.ts';

/** The epoch that is in force here, and what is going on with it. */
export interface EpochView {
  readonly number: number;
  readonly digest: EpochDigest;
  readonly rulesVersion: number;
  /**
   * `open`: votes go on. `closing`: a change of members is sealed; nothing else is signed until the next epoch begins, which takes seconds
   * when a quorum is here. `catching-up`: the network is in a later epoch than the one begun here; its record is being fetched. Not of a member that the newest no longer lists: what it has is all it gets.
   */
  readonly phase: 'open' | 'closing' | 'catching-up';
  /** While closing: members whose report of this state is here, and how many are needed. */
  readonly reports: {
    readonly here: readonly MemberIndex[];
    readonly needed: number;
    /** This replica is locked on so many undecided versions that no report can name them: it reports when some are decided. Left out: it can. */
    readonly tooManyLocks?: number;
  } | null;
  /** Number of the newest epoch that is known here. */
  readonly newest: number;
  /** Values that the last opening carried over and that are not decided yet. */
  readonly carried: number;
  /** The newest rules version that this program knows; left out: the network's own. A newer one can be moved to. */
  readonly programRules?: number;
  /**
   * This browser holds a member's keys and may not vote with them, because its vote log is not the one that the epoch names or was found to
   * lack something: it can ask the others to let it in again (`askAgain`), or does so already. Null or left out: neither.
   */
  readonly again?: 'possible' | 'asking' | null;
  /** Where the chain that is in force here goes on from a network that had no quorum left, the oldest first. */
  readonly breaks: readonly ChainBreak[];
  /** Of this network others went on, and this replica did not: it signed nothing of the kind. As told at a door. Left out: none is known. */
  readonly continuedBy?: readonly ChainBreak[];
}

/** Survivors without a quorum went on as a network of their own: what is proved after it is proved by them alone. */
export interface ChainBreak {
  /** Number of the epoch that began with it. */
  readonly epoch: number;
  /** Name of the network that began. */
  readonly name: string;
  readonly network: NetworkId;
  readonly from: NetworkId;
  /** R: the state that both networks share. */
  readonly root: Digest;
  /** Organisations that went on, and those that they went on without. */
  readonly survivors: readonly string[];
  readonly gone: readonly string[];
}

/** "So many are gone for good that nothing can be agreed on: go on without them." Every survivor has to sign. */
export interface BreakView {
  /** Of the continuation: the id that the network would have. */
  readonly digest: Digest;
  /** Of the network that would begin. */
  readonly name: string;
  /** Number of the epoch that would begin. */
  readonly epoch: number;
  readonly survivors: readonly {
    readonly id: MemberId;
    readonly organisation: string;
    readonly signed: boolean;
    /** Linked now, or this replica's own member. */
    readonly here: boolean;
  }[];
  readonly gone: readonly { readonly id: MemberId; readonly organisation: string }[];
  /** `not-listed`: this replica's member is among those who are called gone. */
  readonly self: 'asked' | 'signed' | 'not-listed';
  /** This replica's certified state is the one that it names: else it cannot be signed here. */
  readonly sameRecord: boolean;
  /** Organisation whose signature came first. */
  readonly proposedBy: string;
  /** Null: this replica may sign. Otherwise why not, in words. */
  readonly notHere: string | null;
}

export interface BreakInput {
  /** Those who go on, this replica's own member among them. */
  readonly members: readonly MemberId[];
  /** Of the network that begins, 1 to 80 characters. */
  readonly name: string;
}

export interface BreakError {
  readonly type:
    /** So many would go on that they are a quorum: a change of members is the way. */
    | 'quorum-is-there'
    | 'member-unknown'
    | 'self-missing'
    | 'name-missing'
    /** This replica's certified state is not the one that the proposal names. */
    | 'record-differs'
    | 'not-a-voter'
    | 'too-many'
    /** Nobody proposes it any more, or the network went on. */
    | 'break-unknown'
    | 'already-signed'
    /** The way to the others in the network that would begin has not come yet. */
    | 'secret-missing'
    | 'storage-failed';
  readonly message: string;
}

/** Somebody who asks to be let in. Its key was proved on the connection; everything else is what it says of itself. */
export interface JoinRequestView {
  readonly voteKey: string;
  /** The first 16 hex digits of the vote key in groups of four, for two people to compare aloud. */
  readonly fingerprint: string;
  readonly entry: MemberEntry;
  /** The member whose lost key or log this takes the place of; null: a new member. */
  readonly replaces: MemberId | null;
  /** The same key as that member has now: only its vote log was lost. Otherwise its keys are new. */
  readonly sameKey: boolean;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  /** A change that is proposed already names it. */
  readonly inChange: Digest | null;
}

/** One line of what a change does. */
export type MemberChange =
  | { readonly kind: 'added'; readonly entry: MemberEntry; readonly joined: boolean }
  | { readonly kind: 'removed'; readonly member: MemberIndex }
  /** Same organisation, new key or log. */
  | {
      readonly kind: 'replaced';
      readonly member: MemberIndex;
      readonly entry: MemberEntry;
      readonly sameKey: boolean;
      readonly joined: boolean;
    };

/** A change that was proposed and that organisations approve, one tap each. */
export interface ChangeView {
  /** Of C: what is approved. */
  readonly digest: Digest;
  readonly reason: string;
  /** Number of the epoch that it leads to. */
  readonly epoch: number;
  readonly changes: readonly MemberChange[];
  readonly rulesVersion: { readonly from: number; readonly to: number };
  /** In the order of the list of today. */
  readonly approvals: readonly MemberIndex[];
  /** Approvals that are needed: a quorum of today's members. */
  readonly needed: number;
  /** This replica's member has approved. */
  readonly approved: boolean;
  /** Null: this replica may approve. Otherwise why not, in words. */
  readonly notHere: string | null;
  readonly next: { readonly n: number; readonly f: number; readonly q: number };
  /** Approved by enough, joins are here, and its vote is under way; or that is over, and the epoch closes. */
  readonly sealing: boolean;
  /** What a person should know first: too few members reachable now or then. Whole sentences. */
  readonly warnings: readonly string[];
}

/** What a person asks for; the page needs to know nothing of entries, proofs and secrets. */
export type ChangeInput =
  /** Takes in who asked under this key; as the successor of the member that the request names, if it does. */
  | { readonly kind: 'admit'; readonly voteKey: string; readonly reason: string }
  /** Also: this member itself leaves. */
  | { readonly kind: 'remove'; readonly member: MemberIndex; readonly reason: string }
  /** The rules of this program's version, when they are newer than the network's. */
  | { readonly kind: 'rules'; readonly reason: string };

export interface ChangeError {
  readonly type:
    /** `checkDraft` of src/consensus/epochs refused it, or the form is wrong. */
    | 'change-invalid'
    | 'change-unknown'
    | 'request-unknown'
    | 'member-unknown'
    | 'already-approved'
    | 'not-a-voter'
    | 'too-many-changes'
    | 'closing'
    | 'storage-failed';
  readonly message: string;
}

export interface MembersApi {
  /** Proposes a change and approves it in this member's name; the others see it at once. */
  proposeChange(input: ChangeInput): Promise<Result<{ readonly digest: Digest }, ChangeError>>;
  /** This member's approval; it cannot be taken back within the epoch. */
  approveChange(digest: Digest): Promise<Result<undefined, ChangeError>>;
  /** Asks the others to let this member in again with a new vote log; goes on after a reload, until an epoch names it. */
  askAgain(): Promise<Result<undefined, ChangeError>>;
  /**
   * Proposes that the network goes on with these members and without the others, and signs it. `digest` is the id that the network will have
   * once all of them have signed. From here on this replica signs nothing more in the network as it is.
   */
  proposeBreak(input: BreakInput): Promise<Result<{ readonly digest: Digest }, BreakError>>;
  /** This member goes on as well. It cannot be taken back; another proposal may be signed as long as none has all its signatures. */
  signBreak(digest: Digest): Promise<Result<undefined, BreakError>>;
  /** Takes a request out of the list on this replica. */
  dismissRequest(voteKey: string): Promise<Result<undefined, ChangeError>>;
}
