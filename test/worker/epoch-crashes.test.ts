/** A member that dies at any of its writes between CLOSE and BEGIN, and what its disk says when it comes back. */
import { afterEach, describe, expect, it } from 'vitest';
import { decodeMark, type EpochMark } from '../../src/codec/epochs.ts';
import { stateRoot } from '../../src/crdt/state-root.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { WriteBatch } from '../../src/store/types.ts';
import { readEpochs } from '../../src/worker/epochs/disk.ts';
import { isReports } from './epoch-kit.ts';
import { EpochWorld } from './epoch-world.ts';
import { until } from './cluster.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
const THREE = FOUR.slice(0, 3);
let world: EpochWorld;
afterEach(() => world.stop());

const markIn = (batch: WriteBatch): EpochMark['state'] | null => {
  const bytes = batch.meta?.findLast(({ name }) => name === 'epochs/mark')?.bytes;
  const mark = bytes && decodeMark(bytes);
  return mark && mark.ok ? mark.value.state : null;
};

/** Dies at the k-th write from the one that holds "closed"; true once it did. */
function dieAt(disk: MemoryDisk, k: number, kind: 'refuse' | 'lose-answer'): () => boolean {
  let at = -1;
  let dead = false;
  disk.setFault((batch) => {
    const mark = markIn(batch);
    if (at < 0 && mark === null) return null;
    if (dead || ++at !== k) return null;
    dead = true;
    return { kind, error: { type: 'store-failed', message: 'The test pulls the plug.' } };
  });
  return () => dead;
}

describe('a member killed between CLOSE and BEGIN', () => {
  it(
    'before or after any write, is back with the others and has contradicted nothing',
    { timeout: 240_000 },
    async () => {
      world = await EpochWorld.create(FOUR);
      await world.openAll(FOUR);
      let epoch = 0;
      const deaths: string[] = [];
      for (const kind of ['refuse', 'lose-answer'] as const) {
        for (let k = 0; ; k++) {
          const delta = world.person('Delta');
          const isDead = dieAt(delta.disk, k, kind);
          // Something is under way when the epoch closes.
          const change = await world.seal(THREE, world.genesis.members);
          for (const name of THREE) await world.put(name, `k/${kind}/${k}/${name}`).catch(() => undefined);
          epoch++;
          await until('the change is done, or it died', () => isDead() || world.begun('Delta') === epoch);
          delta.disk.setFault(null);
          if (isDead()) {
            deaths.push(`${kind} ${k}`);
            world.close('Delta');
            await world.open('Delta');
          }
          await until('the others go on', () => THREE.every((name) => world.meets(name) === epoch));
          await world.bringIn('Delta', 'Alfa', epoch);
          await world.isSound(FOUR, 'k/all');
          expect(world.person('Alfa').replica!.epochs!.machine.chain.at(-1)!.began!.change).toBe(change);
          if (!isDead()) break;
        }
      }
      // The write with the mark, the report, the link, BEGIN: at least these.
      expect(deaths.length).toBeGreaterThanOrEqual(6);
    },
  );
});

describe('what is in one write', () => {
  it('the decision that seals a change never reaches the disk without the mark', async () => {
    world = await EpochWorld.create(FOUR);
    // A measured delay that changes with every decision: one turn leads to another, which flushes.
    let w0 = 100;
    world.made = (_person, replica) => {
      replica.delays.decided = () => replica.dispatch({ type: 'w0', w0: (w0 += 50) });
    };
    await world.openAll(FOUR);
    const apart: string[] = [];
    for (const name of FOUR)
      world.person(name).disk.setFault((batch) => {
        const seals = batch.certified?.some(({ key }) => key === 'network/change');
        const isDecided = batch.dropLogs?.includes('network/change' as never);
        if (seals && isDecided && markIn(batch) === null) apart.push(name);
        return null;
      });
    await world.seal(FOUR, world.genesis.members);
    await until('all are in epoch 1', () => FOUR.every((name) => world.meets(name) === 1));
    expect(apart).toEqual([]);
  });

  it('a report names the state whose leaves are kept with it, whatever is decided in the same turn', async () => {
    const hash = await createHash();
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    for (const hub of world.hubs.values()) hub.filter = (_from, _to, bytes) => !isReports(bytes);
    await world.seal(FOUR, world.genesis.members);
    const { replica, disk } = world.person('Alfa');
    await until('it has reported', () => replica!.epochs!.machine.ownReports.size === 1);
    let w0 = 100;
    replica!.delays.decided = () => replica!.dispatch({ type: 'w0', w0: (w0 += 50) });
    const two = await Promise.all(
      ['x/1', 'x/2'].map((key, i) => world.certificate(key, hash(new Uint8Array([i])), THREE)),
    );
    replica!.dispatchAll(
      two.map((certificate) => ({ type: 'certified' as const, certificate, bytesKnown: false })),
    );
    await until('it has reported again', () => replica!.epochs!.machine.ownReports.size >= 2);
    await replica!.outbox.durable();
    const stored = readEpochs(new Map(disk.snapshot().data.meta));
    if (!stored.ok) throw new Error(stored.error.message);
    for (const [root, leaves] of stored.value.reported) expect(stateRoot(hash, leaves)).toBe(root);
    const last = [...replica!.epochs!.machine.ownReports.keys()].at(-1)!;
    expect(stored.value.reported.get(last)?.map(({ key }) => key as string)).toEqual(['x/1', 'x/2']);
  });

  it('a decision that is on the disk without the mark closes the epoch at the next start', async () => {
    world = await EpochWorld.create(FOUR);
    await world.openAll(FOUR);
    for (const hub of world.hubs.values()) hub.filter = (_from, _to, bytes) => !isReports(bytes);
    await world.seal(FOUR, world.genesis.members);
    const delta = world.person('Delta');
    await until('it is closed', () => delta.replica!.epochs!.machine.phase === 'closed');
    await delta.replica!.outbox.durable();
    world.close('Delta');
    const snapshot = delta.disk.snapshot();
    snapshot.data.meta.delete('epochs/mark');
    delta.disk = MemoryDisk.fromSnapshot(snapshot);
    await world.open('Delta');
    await until('it closes again', () => delta.replica!.epochs!.machine.phase === 'closed');
    for (const hub of world.hubs.values()) hub.filter = () => true;
    world.close('Alfa');
    await world.open('Alfa');
    await until('all are in epoch 1', () => FOUR.every((name) => world.meets(name) === 1));
  });
});
