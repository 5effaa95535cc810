/** Offers of exchanges between merchants, which others read and accept. */
import type { Result } from 'countersign';
import { change, done, giveUp, propose, stillIs } from './certify.ts';
import { failed, type LoyaltyError } from './errors.ts';
import { MAX_OFFERS } from './limits.ts';
import { merchant, merchantOf, offersKey, planId, sameRef, signedBytes } from './names.ts';
import { operation, type Operation, type Work } from './operation.ts';
import {
  expiredOf,
  liveGroup,
  ownLive,
  notMine,
  signed,
  outcome,
  refOf,
  fromSign,
  runGive,
  type Dated,
  type Options,
  type Outcome,
} from './parts.ts';
import { readyToDecide, runPlan } from './plans.ts';
import { swapComesOut } from './rules.ts';
import { readOffersValue } from './shape.ts';
import { groupOf, type Street } from './street.ts';
import type { Give, GroupKey, OffersList, OffersValue, Swap } from './types.ts';

export interface Offer {
  /** Member id of the merchant whose offer it is. */
  readonly by: string;
  readonly plan: Swap;
  readonly signature: Uint8Array;
  /** False: one of the two groups has changed since; nobody can accept it any more. */
  readonly open: boolean;
}

/** Offers a group of this merchant for a group of another merchant, neither of them expired by `today`. Binds nobody until accepted; `withdrawOffer` or spending the group ends it. */
export const offer = (
  street: Street,
  mine: GroupKey,
  theirs: GroupKey,
  { signal, today }: Dated = {},
): Operation<Offer> =>
  operation(signal, async (work) => {
    const own = await ownLive(street, mine);
    if (!own.ok) return own;
    const plan = await planSwap(street, work, mine, theirs);
    if (!plan.ok) return plan;
    if (merchantOf(plan.value.second.owner) === null)
      return failed('cannot-combine', `${theirs} belongs to a customer: ask for a signature instead.`);
    const late = expiredOf([plan.value.first, plan.value.second], today);
    if (late) return late;
    const signature = await signed(street, plan.value);
    if (!signature.ok) return signature;
    const made = { plan: plan.value, signature: signature.value };
    const closed = new Set((await offers(street)).flatMap((one) => (one.open ? [] : [planId(one.plan)])));
    const shown = await changeOffers(street, work, (list) => {
      // What nobody can accept any more makes room.
      const others = list.filter((one) => one.plan.first.key !== mine && !closed.has(planId(one.plan)));
      return others.length < MAX_OFFERS ? [...others, made] : null;
    });
    return shown.ok ? { ok: true, value: { by: street.me, open: true, ...made } } : shown;
  });

/** Takes it off the list and, since a copy may be kept, makes the signature void by a change of the offered group. */
export const withdrawOffer = (
  street: Street,
  { plan }: Offer,
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    const { first } = plan;
    const off = await changeOffers(street, work, (list) =>
      list.filter((one) => !sameRef(one.plan.first, first) || !sameRef(one.plan.second, plan.second)),
    );
    if (!off.ok) return off;
    const now = await groupOf(street, first.key);
    if (!now.ok) return now;
    if (!stillIs(now.value, first)) return { ok: true, value: { groups: [] } };
    const statement: Give = { kind: 'give', network: street.network.id, from: first, to: first.owner };
    const signature = await signed(street, statement);
    return signature.ok ? outcome(await runGive(street, work, statement, signature.value)) : signature;
  });

/** Offers of all merchants; `open` ones first. */
export async function offers(street: Street): Promise<readonly Offer[]> {
  const found: Offer[] = [];
  for await (const { key, value } of street.network.entries({ prefix: 'offers/' })) {
    for (const { plan, signature } of readOffersValue(value)?.offers ?? []) {
      const [first, second] = await Promise.all([
        groupOf(street, plan.first.key),
        groupOf(street, plan.second.key),
      ]);
      const open =
        first.ok && second.ok && stillIs(first.value, plan.first) && stillIs(second.value, plan.second);
      found.push({ by: key.slice('offers/'.length), plan, signature, open });
    }
  }
  return found.sort((a, b) => Number(b.open) - Number(a.open));
}

/** Both groups change hands, or neither. For the merchant that owns the offer's second group. */
export const acceptOffer = (
  street: Street,
  { plan, signature }: Offer,
  { signal, today }: Dated = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    if (plan.second.owner !== merchant(street.me)) return notMine(plan.second.key);
    const late = expiredOf([plan.first, plan.second], today);
    if (late) return late;
    const own = await signed(street, plan);
    return own.ok ? outcome(await runPlan(street, work, plan, [signature, own.value])) : own;
  });

export async function planSwap(
  street: Street,
  work: Work,
  first: GroupKey,
  second: GroupKey,
): Promise<Result<Swap, LoyaltyError>> {
  const [one, other] = [await liveGroup(street, first), await readyToDecide(street, work, second)];
  if (!one.ok) return one;
  if (!other.ok) return other;
  const plan: Swap = {
    kind: 'swap',
    network: street.network.id,
    first: refOf(one.value),
    second: refOf(other.value),
  };
  return swapComesOut(plan)
    ? { ok: true, value: plan }
    : failed('cannot-combine', 'Only groups of two different owners can be exchanged.');
}

function changeOffers(
  street: Street,
  work: Work,
  edit: (list: OffersValue['offers']) => OffersValue['offers'] | null,
): Promise<Result<undefined, LoyaltyError>> {
  const key = offersKey(street.me);
  return change<undefined, OffersValue>(
    street,
    work,
    key,
    'offers',
    async () => {
      const read = await street.network.read(key);
      if (!read.ok) return { decision: giveUp(failed('not-arrived', read.error.message).error), base: 0 };
      const base = read.value?.version ?? 0;
      const list = readOffersValue(read.value?.value)?.offers ?? [];
      const next = edit(list);
      if (next === null)
        return {
          decision: giveUp({
            type: 'cannot-combine',
            message: `A merchant shows at most ${MAX_OFFERS} offers. Withdraw one first.`,
          }),
          base,
        };
      const same = next.length === list.length && next.every((one, i) => one === list[i]);
      if (same) return { decision: done(undefined), base };
      const statement: OffersList = {
        kind: 'offers',
        network: street.network.id,
        merchant: street.me,
        version: base + 1,
        offers: next,
      };
      const signature = await street.network.sign(signedBytes(statement));
      if (!signature.ok) return { decision: giveUp(fromSign(signature.error)), base };
      return { decision: propose({ format: 1, offers: next, signature: signature.value }), base };
    },
    () => Promise.resolve({ ok: true, value: undefined }),
  );
}
