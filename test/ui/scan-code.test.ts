/** What the page reads out of a scan, held against the rules that every member runs: the page must not open what the step then refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScannedCode } from '../../src/domain/supply/scanned-code.ts';
import { chooseSymbol } from '../../src/ui/scan/decode-image.ts';
import { plainText, readScan, splitScans, type ScannedCode } from '../../src/ui/scan/scan-code.ts';
import { GS } from '../../src/ui/scan/wedge.ts';
import { sscc } from './fake-client.ts';

const AT = Date.UTC(2026, 10, 1);
const SSCC = sscc(111);
const GTIN = '04012345000207';
const wrongly = (key: string): string => `${key.slice(0, -1)}${(Number(key.at(-1)) + 1) % 10}`;

/** The rules' reading in the page's words. */
function ruled(text: string): { kind: ScannedCode['kind']; named: string } {
  const read = parseScannedCode(text, AT);
  if (read.ok && read.value.sscc !== null) return { kind: 'package', named: read.value.sscc };
  if (read.ok) return { kind: 'product', named: read.value.gtin ?? '' };
  const digits = read.error.type.endsWith('check-digit');
  return { kind: digits ? 'wrong-check-digit' : 'other', named: '' };
}

function shown(text: string): { kind: ScannedCode['kind']; named: string } {
  const read = readScan(text);
  const named = read.kind === 'package' ? read.sscc : read.kind === 'product' ? read.gtin : '';
  return { kind: read.kind, named };
}

/** Every form in which a package or a product comes. */
const forms = (s: string, g: string): readonly string[] => [
  s,
  `00${s}`,
  `]C100${s}`,
  `]C0${s}`,
  `]d2${GS}00${s}`,
  `(00)${s}`,
  `(00) ${s.slice(0, 4)} ${s.slice(4)}`,
  `${s.slice(0, 1)} ${s.slice(1, 8)} ${s.slice(8)}`,
  `${s.slice(0, 1)}-${s.slice(1)}`,
  `https://id.gs1.org/00/${s}`,
  `http://EXAMPLE.com:8080/a/b/00/${s}?linkType=all#x`,
  `]Q1https://id.gs1.org/00/${s}`,
  `]C100${s}10L-2291`,
  `]C100${s}37240`,
  `]C100${s}02${g}3724`,
  `]d202${g}37240${GS}00${s}`,
  `]d210L${GS}00${s}`,
  `]d210L<GS>00${s}`,
  `]d210L{GS}00${s}`,
  `]d210L^]00${s}`,
  `]d210L\u219400${s}`,
  `]d210L\u241d00${s}`,
  `(02)${g}(37)24(00)${s}`,
  `${g}`,
  g.slice(1),
  `]E0${g.slice(1)}`,
  `]I1${g}`,
  `01${g}`,
  `]d201${g}17261231${GS}10L-2291${GS}21S1`,
  `]d201${g}10L-2291${GS}17261231`,
  `]Q301${g}21S1`,
  `]C102${g}3724`,
  `(01)${g}(10)LOT`,
  `https://id.gs1.org/01/${g}`,
  `https://id.gs1.org/01/${g}/10/L%2F1/21/S1?17=261231`,
  `https://brand.example/shop/01/${g}/21/S1?utm=x`,
  `https://id.gs1.org/01/${g.slice(1)}?10=L1&21=S1`,
  `https://brand.example/01/${g}?00=${s}`,
];

describe('the page and the rules', () => {
  it('read something else out of the same code', () => {
    for (const form of forms(SSCC, GTIN)) {
      expect(shown(form), form).toEqual(ruled(form));
      expect(shown(form).kind, form).toMatch(/^(?:package|product)$/);
    }
  });
  it('a wrong check digit that one of them takes', () => {
    for (const form of [...forms(wrongly(SSCC), GTIN), ...forms(SSCC, wrongly(GTIN))]) {
      expect(shown(form).kind, form).toBe(ruled(form).kind);
    }
  });
  it('codes that name nothing, or two things at once', () => {
    for (const text of [
      '',
      'S-12',
      '10L-2291',
      `1${SSCC}`,
      `${SSCC}1`,
      SSCC.slice(1),
      `]C1${SSCC}`,
      `]C100${SSCC.slice(0, 12)}`,
      `]C100${SSCC}]C100${SSCC}`,
      `]C100${SSCC}00${sscc(112)}`,
      `]c100${SSCC}x`,
      // A lot in the letters of a layout: no barcode has them.
      `00${SSCC}10L\u00df1`,
      `00${SSCC}10\u0645\u062e`,
      `${SSCC}${' '.repeat(3000)}1`,
      'https://id.gs1.org/',
      `https://id.gs1.org/00/${SSCC}/10`,
      `https://id.gs1.org/414/4012345000115`,
      'WIFI:S:dock;T:WPA;P:x;;',
      `]Q1countersign:request:00${SSCC}`,
    ]) {
      expect(shown(text).kind, text).toBe('other');
      expect(ruled(text).kind, text).not.toMatch(/^(?:package|product)$/);
    }
  });
  it('whatever it is, the page names no other package than the rules', () => {
    const piece = fc.oneof(
      fc.nat({ max: 999_999 }).map((n) => `00${sscc(n)}`),
      fc.constantFrom(
        `01${GTIN}`,
        `02${GTIN}`,
        '10L1',
        '21S-7',
        '3724',
        '17261231',
        '410',
        '8003',
        ']C1',
        'x',
        '(00)',
      ),
      fc.stringMatching(/^\d{1,4}$/),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('', ']C1', ']d2', ']Q3', ']E0'),
        fc.array(fc.tuple(piece, fc.constantFrom('', GS)), { maxLength: 4 }),
        (prefix, pieces) => {
          const text = prefix + pieces.map(([one, end]) => one + end).join('');
          const [page, rules] = [shown(text), ruled(text)];
          if (page.kind === 'package' && rules.kind === 'package') expect(page.named).toBe(rules.named);
          // The other way round may be: the step has the last word.
          if (rules.kind === 'wrong-check-digit') expect(page.kind).not.toBe('package');
          if (rules.kind === 'product') expect(page.kind).not.toBe('package');
        },
      ),
    );
  });
});

describe('what a person writes', () => {
  it('a number in Arabic digits, wide digits, or copied with its invisible marks is no number', () => {
    const script = (zero: number): string =>
      [...SSCC].map((digit) => String.fromCharCode(zero + Number(digit))).join('');
    for (const text of [
      script(0x660),
      script(0x6f0),
      script(0xff10),
      `\u2068${SSCC}\u2069`,
      `\ufeff${SSCC}\u200e`,
      `\u00a0${SSCC.slice(0, 1)}\u202f${SSCC.slice(1)}`,
    ]) {
      expect(readScan(text), text).toEqual({ kind: 'package', sscc: SSCC });
      // What is sent to the step is what the rules read.
      expect(ruled(plainText(text)), text).toEqual({ kind: 'package', named: SSCC });
    }
  });
  it('a book that was pasted fills the alarm', () => {
    const book = `${'0'.repeat(50_000)}x${'9'.repeat(50_000)}`;
    const read = readScan(book);
    expect(read.kind).toBe('other');
    expect('text' in read && read.text.length).toBeLessThan(200);
  });
});

describe('a keyboard wedge that garbles a label', () => {
  const codes = fc
    .nat({ max: 999_999_999 })
    .map((serial) => ({ right: sscc(serial), code: `]C100${sscc(serial)}` }));
  const at = fc.integer({ min: 3, max: 22 });
  it('a lost or doubled key makes another package of it', () => {
    fc.assert(
      fc.property(codes, at, fc.boolean(), ({ right, code }, i, lost) => {
        const garbled = lost ? code.slice(0, i) + code.slice(i + 1) : code.slice(0, i + 1) + code.slice(i);
        const read = readScan(garbled);
        expect(read.kind === 'package' ? read.sscc : null, garbled).toSatisfy(
          (named: string | null) => named === null || named === right,
        );
      }),
    );
  });
  it('a burst that was broken off names a package', () => {
    fc.assert(
      fc.property(codes, fc.integer({ min: 0, max: 22 }), ({ code }, end) => {
        expect(readScan(code.slice(0, end)).kind).not.toBe('package');
      }),
    );
  });
  it('keys of a person in between name a package', () => {
    fc.assert(
      fc.property(codes, at, fc.stringMatching(/^[a-z ,.-]{1,3}$/), ({ right, code }, i, typed) => {
        const read = readScan(code.slice(0, i) + typed + code.slice(i));
        // A space or a hyphen between digits is how people write them, and means the same.
        if (read.kind === 'package') expect(read.sscc).toBe(right);
      }),
    );
  });
  it('two scans without a pause become one, or none', () => {
    const [a, b] = [`]C100${sscc(1)}`, `]d201${GTIN}10L1`];
    expect(splitScans(a + b)).toEqual([a, b]);
    expect(splitScans(a)).toEqual([a]);
    expect(splitScans(`00${sscc(1)}`)).toEqual([`00${sscc(1)}`]);
    expect(readScan(`00${sscc(1)}00${sscc(2)}`).kind).toBe('other');
  });
});

describe('of what a photo shows', () => {
  const symbol = (symbology: string, text: string) => ({ symbology, text });
  it('takes the contents’ barcode for the package, or the first of two packages', () => {
    const contents = symbol(']E0', GTIN.slice(1));
    const label = symbol(']C1', `00${SSCC}`);
    expect(chooseSymbol([contents, label])).toEqual({ ok: true, value: `]C100${SSCC}` });
    // The same number in bars and in a matrix.
    expect(chooseSymbol([symbol(']d2', `00${SSCC}`), label]).ok).toBe(true);
    expect(chooseSymbol([label, symbol(']C1', `00${sscc(2)}`)])).toMatchObject({
      ok: false,
      error: { type: 'several-barcodes' },
    });
    expect(chooseSymbol([contents])).toEqual({ ok: true, value: `]E0${GTIN.slice(1)}` });
    expect(chooseSymbol([])).toMatchObject({ ok: false, error: { type: 'no-barcode' } });
  });
});
