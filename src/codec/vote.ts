/** What members sign about a value, and the certificate that enough of them make. docs/protocol.md, "Votes". */
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
}

/** A BLS aggregate over one COMMIT's bytes, with the bitmap of those who signed. */
export interface AggregateGroup {
  readonly form: 'aggregate';
  /** Bit i (byte i >> 3, value 1 << (i & 7)) is member i; exactly ceil(n / 8) bytes. */
  readonly signers: Uint8Array;
  /** 48 bytes. */
  readonly signature: Uint8Array;
}

/** COMMIT votes kept one by one: before they are aggregated, and for an author whose share proved bad. */
export interface VotesGroup {
  readonly form: 'votes';
  readonly votes: readonly {
    readonly author: MemberIndex;
    readonly signature: Uint8Array;
    readonly share: Uint8Array;
  }[];
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

/** Distinct signers of a certificate, ascending. */
export function certificateSigners(certificate: Certificate): MemberIndex[] {
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
