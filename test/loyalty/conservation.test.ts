/** No sequence of operations, crashes and forged values makes or loses a point. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  books,
  createCustomerKey,
  createRules,
  unfinished,
  type GroupValue,
} from '../../examples/loyalty/points/index.ts';
import type { AccessControl, Value } from '../../src/index.ts';
import { miscount } from './accountant.ts';
import { Model, NAMES, RULES } from './model.ts';
import { finishAll, forgery, tryOne, type Draw } from './walk.ts';

const customers = [1, 2].map((seed) => createCustomerKey(new Uint8Array(32).fill(seed)));

/** What a walk ended with: null, or what is wrong. */
async function walk(numbers: readonly number[], steps: number, allow: AccessControl): Promise<string | null> {
  let at = 0;
  const draw: Draw = (limit) => (limit <= 1 ? 0 : numbers[at++ % numbers.length]! % limit);
  const model = new Model(allow);
  const streets = NAMES.map((name) => model.street(name));
  for (let step = 0; step < steps; step++) {
    // Now and then everyone is gone in the middle of what they do.
    model.budget = draw(4) === 0 ? draw(5) : Infinity;
    // Two merchants at once.
    const tried = (
      await Promise.all([tryOne(streets, customers, draw), tryOne(streets, customers, draw)])
    ).flat();
    model.budget = Infinity;
    for (const { what, result } of tried) {
      if (!result.ok && result.error.type === 'refused')
        return `${what} was refused: ${result.error.message}`;
    }
    // Somebody proposes a value of its own making on what is there.
    const key = [...model.versions.keys()][draw(model.versions.size)];
    const forged = key === undefined ? null : forgery(model.versions.get(key)!.at(-1)!.value, draw);
    if (key !== undefined && forged !== null && (await model.allows(key, forged))) model.force(key, forged);
    const wrong = miscount(model.history(), RULES.cap);
    if (wrong !== null) return wrong;
    if (!(await books(streets[0]!)).balanced) return 'the books are not balanced';
  }
  await finishAll(streets[draw(streets.length)]!);
  const left = await unfinished(streets[0]!);
  return left.length > 0 ? `${left.length} were left unfinished` : miscount(model.history(), RULES.cap);
}

/** The same walks each time, so that a change is what makes a difference; more, and others, by hand. */
const numRuns = Number(process.env.LOYALTY_WALKS ?? 12);
const seed = Number(process.env.LOYALTY_SEED ?? 8);

const numbers = fc.array(fc.nat(9999), { minLength: 120, maxLength: 120 });

describe('points are conserved', () => {
  it('whatever merchants and customers try, in whatever order, with crashes and forgeries', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, async (drawn) => {
        expect(await walk(drawn, 10, createRules(RULES))).toBeNull();
      }),
      { numRuns, seed },
    );
  });

  it('and this test would see it: rules without one of their checks lose or make points within a few walks', async () => {
    const rules = createRules(RULES);
    const ablations: Record<string, AccessControl> = {
      // Anybody's change of an existing group counts as given.
      'no look at what is on a key already': (change, tools) =>
        change.key.startsWith('points/') && change.previous !== null ? true : rules(change, tools),
      'a proof proves what its key is about': (change, tools) =>
        rules(change, {
          ...tools,
          verifyProof: async (proof) => {
            const proven = await tools.verifyProof(proof);
            const value = proven?.value as unknown as GroupValue | undefined;
            // Whatever was proven about a group, it is taken to have decided nothing.
            return proven && value?.done
              ? { ...proven, value: { ...value, done: [] } as unknown as Value }
              : proven;
          },
        }),
    };
    for (const [name, allow] of Object.entries(ablations)) {
      let seen: string | null = null;
      for (let seed = 1; seed <= 40 && seen === null; seed++) {
        const drawn = fc.sample(numbers, { seed, numRuns: 1 })[0]!;
        seen = await walk(drawn, 10, allow);
      }
      expect(seen, name).not.toBeNull();
    }
  });
});
