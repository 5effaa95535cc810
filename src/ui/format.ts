/** Numbers, times, identifiers as people read them. Locale: the reader's. */

const number = new Intl.NumberFormat();
const milliseconds = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
/** Inside the seal there is room for five characters. */
const shortTime = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'long',
  hour: '2-digit',
  minute: '2-digit',
});

export const formatNumber = (value: number): string => number.format(value);

/** `0.4 ms`, `58 ms`, `1.2 s`. */
export function formatMilliseconds(value: number): string {
  if (value >= 1000) return `${milliseconds.format(value / 1000)} s`;
  return `${value >= 10 ? number.format(Math.round(value)) : milliseconds.format(value)} ms`;
}

export const formatTime = (at: number): string => timeOfDay.format(at);
export const formatSealTime = (at: number): string => shortTime.format(at);
export const formatDayAndTime = (at: number): string => dayAndTime.format(at);
/** The exact instant, for those who ask: UTC, to the millisecond. */
export const formatInstant = (at: number): string =>
  `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC`;

export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${milliseconds.format(value)} ${units[unit]}`;
}

/** Extension digit, 7 and 6 digits, and the last four, which are what people compare. Null when it is not 18 digits. */
export function ssccGroups(sscc: string): readonly [string, string, string, string] | null {
  if (!/^\d{18}$/.test(sscc)) return null;
  return [sscc.slice(0, 1), sscc.slice(1, 8), sscc.slice(8, 14), sscc.slice(14)];
}

/** `…1112`: enough among the packages on one bench. */
export const shortSscc = (sscc: string): string => `…${sscc.slice(-4)}`;

/** SSCC of a replicated key `package/<sscc>`, or null. */
export function ssccOfKey(key: string): string | null {
  return key.startsWith('package/') ? key.slice('package/'.length) : null;
}

/** `9f2c 41d8 … 77b0`: first eight and last four digits; the whole stands in the title. */
export function shortDigest(hex: string): string {
  return hex.length <= 16 ? hex : `${hex.slice(0, 4)} ${hex.slice(4, 8)} … ${hex.slice(-4)}`;
}

export function plural(count: number, one: string, many: string): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

const SMALL = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** A count in a sentence: up to twelve as a word. */
export const counted = (count: number): string => SMALL[count] ?? formatNumber(count);
