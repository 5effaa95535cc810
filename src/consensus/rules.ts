/**
 * The rules that act, in the order of docs/protocol.md. `run` repeats them to a fixpoint; each arm carries its rule's name.
 *
 * Kept at every return:
 * - an own decision is in `ownPreCommits` / `ownCommits` before it is signed, and never changes;
 * - no PRE-COMMIT in a round that was committed or left; no COMMIT outside the current round;
 * - polkas and locks are never revoked, neither by evidence nor by a restart.
 */
import { asRound, type Digest, type Key, type MemberIndex, type Milliseconds } from '../codec/brand.ts';
import { OPENING_KEY } from '../codec/epochs.ts';
import { votesGroups, type Certificate } from '../codec/vote.ts';
import { forget } from './forget.ts';
import {
  fallbackOf,
  hasVoters,
  isAllowed,
  isValid,
  polkaOf,
  roundOf,
  suspectedOf,
  tieBreakerOf,
  votersOf,
  windowOf,
  winnerOf,
} from './instance.ts';
import { quorum } from './membership.ts';
import type { CoreEffect, CoreState, Instance } from './types.ts';

/** Runs one key to its fixpoint. */
export function run(state: CoreState, key: Key, now: Milliseconds, effects: CoreEffect[]): void {
  const instance = state.instances.get(key);
  if (!instance) return;
  while (apply(state, instance, now, effects)) {
    // DECIDE replaced the instance: what follows belongs to the next version.
    if (state.instances.get(key) !== instance) return;
  }
  forget(state, instance, effects);
  arm(instance, now, effects);
}

/** One rule, the first that applies; false when none does. */
function apply(state: CoreState, instance: Instance, now: Milliseconds, effects: CoreEffect[]): boolean {
  return (
    decide(state, instance, effects) ||
    start(state, instance, now, effects) ||
    jump(state, instance, now, effects) ||
    saturate(state, instance, now) ||
    vote(state, instance, now, effects) ||
    commit(state, instance, now, effects) ||
    advance(state, instance, now, effects)
  );
}

/** A quorum certificate as votes, if one is complete: q distinct COMMITs of one round, whatever round that is. */
function decide(state: CoreState, instance: Instance, effects: CoreEffect[]): boolean {
  // DECIDE
  const q = quorum(state.config.n);
  for (const [round, { commits }] of instance.rounds) {
    for (const [digest, votes] of commits) {
      if (votes.size < q) continue;
      const certificate: Certificate = {
        epoch: state.config.epoch,
        key: instance.key,
        version: instance.version,
        round: asRound(round),
        digest,
        groups: votesGroups(votes.values()),
      };
      adopt(state, certificate, hasBytes(instance, digest), instance.previous, effects);
      return true;
    }
  }
  return false;
}

/** A member that has done RESUME signs; one that has closed the epoch signs for its opening only (CLOSE). */
export function maySign(state: CoreState, key: Key): boolean {
  return state.mayVote && (!state.closed || key === OPENING_KEY);
}

/** Takes a checked certificate as the key's head; the next version starts afresh. */
export function adopt(
  state: CoreState,
  certificate: Certificate,
  bytesKnown: boolean,
  previous: Digest | null | undefined,
  effects: CoreEffect[],
): void {
  const { key, version, digest } = certificate;
  const old = state.instances.get(key);
  state.certified.set(key, { version, digest, bytesKnown });
  state.instances.delete(key);
  if (old?.armed != null) effects.push({ type: 'timer', key, at: null });
  effects.push({
    type: 'decide',
    certificate,
    previous,
    bytesKnown,
    closed: old?.version === version ? old : null,
  });
}

function start(state: CoreState, instance: Instance, now: Milliseconds, effects: CoreEffect[]): boolean {
  // START
  if (instance.round !== -1) return false;
  const proposes = instance.proposal !== null && isValid(instance, instance.proposal);
  if (!proposes && !hasValidVote(instance)) return false;
  enter(state, instance, 0, now, effects);
  return true;
}

function hasValidVote(instance: Instance): boolean {
  for (const digest of instance.rounds.get(0)?.preCommits.keys() ?? [])
    if (isValid(instance, digest)) return true;
  return false;
}

function jump(state: CoreState, instance: Instance, now: Milliseconds, effects: CoreEffect[]): boolean {
  // JUMP
  const q = quorum(state.config.n);
  let target = instance.round as number;
  for (const round of instance.rounds.keys())
    if (round > target && hasVoters(instance, round, q)) target = round;
  if (target === instance.round) return false;
  enter(state, instance, target, now, effects);
  return true;
}

function saturate(state: CoreState, instance: Instance, now: Milliseconds): boolean {
  // SAT
  const { round } = instance;
  if (round < 0 || instance.saturatedAt.has(round)) return false;
  if (!hasVoters(instance, round, quorum(state.config.n))) return false;
  instance.saturatedAt.set(round, now);
  return true;
}

function vote(state: CoreState, instance: Instance, now: Milliseconds, effects: CoreEffect[]): boolean {
  // VOTE
  const { round } = instance;
  if (round < 0 || !maySign(state, instance.key) || state.config.self === null) return false;
  if (instance.ownPreCommits.has(round) || instance.ownCommits.has(round)) return false;
  // After a crash the log may hold a lock whose COMMIT was not signed yet: the round is committed all the same.
  if (instance.lock?.round === round) return false;
  const choice = choose(state, instance, now);
  if (choice === null || !isAllowed(state.config, instance, choice)) return false;
  instance.ownPreCommits.set(round, choice);
  const { key, version } = instance;
  effects.push({ type: 'sign', vote: { key, version, round, type: 'PRE-COMMIT', digest: choice } });
  return true;
}

/** The value to pre-commit in the current round, or null: wait. */
function choose(state: CoreState, instance: Instance, now: Milliseconds): Digest | null {
  const { config } = state;
  const { round } = instance;
  if (round === 0) {
    const { proposal } = instance;
    return proposal !== null && isValid(instance, proposal) ? proposal : winnerOf(state, instance);
  }
  const breaker = tieBreakerOf(config, instance, round);
  if (breaker === config.self) return fallbackOf(state, instance);
  if (breaker !== null) {
    const theirs = [...roundOf(instance, round).preCommits]
      .filter(([digest, votes]) => votes.has(breaker) && isAllowed(config, instance, digest))
      .map(([digest]) => digest)
      .sort();
    if (theirs.length > 0) return theirs.at(-1)!;
  }
  const firstWindowOver = (): boolean => {
    const saturated = instance.saturatedAt.get(0);
    return saturated !== undefined && now >= saturated + windowOf({ w0: instance.firstW0 }, 0);
  };
  if (round === 1 && (everyoneVoted(state, instance) || firstWindowOver()))
    return fallbackOf(state, instance);
  if (now >= instance.enteredAt + windowOf(instance, round)) return fallbackOf(state, instance);
  return null;
}

/** The round-0 votes of all who are not suspected are here, and their values are classified. */
function everyoneVoted(state: CoreState, instance: Instance): boolean {
  const round = instance.rounds.get(0);
  if (!round) return false;
  const heard = new Set<MemberIndex>(suspectedOf(state));
  for (const [digest, votes] of round.preCommits) {
    const status = instance.values.get(digest);
    if (!instance.previousKnown || (status !== 'valid' && status !== 'invalid')) return false;
    for (const author of votes.keys()) heard.add(author);
  }
  return heard.size === state.config.n;
}

function commit(state: CoreState, instance: Instance, now: Milliseconds, effects: CoreEffect[]): boolean {
  // COMMIT — only in the current round and within the lock window; does not wait for bytes.
  const { round, key, version } = instance;
  if (round < 0 || !maySign(state, key) || state.config.self === null || instance.ownCommits.has(round))
    return false;
  const polka = polkaOf(state.config, instance, round);
  const saturated = instance.saturatedAt.get(round);
  if (!polka || saturated === undefined || now > saturated + windowOf(instance, round)) return false;
  instance.lock = { digest: polka.digest, round };
  instance.ownCommits.set(round, polka.digest);
  effects.push({ type: 'trace', kind: 'polka', key, version, round, digest: polka.digest, member: null });
  effects.push({ type: 'sign', vote: { key, version, round, type: 'COMMIT', digest: polka.digest } });
  return true;
}

function advance(state: CoreState, instance: Instance, now: Milliseconds, effects: CoreEffect[]): boolean {
  // ADVANCE — timer-driven, committed or not; two early exits from round 0.
  const { round } = instance;
  if (round < 0) return false;
  const { config } = state;
  const saturated = instance.saturatedAt.get(round);
  const over = saturated !== undefined && now >= saturated + 2 * windowOf(instance, round);
  const early =
    round === 0 &&
    instance.ownPreCommits.has(0) &&
    saturated !== undefined &&
    ((polkaOf(config, instance, 0) === null && now >= saturated + windowOf(instance, 0)) ||
      isSplit(state, instance));
  if (!over && !early) return false;
  enter(state, instance, round + 1, now, effects);
  return true;
}

/** Round 0 cannot end in a polka any more: no value reaches q with those who are missing and not suspected. */
function isSplit(state: CoreState, instance: Instance): boolean {
  const { n } = state.config;
  const q = quorum(n);
  const voters = votersOf(instance, 0);
  if (voters.size < q) return false;
  const suspected = suspectedOf(state);
  let missing = 0;
  for (let i = 0; i < n; i++)
    if (!voters.has(i as MemberIndex) && !suspected.has(i as MemberIndex)) missing++;
  const round = roundOf(instance, 0);
  if (round.polka) return false;
  return [...round.preCommits.values()].every((votes) => votes.size + missing < q);
}

function enter(
  state: CoreState,
  instance: Instance,
  round: number,
  now: Milliseconds,
  effects: CoreEffect[],
): void {
  if (instance.round < 0) instance.firstW0 = state.w0;
  instance.round = asRound(round);
  instance.enteredAt = now;
  instance.w0 = state.w0;
  roundOf(instance, round);
  effects.push({ type: 'persist', key: instance.key });
  const { key, version } = instance;
  effects.push({
    type: 'trace',
    kind: 'round',
    key,
    version,
    round: instance.round,
    digest: null,
    member: state.config.self,
  });
}

/** Asks for the next moment at which a timer of the rules can matter. */
function arm(instance: Instance, now: Milliseconds, effects: CoreEffect[]): void {
  const at = nextDeadline(instance, now);
  if (at === instance.armed) return;
  instance.armed = at;
  effects.push({ type: 'timer', key: instance.key, at });
}

function nextDeadline(instance: Instance, now: Milliseconds): Milliseconds | null {
  const { round } = instance;
  if (round < 0) return null;
  const window = windowOf(instance, round);
  let next = Infinity;
  const consider = (time: Milliseconds): void => {
    if (time > now && time < next) next = time;
  };
  consider(instance.enteredAt + window);
  const saturated = instance.saturatedAt.get(round);
  if (saturated !== undefined) {
    consider(saturated + window);
    consider(saturated + 2 * window);
  }
  const first = instance.saturatedAt.get(0);
  if (round === 1 && first !== undefined) consider(first + windowOf({ w0: instance.firstW0 }, 0));
  return next === Infinity ? null : next;
}

function hasBytes(instance: Instance, digest: Digest): boolean {
  const status = instance.values.get(digest);
  return status !== undefined && status !== 'missing';
}
