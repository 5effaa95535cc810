/** What was begun and not finished: found in what is certified, so that a crash forgets nothing and anyone can go on. */
import type { Value } from 'countersign';
import { planId } from './names.ts';
import { outputsOf } from './rules.ts';
import { readAccountValue } from './shape.ts';
import { groups, type Group, type Street } from './street.ts';
import type { AccountValue, GroupKey, Owner, Expiry, Plan, Ref } from './types.ts';

export type Unfinished =
  /** A certified issue or split names this output, and it is not in place. */
  | {
      readonly kind: 'output';
      /** Key and version that name it. */
      readonly source: { readonly key: string; readonly version: number };
      readonly key: GroupKey;
      readonly issuer: string;
      readonly amount: number;
      readonly owner: Owner;
      readonly expires: Expiry;
    }
  /** Groups are locked for a plan that its decider has not decided, or that was decided and not followed. */
  | {
      readonly kind: 'plan';
      readonly plan: Plan;
      readonly locked: readonly GroupKey[];
      /** Points that wait. */
      readonly amount: number;
    }
  /** An issuer has opened a retirement that is not closed. */
  | {
      readonly kind: 'retirement';
      readonly issuer: string;
      readonly groups: readonly Ref[];
      readonly amount: number;
    };

/**
 * Accounts first, each in the order of keys. Looks at every group and account as they stand: of an account that is the newest issue, which `issue`
 * puts in place before it makes another.
 */
export async function unfinished(street: Street): Promise<readonly Unfinished[]> {
  const { known, accounts } = await everything(street);
  return findUnfinished(known, accounts);
}

export interface AccountEntry {
  readonly key: string;
  readonly issuer: string;
  readonly version: number;
  readonly value: AccountValue;
}

export async function everything(
  street: Street,
): Promise<{ readonly known: ReadonlyMap<string, Group>; readonly accounts: readonly AccountEntry[] }> {
  // Accounts first: an output that is named by then and placed meanwhile is found below.
  const accounts: AccountEntry[] = [];
  for await (const { key, version, value } of street.network.entries({ prefix: 'account/' })) {
    const read = readAccountValue(value);
    if (read) accounts.push({ key, version, value: read, issuer: key.slice('account/'.length) });
  }
  const known = new Map((await groups(street, { all: true })).map((group) => [group.key as string, group]));
  return { known, accounts };
}

export function findUnfinished(
  known: ReadonlyMap<string, Group>,
  accounts: readonly AccountEntry[],
): readonly Unfinished[] {
  const found: Unfinished[] = [];
  const outputs = (key: string, version: number, value: unknown): void => {
    for (const output of outputsOf({ key, version, value: value as Value })) {
      if (!known.has(output.key)) found.push({ kind: 'output', source: { key, version }, ...output });
    }
  };
  for (const { key, version, issuer, value } of accounts) {
    outputs(key, version, value);
    if (value.open.length > 0)
      found.push({ kind: 'retirement', issuer, groups: value.open, amount: sumOf(value.open) });
  }
  const plans = new Map<string, { plan: Plan; locked: Group[] }>();
  for (const group of known.values()) {
    outputs(group.key, group.version, group.value);
    if (group.state.kind !== 'locked' || isTaken(group, known)) continue;
    const { plan } = group.state;
    const id = planId(plan);
    const waiting = plans.get(id) ?? { plan, locked: [] };
    waiting.locked.push(group);
    plans.set(id, waiting);
  }
  for (const { plan, locked } of plans.values()) {
    found.push({ kind: 'plan', plan, locked: locked.map(({ key }) => key), amount: sumOf(locked) });
  }
  return found;
}

/** Whether a merge has taken a locked group's points: they count in its target from then on. */
export function isTaken(group: Group, known: ReadonlyMap<string, Group>): boolean {
  if (group.state.kind !== 'locked') return false;
  const { plan } = group.state;
  return plan.kind === 'merge' && (known.get(plan.target.key)?.value.done.includes(planId(plan)) ?? false);
}

const sumOf = (parts: readonly { readonly amount: number }[]): number =>
  parts.reduce((sum, { amount }) => sum + amount, 0);
