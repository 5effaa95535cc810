/**
 * Whom to link with. Up to FULL_MESH_MAX members everyone. Above it MIN_LINKS to MAX_LINKS, of which at least MIN_OWN_LINKS are this replica's
 * own random choice: links that others ask for can all be a liar's friends, the own ones cannot be arranged.
 */
import type { MemberIndex } from '../../codec/brand.ts';
import { FULL_MESH_MAX, MAX_LINKS, MIN_LINKS, MIN_OWN_LINKS } from '../limits.ts';
import { uniform, type Random } from './pace.ts';

export function isFullMesh(members: number): boolean {
  return members <= FULL_MESH_MAX;
}

/** Links that a replica takes part in at most, its own choices included. */
export function maxLinks(members: number): number {
  return isFullMesh(members) ? members - 1 : MAX_LINKS;
}

/** Whether one more link fits; `chosen`: it would be one of the own choice, for which room is kept. `ownLinked`: links of own choice now. */
export function hasRoomFor(members: number, links: number, ownLinked: number, chosen: boolean): boolean {
  const kept = chosen || isFullMesh(members) ? 0 : Math.max(0, MIN_OWN_LINKS - ownLinked);
  return links < maxLinks(members) - kept;
}

/**
 * The members that this replica chooses for itself. In a large network: those of `kept` that are candidates still, filled up with random
 * others until they are MIN_OWN_LINKS and, together with the links that others asked for, MIN_LINKS. `candidates` are members that may be
 * dialled (not self, not refused, heard of lately); those that are linked are among them.
 */
export function chooseNeighbours(input: {
  readonly members: number;
  readonly candidates: readonly MemberIndex[];
  readonly linked: ReadonlySet<MemberIndex>;
  readonly kept: ReadonlySet<MemberIndex>;
  readonly random: Random;
}): ReadonlySet<MemberIndex> {
  const { members, candidates, linked, kept, random } = input;
  if (isFullMesh(members)) return new Set(candidates);
  const chosen = new Set(candidates.filter((m) => kept.has(m)));
  const others = [...linked].filter((m) => !chosen.has(m)).length;
  const wanted = Math.max(MIN_OWN_LINKS, MIN_LINKS - others);
  // What was chosen and is not linked yet is given up first when others' choices have made it superfluous.
  for (const member of chosen) if (chosen.size > wanted && !linked.has(member)) chosen.delete(member);
  const pool = candidates.filter((m) => !chosen.has(m) && !linked.has(m));
  while (chosen.size < wanted && pool.length > 0) {
    const [member] = pool.splice(Math.floor(uniform(random) * pool.length), 1);
    if (member !== undefined) chosen.add(member);
  }
  return chosen;
}
