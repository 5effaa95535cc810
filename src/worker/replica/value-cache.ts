/** Bytes of values by digest, least recently used first out. Values of open versions are pinned until their version is decided. */
import type { Digest, Key, MemberIndex } from '../../codec/brand.ts';
import { MAX_VALUE_CACHE_BYTES } from '../limits.ts';

export class ValueCache {
  readonly #entries = new Map<Digest, Uint8Array>();
  readonly #pinned = new Map<
    Digest,
    { readonly key: Key; readonly author: MemberIndex | null; readonly size: number }
  >();
  readonly #perAuthor = new Map<MemberIndex, number>();
  #bytes = 0;

  /** Bytes held, pinned ones included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keys that pin a value. */
  get pinnedBy(): ReadonlySet<Key> {
    return new Set([...this.#pinned.values()].map(({ key }) => key));
  }

  /** Bytes of pinned values that a member's votes brought in. */
  bytesOf(author: MemberIndex): number {
    return this.#perAuthor.get(author) ?? 0;
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

  /**
   * `pinnedBy`: the key whose open version needs the bytes; null: they may be dropped at any time. `author`: whose vote brought the value in;
   * null: nobody else's.
   */
  put(digest: Digest, bytes: Uint8Array, pinnedBy: Key | null, author: MemberIndex | null = null): void {
    if (pinnedBy !== null) {
      this.#unpinOne(digest);
      this.#pinned.set(digest, { key: pinnedBy, author, size: bytes.length });
      if (author !== null) this.#perAuthor.set(author, this.bytesOf(author) + bytes.length);
    }
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
    for (const [digest, by] of this.#pinned) if (by.key === key) this.#unpinOne(digest);
  }

  /** The key's open version needs this value no longer. */
  release(digest: Digest, key: Key): void {
    if (this.#pinned.get(digest)?.key === key) this.#unpinOne(digest);
  }

  #unpinOne(digest: Digest): void {
    const pin = this.#pinned.get(digest);
    if (!pin) return;
    this.#pinned.delete(digest);
    if (pin.author === null) return;
    const left = this.bytesOf(pin.author) - pin.size;
    if (left > 0) this.#perAuthor.set(pin.author, left);
    else this.#perAuthor.delete(pin.author);
  }
}
