/** What the rules refuse. Every forgery starts from a change that they allow, and changes one thing. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  answerRequest,
  createCustomerKey,
  createRules,
  finish,
  give,
  issue,
  MAX_DONE,
  merchant,
  merge,
  offer,
  acceptOffer,
  outputKey,
  planId,
  requestMerge,
  requestPayment,
  retire,
  settle,
  submit,
  unfinished,
  type Group,
  type GroupKey,
  type GroupMove,
  type GroupValue,
  type AccountValue,
  type Operation,
  type OffersValue,
  type Outcome,
  type Owner,
  type Statement,
} from '../../examples/loyalty/points/index.ts';
import { signedBytes } from '../../examples/loyalty/points/names.ts';
import type { Change, Value } from '../../src/index.ts';
import { Model, NAMES, RULES } from './model.ts';

const ana = createCustomerKey(new Uint8Array(32).fill(1));
const eve = createCustomerKey(new Uint8Array(32).fill(66));
const NOWHERE: GroupKey = `points/${'e'.repeat(40)}`;
/** y = 1: a point of small order, which signs anything. */
const SMALL_ORDER = `customer/01${'0'.repeat(62)}` as const;

type Fields = { readonly [name: string]: Value };
type Kind = GroupMove['kind'] | AccountValue['move']['kind'] | 'offers';

let model: Model;
/** One allowed change of each kind. */
const good = new Map<Kind, Change>();
let before: { readonly key: string; readonly version: number; readonly value: Value }[] = [];

async function done(operation: Operation<Outcome>): Promise<readonly Group[]> {
  const result = await operation.result;
  if (!result.ok) throw new Error(result.error.message);
  return result.value.groups;
}

beforeAll(async () => {
  model = new Model();
  const [bakery, butcher] = [model.street('bakery'), model.street('butcher')];
  const each = (amounts: readonly number[], owner: `customer/${string}` | `merchant/${string}`) =>
    done(issue(bakery, amounts.map((amount) => ({ amount, owner, expires: '2027-12-31' })))); // prettier-ignore
  // A give, a split and a merge by a customer; a swap, an unlock and a retirement by merchants.
  const [a, b, c] = await each([10, 20, 30], ana.owner);
  const pay = await requestPayment(butcher, { from: a!.key, amount: 10 });
  if (!pay.ok) throw new Error(pay.error.message);
  await done(submit(butcher, pay.value, answerOf(pay.value)));
  const part = await requestPayment(butcher, { from: b!.key, amount: 5 });
  if (!part.ok) throw new Error(part.error.message);
  const [, rest] = await done(submit(butcher, part.value, answerOf(part.value)));
  const both = await requestMerge(butcher, [rest!.key, c!.key]);
  if (!both.ok) throw new Error(both.error.message);
  await done(submit(butcher, both.value, answerOf(both.value)));
  const [mine] = await done(issue(butcher, [{ amount: 7, owner: merchant('bakery'), expires: null }]));
  const offered = await offer(butcher, a!.key, mine!.key).result;
  if (!offered.ok) throw new Error(offered.error.message);
  await done(acceptOffer(bakery, offered.value));
  const [d, e] = await each([1, 2], merchant('bakery'));
  model.budget = 2;
  await merge(bakery, [d!.key, e!.key]).result;
  model.budget = Infinity;
  await done(give(bakery, d!.key, merchant('bakery')));
  for (const left of await unfinished(butcher)) await done(finish(butcher, left));
  await done(settle(bakery, e!.key));
  await done(retire(bakery, [d!.key, e!.key]));
  for (const change of model.certified) {
    const value = change.value as Fields;
    good.set(value.move ? ((value.move as Fields).kind as Kind) : 'offers', change);
  }
  before = model.certified.map(({ key, version, value }) => ({ key, version, value: value! }));
});

function answerOf(request: Parameters<typeof answerRequest>[0]) {
  const answer = answerRequest(request, ana);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

const ALL: readonly Kind[] = [
  'issued', 'placed', 'settled', 'given', 'split', 'locked', 'merged', 'swapped', 'received', 'unlocked',
  'opened', 'retired', 'closed', 'offers',
]; // prettier-ignore

/** The change with another value. */
const withValue = (kind: Kind, edit: (value: never) => unknown): Change => {
  const change = good.get(kind)!;
  return { ...change, value: edit(structuredClone(change.value) as never) as Value };
};
const withMove = (kind: Kind, edit: (move: never) => unknown): Change =>
  withValue(kind, (value: Fields) => ({ ...value, move: edit(value.move as never) }));

async function refused(forgeries: Record<string, Change>): Promise<void> {
  for (const [name, change] of Object.entries(forgeries))
    expect(await model.judge(change).catch((error: Error) => error.message), name).toBe(false);
}

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
const certifiedAs = (kind: Kind): { key: string; version: number; value: Value } =>
  before.findLast(({ value }) => ((value as Fields).move as Fields | undefined)?.kind === kind)!;
const proofOf = ({ key, version, value }: { key: string; version: number; value: Value }): Uint8Array =>
  model.prove(key, version, value);

describe('every kind of change', () => {
  it('is allowed as our pages make it', async () => {
    for (const kind of ALL) expect(await model.judge(good.get(kind)!), kind).toBe(true);
  });

  it('is exact: no field too many, too few or of another kind, no delete', async () => {
    for (const kind of ALL) {
      await refused({ [`${kind}: deleted`]: { ...good.get(kind)!, value: undefined } });
      const value = good.get(kind)!.value as Fields;
      await refused({ [`${kind}: extra`]: withValue(kind, (one: Fields) => ({ ...one, extra: 1 })) });
      for (const name of Object.keys(value)) {
        const { [name]: gone, ...rest } = value;
        await refused({
          [`${kind} without ${name}`]: withValue(kind, () => rest),
          [`${kind}: ${name} of another kind`]: withValue(kind, () => ({
            ...rest,
            [name]: typeof gone === 'string' ? 1 : 'x',
          })),
        });
      }
      if (kind === 'offers') continue;
      const move = value.move as Fields;
      await refused({ [`${kind}: extra in move`]: withMove(kind, (one: Fields) => ({ ...one, extra: 1 })) });
      for (const name of Object.keys(move)) {
        const { [name]: gone, ...rest } = move;
        await refused({
          [`${kind} without move.${name}`]: withMove(kind, () => rest),
          [`${kind}: move.${name} of another kind`]: withMove(kind, () => ({
            ...rest,
            [name]: gone instanceof Uint8Array ? 'x' : new Uint8Array(64),
          })),
        });
      }
    }
  });

  it('counts once: not in another key, not in another network, not again', async () => {
    const other = new Model(createRules(RULES), 'b'.repeat(64));
    for (const kind of ALL) {
      const change = good.get(kind)!;
      const key =
        kind === 'offers' ? 'offers/cheese' : change.key.startsWith('account/') ? 'account/cheese' : NOWHERE;
      // These follow from the version before them, which is certified and bound to its key.
      if (kind !== 'settled' && kind !== 'unlocked' && kind !== 'closed') {
        await refused({ [`${kind} in another key`]: { ...change, key } });
        const elsewhere = { ...change, network: other.id };
        expect(await other.judge(elsewhere), `${kind} in another network`).toBe(false);
      }
      const again = {
        ...change,
        version: change.version + 1,
        previous: { value: change.value!, digest: '' },
      };
      await refused({ [`${kind} again`]: again });
    }
  });

  it('needs whole signatures and proofs', async () => {
    for (const kind of ALL) {
      const value = good.get(kind)!.value as Fields;
      const move = (kind === 'offers' ? value : value.move) as Fields;
      const edit = (to: Fields): Change =>
        kind === 'offers'
          ? withValue(kind, () => ({ ...value, ...to }))
          : withMove(kind, () => ({ ...move, ...to }));
      for (const name of ['signature', 'proof'] as const) {
        const bytes = move[name];
        if (bytes instanceof Uint8Array)
          await refused({
            [`${kind}: ${name} with a bit changed`]: edit({ [name]: flip(bytes) }),
            [`${kind}: ${name} of zeros`]: edit({ [name]: new Uint8Array(64) }),
            [`${kind}: no ${name}`]: edit({ [name]: new Uint8Array(0) }),
          });
      }
      for (const name of ['signatures', 'proofs'] as const) {
        const many = move[name] as Uint8Array[] | undefined;
        if (many)
          await refused({
            [`${kind}: first of ${name} changed`]: edit({ [name]: [flip(many[0]!), ...many.slice(1)] }),
            [`${kind}: one of ${name} missing`]: edit({ [name]: many.slice(1) }),
            [`${kind}: one of ${name} too many`]: edit({ [name]: [...many, many[0]!] }),
          });
      }
    }
  });

  it('has amounts that are whole, at least one and not too many', async () => {
    for (const amount of [0, -1, -10, 1.5, 2 ** 53, 1e300, NaN, Infinity, '10', null, 10n]) {
      for (const kind of ALL.filter((one) => good.get(one)!.key.startsWith('points/')))
        await refused({
          [`${kind} of ${String(amount)}`]: withValue(kind, (one: GroupValue) => ({ ...one, amount })),
        });
      const output = { amount, owner: ana.owner };
      await refused({
        [`issue of ${String(amount)}`]: withMove('issued', (one: Fields) => ({
          ...one,
          outputs: [{ ...output, expires: null }],
        })),
        [`split of ${String(amount)}`]: withMove('split', (one: Fields) => ({
          ...one,
          outputs: [output, output],
        })),
      });
    }
  });

  it('changes nothing that it is not about', async () => {
    for (const kind of ALL.filter((one) => good.get(one)!.key.startsWith('points/'))) {
      const set = (to: Partial<GroupValue>): Change =>
        withValue(kind, (one: GroupValue) => ({ ...one, ...to }));
      const { amount, seq, done: decided } = good.get(kind)!.value as unknown as GroupValue;
      await refused({
        [`${kind}: more points`]: set({ amount: amount + 1 }),
        [`${kind}: another issuer`]: set({ issuer: 'cheese' }),
        [`${kind}: another owner`]: set({ owner: eve.owner }),
        [`${kind}: good for ever`]: set({ expires: kind === 'swapped' ? '2999-01-01' : null }),
        [`${kind}: seq ahead`]: set({ seq: seq + 1 }),
        [`${kind}: decided more`]: set({ done: [...decided, 'f'.repeat(32)] }),
        ...(decided.length > 0 && { [`${kind}: decided less`]: set({ done: decided.slice(1) }) }),
      });
    }
    for (const kind of ['issued', 'opened', 'closed'] as const) {
      const set = (to: (one: AccountValue) => Partial<AccountValue>): Change =>
        withValue(kind, (one: AccountValue) => ({ ...one, ...to(one) }));
      await refused({
        [`${kind}: issued less`]: set(({ issued }) => ({ issued: issued - 1 })),
        [`${kind}: retired more`]: set(({ retired }) => ({ retired: retired + 1 })),
        [`${kind}: a round more`]: set(({ rounds }) => ({ rounds: rounds + 1 })),
        [`${kind}: another opening`]: set(({ open }) => ({
          open: open.length > 0 ? [] : [(good.get('opened')!.value as unknown as AccountValue).open[0]!],
        })),
      });
    }
  });
});

describe('issuing', () => {
  /** A whole issue, signed by `signer`. */
  function issueBy(
    signer: string,
    amount: number,
    to: Partial<Change> = {},
    owner: string = ana.owner,
  ): Change {
    const change = { ...good.get('issued')!, ...to };
    const issuer = change.key.slice('account/'.length);
    const was = (change.previous?.value ?? {
      issued: 0,
      retired: 0,
      rounds: 0,
      open: [],
    }) as unknown as AccountValue;
    const outputs = [{ amount, owner: owner as typeof ana.owner, expires: null }];
    const { network, version } = change;
    const signature = model.sign(signer, signedBytes({ kind: 'issue', network, issuer, version, outputs }));
    const { retired, rounds, open } = was;
    const value = {
      format: 1,
      issued: was.issued + amount,
      retired,
      rounds,
      open,
      move: { kind: 'issued', outputs, signature },
    };
    return { ...change, value: value as unknown as Value };
  }

  it('is for members, each for itself, and within the cap', async () => {
    const first = { version: 1, previous: null };
    expect(await model.judge(issueBy('bakery', RULES.cap, first))).toBe(true);
    await refused({
      'beyond the cap': issueBy('bakery', RULES.cap + 1, first),
      'beyond what is left': issueBy('bakery', RULES.cap),
      'signed by another member': issueBy('butcher', 1),
      'for somebody who is no member': issueBy('bakery', 1, { ...first, key: 'account/stranger' }),
      'by a member that has left': { ...issueBy('bakery', 1), members: model.members.slice(1) },
      'to somebody who is no member': issueBy('bakery', 1, first, 'merchant/stranger'),
      'to a key that signs anything': issueBy('bakery', 1, first, SMALL_ORDER),
      'to a key that is no point': issueBy('bakery', 1, first, `customer/02${'0'.repeat(61)}1`),
      'an account of no name': issueBy('bakery', 1, { ...first, key: 'account/' }),
    });
    // Whose close, which is anyone's, would hide what the issue names.
    const { open } = good.get('opened')!.value as unknown as AccountValue;
    const change = good.get('issued')!;
    const previous = (was: AccountValue['open']): Partial<Change> => ({
      version: 9,
      previous: {
        value: { ...(change.previous!.value as Fields), open: was as unknown as Value },
        digest: '',
      },
    });
    expect(await model.judge(issueBy('bakery', 1, previous([])))).toBe(true);
    const over = issueBy('bakery', 1, previous(open));
    await refused({
      'while a retirement is open': over,
      'in place of a retirement that is open': { ...over, value: { ...(over.value as Fields), open: [] } },
    });
    const signedFor = issueBy('bakery', 1);
    await refused({ 'in another version': { ...signedFor, version: signedFor.version + 1 } });
  });

  it('an output is exactly what its source names, where it says, once', async () => {
    const change = good.get('placed')!;
    const [issueOf, splitOf] = [certifiedAs('issued'), certifiedAs('split')];
    const proven = (source: { key: string; version: number; value: Value }): Change =>
      withMove('placed', (one: Fields) => ({ ...one, proof: proofOf(source) }));
    await refused({
      'proof of another source': proven(splitOf),
      'proof of a group': proven({ key: change.key, version: 1, value: change.value! }),
      'proof of a version that nobody certified': withMove('placed', (one: Fields) => ({
        ...one,
        proof: model.prove(issueOf.key, issueOf.version, issueOf.value, new Uint8Array(32).fill(3)),
      })),
      'the place of another output': {
        ...change,
        key: outputKey({ key: issueOf.key, seq: issueOf.version }, 7),
      },
      'over what is there': { ...change, version: 2, previous: { value: change.value!, digest: '' } },
      'after a delete': { ...change, version: 3 },
      'without a source': withMove('placed', () => ({ kind: 'settled' })),
    });
  });
});

describe('spending', () => {
  it('is signed by the owner, over all that the group is and where it goes', async () => {
    const change = good.get('given')!;
    const was = change.previous!.value as unknown as GroupValue;
    const from = {
      key: change.key as GroupKey,
      seq: was.seq,
      issuer: was.issuer,
      amount: was.amount,
      owner: was.owner,
      expires: was.expires,
    };
    const by = (
      who: (bytes: Uint8Array) => Uint8Array,
      statement: Partial<Record<keyof Statement | 'from' | 'to', unknown>> = {},
    ) => {
      const { owner: to } = change.value as unknown as GroupValue;
      const whole = { kind: 'give', network: model.id, from, to, ...statement } as unknown as Statement;
      return withMove('given', (one: Fields) => ({ ...one, signature: who(signedBytes(whole)) }));
    };
    const bakery = (bytes: Uint8Array): Uint8Array => model.sign('bakery', bytes);
    expect(await model.judge(by(bakery))).toBe(true);
    await refused({
      'by another member': by((bytes) => model.sign('butcher', bytes)),
      'by a customer': by((bytes) => ed25519.sign(bytes, eve.secret)),
      'for another recipient': by(bakery, { to: eve.owner }),
      'for another seq': by(bakery, { from: { ...from, seq: from.seq + 1 } }),
      'for another amount': by(bakery, { from: { ...from, amount: 1000 } }),
      'for another key': by(bakery, { from: { ...from, key: NOWHERE } }),
      'for another network': by(bakery, { network: 'b'.repeat(64) }),
      'of another kind': by(bakery, { kind: 'split' }),
    });
    for (const owner of ['merchant/stranger', SMALL_ORDER, `customer/${'f'.repeat(64)}`]) {
      const to = by(bakery, { to: owner });
      await refused({ [`to ${owner}`]: { ...to, value: { ...(to.value as Fields), owner } } });
    }
  });

  it('ends with a split: the parts are whole, and their sum is the group', async () => {
    const change = good.get('split')!;
    const was = change.previous!.value as unknown as GroupValue;
    const from = {
      key: change.key as GroupKey,
      seq: was.seq,
      issuer: was.issuer,
      amount: was.amount,
      owner: was.owner,
      expires: was.expires,
    };
    const into = (...amounts: readonly number[]): Change => {
      const outputs = amounts.map((amount) => ({ amount, owner: ana.owner }));
      const bytes = signedBytes({ kind: 'split', network: model.id, from, outputs });
      return withMove('split', () => ({
        kind: 'split',
        outputs,
        signature: ed25519.sign(bytes, ana.secret),
      }));
    };
    const to = (owner: `merchant/${string}` | `customer/${string}`): Change => {
      const outputs = [
        { amount: 12, owner },
        { amount: 8, owner: ana.owner },
      ];
      const bytes = signedBytes({ kind: 'split', network: model.id, from, outputs });
      return withMove('split', () => ({
        kind: 'split',
        outputs,
        signature: ed25519.sign(bytes, ana.secret),
      }));
    };
    expect(await model.judge(to(eve.owner))).toBe(true);
    await refused({
      'to no member': to('merchant/stranger'),
      'to a key that signs anything': to(SMALL_ORDER),
    });
    expect(was.owner).toBe(ana.owner);
    expect(await model.judge(into(12, 8))).toBe(true);
    await refused({
      'a point too many': into(12, 9),
      'a point too few': into(12, 7),
      'a negative part': into(25, -5),
      'a part of nothing': into(20, 0),
      halves: into(19.5, 0.5),
      'one part': into(20),
      'nine parts': into(12, 1, 1, 1, 1, 1, 1, 1, 1),
      huge: into(2 ** 53, 20 - 2 ** 53),
    });
  });

  it('happens once: what is split, locked or retired is not given', async () => {
    const given = good.get('given')!;
    for (const kind of ['split', 'locked', 'retired'] as const) {
      const ended = { ...(given.previous!.value as Fields), move: (good.get(kind)!.value as Fields).move! };
      await refused({ [`after ${kind}`]: { ...given, previous: { value: ended, digest: '' } } });
    }
  });

  it('settling drops proofs, and nothing else, where there are some', async () => {
    const plain = { ...good.get('settled')!, previous: { value: good.get('given')!.value!, digest: '' } };
    await refused({
      'of what carries none': {
        ...plain,
        value: { ...(good.get('given')!.value as Fields), move: { kind: 'settled' } },
      },
    });
    for (const kind of ['split', 'locked', 'retired'] as const) {
      const value = { ...(good.get(kind)!.value as Fields), move: { kind: 'settled' } };
      await refused({
        [`of what is ${kind}`]: { ...plain, previous: { value: good.get(kind)!.value!, digest: '' }, value },
      });
    }
  });
});

describe('merges and exchanges', () => {
  const planned = (kind: 'locked', edit: (move: Extract<GroupMove, { kind: 'locked' }>) => unknown): Change =>
    withMove(kind, edit as (move: never) => unknown);

  it('a lock needs a decider that is there as it was signed, without proofs in it, and can decide', async () => {
    const lock = good.get('locked')!;
    const { plan } = (lock.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'locked' }>;
    const decider = plan.kind === 'merge' ? plan.target : plan.second;
    const at = before.findLast(
      ({ key, value }) => key === decider.key && (value as unknown as GroupValue).seq === decider.seq,
    )!;
    const proven = (edit: Partial<GroupValue>, key = at.key): Change =>
      planned('locked', (move) => ({
        ...move,
        proof: model.prove(key, at.version, { ...(at.value as Fields), ...(edit as Fields) }),
      }));
    expect(await model.judge(proven({}))).toBe(true);
    await refused({
      'another key': proven({}, NOWHERE),
      ended: proven({ move: (good.get('split')!.value as unknown as GroupValue).move }),
      'locked itself': proven({ move: (good.get('locked')!.value as unknown as GroupValue).move }),
      'carries proofs': proven({ move: (good.get('placed')!.value as unknown as GroupValue).move }),
      'has moved on': proven({ seq: decider.seq + 1 }),
      'of another amount': proven({ amount: 999 }),
      'has decided too often': proven({
        done: Array.from({ length: MAX_DONE }, (_, i) => String(i).padStart(32, '0')),
      }),
    });
  });

  it('a merge is of one owner and one issuer, each group once', async () => {
    const merged = good.get('merged')!;
    const { plan } = (merged.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'merged' }>;
    const source = before.findLast(
      ({ key, value }) =>
        key === plan.sources[0]!.key && (value as unknown as GroupValue).move.kind === 'locked',
    )!;
    const { proof } = (source.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'locked' }>;
    const was = before.find(({ key, version }) => key === source.key && version === source.version - 1)!;
    const change: Change = {
      ...merged,
      key: source.key,
      version: source.version,
      previous: { value: was.value, digest: '' },
      value: source.value,
    };
    expect(await model.judge(change)).toBe(true);
    const secret = plan.target.owner === ana.owner ? ana.secret : null;
    const replanned = (edit: Partial<typeof plan>): Change => {
      const next = { ...plan, ...edit };
      const bytes = signedBytes(next);
      const signature = secret ? ed25519.sign(bytes, secret) : model.sign('bakery', bytes);
      return {
        ...change,
        value: {
          ...(source.value as Fields),
          move: { kind: 'locked', plan: next, signatures: [signature], proof } as unknown as Value,
        },
      };
    };
    const [first] = plan.sources;
    expect(await model.judge(replanned({}))).toBe(true);
    await refused({
      'the same group twice': replanned({ sources: [first!, first!] }),
      'the target as a source': replanned({ sources: [first!, plan.target] }),
      'a source of another issuer': replanned({
        sources: [first!, { ...first!, key: NOWHERE, issuer: 'butcher' }],
      }),
      'a source of another owner': replanned({
        sources: [first!, { ...first!, key: NOWHERE, owner: eve.owner }],
      }),
      'without this group': replanned({ sources: [{ ...first!, key: NOWHERE }] }),
      'no sources': replanned({ sources: [] }),
      'more than a group holds': replanned({
        sources: [first!, { ...first!, key: NOWHERE, amount: 1_000_000_000 }],
      }),
      'of another network': replanned({ network: 'b'.repeat(64) }),
    });
  });

  it('a merge takes what is locked for it, and nothing that is not', async () => {
    const merged = good.get('merged')!;
    const { plan } = (merged.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'merged' }>;
    const [source] = plan.sources;
    const versions = before.filter(({ key }) => key === source!.key);
    const locked = versions.find(({ value }) => (value as unknown as GroupValue).move.kind === 'locked')!;
    const proven = (value: Value, amount?: number): Change =>
      withValue('merged', (one: GroupValue) => ({
        ...one,
        ...(amount !== undefined && { amount }),
        move: { ...one.move, proofs: [model.prove(source!.key, locked.version, value)] },
      }));
    const { amount } = good.get('merged')!.previous!.value as unknown as GroupValue;
    const spent = { ...(locked.value as Fields), move: { kind: 'given', signature: new Uint8Array(64) } };
    const otherPlan = { ...plan, target: { ...plan.target, seq: plan.target.seq + 1 } };
    const otherLock = {
      ...(locked.value as Fields),
      move: { ...((locked.value as Fields).move as Fields), plan: otherPlan },
    };
    await refused({
      'a source before its lock': proven(versions[0]!.value),
      'a source that is not locked, as out': proven(versions[0]!.value, amount),
      'a source that was spent otherwise': proven(spent),
      'a source locked for another merge': proven(otherLock as unknown as Value),
      'the locked source as out': proven(locked.value, amount),
      'nothing at all': proven(spent, amount),
    });
  });

  it('a merge leaves out only what was spent', async () => {
    const merged = good.get('merged')!;
    const target = merged.previous!.value as unknown as GroupValue;
    const { plan } = (merged.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'merged' }>;
    const [one] = plan.sources;
    const other = { ...one!, key: NOWHERE, amount: 3 };
    const both = { ...plan, sources: [one!, other] };
    const group = (seq: number, amount: number, move: unknown): Value =>
      ({ ...target, seq, amount, done: [], move }) as unknown as Value;
    const { signatures, proof } = (good.get('locked')!.value as unknown as GroupValue).move as Extract<
      GroupMove,
      { kind: 'locked' }
    >;
    const lock = { kind: 'locked', plan: both, signatures: signatures.slice(0, 1), proof };
    const without = (seq: number): Change => {
      const proofs = [
        model.prove(one!.key, 9, group(one!.seq + 1, one!.amount, lock)),
        model.prove(NOWHERE, 9, group(seq, 3, { kind: 'given', signature: new Uint8Array(64) })),
      ];
      return withValue('merged', (was: GroupValue) => ({
        ...was,
        amount: target.amount + one!.amount,
        done: [...target.done, planId(both)],
        move: { kind: 'merged', plan: both, proofs },
      }));
    };
    expect(await model.judge(without(other.seq + 1))).toBe(true);
    await refused({
      'what can still be locked': without(other.seq),
      'an old version': without(other.seq - 1),
    });
  });

  it('an exchange is decided once: both or neither', async () => {
    const [swapped, received] = [good.get('swapped')!, good.get('received')!];
    const { plan } = (swapped.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'swapped' }>;
    const lock = before.findLast(
      ({ key, value }) => key === plan.first.key && (value as unknown as GroupValue).move.kind === 'locked',
    )!;
    const decided = before.findLast(
      ({ key, value }) => key === plan.second.key && (value as unknown as GroupValue).move.kind === 'settled',
    )!;
    const locked = { ...received, previous: { value: lock.value, digest: '' }, version: lock.version + 1 };
    const freed = (proof: Uint8Array): Change => ({
      ...locked,
      value: {
        ...(lock.value as Fields),
        seq: (lock.value as unknown as GroupValue).seq + 1,
        move: { kind: 'unlocked', proof },
      },
    });
    const otherwise = {
      ...(decided.value as Fields),
      done: [],
      move: { kind: 'given', signature: new Uint8Array(64) },
    };
    expect(await model.judge(freed(model.prove(decided.key, decided.version, otherwise)))).toBe(true);
    const earlier = before.findLast(
      ({ key, value }) => key === plan.second.key && (value as unknown as GroupValue).seq === plan.second.seq,
    )!;
    const unlockedOwner = { ...received, value: { ...(received.value as Fields), owner: plan.first.owner } };
    await refused({
      'given back although it was decided': freed(proofOf(decided)),
      'given back before it is decided': freed(proofOf(earlier)),
      'given back by another group': freed(model.prove(NOWHERE, decided.version, otherwise)),
      'received before it is decided': withMove('received', (one: Fields) => ({
        ...one,
        proof: proofOf(earlier),
      })),
      'received although it was decided otherwise': withMove('received', (one: Fields) => ({
        ...one,
        proof: model.prove(decided.key, decided.version, otherwise),
      })),
      'received by its old owner': unlockedOwner,
      'swapped without the other group locked': withMove('swapped', (one: Fields) => ({
        ...one,
        proof: model.prove(plan.first.key, lock.version, {
          ...(lock.value as Fields),
          move: { kind: 'given', signature: new Uint8Array(64) },
        }),
      })),
      'swapped once more': {
        ...swapped,
        previous: { value: swapped.value!, digest: '' },
        version: swapped.version + 1,
      },
    });
    expect((decided.value as unknown as GroupValue).done).toContain(planId(plan));
    // Who left meanwhile gets nothing; but what was locked, or decided, comes to its end.
    const locking = model.certified.find(({ key, version }) => key === lock.key && version === lock.version)!;
    expect(await model.judge(locking)).toBe(true);
    const without = (change: Change, owner: Owner): Change => ({
      ...change,
      members: model.members.filter(({ id }) => merchant(id) !== owner),
    });
    await refused({
      'swapped to who has left': without(swapped, plan.first.owner),
      'locked for who has left': without(locking, plan.second.owner),
    });
    expect(await model.judge(without(swapped, plan.second.owner))).toBe(true);
    expect(await model.judge(without(received, plan.second.owner))).toBe(true);
    expect(await model.judge(without(received, plan.first.owner))).toBe(true);
  });
});

describe('retiring', () => {
  it('is for the issuer alone, of points that are its own again, and counts what was retired for it', async () => {
    const [opened, retired, closed] = [good.get('opened')!, good.get('retired')!, good.get('closed')!];
    const value = opened.value as unknown as AccountValue;
    const reopened = (
      open: AccountValue['open'],
      proofs: readonly Uint8Array[],
      signer = 'bakery',
    ): Change => {
      const round = value.rounds + 1;
      const bytes = signedBytes({
        kind: 'retirement',
        network: model.id,
        issuer: 'bakery',
        version: opened.version,
        round,
        groups: open,
      });
      const move = { kind: 'opened', signature: model.sign(signer, bytes), proofs };
      return { ...opened, value: { ...(opened.value as Fields), open, move } as unknown as Value };
    };
    const { proofs } = value.move as Extract<AccountValue['move'], { kind: 'opened' }>;
    const [one] = value.open;
    expect(await model.judge(reopened(value.open, proofs))).toBe(true);
    await refused({
      'signed by another': reopened(value.open, proofs, 'butcher'),
      'the same group twice': reopened([one!, one!], [proofs[0]!, proofs[0]!]),
      'of another issuer': reopened([{ ...one!, issuer: 'butcher' }], [proofs[0]!]),
      'of another owner': reopened([{ ...one!, owner: merchant('butcher') }], [proofs[0]!]),
      'more than the group has': reopened([{ ...one!, amount: one!.amount + 1 }], [proofs[0]!]),
      none: reopened([], []),
      'while another is open': {
        ...opened,
        previous: { value: opened.value!, digest: '' },
        version: opened.version + 1,
      },
    });
    const owned = (edit: { readonly issuer?: string; readonly owner?: Owner }): Change => {
      const {
        key,
        version: at,
        value: held,
      } = before.findLast(
        (each) => each.key === one!.key && (each.value as unknown as GroupValue).seq === one!.seq,
      )!;
      return reopened([{ ...one!, ...edit }], [model.prove(key, at, { ...(held as Fields), ...edit })]);
    };
    expect(await model.judge(owned({}))).toBe(true);
    const next = opened.version + 1;
    const twice = signedBytes({
      kind: 'retirement',
      network: model.id,
      issuer: 'bakery',
      version: next,
      round: value.rounds + 1,
      groups: value.open,
    });
    await refused({
      'what another issued': owned({ issuer: 'butcher' }),
      'what another owns': owned({ owner: merchant('butcher') }),
      'once more': {
        ...opened,
        version: next,
        previous: { value: opened.value!, digest: '' },
        value: {
          ...(opened.value as Fields),
          move: { kind: 'opened', signature: model.sign('bakery', twice), proofs },
        } as unknown as Value,
      },
    });
    const account = { key: opened.key, version: opened.version, value: opened.value! };
    const by = (edit: Partial<AccountValue>, key = account.key): Change =>
      withMove('retired', (move: Fields) => ({
        ...move,
        proof: model.prove(key, account.version, { ...(account.value as Fields), ...(edit as Fields) }),
      }));
    expect(await model.judge(by({}))).toBe(true);
    await refused({
      'without an opening': by({ open: [] }),
      'by an opening for others': by({ open: value.open.filter(({ key }) => key !== retired.key) }),
      'by the account of another': by({}, 'account/butcher'),
      'of another round': by({ rounds: value.rounds + 1 }),
    });
    const last = value.open.at(-1)!;
    const now = before.findLast(({ key }) => key === last.key)!;
    const shows = (edit: Partial<GroupValue>, less = 0): Change =>
      withValue('closed', (was: AccountValue) => ({
        ...was,
        retired: was.retired - less,
        move: {
          kind: 'closed',
          proofs: [
            ...(was.move as Extract<AccountValue['move'], { kind: 'closed' }>).proofs.slice(0, -1),
            model.prove(last.key, now.version, { ...(now.value as Fields), ...(edit as Fields) }),
          ],
        },
      }));
    const given: GroupMove = { kind: 'given', signature: new Uint8Array(64) };
    expect(await model.judge(shows({}))).toBe(true);
    expect(await model.judge(shows({ move: given }, last.amount))).toBe(true);
    await refused({
      'counts what was spent otherwise': shows({ move: given }),
      'leaves out what is retired': shows({}, last.amount),
      'closes before it is retired': shows({ seq: last.seq, move: given }, last.amount),
      'counts another round': shows({
        move: {
          ...((now.value as unknown as GroupValue).move as Extract<GroupMove, { kind: 'retired' }>),
          round: 9,
        },
      }),
    });
    expect(closed.key).toBe('account/bakery');
    // The issuer has left, and its groups wait: anyone may still end that, and no more.
    const members = model.members.slice(1);
    expect(await model.judge({ ...retired, members })).toBe(true);
    expect(await model.judge({ ...closed, members })).toBe(true);
    await refused({ 'opened by who has left': { ...opened, members } });
  });
});

describe('offers and other keys', () => {
  it('a merchant shows its own offers only', async () => {
    const change = good.get('offers')!;
    const list = change.value as unknown as OffersValue;
    const resigned = (
      offers: OffersValue['offers'],
      signer = 'butcher',
      version = change.version,
    ): Change => {
      const bytes = signedBytes({ kind: 'offers', network: model.id, merchant: 'butcher', version, offers });
      return {
        ...change,
        value: { format: 1, offers, signature: model.sign(signer, bytes) } as unknown as Value,
      };
    };
    const [one] = list.offers;
    const swapped = { ...one!.plan, first: one!.plan.second, second: one!.plan.first };
    expect(await model.judge(resigned(list.offers))).toBe(true);
    await refused({
      'signed by another': resigned(list.offers, 'bakery'),
      'an old list': resigned(list.offers, 'butcher', change.version - 1),
      'an offer of another': resigned([
        { plan: swapped, signature: model.sign('bakery', signedBytes(swapped)) },
      ]),
      'an offer of another, signed by itself': resigned([
        { plan: swapped, signature: model.sign('butcher', signedBytes(swapped)) },
      ]),
      'an unsigned offer': resigned([{ plan: one!.plan, signature: new Uint8Array(64) }]),
      'nine offers': resigned(Array.from({ length: 9 }, () => one!)),
    });
  });

  it('nothing else is kept here', async () => {
    const group = good.get('placed')!;
    for (const key of [
      'x',
      'points/',
      'points/1',
      `points/${'A'.repeat(40)}`,
      `points/${'a'.repeat(41)}`,
      'account',
      'member/bakery',
    ])
      await refused({ [key]: { ...group, key } });
    for (const value of [
      null,
      1,
      'x',
      [],
      {},
      new Uint8Array(64),
      new Map([['format', 1]]),
      new Date(0),
    ] as Value[]) {
      for (const key of [group.key, 'account/bakery', 'offers/bakery'])
        await refused({
          [`${String(value)} in ${key}`]: { ...group, key, version: 1, previous: null, value },
        });
    }
    expect(NAMES).toContain('bakery');
  });
});
