/** Random topologies of replicas, and the least number of messages in a row in which a transaction can be confirmed over one. Pure. */
import { quorum } from '../../../src/consensus/membership.ts';
import { createRandom } from '../../../test/sim/scheduler.ts';
import { topology } from '../../../test/sim/world/network.ts';
import type { Edge } from './facts.ts';

/** The simulator's own generator: a ring through all in random order, so that it holds together, and random links up to `degree`. */
export function drawTopology(n: number, degree: number, seed: number): readonly Edge[] {
  return [...topology(n, degree, createRandom(seed), () => true)]
    .map((name) => name.split(' ').map(Number) as [number, number])
    .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
}

export function neighboursOf(n: number, edges: readonly Edge[]): readonly ReadonlySet<number>[] {
  const sets = Array.from({ length: n }, () => new Set<number>());
  for (const [a, b] of edges) {
    sets[a]!.add(b);
    sets[b]!.add(a);
  }
  return sets;
}

/** Links to cross from `from` to each; Infinity where no way leads. */
export function distances(neighbours: readonly ReadonlySet<number>[], from: number): readonly number[] {
  const found = neighbours.map(() => Infinity);
  found[from] = 0;
  const queue = [from];
  for (const at of queue)
    for (const next of neighbours[at]!) {
      if (found[next]! !== Infinity) continue;
      found[next] = found[at]! + 1;
      queue.push(next);
    }
  return found;
}

/**
 * Link delays after which the decision can be known at `proposer` at the earliest, if work took no time: the proposal reaches a replica, which
 * votes; votes of a quorum reach a replica, which commits; commits of a quorum reach the proposer. 3 in a full mesh.
 */
export function leastHops(neighbours: readonly ReadonlySet<number>[], proposer: number): number {
  const n = neighbours.length;
  const q = quorum(n);
  const all = neighbours.map((_, i) => distances(neighbours, i));
  const quorumAt = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[q - 1]!;
  const voted = all[proposer]!;
  const committed = all.map((from) => quorumAt(voted.map((at, voter) => at + from[voter]!)));
  return quorumAt(committed.map((at, i) => at + all[i]![proposer]!));
}
