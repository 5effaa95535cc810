/**
 * DSSE 1.0.2 (Dead Simple Signing Envelope): the envelope's JSON text, and the bytes that are signed. What is inside is the business
 * of manifest.ts, whose heading says how strict both are.
 */
import * as v from 'valibot';
import { fail, ok, type Result } from '../../codec/result.ts';
import { MAX_ENVELOPE_BYTES, MAX_KEY_ID_LENGTH, MAX_SIGNATURES } from './limits.ts';

export type ManifestErrorType =
  | 'manifest-malformed'
  | 'manifest-tampered'
  | 'supplier-key-unknown'
  | 'supplier-key-expired'
  | 'supplier-mismatch';
export interface ManifestError {
  readonly type: ManifestErrorType;
  readonly message: string;
}

export interface Envelope {
  readonly payloadType: string;
  /** The very bytes that the signatures cover. */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly signatures: readonly { readonly keyId: string; readonly signature: Uint8Array<ArrayBuffer> }[];
}

/** DSSE pre-authentication encoding: the bytes that are signed. */
export function preAuthenticationEncoding(payloadType: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const type = new TextEncoder().encode(payloadType);
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${payloadType} ${body.length} `);
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}

/** Shape and limits of an envelope; nothing is verified. */
export function parseEnvelope(text: string): Result<Envelope, ManifestError> {
  if (text.length > MAX_ENVELOPE_BYTES || new TextEncoder().encode(text).length > MAX_ENVELOPE_BYTES) {
    return malformed(
      `it has more than ${MAX_ENVELOPE_BYTES / 1024} KiB`,
      'Split the shipment into smaller packages.',
    );
  }
  if (!isWellFormed(text)) return malformed('it is not valid Unicode text');
  const json = parseJson(text);
  if (!json.ok) return malformed('it is not JSON');
  const parsed = v.safeParse(EnvelopeSchema, json.value);
  if (!parsed.success) return malformed(`as a DSSE envelope, ${describe(parsed.issues[0])}`);

  const payload = decodeBase64(parsed.output.payload);
  if (!payload) return malformed('its payload is not canonical base64');
  const signatures: { keyId: string; signature: Uint8Array<ArrayBuffer> }[] = [];
  for (const entry of parsed.output.signatures) {
    const signature = decodeBase64(entry.sig);
    if (!signature) return malformed('a signature is not canonical base64');
    signatures.push({ keyId: entry.keyid, signature });
  }
  return ok({ payloadType: parsed.output.payloadType, payload, signatures });
}

/** The text of an envelope with one signature. */
export function writeEnvelope(
  payloadType: string,
  payload: Uint8Array,
  keyId: string,
  signature: Uint8Array,
): string {
  return JSON.stringify({
    payloadType,
    payload: encodeBase64(payload),
    signatures: [{ keyid: keyId, sig: encodeBase64(signature) }],
  });
}

export const EnvelopeSchema = v.object(
  {
    payloadType: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    payload: v.string(),
    signatures: v.pipe(
      v.array(
        v.object({
          keyid: v.pipe(
            v.string('must be text'),
            v.minLength(1, 'must not be empty'),
            v.maxLength(MAX_KEY_ID_LENGTH, `must have at most ${MAX_KEY_ID_LENGTH} characters`),
          ),
          sig: v.pipe(v.string(), v.maxLength(1024)),
        }),
      ),
      v.minLength(1, 'there is no signature'),
      v.maxLength(MAX_SIGNATURES, `there are more than ${MAX_SIGNATURES} signatures`),
    ),
  },
  'it must be an object with payloadType, payload and signatures',
);

export function malformed(
  what: string,
  next = 'Ask the supplier for the file again.',
): {
  readonly ok: false;
  readonly error: { readonly type: 'manifest-malformed'; readonly message: string };
} {
  return fail({ type: 'manifest-malformed', message: `The manifest can't be read: ${what}. ${next}` });
}

export function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

/** Where and what, of the first thing that a schema minds. */
export function describe(issue: v.BaseIssue<unknown> | undefined): string {
  const path = (issue?.path ?? []).map((item) => String((item as { key: unknown }).key)).join('.');
  const message = issue?.message ?? 'it is malformed';
  return path === '' ? message : `${path}: ${message}`;
}

export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Standard alphabet with padding, or URL-safe alphabet with or without it; null unless it is the one way to write these bytes. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const urlSafe = /[-_]/.test(text) || (text.length % 4 !== 0 && !text.includes('='));
  const standard = urlSafe ? text.replaceAll('-', '+').replaceAll('_', '/') : text;
  if (urlSafe && /[+/]/.test(text)) return null;
  const padded =
    urlSafe && !text.includes('=') ? standard.padEnd(Math.ceil(text.length / 4) * 4, '=') : standard;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(padded)) return null;
  const binary = atob(padded);
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  return encodeBase64(bytes) === padded ? bytes : null;
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
