/**
 * What is known of an open version, as one digest: evidence bitmap, the voters of each round, vote bitmaps per value without
 * equivocators, and the highest polka's round and digest. Only what every replica in the same round keeps or takes in is in it, so that
 * forgetting leaves no difference behind: PRE-COMMITs of the rounds in the window, COMMITs of these and each member's newest. Two replicas with the same votes have the same digest, whatever order the
 * votes came in. Which values of an equivocator are held may differ for ever, so they are left out; that it voted may not: SAT and JUMP
 * count it, and a replica that lacked its vote and saw equal digests would wait for ever.
 */
import { fromHex, type Key, type MemberIndex } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import { membersBitmap, type Vote } from '../codec/vote.ts';
import { isInWindow } from '../consensus/forget.ts';
import { polkaOf, votersOf } from '../consensus/instance.ts';
import type { CoreState, Instance } from '../consensus/types.ts';
import { EMPTY } from './merkle.ts';

export function openDigestOf(state: CoreState, key: Key): string {
  const instance = state.instances.get(key);
  if (!instance || instance.rounds.size === 0) return EMPTY;
  const { n, hash } = state.config;
  const votes: CborValue[] = [];
  const voters: CborValue[] = [];
  let polka: CborValue = null;
  for (const round of [...instance.rounds.keys()].sort((a, b) => a - b)) {
    const held = instance.rounds.get(round)!;
    const isKept = isInWindow(instance, round);
    const heard = votersOf(instance, round);
    if (isKept && heard.size > 0) voters.push([round, membersBitmap(heard, n)]);
    // Asked, not read: one that nobody has looked for yet is known all the same.
    const found = polkaOf(state.config, instance, round);
    if (found) polka = [round, fromHex(found.digest)];
    for (const [type, table] of [
      [0, held.preCommits],
      [1, held.commits],
    ] as const) {
      if (type === 0 && !isKept) continue;
      for (const digest of [...table.keys()].sort()) {
        const authors = [...table.get(digest)!.keys()].filter((author) => !state.evidence.has(author));
        if (authors.length > 0) votes.push([round, type, fromHex(digest), membersBitmap(authors, n)]);
      }
    }
  }
  if (votes.length === 0 && voters.length === 0) return EMPTY;
  const evidence = membersBitmap(state.evidence.keys() as Iterable<MemberIndex>, n);
  return hash(encode([instance.version, evidence, voters, votes, polka]));
}

/** Every vote kept of an open version, polkas whole: a jump proof where there is one. Order: by round, PRE-COMMITs first. */
export function votesOf(instance: Instance): Vote[] {
  const found = new Set<Vote>();
  for (const round of [...instance.rounds.keys()].sort((a, b) => a - b)) {
    const held = instance.rounds.get(round)!;
    for (const votes of held.preCommits.values()) for (const vote of votes.values()) found.add(vote);
    if (held.polka) for (const vote of held.polka.votes) found.add(vote);
    for (const votes of held.commits.values()) for (const vote of votes.values()) found.add(vote);
  }
  return [...found];
}
