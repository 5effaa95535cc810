import fc from 'fast-check';
import { parseBarcode } from 'gs1-barcode-parser-mod';
import { describe, expect, it } from 'vitest';
import { placeLink, productLink, ssccLink } from '../../src/domain/supply/digital-link.ts';
import { splitElements, splitHumanReadable } from '../../src/domain/supply/element-string.ts';
import { checkDigit, elementProblem } from '../../src/domain/supply/gs1.ts';
import { parsePlace, parseScannedCode } from '../../src/domain/supply/scanned-code.ts';
import { made } from './network.ts';
import { T0 } from './support.ts';

const GS = '\x1d';
const GTIN = '04012345001013';
const GLN = '9521141000014';
const SSCC = '040123450000001112';
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const text = (max: number) => fc.stringMatching(new RegExp(`^[!"%&'*+,\\-./0-9:;<=>?A-Z_a-z]{1,${max}}$`));
const withCheck = (length: number) => digits(length - 1).map((body) => body + String(checkDigit(body)));

/** Identifiers of every kind, with values that fit, and whether they need a separator. */
const element = fc.oneof(
  withCheck(18).map((value) => ['00', value, false] as const),
  withCheck(14).map((value) => ['01', value, false] as const),
  withCheck(14).map((value) => ['02', value, false] as const),
  fc.constantFrom('11', '13', '15', '17').map((ai) => [ai, '271231', false] as const),
  digits(2).map((value) => ['20', value, false] as const),
  digits(6).map((value) => ['3103', value, false] as const),
  withCheck(13).map((value) => ['414', value, false] as const),
  fc.tuple(fc.constantFrom('10', '21', '254'), text(20)).map(([ai, value]) => [ai, value, true] as const),
  fc.tuple(fc.constantFrom('240', '400', '401'), text(30)).map(([ai, value]) => [ai, value, true] as const),
  fc
    .tuple(fc.constantFrom('30', '37'), fc.nat(99_999_999).map(String))
    .map(([ai, value]) => [ai, value, true] as const),
  text(90).map((value) => ['91', value, true] as const),
  withCheck(17).map((value) => ['402', value, true] as const),
);
const elements = fc.uniqueArray(element, { minLength: 1, maxLength: 6, selector: ([ai]) => ai });

describe('an element string', () => {
  it('is cut as it was put together, with brackets or separators', () => {
    fc.assert(
      fc.property(elements, (parts) => {
        const expected = parts.map(([ai, value]) => [ai, value]);
        const joined = parts
          .map(([ai, value, open], i) => ai + value + (open && i < parts.length - 1 ? GS : ''))
          .join('');
        expect(made(splitElements(joined))).toEqual(expected);
        // Some printers end every element with a separator.
        expect(made(splitElements(parts.map(([ai, value]) => ai + value + GS).join('')))).toEqual(expected);
        expect(made(splitHumanReadable(parts.map(([ai, value]) => `(${ai})${value}`).join('')))).toEqual(
          expected,
        );
      }),
    );
  });

  it('is cut as an independent parser cuts it', () => {
    fc.assert(
      fc.property(elements, (parts) => {
        const joined = parts
          .map(([ai, value, open], i) => ai + value + (open && i < parts.length - 1 ? GS : ''))
          .join('');
        const theirs = parseBarcode(joined).parsedCodeItems.map((item: { ai: string; raw?: string }) => [
          item.ai,
          item.raw,
        ]);
        expect(made(splitElements(joined))).toEqual(theirs);
      }),
    );
  });

  it('that is cut off, has strange characters or unknown identifiers is refused, never guessed', () => {
    for (const bad of [
      '',
      '04',
      '0104012345001',
      `10${'L'.repeat(21)}`,
      '10',
      `10${GS}`,
      '23ABC',
      '17AB1231',
      '1727123',
      '9521',
      '4180000000000000',
      '310A000123',
      '37ABC',
      '3999000000',
      '0X',
      `01${GTIN}10`,
      `01${GTIN}10L${GS}${GS}2112`,
      `10L#T`,
      'ABC',
    ]) {
      expect([bad, splitElements(bad).ok]).toEqual([bad, bad === '9521']);
    }
    for (const bad of ['', '()1', '(23)1', 'x(01)04012345001013', '(01)', '(10)', '(01)0401234500101'])
      expect([bad, splitHumanReadable(bad).ok]).toEqual([bad, false]);
    expect(made(splitHumanReadable('(10)A(5)B(99)x'))).toEqual([
      ['10', 'A(5)B'],
      ['99', 'x'],
    ]);
  });
});

describe('check digits', () => {
  it('are checked in every element that has one: any single wrong digit is caught', () => {
    const lengths: [string, number][] = [
      ['00', 18],
      ['01', 14],
      ['02', 14],
      ['253', 13],
      ['255', 13],
      ['402', 17],
      ...[410, 411, 412, 413, 414, 415, 416, 417].map((ai): [string, number] => [String(ai), 13]),
      ['8003', 14],
      ['8006', 14],
      ['8017', 18],
      ['8018', 18],
    ];
    const tails: Record<string, string> = { '253': 'X1', '8003': 'A9', '8006': '0102' };
    fc.assert(
      fc.property(
        fc.constantFrom(...lengths),
        digits(17),
        fc.nat(17),
        fc.integer({ min: 1, max: 9 }),
        ([ai, length], body, at, by) => {
          const head = body.slice(0, length - 1);
          const key = head + String(checkDigit(head));
          const tail = tails[ai] ?? '';
          expect(elementProblem(ai, key + tail)).toBeNull();
          const place = at % length;
          const wrong = key.slice(0, place) + String((Number(key[place]) + by) % 10) + key.slice(place + 1);
          expect(elementProblem(ai, wrong + tail)).toContain(`(${ai})`);
        },
      ),
    );
    expect(elementProblem('10', '12345')).toBeNull();
    expect(elementProblem('414', GLN + '1')).not.toBeNull();
  });

  it('that are wrong in what stands beside the package refuse the whole code', () => {
    const read = (code: string) => parseScannedCode(code, T0);
    expect(read(`]C100${SSCC}410${GLN}`).ok).toBe(true);
    const bad = read(`]C100${SSCC}410${GLN.slice(0, 12)}5`);
    expect(bad.ok ? '' : bad.error.message).toContain('check digit 4');
    expect(read(`]C100${SSCC}02${GTIN.slice(0, 13)}437${12}`).ok).toBe(false);
    expect(read(`https://id.gs1.org/01/${GTIN}?410=${GLN.slice(0, 12)}5`).ok).toBe(false);
  });
});

describe('a place', () => {
  it('is read from its label, its link and its number, with a right check digit only', () => {
    for (const given of [
      GLN,
      ` ${GLN}\r\n`,
      `414${GLN}`,
      `(414)${GLN}`,
      `(414) ${GLN}`,
      `]C1414${GLN}`,
      `]C1414${GLN}254DOCK 2`,
      `(414)${GLN}(254)D2`,
      made(placeLink(GLN)),
      `https://brand.example/x/414/${GLN}/254/D2?a=1`,
    ]) {
      expect([given, made(parsePlace(given))]).toEqual([given, GLN]);
    }
    for (const given of [
      '',
      'x',
      SSCC,
      `${GLN.slice(0, 12)}5`,
      `414${GLN}9`,
      '9'.repeat(600),
      `https://x.example/00/${SSCC}`,
    ])
      expect([given, parsePlace(given).ok]).toEqual([given, false]);
    const code = parseScannedCode(`]C100${SSCC}414${GLN}254DOCK2`, T0);
    expect(code.ok && [code.value.gln, code.value.glnExtension]).toEqual([GLN, 'DOCK2']);
  });
});

describe('a Digital Link', () => {
  it('comes back with every field, and is not made of what is no key', () => {
    fc.assert(
      fc.property(withCheck(14), fc.option(text(20)), fc.option(text(20)), (gtin, lot, serial) => {
        const code = parseScannedCode(made(productLink(gtin, lot, serial)), T0);
        expect(code.ok && code.value).toMatchObject({ form: 'digital-link', gtin, lot, serial });
      }),
    );
    expect(made(ssccLink(SSCC))).toBe(`https://id.gs1.org/00/${SSCC}`);
    expect(made(productLink('4012345001013'))).toBe(`https://id.gs1.org/01/${GTIN}`);
    for (const bad of [
      ssccLink('040123450000001113'),
      placeLink('1'),
      productLink('1'),
      productLink(GTIN, 'ä'),
      productLink(GTIN, ''),
    ])
      expect(bad.ok).toBe(false);
  });
});

describe('a keyboard wedge', () => {
  it('may type the separator by Alt+029 in either way', () => {
    for (const gs of [GS, '\u2194']) {
      const code = parseScannedCode(`]d201${GTIN}10LOT-1${gs}21SN7`, T0);
      expect(code.ok && [code.value.lot, code.value.serial]).toEqual(['LOT-1', 'SN7']);
    }
  });
});
