/** What accidents and liars can do to replicas whose network is continued without a quorum. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import { toHex } from '../../src/codec/brand.ts';
import { encodeContinuation } from '../../src/codec/genesis.ts';
import { continuationOf } from '../../src/consensus/epochs/continuation.ts';
import { continuationId, continueBytes, joinSecretDigest } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import { MAX_BREAKS } from '../../src/worker/limits.ts';
import { until } from './cluster.ts';
import { read } from './epoch-kit.ts';
import { EpochWorld } from './epoch-world.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
const TWO = ['Alfa', 'Bravo'];
let world: EpochWorld;
afterEach(() => world.stop());

describe('a copy of a disk from before its signature that the network goes on', () => {
  it('signs nothing more either, once a neighbour shows it that signature', async () => {
    world = await EpochWorld.withRecord([...FOUR, 'Echo', 'Foxtrot', 'Golf'], 'Alfa');
    const alfa = world.person('Alfa');
    await alfa.replica!.outbox.durable();
    const copy = alfa.disk.snapshot();
    const digest = await world.proposeBreak(['Alfa', 'Bravo', 'Cargo']);
    await until('Bravo has it', () => world.canSign('Bravo', digest));
    await until('it is opened again', () => alfa.starts === 2);
    world.close('Alfa');
    alfa.disk = MemoryDisk.fromSnapshot(copy);
    await world.open('Alfa');
    await until('it has left', () => alfa.starts === 4 && alfa.opened!.left !== null);
    expect(alfa.standing).toMatchObject({ kind: 'observer' });
    expect(alfa.replica!.epochs!.machine.left).toBe(true);
    // The place that it had is not lost: it goes on with the others when they have signed.
    for (const name of ['Bravo', 'Cargo']) expect(await world.signBreak(name, digest)).toBe('signed');
    const three = ['Alfa', 'Bravo', 'Cargo'];
    await until('all are there', () => three.every((name) => world.begun(name) === 1));
  });
});

describe('what R of the break lacks', () => {
  it('goes aside also where nothing was certified between the last change of members and the break', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.seal(FOUR, world.genesis.members);
    await until('all are in epoch 1', () => FOUR.every((name) => world.begun(name) === 1));
    await until('all meet there', () => FOUR.every((name) => world.meets(name) === 1));
    await until('all vote', () => FOUR.every((name) => world.person(name).standing.kind === 'voter'));
    const root = world.person('Alfa').replica!.certifiedRoot();
    const starts = world.person('Alfa').starts;
    const digest = await world.proposeBreak(TWO);
    await until('Bravo can sign', () => world.canSign('Bravo', digest));
    await until('Alfa is opened again', () => world.person('Alfa').starts === starts + 1);
    const about = ['break', 'join-secret', 'chain'];
    for (const hub of world.hubs.values())
      hub.filter = (_from, to, bytes) => to !== 1 || about.includes(read(bytes).type);
    // By votes that were under way when Alfa signed.
    const hash = await createHash();
    const epoch = world.person('Alfa').replica!.epochs!.epoch.digest;
    const hidden = await world.certificate(
      'x/1',
      hash(new Uint8Array([7])),
      ['Bravo', 'Cargo', 'Delta'],
      epoch,
    );
    await world.person('Alfa').replica!.decisions.take([hidden], null);
    await until('Alfa has it', () => world.version('Alfa', 'x/1') === 1);
    expect(await world.signBreak('Bravo', digest)).toBe('signed');
    await until('both have begun', () => TWO.every((name) => world.begun(name) === 2));
    await until('both are there', () => TWO.every((name) => world.meets(name) === 2));
    expect(TWO.map((name) => world.version(name, 'x/1'))).toEqual([0, 0]);
    expect(TWO.map((name) => world.version(name, 'a/1'))).toEqual([1, 1]);
    expect(TWO.map((name) => world.person(name).replica!.certifiedRoot())).toEqual([root, root]);
    await world.isSound(TWO, 'a/1');
  });

  it('is not put aside by a disk that cannot be read: the key keeps its past', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    await world.put('Alfa', 'a/1');
    await world.agree(FOUR, 'a/1', 2);
    const terminal = await world.device('Terminal', 'Alfa');
    await world.open('Terminal');
    await until('it has the record', () => world.version('Terminal', 'a/1') === 2);
    const beyond = await world.certificate(
      'a/1',
      'c'.repeat(64) as Digest,
      ['Bravo', 'Cargo', 'Delta'],
      undefined,
      3,
    );
    for (const hub of world.hubs.values()) hub.filter = () => false;
    await terminal.replica!.decisions.take([beyond], null);
    await until('it has what nobody else has', () => world.version('Terminal', 'a/1') === 3);
    await terminal.replica!.outbox.durable();
    world.close('Terminal');
    for (const hub of world.hubs.values()) hub.filter = () => true;
    for (const name of ['Cargo', 'Delta']) world.close(name);
    await world.goOn(TWO);
    world.made = ({ name }, replica) => {
      if (name === 'Terminal')
        vi.spyOn(replica.options.store, 'history').mockRejectedValue(new Error('a bad sector'));
    };
    await world.open('Terminal');
    world.knock('Terminal', 'Alfa');
    await until('it has stopped', () => terminal.standing.kind === 'stopped');
    expect(terminal.standing).toMatchObject({ reason: expect.stringContaining('could not be read') });
    const kept = await terminal.disk.openReplica().load();
    expect(kept.certified.find(({ key }) => key === 'a/1')?.version).toBe(3);
    // Once it can be read, it goes back to what the others have.
    world.made = () => undefined;
    await world.reopen('Terminal');
    await world.bringIn('Terminal', 'Alfa', 1);
    expect(world.version('Terminal', 'a/1')).toBe(2);
  });

  it('does not stop a device that hears of what was certified instead before it knows R', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const hidden = await world.terminalAndHidden('Alfa', ['Bravo', 'Cargo', 'Delta']);
    world.close('Terminal');
    for (const name of ['Cargo', 'Delta']) world.close(name);
    await world.goOn(TWO);
    await world.isSound(TWO, 'a/1');
    await world.put('Bravo', 'x/1');
    await world.agree(TWO, 'x/1', 1);
    const { certificate } = world.person('Alfa').replica!.heads.get('x/1' as Key)!;
    // Leaves of R do not come for a while.
    for (const hub of world.hubs.values()) hub.filter = (_from, _to, bytes) => read(bytes).type === 'chain';
    await world.open('Terminal');
    const terminal = world.person('Terminal');
    await terminal.replica!.decisions.take([hidden], null);
    await until('the device has it', () => world.version('Terminal', 'x/1') === 1);
    world.knock('Terminal', 'Alfa');
    await until('it knows the break', () => terminal.replica!.epochs!.newest.number === 1);
    await terminal.replica!.decisions.take([certificate], null);
    expect(terminal.standing.kind).not.toBe('stopped');
    for (const hub of world.hubs.values()) hub.filter = () => true;
    await world.bringIn('Terminal', 'Alfa', 1);
    await world.agree(['Alfa', 'Bravo', 'Terminal'], 'x/1', 1);
  });
});

describe('two who propose the same at once', () => {
  it('and sign what the other proposed end in one network, not each in its own', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    for (const name of ['Cargo', 'Delta']) world.close(name);
    const alfas = await world.proposeBreak(TWO, 'By Alfa');
    await until('Bravo has it', () => world.canSign('Bravo', alfas));
    const bravos = await world.proposeBreak(['Bravo', 'Alfa'], 'By Bravo');
    await until('Alfa has it', () => world.canSign('Alfa', bravos));
    await until('both are opened again', () => TWO.every((name) => world.person(name).starts === 2));
    await until('both have both', () => world.canSign('Alfa', bravos) && world.canSign('Bravo', alfas));
    // Neither hears in time that the other has signed.
    for (const hub of world.hubs.values()) hub.filter = (_from, _to, bytes) => read(bytes).type !== 'break';
    const said = [await world.signBreak('Alfa', bravos), await world.signBreak('Bravo', alfas)];
    expect(said.toSorted()).toEqual(['already-signed', 'signed']);
    for (const hub of world.hubs.values()) hub.filter = () => true;
    const [first, second] = said[0] === 'signed' ? TWO : TWO.toReversed();
    await until('the first is there', () => world.begun(first!) === 1);
    await world.bringIn(second!, first!, 1);
    await world.isSound(TWO, 'a/1');
    // Whoever proposes the same anew is not held up by what was signed before.
    expect(TWO.map((name) => world.person(name).opened!.mesh.network as string)).toEqual(
      said[0] === 'signed' ? [bravos, bravos] : [alfas, alfas],
    );
  });

  it('one may propose anew what it has signed already, and the newer one is what all can sign', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    for (const name of ['Cargo', 'Delta']) world.close(name);
    const first = await world.proposeBreak(TWO, 'Typo');
    // Of many that were drawn: one like any other would now and then leave no room below it.
    expect(first > '8').toBe(true);
    await until('it is opened again', () => world.person('Alfa').starts === 2);
    const second = await world.proposeBreak(TWO, 'No typo');
    expect(second < first).toBe(true);
    expect(await world.signBreak('Bravo', second)).toBe('signed');
    await until('both go on', () => TWO.every((name) => world.begun(name) === 1));
    await world.isSound(TWO, 'a/1');
  });
});

describe('proposals that make room for others', () => {
  it('leave nothing on the disk, also not their join secrets', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const hash = await createHash();
    const { epoch } = world.person('Cargo').replica!.epochs!;
    const root = world.person('Cargo').replica!.certifiedRoot() as Digest;
    const { breaks, talk } = world.person('Cargo').replica!.epochs!;
    const names: string[] = [];
    for (let i = 0; i < 2 * MAX_BREAKS; i++) {
      const secret = new Uint8Array(32).fill(i + 1);
      const joinSecret = joinSecretDigest(hash, toHex(secret));
      names.push(joinSecret);
      const genesis = continuationOf(epoch, { name: `Lies ${i}`, root, joinSecret }, ['delta'])!;
      const bytes = continueBytes(epoch.network, epoch.digest, continuationId(genesis, hash));
      const signature = await world.person('Delta').signer.signEd25519(bytes);
      const one = { author: 3 as MemberIndex, signature };
      const told = encodeContinuation(genesis);
      world.inject('Cargo', 'Delta', { type: 'break', genesis: told, signatures: [one] });
      world.inject('Cargo', 'Delta', { type: 'join-secret', epoch: 1, secret });
    }
    await until('the last has come', () => breaks.all.some(({ genesis }) => genesis.name === 'Lies 7'));
    await until('and its secret', () => talk.secretOf(names.at(-1)!) !== undefined);
    // One that was crowded out may come back by way of another member, and crowd out the next.
    const named = breaks.all.map(({ genesis }) => genesis.continues.joinSecret);
    expect(named).toHaveLength(MAX_BREAKS);
    for (const name of names.filter((one) => talk.secretOf(one) !== undefined)) expect(named).toContain(name);
    await world.person('Cargo').replica!.outbox.durable();
    const { data } = world.person('Cargo').disk.snapshot();
    const kept = [...data.meta.keys()].filter((name) => name.startsWith('epochs/secret/'));
    expect(kept.length).toBeLessThanOrEqual(MAX_BREAKS);
  });
});

describe('a liar that goes on alone again and again', () => {
  it('does not hide that the others went on', async () => {
    world = await EpochWorld.withRecord(FOUR, 'Alfa');
    const hash = await createHash();
    const { epoch, breaks } = world.person('Cargo').replica!.epochs!;
    const root = world.person('Cargo').replica!.certifiedRoot() as Digest;
    const went = (name: string, ids: readonly string[]): Parameters<typeof breaks.noteElsewhere>[0] => {
      const genesis = continuationOf(epoch, { name, root, joinSecret: 'a'.repeat(64) }, ids)!;
      return { type: 'break', genesis, network: continuationId(genesis, hash) };
    };
    for (let i = 0; i < 2 * MAX_BREAKS; i++) breaks.noteElsewhere(went(`Lies ${i}`, ['delta']));
    breaks.noteElsewhere(went('The rest', ['alfa', 'bravo']));
    expect(breaks.elsewhere).toHaveLength(MAX_BREAKS);
    expect(breaks.elsewhere.map(({ genesis }) => genesis.name)).toContain('The rest');
  });
});
