/** What else an evidence file may hold: the supplier's signature, contradictory votes, EPCIS documents. */
import type { Version, VoteKey } from '../../../codec/brand.ts';
import type { Genesis } from '../../../codec/genesis.ts';
import { decodeMessage } from '../../../codec/messages.ts';
import { decodeValue } from '../../../codec/value.ts';
import { accusedOf, isEquivocation } from '../../../codec/vote.ts';
import { EPCIS_MAPPING, epcisDocument, writeEpcis, type CommittedVersion } from '../epcis.ts';
import { verifyManifest } from '../manifest.ts';
import { asPackageRecord } from '../summary.ts';
import { genesisOver, type FileChain } from './chain.ts';
import { sameBytes, type EvidenceBundle } from './format.ts';
import { contradicts } from './misbehaviour.ts';
import { failure, type Findings } from './report.ts';
import type { EvidenceFailure } from './types.ts';
import type { VerifyTools } from './versions.ts';

/** The supplier's signature, once more and by itself: the handlers that took the manifest in checked it, but a reader wants to be told. */
export async function manifestProblem(
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

export async function equivocationsProblem(
  bundle: EvidenceBundle,
  chain: FileChain,
  tools: VerifyTools,
  found: Findings,
): Promise<EvidenceFailure | null> {
  for (const [i, bytes] of bundle.equivocations.entries()) {
    const message = decodeMessage(bytes);
    const item = message.ok && message.value.type === 'evidence' ? message.value.items : [];
    const [evidence] = item;
    const epoch = evidence && chain.of(accusedOf(evidence).epoch);
    if (
      !evidence ||
      item.length !== 1 ||
      !isEquivocation(evidence) ||
      evidence.first.key !== bundle.key ||
      !epoch ||
      !(await contradicts(evidence, epoch.keys, tools.ed25519))
    ) {
      return failure(
        'equivocation-wrong',
        `Entry ${i + 1} of the equivocations is no proof: the two votes do not contradict each other, or are not signed by one member of an epoch that the file tells.`,
      );
    }
    const { author, version } = evidence.first;
    const { id, organisation } = epoch.epoch.members[author]!;
    found.equivocators.push({ id, organisation, version });
  }
  return null;
}

/** A document that rides in a valid file must say what the sessions did, byte for byte, or it could say anything. */
export function epcisProblem(
  bundle: EvidenceBundle,
  genesis: Genesis,
  chain: FileChain,
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
    const own =
      committed &&
      epcisDocument({
        network,
        genesis: genesisOver(
          genesis,
          chain.epochs.slice(0, epochAt(found, version) + 1).map((one) => one.epoch),
        ),
        key,
        committed,
        before,
        hash: tools.hash,
      });
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

/** Names in a document are those of the epoch in which its version was certified. */
const epochAt = (found: Findings, version: Version): number =>
  found.versions.find((one) => one.version === version)?.epoch.number ?? 0;
