/** What the app tells and exports of a package's past. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { asKey, asMemberIndex, type Digest } from '../../src/codec/brand.ts';
import { decodeMessage } from '../../src/codec/messages.ts';
import type { Evidence, Vote } from '../../src/codec/vote.ts';
import { genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import { readBundle, verifyEvidence } from '../../src/domain/supply/evidence.ts';
import { Packages } from '../../src/worker/packages.ts';
import { makeChain } from '../epochs/make-chain.ts';
import { SSCC } from '../domain/support.ts';
import { KEY, World } from '../evidence/world.ts';
import { until } from './cluster.ts';
import { holdWrite, settled } from './held-write.ts';

vi.mock('../../src/worker/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/worker/limits.ts')>()),
  // All that are asked before pruning answer, however busy this machine is.
  PRUNE_PATIENCE_MS: 60_000,
}));

let world: World;
let packages: Packages[];

beforeAll(async () => {
  world = await World.running();
  await world.announce();
  await world.inspect();
  await world.handOff();
  packages = [0, 1, 2, 3].map(
    (index) => new Packages(world.node(index).replica, world.genesis, world.genesisBytes),
  );
  for (const [index, one] of packages.entries()) {
    await until('three versions', () => world.node(index).replica.heads.get(KEY)?.version === 3);
    await world.node(index).replica.outbox.durable();
    await one.load();
  }
});
afterAll(() => world.stop());

const check = async (bytes: Uint8Array) =>
  verifyEvidence(bytes, { trust: { kind: 'network', network: world.network }, tools: world.tools });

async function evidenceOf(one: Packages, epcis: boolean): Promise<Uint8Array> {
  const made = await one.evidence(SSCC, { epcis });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

describe('evidence', () => {
  it('carries the EPCIS document of every version when asked, and is valid with and without', async () => {
    const [bare, full] = [await evidenceOf(packages[2]!, false), await evidenceOf(packages[2]!, true)];
    const read = (bytes: Uint8Array) => {
      const bundle = readBundle(bytes);
      if (!bundle.ok) throw new Error(bundle.error.message);
      return bundle.value;
    };
    expect(read(bare).epcis).toEqual([]);
    expect(read(full).epcis.map(({ version }) => version)).toEqual([1, 2, 3]);
    for (const { version, document } of read(full).epcis) {
      const alone = await packages[0]!.epcis(SSCC, version);
      expect(alone.ok && Buffer.from(alone.value).equals(document)).toBe(true);
    }
    for (const bytes of [bare, full]) expect((await check(bytes)).verdict).toBe('valid');
  });
});

describe('the history of a package', () => {
  it('tells who is known to hold each version, first oneself, then who has said so', async () => {
    const first = await packages[1]!.detail(SSCC);
    const before = packages[1]!.revision;
    for (const { heldBy } of first!.history) expect(heldBy).toContain(1);
    await until('all have answered', () => world.node(1).replica.holders.of(KEY, 1).length === 3);
    // So that a page that shows it asks again.
    expect(packages[1]!.revision).toBeGreaterThan(before);
    const then = await packages[1]!.detail(SSCC);
    expect(then!.history.map(({ heldBy }) => heldBy)).toEqual([1, 2, 3].map(() => [0, 1, 2, 3]));
    expect(then!.prunedBelow).toBeNull();
  });

  it('names whose session it was as that member was called then, also when it has left and places have moved', async () => {
    const first = genesisEpoch(world.network, world.genesis);
    const [who] = (await packages[0]!.detail(SSCC))!.history.map(({ by }) => by);
    expect(who).toEqual({
      id: 'alfa',
      name: world.genesis.members[0]!.name,
      organisation: expect.anything(),
    });
    const members = world.genesis.members.slice(1);
    const later: Epoch = { ...first, number: 1, digest: 'e'.repeat(64) as Epoch['digest'], members };
    const after = new Packages(world.node(0).replica, { ...world.genesis, members }, world.genesisBytes, {
      epochs: [first, later],
      links: [],
    });
    await after.load();
    const detail = (await after.detail(SSCC))!;
    expect(detail.history.map(({ by }) => by.id)).toEqual(
      (await packages[0]!.detail(SSCC))!.history.map(({ by }) => by.id),
    );
    expect(detail.history[0]!.by).toEqual(who);
    // The file is verified by the members of the epoch that its certificates name.
    expect((await check(await evidenceOf(after, true))).verdict).toBe('valid');
  });

  it('that was pruned is shown as such, exports nothing that it lacks, and comes back when asked', async () => {
    const pruning = packages[3]!;
    expect(await pruning.pruneHistory('040123450000001129', 1)).toMatchObject({
      error: { type: 'package-unknown' },
    });
    expect(await pruning.fetchHistory(SSCC)).toMatchObject({ error: { type: 'not-pruned' } });
    expect(await pruning.pruneHistory(SSCC, 1)).toEqual({ ok: true, value: { pruned: 2 } });
    const detail = await pruning.detail(SSCC);
    expect(detail!.prunedBelow).toBe(3);
    expect(detail!.history.map(({ certificate }) => certificate.version)).toEqual([3]);
    for (const made of [await pruning.evidence(SSCC), await pruning.epcis(SSCC)]) {
      expect(made).toMatchObject({ ok: false, error: { type: 'history-incomplete' } });
      expect(!made.ok && made.error.message).toContain('pruned in this browser');
    }
    expect(await pruning.fetchHistory(SSCC)).toEqual({ ok: true, value: undefined });
    let length = 0;
    await until('fetched again', () => {
      void pruning.detail(SSCC).then((again) => (length = again!.history.length));
      return length === 3;
    });
    expect((await check(await evidenceOf(pruning, true))).verdict).toBe('valid');
  });
});

describe('a version that comes while the package is asked for', () => {
  let own: World;
  let shown: Packages;
  const versions = async (): Promise<readonly number[]> => {
    const { summary, history } = (await shown.detail(SSCC))!;
    const told = history.map(({ certificate }) => certificate.version as number);
    return [summary.version, ...told];
  };

  beforeEach(async () => {
    own = await World.running();
    await own.announce();
    shown = new Packages(own.node(2).replica, own.genesis, own.genesisBytes);
    await shown.load();
  });
  afterEach(() => own.stop());

  it('is told when its contents are here: a certificate alone, which a lossy line brings first, is not', async () => {
    own.cluster.hub.filter = (_from, to, bytes) => {
      const message = decodeMessage(bytes);
      return to !== 2 || !message.ok || !['votes', 'values'].includes(message.value.type);
    };
    await own.inspect();
    expect(own.node(2).replica.heads.get(KEY)?.version).toBe(2);
    expect(await versions()).toEqual([1, 1]);
    // A file without the newest certified version would pass for the whole history.
    expect(await shown.evidence(SSCC)).toMatchObject({ error: { type: 'history-incomplete' } });
    for (const version of [undefined, 2]) {
      const made = await shown.epcis(SSCC, version);
      expect(made).toMatchObject({ error: { type: 'history-incomplete' } });
      expect(!made.ok && made.error.message).toContain('Version 2');
    }
    expect(await shown.epcis(SSCC, 3)).toMatchObject({ error: { type: 'package-unknown' } });
    expect(await shown.epcis(SSCC, 1)).toMatchObject({ ok: true });
    own.cluster.hub.filter = () => true;
    await until('its contents', () => own.node(2).replica.heads.get(KEY)?.previous !== undefined);
    expect(await versions()).toEqual([2, 1, 2]);
  });

  it('does not hide the one before it while it is being written', async () => {
    const held = holdWrite(own.node(2).replica, KEY, 2);
    const inspected = own.inspect();
    await until('the write of version 2', () => held.begun);
    const told = versions();
    const file = shown.evidence(SSCC);
    await settled();
    held.go();
    expect(await told).toEqual([2, 1, 2]);
    expect(await file).toMatchObject({ ok: true });
    await inspected;
  });
});

it('evidence against a member that has left is a file that its own epoch proves, from today’s replica', async () => {
  const chain = await makeChain();
  const vote = (digit: string): Promise<Vote> =>
    chain.vote(1, 2, 'COMMIT', { key: asKey('package/1'), version: 1, digest: digit.repeat(64) as Digest });
  const evidence: Evidence = { first: await vote('a'), second: await vote('b') };
  const replica = {
    convicted: new Map(),
    pastEvidence: [evidence],
    options: { epoch: { network: chain.network } },
    holders: {},
    history: {},
  };
  const { epochs, links } = chain;
  const of = new Packages(replica as never, chain.genesis, chain.genesisBytes, { epochs, links });
  // Of the epoch in force there is nothing against whoever has that place now.
  expect(of.misbehaviour(asMemberIndex(2))).toMatchObject({ ok: false, error: { type: 'no-evidence' } });
  expect(of.misbehaviour(asMemberIndex(2), 0)).toMatchObject({ ok: false });
  const file = of.misbehaviour(asMemberIndex(2), 1);
  if (!file.ok) throw new Error(file.error.message);
  const { bls, ed25519, hash } = chain;
  const report = await verifyEvidence(file.value, {
    trust: { kind: 'network', network: chain.network },
    tools: { ...world.tools, bls, ed25519, hash },
  });
  expect(report.failure).toBeNull();
  expect(report.accused).toMatchObject({ id: chain.epochs[1]!.members[2]!.id });
});
