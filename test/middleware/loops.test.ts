/** Loops over what is told: bounded, in order, ended by a signal, and nothing left behind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, looped, newest, type Sink } from '../../src/middleware/iterate.ts';

interface Item {
  readonly key: string;
  readonly version: number;
}

function source(options: { readonly max?: number; readonly signal?: AbortSignal } = {}) {
  const sinks: Sink<Item>[] = [];
  let ended = 0;
  const loop = looped<Item>({
    waiting: () => inOrder<Item>(options.max ?? 4),
    signal: options.signal,
    full: () => new Error('full'),
    start(sink) {
      sinks.push(sink);
      return () => void ended++;
    },
  });
  return {
    loop,
    sinks,
    put: (key: string, version: number) => sinks[0]!.put({ key, version }),
    ended: () => ended,
  };
}

const of = (key: string, version: number): Item => ({ key, version });

describe('a loop over changes', () => {
  it('sees them in order, those that waited and those that it waits for, and listens only while it runs', async () => {
    const { loop, sinks, put, ended } = source();
    expect(sinks.length).toBe(0);
    const turns = loop[Symbol.asyncIterator]();
    expect(sinks.length).toBe(1);
    put('a', 1);
    put('b', 1);
    expect(await turns.next()).toEqual({ done: false, value: of('a', 1) });
    expect(await turns.next()).toEqual({ done: false, value: of('b', 1) });
    const [third, fourth] = [turns.next(), turns.next()];
    put('a', 2);
    put('a', 3);
    expect(await third).toEqual({ done: false, value: of('a', 2) });
    expect(await fourth).toEqual({ done: false, value: of('a', 3) });
    expect(ended()).toBe(0);
    await turns.return!();
    expect(ended()).toBe(1);
    put('a', 4);
    expect(await turns.next()).toEqual({ done: true, value: undefined });
  });

  it('ends what it listened to when it is left by break or by an exception', async () => {
    const { loop, sinks, ended } = source();
    const broken = (async () => {
      for await (const item of loop) if (item.version === 2) break;
    })();
    sinks[0]!.put(of('a', 1));
    sinks[0]!.put(of('a', 2));
    await broken;
    expect(ended()).toBe(1);
    const thrown = (async () => {
      for await (const item of loop) throw new Error(`no ${item.key}`);
    })();
    sinks[1]!.put(of('a', 3));
    await expect(thrown).rejects.toThrow('no a');
    expect(ended()).toBe(2);
  });

  it('ends without an error when the signal is aborted: while it waits, while something waits, and before it began', async () => {
    const stop = new AbortController();
    const { loop, sinks, ended } = source({ signal: stop.signal });
    const [idle, behind] = [loop[Symbol.asyncIterator](), loop[Symbol.asyncIterator]()];
    const waiting = idle.next();
    sinks[1]!.put(of('a', 1));
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await behind.next()).toEqual({ done: true, value: undefined });
    expect(ended()).toBe(2);
    for await (const item of loop) throw new Error(`it saw ${item.key}`);
    expect(sinks.length).toBe(2);
  });

  it('drops older versions of a key when too many wait, and throws, after what waits, when they are of too many keys', async () => {
    const { loop, put, ended } = source({ max: 3 });
    const turns = loop[Symbol.asyncIterator]();
    put('a', 1);
    put('b', 1);
    put('a', 2);
    put('a', 3);
    put('b', 2);
    put('c', 1);
    put('d', 1);
    expect(ended()).toBe(1);
    const seen: Item[] = [];
    await expect(
      (async () => {
        for (let turn = await turns.next(); !turn.done; turn = await turns.next()) seen.push(turn.value);
      })(),
    ).rejects.toThrow('full');
    expect(seen).toEqual([of('a', 3), of('b', 2), of('c', 1)]);
    expect(await turns.next()).toEqual({ done: true, value: undefined });
  });

  it('never drops a key, nor tells a key out of order, whatever comes (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }),
        fc.integer({ min: 4, max: 9 }),
        (keys, max) => {
          const waiting = inOrder<Item>(max);
          const last = new Map<string, number>();
          for (const [i, key] of keys.entries()) {
            expect(waiting.add(of(key, i))).toBe(true);
            last.set(key, i);
          }
          const seen = new Map<string, number>();
          let count = 0;
          for (let item = waiting.take(); item; item = waiting.take()) {
            expect(item.version).toBeGreaterThan(seen.get(item.key) ?? -1);
            seen.set(item.key, item.version);
            count++;
          }
          expect(seen).toEqual(last);
          expect(count).toBe(Math.min(max, keys.length));
        },
      ),
    );
  });

  it('of statuses sees the newest', () => {
    const waiting = newest<Item>();
    expect(waiting.take()).toBe(undefined);
    waiting.add(of('a', 1));
    waiting.add(of('a', 2));
    expect(waiting.take()).toEqual(of('a', 2));
    expect(waiting.take()).toBe(undefined);
  });

  it('that could not begin throws once', async () => {
    const loop = looped<Item>({
      waiting: newest,
      signal: undefined,
      full: () => new Error('full'),
      start(sink) {
        sink.end(new Error('too many listeners'));
        return () => undefined;
      },
    });
    const turns = loop[Symbol.asyncIterator]();
    await expect(turns.next()).rejects.toThrow('too many listeners');
    expect(await turns.next()).toEqual({ done: true, value: undefined });
  });
});
