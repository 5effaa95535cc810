/** Members that sleep, leave, are removed, or run twice while the members change. */
import type { ChangeLink } from '../../src/codec/epochs.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { Key, MemberIndex, Round, Version } from '../../src/codec/brand.ts';
import { certificateSigners, type Vote, type VotesGroup } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { MemoryDisk, type DiskSnapshot } from '../../src/store/memory-store.ts';
import { isReports, read, withoutCommits } from './epoch-kit.ts';
import { EpochWorld } from './epoch-world.ts';
import { until } from './cluster.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
const FIVE = [...FOUR, 'Echo'];
const THREE = FOUR.slice(0, 3);
let world: EpochWorld;
afterEach(() => world.stop());

const inEpoch = (names: readonly string[], epoch: number): Promise<void> =>
  until(`all are in epoch ${epoch}`, () => names.every((name) => world.meets(name) === epoch));
const standingOf = (name: string): string => {
  const { standing } = world.person(name);
  return standing.kind === 'observer' ? standing.reason : standing.kind;
};

describe('a member that sleeps', () => {
  it('through two changes of members comes back and votes', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Delta');
    world.close('Delta');
    for (const epoch of [1, 2]) {
      await until('three vote', () => THREE.every((name) => world.person(name).standing.kind === 'voter'));
      await world.seal(THREE, world.genesis.members);
      await inEpoch(THREE, epoch);
    }
    await world.isSound(THREE, 'a/1');
    await world.open('Delta');
    await world.bringIn('Delta', 'Alfa', 2);
    await world.isSound(FOUR, 'a/1');
    // Of four, three must sign: without Delta nothing is certified.
    world.close('Cargo');
    await world.put('Alfa', 'a/2');
    await world.agree(['Alfa', 'Bravo', 'Delta'], 'a/2', 1);
  });
});

describe('a member that catches up', () => {
  /** Delta has a vote of its own that nobody else has, slept while the others began epoch 1, and is linked to them there without R's leaves. */
  const catchUp = async (): Promise<void> => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    for (const hub of world.hubs.values()) hub.filter = (from) => from !== 3;
    await world.put('Delta', 'k/1');
    const { core, outbox } = world.person('Delta').replica!;
    await until('it has voted', () => core.instances.get('k/1' as Key)?.ownVotes.length === 1);
    await outbox.durable();
    world.close('Delta');
    await world.isSound(THREE, 'a/1');
    await world.seal(THREE, world.genesis.members);
    await inEpoch(THREE, 1);
    world.hubs.get(world.person('Alfa').opened!.secret)!.filter = (_from, _to, bytes) =>
      read(bytes).type !== 'leaves';
    await world.open('Delta');
    await until('it meets the others', () => {
      if (world.meets('Delta') < 1) world.knock('Delta', 'Alfa');
      return world.meets('Delta') === 1 && world.person('Delta').transport!.peers.size === 3;
    });
    expect(world.begun('Delta')).toBe(0);
  };
  const letIn = async (): Promise<void> => {
    for (const hub of world.hubs.values()) hub.filter = () => true;
    await world.bringIn('Delta', 'Alfa', 1);
    await world.isSound(FOUR, 'a/1');
  };
  const closings = (): unknown[] =>
    FOUR.flatMap((name) => world.person(name).transport!.closings.map(({ reason }) => reason)).filter(
      (reason) => reason !== 'shutdown',
    );

  it('tells votes of the epoch that they have left, and is cut off for them', async () => {
    await catchUp();
    expect(standingOf('Delta')).toMatch(/^The others have begun epoch 1/);
    const delta = world.person('Delta').replica!;
    const own = delta.core.instances.get('k/1' as Key)!.ownVotes;
    expect(own).toMatchObject([{ epoch: firstEpoch(world.network), author: 3 }]);
    let told = 0;
    world.hubs.get(world.person('Alfa').opened!.secret)!.filter = (from, _to, bytes) => {
      const { type } = read(bytes);
      if (from === 3 && type === 'votes') told++;
      return type !== 'leaves';
    };
    for (const link of delta.links.values()) delta.gossip.resendOwn(link);
    await delta.outbox.durable();
    await world.isSound(THREE, 'a/1');
    expect(told).toBe(0);
    expect(closings()).toEqual([]);
    // Were they told, by an older program, they would be of the epoch that they name.
    for (const name of THREE)
      world.inject(name, 'Delta', { type: 'votes', epoch: own[0]!.epoch, votes: own, values: [] });
    await world.isSound(THREE, 'a/1');
    expect(closings()).toEqual([]);
    await letIn();
  });

  it('and hears of a contradiction in that epoch cuts nobody off for it, and is not cut off for telling it', async () => {
    const hash = await createHash();
    await catchUp();
    const voteOf = async (text: number): Promise<Vote> => {
      const certificate = await world.certificate('x/1', hash(new Uint8Array([text])), ['Bravo']);
      const { key, version, round, digest, epoch } = certificate;
      const [vote] = (certificate.groups[0] as VotesGroup).votes;
      return { key, version, round, digest, epoch, type: 'COMMIT', ...vote! };
    };
    const item = { first: await voteOf(1), second: await voteOf(2) };
    const delta = world.person('Delta').replica!;
    world.inject('Delta', 'Alfa', { type: 'evidence', items: [item] });
    await until('it knows', () => delta.core.evidence.has(1 as MemberIndex));
    await delta.outbox.durable();
    await world.isSound(THREE, 'a/1');
    expect(closings()).toEqual([]);
    expect(world.person('Delta').transport!.peers.size).toBe(3);
    expect(world.person('Delta').transport!.refused.size).toBe(0);
    // Nor when its link is made anew.
    const hub = world.hubs.get(world.person('Alfa').opened!.secret)!;
    hub.sever(1 as MemberIndex, 3 as MemberIndex);
    hub.heal();
    await until('they are linked again', () => delta.linksOf(1 as MemberIndex).length === 1);
    expect(closings()).toEqual(['transport-failed']);
    expect(delta.convicted.size).toBe(0);
    expect(delta.pastEvidence).toEqual([item]);
    await letIn();
  });
});

describe('a member that is taken out', () => {
  it('signs for nobody any more, with its old keys or with stolen ones', async () => {
    const hash = await createHash();
    world = await EpochWorld.withRecord(FIVE, 'Alfa');
    await world.seal(FOUR, world.genesis.members.slice(0, 4));
    await inEpoch(FOUR, 1);
    await world.isSound(FOUR, 'a/1');
    const bravo = world.person('Bravo').replica!;
    // OLD: what a quorum of epoch 0 signs today, with keys that were stolen from it, decides nothing.
    const old = await world.certificate('z/1', hash(new Uint8Array([1])), ['Alfa', 'Bravo', 'Cargo', 'Echo']);
    await bravo.decisions.take([old], null);
    expect(world.version('Bravo', 'z/1')).toBe(0);
    // Nor does it stop anybody that it contradicts what has been decided since.
    const other = await world.certificate('a/1', hash(new Uint8Array([2])), [
      'Alfa',
      'Bravo',
      'Cargo',
      'Echo',
    ]);
    await bravo.decisions.take([other], null);
    // Votes: of the old epoch, of a place that the new one does not have, and in another's name.
    const { signer } = world.person('Echo');
    const { network } = world;
    const epochs = bravo.epochs!.machine.chain.map(({ digest }) => digest);
    const sign = async (epoch: (typeof epochs)[number], author: number): Promise<Vote> => {
      const body = {
        key: 'z/2' as Key,
        version: 1 as Version,
        round: 0 as Round,
        type: 'COMMIT' as const,
        digest: hash(new Uint8Array([3])),
      };
      const bytes = voteBytes(network, epoch, body);
      const share = signer.signShare(bytes);
      return {
        ...body,
        epoch,
        author: author as MemberIndex,
        share,
        signature: await signer.signEd25519(commitBytes(bytes, share)),
      };
    };
    for (const [epoch, author] of [
      [0, 4],
      [1, 4],
      [1, 3],
    ] as const) {
      const vote = await sign(epochs[epoch]!, author);
      world.inject('Bravo', 'Cargo', { type: 'votes', epoch: vote.epoch, votes: [vote], values: [] });
    }
    await until('the forger has lost its link', () =>
      world
        .person('Bravo')
        .transport!.closings.some(({ member, reason }) => member === 2 && reason === 'bad-signature'),
    );
    const counted = bravo.core.instances.get('z/2' as Key);
    expect([...(counted?.rounds.values() ?? [])].flatMap(({ commits }) => [...commits.values()])).toEqual([]);
    for (const hub of world.hubs.values()) hub.heal();
    await world.isSound(FOUR, 'a/1');
  });

  it('opens again as an observer, is told why, and still has what was certified', async () => {
    world = await EpochWorld.withRecord(FIVE, 'Alfa');
    await world.seal(FOUR, world.genesis.members.slice(0, 4));
    await inEpoch(FOUR, 1);
    await until('it was opened again', () => world.person('Echo').starts === 2);
    await until('it knows', () => standingOf('Echo').includes('not on it since epoch 1'));
    expect(standingOf('Echo')).toContain('Echo Ltd');
    expect([world.meets('Echo'), world.begun('Echo'), world.version('Echo', 'a/1')]).toEqual([0, 1, 1]);
    // It does so at every start.
    await world.reopen('Echo');
    expect(standingOf('Echo')).toContain('not on it since epoch 1');
  });
});

describe('a member that is taken out while it sleeps', () => {
  it.each([
    ['a log that is whole', false],
    ['a vote that its log lacks', true],
  ])('is told so when it comes back with %s, though it lacks what was certified since', async (_, isLost) => {
    world = await EpochWorld.withRecord(FIVE, 'Alfa');
    if (isLost) world.person('Echo').replica!.becomeObserver('A vote is not in this browser’s log.');
    await world.person('Echo').replica!.outbox.durable();
    world.close('Echo');
    await world.isSound(FOUR, 'a/1');
    await world.seal(FOUR, world.genesis.members.slice(0, 4));
    await inEpoch(FOUR, 1);
    await world.open('Echo');
    // As the door tells it: the way there is not for whom the list does not name.
    const { links } = world.person('Alfa').replica!.epochs!;
    await world.person('Echo').replica!.epochs!.talk.takeBundle({ links, secret: null });
    await until('it is told', () => standingOf('Echo').includes('not on it since epoch 1'));
    expect(world.person('Echo').replica!.hasLostPast).toBe(isLost);
    expect(world.begun('Echo')).toBe(0);
    expect(world.version('Echo', 'a/1')).toBe(1);
    await world.isSound(FOUR, 'a/1');
  });
});

describe('a lock without a decision', () => {
  it('is carried into the next epoch, and decided there', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    for (const hub of world.hubs.values()) withoutCommits(hub, 'l/1');
    await world.put('Alfa', 'l/1');
    const lockOf = (name: string): string | undefined =>
      world.person(name).replica?.core.instances.get('l/1' as Key)?.lock?.digest;
    await until('all are locked', () => FOUR.every((name) => lockOf(name) !== undefined));
    const locked = lockOf('Alfa')!;
    expect(FOUR.map((name) => world.version(name, 'l/1'))).toEqual([0, 0, 0, 0]);
    // Rules that would not have it now: it was judged when it was locked.
    const judged: string[] = [];
    world.made = (_person, { options }) =>
      Object.assign(options, {
        validate: ({ key, version }: { key: Key; version: Version }) => {
          if (key !== 'l/1' || version > 1) return Promise.resolve({ verdict: 'valid' });
          judged.push(key);
          return Promise.resolve({ verdict: 'invalid', rule: 'other-rules', message: 'Not any more.' });
        },
      });
    await world.seal(FOUR, world.genesis.members);
    await inEpoch(FOUR, 1);
    for (const name of FOUR)
      expect([...world.person(name).replica!.epochs!.machine.carried.values()]).toEqual([
        { key: 'l/1', version: 1, digest: locked },
      ]);
    await until('it is decided', () => FOUR.every((name) => world.version(name, 'l/1') === 1));
    for (const name of FOUR)
      expect(world.person(name).replica!.core.certified.get('l/1' as Key)!.digest).toBe(locked);
    expect(judged).toEqual([]);
    await world.isSound(FOUR, 'l/1');
  });
});

describe('a copy of a member’s disk', () => {
  const copyOf = (name: string, snapshot: DiskSnapshot): void => {
    const original = world.person(name);
    world.people.push({
      ...original,
      name: `${name} copy`,
      disk: MemoryDisk.fromSnapshot(snapshot),
      replica: null,
      opened: null,
      starts: 0,
      standing: { kind: 'observer', reason: '' },
      isCopy: true,
    });
  };

  it('from before CLOSE, started beside the original after BEGIN, never signs', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    copyOf('Delta', world.person('Delta').disk.snapshot());
    await world.seal(FOUR, world.genesis.members);
    await inEpoch(FOUR, 1);
    await world.isSound(FOUR, 'a/1');
    let signed = 0;
    world.made = (person, replica) => {
      if (person.isCopy) replica.gossip.own = () => void signed++;
    };
    await world.open('Delta copy');
    await until('it has found the others', () => {
      if (world.meets('Delta copy') === 0) world.knock('Delta copy', 'Alfa');
      return world.meets('Delta copy') === 1;
    });
    await until('it observes', () => /copy|log lacks/.test(standingOf('Delta copy')));
    await world.put('Bravo', 'a/2');
    await world.agree(FOUR, 'a/2', 1);
    expect(signed).toBe(0);
    expect(standingOf('Delta copy')).toMatch(/copy|log lacks/);
    expect(world.person('Delta').standing.kind).toBe('voter');
    // The copy's transport took the place of nobody: these are all stopped by the world.
    world.close('Delta copy');
  });

  it('from before its report learns of the report from the answers, before it signs another', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    const delta = world.person('Delta');
    let before: DiskSnapshot | null = null;
    delta.disk.setFault((batch) => {
      if (batch.meta?.some(({ name }) => name.startsWith('epochs/report/'))) before ??= delta.disk.snapshot();
      return null;
    });
    // Reports reach Alfa only, and nobody tells Delta any: the epoch stays closed.
    for (const hub of world.hubs.values()) hub.filter = (_from, to, bytes) => to === 0 || !isReports(bytes);
    for (const hub of world.hubs.values()) {
      const { filter } = hub;
      hub.filter = (from, to, bytes) =>
        filter(from, to, bytes) && !(isReports(bytes) && (from === 1 || from === 2));
    }
    await world.seal(FOUR, world.genesis.members);
    const alfa = world.person('Alfa').replica!;
    await until('Alfa has its report', () => alfa.epochs!.machine.reports.has(3 as MemberIndex));
    delta.disk.setFault(null);
    world.close('Delta');
    delta.disk = MemoryDisk.fromSnapshot(before!);
    // Two others must answer: one of them is Alfa, who alone has the report.
    for (const hub of world.hubs.values()) {
      const { filter } = hub;
      hub.filter = (from, to, bytes) => {
        const message = read(bytes);
        return filter(from, to, bytes) && !(message.type === 'resume-answer' && message.answerer === 2);
      };
    }
    await world.open('Delta');
    await until('the verdict', () => world.person('Delta').standing.kind !== 'resuming');
    expect(standingOf('Delta')).toContain('report about the end of this epoch');
    expect(world.person('Delta').replica!.epochs!.machine.ownReports.size).toBe(0);
  });
});

describe('a network in which not everybody is linked to everybody', () => {
  it('hears drafts, approvals, reports and the chain all the same', async () => {
    const seven = ['Alfa', 'Bravo', 'Cargo', 'Delta', 'Echo', 'Fox', 'Golf'];
    world = await EpochWorld.create(seven);
    // A ring in which each has two neighbours on either side.
    for (let a = 0; a < 7; a++)
      for (let b = a + 1; b < 7; b++) if (![1, 2, 5, 6].includes(b - a)) world.cut.add(`${a} ${b}`);
    await world.openAll(seven);
    await world.seal(seven.slice(0, 6), world.genesis.members);
    await inEpoch(seven, 1);
    await world.isSound(seven, 'a/1');
  });
});

describe('a certificate of the opening that holds an own signature', () => {
  it('makes nobody an observer whose log has that signature, in a later epoch than the first', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.seal(FOUR, world.genesis.members);
    await inEpoch(FOUR, 1);
    await until('all vote', () => FOUR.every((name) => standingOf(name) === 'voter'));
    // Three are left, so Delta's signature is in every certificate; nobody's COMMIT for the opening reaches Delta.
    world.close('Cargo');
    const three = ['Alfa', 'Bravo', 'Delta'];
    for (const hub of world.hubs.values())
      hub.filter = (_from, to, bytes) => {
        if (to !== 3) return true;
        const message = read(bytes);
        if (message.type === 'votes')
          return !message.votes.some(({ key, type }) => key === 'network/opening' && type === 'COMMIT');
        if (message.type === 'certificates')
          return !message.certificates.some(({ key }) => key === 'network/opening');
        return message.type !== 'chain';
      };
    await world.seal(three, world.genesis.members);
    await inEpoch(['Alfa', 'Bravo'], 2);
    const { openingCertificate } = world.person('Alfa').replica!.epochs!.links[1] as ChangeLink;
    expect(certificateSigners(openingCertificate)).toContain(3);
    world.close('Delta');
    await world.open('Delta');
    const { replica } = world.person('Delta');
    expect(replica!.core.instances.get('network/opening' as Key)?.ownCommits.size).toBeGreaterThan(0);
    await replica!.decisions.take([openingCertificate], null);
    expect(replica!.hasLostPast).toBe(false);
    expect(replica!.core.certified.get('network/opening' as Key)?.version).toBe(2);
  });
});
