/** One key's next version, proposed until it is decided: the part that all operations share. */
import type { Failure, Result, SetError, Value } from 'countersign';
import { failed, type LoyaltyError } from './errors.ts';
import { MAX_TRIES } from './limits.ts';
import { accountKey, merchantOf, refOfValue, sameRef } from './names.ts';
import type { Step, Work } from './operation.ts';
import { isCarrying } from './rules.ts';
import { accountOf, groupOf, type Account, type Group, type Street } from './street.ts';
import type { AccountValue, GroupKey, GroupMove, GroupValue, Owner, Ref } from './types.ts';

/** What to do about a key as it stands. */
export type Decision<T, V> =
  | { readonly kind: 'propose'; readonly value: V }
  /** Something else had to be done first, and is: look once more. */
  | { readonly kind: 'again' }
  /** It is as wanted already. */
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'give-up'; readonly error: LoyaltyError };

export const propose = <V>(value: V): { readonly kind: 'propose'; readonly value: V } => ({
  kind: 'propose',
  value,
});
export const again: { readonly kind: 'again' } = { kind: 'again' };
export const done = <T>(value: T): { readonly kind: 'done'; readonly value: T } => ({ kind: 'done', value });
export const giveUp = (error: LoyaltyError): { readonly kind: 'give-up'; readonly error: LoyaltyError } => ({
  kind: 'give-up',
  error,
});

/** Brings a group to where `decide` wants it; asked again after each change by others. */
export const changeGroup = (
  street: Street,
  work: Work,
  key: GroupKey,
  what: Step['what'],
  decide: (group: Group | null) => Promise<Decision<Group, GroupValue>> | Decision<Group, GroupValue>,
): Promise<Result<Group, LoyaltyError>> =>
  change(street, work, key, what, async () => {
    const read = await groupOf(street, key);
    if (!read.ok) return { decision: giveUp(read.error), base: 0 };
    return { decision: await decide(read.value), base: read.value?.version ?? 0 };
  }, async () => {
    const read = await groupOf(street, key);
    return read.ok && read.value === null ? failed('not-arrived', `${key} has not arrived here yet.`) : (read as Result<Group, LoyaltyError>);
  }); // prettier-ignore

/** The same of this street's accounts. */
export const changeAccount = (
  street: Street,
  work: Work,
  issuer: string,
  what: Step['what'],
  decide: (account: Account) => Promise<Decision<Account, AccountValue>> | Decision<Account, AccountValue>,
): Promise<Result<Account, LoyaltyError>> =>
  change(street, work, accountKey(issuer), what, async () => {
    const read = await accountOf(street, issuer);
    if (!read.ok) return { decision: giveUp(read.error), base: 0 };
    return { decision: await decide(read.value), base: read.value.version };
  }, () => accountOf(street, issuer)); // prettier-ignore

export async function change<T, V>(
  { network }: Street,
  work: Work,
  key: string,
  what: Step['what'],
  look: () => Promise<{ readonly decision: Decision<T, V>; readonly base: number }>,
  after: () => Promise<Result<T, LoyaltyError>>,
): Promise<Result<T, LoyaltyError>> {
  let end: ReturnType<Work['step']> | null = null;
  const ended = (result: Result<T, LoyaltyError>): Result<T, LoyaltyError> => {
    end?.(result.ok ? 'certified' : result.error.type === 'lost' ? 'lost' : 'failed');
    return result;
  };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (work.signal?.aborted)
      return ended(failed('aborted', 'Given up. What was proposed may still be decided.'));
    const { decision, base } = await look();
    if (decision.kind === 'done') return ended({ ok: true, value: decision.value });
    if (decision.kind === 'give-up') return ended({ ok: false, error: decision.error });
    if (decision.kind === 'again') continue;
    end ??= work.step(key, what);
    const set = await network.set(key, decision.value as unknown as Value, {
      base,
      ...(work.signal && { signal: work.signal }),
    });
    if (set.ok) return ended(await after());
    // Somebody else's change, or one whose outcome was missed: what stands now says whether there is anything left to do.
    if (set.error.type !== 'conflict' && set.error.type !== 'outcome-unknown')
      return ended({ ok: false, error: fromSet(set.error) });
  }
  return ended(
    failed(
      'failed',
      `${key} was changed by others ${MAX_TRIES} times while this was tried. Try again later.`,
    ),
  );
}

function fromSet({ type, message }: SetError): LoyaltyError {
  switch (type) {
    case 'refused':
    case 'not-a-voter':
    case 'not-arrived':
    case 'stopped':
    case 'aborted':
      return { type, message };
    default:
      return { type: 'failed', message };
  }
}

/** The next version of a group, with what changes in it. */
export const nextOf = (
  { value }: Group,
  move: GroupMove,
  to: Partial<Pick<GroupValue, 'owner' | 'amount' | 'expires' | 'done'>> = {},
): GroupValue => ({ ...value, ...to, seq: value.seq + 1, move });

/** The other way round nothing follows: a group that is not this one is a group all the same. */
type LiveGroup = Group & { readonly state: { readonly kind: 'live' } };

/** Whether a group still is what was signed. */
export const stillIs = (group: Group | null, ref: Ref): group is LiveGroup =>
  group !== null && group.state.kind === 'live' && sameRef(refOfValue(group.key, group), ref);

/** Another change of the same points won: who has them now, for the merchant to tell the customer. */
export function lost(ref: Ref, group: Group | null): LoyaltyError {
  if (group === null)
    return {
      type: 'not-found',
      message: `There are no points ${ref.key} on this street. Ask the customer which street they are of.`,
    };
  if (group.seq < ref.seq)
    return { type: 'stale', message: `${ref.key} has not come as far here as what was signed. Try again.` };
  const { key, version, digest, state } = group;
  const outputs = state.kind === 'split' ? state.outputs.map(({ owner, amount }) => ({ owner, amount })) : [];
  const owner = state.kind === 'live' ? group.owner : null;
  const where =
    owner !== null
      ? `now belong to ${nameOf(owner)}`
      : state.kind === 'split'
        ? `were divided among ${[...new Set(outputs.map((one) => nameOf(one.owner)))].join(', ')}`
        : state.kind === 'locked'
          ? `are in a ${state.plan.kind}`
          : 'have left circulation';
  return {
    type: 'lost',
    message: `These ${ref.amount} points were used otherwise first: they ${where}. Nothing was taken by this.`,
    winner: { key, version, digest, owner, outputs },
  };
}

const nameOf = (owner: Owner): string => merchantOf(owner) ?? 'the customer';

/** Proof of a certified version, the newest unless given. */
export async function proofOf(
  { network }: Street,
  key: string,
  version?: number,
): Promise<Result<Uint8Array, LoyaltyError>> {
  const proof = await network.prove(key, version);
  if (proof.ok) return proof;
  const { type, message } = proof.error;
  return failed(type === 'stopped' || type === 'not-arrived' ? type : 'not-held', message);
}

/** The newest version without proofs in it, so that it can be proven in another value. */
export const settled = (street: Street, work: Work, key: GroupKey): Promise<Result<Group, LoyaltyError>> =>
  changeGroup(street, work, key, 'settle', (group) =>
    group === null
      ? giveUp({ type: 'not-found', message: `There are no points ${key} on this street.` })
      : isCarrying(group.value)
        ? propose({ ...group.value, move: { kind: 'settled' } })
        : done(group),
  );

/** A settled group and a proof of exactly it. */
export async function settledProof(
  street: Street,
  work: Work,
  key: GroupKey,
): Promise<Result<{ readonly group: Group; readonly proof: Uint8Array }, LoyaltyError>> {
  const group = await settled(street, work, key);
  if (!group.ok) return group;
  const proof = await proofOf(street, key, group.value.version);
  return proof.ok ? { ok: true, value: { group: group.value, proof: proof.value } } : proof;
}

/** First failure, or all values. */
export function all<T, E extends Failure>(results: readonly Result<T, E>[]): Result<readonly T[], E> {
  const values: T[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return { ok: true, value: values };
}
