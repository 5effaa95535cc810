/**
 * Checking votes, and making and checking quorum certificates (docs/protocol.md, "Signatures"). A certificate is a list of groups over
 * one COMMIT, by itself or in a batch: BLS aggregates with a bitmap, and Ed25519 votes. Its validity depends on the epoch's members alone, never
 * on local evidence. No state is kept here.
 */
import { isIncluded, type Inclusion } from '../codec/batch.ts';
import { toHex, type EpochDigest, type MemberIndex, type NetworkId, type VoteKey } from '../codec/brand.ts';
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
import { batchBytes, commitBytes, voteBytes } from './domains.ts';
import { VOTE_SIGNATURE_BYTES } from './ed25519.ts';
import { MAX_CERTIFICATE_GROUPS, MAX_SHARED_AGGREGATES, MAX_VERIFY_MANY } from './limits.ts';
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

/**
 * VERIFIED: a vote is checked before it is counted, stored or forwarded. The share of a COMMIT is checked by aggregation only. Votes of
 * one batch signature cost one check: the verdict is remembered with the byte array that they share, never by equal bytes of others.
 */
export async function checkVote(vote: Vote, epoch: EpochKeys, ed25519: Ed25519): Promise<boolean> {
  if (vote.epoch !== epoch.epoch || (vote.batch && !isIncluded(vote, vote.batch))) return false;
  return vote.batch
    ? batchSignatureHolds(vote, vote.batch, epoch, ed25519)
    : signatureHolds(vote, epoch, ed25519);
}

/** True when the share of a COMMIT verifies by itself: a share shown alone is checked alone. */
export function checkShare(vote: Vote, epoch: EpochKeys, bls: Bls): boolean {
  const key = epoch.certificateKeys[vote.author];
  if (vote.type !== 'COMMIT' || vote.share === undefined || key === undefined || vote.epoch !== epoch.epoch)
    return false;
  if (vote.batch && !isIncluded(vote, vote.batch)) return false;
  return bls.verify(key, messageOf(vote, epoch), vote.share);
}

/** What aggregation found for votes over the same bytes: certificates of one batch share it. Bounded, the oldest goes first. */
export type SharedAggregates = Map<string, Aggregation>;

interface Aggregation {
  readonly good: readonly MemberIndex[];
  readonly bad: readonly StoredVote[];
  /** Sum of the good; null when there is none, or they cancel to infinity. */
  readonly signature: Uint8Array | null;
}

/**
 * Turns the votes of a certificate into BLS aggregates, one for each text that was signed. The votes must have passed `checkVote`. Bad
 * shares are found by bisection, and their votes stay as they are: the certificate is then mixed. Shares that only cancel each other
 * within an aggregate do no harm and are not named. Aggregates already there are kept, and not checked.
 */
export function aggregateCertificate(
  certificate: Certificate,
  epoch: EpochKeys,
  bls: Bls,
  shared: SharedAggregates = new Map(),
): Aggregated {
  const aggregates = certificate.groups.filter((group) => group.form === 'aggregate');
  const signed = new Set(aggregates.flatMap((group) => bitmapMembers(group.signers)));
  const votes: VotesGroup[] = [];
  for (const group of certificate.groups) {
    if (group.form !== 'votes') continue;
    const fresh = group.votes.filter(({ author }) => !signed.has(author) && signed.add(author));
    if (fresh.length > 0) votes.push({ ...group, votes: fresh.sort((a, b) => a.author - b.author) });
  }
  const bad: MemberIndex[] = [];
  const left: VotesGroup[] = [];
  // The greatest first: many small ones, by members who all signed another batch, stay votes.
  for (const group of votes.sort((a, b) => b.votes.length - a.votes.length)) {
    if (aggregates.length >= MAX_CERTIFICATE_GROUPS) {
      left.push(group);
      continue;
    }
    const message = certificateBytes(certificate, epoch, group.batch);
    const { good, bad: wrong, signature } = sharesOf(group.votes, message, epoch, bls, shared);
    bad.push(...wrong.map((vote) => vote.author));
    // Sums of aggregates that verify verify, except when they happen to cancel to infinity: then the votes stay.
    if (signature !== null)
      aggregates.push({
        form: 'aggregate',
        signers: membersBitmap(good, epoch.n),
        signature,
        ...batchOf(group),
      });
    const rest = signature === null ? group.votes : wrong;
    if (rest.length > 0) left.push({ form: 'votes', votes: rest, ...batchOf(group) });
  }
  return {
    certificate: { ...certificate, groups: [...aggregates, ...left] },
    badShares: bad.sort((a, b) => a - b),
  };
}

/** QC: q distinct members signed this COMMIT, and every group verifies. */
export async function checkCertificate(
  certificate: Certificate,
  epoch: EpochKeys,
  tools: CertificateTools,
): Promise<boolean> {
  return (await checkCertificates([certificate], epoch, tools))[0]!;
}

/**
 * One verdict for each certificate. Aggregates are checked together, and apart only when that fails; certificates of one batch have one
 * aggregate, which is checked once.
 */
export async function checkCertificates(
  certificates: readonly Certificate[],
  epoch: EpochKeys,
  tools: CertificateTools,
): Promise<boolean[]> {
  const verdicts: boolean[] = [];
  const items = new Map<string, AggregateItem>();
  const votes: SharedChecks = new Map();
  for (const [at, certificate] of certificates.entries()) {
    const holds = isWellFormed(certificate, epoch, tools.quorum ?? epoch.quorum);
    verdicts.push(holds && (await voteGroupsVerify(certificate, epoch, tools.ed25519, votes)));
    if (verdicts[at]) addAggregates(certificate, at, epoch, items);
  }
  const all = [...items.values()];
  for (let from = 0; from < all.length; from += MAX_VERIFY_MANY) {
    for (const bad of failingItems(all.slice(from, from + MAX_VERIFY_MANY), tools.bls))
      for (const at of bad.of) verdicts[at] = false;
  }
  return verdicts;
}

type StoredVote = VotesGroup['votes'][number];

/** Checks of Ed25519 votes under way, by all that goes into them: the same signature stands in every certificate of a batch. */
type SharedChecks = Map<string, Promise<boolean>>;

interface AggregateItem {
  /** Places of the certificates that it stands in. */
  readonly of: number[];
  readonly publicKeys: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

interface BatchVerdict {
  readonly vote: Pick<Vote, 'author' | 'round' | 'type' | 'share'>;
  readonly batch: Pick<Inclusion, 'root' | 'size'>;
  readonly epoch: EpochKeys;
  readonly holds: Promise<boolean>;
}

/** By the signature's own byte array. */
const batchVerdicts = new WeakMap<Uint8Array, BatchVerdict>();

/** All that goes into the check is compared: a byte array that somehow stands in another vote is checked for that one. */
function batchSignatureHolds(
  vote: Vote,
  { root, size }: Inclusion,
  epoch: EpochKeys,
  ed25519: Ed25519,
): Promise<boolean> {
  const { author, round, type, share, signature } = vote;
  const known = batchVerdicts.get(signature);
  if (
    known?.epoch === epoch &&
    known.vote.author === author &&
    known.vote.round === round &&
    known.vote.type === type &&
    known.vote.share === share &&
    known.batch.root === root &&
    known.batch.size === size
  )
    return known.holds;
  const holds = signatureHolds(vote, epoch, ed25519);
  batchVerdicts.set(signature, { vote: { author, round, type, share }, batch: { root, size }, epoch, holds });
  return holds;
}

async function signatureHolds(vote: Vote, epoch: EpochKeys, ed25519: Ed25519): Promise<boolean> {
  const key = epoch.voteKeys[vote.author];
  if (key === undefined || vote.signature.length !== VOTE_SIGNATURE_BYTES) return false;
  const bytes = messageOf(vote, epoch);
  if (vote.type === 'PRE-COMMIT')
    return vote.share === undefined && ed25519.verify(key, bytes, vote.signature);
  if (vote.share?.length !== SIGNATURE_BYTES) return false;
  return ed25519.verify(key, commitBytes(bytes, vote.share), vote.signature);
}

/** What a PRE-COMMIT's signature and a COMMIT's share cover. */
function messageOf(vote: Vote, epoch: EpochKeys): Uint8Array {
  return vote.batch
    ? batchBytes(epoch.network, epoch.epoch, vote, vote.batch)
    : voteBytes(epoch.network, epoch.epoch, vote);
}

/** What the signers of one group signed. */
function certificateBytes(
  certificate: Certificate,
  epoch: EpochKeys,
  batch: Inclusion | undefined,
): Uint8Array {
  const { key, version, round, digest } = certificate;
  const vote = { key, version, round, type: 'COMMIT' as const, digest };
  return batch
    ? batchBytes(epoch.network, certificate.epoch, vote, batch)
    : voteBytes(epoch.network, certificate.epoch, vote);
}

const batchOf = ({ batch }: CertificateGroup): { batch?: Inclusion } => (batch ? { batch } : {});

function sharesOf(
  votes: readonly StoredVote[],
  message: Uint8Array,
  epoch: EpochKeys,
  bls: Bls,
  shared: SharedAggregates,
): Aggregation {
  // By all that goes in: authors, shares, text, and the votes' own signatures, which stay where a share is bad.
  const parts = votes.map(({ author, share, signature }) => `${author} ${toHex(share)} ${toHex(signature)}`);
  const name = [toHex(message), ...parts].join(' ');
  const known = shared.get(name);
  if (known) return known;
  const bad: StoredVote[] = [];
  const good = verifyingShares(votes, message, epoch, bls, bad);
  const signature = good.length === 0 ? null : bls.aggregate(good.map((vote) => vote.share));
  const found: Aggregation = { good: good.map((vote) => vote.author), bad, signature };
  if (shared.size >= MAX_SHARED_AGGREGATES) shared.delete(shared.keys().next().value!);
  shared.set(name, found);
  return found;
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
  if (certificate.epoch !== epoch.epoch || groups.length === 0) return false;
  const aggregates = groups.filter((group) => group.form === 'aggregate').length;
  // Votes are as many as members may give, however many batches they signed: each costs one cheap check.
  const votes = groups.reduce((sum, group) => sum + (group.form === 'votes' ? group.votes.length : 0), 0);
  if (aggregates > MAX_CERTIFICATE_GROUPS || votes > MAX_CERTIFICATE_GROUPS * epoch.n) return false;
  if (!groups.every((group) => !group.batch || isIncluded(certificate, group.batch))) return false;
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
  shared: SharedChecks,
): Promise<boolean> {
  const checks: Promise<boolean>[] = [];
  for (const group of certificate.groups) {
    if (group.form !== 'votes') continue;
    const message = certificateBytes(certificate, epoch, group.batch);
    for (const { author, share, signature } of group.votes) {
      const signed = commitBytes(message, share);
      const verify = (): Promise<boolean> => ed25519.verify(epoch.voteKeys[author]!, signed, signature);
      checks.push(
        group.batch ? once(shared, `${author} ${toHex(signature)} ${toHex(signed)}`, verify) : verify(),
      );
    }
  }
  return (await Promise.all(checks)).every(Boolean);
}

function once(shared: SharedChecks, name: string, verify: () => Promise<boolean>): Promise<boolean> {
  const known = shared.get(name) ?? verify();
  shared.set(name, known);
  return known;
}

function addAggregates(
  certificate: Certificate,
  at: number,
  epoch: EpochKeys,
  items: Map<string, AggregateItem>,
): void {
  for (const group of certificate.groups) {
    if (group.form !== 'aggregate') continue;
    const { signers, signature, batch } = group;
    const message = certificateBytes(certificate, epoch, batch);
    const name = `${toHex(signature)} ${toHex(signers)} ${toHex(message)}`;
    const known = items.get(name);
    if (known) {
      known.of.push(at);
      continue;
    }
    const publicKeys = bitmapMembers(signers).map((member) => epoch.certificateKeys[member]!);
    items.set(name, { of: [at], publicKeys, message, signature });
  }
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
