/**
 * Verifies an evidence file. The member list inside counts for nothing until its digest is the network id that the reader trusts; the chain of
 * epochs is followed from that list; every certificate is checked against the members of its epoch, every value against its digest and the one
 * before, and every step of every session is run again. Pure: the same bytes, trust and pin give the same report everywhere. The order of the
 * checks is that of docs/evidence.md.
 */
import type { EpochDigest, NetworkId } from '../../../codec/brand.ts';
import { decodeGenesis, type Genesis } from '../../../codec/genesis.ts';
import { accusedOf, isOfReports } from '../../../codec/vote.ts';
import { checkGenesis } from '../../../crypto/genesis.ts';
import type { Hash } from '../../../crypto/types.ts';
import { PACKAGE_KEY_PREFIX } from '../gs1.ts';
import { followFile, namesOf, type FileChain, type KnownEpoch } from './chain.ts';
import { readBundle, type EvidenceBundle } from './format.ts';
import { deedOf, provesMisbehaviour, readMisbehaviour } from './misbehaviour.ts';
import { epcisProblem, equivocationsProblem, manifestProblem } from './parts.ts';
import { failure, noFindings, reportOf, type Findings } from './report.ts';
import type { EvidenceFailure, EvidenceReport, Trust, VerifiedBreak } from './types.ts';
import { epochUnknown, versionsProblem, type VerifyTools } from './versions.ts';

export type { ProposedVersion, VerifyTools } from './versions.ts';

export interface VerifyOptions {
  readonly trust: Trust;
  /** An epoch that the reader knows to be of that network: it must be on the file's chain, and what the file shows no older. */
  readonly pin?: EpochDigest | null;
  readonly tools: VerifyTools;
}

/** Never rejects for anything that a file holds. */
export async function verifyEvidence(bytes: Uint8Array, options: VerifyOptions): Promise<EvidenceReport> {
  const { trust, tools, pin = null } = options;
  const misbehaviour = readMisbehaviour(bytes);
  if (misbehaviour) return verifyMisbehaviour(misbehaviour, options);
  const found = noFindings();
  const read = readBundle(bytes);
  if (!read.ok) return reportOf(found, failure(read.error.type, read.error.message));
  const bundle = read.value;
  found.sscc = bundle.key.slice(PACKAGE_KEY_PREFIX.length);

  const genesis = genesisOf(bundle, tools);
  if ('type' in genesis) return reportOf(found, genesis);
  const chain = await chainOf(bundle, genesis, tools, found);
  if ('type' in chain) return reportOf(found, chain);
  const distrust = trustProblem(chain, trust, tools.hash);

  const wrong =
    (await versionsProblem(bundle, chain, tools, found)) ??
    (await manifestProblem(bundle, genesis, tools, found)) ??
    (await equivocationsProblem(bundle, chain, tools, found)) ??
    epcisProblem(bundle, genesis, chain, tools, found);
  // What is wrong is wrong for everybody; what is not known does not matter where the network is not trusted.
  if (wrong !== null && !(wrong.type.endsWith('-unknown') && distrust !== null))
    return reportOf(found, wrong);
  const newest = found.versions.at(-1);
  const shown = newest ? { what: `its version ${newest.version}`, epoch: newest.epoch.number } : null;
  return reportOf(found, distrust ?? judgeShown(chain, { trust, pin, tools }, shown, found));
}

/** A file against one member: its two votes or reports, or its COMMIT with a bad share, under the keys of its epoch's member list. */
async function verifyMisbehaviour(
  read: Exclude<ReturnType<typeof readMisbehaviour>, null>,
  { trust, pin = null, tools }: VerifyOptions,
): Promise<EvidenceReport> {
  const found = noFindings();
  if (!read.ok) return reportOf(found, failure(read.error.type, read.error.message));
  const { evidence } = read.value;
  const genesis = genesisOf(read.value, tools);
  if ('type' in genesis) return reportOf(found, genesis);
  const chain = await chainOf(read.value, genesis, tools, found);
  if ('type' in chain) return reportOf(found, chain);
  const distrust = trustProblem(chain, trust, tools.hash);
  const { author, epoch: named } = accusedOf(evidence);
  const known = chain.of(named);
  if (!known)
    return reportOf(
      found,
      distrust ??
        epochUnknown(isOfReports(evidence) ? 'The reports inside are' : 'The votes inside are', named, chain),
    );
  const member = known.epoch.members[author];
  if (!member || !(await provesMisbehaviour(evidence, known.keys, tools))) {
    return reportOf(
      found,
      failure(
        'misbehaviour-wrong',
        'The file proves nothing against a member: what it holds was not signed by one, or an honest one could have signed it. Do not pass it on.',
      ),
    );
  }
  found.accused = { id: member.id, organisation: member.organisation, deed: deedOf(evidence) };
  const shown = { what: 'what the member signed', epoch: known.epoch.number };
  return reportOf(found, distrust ?? judgeShown(chain, { trust, pin, tools }, shown, found));
}

/** The chain inside the file, told to the report as far as it holds. */
async function chainOf(
  { network, links = [] }: Pick<EvidenceBundle, 'network' | 'links'>,
  genesis: Genesis,
  tools: VerifyTools,
  found: Findings,
): Promise<FileChain | EvidenceFailure> {
  const alone = await followFile(network, genesis, [], tools);
  if (!alone.ok) return alone.error;
  tellChain(found, alone.value);
  if (links.length === 0) return alone.value;
  const chain = await followFile(network, genesis, links, tools);
  if (!chain.ok) return chain.error;
  tellChain(found, chain.value);
  return chain.value;
}

/** Until the newest thing in the file is known, its network is the last of the chain. */
function tellChain(found: Findings, { epochs, report, breaks }: FileChain): void {
  found.epochs = report;
  found.breaks = breaks;
  tellNetwork(found, epochs.at(-1)!, false);
}

function tellNetwork(found: Findings, { epoch, genesis }: KnownEpoch, trusted: boolean): void {
  const newest = found.epochs.findLast(({ network }) => network === epoch.network)!;
  found.network = {
    id: epoch.network,
    name: genesis.name,
    demo: genesis.demo,
    members: newest.members.length,
    quorum: newest.quorum,
    trusted,
  };
}

/** The newest thing in the file, by the epoch whose members signed it. */
interface Shown {
  readonly what: string;
  readonly epoch: number;
}

/** Of a network that the reader trusts: whether that reaches what is shown, over breaks and over what the reader pinned. */
function judgeShown(
  chain: FileChain,
  { trust, pin = null, tools }: VerifyOptions,
  shown: Shown | null,
  found: Findings,
): EvidenceFailure | null {
  const trusted = trustedId(trust, tools.hash)!;
  if (shown === null) return pinProblem(chain, pin, shown, found);
  const known = chain.epochs[shown.epoch]!;
  const pinned = pin === null ? undefined : chain.of(pin)?.epoch;
  const isFollowed =
    known.epoch.network === trusted ||
    (pinned !== undefined &&
      pinned.network === known.epoch.network &&
      chain.epochs.some(({ epoch }) => epoch.network === trusted && epoch.number < known.epoch.number));
  tellNetwork(found, known, isFollowed);
  return isFollowed ? pinProblem(chain, pin, shown, found) : breakProblem(chain, known, trusted, shown);
}

/** It is of another network of the chain than the one that the reader trusts: of a later one, or of one before. */
function breakProblem(
  chain: FileChain,
  { epoch, genesis }: KnownEpoch,
  trusted: NetworkId,
  { what }: Shown,
): EvidenceFailure {
  const first = chain.epochs.find((one) => one.epoch.network === trusted)!;
  if (first.epoch.number > epoch.number)
    return failure(
      'before-break',
      `Nothing wrong was found, but ${what} was signed in epoch ${epoch.number}, by members of the network ${epoch.network}, which the one that you trust, “${first.genesis.name}”, goes on from since epoch ${first.epoch.number}. Whether it is in the record with which that began, the file does not show. As a record of the network before, verify it again with ${epoch.network}; whether it counts now, ask a member of “${first.genesis.name}”.`,
    );
  const passed = chain.breaks.filter((one) => one.epoch > first.epoch.number && one.epoch <= epoch.number);
  return failure(
    'break-not-confirmed',
    `Nothing wrong was found, but ${what} was signed in epoch ${epoch.number}, by members of “${genesis.name}”. That goes on from the network that you trust without a quorum of it: ${passed.map(wentOn).join('; ')}. Who was left behind can have gone on as well, otherwise. If you follow these members, let one that you know tell you the id of their network, compare it with ${epoch.network}, and verify again with it; or pin an epoch of theirs.`,
  );
}

const wentOn = ({ survivors, gone }: VerifiedBreak): string =>
  `${namesOf(survivors)} went on without ${namesOf(gone)}`;

function pinProblem(
  chain: FileChain,
  pin: EpochDigest | null,
  shown: Shown | null,
  found: Findings,
): EvidenceFailure | null {
  if (pin === null) return null;
  const pinned = chain.of(pin)?.epoch.number;
  if (pinned === undefined) {
    return failure(
      'pin-not-on-chain',
      `Nothing wrong was found, but the chain of epochs inside, which ends with epoch ${chain.epochs.length - 1}, does not reach the epoch that you pinned, ${pin}. Either the file is from before that epoch, or its chain is not the network's. Compare the digests of its epochs with those that a member shows you, and pin one of them.`,
    );
  }
  found.pinned = pinned;
  if (shown === null || shown.epoch >= pinned) return null;
  // OLD: keys of an earlier epoch may be stolen, and the file does not show whether the pinned epoch began with this.
  return failure(
    'pin-later',
    `Nothing wrong was found, but ${shown.what} was signed in epoch ${shown.epoch}, and you pinned epoch ${pinned}: by keys that may have been stolen since, and the file does not show whether the later epochs began with it. Compare its digest with what a member holds, or pin epoch ${shown.epoch} or an earlier one if you rule that out.`,
  );
}

/** The genesis whose digest is the file's network id, with members that hold their keys. */
function genesisOf(
  bundle: Pick<EvidenceBundle, 'network' | 'genesis'>,
  tools: VerifyTools,
): Genesis | EvidenceFailure {
  const decoded = decodeGenesis(bundle.genesis);
  if (!decoded.ok)
    return failure('genesis-malformed', `The member list inside can't be read. ${decoded.error.message}.`);
  const id = tools.hash(bundle.genesis) as string;
  if (id !== bundle.network) {
    return failure(
      'network-id-wrong',
      `The member list inside has the digest ${id}, but the file names the network ${bundle.network}. One of them was changed.`,
    );
  }
  const checked = checkGenesis(decoded.value, tools.bls);
  if (!checked.ok)
    return failure('member-key-wrong', `The member list inside is not sound. ${checked.error.message}`);
  return decoded.value;
}

function trustProblem(chain: FileChain, trust: Trust, hash: Hash): EvidenceFailure | null {
  const { epoch, genesis } = chain.epochs.at(-1)!;
  const trusted = trustedId(trust, hash);
  if (trusted === null) {
    return failure(
      'no-trust-given',
      `Nothing wrong was found, but the file names its own members, and you have not said which network you trust. If it is ${genesis.name}, get its network id from a member you know, compare it with ${epoch.network}, and verify again with it.`,
    );
  }
  if (chain.epochs.some((one) => one.epoch.network === trusted)) return null;
  return failure(
    'network-not-trusted',
    `The file is of the network ${epoch.network} (it calls itself ${genesis.name}); you trust ${trusted}. Whoever made the file could have made up its members.`,
  );
}

function trustedId(trust: Trust, hash: Hash): NetworkId | null {
  if (trust === null) return null;
  return trust.kind === 'network' ? trust.network : (hash(trust.genesis) as string as NetworkId);
}
