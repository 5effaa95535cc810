import { describe, expect, it } from 'vitest';
import {
  acceptOffer,
  accountOf,
  answerRequest,
  books,
  createCustomerKey,
  finish,
  give,
  groupOf,
  groups,
  issue,
  merchant,
  merge,
  offer,
  offers,
  readAnswer,
  readRequest,
  answerText,
  requestMerge,
  requestPayment,
  requestSwap,
  requestText,
  retire,
  split,
  submit,
  unfinished,
  withdrawOffer,
  type Answer,
  type CustomerKey,
  type Group,
  type LoyaltyError,
  type Operation,
  type Outcome,
  type Owner,
  type Request,
  type Street,
} from '../../examples/loyalty/points/index.ts';
import { encodeValue, type Result } from '../../src/index.ts';
import { miscount } from './accountant.ts';
import { Model, NAMES, RULES } from './model.ts';

const ana = createCustomerKey(new Uint8Array(32).fill(1));
const ben = createCustomerKey(new Uint8Array(32).fill(2));

function must<T>(result: Result<T, LoyaltyError>): T {
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
}
const ended = async (operation: Operation<Outcome>): Promise<readonly Group[]> =>
  must(await operation.result).groups;

/** By way of the texts that the two cameras see. */
function answered(request: Request, who: CustomerKey): Answer {
  const seen = readRequest(requestText(request));
  if (!seen.ok) throw new Error(seen.error.message);
  const answer = answerRequest(seen.value, who);
  if (!answer.ok) throw new Error(answer.error.message);
  const back = readAnswer(answerText(answer.value));
  if (!back.ok) throw new Error(back.error.message);
  return back.value;
}

interface World {
  readonly model: Model;
  readonly at: Record<(typeof NAMES)[number], Street>;
}

function world(): World {
  const model = new Model();
  return { model, at: Object.fromEntries(NAMES.map((name) => [name, model.street(name)])) as World['at'] };
}

async function issued(
  street: Street,
  amount: number,
  owner: Owner,
  expires: string | null = null,
): Promise<Group> {
  const [group] = await ended(issue(street, [{ amount, owner, expires }]));
  return group!;
}

async function balanced({ model, at }: World): Promise<void> {
  expect(miscount(model.history(), RULES.cap)).toBeNull();
  expect((await books(at.bakery)).balanced).toBe(true);
  expect(await unfinished(at.bakery)).toEqual([]);
}

describe('the life of points', () => {
  it('issue, pay part, give on, merge, retire: every point is somewhere, and the cap frees again', async () => {
    const w = world();
    const { at } = w;
    const first = await issued(at.bakery, 600, ana.owner, '2027-12-31');
    const request = must(await requestPayment(at.butcher, { from: first.key, amount: 150 }));
    const [paid, rest] = await ended(submit(at.butcher, request, answered(request, ana)));
    expect(paid).toMatchObject({
      amount: 150,
      owner: merchant('butcher'),
      issuer: 'bakery',
      expires: '2027-12-31',
    });
    expect(rest).toMatchObject({ amount: 450, owner: ana.owner });
    await ended(give(at.butcher, paid!.key, merchant('bakery')));
    const more = await issued(at.bakery, 50, ana.owner, '2027-06-30');
    const asked = must(await requestMerge(at.cheese, [rest!.key, more.key]));
    const [whole] = await ended(submit(at.cheese, asked, answered(asked, ana)));
    expect(whole).toMatchObject({
      amount: 500,
      owner: ana.owner,
      expires: '2027-06-30',
      state: { kind: 'live' },
    });
    expect(must(await accountOf(at.flowers, 'bakery'))).toMatchObject({
      issued: 650,
      outstanding: 650,
      left: 350,
    });
    await ended(retire(at.bakery, [paid!.key]));
    expect(must(await accountOf(at.flowers, 'bakery'))).toMatchObject({
      outstanding: 500,
      left: 500,
      retired: 150,
    });
    await balanced(w);
    expect(await groups(at.flowers, { owner: ana.owner })).toHaveLength(1);
  });

  it('merchants exchange points by an offer; it is void once it is withdrawn', async () => {
    const w = world();
    const { at } = w;
    const [a, b] = [
      await issued(at.bakery, 30, merchant('butcher')),
      await issued(at.butcher, 20, merchant('bakery')),
    ];
    const made = must(await offer(at.butcher, a.key, b.key).result);
    expect(await offers(at.bakery)).toEqual([{ ...made, open: true }]);
    const swapped = await ended(acceptOffer(at.bakery, made));
    expect(swapped.map(({ issuer, owner }) => [issuer, owner])).toEqual([
      ['bakery', merchant('bakery')],
      ['butcher', merchant('butcher')],
    ]);
    const [c, d] = [
      await issued(at.bakery, 5, merchant('butcher')),
      await issued(at.butcher, 5, merchant('bakery')),
    ];
    const next = must(await offer(at.butcher, c.key, d.key).result);
    await ended(withdrawOffer(at.butcher, next));
    const late = acceptOffer(at.bakery, next);
    expect(await late.result).toMatchObject({ ok: false, error: { type: 'lost' } });
    expect(late.state).toBe('lost');
    expect((await offers(at.bakery)).filter(({ open }) => open)).toEqual([]);
    await balanced(w);
  });

  it('a customer exchanges points with a merchant', async () => {
    const w = world();
    const { at } = w;
    const [mine, theirs] = [
      await issued(at.bakery, 30, ana.owner),
      await issued(at.butcher, 25, merchant('butcher')),
    ];
    const request = must(await requestSwap(at.butcher, mine.key, theirs.key));
    await ended(submit(at.butcher, request, answered(request, ana)));
    expect(must(await groupOf(at.cheese, theirs.key))).toMatchObject({ owner: ana.owner, amount: 25 });
    expect(must(await groupOf(at.cheese, mine.key))).toMatchObject({
      owner: merchant('butcher'),
      amount: 30,
    });
    await balanced(w);
  });

  it('a customer that signs for two merchants pays one; the other is told who was faster', async () => {
    const w = world();
    const { at } = w;
    const coin = await issued(at.bakery, 40, ana.owner);
    const [one, other] = [
      must(await requestPayment(at.butcher, { from: coin.key, amount: 40 })),
      must(await requestPayment(at.cheese, { from: coin.key, amount: 40 })),
    ];
    const operations = [
      submit(at.butcher, one, answered(one, ana)),
      submit(at.cheese, other, answered(other, ana)),
    ] as const;
    expect(operations.map(({ state }) => state)).toEqual(['pending', 'pending']);
    const results = await Promise.all(operations.map(({ result }) => result));
    expect(operations.map(({ state }) => state).sort()).toEqual(['certified', 'lost']);
    const now = must(await groupOf(at.flowers, coin.key))!;
    const loser = results.find((result) => !result.ok)!;
    expect(loser).toMatchObject({ error: { type: 'lost', winner: { key: coin.key, owner: now.owner } } });
    expect(now.owner).toBe(results[0]!.ok ? merchant('butcher') : merchant('cheese'));
    await balanced(w);
  });

  it('whoever finds a merge half done finishes it, whatever the crash left', async () => {
    for (let budget = 0; budget < 6; budget++) {
      const w = world();
      const { at, model } = w;
      const coins = await ended(
        issue(
          at.bakery,
          [10, 20, 30].map((amount) => ({ amount, owner: ana.owner, expires: null })),
        ),
      );
      const request = must(
        await requestMerge(
          at.butcher,
          coins.map(({ key }) => key),
        ),
      );
      model.budget = budget;
      const operation = submit(at.butcher, request, answered(request, ana));
      expect((await operation.result).ok).toBe(budget >= 3);
      model.budget = Infinity;
      for (const left of await unfinished(at.flowers)) await ended(finish(at.flowers, left));
      await balanced(w);
      const sums = (await groups(at.cheese, { owner: ana.owner })).map(({ amount }) => amount);
      expect(sums).toEqual(budget === 0 ? expect.arrayContaining([10, 20, 30]) : [60]);
    }
  });

  it('whoever finds an exchange half done finishes it', async () => {
    for (let budget = 1; budget < 5; budget++) {
      const w = world();
      const { at, model } = w;
      const [mine, theirs] = [
        await issued(at.bakery, 30, ana.owner),
        await issued(at.butcher, 25, merchant('butcher')),
      ];
      const request = must(await requestSwap(at.butcher, mine.key, theirs.key));
      model.budget = budget;
      await submit(at.butcher, request, answered(request, ana)).result;
      model.budget = Infinity;
      for (const left of await unfinished(at.flowers)) await ended(finish(at.flowers, left));
      await balanced(w);
      expect(must(await groupOf(at.cheese, theirs.key))).toMatchObject({ owner: ana.owner });
      expect(must(await groupOf(at.cheese, mine.key))).toMatchObject({ owner: merchant('butcher') });
    }
  });

  it('outputs of an issue, a split and a retirement that a crash left are found again and finished', async () => {
    const cases: readonly ((at: World['at'], coin: Group) => Operation<Outcome>)[] = [
      (at) => issue(at.bakery, [7, 8].map((amount) => ({ amount, owner: ben.owner, expires: null }))),
      (at, coin) => split(at.bakery, coin.key, [{ amount: 1, owner: ana.owner }, { amount: 9, owner: ben.owner }]),
      (at, coin) => retire(at.bakery, [coin.key]),
    ]; // prettier-ignore
    for (const run of cases) {
      for (let budget = 0; budget < 5; budget++) {
        const w = world();
        const coin = await issued(w.at.bakery, 10, merchant('bakery'));
        w.model.budget = budget;
        await run(w.at, coin).result;
        w.model.budget = Infinity;
        expect(miscount(w.model.history(), RULES.cap)).toBeNull();
        expect((await books(w.at.butcher)).balanced).toBe(true);
        for (const left of await unfinished(w.at.flowers)) await ended(finish(w.at.flowers, left));
        await balanced(w);
      }
    }
  });

  it('a merge of which one source is spent meanwhile takes the others; one whose target is spent gives all back', async () => {
    const w = world();
    const { at } = w;
    const coins = await ended(
      issue(
        at.bakery,
        [10, 20, 30].map((amount) => ({ amount, owner: ana.owner, expires: null })),
      ),
    );
    const [target, source, third] = coins as [Group, Group, Group];
    const request = must(
      await requestMerge(
        at.butcher,
        coins.map(({ key }) => key),
      ),
    );
    const pay = must(await requestPayment(at.cheese, { from: source.key, amount: 20 }));
    await ended(submit(at.cheese, pay, answered(pay, ana)));
    const [whole] = await ended(submit(at.butcher, request, answered(request, ana)));
    expect(whole).toMatchObject({ key: target.key, amount: 40 });
    const more = await issued(at.bakery, 5, ana.owner);
    const again = must(await requestMerge(at.butcher, [target.key, more.key]));
    const spend = must(await requestPayment(at.cheese, { from: target.key, amount: 40 }));
    w.model.budget = 1;
    await submit(at.butcher, again, answered(again, ana)).result;
    w.model.budget = Infinity;
    expect(must(await groupOf(at.bakery, more.key))).toMatchObject({ state: { kind: 'locked' } });
    await ended(submit(at.cheese, spend, answered(spend, ana)));
    const [left] = await unfinished(at.flowers);
    await ended(finish(at.flowers, left!));
    expect(must(await groupOf(at.bakery, more.key))).toMatchObject({
      state: { kind: 'live' },
      owner: ana.owner,
    });
    expect(must(await groupOf(at.bakery, third.key))).toMatchObject({ state: { kind: 'locked' } });
    await balanced(w);
  });

  it('what cannot be done is said before anything is proposed', async () => {
    const { at, model } = world();
    const coin = await issued(at.bakery, 10, merchant('bakery'));
    const theirs = await issued(at.bakery, 10, ana.owner, '2026-01-31');
    const size = [...model.versions.values()].flat().length;
    const nobody: Owner = `customer/${'0'.repeat(64)}`;
    const wanted: readonly (readonly [Operation<unknown>, string])[] = [
      [issue(at.bakery, [{ amount: 981, owner: ana.owner, expires: null }]), 'over-cap'],
      [issue(at.bakery, [{ amount: 0, owner: ana.owner, expires: null }]), 'amount-wrong'],
      [issue(at.bakery, [{ amount: 1.5, owner: ana.owner, expires: null }]), 'amount-wrong'],
      [issue(at.bakery, [{ amount: 1, owner: nobody, expires: null }]), 'owner-unknown'],
      [issue(at.bakery, [{ amount: 1, owner: ana.owner, expires: '2026-02-30' }]), 'expiry-malformed'],
      [give(at.bakery, coin.key, merchant('nobody')), 'owner-unknown'],
      [give(at.butcher, coin.key, ana.owner), 'not-owner'],
      [give(at.butcher, `points/${'0'.repeat(40)}`, ana.owner), 'not-found'],
      [split(at.bakery, coin.key, [{ amount: 4, owner: ana.owner }, { amount: 5, owner: ana.owner }]), 'amount-wrong'],
      [merge(at.bakery, [coin.key, theirs.key]), 'cannot-combine'],
      [retire(at.bakery, [theirs.key]), 'not-owner'],
    ]; // prettier-ignore
    for (const [operation, type] of wanted) {
      expect(await operation.result).toMatchObject({ ok: false, error: { type } });
      expect(operation.state).toBe('failed');
    }
    const late = await requestPayment(at.bakery, { from: theirs.key, amount: 1, today: '2026-02-01' });
    expect(late).toMatchObject({ ok: false, error: { type: 'expired' } });
    const onTime = await requestPayment(at.bakery, { from: theirs.key, amount: 1, today: '2026-01-31' });
    expect(onTime.ok).toBe(true);
    const foreign = must(await requestPayment(at.bakery, { from: theirs.key, amount: 1 }));
    const byBen = submit(at.bakery, foreign, { ...answered(foreign, ana), customer: ben.owner });
    expect(await byBen.result).toMatchObject({ ok: false, error: { type: 'signature-wrong' } });
    // But for settling, which changes nothing that points are worth.
    const values = [...model.versions.values()]
      .flat()
      .map(({ value }) => value as { move?: { kind: string } });
    expect(values.filter(({ move }) => move?.kind !== 'settled')).toHaveLength(size);
  });

  it('values stay as small after many merges and exchanges as after the first', async () => {
    const { at, model } = world();
    let coin = await issued(at.bakery, 1, merchant('bakery'));
    const sizes: number[] = [];
    for (let round = 0; round < 6; round++) {
      const more = await issued(at.bakery, 1, merchant('bakery'));
      [coin] = (await ended(merge(at.bakery, [more.key, coin.key]))) as [Group];
      const theirs = await issued(at.butcher, 1, merchant('butcher'));
      const made = must(await offer(at.butcher, theirs.key, coin.key).result);
      await ended(acceptOffer(at.bakery, made));
      await ended(give(at.butcher, coin.key, merchant('bakery')));
      sizes.push(
        Math.max(...[...model.versions.values()].flat().map(({ value }) => encodeValue(value).length)),
      );
    }
    // Some bytes more in a number, and nothing else.
    expect(sizes.at(-1)! - sizes[1]!).toBeLessThan(64);
    expect(sizes.at(-1)).toBeLessThan(8 * 1024);
  });
});
