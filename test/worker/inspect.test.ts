/** An inspection tells what a replica holds, holds nothing that is secret, and changes nothing by being made. */
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asVersion, type LogId, type MemberIndex } from '../../src/codec/brand.ts';
import { decodeMessage } from '../../src/codec/messages.ts';
import type { Inspection } from '../../src/worker/api.ts';
import { inspectReplica, type Surrounding } from '../../src/worker/inspect.ts';
import { DIGEST_PREFIX, MAX_INSPECTED_EVENTS, MAX_INSPECTED_INSTANCES } from '../../src/worker/limits.ts';
import { TraceRing } from '../../src/worker/trace-ring.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster?.stop());

const around = (index: number, trace = new TraceRing()): Surrounding => ({
  members: cluster.members.map(({ logId }, i) => ({
    name: `Member ${i}`,
    organisation: `Organisation ${i}`,
    role: 'warehouse' as const,
    logId: logId as LogId,
  })),
  place: index as MemberIndex,
  rulesVersion: 2,
  transport: { signaling: [] },
  storage: { persisted: null, usageBytes: null, quotaBytes: null },
  trace,
  errors: [],
});
const look = (node: Node, index: number): Inspection => inspectReplica(node.replica, around(index));

describe('an inspection', () => {
  it('names who has voted for what, and when the core looks again, while a quorum is missing', async () => {
    cluster = await Cluster.create(4);
    cluster.w0 = 60_000;
    const nodes = await Promise.all([0, 1].map((i) => cluster.start(i)));
    // Two of four resume on what they hold together with nobody else: let them vote.
    for (const node of nodes) node.replica.mayVote();
    const proposed = await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('one'));
    expect(proposed.ok).toBe(true);
    await until('two votes', () => (look(nodes[0]!, 0).instances[0]?.rounds[0]?.voters ?? 0) === 2);
    const [instance] = look(nodes[0]!, 0).instances;
    expect(instance).toMatchObject({ key: KEY, version: 1, round: 0, phase: 'collecting', lock: null });
    const digest = proposed.ok ? proposed.value.digest.slice(0, DIGEST_PREFIX) : '';
    expect(instance!.proposal).toBe(digest);
    expect(instance!.rounds[0]!.preCommits).toEqual([{ digest, members: [0, 1] }]);
    expect(instance!.rounds[0]!.commits).toEqual([]);
    expect(instance!.nextLookIn).toBeGreaterThan(0);
    expect(instance!.nextLookIn).toBeLessThanOrEqual(60_000);
    expect(instance!.seal.marks).toEqual(['pre', 'pre', 'empty', 'empty']);
    expect(instance!.missing.map(({ member, why }) => [member, why])).toEqual([
      [2, 'away'],
      [3, 'away'],
    ]);
    // The other has heard it, voted, and waits too.
    expect(look(nodes[1]!, 1).instances[0]).toMatchObject({
      openedBy: 0,
      phase: 'collecting',
      proposal: null,
    });
  });

  it('tells the windows of a round that has its quorum of votes', async () => {
    cluster = await Cluster.create(4);
    cluster.w0 = 60_000;
    const nodes = await cluster.startAll();
    await until('all to vote', () => nodes.every((node) => node.standing.kind === 'voter'));
    const { replica } = nodes[0]!;
    // The others hear of no vote but member 0's first: with their own that is no quorum, so it alone can commit,
    // and its round stays where it is however the messages fall.
    cluster.hub.filter = (_from, to, bytes) => {
      const message = decodeMessage(bytes);
      if (to === 0 || !message.ok || message.value.type !== 'votes') return true;
      return message.value.votes.every(({ author, type }) => author === 0 && type === 'PRE-COMMIT');
    };
    await replica.propose(KEY, asVersion(1), null, body('one'));
    await until('a lock', () => look(nodes[0]!, 0).instances[0]?.phase === 'committed');
    const [instance] = look(nodes[0]!, 0).instances;
    expect(instance!.lock).toMatchObject({ round: 0 });
    expect(instance!.rounds[0]!.polka).toBe(instance!.lock!.digest);
    expect(instance!.rounds[0]!.saturatedAgo).toBeGreaterThanOrEqual(0);
    // It has committed: the window of COMMIT is of no interest any more.
    expect(instance!.timers.map(({ waitsFor }) => waitsFor)).toEqual(['vote', 'advance']);
    const advance = instance!.timers[1];
    expect(advance!.firesIn).toBeGreaterThan(60_000);
    expect(advance!.firesIn).toBeLessThanOrEqual(120_000);
  });

  it('counts messages by link and kind, and forgets them with the link', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await until('all to vote', () => nodes.every((node) => node.standing.kind === 'voter'));
    // Who hears of the decision first votes no more.
    const goOn = cluster.hub.holdVotes(({ author }) => author !== 0);
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('one'));
    await until('four votes', () =>
      nodes.every(({ replica }) => (replica.core.instances.get(KEY)?.ownVotes.length ?? 0) > 0),
    );
    goOn();
    await until('the decision', () => nodes.every((node) => headOf(node, KEY)?.version === 1));
    await until('a vote over each link', () =>
      look(nodes[0]!, 0).links.every(({ messages }) =>
        messages.some(({ kind, received }) => kind === 'votes' && received > 0),
      ),
    );
    // Votes that were not needed for it may still be looked at.
    await until('nothing left to check', () => look(nodes[0]!, 0).signatures.checking === 0);
    const { links, store, signatures } = look(nodes[0]!, 0);
    expect(links.map(({ member }) => member).sort()).toEqual([1, 2, 3]);
    for (const { messages, isObserver } of links) {
      const votes = messages.find(({ kind }) => kind === 'votes')!;
      expect(votes.sent).toBeGreaterThan(0);
      expect(votes.bytesSent).toBeGreaterThan(votes.sent);
      expect(votes.received).toBeGreaterThan(0);
      expect(isObserver).toBe(false);
    }
    expect(store.writes).toBeGreaterThan(0);
    expect(store.certifiedKeys).toBe(1);
    expect(store.lastMs).toBeGreaterThanOrEqual(0);
    expect(signatures.checking).toBe(0);
    const lost = nodes[0]!.replica.linksOf(1 as MemberIndex)[0]!;
    cluster.kill(1);
    await until('the link to end', () => look(nodes[0]!, 0).links.length === 2);
    expect(nodes[0]!.replica.traffic.of(lost.id).size).toBe(0);
  });

  it('has a latency with the round in which it was decided', async () => {
    cluster = await Cluster.create(4);
    // However long the votes take, no round ends without them.
    cluster.w0 = 60_000;
    const nodes = await cluster.startAll();
    await until('all to vote', () => nodes.every((node) => node.standing.kind === 'voter'));
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('one'));
    await until('the decision', () => nodes[0]!.replica.latencies.length === 1);
    expect(look(nodes[0]!, 0).timing.latencies).toEqual([
      { milliseconds: nodes[0]!.replica.latencies[0]!.milliseconds, round: 0 },
    ]);
    expect(look(nodes[1]!, 1).timing.latencies).toEqual([]);
  });

  it('changes nothing in the core, and says the same twice', async () => {
    cluster = await Cluster.create(4);
    cluster.w0 = 60_000;
    const nodes = await Promise.all([0, 1].map((i) => cluster.start(i)));
    for (const node of nodes) node.replica.mayVote();
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('one'));
    await until('two votes', () => (look(nodes[0]!, 0).instances[0]?.rounds[0]?.voters ?? 0) === 2);
    const { core, outbox } = nodes[0]!.replica;
    const state = (): string => JSON.stringify([...core.instances], plain);
    const before = state();
    const { writes } = outbox.figures;
    for (let i = 0; i < 5; i++) look(nodes[0]!, 0);
    expect(state()).toBe(before);
    expect(outbox.figures.writes).toBe(writes);
  });

  it('is bounded however many versions are open', async () => {
    cluster = await Cluster.create(4);
    cluster.w0 = 60_000;
    const nodes = await Promise.all([0, 1].map((i) => cluster.start(i)));
    for (const node of nodes) node.replica.mayVote();
    const count = MAX_INSPECTED_INSTANCES + 6;
    await nodes[0]!.replica.proposeBatch(
      Array.from({ length: count }, (_, i) => ({
        key: asKey(`package/${String(i).padStart(18, '0')}`),
        version: asVersion(1),
        previous: null,
        body: body(`value ${i}`),
      })),
    );
    const inspection = look(nodes[0]!, 0);
    expect(inspection.instanceCount).toBe(count);
    expect(inspection.instances).toHaveLength(MAX_INSPECTED_INSTANCES);
  });
});

describe('the ring of events', () => {
  it('keeps the newest, in order, and drops words that may quote a record', () => {
    const ring = new TraceRing();
    const member = 0 as MemberIndex;
    for (let i = 0; i < MAX_INSPECTED_EVENTS + 5; i++) ring.add({ at: i, kind: 'link', member });
    ring.add({ at: 9999, kind: 'refused', member, detail: 'The record says Bearing 6204.' });
    ring.add({ at: 10_000, kind: 'unlink', member, detail: 'timeout' });
    const events = ring.list();
    expect(events).toHaveLength(MAX_INSPECTED_EVENTS);
    expect(events.slice(0, 3).map(({ seq, detail }) => [seq, detail])).toEqual([
      [MAX_INSPECTED_EVENTS + 6, 'timeout'],
      [MAX_INSPECTED_EVENTS + 5, null],
      [MAX_INSPECTED_EVENTS + 4, null],
    ]);
    expect(ring.count).toBe(MAX_INSPECTED_EVENTS + 7);
  });
});

/** Maps and sets as lists, bytes as they are. */
function plain(_: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)];
  return value;
}
