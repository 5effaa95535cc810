/**
 * Checking votes, and making and checking quorum certificates (docs/protocol.md, "Signatures"). A certificate is a list of groups over
 * one COMMIT: BLS aggregates with a bitmap, and Ed25519 votes. Its validity depends on the epoch's members alone, never
 * on local evidence. No state is kept here.
 */
import type { EpochDigest, MemberIndex, NetworkId, VoteKey } from '../codec/brand.ts';
import {
  bitmapMembers,
  certificateSigners,
  membersBitmap,
  type AggregateGroup,
  type Certificate,
  type CertificateGroup,
  type Vote,
  type VotesGroup,
} from '../codec/vote.ts';
import { SIGNATURE_BYTES } from './bls-scheme.ts';
import { randomBytes } from './bytes.ts';
import { commitBytes, voteBytes } from './domains.ts';
import { VOTE_SIGNATURE_BYTES } from './ed25519.ts';
import { MAX_CERTIFICATE_GROUPS, MAX_VERIFY_MANY } from './limits.ts';
import type { Bls, Ed25519 } from './types.ts';

/** Public keys of one epoch, in the order of its member list. They passed `checkGenesis` or the checks of a change. */
export interface EpochKeys {
  readonly network: NetworkId;
  readonly epoch: EpochDigest;
  readonly n: number;
  /** q = n - floor((n - 1) / 3). */
  readonly quorum: number;
  readonly voteKeys: readonly VoteKey[];
  /** 96 bytes each. */
  readonly certificateKeys: readonly Uint8Array[];
}

export interface CertificateTools {
  readonly bls: Bls;
  readonly ed25519: Ed25519;
  /** Distinct signers asked for; the epoch's quorum when left out. */
  readonly quorum?: number;
}

export interface Aggregated {
  readonly certificate: Certificate;
  /** Members whose checked COMMIT carries a share that does not verify: the vote itself is the evidence. Ascending. */
  readonly badShares: readonly MemberIndex[];
}

/** VERIFIED: a vote is checked before it is counted, stored or forwarded. The share of a COMMIT is checked by aggregation only. */
export async function checkVote(vote: Vote, epoch: EpochKeys, ed25519: Ed25519): Promise<boolean> {
  const message = signedBytes(vote, epoch);
  const key = epoch.voteKeys[vote.author];
  if (message === null || key === undefined || vote.signature.length !== VOTE_SIGNATURE_BYTES) return false;
  return ed25519.verify(key, message, vote.signature);
}

/** True when the share of a COMMIT verifies by itself: a share shown alone is checked alone. */
export function checkShare(vote: Vote, epoch: EpochKeys, bls: Bls): boolean {
  const key = epoch.certificateKeys[vote.author];
  if (vote.type !== 'COMMIT' || vote.share === undefined || key === undefined || vote.epoch !== epoch.epoch)
    return false;
  return bls.verify(key, voteBytes(epoch.network, epoch.epoch, vote), vote.share);
}

/**
 * Turns the votes of a certificate into one BLS aggregate. The votes must have passed `checkVote`. Bad shares are found
 * by bisection, and their votes stay as they are: the certificate is then mixed. Shares that only cancel each other within
 * an aggregate do no harm and are not named. Aggregates already there are kept, and not checked.
 */
export function aggregateCertificate(certificate: Certificate, epoch: EpochKeys, bls: Bls): Aggregated {
  const message = certificateBytes(certificate, epoch);
  const kept: CertificateGroup[] = [];
  const votes = new Map<MemberIndex, StoredVote>();
  for (const group of certificate.groups) {
    if (group.form === 'aggregate') kept.push(group);
    else for (const vote of group.votes) if (!votes.has(vote.author)) votes.set(vote.author, vote);
  }
  for (const group of kept) {
    if (group.form === 'aggregate') for (const member of bitmapMembers(group.signers)) votes.delete(member);
  }
  const bad: StoredVote[] = [];
  const sorted = [...votes.values()].sort((a, b) => a.author - b.author);
  const good = verifyingShares(sorted, message, epoch, bls, bad);
  // Sums of aggregates that verify verify, except when they happen to cancel to infinity: then the votes stay.
  const signature = good.length === 0 ? null : bls.aggregate(good.map((vote) => vote.share));
  if (signature !== null) {
    const members = good.map((vote) => vote.author);
    kept.push({ form: 'aggregate', signers: membersBitmap(members, epoch.n), signature });
  }
  const left = signature === null ? sorted : bad;
  if (left.length > 0) kept.push({ form: 'votes', votes: left });
  return { certificate: { ...certificate, groups: kept }, badShares: bad.map((vote) => vote.author) };
}

/** QC: q distinct members signed this COMMIT, and every group verifies. */
export async function checkCertificate(
  certificate: Certificate,
  epoch: EpochKeys,
  tools: CertificateTools,
): Promise<boolean> {
  return (await checkCertificates([certificate], epoch, tools))[0]!;
}

/** One verdict for each certificate. Aggregates are checked together, and apart only when that fails. */
export async function checkCertificates(
  certificates: readonly Certificate[],
  epoch: EpochKeys,
  tools: CertificateTools,
): Promise<boolean[]> {
  const verdicts: boolean[] = [];
  const items: AggregateItem[] = [];
  for (const [at, certificate] of certificates.entries()) {
    const holds = isWellFormed(certificate, epoch, tools.quorum ?? epoch.quorum);
    verdicts.push(holds && (await voteGroupsVerify(certificate, epoch, tools.ed25519)));
    if (verdicts[at]) items.push(...aggregateItems(certificate, at, epoch));
  }
  for (let from = 0; from < items.length; from += MAX_VERIFY_MANY) {
    for (const bad of failingItems(items.slice(from, from + MAX_VERIFY_MANY), tools.bls))
      verdicts[bad.at] = false;
  }
  return verdicts;
}

type StoredVote = VotesGroup['votes'][number];

interface AggregateItem {
  /** Place of the certificate. */
  readonly at: number;
  readonly publicKeys: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** What the Ed25519 signature covers; null when the vote's form is wrong. */
function signedBytes(vote: Vote, epoch: EpochKeys): Uint8Array | null {
  if (vote.epoch !== epoch.epoch) return null;
  const bytes = voteBytes(epoch.network, epoch.epoch, vote);
  if (vote.type === 'PRE-COMMIT') return vote.share === undefined ? bytes : null;
  return vote.share?.length === SIGNATURE_BYTES ? commitBytes(bytes, vote.share) : null;
}

function certificateBytes(certificate: Certificate, epoch: EpochKeys): Uint8Array {
  return voteBytes(epoch.network, certificate.epoch, {
    key: certificate.key,
    version: certificate.version,
    round: certificate.round,
    type: 'COMMIT',
    digest: certificate.digest,
  });
}

/** Bisection: b bad shares among n cost about 2 b log2(n / b) pairings. The bad are added to `bad`. */
function verifyingShares(
  votes: readonly StoredVote[],
  message: Uint8Array,
  epoch: EpochKeys,
  bls: Bls,
  bad: StoredVote[],
): StoredVote[] {
  if (votes.length === 0) return [];
  const signature = bls.aggregate(votes.map((vote) => vote.share));
  const keys = votes.map((vote) => epoch.certificateKeys[vote.author]!);
  if (signature !== null && bls.verifyAggregate(keys, message, signature)) return [...votes];
  if (votes.length === 1) {
    bad.push(votes[0]!);
    return [];
  }
  const half = votes.length >> 1;
  return [
    ...verifyingShares(votes.slice(0, half), message, epoch, bls, bad),
    ...verifyingShares(votes.slice(half), message, epoch, bls, bad),
  ];
}

/** Everything that needs no signature check. */
function isWellFormed(certificate: Certificate, epoch: EpochKeys, quorum: number): boolean {
  const { groups } = certificate;
  if (certificate.epoch !== epoch.epoch || groups.length === 0 || groups.length > MAX_CERTIFICATE_GROUPS)
    return false;
  if (
    !groups.every((group) =>
      group.form === 'votes' ? isVotesGroup(group, epoch) : isAggregate(group, epoch),
    )
  ) {
    return false;
  }
  return certificateSigners(certificate).length >= quorum;
}

function isVotesGroup(group: VotesGroup, epoch: EpochKeys): boolean {
  if (group.votes.length === 0 || group.votes.length > epoch.n) return false;
  if (new Set(group.votes.map((vote) => vote.author)).size !== group.votes.length) return false;
  return group.votes.every(
    (vote) =>
      Number.isInteger(vote.author) &&
      vote.author >= 0 &&
      vote.author < epoch.n &&
      vote.signature.length === VOTE_SIGNATURE_BYTES &&
      vote.share.length === SIGNATURE_BYTES,
  );
}

/** A bitmap of exactly ceil(n / 8) bytes, with a bit at least, and none beyond n. */
function isAggregate(group: AggregateGroup, epoch: EpochKeys): boolean {
  if (group.signature.length !== SIGNATURE_BYTES || group.signers.length !== Math.ceil(epoch.n / 8))
    return false;
  const members = bitmapMembers(group.signers);
  return members.length > 0 && members[members.length - 1]! < epoch.n;
}

async function voteGroupsVerify(
  certificate: Certificate,
  epoch: EpochKeys,
  ed25519: Ed25519,
): Promise<boolean> {
  const message = certificateBytes(certificate, epoch);
  const checks: Promise<boolean>[] = [];
  for (const group of certificate.groups) {
    if (group.form !== 'votes') continue;
    for (const { author, share, signature } of group.votes) {
      checks.push(ed25519.verify(epoch.voteKeys[author]!, commitBytes(message, share), signature));
    }
  }
  return (await Promise.all(checks)).every(Boolean);
}

function aggregateItems(certificate: Certificate, at: number, epoch: EpochKeys): AggregateItem[] {
  const message = certificateBytes(certificate, epoch);
  return certificate.groups
    .filter((group) => group.form === 'aggregate')
    .map(({ signers, signature }) => ({
      at,
      publicKeys: bitmapMembers(signers).map((member) => epoch.certificateKeys[member]!),
      message,
      signature,
    }));
}

function failingItems(items: readonly AggregateItem[], bls: Bls): AggregateItem[] {
  if (items.length === 0) return [];
  if (items.length === 1) {
    const { publicKeys, message, signature } = items[0]!;
    return bls.verifyAggregate(publicKeys, message, signature) ? [] : [items[0]!];
  }
  if (bls.verifyMany(items, randomBytes)) return [];
  const half = items.length >> 1;
  return [...failingItems(items.slice(0, half), bls), ...failingItems(items.slice(half), bls)];
}
