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
  if (!decoded.ok) return null;
  try {
    const value = revive(decoded.value);
    return value === undefined ? null : { value };
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
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

/** The only name of an object that stands for what CBOR's canonical subset has no place for: [kind, content]. */
const SPECIAL = '\u0000';
/** Digits of a bigint: 32,768 bits, and no time to speak of to read them. */
const MAX_BIGINT_DIGITS = 10_000;
/** Milliseconds (ECMA-262, time values). */
const MAX_TIME = 8.64e15;
/** Element sizes. Bytes are in the order of the platform's, which is little-endian in every browser. */
const TYPED_ARRAYS = {
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

function copy(value: unknown, path: string, depth: number, budget: { items: number }): CborValue {
  const refuse = (what: string): never => {
    throw new Unsupported(
      `${path} is ${what}, which cannot be stored. Use null, booleans, numbers, bigints, text, dates, bytes, typed arrays, arrays, maps, sets and plain objects.`,
    );
  };
  const special = (kind: string, content: CborValue = null): CborValue => {
    budget.items += 3;
    return { [SPECIAL]: [kind, content] };
  };
  if (++budget.items > MAX_CBOR_ITEMS) refuse(`beyond the ${MAX_CBOR_ITEMS} items that one value may have`);
  if (depth > MAX_CBOR_DEPTH) refuse(`deeper than ${MAX_CBOR_DEPTH} levels, or part of itself`);
  const inside = (one: unknown, at: string, deeper: number): CborValue =>
    copy(one, at, depth + deeper, budget);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value + 0 : special('number', String(value));
    case 'bigint': {
      const digits = String(value);
      return digits.length > MAX_BIGINT_DIGITS
        ? refuse(`a bigint of more than ${MAX_BIGINT_DIGITS} digits`)
        : special('bigint', digits);
    }
    case 'string':
      return isCborText(value) ? value : refuse('text with half a character or a leading byte order mark');
    case 'undefined':
      // By itself it would mean: deleted.
      return depth === 0 ? refuse('of type undefined') : special('undefined');
    case 'object':
      break;
    default:
      return refuse(`of type ${typeof value}`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) {
    // Array.from fills the holes of a sparse array: they come back as undefined.
    return Array.from(value as unknown[], (one, i) => inside(one, `${path}[${i}]`, 1));
  }
  // By what an object is, not by its prototype: the same in every realm.
  switch (Object.prototype.toString.call(value)) {
    case '[object Date]': {
      const time = Number(value as Date);
      return special('date', Number.isNaN(time) ? null : time + 0);
    }
    case '[object Map]':
      return special(
        'map',
        Array.from(value as Map<unknown, unknown>, ([key, one], i) => [
          inside(key, `${path}.keys[${i}]`, 4),
          inside(one, `${path}.values[${i}]`, 4),
        ]),
      );
    case '[object Set]':
      return special(
        'set',
        Array.from(value as Set<unknown>, (one, i) => inside(one, `${path}.values[${i}]`, 3)),
      );
    case '[object ArrayBuffer]':
      return special('ArrayBuffer', new Uint8Array(value as ArrayBuffer).slice());
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    if (kind === 'Uint8Array') return bytes;
    return kind in TYPED_ARRAYS ? special(kind, bytes) : refuse(`an object of class ${kind}`);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has that realm's Object.prototype: told by its lack of a prototype of its own.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(`an object of class ${value.constructor?.name ?? 'unknown'}`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return refuse('an object with a symbol as a name');
  const out: Record<string, CborValue> = {};
  for (const [name, one] of Object.entries(value)) {
    if (name === '__proto__' || name === SPECIAL || !isCborText(name))
      return refuse(`an object with the name ${shorten(name)}`);
    out[name] = inside(one, `${path}.${shorten(name)}`, 1);
  }
  return out;
}

/** What `copy` made, back as it was. Throws Unsupported for what `copy` never makes: one value has one form. */
function revive(value: CborValue): Value | undefined {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return (value as readonly CborValue[]).map(revive);
  const named = value as { readonly [name: string]: CborValue };
  if (!(SPECIAL in named)) {
    return Object.fromEntries(Object.entries(named).map(([name, one]) => [name, revive(one)]));
  }
  const content = named[SPECIAL];
  if (
    Object.keys(named).length === 1 &&
    Array.isArray(content) &&
    content.length === 2 &&
    typeof content[0] === 'string'
  )
    return reviveSpecial(content[0], content[1] as CborValue);
  throw new Unsupported('not a value');
}

function reviveSpecial(kind: string, content: CborValue): Value | undefined {
  const list = Array.isArray(content) ? (content as readonly CborValue[]) : null;
  switch (kind) {
    case 'undefined':
      if (content === null) return undefined;
      break;
    case 'number':
      if (content === 'NaN' || content === 'Infinity' || content === '-Infinity') return Number(content);
      break;
    case 'bigint':
      if (
        typeof content === 'string' &&
        content.length <= MAX_BIGINT_DIGITS &&
        /^(0|-?[1-9][0-9]*)$/.test(content)
      )
        return BigInt(content);
      break;
    case 'date':
      if (content === null) return new Date(NaN);
      if (Number.isInteger(content) && !Object.is(content, -0) && Math.abs(content as number) <= MAX_TIME)
        return new Date(content as number);
      break;
    case 'map': {
      const pairs = list?.map((pair) => (Array.isArray(pair) && pair.length === 2 ? pair.map(revive) : null));
      if (!pairs || pairs.includes(null)) break;
      const map = new Map(pairs as [Value, Value][]);
      if (map.size === pairs.length) return map;
      break;
    }
    case 'set': {
      const set = list && new Set(list.map(revive));
      if (set && set.size === list.length) return set as ReadonlySet<Value>;
      break;
    }
    case 'ArrayBuffer':
      if (content instanceof Uint8Array) return content.slice().buffer;
      break;
    default: {
      const make = Object.hasOwn(TYPED_ARRAYS, kind) ? TYPED_ARRAYS[kind as keyof typeof TYPED_ARRAYS] : null;
      if (make && content instanceof Uint8Array && content.length % make.BYTES_PER_ELEMENT === 0)
        return new make(content.slice().buffer);
    }
  }
  throw new Unsupported('not a value');
}

const shorten = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text).slice(1, -1);
