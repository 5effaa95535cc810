/** The rules of docs/protocol.md, one by one and clause by clause, on the core alone. */
import { describe, expect, it } from 'vitest';
import { asKey, asVersion } from '../../src/codec/brand.ts';
import type { Vote } from '../../src/codec/vote.ts';
import { certificateSigners } from '../../src/codec/vote.ts';
import { restoreInstance } from '../../src/consensus/core.ts';
import {
  fallbackOf,
  polkaOf,
  tieBreakerOf,
  votersOf,
  windowOf,
  winnerOf,
} from '../../src/consensus/instance.ts';
import type { CoreEffect } from '../../src/consensus/types.ts';
import { instanceLog } from '../../src/consensus/log.ts';
import { MAX_UNSTARTED_PER_AUTHOR } from '../../src/consensus/limits.ts';
import { faultsTolerated, quorum } from '../../src/consensus/membership.ts';
import { tieBreakerOffset } from '../../src/crypto/domains.ts';
import {
  certificateOf,
  commitVote,
  createReplica,
  digestOf,
  hash,
  KEY,
  keyWithTieBreaker,
  member,
  preCommit,
  signVote,
  W0,
  walkTo,
} from './harness.ts';

describe('quorums', () => {
  it('two quorums share more members than may be faulty', () => {
    for (let n = 4; n <= 100; n++) {
      expect(2 * quorum(n) - n).toBeGreaterThanOrEqual(faultsTolerated(n) + 1);
      expect(quorum(n)).toBe(Math.ceil((2 * n + 1) / 3));
    }
  });
});

describe('DECIDE', () => {
  it('happens on q COMMITs of the current round, with their signers in the certificate', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(commitVote(1, 0, 'a'), commitVote(2, 0, 'a'));
    expect(replica.decided).toHaveLength(0);
    replica.take(commitVote(3, 0, 'a'));
    expect(replica.decided).toHaveLength(1);
    expect(certificateSigners(replica.decided[0]!)).toEqual([1, 2, 3]);
    expect(replica.state.certified.get(KEY)).toEqual({ version: 1, digest: digestOf('a'), bytesKnown: true });
    expect(replica.state.instances.has(KEY)).toBe(false);
  });

  it('happens on a certificate from an older round than the own one', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 3);
    replica.take(commitVote(1, 1, 'b'), commitVote(2, 1, 'b'), commitVote(3, 1, 'b'));
    expect(replica.decided[0]).toMatchObject({ round: 1, digest: digestOf('b') });
  });

  it('happens on a certificate from a round far ahead that came in one message', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.receive(commitVote(1, 9, 'b'), commitVote(2, 9, 'b'), commitVote(3, 9, 'b'));
    expect(replica.decided[0]).toMatchObject({ round: 9, digest: digestOf('b') });
  });

  it('does not mix COMMITs of different rounds or values into one certificate', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 2);
    replica.take(
      commitVote(1, 0, 'a'),
      commitVote(2, 1, 'a'),
      commitVote(3, 2, 'a'),
      commitVote(3, 0, 'b'),
      commitVote(2, 0, 'b'),
    );
    expect(replica.decided).toHaveLength(0);
  });

  it('takes a checked certificate of the open version, with nothing else known', () => {
    const replica = createReplica();
    replica.send({ type: 'certified', certificate: certificateOf('b', 1, 4, [1, 2, 3]), bytesKnown: false });
    expect(replica.state.certified.get(KEY)).toEqual({
      version: 1,
      digest: digestOf('b'),
      bytesKnown: false,
    });
  });

  it('takes a certificate of a higher version in place of its own, and never one of a lower or equal version', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.send({ type: 'certified', certificate: certificateOf('b', 5, 0, [1, 2, 3]), bytesKnown: true });
    expect(replica.state.certified.get(KEY)?.version).toBe(5);
    expect(replica.decided.at(-1)?.version).toBe(5);
    for (const version of [4, 5]) {
      const effects = replica.send({
        type: 'certified',
        certificate: certificateOf('c', version, 0, [1, 2, 3]),
        bytesKnown: true,
      });
      expect(effects).toEqual([]);
    }
    expect(replica.state.certified.get(KEY)?.digest).toBe(digestOf('b'));
  });

  it('with missing bytes finds nothing of the next version valid until they arrive', () => {
    const replica = createReplica();
    replica.send({ type: 'certified', certificate: certificateOf('b', 1, 0, [1, 2, 3]), bytesKnown: false });
    replica.take(preCommit(1, 0, 'a', { version: 2 }));
    replica.learn('a', 'valid', 2);
    expect(replica.said).toEqual([]);
    expect(replica.round).toBe(-1);
    replica.send({ type: 'head-bytes', key: KEY, digest: digestOf('c') });
    expect(replica.round).toBe(-1);
    replica.send({ type: 'head-bytes', key: KEY, digest: digestOf('b') });
    expect(replica.said).toEqual(['r0 PRE-COMMIT a']);
  });

  it('resets rounds, votes and lock for the next version', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    expect(replica.instance.lock).not.toBeNull();
    replica.take(commitVote(1, 0, 'a'), commitVote(2, 0, 'a'));
    expect(replica.decided).toHaveLength(1);
    replica.propose('b', 2);
    expect(replica.instance).toMatchObject({ version: 2, previous: digestOf('a'), lock: null, round: 0 });
    expect(replica.said.at(-1)).toBe('r0 PRE-COMMIT b');
  });

  it('drops the signature that a certificate overtook', () => {
    const replica = createReplica({ signs: false });
    replica.propose('a');
    replica.take(commitVote(1, 0, 'b'), commitVote(2, 0, 'b'), commitVote(3, 0, 'b'));
    replica.sign();
    expect(replica.said).toEqual([]);
  });
});

describe('START', () => {
  it('a proposal starts round 0 and is voted for at once', () => {
    const replica = createReplica();
    replica.propose('a');
    expect(replica.round).toBe(0);
    expect(replica.said).toEqual(['r0 PRE-COMMIT a']);
  });

  it('a valid round-0 vote of somebody else starts round 0', () => {
    const replica = createReplica();
    replica.take(preCommit(2, 0, 'b'));
    expect(replica.said).toEqual(['r0 PRE-COMMIT b']);
  });

  it('a vote for an unknown or invalid value starts nothing', () => {
    const replica = createReplica({ values: { b: 'invalid' } });
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    expect(replica.round).toBe(-1);
    replica.learn('a', 'valid');
    expect(replica.said).toEqual(['r0 PRE-COMMIT a']);
  });

  it('a single vote of round 1 starts nothing', () => {
    const replica = createReplica();
    replica.take(preCommit(1, 1, 'a'));
    expect(replica.round).toBe(-1);
  });

  it('a proposal counts in round 0 while unvoted, and not after', () => {
    const late = createReplica({ mayVote: false });
    late.take(preCommit(1, 0, 'b'));
    late.propose('a');
    late.send({ type: 'may-vote', mayVote: true });
    expect(late.said).toEqual(['r0 PRE-COMMIT a']);
    late.propose('c');
    expect(late.instance.proposal).toBe(digestOf('a'));
    const jumped = createReplica();
    jumped.take(preCommit(1, 1, 'b'), preCommit(2, 1, 'b'), preCommit(3, 1, 'c'));
    jumped.propose('a');
    expect(jumped.instance.proposal).toBeNull();
  });

  it('a proposal for a version that is not the open one is ignored', () => {
    const replica = createReplica();
    replica.propose('a', 2);
    expect(replica.said).toEqual([]);
  });
});

describe('JUMP', () => {
  it('q voters of a later round take the replica there', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.receive(preCommit(1, 7, 'a'), preCommit(2, 7, 'b'), preCommit(3, 7, 'c'));
    expect(replica.round).toBe(7);
  });

  it('goes to the highest round that has q voters', () => {
    const replica = createReplica();
    replica.propose('a');
    const votes = [1, 2, 3].flatMap((i) => [
      preCommit(i, 4, 'a'),
      preCommit(i, 6, 'abc'[i - 1]!),
      preCommit(i, 5, 'b'),
    ]);
    replica.receive(...votes);
    expect(replica.round).toBe(6);
  });

  it('happens before START too', () => {
    const replica = createReplica({ values: {} });
    replica.receive(preCommit(1, 3, 'a'), preCommit(2, 3, 'b'), preCommit(3, 3, 'c'));
    expect(replica.round).toBe(3);
  });

  it('fewer than q voters take nobody anywhere', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 1, 'b'), preCommit(2, 1, 'b'));
    expect(replica.round).toBe(0);
  });

  it('COMMITs are no voters', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 1, 'a'), preCommit(2, 1, 'b'), commitVote(3, 1, 'a'));
    expect(replica.round).toBe(0);
  });

  it('one voter with two values counts once', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 1, 'a'), preCommit(1, 1, 'b'), preCommit(2, 1, 'b'));
    expect(replica.round).toBe(0);
  });
});

describe('MERGE: rounds ahead', () => {
  it('the next round is taken in vote by vote', () => {
    const replica = createReplica();
    replica.propose('a');
    const effects = replica.receive(preCommit(1, 1, 'b'));
    expect(effects.some((e) => e.type === 'check')).toBe(true);
    expect(votersOf(replica.instance, 1)).toEqual(new Set([1]));
  });

  it('a single vote of a further round costs no check and no memory', () => {
    const replica = createReplica();
    replica.propose('a');
    expect(replica.receive(preCommit(1, 2, 'b'), commitVote(2, 5, 'b'))).toEqual([]);
    expect([...replica.instance.rounds.keys()]).toEqual([0]);
  });

  it('a jump proof whose signatures are mostly forged leaves nothing behind', () => {
    const replica = createReplica();
    replica.propose('a');
    const real = preCommit(1, 800, 'b');
    const effects = replica.send({
      type: 'received',
      votes: [real, preCommit(2, 800, 'b'), preCommit(3, 800, 'b')],
      from: 'peer',
    });
    // The harness found every signature right; here only one of them is.
    expect(effects.some((e) => e.type === 'check')).toBe(true);
    const fooled = createReplica();
    fooled.propose('a');
    fooled.take(real);
    expect([...fooled.instance.rounds.keys()]).toEqual([0]);
  });

  it('a message full of far rounds is looked at a few times, not once for every pair of its votes', () => {
    const replica = createReplica();
    replica.propose('a');
    let reads = 0;
    const votes = Array.from({ length: 4096 }, (_, i) => {
      const vote = preCommit(1 + (i % 3), 5 + Math.floor(i / 2), 'a');
      return new Proxy(vote, {
        get(target, name: keyof Vote) {
          reads++;
          return target[name];
        },
      });
    });
    expect(replica.send({ type: 'received', votes, from: 'peer' })).toEqual([]);
    expect(reads).toBeLessThan(40 * votes.length);
  });

  it('a version that is not open is answered, never counted', () => {
    const replica = createReplica({
      head: { version: asVersion(3), digest: digestOf('a'), bytesKnown: true },
    });
    expect(replica.receive(preCommit(1, 0, 'b', { version: 6 }))).toEqual([
      { type: 'behind', key: KEY, from: 'peer' },
    ]);
    expect(replica.receive(preCommit(1, 0, 'b', { version: 3 }))).toEqual([
      { type: 'ahead', key: KEY, from: 'peer' },
    ]);
    expect(replica.receive({ ...preCommit(1, 0, 'b', { version: 4 }), author: member(4) })).toEqual([]);
    expect(replica.state.instances.size).toBe(0);
  });

  it('votes of another epoch count for nothing', () => {
    const replica = createReplica();
    replica.propose('a');
    const stranger = { ...preCommit(1, 0, 'a'), epoch: 'f'.repeat(64) as Vote['epoch'] };
    expect(replica.receive(stranger)).toEqual([]);
    replica.take(stranger);
    expect(votersOf(replica.instance, 0)).toEqual(new Set([0]));
  });

  it('a vote that is known is not checked again', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.receive(preCommit(1, 0, 'a'));
    expect(replica.receive(preCommit(1, 0, 'a'))).toEqual([]);
  });

  it('one author cannot hold open more versions than the limit, and others still can', () => {
    const replica = createReplica({ values: {} });
    for (let i = 0; i <= MAX_UNSTARTED_PER_AUTHOR; i++)
      replica.take(preCommit(1, 0, 'a', { key: asKey(`flood/${i}`) }));
    expect(replica.state.instances.size).toBe(MAX_UNSTARTED_PER_AUTHOR);
    replica.take(preCommit(2, 0, 'a', { key: asKey('honest/1') }));
    expect(replica.state.instances.has(asKey('honest/1'))).toBe(true);
  });

  it('an author whose old proposals were all refused is heard again: the oldest that nobody else voted in is forgotten', () => {
    const replica = createReplica({ values: {} });
    const open = (i: number): CoreEffect[] => replica.take(preCommit(1, 0, 'a', { key: asKey(`mine/${i}`) }));
    open(0);
    replica.take(preCommit(2, 0, 'a', { key: asKey('mine/0') }));
    for (let i = 1; i < MAX_UNSTARTED_PER_AUTHOR; i++) open(i);
    expect(open(MAX_UNSTARTED_PER_AUTHOR)).toContainEqual({ type: 'forgotten', key: asKey('mine/1') });
    expect(replica.state.instances.has(asKey('mine/0'))).toBe(true);
    expect(replica.state.instances.has(asKey('mine/1'))).toBe(false);
    expect(replica.state.instances.has(asKey(`mine/${MAX_UNSTARTED_PER_AUTHOR}`))).toBe(true);
  });
});

describe('voters, polka and winner', () => {
  it('an equivocator counts in a polka and among voters', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(3, 0, 'b'), preCommit(3, 0, 'a'));
    expect(replica.state.evidence.has(member(3))).toBe(true);
    replica.take(preCommit(1, 0, 'a'));
    expect(replica.instance.lock).toEqual({ digest: digestOf('a'), round: 0 });
  });

  it('evidence never takes a polka or a lock away', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    const before = polkaOf(replica.state.config, replica.instance, 0);
    replica.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    expect(replica.state.evidence.size).toBe(2);
    expect(polkaOf(replica.state.config, replica.instance, 0)).toBe(before);
    expect(replica.instance.lock).toEqual({ digest: digestOf('a'), round: 0 });
  });

  it('an equivocator is removed from winner', () => {
    const replica = createReplica({ n: 7, mayVote: false });
    replica.take(
      preCommit(1, 0, 'a'),
      preCommit(2, 0, 'a'),
      preCommit(3, 0, 'b'),
      preCommit(4, 0, 'b'),
      preCommit(5, 0, 'b'),
    );
    expect(winnerOf(replica.state, replica.instance)).toBe(digestOf('b'));
    replica.take(preCommit(5, 0, 'c'), preCommit(4, 0, 'c'));
    expect(winnerOf(replica.state, replica.instance)).toBe(digestOf('a'));
  });

  it('evidence that came from another key removes from winner too', () => {
    const replica = createReplica({ mayVote: false });
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    const other = { key: asKey('package/two') };
    replica.send({
      type: 'evidence',
      evidence: { first: preCommit(2, 3, 'a', other), second: preCommit(2, 3, 'b', other) },
    });
    expect(winnerOf(replica.state, replica.instance)).toBe(digestOf('a'));
  });

  it('two votes that differ in more than the digest convict nobody', () => {
    const replica = createReplica();
    const pairs: [Vote, Vote][] = [
      [preCommit(1, 0, 'a'), preCommit(1, 1, 'b')],
      [preCommit(1, 0, 'a'), commitVote(1, 0, 'b')],
      [preCommit(1, 0, 'a'), preCommit(2, 0, 'b')],
      [preCommit(1, 0, 'a'), preCommit(1, 0, 'a')],
      [preCommit(1, 0, 'a'), preCommit(1, 0, 'b', { version: 2 })],
    ];
    for (const [first, second] of pairs) replica.send({ type: 'evidence', evidence: { first, second } });
    expect(replica.state.evidence.size).toBe(0);
  });

  it('ties go to the greater digest; invalid and unknown values never win', () => {
    const replica = createReplica({ n: 7, mayVote: false, values: { a: 'valid', b: 'valid', d: 'invalid' } });
    replica.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'a'));
    replica.take(...[3, 4].map((i) => preCommit(i, 0, 'd')), ...[5, 6].map((i) => preCommit(i, 0, 'c')));
    expect(winnerOf(replica.state, replica.instance)).toBe(digestOf('b'));
  });

  it('signers of an invalid value count as voters', () => {
    const replica = createReplica({ values: { a: 'valid', d: 'invalid' } });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'd'), preCommit(2, 0, 'd'));
    expect(replica.instance.saturatedAt.get(0)).toBe(0);
  });

  it('at most two values of one author are kept in a round, and the two are evidence', () => {
    const replica = createReplica();
    replica.propose('a');
    const effects = replica.take(preCommit(1, 0, 'a'), preCommit(1, 0, 'b'), preCommit(1, 0, 'c'));
    expect(effects.filter((e) => e.type === 'evidence')).toHaveLength(1);
    const held = [...replica.instance.rounds.get(0)!.preCommits].filter(([, votes]) => votes.has(member(1)));
    expect(held.map(([digest]) => digest[0])).toEqual(['a', 'b']);
  });

  it('a polka that came whole counts where the limit of two dropped one of its votes', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(3, 0, 'b'), preCommit(3, 0, 'c'));
    replica.receive(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'a'));
    replica.receive(preCommit(0, 0, 'a'), preCommit(1, 0, 'a'), preCommit(3, 0, 'a'));
    expect(replica.instance.lock).toEqual({ digest: digestOf('a'), round: 0 });
  });

  it('a polka counts when its last vote is one that the limit of two would drop', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.receive(preCommit(1, 0, 'a'));
    replica.receive(preCommit(3, 0, 'b'));
    replica.receive(preCommit(3, 0, 'c'));
    replica.receive(preCommit(3, 0, 'a'));
    expect(
      polkaOf(replica.state.config, replica.instance, 0)
        ?.votes.map((v) => v.author)
        .sort(),
    ).toEqual([0, 1, 3]);
    expect(replica.said).toContain('r0 COMMIT a');
  });
});

describe('VOTE in round 0', () => {
  it('prefers the own proposal to the winner', () => {
    const replica = createReplica({ mayVote: false });
    replica.take(preCommit(1, 0, 'c'), preCommit(2, 0, 'c'));
    replica.propose('a');
    replica.send({ type: 'may-vote', mayVote: true });
    expect(replica.said[0]).toBe('r0 PRE-COMMIT a');
  });

  it('without a proposal takes the winner', () => {
    const replica = createReplica({ mayVote: false });
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    replica.send({ type: 'may-vote', mayVote: true });
    expect(replica.said).toContain('r0 PRE-COMMIT b');
  });

  it('happens once, whatever comes later', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    replica.tick(50);
    expect(replica.said.filter((s) => s.includes('r0 PRE-COMMIT'))).toEqual(['r0 PRE-COMMIT a']);
  });
});

describe('VOTE in round 1', () => {
  it('at once when everybody voted in round 0 and the values are classified', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'c'));
    expect(replica.round).toBe(1);
    expect(replica.said).toContain('r1 PRE-COMMIT a');
  });

  it('waits for a value of round 0 that is not classified', () => {
    const replica = createReplica({ values: { a: 'valid', b: 'valid' } });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'c'));
    expect(replica.round).toBe(1);
    expect(replica.said).toEqual(['r0 PRE-COMMIT a']);
    replica.learn('c', 'invalid');
    expect(replica.said).toContain('r1 PRE-COMMIT a');
  });

  it('does not wait for the suspected', () => {
    const replica = createReplica();
    replica.send({ type: 'suspected', members: new Set([member(3)]) });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    expect(replica.said).toEqual(['r0 PRE-COMMIT a', 'r1 PRE-COMMIT b']);
  });

  it('suspicion of more than f members says nothing', () => {
    const replica = createReplica();
    replica.send({ type: 'suspected', members: new Set([member(2), member(3)]) });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    expect(replica.round).toBe(0);
  });

  it('one window after round 0 was complete, though some are missing', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.now = 30;
    replica.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    expect(replica.round).toBe(0);
    replica.tick(30 + W0 - 1);
    expect(replica.round).toBe(0);
    replica.tick(30 + W0);
    expect(replica.said).toEqual(['r0 PRE-COMMIT a', 'r1 PRE-COMMIT b']);
  });

  it('by its own timer when it jumped there and round 0 was never complete', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.now = 10;
    replica.take(preCommit(1, 1, 'b'), preCommit(2, 1, 'c'), preCommit(3, 1, 'a'));
    expect(replica.round).toBe(1);
    replica.tick(10 + 2 * W0 - 1);
    expect(replica.said).toEqual(['r0 PRE-COMMIT a']);
    replica.tick(10 + 2 * W0);
    expect(replica.said).toContain('r1 PRE-COMMIT a');
  });

  it('waits while F is undefined, and votes when its bytes arrive', () => {
    const replica = createReplica({ values: {} });
    replica.receive(preCommit(1, 1, 'b'), preCommit(2, 1, 'b'), preCommit(3, 1, 'c'));
    replica.receive(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    replica.tick(2 * W0);
    expect(replica.round).toBe(1);
    expect(replica.said).toEqual([]);
    replica.learn('b', 'valid');
    expect(replica.said).toContain('r1 PRE-COMMIT b');
  });
});

describe('VOTE from round 2', () => {
  it('the tie-breaker votes F at once', () => {
    const replica = createReplica({ key: keyWithTieBreaker(4, 2, 0) });
    replica.propose('a');
    walkTo(replica, 2);
    expect(replica.said.at(-1)).toBe('r2 PRE-COMMIT a');
  });

  it('others follow the tie-breaker, and nobody else', () => {
    const key = keyWithTieBreaker(4, 2, 2);
    const replica = createReplica({ key });
    replica.propose('a');
    walkTo(replica, 2);
    expect(replica.said.at(-1)).toBe('r1 PRE-COMMIT a');
    replica.take(preCommit(1, 2, 'c', { key }));
    expect(replica.said.at(-1)).toBe('r1 PRE-COMMIT a');
    replica.take(preCommit(2, 2, 'c', { key }));
    expect(replica.said.filter((s) => s.startsWith('r2'))[0]).toBe('r2 PRE-COMMIT c');
  });

  it('follows the tie-breaker only where the value is valid, else its own timer', () => {
    const key = keyWithTieBreaker(4, 2, 2);
    const replica = createReplica({ key, values: { a: 'valid', b: 'valid', c: 'valid', d: 'invalid' } });
    replica.propose('a');
    walkTo(replica, 2);
    replica.take(preCommit(2, 2, 'd', { key }));
    expect(replica.said.at(-1)).toBe('r1 PRE-COMMIT a');
    replica.tick(replica.now + 3 * W0);
    expect(replica.said.at(-1)).toBe('r2 PRE-COMMIT a');
  });

  it('follows the tie-breaker only where the lock allows it', () => {
    const key = keyWithTieBreaker(4, 2, 2);
    const replica = createReplica({ key });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a', { key }), preCommit(2, 0, 'a', { key }));
    expect(replica.instance.lock).toEqual({ digest: digestOf('a'), round: 0 });
    replica.tick(2 * W0);
    walkTo(replica, 2, ['b', 'c', 'c']);
    replica.take(preCommit(2, 2, 'c', { key }));
    expect(replica.said.filter((s) => s.startsWith('r2'))).toEqual([]);
    replica.tick(replica.now + 3 * W0);
    expect(replica.said.filter((s) => s.startsWith('r2'))).toEqual(['r2 PRE-COMMIT a']);
  });

  it('a polka strictly between the lock and now unlocks, one at or below the lock does not', () => {
    const key = keyWithTieBreaker(4, 3, 2);
    const locked = createReplica({ key });
    locked.propose('a');
    walkTo(locked, 1);
    locked.take(preCommit(1, 1, 'a', { key }), preCommit(2, 1, 'a', { key }));
    expect(locked.instance.lock).toEqual({ digest: digestOf('a'), round: 1 });
    locked.tick(locked.now + 4 * W0);
    walkTo(locked, 3);
    locked.take(preCommit(1, 0, 'b', { key }), preCommit(2, 0, 'b', { key }), preCommit(3, 0, 'b', { key }));
    expect(polkaOf(locked.state.config, locked.instance, 0)?.digest).toBe(digestOf('b'));
    locked.take(preCommit(2, 3, 'b', { key }));
    expect(locked.said.filter((s) => s.startsWith('r3'))).toEqual([]);
    locked.take(preCommit(1, 2, 'b', { key }), preCommit(2, 2, 'b', { key }), preCommit(3, 2, 'b', { key }));
    expect(locked.said.filter((s) => s.startsWith('r3'))).toEqual(['r3 PRE-COMMIT b']);
  });

  it('a polka of the current round does not unlock', () => {
    const key = keyWithTieBreaker(4, 2, 2);
    const replica = createReplica({ key });
    replica.propose('a');
    walkTo(replica, 1);
    replica.take(preCommit(1, 1, 'a', { key }), preCommit(2, 1, 'a', { key }));
    replica.tick(replica.now + 4 * W0);
    expect(replica.round).toBe(2);
    replica.take(preCommit(1, 2, 'b', { key }), preCommit(3, 2, 'b', { key }));
    replica.take(preCommit(2, 2, 'b', { key }));
    expect(replica.said.filter((s) => s.startsWith('r2'))).toEqual(['r2 COMMIT b']);
  });

  it('the tie-breaker rotates in member order from the hash of key and version, from round 2 on', () => {
    const replica = createReplica({ n: 7 });
    replica.propose('a');
    const { config } = replica.state;
    const offset = tieBreakerOffset(hash, KEY, 1);
    expect([0, 1].map((r) => tieBreakerOf(config, replica.instance, r))).toEqual([null, null]);
    expect([2, 3, 9].map((r) => tieBreakerOf(config, replica.instance, r))).toEqual(
      [2, 3, 9].map((r) => (offset + r) % 7),
    );
  });

  it('F is the value of the highest polka below the round, and waits for its bytes', () => {
    const replica = createReplica({ values: { a: 'valid', b: 'valid' } });
    replica.propose('a');
    walkTo(replica, 1, ['a', 'b', 'b']);
    expect(fallbackOf(replica.state, replica.instance)).toBe(digestOf('b'));
    walkTo(replica, 3, ['a', 'b', 'b']);
    // Below the highest of its value none is kept, and votes for others there change nothing.
    replica.take(preCommit(1, 1, 'a'), preCommit(3, 1, 'a'));
    expect(replica.instance.rounds.get(1)?.polka ?? null).toBeNull();
    expect(fallbackOf(replica.state, replica.instance)).toBe(digestOf('b'));
    // Two values of round 2 are the limit for 1, 2 and 3; this polka comes from round 3 and is seen from round 4.
    replica.take(preCommit(1, 3, 'c'), preCommit(2, 3, 'c'), preCommit(3, 3, 'c'));
    replica.tick(replica.now + 8 * W0);
    expect(replica.round).toBe(4);
    expect(fallbackOf(replica.state, replica.instance)).toBeNull();
    replica.learn('c', 'valid');
    expect(fallbackOf(replica.state, replica.instance)).toBe(digestOf('c'));
  });

  it('never after the own commit in the round', () => {
    const replica = createReplica({ key: keyWithTieBreaker(4, 2, 1) });
    const { key } = replica;
    replica.propose('a');
    walkTo(replica, 2);
    replica.take(preCommit(2, 2, 'b', { key }), preCommit(3, 2, 'b', { key }), preCommit(1, 2, 'b', { key }));
    const ofRound = replica.said.filter((s) => s.startsWith('r2'));
    // The tie-breaker's vote and the polka came together: whichever rule came first, no vote follows the commit.
    replica.tick(replica.now + 3 * W0);
    expect(replica.said.filter((s) => s.startsWith('r2'))).toEqual(ofRound);
    const unvoted = createReplica({ key: keyWithTieBreaker(4, 2, 1), values: { a: 'valid', c: 'valid' } });
    unvoted.propose('a');
    walkTo(unvoted, 2, ['a', 'c', 'c']);
    unvoted.take(...[1, 2, 3].map((i) => preCommit(i, 2, 'b', { key })));
    expect(unvoted.said.filter((s) => s.startsWith('r2'))).toEqual(['r2 COMMIT b']);
    unvoted.learn('b', 'valid');
    unvoted.tick(unvoted.now + 3 * W0);
    expect(unvoted.said.filter((s) => s.startsWith('r2'))).toEqual(['r2 COMMIT b']);
  });
});

describe('COMMIT', () => {
  it('on a polka of the current round: lock and COMMIT together', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    expect(replica.said).toEqual(['r0 PRE-COMMIT a', 'r0 COMMIT a']);
    expect(replica.instance.lock).toEqual({ digest: digestOf('a'), round: 0 });
  });

  it('needs q votes for one value', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    expect(replica.said).toEqual(['r0 PRE-COMMIT a']);
  });

  it('never for a round that was left', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 1);
    replica.take(preCommit(2, 0, 'a'), preCommit(1, 0, 'a'), preCommit(3, 0, 'a'));
    expect(polkaOf(replica.state.config, replica.instance, 0)).not.toBeNull();
    expect(replica.said.filter((s) => s.includes('r0 COMMIT'))).toEqual([]);
    expect(replica.instance.lock).toBeNull();
  });

  it('up to the end of the lock window, and not after', () => {
    for (const [late, said] of [
      [0, ['r2 COMMIT b']],
      [1, []],
    ] as const) {
      const key = keyWithTieBreaker(4, 2, 1);
      const replica = createReplica({ key });
      replica.propose('a');
      walkTo(replica, 2);
      replica.take(
        preCommit(2, 2, 'b', { key }),
        preCommit(3, 2, 'c', { key }),
        preCommit(1, 2, 'd', { key }),
      );
      const window = windowOf(replica.state.config, 2);
      replica.now += window + late;
      replica.take(preCommit(1, 2, 'b', { key }), preCommit(3, 2, 'b', { key }));
      expect(replica.said.filter((s) => s.startsWith('r2 COMMIT'))).toEqual(said);
    }
  });

  it('without the bytes of the value', () => {
    const replica = createReplica({ values: {} });
    replica.receive(...[1, 2, 3].map((i) => preCommit(i, 0, 'a')));
    expect(replica.said).toEqual(['r0 COMMIT a']);
  });

  it('once in a round', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    replica.take(preCommit(3, 0, 'a'));
    replica.tick(20);
    expect(replica.said.filter((s) => s.includes('COMMIT a') && !s.includes('PRE'))).toEqual(['r0 COMMIT a']);
  });

  it('a later lock replaces an earlier one', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    replica.tick(2 * W0);
    replica.take(...[1, 2, 3].map((i) => preCommit(i, 1, 'b')));
    expect(replica.instance.lock).toEqual({ digest: digestOf('b'), round: 1 });
  });
});

describe('SAT and ADVANCE', () => {
  it('a round ends two windows after it was complete, committed or not', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.now = 40;
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    expect(replica.said).toContain('r0 COMMIT a');
    replica.tick(40 + 2 * W0 - 1);
    expect(replica.round).toBe(0);
    replica.tick(40 + 2 * W0);
    expect(replica.round).toBe(1);
  });

  it('a round that is not complete never ends', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'b'));
    replica.tick(1e6);
    expect(replica.round).toBe(0);
  });

  it('the clock of a round starts with the q-th voter and is not moved by later ones', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.now = 10;
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    replica.now = 60;
    replica.take(preCommit(3, 0, 'a'));
    expect(replica.instance.saturatedAt.get(0)).toBe(10);
  });

  it('windows grow with the round', () => {
    const replica = createReplica();
    expect([0, 1, 7].map((r) => windowOf(replica.state.config, r))).toEqual([W0, 2 * W0, 8 * W0]);
    replica.propose('a');
    walkTo(replica, 2);
    replica.take(preCommit(1, 2, 'a'), preCommit(2, 2, 'b'), preCommit(3, 2, 'c'));
    const since = replica.instance.saturatedAt.get(2)!;
    replica.tick(since + 6 * W0 - 1);
    expect(replica.round).toBe(2);
    replica.tick(since + 6 * W0);
    expect(replica.round).toBe(3);
  });

  it('round 0 without a polka ends one window after it was complete, for who voted', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    replica.tick(W0);
    expect(replica.round).toBe(1);
    const unvoted = createReplica({ values: { a: 'valid' }, mayVote: false });
    unvoted.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    unvoted.tick(W0);
    expect(unvoted.round).toBe(0);
    unvoted.tick(2 * W0);
    expect(unvoted.round).toBe(1);
  });

  it('round 0 with a polka waits its two windows', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    replica.tick(W0);
    expect(replica.round).toBe(0);
  });

  it('round 0 ends at once when no value can reach a quorum with those who are missing', () => {
    const open = createReplica();
    open.propose('a');
    open.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    expect(open.round).toBe(0);
    const split = createReplica();
    split.propose('a');
    split.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    expect(split.round).toBe(1);
  });

  it('no other round ends early', () => {
    const replica = createReplica();
    replica.propose('a');
    walkTo(replica, 1);
    replica.take(preCommit(1, 1, 'a'), preCommit(2, 1, 'b'), preCommit(3, 1, 'c'));
    replica.tick(replica.now + 4 * W0 - 1);
    expect(replica.round).toBe(1);
  });

  it('a timer is asked for at every moment at which a rule can act', () => {
    const replica = createReplica();
    replica.propose('a');
    expect(replica.instance.armed).toBe(W0);
    replica.now = 20;
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    expect(replica.instance.armed).toBe(W0);
    replica.tick(W0);
    expect(replica.instance.armed).toBe(20 + W0);
    replica.tick(20 + W0);
    expect(replica.round).toBe(1);
    expect(replica.instance.armed).toBe(20 + W0 + 2 * W0);
  });

  it('in round 1 the timer of round 0 still runs for who jumped there', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.now = 20;
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    replica.now = 30;
    replica.take(preCommit(1, 1, 'a'), preCommit(2, 1, 'b'), preCommit(3, 1, 'c'));
    expect(replica.round).toBe(1);
    expect(replica.instance.armed).toBe(20 + W0);
    replica.tick(20 + W0);
    expect(replica.said.at(-1)).toBe('r1 PRE-COMMIT a');
  });

  it('a decided key asks for no timer', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(...[1, 2, 3].map((i) => commitVote(i, 0, 'a')));
    expect(replica.effects.filter((e) => e.type === 'timer').at(-1)).toEqual({
      type: 'timer',
      key: KEY,
      at: null,
    });
  });
});

describe('PERSIST and restart', () => {
  it('every own vote and every entered round asks for a write before it is pushed', () => {
    const replica = createReplica({ signs: false });
    const turn = (act: () => void): string[] => {
      const from = replica.effects.length;
      act();
      return replica.effects
        .slice(from)
        .map((e) => e.type)
        .filter((type) => type === 'persist' || type === 'push');
    };
    expect(turn(() => replica.propose('a'))).toEqual(['persist']);
    expect(turn(() => replica.sign())).toEqual(['persist', 'push']);
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    expect(turn(() => replica.sign())).toEqual(['persist', 'push']);
    expect(replica.said).toEqual(['r0 PRE-COMMIT a', 'r0 COMMIT a']);
  });

  it('the log holds round, own votes, the lock with its polka and the votes of the round before', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    replica.tick(2 * W0);
    const log = instanceLog(replica.state, KEY)!;
    expect(log).toMatchObject({ round: 1, version: 1, values: [digestOf('a')] });
    expect(log.ownVotes.map((v) => v.type)).toEqual(['PRE-COMMIT', 'COMMIT', 'PRE-COMMIT']);
    expect(log.lock?.polka.map((v) => v.author).sort()).toEqual([0, 1, 2]);
    expect(log.previousRound.map((v) => v.author).sort()).toEqual([0, 1, 2]);
  });

  it('a restarted replica never signs a different vote, and holds its lock', () => {
    const before = createReplica();
    before.propose('a');
    before.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    const after = createReplica({ log: instanceLog(before.state, KEY)!, now: 1000 });
    expect(after.round).toBe(0);
    expect(after.instance.lock).toEqual({ digest: digestOf('a'), round: 0 });
    after.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'), preCommit(3, 0, 'b'));
    after.propose('c');
    expect(after.said).toEqual([]);
  });

  it('a crash between the lock and its COMMIT leaves no way to vote in that round', () => {
    const key = keyWithTieBreaker(4, 2, 1);
    const before = createReplica({ signs: false, key });
    before.propose('a');
    before.sign();
    before.take(preCommit(1, 0, 'a', { key }), preCommit(2, 0, 'a', { key }));
    before.sign();
    // A hidden polka of round 2: it jumps there, locks, and the write of the new round holds the lock already.
    before.receive(...[1, 2, 3].map((i) => preCommit(i, 2, 'b', { key })));
    const log = instanceLog(before.state, key)!;
    expect(log).toMatchObject({ round: 2, lock: { digest: digestOf('b'), round: 2 } });
    expect(log.ownVotes.map((vote) => vote.round)).toEqual([0, 0]);
    const after = createReplica({ log, now: 1000, key });
    // The tie-breaker's vote is for b; by the COMMIT of round 0 it may commit b, with the polka of its round, but not vote for it.
    expect(after.said).toEqual(['r2 COMMIT b']);
  });

  it('after a restart e is now and no round is complete before its votes are counted anew', () => {
    const before = createReplica();
    before.propose('a');
    before.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    const after = createReplica({ log: instanceLog(before.state, KEY)!, now: 5000 });
    expect(after.instance.enteredAt).toBe(5000);
    expect(after.instance.saturatedAt.size).toBe(0);
    after.now = 5010;
    after.take(preCommit(1, 0, 'b'), preCommit(2, 0, 'b'));
    expect(after.instance.saturatedAt.get(0)).toBe(5010);
  });

  it('the votes of the round before survive, so that others can follow', () => {
    const before = createReplica();
    before.propose('a');
    walkTo(before, 2);
    const after = createReplica({ log: instanceLog(before.state, KEY)! });
    expect(after.round).toBe(2);
    expect(votersOf(after.instance, 1).size).toBeGreaterThanOrEqual(3);
  });

  it('a polka of the round before survives, although the limit of two dropped one of its votes', () => {
    const before = createReplica();
    before.propose('a');
    before.take(preCommit(3, 0, 'b'), preCommit(3, 0, 'c'), preCommit(1, 0, 'a'), preCommit(3, 0, 'a'));
    expect(polkaOf(before.state.config, before.instance, 0)?.digest).toBe(digestOf('a'));
    before.instance.lock = null;
    before.tick(2 * W0);
    expect(before.round).toBe(1);
    const after = createReplica({ log: instanceLog(before.state, KEY)! });
    expect(polkaOf(after.state.config, after.instance, 0)?.digest).toBe(digestOf('a'));
  });

  it('a log of a version that is already certified is ignored', () => {
    const before = createReplica();
    before.propose('a');
    const log = instanceLog(before.state, KEY)!;
    const after = createReplica({ head: { version: asVersion(1), digest: digestOf('b'), bytesKnown: true } });
    expect(restoreInstance(after.state, log, 0)).toEqual([]);
    expect(after.state.instances.size).toBe(0);
  });

  it('asks again for the values that it voted on', () => {
    const before = createReplica();
    before.propose('a');
    const after = createReplica({ log: instanceLog(before.state, KEY)!, values: {} });
    expect(after.effects.filter((e) => e.type === 'need-value')).toHaveLength(1);
  });

  it('a vote that was decided and not signed is in no log', () => {
    const replica = createReplica({ signs: false });
    replica.propose('a');
    expect(instanceLog(replica.state, KEY)?.ownVotes).toEqual([]);
  });
});

describe('the gate of RESUME', () => {
  it('nothing new is signed before the replica may vote, and the rules go on', () => {
    const replica = createReplica({ mayVote: false });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'), preCommit(3, 0, 'a'));
    expect(replica.said).toEqual([]);
    expect(replica.round).toBe(0);
    replica.send({ type: 'may-vote', mayVote: true });
    expect(replica.said).toEqual(['r0 PRE-COMMIT a', 'r0 COMMIT a']);
  });

  it('an observer signs nothing', () => {
    const replica = createReplica({ self: null });
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'), preCommit(3, 0, 'a'));
    expect(replica.effects.some((e) => e.type === 'sign')).toBe(false);
    replica.take(...[1, 2, 3].map((i) => commitVote(i, 0, 'a')));
    expect(replica.decided).toHaveLength(1);
  });

  it('an own vote that the log lacks stops the replica, and is not merged into the log', () => {
    const replica = createReplica();
    const effects = replica.take(preCommit(0, 0, 'b'), preCommit(1, 0, 'a'));
    expect(effects.some((e) => e.type === 'unknown-own-vote')).toBe(true);
    expect(replica.state.mayVote).toBe(false);
    expect(replica.said).toEqual([]);
    expect(instanceLog(replica.state, KEY)?.ownVotes).toEqual([]);
  });

  it('the own signed votes that come back from others stop nothing', () => {
    const replica = createReplica();
    replica.propose('a');
    replica.receive(...replica.votes);
    replica.take(...replica.votes);
    expect(replica.state.mayVote).toBe(true);
  });

  it('a signature that was under way when the unknown vote came never leaves', () => {
    const replica = createReplica({ signs: false });
    replica.propose('a');
    replica.take(preCommit(0, 0, 'b'));
    replica.sign();
    expect(replica.said).toEqual([]);
    expect(instanceLog(replica.state, KEY)?.ownVotes).toEqual([]);
  });
});

describe('signing', () => {
  it('an unsigned vote counts for nothing', () => {
    const replica = createReplica({ signs: false });
    replica.propose('a');
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'a'));
    expect(replica.unsigned).toHaveLength(1);
    replica.sign();
    expect(replica.unsigned.map((v) => v.type)).toEqual(['COMMIT']);
    expect(signVote(0, replica.unsigned[0]!).share).toBeDefined();
  });
});
