/**
 * The chain of epochs inside an evidence file: followed from the genesis, each link by the members of the epoch before. What comes out are the
 * member lists by which everything else in the file is checked, and for a reader what each change did.
 */
import type { Digest, EpochDigest, Key, NetworkId, Version } from '../../../codec/brand.ts';
import {
  decodeChangeValue,
  decodeLink,
  isBreakLink,
  type ChangeLink,
  type EpochLink,
} from '../../../codec/epochs.ts';
import { decodeContinuation, type Genesis, type MemberEntry } from '../../../codec/genesis.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import { decodeValue } from '../../../codec/value.ts';
import { certificateSigners } from '../../../codec/vote.ts';
import { genesisEpoch } from '../../../consensus/epochs/chain.ts';
import { breaksOf } from '../../../consensus/epochs/chain.ts';
import { followChain, type CheckedLink } from '../../../consensus/epochs/follow.ts';
import type { Epoch } from '../../../consensus/epochs/types.ts';
import { quorum } from '../../../consensus/membership.ts';
import type { EpochKeys } from '../../../crypto/certificates.ts';
import { createEpochSignatures, epochKeysOf } from '../../../crypto/epochs.ts';
import type { Bls, Ed25519, Hash } from '../../../crypto/types.ts';
import type { EvidenceFailure, NamedMember, VerifiedBreak, VerifiedEpoch } from './types.ts';

/** An epoch of the chain with what checks need of it. */
export interface KnownEpoch {
  readonly epoch: Epoch;
  readonly keys: EpochKeys;
  /** The genesis of its network with the members and the rules version of this epoch. */
  readonly genesis: Genesis;
}

export interface FileChain {
  /** From epoch 0 to the newest that the file reaches. */
  readonly epochs: readonly KnownEpoch[];
  /** Undefined: the chain does not reach it. */
  of(digest: EpochDigest): KnownEpoch | undefined;
  /**
   * Epochs in which this value may have been voted for first, when its certificate is of `certified`: that one, and each earlier one at whose
   * end a quorum reported a lock on it, the newest first (CARRIED of docs/protocol.md, "Epochs"). Nothing is carried over a break.
   */
  votedIn(
    certified: KnownEpoch,
    value: { key: Key; version: Version; digest: Digest },
  ): readonly KnownEpoch[];
  readonly report: readonly VerifiedEpoch[];
  readonly breaks: readonly VerifiedBreak[];
}

/** A report's failure is about the first link that is wrong. `links`: bytes, in the file's order. */
export async function followFile(
  network: NetworkId,
  genesis: Genesis,
  links: readonly Uint8Array[],
  { bls, ed25519, hash }: { readonly bls: Bls; readonly ed25519: Ed25519; readonly hash: Hash },
): Promise<Result<FileChain, EvidenceFailure>> {
  const first = genesisEpoch(network, genesis);
  const signatures = createEpochSignatures({ nonce: genesis.draftNonce, bls, ed25519 });
  const chain: Epoch[] = [first];
  const read: EpochLink[] = [];
  const checked: CheckedLink[] = [];
  for (const [i, bytes] of links.entries()) {
    const decoded = decodeLink(bytes);
    if (!decoded.ok)
      return refuse('link-malformed', `Entry ${i + 1} of the links can't be read: ${decoded.error.message}`);
    const misplaced = misplacedProblem(decoded.value, i, chain.at(-1)!);
    if (misplaced) return misplaced;
    const found = await followChain(chain, [decoded.value], hash, signatures);
    if (!found.ok) return refuse('link-wrong', found.error.message);
    chain.push(found.value.chain.at(-1)!);
    checked.push(...found.value.links);
    read.push(decoded.value);
  }
  const epochs = chain.map((epoch) => ({
    epoch,
    keys: epochKeysOf(epoch),
    genesis: { ...genesis, ...epoch.genesis, members: epoch.members, rulesVersion: epoch.rulesVersion },
  }));
  return ok({
    epochs,
    of: (digest) => epochs.find((one) => one.epoch.digest === digest),
    votedIn: (certified, value) => {
      const earlier = epochs
        .slice(0, certified.epoch.number)
        .filter((one, i) => one.epoch.network === certified.epoch.network && isReported(checked[i]!, value));
      return [certified, ...earlier.reverse()];
    },
    report: chain.map((epoch, i) => reportOf(chain[i - 1], epoch, checked[i - 1], read[i - 1])),
    breaks: breaksOf(chain).map(({ from, to }) => breakReport(from, to)),
  });
}

/**
 * The genesis by which names are looked up once members have changed: those of the last of these epochs, then each that was a member before,
 * as it was when it left. Ids are never given to another organisation, so a name means one.
 */
export function genesisOver(genesis: Genesis, epochs: readonly Pick<Epoch, 'members'>[]): Genesis {
  const members: MemberEntry[] = [];
  const known = new Set<string>();
  for (const epoch of [...epochs].reverse()) {
    for (const member of epoch.members) {
      if (known.has(member.id)) continue;
      known.add(member.id);
      members.push(member);
    }
  }
  return epochs.length === 0 ? genesis : { ...genesis, members };
}

/** A link says itself which epoch it ends, by number and by digest. */
function misplacedProblem(link: EpochLink, i: number, epoch: Epoch): Result<never, EvidenceFailure> | null {
  const place = placeOf(link);
  // What it says of itself can't be read: following it says so.
  if (place === null) return null;
  const { from, version } = place;
  if (from === epoch.digest) return null;
  if (version !== i + 1)
    return refuse(
      'link-missing',
      `Entry ${i + 1} of the links leads to epoch ${version}, where the one to epoch ${i + 1} belongs: one was left out, their order was changed, or it is of another network. Get the file again from a member.`,
    );
  return refuse(
    'link-elsewhere',
    `The link to epoch ${version} does not follow epoch ${i} of this network, ${epoch.digest}, but ${from}: it is of another network, or of another history. Do not use the file.`,
  );
}

/** The epoch that a link ends, and the number of the one that it leads to. */
function placeOf(link: EpochLink): { readonly from: EpochDigest; readonly version: number } | null {
  if (!isBreakLink(link))
    return { from: link.changeCertificate.epoch, version: link.changeCertificate.version };
  const genesis = decodeContinuation(link.genesis);
  if (!genesis.ok) return null;
  const { digest, epoch } = genesis.value.continues;
  return { from: digest, version: epoch + 1 };
}

function isReported(
  checked: CheckedLink,
  { key, version, digest }: { key: Key; version: Version; digest: Digest },
): boolean {
  if (checked.type === 'break') return false;
  return checked.opening.statements.some(({ locks }) =>
    locks.some((lock) => lock.key === key && lock.version === version && lock.digest === digest),
  );
}

function reportOf(
  before: Epoch | undefined,
  epoch: Epoch,
  checked: CheckedLink | undefined,
  link: EpochLink | undefined,
): VerifiedEpoch {
  const members = epoch.members.map(({ id, name, organisation, role, gln }) => {
    return { id, name, organisation, role, gln };
  });
  const { number, digest, network, rulesVersion } = epoch;
  const base = { number, digest, network, rulesVersion, members, quorum: quorum(members.length) };
  if (!before || !checked || !link) return { ...base, began: null, broke: null };
  if (checked.type === 'break' || isBreakLink(link))
    return { ...base, began: null, broke: breakReport(before, epoch) };
  const was = new Map(before.members.map((member) => [member.id, member]));
  const is = new Set(epoch.members.map((member) => member.id));
  const sameKeys = (a: MemberEntry, b: MemberEntry): boolean =>
    a.voteKey === b.voteKey && a.certificateKey === b.certificateKey;
  const stayed = epoch.members.flatMap((now) => {
    const old = was.get(now.id);
    return old ? [{ now, old }] : [];
  });
  return {
    ...base,
    broke: null,
    began: {
      reason: checked.change.reason,
      joined: epoch.members.filter((member) => !was.has(member.id)).map(named),
      left: before.members.filter((member) => !is.has(member.id)).map(named),
      newKeys: stayed.filter(({ now, old }) => !sameKeys(now, old)).map(({ now }) => named(now)),
      newLogs: stayed
        .filter(({ now, old }) => sameKeys(now, old) && now.logId !== old.logId)
        .map(({ now }) => named(now)),
      rulesVersion: { from: before.rulesVersion, to: rulesVersion },
      approvedBy: approversOf(link).map((i) => named(before.members[i]!)),
      sealedBy: certificateSigners(link.openingCertificate).map((i) => named(before.members[i]!)),
    },
  };
}

/** Who went on, from whom, without whom. */
function breakReport(before: Epoch, epoch: Epoch): VerifiedBreak {
  const ids = new Set(epoch.members.map((member) => member.id));
  const one = {
    epoch: epoch.number,
    name: epoch.genesis.name,
    network: epoch.network,
    from: before.network,
    root: epoch.began!.root,
    survivors: epoch.members.map(named),
    gone: before.members.filter((member) => !ids.has(member.id)).map(named),
  };
  return { ...one, summary: breakSentence(one, before) };
}

function breakSentence(
  { epoch, name, network, from, root, survivors, gone }: Omit<VerifiedBreak, 'summary'>,
  { members }: Epoch,
): string {
  const each = survivors.length === 1 ? 'It' : 'Each of them';
  return `Epoch ${epoch} began with a break: ${namesOf(survivors)}, ${survivors.length} of the ${members.length} members before, went on as “${name}”, network ${network}, without ${namesOf(gone)}. ${each} signed that. A change of members would have needed ${quorum(members.length)}: no quorum of the network ${from} stands behind it. What was signed before counts from there on as far as it is in the record with the root ${root}.`;
}

/** The link was checked, so it can be read again. */
function approversOf(link: ChangeLink): readonly number[] {
  const value = decodeChangeValue(decodeValue(link.change)!.body!);
  return value.ok ? certificateSigners({ groups: value.value.approvals }) : [];
}

export const namesOf = (members: readonly NamedMember[]): string =>
  members.map(({ organisation }) => organisation).join(', ');

export const named = ({ id, organisation }: MemberEntry): NamedMember => ({ id, organisation });

const refuse = (type: EvidenceFailure['type'], message: string): Result<never, EvidenceFailure> =>
  fail({ type, message, version: null });
