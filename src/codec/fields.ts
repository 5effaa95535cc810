/** Reading the fields of a decoded message: each function gives the value in its type, or throws `Malformed`. */
import { toHex, type Key } from './brand.ts';
import type { CborValue } from './cbor.ts';
import { MAX_COUNTER, MAX_KEY_LENGTH } from './limits.ts';

/** Stays within this room: `decodeMessage` makes a Result of it. */
export class Malformed extends Error {}

export function list(value: CborValue | undefined, max: number, what: string): readonly CborValue[] {
  if (!Array.isArray(value)) throw new Malformed(`${what} is not a list`);
  if (value.length > max)
    throw new Malformed(`${what}: ${value.length} entries, at most ${max} are accepted`);
  return value as readonly CborValue[];
}

export function bytes(value: CborValue | undefined, max: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed('not bytes');
  if (value.length > max) throw new Malformed(`${value.length} bytes, at most ${max} are accepted`);
  return value;
}

export function exactly(value: CborValue | undefined, length: number): Uint8Array {
  const found = bytes(value, length);
  if (found.length !== length) throw new Malformed(`${found.length} bytes instead of ${length}`);
  return found;
}

export function hex(value: CborValue | undefined, length: number): string {
  return toHex(exactly(value, length));
}

export function count(value: CborValue | undefined, max = MAX_COUNTER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new Malformed(`not a whole number from 0 to ${max}`);
  }
  return value;
}

export function text(value: CborValue | undefined, max: number): string {
  if (typeof value !== 'string' || value.length > max)
    throw new Malformed(`not a text of at most ${max} characters`);
  return value;
}

export function key(value: CborValue | undefined): Key {
  const found = text(value, MAX_KEY_LENGTH);
  if (found.length === 0) throw new Malformed('a key is not empty');
  return found as Key;
}
