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

type Versions = Awaited<ReturnType<ListenersOptions['versions']>>;

interface Listener {
  readonly pattern: Pattern;
  /** Highest version told, or certified before it listened. */
  readonly seen: Map<string, number>;
  /**
   * Whether it is known which versions were certified before it listened. `lost`: the replica moved before anybody said so, and what stands by now
   * may have been certified since. Then it is told: hearing an older value is better than missing a newer one.
   */
  base: 'asked' | 'known' | 'lost';
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #listeners = new Map<number, Listener>();
  #looking: Promise<void> | null = null;
  #again = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Resolves when it is known what came before, or that nobody can say. @throws beyond `MAX_LISTENERS`. */
  async add(id: number, pattern: Pattern): Promise<void> {
    if (this.#listeners.size >= MAX_LISTENERS) {
      throw new Error(
        `${MAX_LISTENERS} callbacks listen in this tab already. End one, or listen to a prefix.`,
      );
    }
    const listener: Listener = { pattern, seen: new Map(), base: 'asked' };
    this.#listeners.set(id, listener);
    const versions = await this.#versions(pattern);
    if (versions === null) listener.base = 'lost';
    else if (listener.base === 'lost') await this.#tellNewer(id, listener, versions);
    else {
      for (const [key, version] of versions) {
        if (version > (listener.seen.get(key) ?? 0)) listener.seen.set(key, version);
      }
      listener.base = 'known';
    }
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
    // An answer that is still to come may count in what was missed.
    for (const listener of this.#listeners.values()) if (listener.base === 'asked') listener.base = 'lost';
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
    // It has just begun, and asks for itself.
    if (listener.base === 'asked') return;
    const versions = await this.#versions(listener.pattern);
    if (versions) await this.#tellNewer(id, listener, versions);
  }

  /** null: nobody holds the replica just now. Whoever takes it makes this tab look again. */
  #versions(pattern: Pattern): Promise<Versions | null> {
    return this.#options.versions(pattern).catch(() => null);
  }

  async #tellNewer(id: number, listener: Listener, versions: Versions): Promise<void> {
    for (const [key, version] of versions) {
      if (version <= (listener.seen.get(key) ?? 0)) continue;
      const entry = await this.#options.read(key).catch(() => null);
      if (entry && this.#listeners.has(id)) this.#tellOne(id, listener, entry);
    }
  }

  #tellOne(id: number, listener: Listener, change: KvEntry): void {
    if (change.version <= (listener.seen.get(change.key) ?? 0)) return;
    listener.seen.set(change.key, change.version);
    this.#options.deliver(id, change);
  }
}
