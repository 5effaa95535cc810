/** One member that lies, or a message at the wrong moment, against whole replicas. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  asKey,
  asVersion,
  toHex,
  type Digest,
  type InstanceId,
  type Key,
  type MemberIndex,
  type Round,
} from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { membersBitmap, type Vote } from '../../src/codec/vote.ts';
import { commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { randomBytes } from '../../src/crypto/keys.ts';
import type { LinkId } from '../../src/net/types.ts';
import { MAX_WANTED_VALUES, VALUE_RETRY_MS } from '../../src/worker/limits.ts';
import type { Deviation } from '../../src/worker/deviation.ts';
import { Outbox } from '../../src/worker/replica/outbox.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { ValueFetcher } from '../../src/worker/replica/value-fetcher.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { answerOf, askOf, listen } from './resume-kit.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
const digest = (): Digest => toHex(randomBytes(32)) as Digest;
let cluster: Cluster;
afterEach(() => cluster?.stop());

const voters = async (nodes: readonly Node[]): Promise<void> =>
  until('every replica may vote', () => nodes.every((n) => n.standing.kind === 'voter'));

/** Sends over the liar's link to `to`, past its replica. */
function say(liar: Node, to: MemberIndex, message: PeerMessage): void {
  for (const link of liar.replica.linksOf(to)) liar.transport.send(link.id, encodeMessage(message));
}

async function signed(
  author: number,
  key: Key,
  round: number,
  type: Vote['type'],
  value: Digest,
): Promise<Vote> {
  const { signer } = cluster.members[author]!;
  const vote = { key, version: asVersion(1), round: round as Round, type, digest: value };
  const bytes = voteBytes(cluster.epoch.network, cluster.epoch.epoch, vote);
  const base = { ...vote, epoch: cluster.epoch.epoch, author: author as MemberIndex };
  if (type === 'PRE-COMMIT') return { ...base, signature: await signer.signEd25519(bytes) };
  const share = signer.signShare(bytes);
  return { ...base, share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
}

describe('PERSIST', () => {
  it('keeps back an own vote whose write is under way, whoever asks for it', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const leaked: Vote[] = [];
    cluster.hub.filter = (from, _to, bytes) => {
      const message = decodeMessage(bytes);
      if (from === 0 && message.ok && message.value.type === 'votes')
        leaked.push(...message.value.votes.filter((v) => v.author === 0));
      return true;
    };
    const { store } = nodes[0]!.replica.options;
    const write = store.write.bind(store);
    let letThrough = (): void => undefined;
    const held = new Promise<void>((resolve) => (letThrough = resolve));
    store.write = async (batch) => {
      await held;
      return write(batch);
    };
    void nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('the own vote', () => (nodes[0]!.replica.core.instances.get(KEY)?.ownVotes.length ?? 0) > 0);
    const authors = membersBitmap([0 as MemberIndex], 4);
    const lie = { round: 0 as Round, type: 'PRE-COMMIT' as const, digest: digest(), authors };
    say(nodes[3]!, 0 as MemberIndex, {
      type: 'witness',
      items: [{ key: KEY, version: asVersion(1), votes: [lie] }],
    });
    say(nodes[3]!, 0 as MemberIndex, await askOf(cluster, 3));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(leaked).toEqual([]);
    letThrough();
    await until('a decision', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    expect(leaked.length).toBeGreaterThan(0);
  });

  it('goes on writing when a listener throws', async () => {
    cluster = await Cluster.create(1);
    const thrown: unknown[] = [];
    const uncaught = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error));
    const outbox = new Outbox({
      store: cluster.members[0]!.disk.openReplica(),
      log: () => null,
      bytes: () => undefined,
      failed: () => undefined,
    });
    outbox.whenWritten(() => {
      throw new Error('a bug in a listener');
    });
    outbox.flush();
    await until('the report', () => thrown.length === 1);
    for (const listener of uncaught) process.on('uncaughtException', listener);
    expect(await outbox.durable()).toBe(true);
  });
});

describe('the store', () => {
  it('keeps the bytes of a head when another key decides against an equal value', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const [first, second] = [asKey('package/1'), asKey('package/2')];
    await nodes[0]!.replica.propose(first, asVersion(1), null, body('equal'));
    await until('the head', () => nodes.every((n) => headOf(n, first)?.version === 1));
    const values = ['equal', 'x', 'y', 'z'];
    await Promise.all(nodes.map((n, i) => n.replica.propose(second, asVersion(1), null, body(values[i]!))));
    await until('the other head', () => nodes.every((n) => headOf(n, second)?.version === 1));
    for (const node of nodes) {
      await node.replica.outbox.durable();
      expect(await node.replica.options.store.value(headOf(node, first)!.digest)).toBeDefined();
    }
  });
});

describe('RESUME against a liar', () => {
  it('is not ended by one member that tells of a twin', async () => {
    cluster = await Cluster.create(4);
    const nodes = await Promise.all([0, 1, 3].map((i) => cluster.start(i)));
    await voters(nodes);
    const lies: Promise<void>[] = [];
    let isTold = false;
    const others: (() => void)[] = [];
    const sent = listen(cluster, ({ from, to, message }) => {
      if (message.type !== 'resume-answer' || to !== 2 || message.twin !== null) return true;
      // Member 3 tells of a twin instead, and the others answer after it: without it they are enough.
      if (from === 3)
        lies.push(
          answerOf(cluster, 3, message, { twin: toHex(randomBytes(16)) as InstanceId }).then((lie) => {
            say(nodes[2]!, 2 as MemberIndex, lie);
            isTold = true;
            for (const go of others.splice(0)) go();
          }),
        );
      else if (!isTold) others.push(() => say(nodes[from]!, 2 as MemberIndex, message));
      return from !== 3 && isTold;
    });
    const late = await cluster.start(2);
    await voters([late]);
    await Promise.all(lies);
    expect(sent.some(({ message: m }) => m.type === 'resume-answer' && m.twin !== null)).toBe(true);
    // Told by more than f it is believed.
    late.replica.foundTwin(3 as MemberIndex);
    expect(late.standing.kind).toBe('voter');
    late.replica.foundTwin(1 as MemberIndex);
    expect(late.standing.kind).toBe('observer');
  });

  it('does not make a voter of a replica that became an observer meanwhile', async () => {
    cluster = await Cluster.create(4);
    const answers: (() => void)[] = [];
    let isHeldBack = true;
    const nodes = await Promise.all([0, 1, 3].map((i) => cluster.start(i)));
    await voters(nodes);
    cluster.hub.filter = (from, to, bytes) => {
      const message = decodeMessage(bytes);
      if (to !== 2 || !message.ok || message.value.type !== 'resume-answer' || !isHeldBack) return true;
      const { value } = message;
      answers.push(() =>
        say(
          nodes.find((n) => n.transport.self === from)!,
          to,
          value,
        ),
      );
      return false;
    };
    const late = await cluster.start(2);
    await until('three answers', () => answers.length >= 3);
    say(nodes[0]!, 2 as MemberIndex, {
      type: 'votes',
      epoch: cluster.epoch.epoch,
      votes: [await signed(2, KEY, 0, 'PRE-COMMIT', digest())],
      values: [],
    });
    await until('the observer', () => late.standing.kind === 'observer');
    isHeldBack = false;
    for (const send of answers) send();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(late.standing.kind).toBe('observer');
    expect(late.replica.core.mayVote).toBe(false);
  });

  it('counts no answer with a vote whose signature is false, and punishes nobody who passed it on', async () => {
    cluster = await Cluster.create(4);
    const forged = { ...(await signed(0, KEY, 0, 'PRE-COMMIT', digest())), signature: new Uint8Array(64) };
    const nodes: Node[] = [];
    const sent = listen(cluster, ({ from, to, message }) => {
      if (message.type !== 'resume-answer' || from !== 1 || to !== 0 || message.votes.length > 0) return true;
      void answerOf(cluster, 1, message, { votes: [forged] }).then((lie) =>
        say(nodes[1]!, to as MemberIndex, lie),
      );
      return false;
    });
    nodes.push(...(await Promise.all([0, 1, 2].map((i) => cluster.start(i)))));
    await until('the lie', () =>
      sent.some(({ message: m }) => m.type === 'resume-answer' && m.asker === 0 && m.votes.length > 0),
    );
    await voters([nodes[1]!, nodes[2]!]);
    // Two of the three that member 0 needs have answered rightly: itself and member 2.
    const answered = (): unknown => {
      const { standing } = nodes[0]!;
      return standing.kind === 'resuming' && standing.answered;
    };
    await until('two', () => answered() === 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(nodes[0]!.standing).toMatchObject({ kind: 'resuming', answered: 2 });
    expect(nodes[0]!.transport.closings).toEqual([]);
    await cluster.start(3);
    await voters(nodes);
  });
});

describe('one member that floods', () => {
  it('does not keep a proposer from hearing that its value is refused', async () => {
    cluster = await Cluster.create(4);
    const refusing = async () => ({ verdict: 'invalid' as const, rule: 'no', message: 'No.' });
    const nodes = [await cluster.start(0), await cluster.start(3)];
    nodes.push(
      await cluster.start(1, { validate: refusing }),
      await cluster.start(2, { validate: refusing }),
    );
    await voters(nodes);
    const value = digest();
    for (let i = 0; i < 100; i++) {
      const lie = { key: KEY, version: asVersion(1), digest: value, rule: `rule ${i}`, message: 'x' };
      say(nodes[1]!, 0 as MemberIndex, { type: 'refusal', ...lie });
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('told', () => nodes[0]!.refused.length > 0);
  });

  it('tells a proposer that was away of the refusal when it is back', async () => {
    cluster = await Cluster.create(4);
    const refusing = async () => ({ verdict: 'invalid' as const, rule: 'no', message: 'No.' });
    const nodes = [await cluster.start(0), await cluster.start(3)];
    nodes.push(
      await cluster.start(1, { validate: refusing }),
      await cluster.start(2, { validate: refusing }),
    );
    await voters(nodes);
    cluster.hub.filter = (_from, to, bytes) => {
      const message = decodeMessage(bytes);
      return !(to === 0 && message.ok && message.value.type === 'refusal');
    };
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('refused', () => nodes.slice(2).every((n) => n.trace.some((t) => t.kind === 'refused')));
    cluster.kill(0);
    cluster.hub.filter = () => true;
    const again = await cluster.start(0);
    await until('told', () => again.refused.length > 0);
  });

  it('does not keep values that exist from being fetched', () => {
    const timers: { run: () => void; at: number }[] = [];
    let now = 0;
    const pass = (milliseconds: number): void => {
      now += milliseconds;
      for (const due of timers.filter((t) => t.at <= now)) {
        timers.splice(timers.indexOf(due), 1);
        due.run();
      }
    };
    const asked = new Set<Digest>();
    let missing = 0;
    const fetcher = new ValueFetcher({
      options: {
        clock: {
          now: () => now,
          wall: () => now,
          setTimeout: (run: () => void, delay: number) => {
            const timer = { run, at: now + delay };
            timers.push(timer);
            return timer;
          },
          clearTimeout: (timer: (typeof timers)[number]) => {
            if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
          },
        },
      },
      links: new Map([['link', { id: 'link', member: 1 }]]),
      core: { instances: new Map() },
      stopped: false,
      values: { wantMissing: () => missing++ },
      send: (_link: LinkId, message: PeerMessage) => {
        if (message.type === 'want-values') for (const one of message.digests) asked.add(one);
      },
    } as unknown as Replica);
    for (let i = 0; i < MAX_WANTED_VALUES; i++) fetcher.want(asKey(`package/${i}`), digest());
    const [early, late] = [digest(), digest()];
    fetcher.want(KEY, early);
    pass(0);
    expect(asked.has(early)).toBe(false);
    // Whatever had no place is asked for again by `wantMissing`.
    for (let i = 0; i < 10; i++) pass(VALUE_RETRY_MS);
    expect(missing).toBeGreaterThan(0);
    fetcher.want(KEY, late);
    pass(0);
    expect(asked.has(late)).toBe(true);
  });
});

it('finds an equivocator whose two votes came only after the version was decided without it', async () => {
  cluster = await Cluster.create(4);
  const held: (() => void)[] = [];
  const liar: Deviation = {
    lying: true,
    setLying: () => undefined,
    registry: (honest) => honest,
    outgoing: async (link, message, tools) => {
      if (message.type !== 'votes') return [message];
      const lie = (v: Vote): Promise<Vote> => tools.sign({ ...v, digest: tools.otherDigest(v.digest) });
      const votes = await Promise.all(
        message.votes.map((v) =>
          link.member === 1 && v.type === 'PRE-COMMIT' && v.author === 3 ? lie(v) : Promise.resolve(v),
        ),
      );
      await new Promise<void>((resolve) => held.push(resolve));
      return [{ ...message, votes }];
    },
  };
  const nodes = await Promise.all(
    [0, 1, 2, 3].map((i) => cluster.start(i, i === 3 ? { deviation: liar } : {})),
  );
  await voters(nodes);
  const honest = nodes.slice(0, 3);
  // Once it has heard of a quorum without it, it sends no PRE-COMMIT.
  const goOn = cluster.hub.holdVotes(({ author }) => author !== 0);
  await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('decided without it'));
  await until('the late votes', () => held.length >= 3);
  goOn();
  await until('a decision of the three', () => honest.every((n) => headOf(n, KEY)?.version === 1));
  for (const go of held.splice(0)) go();
  const release = setInterval(() => held.splice(0).forEach((go) => go()), 20);
  try {
    await until('evidence', () => honest.every((n) => n.replica.core.evidence.has(3 as MemberIndex)));
  } finally {
    clearInterval(release);
  }
});
