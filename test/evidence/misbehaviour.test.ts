/** The file against one member: what it has to prove, to somebody who holds nothing but a network id. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asKey,
  asRound,
  asVersion,
  toHex,
  type Digest,
  type EpochDigest,
  type MemberIndex,
} from '../../src/codec/brand.ts';
import { MAX_LOCKS_PER_REPORT } from '../../src/codec/limits.ts';
import {
  contradictionOf,
  type BadShare,
  type ContradictingReports,
  type Evidence,
  type Vote,
} from '../../src/codec/vote.ts';
import { run } from '../../src/cli/run.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { commitBytes, reportBytes, voteBytes } from '../../src/crypto/domains.ts';
import { countersign } from '../../src/crypto/epochs.ts';
import { randomBytes } from '../../src/crypto/keys.ts';
import {
  verifyEvidence,
  writeMisbehaviour,
  type EvidenceReport,
  type Trust,
} from '../../src/domain/supply/evidence.ts';
import { KEY, World } from './world.ts';

let world: World;
let elsewhere: World;
beforeAll(async () => {
  world = await World.create({});
  elsewhere = await World.create({ name: 'Another network' });
});
afterAll(() => world.stop());

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)] as [Digest, Digest];
const fileOf = (evidence: Evidence, of: World = world): Uint8Array =>
  writeMisbehaviour({ network: of.network, genesis: of.genesisBytes, evidence });
const verify = (bytes: Uint8Array, trust: Trust = { kind: 'network', network: world.network }) =>
  verifyEvidence(bytes, { trust, tools: world.tools });
const failureOf = (report: EvidenceReport) => [report.verdict, report.failure?.type];

async function commit(author: number, share: 'good' | 'bad'): Promise<BadShare> {
  const epoch = firstEpoch(world.network);
  const vote = { key: KEY, version: asVersion(3), round: asRound(1), type: 'COMMIT' as const, digest: A };
  const bytes = voteBytes(world.network, epoch, vote);
  const { signer } = world.keys[author]!;
  const made = signer.signShare(share === 'good' ? bytes : new Uint8Array([1, 2, 3]));
  const signature = await signer.signEd25519(commitBytes(bytes, made));
  const whole: Vote = { ...vote, epoch, author: author as MemberIndex, share: made, signature };
  return { kind: 'bad-share', vote: whole };
}

/** What a member signs as its epoch closes; its locks are on packages 1 to `locked`. */
async function report(author: number, locked: number, { root = A, change = B } = {}) {
  const epoch = firstEpoch(world.network);
  const locks = Array.from({ length: locked }, (_, i) => ({
    ...{ key: asKey(`package/${String(i + 1).padStart(4, '0')}`), version: asVersion(1) },
    ...{ digest: A, round: asRound(0) },
  }));
  const body = { epoch, change, root, locks };
  const signed = await countersign(world.keys[author]!.signer, reportBytes(world.network, body));
  return { ...body, author: author as MemberIndex, ...signed };
}

async function twoReports(author: number, few: number, many: number): Promise<ContradictingReports> {
  const evidence = contradictionOf(await report(author, many), await report(author, few));
  if (!evidence) throw new Error('no contradiction');
  return evidence;
}

describe('a misbehaviour file', () => {
  it('proves two reports of one state by itself, the longest that there are too', async () => {
    const one = await verify(fileOf(await twoReports(2, 0, 1)));
    expect(one.failure).toBeNull();
    expect(one.accused).toMatchObject({
      id: world.genesis.members[2]!.id,
      deed: 'signed two different reports of one state as its epoch closed: one names no undecided version, the other one undecided version',
    });
    const longest = await twoReports(1, MAX_LOCKS_PER_REPORT - 1, MAX_LOCKS_PER_REPORT);
    expect((await verify(fileOf(longest))).verdict).toBe('valid');
  });

  it('proves nothing with two reports of two states, closings, members or networks, or one that is changed', async () => {
    const [bare, locked] = [await report(2, 0), await report(2, 1)];
    expect(contradictionOf(bare, await report(2, 1, { root: B }))).toBeNull();
    expect(contradictionOf(bare, await report(2, 1, { change: A }))).toBeNull();
    expect(contradictionOf(bare, await report(1, 1))).toBeNull();
    expect(contradictionOf(bare, await report(2, 0))).toBeNull();
    const held = contradictionOf(locked, bare)!;
    expect(held).toEqual(contradictionOf(bare, locked));
    const [first, second] = held.statements;
    const other = second.locks.map((lock) => ({ ...lock, digest: B }));
    const elsewheres: readonly ContradictingReports[] = [
      { ...held, root: B },
      { ...held, change: A },
      { ...held, author: 3 as MemberIndex },
      { ...held, statements: [first, { ...second, locks: other }] },
      { ...held, statements: [first, { ...second, signature: first.signature }] },
      { ...held, statements: [first, { ...second, share: first.share }] },
      { ...held, author: 900 as MemberIndex },
    ];
    for (const wrong of elsewheres)
      expect(failureOf(await verify(fileOf(wrong)))).toEqual(['invalid', 'misbehaviour-wrong']);
    expect(failureOf(await verify(fileOf({ ...held, epoch: 'e'.repeat(64) as EpochDigest })))).toEqual([
      'unknown',
      'epoch-unknown',
    ]);
    const there = { kind: 'network', network: elsewhere.network } as const;
    expect(failureOf(await verify(fileOf(held, elsewhere), there))).not.toContain('valid');
  });

  it('has reports in one order, and differing', async () => {
    const held = await twoReports(2, 0, 1);
    const [first, second] = held.statements;
    for (const statements of [
      [second, first],
      [first, first],
    ] as const)
      expect(failureOf(await verify(fileOf({ ...held, statements })))).toEqual([
        'invalid',
        'bundle-malformed',
      ]);
    const tooMany = await twoReports(2, 0, MAX_LOCKS_PER_REPORT + 1);
    expect(failureOf(await verify(fileOf(tooMany)))).toEqual(['invalid', 'bundle-malformed']);
  });

  it('proves a double vote by itself', async () => {
    const report = await verify(fileOf(await world.contradiction(2, [A, B])));
    expect(report.verdict).toBe('valid');
    expect(report.accused?.organisation).toBe(world.genesis.members[2]!.organisation);
    expect(report.summary).toContain('signed two different values');
    expect(report.proven.length).toBeGreaterThan(1);
    expect(report.sscc).toBeNull();
  });

  it('proves a bad share by itself', async () => {
    const report = await verify(fileOf(await commit(1, 'bad')));
    expect(report.verdict).toBe('valid');
    expect(report.accused?.id).toBe(world.genesis.members[1]!.id);
    expect(report.summary).toContain('certificate share');
  });

  it('proves nothing with a share that is good, or a vote that is not signed', async () => {
    expect(failureOf(await verify(fileOf(await commit(1, 'good'))))).toEqual([
      'invalid',
      'misbehaviour-wrong',
    ]);
    const { vote } = await commit(1, 'bad');
    const forged = { kind: 'bad-share' as const, vote: { ...vote, author: 2 as MemberIndex } };
    expect(failureOf(await verify(fileOf(forged)))).toEqual(['invalid', 'misbehaviour-wrong']);
    const other = { kind: 'bad-share' as const, vote: { ...vote, share: randomBytes(48) } };
    expect(failureOf(await verify(fileOf(other)))).toEqual(['invalid', 'misbehaviour-wrong']);
  });

  it('proves nothing with one vote told twice, or with votes of two members or rounds', async () => {
    const { first, second } = await world.contradiction(2, [A, B]);
    const others = await world.contradiction(3, [A, B]);
    for (const evidence of [
      { first, second: first },
      { first, second: others.second },
      { first, second: { ...second, round: asRound(second.round + 1) } },
    ]) {
      expect(failureOf(await verify(fileOf(evidence)))).toEqual(['invalid', 'misbehaviour-wrong']);
    }
  });

  it('is nothing to who trusts another network, or none', async () => {
    const file = fileOf(await world.contradiction(2, [A, B]));
    expect(failureOf(await verify(file, { kind: 'network', network: elsewhere.network }))).toEqual([
      'untrusted',
      'network-not-trusted',
    ]);
    expect(failureOf(await verify(file, null))).toEqual(['untrusted', 'no-trust-given']);
    expect((await verify(file, null)).proven).toEqual([]);
  });

  it('cannot bring its own members', async () => {
    const evidence = await world.contradiction(2, [A, B]);
    const made = writeMisbehaviour({ network: world.network, genesis: elsewhere.genesisBytes, evidence });
    expect(failureOf(await verify(made))).toEqual(['invalid', 'network-id-wrong']);
    expect((await verify(fileOf(evidence, elsewhere))).verdict).not.toBe('valid');
  });

  it('has one form: no changed byte passes', async () => {
    const file = fileOf(await world.contradiction(2, [A, B]));
    const text = new TextDecoder().decode(file);
    const spaced = new TextEncoder().encode(text.replace('{\n', '{ \n'));
    expect(failureOf(await verify(spaced))).toEqual(['invalid', 'bundle-not-canonical']);
    for (let at = 0; at < file.length; at += 97) {
      const changed = file.slice();
      changed[at]! ^= 1;
      expect((await verify(changed)).verdict, `byte ${at}`).not.toBe('valid');
    }
  });

  it('is told by the command, with its exit codes', async () => {
    const good = fileOf(await commit(1, 'bad'));
    let out = '';
    const io = { out: (text: string) => (out += text), error: () => undefined, read: async () => good };
    expect(await run(['verify', 'x.misbehaviour.json', '--trust', world.network], io)).toBe(0);
    expect(out).toContain('VALID');
    expect(out).toContain('Not proven');
    expect(await run(['verify', 'x.misbehaviour.json', '--trust', toHex(randomBytes(32))], io)).toBe(3);
  });
});
