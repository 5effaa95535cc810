/**
 * Heads as the last write leaves them, so that the next one need not read them. Writes are queued while earlier ones still read: what an
 * earlier one will make of a head is not known until it has read, and nothing of it counts once a later one has taken the key.
 */
import type { Key } from '../codec/brand.ts';
import type { CertifiedEntry } from './types.ts';

export class KnownHeads {
  readonly #heads = new Map<Key, CertifiedEntry>();
  /** The write that touched a key last. */
  readonly #last = new Map<Key, symbol>();

  get(key: Key): CertifiedEntry | undefined {
    return this.#heads.get(key);
  }

  /** Read from the disk: what a write of this store has touched since, it knows better. */
  learn(head: CertifiedEntry): void {
    if (!this.#last.has(head.key)) this.#heads.set(head.key, head);
  }

  /** A write takes keys: from here on their heads are what it makes of them, which it tells by `settle`. */
  take(keys: Iterable<Key>): symbol {
    const write = Symbol('write');
    for (const key of keys) {
      this.#heads.delete(key);
      this.#last.set(key, write);
    }
    return write;
  }

  settle(write: symbol, key: Key, head: CertifiedEntry): void {
    if (this.#last.get(key) === write) this.#heads.set(key, head);
  }
}
