/** The form of one notice, parsed once into a manifest; each mistake names its field. */
import type { Manifest, Result } from '../../worker/api.ts';
import { checkDigit } from '../scan/scan-code.ts';
import { WRONG } from './texts.ts';

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
  if (asnId === '') return wrong('asnId', WRONG.notice);
  const sscc = digits(form.sscc);
  if (sscc.length !== 18) return wrong('sscc', WRONG.ssccLength(sscc.length));
  const due = checkDigit(sscc.slice(0, -1));
  const given = sscc.slice(-1);
  if (given !== String(due)) return wrong('sscc', WRONG.ssccDigit(String(due), given));
  if (form.shipToGln === '') return wrong('shipToGln', WRONG.shipTo);
  const lines: Manifest['lines'][number][] = [];
  for (const [i, line] of form.lines.entries()) {
    const at = `lines.${i}`;
    const gtin = digits(line.gtin).padStart(14, '0');
    if (digits(line.gtin).length < 8 || gtin.length !== 14)
      return wrong(`${at}.gtin`, WRONG.gtinLength(i + 1));
    const gtinDue = checkDigit(gtin.slice(0, -1));
    if (gtin.at(-1) !== String(gtinDue)) return wrong(`${at}.gtin`, WRONG.gtinDigit(i + 1, String(gtinDue)));
    if (line.description.trim() === '') return wrong(`${at}.description`, WRONG.description(i + 1));
    const quantity = Number(line.quantity);
    if (!Number.isSafeInteger(quantity) || quantity < 1) return wrong(`${at}.quantity`, WRONG.pieces(i + 1));
    lines.push({
      gtin,
      description: line.description.trim(),
      lot: line.lot.trim() === '' ? null : line.lot.trim(),
      serial: null,
      quantity,
      expiry: line.expiry === '' ? null : line.expiry,
    });
  }
  if (lines.length === 0) return wrong('lines', WRONG.lines);
  return { ok: true, value: { asnId, sscc, supplierGln, shipToGln: form.shipToGln, lines, issuedAt } };
}

/** An SSCC under the supplier's own prefix: extension digit 0, the GLN's first seven digits, nine of serial, check digit. */
export function suggestSscc(supplierGln: string, serial: number): string {
  const head = `0${supplierGln.slice(0, 7)}${String(serial % 1_000_000_000).padStart(9, '0')}`;
  return `${head}${checkDigit(head)}`;
}

const digits = (text: string): string => text.replace(/\D/g, '');
