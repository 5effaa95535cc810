import { describe, expect, it } from 'vitest';
import { CAST } from '../../src/demo/controller.ts';
import { pictureAt } from '../../src/demo/picture.ts';
import { headlineAt, logAt, paneWords, waitingFor, type LogLine } from '../../src/demo/sentences.ts';
import { record, type Recording, type Recordings } from '../../src/demo/recording.ts';
import type { InstanceView, Round } from '../../src/worker/api.ts';
import { A, B, C, D, event, HONEST, LIE, T0, X, Y, type Script } from './fake.ts';

const ALL_HERE = [true, true, true, true];
const of = (script: Script): Recording =>
  script.reduce<Recordings>((all, [observer, entry]) => record(all, observer, [entry]), [])[0]!;
const at = (script: Script, ms: number) => pictureAt(of(script), T0 + ms, CAST, ALL_HERE);
const text = (line: LogLine): string =>
  line.text
    .map((part) => (typeof part === 'string' ? part : 'strong' in part ? part.strong : part.digest))
    .join('');
const lines = (script: Script, ms: number): string[] => logAt(of(script), T0 + ms, CAST).map(text);
const headline = (script: Script, ms: number) => headlineAt(of(script), T0 + ms, at(script, ms), CAST, null);

describe('picture', () => {
  it('shows each replica what it had heard itself and not what another had', () => {
    const picture = at(HONEST, 29);
    expect(picture.panes[A]!.seal.marks).toEqual(['commit', 'pre', 'heard', 'pre']);
    expect(picture.panes[B]!.seal.marks).toEqual(['pre', 'commit', 'heard', 'pre']);
    expect(picture.panes[C]!.seal.marks).toEqual(['heard', 'heard', 'heard', 'heard']);
  });

  it('closes a ring only at the replica that has the quorum', () => {
    const picture = at(HONEST, 37);
    expect(picture.panes.map((pane) => pane.seal.outcome)).toEqual(['voting', 'voting', 'none', 'closed']);
    expect(picture.signers).toEqual([A, B, D]);
    expect(picture.decidedAt).toBe(T0 + 36);
  });

  it('shows who signed at a replica that learnt the decision from a certificate alone', () => {
    const late: Script = [[C, event(90, 'decided', C, X, { detail: '0 1 3' })]];
    expect(at(late, 90).panes[C]!.seal.marks).toEqual(['commit', 'commit', 'heard', 'commit']);
    expect(at(late, 90).signers).toEqual([A, B, D]);
  });

  it('puts a message between its sender and its receiver for as long as it travelled', () => {
    const packet = at(HONEST, 3.5).packets.find((entry) => entry.to === A)!;
    expect(packet).toMatchObject({ from: B, hollow: true });
    expect(packet.progress).toBeCloseTo(0.5);
    expect(at(HONEST, 6).packets.some((entry) => entry.to === A)).toBe(false);
  });

  it('draws two values of one author as one mark that does not line up, from the moment the second is told', () => {
    expect(at(LIE, 8.5).marks.some((mark) => mark.shape === 'double')).toBe(false);
    expect(at(LIE, 10).marks.filter((mark) => mark.member === C)).toEqual([
      expect.objectContaining({ shape: 'double', at: T0 + 9 }),
    ]);
  });

  it('marks the liar on a seal only where the evidence is held', () => {
    const picture = at(LIE, 25);
    expect(picture.panes.map((pane) => pane.seal.evidence[C])).toEqual([true, false, false, true]);
    expect(picture.panes[D]!.seal.marks[C]).toBe('other');
  });

  it('does not take a pre-commit of an earlier round for support in this one', () => {
    const rounds: Script = [
      [A, event(0, 'pre-commit', A, X)],
      [A, event(1, 'heard-pre-commit', B, X)],
      [A, event(50, 'pre-commit', A, X, { round: 1 as Round })],
    ];
    expect(at(rounds, 60).panes[A]!.preCommits).toBe(1);
  });
});

describe('sentences', () => {
  it('tells the vote newest first, in words with its numbers', () => {
    expect(lines(HONEST, 36)).toEqual([
      'Quorum 3 of 4: committed v2 in 36 ms. Signed by Bravo, Alfa and Delta.',
      'Delta committed round 0: 3 of 3.',
      'Alfa committed round 0: 2 of 3.',
      'Bravo committed round 0: 1 of 3.',
      'Delta ran the steps again, got the same responses and pre-committed. That makes 3 of 4, so members may commit.',
      'Alfa ran the steps again, got the same responses and pre-committed.',
      'Bravo pre-committed its own value in round 0.',
      'Bravo proposed version 2.',
    ]);
  });

  it('says nothing that had not happened by then', () => {
    expect(lines(HONEST, 11.5)).toHaveLength(3);
    expect(headline(HONEST, 0.5).title).toBe('Bravo proposed version 2');
    expect(headline(HONEST, 30)).toEqual({
      title: 'Voting: 2 of 3 commits',
      detail: 'One more commit closes the ring: Cargo’s or Delta’s.',
    });
  });

  it('names both digests and who was told which when a lie is found out', () => {
    const found = lines(LIE, 25).find((line) => line.startsWith('Found out'))!;
    expect(found).toBe(
      'Found out. Alfa and Delta hold two values that Cargo signed: to Alfa 9f2c 41d8 …; to Delta 7b03 e6aa … One key, one round, two values.',
    );
    expect(lines(LIE, 10)[0]).toBe('Cargo told Alfa one value and Delta another.');
    expect(headline(LIE, 42).title).toBe('Cargo lied and was found out. The package committed anyway.');
  });

  it('tells both digests although no replica has counted the second vote', () => {
    const uncounted: Script = [
      [A, event(8, 'heard-pre-commit', C, X)],
      [A, event(19, 'evidence', C, X, { detail: `${X} ${Y}` })],
    ];
    expect(lines(uncounted, 20)[0]).toBe(
      'Found out. Alfa holds two values that Cargo signed: to Alfa 9f2c 41d8 …; also 7b03 e6aa … One key, one round, two values.',
    );
    expect(at(uncounted, 20).marks.map((mark) => mark.shape)).toEqual(['double']);
  });

  it('does not call a member a liar for voting differently in two rounds', () => {
    const rounds: Script = [
      [A, event(0, 'heard-pre-commit', C, X)],
      [D, event(9, 'heard-pre-commit', C, Y, { round: 1 as Round })],
    ];
    expect(at(rounds, 20).doubles).toEqual([]);
  });

  it('says whose votes are missing and why', () => {
    const instance = {
      needed: 3,
      commits: 2,
      missing: [
        { member: C, why: 'away' },
        { member: D, why: 'silent' },
      ],
    } as unknown as InstanceView;
    expect(waitingFor(instance, CAST)).toBe(
      'Cargo is away; Delta is here and has not signed. It commits by itself as soon as one more can sign.',
    );
    expect(waitingFor({ ...instance, missing: [] }, CAST)).toBeNull();
    const two = [A, B, C, D].map((member) => ({
      member,
      why: member === C || member === D ? 'away' : 'silent',
    }));
    expect(waitingFor({ ...instance, commits: 0, missing: two } as unknown as InstanceView, CAST)).toBe(
      'Cargo and Delta are away. It commits by itself when one of them is back.',
    );
  });

  it('does not promise a commit when too few are left who could sign', () => {
    const missing = [A, C, D].map((member) => ({ member, why: 'refused' }));
    const instance = { needed: 3, commits: 0, missing } as unknown as InstanceView;
    expect(waitingFor(instance, CAST)).toBe(
      'Alfa, Cargo and Delta will not sign. Too few are left who could sign it.',
    );
  });

  it('says who was told what, not who learnt it later from others', () => {
    const gossip: Script = [
      ...LIE,
      [A, event(21, 'heard-pre-commit', C, Y)],
      [D, event(22, 'heard-pre-commit', C, X)],
    ];
    expect(at(gossip, 30).doubles[0]!.values.map((value) => value.to)).toEqual([[A], [D]]);
  });

  it('tells a refusal with its reason, on the headline and on the pane', () => {
    const refused: Script = [
      [C, event(0, 'proposed', C)],
      [A, event(5, 'refused', A, X, { detail: 'step 3 gave another response' })],
    ];
    expect(headline(refused, 10)).toEqual({
      title: 'Alfa will not sign package …1112',
      detail: 'step 3 gave another response.',
    });
    const picture = at(refused, 10);
    expect(paneWords(picture.panes[A]!, A, of(refused), CAST).badge.kind).toBe('refused');
  });
});
