/**
 * What one honest replica may sign next, by running the real core on everything that it might know.
 *
 * A replica is its log: it crashes after every signature and starts again from what was durable, which the rules allow at any moment.
 * Then it takes in any set of the votes that exist, in one go and before it may vote, and signs. So nothing that a replica knew is
 * lost: whatever it held in a run without crashes can be taken in again. What is over-approximated, so that nothing can be missed:
 * - it may enter any later round at any time (JUMP and ADVANCE enter rounds and do nothing else);
 * - any timer of the round has run out or has not, whatever the others' clocks say;
 * - the tie-breaker of a round is anybody, another one for each replica and each try;
 * - of two values either has the greater digest, another one for each replica and each try.
 *
 * Reduction: of a round below the own one the core asks for its polka, and of round 0 for the winner and who voted as well; of the own
 * round for its polka, its voters and the tie-breaker's votes. Sets of votes that answer these alike are tried once. `full` tries all.
 */
import {
  asDigest,
  asEpochDigest,
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
} from '../../../src/codec/brand.ts';
import type { Vote, VoteType } from '../../../src/codec/vote.ts';
import { newCore, restoreInstance, step } from '../../../src/consensus/core.ts';
import { windowOf } from '../../../src/consensus/instance.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import type { CoreEffect, CoreEvent, CoreState } from '../../../src/consensus/types.ts';
import type { Hash } from '../../../src/crypto/types.ts';
import type { Ablation } from '../ablations.ts';

/** One of two values. */
export type Value = 1 | 2;

/** What a replica has signed, by round; 0: nothing. */
export interface Signed {
  readonly vote: 0 | Value;
  readonly commit: 0 | Value;
}

/** How many other honest replicas voted for each value in a round. */
export type Counts = readonly [ones: number, twos: number];

export interface Signature {
  readonly round: number;
  readonly type: VoteType;
  readonly value: Value;
}

export interface Model {
  readonly n: number;
  readonly honest: number;
  readonly rounds: number;
  readonly ablation: Ablation | null;
  readonly full: boolean;
}

/** Votes taken in of one round. */
interface Taken {
  readonly ones: number;
  readonly twos: number;
  /** What the Byzantine member shows: bit 0 for the first value, bit 1 for the second. */
  readonly byzantine: number;
}

const EPOCH = asEpochDigest('0'.repeat(64));
const KEY = asKey('k');
const VERSION = asVersion(1);
const SELF = asMemberIndex(0);
const LOW = asDigest('1'.repeat(64));
const HIGH = asDigest('2'.repeat(64));
const W0 = 10;
const ONE_ORDER = [[LOW, HIGH]] as const;
const BOTH_ORDERS = [
  [LOW, HIGH],
  [HIGH, LOW],
] as const;
const NOTHING: Taken = { ones: 0, twos: 0, byzantine: 0 };
const SIGNATURE = new Uint8Array(1);

export interface Turns {
  /** Everything that a replica may sign next, given what it signed and what the others did. */
  next(own: readonly Signed[], others: readonly Counts[]): readonly Signature[];
  /** Steps of the real core so far. */
  readonly steps: number;
}

export function createTurns(model: Model, hash: Hash): Turns {
  const { n, honest, rounds, ablation } = model;
  const full = model.full || (ablation !== null && ablation.asksNoMore !== true);
  /** Evidence, and which digest is the greater, may matter to a wrapper. */
  const wrapped = ablation !== null && ablation.asksNoMore !== true;
  const q = quorum(n);
  const hasByzantine = honest < n;
  const known = new Map<string, readonly Signature[]>();
  const votes = new Map<string, Vote>();
  let steps = 0;

  function vote(author: number, round: number, type: VoteType, digest: Digest): Vote {
    const name = `${author} ${round} ${type} ${digest[0]}`;
    let found = votes.get(name);
    if (!found) {
      found = {
        ...{ key: KEY, version: VERSION, round: asRound(round), type, digest, epoch: EPOCH },
        ...{ author: asMemberIndex(author), signature: SIGNATURE },
        ...(type === 'COMMIT' ? { share: SIGNATURE } : {}),
      };
      votes.set(name, found);
    }
    return found;
  }

  /** First those for the first value, then those for the second, the Byzantine member last. */
  function votesOf(round: number, taken: Taken, digests: readonly [Digest, Digest]): Vote[] {
    const found: Vote[] = [];
    for (let i = 1; i <= taken.ones; i++) found.push(vote(i, round, 'PRE-COMMIT', digests[0]));
    for (let i = taken.ones + 1; i <= taken.ones + taken.twos; i++)
      found.push(vote(i, round, 'PRE-COMMIT', digests[1]));
    if (taken.byzantine & 1) found.push(vote(n - 1, round, 'PRE-COMMIT', digests[0]));
    if (taken.byzantine & 2) found.push(vote(n - 1, round, 'PRE-COMMIT', digests[1]));
    return found;
  }

  const everySubset = ([ones, twos]: Counts): Taken[] => {
    const found: Taken[] = [];
    for (let i = 0; i <= ones; i++)
      for (let j = 0; j <= twos; j++)
        for (let b = 0; b < (hasByzantine ? 4 : 1); b++) found.push({ ones: i, twos: j, byzantine: b });
    return found;
  };

  const polkaIn = (taken: Taken, own: 0 | Value): 0 | Value => {
    if (taken.ones + (own === 1 ? 1 : 0) + (taken.byzantine & 1) >= q) return 1;
    return taken.twos + (own === 2 ? 1 : 0) + (taken.byzantine >> 1) >= q ? 2 : 0;
  };

  /** One of each kind that the core can tell apart. */
  function kinds(taken: Taken[], nameOf: (taken: Taken) => string): Taken[] {
    if (model.full) return taken;
    const found = new Map<string, Taken>();
    for (const one of taken) {
      const name = nameOf(one);
      if (!found.has(name)) found.set(name, one);
    }
    return [...found.values()];
  }

  const ofRoundZero = (counts: Counts, own: 0 | Value, target: number): Taken[] =>
    kinds(everySubset(counts), (t) => {
      const equivocates = t.byzantine === 3;
      const lead = leadIn(t, own);
      const voters = t.ones + t.twos + (own ? 1 : 0) + (t.byzantine ? 1 : 0);
      // Evidence is part of what is known: a wrapper may act on it.
      return `${lead} ${polkaIn(t, own)} ${wrapped && equivocates} ${target === 0 && voters >= q}`;
    });
  const ofLowerRound = (counts: Counts, own: 0 | Value): Taken[] =>
    kinds(everySubset(counts), (t) => `${polkaIn(t, own)} ${wrapped && t.byzantine === 3}`);
  const ofOwnRound = (counts: Counts, own: 0 | Value, breaker: number): Taken[] =>
    kinds(everySubset(counts), (t) => {
      const voters = t.ones + t.twos + (own ? 1 : 0) + (t.byzantine ? 1 : 0);
      const theirs =
        breaker === 0
          ? 0
          : breaker === n - 1 && hasByzantine
            ? t.byzantine
            : breaker <= t.ones
              ? 1
              : breaker <= t.ones + t.twos
                ? 2
                : 0;
      return `${polkaIn(t, own)} ${voters >= q} ${theirs} ${wrapped && t.byzantine === 3}`;
    });

  /** Which value leads in round 0, as far as the votes taken in say. */
  function leadIn(t: Taken, own: 0 | Value): 'none' | 'tie' | Value {
    const equivocates = t.byzantine === 3;
    const ones = t.ones + (own === 1 ? 1 : 0) + (equivocates ? 0 : t.byzantine & 1);
    const twos = t.twos + (own === 2 ? 1 : 0) + (equivocates ? 0 : t.byzantine >> 1);
    return ones === 0 && twos === 0 ? 'none' : ones === twos ? 'tie' : ones > twos ? 1 : 2;
  }

  /** Restores, takes in, lets time pass, and gives what is signed first. */
  function tryOne(
    own: readonly Signed[],
    target: number,
    taken: readonly Taken[],
    digests: readonly [Digest, Digest],
    breaker: number,
    late: boolean,
  ): Signature | null {
    const digestOf = (value: Value): Digest => digests[value - 1]!;
    const core = newCore({ epoch: EPOCH, n, self: SELF, w0: W0, hash });
    const ownVotes: Vote[] = [];
    let lock: { digest: Digest; round: ReturnType<typeof asRound>; polka: Vote[] } | null = null;
    for (let r = 0; r < rounds; r++) {
      const { vote: voted, commit } = own[r]!;
      if (voted) ownVotes.push(vote(0, r, 'PRE-COMMIT', digestOf(voted)));
      if (!commit) continue;
      ownVotes.push(vote(0, r, 'COMMIT', digestOf(commit)));
      const polka = polkaVotes(r, commit, voted === commit, digestOf(commit));
      lock = { digest: digestOf(commit), round: asRound(r), polka };
    }
    const log = {
      ...{ key: KEY, version: VERSION, round: asRound(target), ownVotes, lock },
      ...{ previousRound: [], values: [] },
    };
    const restored = ablation?.restoreLog ? ablation.restoreLog(log) : log;
    if (restored) restoreInstance(core, restored, 0);
    ablation?.afterRestore?.(core);
    ablation?.after?.(core);
    const shown = taken.flatMap((one, round) => votesOf(round, one, digests));
    act(core, { type: 'checked', votes: shown }, 0);
    for (const digest of digests)
      act(core, { type: 'value', key: KEY, version: VERSION, digest, status: 'valid' }, 0);
    const instance = core.instances.get(KEY);
    if (!instance) return null;
    Object.assign(instance, { offset: (breaker - (target % n) + n) % n });
    const now = late ? windowOf(core.config, target) : 0;
    if (late) act(core, { type: 'tick', key: KEY }, now);
    const effects = act(core, { type: 'may-vote', mayVote: true }, now);
    for (const effect of effects) {
      if (effect.type !== 'sign') continue;
      const { round, type, digest } = effect.vote;
      if (round < rounds) return { round, type, value: digest === digests[0] ? 1 : 2 };
    }
    return null;
  }

  /** q votes of which it is only known that they exist: who signed them is nothing that the core asks. */
  function polkaVotes(round: number, _value: Value, withOwn: boolean, digest: Digest): Vote[] {
    const authors: number[] = withOwn ? [0] : [];
    for (let i = n - 1; authors.length < q; i--) authors.push(i);
    return authors.map((author) => vote(author, round, 'PRE-COMMIT', digest));
  }

  function act(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
    steps++;
    const effects = ablation?.step ? ablation.step(core, event, now) : step(core, event, now).effects;
    ablation?.after?.(core);
    return effects;
  }

  /** A proposal of its own: any value. */
  const proposals: readonly Signature[] = [
    { round: 0, type: 'PRE-COMMIT', value: 1 },
    { round: 0, type: 'PRE-COMMIT', value: 2 },
  ];

  function nextIn(own: readonly Signed[], others: readonly Counts[], target: number): readonly Signature[] {
    const found = new Map<string, Signature>();
    // Nobody is tie-breaker of a round below 2; with a Byzantine one among them the honest can say nothing that it cannot.
    const members = Array.from({ length: n }, (_, i) => i);
    const breakers =
      target < 2 ? [0] : members.filter((i) => full || !hasByzantine || i === 0 || i === n - 1);
    for (const breaker of breakers) {
      const choices = Array.from({ length: rounds }, (_, r) => {
        if (r > target) return [NOTHING];
        if (r === 0) return ofRoundZero(others[0]!, own[0]!.vote, target);
        return r < target
          ? ofLowerRound(others[r]!, own[r]!.vote)
          : ofOwnRound(others[r]!, own[r]!.vote, breaker);
      });
      for (const taken of combinations(choices)) {
        const tied = full || leadIn(taken[0]!, own[0]!.vote) === 'tie';
        for (const digests of tied ? BOTH_ORDERS : ONE_ORDER) {
          for (const late of [false, true]) {
            const signed = tryOne(own, target, taken, digests, breaker, late);
            if (signed) found.set(`${signed.round} ${signed.type} ${signed.value}`, signed);
          }
        }
      }
    }
    if (target === 0 && !own[0]!.vote && !own[0]!.commit)
      for (const proposal of proposals) found.set(`0 PRE-COMMIT ${proposal.value}`, proposal);
    return [...found.values()];
  }

  return {
    next(own, others) {
      let top = 0;
      for (let r = 0; r < rounds; r++) if (own[r]!.vote || own[r]!.commit) top = r;
      const found: Signature[] = [];
      for (let target = top; target < rounds; target++) {
        const name = nameOf(own, others, target);
        let there = known.get(name);
        if (!there) {
          there = nextIn(own, others, target);
          known.set(name, there);
        }
        found.push(...there);
      }
      return found;
    },
    get steps() {
      return steps;
    },
  };

  /** Everything that the choices of a round depend on, and no more. */
  function nameOf(own: readonly Signed[], others: readonly Counts[], target: number): string {
    let name = `${target}`;
    if (full) {
      for (let r = 0; r <= target; r++)
        name += ` ${own[r]!.vote}${own[r]!.commit}:${others[r]![0]},${others[r]![1]}`;
      return name;
    }
    // Of its own signatures: in round 0, in the own round, and the lock. Of rounds between: which polkas can be shown.
    for (let r = 0; r <= target; r++) {
      const { vote: voted, commit } = own[r]!;
      const [ones, twos] = others[r]!;
      if (commit) name += ` C${r}${commit}`;
      if (r === 0 || r === target) name += ` ${voted}:${ones},${twos}`;
      else {
        const spare = hasByzantine ? 1 : 0;
        const one = ones + (voted === 1 ? 1 : 0) + spare >= q;
        const two = twos + (voted === 2 ? 1 : 0) + spare >= q;
        name += ` ${one ? '1' : ''}${two ? '2' : ''}`;
      }
    }
    return name;
  }
}

/** One of each, in every way. */
function* combinations<T>(choices: readonly (readonly T[])[], taken: T[] = []): Generator<readonly T[]> {
  if (taken.length === choices.length) {
    yield taken;
    return;
  }
  for (const choice of choices[taken.length]!) {
    taken.push(choice);
    yield* combinations(choices, taken);
    taken.pop();
  }
}
