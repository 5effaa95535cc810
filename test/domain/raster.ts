/** Pictures for the barcode decoder, and a printer's worth of ZPL and SVG: enough to draw what the labels use, and nothing else. */
import { code128Widths, FNC1, START_B, START_C } from '../../src/domain/supply/code128.ts';

/** A picture as a PGM file (netpbm): dark where `dark` says so. */
export function greyImage(
  width: number,
  height: number,
  dark: (x: number, y: number) => boolean,
): Uint8Array {
  const head = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
  const out = new Uint8Array(head.length + width * height).fill(255);
  out.set(head);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (dark(x, y)) out[head.length + y * width + x] = 0;
  }
  return out;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture of black boxes; a pixel is dark when its middle is in one. */
export function boxImage(width: number, height: number, boxes: readonly Box[]): Uint8Array {
  const pixels = new Uint8Array(width * height);
  const from = (edge: number): number => Math.max(0, Math.ceil(edge - 0.5));
  for (const box of boxes) {
    for (let y = from(box.y); y < Math.min(height, from(box.y + box.height)); y++)
      pixels.fill(1, y * width + from(box.x), y * width + Math.min(width, from(box.x + box.width)));
  }
  return greyImage(width, height, (x, y) => pixels[y * width + x] === 1);
}

/** Black rectangles of an SVG document, in its user units. */
export function svgBoxes(svg: string): Box[] {
  return [...svg.matchAll(/<rect ([^>]*)\/>/g)].flatMap(([, attributes = '']) => {
    const of = (name: string): number =>
      Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? 0);
    return attributes.includes('fill="#fff"')
      ? []
      : [{ x: of('x'), y: of('y'), width: of('width'), height: of('height') }];
  });
}

export interface ZplPage {
  readonly width: number;
  readonly height: number;
  /** Bars and rules, in dots. */
  readonly boxes: readonly Box[];
  readonly barcodes: readonly Box[];
  readonly texts: readonly {
    readonly x: number;
    readonly y: number;
    readonly height: number;
    /** Of a letter, as it is asked for. */
    readonly letter: number;
    readonly text: string;
  }[];
}

/**
 * Draws the ^FO, ^GB, ^BY, ^BC, ^A0, ^FH and ^FD of one label, after the ZPL II programming guide. In ^BC without a mode, `>;` starts in code set
 * C, `>:` in B, `>8` is FNC1, and digits in C go in pairs. What it does not know throws.
 */
export function zplPage(zpl: string): ZplPage {
  const boxes: Box[] = [];
  const barcodes: Box[] = [];
  const texts: ZplPage['texts'][number][] = [];
  let [width, height, x, y, module, hex] = [0, 0, 0, 0, 2, false];
  let field: { kind: 'text'; size: number; letter: number } | { kind: 'bars'; height: number } | null = null;
  for (const [, command = '', rest = ''] of zpl.replaceAll('\n', '').matchAll(/\^([A-Z]{2}|A0)([^^]*)/g)) {
    const numbers = rest.split(',').map(Number);
    if (command === 'XA' || command === 'XZ' || command === 'CI') continue;
    else if (command === 'PW') width = numbers[0]!;
    else if (command === 'LL') height = numbers[0]!;
    else if (command === 'FO') [x, y] = [numbers[0]!, numbers[1]!];
    else if (command === 'BY') module = numbers[0]!;
    else if (command === 'GB') boxes.push({ x, y, width: numbers[0]!, height: numbers[1]! });
    else if (command === 'A0') field = { kind: 'text', size: numbers[1]!, letter: numbers[2]! };
    else if (command === 'FH') hex = rest === '_';
    else if (command === 'BC') {
      const [orientation, tall, line, above, check, mode] = rest.split(',');
      if (orientation !== 'N' || line !== 'N' || above !== 'N' || check !== 'N' || mode !== 'N')
        throw new Error(`^BC${rest} is not drawn here`);
      field = { kind: 'bars', height: Number(tall) };
    } else if (command === 'FD') {
      if (field?.kind === 'bars') {
        let at = x;
        for (const [i, modules] of code128Widths(zplCodes(rest)).entries()) {
          if (i % 2 === 0) boxes.push({ x: at, y, width: modules * module, height: field.height });
          at += modules * module;
        }
        barcodes.push({ x, y, width: at - x, height: field.height });
      } else if (field) {
        const text = hex
          ? rest.replace(/_([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
          : rest;
        texts.push({ x, y, height: field.size, letter: field.letter, text });
      }
    } else if (command === 'FS') [field, hex] = [null, false];
    else throw new Error(`^${command} is not drawn here`);
  }
  return { width, height, boxes, barcodes, texts };
}

function zplCodes(data: string): number[] {
  const starts: Record<string, number> = { '>;': START_C, '>:': START_B };
  const start = starts[data.slice(0, 2)];
  if (start === undefined) throw new Error(`no start code in ${data}`);
  const codes = [start];
  for (let i = 2; i < data.length;) {
    const two = data.slice(i, i + 2);
    if (two === '>8') codes.push(FNC1);
    else if (start === START_C && /^[0-9]{2}$/.test(two)) codes.push(Number(two));
    else throw new Error(`${two} is not drawn here`);
    i += 2;
  }
  return codes;
}
