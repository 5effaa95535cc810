/**
 * Verifies an evidence file. The member list inside counts for nothing until its digest is the network id that the reader trusts; the chain of
 * epochs is followed from that list; every certificate is checked against the members of its epoch, every value against its digest and the one
 * before, and every step of every session is run again. Pure: the same bytes, trust and pin give the same report everywhere. The order of the
 * checks is that of docs/evidence.md.
 */
import type { EpochDigest, NetworkId } from '../../../codec/brand.ts';
import { decodeGenesis, type Genesis } from '../../../codec/genesis.ts';
import { evidenceVote } from '../../../codec/vote.ts';
import { checkGenesis } from '../../../crypto/genesis.ts';
import type { Hash } from '../../../crypto/types.ts';
import { PACKAGE_KEY_PREFIX } from '../gs1.ts';
import { followFile, type FileChain } from './chain.ts';
import { readBundle, type EvidenceBundle } from './format.ts';
import { deedOf, provesMisbehaviour, readMisbehaviour } from './misbehaviour.ts';
import { epcisProblem, equivocationsProblem, manifestProblem } from './parts.ts';
import { failure, noFindings, reportOf, type Findings } from './report.ts';
import type { EvidenceFailure, EvidenceReport, Trust } from './types.ts';
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
  const distrust = trustProblem(bundle.network, genesis, trust, tools.hash);
  const chain = await chainOf(bundle, genesis, distrust === null, tools, found);
  if ('type' in chain) return reportOf(found, chain);

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
  return reportOf(found, distrust ?? pinProblem(chain, pin, shown, found));
}

/** A file against one member: its two votes, or its COMMIT with a bad share, under the keys of its epoch's member list. */
async function verifyMisbehaviour(
  read: Exclude<ReturnType<typeof readMisbehaviour>, null>,
  { trust, pin = null, tools }: VerifyOptions,
): Promise<EvidenceReport> {
  const found = noFindings();
  if (!read.ok) return reportOf(found, failure(read.error.type, read.error.message));
  const { network, evidence } = read.value;
  const genesis = genesisOf(read.value, tools);
  if ('type' in genesis) return reportOf(found, genesis);
  const distrust = trustProblem(network, genesis, trust, tools.hash);
  const chain = await chainOf(read.value, genesis, distrust === null, tools, found);
  if ('type' in chain) return reportOf(found, chain);
  const { author, epoch: named } = evidenceVote(evidence);
  const known = chain.of(named);
  if (!known) return reportOf(found, distrust ?? epochUnknown('The votes inside are', named, chain));
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
  return reportOf(found, distrust ?? pinProblem(chain, pin, shown, found));
}

/** The chain inside the file, told to the report as far as it holds. */
async function chainOf(
  { network, links = [] }: Pick<EvidenceBundle, 'network' | 'links'>,
  genesis: Genesis,
  trusted: boolean,
  tools: VerifyTools,
  found: Findings,
): Promise<FileChain | EvidenceFailure> {
  const alone = await followFile(network, genesis, [], tools);
  if (!alone.ok) return alone.error;
  tellChain(found, network, genesis, trusted, alone.value);
  if (links.length === 0) return alone.value;
  const chain = await followFile(network, genesis, links, tools);
  if (!chain.ok) return chain.error;
  tellChain(found, network, genesis, trusted, chain.value);
  return chain.value;
}

function tellChain(
  found: Findings,
  id: NetworkId,
  genesis: Genesis,
  trusted: boolean,
  { report }: FileChain,
): void {
  const { members, quorum } = report.at(-1)!;
  found.network = { id, name: genesis.name, demo: genesis.demo, members: members.length, quorum, trusted };
  found.epochs = report;
}

/** `shown`: the newest thing in the file, by the epoch whose members signed it. */
function pinProblem(
  chain: FileChain,
  pin: EpochDigest | null,
  shown: { readonly what: string; readonly epoch: number } | null,
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

function trustProblem(
  network: NetworkId,
  genesis: Genesis,
  trust: Trust,
  hash: Hash,
): EvidenceFailure | null {
  if (trust === null) {
    return failure(
      'no-trust-given',
      `Nothing wrong was found, but the file names its own members, and you have not said which network you trust. If it is ${genesis.name}, get its network id from a member you know, compare it with ${network}, and verify again with it.`,
    );
  }
  const trusted = trust.kind === 'network' ? trust.network : (hash(trust.genesis) as string);
  if (trusted === network) return null;
  return failure(
    'network-not-trusted',
    `The file is of the network ${network} (it calls itself ${genesis.name}); you trust ${trusted}. Whoever made the file could have made up its members.`,
  );
}
