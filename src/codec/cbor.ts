/**
 * Canonical CBOR (RFC 8949 section 4.2.1): the only encoder of bytes that are signed or hashed.
 * Decoding is strict: bytes that would not be produced by `encode` are refused, so that one value has one digest.
 */
import { decode as cborgDecode, encode as cborgEncode } from 'cborg';
import { equalBytes } from './brand.ts';
import { MAX_CBOR_DEPTH, MAX_CBOR_ITEMS } from './limits.ts';
import { fail, ok, type Result } from './result.ts';

export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };

export interface CborError {
  readonly type: 'cbor-too-large' | 'cbor-malformed' | 'cbor-not-canonical' | 'cbor-too-deep';
  readonly message: string;
}

/**
 * Canonical bytes. Throws TypeError for what does not come back as it was (undefined, NaN, functions, text that `isCborText`
 * refuses, a key `__proto__`): that is a bug of ours, text from a person is checked at the door.
 */
export function encode(value: CborValue): Uint8Array<ArrayBuffer> {
  refuseWhatCannotReturn(value);
  return new Uint8Array(cborgEncode(value));
}

/**
 * False for a lone surrogate, which UTF-8 cannot carry (it would share its digest with U+FFFD), and for a leading byte order mark,
 * which decoders drop. `trim()` removes the latter.
 */
export function isCborText(text: string): boolean {
  return !text.startsWith('\ufeff') && isWellFormed(text);
}

/**
 * Own bytes back as a value of their own: what `encode` made is canonical, so only the limits are checked. For bytes from outside use
 * `decode`.
 */
export function decodeOwn(bytes: Uint8Array, maxBytes: number): Result<CborValue, CborError> {
  if (bytes.length > maxBytes) {
    return fail({
      type: 'cbor-too-large',
      message: `${bytes.length} bytes, at most ${maxBytes} are accepted`,
    });
  }
  let value: CborValue;
  try {
    value = cborgDecode(bytes, DECODE_OPTIONS) as CborValue;
  } catch (error) {
    return fail({ type: 'cbor-malformed', message: `Not valid CBOR: ${(error as Error).message}` });
  }
  if (!withinLimits(value)) {
    return fail({
      type: 'cbor-too-deep',
      message: `More than ${MAX_CBOR_DEPTH} levels or ${MAX_CBOR_ITEMS} items`,
    });
  }
  return ok(value);
}

/** Decodes and checks that `bytes` are the canonical encoding of the result. `maxBytes` in bytes. */
export function decode(bytes: Uint8Array, maxBytes: number): Result<CborValue, CborError> {
  const decoded = decodeOwn(bytes, maxBytes);
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  let again: Uint8Array;
  try {
    again = encode(value);
  } catch {
    return fail({ type: 'cbor-not-canonical', message: 'Holds a value that we never write' });
  }
  if (!equalBytes(again, bytes)) {
    return fail({
      type: 'cbor-not-canonical',
      message: 'The same value has a shorter or differently ordered form',
    });
  }
  return ok(value);
}

/** ECMA-262 2024; the expression says the same where it is missing, slowly. */
const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? (text) => (text as unknown as { isWellFormed(): boolean }).isWellFormed()
    : (text) => !/\p{Surrogate}/u.test(text);

/**
 * One walk before the library's own: its hooks for single types cost three times the encoding. Its order of map keys, the shorter
 * first, is that of RFC 8949 (bytewise over the encoded keys) as long as all keys are text: the length comes first in their encoding.
 */
function refuseWhatCannotReturn(value: unknown): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no place in canonical bytes`);
      return;
    case 'string':
      if (!isCborText(value))
        throw new TypeError('text with a lone surrogate or a byte order mark has no canonical bytes');
      return;
    case 'object':
      break;
    default:
      throw new TypeError(`${typeof value} has no place in canonical bytes`);
  }
  if (value === null || value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    for (const part of value) refuseWhatCannotReturn(part);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('only plain objects have a place in canonical bytes');
  }
  for (const [name, part] of Object.entries(value!)) {
    // Whoever copies such an object key by key would set the copy's prototype.
    if (name === '__proto__') throw new TypeError('a key __proto__ has no place in canonical bytes');
    if (!isCborText(name))
      throw new TypeError('text with a lone surrogate or a byte order mark has no canonical bytes');
    refuseWhatCannotReturn(part);
  }
}

const DECODE_OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

function withinLimits(root: CborValue): boolean {
  let items = 0;
  const visit = (value: CborValue, depth: number): boolean => {
    if (++items > MAX_CBOR_ITEMS || depth > MAX_CBOR_DEPTH) return false;
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return true;
    if (Array.isArray(value)) return value.every((v: CborValue) => visit(v, depth + 1));
    return Object.values(value as { [k: string]: CborValue }).every((v) => visit(v, depth + 1));
  };
  return visit(root, 0);
}
