/** Values and keys at the door: from what an application gives to canonical bytes, and back. Pure; runs in the page and in the worker. */
import { decode, encode, isCborText, type CborValue } from '../../codec/cbor.ts';
import { MAX_CBOR_DEPTH, MAX_CBOR_ITEMS, MAX_KEY_LENGTH } from '../../codec/limits.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import type { Value } from './api.ts';
import { MAX_BODY_BYTES } from './limits.ts';

export interface ValueError {
  readonly type: 'value-unsupported' | 'too-large';
  readonly message: string;
}

/** Keys of the network itself (its epochs): never an application's. */
export const RESERVED_PREFIX = 'network/';

/** Canonical bytes of a value. What would not come back as it was is refused by its place in the value; -0 becomes 0. */
export function encodeBody(value: unknown): Result<Uint8Array<ArrayBuffer>, ValueError> {
  const budget = { items: 0 };
  let plain: CborValue;
  try {
    plain = copy(value, 'value', 0, budget);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return fail({ type: 'value-unsupported', message: error.message });
  }
  const bytes = encode(plain);
  if (bytes.length > MAX_BODY_BYTES) {
    return fail({
      type: 'too-large',
      message: `The value takes ${bytes.length} bytes; at most ${MAX_BODY_BYTES} fit. Store a digest of it, or split it over several keys.`,
    });
  }
  return ok(bytes);
}

/** The value of a body; null when these bytes are not the canonical encoding of one. */
export function decodeBody(bytes: Uint8Array): { readonly value: Value } | null {
  const decoded = decode(bytes, MAX_BODY_BYTES);
  return decoded.ok ? { value: decoded.value } : null;
}

/** Why a key cannot be used, or null. */
export function keyProblem(key: unknown): string | null {
  if (typeof key !== 'string') return 'A key is a text. Give a text.';
  if (key.length < 1 || key.length > MAX_KEY_LENGTH) {
    return `The key ${shorten(key)} has ${key.length} characters; it must have 1 to ${MAX_KEY_LENGTH}. Choose another.`;
  }
  if (!isCborText(key)) {
    return `The key ${shorten(key)} holds half a character or begins with a byte order mark. Choose another.`;
  }
  if (key.startsWith(RESERVED_PREFIX)) {
    return `Keys that begin with ${RESERVED_PREFIX} belong to the network itself: ${shorten(key)} cannot be used. Choose another.`;
  }
  return null;
}

class Unsupported extends Error {}

function copy(value: unknown, path: string, depth: number, budget: { items: number }): CborValue {
  const refuse = (what: string): never => {
    throw new Unsupported(
      `${path} is ${what}, which cannot be stored. Use null, booleans, finite numbers, text, Uint8Array, arrays and plain objects.`,
    );
  };
  if (++budget.items > MAX_CBOR_ITEMS) refuse(`beyond the ${MAX_CBOR_ITEMS} items that one value may have`);
  if (depth > MAX_CBOR_DEPTH) refuse(`deeper than ${MAX_CBOR_DEPTH} levels, or part of itself`);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value + 0 : refuse(String(value));
    case 'string':
      return isCborText(value) ? value : refuse('text with half a character or a leading byte order mark');
    case 'object':
      break;
    default:
      return refuse(`of type ${typeof value}`);
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) {
    // Array.from fills the holes of a sparse array, so that they are found.
    return Array.from(value as unknown[], (one, i) => copy(one, `${path}[${i}]`, depth + 1, budget));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has that realm's Object.prototype: told by its lack of a prototype of its own.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(`an object of class ${value.constructor?.name ?? 'unknown'}`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return refuse('an object with a symbol as a name');
  const out: Record<string, CborValue> = {};
  for (const [name, one] of Object.entries(value)) {
    if (name === '__proto__' || !isCborText(name)) return refuse(`an object with the name ${shorten(name)}`);
    out[name] = copy(one, `${path}.${shorten(name)}`, depth + 1, budget);
  }
  return out;
}

const shorten = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text).slice(1, -1);
