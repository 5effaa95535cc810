/**
 * What the lock window prevents, round after round. All but one honest replica voted for x, and with the adversary's votes that is a
 * polka. It is shown to the last one that is still in the round, as it leaves, when the next tie-breaker has voted for y without knowing
 * of it. The locked replica refuses y, the others do not: all but one vote for y. The next to be locked is locked on that, and the next
 * tie-breaker, which has heard of x by then, says x. Within the window x is known everywhere before anybody leaves.
 */
import { asRound } from '../../src/codec/brand.ts';
import type { Vote } from '../../src/codec/vote.ts';
import { tieBreakerOf } from '../../src/consensus/instance.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type { Instance } from '../../src/consensus/types.ts';
import { all, hiddenPolkas, inject, type Script, type Victim, type World } from './adversary.ts';

export const latePolka: Script = {
  what: 'shows a polka to the last replica that leaves a round, when the next tie-breaker has voted for another value already',
  byNameOnly: true,
  onTimer(world, victim, instance, moment) {
    if (moment.votes) turnLast(world, victim, instance);
    if (moment.leaves) lockLast(world, victim, instance);
  },
  onMessage: revealAll,
  onVote: hasten,
};

function lockLast(world: World, victim: Victim, instance: Instance): void {
  const { key, round } = instance;
  if (round < 1 || otherInstances(world, victim, instance).some((other) => other.round !== round + 1)) return;
  const next = tieBreakerOf(victim.core.config, instance, round + 1);
  if (next === victim.index) return;
  const breaker = world.victims().find(({ index }) => index === next);
  const proposed = breaker?.core.instances.get(key)?.ownPreCommits.get(asRound(round + 1));
  if (proposed === undefined) return;
  const hidden = hiddenPolkas(world, instance, round).find((polka) => polka[0]!.digest !== proposed);
  if (hidden) inject(world, victim, instance, hidden);
}

/**
 * In a round without an honest tie-breaker everybody votes by the timer, and for the same: the last one is shown the hidden polka of the
 * round before, or, in round 1, another winner of round 0.
 */
function turnLast(world: World, victim: Victim, instance: Instance): void {
  const { round } = instance;
  const breaker = tieBreakerOf(victim.core.config, instance, round);
  if (breaker !== null && !world.byzantine.includes(breaker)) return;
  const others = otherInstances(world, victim, instance).map((other) =>
    other.ownPreCommits.get(asRound(round)),
  );
  if (others.includes(undefined)) return;
  if (round === 1) {
    const votedFor = [...(instance.rounds.get(0)?.preCommits.keys() ?? [])];
    const against = votedFor.find((digest) => digest !== others[0]);
    if (against !== undefined) inject(world, victim, instance, all(world, instance, 0, against));
    return;
  }
  const hidden = hiddenPolkas(world, instance, round - 1).find((polka) => polka[0]!.digest !== others[0]);
  if (hidden) inject(world, victim, instance, hidden);
}

/** The next tie-breaker is told of a quorum before the others have one, so that it leaves the round, and votes, before them. */
function hasten(world: World, { key, version, round, type }: Vote): void {
  const victims = world.victims();
  const [any] = victims;
  const known = any?.core.instances.get(key);
  if (type !== 'PRE-COMMIT' || round < 1 || known?.version !== version) return;
  const next = tieBreakerOf(any!.core.config, known, round + 1);
  const victim = victims.find(({ index }) => index === next);
  const instance = victim?.core.instances.get(key);
  if (!victim || instance?.round !== round || instance.saturatedAt.has(round)) return;
  // Votes ahead would carry those who are still in the round before out of it.
  if (otherInstances(world, victim, instance).some((other) => other.round < round)) return;
  const told = world.checks
    .tallies(key, version, round)
    .flatMap(({ preCommits }) => [...preCommits.values()]);
  if (told.length + world.byzantine.length < quorum(world.n)) return;
  inject(world, victim, instance, [
    ...told,
    ...all(world, instance, round, world.values(key, version).withheld),
  ]);
}

/** Bytes must not hold anybody back: a value that is not known is not voted for. */
function revealAll(world: World, victim: Victim, { key, version }: Instance): void {
  const { all: digests, withheld } = world.values(key, version);
  for (const digest of digests) if (digest !== withheld) world.reveal(victim.index, digest);
}

/** The same open version at the other honest replicas. */
function otherInstances(world: World, victim: Victim, { key, version }: Instance): readonly Instance[] {
  return world
    .victims()
    .filter(({ index }) => index !== victim.index)
    .map(({ core }) => core.instances.get(key))
    .filter((found) => found?.version === version) as Instance[];
}
