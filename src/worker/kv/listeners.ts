/**
 * Who listens to what in one tab. Each listener is told a key's versions in ascending order and none twice, wherever they come from:
 * from the replica here, from the tab that holds it, or from looking again after something may have been missed.
 */
import type { KvEntry, Pattern } from './api.ts';
import { MAX_LISTENERS } from './limits.ts';
import { matches } from './pattern.ts';

export interface ListenersOptions {
  /** Newest told version of each key of a pattern. Rejects when nobody answers. */
  versions(pattern: Pattern): Promise<readonly (readonly [string, number])[]>;
  /** The newest value; null when there is none, or it is not here. */
  read(key: string): Promise<KvEntry | null>;
  deliver(listener: number, change: KvEntry): void;
}

interface Listener {
  readonly pattern: Pattern;
  /** Highest version told, or certified before it listened. */
  readonly seen: Map<string, number>;
  /** False until it is known which versions were certified before it listened. */
  based: boolean;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #listeners = new Map<number, Listener>();
  #looking: Promise<void> | null = null;
  #again = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Resolves when it is known what came before. @throws beyond `MAX_LISTENERS`. */
  async add(id: number, pattern: Pattern): Promise<void> {
    if (this.#listeners.size >= MAX_LISTENERS) {
      throw new Error(
        `${MAX_LISTENERS} callbacks listen in this tab already. End one, or listen to a prefix.`,
      );
    }
    const listener: Listener = { pattern, seen: new Map(), based: false };
    this.#listeners.set(id, listener);
    await this.#base(listener);
  }

  remove(id: number): void {
    this.#listeners.delete(id);
  }

  tell(change: KvEntry): void {
    for (const [id, listener] of this.#listeners) {
      if (matches(listener.pattern, change.key)) this.#tellOne(id, listener, change);
    }
  }

  /** Tells what was missed: after the replica has moved to another tab, or when the holder has told more than was heard. */
  catchUp(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const [id, listener] of this.#listeners) await this.#lookFor(id, listener);
    }
  }

  async #lookFor(id: number, listener: Listener): Promise<void> {
    if (!listener.based) return this.#base(listener);
    let versions: Awaited<ReturnType<ListenersOptions['versions']>>;
    try {
      versions = await this.#options.versions(listener.pattern);
    } catch {
      // Nobody holds the replica just now: whoever takes it makes this tab look again.
      return;
    }
    for (const [key, version] of versions) {
      if (version <= (listener.seen.get(key) ?? 0)) continue;
      const entry = await this.#options.read(key).catch(() => null);
      if (entry && this.#listeners.has(id)) this.#tellOne(id, listener, entry);
    }
  }

  async #base(listener: Listener): Promise<void> {
    try {
      for (const [key, version] of await this.#options.versions(listener.pattern)) {
        if (version > (listener.seen.get(key) ?? 0)) listener.seen.set(key, version);
      }
      listener.based = true;
    } catch {
      // As above.
    }
  }

  #tellOne(id: number, listener: Listener, change: KvEntry): void {
    if (change.version <= (listener.seen.get(change.key) ?? 0)) return;
    listener.seen.set(change.key, change.version);
    this.#options.deliver(id, change);
  }
}
