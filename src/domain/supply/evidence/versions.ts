/** The versions of an evidence file: certificates by the members of their epochs, values by their digests, and every step run again. */
import type { Digest, Key, NetworkId, Version } from '../../../codec/brand.ts';
import { decode } from '../../../codec/cbor.ts';
import { decodeDevice } from '../../../codec/device.ts';
import type { Genesis } from '../../../codec/genesis.ts';
import { MAX_MESSAGE_BYTES } from '../../../codec/limits.ts';
import { readCertificate } from '../../../codec/messages.ts';
import { decodeValue } from '../../../codec/value.ts';
import { certificateSigners, type Certificate } from '../../../codec/vote.ts';
import type { Epoch } from '../../../consensus/epochs/types.ts';
import { checkCertificate, checkCertificates } from '../../../crypto/certificates.ts';
import type { Bls, Ed25519, Hash } from '../../../crypto/types.ts';
import type { SessionValue, Verdict } from '../../../l2/types.ts';
import { asPackageRecord, lastClaimedTime } from '../summary.ts';
import { named, type FileChain, type KnownEpoch } from './chain.ts';
import type { EvidenceBundle } from './format.ts';
import { plainValue } from './plain.ts';
import { failure, type Findings } from './report.ts';
import type { EvidenceFailure, VerifiedVersion } from './types.ts';

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
  /**
   * `valid` of docs/protocol.md for the values of this network: runs every step again by the rules that they name. `genesis`: with the members
   * and rules version of the epoch in which the value was voted for. `network`: of epoch 0, which sessions name, also after a break. `chain`: every
   * epoch that is known, by whose members certificates inside of requests are checked.
   */
  judge(
    genesis: Genesis,
    network: NetworkId,
    chain: readonly Epoch[],
  ): (proposed: ProposedVersion) => Promise<Verdict>;
  /** The body of a value that was judged valid. */
  session(body: Uint8Array): SessionValue | null;
}

interface Checked {
  readonly certificate: Certificate;
  readonly epoch: KnownEpoch;
  readonly body: Uint8Array | null;
}

export async function versionsProblem(
  bundle: EvidenceBundle,
  chain: FileChain,
  tools: VerifyTools,
  found: Findings,
): Promise<EvidenceFailure | null> {
  const checked: Checked[] = [];
  for (const [i, entry] of bundle.versions.entries()) {
    const one = readVersion(bundle, entry, i, chain, checked.at(-1) ?? null, tools.hash);
    if ('type' in one) return one;
    checked.push(one);
  }
  const holds = await signaturesHold(checked, tools);
  for (const [i, one] of checked.entries()) {
    const { certificate, epoch, body } = one;
    const { version } = certificate;
    if (!holds.has(certificate))
      return failure(
        'certificate-wrong',
        `The signatures of the certificate of version ${version} do not hold: the members of ${placeName(epoch)} did not sign this.`,
        version,
      );
    const before = checked[i - 1] ?? null;
    const judged = await judgedIn(bundle, one, before, chain, tools);
    if ('type' in judged) return judged;
    const session = body && tools.session(body);
    if (!session)
      return failure('value-malformed', `The value of version ${version} can't be read.`, version);
    found.versions.push(versionOf(one, before?.certificate.digest ?? null, session, judged));
  }
  return null;
}

/** All that needs no signature. */
function readVersion(
  bundle: EvidenceBundle,
  entry: EvidenceBundle['versions'][number],
  i: number,
  chain: FileChain,
  before: Checked | null,
  hash: Hash,
): Checked | EvidenceFailure {
  const { version } = entry;
  if (version !== i + 1)
    return failure(
      'version-order',
      `Entry ${i + 1} of the file is version ${version}: versions must run from 1 without a gap.`,
      version,
    );
  const decoded = decode(entry.certificate, MAX_MESSAGE_BYTES);
  const read = decoded.ok ? readCertificate(decoded.value) : decoded;
  if (!read.ok)
    return failure(
      'certificate-malformed',
      `The certificate of version ${version} can't be read: ${read.error.message}.`,
      version,
    );
  const certificate = read.value;
  const epoch = chain.of(certificate.epoch);
  const problem = certificateProblem(certificate, bundle.key, version, epoch, before, chain);
  if (problem) return problem;
  const digest: Digest = hash(entry.value);
  if (digest !== certificate.digest)
    return failure(
      'digest-wrong',
      `The value of version ${version} has the digest ${digest}; its certificate is for ${certificate.digest}. The value was changed after it was signed.`,
      version,
    );
  const value = decodeValue(entry.value);
  if (!value) return failure('value-malformed', `The value of version ${version} can't be read.`, version);
  if (value.previous !== (before?.certificate.digest ?? null))
    return failure(
      'chain-broken',
      `Version ${version} does not name the digest of version ${version - 1}: it is not its successor.`,
      version,
    );
  return { certificate, epoch: epoch!, body: value.body };
}

function certificateProblem(
  certificate: Certificate,
  key: Key,
  version: Version,
  known: KnownEpoch | undefined,
  before: Checked | null,
  chain: FileChain,
): EvidenceFailure | null {
  if (certificate.key !== key || certificate.version !== version)
    return failure(
      'certificate-elsewhere',
      `The certificate beside version ${version} is for ${certificate.key}, version ${certificate.version}: it proves nothing here.`,
      version,
    );
  if (!known)
    return epochUnknown(`The certificate of version ${version} is`, certificate.epoch, chain, version);
  // Whoever signs a version holds the one before as certified. So it is in the state that the next epoch begins with, and no later epoch
  // certifies it: epochs never go down as versions go up. A thief with keys of an earlier epoch gets no further than this.
  if (before && known.epoch.number < before.epoch.epoch.number)
    return failure(
      'epoch-order',
      `Version ${version} is certified in epoch ${known.epoch.number}, the version before it in epoch ${before.epoch.epoch.number}: epoch ${known.epoch.number} had ended by then, and its honest members signed nothing more. Keys of members that have left may have been stolen. Do not use the file.`,
      version,
    );
  const signers = certificateSigners(certificate);
  const { n, quorum } = known.keys;
  if (signers.length < quorum)
    return failure(
      'under-quorum',
      `The certificate of version ${version} is signed by ${signers.length} of ${n} members of ${placeName(known)}; ${quorum} are needed.`,
      version,
    );
  return null;
}

/** What a certificate or a vote names and the chain does not reach: it may be right, and nobody can say by this file. */
export function epochUnknown(
  what: string,
  epoch: string,
  chain: FileChain,
  version: Version | null = null,
): EvidenceFailure {
  const newest = chain.epochs.length - 1;
  return failure(
    'epoch-unknown',
    `${what} of the epoch ${epoch}, whose members the file does not tell: its chain of epochs ends with epoch ${newest}. Get the file again from a member, or check where it is from.`,
    version,
  );
}

/** All of an epoch together, which is cheap when all hold; one by one when that fails. */
async function signaturesHold(
  checked: readonly Checked[],
  tools: VerifyTools,
): Promise<ReadonlySet<Certificate>> {
  const good = new Set<Certificate>();
  for (const epoch of new Set(checked.map((one) => one.epoch))) {
    const certificates = checked.filter((one) => one.epoch === epoch).map((one) => one.certificate);
    const together = await checkCertificates(certificates, epoch.keys, tools);
    const verdicts = together.every(Boolean)
      ? together
      : await Promise.all(certificates.map((one) => checkCertificate(one, epoch.keys, tools)));
    for (const [i, certificate] of certificates.entries()) if (verdicts[i]) good.add(certificate);
  }
  return good;
}

/**
 * The epoch by whose members and rules the session holds. That of the certificate; where it fails there, one at whose end a quorum reported a
 * lock on this very value, so that it was carried over without being run again (CARRIED).
 */
async function judgedIn(
  { key, network }: EvidenceBundle,
  { certificate, epoch, body }: Checked,
  before: Checked | null,
  chain: FileChain,
  tools: VerifyTools,
): Promise<KnownEpoch | EvidenceFailure> {
  const { version, digest } = certificate;
  const epochs = chain.epochs.map((one) => one.epoch);
  let first: EvidenceFailure | null = null;
  for (const candidate of chain.votedIn(epoch, { key, version, digest })) {
    const verdict = await tools.judge(
      candidate.genesis,
      network,
      epochs,
    )({
      key,
      version,
      previousDigest: before?.certificate.digest ?? null,
      previousBody: before?.body ?? null,
      body,
    });
    if (verdict.verdict === 'valid') return candidate;
    const wrong =
      verdict.verdict === 'unknown'
        ? failure('rules-unknown', verdict.message, version)
        : failure(
            'rule-broken',
            `Version ${version} breaks the rule ${verdict.rule}: ${verdict.message}`,
            version,
          );
    // What is not known outweighs what is broken: in the epoch where the value was run it may hold.
    if (first === null || verdict.verdict === 'unknown') first = wrong;
  }
  return first!;
}

const placeName = ({ epoch, genesis }: KnownEpoch): string =>
  epoch.number === 0 ? genesis.name : `epoch ${epoch.number} of ${genesis.name}`;

function versionOf(
  { certificate, epoch }: Checked,
  previous: Digest | null,
  { record, session }: SessionValue,
  judged: KnownEpoch,
): VerifiedVersion {
  const member = judged.genesis.members.find((one) => one.id === session.member);
  const { n, quorum } = epoch.keys;
  return {
    version: certificate.version,
    round: certificate.round,
    digest: certificate.digest,
    previous,
    epoch: { number: epoch.epoch.number, n, quorum },
    signers: certificateSigners(certificate).map((i) => named(epoch.epoch.members[i]!)),
    session: {
      id: session.id,
      member: session.member,
      organisation: member?.organisation ?? session.member,
      epoch: judged.epoch.number,
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
