/** Numbers, times, identifiers as people read them. Locale: the reader's. */
import { currentLanguage, currentLocale } from './i18n/t.ts';

const OPTIONS = {
  number: {},
  tenths: { maximumFractionDigits: 1 },
} as const satisfies Record<string, Intl.NumberFormatOptions>;

const TIMES = {
  /** Inside the seal there is room for five characters. */
  seal: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { hour: '2-digit', minute: '2-digit' },
  dayAndTime: { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' },
  /** Rows of a list have little room. */
  thisYear: { day: 'numeric', month: 'short' },
  otherYear: { day: 'numeric', month: 'short', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export const formatNumber = (value: number): string => numbers('number').format(value);

/** `0.4 ms`, `58 ms`, `1.2 s`. */
export function formatMilliseconds(value: number): string {
  if (value >= 1000) return withUnit(value / 1000, 'second');
  return withUnit(value >= 10 ? Math.round(value) : value, 'millisecond');
}

/** `3 min`. */
export const formatMinutes = (value: number): string => withUnit(value, 'minute');

export const formatTime = (at: number): string => times('day').format(at);
export const formatSealTime = (at: number): string => times('seal').format(at);
export const formatDayAndTime = (at: number): string => times('dayAndTime').format(at);

/** The time of today, the day of this year, the date of any other. */
export function formatListed(at: number, now: number = Date.now()): string {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) return formatTime(at);
  return times(then.getFullYear() === today.getFullYear() ? 'thisYear' : 'otherYear').format(at);
}

/** The exact instant, for those who ask: UTC, to the millisecond. */
export const formatInstant = (at: number): string =>
  `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC`;

export function formatBytes(bytes: number): string {
  // Intl has no binary units: IEC 80000-13 writes them alike in every language.
  const larger = ['KiB', 'MiB', 'GiB'];
  if (bytes < 1024) return withUnit(bytes, 'byte');
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < larger.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${numbers('tenths').format(value)} ${larger[unit]}`;
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

type Unit = 'millisecond' | 'second' | 'minute' | 'byte';

/** The English pages write the symbols of SI, also for a reader whose own locale has other words; the pages of another language its own. */
const SYMBOLS: Readonly<Record<Unit, string>> = {
  millisecond: 'ms',
  second: 's',
  minute: 'min',
  byte: 'bytes',
};

function withUnit(value: number, unit: Unit): string {
  if (currentLanguage() === 'en') return `${numbers('tenths').format(value)} ${SYMBOLS[unit]}`;
  return kept(`${currentLocale()} ${unit}`, () => {
    const style = { style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short' } as const;
    return new Intl.NumberFormat(currentLocale(), { ...style, maximumFractionDigits: 1 });
  }).format(value);
}

const numbers = (kind: keyof typeof OPTIONS): Intl.NumberFormat =>
  kept(`${currentLocale()} ${kind}`, () => new Intl.NumberFormat(currentLocale(), OPTIONS[kind]));

const times = (kind: keyof typeof TIMES): Intl.DateTimeFormat =>
  keptTime(`${currentLocale()} ${kind}`, () => new Intl.DateTimeFormat(currentLocale(), TIMES[kind]));

/** Made once each: the reader's locale is known only when the first of them is asked for, and making one is slow. */
function keeping<F>(): (id: string, make: () => F) => F {
  const made = new Map<string, F>();
  return (id, make) => {
    let format = made.get(id);
    if (format === undefined) made.set(id, (format = make()));
    return format;
  };
}
const kept = keeping<Intl.NumberFormat>();
const keptTime = keeping<Intl.DateTimeFormat>();
