/** The element that scrolls: which rows are in sight, and how high one is. */
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { windowOf, type Span } from './window.ts';

/** Height of a row, rem: as in packages.css, where a phone's rows have five lines. Larger letters make it higher. */
const ROW_REM = 4.75;
const ROW_NARROW_REM = 7.25;
/** As in packages.css. */
const NARROW = '(max-width: 700px)';
/** Before anything is laid out. */
const FIRST_HEIGHT = 800;

export interface View {
  readonly element: RefObject<HTMLDivElement | null>;
  readonly span: Span;
  /** Pixels. */
  readonly row: number;
  readonly narrow: boolean;
  /** Reads the position anew, after it was set. */
  readonly measure: () => void;
}

/** `top`: the row that is to be at the top at first. `shown`: there are rows to scroll. */
export function useView(top: number, shown: boolean, onScroll: () => void): View {
  const element = useRef<HTMLDivElement>(null);
  const { row, narrow } = useRowHeight();
  const [span, setSpan] = useState<Span>(() => windowOf(top * row, FIRST_HEIGHT, row));
  const scrolled = useEffectEvent(onScroll);
  const measure = (): void => {
    const view = element.current;
    // Hidden it has no height; what was in sight before is what will be.
    if (view === null || view.clientHeight === 0) return;
    const next = windowOf(view.scrollTop, view.clientHeight, row);
    setSpan((before) => (before.from === next.from && before.to === next.to ? before : next));
  };
  const measured = useEffectEvent(measure);
  useEffect(() => {
    const view = element.current;
    if (view === null) return;
    const listen = (): void => {
      measured();
      scrolled();
    };
    view.addEventListener('scroll', listen, { passive: true });
    const observer = new ResizeObserver(() => measured());
    observer.observe(view);
    return () => {
      view.removeEventListener('scroll', listen);
      observer.disconnect();
    };
  }, []);
  // Once, when there is something to scroll; and the same rows stay in sight when the height of rows changes.
  const kept = useRef({ row, placed: false });
  useLayoutEffect(() => {
    const view = element.current;
    if (view === null || !shown) return;
    if (!kept.current.placed) view.scrollTop = top * row;
    else if (kept.current.row !== row) view.scrollTop *= row / kept.current.row;
    else return;
    kept.current = { row, placed: true };
    measured();
  }, [shown, row, top]);
  return { element, span, row, narrow, measure };
}

function useRowHeight(): { readonly row: number; readonly narrow: boolean } {
  const [height, setHeight] = useState(rowHeight);
  useEffect(() => {
    const change = (): void =>
      setHeight((before) => {
        const now = rowHeight();
        return before.row === now.row && before.narrow === now.narrow ? before : now;
      });
    const query = matchMedia(NARROW);
    query.addEventListener('change', change);
    window.addEventListener('resize', change);
    return () => {
      query.removeEventListener('change', change);
      window.removeEventListener('resize', change);
    };
  }, []);
  return height;
}

function rowHeight(): { readonly row: number; readonly narrow: boolean } {
  const narrow = matchMedia(NARROW).matches;
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return { row: Math.round(rem * (narrow ? ROW_NARROW_REM : ROW_REM)), narrow };
}
