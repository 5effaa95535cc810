/** Merges and swaps from wherever they stand to their end, or back: every step can be made by anyone, again, and after a crash. */
import type { Result } from 'countersign';
import {
  all,
  changeGroup,
  done,
  giveUp,
  lost,
  nextOf,
  proofOf,
  propose,
  settled,
  settledProof,
  stillIs,
} from './certify.ts';
import { failed, type LoyaltyError } from './errors.ts';
import { MAX_DONE } from './limits.ts';
import { earlier, merchant, planId } from './names.ts';
import type { Work } from './operation.ts';
import { ownerWrong, runGive, signed } from './parts.ts';
import { isCarrying } from './rules.ts';
import { groupOf, type Group, type Street } from './street.ts';
import type { Give, GroupKey, Merge, Plan, Ref, Swap } from './types.ts';

type Ended = Result<readonly Group[], LoyaltyError>;

/** `signatures` null: those of a lock that is certified already. The groups that the plan leaves live, as they are afterwards. */
export const runPlan = (
  street: Street,
  work: Work,
  plan: Plan,
  signatures: readonly Uint8Array[] | null,
): Promise<Ended> =>
  plan.kind === 'merge' ? runMerge(street, work, plan, signatures) : runSwap(street, work, plan, signatures);

type LockedGroup = Group & { readonly state: { readonly kind: 'locked' } };

/** Of a locked group: whether it waits for this. */
export const waitsFor = (group: Group | null, id: string): group is LockedGroup =>
  group?.state.kind === 'locked' && planId(group.state.plan) === id;

async function runMerge(
  street: Street,
  work: Work,
  plan: Merge,
  given: readonly Uint8Array[] | null,
): Promise<Ended> {
  const id = planId(plan);
  const read = all(await Promise.all(plan.sources.map(({ key }) => groupOf(street, key))));
  if (!read.ok) return read;
  const signatures = given ?? signaturesOf(read.value, id);
  const target = await groupOf(street, plan.target.key);
  if (!target.ok) return target;
  if (target.value?.value.done.includes(id)) return { ok: true, value: [target.value] };
  if (stillIs(target.value, plan.target)) {
    if (signatures === null) return failed('stale', 'None of these points is bound for this merge any more.');
    const locks = await Promise.all(
      plan.sources.map((source) => lock(street, work, plan, source, plan.target, signatures)),
    );
    // A source that was spent otherwise stays out. Any other failure ends the attempt here; `unfinished` finds what is locked.
    const broken = locks.find((one) => !one.ok && one.error.type !== 'lost');
    if (broken && !broken.ok) return broken;
    if (locks.some(({ ok }) => ok)) {
      const merged = await absorb(street, work, plan, id);
      if (merged.ok) return { ok: true, value: [merged.value] };
      if (merged.error.type !== 'lost') return merged;
    }
  }
  return free(street, work, plan);
}

/** Brings the target to where it has the sources' points. */
function absorb(street: Street, work: Work, plan: Merge, id: string): Promise<Result<Group, LoyaltyError>> {
  return changeGroup(street, work, plan.target.key, 'merge', async (group) => {
    if (group?.value.done.includes(id)) return done(group);
    if (!stillIs(group, plan.target)) return giveUp(lost(plan.target, group));
    let { amount, expires } = group;
    const proofs: Uint8Array[] = [];
    for (const source of plan.sources) {
      const now = await settledProof(street, work, source.key);
      if (!now.ok) return giveUp(now.error);
      proofs.push(now.value.proof);
      if (!waitsFor(now.value.group, id)) continue;
      amount += source.amount;
      expires = earlier(expires, source.expires);
    }
    const next = { amount, expires, done: [...group.value.done, id] };
    return propose(nextOf(group, { kind: 'merged', plan, proofs }, next));
  });
}

async function runSwap(
  street: Street,
  work: Work,
  plan: Swap,
  given: readonly Uint8Array[] | null,
): Promise<Ended> {
  const id = planId(plan);
  const [first, second] = await Promise.all([
    groupOf(street, plan.first.key),
    groupOf(street, plan.second.key),
  ]);
  if (!first.ok) return first;
  if (!second.ok) return second;
  if (stillIs(second.value, plan.second)) {
    const signatures = given ?? signaturesOf([first.value], id);
    if (signatures === null) return failed('stale', 'These points are not bound for this exchange any more.');
    const locked = await lock(street, work, plan, plan.first, plan.second, signatures);
    if (!locked.ok) return locked;
    // One of the two has left: the rules give it nothing. Whoever has the second calls it back, and the first is free.
    if (ownerWrong(street, plan.first.owner)) {
      if (plan.second.owner !== merchant(street.me))
        return failed(
          'owner-unknown',
          `${plan.first.owner} has left. The exchange ends when ${plan.second.owner} uses its points in any other way.`,
        );
      const { network } = street;
      const back: Give = { kind: 'give', network: network.id, from: plan.second, to: plan.second.owner };
      const signature = await signed(street, back);
      if (!signature.ok) return signature;
      const called = await runGive(street, work, back, signature.value);
      return called.ok ? free(street, work, plan) : called;
    }
    const swapped = await changeGroup(street, work, plan.second.key, 'swap', async (group) => {
      if (group?.value.done.includes(id)) return done(group);
      if (!stillIs(group, plan.second)) return giveUp(lost(plan.second, group));
      const proof = await proofOf(street, plan.first.key, locked.value.version);
      if (!proof.ok) return giveUp(proof.error);
      const next = { owner: plan.first.owner, done: [...group.value.done, id] };
      return propose(nextOf(group, { kind: 'swapped', plan, proof: proof.value }, next));
    });
    if (!swapped.ok && swapped.error.type !== 'lost') return swapped;
  }
  return free(street, work, plan);
}

/** Binds a group to a plan. An error of type `lost`: it was spent otherwise. */
function lock(
  street: Street,
  work: Work,
  plan: Plan,
  ref: Ref,
  decider: Ref,
  signatures: readonly Uint8Array[],
): Promise<Result<Group, LoyaltyError>> {
  const id = planId(plan);
  return changeGroup(street, work, ref.key, 'lock', async (group) => {
    if (waitsFor(group, id)) return done(group);
    if (!stillIs(group, ref)) return giveUp(lost(ref, group));
    const there = await settledProof(street, work, decider.key);
    if (!there.ok) return giveUp(there.error);
    if (!stillIs(there.value.group, decider)) return giveUp(lost(decider, there.value.group));
    const { proof } = there.value;
    return propose(nextOf(group, { kind: 'locked', plan, signatures, proof }));
  });
}

/** After the decision: what was locked goes where that says. Of a merge that took its sources nothing is left to do. */
async function free(street: Street, work: Work, plan: Plan): Promise<Ended> {
  const id = planId(plan);
  const decider = plan.kind === 'merge' ? plan.target : plan.second;
  const there = await groupOf(street, decider.key);
  if (!there.ok) return there;
  if (there.value === null || there.value.seq <= decider.seq)
    return { ok: false, error: lost(decider, there.value) };
  const did = there.value.value.done.includes(id);
  if (did && plan.kind === 'merge') return { ok: true, value: [there.value] };
  const waiting = plan.kind === 'merge' ? plan.sources : [plan.first];
  const freed = all(
    await Promise.all(
      waiting.map(({ key }) =>
        changeGroup(street, work, key, did ? 'receive' : 'unlock', async (group) => {
          if (group === null || !waitsFor(group, id)) return group === null ? giveUp(lost(decider, null)) : done(group);
          const proven = await settledProof(street, work, decider.key);
          if (!proven.ok) return giveUp(proven.error);
          const { proof } = proven.value;
          return did && plan.kind === 'swap'
            ? propose(nextOf(group, { kind: 'received', proof }, { owner: plan.second.owner }))
            : propose(nextOf(group, { kind: 'unlocked', proof }));
        }),
      ),
    ),
  ); // prettier-ignore
  if (!freed.ok) return freed;
  if (!did) return { ok: false, error: lost(decider, there.value) };
  const now = await groupOf(street, decider.key);
  return now.ok ? { ok: true, value: [...freed.value, now.value ?? there.value] } : now;
}

function signaturesOf(groups: readonly (Group | null)[], id: string): readonly Uint8Array[] | null {
  for (const group of groups) {
    if (waitsFor(group, id) && group.value.move.kind === 'locked') return group.value.move.signatures;
  }
  return null;
}

/** A group fit to decide: without proofs in it, and not too often a decider. */
export async function readyToDecide(
  street: Street,
  work: Work,
  key: GroupKey,
): Promise<Result<Group, LoyaltyError>> {
  const group = await settled(street, work, key);
  if (!group.ok) return group;
  if (group.value.state.kind !== 'live')
    return failed('not-spendable', `${key} is ${group.value.state.kind}: it cannot take part.`);
  return group.value.value.done.length < MAX_DONE && !isCarrying(group.value.value)
    ? group
    : failed(
        'cannot-combine',
        `${key} has decided ${MAX_DONE} merges and exchanges. Merge it into another one.`,
      );
}
