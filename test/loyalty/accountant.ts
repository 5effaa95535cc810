/**
 * Counts a street's points once more, from every certified version and by nothing but what the values say: another way than `books`, which looks
 * at heads. What it finds wrong it says; nothing is the answer of a street that conserves.
 */
import {
  outputKey,
  planId,
  type AccountValue,
  type GroupValue,
} from '../../examples/loyalty/points/index.ts';

export type History = ReadonlyMap<string, readonly unknown[]>;

export function miscount(history: History, cap: number): string | null {
  const named = new Map<string, { issuer: string; amount: number; owner: string }>();
  const issued = new Map<string, number>();
  const retired = new Map<string, number>();
  const name = (key: string, issuer: string, amount: number, owner: string): void => {
    named.set(key, { issuer, amount, owner });
  };
  for (const [key, versions] of history) {
    if (key.startsWith('account/')) {
      const issuer = key.slice('account/'.length);
      for (const [i, account] of (versions as readonly AccountValue[]).entries()) {
        if (account.issued - account.retired > cap) return `${issuer} has passed its cap`;
        if (account.move.kind !== 'issued') continue;
        for (const [place, { amount, owner }] of account.move.outputs.entries()) {
          name(outputKey({ key, seq: i + 1 }, place), issuer, amount, owner);
          add(issued, issuer, amount);
        }
      }
      const last = versions.at(-1) as AccountValue;
      if (last.issued !== (issued.get(issuer) ?? 0)) return `${issuer} says ${last.issued} were issued`;
      retired.set(issuer, last.retired);
    } else if (key.startsWith('points/')) {
      for (const group of versions as readonly GroupValue[]) {
        if (group.move.kind !== 'split') continue;
        for (const [place, { amount, owner }] of group.move.outputs.entries())
          name(outputKey({ key, seq: group.seq }, place), group.issuer, amount, owner);
      }
    }
  }
  const there = new Map<string, number>();
  const left = new Map<string, number>();
  for (const [key, versions] of history) {
    if (!key.startsWith('points/')) continue;
    const groups = versions as readonly GroupValue[];
    const [first, now] = [groups[0]!, groups.at(-1)!];
    const source = named.get(key);
    if (
      !source ||
      source.issuer !== first.issuer ||
      source.amount !== first.amount ||
      source.owner !== first.owner
    )
      return `${key} is not what anything named`;
    named.delete(key);
    if (now.move.kind === 'split') continue;
    const { move } = now;
    if (move.kind === 'retired') {
      const account = (history.get(`account/${now.issuer}`)?.at(-1) ?? { rounds: 0 }) as AccountValue;
      add(move.round <= account.rounds ? left : there, now.issuer, now.amount);
    } else if (move.kind === 'locked' && move.plan.kind === 'merge') {
      const target = (history.get(move.plan.target.key) ?? []) as readonly GroupValue[];
      const taken = target.some(
        (one) => one.move.kind === 'merged' && planId(one.move.plan) === planId(move.plan as never),
      );
      if (!taken) add(there, now.issuer, now.amount);
    } else add(there, now.issuer, now.amount);
  }
  // Named, and not in place: in flight.
  for (const { issuer, amount } of named.values()) add(there, issuer, amount);
  for (const issuer of new Set([...issued.keys(), ...there.keys(), ...left.keys(), ...retired.keys()])) {
    const sum = (there.get(issuer) ?? 0) + (retired.get(issuer) ?? 0);
    if (sum !== (issued.get(issuer) ?? 0))
      return `of ${issuer} ${issued.get(issuer) ?? 0} points were issued, and there are ${sum}`;
    if ((left.get(issuer) ?? 0) !== (retired.get(issuer) ?? 0))
      return `${issuer} says ${retired.get(issuer)} were retired, and ${left.get(issuer) ?? 0} were`;
  }
  return null;
}

const add = (sums: Map<string, number>, issuer: string, amount: number): void =>
  void sums.set(issuer, (sums.get(issuer) ?? 0) + amount);
