/** What members sign about a value, and the certificate that enough of them make. docs/protocol.md, "Votes". */
import type { Inclusion } from './batch.ts';
import type { Digest, EpochDigest, Key, MemberIndex, Round, Version } from './brand.ts';

export type VoteType = 'PRE-COMMIT' | 'COMMIT';

export interface VoteBody {
  readonly key: Key;
  readonly version: Version;
  readonly round: Round;
  readonly type: VoteType;
  /** Digest of the value voted for. */
  readonly digest: Digest;
}

export interface Vote extends VoteBody {
  /** The epoch within which the vote acts. */
  readonly epoch: EpochDigest;
  readonly author: MemberIndex;
  /** Ed25519, 64 bytes. Of a COMMIT it covers the share as well. */
  readonly signature: Uint8Array;
  /** BLS signature over the vote's bytes, 48 bytes. Present exactly when the type is COMMIT. */
  readonly share?: Uint8Array;
  /**
   * Present when signature and share are over the root of a batch that holds (key, version, digest). The votes of one batch signature
   * share its two byte arrays, so that it is checked once. It counts like any other vote: the form is no part of what was voted.
   */
  readonly batch?: Inclusion;
}

/** A BLS aggregate over one COMMIT's bytes, with the bitmap of those who signed. */
export interface AggregateGroup {
  readonly form: 'aggregate';
  /** Bit i (byte i >> 3, value 1 << (i & 7)) is member i; exactly ceil(n / 8) bytes. */
  readonly signers: Uint8Array;
  /** 48 bytes. */
  readonly signature: Uint8Array;
  /** What was signed is the root of a batch that holds the certificate's entry. */
  readonly batch?: Inclusion;
}

/** COMMIT votes kept one by one: before they are aggregated, and for an author whose share proved bad. */
export interface VotesGroup {
  readonly form: 'votes';
  readonly votes: readonly {
    readonly author: MemberIndex;
    readonly signature: Uint8Array;
    readonly share: Uint8Array;
  }[];
  /** What was signed is the root of a batch that holds the certificate's entry. */
  readonly batch?: Inclusion;
}

export type CertificateGroup = AggregateGroup | VotesGroup;

/** Quorum certificate: q distinct members signed COMMIT over the same (epoch, key, version, round, digest). */
export interface Certificate {
  readonly epoch: EpochDigest;
  readonly key: Key;
  readonly version: Version;
  readonly round: Round;
  readonly digest: Digest;
  readonly groups: readonly CertificateGroup[];
}

/** Two checked votes of one author, equal in epoch, key, version, round and type, of different digests. */
export interface Equivocation {
  readonly first: Vote;
  readonly second: Vote;
}

/** A COMMIT that its author signed, with a BLS share that does not verify: an honest key never signs one. */
export interface BadShare {
  readonly kind: 'bad-share';
  readonly vote: Vote;
}

/** What one of two reports says that the other does not, with the signature over it. Votes of polkas are no part of what is signed. */
export interface SignedLocks {
  readonly locks: readonly Pick<VoteBody, 'key' | 'version' | 'digest' | 'round'>[];
  readonly signature: Uint8Array;
  readonly share: Uint8Array;
}

/**
 * Two reports of one member for one closing and one R that name different locks. Who has closed has its locks, and they change no more; R
 * says which of them are undecided: an honest member signs one report for each R.
 */
export interface ContradictingReports {
  readonly kind: 'reports';
  readonly epoch: EpochDigest;
  readonly author: MemberIndex;
  /** Digest of C. */
  readonly change: Digest;
  /** R. */
  readonly root: Digest;
  /** Ascending by the names of their locks: one contradiction has one form, whichever report was heard first. */
  readonly statements: readonly [SignedLocks, SignedLocks];
}

/** Evidence that is made of votes. */
export type VoteEvidence = Equivocation | BadShare;

/** What proves, by its signatures alone, that a member broke the protocol. */
export type Evidence = VoteEvidence | ContradictingReports;

export const isBadShare = (evidence: Evidence): evidence is BadShare => 'vote' in evidence;

export const isOfReports = (evidence: Evidence): evidence is ContradictingReports => 'statements' in evidence;

export const isEquivocation = (evidence: Evidence): evidence is Equivocation => 'first' in evidence;

/** The vote that names the author, the place and, of an equivocation, the first value. */
export const evidenceVote = (evidence: VoteEvidence): Vote =>
  isBadShare(evidence) ? evidence.vote : evidence.first;

/** Against whom it is: a place in the member list of its epoch. */
export const accusedOf = (
  evidence: Evidence,
): { readonly epoch: EpochDigest; readonly author: MemberIndex } =>
  isOfReports(evidence) ? evidence : evidenceVote(evidence);

/** Locks as one text: equal ones have equal texts. */
export const locksName = (locks: SignedLocks['locks']): string =>
  locks.map(({ key, version, digest, round }) => `${round} ${version} ${digest} ${key}`).join('\n');

/** Two signed reports that an honest member does not sign both; null: one may. */
export function contradictionOf(first: SignedReport, second: SignedReport): ContradictingReports | null {
  const { epoch, author, change, root } = first;
  const isOnePlace =
    second.epoch === epoch && second.author === author && second.change === change && second.root === root;
  const [a, b] = [locksName(first.locks), locksName(second.locks)];
  if (!isOnePlace || a === b) return null;
  const statements = (a < b ? [first, second] : [second, first]).map(({ locks, signature, share }) => ({
    locks,
    signature,
    share,
  }));
  return { kind: 'reports', epoch, author, change, root, statements: [statements[0]!, statements[1]!] };
}

/** A report without its polkas: structurally the codec's `Report`. */
type SignedReport = Pick<ContradictingReports, 'epoch' | 'author' | 'change' | 'root'> & SignedLocks;

/** The votes form of a certificate: one group for each text that was signed. The votes are COMMITs of one value and round. */
export function votesGroups(votes: Iterable<Vote>): VotesGroup[] {
  const groups = new Map<string, { votes: VotesGroup['votes'][number][]; batch: Inclusion | undefined }>();
  for (const { author, signature, share, batch } of votes) {
    const name = batch ? `${batch.root} ${batch.size} ${batch.index}` : '';
    const group = groups.get(name) ?? { votes: [], batch };
    groups.set(name, group);
    group.votes.push({ author, signature, share: share! });
  }
  return [...groups.values()].map(({ votes: own, batch }) =>
    batch ? { form: 'votes', votes: own, batch } : { form: 'votes', votes: own },
  );
}

/** Distinct signers of a certificate, ascending. */
export function certificateSigners(certificate: Pick<Certificate, 'groups'>): MemberIndex[] {
  const found = new Set<number>();
  for (const group of certificate.groups) {
    if (group.form === 'votes') for (const vote of group.votes) found.add(vote.author);
    else for (const index of bitmapMembers(group.signers)) found.add(index);
  }
  return [...found].sort((a, b) => a - b) as MemberIndex[];
}

export function bitmapMembers(bitmap: Uint8Array): MemberIndex[] {
  const out: number[] = [];
  bitmap.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out.push(at * 8 + bit);
  });
  return out as MemberIndex[];
}

export function membersBitmap(members: Iterable<MemberIndex>, n: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.ceil(n / 8));
  for (const member of members) out[member >> 3]! |= 1 << (member & 7);
  return out;
}
