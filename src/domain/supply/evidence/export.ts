/** Makes the evidence file of a package from what a replica holds. */
import type { Key, NetworkId, Version } from '../../../codec/brand.ts';
import { encode } from '../../../codec/cbor.ts';
import { certificateFields, encodeMessage } from '../../../codec/messages.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import { isBadShare, type Certificate, type Evidence } from '../../../codec/vote.ts';
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

/**
 * `held`: every version that the replica holds, in any order. Refuses a history with a gap: without the version before it, nobody could
 * run a version's steps again.
 */
export function exportEvidence(input: {
  readonly network: NetworkId;
  readonly key: Key;
  readonly genesis: Uint8Array;
  readonly held: readonly HeldVersion[];
  /** Those about other keys, and bad shares, are left out: they have a file of their own (misbehaviour.ts). */
  readonly equivocations: readonly Evidence[];
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
  const bytes = writeBundle({
    network: input.network,
    key: input.key,
    genesis: input.genesis,
    versions: held.map(({ version, certificate, value }) => ({
      version,
      value: value!,
      certificate: encode(certificateFields(certificate)),
    })),
    equivocations: input.equivocations
      .filter((item) => !isBadShare(item) && item.first.key === input.key)
      .slice(0, MAX_EVIDENCE_EQUIVOCATIONS)
      .map((item) => encodeMessage({ type: 'evidence', items: [item] })),
    epcis: [...(input.epcis ?? [])]
      .sort((a, b) => a.version - b.version)
      .map(({ version, document }) => ({ version, mapping: EPCIS_MAPPING, document })),
  });
  return bytes.length > MAX_EVIDENCE_BYTES ? tooLarge : ok(bytes);
}

const listed = (versions: readonly number[]): string =>
  versions.slice(0, 5).join(', ') + (versions.length > 5 ? ', …' : '');
