/**
 * Signatures of epochs: approvals, joins and reports are signed like COMMITs (Ed25519 over a BLS share), so that equal ones aggregate. What a
 * change or an opening must be besides is in src/consensus/epochs. No state is kept here.
 */
import { fromHex, type Digest, type EpochDigest, type MemberIndex, type NetworkId } from '../codec/brand.ts';
import type {
  Approval,
  ChangeValue,
  Countersignature,
  Opening,
  Report,
  SignerGroup,
} from '../codec/epochs.ts';
import type { Continuation, MemberEntry } from '../codec/genesis.ts';
import {
  bitmapMembers,
  locksName,
  membersBitmap,
  type Certificate,
  type ContradictingReports,
  type Vote,
} from '../codec/vote.ts';
import { SIGNATURE_BYTES } from './bls-scheme.ts';
import { checkCertificate, checkVote, type EpochKeys } from './certificates.ts';
import { approvalBytes, commitBytes, continueBytes, reportBytes } from './domains.ts';
import { VOTE_SIGNATURE_BYTES } from './ed25519.ts';
import { checkMember } from './genesis.ts';
import { MAX_CERTIFICATE_GROUPS } from './limits.ts';
import type { Bls, Ed25519, Signer } from './types.ts';

/** An epoch, as far as signatures need it: structurally the `Epoch` of src/consensus/epochs. */
export interface EpochLike {
  /** What its signatures cover. */
  readonly network: NetworkId;
  readonly digest: EpochDigest;
  readonly members: readonly MemberEntry[];
}

export interface EpochTools {
  /** The genesis draft's nonce, which every proof of possession covers. */
  readonly nonce: string;
  readonly bls: Bls;
  readonly ed25519: Ed25519;
}

export function epochKeysOf({ network, digest, members }: EpochLike): EpochKeys {
  const n = members.length;
  return {
    network,
    epoch: digest,
    n,
    quorum: n - Math.floor((n - 1) / 3),
    voteKeys: members.map((m) => m.voteKey),
    certificateKeys: members.map((m) => fromHex(m.certificateKey)),
  };
}

/** Signs as COMMITs are signed. The caller made sure that it may. */
export async function countersign(
  signer: Signer,
  message: Uint8Array,
): Promise<Omit<Countersignature, 'author'>> {
  const share = signer.signShare(message);
  return { share, signature: await signer.signEd25519(commitBytes(message, share)) };
}

/** One signature with its share: right by Ed25519, as a COMMIT is; the share is checked when it is aggregated. */
export async function checkCountersignature(
  { author, signature, share }: Countersignature,
  message: Uint8Array,
  members: readonly MemberEntry[],
  ed25519: Ed25519,
): Promise<boolean> {
  const member = members[author];
  if (!member || signature.length !== VOTE_SIGNATURE_BYTES || share.length !== SIGNATURE_BYTES) return false;
  return ed25519.verify(member.voteKey, commitBytes(message, share), signature);
}

/** `next`: the list of the change, which the places of joins are in. */
export function checkApproval(
  approval: Approval,
  epoch: EpochLike,
  next: readonly MemberEntry[],
  { ed25519 }: EpochTools,
): Promise<boolean> {
  const { kind, change } = approval;
  if (approval.epoch !== epoch.digest) return Promise.resolve(false);
  const message = approvalBytes(kind, epoch.network, epoch.digest, change);
  return checkCountersignature(approval, message, kind === 'join' ? next : epoch.members, ed25519);
}

/** The author's signature, and every vote of its polkas. That they are enough: `hasPolkas` of src/consensus/epochs. */
export async function checkReport(report: Report, epoch: EpochLike, tools: EpochTools): Promise<boolean> {
  if (report.epoch !== epoch.digest) return false;
  const message = reportBytes(epoch.network, report);
  if (!(await checkCountersignature(report, message, epoch.members, tools.ed25519))) return false;
  return votesHold(report.polkas, epoch, tools);
}

/** Whether one member of the epoch signed both reports: no honest one did. Their polkas are no part of what is signed. */
export async function checkContradictingReports(
  { epoch, author, change, root, statements }: ContradictingReports,
  keys: EpochKeys,
  ed25519: Ed25519,
): Promise<boolean> {
  const [first, second] = statements;
  const voteKey = keys.voteKeys[author];
  if (epoch !== keys.epoch || voteKey === undefined || locksName(first.locks) === locksName(second.locks))
    return false;
  const verdicts = await Promise.all(
    statements.map(async ({ locks, signature, share }) => {
      if (signature.length !== VOTE_SIGNATURE_BYTES || share.length !== SIGNATURE_BYTES) return false;
      const message = reportBytes(keys.network, { epoch, change, root, locks });
      return ed25519.verify(voteKey, commitBytes(message, share), signature);
    }),
  );
  return !verdicts.includes(false);
}

/** Approvals of the epoch's members, joins and proofs of possession of those who are added. */
export async function checkChangeSignatures(
  { change, approvals, joins }: ChangeValue,
  digest: Digest,
  epoch: EpochLike,
  joining: readonly number[],
  tools: EpochTools,
): Promise<boolean> {
  const { nonce, bls } = tools;
  // Keys first: an aggregate says nothing about a key that nobody has proved to hold.
  for (const i of joining) if (!checkMember(change.members[i]!, epoch.network, nonce, bls).ok) return false;
  const [approve, join] = (['approve', 'join'] as const).map((kind) =>
    approvalBytes(kind, epoch.network, epoch.digest, digest),
  );
  return (
    (await signersHold(approvals, approve!, epoch.members, tools)) &&
    (await signersHold(joins, join!, change.members, tools))
  );
}

export async function checkOpeningSignatures(
  opening: Opening,
  epoch: EpochLike,
  tools: EpochTools,
): Promise<boolean> {
  const { change, root, statements, polkas } = opening;
  for (const { locks, groups } of statements) {
    const message = reportBytes(epoch.network, { epoch: epoch.digest, change, root, locks });
    if (!(await signersHold(groups, message, epoch.members, tools))) return false;
  }
  return votesHold(polkas, epoch, tools);
}

/** What `followLink` of src/consensus/epochs asks. */
export function createEpochSignatures(tools: EpochTools): {
  certificate(certificate: Certificate, epoch: EpochLike): Promise<boolean>;
  change(value: ChangeValue, digest: Digest, epoch: EpochLike, joining: readonly number[]): Promise<boolean>;
  opening(opening: Opening, epoch: EpochLike): Promise<boolean>;
  continuation(
    genesis: Continuation,
    network: NetworkId,
    signatures: readonly Uint8Array[],
  ): Promise<boolean>;
} {
  return {
    certificate: (certificate, epoch) => checkCertificate(certificate, epochKeysOf(epoch), tools),
    change: (value, digest, epoch, joining) => checkChangeSignatures(value, digest, epoch, joining, tools),
    opening: (opening, epoch) => checkOpeningSignatures(opening, epoch, tools),
    continuation: (genesis, network, signatures) =>
      checkContinuationSignatures(genesis, network, signatures, tools.ed25519),
  };
}

/** CONTINUE: every member of the continuation has signed it. `network`: its digest. */
export async function checkContinuationSignatures(
  { members, continues }: Continuation,
  network: NetworkId,
  signatures: readonly Uint8Array[],
  ed25519: Ed25519,
): Promise<boolean> {
  if (signatures.length !== members.length) return false;
  const signed = continueBytes(continues.network, continues.digest, network);
  const verdicts = await Promise.all(
    members.map(
      async ({ voteKey }, i) =>
        signatures[i]!.length === VOTE_SIGNATURE_BYTES &&
        (await ed25519.verify(voteKey, signed, signatures[i]!)),
    ),
  );
  return verdicts.every(Boolean);
}

/** Votes of one text as an aggregate; as they are when a share among them is bad. */
export function aggregateSigners(
  groups: readonly SignerGroup[],
  message: Uint8Array,
  members: readonly MemberEntry[],
  bls: Bls,
): readonly SignerGroup[] {
  const votes = groups.flatMap((group) => (group.form === 'votes' ? group.votes : []));
  if (votes.length === 0) return groups;
  const signature = bls.aggregate(votes.map((vote) => vote.share));
  const keys = votes.map((vote) => fromHex(members[vote.author]!.certificateKey));
  if (signature === null || !bls.verifyAggregate(keys, message, signature)) return groups;
  const aggregates = groups.filter((group) => group.form === 'aggregate');
  const signers = membersBitmap(
    votes.map((vote) => vote.author),
    members.length,
  );
  return [...aggregates, { form: 'aggregate', signers, signature }];
}

async function signersHold(
  groups: readonly SignerGroup[],
  message: Uint8Array,
  members: readonly MemberEntry[],
  { bls, ed25519 }: EpochTools,
): Promise<boolean> {
  if (groups.filter((group) => group.form === 'aggregate').length > MAX_CERTIFICATE_GROUPS) return false;
  for (const group of groups) {
    if (group.batch !== undefined) return false;
    if (group.form === 'votes') {
      if (group.votes.length > members.length) return false;
      const verdicts = await Promise.all(
        group.votes.map((vote) => checkCountersignature(vote, message, members, ed25519)),
      );
      if (!verdicts.every(Boolean)) return false;
      continue;
    }
    if (group.signers.length !== Math.ceil(members.length / 8)) return false;
    const authors: MemberIndex[] = bitmapMembers(group.signers);
    if (authors.length === 0 || authors.at(-1)! >= members.length) return false;
    const keys = authors.map((i) => fromHex(members[i]!.certificateKey));
    if (!bls.verifyAggregate(keys, message, group.signature)) return false;
  }
  return true;
}

async function votesHold(
  votes: readonly Vote[],
  epoch: EpochLike,
  { ed25519 }: EpochTools,
): Promise<boolean> {
  const keys = epochKeysOf(epoch);
  const verdicts = await Promise.all(votes.map((vote) => checkVote(vote, keys, ed25519)));
  return verdicts.every(Boolean);
}
