/**
 * Forgetting: an open version that nobody decides for days keeps no more than one that is a few rounds old. What is kept, and why the
 * rest is never asked for again, is in docs/protocol.md, "Forgetting":
 *
 * - all votes of rounds 0, r − 1, r and r + 1 (the window);
 * - of every member its newest PRE-COMMIT and its newest COMMIT, whatever the round: RESUME, and certificates that complete late;
 * - the polka of r, below r the highest of each value, and the lock's;
 * - own votes of the last OWN_ROUNDS_KEPT rounds and of round 0, and the lock's COMMIT;
 * - values that one of these names.
 */
import type { Digest, MemberIndex } from '../codec/brand.ts';
import type { Vote } from '../codec/vote.ts';
import { polkaOf } from './instance.ts';
import { MAX_POLKAS_KEPT, OWN_ROUNDS_KEPT, ROUNDS_AHEAD } from './limits.ts';
import type { CoreEffect, CoreState, Instance, RoundState } from './types.ts';

/** Rounds whose votes are all kept: the first, the one before, the own, and the next. */
export function isInWindow(instance: Instance, round: number): boolean {
  return round === 0 || (round >= instance.round - 1 && round <= instance.round + ROUNDS_AHEAD);
}

/** Whether own votes of `round` are all on record in round `at`: what is older may have been forgotten, so its lack proves nothing. */
export function isOwnOnRecord(at: number, round: number): boolean {
  return round === 0 || round >= at - OWN_ROUNDS_KEPT;
}

/** A vote at least as new as any that is known of its author and type. */
export function isNewest(instance: Instance, vote: Vote): boolean {
  return vote.round >= (newestOf(instance, vote.type).get(vote.author) ?? -1);
}

/** Below r, a polka for the value in a lower round says nothing that this one does not. */
export function hasPolkaFrom(instance: Instance, digest: Digest, lowest: number): boolean {
  for (const [round, { polka }] of instance.rounds)
    if (round >= lowest && round < instance.round && polka?.digest === digest) return true;
  return false;
}

export function noteNewest(instance: Instance, vote: Vote): void {
  if (isNewest(instance, vote)) newestOf(instance, vote.type).set(vote.author, vote.round);
}

export function forget(state: CoreState, instance: Instance, effects: CoreEffect[]): void {
  if (instance.round < FIRST_ROUND_THAT_FORGETS) return;
  const valuesWithPolka = new Set<Digest>();
  for (const round of [...instance.rounds.keys()].sort((a, b) => b - a)) {
    const held = instance.rounds.get(round)!;
    // Asked, not read: votes of which some are dropped below may be one that nobody has looked for yet.
    const polka = polkaOf(state.config, instance, round);
    if (round > 0 && isInWindow(instance, round)) {
      if (polka && round < instance.round) valuesWithPolka.add(polka.digest);
      continue;
    }
    if (polka) {
      const isHighest = !valuesWithPolka.has(polka.digest) && valuesWithPolka.size < MAX_POLKAS_KEPT;
      if (isHighest) valuesWithPolka.add(polka.digest);
      else if (instance.lock?.round !== round && round !== 0) held.polka = null;
    }
    if (round === 0) continue;
    dropOld(held.preCommits, round, instance.newestPreCommits);
    dropOld(held.commits, round, instance.newestCommits);
    if (held.polka === null && held.preCommits.size === 0 && held.commits.size === 0)
      instance.rounds.delete(round);
  }
  for (const round of instance.saturatedAt.keys())
    if (round !== 0 && round < instance.round) instance.saturatedAt.delete(round);
  forgetOwn(instance);
  forgetValues(instance, effects);
}

/** In rounds up to 2 the window is everything. */
const FIRST_ROUND_THAT_FORGETS = 3;

function newestOf(instance: Instance, type: Vote['type']): Map<MemberIndex, number> {
  return type === 'COMMIT' ? instance.newestCommits : instance.newestPreCommits;
}

function dropOld(
  table: RoundState['preCommits'],
  round: number,
  newest: ReadonlyMap<MemberIndex, number>,
): void {
  for (const [digest, votes] of table) {
    for (const author of votes.keys()) if (newest.get(author) !== round) votes.delete(author);
    if (votes.size === 0) table.delete(digest);
  }
}

function forgetOwn(instance: Instance): void {
  const { round: r, lock, ownVotes } = instance;
  const keeps = (vote: { readonly round: number; readonly type: Vote['type'] }): boolean =>
    isOwnOnRecord(r, vote.round) || (vote.type === 'COMMIT' && vote.round === lock?.round);
  if (ownVotes.some((vote) => !keeps(vote))) {
    const kept = ownVotes.filter(keeps);
    ownVotes.splice(0, ownVotes.length, ...kept);
  }
  for (const round of instance.ownPreCommits.keys())
    if (!keeps({ round, type: 'PRE-COMMIT' })) instance.ownPreCommits.delete(round);
  for (const round of instance.ownCommits.keys())
    if (!keeps({ round, type: 'COMMIT' })) instance.ownCommits.delete(round);
}

/** Values that no kept vote and no kept polka names: if one comes up again, its bytes are asked for again. */
function forgetValues(instance: Instance, effects: CoreEffect[]): void {
  const named = new Set<Digest>(instance.ownPreCommits.values());
  for (const { digest } of instance.ownVotes) named.add(digest);
  if (instance.lock) named.add(instance.lock.digest);
  for (const { preCommits, polka, commits } of instance.rounds.values()) {
    for (const digest of preCommits.keys()) named.add(digest);
    for (const digest of commits.keys()) named.add(digest);
    if (polka) named.add(polka.digest);
  }
  for (const digest of instance.values.keys()) {
    if (named.has(digest)) continue;
    instance.values.delete(digest);
    effects.push({ type: 'value-unneeded', key: instance.key, digest });
  }
}
