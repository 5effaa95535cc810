import { describe, expect, it } from 'vitest';
import {
  acceptOffer,
  accountOf,
  answerRequest,
  books,
  confirmationOf,
  createCustomerKey,
  finish,
  give,
  groupOf,
  groups,
  issue,
  MAX_OUTPUTS,
  MAX_SHORT_RECEIPT_LENGTH,
  MAX_TEXT_LENGTH,
  merchant,
  merge,
  offer,
  offers,
  openStreet,
  readAnswer,
  readReceipt,
  readRequest,
  receipt,
  receiptText,
  answerText,
  requestMerge,
  requestPayment,
  requestSwap,
  requestText,
  retire,
  settle,
  split,
  submit,
  unfinished,
  withdrawOffer,
  type AccountValue,
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

type Set = Street['network']['set'];
type Prove = Street['network']['prove'];

/** A further tab of a merchant, to whose network something happens. */
function street(
  { model }: World,
  me: string,
  by: {
    readonly set?: (...args: [...Required<Parameters<Set>>, Set]) => ReturnType<Set>;
    readonly prove?: (key: string, version: number | undefined, prove: Prove) => ReturnType<Prove>;
  },
): Street {
  const network = model.network(me);
  const { set, prove } = by;
  return openStreet(
    {
      ...network,
      ...(set && { set: (key, value, options = {}) => set(key, value, options, network.set) }),
      ...(prove && { prove: (key, version) => prove(key, version, network.prove) }),
    },
    { me, rules: RULES },
  );
}

const kindOf = (value: unknown): string => (value as AccountValue).move.kind;

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

  it('a retirement that is open is finished before the next issue: its close hides nothing', async () => {
    for (let budget = 1; budget < 3; budget++) {
      const w = world();
      const { at, model } = w;
      const coin = await issued(at.bakery, 10, merchant('bakery'));
      await ended(settle(at.bakery, coin.key));
      model.budget = budget;
      await retire(at.bakery, [coin.key]).result;
      // The page is gone right after the account's issue, and before the outputs are in place.
      model.budget = Infinity;
      const cut = street(w, 'bakery', {
        set: async (key, value, options, set) => {
          const result = await set(key, value, options);
          if (key === 'account/bakery' && kindOf(value) === 'issued') model.budget = 0;
          return result;
        },
      });
      await issue(cut, [{ amount: 7, owner: ben.owner, expires: null }]).result;
      model.budget = Infinity;
      // The retirement first: its close is what would hide the issue.
      for (let left = await unfinished(at.flowers); left.length > 0; left = await unfinished(at.flowers))
        await ended(finish(at.flowers, left.at(-1)!));
      expect(await groups(at.flowers, { owner: ben.owner })).toMatchObject([{ amount: 7 }]);
      expect(must(await accountOf(at.flowers, 'bakery'))).toMatchObject({ issued: 17, retired: 10 });
      await balanced(w);
    }
  });

  it('two tabs of one stall: what the first issued is in place before the second issues, and each tells its own', async () => {
    for (const second of ['issue', 'retire'] as const) {
      const w = world();
      const { at, model } = w;
      const coin = await issued(at.bakery, 10, merchant('bakery'));
      let meanwhile: Operation<Outcome> | null = null;
      const tab = street(w, 'bakery', {
        // After this tab's issue is certified and before it places anything, the other one does its own, whole.
        set: async (key, value, options, set) => {
          const result = await set(key, value, options);
          if (key !== 'account/bakery' || meanwhile !== null) return result;
          meanwhile =
            second === 'issue'
              ? issue(at.bakery, [{ amount: 9, owner: ben.owner, expires: null }])
              : retire(at.bakery, [coin.key]);
          await meanwhile.result;
          return result;
        },
      });
      const first = await ended(issue(tab, [7, 8].map((amount) => ({ amount, owner: ana.owner, expires: null })))); // prettier-ignore
      expect(first.map(({ amount, owner }) => [amount, owner])).toEqual([7, 8].map((amount) => [amount, ana.owner])); // prettier-ignore
      expect(await ended(meanwhile!)).toMatchObject([{ amount: second === 'issue' ? 9 : 10 }]);
      expect(await groups(at.flowers, { owner: ana.owner })).toHaveLength(2);
      expect(model.versions.size).toBe(second === 'issue' ? 5 : 4);
      await balanced(w);
    }
  });

  it('an issue whose outcome was missed is looked up when the account has moved on, and never made twice', async () => {
    for (const held of [true, false]) {
      const w = world();
      const { at } = w;
      let missed = 0;
      const away = street(w, 'bakery', {
        set: async (key, value, options, set) => {
          const result = await set(key, value, options);
          if (key !== 'account/bakery' || missed++ > 0) return result;
          await issued(at.bakery, 9, ben.owner);
          return { ok: false, error: { type: 'outcome-unknown', message: 'away' } };
        },
        prove: (key, version, prove) =>
          !held && key === 'account/bakery'
            ? Promise.resolve({ ok: false, error: { type: 'not-held', message: 'forgotten' } })
            : prove(key, version),
      });
      const result = await issue(away, [{ amount: 7, owner: ana.owner, expires: null }]).result;
      if (held) expect(must(result).groups).toMatchObject([{ amount: 7, owner: ana.owner }]);
      else expect(result).toMatchObject({ ok: false, error: { type: 'unknown' } });
      expect(await groups(at.flowers, { owner: ana.owner })).toMatchObject([{ amount: 7 }]);
      expect(must(await accountOf(at.flowers, 'bakery'))).toMatchObject({ issued: 16 });
      await balanced(w);
    }
  });

  it('an issue that another one of this account was faster than is made after it', async () => {
    const w = world();
    const { at } = w;
    let tried = 0;
    const late = street(w, 'bakery', {
      set: async (key, value, options, set) => {
        if (key !== 'account/bakery' || tried++ > 0) return set(key, value, options);
        await issued(at.bakery, 9, ben.owner);
        await issued(at.bakery, 9, ben.owner);
        return { ok: false, error: { type: 'outcome-unknown', message: 'away' } };
      },
    });
    expect(await issued(late, 7, ana.owner)).toMatchObject({ amount: 7, owner: ana.owner });
    expect(must(await accountOf(at.flowers, 'bakery'))).toMatchObject({ issued: 25, version: 3 });
    await balanced(w);
  });

  it('who leaves in the middle of an exchange gets nothing, and the other keeps what it has', async () => {
    const w = world();
    const { at, model } = w;
    const [a, b] = [
      await issued(at.bakery, 30, merchant('butcher')),
      await issued(at.flowers, 20, merchant('bakery')),
    ];
    const made = must(await offer(at.butcher, a.key, b.key).result);
    model.budget = 1;
    await acceptOffer(at.bakery, made).result;
    model.budget = Infinity;
    expect(must(await groupOf(at.bakery, a.key))).toMatchObject({ state: { kind: 'locked' } });
    model.members = model.members.filter(({ id }) => id !== 'butcher');
    const [left] = await unfinished(at.cheese);
    expect(await finish(at.cheese, left!).result).toMatchObject({ error: { type: 'owner-unknown' } });
    // Whose the second group is ends it.
    await ended(finish(at.bakery, left!));
    expect(must(await groupOf(at.bakery, b.key))).toMatchObject({
      owner: merchant('bakery'),
      state: { kind: 'live' },
    });
    expect(must(await groupOf(at.bakery, a.key))).toMatchObject({
      owner: merchant('butcher'),
      state: { kind: 'live' },
    });
    await balanced(w);
  });

  it('an exchange whose second owner leaves is finished: the first has what was agreed, and waits for nobody', async () => {
    for (let budget = 1; budget < 3; budget++) {
      const w = world();
      const { at, model } = w;
      const [a, b] = [
        await issued(at.bakery, 30, merchant('butcher')),
        await issued(at.flowers, 20, merchant('bakery')),
      ];
      const made = must(await offer(at.butcher, a.key, b.key).result);
      model.budget = budget;
      await acceptOffer(at.bakery, made).result;
      model.budget = Infinity;
      model.members = model.members.filter(({ id }) => id !== 'bakery');
      for (const left of await unfinished(at.cheese)) await ended(finish(at.cheese, left));
      expect(must(await groupOf(at.cheese, b.key))).toMatchObject({ owner: merchant('butcher') });
      await balanced(w);
    }
  });

  it('the retirement of an issuer that has left is closed by anyone', async () => {
    for (let budget = 1; budget < 3; budget++) {
      const w = world();
      const coin = await issued(w.at.bakery, 10, merchant('bakery'));
      await ended(settle(w.at.bakery, coin.key));
      w.model.budget = budget;
      await retire(w.at.bakery, [coin.key]).result;
      w.model.budget = Infinity;
      w.model.members = w.model.members.filter(({ id }) => id !== 'bakery');
      expect(await unfinished(w.at.flowers)).toHaveLength(1);
      for (const left of await unfinished(w.at.flowers)) await ended(finish(w.at.flowers, left));
      expect(must(await accountOf(w.at.flowers, 'bakery'))).toMatchObject({ retired: 10 });
      await balanced(w);
    }
  });

  it('a receipt stays short after a merge of eight', async () => {
    const w = world();
    const { at } = w;
    const coins = await ended(
      issue(at.bakery, Array.from({ length: MAX_OUTPUTS }, () => ({ amount: 5, owner: ana.owner, expires: null }))),
    ); // prettier-ignore
    const request = must(await requestMerge(at.butcher, coins.map(({ key }) => key))); // prettier-ignore
    const [whole] = await ended(submit(at.butcher, request, answered(request, ana)));
    const carrying = await at.butcher.network.prove(whole!.key);
    if (!carrying.ok) throw new Error(carrying.error.message);
    // As long as this without settling.
    expect(receiptText(carrying.value).length).toBeGreaterThan(MAX_SHORT_RECEIPT_LENGTH);
    const { group, proof, text } = must(await receipt(at.butcher, whole!.key).result);
    expect(text.length).toBeLessThan(MAX_SHORT_RECEIPT_LENGTH);
    expect(text.length).toBeLessThan(MAX_TEXT_LENGTH);
    expect(readReceipt(text)).toEqual({ ok: true, value: proof });
    // What the customer signed meanwhile still counts.
    expect(group).toMatchObject({
      amount: 40,
      seq: whole!.seq,
      owner: ana.owner,
      version: whole!.version + 1,
    });
    // Nothing to settle any more.
    expect(must(await receipt(at.butcher, whole!.key).result).group.version).toBe(group.version);
    await balanced(w);
  });

  it('what has expired is not exchanged', async () => {
    const { at } = world();
    const [old, fresh, own, stale] = [
      await issued(at.bakery, 10, ana.owner, '2026-01-31'),
      await issued(at.bakery, 10, ana.owner, '2026-12-31'),
      await issued(at.butcher, 10, merchant('butcher')),
      await issued(at.butcher, 10, merchant('butcher'), '2026-01-31'),
    ];
    const today = '2026-02-01';
    const expired = { ok: false, error: { type: 'expired' } };
    expect(await requestSwap(at.butcher, old.key, own.key, { today })).toMatchObject(expired);
    expect(await requestSwap(at.butcher, fresh.key, stale.key, { today })).toMatchObject(expired);
    expect(await requestSwap(at.butcher, old.key, own.key, { today: '2026-01-31' })).toMatchObject({
      ok: true,
    });
    const asked = must(await requestSwap(at.butcher, fresh.key, own.key, { today }));
    // The phone is told of both last days.
    expect(confirmationOf(asked, ana.owner)).toMatchObject({
      value: { movements: [{ expires: '2026-12-31' }, { expires: null }] },
    });
    const theirs = await issued(at.bakery, 10, merchant('bakery'), '2026-03-31');
    expect(await offer(at.butcher, stale.key, theirs.key, { today }).result).toMatchObject(expired);
    const made = must(await offer(at.butcher, own.key, theirs.key, { today }).result);
    expect(await acceptOffer(at.bakery, made, { today: '2026-04-01' }).result).toMatchObject(expired);
    await ended(acceptOffer(at.bakery, made, { today: '2026-03-31' }));
  });
});
