/**
 * What a developer may see of a running replica: places, counts, rounds, prefixes of digests, times from now. Plain data, bounded by the
 * limits that src/worker/inspect.ts applies. By its very fields it holds no secret, no key and no value; names of organisations and whole
 * keys of packages are for the own screen, and are left out of what is saved (src/ui/inspector/report.ts).
 *
 * Times: `…Ago` and `…In` are milliseconds from the moment of the inspection, in the past and in the future; `at` is the wall clock.
 */
import type { Key, MemberIndex, Milliseconds, Round, Version } from '../codec/brand.ts';
import type { MemberEntry } from '../codec/genesis.ts';
import type { LinkFigures, Route } from '../net/types.ts';
import type { SealState, Standing, TraceEvent } from './api.ts';
import type { OutboxFigures } from './replica/outbox.ts';

/** The first 12 hex digits of a digest: enough to tell values of one network apart. */
export type DigestPrefix = string;

export interface Inspection {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** First digits of the network's id. */
  readonly network: DigestPrefix;
  readonly rulesVersion: number;
  /** Own place; null: this replica has none in the epoch. Of a device: its member's. */
  readonly self: MemberIndex | null;
  readonly isDevice: boolean;
  readonly standing: Standing['kind'];
  /** While it resumes: who has answered, and how many must. */
  readonly resuming: { readonly answered: number; readonly needed: number } | null;
  readonly n: number;
  readonly f: number;
  readonly q: number;
  readonly members: readonly InspectedMember[];
  readonly instances: readonly InspectedInstance[];
  /** Open versions that something is known of; those that do not fit into `instances` are counted here alone. */
  readonly instanceCount: number;
  readonly epochs: InspectedEpochs;
  readonly sync: InspectedSync;
  readonly links: readonly InspectedLink[];
  readonly signaling: readonly InspectedServer[];
  readonly store: InspectedStore;
  readonly signatures: InspectedSignatures;
  readonly timing: InspectedTiming;
  /** What happened, newest first. */
  readonly trace: readonly InspectedEvent[];
  /** Events since the replica was opened; older ones than `trace` holds are gone. */
  readonly traceCount: number;
  /** Exceptions of the worker that nobody caught, newest first. */
  readonly errors: readonly InspectedError[];
}

export interface InspectedMember {
  readonly index: MemberIndex;
  /** Name and initials as the seal and its sentence take them. */
  readonly name: string;
  readonly initials: string;
  readonly role: MemberEntry['role'];
  readonly here: boolean;
  readonly suspected: boolean;
  readonly evidence: boolean;
}

/** Where this replica stands in the current round of a version. */
export type Phase =
  /** No round-0 vote that counts is known. */
  | 'not-started'
  /** Bytes of a value, or of the version before, are on their way or being judged: nothing here is valid yet. */
  | 'waits-for-value'
  /** It has not voted in this round. */
  | 'not-voted'
  /** Votes of fewer than a quorum are here. */
  | 'collecting'
  /** A quorum has voted, not for one value. */
  | 'saturated'
  /** A quorum has voted for one value, and this replica has not committed to it in this round. */
  | 'polka'
  /** It has committed in this round, and waits for the COMMITs of a quorum. */
  | 'committed';

export interface InspectedInstance {
  readonly key: Key;
  readonly version: Version;
  readonly round: Round;
  readonly phase: Phase;
  /** Since the round was entered. */
  readonly enteredAgo: Milliseconds;
  readonly openedBy: MemberIndex | null;
  readonly proposal: DigestPrefix | null;
  readonly previousKnown: boolean;
  readonly lock: { readonly digest: DigestPrefix; readonly round: Round } | null;
  readonly values: readonly {
    readonly digest: DigestPrefix;
    readonly status: 'missing' | 'checking' | 'valid' | 'invalid';
  }[];
  /** The newest rounds, the highest first. */
  readonly rounds: readonly InspectedRound[];
  readonly timers: readonly InspectedTimer[];
  /** When the core looks at this key again by itself; null: it waits for a message. */
  readonly nextLookIn: Milliseconds | null;
  readonly tieBreaker: MemberIndex | null;
  readonly seal: SealState;
  readonly missing: readonly {
    readonly member: MemberIndex;
    readonly why: 'away' | 'silent' | 'refused' | 'other-value';
  }[];
  /** Rules that members named for not voting. */
  readonly refusals: readonly { readonly member: MemberIndex; readonly rule: string }[];
}

export interface InspectedRound {
  readonly round: Round;
  readonly voters: number;
  readonly polka: DigestPrefix | null;
  readonly saturatedAgo: Milliseconds | null;
  readonly ownPreCommit: DigestPrefix | null;
  readonly ownCommit: DigestPrefix | null;
  /** By value. */
  readonly preCommits: readonly InspectedVotes[];
  readonly commits: readonly InspectedVotes[];
}

export interface InspectedVotes {
  readonly digest: DigestPrefix;
  readonly members: readonly MemberIndex[];
}

/** Names are those of the rules in docs/protocol.md. */
export interface InspectedTimer {
  readonly waitsFor:
    /** e + W(r): the vote for F by itself. */
    | 'vote'
    /** sat[0] + W(0), in round 1: its vote, when not all of round 0 were heard. */
    | 'vote-after-first'
    /** sat[r] + W(r): the last moment to commit, and in round 0 without a polka the next round. */
    | 'commit'
    /** sat[r] + 2W(r): the next round. */
    | 'advance';
  /** Negative: it has fired. */
  readonly firesIn: Milliseconds;
}

export interface InspectedEpochs {
  readonly number: number;
  readonly digest: DigestPrefix;
  /** Number of the newest epoch that is known here. */
  readonly newest: number;
  readonly phase: 'open' | 'closing' | 'closed';
  readonly left: boolean;
  readonly sealed: DigestPrefix | null;
  /** Members whose report is here, of any state. */
  readonly reports: readonly MemberIndex[];
  /** Values that the last opening carried over. */
  readonly carried: number;
  readonly drafts: readonly {
    readonly digest: DigestPrefix;
    readonly approvals: readonly MemberIndex[];
    readonly joins: number;
  }[];
}

export interface InspectedSync {
  readonly trees: readonly {
    readonly tree: 'main' | 'network';
    readonly certified: DigestPrefix;
    readonly open: DigestPrefix;
    readonly keys: number;
  }[];
  readonly neighbours: readonly {
    readonly link: number;
    readonly member: MemberIndex;
    /** Trees that are being compared with this neighbour's. */
    readonly comparing: number;
    /** Keys that it has and that lack here: waiting to be asked for, and asked for. */
    readonly lacks: number;
    readonly asked: number;
    /** It catches up from here. */
    readonly pulls: boolean;
    /** Times in a row that its word did not hold. */
    readonly strikes: number;
    /** It is passed over for so long; 0: it is not. */
    readonly quietIn: Milliseconds;
  }[];
  /** Values whose bytes are being fetched. */
  readonly wantedValues: number;
}

export interface InspectedTraffic {
  readonly kind: string;
  readonly sent: number;
  readonly received: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface InspectedLink {
  /** Names the link in this inspection and the next ones. */
  readonly link: number;
  readonly member: MemberIndex;
  readonly isDevice: boolean;
  /** It runs with a log that the epoch does not name. */
  readonly isObserver: boolean;
  readonly openedAgo: Milliseconds;
  /** This side dialled. Null: not told. */
  readonly dialled: boolean | null;
  /** How bytes reach the worker. */
  readonly channel: 'worker-channel' | 'page-port' | null;
  /** How they go over the network, as the browser tells. */
  readonly route: Route | null;
  readonly rttMs: Milliseconds | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly queued: LinkFigures['queued'];
  /** Given to the browser and not to the network yet, bytes. */
  readonly bufferedAmount: number;
  /** By kind of message, the most frequent first. */
  readonly messages: readonly InspectedTraffic[];
}

export interface InspectedServer {
  readonly url: string;
  readonly state: 'connecting' | 'open' | 'waiting' | 'failed' | 'off';
  readonly diagnosis: string | null;
  readonly source: 'own' | 'hint';
}

export interface InspectedStore {
  readonly isWriting: boolean;
  /** What the next write holds. */
  readonly queued: OutboxFigures['queued'];
  readonly writes: number;
  /** How long the last write took, and the slowest; null: there was none. */
  readonly lastMs: Milliseconds | null;
  readonly slowestMs: Milliseconds | null;
  readonly lastAgo: Milliseconds | null;
  readonly certifiedKeys: number;
  readonly cacheBytes: number;
  readonly usageBytes: number | null;
  readonly quotaBytes: number | null;
  readonly persisted: boolean | null;
}

export interface InspectedSignatures {
  /** Votes of others whose signatures are being checked. */
  readonly checking: number;
  /** Own votes: being signed, waiting for that, and held back for a batch. */
  readonly signing: number;
  readonly waiting: number;
  readonly held: number;
  /** Batches that were offered and are remembered. */
  readonly batches: number;
  /** Certificates that are still lists of votes, and wait to be made one aggregate. */
  readonly certificatesDue: number;
}

export interface InspectedTiming {
  readonly w0: Milliseconds;
  /** A quorum's answer, there and back over all hops, as measured here; null: nobody has answered. */
  readonly twoMessages: Milliseconds | null;
  /** Links with a measured round trip, and members whose answer to an own proposal was timed. */
  readonly roundTrips: number;
  readonly echoes: number;
  /** The oldest own proposal has waited so long; null: none waits. */
  readonly proposalWaits: Milliseconds | null;
  /** Latest commits of own proposals, newest first. */
  readonly latencies: readonly { readonly milliseconds: Milliseconds; readonly round: Round | null }[];
}

export interface InspectedEvent {
  /** Grows by one with each event of a replica. */
  readonly seq: number;
  /** Milliseconds since 1970, with fractions. */
  readonly at: number;
  readonly kind: TraceEvent['kind'];
  readonly member: MemberIndex;
  readonly key: Key | null;
  readonly version: Version | null;
  readonly round: Round | null;
  readonly digest: DigestPrefix | null;
  /** Signers of a decision, or the reason for which a link ended. */
  readonly detail: string | null;
}

export interface InspectedError {
  readonly at: number;
  readonly where: 'worker' | 'page';
  /** Name of the exception, for example `TypeError`. */
  readonly name: string;
  /** Its words. They may quote whatever failed, so what is saved has them with all that may be secret struck out. */
  readonly message: string;
  /** File, line and column of the program. */
  readonly place: string | null;
}
