/**
 * Dates as arithmetic. The one file of the pure rooms that may name `Date`: every call here takes its time as an argument and answers
 * in UTC, so that it says the same on every machine; the clock and the machine's time zone stay out.
 */
/* oxlint-disable eslint/no-restricted-globals -- see above */

/** True for a day that exists, as `YYYY-MM-DD`. */
export function isIsoDate(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

/** Days of a month that counts from 1. */
export const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The year of milliseconds since 1970; NaN for what is no time. */
export const yearOf = (milliseconds: number): number => new Date(milliseconds).getUTCFullYear();

/** ISO 8601, in UTC, of milliseconds since 1970. Throws a RangeError for what is no time. */
export const instant = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Milliseconds since 1970 of an ISO 8601 instant with a zone, or null. */
export function instantMs(text: string): number | null {
  const match =
    /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/.exec(
      text,
    );
  const date = match?.[1];
  if (!match || date === undefined || !isIsoDate(date)) return null;
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const at = Date.UTC(
    year,
    month - 1,
    day,
    Number(match[2]),
    Number(match[3]),
    Number(match[4]),
    Number((match[5] ?? '').padEnd(3, '0')),
  );
  const zone = match[6] === undefined ? 0 : (Number(match[7]) * 60 + Number(match[8])) * 60_000;
  return match[6] === '-' ? at + zone : at - zone;
}
