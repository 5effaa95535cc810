/** Which rows of a list are in the document. */

/** The window moves by so many rows at once: a wheel's small steps then leave the document as it is. */
export const WINDOW_STEP = 4;
/** Rows kept ready above and below what is in sight: one turn of a wheel, and the step. */
const OVERSCAN = 8;

export interface Span {
  readonly from: number;
  /** The row after the last. */
  readonly to: number;
}

/** For a list whose rows are `row` pixels high. It may reach beyond the list's end. */
export function windowOf(scrollTop: number, height: number, row: number): Span {
  const first = Math.floor(Math.max(0, scrollTop) / row / WINDOW_STEP) * WINDOW_STEP;
  const last = Math.ceil((Math.max(0, scrollTop) + height) / row / WINDOW_STEP) * WINDOW_STEP;
  return { from: Math.max(0, first - OVERSCAN), to: last + OVERSCAN };
}

/** Indices within the span and the list, and `also`, ascending. */
export function shownOf({ from, to }: Span, total: number, also: number): number[] {
  const end = Math.min(to, total);
  const shown = Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);
  if (also < 0 || also >= total || (also >= from && also < end)) return shown;
  return also < from ? [also, ...shown] : [...shown, also];
}

/** Where to scroll so that a row is whole in sight; null: it is. */
export function scrollTo(index: number, row: number, scrollTop: number, height: number): number | null {
  const [top, bottom] = [index * row, (index + 1) * row];
  if (top < scrollTop) return top;
  return bottom > scrollTop + height ? bottom - height : null;
}

/** The row that a key leads to from `index`; null: the key is for something else. `page`: rows that are in sight. */
export function rowByKey(key: string, index: number, total: number, page: number): number | null {
  const step = Math.max(1, page - 1);
  const to = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + step,
    PageUp: index - step,
    Home: 0,
    End: total - 1,
  }[key];
  return to === undefined ? null : Math.max(0, Math.min(total - 1, to));
}
