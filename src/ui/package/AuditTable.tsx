/**
 * A table that becomes a list of labelled lines on a phone. The roles are said outright, since browsers forget them for rows that are not
 * laid out as a table.
 */
import type { ReactNode } from 'react';

interface Column {
  readonly head: string;
  readonly kind?: 'mono' | 'num' | 'nowrap';
}

interface AuditTableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** A cell for each column; an empty one is left out on a phone. */
  readonly rows: readonly (readonly ReactNode[])[];
  readonly className?: string;
}

export function AuditTable({ caption, columns, rows, className }: AuditTableProps): ReactNode {
  return (
    <table role="table" className={className}>
      <caption className="hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ head, kind }) => (
            <th key={head} role="columnheader" scope="col" className={kind === 'num' ? 'num' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((cells, i) => (
          <tr key={i} role="row">
            {columns.map(({ head, kind }, at) => (
              <td key={head} role="cell" data-head={head} className={kind}>
                {cells[at]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
