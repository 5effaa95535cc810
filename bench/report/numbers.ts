/** Numbers as they stand in a report: three digits that count, thousands with a comma, the same in every language. */

/**
 * "0.0123", "1.23", "12.3", "1,234"; a dash for what is no number.
 * @param kind whole: "4" instead of "4.00"; by itself what is whole is.
 */
export function shown(value: number, kind: { readonly whole?: boolean } = {}): string {
  const { whole = Number.isInteger(value) } = kind;
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  // Rounded first: 9.999 is 10.0, not 10.00.
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Number(size.toPrecision(3)))));
  const rounded = value.toFixed(Math.min(digits, 6));
  return grouped(whole && size < 1000 ? value.toFixed(0) : rounded);
}

/**
 * A column of a study's own table: with the decimals that the study rounded to, the same for all of them. Where it did not round, three digits that
 * count.
 */
export function column(values: readonly number[]): (value: number) => string {
  const decimals = Math.max(0, ...values.filter(Number.isFinite).map(decimalsOf));
  if (decimals > MOST_DECIMALS) return shown;
  return (value) => (Number.isFinite(value) ? grouped(value.toFixed(decimals)) : '–');
}

const MOST_DECIMALS = 3;
const decimalsOf = (value: number): number => {
  const text = String(value);
  return text.includes('e') ? MOST_DECIMALS + 1 : (text.split('.')[1]?.length ?? 0);
};

/** Short, for the ticks of an axis: "0.5", "2,000", "20 M". */
export function tick(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e9) return `${trimmed(value / 1e9)} G`;
  if (size >= 1e6) return `${trimmed(value / 1e6)} M`;
  return grouped(trimmed(value));
}

/** "+12 %", "−3 %", "±0 %". */
export function change(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const percent = Math.abs(share) < 0.1 ? (share * 100).toFixed(1) : (share * 100).toFixed(0);
  const value = Number(percent);
  if (value === 0) return '±0 %';
  return `${value > 0 ? '+' : '−'}${grouped(percent.replace('-', ''))} %`;
}

/** A share without digits behind the point: "25 %"; a dash for what is no number. */
export const percent = (share: number): string =>
  Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–';

/** "1 h 5 min", "12 min", "40 s". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`;
}

/** "22 November 2026, 14:03 UTC". */
export function day(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September'],
  ...['October', 'November', 'December'],
];

const trimmed = (value: number): string => String(Number(value.toPrecision(6)));

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? commas : `${commas}.${fraction}`;
}
