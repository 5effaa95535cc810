/** The rows of the list in a component. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useApi } from '../api-context.tsx';
import { RowSource, type Rows, type Wanted } from './row-source.ts';

export function useRows(wanted: Wanted): { readonly rows: Rows; readonly again: () => void } {
  const api = useApi();
  const [source] = useState(() => new RowSource((query) => api.packages(query)));
  const rows = useSyncExternalStore(source.subscribe, source.rows, source.rows);
  const { text, status, statusWords, from, to, revision } = wanted;
  useEffect(
    () => source.want({ text, status, statusWords, from, to, revision }),
    [source, text, status, statusWords, from, to, revision],
  );
  return { rows, again: () => source.again() };
}
