import { toSVG } from 'bwip-js/node';
import { describe, expect, it } from 'vitest';
import { groupedSscc, gs1Symbol, labelZpl, ssccSymbol, X_MM } from '../../src/domain/supply/label.ts';
import { parseScannedCode } from '../../src/domain/supply/scanned-code.ts';

const SSCC = '040123450000001112';

describe('the label', () => {
  it('has the width that the standard gives for an SSCC at half a millimetre', () => {
    const symbol = ssccSymbol(SSCC);
    expect(symbol).toEqual({
      ok: true,
      value: { elementString: `00${SSCC}`, humanReadable: `(00)${SSCC}`, characters: 20, widthMm: 88 },
    });
  });

  it('counts modules like an independent renderer', () => {
    for (const [elements, text] of [
      [[{ ai: '00', value: SSCC }], `(00)${SSCC}`],
      [
        [
          { ai: '02', value: '04012345001013' },
          { ai: '37', value: '240' },
        ],
        '(02)04012345001013(37)240',
      ],
      [
        [
          { ai: '01', value: '04012345001013' },
          { ai: '10', value: 'AB1234567' },
          { ai: '21', value: 'x9' },
        ],
        '(01)04012345001013(10)AB1234567(21)x9',
      ],
    ] as const) {
      const symbol = gs1Symbol(elements);
      if (!symbol.ok) throw new Error(symbol.error.message);
      const svg = toSVG({ bcid: 'gs1-128', text, scaleX: 1, height: 10 });
      const width = Number(/viewBox="0 0 (\d+(?:\.\d+)?)/.exec(svg)?.[1]);
      // Its width in units of one module at scale 1, without quiet zones; it may use a module more than the optimum, never fewer.
      const modules = symbol.value.widthMm / X_MM - 20;
      expect(modules).toBeGreaterThan(0);
      expect(width).toBe(modules);
    }
  });

  it('refuses a barcode that is too long or too wide to scan', () => {
    const long = gs1Symbol([
      { ai: '10', value: '1'.repeat(20) },
      { ai: '21', value: '2'.repeat(20) },
      { ai: '240', value: 'x'.repeat(10) },
    ]);
    expect(long.ok ? 'accepted' : long.error.type).toBe('label-too-long');
    const wide = gs1Symbol([
      { ai: '10', value: 'a'.repeat(20) },
      { ai: '21', value: 'b'.repeat(20) },
    ]);
    expect(wide.ok ? 'accepted' : wide.error.type).toBe('label-too-wide');
    const wrong = ssccSymbol('040123450000001113');
    expect(wrong.ok ? 'accepted' : wrong.error.type).toBe('sscc-check-digit');
  });

  it('prints a number that can be typed back in', () => {
    expect(groupedSscc(SSCC)).toBe('(00) 0401 2345 0000 0011 12');
    const read = parseScannedCode(groupedSscc(SSCC), 0);
    expect(read.ok && read.value.sscc).toBe(SSCC);
  });

  it('writes FNC1 itself, and no text can smuggle in a printer command', () => {
    const zpl = labelZpl({
      sscc: SSCC,
      shipFrom: 'A^XZ~JA_',
      shipTo: 'Bravo\n^FD',
      courier: 'Delta',
      reference: 'ASN',
    });
    if (!zpl.ok) throw new Error(zpl.error.message);
    expect(zpl.value).toContain(`^BY4^FO94,800^BCN,256,N,N,N,N^FD>;>800${SSCC}^FS`);
    expect(zpl.value.match(/\^XZ/g)).toHaveLength(1);
    expect(zpl.value).not.toContain('~JA');
    expect(zpl.value).toContain('A_5EXZ_7EJA_5F');
  });
});
