/** RESUME among relays that cut, forge, replay and flood. */
import { afterEach, describe, expect, it } from 'vitest';
import { encode } from '../../src/codec/cbor.ts';
import {
  asKey,
  asVersion,
  type Digest,
  type Key,
  type MemberIndex,
  type Round,
} from '../../src/codec/brand.ts';
import { encodeMessage } from '../../src/codec/messages.ts';
import { MAX_RESUME_CERTIFICATES } from '../../src/codec/limits.ts';
import type { Vote } from '../../src/codec/vote.ts';
import { voteBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import {
  RESUME_ASK_BURST,
  RESUME_FRESH_SECONDS,
  RESUME_NARROW_ASKS,
  RESUME_STALE_ASK_BURST,
} from '../../src/worker/limits.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { answerOf, askOf, linkOnly, listen, pause, put, signedBy, voters, type Heard } from './resume-kit.ts';

let cluster: Cluster;
afterEach(() => cluster?.stop());

const answersTo = (all: readonly Heard[], asker: number): Heard[] =>
  all.filter(({ message: m }) => m.type === 'resume-answer' && m.asker === asker);

async function preCommit(author: number, key: Key): Promise<Vote> {
  const digest = 'cd'.repeat(32) as Digest;
  const vote = { key, version: asVersion(1), round: 0 as Round, type: 'PRE-COMMIT' as const, digest };
  const { network, epoch } = cluster.epoch;
  const signature = await cluster.members[author]!.signer.signEd25519(voteBytes(network, epoch, vote));
  return { ...vote, epoch, author: author as MemberIndex, signature };
}

/** Member 0 is linked to the relays 1 and 2 only, and these to 3 to 6, who are linked to one another. */
const TWO_RELAYS: [number, number][] = [
  [0, 1],
  [0, 2],
  ...[3, 4, 5, 6].flatMap((far) => [[1, far] as [number, number], [2, far] as [number, number]]),
  ...[3, 4, 5].flatMap((a) => [4, 5, 6].filter((b) => b > a).map((b) => [a, b] as [number, number])),
];

describe('a relay that', () => {
  it('cuts a part out of an answer loses its link, and the answer comes over another one', async () => {
    cluster = await Cluster.create(7);
    linkOnly(cluster, TWO_RELAYS);
    const nodes = await cluster.startAll();
    await voters(nodes);
    cluster.kill(0);
    const key = asKey('package/cut');
    const lacking = await preCommit(0, key);
    const kept: Heard[] = [];
    let isCutOff = false;
    listen(cluster, (heard) => {
      const { from, to, message } = heard;
      // Only members 5 and 6 come to hold the vote, and relay 1 leaves it out.
      if (message.type === 'votes') return from >= 5 && to >= 5;
      if (to !== 0 || message.type !== 'resume-answer') return true;
      // Without member 3 there is no quorum but with one of them.
      if (message.answerer === 3) return false;
      if (message.votes.length === 0) return true;
      if (from === 1) put(nodes[1]!, 0, { ...message, votes: [] });
      // Of each answer the first that comes counts: relay 2 waits until the other one has been looked at.
      else if (!isCutOff) kept.push(heard);
      return from !== 1 && isCutOff;
    });
    put(nodes[5]!, 6, { type: 'votes', epoch: cluster.epoch.epoch, votes: [lacking], values: [] });
    put(nodes[6]!, 5, { type: 'votes', epoch: cluster.epoch.epoch, votes: [lacking], values: [] });
    await until('both hold it', () => [5, 6].every((i) => nodes[i]!.replica.core.instances.has(key)));
    const again = await cluster.start(0);
    await until('the link to end', () => again.transport.closings.length > 0);
    isCutOff = true;
    for (const { bytes } of kept) put(nodes[2]!, 0, bytes);
    await until('the verdict', () => again.standing.kind === 'observer');
    expect(again.transport.closings).toEqual([{ member: 1, reason: 'bad-signature' }]);
  });

  it('passes nothing on costs nothing where answers have other ways', async () => {
    cluster = await Cluster.create(7);
    // Everybody’s first way to member 0 is member 1: 3 to 6 are linked to it, and to 2 through 6 alone.
    linkOnly(cluster, [
      [0, 1],
      [0, 2],
      [1, 3],
      [1, 4],
      [1, 5],
      [2, 6],
      [6, 5],
      [5, 4],
      [4, 3],
    ]);
    const nodes = await cluster.startAll();
    await voters(nodes);
    cluster.kill(0);
    const sent = listen(
      cluster,
      ({ from, message }) => !(from === 1 && message.type === 'resume-answer' && message.answerer !== 1),
    );
    const again = await cluster.start(0);
    await voters([again]);
    const asks = new Set(
      sent.flatMap(({ message: m }) => (m.type === 'resume-ask' && m.asker === 0 ? [m.nonce] : [])),
    );
    expect(asks.size).toBeLessThanOrEqual(RESUME_NARROW_ASKS + 1);
  });

  it('is on every short way is gone round: a later ask is answered over every link', async () => {
    cluster = await Cluster.create(7);
    linkOnly(cluster, TWO_RELAYS);
    const nodes = await cluster.startAll();
    await voters(nodes);
    cluster.kill(0);
    const sent = listen(cluster);
    const recipients = async (everywhere: boolean): Promise<number> => {
      const ask = await askOf(cluster, 0, { everywhere });
      // Nobody is linked to the asker, and the ask comes to member 3 from member 6 first.
      put(nodes[6]!, 3, ask);
      const own = (): Heard[] =>
        sent.filter(
          ({ from, message: m }) =>
            from === 3 && m.type === 'resume-answer' && m.nonce === ask.nonce && m.answerer === 3,
        );
      await until('the answer', () => own().length > 0);
      await pause(100);
      return own().length;
    };
    expect(await recipients(false)).toBeLessThan(5);
    expect(await recipients(true)).toBe(5);
  });

  it('says old answers again gives nobody a vote', async () => {
    cluster = await Cluster.create(4);
    const before = listen(cluster);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const old = answersTo(before, 3).map(({ bytes }) => bytes.slice());
    expect(old.length).toBeGreaterThanOrEqual(2);
    cluster.kill(3);
    const asked = answersTo(before, 3).map(({ message: m }) => m.type === 'resume-answer' && m.nonce);
    // Only old ones: it asks again when none comes.
    const blocked = listen(
      cluster,
      ({ to, message: m }) => to !== 3 || m.type !== 'resume-answer' || asked.includes(m.nonce),
    );
    const again = await cluster.start(3);
    await until('all have answered', () => answersTo(blocked, 3).length >= 3);
    for (const bytes of old) put(nodes[0]!, 3, bytes);
    await pause(150);
    expect(again.standing).toMatchObject({ kind: 'resuming', answered: 1 });
    expect(again.transport.closings).toEqual([]);
  });

  it('forges an ask or an answer loses its link at the first honest member', async () => {
    cluster = await Cluster.create(4);
    linkOnly(cluster, [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 2],
    ]);
    const nodes = await cluster.startAll();
    await voters(nodes);
    // Member 3 speaks for member 1.
    const forged = { ...(await askOf(cluster, 3)), asker: 1 as MemberIndex };
    const sent = listen(cluster);
    put(nodes[3]!, 2, forged);
    await until('closed', () => nodes[2]!.transport.closings.some((c) => c.reason === 'bad-signature'));
    expect(
      sent.filter(
        ({ from, message: m }) => from !== 3 && m.type === 'resume-ask' && m.nonce === forged.nonce,
      ),
    ).toEqual([]);

    // Member 0 answers in the name of member 3 to an ask that is open.
    const ask = await askOf(cluster, 1);
    put(nodes[1]!, 2, ask);
    await until('the answer', () => answersTo(sent, 1).length > 0);
    const lie = { ...(await answerOf(cluster, 0, ask)), answerer: 3 as MemberIndex };
    put(nodes[0]!, 2, lie);
    await until('closed too', () => nodes[2]!.transport.closings.some((c) => c.member === 0));
    expect(nodes[2]!.transport.closings.at(-1)).toEqual({ member: 0, reason: 'bad-signature' });
  });
});

describe('a member that asks all the time', () => {
  it('is passed on as often as its budget says, and uses up nobody else’s', async () => {
    cluster = await Cluster.create(7);
    linkOnly(cluster, TWO_RELAYS);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const sent = listen(cluster);
    for (let i = 0; i < 4 * RESUME_ASK_BURST; i++) put(nodes[6]!, 1, await askOf(cluster, 6));
    const relayed = (): ReadonlySet<string> =>
      new Set(
        sent.flatMap(({ from, message: m }) =>
          from === 1 && m.type === 'resume-ask' && m.asker === 6 ? [m.nonce] : [],
        ),
      );
    await until('one of them to be passed on', () => relayed().size > 0);
    await pause(300);
    // Its start has used one or more of them.
    expect(relayed().size).toBeLessThanOrEqual(RESUME_ASK_BURST);
    for (const node of nodes.slice(0, 6)) expect(node.transport.closings).toEqual([]);
    cluster.kill(0);
    await voters([await cluster.start(0)]);
  });

  it('does not use up a member’s budget by saying its old asks again', async () => {
    cluster = await Cluster.create(7);
    linkOnly(cluster, TWO_RELAYS);
    const nodes = await cluster.startAll();
    await voters(nodes);
    cluster.kill(0);
    const sent = listen(cluster);
    const time = Math.floor(Date.now() / 1000) - 2 * RESUME_FRESH_SECONDS;
    const old = await Promise.all(
      Array.from({ length: 3 * (RESUME_ASK_BURST + RESUME_STALE_ASK_BURST) }, () =>
        askOf(cluster, 0, { time }),
      ),
    );
    for (const ask of old) for (const relay of [1, 2]) put(nodes[6]!, relay, ask);
    await pause(300);
    const relayed = sent.flatMap(({ from, message: m }) =>
      from === 1 && m.type === 'resume-ask' ? [m.nonce] : [],
    );
    expect(new Set(relayed).size).toBeLessThanOrEqual(RESUME_STALE_ASK_BURST);
    await voters([await cluster.start(0)]);
  });
});

describe('sync first', () => {
  it('an answer that cannot hold all does not count, and after the sync the member votes', async () => {
    const hash = await createHash();
    cluster = await Cluster.create(4);
    let nodes = await Promise.all([0, 1, 3].map((i) => cluster.start(i)));
    await voters(nodes);
    // Keys of one part of the tree, each decided with member 3: their certificates have its bit.
    const keys: Key[] = [];
    for (let i = 0; keys.length < MAX_RESUME_CERTIFICATES + 2; i++) {
      const key = asKey(`package/${i}`);
      if (hash(encode(key)).startsWith('0')) keys.push(key);
    }
    const last = keys.pop()!;
    await Promise.all(
      keys.map((key) => nodes[0]!.replica.propose(key, asVersion(1), null, new TextEncoder().encode(key))),
    );
    await until('all decided', () => nodes.every((n) => keys.every((k) => headOf(n, k)?.version === 1)));
    cluster.kill(3);
    nodes = [nodes[0]!, nodes[1]!, await cluster.start(2)];
    await voters(nodes);
    await nodes[0]!.replica.propose(last, asVersion(1), null, new TextEncoder().encode('without it'));
    await until('the last one', () => nodes.every((n) => headOf(n, last)?.version === 1));
    const sent = listen(cluster);
    const again = await cluster.start(3);
    await voters([again]);
    const told = answersTo(sent, 3).flatMap(({ message: m }) => (m.type === 'resume-answer' ? [m] : []));
    expect(told.some((m) => !m.complete)).toBe(true);
    expect(told.filter((m) => m.complete).length).toBeGreaterThanOrEqual(2);
    expect(headOf(again, last)?.version).toBe(1);
  });

  it('an answer that says so gives no vote, however often it is said', async () => {
    cluster = await Cluster.create(4);
    const nodes: Node[] = [];
    listen(cluster, ({ from, to, message }) => {
      if (message.type !== 'resume-answer' || to !== 3 || !message.complete) return true;
      const liar = nodes.find((n) => n.transport.self === from);
      if (liar && message.answerer === from)
        void signedBy(cluster, from, { ...message, complete: false }).then((m) =>
          put(liar, to, encodeMessage(m)),
        );
      return false;
    });
    nodes.push(...(await Promise.all([0, 1, 2].map((i) => cluster.start(i)))));
    await voters(nodes);
    const late = await cluster.start(3);
    await pause(500);
    expect(late.standing).toMatchObject({ kind: 'resuming', answered: 1 });
  });
});
