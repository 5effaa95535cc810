/**
 * Two locks on two values of one version: a hidden polka locks one member in round 0, while the others see a tie, go on at once and lock on the
 * greater value in round 1. An opening made in that moment has to carry the higher lock, since only that one may be certified.
 */
import type { Digest, MemberIndex } from '../../../src/codec/brand.ts';
import { isNetworkKey } from '../../../src/codec/brand.ts';
import type { Instance } from '../../../src/consensus/types.ts';
import { all, hiddenPolkas, inject, type Script, type Victim, type World } from '../adversary.ts';

export const duel: Script = {
  what: 'locks one member on a value in round 0 and the others on another in round 1',
  onMessage: strike,
  onBeat: strike,
  onTimer: strike,
};

function strike(world: World, victim: Victim, instance: Instance): void {
  const found = sidesOf(world, instance);
  if (!found || instance.round > 1) return;
  const round = Math.max(0, instance.round);
  if (victim.index !== found.first) inject(world, victim, instance, all(world, instance, round, found.high));
  else if (round === 0)
    for (const polka of hiddenPolkas(world, instance, 0))
      if (polka[0]!.digest === found.low) inject(world, victim, instance, polka);
}

function sidesOf(
  world: World,
  { key, version }: Instance,
): { low: Digest; high: Digest; first: MemberIndex } | null {
  if (isNetworkKey(key)) return null;
  const tallies = [...world.checks.tallies(key, version, 0)].sort(
    (a, b) => b.preCommits.size - a.preCommits.size,
  );
  const low = tallies[0];
  const high = tallies.find(({ digest, preCommits }) => low && digest > low.digest && preCommits.size > 0);
  if (!low || !high) return null;
  return { low: low.digest, high: high.digest, first: Math.min(...low.preCommits.keys()) as MemberIndex };
}
