/** What is certified comes page by page: bounded, in order, and nothing between two pages is left out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asKey, type Key } from '../../src/codec/brand.ts';
import { systemClock } from '../../src/worker/clock.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { entriesPage } from '../../src/worker/kv/calls.ts';
import { ENTRIES_PAGE_BYTES, MAX_ENTRIES_PER_PAGE } from '../../src/worker/kv/limits.ts';
import type { Pattern } from '../../src/worker/kv/api.ts';

/** A replica that holds these, in this order; null: deleted. */
function holding(bodies: ReadonlyMap<string, Uint8Array | null>): Replica {
  const certificate = { epoch: '0', round: 0, groups: [] };
  const heads = new Map(
    [...bodies.keys()].map((key) => [key as Key, { key: asKey(key), version: 1, digest: 'd', certificate }]),
  );
  const held = (key: Key) => Promise.resolve({ entry: heads.get(key), body: bodies.get(key) ?? null });
  return { heads, held, options: { clock: systemClock } } as unknown as Replica;
}

async function readAll(replica: Replica, pattern: Pattern): Promise<{ keys: string[]; sizes: number[] }> {
  const [keys, sizes]: [string[], number[]] = [[], []];
  for (let after: string | null = null; ;) {
    const page = await entriesPage(replica, pattern, after);
    if (!page.ok) throw new Error(page.error.message);
    keys.push(...page.value.entries.map(({ key }) => key));
    sizes.push(page.value.entries.length);
    after = page.value.next;
    if (after === null) return { keys, sizes };
  }
}

const one = Uint8Array.of(1);

describe('entries', () => {
  it('are all there once, ascending, whatever order they came in (property)', async () => {
    const some = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), {
      maxLength: 60,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(some, fc.string({ maxLength: 1 }), async (suffixes, prefix) => {
        const bodies = new Map<string, Uint8Array | null>();
        for (const suffix of suffixes)
          for (let i = 0; i < 5; i++) bodies.set(`a${suffix}${i}`, i === 3 ? null : one);
        bodies.set('network/change', one);
        const { keys } = await readAll(holding(bodies), { prefix });
        const expected = [...bodies]
          .filter(([key, body]) => body && key.startsWith(prefix) && !key.startsWith('network/'))
          .map(([key]) => key);
        expect(keys).toEqual(expected.sort((x, y) => (x < y ? -1 : 1)));
      }),
    );
  });

  it('fill pages by number and by bytes, and one that is larger than a page has one of its own', async () => {
    const many = new Map(Array.from({ length: 2 * MAX_ENTRIES_PER_PAGE }, (_, i) => [`k${i}`, one]));
    const { keys, sizes } = await readAll(holding(many), { prefix: '' });
    expect(new Set(keys).size).toBe(2 * MAX_ENTRIES_PER_PAGE);
    expect(sizes).toEqual([MAX_ENTRIES_PER_PAGE, MAX_ENTRIES_PER_PAGE, 0]);
    const large = new Uint8Array(ENTRIES_PAGE_BYTES);
    const mixed = new Map([['a', one], ['b', large], ['c', large], ['d', one]]); // prettier-ignore
    expect((await readAll(holding(mixed), { prefix: '' })).sizes).toEqual([2, 1, 1]);
  });
});
