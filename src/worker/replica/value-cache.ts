/** Bytes of values by digest, least recently used first out. Values of open versions are pinned until their version is decided. */
import type { Digest, Key } from '../../codec/brand.ts';
import { MAX_VALUE_CACHE_BYTES } from '../limits.ts';

export class ValueCache {
  readonly #entries = new Map<Digest, Uint8Array>();
  readonly #pinned = new Map<Digest, Key>();
  #bytes = 0;

  /** Bytes held, pinned ones included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keys that pin a value. */
  get pinnedBy(): ReadonlySet<Key> {
    return new Set(this.#pinned.values());
  }

  get(digest: Digest): Uint8Array | undefined {
    const found = this.#entries.get(digest);
    if (found && !this.#pinned.has(digest)) {
      this.#entries.delete(digest);
      this.#entries.set(digest, found);
    }
    return found;
  }

  has(digest: Digest): boolean {
    return this.#entries.has(digest);
  }

  /** `pinnedBy`: the key whose open version needs the bytes; null: they may be dropped at any time. */
  put(digest: Digest, bytes: Uint8Array, pinnedBy: Key | null): void {
    if (pinnedBy !== null) this.#pinned.set(digest, pinnedBy);
    if (this.#entries.has(digest)) return;
    this.#entries.set(digest, bytes);
    this.#bytes += bytes.length;
    for (const [old, held] of this.#entries) {
      if (this.#bytes <= MAX_VALUE_CACHE_BYTES) break;
      if (this.#pinned.has(old)) continue;
      this.#entries.delete(old);
      this.#bytes -= held.length;
    }
  }

  /** The key's open version was decided. */
  unpin(key: Key): void {
    for (const [digest, by] of this.#pinned) if (by === key) this.#pinned.delete(digest);
  }
}
