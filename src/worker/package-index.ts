/**
 * The packages in the order of lists, and searches in them. Nothing is built for a keystroke: the order and every kept result follow each
 * change, and a longer word is looked for in what a shorter one has found.
 */
import type { Key } from '../codec/brand.ts';
import { searchWords, type PackageFields } from '../domain/supply/summary.ts';
import type { PackageQuery, PackageStatus } from './api.ts';
import { MAX_KEPT_SEARCHES } from './limits.ts';

export interface IndexedPackage {
  readonly key: Key;
  readonly version: number;
  readonly fields: PackageFields;
  /** Made by `searchText`. */
  readonly text: string;
  /** Claimed time, milliseconds since 1970. */
  readonly updatedAt: number;
}

type Counts = Readonly<Partial<Record<PackageStatus, number>>>;

/** To be read at once: the next change is made in place. */
export interface Found {
  readonly rows: readonly IndexedPackage[];
  /** Of all that fit the words, by status. */
  readonly counts: Counts;
}

export class PackageIndex {
  readonly #rows = new Map<Key, IndexedPackage>();
  readonly #all = new Result([]);
  /** By their words, the least recently asked for first. */
  readonly #results = new Map<string, Result>();

  get size(): number {
    return this.#rows.size;
  }

  get(key: Key): IndexedPackage | undefined {
    return this.#rows.get(key);
  }

  has(key: Key): boolean {
    return this.#rows.has(key);
  }

  put(row: IndexedPackage): void {
    const before = this.#rows.get(row.key);
    this.#rows.set(row.key, row);
    for (const result of [this.#all, ...this.#results.values()]) result.replace(before, row);
  }

  find({ text, status, statusWords = {} }: Pick<PackageQuery, 'text' | 'status' | 'statusWords'>): Found {
    const words = searchWords(text).map((word): Word => {
      // `constructor` is a word too: what every object inherits is no status.
      const statuses = Object.hasOwn(statusWords, word) ? statusWords[word] : undefined;
      return { word, statuses: statuses ?? [] };
    });
    const result = words.length === 0 ? this.#all : this.#resultOf(words);
    return { rows: result.of(status), counts: result.counts };
  }

  #resultOf(words: readonly Word[]): Result {
    const name = words.map(({ word, statuses }) => `${word} ${statuses.join(' ')}`).join('\n');
    const known = this.#results.get(name);
    const result = known ?? new Result(words);
    this.#results.delete(name);
    if (!known) result.fill(this.#smallest(result).of('all'));
    this.#results.set(name, result);
    for (const key of this.#results.keys())
      if (this.#results.size > MAX_KEPT_SEARCHES) this.#results.delete(key);
    return result;
  }

  /** The smallest kept result that holds all of this one. */
  #smallest(wanted: Result): Result {
    let best = this.#all;
    for (const one of this.#results.values()) if (one.size < best.size && wanted.isWithin(one)) best = one;
    return best;
  }
}

interface Word {
  readonly word: string;
  readonly statuses: readonly PackageStatus[];
}

/** What fits some words, in the order of lists. */
class Result {
  readonly #words: readonly Word[];
  /** Newest first. */
  #rows: IndexedPackage[] = [];
  #counts: Partial<Record<PackageStatus, number>> = {};
  /** Parts of `#rows` that were asked for since the last change. */
  readonly #parts = new Map<PackageStatus, readonly IndexedPackage[]>();

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  get size(): number {
    return this.#rows.length;
  }

  get counts(): Counts {
    return this.#counts;
  }

  of(status: PackageStatus | 'all'): readonly IndexedPackage[] {
    if (status === 'all') return this.#rows;
    const known = this.#parts.get(status);
    if (known) return known;
    const part = this.#rows.filter((row) => row.fields.status === status);
    this.#parts.set(status, part);
    return part;
  }

  /** `from`: in order. */
  fill(from: readonly IndexedPackage[]): void {
    this.#rows = from.filter((row) => this.#fits(row));
    for (const row of this.#rows) this.#count(row, 1);
  }

  replace(before: IndexedPackage | undefined, after: IndexedPackage): void {
    const leaves = before !== undefined && this.#fits(before);
    const comes = this.#fits(after);
    if (!leaves && !comes) return;
    const rows = this.#rows;
    if (leaves) {
      rows.splice(placeOf(rows, before), 1);
      this.#count(before, -1);
    }
    if (comes) {
      rows.splice(placeOf(rows, after), 0, after);
      this.#count(after, 1);
    }
    this.#parts.clear();
  }

  /** Whatever fits this fits the other: each of its words is part of one of these. */
  isWithin(other: Result): boolean {
    return other.#words.every(({ word, statuses }) =>
      this.#words.some(
        (own) => own.word.includes(word) && own.statuses.every((status) => statuses.includes(status)),
      ),
    );
  }

  #fits({ text, fields }: IndexedPackage): boolean {
    return this.#words.every(({ word, statuses }) => text.includes(word) || statuses.includes(fields.status));
  }

  #count({ fields: { status } }: IndexedPackage, by: 1 | -1): void {
    const { [status]: now = 0, ...others } = this.#counts;
    this.#counts = now + by === 0 ? others : { ...others, [status]: now + by };
  }
}

/** Where the row is, or belongs. */
function placeOf(rows: readonly IndexedPackage[], row: IndexedPackage): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(rows[middle]!, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(a: IndexedPackage, b: IndexedPackage): number {
  if (a.updatedAt !== b.updatedAt) return b.updatedAt - a.updatedAt;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
