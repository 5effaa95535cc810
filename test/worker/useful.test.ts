/** Eclipse defence at the replica: it says who was of use, and how long its own proposals have waited. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asKey, asVersion, type Digest, type MemberIndex } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { newLogId } from '../../src/crypto/keys.ts';
import type { Verdict } from '../../src/l2/types.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { keyOf, observer, signed, store, unsigned } from './sync-pair.ts';

vi.mock('../../src/worker/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/worker/limits.ts')>()),
  // Told often, so that a test does not wait for it.
  ROOTS_PERIOD_MS: 60,
}));

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster.stop());

const usefulTo = (node: Node): Set<MemberIndex> => new Set(node.transport.usefulMembers);

describe('a neighbour is of use', () => {
  it('when its vote counts, not when it repeats what is known', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await until('voters', () => nodes.every((n) => n.standing.kind === 'voter'));
    // Their answers to RESUME were of use as well.
    expect(usefulTo(nodes[0]!).size).toBeGreaterThanOrEqual(2);
    for (const node of nodes) node.transport.usefulMembers.length = 0;
    // Before a neighbour could tell the whole decision.
    const goOn = cluster.hub.holdVotes(({ type }) => type === 'COMMIT');
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('votes that count', () => usefulTo(nodes[0]!).size >= 2);
    goOn();
    await until('decided', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    // The aggregate is news as well, and comes last. What goes round then brings none: neighbours that agree say nothing about it.
    await until('the aggregate everywhere', () =>
      nodes.every(({ replica }) =>
        replica.heads.get(KEY)?.certificate.groups.every(({ form }) => form === 'aggregate'),
      ),
    );
    const brought = (): string => nodes.map(({ transport }) => transport.usefulMembers.length).join();
    const before = brought();
    const roots = nodes[0]!.replica.sync.figures().trees.find(({ tree }) => tree === 'main')!;
    const { certified, open } = roots;
    const seen = (): number[] =>
      [...nodes[0]!.replica.links.keys()].map(
        (link) => nodes[0]!.replica.traffic.of(link).get('roots')?.received ?? 0,
      );
    const since = seen();
    for (const node of nodes.slice(1))
      for (const { id } of node.replica.linksOf(0 as MemberIndex))
        for (let times = 0; times < 5; times++)
          node.replica.send(id, { type: 'roots', tree: 'main', certified, open }, 'bulk');
    await until('five rounds of roots', () => seen().every((count, i) => count >= since[i]! + 5));
    expect(brought()).toBe(before);
  });

  it('not for a vote with a bad signature, which costs it the link', async () => {
    cluster = await Cluster.create(4);
    // It asks no RESUME: an answer that came first would be of use.
    const [a] = await Promise.all([observer(cluster, 0), cluster.start(1)]);
    const hash = await createHash();
    const digest = hash(valueBytes(null, encode('x')));
    const good = await cluster.signSingle(1, {
      key: KEY,
      version: asVersion(1),
      round: 0 as never,
      type: 'PRE-COMMIT',
      digest,
    });
    const link = [...cluster.hub.transports.get(1 as MemberIndex)!.peers.keys()][0]!;
    const { epoch } = cluster.epoch;
    const tell = (vote: typeof good): boolean =>
      cluster.members[1]!.node!.replica.send(
        link,
        { type: 'votes', epoch, votes: [vote], values: [] },
        'vote',
      );
    tell({ ...good, signature: new Uint8Array(64) });
    await until('the link is closed', () => a.transport.closings.some((c) => c.reason === 'bad-signature'));
    expect(a.transport.usefulMembers).toEqual([]);
  });

  it('when it brings certificates and wanted values, and only who has them', async () => {
    cluster = await Cluster.create(4);
    const states = [0, 1, 2].map((i) => signed(cluster, keyOf(i), 1, `value ${i}`));
    await store(cluster, 1, states);
    // Knows nothing: it is asked, and is of no use.
    const [a, b] = [await observer(cluster, 0), await observer(cluster, 2)];
    cluster.hub.cut.add('1 2');
    await cluster.start(1, { logId: newLogId() });
    await until('a has all', () => states.every(({ entry }) => headOf(a, entry.key)?.version === 1));
    expect(a.transport.usefulMembers).toContain(1);
    await until('b has all', () => states.every(({ entry }) => headOf(b, entry.key)?.version === 1));
    expect(usefulTo(b)).toEqual(new Set([0]));
  });

  it('not when its certificate is false', async () => {
    cluster = await Cluster.create(4);
    await store(cluster, 1, [unsigned(cluster, keyOf(1))]);
    const a = await observer(cluster, 0);
    await cluster.start(1, { logId: newLogId() });
    await until('the link is closed', () => a.transport.closings.some((c) => c.reason === 'bad-signature'));
    expect(a.transport.usefulMembers).toEqual([]);
  });

  it('when it sends a value that was asked for', async () => {
    cluster = await Cluster.create(4);
    const { entry, value } = signed(cluster, keyOf(1), 1, 'x'.repeat(4_000));
    await store(cluster, 1, [{ entry, value }]);
    // The certificate is here already, its value is not.
    const { previous: _, ...head } = entry;
    const written = await cluster.members[0]!.disk.openReplica().write({ certified: [head] });
    expect(written.ok).toBe(true);
    const a = await observer(cluster, 0);
    await cluster.start(1, { logId: newLogId() });
    await until('the value', () => a.replica.heads.get(entry.key)?.previous !== undefined);
    expect(a.transport.usefulMembers).toEqual([1]);
  });
});

describe('an own proposal that waits', () => {
  const last = (node: Node): number | null | undefined => node.transport.waits.at(-1);
  const propose = (
    node: Node,
    key = KEY,
    version = 1,
    previous: Digest | null = null,
  ): ReturnType<Node['replica']['propose']> =>
    node.replica.propose(key, asVersion(version), previous, body(`${key} ${version}`));
  const none = (): Promise<Verdict> => Promise.resolve({ verdict: 'valid' });
  let validate = none;
  beforeEach(() => (validate = none));

  const start = async (): Promise<Node[]> => {
    cluster = await Cluster.create(4, () => validate());
    const nodes = await cluster.startAll();
    await until('voters', () => nodes.every((n) => n.standing.kind === 'voter'));
    return nodes;
  };

  it('is told with a time that grows, and no longer once it is decided', async () => {
    const nodes = await start();
    await until('told that none waits', () => last(nodes[0]!) === null);
    cluster.kill(2);
    cluster.kill(3);
    await propose(nodes[0]!);
    await until('told that one waits', () => (last(nodes[0]!) ?? 0) > 100);
    const first = last(nodes[0]!)!;
    await until('told more', () => (last(nodes[0]!) ?? 0) > first);
    // Who votes for it has proposed nothing.
    expect(last(nodes[1]!)).toBeNull();
    await Promise.all([cluster.start(2), cluster.start(3)]);
    await until('decided', () => headOf(nodes[0]!, KEY)?.version === 1);
    await until('told that none waits', () => last(nodes[0]!) === null);
  });

  it('is told by its oldest, and by no version that was decided meanwhile with another value', async () => {
    const nodes = await start();
    for (const i of [1, 2, 3]) cluster.hub.sever(0 as MemberIndex, i as MemberIndex);
    await propose(nodes[0]!);
    await until('it waits', () => (last(nodes[0]!) ?? 0) > 150);
    await propose(nodes[0]!, keyOf(5));
    await until('told again', () => (last(nodes[0]!) ?? 0) > 250);
    await nodes[1]!.replica.propose(KEY, asVersion(1), null, body('of the others'));
    await until('decided', () => [1, 2, 3].every((i) => headOf(nodes[i]!, KEY)?.version === 1));
    cluster.hub.heal();
    await until('caught up', () => headOf(nodes[0]!, KEY)?.version === 1);
    await until('the other too', () => headOf(nodes[0]!, keyOf(5))?.version === 1);
    await until('told that none waits', () => last(nodes[0]!) === null);
  });

  it('waits for nobody once more than f members have refused it: they have heard', async () => {
    const nodes = await start();
    let asked = 0;
    // The proposer finds it valid, the others do not.
    validate = async () =>
      asked++ === 0 ? { verdict: 'valid' } : { verdict: 'invalid', rule: 'test', message: 'Not this one.' };
    await propose(nodes[0]!);
    await until('refused', () => nodes[0]!.refused.length > 0);
    await until('told that none waits', () => last(nodes[0]!) === null);
    expect(headOf(nodes[0]!, KEY)).toBeUndefined();
  });

  it('is told again after a restart, though nobody remembers who proposed it', async () => {
    const nodes = await start();
    let asked = 0;
    // Nobody else can judge it yet, so it stays open.
    validate = async () => (asked++ === 0 ? { verdict: 'valid' } : { verdict: 'unknown', message: 'Later.' });
    await propose(nodes[0]!);
    // Traced once it is durable.
    await until('its vote is on the disk', () => nodes[0]!.trace.some((t) => t.kind === 'pre-commit'));
    cluster.kill(0);
    const again = await cluster.start(0);
    await until('voter again', () => again.standing.kind === 'voter');
    again.transport.waits.length = 0;
    await until('told', () => again.transport.waits.length > 0);
    expect(last(again)).toBeGreaterThan(0);
  });
});
