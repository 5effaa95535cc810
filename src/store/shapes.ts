/** Shapes shared by what this room reads back from a disk. A disk is outside: its records are parsed at this door. */
import * as v from 'valibot';
import { isHex } from '../codec/brand.ts';
import { MAX_COUNTER } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import type { StoreReadError } from './errors.ts';

export const hex = <T extends string>(digits: number) =>
  v.custom<T>((x) => isHex(x, digits), `must be ${digits} lowercase hex digits`);

/** `brand` only fixes the type: whole numbers from `min` up to the highest counter that is exact everywhere. */
export const whole = <T extends number>(min: number, max = MAX_COUNTER) =>
  v.custom<T>(
    (x) => typeof x === 'number' && Number.isSafeInteger(x) && x >= min && x <= max,
    `must be a whole number from ${min} to ${max}`,
  );

export const text = <T extends string = string>(min: number, max: number) =>
  v.custom<T>(
    (x) => typeof x === 'string' && x.length >= min && x.length <= max,
    `must have ${min} to ${max} characters`,
  );

export const bytes = (min = 0, max = Infinity) =>
  v.custom<Uint8Array<ArrayBuffer>>(
    (x) => isBytes(x) && x.length >= min && x.length <= max,
    max === Infinity ? 'must be bytes' : `must be ${min} to ${max} bytes`,
  );

/** By tag, not by instanceof: a clone may come from another realm. */
export function isBytes(x: unknown): x is Uint8Array {
  return ArrayBuffer.isView(x) && Object.prototype.toString.call(x) === '[object Uint8Array]';
}

/** The first thing that is wrong with a record that is about to be written, or null: never write what would be refused on reading. */
export function shapeProblem(schema: v.GenericSchema, value: unknown): string | null {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  return parsed.success ? null : describeIssue(parsed.issues[0]);
}

/** Parses one record; the error names the record and the first field that is wrong. */
export function parseRecord<T>(
  schema: v.GenericSchema<unknown, T>,
  store: string,
  record: string,
  value: unknown,
): Result<T, StoreReadError> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return ok(parsed.output);
  return fail({
    type: 'store-damaged',
    store,
    record,
    message:
      `The record "${record}" in "${store}" of this browser's database is damaged (${describeIssue(parsed.issues[0])}). ` +
      'This replica must not vote from it. Restore the browser profile, or make a new member key and ask to be let in again.',
  });
}

const describeIssue = (issue: v.BaseIssue<unknown>): string =>
  `${v.getDotPath(issue) ?? 'the record'}: ${issue.message}`;
