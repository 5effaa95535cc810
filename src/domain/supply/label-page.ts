/**
 * The 4 × 6 inch label as a page: what stands where, in millimetres, independent of who draws it; and the same as SVG, for a printer that
 * a browser reaches. The ZPL of label.ts is laid out alike.
 */
import { fail, ok, type Result } from '../../codec/result.ts';
import { gs1Code128 } from './code128.ts';
import {
  BAR_HEIGHT_MM,
  groupedSscc,
  MIN_TEXT_HEIGHT_MM,
  ssccSymbol,
  X_MM,
  type LabelContent,
  type LabelError,
} from './label.ts';
import { MAX_LABEL_TEXT } from './limits.ts';

export const LABEL_WIDTH_MM = 101.6;
export const LABEL_HEIGHT_MM = 152.4;

export interface LabelText {
  readonly xMm: number;
  /** Of the text's base line. */
  readonly yMm: number;
  /** Height of the letters' line; at least 3 mm. */
  readonly heightMm: number;
  readonly text: string;
  readonly centred: boolean;
  /** The text is drawn no wider. */
  readonly maxWidthMm: number;
}

export interface LabelPage {
  readonly widthMm: number;
  readonly heightMm: number;
  readonly texts: readonly LabelText[];
  /** Lines from edge to edge. */
  readonly rulesMm: readonly number[];
  readonly barcode: {
    /** Of the first bar; the quiet zone is on its left. */
    readonly xMm: number;
    readonly yMm: number;
    readonly heightMm: number;
    /** Millimetres of one module. */
    readonly moduleMm: number;
    /** Widths in modules, bar first. */
    readonly widths: readonly number[];
    readonly humanReadable: string;
  };
}

export function labelPage(content: LabelContent): Result<LabelPage, LabelError> {
  const symbol = ssccSymbol(content.sscc);
  if (!symbol.ok) return symbol;
  const { elementString, humanReadable, widthMm } = symbol.value;
  const widths = gs1Code128(elementString);
  if (widths === null)
    return fail({
      type: 'sscc-malformed',
      message: `${content.sscc} can't be drawn as a barcode. Check its digits.`,
    });
  const quietMm = 10 * X_MM;
  const field = (yMm: number, name: string, text: string): readonly LabelText[] => [
    { ...LEFT, yMm, heightMm: MIN_TEXT_HEIGHT_MM, text: name },
    { ...LEFT, yMm: yMm + 7.5, heightMm: 5, text: plain(text) },
  ];
  return ok({
    widthMm: LABEL_WIDTH_MM,
    heightMm: LABEL_HEIGHT_MM,
    texts: [
      ...field(8, 'FROM', content.shipFrom),
      ...field(27, 'TO', content.shipTo),
      ...field(48, 'CARRIER', content.courier),
      ...field(62, 'REFERENCE', content.reference),
      ...field(82, 'SSCC', groupedSscc(content.sscc).slice(5)),
      {
        xMm: LABEL_WIDTH_MM / 2,
        yMm: 139,
        heightMm: 4.5,
        text: humanReadable,
        centred: true,
        maxWidthMm: LABEL_WIDTH_MM - 10,
      },
    ],
    rulesMm: [20, 41, 75],
    barcode: {
      xMm: (LABEL_WIDTH_MM - widthMm) / 2 + quietMm,
      yMm: 98,
      heightMm: BAR_HEIGHT_MM,
      moduleMm: X_MM,
      widths,
      humanReadable,
    },
  });
}

/** A complete SVG document in its true size. No text in it can end an element or start one. */
export function labelSvg(page: LabelPage): string {
  const { widthMm, heightMm, barcode } = page;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthMm}mm" height="${heightMm}mm" viewBox="0 0 ${widthMm} ${heightMm}">`,
    `<rect width="${widthMm}" height="${heightMm}" fill="#fff"/>`,
    ...page.rulesMm.map((y) => `<rect x="0" y="${y}" width="${widthMm}" height="0.5"/>`),
    ...page.texts.map(
      ({ xMm, yMm, heightMm: size, text, centred, maxWidthMm }) =>
        `<text x="${xMm}" y="${yMm}" font-family="Arial, Helvetica, sans-serif" font-size="${size}"${centred ? ' text-anchor="middle"' : ''}${fitting(text, size, maxWidthMm)}>${escaped(text)}</text>`,
    ),
    `<g shape-rendering="crispEdges">${barRects(barcode).join('')}</g>`,
    '</svg>',
    '',
  ];
  return parts.join('\n');
}

const LEFT = { xMm: 5, centred: false, maxWidthMm: LABEL_WIDTH_MM - 10 } as const;

function barRects({ xMm, yMm, heightMm, moduleMm, widths }: LabelPage['barcode']): string[] {
  const rects: string[] = [];
  let module = 0;
  for (const [i, width] of widths.entries()) {
    if (i % 2 === 0) {
      const [x, w] = [round(xMm + module * moduleMm), round(width * moduleMm)];
      rects.push(`<rect x="${x}" y="${yMm}" width="${w}" height="${heightMm}"/>`);
    }
    module += width;
  }
  return rects;
}

/** Squeezes a text that may be too wide: letters are about 0.65 of the height on average, capitals more. */
const fitting = (text: string, size: number, max: number): string =>
  text.length * size * 0.65 > max ? ` textLength="${max}" lengthAdjust="spacingAndGlyphs"` : '';

const plain = (text: string): string =>
  [...text.replace(/[\p{Cc}\p{Cs}]/gu, ' ')].slice(0, MAX_LABEL_TEXT).join('');
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const round = (mm: number): number => Math.round(mm * 1000) / 1000;
