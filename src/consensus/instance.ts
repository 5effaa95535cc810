/** One open (key, version): its votes, and what follows from them. Questions only; the rules that act are in rules.ts. */
import type { Digest, MemberIndex, Milliseconds } from '../codec/brand.ts';
import { asKey, asMemberIndex, asRound, type Key, type Version } from '../codec/brand.ts';
import { tieBreakerOffset } from '../crypto/domains.ts';
import { quorum } from './membership.ts';
import type { CoreConfig, CoreState, Instance, Polka, RoundState } from './types.ts';

export function newInstance(
  config: CoreConfig,
  key: Key,
  version: Version,
  previous: Digest | null,
  previousKnown: boolean,
  openedBy: MemberIndex | null,
): Instance {
  return {
    key: asKey(key),
    version,
    previous,
    previousKnown,
    rounds: new Map(),
    round: asRound(-1),
    enteredAt: 0,
    w0: config.w0,
    firstW0: config.w0,
    newestPreCommits: new Map(),
    newestCommits: new Map(),
    saturatedAt: new Map(),
    lock: null,
    ownPreCommits: new Map(),
    ownCommits: new Map(),
    ownVotes: [],
    proposal: null,
    values: new Map(),
    offset: tieBreakerOffset(config.hash, key, version),
    openedBy,
    armed: null,
  };
}

/** W(r) = W0 (r + 1): grows without bound, so that after GST some window is long enough. */
export function windowOf(of: { readonly w0: Milliseconds }, round: number): Milliseconds {
  return of.w0 * (round + 1);
}

export function roundOf(instance: Instance, round: number): RoundState {
  let state = instance.rounds.get(round);
  if (!state) {
    state = { preCommits: new Map(), polka: null, commits: new Map() };
    instance.rounds.set(round, state);
  }
  return state;
}

/** voters(r): distinct authors of PRE-COMMITs, and the signers of the round's polka. Equivocators count. */
export function votersOf(instance: Instance, round: number): Set<MemberIndex> {
  const found = new Set<MemberIndex>();
  const state = instance.rounds.get(round);
  if (!state) return found;
  for (const votes of state.preCommits.values()) for (const author of votes.keys()) found.add(author);
  if (state.polka) for (const vote of state.polka.votes) found.add(vote.author);
  return found;
}

/** Whether voters(r) are `q` or more: asked after every event, and mostly clear from one value's votes. */
export function hasVoters(instance: Instance, round: number, q: number): boolean {
  const state = instance.rounds.get(round);
  if (!state) return false;
  let most = state.polka?.votes.length ?? 0;
  for (const votes of state.preCommits.values()) {
    if (votes.size >= q) return true;
    most += votes.size;
  }
  return most >= q && votersOf(instance, round).size >= q;
}

/** polka(x, r): q distinct members signed PRE-COMMIT(x, r). Found once and kept whole, whatever becomes of its votes. */
export function polkaOf(config: CoreConfig, instance: Instance, round: number): Polka | null {
  const state = instance.rounds.get(round);
  if (!state) return null;
  if (state.polka) return state.polka;
  const q = quorum(config.n);
  for (const [digest, votes] of state.preCommits) {
    if (votes.size >= q) {
      state.polka = { digest, votes: [...votes.values()].slice(0, q) };
      return state.polka;
    }
  }
  return null;
}

/** valid(x): bytes known and found valid, on a known previous value. */
export function isValid(instance: Instance, digest: Digest): boolean {
  return instance.previousKnown && instance.values.get(digest) === 'valid';
}

/** Most round-0 votes among valid values, equivocators removed; ties to the greater digest. */
export function winnerOf(state: CoreState, instance: Instance): Digest | null {
  const round = instance.rounds.get(0);
  if (!round) return null;
  let best: Digest | null = null;
  let most = 0;
  for (const [digest, votes] of round.preCommits) {
    if (!isValid(instance, digest)) continue;
    let count = 0;
    for (const author of votes.keys()) if (!state.evidence.has(author)) count++;
    if (count > most || (count === most && count > 0 && best !== null && digest > best)) {
      best = digest;
      most = count;
    }
  }
  return best;
}

/** F: the value of the highest polka known in a lower round, else the winner. null: wait. */
export function fallbackOf(state: CoreState, instance: Instance): Digest | null {
  for (const round of roundsBelow(instance, instance.round)) {
    const polka = polkaOf(state.config, instance, round);
    if (polka) return isValid(instance, polka.digest) ? polka.digest : null;
  }
  return winnerOf(state, instance);
}

/** ok(x): valid, and the lock allows it: none, the same value, or a polka for x strictly between lock and now. */
export function isAllowed(config: CoreConfig, instance: Instance, digest: Digest): boolean {
  if (!isValid(instance, digest)) return false;
  const { lock } = instance;
  if (lock === null || lock.digest === digest) return true;
  for (const round of roundsBelow(instance, instance.round)) {
    if (round > lock.round && polkaOf(config, instance, round)?.digest === digest) return true;
  }
  return false;
}

/** Rounds of which something is kept, below `round`, the highest first. */
export function roundsBelow(instance: Instance, round: number): number[] {
  return [...instance.rounds.keys()].filter((r) => r < round).sort((a, b) => b - a);
}

/** tieBreaker(r): none below round 2, else rotating in the order of the member list. */
export function tieBreakerOf(config: CoreConfig, instance: Instance, round: number): MemberIndex | null {
  return round < 2 ? null : asMemberIndex((instance.offset + round) % config.n);
}

/** suspected, or nobody when it names more than f. */
export function suspectedOf(state: CoreState): ReadonlySet<MemberIndex> {
  return state.suspected.size > state.config.n - quorum(state.config.n) ? NOBODY : state.suspected;
}

const NOBODY: ReadonlySet<MemberIndex> = new Set();
