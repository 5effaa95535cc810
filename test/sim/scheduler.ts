/** Simulated time: a seeded random generator and a queue of what happens next. Same seed, same run. */

export interface Random {
  /** A whole number from 0 to below `limit`; 0 when `limit` is 1 or less. */
  below(limit: number): number;
  /** True in `percent` of the draws. */
  chance(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Hex digits. */
  hex(length: number): string;
}

/** sfc32 (small fast counter), seeded by a number; only its evenness matters here. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed;
  let b = (seed / 4294967296) | 0;
  let c = 0xb7e15162;
  let counter = 1;
  const next = (): number => {
    const out = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  const below = (limit: number): number => (limit <= 1 ? 0 : next() % limit);
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick: (items) => items[below(items.length)]!,
    hex: (length) => Array.from({ length }, () => below(16).toString(16)).join(''),
  };
}

export interface Scheduler {
  readonly now: number;
  /** Runs `task` at a time that is not before now; tasks of one time run in the order in which they were given. */
  at(time: number, task: () => void): void;
  /** Runs the next task; false when there is none up to `horizon`. */
  next(horizon: number): boolean;
  /** Tasks run so far. */
  readonly steps: number;
}

export function createScheduler(): Scheduler {
  const heap: Entry[] = [];
  let now = 0;
  let order = 0;
  let steps = 0;

  function rise(entry: Entry): void {
    let i = heap.length - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  function sink(entry: Entry): void {
    const { length } = heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = entry;
  }

  return {
    get now() {
      return now;
    },
    get steps() {
      return steps;
    },
    at(time, task) {
      const entry = { time: Math.max(time, now), order: order++, task };
      heap.push(entry);
      rise(entry);
    },
    next(horizon) {
      const first = heap[0];
      if (!first || first.time > horizon) return false;
      const last = heap.pop()!;
      if (heap.length > 0) sink(last);
      now = first.time;
      steps++;
      first.task();
      return true;
    },
  };
}

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly task: () => void;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
