/** Small byte helpers of this room. */
import { toHex } from '../codec/brand.ts';
import { MAX_RANDOM_BYTES } from './limits.ts';

/** `count` bytes of the platform's random generator. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(count) || count < 0 || count > MAX_RANDOM_BYTES) {
    throw new RangeError(`${count} random bytes asked, at most ${MAX_RANDOM_BYTES} are given`);
  }
  return crypto.getRandomValues(new Uint8Array(count));
}

/** `count` random bytes as lowercase hex. */
export function randomHex(count: number): string {
  return toHex(randomBytes(count));
}

/** A copy on an ArrayBuffer of its own: what WebCrypto takes, and what no one can change while it works. */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** A map that forgets the entry that was used least recently once it holds `limit`. */
export class BoundedCache<Value> {
  readonly #limit: number;
  readonly #entries = new Map<string, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
