/**
 * Data of a 4 × 6 inch logistic label with one GS1-128 of the SSCC, independent of who draws it, and the same label as ZPL.
 * GS1 General Specifications: 5.4 (GS1-128: at most 48 data characters and 165.1 mm with quiet zones of 10 X), 5.5 and 6 (X of
 * 0.495 to 1.016 mm and bars of at least 32 mm for logistics).
 */
import { fail, ok, type Result } from '../../codec/result.ts';
import { parseSscc } from './gs1.ts';
import { MAX_GS1_128_CHARACTERS, MAX_GS1_128_WIDTH_MM, MAX_LABEL_TEXT } from './limits.ts';

/** Width of the narrowest bar, in millimetres: 4 dots of a 203 dpi printer. */
export const X_MM = 0.5;
export const BAR_HEIGHT_MM = 32;
export const MIN_TEXT_HEIGHT_MM = 3;

/** An AI and its characters, in the order of the symbol. */
export type LabelElement = { readonly ai: string; readonly value: string };

export interface Gs1Symbol {
  /** What a scanner delivers after its `]C1`: AIs and values, GS after variable-length ones but the last. */
  readonly elementString: string;
  /** `(00)040123450000001112`. */
  readonly humanReadable: string;
  /** Data characters with separators, as the standard counts them. */
  readonly characters: number;
  /** Millimetres with both quiet zones. */
  readonly widthMm: number;
}

export interface LabelError {
  readonly type: 'label-too-long' | 'label-too-wide' | 'sscc-malformed' | 'sscc-check-digit';
  readonly message: string;
}

export function ssccSymbol(sscc: string): Result<Gs1Symbol, LabelError> {
  const checked = parseSscc(sscc);
  if (!checked.ok) {
    const type = checked.error.expected === null ? 'sscc-malformed' : 'sscc-check-digit';
    return fail({ type, message: checked.error.message });
  }
  return gs1Symbol([{ ai: '00', value: sscc }]);
}

export function gs1Symbol(elements: readonly LabelElement[]): Result<Gs1Symbol, LabelError> {
  const elementString = elements
    .map(({ ai, value }, i) => ai + value + (i < elements.length - 1 && !isPredefinedLength(ai) ? GS : ''))
    .join('');
  const humanReadable = elements.map(({ ai, value }) => `(${ai})${value}`).join('');
  const characters = elementString.length;
  if (characters > MAX_GS1_128_CHARACTERS) {
    return fail({
      type: 'label-too-long',
      message: `The barcode ${humanReadable} has ${characters} characters, a GS1-128 holds ${MAX_GS1_128_CHARACTERS}. Put the rest into a second barcode.`,
    });
  }
  const widthMm = (code128Modules(elementString) + 2 * QUIET_ZONE_MODULES) * X_MM;
  if (widthMm > MAX_GS1_128_WIDTH_MM) {
    return fail({
      type: 'label-too-wide',
      message: `The barcode ${humanReadable} is ${widthMm} mm wide, at most ${MAX_GS1_128_WIDTH_MM} mm may be. Put the rest into a second barcode.`,
    });
  }
  return ok({ elementString, humanReadable, characters, widthMm });
}

/** `(00) 0401 2345 0000 0011 12`: to be read out and typed; the scan step takes it back in this form. */
export function groupedSscc(sscc: string): string {
  return `(00) ${sscc.replace(/(.{4})(?=.)/g, '$1 ')}`;
}

export interface LabelContent {
  readonly sscc: string;
  readonly shipFrom: string;
  readonly shipTo: string;
  readonly courier: string;
  readonly reference: string;
}

/** What ZPL measures in: dots of the print head, 8 or 12 to the millimetre. */
export type LabelDpi = 203 | 300;

/**
 * The label for a printer of that resolution, 203 dpi unless another is given. FNC1 is written by hand as `>8` behind start code C (`>;`,
 * ZPL II Programming Guide, ^BC, invocation codes): ^BC's own mode D relies on the printer for it, and not every renderer does it.
 */
export function labelZpl(content: LabelContent, dpi: LabelDpi = 203): Result<string, LabelError> {
  const symbol = ssccSymbol(content.sscc);
  if (!symbol.ok) return symbol;
  // All places and sizes are in dots of 203 dpi; they are even, so half as much again is whole.
  const dots = (of203: number): number => (of203 * DOTS_PER_MM[dpi]) / DOTS_PER_MM[203];
  const text = (y: number, height: number, value: string, x = MARGIN_DOTS): string => {
    const printed = zplText(value);
    const width = Math.min(height, fittingWidth([...value].length));
    return `^FO${dots(x)},${dots(y)}^A0N,${dots(height)},${dots(width)}^FH_^FD${printed}^FS`;
  };
  const rule = (y: number): string => `^FO0,${dots(y)}^GB${dots(WIDTH_DOTS)},${dots(4)},${dots(4)}^FS`;
  const bars = `^BCN,${dots(BAR_HEIGHT_MM * DOTS_PER_MM[203])},N,N,N,N`;
  return ok(
    [
      '^XA',
      '^CI28',
      `^PW${dots(WIDTH_DOTS)}`,
      `^LL${dots(1218)}`,
      text(40, 28, 'FROM'),
      text(76, 40, content.shipFrom),
      rule(160),
      text(190, 28, 'TO'),
      text(226, 48, content.shipTo),
      rule(330),
      text(360, 28, 'CARRIER'),
      text(396, 40, content.courier),
      text(470, 28, 'REFERENCE'),
      text(506, 40, content.reference),
      rule(600),
      text(630, 28, 'SSCC'),
      text(666, 48, groupedSscc(content.sscc).slice(5)),
      // 32 mm of bars; 10 X of quiet zone is 40 dots, and 94 centre the symbol's 624.
      `^BY${dots(4)}^FO${dots(94)},${dots(800)}${bars}^FD>;>8${symbol.value.elementString}^FS`,
      text(1090, 36, symbol.value.humanReadable, 170),
      '^XZ',
      '',
    ].join('\n'),
  );
}

const GS = '\x1d';
const QUIET_ZONE_MODULES = 10;
/** As makers of print heads give it; a head of exactly 300 dpi has 11.8, and prints the label 1.6 % larger. */
const DOTS_PER_MM: Readonly<Record<LabelDpi, number>> = { 203: 8, 300: 12 };
const WIDTH_DOTS = 812;
const MARGIN_DOTS = 40;

/** Dots of a letter's width at which so many fit between the margins: letters of font 0 are about 0.6 of it wide on average. Even. */
const fittingWidth = (letters: number): number =>
  2 * Math.floor((WIDTH_DOTS - 2 * MARGIN_DOTS) / (0.6 * Math.max(1, letters)) / 2);

/** AIs that need no separator: General Specifications, figure 7.8.5-2, by their first two digits. */
function isPredefinedLength(ai: string): boolean {
  const head = ai.slice(0, 2);
  return /^(0[0-4]|1[1-9]|20|3[1-6]|41)$/.test(head);
}

/**
 * Modules of a GS1-128 symbol without quiet zones: start, FNC1 and check of 11 each, stop of 13, and the fewest symbol characters
 * that code sets B and C need for the data (a pair of digits is one in C; a change of set costs one).
 */
function code128Modules(data: string): number {
  const UNREACHED = Number.POSITIVE_INFINITY;
  // fewest[set][i]: symbol characters for the first i data characters, ending in that set. The start character chooses the set.
  const b: number[] = new Array<number>(data.length + 1).fill(UNREACHED);
  const c: number[] = new Array<number>(data.length + 1).fill(UNREACHED);
  b[0] = 0;
  c[0] = 0;
  for (let i = 0; i < data.length; i++) {
    const inB = Math.min(b[i] ?? UNREACHED, (c[i] ?? UNREACHED) + 1);
    const inC = Math.min(c[i] ?? UNREACHED, (b[i] ?? UNREACHED) + 1);
    b[i + 1] = Math.min(b[i + 1] ?? UNREACHED, inB + 1);
    if (data[i] === GS) c[i + 1] = Math.min(c[i + 1] ?? UNREACHED, inC + 1);
    if (/^[0-9]{2}/.test(data.slice(i, i + 2))) c[i + 2] = Math.min(c[i + 2] ?? UNREACHED, inC + 1);
  }
  const characters = Math.min(b[data.length] ?? UNREACHED, c[data.length] ?? UNREACHED);
  return 11 + 11 + characters * 11 + 11 + 13;
}

/** ^ and ~ start commands, _ is our escape character (^FH_): all go as hex, control characters not at all. */
function zplText(value: string): string {
  return [...value]
    .slice(0, MAX_LABEL_TEXT)
    .join('')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[\^~_]/g, (c) => `_${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
