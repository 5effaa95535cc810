/** What a search says in the reader's own language, and what a scan says as a search. */
import { MAX_SCAN_LENGTH } from '../limits.ts';
import { plainText, PREDEFINED, readScan, withoutPrefix, withSeparators } from '../scan/scan-code.ts';
import { GS } from '../scan/wedge.ts';
import type { PackageQuery, PackageStatus } from '../../worker/api.ts';
import { PACKAGE_STATUSES, STATUS_WORDS } from './texts.ts';

/** What a person searches for, in the digits of barcodes and without the invisible marks that copied numbers bring along. */
export const searchedText = (text: string): string => plainText(text).trim();

/** Statuses whose name on the page has a word of the search in it: the replica knows them by other names. */
export function statusWordsOf(text: string): NonNullable<PackageQuery['statusWords']> {
  const found: Record<string, readonly PackageStatus[]> = {};
  for (const word of fold(text).split(/\s+/)) {
    if (word === '') continue;
    const statuses = PACKAGE_STATUSES.filter((status) => fold(STATUS_WORDS[status]).includes(word));
    if (statuses.length > 0) found[word] = statuses;
  }
  return found;
}

export interface ScannedSearch {
  readonly text: string;
  /** It names one package. */
  readonly sscc: string | null;
  readonly wrongDigit: boolean;
}

export function scannedSearch(code: string): ScannedSearch {
  const scan = readScan(code);
  if (scan.kind === 'package') return { text: scan.sscc, sscc: scan.sscc, wrongDigit: false };
  if (scan.kind === 'wrong-check-digit') return { text: scan.read, sscc: null, wrongDigit: true };
  return { text: productOf(code) ?? scan.text.replaceAll('␝', ' '), sscc: null, wrongDigit: false };
}

type Elements = ReadonlyMap<string, string>;

/** GTIN, lot and serial as words of a search. AIs 01 (or 02, of what a package holds), 10 and 21 of the GS1 General Specifications; Digital Link URIs 1.1. */
function productOf(code: string): string | null {
  const text = withSeparators(plainText(code.slice(0, MAX_SCAN_LENGTH))).trim();
  const bare = withoutPrefix(text).replace(/^\u001d+|\u001d+$/g, '');
  const elements = elementsOf(bare);
  const gtin = elements?.get('01') ?? elements?.get('02');
  return gtin === undefined ? null : words([gtin, elements?.get('10'), elements?.get('21')]);
}

/** By their identifiers; null: it is something else, or says one thing twice. */
function elementsOf(bare: string): Elements | null {
  const digits = bare.replaceAll(/[ -]/g, '');
  if (/^https?:\/\//i.test(bare)) return single(linkElements(bare));
  if (/^\(\d{2,4}\)/.test(bare)) return single(bracketElements(bare.replaceAll(' ', '')));
  if (/^(?:\d{8}|\d{12,14})$/.test(digits)) return new Map([['01', digits]]);
  return single(stringElements(/^\d+$/.test(digits) ? digits : bare));
}

type Pairs = readonly (readonly [ai: string, value: string])[];

/** Of a link: its path in pairs from the GTIN on, and the parameters of its query. */
function linkElements(url: string): Pairs {
  const [, path = '', query = ''] = /^https?:\/\/[^/?#]+([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
  const segments = path.split('/').filter((segment) => segment !== '');
  const start = segments.findIndex((one, i) => one === '01' && /^\d{8,14}$/.test(segments[i + 1] ?? ''));
  if (start < 0) return [];
  const found: [string, string][] = [];
  for (let i = start; i + 1 < segments.length; i += 2) found.push([segments[i]!, decoded(segments[i + 1]!)]);
  for (const parameter of query.split(/[&;]/)) {
    const [name = '', value = ''] = parameter.split('=', 2);
    found.push([name, decoded(value)]);
  }
  return found.map(([ai, value]) => [ai, ai === '01' ? value.padStart(14, '0') : value]);
}

const bracketElements = (text: string): Pairs =>
  [...text.matchAll(/\((\d{2,4})\)([^(]*)/g)].map(([, ai, value]) => [ai!, value!]);

/** An element of predefined length ends by itself, any other at a separator. Only the first two digits of an identifier are looked at: those asked for have no more. */
function stringElements(text: string): Pairs {
  const found: [string, string][] = [];
  for (let at = 0; at < text.length;) {
    const ai = text.slice(at, at + 2);
    // What follows is no element string: a text that only began like one.
    if (!/^\d\d$/.test(ai)) return [];
    const separator = text.indexOf(GS, at);
    const end = Math.min(separator < 0 ? text.length : separator, at + (PREDEFINED[ai] ?? Infinity));
    if (PREDEFINED[ai] !== undefined && end - at !== PREDEFINED[ai]) return [];
    found.push([ai, text.slice(at + 2, end)]);
    at = text[end] === GS ? end + 1 : end;
  }
  return found;
}

function single(pairs: Pairs): Elements | null {
  const found = new Map<string, string>();
  for (const [ai, value] of pairs) {
    if (!['01', '02', '10', '21'].includes(ai)) continue;
    if (found.has(ai) && found.get(ai) !== value) return null;
    found.set(ai, value);
  }
  return found;
}

const words = (all: readonly (string | undefined)[]): string =>
  all.filter((one) => one !== undefined && one !== '').join(' ');

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** As the replica's index has it. */
const fold = (text: string): string => plainText(text.normalize('NFKD').replace(/\p{M}/gu, '')).toLowerCase();
