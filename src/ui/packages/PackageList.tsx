/**
 * The rows in sight, and the one with the focus wherever it is: the document stays small, and a recycled row takes no focus with it. Each row is
 * a link; arrows, Home, End, Page Up and Page Down go from one to the next, and Tab leads to one of them only.
 */
import {
  memo,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
} from 'react';
import type { PackageSummary } from '../../worker/api.ts';
import type { SealMember } from '../seal/Seal.tsx';
import { PackageRow } from './PackageRow.tsx';
import type { Place } from './place.ts';
import { indexOf, rowOf, type Rows } from './row-source.ts';
import { PACKAGES } from './texts.ts';
import type { View } from './use-view.ts';
import { rowByKey, scrollTo, shownOf } from './window.ts';

export interface ListHandle {
  /** Into the list, from the field above it. */
  enter(): void;
  place(): Pick<Place, 'top' | 'active'>;
  toTop(): void;
}

interface PackageListProps {
  readonly ref: Ref<ListHandle>;
  readonly rows: Rows;
  readonly view: View;
  readonly members: readonly SealMember[];
  /** Who has a session open on a package; null: nobody. */
  readonly working: (row: PackageSummary) => string | null;
  /** What had the focus when this place was left. */
  readonly was: Place['active'];
  /** A row is about to be opened. */
  readonly onLeave: () => void;
}

interface Active {
  readonly index: number;
  /** Null: the row had not come. */
  readonly sscc: string | null;
}

export function PackageList({
  ref,
  rows,
  view,
  members,
  working,
  was,
  onLeave,
}: PackageListProps): ReactNode {
  const total = rows.total ?? 0;
  const [active, setActive] = useState<Active | null>(was);
  const at = activeIndex(rows, active, total);
  const list = useRef<HTMLUListElement>(null);
  const focus = useFocus(list, at, was !== null);
  useAnchor(rows, view);
  const firstInSight = (): number => {
    const top = view.element.current?.scrollTop ?? 0;
    return Math.min(total - 1, Math.ceil(top / view.row));
  };
  // Where Tab goes before any row had the focus: what is about at the top of what is in sight.
  const stop = at >= 0 ? at : Math.max(0, Math.min(total - 1, view.span.from));
  const shown = useMemo(() => shownOf(view.span, total, stop), [view.span, total, stop]);

  const moveTo = (index: number): void => {
    const element = view.element.current;
    if (element === null || total === 0) return;
    setActive({ index, sscc: rowOf(rows, index)?.sscc ?? null });
    focus.wanted.current = true;
    const top = scrollTo(index, view.row, element.scrollTop, element.clientHeight);
    if (top === null) return;
    element.scrollTop = top;
    view.measure();
  };
  useImperativeHandle(ref, () => ({
    enter: () => moveTo(at >= 0 ? at : firstInSight()),
    place: () => {
      const element = view.element.current;
      const sscc = active?.sscc ?? null;
      return {
        top: element === null ? 0 : element.scrollTop / view.row,
        active: sscc === null ? null : { sscc, index: at },
      };
    },
    toTop: () => {
      setActive(null);
      view.element.current?.scrollTo(0, 0);
    },
  }));
  const onKey = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const page = Math.floor((view.element.current?.clientHeight ?? 0) / view.row);
    const next = rowByKey(event.key, Math.max(0, at), total, page);
    if (next === null) return;
    event.preventDefault();
    moveTo(next);
  };
  const seen = new Set<string>();
  return (
    <div className="package-view" ref={view.element} hidden={total === 0}>
      {/* The role is said outright: Safari takes it from a list without bullets. */}
      <ul
        role="list"
        className="package-rows"
        aria-label={PACKAGES.list}
        ref={list}
        style={{ height: total * view.row }}
        onKeyDown={onKey}
        onFocus={(event) => {
          focus.inside.current = true;
          const index = indexOfElement(event.target);
          if (index !== null && index !== at) setActive({ index, sscc: rowOf(rows, index)?.sscc ?? null });
        }}
        onBlur={() => (focus.inside.current = false)}
        onClickCapture={onLeave}
      >
        {shown.map((index) => {
          const row = rowOf(rows, index);
          // While pages of two revisions are shown, one package may stand in both.
          const key = row === undefined || seen.has(row.sscc) ? String(index) : row.sscc;
          seen.add(key);
          return (
            <Item key={key} index={index} total={total} height={view.row}>
              <PackageRow
                row={row}
                index={index}
                members={members}
                working={row === undefined ? null : working(row)}
                stop={index === stop}
              />
            </Item>
          );
        })}
      </ul>
    </div>
  );
}

interface ItemProps {
  readonly index: number;
  readonly total: number;
  readonly height: number;
  readonly children: ReactNode;
}

const Item = memo(function Item({ index, total, height, children }: ItemProps): ReactNode {
  return (
    <li aria-setsize={total} aria-posinset={index + 1} style={{ top: index * height, height }}>
      {children}
    </li>
  );
});

/** Follows the package when others come before it; -1: no row had the focus. */
function activeIndex(rows: Rows, active: Active | null, total: number): number {
  if (active === null || total === 0) return -1;
  const { index, sscc } = active;
  if (sscc === null || rowOf(rows, index)?.sscc === sscc) return Math.min(index, total - 1);
  const moved = indexOf(rows, sscc);
  return moved >= 0 ? moved : Math.min(index, total - 1);
}

function indexOfElement(target: EventTarget): number | null {
  const index = target instanceof HTMLElement ? target.dataset['index'] : undefined;
  return index === undefined ? null : Number(index);
}

/** Gives the focus to the active row: when a key led there, and when the row that had it is no longer in the document. */
function useFocus(
  list: { readonly current: HTMLElement | null },
  at: number,
  back: boolean,
): { readonly wanted: { current: boolean }; readonly inside: { current: boolean } } {
  const wanted = useRef(false);
  const inside = useRef(false);
  const coming = useRef(back);
  useLayoutEffect(() => {
    const { activeElement } = document;
    // Removing an element that has the focus tells nobody: the document has it then.
    const lost = inside.current && (activeElement === null || activeElement === document.body);
    // Whoever comes back begins at the row that was opened, unless something else was chosen meanwhile.
    const returns = coming.current && (activeElement === document.body || activeElement?.tagName === 'MAIN');
    if (!wanted.current && !lost && !returns) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-index="${at}"]`);
    if (!row) return;
    wanted.current = false;
    coming.current = false;
    row.focus({ preventScroll: true });
  });
  return { wanted, inside };
}

/** A wheel that turns is not corrected: it would be felt as a jerk. */
const REST_MS = 200;

/** What is in sight stays where it is when packages come or go above it. At the top of the list they are seen to come. */
function useAnchor(rows: Rows, view: View): void {
  const before = useRef<{ readonly rows: Rows; readonly sscc: string; readonly index: number } | null>(null);
  const turned = useRef(0);
  useLayoutEffect(() => {
    const element = view.element.current;
    if (element === null) return;
    const first = Math.floor(element.scrollTop / view.row);
    const was = before.current;
    const same = was !== null && was.rows.text === rows.text && was.rows.status === rows.status;
    if (same && was.rows !== rows && element.scrollTop > 0 && was.index === first) {
      const now = indexOf(rows, was.sscc);
      const rests = performance.now() - turned.current > REST_MS;
      if (now >= 0 && now !== was.index && rests) {
        element.scrollTop += (now - was.index) * view.row;
        view.measure();
      }
    }
    note();
  });
  const note = (): void => {
    const element = view.element.current;
    if (element === null) return;
    const index = Math.floor(element.scrollTop / view.row);
    const row = rowOf(rows, index);
    before.current = row === undefined ? null : { rows, sscc: row.sscc, index };
  };
  useLayoutEffect(() => {
    const element = view.element.current;
    if (element === null) return;
    const turn = (): void => {
      turned.current = performance.now();
      note();
    };
    element.addEventListener('scroll', turn, { passive: true });
    return () => element.removeEventListener('scroll', turn);
  });
}
