/** Whom to link with. Up to FULL_MESH_MAX members everyone; above it a random few, so that nobody can arrange to surround a replica. */
import type { MemberIndex } from '../../codec/brand.ts';
import { FULL_MESH_MAX, MAX_LINKS, MIN_LINKS } from '../limits.ts';
import { uniform, type Random } from './pace.ts';

export function isFullMesh(members: number): boolean {
  return members <= FULL_MESH_MAX;
}

/** Links that a replica takes part in at most, its own choices included. */
export function maxLinks(members: number): number {
  return isFullMesh(members) ? members - 1 : MAX_LINKS;
}

/**
 * The members that this replica wants a link to. In a large network: those of `linked` and of `kept` that are candidates still, filled up
 * to MIN_LINKS with random others. `candidates` are members that may be dialled (not self, not refused, heard of lately).
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
  const chosen = new Set(candidates.filter((m) => kept.has(m) && linked.has(m)));
  // Links that others asked for count: a replica with 7 of them needs none of its own.
  for (const member of linked) if (chosen.size < MIN_LINKS) chosen.add(member);
  for (const member of candidates) if (chosen.size < MIN_LINKS && kept.has(member)) chosen.add(member);
  const pool = candidates.filter((m) => !chosen.has(m));
  while (chosen.size < MIN_LINKS && pool.length > 0) {
    const [member] = pool.splice(Math.floor(uniform(random) * pool.length), 1);
    if (member !== undefined) chosen.add(member);
  }
  return chosen;
}
