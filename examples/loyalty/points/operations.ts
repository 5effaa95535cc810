/** What a merchant does with points. Each call answers at once with an operation, which is pending until the members have certified every step of it. */
import type { Result } from 'countersign';
import { all, proofOf, settled, settledProof } from './certify.ts';
import { failed, type LoyaltyError } from './errors.ts';
import { MAX_SOURCES } from './limits.ts';
import { merchant } from './names.ts';
import { operation, type Operation, type Work } from './operation.ts';
import {
  liveGroup,
  ownLive,
  notMine,
  signed,
  ownerWrong,
  outputsWrong,
  outcome,
  refOf,
  placeOne,
  runGive,
  runSplit,
  type Options,
  type Outcome,
} from './parts.ts';
import { readyToDecide, runPlan } from './plans.ts';
import { runRetirement } from './retirement.ts';
import { mergeComesOut, outputsOf } from './rules.ts';
import { accountOf, type Group, type Street } from './street.ts';
import { receiptText } from './texts.ts';
import type { Give, GroupKey, Merge, Output, Owner, Split } from './types.ts';
import type { Unfinished } from './unfinished.ts';

/** Points of this merchant pass to somebody else. */
export const give = (
  street: Street,
  key: GroupKey,
  to: Owner,
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    const wrong = ownerWrong(street, to);
    if (wrong) return wrong;
    const mine = await ownLive(street, key);
    if (!mine.ok) return mine;
    const statement: Give = { kind: 'give', network: street.network.id, from: refOf(mine.value), to };
    const signature = await signed(street, statement);
    return signature.ok ? outcome(await runGive(street, work, statement, signature.value)) : signature;
  });

/** A group of this merchant becomes several, of whomever; the sum is its amount. */
export const split = (
  street: Street,
  key: GroupKey,
  outputs: readonly Output[],
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    const mine = await ownLive(street, key);
    if (!mine.ok) return mine;
    const wrong = outputsWrong(street, outputs, 2, mine.value.amount);
    if (wrong) return wrong;
    const from = refOf(mine.value);
    const statement: Split = { kind: 'split', network: street.network.id, from, outputs };
    const signature = await signed(street, statement);
    return signature.ok ? outcome(await runSplit(street, work, statement, signature.value)) : signature;
  });

/** Groups of this merchant, of one issuer, become one: `keys[0]` takes the others in. */
export const merge = (
  street: Street,
  keys: readonly GroupKey[],
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    const plan = await planMerge(street, work, keys);
    if (!plan.ok) return plan;
    if (plan.value.target.owner !== merchant(street.me)) return notMine(plan.value.target.key);
    const signature = await signed(street, plan.value);
    return signature.ok ? outcome(await runPlan(street, work, plan.value, [signature.value])) : signature;
  });

/** Puts an output in place that an issue or a split named and nobody placed: anyone may. `source`: key and version that name it. */
export const place = (
  street: Street,
  source: { readonly key: string; readonly version: number },
  index: number,
  { signal }: Options = {},
): Operation<Outcome> =>
  operation(signal, async (work) => {
    const proof = await proofOf(street, source.key, source.version);
    if (!proof.ok) return proof;
    const value = await valueAt(street, source.key, source.version);
    const one = value.ok ? outputsOf({ ...source, value: value.value })[index] : undefined;
    if (!value.ok) return value;
    if (one === undefined)
      return failed('not-found', `Version ${source.version} of ${source.key} names no output ${index}.`);
    const placed = await placeOne(street, work, one, proof.value);
    return outcome(placed.ok ? { ok: true, value: [placed.value] } : placed);
  });

/** The group without the proofs that its newest version carries: smaller, and fit to decide a merge or a swap. Anyone may; nobody's signature is spoilt. */
export const settle = (street: Street, key: GroupKey, { signal }: Options = {}): Operation<Outcome> =>
  operation(signal, async (work) => {
    const group = await settled(street, work, key);
    return outcome(group.ok ? { ok: true, value: [group.value] } : group);
  });

/** What a customer takes along: proof of the points as they stand now. */
export interface Receipt {
  readonly group: Group;
  readonly proof: Uint8Array;
  /** For `readReceipt`. */
  readonly text: string;
}

/**
 * A receipt of a group, settled before where it carries proofs: after a merge that is 18 KB less for the customer's camera. Its text has at most
 * `MAX_SHORT_RECEIPT_LENGTH` characters unless the points have left circulation.
 */
export const receipt = (street: Street, key: GroupKey, { signal }: Options = {}): Operation<Receipt> =>
  operation(signal, async (work) => {
    const proven = await settledProof(street, work, key);
    return proven.ok
      ? { ok: true, value: { ...proven.value, text: receiptText(proven.value.proof) } }
      : proven;
  });

/** Takes up what somebody left half done (`unfinished`): finishes it or, when that has become impossible, gives the points back. Anyone may. */
export const finish = (street: Street, one: Unfinished, { signal }: Options = {}): Operation<Outcome> =>
  operation(signal, async (work) => {
    switch (one.kind) {
      case 'output': {
        const proof = await proofOf(street, one.source.key, one.source.version);
        if (!proof.ok) return proof;
        const placed = await placeOne(street, work, one, proof.value);
        return outcome(placed.ok ? { ok: true, value: [placed.value] } : placed);
      }
      case 'plan': {
        const ended = await runPlan(street, work, one.plan, null);
        // Given back to their owner: that, too, is an end.
        return !ended.ok && ended.error.type === 'lost'
          ? { ok: true, value: { groups: [] } }
          : outcome(ended);
      }
      case 'retirement': {
        const account = await accountOf(street, one.issuer);
        if (!account.ok) return account;
        const round = (account.value.value?.rounds ?? 0) + 1;
        return outcome(await runRetirement(street, work, one.issuer, round));
      }
    }
  });

export async function planMerge(
  street: Street,
  work: Work,
  keys: readonly GroupKey[],
): Promise<Result<Merge, LoyaltyError>> {
  const [first, ...rest] = keys;
  if (first === undefined || rest.length < 1 || rest.length > MAX_SOURCES)
    return failed('cannot-combine', `Merge 2 to ${MAX_SOURCES + 1} groups at once.`);
  const target = await readyToDecide(street, work, first);
  if (!target.ok) return target;
  const found = all(await Promise.all(rest.map((key) => liveGroup(street, key))));
  if (!found.ok) return found;
  const plan: Merge = {
    kind: 'merge',
    network: street.network.id,
    target: refOf(target.value),
    sources: found.value.map(refOf),
  };
  return mergeComesOut(plan)
    ? { ok: true, value: plan }
    : failed('cannot-combine', 'Only different groups of one owner and one issuer can be merged.');
}

async function valueAt(street: Street, key: string, version: number) {
  const read = await street.network.read(key);
  if (!read.ok) return failed(read.error.type === 'stopped' ? 'stopped' : 'not-arrived', read.error.message);
  if (read.value?.version === version) return { ok: true, value: read.value.value } as const;
  return failed('not-held', `Version ${version} of ${key} is not the newest any more.`);
}
