import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkDigit } from '../../src/domain/supply/gs1.ts';
import { parseScannedCode } from '../../src/domain/supply/scanned-code.ts';

const AT = Date.UTC(2026, 10, 3);
const GS = '\x1d';
const SSCC = '040123450000001112';
const GTIN = '04012345001013';

const read = (text: string, at = AT) => {
  const result = parseScannedCode(text, at);
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
};
const failure = (text: string): string => {
  const result = parseScannedCode(text, AT);
  return result.ok ? `accepted ${JSON.stringify(result.value)}` : result.error.type;
};

afterEach(() => vi.useRealTimers());

describe('a scanned code', () => {
  it('is read in every form that scanners, decoders and people give', () => {
    const forms: [string, string, string | null][] = [
      [SSCC, 'digits', null],
      ['0401 2345 0000 0011 12', 'digits', null],
      [`(00)${SSCC}`, 'human-readable', null],
      ['(00) 0401 2345 0000 0011 12', 'human-readable', null],
      [`00${SSCC}`, 'element-string', null],
      [`]C100${SSCC}`, 'element-string', 'GS1-128'],
      [`]C1${GS}00${SSCC}`, 'element-string', 'GS1-128'],
      [`]d200${SSCC}`, 'element-string', 'GS1 DataMatrix'],
      [`]Q300${SSCC}${GS}`, 'element-string', 'GS1 QR Code'],
      [`]C0${SSCC}`, 'digits', 'Code 128'],
      [`]C1(00)${SSCC}`, 'human-readable', 'GS1-128'],
      [`https://id.gs1.org/00/${SSCC}`, 'digital-link', null],
      [`HTTPS://example.com/some/path/00/${SSCC}?linkType=all#x`, 'digital-link', null],
      [`]Q1https://id.gs1.org/00/${SSCC}`, 'digital-link', 'QR Code'],
    ];
    for (const [text, form, symbology] of forms) {
      const code = read(text);
      expect([text, code.sscc, code.form, code.symbology]).toEqual([text, SSCC, form, symbology]);
    }
  });

  it('survives what keyboard wedges do to separators and line ends', () => {
    for (const gs of [GS, '\\u001d', '\\x1D', '<GS>', '<gs>', '{GS}', '^]', '\u241d']) {
      for (const end of ['', '\r', '\n', '\r\n', '\t']) {
        const code = read(`]d201${GTIN}10LOT-1${gs}21SN7${gs}17261231${end}`);
        expect(code).toMatchObject({ gtin: GTIN, lot: 'LOT-1', serial: 'SN7', expiry: '2026-12-31' });
      }
    }
  });

  it('gives the fields of a Digital Link, from path and query', () => {
    const code = read(`https://brand.example/01/4012345001013/10/AB%2F1/21/S1?17=270200&30=12&utm=x`);
    expect(code).toMatchObject({
      gtin: GTIN,
      lot: 'AB/1',
      serial: 'S1',
      expiry: '2027-02-28',
      quantity: 12,
      sscc: null,
    });
  });

  it('gives contents and count of a logistic label', () => {
    expect(read(`]C102${GTIN}37240${GS}10L9`)).toMatchObject({ gtin: GTIN, quantity: 240, lot: 'L9' });
  });

  it('with a wrong check digit is refused by name in every form', () => {
    const bad = '040123450000001113';
    for (const text of [bad, `(00)${bad}`, `]C100${bad}`, `https://id.gs1.org/00/${bad}`]) {
      expect([text, failure(text)]).toEqual([text, 'sscc-check-digit']);
    }
    expect(failure('(01)04012345001014')).toBe('gtin-check-digit');
    expect(failure('4012345001014')).toBe('gtin-check-digit');
  });

  it('that is no GS1 code is refused, not thrown on', () => {
    const bad = [
      '',
      ' \r\n',
      'hello',
      '12345',
      `]C1${SSCC}`,
      `00${SSCC.slice(1)}`,
      'https://example.com/',
      'https://example.com/00/',
      `https://id.gs1.org/00/${SSCC}/extra`,
      'https://id.gs1.org/01/4012345001013/10/%E0%A4%A',
      `(00)${SSCC}(00)040123450000001129`,
      '(10)LOT',
      `01${GTIN}17261301`,
      `01${GTIN}17270229`,
      `01${GTIN}10${'L'.repeat(21)}`,
      `01${GTIN}2391`,
      'ä'.repeat(18),
      '1'.repeat(513),
      '\u0000',
    ];
    for (const text of bad) expect([text, failure(text)]).toEqual([text, 'code-unreadable']);
  });

  it('never throws and never gives an SSCC with a wrong check digit, whatever comes in', () => {
    const alphabet = fc.constantFrom(
      ...'0123456789()]CdQ[^<GS>/:.%?=&\\u- \x1d\r\tab',
      'https://',
      '(00)',
      ']C1',
      SSCC,
    );
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 40 }), (parts) => {
        const result = parseScannedCode(parts.join(''), AT);
        if (result.ok && result.value.sscc !== null) {
          expect(checkDigit(result.value.sscc.slice(0, 17))).toBe(result.value.sscc[17]);
        }
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseScannedCode(text, AT)));
  });

  it('comes back from its element string with every field, in every spelling', () => {
    const text = fc.stringMatching(/^[!-%'-;=?A-Z_a-z]{1,20}$/).filter((s) => !/[()^\\{#$@]/.test(s));
    const body = fc.stringMatching(/^[0-9]{13}$/);
    const date = fc.record({
      y: fc.integer({ min: 2000, max: 2070 }),
      m: fc.integer({ min: 1, max: 12 }),
      d: fc.integer({ min: 1, max: 28 }),
    });
    fc.assert(
      fc.property(body, text, text, date, fc.nat(99_999_999), (gtinBody, lot, serial, { y, m, d }, count) => {
        const gtin = gtinBody + String(checkDigit(gtinBody));
        const two = (n: number): string => String(n % 100).padStart(2, '0');
        const yymmdd = two(y) + two(m) + two(d);
        const expected = { gtin, lot, serial, quantity: count, expiry: `${y}-${two(m)}-${two(d)}` };
        expect(read(`]d201${gtin}17${yymmdd}10${lot}${GS}21${serial}${GS}37${count}`)).toMatchObject(
          expected,
        );
        expect(read(`(01)${gtin}(17)${yymmdd}(10)${lot}(21)${serial}(37)${count}`)).toMatchObject(expected);
        const link = `https://x.example/01/${gtin}/10/${encodeURIComponent(lot)}/21/${encodeURIComponent(serial)}?17=${yymmdd}&37=${count}`;
        expect(read(link)).toMatchObject(expected);
      }),
    );
  });

  it('does not change its meaning with the clock of the machine that reads it', () => {
    const text = `]d201${GTIN}17760101`;
    vi.useFakeTimers();
    vi.setSystemTime(new Date('2020-06-01T00:00:00Z'));
    const early = read(text).expiry;
    vi.setSystemTime(new Date('2090-06-01T00:00:00Z'));
    expect(read(text).expiry).toBe(early);
    expect(early).toBe('2076-01-01');
    // General Specifications 7.12: 51 or more years ahead means the century before.
    expect(read(`]d201${GTIN}17770101`).expiry).toBe('1977-01-01');
    expect(read(`]d201${GTIN}17010101`, Date.UTC(2090, 0, 1)).expiry).toBe('2101-01-01');
  });
});
