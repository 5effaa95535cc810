/** The form of one notice, parsed once into a manifest; each mistake names its field. */
import type { Manifest, Result } from '../../worker/api.ts';
import { checkDigit } from '../bench/scan-code.ts';

export interface LineForm {
  readonly gtin: string;
  readonly description: string;
  readonly lot: string;
  readonly quantity: string;
  readonly expiry: string;
}

export interface NoticeForm {
  readonly asnId: string;
  readonly sscc: string;
  readonly shipToGln: string;
  readonly lines: readonly LineForm[];
}

export const EMPTY_LINE: LineForm = { gtin: '', description: '', lot: '', quantity: '', expiry: '' };

export function manifestOf(form: NoticeForm, supplierGln: string, issuedAt: string): Result<Manifest> {
  const wrong = (field: string, message: string): Result<Manifest> => ({
    ok: false,
    error: { type: `field:${field}`, message },
  });
  const asnId = form.asnId.trim();
  if (asnId === '') return wrong('asnId', 'The notice needs a number.');
  const sscc = digits(form.sscc);
  if (sscc.length !== 18) return wrong('sscc', `An SSCC has 18 digits; this one has ${sscc.length}.`);
  const due = checkDigit(sscc.slice(0, -1));
  if (sscc.at(-1) !== String(due))
    return wrong('sscc', `The check digit of this SSCC should be ${due}, not ${sscc.at(-1)}.`);
  if (form.shipToGln === '') return wrong('shipToGln', 'Choose who receives the package.');
  const lines: Manifest['lines'][number][] = [];
  for (const [i, line] of form.lines.entries()) {
    const at = `lines.${i}`;
    const gtin = digits(line.gtin).padStart(14, '0');
    if (digits(line.gtin).length < 8 || gtin.length !== 14)
      return wrong(`${at}.gtin`, `Line ${i + 1}: a GTIN has 8 to 14 digits.`);
    const gtinDue = checkDigit(gtin.slice(0, -1));
    if (gtin.at(-1) !== String(gtinDue))
      return wrong(`${at}.gtin`, `Line ${i + 1}: the check digit of this GTIN should be ${gtinDue}.`);
    if (line.description.trim() === '') return wrong(`${at}.description`, `Line ${i + 1}: say what it is.`);
    const quantity = Number(line.quantity);
    if (!Number.isSafeInteger(quantity) || quantity < 1)
      return wrong(`${at}.quantity`, `Line ${i + 1}: pieces must be a whole number from 1.`);
    lines.push({
      gtin,
      description: line.description.trim(),
      lot: line.lot.trim() === '' ? null : line.lot.trim(),
      serial: null,
      quantity,
      expiry: line.expiry === '' ? null : line.expiry,
    });
  }
  if (lines.length === 0) return wrong('lines', 'The notice needs a line.');
  return { ok: true, value: { asnId, sscc, supplierGln, shipToGln: form.shipToGln, lines, issuedAt } };
}

/** An SSCC under the supplier's own prefix: extension digit 0, the GLN's first seven digits, nine of serial, check digit. */
export function suggestSscc(supplierGln: string, serial: number): string {
  const head = `0${supplierGln.slice(0, 7)}${String(serial % 1_000_000_000).padStart(9, '0')}`;
  return `${head}${checkDigit(head)}`;
}

const digits = (text: string): string => text.replace(/\D/g, '');
