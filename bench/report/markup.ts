/** HTML and SVG as text: everything that comes from a study is escaped here. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES.get(c)!);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** `children` are markup already. Coordinates have a tenth of a unit: more is not seen and doubles the file. */
export function tag(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value)}"`];
  });
  if (children.length === 0 && EMPTY.has(name)) return `<${name}${list.join('')}/>`;
  return `<${name}${list.join('')}>${children.join('')}</${name}>`;
}

export const rounded = (value: number): string => String(Math.round(value * 10) / 10);

const EMPTY = new Set(['line', 'rect', 'circle', 'path', 'polygon', 'polyline', 'meta']);

export interface Cell {
  readonly html: string;
  readonly number?: boolean;
}

export interface TableOptions {
  /** The words stand above the table already: for those who do not see it. */
  readonly captionAbove?: boolean;
}

/** Letters from which a cell is not pressed to a column of single words. */
const LONG = 16;

/** A table that scrolls by itself where it is too wide, also by keyboard. Columns of numbers stand at the right. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { captionAbove = false }: TableOptions = {},
): string {
  const kinds = head.map((_, i) => {
    if (rows.length > 0 && rows.every((row) => row[i]?.number ?? false)) return 'n';
    return rows.some((row) => (row[i]?.html ?? '').replace(/<[^>]*>/g, '').length > LONG) ? 'w' : undefined;
  });
  const heads = head.map((text, i) => {
    const kind = [kinds[i], text.length > LONG ? 'long' : undefined].filter((one) => one !== undefined);
    return tag('th', { scope: 'col', class: kind.join(' ') || undefined }, escaped(text));
  });
  const bodies = rows.map((row) =>
    tag(
      'tr',
      {},
      ...row.map(({ html }, i) =>
        i === 0 ? tag('th', { scope: 'row', class: kinds[i] }, html) : tag('td', { class: kinds[i] }, html),
      ),
    ),
  );
  return tag(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    tag(
      'table',
      {},
      tag('caption', { class: captionAbove ? 'hidden' : undefined }, escaped(caption)),
      tag('thead', {}, tag('tr', {}, ...heads)),
      tag('tbody', {}, ...bodies),
    ),
  );
}

/** A sentence: what stands between backticks is code. */
export const prose = (text: string): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');

export const words = (text: string): Cell => ({ html: escaped(text) });
export const figure = (text: string): Cell => ({ html: escaped(text), number: true });
