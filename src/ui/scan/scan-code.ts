/**
 * What a scan names, before any session is open: only as much as is needed to choose the key, or to say in words why it is none. The scan
 * step's handler parses the whole code again and decides; test/ui/scan-code.test.ts holds the two against each other.
 * GS1 General Specifications: AI 00 (3.2), elements of predefined length (figure 7.8.5-2), check digit (7.9.1).
 */
import { MAX_SCAN_LENGTH, MAX_SHOWN_CODE } from '../limits.ts';
import { GS } from './wedge.ts';

export type ScannedCode =
  | { readonly kind: 'package'; readonly sscc: string }
  /** A product, or the contents of a package: 14 digits. It names no package. */
  | { readonly kind: 'product'; readonly gtin: string; readonly text: string }
  | {
      readonly kind: 'wrong-check-digit';
      readonly of: 'sscc' | 'gtin';
      readonly read: string;
      readonly expected: string;
      readonly text: string;
    }
  | { readonly kind: 'other'; readonly text: string };

export function readScan(raw: string): ScannedCode {
  const text = withSeparators(plainText(raw.slice(0, MAX_SCAN_LENGTH + 1))).trim();
  const other = { kind: 'other', text: readable(text) } as const;
  // The rules take neither: a layout's letters in a lot, a book that was pasted.
  if (raw.length > MAX_SCAN_LENGTH || /[^\x1d\x20-\x7e]/.test(text)) return other;
  const prefix = SYMBOLOGY.exec(text)?.[0] ?? '';
  const body = text.slice(prefix.length).replace(/^\u001d+|\u001d+$/g, '');
  const elements = elementsOf(body, GS1_PREFIXES.has(prefix));
  if (elements === null) return other;
  const keys = new Map<string, string>();
  for (const [ai, key] of elements) {
    // Two numbers in one code: two scans ran into each other, or the label is wrong.
    if (keys.has(ai) && keys.get(ai) !== key) return other;
    keys.set(ai, key);
  }
  for (const ai of ['00', '01', '02']) {
    const read = keys.get(ai);
    if (read === undefined) continue;
    const expected = `${read.slice(0, -1)}${checkDigit(read.slice(0, -1))}`;
    const of = ai === '00' ? 'sscc' : 'gtin';
    if (read !== expected) return { kind: 'wrong-check-digit', of, read, expected, text: other.text };
  }
  const sscc = keys.get('00');
  if (sscc !== undefined) return { kind: 'package', sscc };
  const gtin = keys.get('01') ?? keys.get('02');
  if (gtin !== undefined) return { kind: 'product', gtin: gtin.padStart(14, '0'), text: other.text };
  return other;
}

/** Could this be something that a scanner read? It names something, or begins as scanners begin. */
export function looksLikeScan(text: string): boolean {
  const { kind } = readScan(text);
  if (kind === 'package' || kind === 'product') return true;
  return SYMBOLOGY.test(text) && !/[^\x20-\x7e\x1d]/.test(text);
}

/**
 * Can a burst of keys end here without an Enter? Only when it names a package already; 18 digits that begin with 00 may be an
 * element string with two digits still to come.
 */
export function isCompleteScan(text: string): boolean {
  return readScan(text).kind === 'package' && !/^(?:\][A-Za-z]\d)?\u001d?00\d{16}$/.test(text.trim());
}

/** Two scans that came without a pause and without Enter between them: no GS1 code holds `]`, so the second begins there. */
export function splitScans(text: string): readonly string[] {
  return text.split(/(?=\](?:C[01]|d[12]|Q[13]|E[04]|I1|e[0-2]|J1))/).filter((part) => part.trim() !== '');
}

/** Separators made visible, and no more of it than a person reads. */
export function readable(text: string): string {
  const cut = text.length > MAX_SHOWN_CODE ? `${[...text.slice(0, MAX_SHOWN_CODE)].join('')}…` : text;
  return cut.replaceAll(GS, '␝');
}

/**
 * What a person or an input method wrote in its own script, in the characters of barcodes: an Arabic keyboard gives Arabic-Indic digits, a
 * Chinese one wide ones, and a number that was copied from a page brings the invisible marks along that hold it together.
 */
export function plainText(text: string): string {
  return text
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\p{Zs}/gu, ' ')
    .replaceAll(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf));
}

/** What stands in a barcode without the symbology identifier that a scanner puts before it. */
export const withoutPrefix = (text: string): string => text.replace(SYMBOLOGY, '');

/** Weights 3, 1, 3, … from the right. */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++)
    sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}

type Element = readonly [ai: '00' | '01' | '02', digits: string];

/** Symbology identifier of ISO/IEC 15424: its letter's case tells one kind from another. */
const SYMBOLOGY = /^\](?:C[014]|d[0-6]|Q[0-6]|E[0-4]|I[0-3]|e[0-3]|J[0-5])/;
/** Kinds that hold element strings by definition: 18 bare digits in them are no SSCC. */
const GS1_PREFIXES: ReadonlySet<string> = new Set([']C1', ']d2', ']Q3', ']e0', ']e1', ']e2', ']J1']);

/** Scanners spell the separator out in several ways when they are not set up for this computer. */
export const withSeparators = (text: string): string =>
  text.replace(/\\u001d|\\x1d|<GS>|\{GS\}|\^\]|\u241d|\u2194/gi, GS);

/** The packages and products that a text names, in its order; null when it is no GS1 code. */
function elementsOf(body: string, mustBeElements: boolean): readonly Element[] | null {
  if (/^https?:\/\//i.test(body)) return linkElements(body);
  if (/^\(\d{2,4}\)/.test(body)) return bracketElements(body.replaceAll(' ', ''));
  if (!mustBeElements && /^\d[\d -]*$/.test(body)) {
    const digits = body.replaceAll(/[ -]/g, '');
    if (digits.length === 18) return [['00', digits]];
    if ([8, 12, 13, 14].includes(digits.length)) return [['01', digits]];
    return stringElements(digits);
  }
  return stringElements(body);
}

/** Of a Digital Link: path segments in pairs from the first key on, and the parameters of its query. */
function linkElements(url: string): readonly Element[] | null {
  const [, path = '', query = ''] = /^https?:\/\/[^/?#]+([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
  const segments = path.split('/').filter((segment) => segment !== '');
  const start = segments.findIndex((one, i) => /^0[01]$/.test(one) && /^\d+$/.test(segments[i + 1] ?? ''));
  if (start < 0 || (segments.length - start) % 2 !== 0) return null;
  const pairs: [string, string][] = query.split(/[&;]/).map((one) => {
    const [name = '', value = ''] = one.split('=', 2);
    return [name, value];
  });
  for (let i = start; i < segments.length; i += 2) pairs.push([segments[i]!, segments[i + 1]!]);
  const found: Element[] = [];
  for (const [ai, value] of pairs) {
    if (!/^0[0-2]$/.test(ai)) continue;
    const element = keyElement(ai, value);
    if (element === null) return null;
    found.push(...element);
  }
  return found;
}

function bracketElements(text: string): readonly Element[] | null {
  const found: Element[] = [];
  for (const [, ai, value] of text.matchAll(/\((0[0-2])\)(\d*)(?=\(|$)/g)) {
    const element = keyElement(ai!, value!);
    if (element === null) return null;
    found.push(...element);
  }
  return found;
}

/** An element of predefined length ends by itself, any other at a separator or at the end. */
function stringElements(text: string): readonly Element[] | null {
  const found: Element[] = [];
  for (let at = 0; at < text.length;) {
    const ai = text.slice(at, at + 2);
    if (!/^\d\d$/.test(ai)) return null;
    const separator = text.indexOf(GS, at);
    const limit = separator < 0 ? text.length : separator;
    const end = Math.min(limit, at + (PREDEFINED[ai] ?? Infinity));
    // Shorter than its identifier says: cut off, or no element string at all.
    if (PREDEFINED[ai] !== undefined ? end - at !== PREDEFINED[ai] : end - at < 3) return null;
    if (ai === '00' || ai === '01' || ai === '02') {
      const element = keyElement(ai, text.slice(at + 2, end));
      if (element === null) return null;
      found.push(...element);
    }
    at = text[end] === GS ? end + 1 : end;
  }
  return found;
}

/** Characters of an element with its identifier, by the identifier's first two digits. */
export const PREDEFINED: Readonly<Record<string, number>> = {
  '00': 20,
  '01': 16,
  '02': 16,
  '03': 16,
  '04': 18,
  ...Object.fromEntries([11, 12, 13, 14, 15, 16, 17, 18, 19].map((ai) => [ai, 8])),
  '20': 4,
  ...Object.fromEntries([31, 32, 33, 34, 35, 36].map((ai) => [ai, 10])),
  '41': 16,
};

/** A link and people may write a GTIN with fewer digits than 14. */
function keyElement(ai: string, digits: string): readonly Element[] | null {
  if (ai === '00') return /^\d{18}$/.test(digits) ? [['00', digits]] : null;
  return /^(?:\d{8}|\d{12,14})$/.test(digits) ? [[ai === '02' ? '02' : '01', digits]] : null;
}
