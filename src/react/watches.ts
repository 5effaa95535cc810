/**
 * What components look at, by name: each thing is watched once however many components show it, and let go when the last of them is gone.
 * Knows no React and no network: `watch` says how a thing is followed.
 */
import { LET_GO_MS } from './limits.ts';

/** `reading`: nothing is known yet. `failed`: nothing is known, and why; a later try may still read it. */
export type Reading<T, E> =
  | { readonly state: 'reading'; readonly value: undefined; readonly error: null }
  | { readonly state: 'read'; readonly value: T; readonly error: null }
  | { readonly state: 'failed'; readonly value: undefined; readonly error: E };

export const READING = { state: 'reading', value: undefined, error: null } as const;
export const read = <T>(value: T): Reading<T, never> => ({ state: 'read', value, error: null });
export const failed = <E>(error: E): Reading<never, E> => ({ state: 'failed', value: undefined, error });

/** Follows one thing: tells what is known of it whenever that has changed. Returns the way out, after which it must tell nothing. */
export type Watch<T, E> = (name: string, tell: (known: Reading<T, E>) => void) => () => void;

interface Watched<T, E> {
  known: Reading<T, E>;
  readonly listeners: Set<() => void>;
  /** Null: beyond the limit; it begins when another one ends. */
  end: (() => void) | null;
  /** Runs while nobody looks. */
  letGo: ReturnType<typeof setTimeout> | null;
  /** For Suspense: one and the same from the first look to the last. */
  arrival: Arrival | null;
}

export class Watches<T, E> {
  readonly #watch: Watch<T, E>;
  readonly #limit: number;
  readonly #tooMany: Reading<T, E>;
  /** In the order in which they were first looked at. */
  readonly #watched = new Map<string, Watched<T, E>>();
  #running = 0;

  /** `limit`: of things that are watched at once; what is looked at beyond it is told as `tooMany` until there is room. */
  constructor(options: { readonly watch: Watch<T, E>; readonly limit: number; readonly tooMany: E }) {
    this.#watch = options.watch;
    this.#limit = options.limit;
    this.#tooMany = failed(options.tooMany);
  }

  /** The same object until it changes. */
  known(name: string): Reading<T, E> {
    return this.#watched.get(name)?.known ?? READING;
  }

  subscribe(name: string, onChange: () => void): () => void {
    const watched = this.#at(name);
    // Two components may subscribe with one function.
    const listener = (): void => onChange();
    watched.listeners.add(listener);
    this.#keep(watched);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0) this.#letGoSoon(name, watched);
    };
  }

  /**
   * For a component that waits before it is mounted: watches, and resolves as soon as something is known. What nobody subscribes to is let go after
   * `LET_GO_MS`, but not while it is read. React wants the same promise at every look, also afterwards.
   */
  arrival(name: string): Promise<void> {
    const watched = this.#at(name);
    if (watched.arrival === null) {
      watched.arrival = new Arrival();
      if (watched.known.state !== 'reading') watched.arrival.done();
    }
    return watched.arrival.promise;
  }

  #at(name: string): Watched<T, E> {
    let watched = this.#watched.get(name);
    if (watched === undefined) {
      watched = { known: READING, listeners: new Set(), end: null, letGo: null, arrival: null };
      this.#watched.set(name, watched);
      if (this.#running >= this.#limit) this.#makeRoom();
      // Whatever waits begins where room is made: maybe this one.
      if (watched.end !== null) return watched;
      if (this.#running >= this.#limit) this.#tell(name, watched, this.#tooMany);
      else this.#begin(name, watched);
    }
    return watched;
  }

  #begin(name: string, watched: Watched<T, E>): void {
    this.#running += 1;
    let hasEnded = false;
    const end = this.#watch(name, (known) => {
      if (!hasEnded) this.#tell(name, watched, known);
    });
    watched.end = () => {
      hasEnded = true;
      end();
    };
  }

  #tell(name: string, watched: Watched<T, E>, known: Reading<T, E>): void {
    watched.known = known;
    watched.arrival?.done();
    if (watched.listeners.size === 0) this.#letGoSoon(name, watched);
    for (const listener of watched.listeners) listener();
  }

  #keep(watched: Watched<T, E>): void {
    if (watched.letGo !== null) clearTimeout(watched.letGo);
    watched.letGo = null;
  }

  #letGoSoon(name: string, watched: Watched<T, E>): void {
    // Somebody may be suspended until it is there.
    const isAwaited = watched.arrival !== null && watched.known.state === 'reading';
    if (isAwaited || watched.letGo !== null) return;
    watched.letGo = setTimeout(() => this.#letGo(name, watched), LET_GO_MS);
  }

  #letGo(name: string, watched: Watched<T, E>): void {
    this.#keep(watched);
    if (this.#watched.get(name) === watched) this.#watched.delete(name);
    if (watched.end === null) return;
    this.#running -= 1;
    watched.end();
    watched.end = null;
    for (const [next, waiting] of this.#watched) {
      if (waiting.end !== null) continue;
      // Until something is known of it, it is shown as before.
      this.#begin(next, waiting);
      return;
    }
  }

  /** Ends what has been shown by nobody for the longest time. */
  #makeRoom(): void {
    for (const [name, watched] of this.#watched) {
      if (watched.letGo === null || watched.end === null) continue;
      this.#letGo(name, watched);
      return;
    }
  }
}

class Arrival {
  #resolve: () => void = () => undefined;
  readonly promise = new Promise<void>((resolve) => (this.#resolve = resolve));

  done(): void {
    this.#resolve();
    // What React writes on a promise that it has seen resolve: one that has before React sees it is not waited for.
    void Object.assign(this.promise, { status: 'fulfilled', value: undefined });
  }
}
