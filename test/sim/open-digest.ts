/**
 * The real open digest, asked once for each content: replicas of one run hold the same votes again and again, and making the digest is
 * the dearest part of a small run. The name of a content holds everything that the digest reads, so equal names have equal digests.
 */
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import type { Vote } from '../../src/codec/vote.ts';
import type { CoreState } from '../../src/consensus/types.ts';
import { openDigestOf } from '../../src/crdt/open.ts';

/** Members that fit a bitmap in a number. */
const MAX_NAMED = 31;

export function createOpenDigest(): (core: CoreState, key: Key) => string {
  const known = new Map<string, string>();
  return (core, key) => {
    const name = core.config.n <= MAX_NAMED ? nameOf(core, key) : null;
    if (name === null) return openDigestOf(core, key);
    let digest = known.get(name);
    if (digest === undefined) {
      digest = openDigestOf(core, key);
      known.set(name, digest);
    }
    return digest;
  };
}

function nameOf(core: CoreState, key: Key): string | null {
  const instance = core.instances.get(key);
  if (!instance) return null;
  let name = `${key} ${instance.version}`;
  let convicted = 0;
  for (const member of core.evidence.keys()) convicted |= 1 << member;
  name += ` ${convicted}`;
  for (const [round, { preCommits, polka, commits }] of instance.rounds) {
    name += ` r${round}`;
    if (polka) {
      let signers = 0;
      for (const vote of polka.votes) signers |= 1 << vote.author;
      name += `p${polka.digest.slice(0, 8)}${signers}`;
    }
    name += table(preCommits) + 'c' + table(commits);
  }
  return name;
}

function table(votes: ReadonlyMap<Digest, ReadonlyMap<MemberIndex, Vote>>): string {
  let name = '';
  for (const [digest, authors] of votes) {
    let bits = 0;
    for (const author of authors.keys()) bits |= 1 << author;
    name += `,${digest.slice(0, 8)}${bits}`;
  }
  return name;
}
