/**
 * Message schedules that made the protocol as first published decide twice or stop, played to our replicas: honest ones follow our
 * rules, a Byzantine one says exactly what the schedule lets it say, and at the end every timer runs. All must agree, and all decide.
 * What a schedule shows of an honest replica is shown only where that replica really signed it.
 */
import { describe, expect, it } from 'vitest';
import type { Vote, VoteType } from '../../src/codec/vote.ts';
import { certificateSigners } from '../../src/codec/vote.ts';
import { instanceLog, type InstanceLogLike } from '../../src/consensus/log.ts';
import { quorum } from '../../src/consensus/membership.ts';
import { votesOf } from '../../src/crdt/open.ts';
import { createReplica, digestOf, KEY, preCommit, commitVote, W0, type Replica } from './harness.ts';

/** v1 < v2, as the tie rule sees them. */
const LETTERS: Readonly<Record<string, string>> = { v1: 'a', v2: 'b' };

interface Snapshot {
  readonly from: string;
  readonly votes: readonly Vote[];
  readonly replica: Replica;
}

/** `honest` names come first in the member list, `byzantine` after them. */
function createPlay(honest: readonly string[], byzantine: readonly string[] = []) {
  const n = honest.length + byzantine.length;
  const names = [...honest, ...byzantine];
  const replicas = new Map(
    honest.map((name, self) => [name, createReplica({ n, self, values: { a: 'valid', b: 'valid' } })]),
  );
  const of = (name: string): Replica => replicas.get(name)!;
  let now = 0;

  const snapshot = (name: string): Snapshot => {
    const replica = of(name);
    const instance = replica.state.instances.get(KEY);
    return { from: name, votes: instance ? votesOf(instance) : [], replica };
  };

  /** Full state of one honest replica, as it was, to another. */
  const give = (to: string, { votes, replica }: Snapshot): void => {
    if (votes.length > 0) of(to).receive(...votes);
    const certificate = replica.decided[0];
    if (certificate && votes.length === 0) of(to).send({ type: 'certified', certificate, bytesKnown: true });
  };

  /** Votes by text, `A:v1 X:v2`, of one round; those of honest replicas that were never signed are left out. */
  const said = (round: number, text: string, type: VoteType = 'PRE-COMMIT'): Vote[] =>
    text.split(' ').flatMap((part) => {
      const [name, value] = part.split(':') as [string, string];
      const digest = digestOf(LETTERS[value]!);
      const signed = replicas
        .get(name)
        ?.votes.filter((v) => v.round === round && v.type === type && v.digest === digest);
      if (signed) return signed.slice(0, 1);
      return [(type === 'COMMIT' ? commitVote : preCommit)(names.indexOf(name), round, LETTERS[value]!)];
    });

  const show = (to: string, ...votes: Vote[][]): void => {
    of(to).receive(...votes.flat());
  };

  /** Every timer runs, everybody hears everybody; the Byzantine say nothing more. */
  const settle = (): void => {
    for (let i = 0; i < 2000; i++) {
      if ([...replicas.values()].every((replica) => replica.decided.length > 0)) return;
      now += W0 / 10;
      for (const replica of replicas.values()) if (replica.decided.length === 0) replica.tick(now);
      for (const from of honest) {
        const told = snapshot(from);
        for (const to of honest) if (to !== from && of(to).decided.length === 0) give(to, told);
      }
    }
  };

  const expectAgreement = (): void => {
    const decisions = [...replicas.values()].map((replica) => replica.decided[0]);
    for (const certificate of decisions) {
      expect(certificate).toBeDefined();
      expect(certificate!.digest).toBe(decisions[0]!.digest);
      expect(certificateSigners(certificate!).length).toBeGreaterThanOrEqual(quorum(n));
    }
    for (const replica of replicas.values()) {
      const places = replica.votes.map((v) => `${v.round} ${v.type}`);
      expect(new Set(places).size).toBe(places.length);
    }
  };

  return { of, snapshot, give, said, show, settle, expectAgreement, replicas };
}

describe('schedules against the published protocol', () => {
  it('S1: four honest replicas, nothing but delay: a replica that leaves a round does not forget its COMMIT', () => {
    const { of, snapshot, give, settle, expectAgreement } = createPlay(['A', 'B', 'C', 'D']);
    of('A').propose('a');
    of('B').propose('b');
    give('D', snapshot('A'));
    give('C', snapshot('B'));
    give('A', snapshot('D'));
    const fromB = snapshot('B');
    give('A', fromB);
    give('B', snapshot('A'));
    const laterB = snapshot('B');
    give('C', laterB);
    const fromC = snapshot('C');
    give('D', laterB);
    const fromD = snapshot('D');
    give('A', fromD);
    give('B', fromD);
    give('D', snapshot('A'));
    give('D', snapshot('B'));
    // D may have decided; the late state of C reaches those who committed with it.
    give('A', fromC);
    give('B', fromC);
    give('A', snapshot('B'));
    give('B', snapshot('A'));
    give('C', snapshot('A'));
    give('A', snapshot('C'));
    give('B', snapshot('C'));
    settle();
    expectAgreement();
  });

  it('S2: X signs nothing twice, it only withholds and passes on', () => {
    const { of, snapshot, give, said, show, settle, expectAgreement } = createPlay(['A', 'B', 'C'], ['X']);
    of('A').propose('a');
    of('B').propose('b');
    show('A', said(0, 'X:v1'));
    give('A', snapshot('B'));
    give('B', snapshot('A'));
    show('C', said(0, 'B:v2'));
    give('C', snapshot('B'));
    const fromC = snapshot('C');
    for (const to of ['A', 'B']) show(to, said(0, 'A:v1 B:v2 X:v1'), said(1, 'A:v1 B:v1 X:v1'));
    for (const to of ['A', 'B']) give(to, fromC);
    for (const to of ['A', 'B', 'C'])
      show(to, said(0, 'A:v1 B:v2 C:v2 X:v1'), said(1, 'A:v1 B:v1 C:v2'), said(2, 'A:v2 B:v2 C:v2'));
    show('C', said(2, 'A:v2 B:v2', 'COMMIT'));
    show('A', said(1, 'A:v1 B:v1 X:v1', 'COMMIT'));
    settle();
    expectAgreement();
  });

  it('S3: X equivocates once: evidence takes no vote out of a polka or a certificate', () => {
    const { of, snapshot, give, said, show, settle, expectAgreement } = createPlay(['A', 'B', 'C'], ['X']);
    of('A').propose('a');
    of('B').propose('b');
    show('A', said(0, 'X:v1'));
    give('A', snapshot('B'));
    give('B', snapshot('A'));
    show('C', said(0, 'B:v2'));
    give('C', snapshot('B'));
    const fromC = snapshot('C');
    show('A', said(0, 'X:v1'), said(1, 'X:v1 B:v1'));
    show('B', said(1, 'X:v1'));
    for (const to of ['A', 'B']) {
      give(to, fromC);
      show(to, said(1, 'X:v2'));
    }
    show('C', said(2, 'A:v2 B:v2'));
    show('A', said(2, 'B:v2'));
    show('B', said(2, 'A:v2'));
    show('C', said(1, 'A:v1 B:v1 X:v1', 'COMMIT'));
    show('A', said(2, 'C:v2 B:v2', 'COMMIT'));
    show('B', said(2, 'C:v2 A:v2', 'COMMIT'));
    settle();
    expectAgreement();
  });

  it('S4: seven members, two Byzantine show a polka to three and hide it from the rest', () => {
    const honest = ['H1', 'H2', 'H3', 'H4', 'H5'];
    const { of, snapshot, give, said, show, settle, expectAgreement } = createPlay(honest, ['X', 'Y']);
    const some = ['H1', 'H2', 'H3'];
    of('H1').propose('a');
    for (const name of ['H3', 'H4', 'H5']) of(name).propose('b');
    give('H2', snapshot('H1'));
    const zero = (): Vote[] => said(0, 'H1:v1 H2:v1 X:v1 H3:v2 H4:v2');
    for (const to of some) show(to, zero());
    show('H4', said(0, 'H1:v1 H2:v1 H3:v2 H5:v2 Y:v2'));
    show('H5', said(0, 'H1:v1 H2:v1 H3:v2 H4:v2 Y:v2'));
    for (const to of some) show(to, zero(), said(1, 'H1:v1 H2:v1 H3:v1 X:v1 Y:v1'));
    give('H5', snapshot('H4'));
    show('H4', said(0, 'H1:v1 H2:v1 X:v1 H3:v2 H4:v2 H5:v2 Y:v2'), said(1, 'H1:v1 H2:v1 H3:v1 H5:v2'));
    give('H5', snapshot('H4'));
    const fromH4 = snapshot('H4');
    for (const to of some) give(to, fromH4);
    for (const to of honest)
      show(
        to,
        said(2, honest.map((name) => `${name}:v2`).join(' ')),
        said(2, honest.map((name) => `${name}:v1`).join(' ')),
      );
    show('H5', said(2, honest.map((name) => `${name}:v2`).join(' '), 'COMMIT'));
    show('H1', said(1, 'H1:v1 H2:v1 H3:v1 X:v1 Y:v1', 'COMMIT'));
    settle();
    expectAgreement();
  });
});

describe('after a night with every tab closed', () => {
  /**
   * Seven members; X and Y help A, B and C through rounds 0 and 1, and E jumps to round 2 on a proof with their votes; D heard little. Then
   * everybody is off, and X and Y stay away. The votes of round 1 that A, B and C wrote are the only way for D into round 1.
   */
  function night(kept: (log: InstanceLogLike) => InstanceLogLike): boolean {
    const n = 7;
    const values = { a: 'valid', b: 'valid' } as const;
    const create = (self: number, log?: InstanceLogLike): Replica =>
      createReplica({ n, self, values, ...(log ? { log } : {}) });
    const [a, b, c, d, e] = [0, 1, 2, 3, 4].map((self) => create(self)) as [
      Replica,
      Replica,
      Replica,
      Replica,
      Replica,
    ];
    const trio = [a, b, c];
    const ofRound = (round: number): Vote[] =>
      trio.flatMap((replica) => replica.votes.filter((v) => v.round === round && v.type === 'PRE-COMMIT'));
    a.propose('a');
    b.propose('b');
    c.propose('b');
    d.propose('b');
    let now = 0;
    for (const round of [0, 1]) {
      for (const replica of trio)
        replica.receive(...ofRound(round), preCommit(5, round, 'a'), preCommit(6, round, 'ab'[round]!));
      for (let i = 0; i < 60 && trio.some((replica) => replica.round === round); i++) {
        now += W0 / 10;
        for (const replica of trio) replica.tick(now);
        for (const replica of trio) replica.receive(...ofRound(round));
      }
      for (let i = 0; i < 60 && ofRound(round + 1).length < 3; i++) {
        now += W0 / 10;
        for (const replica of trio) {
          if (replica.round <= round + 1) replica.tick(now);
          replica.receive(...ofRound(round + 1).slice(0, 1));
        }
      }
    }
    expect(trio.map((replica) => replica.round)).toEqual([2, 2, 2]);
    e.now = now;
    e.receive(...ofRound(2), preCommit(5, 2, 'a'), preCommit(6, 2, 'b'));
    expect(e.round).toBe(2);
    expect(d.round).toBe(0);

    const again = [a, b, c, d, e].map((replica, self) =>
      create(self, kept(instanceLog(replica.state, KEY)!)),
    );
    for (let i = 0; i < 4000; i++) {
      now += W0 / 5;
      for (const replica of again) if (replica.decided.length === 0) replica.tick(now);
      for (const from of again) {
        const instance = from.state.instances.get(KEY);
        const votes = instance ? votesOf(instance) : [];
        for (const to of again) {
          if (to === from || to.decided.length > 0) continue;
          if (votes.length > 0) to.receive(...votes);
          else to.send({ type: 'certified', certificate: from.decided[0]!, bytesKnown: true });
        }
      }
      if (again.every((replica) => replica.decided.length > 0)) {
        expect(new Set(again.map((replica) => replica.decided[0]!.digest)).size).toBe(1);
        return true;
      }
    }
    return false;
  }

  it('those who come back decide without the f who stay away', () => {
    expect(night((log) => log)).toBe(true);
  });

  it('without the votes of the round before they would wait for ever', () => {
    expect(night((log) => ({ ...log, previousRound: [] }))).toBe(false);
  });
});
