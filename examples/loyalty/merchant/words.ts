/** Names and sums as people read them. */
import type { Member } from 'countersign';
import { customerCode, T } from '../texts.ts';
import { merchantOf, type Expiry, type Group, type Owner } from '../points/index.ts';

/** A stall by its id; an id that is no member's (any more) stands for itself. */
export function stallName(members: readonly Member[], id: string): string {
  return members.find((one) => one.id === id)?.label ?? id;
}

export function ownerName(members: readonly Member[], owner: Owner): string {
  const id = merchantOf(owner);
  return id === null ? T.customer.named(customerCode(owner)) : stallName(members, id);
}

export interface Sum {
  readonly issuer: string;
  readonly amount: number;
  readonly groups: readonly Group[];
}

/** Largest first. */
export function sumsByIssuer(groups: readonly Group[]): readonly Sum[] {
  const by = new Map<string, Group[]>();
  for (const group of groups) by.set(group.issuer, [...(by.get(group.issuer) ?? []), group]);
  return [...by]
    .map(([issuer, of]) => ({ issuer, amount: total(of), groups: of }))
    .sort((a, b) => b.amount - a.amount);
}

export const total = (groups: readonly Pick<Group, 'amount'>[]): number =>
  groups.reduce((sum, { amount }) => sum + amount, 0);

/** The first last day among them; null: all are for ever. */
export const soonest = (groups: readonly Pick<Group, 'expires'>[]): Expiry =>
  groups.reduce<Expiry>(
    (first, { expires }) => (expires !== null && (first === null || expires < first) ? expires : first),
    null,
  );

/** Whether they have not all the same last day: put together, the earliest counts. */
export const daysDiffer = (groups: readonly Pick<Group, 'expires'>[]): boolean =>
  groups.some((one) => one.expires !== groups[0]?.expires);

/** `2027-03-31`, in this device's zone: what the calendar on the wall says. */
export function today(now = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function inAYear(now = new Date()): string {
  // The 29th of February becomes the 1st of March.
  return today(new Date(now.getFullYear() + 1, now.getMonth(), now.getDate()));
}

/** A whole number from 1; null: it is none. */
export function readAmount(text: string): number | null {
  const trimmed = text.trim();
  return /^[1-9]\d{0,8}$/.test(trimmed) ? Number(trimmed) : null;
}
