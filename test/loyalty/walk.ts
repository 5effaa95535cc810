/** A random day on the street: what merchants and customers try, whatever comes of it. For the in-process model and for the simulator. */
import {
  acceptOffer,
  answerRequest,
  finish,
  give,
  groups,
  issue,
  merchant,
  merge,
  offer,
  requestMerge,
  requestPayment,
  requestSwap,
  retire,
  split,
  submit,
  unfinished,
  type CustomerKey,
  type Group,
  type GroupValue,
  type LoyaltyError,
  type Operation,
  type Outcome,
  type Owner,
  type Request,
  type Street,
} from '../../examples/loyalty/points/index.ts';
import type { Result, Value } from '../../src/index.ts';

/** Whole numbers from 0 to below the limit. */
export type Draw = (limit: number) => number;

export interface Tried {
  readonly what: string;
  readonly result: Result<unknown, LoyaltyError>;
}

export async function tryOne(
  streets: readonly Street[],
  customers: readonly CustomerKey[],
  draw: Draw,
): Promise<readonly Tried[]> {
  const pick = <T>(items: readonly T[]): T => items[draw(items.length)]!;
  const street = pick(streets);
  const owners: readonly Owner[] = [
    ...customers.map(({ owner }) => owner),
    ...streets.map(({ me }) => merchant(me)),
  ];
  const told = async (what: string, operation: Operation<unknown>): Promise<Tried> => ({
    what: `${street.me}: ${what}`,
    result: await operation.result,
  });
  const mine = await groups(street, { owner: merchant(street.me) });
  const who = pick(customers);
  const theirs = await groups(street, { owner: who.owner });
  const asked = async (what: string, at: Street, request: Result<Request, LoyaltyError>): Promise<Tried> => {
    if (!request.ok) return { what, result: request };
    const answer = answerRequest(request.value, who);
    if (!answer.ok) throw new Error(answer.error.message);
    return { what: `${at.me}: ${what}`, result: await submit(at, request.value, answer.value).result };
  };
  const [own, other] = [mine.length > 0 ? pick(mine) : null, theirs.length > 0 ? pick(theirs) : null];
  switch (draw(10)) {
    case 0:
      return [await told('give', give(street, (own ?? other)?.key ?? NOWHERE, pick(owners)))];
    case 1: {
      const amount = own ? Math.max(1, draw(own.amount)) : 1;
      const parts = [amount, (own?.amount ?? 2) - amount].map((part) => ({
        amount: part,
        owner: pick(owners),
      }));
      return [await told('split', split(street, own?.key ?? NOWHERE, parts))];
    }
    case 2:
      return [await told('merge', merge(street, some(mine, 4, draw)))];
    case 3:
      return [await told('retire', retire(street, some(mine.filter(({ issuer }) => issuer === street.me), 3, draw)))]; // prettier-ignore
    case 4: {
      if (!other) break;
      const amount = 1 + draw(other.amount);
      // The customer signs for two merchants at once.
      const at = [street, pick(streets)];
      const requests = await Promise.all(at.map((one) => requestPayment(one, { from: other.key, amount })));
      return Promise.all(requests.map((request, i) => asked('payment', at[i]!, request)));
    }
    case 5:
      return [await asked('merge of a customer', street, await requestMerge(street, some(theirs, 4, draw)))];
    case 6: {
      if (!own || !other) break;
      const one = asked('exchange with a customer', street, await requestSwap(street, other.key, own.key));
      // And the merchant gives its part away meanwhile.
      if (draw(2) > 0) return [await one];
      return Promise.all([one, told('give under way', give(street, own.key, pick(owners)))]);
    }
    case 7: {
      const partner = pick(streets);
      const held = await groups(partner, { owner: merchant(partner.me) });
      if (!own || held.length === 0) break;
      const made = await offer(street, own.key, pick(held).key).result;
      if (!made.ok) return [{ what: `${street.me}: offer`, result: made }];
      const accepted: Promise<Tried> = acceptOffer(partner, made.value).result.then((result) => ({
        what: `${partner.me}: accept`,
        result,
      }));
      if (draw(2) > 0) return [await accepted];
      return Promise.all([accepted, told('give under way', give(street, own.key, pick(owners)))]);
    }
    case 8: {
      const left = await unfinished(street);
      return Promise.all(left.map((one) => told(`finish ${one.kind}`, finish(street, one))));
    }
  }
  const outputs = Array.from({ length: 1 + draw(3) }, () => ({
    amount: 1 + draw(60),
    owner: pick(owners),
    expires: draw(2) > 0 ? `2027-0${1 + draw(9)}-15` : null,
  }));
  return [await told('issue', issue(street, outputs))];
}

/** Finishes everything, as any merchant can. */
export async function finishAll(street: Street): Promise<readonly Tried[]> {
  const tried: Tried[] = [];
  for (let left = await unfinished(street), round = 0; left.length > 0 && round < 8; round++) {
    for (const one of left) {
      const operation: Operation<Outcome> = finish(street, one);
      tried.push({ what: `finish ${one.kind}`, result: await operation.result });
    }
    left = await unfinished(street);
  }
  return tried;
}

/** More points than there are, as if by a move that exists. */
export function forgery(current: Value, draw: Draw): Value | null {
  const group = current as unknown as GroupValue;
  if (group.done === undefined) return null;
  const next = { ...group, seq: group.seq + 1, amount: group.amount + draw(3) };
  const moves: readonly unknown[] = [
    { kind: 'given', signature: new Uint8Array(64) },
    group.move,
    { kind: 'settled' },
    { kind: 'split', outputs: [1, 1].map(() => ({ amount: group.amount, owner: group.owner })), signature: new Uint8Array(64) },
  ]; // prettier-ignore
  return { ...next, move: moves[draw(moves.length)]! } as unknown as Value;
}

const NOWHERE = `points/${'0'.repeat(40)}` as const;

function some(from: readonly Group[], most: number, draw: Draw): Group['key'][] {
  const left = [...from];
  const keys: Group['key'][] = [];
  while (left.length > 0 && keys.length < most) keys.push(left.splice(draw(left.length), 1)[0]!.key);
  return keys;
}
