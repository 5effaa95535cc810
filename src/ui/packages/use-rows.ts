/** Rows of the list, fetched in pages as they come into sight; a bounded number of pages is kept. */
import { useEffect, useState } from 'react';
import type { PackageStatus, PackageSummary } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { MAX_KEPT_PAGES, PACKAGE_PAGE } from '../limits.ts';

export interface Rows {
  /** Null until the first answer. */
  readonly total: number | null;
  readonly failed: boolean;
  row(index: number): PackageSummary | undefined;
}

interface Held {
  readonly query: string;
  readonly total: number;
  readonly pages: ReadonlyMap<
    number,
    { readonly revision: number; readonly rows: readonly PackageSummary[] }
  >;
}

/** `from` and `to`: rows in sight. `revision` changes when the packages do. */
export function useRows(
  text: string,
  status: PackageStatus | 'all',
  from: number,
  to: number,
  revision: number,
): Rows {
  const api = useApi();
  const query = `${status}\n${text}`;
  const [held, setHeld] = useState<Held | null>(null);
  const [failed, setFailed] = useState(false);
  const first = Math.floor(Math.max(0, from) / PACKAGE_PAGE);
  const last = Math.floor(Math.max(0, to) / PACKAGE_PAGE);

  useEffect(() => {
    let wanted = true;
    const load = async (page: number): Promise<void> => {
      const answer = await api.packages({ text, status, offset: page * PACKAGE_PAGE, limit: PACKAGE_PAGE });
      if (!wanted) return;
      setFailed(false);
      setHeld((before) => {
        // Pages of the old revision stay on the screen until theirs has come: no flicker while votes arrive.
        const pages = new Map(before?.query === query ? before.pages : []);
        pages.delete(page);
        pages.set(page, { revision, rows: answer.rows });
        for (const key of pages.keys()) if (pages.size > MAX_KEPT_PAGES) pages.delete(key);
        return { query, total: answer.total, pages };
      });
    };
    for (let page = first; page <= last; page++) load(page).catch(() => wanted && setFailed(true));
    return () => {
      wanted = false;
    };
  }, [api, query, text, status, first, last, revision]);

  const current = held?.query === query ? held : null;
  return {
    total: current?.total ?? null,
    failed,
    row: (index) => current?.pages.get(Math.floor(index / PACKAGE_PAGE))?.rows[index % PACKAGE_PAGE],
  };
}
