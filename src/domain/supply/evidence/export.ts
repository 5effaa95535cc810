/** Makes the evidence file of a package from what a replica holds. */
import type { EpochDigest, Key, NetworkId, Version } from '../../../codec/brand.ts';
import { encode } from '../../../codec/cbor.ts';
import { encodeLink, type EpochLink } from '../../../codec/epochs.ts';
import { certificateFields, encodeMessage } from '../../../codec/messages.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import { accusedOf, isEquivocation, type Certificate, type Evidence } from '../../../codec/vote.ts';
import { breaksOf } from '../../../consensus/epochs/chain.ts';
import type { Epoch } from '../../../consensus/epochs/types.ts';
import { firstEpoch } from '../../../consensus/membership.ts';
import { MAX_EVIDENCE_BYTES, MAX_EVIDENCE_EQUIVOCATIONS, MAX_EVIDENCE_VERSIONS } from '../limits.ts';
import { EPCIS_MAPPING } from '../epcis.ts';
import { writeBundle } from './format.ts';

export interface HeldVersion {
  readonly version: Version;
  readonly certificate: Certificate;
  /** Bytes of the value; undefined when this replica lacks them. */
  readonly value: Uint8Array | undefined;
}

export interface ExportError {
  readonly type: 'history-incomplete' | 'file-too-large';
  readonly message: string;
}

/** The chain of epochs as a replica knows it: epoch 0 to the newest, and what leads from each to the next. Both empty: epoch 0 alone. */
export interface KnownChain {
  readonly epochs: readonly Epoch[];
  /** The one at i leads from epoch i to epoch i + 1. */
  readonly links: readonly EpochLink[];
}

/** The network whose genesis the chain begins with. */
const firstNetwork = (network: NetworkId, chain: KnownChain | undefined): NetworkId =>
  chain?.epochs[0]?.network ?? network;

/**
 * Bytes of the links up to the newest of these epochs, and to the newest break, which no file hides; null: one of them is not on the chain, or its
 * link is not here.
 */
export function linksUpTo(
  network: NetworkId,
  chain: KnownChain | undefined,
  named: readonly EpochDigest[],
): readonly Uint8Array[] | null {
  let newest = breaksOf(chain?.epochs ?? []).at(-1)?.to.number ?? 0;
  if (newest > (chain?.links.length ?? 0)) return null;
  for (const digest of new Set(named)) {
    const at =
      digest === firstEpoch(firstNetwork(network, chain))
        ? 0
        : (chain?.epochs.find((e) => e.digest === digest)?.number ?? -1);
    if (at < 0 || at > (chain?.links.length ?? 0)) return null;
    newest = Math.max(newest, at);
  }
  return chain === undefined ? [] : chain.links.slice(0, newest).map(encodeLink);
}

/**
 * `held`: every version that the replica holds, in any order. Refuses a history with a gap: without the version before it, nobody could
 * run a version's steps again.
 */
export function exportEvidence(input: {
  /** Of the genesis; a chain says itself which. */
  readonly network: NetworkId;
  readonly key: Key;
  readonly genesis: Uint8Array;
  readonly held: readonly HeldVersion[];
  /** Those about other keys, and bad shares, are left out: they have a file of their own (misbehaviour.ts). */
  readonly equivocations: readonly Evidence[];
  /** Goes along up to the newest epoch that something in the file names. Left out: epoch 0 alone. */
  readonly chain?: KnownChain;
  /** EPCIS documents to go along, as `writeEpcis` gave them; none unless given. The file proves that they fit, so they may be left out. */
  readonly epcis?: readonly { readonly version: Version; readonly document: Uint8Array }[];
}): Result<Uint8Array<ArrayBuffer>, ExportError> {
  const sscc = input.key.slice(input.key.indexOf('/') + 1);
  const held = [...input.held].sort((a, b) => a.version - b.version);
  const newest = held.at(-1)?.version ?? 0;
  const missing = Array.from({ length: newest }, (_, i) => i + 1).filter(
    (version) => !held.some((one) => one.version === version && one.value !== undefined),
  );
  if (newest === 0 || missing.length > 0) {
    const what = newest === 0 ? 'no version of it' : `not version ${listed(missing)} of it`;
    return fail({
      type: 'history-incomplete',
      message: `The evidence of package ${sscc} can't be made here yet: this replica holds ${what}. It is fetched from the other members in the background; try again when one is online, or export from another member.`,
    });
  }
  const tooLarge = fail({
    type: 'file-too-large' as const,
    message: `The history of package ${sscc} is larger than one evidence file may be (${MAX_EVIDENCE_VERSIONS} versions, ${MAX_EVIDENCE_BYTES / 1024 / 1024} MiB).`,
  });
  if (held.length > MAX_EVIDENCE_VERSIONS) return tooLarge;
  const contradictions = input.equivocations
    .filter((item) => isEquivocation(item) && item.first.key === input.key)
    .slice(0, MAX_EVIDENCE_EQUIVOCATIONS);
  const links = linksUpTo(input.network, input.chain, [
    ...held.map(({ certificate }) => certificate.epoch),
    ...contradictions.map((item) => accusedOf(item).epoch),
  ]);
  if (links === null) {
    return fail({
      type: 'history-incomplete',
      message: `The evidence of package ${sscc} can't be made here yet: it is certified in an epoch whose members this replica does not know. The chain of epochs is fetched from the other members in the background; try again when one is online.`,
    });
  }
  const bytes = writeBundle({
    network: firstNetwork(input.network, input.chain),
    key: input.key,
    genesis: input.genesis,
    links,
    versions: held.map(({ version, certificate, value }) => ({
      version,
      value: value!,
      certificate: encode(certificateFields(certificate)),
    })),
    equivocations: contradictions.map((item) => encodeMessage({ type: 'evidence', items: [item] })),
    epcis: [...(input.epcis ?? [])]
      .sort((a, b) => a.version - b.version)
      .map(({ version, document }) => ({ version, mapping: EPCIS_MAPPING, document })),
  });
  return bytes.length > MAX_EVIDENCE_BYTES ? tooLarge : ok(bytes);
}

const listed = (versions: readonly number[]): string =>
  versions.slice(0, 5).join(', ') + (versions.length > 5 ? ', …' : '');
