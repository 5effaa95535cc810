/**
 * Labels are drawn and read back by a decoder that shares no code with what drew them. What this proves: the bars of the page and of the
 * ZPL hold the right element string with FNC1 in front, at the size and place that the label gives them, with their quiet zones. What it does
 * not: that a printer's own firmware takes the ZPL as this test's renderer does; that needs a printer.
 */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { toBuffer } from 'bwip-js/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { gs1Code128 } from '../../src/domain/supply/code128.ts';
import { checkDigit, makeSscc } from '../../src/domain/supply/gs1.ts';
import { LABEL_HEIGHT_MM, LABEL_WIDTH_MM, labelPage, labelSvg } from '../../src/domain/supply/label-page.ts';
import { gs1Symbol, labelZpl, X_MM } from '../../src/domain/supply/label.ts';
import { parseScannedCode } from '../../src/domain/supply/scanned-code.ts';
import { made } from './network.ts';
import { boxImage, svgBoxes, zplPage, type Box } from './raster.ts';
import { T0 } from './support.ts';

const content = (sscc: string) => ({
  sscc,
  shipFrom: 'Alfa Components <A&B> "1"',
  shipTo: 'Bravo Logistics, a name that goes on for longer than the label',
  courier: 'Delta^XZ Express',
  reference: 'ASN-1',
});

beforeAll(() => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer as ArrayBuffer } });
});

const sscc = fc.stringMatching(/^[0-9]{17}$/).map((body) => body + String(checkDigit(body)));

/** Three dots a module, behind a quiet zone of ten. */
function barBoxes(widths: readonly number[]): Box[] {
  let at = 10;
  return widths.flatMap((width, i) => {
    const box = { x: at * 3, y: 5, width: width * 3, height: 90 };
    at += width;
    return i % 2 === 0 ? [box] : [];
  });
}

/** All barcodes in the picture, with the scanner's prefix. */
async function read(picture: Uint8Array): Promise<{ text: string; symbology: string }[]> {
  const found = await readBarcodes(picture, { formats: ['Code128'], tryHarder: true, textMode: 'Plain' });
  return found.map((one) => ({ text: one.text, symbology: one.symbologyIdentifier }));
}

describe('the label as a page', () => {
  it('is read back from its drawing, whatever the number', async () => {
    await fc.assert(
      fc.asyncProperty(sscc, async (number) => {
        const svg = labelSvg(made(labelPage(content(number))));
        const dots = 8;
        const boxes = svgBoxes(svg).map((box) => ({
          x: box.x * dots,
          y: box.y * dots,
          width: box.width * dots,
          height: box.height * dots,
        }));
        const found = await read(
          boxImage(Math.round(LABEL_WIDTH_MM * dots), Math.round(LABEL_HEIGHT_MM * dots), boxes),
        );
        expect(found).toEqual([{ text: `00${number}`, symbology: ']C1' }]);
        const scanned = parseScannedCode(`${found[0]!.symbology}${found[0]!.text}`, T0);
        expect(scanned.ok && [scanned.value.sscc, scanned.value.symbology]).toEqual([number, 'GS1-128']);
      }),
      { numRuns: 10 },
    );
  });

  it('keeps the standard: quiet zones on the page, bars of 32 mm, text of 3 mm, 4 by 6 inches', () => {
    const page = made(labelPage(content('040123450000001112')));
    const { barcode, texts } = page;
    const width = barcode.widths.reduce((sum, one) => sum + one, 0) * barcode.moduleMm;
    expect(width + 20 * X_MM).toBe(88);
    expect(barcode.xMm).toBeGreaterThanOrEqual(10 * X_MM);
    expect(barcode.xMm + width).toBeLessThanOrEqual(LABEL_WIDTH_MM - 10 * X_MM);
    expect(barcode.heightMm).toBeGreaterThanOrEqual(32);
    for (const one of texts) {
      expect(one.heightMm).toBeGreaterThanOrEqual(3);
      expect(one.yMm).toBeLessThan(LABEL_HEIGHT_MM);
      const [top, bottom] = [one.yMm - one.heightMm, one.yMm];
      expect(bottom < barcode.yMm || top > barcode.yMm + barcode.heightMm).toBe(true);
    }
    expect(LABEL_WIDTH_MM).toBeCloseTo(4 * 25.4, 6);
    expect(LABEL_HEIGHT_MM).toBeCloseTo(6 * 25.4, 6);
    expect(texts.map((one) => one.text)).toContain('(00)040123450000001112');
    expect(labelPage(content('040123450000001113')).ok).toBe(false);
  });

  it('lets no text end an element of the drawing', () => {
    const text = fc.string({
      unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', '\u0000', '\n', ']]>', '<script>'),
    });
    fc.assert(
      fc.property(text, text, (shipTo, courier) => {
        const svg = labelSvg(made(labelPage({ ...content('040123450000001112'), shipTo, courier })));
        expect(svg.match(/<script|<text /g)!.every((tag) => tag === '<text ')).toBe(true);
        for (const [, inner = ''] of svg.matchAll(/<text [^>]*>([^]*?)<\/text>/g))
          expect(inner).not.toMatch(/[<>"\u0000]|&(?!amp;|lt;|gt;|quot;)/);
      }),
    );
  });
});

describe.each([
  // Dots of the print head to the inch, and to the millimetre.
  [203, 8],
  [300, 12],
] as const)('the label as ZPL for %i dpi', (dpi, dots) => {
  it('is read back from what its commands draw, whatever the number', async () => {
    await fc.assert(
      fc.asyncProperty(sscc, async (number) => {
        const page = zplPage(made(labelZpl(content(number), dpi)));
        expect([page.width, page.height]).toEqual([101.5 * dots, 152.25 * dots]);
        const found = await read(boxImage(page.width, page.height, page.boxes));
        expect(found).toEqual([{ text: `00${number}`, symbology: ']C1' }]);
      }),
      { numRuns: 10 },
    );
  });

  it('keeps the quiet zones, the size of the bars, and the texts as they were given', () => {
    const page = zplPage(made(labelZpl(content('040123450000001112'), dpi)));
    const [bars] = page.barcodes;
    expect(page.barcodes).toHaveLength(1);
    expect(bars!.width).toBe(156 * X_MM * dots);
    expect(bars!.x).toBeGreaterThanOrEqual(10 * X_MM * dots);
    expect(bars!.x + bars!.width).toBeLessThanOrEqual(page.width - 10 * X_MM * dots);
    expect(bars!.height).toBe(32 * dots);
    expect(page.texts.map((one) => one.text)).toEqual(
      expect.arrayContaining(['Delta^XZ Express', '(00)040123450000001112', '0401 2345 0000 0011 12']),
    );
    for (const one of page.texts) {
      expect(one.height).toBeGreaterThanOrEqual(3 * dots);
      // A printer takes whole dots.
      expect([one.x, one.y, one.height, one.letter].every(Number.isInteger)).toBe(true);
    }
  });

  it('has room for the longest name', () => {
    const name = 'Wholesale Machinery and Components Company of the North, Ltd';
    const page = zplPage(made(labelZpl({ ...content('040123450000001112'), shipTo: name }, dpi)));
    const printed = page.texts.find(({ text }) => text === name)!;
    // Letters of Zebra's font 0 are about 0.6 of their box wide.
    expect(printed.x + 0.6 * printed.letter * name.length).toBeLessThanOrEqual(page.width);
    expect(printed.letter).toBeGreaterThanOrEqual(2 * dots);
  });
});

describe('the bars', () => {
  it('are what another encoder draws, for products with lots and serial numbers too', async () => {
    const text = fc.stringMatching(/^[!"%&'*+,\-./0-9:;<=>?A-Z_a-z]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[0-9]{13}$/), text, text, async (body, lot, serial) => {
        const gtin = body + String(checkDigit(body));
        const symbol = gs1Symbol([
          { ai: '01', value: gtin },
          { ai: '10', value: lot },
          { ai: '21', value: serial },
        ]);
        fc.pre(symbol.ok);
        const widths = gs1Code128(made(symbol).elementString)!;
        const modules = widths.reduce((sum, one) => sum + one, 0);
        expect((modules + 20) * X_MM).toBe(made(symbol).widthMm);
        const [found] = await read(boxImage((modules + 20) * 3, 100, barBoxes(widths)));
        const picture = await toBuffer({
          bcid: 'gs1-128',
          text: `(01)${gtin}(10)${lot}(21)${serial}`,
          parsefnc: false,
          scale: 3,
          padding: 10,
          backgroundcolor: 'ffffff',
        });
        const [theirs] = await read(new Uint8Array(picture));
        expect(found?.text).toBe(theirs?.text);
        expect(found?.symbology).toBe(']C1');
        const scanned = parseScannedCode(`]C1${found!.text}`, T0);
        expect(scanned.ok && scanned.value).toMatchObject({ gtin, lot, serial });
      }),
      { numRuns: 15 },
    );
  });

  it('hold every character of code set B', async () => {
    for (let first = 32; first < 127; first += 19) {
      const data = `91${String.fromCharCode(...Array.from({ length: 19 }, (_, i) => Math.min(first + i, 126)))}`;
      const widths = gs1Code128(data)!;
      const modules = widths.reduce((sum, one) => sum + one, 0);
      const [found] = await read(boxImage((modules + 20) * 3, 100, barBoxes(widths)));
      expect(found?.text).toBe(data);
    }
    expect(gs1Code128('91ä')).toBeNull();
    expect(gs1Code128('91\u0000')).toBeNull();
  });

  it('of an own number have a right check digit, and no number is made that does not fit', () => {
    expect(made(makeSscc(0, '4012345', 111))).toBe('040123450000001112');
    fc.assert(
      fc.property(fc.nat(9), fc.stringMatching(/^[0-9]{4,12}$/), fc.nat(), (extension, prefix, serial) => {
        const result = makeSscc(extension, prefix, serial);
        expect(result.ok).toBe(String(serial).length <= 16 - prefix.length);
        if (result.ok)
          expect([result.value.length, checkDigit(result.value.slice(0, 17))]).toEqual([
            18,
            result.value[17],
          ]);
      }),
    );
    for (const [extension, prefix, serial] of [
      [10, '4012345', 1],
      [-1, '4012345', 1],
      [0, '401', 1],
      [0, '4012345', -1],
      [0, '4012345', 1.5],
    ] as const)
      expect(makeSscc(extension, prefix, serial).ok).toBe(false);
  });
});
