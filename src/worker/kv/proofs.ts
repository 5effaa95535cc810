/**
 * A certified value as bytes that anybody can check who knows the members: what `prove` gives. Canonical CBOR, and one form for each
 * certificate; nothing in it is secret.
 *
 * | element | content |
 * |---|---|
 * | 0 | `proof` |
 * | 1 | 1: the number of this form |
 * | 2 | the quorum certificate, as messages carry it: it names epoch, key, version, round and the digest of element 3 |
 * | 3 | the value's bytes, as they are hashed: digest of the version before it, and the body or a tombstone |
 */
import { decode, encode } from '../../codec/cbor.ts';
import { certificateFields, readCertificate } from '../../codec/messages.ts';
import { decodeValue } from '../../codec/value.ts';
import type { Certificate } from '../../codec/vote.ts';
import { valueBytes } from '../../crypto/domains.ts';
import type { Hash } from '../../crypto/types.ts';
import { MAX_PROOF_BYTES } from './limits.ts';
import { decodeBody, keyProblem } from './value.ts';

export interface Proof {
  readonly certificate: Certificate;
  /** The value's bytes. */
  readonly value: Uint8Array;
}

/** A proof that can be read, and whose certificate names just this value. */
export interface ReadProof {
  readonly certificate: Certificate;
  /** Canonical bytes of an application's value; null: deleted. */
  readonly body: Uint8Array | null;
}

export interface ProofError {
  readonly type: 'proof-malformed' | 'value-wrong';
  readonly message: string;
}

export function encodeProof({ certificate, value }: Proof): Uint8Array<ArrayBuffer> {
  return encode([KIND, FORM, certificateFields(certificate), value]);
}

/** Everything but the signatures; the same at every replica. Only canonical bytes are decoded, and each field has one form in them. */
export function readProof(
  bytes: Uint8Array,
  hash: Hash,
): { readonly ok: true; readonly value: ReadProof } | { readonly ok: false; readonly error: ProofError } {
  const read = decode(bytes, MAX_PROOF_BYTES);
  if (!read.ok) return malformed(read.error.message);
  const fields = read.value;
  if (!Array.isArray(fields) || fields.length !== 4 || fields[0] !== KIND || fields[1] !== FORM)
    return malformed('it is something else, or of another version of this program');
  const certificate = readCertificate(fields[2]);
  if (!certificate.ok) return malformed(certificate.error.message);
  const value: unknown = fields[3];
  const held = value instanceof Uint8Array ? decodeValue(value) : null;
  if (!held) return malformed('it holds no value');
  const { key, version, digest } = certificate.value;
  if (keyProblem(key) !== null || (held.body && !decodeBody(held.body)))
    return malformed(`${key} is no key of an application, or its value is not one`);
  if (hash(valueBytes(held.previous, held.body)) !== digest)
    return {
      ok: false,
      error: {
        type: 'value-wrong',
        message: `The value in this proof is not the one that its certificate of version ${version} of ${key} names. Ask whoever gave it for another.`,
      },
    };
  return { ok: true, value: { certificate: certificate.value, body: held.body } };
}

const KIND = 'proof';
const FORM = 1;

const malformed = (why: string): { ok: false; error: ProofError } => ({
  ok: false,
  error: { type: 'proof-malformed', message: `This is no proof: ${why}. Ask whoever gave it for another.` },
});
