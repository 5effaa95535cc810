/** RESUME where most members are not linked to the one that asks. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  asKey,
  asVersion,
  type Digest,
  type Key,
  type MemberIndex,
  type Round,
} from '../../src/codec/brand.ts';
import { encodeMessage } from '../../src/codec/messages.ts';
import type { Vote } from '../../src/codec/vote.ts';
import { voteBytes } from '../../src/crypto/domains.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import { RESUME_RETRY_FIRST_MS } from '../../src/worker/limits.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { linkOnly, listen, put, ring, voters } from './resume-kit.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster?.stop());

const decidedBy = (nodes: readonly Node[], key: Key, version: number): Promise<void> =>
  until(`version ${version}`, () => nodes.every((n) => headOf(n, key)?.version === version));

async function preCommit(author: number, key: Key, version = 1): Promise<Vote> {
  const digest = 'ab'.repeat(32) as Digest;
  const vote = { key, version: asVersion(version), round: 0 as Round, type: 'PRE-COMMIT' as const, digest };
  const { network, epoch } = cluster.epoch;
  const signature = await cluster.members[author]!.signer.signEd25519(voteBytes(network, epoch, vote));
  return { ...vote, epoch, author: author as MemberIndex, signature };
}

/** Member `holder` holds a vote that nobody else does, as if it had been the only one to hear it. */
async function plant(holder: Node, teller: Node, vote: Vote): Promise<void> {
  put(teller, holder.transport.self, {
    type: 'votes',
    epoch: cluster.epoch.epoch,
    votes: [vote],
    values: [],
  });
  await until('the vote', () => (holder.replica.core.instances.get(vote.key)?.rounds.size ?? 0) > 0);
}

describe('twenty members with four links each', () => {
  it('all come to vote after all were off at once, and one by one, within the bytes that are stated', async () => {
    cluster = await Cluster.create(20);
    cluster.w0 = 600;
    linkOnly(cluster, ring(20));
    const sent = listen(cluster);
    let nodes = await cluster.startAll();
    await voters(nodes);
    expect((await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'))).ok).toBe(true);
    await decidedBy(nodes, KEY, 1);

    for (const { index } of cluster.members) cluster.kill(index);
    sent.length = 0;
    const began = performance.now();
    nodes = await cluster.startAll();
    await voters(nodes);
    const passed = performance.now() - began;
    const asks = sent.filter(({ message }) => message.type === 'resume-ask');
    const asked = new Set(asks.map(({ message: m }) => m.type === 'resume-ask' && m.nonce)).size;
    // An ask crosses each of the 40 links at most once each way.
    expect(asks.length).toBeLessThanOrEqual(asked * 80);
    // Every member passes every answer to an ask on over three links at most: a small part of them is needed.
    const bytes = sent.reduce((sum, one) => sum + one.bytes.length, 0);
    // However slow the machine: who has not heard enough asks again at a pace.
    expect(asked).toBeLessThanOrEqual(20 * (2 + passed / RESUME_RETRY_FIRST_MS));
    expect(bytes / 20).toBeLessThan(asked * (4 * 600 + 20 * 3 * 300));

    sent.length = 0;
    cluster.kill(7);
    const back = await cluster.start(7);
    await voters([back]);
    const answers = sent.filter(({ message: m }) => m.type === 'resume-answer' && m.asker === 7);
    expect(
      new Set(answers.map(({ message: m }) => m.type === 'resume-answer' && m.answerer)).size,
    ).toBeGreaterThan(12);
    const { digest } = headOf(back, KEY)!;
    expect((await back.replica.propose(KEY, asVersion(2), digest, body('second'))).ok).toBe(true);
    nodes[7] = back;
    await decidedBy(nodes, KEY, 2);
  });
});

describe('a vote that only a member some hops away remembers', () => {
  it('makes an old copy of a log observe before it signs', async () => {
    cluster = await Cluster.create(7);
    // 0 - 1 - 2 - 3 - 4: five of seven are a quorum, so member 0 needs every answer.
    linkOnly(cluster, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    const nodes = await Promise.all([0, 1, 2, 3, 4].map((i) => cluster.start(i)));
    await voters(nodes);
    cluster.kill(0);
    listen(cluster, ({ from, message }) => message.type !== 'votes' || from === 4);
    await plant(nodes[3]!, nodes[4]!, await preCommit(0, KEY));
    const again = await cluster.start(0);
    await until('the verdict', () => again.standing.kind !== 'resuming');
    expect(again.standing).toMatchObject({ kind: 'observer' });
    expect(nodes[1]!.replica.core.instances.get(KEY)).toBeUndefined();
    expect(again.trace.filter((t) => t.kind === 'pre-commit' || t.kind === 'commit')).toEqual([]);
  });

  it('does not stop a member whose log has it', async () => {
    cluster = await Cluster.create(7);
    linkOnly(cluster, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    const nodes = await Promise.all([0, 1, 2, 3, 4].map((i) => cluster.start(i)));
    await voters(nodes);
    for (const far of [3, 4]) cluster.kill(far);
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('undecided'));
    await until(
      'the vote two hops away',
      () => (nodes[2]!.replica.core.instances.get(KEY)?.rounds.size ?? 0) > 0,
    );
    cluster.kill(0);
    const back = await Promise.all([0, 3, 4].map((i) => cluster.start(i)));
    await voters(back);
    await decidedBy([...back, nodes[1]!, nodes[2]!], KEY, 1);
    expect((await back[0]!.replica.held(KEY))!.body).toEqual(body('undecided'));
  });
});

describe('the same member started twice, with no neighbour in common', () => {
  const startTwin = async (index: number): Promise<{ first: Node; second: Node }> => {
    const member = cluster.members[index]!;
    const first = member.node!;
    // The hub stops what it knows of a member that joins again: these two run on different devices.
    cluster.hub.transports.delete(member.index);
    member.disk = MemoryDisk.fromSnapshot(member.disk.snapshot());
    return { first, second: await cluster.start(index) };
  };

  it('the later one observes, by the word of the earlier one over several hops', async () => {
    cluster = await Cluster.create(16);
    // Four members are linked to the earlier start: fewer than the six whose word would be enough.
    linkOnly(cluster, ring(16));
    const nodes = await cluster.startAll();
    await voters(nodes);
    // Its second device is linked to the other side of the ring.
    for (const far of [1, 2, 14, 15]) cluster.hub.cut.add(`0 ${far}`);
    for (const near of [7, 8, 9]) cluster.hub.cut.delete(`0 ${near}`);
    const { first, second } = await startTwin(0);
    try {
      await until('the verdict', () => second.standing.kind === 'observer');
      expect(second.standing).toMatchObject({
        reason: expect.stringContaining('Another running copy') as string,
      });
      // So not both vote. That the earlier one goes on is not certain: docs/protocol.md, "Twins".
    } finally {
      first.transport.stop();
      first.replica.stop('end of the test');
    }
  });

  it.todo(
    'the earlier one goes on: an ask of its own that is over, passed on to the later one, silences it today',
  );

  it('no other member can say so in its name', async () => {
    cluster = await Cluster.create(4);
    const nodes = await Promise.all([0, 1, 2].map((i) => cluster.start(i)));
    await voters(nodes);
    const { askOf, answerOf } = await import('./resume-kit.ts');
    // No answer but those in its own name: with the others it would come to vote.
    const sent = listen(
      cluster,
      ({ to, message }) => !(to === 3 && message.type === 'resume-answer' && message.answerer !== 3),
    );
    const late = await cluster.start(3);
    await until('its ask', () =>
      sent.some(({ from, message }) => from === 3 && message.type === 'resume-ask'),
    );
    const own = sent.find(({ from, message }) => from === 3 && message.type === 'resume-ask')!.message;
    if (own.type !== 'resume-ask') throw new Error('not an ask');
    const twin = (await askOf(cluster, 1)).instance;
    const signedByOther = { ...(await answerOf(cluster, 1, own, { twin })), answerer: 3 as MemberIndex };
    for (const link of nodes[1]!.replica.linksOf(3 as MemberIndex))
      nodes[1]!.transport.send(link.id, encodeMessage(signedByOther));
    await until('closed', () => late.transport.closings.some((c) => c.reason === 'bad-signature'));
    expect(late.standing.kind).toBe('resuming');
  });
});
