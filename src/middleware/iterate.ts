/** From callbacks to loops: what waits between two turns of a loop is bounded, and a loop that is left ends what it listened to. */

/** What waits for the loop. */
export interface Waiting<T> {
  /** False: there is no room, and nothing can be left out. */
  add(item: T): boolean;
  /** The next one, taken out; undefined: none. */
  take(): T | undefined;
}

/** The newest item alone. */
export function newest<T extends object>(): Waiting<T> {
  let held: T | undefined;
  return {
    add(item) {
      held = item;
      return true;
    },
    take() {
      const item = held;
      held = undefined;
      return item;
    },
  };
}

/**
 * All in order. When they are more than `max`, an item goes whose key has a newer one: no key is ever left out. Full when there are `max` keys,
 * each with its newest.
 */
export function inOrder<T extends { readonly key: string }>(max: number): Waiting<T> {
  const items: T[] = [];
  return {
    add(item) {
      if (items.length >= max) {
        // The oldest that is not the newest of its key, this one counted.
        const counts = new Map([[item.key, 1]]);
        for (const { key } of items) counts.set(key, (counts.get(key) ?? 0) + 1);
        const older = items.findIndex(({ key }) => counts.get(key)! > 1);
        if (older < 0) return false;
        items.splice(older, 1);
      }
      items.push(item);
      return true;
    },
    take: () => items.shift(),
  };
}

export interface Source<T> {
  /** Made anew for each loop. */
  readonly waiting: () => Waiting<T>;
  /** Ends the loop, without an error. */
  readonly signal: AbortSignal | undefined;
  /** What the loop throws when `waiting` is full, after everything that waits. */
  readonly full: () => Error;
  /** Begins to listen, when a loop begins; gives what ends it. */
  start(sink: Sink<T>): () => void;
}

export interface Sink<T> {
  put(item: T): void;
  /** What waits is still seen; then the loop ends, or throws. */
  end(error?: Error): void;
}

/** Each loop over it listens by itself, from its beginning on. */
export function looped<T>(source: Source<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => loop(source) };
}

function loop<T>({ waiting: make, signal, full, start }: Source<T>): AsyncIterator<T, undefined> {
  const waiting = make();
  const turns: { resolve(result: IteratorResult<T, undefined>): void; reject(error: Error): void }[] = [];
  let over = false;
  let error: Error | null = null;
  let stop: () => void = () => undefined;

  function end(why: Error | null): void {
    if (over) return;
    over = true;
    error = why;
    signal?.removeEventListener('abort', leave);
    stop();
    for (const turn of turns.splice(0)) settle(turn);
  }
  function settle(turn: (typeof turns)[number]): void {
    const why = error;
    error = null;
    if (why) turn.reject(why);
    else turn.resolve({ done: true, value: undefined });
  }
  /** Nothing that waits is seen any more. */
  function leave(): void {
    while (waiting.take() !== undefined);
    error = null;
    end(null);
  }
  const sink: Sink<T> = {
    put(item) {
      if (over) return;
      const turn = turns.shift();
      if (turn) turn.resolve({ done: false, value: item });
      else if (!waiting.add(item)) end(full());
    },
    end: (why) => end(why ?? null),
  };

  if (signal?.aborted) over = true;
  else {
    // When it throws, nothing is left at the signal.
    stop = start(sink);
    // It may have ended while it started.
    if (over) stop();
    else signal?.addEventListener('abort', leave, { once: true });
  }

  return {
    next() {
      const item = waiting.take();
      if (item !== undefined) return Promise.resolve({ done: false, value: item });
      return new Promise((resolve, reject) => {
        if (over) settle({ resolve, reject });
        else turns.push({ resolve, reject });
      });
    },
    return() {
      leave();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
