/**
 * When a replica abstains from a session because its device was revoked. The revocation is a value of another key, which others may not
 * hold yet, so it is no rule of validity. Two kinds of sessions are judged as if nothing had happened: those that this replica has voted
 * for, and those for which more than f members have, of whom one is honest and did not know. Without this a version could wait for ever: with
 * more than f votes for one value, and the others abstaining, neither it nor another one may ever find q. With at most f of them the others
 * are q, and decide another value by themselves.
 */
import type { Digest, Key, MemberIndex } from '../../codec/brand.ts';
import type { Instance } from '../../consensus/types.ts';
import type { Replica } from '../replica/replica.ts';

export function isUnderWay(
  replica: Pick<Replica, 'core'> & { readonly options: Pick<Replica['options'], 'epoch'> },
  key: Key,
  digest: Digest,
): boolean {
  const instance = replica.core.instances.get(key);
  if (!instance) return false;
  const { n, quorum } = replica.options.epoch;
  return hasVotedFor(replica, key, digest) || votersFor(instance, digest).size > n - quorum;
}

/** Whether this replica has voted for the value in the open version of the key. */
export function hasVotedFor({ core }: Pick<Replica, 'core'>, key: Key, digest: Digest): boolean {
  const instance = core.instances.get(key);
  if (!instance) return false;
  const { ownPreCommits, ownCommits, lock } = instance;
  if (lock?.digest === digest) return true;
  for (const own of [ownPreCommits, ownCommits])
    for (const voted of own.values()) if (voted === digest) return true;
  return false;
}

function votersFor({ rounds }: Instance, digest: Digest): Set<MemberIndex> {
  const found = new Set<MemberIndex>();
  for (const round of rounds.values())
    for (const votes of [round.preCommits, round.commits])
      for (const author of votes.get(digest)?.keys() ?? []) found.add(author);
  return found;
}
