/** GS1 Digital Link URIs of what this application names; scanned-code.ts reads them back. Values are percent-encoded (RFC 3986). */
import { fail, ok, type Result } from '../../codec/result.ts';
import { parseGln, parseGtin, parseSscc, type Gs1Error } from './gs1.ts';
import { isGs1Text } from './scanned-code.ts';

const RESOLVER = 'https://id.gs1.org';

export interface LinkError {
  readonly type: Gs1Error['type'] | 'link-malformed';
  readonly message: string;
}

export function ssccLink(sscc: string): Result<string, LinkError> {
  const parsed = parseSscc(sscc);
  return parsed.ok ? ok(`${RESOLVER}/00/${parsed.value}`) : parsed;
}

/** A product, one of its lots, or one item: the key qualifiers stand in the order of the standard, lot before serial number. */
export function productLink(
  gtin: string,
  lot: string | null = null,
  serial: string | null = null,
): Result<string, LinkError> {
  const parsed = parseGtin(gtin);
  if (!parsed.ok) return parsed;
  for (const value of [lot, serial]) {
    if (value !== null && !isGs1Text(value)) {
      return fail({
        type: 'link-malformed',
        message: `"${value.slice(0, 40)}" is no lot or serial number: 1 to 20 characters of the GS1 set. Correct it.`,
      });
    }
  }
  const qualifier = (ai: string, value: string | null): string =>
    value === null ? '' : `/${ai}/${encodeURIComponent(value)}`;
  return ok(`${RESOLVER}/01/${parsed.value}${qualifier('10', lot)}${qualifier('21', serial)}`);
}

export function placeLink(gln: string): Result<string, LinkError> {
  const parsed = parseGln(gln);
  return parsed.ok ? ok(`${RESOLVER}/414/${parsed.value}`) : parsed;
}
