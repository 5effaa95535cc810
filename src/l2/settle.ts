/**
 * The canonical form of a value without its bytes: what encoding and decoding it again gives, made by one walk that copies, sorts and counts. A
 * session is run again by every member, and its record barely changes from step to step: parts that were settled before are taken as they are.
 * What is rare (most fractions, names beyond ASCII, anything that may not be written) is left to the encoder, which also words the error.
 */
import { isCborText, type CborValue } from '../codec/cbor.ts';
import { MAX_CBOR_ITEMS } from '../codec/limits.ts';
import { MAX_BODY_DEPTH } from './limits.ts';

interface Measure {
  /** Of the canonical encoding, in bytes. */
  readonly size: number;
  /** Values in it, itself too. */
  readonly items: number;
  /** Levels of arrays and maps. */
  readonly height: number;
}

/** Frozen all the way down, in canonical order, and without byte strings, which cannot be frozen. */
const known = new WeakMap<object, Measure>();

interface Settled extends Measure {
  readonly value: CborValue;
  readonly hasBytes: boolean;
}

/** Null where the encoder must decide: because it is rare, or because it is too large or too deep. */
export function settle(input: unknown, maxBytes: number): { readonly value: CborValue } | null {
  const settled = walk(input, MAX_BODY_DEPTH);
  if (!settled || settled.size > maxBytes || settled.items > MAX_CBOR_ITEMS) return null;
  return settled;
}

function walk(input: unknown, levels: number): Settled | null {
  switch (typeof input) {
    case 'boolean':
      return scalar(input, 1);
    case 'number':
      // Minus zero is written as zero.
      return Number.isSafeInteger(input)
        ? scalar(input + 0, headBytes(input < 0 ? -1 - input : input))
        : fractionOf(input);
    case 'string':
      return textOf(input);
    case 'object':
      break;
    default:
      return null;
  }
  if (input === null) return scalar(null, 1);
  const before = known.get(input);
  if (before)
    return before.height <= levels ? { ...before, value: input as CborValue, hasBytes: false } : null;
  if (input instanceof Uint8Array) {
    const size = headBytes(input.length) + input.length;
    return { value: new Uint8Array(input), size, items: 1, height: 0, hasBytes: true };
  }
  if (levels === 0) return null;
  return Array.isArray(input) ? walkArray(input, levels) : walkMap(input, levels);
}

function walkArray(input: readonly unknown[], levels: number): Settled | null {
  const value: CborValue[] = [];
  let [size, items, height, hasBytes] = [headBytes(input.length), 1, 0, false];
  // Not `map`: it passes over holes, which must not be written.
  for (let i = 0; i < input.length; i++) {
    const part = walk(input[i], levels - 1);
    if (!part) return null;
    value.push(part.value);
    size += part.size;
    items += part.items;
    height = Math.max(height, part.height);
    hasBytes ||= part.hasBytes;
  }
  return remember(value, { size, items, height: height + 1 }, hasBytes);
}

function walkMap(input: object, levels: number): Settled | null {
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype !== Object.prototype && prototype !== null) return null;
  const names = Object.keys(input).sort(shorterFirst);
  const value: Record<string, CborValue> = {};
  let [size, items, height, hasBytes] = [headBytes(names.length), 1, 0, false];
  for (const name of names) {
    if (name === '__proto__' || !ASCII.test(name)) return null;
    const part = walk((input as Record<string, unknown>)[name], levels - 1);
    if (!part) return null;
    value[name] = part.value;
    size += headBytes(name.length) + name.length + part.size;
    items += part.items;
    height = Math.max(height, part.height);
    hasBytes ||= part.hasBytes;
  }
  return remember(value, { size, items, height: height + 1 }, hasBytes);
}

function remember(value: CborValue & object, measure: Measure, hasBytes: boolean): Settled {
  Object.freeze(value);
  if (!hasBytes) known.set(value, measure);
  return { ...measure, value, hasBytes };
}

/**
 * A fraction that is inexact as a single has nine bytes; one of at most eleven binary digits, six of them behind the point, is exact as a half
 * and has three (RFC 8949 section 4.2.2, the shortest form). The acceptance limits of every inspection are of these two kinds.
 */
function fractionOf(value: number): Settled | null {
  if (!Number.isFinite(value) || Number.isInteger(value)) return null;
  if (Math.fround(value) !== value) return scalar(value, 9);
  return Number.isInteger(value * 64) && Math.abs(value) < 32 ? scalar(value, 3) : null;
}

function textOf(text: string): Settled | null {
  if (!ASCII.test(text) && !isCborText(text)) return null;
  const length = ASCII.test(text) ? text.length : utf8.encode(text).length;
  return scalar(text, headBytes(length) + length);
}

const utf8 = new TextEncoder();

const scalar = (value: CborValue, size: number): Settled => ({
  value,
  size,
  items: 1,
  height: 0,
  hasBytes: false,
});

/** One code unit, one byte, and never a surrogate or a byte order mark. */
const ASCII = /^[\0-\x7f]*$/;

/** RFC 8949 section 4.2.1 for keys that are ASCII text: the length comes first in their encoding. */
const shorterFirst = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);

/** Bytes of an initial byte with its argument (RFC 8949 section 3). */
function headBytes(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x10000) return 3;
  return argument < 0x1_0000_0000 ? 5 : 9;
}
