/** What a verifier says about an evidence file. Plain data: it crosses from a worker to a page and is printed as JSON. */
import type { Digest, EpochDigest, MemberId, NetworkId, Round, Version } from '../../../codec/brand.ts';

/** What the reader of a file trusts beforehand: a network, by its id or by its genesis; null = nothing yet. */
export type Trust =
  | { readonly kind: 'network'; readonly network: NetworkId }
  | { readonly kind: 'genesis'; readonly genesis: Uint8Array }
  | null;

export interface TrustError {
  readonly type: 'trust-malformed' | 'pin-malformed';
  readonly message: string;
}

/**
 * valid: everything holds, by members of a network that the reader trusts. invalid: something is wrong with the file. untrusted: nothing
 * wrong was found, but the reader does not trust this network, so it proves nothing to them. unknown: this copy of the verifier does not
 * know a format or a rules version that the file uses, so it can say neither.
 */
export type EvidenceVerdict = 'valid' | 'invalid' | 'untrusted' | 'unknown';

/** The first thing that stands in the way of `valid`. */
export interface EvidenceFailure {
  readonly type:
    | 'bundle-too-large'
    | 'bundle-malformed'
    | 'bundle-not-canonical'
    | 'format-unknown'
    | 'genesis-malformed'
    | 'network-id-wrong'
    | 'member-key-wrong'
    | 'link-malformed'
    | 'link-missing'
    | 'link-elsewhere'
    | 'link-wrong'
    | 'version-order'
    | 'certificate-malformed'
    | 'certificate-elsewhere'
    | 'certificate-wrong'
    | 'under-quorum'
    | 'epoch-unknown'
    | 'epoch-order'
    | 'value-malformed'
    | 'digest-wrong'
    | 'chain-broken'
    | 'rule-broken'
    | 'rules-unknown'
    | 'manifest-wrong'
    | 'equivocation-wrong'
    | 'epcis-wrong'
    | 'epcis-unknown'
    | 'misbehaviour-wrong'
    | 'network-not-trusted'
    | 'no-trust-given'
    /** Newest part of the file is from after a break that the reader has not said to follow. */
    | 'break-not-confirmed'
    /** … or from before the one with which the trusted network began. */
    | 'before-break'
    | 'pin-not-on-chain'
    | 'pin-later';
  /** What is wrong, with which part of the file, and what to do. */
  readonly message: string;
  /** The version that it is about, if it is about one. */
  readonly version: Version | null;
}

/** What a request, a response or a record holds, as JSON; bytes are lowercase hex digits. */
export type PlainValue =
  null | boolean | number | string | readonly PlainValue[] | { readonly [name: string]: PlainValue };

/** One step that was run again with the same result. */
export interface VerifiedStep {
  readonly method: string;
  readonly path: string;
  readonly request: PlainValue;
  readonly status: number;
  readonly response: PlainValue;
  /** Member or device that ran it first. */
  readonly node: string;
}

/** A member as a report names it. */
export interface NamedMember {
  readonly id: MemberId;
  readonly organisation: string;
}

/** One epoch of the chain inside the file, and what began it. Every link to it was checked. */
export interface VerifiedEpoch {
  /** 0: the genesis. */
  readonly number: number;
  /** What a reader can pin. Of epoch 0, and of one that began with a break, the network id. */
  readonly digest: EpochDigest;
  /** What its signatures name: of epoch 0 and all that follow, until a break begins another one. */
  readonly network: NetworkId;
  readonly rulesVersion: number;
  /** n is their number. In the order of the epoch's list. */
  readonly members: EvidenceReport['members'];
  /** Signatures that a certificate of this epoch needs. */
  readonly quorum: number;
  /** null: it began with no change of members: it is the genesis, or `broke`. */
  readonly began: {
    /** As the person wrote who asked for the change. */
    readonly reason: string;
    readonly joined: readonly NamedMember[];
    /** As they were in the epoch before. */
    readonly left: readonly NamedMember[];
    /** Same organisation, other keys. */
    readonly newKeys: readonly NamedMember[];
    /** Same keys, another vote log: the old one was lost. */
    readonly newLogs: readonly NamedMember[];
    readonly rulesVersion: { readonly from: number; readonly to: number };
    /** Members of the epoch before that approved the change. */
    readonly approvedBy: readonly NamedMember[];
    /** Members of the epoch before that signed its opening: a quorum of them. */
    readonly sealedBy: readonly NamedMember[];
  } | null;
  /** It began with a break; null: it did not. */
  readonly broke: VerifiedBreak | null;
}

/** Survivors went on without a quorum, as a network of their own: each of them signed that, and nobody else. */
export interface VerifiedBreak {
  /** Number of the epoch that began with it. */
  readonly epoch: number;
  /** Of the network that began. */
  readonly name: string;
  readonly network: NetworkId;
  readonly from: NetworkId;
  /** State root that both networks share: what was certified before counts in the new one as far as it is in there. */
  readonly root: Digest;
  readonly survivors: readonly NamedMember[];
  readonly gone: readonly NamedMember[];
  /** The same for a person, with what it lacks. */
  readonly summary: string;
}

/** One version whose certificate, chain and steps were checked. */
export interface VerifiedVersion {
  readonly version: Version;
  readonly round: Round;
  readonly digest: Digest;
  /** Digest of the version before, which this one names; null in version 1. */
  readonly previous: Digest | null;
  /** The epoch that its certificate names: the members of its list signed, `n` there are and `quorum` were needed. */
  readonly epoch: { readonly number: number; readonly n: number; readonly quorum: number };
  /** The members that signed, by the names that they had in that epoch. */
  readonly signers: readonly NamedMember[];
  readonly session: {
    readonly id: string;
    readonly member: MemberId;
    readonly organisation: string;
    /**
     * Number of the epoch by whose members and rules the session was checked. Earlier than that of the certificate where the value was voted
     * for in an epoch that ended before it was certified, so that it was carried over.
     */
    readonly epoch: number;
    /** Name of the device that signed it, by the member's certificate; null when the member signed itself. */
    readonly device: string | null;
    /** A pseudonym. */
    readonly operator: string;
    readonly rulesVersion: number;
    /** Paths of the services, in order. */
    readonly steps: readonly string[];
    /** The same with what was asked and answered. */
    readonly transactions: readonly VerifiedStep[];
    /** Claimed time of the last step, milliseconds since 1970. */
    readonly claimedAt: number;
  };
  /** Status of the package after it. */
  readonly status: string;
  /** The record that the steps lead to. */
  readonly record: PlainValue;
}

export interface EvidenceReport {
  readonly verdict: EvidenceVerdict;
  /** One sentence for a person. */
  readonly summary: string;
  /** Null exactly when the verdict is `valid`. */
  readonly failure: EvidenceFailure | null;
  /**
   * The network whose members signed the newest part of the file; while that is not known, the last one of its chain. Null when the file's member
   * list could not be read, or does not fit the network id in the file.
   */
  readonly network: {
    readonly id: NetworkId;
    readonly name: string;
    readonly demo: boolean;
    /** Of the newest epoch of it that the file reaches. */
    readonly members: number;
    readonly quorum: number;
    /** True when it is the network that the reader trusts, by its id or by a pinned epoch after the break with which it began. */
    readonly trusted: boolean;
  } | null;
  /** From epoch 0 on, as far as the chain inside the file was checked; empty where `network` is null. Believed only where the network is trusted. */
  readonly epochs: readonly VerifiedEpoch[];
  /** Breaks of that chain, the oldest first: where it goes on from a network that had no quorum left. Usually none. */
  readonly breaks: readonly VerifiedBreak[];
  /** The epoch that the reader pinned; null: none, or it is not on the chain. */
  readonly pinned: number | null;
  /** The member list of the newest epoch of those, in its order. */
  readonly members: readonly {
    readonly id: MemberId;
    readonly name: string;
    readonly organisation: string;
    readonly role: string;
    readonly gln: string;
  }[];
  readonly sscc: string | null;
  /** In ascending order. Nothing follows the version that failed. */
  readonly versions: readonly VerifiedVersion[];
  /** Members proven to have signed two different values in one round. */
  readonly equivocators: readonly {
    readonly id: MemberId;
    readonly organisation: string;
    readonly version: Version;
  }[];
  /** Versions of which the file holds the EPCIS document that follows from them. */
  readonly epcis: readonly Version[];
  /** Of a misbehaviour file: the member and what it did; null for a package's evidence. */
  readonly accused: { readonly id: MemberId; readonly organisation: string; readonly deed: string } | null;
  /** Sentences, each of which follows from the file and the trusted network id. Empty unless the verdict is `valid`. */
  readonly proven: readonly string[];
  /** Sentences: what no evidence file proves. */
  readonly notProven: readonly string[];
}
