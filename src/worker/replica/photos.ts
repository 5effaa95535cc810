/**
 * Photos by their digest: kept where they were taken, fetched from whoever has them when somebody wants to see one. No vote depends on them: a
 * record names digests, and what comes is checked against the digest that was asked for. They lie among the values and travel as values do.
 */
import type { Digest } from '../../codec/brand.ts';
import { decodeOwn, encode } from '../../codec/cbor.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import type { LinkId } from '../../net/types.ts';
import type { PhotoError } from '../api.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_PHOTO_BYTES,
  MAX_PHOTO_SEARCHES,
  MAX_PHOTO_STORE_BYTES,
  PHOTO_NEXT_MS,
  PHOTO_PATIENCE_MS,
} from '../limits.ts';
import type { Replica } from './replica.ts';

export class Photos {
  readonly #replica: Replica;
  /** Bytes of those that are kept here. */
  readonly #sizes = new Map<Digest, number>();
  #total = 0;
  readonly #searches = new Map<Digest, Set<(bytes: Uint8Array) => void>>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** After a start. */
  restore(meta: ReadonlyMap<string, Uint8Array>): void {
    for (const [name, bytes] of meta) {
      if (!name.startsWith(META_PHOTO)) continue;
      const size = decodeOwn(bytes, bytes.length);
      if (size.ok && typeof size.value === 'number')
        this.#note(name.slice(META_PHOTO.length) as Digest, size.value);
    }
  }

  /** Durable when it resolves. */
  async keep(bytes: Uint8Array): Promise<Result<Digest, PhotoError>> {
    if (bytes.length === 0) return refuse('photo-empty', 'The photo has no bytes. Take it again.');
    if (bytes.length > MAX_PHOTO_BYTES) {
      return refuse(
        'photo-too-large',
        `The photo has ${bytes.length} bytes, at most ${MAX_PHOTO_BYTES} are kept. Take a smaller one.`,
      );
    }
    const digest = this.#replica.options.hash(bytes);
    if (this.#sizes.has(digest)) return this.#written(digest);
    if (this.#total + bytes.length > MAX_PHOTO_STORE_BYTES) {
      return refuse(
        'photo-space-full',
        `This browser keeps ${this.#sizes.size} photos, ${MAX_PHOTO_STORE_BYTES / 1024 / 1024} MiB, and takes no more. Take the photo on another device of your organisation.`,
      );
    }
    this.#note(digest, bytes.length);
    this.#replica.outbox.value(digest, bytes.slice());
    this.#replica.outbox.meta(META_PHOTO + digest, encode(bytes.length));
    return this.#written(digest);
  }

  /** The same photo may have been given twice, and its first write not have ended. */
  async #written(digest: Digest): Promise<Result<Digest, PhotoError>> {
    if (await this.#replica.outbox.durable()) return ok(digest);
    return refuse(
      'storage-failed',
      'This replica has stopped before the photo was written. Reload the page.',
    );
  }

  /** From this browser, or from the members and devices that are linked, one after the other. It is shown, and not kept. */
  async get(digest: Digest): Promise<Result<Uint8Array, PhotoError>> {
    const own = this.#sizes.has(digest) ? await this.#replica.valueOf(digest) : undefined;
    if (own) return ok(own);
    if (!this.#searches.has(digest) && this.#searches.size >= MAX_PHOTO_SEARCHES)
      return refuse('too-many-searches', `${MAX_PHOTO_SEARCHES} photos are being fetched. Wait for them.`);
    const found = await this.#search(digest);
    if (found) return ok(found);
    return refuse(
      'photo-not-here',
      `Nobody who is linked now has the photo ${digest.slice(0, 8)}. It is where it was taken: try again when that device is online.`,
    );
  }

  /** True: it was searched for. */
  take(digest: Digest, bytes: Uint8Array): boolean {
    const waiting = this.#searches.get(digest);
    for (const found of waiting ?? []) found(bytes);
    return waiting !== undefined;
  }

  #search(digest: Digest): Promise<Uint8Array | null> {
    const { clock } = this.#replica.options;
    const asked = new Set<LinkId>();
    return new Promise((resolve) => {
      const started = this.#replica.now;
      let timer: TimerHandle | null = null;
      const end = (bytes: Uint8Array | null): void => {
        if (timer !== null) clock.clearTimeout(timer);
        const waiting = this.#searches.get(digest);
        waiting?.delete(end);
        if (waiting?.size === 0) this.#searches.delete(digest);
        resolve(bytes);
      };
      // Whoever lacks it answers nothing: the next one is asked before long. A page that was just opened has no links yet.
      const next = (): void => {
        const { links, devices, stopped, now } = this.#replica;
        const link = [...links.keys(), ...devices.keys()].find((id) => !asked.has(id));
        if (stopped || now - started > PHOTO_PATIENCE_MS) return end(null);
        if (link !== undefined) {
          asked.add(link);
          this.#replica.send(link, { type: 'want-values', digests: [digest] }, 'bulk');
        }
        timer = clock.setTimeout(next, PHOTO_NEXT_MS);
      };
      this.#searches.set(digest, (this.#searches.get(digest) ?? new Set()).add(end));
      next();
    });
  }

  #note(digest: Digest, size: number): void {
    this.#sizes.set(digest, size);
    this.#total += size;
  }
}

/** Name of the records that say which values are photos, and how large. */
const META_PHOTO = 'photo/';

const refuse = (type: PhotoError['type'], message: string): Result<never, PhotoError> =>
  fail({ type, message });
