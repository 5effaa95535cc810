/** Two tabs of one identity, with a lock manager of the test's own: Node has none. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProfileId } from '../../src/worker/api.ts';
import { createHolder, type Holder } from '../../src/worker/holder.ts';
import { until } from './cluster.ts';

/** Exclusive locks by name, first come, first served; `steal` as in Web Locks. */
class Locks {
  readonly #held = new Map<string, { abort: (error: Error) => void }>();
  readonly #waiting: { name: string; start: () => void }[] = [];

  request(name: string, options: { steal?: boolean }, run: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        const mine = { abort: reject };
        this.#held.set(name, mine);
        void run()
          .then(resolve, reject)
          .finally(() => {
            if (this.#held.get(name) !== mine) return;
            this.#held.delete(name);
            const at = this.#waiting.findIndex((one) => one.name === name);
            if (at >= 0) this.#waiting.splice(at, 1)[0]!.start();
          });
      };
      const holder = this.#held.get(name);
      if (options.steal) {
        holder?.abort(new Error('stolen'));
        start();
      } else if (holder) this.#waiting.push({ name, start });
      else start();
    });
  }
}

let profiles = 0;
const channels: BroadcastChannel[] = [];
beforeEach(() => {
  vi.stubGlobal('navigator', { locks: new Locks() });
  const Real = BroadcastChannel;
  vi.stubGlobal(
    'BroadcastChannel',
    class extends Real {
      #closed = false;
      constructor(name: string) {
        super(name);
        channels.push(this);
      }
      /** A tab of an earlier test still pings: a real one would be gone. */
      override postMessage(message: unknown): void {
        if (!this.#closed) super.postMessage(message);
      }
      override close(): void {
        this.#closed = true;
        super.close();
      }
    },
  );
});
afterEach(() => {
  for (const channel of channels.splice(0)) channel.close();
  vi.unstubAllGlobals();
});

function tab(
  profile: ProfileId,
  hold: () => Promise<boolean>,
  schema = 1,
): { holder: Holder; events: string[] } {
  const events: string[] = [];
  const holder = createHolder({
    profile,
    schema,
    hold: async () => {
      events.push('opens');
      const opened = await hold();
      events.push(opened ? 'open' : 'failed');
      return opened;
    },
    release: async () => void events.push('released'),
    call: async (method) => method,
    state: () => null,
    onState: () => undefined,
    onTrace: () => undefined,
    onOlderHolder: () => void events.push('older holder'),
    onNewerProgram: () => void events.push('newer program'),
  });
  return { holder, events };
}

describe('two tabs of one identity', () => {
  it('closes a replica that was still being opened when its tab yielded', async () => {
    const profile = `p${++profiles}` as ProfileId;
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => (finish = resolve));
    const hidden = tab(profile, async () => {
      await slow;
      return true;
    });
    hidden.holder.setVisible(false);
    await until('opening', () => hidden.events.length === 1);
    const visible = tab(profile, async () => true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Not before the first is closed: two replicas would run.
    expect(visible.events).toEqual([]);
    finish();
    await until('taken over', () => visible.events.includes('open'));
    expect(hidden.events).toEqual(['opens', 'open', 'released']);
    expect([hidden.holder.holding, visible.holder.holding]).toEqual([false, true]);
  });

  it('leaves the lock to others when the replica cannot be opened, and does not try for ever', async () => {
    const profile = `p${++profiles}` as ProfileId;
    const broken = tab(profile, async () => false);
    const other = tab(profile, async () => true);
    await until('the other holds', () => other.holder.holding);
    expect(broken.events).toEqual(['opens', 'failed']);
    expect(broken.holder.holding).toBe(false);
  });
});

describe('a tab whose program is older than that of another tab', () => {
  it('would keep the database from the newer one: it finishes, lets go, and never takes it again', async () => {
    const profile = `p${++profiles}` as ProfileId;
    const old = tab(profile, async () => true);
    await until('open', () => old.events.includes('open'));
    const waiting = tab(profile, async () => true);
    const newer = tab(profile, async () => true, 2);
    await until('the newer one holds', () => newer.holder.holding);
    expect(old.events).toEqual(['opens', 'open', 'newer program', 'released']);
    // It had asked for the lock before the newer one did, and may have had it for a moment.
    expect(waiting.events).toContain('newer program');
    await newer.holder.giveWay();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([old.holder.holding, waiting.holder.holding]).toEqual([false, false]);
  });

  it('tells the newer one what it waits for while it still opens its database', async () => {
    const profile = `p${++profiles}` as ProfileId;
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => (finish = resolve));
    const old = tab(profile, async () => {
      await slow;
      return true;
    });
    await until('opening', () => old.events.includes('opens'));
    const newer = tab(profile, async () => true, 2);
    await until('told', () => newer.events.includes('older holder'));
    expect(newer.holder.holding).toBe(false);
    finish();
    await until('the newer one holds', () => newer.holder.holding);
    expect(old.events).toEqual(['opens', 'newer program', 'open', 'released']);
  });
});

describe('a replica that is opened again under its lock', () => {
  it('runs twice at once, or is left open, when another tab wants the lock meanwhile', async () => {
    const profile = `p${++profiles}` as ProfileId;
    let finish = (): void => undefined;
    let slow = Promise.resolve();
    const hidden = tab(profile, async () => {
      await slow;
      return true;
    });
    await until('open', () => hidden.events.includes('open'));
    slow = new Promise<void>((resolve) => (finish = resolve));
    const again = hidden.holder.reopen('test');
    await until('being opened again', () => hidden.events.length === 4);
    hidden.holder.setVisible(false);
    const visible = tab(profile, async () => true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(visible.events).toEqual([]);
    finish();
    await again;
    await until('taken over', () => visible.events.includes('open'));
    expect(hidden.events).toEqual(['opens', 'open', 'released', 'opens', 'open', 'released']);
    expect([hidden.holder.holding, visible.holder.holding]).toEqual([false, true]);
  });

  it('keeps the lock from others when it cannot be opened again', async () => {
    const profile = `p${++profiles}` as ProfileId;
    let works = true;
    const broken = tab(profile, async () => works);
    await until('open', () => broken.events.includes('open'));
    const other = tab(profile, async () => true);
    works = false;
    await broken.holder.reopen('test');
    await until('the other holds', () => other.holder.holding);
    expect(broken.holder.holding).toBe(false);
  });
});

describe('calls that wait for a holder which is gone', () => {
  it('are run by the tab that takes over when nobody had begun them', async () => {
    const profile = `p${++profiles}` as ProfileId;
    let opened = (): void => undefined;
    const ready = new Promise<boolean>((resolve) => (opened = () => resolve(true)));
    const first = tab(profile, () => ready);
    // As in a reload: the call comes before this tab holds, and nobody else does.
    const answer = first.holder.forward('packages', []);
    opened();
    await until('held', () => first.holder.holding);
    expect(await answer).toBe('packages');
  });
});
