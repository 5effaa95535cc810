/** Ground of a plot: axes, grid, and the places of bands and values. Two sizes of each plot are drawn, so that type is never scaled. */
import type { Axis } from './axis.ts';
import { escaped, rounded, tag } from './markup.ts';
import { tick } from './numbers.ts';

export type Size = 'wide' | 'narrow';

/** A wide one fits beside the contents on a desk, a narrow one on a telephone of 360 px. */
export const WIDTHS: Readonly<Record<Size, number>> = { wide: 800, narrow: 312 };
const HEIGHTS: Readonly<Record<Size, number>> = { wide: 320, narrow: 260 };
/** Of type of 12 px, which is what all plots have; a little more than it needs, since fonts differ. */
const LETTER = 6.7;
const LINE = 15;
const TOP = 26;
const RIGHT = 14;

export const textWidth = (text: string): number => text.length * LETTER;

/** About one tick for each 55 px up and 85 px along. */
export const ticksFor = (size: Size, direction: 'up' | 'along'): number =>
  direction === 'up' ? Math.round(HEIGHTS[size] / 55) : Math.round(WIDTHS[size] / 85);

export interface Text {
  readonly title: string;
  readonly description: string;
}

export interface Bands {
  /** Values to the right, bands below each other: for names. Otherwise values upwards, bands beside each other: for numbers. */
  readonly horizontal: boolean;
  readonly width: number;
  readonly height: number;
  /** Where band `i` begins and ends. */
  band(i: number): readonly [number, number];
  /** Place of a value. */
  at(value: number): number;
  rect(band: readonly [number, number], from: number, to: number, attributes: Looks): string;
  line(band: readonly [number, number], from: number, to: number, attributes: Looks): string;
  /** A point of a band, moved to it. */
  mark(band: number, value: number, path: string, attributes: Looks): string;
  svg(id: string, text: Text, content: string): string;
}

type Looks = Readonly<Record<string, string | number>>;

export interface BandOptions {
  readonly size: Size;
  readonly names: readonly string[];
  /** Drawn beside each other in one band. */
  readonly parts: number;
  readonly horizontal: boolean;
  readonly axis: Axis;
  /** Of the values: "ms, logarithmic". */
  readonly unit: string;
  /** Of the bands: "replicas". */
  readonly by: string;
  /** Longest text that stands behind the end of a band, where bands lie below each other. */
  readonly behind?: string;
}

/** A box narrower than this cannot be told from a line. */
const MIN_PART = 9;
const ROW_PART = 15;

export function bands(options: BandOptions): Bands {
  return options.horizontal ? rows(options) : columns(options);
}

function columns({ size, names, parts, axis, unit, by }: BandOptions): Bands {
  const left = tickRoom(axis);
  const longest = Math.max(...names.map(textWidth));
  const slot = Math.max((WIDTHS[size] - left - RIGHT) / names.length, parts * MIN_PART + 8, longest + 6);
  const width = left + slot * names.length + RIGHT;
  const height = HEIGHTS[size];
  const bottom = height - LINE * 2 - 10;
  const at = (value: number): number => bottom - axis.share(value) * (bottom - TOP);
  const labels = names.map((name, i) =>
    tag('text', { x: left + slot * (i + 0.5), y: bottom + LINE + 2, 'text-anchor': 'middle' }, escaped(name)),
  );
  const axes = [
    ...axis.minor.map((value) => grid('minor', left, at(value), width - RIGHT, at(value))),
    ...axis.ticks.map((value) => grid('grid', left, at(value), width - RIGHT, at(value))),
    ...axis.ticks.map((value) =>
      tag('text', { x: left - 7, y: at(value) + 4, 'text-anchor': 'end' }, tick(value)),
    ),
    tag('text', { class: 'axis', x: 0, y: 12 }, escaped(unit)),
    grid('base', left, bottom, width - RIGHT, bottom),
    ...labels,
    tag(
      'text',
      { class: 'axis', x: (left + width - RIGHT) / 2, y: height - 4, 'text-anchor': 'middle' },
      escaped(by),
    ),
  ];
  return {
    horizontal: false,
    width,
    height,
    at,
    band: (i) => {
      const inset = Math.max(3, Math.min(slot * 0.12, (slot - parts * 44) / 2));
      const pad = Math.max(inset, slot * 0.1);
      return [left + slot * i + pad, left + slot * (i + 1) - pad];
    },
    rect: ([a, b], from, to, looks) => {
      const [top, low] = [Math.min(at(from), at(to)), Math.max(at(from), at(to))];
      return tag('rect', { x: a, y: top, width: b - a, height: low - top, ...looks });
    },
    line: ([a, b], from, to, looks) => tag('line', { x1: a, y1: at(from), x2: b, y2: at(to), ...looks }),
    mark: (band, value, path, looks) => moved(band, at(value), path, looks),
    svg: (id, text, content) => svg(id, width, height, text, axes.join('') + content),
  };
}

function rows({ size, names, parts, axis, unit, by, behind = '' }: BandOptions): Bands {
  const narrow = size === 'narrow';
  const width = WIDTHS[size];
  const room = narrow ? 0 : Math.min(250, Math.max(...names.map(textWidth), textWidth(by)) + 12);
  const letters = Math.floor((narrow ? width : room - 10) / LETTER);
  const wrapped = names.map((name) => wrap(name, letters));
  const left = Math.max(room, 8);
  const right = Math.max(textWidth(tick(axis.ticks.at(-1)!)) / 2, textWidth(behind)) + 6;
  const above = (i: number): number => (narrow ? wrapped[i]!.length * LINE + 4 : 0);
  const high = (i: number): number =>
    Math.max(parts * ROW_PART + 12, narrow ? 0 : wrapped[i]!.length * LINE + 8);
  const begins: number[] = [];
  let y = narrow ? 4 : TOP - 4;
  for (const i of names.keys()) {
    begins.push(y);
    y += above(i) + high(i);
  }
  const bottom = y + 2;
  const height = bottom + LINE * 2 + 8;
  const first = begins[0]!;
  const at = (value: number): number => left + axis.share(value) * (width - left - right);
  const labels = wrapped.flatMap((lines, i) =>
    lines.map((line, k) =>
      narrow
        ? tag('text', { class: 'name', x: 0, y: begins[i]! + 13 + k * LINE }, escaped(line))
        : tag(
            'text',
            {
              class: 'name',
              x: room - 10,
              y: begins[i]! + high(i) / 2 + 4 + (k - (lines.length - 1) / 2) * LINE,
              'text-anchor': 'end',
            },
            escaped(line),
          ),
    ),
  );
  const axes = [
    ...axis.minor.map((value) => grid('minor', at(value), first, at(value), bottom)),
    ...axis.ticks.map((value) => grid('grid', at(value), first, at(value), bottom)),
    ...axis.ticks.map((value, i) =>
      tag(
        'text',
        { x: at(value), y: bottom + LINE, 'text-anchor': narrow && i === 0 ? 'start' : 'middle' },
        tick(value),
      ),
    ),
    tag(
      'text',
      { class: 'axis', x: (left + width - right) / 2, y: height - 4, 'text-anchor': 'middle' },
      escaped(unit),
    ),
    ...(narrow
      ? []
      : [tag('text', { class: 'axis', x: room - 10, y: 12, 'text-anchor': 'end' }, escaped(by))]),
    ...labels,
  ];
  return {
    horizontal: true,
    width,
    height,
    at,
    band: (i) => {
      const from = begins[i]! + above(i);
      const pad = Math.max(3, (high(i) - parts * 26) / 2);
      return [from + pad, from + high(i) - pad];
    },
    rect: ([a, b], from, to, looks) => {
      const [begin, end] = [Math.min(at(from), at(to)), Math.max(at(from), at(to))];
      return tag('rect', { x: begin, y: a, width: end - begin, height: b - a, ...looks });
    },
    line: ([a, b], from, to, looks) => tag('line', { x1: at(from), y1: a, x2: at(to), y2: b, ...looks }),
    mark: (band, value, path, looks) => moved(at(value), band, path, looks),
    svg: (id, text, content) => svg(id, width, height, text, axes.join('') + content),
  };
}

export interface Field {
  x(value: number): number;
  y(value: number): number;
  readonly top: number;
  readonly bottom: number;
  /** From left to right, in places of the drawing. */
  readonly span: readonly [number, number];
  svg(id: string, text: Text, content: string): string;
}

export interface FieldOptions {
  readonly size: Size;
  readonly across: Axis;
  /** Places along the axis that have a number; the ticks of the axis if null. */
  readonly marked: readonly number[] | null;
  readonly up: Axis;
  readonly unit: string;
  readonly by: string;
}

/** Two numeric axes. */
export function field({ size, across, marked, up, unit, by }: FieldOptions): Field {
  const [width, height] = [WIDTHS[size], HEIGHTS[size]];
  const left = tickRoom(up);
  const bottom = height - LINE * 2 - 10;
  const y = (value: number): number => bottom - up.share(value) * (bottom - TOP);
  const x = (value: number): number => left + 8 + across.share(value) * (width - left - RIGHT - 16);
  let free = Number.NEGATIVE_INFINITY;
  const numbered = (marked ?? across.ticks).filter((value) => {
    // A number that would touch the one before it is left away; its tick stays.
    const half = textWidth(tick(value)) / 2;
    if (x(value) - half < free) return false;
    free = x(value) + half + 5;
    return true;
  });
  const axes = [
    ...up.minor.map((value) => grid('minor', left, y(value), width - RIGHT, y(value))),
    ...up.ticks.map((value) => grid('grid', left, y(value), width - RIGHT, y(value))),
    ...up.ticks.map((value) =>
      tag('text', { x: left - 7, y: y(value) + 4, 'text-anchor': 'end' }, tick(value)),
    ),
    tag('text', { class: 'axis', x: 0, y: 12 }, escaped(unit)),
    grid('base', left, bottom, width - RIGHT, bottom),
    ...(marked ?? across.ticks).map((value) => grid('base', x(value), bottom, x(value), bottom + 4)),
    ...numbered.map((value) =>
      tag('text', { x: x(value), y: bottom + LINE + 2, 'text-anchor': 'middle' }, tick(value)),
    ),
    tag(
      'text',
      { class: 'axis', x: (left + width - RIGHT) / 2, y: height - 4, 'text-anchor': 'middle' },
      escaped(by),
    ),
  ];
  return {
    x,
    y,
    top: TOP,
    bottom,
    span: [left, width - RIGHT],
    svg: (id, text, content) => svg(id, width, height, text, axes.join('') + content),
  };
}

const tickRoom = (axis: Axis): number => Math.max(...axis.ticks.map((value) => textWidth(tick(value)))) + 12;

const grid = (kind: string, x1: number, y1: number, x2: number, y2: number): string =>
  tag('line', { class: kind, x1, y1, x2, y2 });

const moved = (x: number, y: number, d: string, looks: Looks): string =>
  tag('path', { d, transform: `translate(${rounded(x)} ${rounded(y)})`, ...looks });

function svg(
  id: string,
  width: number,
  height: number,
  { title, description }: Text,
  content: string,
): string {
  return tag(
    'svg',
    {
      viewBox: `0 0 ${rounded(width)} ${rounded(height)}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${id}-t ${id}-d`,
    },
    tag('title', { id: `${id}-t` }, escaped(title)),
    tag('desc', { id: `${id}-d` }, escaped(description)),
    content,
  );
}

/** At spaces; a word that is longer than a line is cut by nobody. */
function wrap(text: string, letters: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
