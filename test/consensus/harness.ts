/**
 * One replica's core with a host that does everything at once: signatures are right, bytes are known as far as a test says so, and
 * every own vote is signed in the same turn. Signatures are unique stand-ins.
 */
import {
  asDigest,
  asEpochDigest,
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
  type Key,
  type MemberIndex,
} from '../../src/codec/brand.ts';
import type { Certificate, Vote, VoteBody, VoteType } from '../../src/codec/vote.ts';
import { newCore, restoreHead, restoreInstance, step } from '../../src/consensus/core.ts';
import { tieBreakerOf } from '../../src/consensus/instance.ts';
import type { InstanceLogLike } from '../../src/consensus/log.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type {
  CertifiedHead,
  CoreEffect,
  CoreEvent,
  CoreState,
  Instance,
  ValueStatus,
} from '../../src/consensus/types.ts';
import { createHash } from '../../src/crypto/hash.ts';

export const hash = await createHash();
export const EPOCH = asEpochDigest('e'.repeat(64));
export const KEY = asKey('package/one');
export const W0 = 100;

/** A value's digest by a letter: later letters are greater. */
export const digestOf = (letter: string): Digest => asDigest(letter.repeat(64));
export const member = (i: number): MemberIndex => asMemberIndex(i);

export function signVote(author: number, vote: VoteBody): Vote {
  const signed = { ...vote, epoch: EPOCH, author: member(author), signature: new Uint8Array(64) };
  return vote.type === 'COMMIT' ? { ...signed, share: new Uint8Array(48) } : signed;
}

export interface VoteOptions {
  readonly key?: Key;
  readonly version?: number;
  readonly type?: VoteType;
}

export function preCommit(author: number, round: number, letter: string, options: VoteOptions = {}): Vote {
  const { key = KEY, version = 1, type = 'PRE-COMMIT' } = options;
  return signVote(author, {
    key,
    version: asVersion(version),
    round: asRound(round),
    type,
    digest: digestOf(letter),
  });
}

export function commitVote(author: number, round: number, letter: string, options: VoteOptions = {}): Vote {
  return preCommit(author, round, letter, { ...options, type: 'COMMIT' });
}

export function certificateOf(
  letter: string,
  version: number,
  round: number,
  authors: readonly number[],
  key = KEY,
): Certificate {
  return {
    epoch: EPOCH,
    key,
    version: asVersion(version),
    round: asRound(round),
    digest: digestOf(letter),
    groups: [
      {
        form: 'votes',
        votes: authors.map((author) => ({
          author: member(author),
          signature: new Uint8Array(64),
          share: new Uint8Array(48),
        })),
      },
    ],
  };
}

/** A key whose tie-breaker of the round is that member. */
export function keyWithTieBreaker(n: number, round: number, breaker: number): Key {
  for (let i = 0; ; i++) {
    const replica = createReplica({ n, self: 0, key: asKey(`package/${i}`) });
    replica.send({ type: 'propose', key: replica.key, version: asVersion(1), digest: digestOf('a') });
    if (tieBreakerOf(replica.state.config, replica.instance, round) === breaker) return replica.key;
  }
}

export interface ReplicaOptions {
  readonly n?: number;
  readonly self?: number | null;
  readonly key?: Key;
  readonly mayVote?: boolean;
  /** What this replica knows of values; letters that are not named have missing bytes. */
  readonly values?: Readonly<Record<string, ValueStatus>>;
  /** False: `sign` effects wait in `unsigned`. */
  readonly signs?: boolean;
  readonly head?: CertifiedHead;
  readonly log?: InstanceLogLike;
  readonly now?: number;
}

export type Replica = ReturnType<typeof createReplica>;

export function createReplica(options: ReplicaOptions = {}) {
  const { n = 4, self = 0, key = KEY, mayVote = true, signs = true } = options;
  const values = new Map<Digest, ValueStatus>();
  const known: Readonly<Record<string, ValueStatus>> = options.values ?? {
    a: 'valid',
    b: 'valid',
    c: 'valid',
  };
  for (const [letter, status] of Object.entries(known)) {
    values.set(digestOf(letter), status);
  }
  const state: CoreState = newCore({
    epoch: EPOCH,
    n,
    self: self === null ? null : member(self),
    w0: W0,
    hash,
  });
  const effects: CoreEffect[] = [];
  const votes: Vote[] = [];
  const unsigned: VoteBody[] = [];
  const decided: Certificate[] = [];
  const replica = {
    key,
    state,
    now: options.now ?? 0,
    /** Everything that was asked for, in order. */
    effects,
    /** Own signed votes, in order. */
    votes,
    unsigned,
    decided,
    get instance(): Instance {
      const instance = state.instances.get(key);
      if (!instance) throw new Error('no open version');
      return instance;
    },
    get round(): number {
      return state.instances.get(key)?.round ?? -1;
    },
    /** Own votes as text, for example `r0 PRE-COMMIT a`. */
    get said(): string[] {
      return votes.map((vote) => `r${vote.round} ${vote.type} ${vote.digest[0]}`);
    },
    send(event: CoreEvent): CoreEffect[] {
      return perform(step(state, event, replica.now).effects);
    },
    take(...taken: Vote[]): CoreEffect[] {
      return replica.send({ type: 'checked', votes: taken });
    },
    /** As it comes from a peer: limits first, then every signature is right. */
    receive(...received: Vote[]): CoreEffect[] {
      return replica.send({ type: 'received', votes: received, from: 'peer' });
    },
    propose(letter: string, version = 1): CoreEffect[] {
      return replica.send({ type: 'propose', key, version: asVersion(version), digest: digestOf(letter) });
    },
    learn(letter: string, status: ValueStatus, version = 1): CoreEffect[] {
      values.set(digestOf(letter), status);
      return replica.send({
        type: 'value',
        key,
        version: asVersion(version),
        digest: digestOf(letter),
        status,
      });
    },
    tick(at: number): CoreEffect[] {
      replica.now = at;
      return replica.send({ type: 'tick', key });
    },
    sign(): void {
      const vote = unsigned.shift();
      if (!vote || self === null) throw new Error('nothing to sign');
      replica.send({ type: 'signed', vote: signVote(self, vote) });
    },
  };

  function perform(found: readonly CoreEffect[]): CoreEffect[] {
    const all = [...found];
    effects.push(...found);
    for (const effect of found) {
      if (effect.type === 'check') all.push(...replica.take(...effect.votes));
      if (effect.type === 'push') votes.push(effect.vote);
      if (effect.type === 'decide') decided.push(effect.certificate);
      if (effect.type === 'sign') {
        unsigned.push(effect.vote);
        if (signs) {
          unsigned.pop();
          all.push(...replica.send({ type: 'signed', vote: signVote(self!, effect.vote) }));
        }
      }
      if (effect.type === 'need-value') {
        const status = values.get(effect.digest);
        if (status)
          all.push(
            ...replica.send({
              type: 'value',
              key: effect.key,
              version: effect.version,
              digest: effect.digest,
              status,
            }),
          );
      }
    }
    return all;
  }

  if (options.head) restoreHead(state, key, options.head);
  if (options.log) perform(restoreInstance(state, options.log, replica.now));
  if (mayVote) replica.send({ type: 'may-vote', mayVote: true });
  return replica;
}

/**
 * Moves a replica of n = 4 (self = 0) from round 0 up to `target`: the others' votes of each round are split, so there is no polka, and
 * the round ends by its timer.
 */
export function walkTo(
  replica: Replica,
  target: number,
  letters: readonly [string, string, string] = ['a', 'b', 'c'],
): void {
  for (let round = replica.round < 0 ? 0 : replica.round; round < target; round++) {
    replica.take(...letters.map((letter, i) => preCommit(i + 1, round, letter, { key: replica.key })));
    if (replica.round === round) replica.tick(replica.now + 2 * W0 * (round + 1));
    if (replica.round !== round + 1) throw new Error(`still in round ${replica.round}`);
  }
}

/** The q members from `first` on. */
export function quorumFrom(n: number, first = 0): number[] {
  return Array.from({ length: quorum(n) }, (_, i) => (first + i) % n);
}
