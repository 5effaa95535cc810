/**
 * Which package a scan opens, or an Enter in the search. The newest question counts: an answer that comes after a person has gone on
 * typing is nobody's any more.
 */
import type { PackageQuery, PackageStatus } from '../../worker/api.ts';
import type { RemoteApi } from '../client.ts';
import { withPatience } from './row-source.ts';
import { statusWordsOf } from './search-words.ts';

export type Opening =
  | { readonly kind: 'open'; readonly sscc: string }
  /** The replica has no package of this number. */
  | { readonly kind: 'not-here' }
  /** None or several fit, or more may come: the replica still reads its disk. The list shows them. */
  | { readonly kind: 'list' }
  | { readonly kind: 'no-answer' }
  /** A later question was asked, or this one forgotten. */
  | { readonly kind: 'overtaken' };

export class Opener {
  readonly #api: Pick<RemoteApi, 'package' | 'packages'>;
  #newest = 0;

  constructor(api: Pick<RemoteApi, 'package' | 'packages'>) {
    this.#api = api;
  }

  /** Nobody waits for what was asked. */
  forget(): void {
    this.#newest += 1;
  }

  /** The package with this number, which the replica knows also while its list is still being read. */
  async named(sscc: string): Promise<Opening> {
    return this.#ask(this.#api.package(sscc), (detail) =>
      detail === null ? { kind: 'not-here' } : { kind: 'open', sscc },
    );
  }

  /** The package that is found alone. */
  async only(text: string, status: PackageStatus | 'all'): Promise<Opening> {
    if (text === '') {
      this.forget();
      return { kind: 'list' };
    }
    const query: PackageQuery = { text, status, statusWords: statusWordsOf(text), offset: 0, limit: 1 };
    return this.#ask(this.#api.packages(query), ({ total, rows: [only], reading }) =>
      total === 1 && only !== undefined && !reading ? { kind: 'open', sscc: only.sscc } : { kind: 'list' },
    );
  }

  async #ask<T>(asked: Promise<T>, read: (answer: T) => Opening): Promise<Opening> {
    const number = ++this.#newest;
    const answer = await withPatience(asked);
    if (number !== this.#newest) return { kind: 'overtaken' };
    return answer === undefined ? { kind: 'no-answer' } : read(answer);
  }
}
