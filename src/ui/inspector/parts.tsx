/** What the inspector's tables are made of. */
import { createContext, use, useId, type ReactNode } from 'react';
import type { Inspection, MemberIndex } from '../../worker/api.ts';
import { besides, INSPECTOR } from './texts.ts';

/** Puts a row's JSON into the clipboard, and says so. */
export const CopyContext = createContext<(text: string) => void>(() => undefined);

/** A member as it is called here, in an inspection: by its name, or in a file by its place. */
export function memberName({ members }: Pick<Inspection, 'members'>, index: MemberIndex): string {
  const name = members[index]?.name;
  return name === undefined || name.startsWith('#') ? INSPECTOR.member(index + 1) : name;
}

export const memberNames = (of: Pick<Inspection, 'members'>, all: readonly MemberIndex[]): string =>
  besides(
    all.map((one) => memberName(of, one)),
    INSPECTOR.none,
  );

/** One part of the inspector, of which a page may show more than one. `name`: for tests. */
export function Part({
  title,
  name,
  children,
}: {
  title: string;
  name?: string;
  children: ReactNode;
}): ReactNode {
  const heading = useId();
  return (
    <section
      className="sheet stack"
      aria-labelledby={heading}
      data-testid={name === undefined ? undefined : `inspector-${name}`}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </section>
  );
}

export interface Column {
  readonly text: string;
  readonly isNumber?: boolean;
}

/** Scrolls in a box of its own, also by keyboard; the page never scrolls sideways. */
export function DataTable({
  label,
  columns,
  children,
  isTall = false,
}: {
  label: string;
  columns: readonly Column[];
  children: ReactNode;
  /** It may be long: the box scrolls downwards as well. */
  isTall?: boolean;
}): ReactNode {
  return (
    <div
      className={isTall ? 'scroll-x inspector-tall' : 'scroll-x'}
      role="group"
      aria-label={label}
      tabIndex={0}
    >
      <table className="table inspector-table">
        <thead>
          <tr>
            {columns.map(({ text, isNumber }) => (
              <th key={text} scope="col" className={isNumber ? 'num' : undefined}>
                {text}
              </th>
            ))}
            <th scope="col">
              <span className="hidden">{INSPECTOR.copy}</span>
            </th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Last cell of each row. `value` is what the row shows, as data. */
export function CopyCell({ what, value }: { what: string; value: unknown }): ReactNode {
  const copy = use(CopyContext);
  return (
    <td className="inspector-copy">
      <button
        type="button"
        className="link"
        aria-label={INSPECTOR.copyRow(what)}
        onClick={() => copy(JSON.stringify(value, null, 1))}
      >
        {INSPECTOR.copy}
      </button>
    </td>
  );
}

/** Names and what they are, for what is no list. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <dl className="inspector-facts">
      {rows.map(([name, what]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

export const Hex = ({ digits }: { digits: string | null }): ReactNode =>
  digits === null ? <span className="quiet">–</span> : <bdi className="mono">{digits.slice(0, 8)}</bdi>;
