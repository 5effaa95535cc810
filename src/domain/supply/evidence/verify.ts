/**
 * Verifies an evidence file. The member list inside counts for nothing until its digest is the network id that the reader trusts; every
 * certificate is checked against that list, every value against its digest and the one before, and every step of every session is run
 * again. Pure: the same bytes and the same trust give the same report everywhere. The order of the checks is that of docs/evidence.md.
 */
import {
  fromHex,
  type Digest,
  type Key,
  type NetworkId,
  type Version,
  type VoteKey,
} from '../../../codec/brand.ts';
import { decode } from '../../../codec/cbor.ts';
import { decodeDevice } from '../../../codec/device.ts';
import { decodeGenesis, type Genesis } from '../../../codec/genesis.ts';
import { MAX_MESSAGE_BYTES } from '../../../codec/limits.ts';
import { decodeMessage, readCertificate } from '../../../codec/messages.ts';
import { certificateSigners, evidenceVote, isBadShare, type Certificate } from '../../../codec/vote.ts';
import { firstEpoch, quorum } from '../../../consensus/membership.ts';
import { checkCertificate, checkCertificates, type EpochKeys } from '../../../crypto/certificates.ts';
import { checkGenesis } from '../../../crypto/genesis.ts';
import type { Bls, Ed25519, Hash } from '../../../crypto/types.ts';
import type { SessionValue, Verdict } from '../../../l2/types.ts';
import { PACKAGE_KEY_PREFIX } from '../gs1.ts';
import { verifyManifest } from '../manifest.ts';
import { asPackageRecord, lastClaimedTime } from '../summary.ts';
import { decodeValue } from '../../../codec/value.ts';
import { EPCIS_MAPPING, epcisDocument, writeEpcis, type CommittedVersion } from '../epcis.ts';
import { readBundle, sameBytes, type EvidenceBundle } from './format.ts';
import { contradicts, deedOf, provesMisbehaviour, readMisbehaviour } from './misbehaviour.ts';
import { plainValue } from './plain.ts';
import { noFindings, reportOf, type Findings } from './report.ts';
import type { EvidenceFailure, EvidenceReport, Trust } from './types.ts';

export interface ProposedVersion {
  readonly key: Key;
  readonly version: Version;
  readonly previousDigest: Digest | null;
  readonly previousBody: Uint8Array | null;
  readonly body: Uint8Array | null;
}

export interface VerifyTools {
  readonly bls: Bls;
  readonly ed25519: Ed25519;
  readonly hash: Hash;
  /** `valid` of docs/protocol.md for the values of this network: runs every step again by the rules that they name. */
  judge(genesis: Genesis, network: NetworkId): (proposed: ProposedVersion) => Promise<Verdict>;
  /** The body of a value that was judged valid. */
  session(body: Uint8Array): SessionValue | null;
}

export interface VerifyOptions {
  readonly trust: Trust;
  readonly tools: VerifyTools;
}

/** Never rejects for anything that a file holds. */
export async function verifyEvidence(
  bytes: Uint8Array,
  { trust, tools }: VerifyOptions,
): Promise<EvidenceReport> {
  const misbehaviour = readMisbehaviour(bytes);
  if (misbehaviour) return verifyMisbehaviour(misbehaviour, { trust, tools });
  const found = noFindings();
  const read = readBundle(bytes);
  if (!read.ok) return reportOf(found, failure(read.error.type, read.error.message));
  const bundle = read.value;
  found.sscc = bundle.key.slice(PACKAGE_KEY_PREFIX.length);

  const genesis = genesisOf(bundle, tools);
  if ('type' in genesis) return reportOf(found, genesis);
  const distrust = trustProblem(bundle.network, genesis, trust, tools.hash);
  tellNetwork(found, bundle.network, genesis, distrust === null);

  const wrong =
    (await versionsProblem(bundle, genesis, tools, found)) ??
    (await manifestProblem(bundle, genesis, tools, found)) ??
    (await equivocationsProblem(bundle, genesis, tools, found)) ??
    epcisProblem(bundle, genesis, tools, found);
  // What is wrong is wrong for everybody; what is not known does not matter where the network is not trusted.
  if (wrong !== null && !(wrong.type.endsWith('-unknown') && distrust !== null))
    return reportOf(found, wrong);
  return reportOf(found, distrust);
}

/** A file against one member: its two votes, or its COMMIT with a bad share, under the keys of a trusted member list. */
async function verifyMisbehaviour(
  read: Exclude<ReturnType<typeof readMisbehaviour>, null>,
  { trust, tools }: VerifyOptions,
): Promise<EvidenceReport> {
  const found = noFindings();
  if (!read.ok) return reportOf(found, failure(read.error.type, read.error.message));
  const { network, evidence } = read.value;
  const genesis = genesisOf(read.value, tools);
  if ('type' in genesis) return reportOf(found, genesis);
  const distrust = trustProblem(network, genesis, trust, tools.hash);
  tellNetwork(found, network, genesis, distrust === null);
  const epoch = epochOf(genesis, network);
  const { author, epoch: named } = evidenceVote(evidence);
  if (named !== epoch.epoch && distrust === null) {
    return reportOf(
      found,
      failure(
        'epoch-unknown',
        `The votes inside are of the epoch ${named}, whose members this verifier does not know. Use a newer verifier, or check where the file is from.`,
      ),
    );
  }
  const member = genesis.members[author];
  if (!member || !(await provesMisbehaviour(evidence, epoch, tools))) {
    return reportOf(
      found,
      failure(
        'misbehaviour-wrong',
        'The file proves nothing against a member: what it holds was not signed by one, or an honest one could have signed it. Do not pass it on.',
      ),
    );
  }
  found.accused = { id: member.id, organisation: member.organisation, deed: deedOf(evidence) };
  return reportOf(found, distrust);
}

function tellNetwork(found: Findings, id: NetworkId, genesis: Genesis, trusted: boolean): void {
  const members = genesis.members.length;
  found.network = { id, name: genesis.name, demo: genesis.demo, members, quorum: quorum(members), trusted };
  found.members = genesis.members.map((member) => {
    const { name, organisation, role, gln } = member;
    return { id: member.id, name, organisation, role, gln };
  });
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

interface Checked {
  readonly certificate: Certificate;
  readonly body: Uint8Array | null;
}

async function versionsProblem(
  bundle: EvidenceBundle,
  genesis: Genesis,
  tools: VerifyTools,
  found: Findings,
): Promise<EvidenceFailure | null> {
  const epoch = epochOf(genesis, bundle.network);
  const checked: Checked[] = [];
  let previous: Digest | null = null;
  for (const [i, entry] of bundle.versions.entries()) {
    const { version } = entry;
    if (version !== i + 1)
      return failure(
        'version-order',
        `Entry ${i + 1} of the file is version ${version}: versions must run from 1 without a gap.`,
        version,
      );
    const decoded = decode(entry.certificate, MAX_MESSAGE_BYTES);
    const certificate = decoded.ok ? readCertificate(decoded.value) : decoded;
    if (!certificate.ok)
      return failure(
        'certificate-malformed',
        `The certificate of version ${version} can't be read: ${certificate.error.message}.`,
        version,
      );
    const problem = certificateProblem(certificate.value, bundle, epoch, genesis, version);
    if (problem) return problem;
    const digest: Digest = tools.hash(entry.value);
    if (digest !== certificate.value.digest)
      return failure(
        'digest-wrong',
        `The value of version ${version} has the digest ${digest}; its certificate is for ${certificate.value.digest}. The value was changed after it was signed.`,
        version,
      );
    const value = decodeValue(entry.value);
    if (!value) return failure('value-malformed', `The value of version ${version} can't be read.`, version);
    if (value.previous !== previous)
      return failure(
        'chain-broken',
        `Version ${version} does not name the digest of version ${version - 1}: it is not its successor.`,
        version,
      );
    checked.push({ certificate: certificate.value, body: value.body });
    previous = digest;
  }
  const holds = await signaturesHold(
    checked.map((one) => one.certificate),
    epoch,
    tools,
  );
  const judge = tools.judge(genesis, bundle.network);
  for (const [i, { certificate, body }] of checked.entries()) {
    const { version } = certificate;
    if (!holds[i])
      return failure(
        'certificate-wrong',
        `The signatures of the certificate of version ${version} do not hold: the members of ${genesis.name} did not sign this.`,
        version,
      );
    const verdict = await judge({
      key: bundle.key,
      version,
      previousDigest: checked[i - 1]?.certificate.digest ?? null,
      previousBody: checked[i - 1]?.body ?? null,
      body,
    });
    if (verdict.verdict === 'unknown') return failure('rules-unknown', verdict.message, version);
    if (verdict.verdict === 'invalid')
      return failure(
        'rule-broken',
        `Version ${version} breaks the rule ${verdict.rule}: ${verdict.message}`,
        version,
      );
    const session = body && tools.session(body);
    if (!session)
      return failure('value-malformed', `The value of version ${version} can't be read.`, version);
    const before = checked[i - 1]?.certificate.digest ?? null;
    found.versions.push(versionOf(certificate, before, session, genesis));
  }
  return null;
}

function certificateProblem(
  certificate: Certificate,
  bundle: EvidenceBundle,
  epoch: EpochKeys,
  genesis: Genesis,
  version: Version,
): EvidenceFailure | null {
  if (certificate.key !== bundle.key || certificate.version !== version)
    return failure(
      'certificate-elsewhere',
      `The certificate beside version ${version} is for ${certificate.key}, version ${certificate.version}: it proves nothing here.`,
      version,
    );
  if (certificate.epoch !== epoch.epoch)
    return failure(
      'epoch-unknown',
      `The certificate of version ${version} is of the epoch ${certificate.epoch}, whose members this verifier does not know. Use a newer verifier, or check where the file is from.`,
      version,
    );
  const signers = certificateSigners(certificate);
  if (signers.length < epoch.quorum)
    return failure(
      'under-quorum',
      `The certificate of version ${version} is signed by ${signers.length} of ${epoch.n} members of ${genesis.name}; ${epoch.quorum} are needed.`,
      version,
    );
  return null;
}

/** All together, which is cheap when all hold; one by one when that fails. */
async function signaturesHold(
  certificates: readonly Certificate[],
  epoch: EpochKeys,
  tools: VerifyTools,
): Promise<readonly boolean[]> {
  const together = await checkCertificates(certificates, epoch, tools);
  if (together.every(Boolean)) return together;
  return Promise.all(certificates.map((certificate) => checkCertificate(certificate, epoch, tools)));
}

function versionOf(
  certificate: Certificate,
  previous: Digest | null,
  { record, session }: SessionValue,
  genesis: Genesis,
): Findings['versions'][number] {
  const member = genesis.members.find((one) => one.id === session.member);
  return {
    version: certificate.version,
    round: certificate.round,
    digest: certificate.digest,
    previous,
    signers: certificateSigners(certificate).map((i) => {
      const { id, organisation } = genesis.members[i]!;
      return { id, organisation };
    }),
    session: {
      id: session.id,
      member: session.member,
      organisation: member?.organisation ?? session.member,
      device: session.devices?.signer ? deviceName(session.devices.signer) : null,
      operator: session.operator,
      rulesVersion: session.rulesVersion,
      steps: session.transactions.map(({ request }) => request.path),
      transactions: session.transactions.map(({ request, response, node }) => ({
        method: request.method,
        path: request.path,
        request: plainValue(request.body),
        status: response.status,
        response: plainValue(response.body),
        node,
      })),
      claimedAt: lastClaimedTime(session.transactions),
    },
    status: asPackageRecord(record)?.status ?? 'unknown',
    record: plainValue(record),
  };
}

function deviceName(certificate: Uint8Array): string | null {
  const decoded = decodeDevice(certificate);
  return decoded.ok ? decoded.value.name : null;
}

/** The supplier's signature, once more and by itself: the handlers that took the manifest in checked it, but a reader wants to be told. */
async function manifestProblem(
  bundle: EvidenceBundle,
  genesis: Genesis,
  tools: VerifyTools,
  found: Findings,
): Promise<EvidenceFailure | null> {
  const newest = decodeValue(bundle.versions.at(-1)!.value);
  const value = newest?.body ? tools.session(newest.body) : null;
  const record = value && asPackageRecord(value.record);
  if (!record) return failure('value-malformed', 'The newest version holds no package.');
  const { handOff, delivery } = record;
  if (handOff)
    found.handOff = {
      by: handOff.by,
      courier: handOff.courierName,
      key: handOff.courierKey,
      time: handOff.time,
    };
  if (delivery) found.delivery = { outcome: delivery.outcome, time: delivery.time };
  const { supplier, keyId, content } = record.manifest;
  if (supplier !== undefined) {
    // By a key of a certified entry of the directory: it came with the request of version 1, which was run again above.
    found.manifest = { supplier, keyId, asnId: content.asnId };
    return null;
  }
  const verified = await verifyManifest(
    record.manifest.envelope,
    genesis.directory,
    (key, message, signature) => tools.ed25519.verify(key as VoteKey, message, signature),
  );
  if (!verified.ok) return failure('manifest-wrong', verified.error.message);
  const { manifest, key } = verified.value;
  if (manifest.sscc !== found.sscc)
    return failure('manifest-wrong', `The manifest inside is for package ${manifest.sscc}.`);
  found.manifest = { supplier: key.name, keyId: key.keyId, asnId: manifest.asnId };
  return null;
}

async function equivocationsProblem(
  bundle: EvidenceBundle,
  genesis: Genesis,
  tools: VerifyTools,
  found: Findings,
): Promise<EvidenceFailure | null> {
  const epoch = epochOf(genesis, bundle.network);
  for (const [i, bytes] of bundle.equivocations.entries()) {
    const message = decodeMessage(bytes);
    const item = message.ok && message.value.type === 'evidence' ? message.value.items : [];
    const [evidence] = item;
    if (
      !evidence ||
      item.length !== 1 ||
      isBadShare(evidence) ||
      evidence.first.key !== bundle.key ||
      !(await contradicts(evidence, epoch, tools.ed25519))
    ) {
      return failure(
        'equivocation-wrong',
        `Entry ${i + 1} of the equivocations is no proof: the two votes do not contradict each other, or are not signed by one member.`,
      );
    }
    const { id, organisation } = genesis.members[evidence.first.author]!;
    found.equivocators.push({ id, organisation, version: evidence.first.version });
  }
  return null;
}

/** A document that rides in a valid file must say what the sessions did, byte for byte, or it could say anything. */
function epcisProblem(
  bundle: EvidenceBundle,
  genesis: Genesis,
  tools: VerifyTools,
  found: Findings,
): EvidenceFailure | null {
  if (bundle.epcis.length === 0) return null;
  const held: CommittedVersion[] = [];
  for (const { version, value } of bundle.versions) {
    const body = decodeValue(value)?.body;
    const session = body && tools.session(body);
    if (session) held.push({ version, digest: tools.hash(value), value: session });
  }
  const { network, key } = bundle;
  for (const { version, mapping, document } of bundle.epcis) {
    if (mapping !== EPCIS_MAPPING) {
      return failure(
        'epcis-unknown',
        `The EPCIS document of version ${version} was written by mapping ${mapping}; this verifier knows mapping ${EPCIS_MAPPING}, so it can't tell whether it fits. Use a newer verifier, or get the file without documents.`,
        version,
      );
    }
    const committed = held.find((one) => one.version === version);
    const before = held.filter((one) => one.version < version);
    const own = committed && epcisDocument({ network, genesis, key, committed, before, hash: tools.hash });
    if (!own || !sameBytes(writeEpcis(own), document)) {
      return failure(
        'epcis-wrong',
        `The EPCIS document of version ${version} is not the one that follows from its session: it was changed, or made for something else. Do not use it.`,
        version,
      );
    }
    found.epcis.push(version);
  }
  return null;
}

function epochOf(genesis: Genesis, network: NetworkId): EpochKeys {
  return {
    network,
    epoch: firstEpoch(network),
    n: genesis.members.length,
    quorum: quorum(genesis.members.length),
    voteKeys: genesis.members.map((member) => member.voteKey),
    certificateKeys: genesis.members.map((member) => fromHex(member.certificateKey)),
  };
}

const failure = (
  type: EvidenceFailure['type'],
  message: string,
  version: Version | null = null,
): EvidenceFailure => ({ type, message, version });
