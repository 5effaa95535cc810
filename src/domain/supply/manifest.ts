/**
 * The supplier's signed manifest: an advance ship notice for one package, in a DSSE envelope (Dead Simple Signing Envelope 1.0.2).
 *
 * Envelope (JSON text): `payloadType`, `payload` (base64), `signatures` [{ `keyid`, `sig` (base64) }]. The signature is Ed25519 over
 * PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body, lengths in bytes. The body that was verified is the body that
 * is parsed, and it is never written again, so neither key order, nor duplicate keys, nor white space can change what was signed.
 *
 * Strictness, and why:
 * - Unknown fields of the envelope are ignored, as DSSE demands of consumers: nobody signs them.
 * - Unknown fields of the payload are refused: a supplier must not believe that something it signed was understood. New fields come
 *   with a new payload type.
 * - Base64 may be of the standard or the URL-safe alphabet (DSSE allows both) but must be canonical: padding as the alphabet's
 *   custom has it, no white space, no stray bits.
 * - `keyid` is only a hint by DSSE; here it must name an entry of the genesis directory, since that is where a key's GLN and period
 *   are. A `keyid` inside the payload, where there is one, must name the same.
 */
import * as v from 'valibot';
import type { Directory, SupplierKeyEntry } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import {
  describe,
  EnvelopeSchema,
  isWellFormed,
  malformed,
  parseEnvelope,
  parseJson,
  preAuthenticationEncoding,
  writeEnvelope,
  type Envelope,
  type ManifestError,
} from './dsse.ts';
import { instantMs, isIsoDate } from './calendar.ts';
import { parseGln, parseGtin, parseSscc } from './gs1.ts';
import {
  MAX_ASN_ID_LENGTH,
  MAX_DESCRIPTION_LENGTH,
  MAX_ENVELOPES_PER_FILE,
  MAX_KEY_ID_LENGTH,
  MAX_MANIFEST_FILE_CHARS,
  MAX_MANIFEST_LINES,
  MAX_QUANTITY,
} from './limits.ts';
import { isGs1Text } from './scanned-code.ts';
import type { Manifest } from './types.ts';

export { parseEnvelope, preAuthenticationEncoding, type Envelope, type ManifestError } from './dsse.ts';

export const MANIFEST_PAYLOAD_TYPE = 'application/vnd.countersign.asn+json';

export interface VerifiedManifest {
  readonly manifest: Manifest;
  /** The directory's entry whose key signed. */
  readonly key: SupplierKeyEntry;
}

export type VerifyEd25519 = (
  publicKeyHex: string,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>;

/** Parses the signed bytes themselves. `keyId`: of the signature that covers them, if it is known already. */
export function parseManifest(body: Uint8Array, keyId: string | null): Result<Manifest, ManifestError> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return malformed('its payload is not UTF-8');
  }
  const json = parseJson(text);
  if (!json.ok) return malformed('its payload is not JSON');
  const parsed = v.safeParse(ManifestSchema, json.value);
  if (!parsed.success) return malformed(describe(parsed.issues[0]));
  const m = parsed.output;
  if (keyId !== null && m.keyid !== undefined && m.keyid !== keyId) {
    return malformed(`it names the key ${m.keyid} but is signed with ${keyId}`);
  }
  return ok({
    asnId: m.asnId,
    sscc: m.sscc,
    supplierGln: m.supplierGln,
    shipToGln: m.shipToGln,
    lines: m.lines.map((line) => ({ ...line, gtin: line.gtin.padStart(14, '0') })),
    issuedAt: m.issuedAt,
  });
}

/** Envelope and manifest by shape alone, for a preview: says nothing about who signed. */
export function readEnvelope(text: string): Result<Manifest, ManifestError> {
  const envelope = parseEnvelope(text);
  if (!envelope.ok) return envelope;
  const wrongType = payloadTypeProblem(envelope.value);
  return wrongType ?? parseManifest(envelope.value.payload, null);
}

/** Verifies and parses the same bytes. One good signature by a key of the directory is enough. */
export async function verifyManifest(
  text: string,
  directory: Directory,
  verify: VerifyEd25519,
): Promise<Result<VerifiedManifest, ManifestError>> {
  const envelope = parseEnvelope(text);
  if (!envelope.ok) return envelope;
  const wrongType = payloadTypeProblem(envelope.value);
  if (wrongType) return wrongType;

  const { payload, signatures } = envelope.value;
  const signed = preAuthenticationEncoding(envelope.value.payloadType, payload);
  let known: string | null = null;
  for (const { keyId, signature } of signatures) {
    // Key ids need not be unique over time: a key is replaced under the same id. At most as many tries as the directory has entries.
    for (const key of directory.supplierKeys.filter((entry) => entry.keyId === keyId)) {
      known = keyId;
      if (signature.length !== 64 || !(await verify(key.publicKey, signed, signature))) continue;
      const manifest = parseManifest(payload, keyId);
      if (!manifest.ok) return manifest;
      return keyProblem(manifest.value, key) ?? ok({ manifest: manifest.value, key });
    }
  }
  if (known === null) {
    const named = signatures.map((s) => s.keyId).join(', ');
    return fail({
      type: 'supplier-key-unknown',
      message:
        `The manifest is signed with the key ${named}, which is not in this network's directory. ` +
        `Ask the supplier which key it uses, and the network's members to list it.`,
    });
  }
  return fail({
    type: 'manifest-tampered',
    message:
      `The manifest does not match the signature of key ${known}: its content was changed after signing, or another key signed it. ` +
      `Don't receive the goods on it; ask the supplier to send the manifest again.`,
  });
}

/**
 * Signs a manifest: `manifestJson` is checked, and its UTF-8 bytes are signed as they are. `sign` is Ed25519 over the bytes that it is
 * given. The result is the text of an envelope.
 */
export async function makeEnvelope(
  manifestJson: string,
  signer: { readonly keyId: string; sign(bytes: Uint8Array): Promise<Uint8Array> },
): Promise<Result<string, ManifestError>> {
  const payload = new TextEncoder().encode(manifestJson);
  const manifest = parseManifest(payload, signer.keyId);
  if (!manifest.ok) return manifest;
  const signature = await signer.sign(preAuthenticationEncoding(MANIFEST_PAYLOAD_TYPE, payload));
  const envelope = writeEnvelope(MANIFEST_PAYLOAD_TYPE, payload, signer.keyId, signature);
  const problem = parseEnvelope(envelope);
  return problem.ok ? ok(envelope) : problem;
}

export interface ManifestFileEntry {
  /** To be passed on as it is. */
  readonly envelope: string;
  readonly manifest: Manifest;
}
export interface ManifestFileError {
  readonly type: 'manifest-malformed' | 'file-too-large';
  readonly message: string;
}

/**
 * A file's text: one envelope, or a JSON array of up to 1,000. Each is checked for shape only. An array's envelopes are written again
 * as JSON of their own; their payloads, which are what was signed, stay the same characters.
 */
export function readManifestFile(text: string): Result<readonly ManifestFileEntry[], ManifestFileError> {
  if (text.length > MAX_MANIFEST_FILE_CHARS) {
    return fail({
      type: 'file-too-large',
      message: `The file has ${text.length} characters, at most ${MAX_MANIFEST_FILE_CHARS} are read. Split it into several files.`,
    });
  }
  const json = parseJson(text);
  if (!json.ok) return malformed('the file is not JSON');
  const many = Array.isArray(json.value);
  const items: readonly unknown[] = Array.isArray(json.value) ? json.value : [json.value];
  if (items.length === 0) return malformed('the file holds no envelope');
  if (items.length > MAX_ENVELOPES_PER_FILE) {
    return fail({
      type: 'file-too-large',
      message: `The file holds ${items.length} manifests, at most ${MAX_ENVELOPES_PER_FILE} are read. Split it into several files.`,
    });
  }
  const entries: ManifestFileEntry[] = [];
  for (const [i, item] of items.entries()) {
    const parsed = v.safeParse(EnvelopeSchema, item);
    const where = many ? `manifest ${i + 1} of ${items.length}: ` : '';
    if (!parsed.success) return malformed(`${where}as a DSSE envelope, ${describe(parsed.issues[0])}`);
    const envelope = many ? JSON.stringify(parsed.output) : text.trim();
    const manifest = readEnvelope(envelope);
    if (!manifest.ok)
      return fail({ type: 'manifest-malformed', message: `${where}${manifest.error.message}` });
    entries.push({ envelope, manifest: manifest.value });
  }
  return ok(entries);
}

function payloadTypeProblem(
  envelope: Envelope,
): { readonly ok: false; readonly error: ManifestError } | null {
  if (envelope.payloadType === MANIFEST_PAYLOAD_TYPE) return null;
  return malformed(`its payload type is ${envelope.payloadType}, not ${MANIFEST_PAYLOAD_TYPE}`);
}

function keyProblem(
  manifest: Manifest,
  key: SupplierKeyEntry,
): { readonly ok: false; readonly error: ManifestError } | null {
  if (manifest.supplierGln !== key.gln) {
    return fail({
      type: 'supplier-mismatch',
      message:
        `The manifest names the supplier ${manifest.supplierGln}, but key ${key.keyId} belongs to ${key.name} (${key.gln}). ` +
        `Ask ${key.name} to correct and sign it again.`,
    });
  }
  const issued = instantMs(manifest.issuedAt);
  const early = key.validFrom !== null && (issued === null || issued < key.validFrom * 1000);
  // The bound names a whole second, which is inside the period to its end.
  const late = key.validUntil !== null && (issued === null || issued >= (key.validUntil + 1) * 1000);
  if (early || late) {
    return fail({
      type: 'supplier-key-expired',
      message:
        `The manifest was issued at ${manifest.issuedAt}, when key ${key.keyId} of ${key.name} was ` +
        `${early ? 'not yet' : 'no longer'} valid. Ask the supplier to sign it with its current key.`,
    });
  }
  return null;
}

const personText = (max: number) =>
  v.pipe(
    v.string('must be text'),
    v.maxLength(max, `must have at most ${max} characters`),
    v.check((s) => isWellFormed(s) && !/\p{Cc}/u.test(s), 'must be one line of valid text'),
  );
const gs1Text = v.pipe(
  v.string('must be text'),
  v.check(isGs1Text, 'must be 1 to 20 characters of the GS1 set'),
);
/** A check digit that is wrong is told with the right one, as everywhere. */
const gs1Key = (parse: (digits: string) => ReturnType<typeof parseSscc>) =>
  v.pipe(
    v.string('must be text of digits'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const result = parse(dataset.value);
      if (!result.ok) addIssue({ message: result.error.message });
    }),
  );

const LineSchema = v.strictObject({
  gtin: gs1Key(parseGtin),
  description: v.optional(personText(MAX_DESCRIPTION_LENGTH), ''),
  lot: v.optional(v.nullable(gs1Text), null),
  serial: v.optional(v.nullable(gs1Text), null),
  quantity: v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(1, 'must be at least 1'),
    v.maxValue(MAX_QUANTITY, `must be at most ${MAX_QUANTITY}`),
  ),
  expiry: v.optional(
    v.nullable(v.pipe(v.string('must be text'), v.check(isIsoDate, 'must be a date, YYYY-MM-DD'))),
    null,
  ),
});

const ManifestSchema = v.strictObject({
  asnId: v.pipe(
    personText(MAX_ASN_ID_LENGTH),
    v.check((s) => s.trim() !== '', 'must not be empty'),
  ),
  sscc: gs1Key(parseSscc),
  supplierGln: gs1Key(parseGln),
  shipToGln: gs1Key(parseGln),
  lines: v.pipe(
    v.array(LineSchema, 'must be a list'),
    v.minLength(1, 'there is no line'),
    v.maxLength(MAX_MANIFEST_LINES, `there are more than ${MAX_MANIFEST_LINES} lines`),
  ),
  issuedAt: v.pipe(
    v.string('must be text'),
    v.check(
      (s) => instantMs(s) !== null,
      'must be an instant with its zone, for example 2026-11-02T08:15:00Z',
    ),
  ),
  keyid: v.optional(personText(MAX_KEY_ID_LENGTH)),
});
