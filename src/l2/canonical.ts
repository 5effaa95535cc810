/**
 * Brings a value into the one form that every replica sees: encoded, decoded again, frozen. A handler that runs at the operator's
 * device must not see another order of fields, another spelling of a number or an unpaired surrogate than the handler that re-executes
 * the step from bytes; and it must not be able to change its input.
 */
import { decodeOwn, encode, type CborValue } from '../codec/cbor.ts';
import { equalBytes } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { MAX_BODY_DEPTH } from './limits.ts';
import { settle } from './settle.ts';

export interface Canonical {
  readonly value: CborValue;
  /** Encoded when asked for: whoever re-executes a step needs the value alone. */
  readonly bytes: Uint8Array;
}

export interface CanonicalError {
  readonly type: 'not-canonical';
  /** What is wrong, to be put after the name of the thing. */
  readonly message: string;
}

/** Anything in; canonical bytes and the frozen value that they stand for out. `maxBytes` in bytes. */
export function canonical(input: unknown, maxBytes: number): Result<Canonical, CanonicalError> {
  const settled = settle(input, maxBytes);
  if (!settled) return byEncoding(input, maxBytes);
  const { value } = settled;
  let bytes: Uint8Array | null = null;
  return ok({
    value,
    get bytes() {
      return (bytes ??= encode(value));
    },
  });
}

/** The definition; `settle` comes to the same value without the bytes, for everything but rare values. */
export function byEncoding(input: unknown, maxBytes: number): Result<Canonical, CanonicalError> {
  let bytes: Uint8Array;
  try {
    bytes = encode(input as CborValue);
  } catch (error) {
    return fail({
      type: 'not-canonical',
      message: `cannot be written as CBOR (${(error as Error).message})`,
    });
  }
  const decoded = decodeOwn(bytes, maxBytes);
  if (!decoded.ok) return fail({ type: 'not-canonical', message: decoded.error.message });
  if (!withinDepth(decoded.value, MAX_BODY_DEPTH)) {
    return fail({ type: 'not-canonical', message: `has more than ${MAX_BODY_DEPTH} levels` });
  }
  return ok({ value: deepFreeze(decoded.value), bytes });
}

/** Freezes arrays and objects in place; byte strings cannot be frozen (ECMA-262, TypedArray [[DefineOwnProperty]]). */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || Object.isFrozen(value))
    return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** Equality of canonical values: the same as equality of their bytes, without making them. */
export function sameValue(a: CborValue, b: CborValue): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((part: CborValue, i) => sameValue(part, b[i] as CborValue));
  }
  const left = a as { readonly [name: string]: CborValue };
  const right = b as { readonly [name: string]: CborValue };
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && sameValue(left[name]!, right[name]!));
}

function withinDepth(value: CborValue, left: number): boolean {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return true;
  return left > 0 && Object.values(value).every((part: CborValue) => withinDepth(part, left - 1));
}
