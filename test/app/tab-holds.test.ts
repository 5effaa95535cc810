import { describe, expect, it } from 'vitest';
import { LEFT_HOLDS_MS } from '../../src/app/limits.ts';
import { leftSession } from '../../src/app/program/left-session.ts';
import { BUSY_LOCK, createTabHolds, SESSION_LOCK, whenFree } from '../../src/app/program/tab-holds.ts';

type Run = (lock: unknown) => Promise<unknown>;

/** Shared and exclusive locks by name, without a queue: nothing here waits for one. */
class Locks {
  readonly #shared = new Map<string, number>();
  readonly #alone = new Set<string>();

  request = async (name: string, options: { mode: string }, run: Run): Promise<unknown> => {
    const held = this.#shared.get(name) ?? 0;
    if (options.mode === 'shared') {
      this.#shared.set(name, held + 1);
      try {
        return await run({});
      } finally {
        this.#shared.set(name, (this.#shared.get(name) ?? 1) - 1);
      }
    }
    if (held > 0 || this.#alone.has(name)) return run(null);
    this.#alone.add(name);
    try {
      return await run({});
    } finally {
      this.#alone.delete(name);
    }
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('two tabs and a version that waits', () => {
  it('is taken while one of them is in a session, votes, or has a form filled in', async () => {
    const locks = new Locks() as unknown as LockManager;
    const other = createTabHolds(locks);
    let taken = 0;
    const take = async (): Promise<boolean> => ++taken > 0;
    other.set('session');
    expect([await whenFree(locks, true, take), await whenFree(locks, false, take)]).toEqual(['held', 'held']);
    other.set('vote');
    await settle();
    expect(await whenFree(locks, true, take)).toBe('held');
    expect(taken).toBe(0);
    // By the press of a button only a session is in the way.
    expect(await whenFree(locks, false, take)).toBe('taken');
    other.set('form');
    await settle();
    expect(await whenFree(locks, true, take)).toBe('held');
    other.set(null);
    await settle();
    expect(await whenFree(locks, true, take)).toBe('taken');
    expect(await whenFree(locks, true, async () => false)).toBe('stuck');
  });

  it('is taken by both at once', async () => {
    const locks = new Locks() as unknown as LockManager;
    let finish = (): void => undefined;
    const first = whenFree(locks, true, () => new Promise((resolve) => (finish = () => resolve(true))));
    await settle();
    expect(await whenFree(locks, true, async () => true)).toBe('held');
    finish();
    expect(await first).toBe('taken');
    expect([SESSION_LOCK, BUSY_LOCK]).toHaveLength(2);
  });
});

describe('a tab that is loaded again in mid-session', () => {
  it('finds another program, because nobody spoke for it in between; or holds the newer one back for ever', () => {
    const held = new Map<string, string>();
    const memory = {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
      removeItem: (key: string) => void held.delete(key),
    } as unknown as Storage;
    let now = 1_000_000;
    const left = leftSession(
      () => memory,
      () => now,
    );
    expect(left.recent).toBe(false);
    left.leave();
    expect(left.recent).toBe(true);
    left.back();
    expect(left.recent).toBe(false);
    left.leave();
    now += LEFT_HOLDS_MS;
    expect(left.recent).toBe(false);
    const blocked = leftSession(() => {
      throw new Error('blocked');
    });
    blocked.leave();
    expect(blocked.recent).toBe(false);
  });
});
