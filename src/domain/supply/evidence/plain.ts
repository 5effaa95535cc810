/** Values of records and steps as plain JSON, for reports that people and other programs read. */
import type { CborValue } from '../../../codec/cbor.ts';
import { toHex } from '../../../codec/brand.ts';
import type { PlainValue } from './types.ts';

/** Bytes become lowercase hex digits; everything else has a JSON form of its own. */
export function plainValue(value: CborValue): PlainValue {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return (value as readonly CborValue[]).map(plainValue);
  if (value === null || typeof value !== 'object') return value;
  // As own fields, whatever their names: a field called __proto__ is data as well.
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plainValue(of as CborValue)]));
}
