/** The street as a merchant's page sees it: what is certified, read into types. */
import type { Entry, Member, Network, Result } from 'countersign';
import { failed, type LoyaltyError } from './errors.ts';
import { accountKey, outputKey, refOfValue } from './names.ts';
import { STREET_RULES, type StreetRules } from './rules.ts';
import { isGroupKey, readAccountValue, readGroupValue } from './shape.ts';
import type { AccountKey, AccountValue, GroupKey, GroupValue, Output, Owner, Plan, Ref } from './types.ts';

/** What of a network is used here: any `Network` will do, and a simulated one. */
export type StreetNetwork = Pick<Network, 'id' | 'read' | 'set' | 'entries' | 'prove' | 'sign'> & {
  members(): readonly Member[];
};

export interface Street {
  readonly network: StreetNetwork;
  /** Member id of this merchant. */
  readonly me: string;
  readonly rules: StreetRules;
}

/**
 * live: its owner can spend it. split: it ended, its outputs are its heirs. retired: it ended, out of circulation. locked: it waits for what `plan`
 * names; `unfinished` tells of it until somebody finishes it. Points that a merge took stay locked for ever, and count in its target.
 */
export type GroupState =
  | { readonly kind: 'live' }
  | { readonly kind: 'split'; readonly outputs: readonly (Output & { readonly key: GroupKey })[] }
  | { readonly kind: 'locked'; readonly plan: Plan }
  | { readonly kind: 'retired'; readonly round: number };

/** A certified point group. What is pending is never one. */
export interface Group extends Ref {
  readonly version: number;
  readonly digest: string;
  readonly state: GroupState;
  readonly value: GroupValue;
}

export interface Account {
  readonly key: AccountKey;
  readonly issuer: string;
  /** 0: it never issued. */
  readonly version: number;
  readonly issued: number;
  readonly retired: number;
  /** issued - retired. */
  readonly outstanding: number;
  /** What the cap leaves. */
  readonly left: number;
  /** null: it never issued. */
  readonly value: AccountValue | null;
}

/**
 * For a merchant whose network is open. `me`: of another `StreetNetwork` than an open `Network`, which knows.
 * @throws TypeError when this browser is no member.
 */
export function openStreet(
  network: Network | StreetNetwork,
  options: { readonly me?: string; readonly rules?: StreetRules } = {},
): Street {
  const { rules = STREET_RULES } = options;
  const me =
    options.me ?? ('status' in network ? network.status.members.find(({ self }) => self)?.id : undefined);
  if (me === undefined)
    throw new TypeError('This browser is no member of the street: open it with an identity of a merchant.');
  return { network, me, rules };
}

/** The certified group; null: there is none. */
export async function groupOf(street: Street, key: GroupKey): Promise<Result<Group | null, LoyaltyError>> {
  const read = await street.network.read(key);
  if (!read.ok) return failed(read.error.type === 'stopped' ? 'stopped' : 'not-arrived', read.error.message);
  return { ok: true, value: read.value && toGroup(read.value) };
}

/** Every certified group that fits, ascending by key; live ones only unless `all`. */
export async function groups(
  street: Street,
  filter: { readonly owner?: Owner; readonly issuer?: string; readonly all?: boolean } = {},
): Promise<readonly Group[]> {
  const { owner, issuer, all = false } = filter;
  const found: Group[] = [];
  for await (const entry of street.network.entries({ prefix: 'points/' })) {
    const group = toGroup(entry);
    if (group === null || (owner !== undefined && group.owner !== owner)) continue;
    if (issuer !== undefined && group.issuer !== issuer) continue;
    if (all || group.state.kind === 'live') found.push(group);
  }
  return found;
}

/** An issuer's account, also of one that never issued. */
export async function accountOf(street: Street, issuer: string): Promise<Result<Account, LoyaltyError>> {
  const key = accountKey(issuer);
  const read = await street.network.read(key);
  if (!read.ok) return failed(read.error.type === 'stopped' ? 'stopped' : 'not-arrived', read.error.message);
  const value = readAccountValue(read.value?.value);
  const { issued = 0, retired = 0 } = value ?? {};
  const outstanding = issued - retired;
  const version = read.value?.version ?? 0;
  const left = Math.max(0, street.rules.cap - outstanding);
  return { ok: true, value: { key, issuer, version, issued, retired, outstanding, left, value } };
}

/** null: no group, which the rules allow nowhere. */
export function toGroup(entry: Pick<Entry, 'key' | 'version' | 'digest' | 'value'>): Group | null {
  const { key, version, digest } = entry;
  const value = readGroupValue(entry.value);
  if (value === null || !isGroupKey(key)) return null;
  return { ...refOfValue(key, value), version, digest, state: stateOf(key, value), value };
}

function stateOf(key: GroupKey, { move, seq }: GroupValue): GroupState {
  switch (move.kind) {
    case 'split':
      return {
        kind: 'split',
        outputs: move.outputs.map((one, i) => ({ ...one, key: outputKey({ key, seq }, i) })),
      };
    case 'locked':
      return { kind: 'locked', plan: move.plan };
    case 'retired':
      return { kind: 'retired', round: move.round };
    default:
      return { kind: 'live' };
  }
}
