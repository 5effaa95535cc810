/**
 * What everybody in a run agrees is true: who holds which key, what was signed, which values exist. Signatures are stand-ins that only their
 * owner can have made: the object itself is the proof.
 */
import {
  asDigest,
  asMemberId,
  asNetworkId,
  type Digest,
  type EpochDigest,
  type Key,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../../src/codec/brand.ts';
import type { StateLeaf } from '../../../src/codec/epoch-messages.ts';
import {
  encodeChangeValue,
  encodeOpening,
  type Approval,
  type Change,
  type ChangeValue,
  type Opening,
  type Report,
  type ReportBody,
} from '../../../src/codec/epochs.ts';
import type { MemberEntry } from '../../../src/codec/genesis.ts';
import { SHARE_BYTES, SIGNATURE_BYTES } from '../../../src/codec/votes.ts';
import { certificateSigners, type Certificate, type Vote, type VoteBody } from '../../../src/codec/vote.ts';
import { genesisEpoch } from '../../../src/consensus/epochs/chain.ts';
import type { CheckedLink } from '../../../src/consensus/epochs/follow.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import { checkChangeValue, checkOpeningValue, lockName } from '../../../src/consensus/epochs/values.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import { changeDigest, valueBytes } from '../../../src/crypto/domains.ts';
import { createHash } from '../../../src/crypto/hash.ts';
import { stateRoot } from '../../../src/crdt/state-root.ts';
import type { Random } from '../scheduler.ts';
import type { EpochAblation } from './ablations.ts';

export const hash = await createHash();

/** A value under `network/`, as it was offered. */
export type NetworkValue =
  | {
      readonly kind: 'change';
      readonly previous: Digest | null;
      readonly value: ChangeValue;
      /** Digest of C. */
      readonly digest: Digest;
    }
  | { readonly kind: 'opening'; readonly previous: Digest | null; readonly opening: Opening };

export interface SimLink {
  readonly link: CheckedLink;
  readonly changeCertificate: Certificate;
  readonly openingCertificate: Certificate;
}

export interface Scene {
  readonly network: NetworkId;
  readonly first: Epoch;
  readonly random: Random;
  readonly ablation: EpochAblation | null;
  /** Every epoch that any replica has followed the chain to. */
  readonly epochs: Map<EpochDigest, Epoch>;
  entry(org: number, logId: LogId): MemberEntry;
  voteKeyOf(org: number): VoteKey;
  orgOf(voteKey: VoteKey): number;
  newLogId(): LogId;
  sign(org: number, epoch: Epoch, author: MemberIndex, vote: VoteBody): Vote;
  isSigned(vote: Vote): boolean;
  signApproval(org: number, approval: Omit<Approval, 'signature' | 'share'>): Approval;
  isApproved(approval: Approval, next: readonly MemberEntry[]): boolean;
  signReport(org: number, author: MemberIndex, body: ReportBody, polkas: readonly Vote[]): Report;
  /** Signature and polkas. */
  isReported(report: Report): boolean;
  holdsCertificate(certificate: Certificate): boolean;
  addValue(value: NetworkValue, epoch: EpochDigest): Digest;
  networkValue(digest: Digest): NetworkValue | undefined;
  /** Digests of values under `network/` that were offered in an epoch, in the order in which they were. */
  offered(key: Key, epoch: EpochDigest): readonly Digest[];
  /** valid(C), valid(O), with signatures. */
  isNetworkValid(key: Key, digest: Digest, chain: readonly Epoch[]): boolean;
  isLink(link: SimLink, chain: readonly Epoch[]): boolean;
  /** Values of a data key; which of them are valid does not change. */
  values(
    key: Key,
    version: number,
  ): { all: readonly Digest[]; withheld: Digest; proposable: readonly Digest[] };
  isValid(digest: Digest): boolean;
  rootOf(leaves: readonly StateLeaf[]): Digest;
}

const KEY_DIGITS = 64;
const SHARE = new Uint8Array(SHARE_BYTES);

export function createScene(
  n: number,
  random: Random,
  ablation: EpochAblation | null,
  logOf: (org: number) => LogId,
): Scene {
  const network = asNetworkId(random.hex(8).padEnd(64, '0'));
  const epochs = new Map<EpochDigest, Epoch>();
  const texts = new WeakMap<Uint8Array, string>();
  const issued = new Map<EpochDigest, Map<Digest, Map<string, Vote>>>();
  const networkValues = new Map<Digest, NetworkValue>();
  const offers = new Map<string, Digest[]>();
  const catalogue = new Map<string, { all: Digest[]; withheld: Digest; proposable: Digest[] }>();
  const invalid = new Set<Digest>();
  const judged = new Map<string, boolean>();
  const goodLinks = new WeakMap<SimLink, boolean>();
  const goodCertificates = new WeakMap<Certificate, boolean>();
  const goodVotes = new WeakSet<Vote>();
  const goodReports = new WeakMap<Report, boolean>();
  const goodApprovals = new WeakSet<Approval>();
  const roots = new Map<string, Digest>();
  let logs = 0;

  const voteKeyOf = (org: number): VoteKey => org.toString(16).padStart(KEY_DIGITS, '0') as VoteKey;
  const orgs = new Map<VoteKey, number>();
  const orgOf = (voteKey: VoteKey): number => {
    let org = orgs.get(voteKey);
    if (org === undefined) orgs.set(voteKey, (org = parseInt(voteKey, 16)));
    return org;
  };
  const newLogId = (): LogId => (++logs).toString(16).padStart(32, '0') as LogId;
  const entry = (org: number, logId: LogId): MemberEntry => ({
    id: asMemberId(`o-${org}`),
    name: `O ${org}`,
    organisation: `Organisation ${org}`,
    role: 'warehouse',
    gln: '4012345000009',
    voteKey: voteKeyOf(org),
    certificateKey: org.toString(16).padStart(192, '0') as MemberEntry['certificateKey'],
    logId,
    proofOfPossession: 'a'.repeat(96),
  });
  const members = Array.from({ length: n }, (_, org) => entry(org, logOf(org)));
  const first = genesisEpoch(network, {
    format: 'countersign-genesis-1',
    name: 'Simulated',
    rulesVersion: 1,
    draftNonce: '0'.repeat(32),
    demo: false,
    members,
    directory: { supplierKeys: [], couriers: [] },
  });
  epochs.set(first.digest, first);

  const signatureOf = (text: string): Uint8Array => {
    const signature = new Uint8Array(SIGNATURE_BYTES);
    texts.set(signature, text);
    return signature;
  };
  const voteText = (org: number, epoch: EpochDigest, vote: VoteBody): string =>
    `${org} ${ablation?.withoutEpoch ? '' : epoch} ${vote.key} ${vote.version} ${vote.round} ${vote.type} ${vote.digest}`;
  const orgAt = (epoch: EpochDigest, author: MemberIndex): number | null => {
    const member = epochs.get(epoch)?.members[author];
    return member ? orgOf(member.voteKey) : null;
  };
  const approvalText = (org: number, a: Pick<Approval, 'kind' | 'epoch' | 'change'>): string =>
    `${org} ${a.kind} ${a.epoch} ${a.change}`;
  const reportText = (org: number, { epoch, change, root, locks }: ReportBody): string =>
    `${org} report ${epoch} ${change} ${root} ${locks.map(lockName).join()}`;

  function isSigned(vote: Vote): boolean {
    if (goodVotes.has(vote)) return true;
    const text = texts.get(vote.signature);
    const org = text === undefined ? null : orgAt(vote.epoch, vote.author);
    if (org === null || text !== voteText(org, vote.epoch, vote)) return false;
    goodVotes.add(vote);
    return true;
  }

  function holdsCertificate(certificate: Certificate): boolean {
    const known = goodCertificates.get(certificate);
    if (known !== undefined) return known;
    const { epoch, key, version, round, digest, groups } = certificate;
    const of = epochs.get(epoch);
    if (!of) return false;
    const good =
      certificateSigners(certificate).length >= quorum(of.members.length) &&
      groups.every(
        (group) =>
          group.form === 'votes' &&
          group.votes.every((vote) =>
            isSigned({ epoch, key, version, round, digest, type: 'COMMIT', ...vote }),
          ),
      );
    goodCertificates.set(certificate, good);
    return good;
  }

  function isReported(report: Report): boolean {
    const known = goodReports.get(report);
    if (known !== undefined) return known;
    const org = orgAt(report.epoch, report.author);
    if (org === null) return false;
    const good = texts.get(report.signature) === reportText(org, report) && hasItsPolkas(report);
    goodReports.set(report, good);
    return good;
  }

  function hasItsPolkas(report: Report): boolean {
    if (ablation?.takesAnyPolka) return true;
    const q = quorum(epochs.get(report.epoch)!.members.length);
    return report.locks.every((lock) => provesLock(lockName(lock), report.polkas, report.epoch, q));
  }

  function provesLock(name: string, votes: readonly Vote[], epoch: EpochDigest, q: number): boolean {
    const voters = new Set<MemberIndex>();
    for (const vote of votes)
      if (vote.epoch === epoch && vote.type === 'PRE-COMMIT' && lockName(vote) === name && isSigned(vote))
        voters.add(vote.author);
    return voters.size >= q;
  }

  function groupsHold(
    groups: ChangeValue['approvals'],
    text: (org: number) => string,
    list: readonly MemberEntry[],
  ): boolean {
    return groups.every(
      (group) =>
        group.form === 'votes' &&
        group.votes.every(({ author, signature }) => {
          const member = list[author];
          return member !== undefined && texts.get(signature) === text(orgOf(member.voteKey));
        }),
    );
  }

  function judgeChange(value: NetworkValue & { kind: 'change' }, chain: readonly Epoch[]): boolean {
    const epoch = chain.at(-1)!;
    const { digest } = value;
    const signed = (kind: Approval['kind']) => (org: number) =>
      approvalText(org, { kind, epoch: epoch.digest, change: digest });
    return (
      value.previous === (epoch.began?.changeValue ?? null) &&
      checkChangeValue(chain, value.value).ok &&
      groupsHold(value.value.approvals, signed('approve'), epoch.members) &&
      groupsHold(value.value.joins, signed('join'), value.value.change.members)
    );
  }

  function judgeOpening(value: NetworkValue & { kind: 'opening' }, epoch: Epoch): boolean {
    const { opening, previous } = value;
    if (previous !== (epoch.began?.openingValue ?? null)) return false;
    const structure = checkOpeningValue(epoch, opening);
    const forgiven = structure.ok ? null : structure.error.type;
    if (forgiven !== null && !ablation?.forgives?.(forgiven, opening, epoch)) return false;
    if (!ablation?.mixesRoots) {
      const { change, root } = opening;
      const holds = opening.statements.every(({ locks, groups }) =>
        groupsHold(
          groups,
          (org) => reportText(org, { epoch: epoch.digest, change, root, locks }),
          epoch.members,
        ),
      );
      if (!holds) return false;
    }
    if (ablation?.takesAnyPolka) return true;
    const q = quorum(epoch.members.length);
    return opening.statements.every(({ locks }) =>
      locks.every((lock) => provesLock(lockName(lock), opening.polkas, epoch.digest, q)),
    );
  }

  const scene: Scene = {
    network,
    first,
    random,
    ablation,
    epochs,
    entry,
    voteKeyOf,
    orgOf,
    newLogId,
    sign(org, epoch, author, vote) {
      const { key, version, round, type, digest } = vote;
      const ofDigest = within(within(issued, epoch.digest), digest);
      const name = `${org} ${author} ${round} ${version} ${type} ${key}`;
      const before = ofDigest.get(name);
      if (before) return before;
      const signature = signatureOf(voteText(org, epoch.digest, vote));
      const fields = { key, version, round, type, digest, epoch: epoch.digest, author, signature };
      const signed: Vote = type === 'COMMIT' ? { ...fields, share: SHARE } : fields;
      ofDigest.set(name, signed);
      return signed;
    },
    isSigned,
    signApproval(org, approval) {
      const signature = signatureOf(approvalText(org, approval));
      return { ...approval, signature, share: SHARE };
    },
    isApproved(approval, next) {
      if (goodApprovals.has(approval)) return true;
      const text = texts.get(approval.signature);
      if (text === undefined) return false;
      const list = approval.kind === 'join' ? next : epochs.get(approval.epoch)?.members;
      const member = list?.[approval.author];
      // The digest of C names the next list too, so what is right once is right.
      if (member === undefined || text !== approvalText(orgOf(member.voteKey), approval)) return false;
      goodApprovals.add(approval);
      return true;
    },
    signReport(org, author, body, polkas) {
      const signature = signatureOf(reportText(org, body));
      return { ...body, author, signature, share: SHARE, polkas };
    },
    isReported,
    holdsCertificate,
    addValue(value, epoch) {
      const body = value.kind === 'change' ? encodeChangeValue(value.value) : encodeOpening(value.opening);
      const digest = hash(valueBytes(value.previous, body));
      if (networkValues.has(digest)) return digest;
      networkValues.set(digest, value);
      const place = `network/${value.kind} ${epoch}`;
      offers.set(place, [...(offers.get(place) ?? []), digest]);
      return digest;
    },
    networkValue: (digest) => networkValues.get(digest),
    offered: (key, epoch) => offers.get(`${key} ${epoch}`) ?? [],
    isNetworkValid(key, digest, chain) {
      const epoch = chain.at(-1)!;
      const place = `${key} ${digest} ${epoch.digest}`;
      const before = judged.get(place);
      if (before !== undefined) return before;
      const value = networkValues.get(digest);
      const good =
        value !== undefined &&
        `network/${value.kind}` === key &&
        (value.kind === 'change' ? judgeChange(value, chain) : judgeOpening(value, epoch));
      judged.set(place, good);
      return good;
    },
    isLink(link, chain) {
      const known = goodLinks.get(link);
      if (known !== undefined) return known;
      const { changeCertificate, openingCertificate } = link;
      const epoch = chain.at(-1)!;
      // A quorum certified both: what is in them was judged by honest members.
      const good = [changeCertificate, openingCertificate].every(
        (certificate) =>
          certificate.epoch === epoch.digest &&
          certificate.version === epoch.number + 1 &&
          holdsCertificate(certificate),
      );
      goodLinks.set(link, good);
      return good;
    },
    values(key, version) {
      const place = `${key} ${version}`;
      let found = catalogue.get(place);
      if (!found) {
        const digests = Array.from({ length: 5 }, () => asDigest(random.hex(8) + '0'.repeat(56)));
        invalid.add(digests[4]!);
        found = { all: digests, withheld: digests[3]!, proposable: digests.slice(0, 3) };
        catalogue.set(place, found);
      }
      return found;
    },
    isValid: (digest) => !invalid.has(digest),
    rootOf(leaves) {
      const name = leaves.map(({ key, version, digest }) => `${key} ${version} ${digest}`).join();
      let root = roots.get(name);
      if (root === undefined) {
        root = stateRoot(hash, leaves);
        roots.set(name, root);
      }
      return root;
    },
  };
  return scene;
}

function within<K, V, W>(table: Map<K, Map<V, W>>, key: K): Map<V, W> {
  let found = table.get(key);
  if (!found) table.set(key, (found = new Map<V, W>()));
  return found;
}

const digests = new WeakMap<Change, Digest>();

/** Digest C, made once for each object. */
export function changeDigestOf(change: Change): Digest {
  let digest = digests.get(change);
  if (digest === undefined) {
    digest = changeDigest(hash, change);
    digests.set(change, digest);
  }
  return digest;
}

export function openingThat(scene: Scene, epoch: Epoch): Opening {
  const value = scene.networkValue(epoch.began!.openingValue);
  if (value?.kind !== 'opening') throw new Error('an epoch without its opening');
  return value.opening;
}
