/**
 * The evidence file, `<sscc>.evidence.json`. docs/evidence.md, "The file", is the specification; this is its only reader and writer.
 *
 * | field | content |
 * |---|---|
 * | format | `countersign-evidence-1` |
 * | network | network id, 64 hex digits |
 * | key | `package/<sscc>` |
 * | genesis | canonical bytes of the genesis |
 * | links | may be missing: what leads from each epoch to the next, from epoch 0 on, as encodeLink of src/codec/epochs.ts writes it |
 * | versions | version, bytes of the value, canonical bytes of the certificate; from 1, without a gap |
 * | equivocations | messages of kind 9 with one pair of votes each |
 * | epcis | may be missing: version, number of the mapping, bytes of the EPCIS document; ascending |
 *
 * Bytes are base64url without padding. The text is exactly what `writeBundle` writes: a file has one form, so no byte of it can be
 * changed without being noticed.
 */
import { isHex, type Key, type NetworkId, type Version } from '../../../codec/brand.ts';
import { fromBase64Url, toBase64Url } from '../../../codec/invitation.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import { PACKAGE_KEY_PREFIX, isSscc } from '../gs1.ts';
import {
  MAX_EVIDENCE_BYTES,
  MAX_EVIDENCE_EQUIVOCATIONS,
  MAX_EVIDENCE_LINKS,
  MAX_EVIDENCE_VERSIONS,
} from '../limits.ts';
import type { EvidenceFailure } from './types.ts';

export const EVIDENCE_FORMAT = 'countersign-evidence-1';

export interface EvidenceBundle {
  readonly network: NetworkId;
  readonly key: Key;
  readonly genesis: Uint8Array;
  /** Bytes of each link of the chain of epochs, in order. Left out or empty: the file has no such field, and all is of epoch 0. */
  readonly links?: readonly Uint8Array[];
  readonly versions: readonly {
    readonly version: Version;
    readonly value: Uint8Array;
    readonly certificate: Uint8Array;
  }[];
  readonly equivocations: readonly Uint8Array[];
  /** Empty: the file has no such field. */
  readonly epcis: readonly AttachedEpcis[];
}

/** The EPCIS document of one version, written by the mapping of that number (../epcis.ts). */
export interface AttachedEpcis {
  readonly version: Version;
  readonly mapping: number;
  readonly document: Uint8Array;
}

export type FormatError = Pick<EvidenceFailure, 'message'> & {
  readonly type: 'bundle-too-large' | 'bundle-malformed' | 'bundle-not-canonical' | 'format-unknown';
};

/** For example `040123450000001112.evidence.json`. */
export const evidenceFileName = (sscc: string): string => `${sscc}.evidence.json`;

/** UTF-8 of JSON with an indent of two and a line feed at the end. */
export function writeBundle(bundle: EvidenceBundle): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(
    {
      format: EVIDENCE_FORMAT,
      network: bundle.network,
      key: bundle.key,
      genesis: toBase64Url(bundle.genesis),
      ...linksField(bundle.links),
      versions: bundle.versions.map(({ version, value, certificate }) => ({
        version,
        value: toBase64Url(value),
        certificate: toBase64Url(certificate),
      })),
      equivocations: bundle.equivocations.map(toBase64Url),
      ...(bundle.epcis.length === 0
        ? {}
        : {
            epcis: bundle.epcis.map(({ version, mapping, document }) => ({
              version,
              mapping,
              document: toBase64Url(document),
            })),
          }),
    },
    null,
    2,
  );
  return new TextEncoder().encode(`${text}\n`);
}

/** Shape, limits and canonical form; nothing is verified. */
export function readBundle(bytes: Uint8Array): Result<EvidenceBundle, FormatError> {
  const json = readJson(bytes);
  if (!json.ok) return json;
  const top = json.value;
  if (typeof top.format !== 'string') return malformed('it names no format');
  if (top.format !== EVIDENCE_FORMAT) {
    return fail({
      type: 'format-unknown',
      message: `The file's format is ${JSON.stringify(top.format.slice(0, 60))}; this verifier knows ${EVIDENCE_FORMAT}. Use a newer verifier, or check where the file is from.`,
    });
  }
  const names = ['format', 'network', 'key', 'genesis', 'versions', 'equivocations'];
  const more = ['links', 'epcis'].filter((name) => Object.hasOwn(top, name));
  if (!hasExactly(top, [...names, ...more])) return malformed('its fields differ from the format');
  if (!isHex(top.network, 64)) return malformed('its network id is not 64 hex digits');
  if (!isPackageKey(top.key)) return malformed('its key is not a package’s');
  const genesis = bytesOf(top.genesis);
  if (!genesis) return malformed('its genesis is not canonical base64url');
  const links = linksIn(top.links);
  if (!links) return malformed(BAD_LINKS);
  if (!Array.isArray(top.versions) || top.versions.length < 1) return malformed('it holds no version');
  if (top.versions.length > MAX_EVIDENCE_VERSIONS)
    return malformed(`it holds more than ${MAX_EVIDENCE_VERSIONS} versions`);
  if (!Array.isArray(top.equivocations) || top.equivocations.length > MAX_EVIDENCE_EQUIVOCATIONS)
    return malformed('its equivocations are not a list that can be read');
  const versions: EvidenceBundle['versions'][number][] = [];
  for (const [i, entry] of (top.versions as unknown[]).entries()) {
    const fields = fieldsOf(entry);
    const value = bytesOf(fields?.value);
    const certificate = bytesOf(fields?.certificate);
    if (!fields || !hasExactly(fields, ['version', 'value', 'certificate']) || !value || !certificate)
      return malformed(`its entry ${i + 1} of versions differs from the format`);
    if (!isWhole(fields.version)) return malformed(`its entry ${i + 1} has no version number`);
    versions.push({ version: fields.version as Version, value, certificate });
  }
  const equivocations: Uint8Array[] = [];
  for (const entry of top.equivocations as unknown[]) {
    const read = bytesOf(entry);
    if (!read) return malformed('an equivocation is not canonical base64url');
    equivocations.push(read);
  }
  const epcis = attachedEpcis(top.epcis ?? [], versions.length);
  if (!epcis) return malformed('its EPCIS documents differ from the format');
  const { key, network } = top as { key: Key; network: NetworkId };
  const bundle: EvidenceBundle = { network, key, genesis, links, versions, equivocations, epcis };
  if (!sameBytes(writeBundle(bundle), bytes)) return fail(rewritten());
  return ok(bundle);
}

/** The field as it is written: an empty list is no field, so that a file from epoch 0 has the form that it always had. */
export function linksField(links: readonly Uint8Array[] = []): { readonly links?: readonly string[] } {
  return links.length === 0 ? {} : { links: links.map(toBase64Url) };
}

/** Null: no list of links. Their bytes are read when they are followed. */
export function linksIn(given: unknown): readonly Uint8Array[] | null {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > MAX_EVIDENCE_LINKS) return null;
  const links: Uint8Array[] = [];
  for (const entry of given as unknown[]) {
    const read = bytesOf(entry);
    if (!read) return null;
    links.push(read);
  }
  return links;
}

export const BAD_LINKS = `its links of epochs are not a list of at most ${MAX_EVIDENCE_LINKS} that can be read`;

/** A JSON object within the limit on files. */
export function readJson(bytes: Uint8Array): Result<Record<string, unknown>, FormatError> {
  if (bytes.length > MAX_EVIDENCE_BYTES) {
    return fail({
      type: 'bundle-too-large',
      message: `The file has ${bytes.length} bytes, at most ${MAX_EVIDENCE_BYTES} are read. It is not an evidence file.`,
    });
  }
  try {
    const json: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
    const fields = fieldsOf(json);
    return fields ? ok(fields) : malformed('it names no format');
  } catch {
    return malformed('it is not JSON text in UTF-8; it may have been cut off');
  }
}

export const rewritten = (): FormatError => ({
  type: 'bundle-not-canonical',
  message:
    'The file was written again after it was exported: white space, the order of fields or line ends differ. Get it again from a member, as a file rather than as text.',
});

/** Null: not a list of documents, each of another version of the file, in ascending order. */
function attachedEpcis(given: unknown, versions: number): readonly AttachedEpcis[] | null {
  if (!Array.isArray(given) || given.length > versions) return null;
  const attached: AttachedEpcis[] = [];
  for (const entry of given as unknown[]) {
    const fields = fieldsOf(entry);
    const document = bytesOf(fields?.document);
    if (!fields || !hasExactly(fields, ['version', 'mapping', 'document']) || !document) return null;
    const { version, mapping } = fields;
    const after = attached.at(-1)?.version ?? 0;
    if (!isWhole(version) || version <= after || version > versions || !isWhole(mapping)) return null;
    attached.push({ version: version as Version, mapping, document });
  }
  return attached;
}

const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

function isPackageKey(key: unknown): key is Key {
  return (
    typeof key === 'string' &&
    key.startsWith(PACKAGE_KEY_PREFIX) &&
    isSscc(key.slice(PACKAGE_KEY_PREFIX.length))
  );
}

/** Base64url without padding and without stray bits, or null. */
export function bytesOf(text: unknown): Uint8Array<ArrayBuffer> | null {
  if (typeof text !== 'string' || text.length % 4 === 1) return null;
  try {
    const bytes = fromBase64Url(text);
    return toBase64Url(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  return value as Record<string, unknown>;
}

export function hasExactly(fields: Record<string, unknown>, names: readonly string[]): boolean {
  return Object.keys(fields).length === names.length && names.every((name) => Object.hasOwn(fields, name));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function malformed(what: string): { readonly ok: false; readonly error: FormatError } {
  return fail({
    type: 'bundle-malformed',
    message: `This is not an evidence file: ${what}. Get it again from a member.`,
  });
}
