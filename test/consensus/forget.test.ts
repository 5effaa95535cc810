/** What an open version that nobody decides keeps, and that what it dropped is not missed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asDigest } from '../../src/codec/brand.ts';
import type { Vote } from '../../src/codec/vote.ts';
import { polkaOf } from '../../src/consensus/instance.ts';
import { MAX_POLKAS_KEPT, OWN_ROUNDS_KEPT } from '../../src/consensus/limits.ts';
import { instanceLog } from '../../src/consensus/log.ts';
import { openDigestOf, votesOf } from '../../src/crdt/open.ts';
import {
  certificateOf,
  commitVote,
  createReplica,
  digestOf,
  KEY,
  preCommit,
  W0,
  walkTo,
  type Replica,
} from './harness.ts';

const N = 4;
/** Votes of rounds 0, r − 1, r and r + 1, of each member two values of each type, and of each member two newest of each type. */
const MAX_VOTES_KEPT = (4 + 1) * N * 2 * 2;
/** The polka of each value that is kept, of r, of r + 1 and the lock's. */
const MAX_POLKA_VOTES = (MAX_POLKAS_KEPT + 3) * 3;
/** Window, polkas, the lock's, and one round for each member's newest vote of each type. */
const MAX_ROUNDS_KEPT = 4 + MAX_POLKAS_KEPT + 1 + 2 * N;

const valueOf = (round: number) => asDigest(round.toString(16).padStart(64, 'f'));
const withDigest = (vote: Vote, round: number): Vote => ({ ...vote, digest: valueOf(round) });

/** To a later round, with a value of its own in each from a member that makes them up. */
function floodTo(replica: Replica, target: number): void {
  while (replica.round < target) {
    const { round } = replica;
    replica.take(
      preCommit(1, round, 'a'),
      preCommit(2, round, 'b'),
      withDigest(preCommit(3, round, 'c'), 1000 + round),
      withDigest(commitVote(3, round, 'c'), 1000 + round),
    );
    if (replica.round === round) replica.tick(replica.now + 2 * W0 * (round + 1));
    expect(replica.round).toBe(round + 1);
  }
}

describe('an undecided version', () => {
  it('held for 200 rounds grows neither in memory nor in its log', () => {
    const replica = createReplica({ values: { a: 'valid', b: 'valid', c: 'valid' } });
    replica.propose('c');
    for (let round = 10; round <= 200; round += 10) {
      floodTo(replica, round);
      const { instance } = replica;
      expect(instance.rounds.size).toBeLessThanOrEqual(MAX_ROUNDS_KEPT);
      expect(votesOf(instance).length).toBeLessThanOrEqual(MAX_VOTES_KEPT + MAX_POLKA_VOTES);
      expect(instance.values.size).toBeLessThanOrEqual(MAX_VOTES_KEPT);
      expect(instance.saturatedAt.size).toBeLessThanOrEqual(2);
      const log = instanceLog(replica.state, KEY)!;
      expect(log.ownVotes.length).toBeLessThanOrEqual(2 * (OWN_ROUNDS_KEPT + 3));
      expect(log.previousRound.length).toBeLessThanOrEqual(4 * N);
      expect(log.values.length).toBeLessThanOrEqual(3);
    }
    const unneeded = replica.effects.filter((effect) => effect.type === 'value-unneeded');
    expect(unneeded.length).toBeGreaterThan(190);
  });

  it('still starts again, in the same round and with every own vote on record', () => {
    const before = createReplica();
    before.propose('c');
    floodTo(before, 100);
    const after = createReplica({ log: instanceLog(before.state, KEY)!, now: before.now });
    expect(after.round).toBe(100);
    const last = before.votes.filter((vote) => vote.round >= 100 - OWN_ROUNDS_KEPT);
    expect(last.length).toBeGreaterThan(OWN_ROUNDS_KEPT / 2);
    after.take(...last, ...before.votes.filter((vote) => vote.round === 0));
    expect(after.state.mayVote).toBe(true);
  });

  it('does not take an own vote that it has forgotten for one of another copy', () => {
    const replica = createReplica();
    replica.propose('c');
    floodTo(replica, 100);
    const forgotten = replica.votes.filter((vote) => vote.round > 0 && vote.round < 100 - OWN_ROUNDS_KEPT);
    expect(forgotten.length).toBeGreaterThan(0);
    replica.receive(...forgotten);
    expect(replica.state.mayVote).toBe(true);
    // One that was never signed is found out as far as the record goes.
    replica.receive(withDigest(preCommit(0, 90, 'a'), 7));
    expect(replica.state.mayVote).toBe(false);
  });
});

describe('what is kept for good', () => {
  it('a certificate of a round long left completes, when its signers committed nothing since', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 2);
    replica.receive(commitVote(1, 1, 'a'), commitVote(2, 1, 'a'));
    walkTo(replica, 12);
    expect(replica.instance.rounds.get(1)?.commits.get(digestOf('a'))?.size).toBe(2);
    replica.receive(commitVote(3, 1, 'a'));
    expect(replica.decided[0]).toMatchObject({ digest: digestOf('a'), round: 1 });
  });

  it('a whole polka of a round long left is taken in, though some of its votes are held', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.receive(preCommit(3, 0, 'b'), preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    replica.tick(replica.now + 2 * W0);
    // Member 3 says nothing after round 1: its vote of that round stays.
    replica.receive(preCommit(1, 1, 'a'), preCommit(2, 1, 'c'), preCommit(3, 1, 'b'));
    replica.tick(replica.now + 4 * W0);
    for (let round = replica.round; round < 8; round++) {
      replica.receive(preCommit(1, round, 'a'), preCommit(2, round, 'b'));
      replica.tick(replica.now + W0 * (round + 1));
      replica.tick(replica.now + 2 * W0 * (round + 1));
    }
    expect(replica.round).toBe(8);
    expect(replica.instance.rounds.get(1)?.preCommits.get(digestOf('b'))?.size).toBe(1);
    replica.receive(preCommit(1, 1, 'b'), preCommit(2, 1, 'b'), preCommit(3, 1, 'b'));
    expect(polkaOf(replica.state.config, replica.instance, 1)?.digest).toBe(digestOf('b'));
  });

  it('single votes of a round long left are dropped before anyone checks them', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 8);
    const effects = replica.send({
      type: 'received',
      votes: [preCommit(1, 4, 'b'), commitVote(1, 3, 'a'), preCommit(2, 5, 'c')],
      from: 'peer',
    });
    // A COMMIT of a member that was heard to commit nothing yet is its newest.
    expect(effects.flatMap((e) => (e.type === 'check' ? e.votes : []))).toEqual([commitVote(1, 3, 'a')]);
  });

  it('the lock keeps its polka, however many rounds later', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    replica.take(preCommit(1, 1, 'b'), preCommit(2, 1, 'b'), preCommit(3, 1, 'b'));
    expect(replica.instance.lock).toMatchObject({ digest: digestOf('b'), round: 1 });
    replica.tick(replica.now + 4 * W0);
    for (let round = replica.round; round < 30; round++) {
      replica.take(preCommit(1, round, 'a'), preCommit(2, round, 'c'));
      replica.tick(replica.now + W0 * (round + 1));
      replica.tick(replica.now + 2 * W0 * (round + 1));
    }
    expect(replica.round).toBe(30);
    expect(replica.instance.lock?.round).toBe(1);
    const log = instanceLog(replica.state, KEY)!;
    expect(log.lock?.polka.map((vote) => vote.digest)).toEqual(Array(3).fill(digestOf('b')));
    expect(log.ownVotes.some((vote) => vote.type === 'COMMIT' && vote.round === 1)).toBe(true);
  });

  it('the newest votes of a member that fell silent are still told to it', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 5);
    replica.take(preCommit(3, 5, 'b'), commitVote(3, 5, 'b'));
    for (let round = 5; round < 40; round++) {
      replica.take(preCommit(1, round, 'a'), preCommit(2, round, 'b'), preCommit(1, round, 'c'));
      replica.tick(replica.now + W0 * (round + 1));
      replica.tick(replica.now + 2 * W0 * (round + 1));
    }
    expect(replica.round).toBe(40);
    const told = votesOf(replica.instance).filter((vote) => vote.author === 3 && vote.round > 0);
    expect(told.map((vote) => `${vote.round} ${vote.type}`).sort()).toEqual(['5 COMMIT', '5 PRE-COMMIT']);
  });

  it('a certificate with the own bit in a forgotten round ends the version like any other', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 8);
    replica.send({ type: 'certified', certificate: certificateOf('a', 1, 1, [0, 1, 2]), bytesKnown: true });
    expect(replica.decided).toHaveLength(1);
  });
});

describe('forgetting and the comparison of states', () => {
  it('two replicas in one round that exchange what they keep end with one open digest', () => {
    const event = fc.record({
      author: fc.integer({ min: 1, max: 3 }),
      back: fc.integer({ min: -1, max: 6 }),
      letter: fc.constantFrom('a', 'b', 'c'),
      commits: fc.boolean(),
      to: fc.constantFrom('one', 'two', 'both'),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 3, max: 12 }), (events, target) => {
        const one = createReplica({ self: null, mayVote: false });
        const two = createReplica({ self: null, mayVote: false });
        const rounds = (replica: Replica): void => {
          for (let round = 0; round <= target; round++) {
            for (const { author, back, letter, commits, to } of events) {
              if (to !== 'both' && (to === 'one') !== (replica === one)) continue;
              if (round - back < 0 || (author + letter.charCodeAt(0) + round) % 3 === 0) continue;
              replica.receive((commits ? commitVote : preCommit)(author, round - back, letter));
            }
            replica.receive(...[1, 2, 3].map((i) => preCommit(i, round, 'abc'[(i + round) % 3]!)));
            if (replica.decided.length > 0) return;
            if (replica.round === round && round < target) replica.tick(replica.now + 2 * W0 * (round + 1));
          }
        };
        rounds(one);
        rounds(two);
        if (one.decided.length > 0 || two.decided.length > 0) return;
        fc.pre(one.round === two.round);
        for (let i = 0; i < 3; i++) {
          for (const evidence of one.state.evidence.values()) two.send({ type: 'evidence', evidence });
          for (const evidence of two.state.evidence.values()) one.send({ type: 'evidence', evidence });
          const told = votesOf(one.instance);
          one.receive(...votesOf(two.instance));
          two.receive(...told);
          if (one.decided.length > 0 || two.decided.length > 0) return;
        }
        // Two polkas of one round for different values: more than f members signed both, and nothing is promised then.
        for (let round = 0; round <= target; round++) {
          const [a, b] = [one, two].map(({ state, instance }) => polkaOf(state.config, instance, round));
          fc.pre(!a || !b || a.digest === b.digest);
        }
        expect(openDigestOf(one.state, KEY)).toBe(openDigestOf(two.state, KEY));
      }),
      { numRuns: 400 },
    );
  });
});
