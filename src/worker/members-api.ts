/** How members change (docs/protocol.md, "Epochs"), as a page sees it and asks for it. Structured-cloneable plain data. */
import type { Digest, EpochDigest, MemberId, MemberIndex } from '../codec/brand.ts';
import type { MemberEntry } from '../codec/genesis.ts';
import type { Result } from '../codec/result.ts';

/** The epoch that is in force here, and what is going on with it. */
export interface EpochView {
  readonly number: number;
  readonly digest: EpochDigest;
  readonly rulesVersion: number;
  /**
   * `open`: votes go on. `closing`: a change of members is sealed; nothing else is signed until the next epoch begins, which takes seconds
   * when a quorum is here. `catching-up`: the network is in a later epoch than the one begun here; its record is being fetched.
   */
  readonly phase: 'open' | 'closing' | 'catching-up';
  /** While closing: members whose report of this state is here, and how many are needed. */
  readonly reports: { readonly here: readonly MemberIndex[]; readonly needed: number } | null;
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
  /** Takes a request out of the list on this replica. */
  dismissRequest(voteKey: string): Promise<Result<undefined, ChangeError>>;
}
