/** Two reports of one member for one closing with one R and different locks: found, kept, told to all, and provable to anybody. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
  type MemberIndex,
} from '../../src/codec/brand.ts';
import type { Report, ReportedLock } from '../../src/codec/epochs.ts';
import { MAX_LOCKS_PER_REPORT } from '../../src/codec/limits.ts';
import { contradictionOf, isOfReports, type Evidence, type Vote } from '../../src/codec/vote.ts';
import { reportBytes, voteBytes } from '../../src/crypto/domains.ts';
import { countersign } from '../../src/crypto/epochs.ts';
import { Packages } from '../../src/worker/packages.ts';
import { pastEvidenceViews } from '../../src/worker/views.ts';
import { readMisbehaviour } from '../../src/domain/supply/evidence/misbehaviour.ts';
import { until } from './cluster.ts';
import { EpochWorld } from './epoch-world.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
const CARGO = asMemberIndex(2);
const OTHERS = FOUR.filter((name) => name !== 'Cargo');
const hex = (digit: string): Digest => digit.repeat(64) as Digest;
const lock: ReportedLock = {
  key: asKey('a/2'),
  version: asVersion(1),
  digest: hex('a'),
  round: asRound(0),
};
let world: EpochWorld;
afterEach(() => world.stop());

/** As its author sends it, with the polkas behind its locks. */
async function report(by: string, locks: readonly ReportedLock[], root = hex('1')): Promise<Report> {
  const { network, digest: epoch } = world.person('Alfa').replica!.epochs!.epoch;
  const author = asMemberIndex(FOUR.indexOf(by));
  const body = { epoch, change: hex('c'), root, locks };
  const signed = await countersign(world.person(by).signer, reportBytes(network, body));
  const polkas = await Promise.all(
    locks.flatMap((one) =>
      FOUR.map(async (name, at): Promise<Vote> => {
        const vote = { ...one, type: 'PRE-COMMIT' as const };
        const signature = await world.person(name).signer.signEd25519(voteBytes(network, epoch, vote));
        return { ...vote, epoch, author: at as MemberIndex, signature };
      }),
    ),
  );
  return { ...body, author, ...signed, polkas };
}

const tell = (to: string, from: string, reports: readonly Report[]): void =>
  void world.inject(to, from, { type: 'reports', epoch: reports[0]!.epoch, reports });
const heldBy = (name: string): Evidence | undefined => world.person(name).replica!.core.evidence.get(CARGO);
const reportsAt = (name: string): number =>
  world.person(name).replica!.epochs!.machine.reports.get(CARGO)?.size ?? 0;
const closings = (name: string): string[] =>
  world.person(name).transport!.closings.map(({ reason }) => reason);

describe('two reports of one state that differ', () => {
  it('convict their author with everybody, also with who comes later or starts again, and outlast the epoch', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    await world.put('Alfa', 'a/1');
    await world.agree(FOUR, 'a/1', 1);
    world.close('Delta');
    // One to each of two, which tell each other.
    tell('Alfa', 'Cargo', [await report('Cargo', [])]);
    await until('both have the first', () => reportsAt('Alfa') === 1 && reportsAt('Bravo') === 1);
    tell('Bravo', 'Cargo', [await report('Cargo', [lock])]);
    await until('both convict', () => ['Alfa', 'Bravo'].every((name) => heldBy(name) !== undefined));
    for (const name of ['Alfa', 'Bravo']) {
      const held = heldBy(name)!;
      expect(isOfReports(held) && held.statements.map(({ locks }) => locks.length)).toEqual([0, 1]);
      expect([...world.person(name).replica!.core.evidence.keys()]).toEqual([2]);
      expect(closings(name)).not.toContain('bad-signature');
    }
    await until('its links go', () => closings('Alfa').includes('equivocation'));
    // Who was not there hears it with its next link, and checks it.
    await world.open('Delta');
    await until('Delta is told', () => heldBy('Delta') !== undefined);
    expect(heldBy('Delta')).toEqual(heldBy('Alfa'));

    await world.person('Alfa').replica!.outbox.durable();
    await world.reopen('Alfa');
    expect(heldBy('Alfa')).toEqual(heldBy('Bravo'));
    await until('Alfa votes', () => world.person('Alfa').standing.kind === 'voter');

    // It still counts: four approve with it among the quorum, and the epoch ends.
    await until('links', () => world.person('Alfa').replica!.links.size >= 2);
    await world.seal(
      OTHERS,
      FOUR.map((name) => world.person(name).entry),
    );
    await until('epoch 1', () => OTHERS.every((name) => world.meets(name) === 1));
    const replica = world.person('Alfa').replica!;
    expect(replica.core.evidence.size).toBe(0);
    const [past] = pastEvidenceViews(replica);
    expect(past).toMatchObject({ member: 2, epoch: { number: 0 } });
    expect(past!.epoch.members[2]!.id).toBe('cargo');
    const chain = { epochs: replica.epochs!.machine.chain, links: replica.epochs!.links };
    const file = new Packages(replica, world.genesis, new Uint8Array(1), chain).misbehaviour(CARGO, 0);
    expect(file.ok && readMisbehaviour(file.value)).toMatchObject({
      ok: true,
      value: { evidence: { kind: 'reports', author: 2, root: hex('1') } },
    });
  });

  it('are not two that differ in R, or the same one told twice', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    const [first, later, again] = [
      await report('Cargo', []),
      await report('Cargo', [lock], hex('2')),
      await report('Cargo', []),
    ];
    tell('Alfa', 'Cargo', [first]);
    tell('Alfa', 'Cargo', [later]);
    tell('Alfa', 'Cargo', [again]);
    await until('everybody has both', () => OTHERS.every((name) => reportsAt(name) === 2));
    // What comes after has been looked at when this is.
    tell('Alfa', 'Cargo', [await report('Cargo', [], hex('3'))]);
    await until('the last is here', () => OTHERS.every((name) => reportsAt(name) === 3));
    for (const name of OTHERS) expect(heldBy(name)).toBeUndefined();
    expect(contradictionOf(first, later)).toBeNull();
    expect(contradictionOf(first, again)).toBeNull();
    expect(contradictionOf(first, { ...(await report('Cargo', [lock])), author: CARGO })).not.toBeNull();
  });

  it('that somebody made up cost who tells them its link, and convict nobody', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    const [first, second] = [await report('Cargo', []), await report('Cargo', [lock])];
    const forged = contradictionOf(first, { ...second, signature: first.signature, share: first.share })!;
    world.inject('Alfa', 'Bravo', { type: 'evidence', items: [forged] });
    await until('the link goes', () => closings('Alfa').includes('bad-signature'));
    expect(heldBy('Alfa')).toBeUndefined();
    // In another's name.
    const framed = { ...contradictionOf(first, second)!, author: asMemberIndex(3) };
    world.inject('Alfa', 'Delta', { type: 'evidence', items: [framed] });
    await until('that one too', () => closings('Alfa').filter((why) => why === 'bad-signature').length === 2);
    expect(world.person('Alfa').replica!.core.evidence.size).toBe(0);
  });
});

it('a member with more locks than a report holds says so, sends none that nobody could read, and reports when some are decided', async () => {
  world = await EpochWorld.create(FOUR);
  await world.openAll(FOUR);
  const epochs = world.person('Alfa').replica!.epochs!;
  const locks = Array.from({ length: MAX_LOCKS_PER_REPORT + 1 }, (_, i): ReportedLock => ({
    ...lock,
    key: asKey(`a/${String(i).padStart(4, '0')}`),
  }));
  const body = { epoch: epochs.epoch.digest, change: hex('c') };
  epochs.perform({ type: 'sign-report', report: { ...body, root: hex('1'), locks }, polkas: [] });
  await until('it says so', () => epochs.tooManyLocks === MAX_LOCKS_PER_REPORT + 1);
  epochs.perform({ type: 'sign-report', report: { ...body, root: hex('2'), locks: [] }, polkas: [] });
  await until('it reports', () => epochs.machine.ownReports.size === 1);
  expect(epochs.tooManyLocks).toBeNull();
  expect([...epochs.machine.ownReports.keys()]).toEqual([hex('2')]);
  const heard = () => world.person('Bravo').replica!.epochs!.machine.reports.get(asMemberIndex(0));
  await until('Bravo hears it', () => heard()?.size === 1);
  expect([...heard()!.keys()]).toEqual([hex('2')]);
  expect(closings('Bravo')).toEqual([]);
});
