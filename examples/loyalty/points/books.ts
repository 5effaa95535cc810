/**
 * What is conserved, for each issuer:
 *
 *     issued = live + locked + in flight + retired
 *
 * live: groups that can be spent. locked: groups that wait for a merge, a swap or the close of a retirement, and that the merge's target or the
 * account does not count yet. in flight: outputs that a certified issue or split names and nobody has placed.
 */
import type { Group, Street } from './street.ts';
import { everything, findUnfinished, isTaken, type AccountEntry } from './unfinished.ts';

export interface IssuerBooks {
  readonly issuer: string;
  readonly issued: number;
  readonly retired: number;
  readonly live: number;
  readonly locked: number;
  readonly inFlight: number;
  /** Whether the identity holds. False while what is certified has not all arrived here, which passes; and for good where an issuer whose page
   * is not ours issued again and left outputs of the issue before unplaced. */
  readonly balanced: boolean;
}

export interface Books {
  /** In the order of their ids. */
  readonly issuers: readonly IssuerBooks[];
  readonly balanced: boolean;
}

export async function books(street: Street): Promise<Books> {
  const { known, accounts } = await everything(street);
  return booksOf(known, accounts);
}

/** The same of what somebody read already. */
export function booksOf(known: ReadonlyMap<string, Group>, accounts: readonly AccountEntry[]): Books {
  const rounds = new Map(accounts.map(({ issuer, value }) => [issuer, value.rounds]));
  const sums = new Map<string, { live: number; locked: number; inFlight: number }>();
  const sumsOf = (issuer: string) => {
    const found = sums.get(issuer) ?? { live: 0, locked: 0, inFlight: 0 };
    sums.set(issuer, found);
    return found;
  };
  for (const group of known.values()) {
    const { state, issuer, amount } = group;
    const of = sumsOf(issuer);
    if (state.kind === 'live') of.live += amount;
    else if (state.kind === 'locked' && !isTaken(group, known)) of.locked += amount;
    else if (state.kind === 'retired' && state.round > (rounds.get(issuer) ?? 0)) of.locked += amount;
  }
  for (const one of findUnfinished(known, accounts)) {
    if (one.kind === 'output') sumsOf(one.issuer).inFlight += one.amount;
  }
  const totals = new Map(accounts.map(({ issuer, value }) => [issuer, value]));
  const issuers = [...new Set([...totals.keys(), ...sums.keys()])].sort().map((issuer): IssuerBooks => {
    const { issued = 0, retired = 0 } = totals.get(issuer) ?? {};
    const of = sumsOf(issuer);
    const balanced = issued === of.live + of.locked + of.inFlight + retired;
    return { issuer, issued, retired, ...of, balanced };
  });
  return { issuers, balanced: issuers.every(({ balanced }) => balanced) };
}
