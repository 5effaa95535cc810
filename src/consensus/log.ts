/** PERSIST: the part of an instance that must be durable before a signature of its key leaves, and that a restart needs. */
import { asRound, type Digest, type Key, type Round, type Version } from '../codec/brand.ts';
import type { Vote } from '../codec/vote.ts';
import type { CoreState } from './types.ts';

/** Structurally the store's InstanceLog: the core does not import the store. */
export interface InstanceLogLike {
  readonly key: Key;
  readonly version: Version;
  readonly round: Round;
  readonly ownVotes: readonly Vote[];
  readonly lock: { readonly digest: Digest; readonly round: Round; readonly polka: readonly Vote[] } | null;
  readonly previousRound: readonly Vote[];
  readonly values: readonly Digest[];
}

/** null when the key has no started instance. */
export function instanceLog(state: CoreState, key: Key): InstanceLogLike | null {
  const instance = state.instances.get(key);
  if (!instance || instance.round < 0) return null;
  const { lock } = instance;
  const polka = lock ? instance.rounds.get(lock.round)?.polka : null;
  const before = instance.round >= 1 ? instance.rounds.get(instance.round - 1) : undefined;
  const previousRound = before ? [...before.preCommits.values()].flatMap((votes) => [...votes.values()]) : [];
  if (before?.polka) {
    for (const vote of before.polka.votes) if (!previousRound.includes(vote)) previousRound.push(vote);
  }
  const voted = new Set<Digest>(instance.ownPreCommits.values());
  return {
    key,
    version: instance.version,
    round: asRound(instance.round),
    ownVotes: [...instance.ownVotes],
    lock: lock && polka ? { ...lock, polka: polka.votes } : null,
    previousRound,
    values: [...voted],
  };
}
