/**
 * GS1 keys with a check digit. GS1 General Specifications 7.9.1: weights 3, 1, 3, … from the digit left of the check digit;
 * the check digit brings the sum to a multiple of ten. Any single wrong digit is caught, since 1 and 3 have inverses modulo ten.
 */
import { fail, ok, type Result } from '../../codec/result.ts';

export type Gs1KeyName = 'sscc' | 'gtin' | 'gln';

export interface Gs1Error {
  readonly type: `${Gs1KeyName}-check-digit` | `${Gs1KeyName}-malformed`;
  readonly message: string;
  /** What was given. */
  readonly digits: string;
  /** The check digit that would be right; null when it is not the check digit that is wrong. */
  readonly expected: string | null;
}

/** The check digit of a key's other digits, or null when `body` is not all digits. */
export function checkDigit(body: string): string | null {
  if (!/^[0-9]+$/.test(body)) return null;
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    const weight = (body.length - i) % 2 === 1 ? 3 : 1;
    sum += Number(body[i]) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** Serial Shipping Container Code, 18 digits (AI 00). */
export function parseSscc(digits: string): Result<string, Gs1Error> {
  return checked('sscc', digits, [18]);
}

/** Global Trade Item Number of 8, 12, 13 or 14 digits; the value has 14, padded with zeros on the left (AI 01). */
export function parseGtin(digits: string): Result<string, Gs1Error> {
  const result = checked('gtin', digits, [8, 12, 13, 14]);
  return result.ok ? ok(result.value.padStart(14, '0')) : result;
}

/** Global Location Number, 13 digits (AI 410 to 417). */
export function parseGln(digits: string): Result<string, Gs1Error> {
  return checked('gln', digits, [13]);
}

/**
 * An SSCC of one's own: extension digit, company prefix (4 to 12 digits, GS1 General Specifications 1.4.5) and serial reference, which is padded to
 * the 16 digits that prefix and serial have together.
 */
export function makeSscc(extension: number, companyPrefix: string, serial: number): Result<string, Gs1Error> {
  const width = 16 - companyPrefix.length;
  const digits = `${extension}${companyPrefix}${String(serial).padStart(width, '0')}`;
  const fits =
    Number.isSafeInteger(extension) &&
    Number.isSafeInteger(serial) &&
    extension >= 0 &&
    extension <= 9 &&
    serial >= 0 &&
    /^[0-9]{4,12}$/.test(companyPrefix) &&
    digits.length === 17;
  if (fits) return ok(digits + (checkDigit(digits) ?? ''));
  return fail({
    type: 'sscc-malformed',
    message: `No SSCC can be made of extension ${extension}, company prefix ${companyPrefix} and serial ${serial}: together they must have 17 digits. Shorten the serial.`,
    digits,
    expected: null,
  });
}

/**
 * What is wrong with the check digit of an element's key, or null; elements without one are not judged. General Specifications 3: the key is
 * the whole of AI 00 to 03, 402, 410 to 417, 8017 and 8018, and the head of AI 253 and 255 (13 digits), 8003 (14, with its leading zero)
 * and 8006 (14).
 */
export function elementProblem(ai: string, value: string): string | null {
  const length = CHECKED_LENGTHS[ai];
  if (length === undefined) return null;
  const key = value.slice(0, length);
  if (!/^[0-9]+$/.test(key) || key.length !== length) return `(${ai}) must begin with ${length} digits`;
  if (WHOLE.has(ai) && value.length !== length) return `(${ai}) must have ${length} digits`;
  const expected = checkDigit(key.slice(0, -1));
  return key.endsWith(expected ?? '?')
    ? null
    : `(${ai}) ${key} ends in ${key.slice(-1)}, but its other digits call for the check digit ${expected ?? '?'}`;
}

const CHECKED_LENGTHS: Readonly<Record<string, number>> = {
  '00': 18,
  '01': 14,
  '02': 14,
  '03': 14,
  '253': 13,
  '255': 13,
  '402': 17,
  ...Object.fromEntries([410, 411, 412, 413, 414, 415, 416, 417].map((ai) => [String(ai), 13])),
  '8003': 14,
  '8006': 14,
  '8017': 18,
  '8018': 18,
};
const WHOLE: ReadonlySet<string> = new Set(
  Object.keys(CHECKED_LENGTHS).filter((ai) => !['253', '255', '8003', '8006'].includes(ai)),
);

export const isSscc = (digits: string): boolean => parseSscc(digits).ok;

/** `package/<sscc>`: the replicated key of a package. */
export const PACKAGE_KEY_PREFIX = 'package/';

const NAMES: Record<Gs1KeyName, string> = { sscc: 'SSCC', gtin: 'GTIN', gln: 'GLN' };

function checked(name: Gs1KeyName, digits: string, lengths: readonly number[]): Result<string, Gs1Error> {
  if (!/^[0-9]+$/.test(digits) || !lengths.includes(digits.length)) {
    const wanted = lengths.length === 1 ? String(lengths[0]) : '8, 12, 13 or 14';
    const had = /^[0-9]*$/.test(digits) ? `has ${digits.length}` : 'holds something else';
    const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
    return fail({
      type: `${name}-malformed`,
      message: `${NAMES[name]} "${shown}" ${had}; it must be ${wanted} digits. Scan it again, or type it from the label.`,
      digits,
      expected: null,
    });
  }
  const expected = checkDigit(digits.slice(0, -1));
  const given = digits.slice(-1);
  if (expected !== given) {
    return fail({
      type: `${name}-check-digit`,
      message:
        `${NAMES[name]} ${digits} ends in ${given}, but its other digits call for the check digit ${expected}. ` +
        `One of the digits is wrong: scan it again, or compare every digit with the label.`,
      digits,
      expected,
    });
  }
  return ok(digits);
}
