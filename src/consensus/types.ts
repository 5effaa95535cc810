/**
 * The pure core: `step(state, event, now)` gives the next state and the effects to carry out.
 * Terms and rule names (DECIDE, START, JUMP, SAT, VOTE, COMMIT, ADVANCE …) are those of docs/protocol.md.
 */
import type { Digest, EpochDigest, Key, MemberIndex, Milliseconds, Round, Version } from '../codec/brand.ts';
import type { Certificate, Evidence, Vote, VoteBody } from '../codec/vote.ts';
import type { Hash } from '../crypto/types.ts';

export interface CoreConfig {
  readonly epoch: EpochDigest;
  readonly n: number;
  /** null: an observer, which signs nothing. */
  readonly self: MemberIndex | null;
  /** W0 at the start, in milliseconds: at least two message delays; members may differ by a factor of 10 at most. */
  readonly w0: Milliseconds;
  readonly hash: Hash;
}

/** `missing`: bytes not here. `checking`: handed out for validation. Only `valid` values are voted for. */
export type ValueStatus = 'missing' | 'checking' | 'valid' | 'invalid';

export interface Polka {
  readonly digest: Digest;
  /** Its q votes, kept whole. Which polkas are kept: forget.ts. */
  readonly votes: readonly Vote[];
}

export interface RoundState {
  readonly preCommits: Map<Digest, Map<MemberIndex, Vote>>;
  polka: Polka | null;
  readonly commits: Map<Digest, Map<MemberIndex, Vote>>;
}

/** One open (key, version). */
export interface Instance {
  readonly key: Key;
  readonly version: Version;
  /** Digest of version − 1; null for the first version. */
  readonly previous: Digest | null;
  /** False while the bytes of version − 1 are missing: until then nothing here is valid. */
  previousKnown: boolean;
  readonly rounds: Map<number, RoundState>;
  /** -1 = not started. */
  round: Round;
  enteredAt: Milliseconds;
  /** W0 as it was when the round was entered: timers that run keep their length. */
  w0: Milliseconds;
  /** W0 as it was when the version started: the window of round 0, which round 1 looks at. */
  firstW0: Milliseconds;
  /** Of each member, the highest round of which a PRE-COMMIT or a COMMIT was taken in. */
  readonly newestPreCommits: Map<MemberIndex, number>;
  readonly newestCommits: Map<MemberIndex, number>;
  /** First time that q voters were known in the round. */
  readonly saturatedAt: Map<number, Milliseconds>;
  lock: { readonly digest: Digest; readonly round: Round } | null;
  /** Own decisions by round, set when decided, before they are signed. */
  readonly ownPreCommits: Map<number, Digest>;
  readonly ownCommits: Map<number, Digest>;
  /** Own votes that are signed. */
  readonly ownVotes: Vote[];
  proposal: Digest | null;
  readonly values: Map<Digest, ValueStatus>;
  /** h of the tie-breaker rule. */
  readonly offset: number;
  /** Author of the vote that opened the instance here; null when it was a proposal or a restart. */
  readonly openedBy: MemberIndex | null;
  /** Last deadline that was asked for. */
  armed: Milliseconds | null;
}

export interface CertifiedHead {
  readonly version: Version;
  readonly digest: Digest;
  /** False while its bytes are missing: until then nothing in the next version is valid here. */
  readonly bytesKnown: boolean;
}

export interface CoreState {
  readonly config: CoreConfig;
  /** Open versions that something is known of; a key without votes has none. */
  readonly instances: Map<Key, Instance>;
  readonly certified: Map<Key, CertifiedHead>;
  /** Keys that an author's vote opened and that have not started, oldest first. */
  readonly unstarted: Map<MemberIndex, Set<Key>>;
  readonly evidence: Map<MemberIndex, Evidence>;
  /** Empty when more than f: then it says nothing. */
  suspected: ReadonlySet<MemberIndex>;
  /** False until RESUME is done, and for ever in an observer. */
  mayVote: boolean;
  /** CLOSE: nothing is signed in this epoch any more but for `network/opening`; merging and DECIDE go on. */
  closed: boolean;
  /** W0 for rounds that are entered from now on. */
  w0: Milliseconds;
}

export type CoreEvent =
  /** Own proposal; its bytes are durable and were found valid here. */
  | { readonly type: 'propose'; readonly key: Key; readonly version: Version; readonly digest: Digest }
  /** Votes as they came in; nothing about them is known. `from` is whatever the host wants back in effects. */
  | { readonly type: 'received'; readonly votes: readonly Vote[]; readonly from: string }
  /** Votes whose signatures are right (VERIFIED). */
  | { readonly type: 'checked'; readonly votes: readonly Vote[] }
  /** An own vote, signed. It counts from here on; the host persists before it sends. */
  | { readonly type: 'signed'; readonly vote: Vote }
  /** What is known of a value's bytes and validity. */
  | {
      readonly type: 'value';
      readonly key: Key;
      readonly version: Version;
      readonly digest: Digest;
      readonly status: ValueStatus;
    }
  /** The bytes of a certified head have arrived. */
  | { readonly type: 'head-bytes'; readonly key: Key; readonly digest: Digest }
  /** A certificate that was checked against its epoch's members. */
  | { readonly type: 'certified'; readonly certificate: Certificate; readonly bytesKnown: boolean }
  /** Evidence whose signatures were checked, and that a share that it calls bad is bad. */
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  | { readonly type: 'suspected'; readonly members: ReadonlySet<MemberIndex> }
  | { readonly type: 'may-vote'; readonly mayVote: boolean }
  /** CLOSE: the members of the epoch have sealed a change. There is no way back within it. */
  | { readonly type: 'close' }
  /** Message delays were measured: W0 of rounds that are entered from now on. */
  | { readonly type: 'w0'; readonly w0: Milliseconds }
  | { readonly type: 'tick'; readonly key: Key };

export type CoreEffect =
  /** Check signatures, then give `checked` with the good ones; a bad one costs the link it came over. */
  | { readonly type: 'check'; readonly votes: readonly Vote[]; readonly from: string }
  /** Sign, then give `signed`. */
  | { readonly type: 'sign'; readonly vote: VoteBody }
  /** The log of this key changed: write `instanceLog` before anything signed in this step leaves. */
  | { readonly type: 'persist'; readonly key: Key }
  /** The open version of this key was forgotten: its author had too many open with values that nobody here found valid. */
  | { readonly type: 'forgotten'; readonly key: Key }
  /** No kept vote or polka of the open version names this value any more: its bytes are not needed. */
  | { readonly type: 'value-unneeded'; readonly key: Key; readonly digest: Digest }
  /** Push an own vote to the neighbours. */
  | { readonly type: 'push'; readonly vote: Vote }
  /** Find the bytes, validate, give `value`. */
  | { readonly type: 'need-value'; readonly key: Key; readonly version: Version; readonly digest: Digest }
  /** One atomic write: value, certificate, version + 1, reset. */
  | {
      readonly type: 'decide';
      readonly certificate: Certificate;
      readonly previous: Digest | null | undefined;
      readonly bytesKnown: boolean;
      /** The instance as it was when its version was decided, if one was open: its votes may still convict an equivocator. */
      readonly closed: Instance | null;
    }
  | { readonly type: 'evidence'; readonly member: MemberIndex; readonly evidence: Evidence }
  /** Call `tick` for this key at this time; null: no longer. Replaces the key's earlier timer. */
  | { readonly type: 'timer'; readonly key: Key; readonly at: Milliseconds | null }
  /** A vote with this replica's signature that its log lacks: a restored backup or a twin. It stops voting at once. */
  | { readonly type: 'unknown-own-vote'; readonly vote: Vote }
  /** The sender is in a later version: ask it for the certificate. */
  | { readonly type: 'behind'; readonly key: Key; readonly from: string }
  /** The sender is in an earlier version: send it the certificate. */
  | { readonly type: 'ahead'; readonly key: Key; readonly from: string }
  /** A vote of somebody else that counts from now on: for the trace, and for neighbours who are not linked to its author. */
  | { readonly type: 'heard'; readonly vote: Vote }
  /** For people: something that the trace shows. */
  | {
      readonly type: 'trace';
      readonly kind: 'polka' | 'round';
      readonly key: Key;
      readonly version: Version;
      readonly round: Round;
      readonly digest: Digest | null;
      readonly member: MemberIndex | null;
    };
