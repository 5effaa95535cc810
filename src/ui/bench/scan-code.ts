/**
 * Which package a scan names, before any session is open. Only what is needed to choose the key; the scan step's handler parses the
 * whole code again and decides. GS1 General Specifications: AI 00 (section 3.2), check digit (section 7.9).
 */
import { GS } from './wedge.ts';

export type ScannedCode =
  | { readonly kind: 'package'; readonly sscc: string }
  | { readonly kind: 'wrong-check-digit'; readonly read: string; readonly expected: string }
  | { readonly kind: 'other'; readonly text: string };

export function readScan(raw: string): ScannedCode {
  const text = raw.trim();
  const sscc = findSscc(text);
  if (sscc === null) return { kind: 'other', text: readable(text) };
  const expected = checkDigit(sscc.slice(0, -1));
  if (sscc.at(-1) === String(expected)) return { kind: 'package', sscc };
  return { kind: 'wrong-check-digit', read: sscc, expected: `${sscc.slice(0, -1)}${expected}` };
}

/** Could this be something that a scanner read? Printable GS1 characters, with or without separators. */
export function looksLikeScan(text: string): boolean {
  if (readScan(text).kind === 'package') return true;
  return /^\][A-Za-z]\d/.test(text) && !/[^\x20-\x7e\x1d]/.test(text);
}

/**
 * Can a burst of keys end here without an Enter? Only when it names a package already; 18 digits that begin with 00 may be an
 * element string with two digits still to come.
 */
export function isCompleteScan(text: string): boolean {
  return readScan(text).kind === 'package' && !/^(?:\][A-Za-z]\d)?\u001d?00\d{16}$/.test(text.trim());
}

/** Separators made visible. */
export const readable = (text: string): string => text.replaceAll(GS, '␝');

/** Weights 3, 1, 3, … from the right. */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++)
    sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}

function findSscc(text: string): string | null {
  const bare = text.replace(/^\][A-Za-z]\d/, '').replace(/^\u001d/, '');
  const compact = bare.replaceAll(' ', '');
  const patterns = [
    /^(\d{18})$/,
    /^00(\d{18})(?:\u001d|$)/,
    /^\(00\)(\d{18})(?:\(|$)/,
    /^https?:\/\/[^/]+\/(?:[^?#]*\/)?00\/(\d{18})(?:[/?#]|$)/i,
    // A label may carry other elements before the SSCC, in brackets or after a separator.
    /\(00\)(\d{18})(?:\(|$)/,
    /\u001d00(\d{18})(?:\u001d|$)/,
    // The SSCC is of fixed length: no separator follows it.
    /^00(\d{18})(?=\d{2})/,
  ];
  for (const pattern of patterns) {
    const found = pattern.exec(compact)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}
