/** What the operations share: looking, signing, and the steps that several of them take. */
import type { Result, Value } from 'countersign';
import { all, changeGroup, done, giveUp, lost, nextOf, proofOf, propose, stillIs } from './certify.ts';
import { failed, type LoyaltyError } from './errors.ts';
import { MAX_OUTPUTS } from './limits.ts';
import { customerKeyOf, isExpired, merchant, merchantOf, refOfValue, signedBytes } from './names.ts';
import type { Work } from './operation.ts';
import { outputsOf, type Named } from './rules.ts';
import { isAmount } from './shape.ts';
import { groupOf, type Group, type Street } from './street.ts';
import type { Give, GroupKey, Output, Owner, Ref, Split, Statement } from './types.ts';

/** The groups that the operation made or changed, as they are certified. */
export interface Outcome {
  readonly groups: readonly Group[];
}

export interface Options {
  /** Gives up waiting; what was proposed may still be decided. */
  readonly signal?: AbortSignal;
}

export interface Dated extends Options {
  /** `2027-03-31`: expired points are neither taken nor given. Left out: not looked at. */
  readonly today?: string;
}

export const expiredOf = (
  refs: readonly Pick<Ref, 'expires'>[],
  today: string | undefined,
): { readonly ok: false; readonly error: LoyaltyError } | null => {
  const late = today === undefined ? undefined : refs.find(({ expires }) => isExpired(expires, today));
  return late
    ? failed('expired', `These points were good until ${late.expires}. This merchant does not take them.`)
    : null;
};

/** A group as a signature names it. */
export const refOf = (group: Group): Ref => refOfValue(group.key, group);

export const outcome = (result: Result<readonly Group[], LoyaltyError>): Result<Outcome, LoyaltyError> =>
  result.ok ? { ok: true, value: { groups: result.value } } : result;

export const one = async (
  result: Promise<Result<Group, LoyaltyError>>,
): Promise<Result<readonly Group[], LoyaltyError>> => {
  const ended = await result;
  return ended.ok ? { ok: true, value: [ended.value] } : ended;
};

export async function liveGroup(street: Street, key: GroupKey): Promise<Result<Group, LoyaltyError>> {
  const read = await groupOf(street, key);
  if (!read.ok) return read;
  const group = read.value;
  if (group === null) return failed('not-found', `There are no points ${key} on this street.`);
  if (group.state.kind === 'live') return { ok: true, value: group };
  return failed('not-spendable', `${key} is ${group.state.kind}: its points cannot be spent as they are.`);
}

export async function ownLive(street: Street, key: GroupKey): Promise<Result<Group, LoyaltyError>> {
  const group = await liveGroup(street, key);
  return group.ok && group.value.owner !== merchant(street.me) ? notMine(key) : group;
}

export async function signed(
  street: Street,
  statement: Statement,
): Promise<Result<Uint8Array, LoyaltyError>> {
  const signature = await street.network.sign(signedBytes(statement));
  return signature.ok ? signature : { ok: false, error: fromSign(signature.error) };
}

export function runGive(
  street: Street,
  work: Work,
  { from, to }: Give,
  signature: Uint8Array,
): Promise<Result<readonly Group[], LoyaltyError>> {
  return one(
    changeGroup(street, work, from.key, 'give', (group) => {
      if (stillIs(group, from)) return propose(nextOf(group, { kind: 'given', signature }, { owner: to }));
      // The same again, by whoever handed it in first.
      const same = group?.seq === from.seq + 1 && group.value.move.kind === 'given' && group.owner === to;
      return same ? done(group) : giveUp(lost(from, group));
    }),
  );
}

export async function runSplit(
  street: Street,
  work: Work,
  { from, outputs }: Split,
  signature: Uint8Array,
): Promise<Result<readonly Group[], LoyaltyError>> {
  const ended = await changeGroup(street, work, from.key, 'split', (group) => {
    if (stillIs(group, from)) return propose(nextOf(group, { kind: 'split', outputs, signature }));
    const { move } = group?.value ?? {};
    const same =
      group?.seq === from.seq + 1 &&
      move?.kind === 'split' &&
      move.outputs.length === outputs.length &&
      move.outputs.every((one, i) => one.amount === outputs[i]!.amount && one.owner === outputs[i]!.owner);
    return same ? done(group) : giveUp(lost(from, group));
  });
  return ended.ok ? placeAll(street, work, from.key) : ended;
}

/** Every output that one certified version names, in place: also of a version that others have followed. */
export async function placeNamed(
  street: Street,
  work: Work,
  source: { readonly key: string; readonly version: number; readonly value: Value | undefined },
): Promise<Result<readonly Group[], LoyaltyError>> {
  const named = outputsOf(source);
  const there = all(await Promise.all(named.map(({ key }) => groupOf(street, key))));
  if (!there.ok) return there;
  const placed = there.value.filter((group) => group !== null);
  // An old version is not held for ever; what it named needs no proof once it is in place.
  if (placed.length === named.length) return { ok: true, value: placed };
  const proof = await proofOf(street, source.key, source.version);
  if (!proof.ok) return proof;
  return all(await Promise.all(named.map((output) => placeOne(street, work, output, proof.value))));
}

/** The same of the newest version of a key. */
export async function placeAll(
  street: Street,
  work: Work,
  key: string,
): Promise<Result<readonly Group[], LoyaltyError>> {
  const read = await street.network.read(key);
  if (!read.ok) return failed(read.error.type === 'stopped' ? 'stopped' : 'not-arrived', read.error.message);
  return read.value === null ? { ok: true, value: [] } : placeNamed(street, work, read.value);
}

export function placeOne(
  street: Street,
  work: Work,
  { key, issuer, amount, owner, expires }: Named,
  proof: Uint8Array,
): Promise<Result<Group, LoyaltyError>> {
  return changeGroup(street, work, key, 'place', (group) =>
    // What is there came out of this source: the key says so.
    group !== null
      ? done(group)
      : propose({
          format: 1,
          seq: 1,
          issuer,
          amount,
          owner,
          expires,
          done: [],
          move: { kind: 'placed', proof },
        }),
  );
}

export function ownerWrong(
  { network }: Street,
  owner: Owner,
): { readonly ok: false; readonly error: LoyaltyError } | null {
  const member = merchantOf(owner);
  const known =
    member === null ? customerKeyOf(owner) !== null : network.members().some(({ id }) => id === member);
  return known
    ? null
    : failed(
        'owner-unknown',
        member === null ? 'This is no key of a customer.' : `${member} is no merchant of this street.`,
      );
}

export function outputsWrong(
  street: Street,
  outputs: readonly Output[],
  least: number,
  sum?: number,
): { readonly ok: false; readonly error: LoyaltyError } | null {
  if (outputs.length < least || outputs.length > MAX_OUTPUTS)
    return failed('amount-wrong', `${least} to ${MAX_OUTPUTS} groups at once.`);
  if (!outputs.every(({ amount }) => isAmount(amount)))
    return failed('amount-wrong', 'An amount is a whole number of points, from 1.');
  if (sum !== undefined && sumOf(outputs) !== sum)
    return failed(
      'amount-wrong',
      `The parts are ${sumOf(outputs)} points together, and the group has ${sum}.`,
    );
  for (const { owner } of outputs) {
    const wrong = ownerWrong(street, owner);
    if (wrong) return wrong;
  }
  return null;
}

export const notMine = (key: string): { readonly ok: false; readonly error: LoyaltyError } =>
  failed('not-owner', `${key} does not belong to this merchant.`);

export const fromSign = ({
  type,
  message,
}: {
  readonly type: string;
  readonly message: string;
}): LoyaltyError => ({
  type: type === 'stopped' ? 'stopped' : type === 'not-a-member' ? 'not-a-voter' : 'failed',
  message,
});

export const sumOf = (parts: readonly Pick<Output, 'amount'>[]): number =>
  parts.reduce((sum, { amount }) => sum + amount, 0);
