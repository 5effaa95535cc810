/**
 * Rows of the list, fetched in pages as they come into sight. One question is under way at a time, and what is wanted when its answer has
 * come is asked next: keys and wheels that are faster than the replica leave no queue behind them, and no answer can overtake another.
 */
import type { PackageAnswer, PackageQuery, PackageStatus, PackageSummary } from '../../worker/api.ts';
import { MAX_KEPT_PAGES, PACKAGE_PAGE, ROWS_PATIENCE_MS } from '../limits.ts';

export interface Wanted {
  readonly text: string;
  readonly status: PackageStatus | 'all';
  readonly statusWords: NonNullable<PackageQuery['statusWords']>;
  /** Rows in sight: the first, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Changes when the packages do. */
  readonly revision: number;
}

/** Another tab's replica may be older than this page: it neither counts nor says that it reads. */
type Answer = Omit<PackageAnswer, 'counts' | 'reading'> & Partial<Pick<PackageAnswer, 'counts' | 'reading'>>;

/** What is known. A new object whenever it changes; a row that is as it was stays the same object. */
export interface Rows {
  /** Null until the first answer. With `text` and `status`, of the query that was answered last. */
  readonly total: number | null;
  readonly text: string;
  readonly status: PackageStatus | 'all';
  readonly counts: PackageAnswer['counts'];
  /** The replica still reads its disk. */
  readonly reading: boolean;
  readonly failed: boolean;
  readonly pages: ReadonlyMap<number, readonly PackageSummary[]>;
}

export const rowOf = (rows: Rows, index: number): PackageSummary | undefined =>
  rows.pages.get(Math.floor(index / PACKAGE_PAGE))?.[index % PACKAGE_PAGE];

/** Index of a package among the rows that are here; -1: it is not here. */
export function indexOf(rows: Rows, sscc: string): number {
  for (const [page, held] of rows.pages) {
    const at = held.findIndex((row) => row.sscc === sscc);
    if (at >= 0) return page * PACKAGE_PAGE + at;
  }
  return -1;
}

const NOTHING: Rows = {
  total: null,
  text: '',
  status: 'all',
  counts: {},
  reading: false,
  failed: false,
  pages: new Map(),
};

export class RowSource {
  readonly #ask: (query: PackageQuery) => Promise<PackageAnswer>;
  readonly #listeners = new Set<() => void>();
  #wanted: Wanted | null = null;
  #rows: Rows = NOTHING;
  /** Revision of each page that is kept. */
  readonly #revisions = new Map<number, number>();
  #asking = false;

  constructor(ask: (query: PackageQuery) => Promise<PackageAnswer>) {
    this.#ask = ask;
  }

  readonly rows = (): Rows => this.#rows;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks for what is not here, or is of an older revision. */
  want(wanted: Wanted): void {
    this.#wanted = wanted;
    if (!this.#asking) void this.#run();
  }

  /** After a failure. */
  again(): void {
    if (this.#wanted !== null) this.want(this.#wanted);
  }

  async #run(): Promise<void> {
    this.#asking = true;
    for (let page = this.#next(); page !== null && this.#wanted !== null; page = this.#next()) {
      const asked = this.#wanted;
      const { text, status, statusWords } = asked;
      const query = { text, status, statusWords, offset: page * PACKAGE_PAGE, limit: PACKAGE_PAGE };
      const answer = await withPatience(this.#ask(query));
      // Nobody waits for it any more.
      if (!this.#isWanted(asked)) continue;
      if (answer === undefined) {
        this.#tell({ ...this.#rows, failed: true });
        break;
      }
      this.#take(asked, page, answer);
    }
    this.#asking = false;
  }

  /** The next page to ask for; null: all that is in sight is here. */
  #next(): number | null {
    if (this.#wanted === null) return null;
    const { from, to, revision } = this.#wanted;
    const first = pageOf(from);
    if (!this.#isShown(this.#wanted)) return first;
    const last = Math.min(pageOf(to - 1), pageOf((this.#rows.total ?? 1) - 1));
    for (let page = first; page <= last; page++) if (this.#revisions.get(page) !== revision) return page;
    // So that the number is right also where nothing is in sight.
    return last < first && this.#revisions.get(0) !== revision ? 0 : null;
  }

  #take({ text, status, revision }: Wanted, page: number, answer: Answer): void {
    const { total, counts = {}, reading = false } = answer;
    const same = this.#rows.total !== null && this.#rows.text === text && this.#rows.status === status;
    // Pages of an old revision stay on the screen until theirs has come: no flicker while votes arrive.
    const pages = new Map(same ? this.#rows.pages : []);
    if (!same) this.#revisions.clear();
    const before = new Map([...this.#rows.pages.values()].flat().map((row) => [row.sscc, row]));
    const rows = answer.rows.map((row) => kept(before.get(row.sscc), row));
    pages.delete(page);
    pages.set(page, rows);
    this.#revisions.set(page, revision);
    for (const key of pages.keys()) {
      if (pages.size <= MAX_KEPT_PAGES && key * PACKAGE_PAGE < Math.max(1, total)) continue;
      pages.delete(key);
      this.#revisions.delete(key);
    }
    this.#tell({ total, text, status, counts, reading, failed: false, pages });
  }

  #tell(rows: Rows): void {
    this.#rows = rows;
    for (const listener of this.#listeners) listener();
  }

  #isShown({ text, status }: Wanted): boolean {
    return this.#rows.total !== null && this.#rows.text === text && this.#rows.status === status;
  }

  #isWanted({ text, status }: Wanted): boolean {
    return this.#wanted?.text === text && this.#wanted.status === status;
  }
}

const pageOf = (index: number): number => Math.floor(Math.max(0, index) / PACKAGE_PAGE);

/** Undefined: it failed, or has not come. A tab that takes over from another one does not answer what that one was asked. */
export async function withPatience<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ROWS_PATIENCE_MS);
  });
  const given = await Promise.race([answer.catch(() => undefined), late]);
  clearTimeout(timer);
  return given;
}

/** The row that was there, when nothing that is shown of it has changed: then it is not drawn again. */
function kept(before: PackageSummary | undefined, now: PackageSummary): PackageSummary {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
