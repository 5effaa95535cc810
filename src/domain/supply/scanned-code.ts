/**
 * What a scanner, a decoder or a person gives, read into the fields of a package. Pure and total: the same text and claimed time
 * give the same result on every replica, and nothing throws.
 *
 * | Form | Example |
 * |---|---|
 * | digits | `040123450000001112`, with spaces or hyphens; 8, 12, 13 or 14 digits are a GTIN |
 * | human-readable | `(00)040123450000001112`, spaces allowed |
 * | element string | `]C100040123450000001112`, `]d201…10LOT<GS>17261231`; the prefix may be missing |
 * | Digital Link | `https://id.gs1.org/00/040123450000001112`, any host, a path before the key is allowed |
 *
 * The century of a two-digit year follows from the claimed time, not from a clock: two replicas must not disagree on New Year's Eve.
 */
import { fail, ok, type Result } from '../../codec/result.ts';
import { daysIn, isIsoDate, yearOf } from './calendar.ts';
import { splitElements, splitHumanReadable } from './element-string.ts';
import { elementProblem, parseGln, parseGtin, parseSscc, type Gs1Error } from './gs1.ts';
import { MAX_LOT_LENGTH, MAX_SCAN_LENGTH } from './limits.ts';

export interface ScannedCode {
  readonly form: 'digits' | 'human-readable' | 'element-string' | 'digital-link';
  /** The barcode's kind, from the scanner's symbology identifier (ISO/IEC 15424); null when there was none. */
  readonly symbology: string | null;
  readonly sscc: string | null;
  /** 14 digits; AI 01, or AI 02 for the contents of a logistic unit. */
  readonly gtin: string | null;
  readonly lot: string | null;
  readonly serial: string | null;
  /** ISO 8601 date, from AI 17. */
  readonly expiry: string | null;
  /** AI 37, else AI 30. */
  readonly quantity: number | null;
  /** Place: AI 414. */
  readonly gln: string | null;
  /** Place within it: AI 254. */
  readonly glnExtension: string | null;
}

export interface CodeUnreadable {
  readonly type: 'code-unreadable';
  readonly message: string;
}
export type ScanError = Gs1Error | CodeUnreadable;

/** `at`: claimed time in milliseconds since 1970; its UTC year places the two-digit years of expiry dates. */
export function parseScannedCode(text: string, at: number): Result<ScannedCode, ScanError> {
  if (text.length > MAX_SCAN_LENGTH) {
    return unreadable(`The code has ${text.length} characters, at most ${MAX_SCAN_LENGTH} are read`);
  }
  const clean = undoWedge(text);
  if (clean === '') return unreadable('The code is empty');
  if (/[^\x1d\x20-\x7e]/.test(clean)) return unreadable('The code holds characters that no GS1 barcode has');

  const prefix = /^\][A-Za-z][0-9A-Za-z]/.exec(clean)?.[0] ?? null;
  const symbology = prefix === null ? null : (SYMBOLOGIES[prefix] ?? prefix);
  const body = (prefix === null ? clean : clean.slice(3)).replace(/^\x1d+|\x1d+$/g, '');
  const mustBeElements = prefix !== null && GS1_PREFIXES.includes(prefix);

  if (/^https?:\/\//i.test(body)) return finishReading(readDigitalLink(body), 'digital-link', symbology, at);
  if (/^\([0-9]{2,4}\)/.test(body)) {
    return finishReading(readElements(body.replaceAll(' ', '')), 'human-readable', symbology, at);
  }
  if (!mustBeElements && /^[0-9][0-9 -]*$/.test(body)) {
    const digits = body.replace(/[ -]/g, '');
    if (digits.length === 18) return finishReading(ok(new Map([['00', digits]])), 'digits', symbology, at);
    if ([8, 12, 13, 14].includes(digits.length)) {
      return finishReading(ok(new Map([['01', digits]])), 'digits', symbology, at);
    }
    if (!/^0[01]/.test(digits)) {
      return unreadable(
        `${digits.length} digits are neither an SSCC (18 digits) nor a GTIN (8, 12, 13 or 14)`,
      );
    }
    return finishReading(readElements(digits), 'element-string', symbology, at);
  }
  return finishReading(readElements(body), 'element-string', symbology, at);
}

/** The GLN of a place: its label (AI 414), a Digital Link (`/414/`), or 13 digits that a person gives. */
export function parsePlace(text: string): Result<string, ScanError> {
  if (text.length > MAX_SCAN_LENGTH) return noPlace();
  const clean = undoWedge(text).replace(/^\][A-Za-z][0-9A-Za-z]/, '');
  const digits =
    /^(?:\(414\)|414)? *([0-9]{13})(?:\x1d|\(254\)|254|$)/.exec(clean)?.[1] ??
    /^https?:\/\/[^/?#]+(?:\/[^/?#]+)*?\/414\/([0-9]{13})(?=[/?#]|$)/i.exec(clean)?.[1];
  return digits === undefined ? noPlace() : parseGln(digits);
}

const noPlace = () =>
  fail({
    type: 'code-unreadable' as const,
    message: "This is no place: a GLN has 13 digits. Scan the place's label, or type its number.",
  });

/** Symbology identifiers, ISO/IEC 15424; the ones whose content is a GS1 element string by definition come first. */
const SYMBOLOGIES: Readonly<Record<string, string>> = {
  ']C1': 'GS1-128',
  ']d2': 'GS1 DataMatrix',
  ']Q3': 'GS1 QR Code',
  ']e0': 'GS1 DataBar',
  ']e1': 'GS1 Composite',
  ']e2': 'GS1 Composite',
  ']J1': 'GS1 DotCode',
  ']C0': 'Code 128',
  ']E0': 'EAN-13',
  ']E4': 'EAN-8',
  ']I1': 'ITF-14',
  ']d1': 'Data Matrix',
  ']Q1': 'QR Code',
};
const GS1_PREFIXES: readonly string[] = [']C1', ']d2', ']Q3', ']e0', ']e1', ']e2', ']J1'];

/** AI → raw characters. */
type Elements = ReadonlyMap<string, string>;

const unreadable = (what: string): { readonly ok: false; readonly error: CodeUnreadable } =>
  fail({
    type: 'code-unreadable',
    message: `${what}. Scan the package's SSCC label again, or type its 18 digits.`,
  });

/**
 * Keyboard-wedge scanners type the group separator in whatever way their set-up says, and add Enter or Tab. Alt+029 gives the
 * separator on one keyboard driver and the sign of code page 437 (a double arrow) on another. `<GS>` could be part
 * of a lot by the letter of the standard; a scanner that is set up to spell it out is far more likely.
 */
function undoWedge(text: string): string {
  return text
    .replace(/\\u001d|\\x1d|<GS>|\{GS\}|\^\]|\u241d|\u2194/gi, '\x1d')
    .replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, '');
}

function readElements(body: string): Result<Elements, ScanError> {
  const split = body.startsWith('(') ? splitHumanReadable(body) : splitElements(body);
  return split.ok
    ? collect(split.value)
    : unreadable(`The code is not a GS1 element string (${split.error.message})`);
}

/** GS1 Digital Link URI syntax: primary key and qualifiers as path segments in pairs, other AIs as query parameters. */
function readDigitalLink(url: string): Result<Elements, ScanError> {
  const parts = /^https?:\/\/[^/?#]+([^?#]*)(?:\?([^#]*))?/i.exec(url);
  const segments = (parts?.[1] ?? '').split('/').filter((s) => s !== '');
  const start = segments.findIndex(
    (s, i) => (s === '00' || s === '01') && /^[0-9]+$/.test(segments[i + 1] ?? ''),
  );
  if (start < 0 || (segments.length - start) % 2 !== 0) {
    return unreadable('The link is not a GS1 Digital Link with an SSCC (/00/) or a GTIN (/01/)');
  }
  const pairs: [string, string][] = [];
  for (let i = start; i < segments.length; i += 2) pairs.push([segments[i] ?? '', segments[i + 1] ?? '']);
  for (const parameter of (parts?.[2] ?? '').split(/[&;]/)) {
    const [name = '', value = ''] = parameter.split('=', 2);
    // Anything else in a query (a campaign, a session) is the resolver's and says nothing about the goods.
    if (/^[0-9]{2,4}$/.test(name)) pairs.push([name, value]);
  }
  const decoded: [string, string][] = [];
  for (const [ai, value] of pairs) {
    try {
      decoded.push([ai, decodeURIComponent(value)]);
    } catch {
      return unreadable(`The link's value for (${ai}) has a broken percent sign`);
    }
  }
  return collect(decoded);
}

function collect(pairs: readonly (readonly [string, string])[]): Result<Elements, ScanError> {
  const elements = new Map<string, string>();
  for (const [ai, value] of pairs) {
    const before = elements.get(ai);
    if (before !== undefined && before !== value) {
      return unreadable(`The code names two different values for (${ai}): ${before} and ${value}`);
    }
    elements.set(ai, value);
  }
  return ok(elements);
}

function finishReading(
  read: Result<Elements, ScanError>,
  form: ScannedCode['form'],
  symbology: string | null,
  at: number,
): Result<ScannedCode, ScanError> {
  if (!read.ok) return read;
  const elements = read.value;

  const ssccDigits = elements.get('00');
  const sscc = ssccDigits === undefined ? ok(null) : parseSscc(ssccDigits);
  if (!sscc.ok) return sscc;
  const gtinDigits = elements.get('01') ?? elements.get('02');
  const gtin = gtinDigits === undefined ? ok(null) : parseGtin(gtinDigits);
  if (!gtin.ok) return gtin;
  if (sscc.value === null && gtin.value === null)
    return unreadable('The code names neither a package (00) nor a product (01)');

  for (const [ai, value] of elements) {
    const wrong = elementProblem(ai, value);
    // A GTIN may be written with fewer digits than 14; it is checked above.
    if (wrong !== null && !(['01', '02'].includes(ai) && value.length < 14))
      return unreadable(`The code's ${wrong}`);
  }
  const gln = elements.get('414') ?? null;
  const glnExtension = elements.get('254') ?? null;

  const lot = elements.get('10') ?? null;
  const serial = elements.get('21') ?? null;
  for (const [name, value] of [
    ['lot (10)', lot],
    ['serial number (21)', serial],
    ['place extension (254)', glnExtension],
  ] as const) {
    if (value !== null && !isGs1Text(value)) {
      return unreadable(`The code's ${name} is not 1 to ${MAX_LOT_LENGTH} characters of the GS1 set`);
    }
  }
  const expiryRaw = elements.get('17');
  const expiry = expiryRaw === undefined ? null : dateOf(expiryRaw, at);
  if (expiryRaw !== undefined && expiry === null)
    return unreadable(`The code's expiry date (17) ${expiryRaw} is no date`);
  const count = elements.get('37') ?? elements.get('30');
  if (count !== undefined && !/^[0-9]{1,8}$/.test(count))
    return unreadable(`The code's count ${count} is no number`);

  return ok({
    form,
    symbology,
    sscc: sscc.value,
    gtin: gtin.value,
    lot,
    serial,
    expiry,
    quantity: count === undefined ? null : Number(count),
    gln,
    glnExtension,
  });
}

/** GS1 AI encodable character set 82 (General Specifications, figure 7.11-1), at the length of a lot or serial number. */
export function isGs1Text(value: string): boolean {
  return value.length <= MAX_LOT_LENGTH && /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/.test(value);
}

/**
 * YYMMDD to an ISO date; day 00 is the month's last. Century by the sliding window of General Specifications 7.12:
 * from 49 years before to 50 years after the year of `at`.
 */
function dateOf(raw: string, at: number): string | null {
  if (!/^[0-9]{6}$/.test(raw)) return null;
  const now = yearOf(at);
  if (!Number.isFinite(now)) return null;
  const gap = Number(raw.slice(0, 2)) - (now % 100);
  const shift = gap >= 51 ? -100 : gap <= -50 ? 100 : 0;
  const year = now + gap + shift;
  const month = Number(raw.slice(2, 4));
  if (month < 1 || month > 12) return null;
  const day = Number(raw.slice(4)) || daysIn(year, month);
  const date = `${String(year).padStart(4, '0')}-${raw.slice(2, 4)}-${String(day).padStart(2, '0')}`;
  return isIsoDate(date) ? date : null;
}
