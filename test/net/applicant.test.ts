import { describe, expect, test } from 'vitest';
import { toHex, type InstanceId, type MemberIndex, type NetworkId } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { NO_LOG, type DeviceKey } from '../../src/codec/device.ts';
import { MAX_BUNDLE_BYTES, MAX_KNOCK_BYTES } from '../../src/codec/limits.ts';
import {
  APPLICANT_BURST,
  APPLICANT_LIFETIME_MS,
  APPLICANT_TIMEOUT_MS,
  MAX_APPLICANTS,
  MAX_FORMER_APPLICANTS,
  MESSAGE_BURST,
  WELCOME_BURST,
} from '../../src/net/limits.ts';
import { knockAtDoor, type KnockOptions } from '../../src/net/mesh/applicant.ts';
import { helloFrame, parseFrame, partFrame, proofFrame } from '../../src/net/mesh/frames.ts';
import { runHandshake, type RunInput } from '../../src/net/mesh/handshake.ts';
import { encodeHello, parseHello, type Party } from '../../src/net/mesh/hello.ts';
import { encodeMessage, parseMessage } from '../../src/net/mesh/messages.ts';
import type { Door } from '../../src/net/mesh/options.ts';
import { listenToPage } from '../../src/net/mesh/page-port.ts';
import type { PageEvent } from '../../src/net/types.ts';
import {
  createCluster,
  createMember,
  createRandom,
  fakeSecret,
  NETWORK,
  settle,
  signerOf,
  URL_ONE,
  verifier,
  type Cluster,
  type FakePage,
} from './harness.ts';

const GENESIS = Uint8Array.from({ length: 150_000 }, (_, i) => i % 251);
const KNOCK = Uint8Array.of(1, 2, 3);
const WRONG = new Uint8Array(5_000).fill(7);
const same = (bytes: Uint8Array): boolean =>
  bytes.length === GENESIS.length && bytes.every((b, i) => b === GENESIS[i]);

const isGenesis = (bytes: Uint8Array | null): boolean => bytes !== null && same(bytes);

/** A door with this answer; `told` gets each key that knocks. */
const serving = (bytes: Uint8Array, told: string[] = []): { door: Door } => ({
  door: { answer: () => bytes, knock: (key) => void told.push(key) },
});

/** Members that serve these bytes, in the order of their indexes. */
function clusterServing(...served: readonly Uint8Array[]): Cluster {
  const cluster = createCluster(Math.max(2, served.length), { start: false });
  served.forEach((genesis, i) => cluster.nodes.push(cluster.add(i, serving(genesis))));
  return cluster;
}

/** Who asks, unless told. */
const APPLICANT = createMember(90);
const CHALLENGE = new Uint8Array(32).fill(7);

function applicant(instance: InstanceId): Party {
  return { role: 'applicant', voteKey: APPLICANT.voteKey, instance };
}

const helloOf = (instance: InstanceId, network = NETWORK): Uint8Array<ArrayBuffer> =>
  helloFrame(encodeHello(network, { party: applicant(instance), challenge: CHALLENGE }));

interface Asking {
  readonly page: FakePage;
  readonly checked: Uint8Array[];
  readonly answer: { value: Uint8Array | null | undefined };
}

let seeds = 100;

function ask(
  cluster: Cluster,
  overrides: Partial<KnockOptions> = {},
  page = cluster.net.createPage(),
): Asking {
  const asking: Asking = { page, checked: [], answer: { value: undefined } };
  void knockAtDoor({
    network: NETWORK,
    voteKey: APPLICANT.voteKey,
    signer: signerOf(APPLICANT),
    ed25519: verifier,
    signalingSecret: fakeSecret('join secret'),
    signalingUrls: [URL_ONE],
    iceServers: [],
    pagePort: page,
    clock: cluster.clock,
    random: createRandom((seeds += 17)),
    createSocket: (url) => cluster.hub.createSocket(url),
    knock: KNOCK,
    check(bytes) {
      asking.checked.push(bytes);
      return same(bytes);
    },
    ...overrides,
  }).then((value) => (asking.answer.value = value));
  return asking;
}

async function answerOf(cluster: Cluster, asking: Asking): Promise<Uint8Array | null> {
  await cluster.clock.until(() => asking.answer.value !== undefined, 'an answer');
  return asking.answer.value ?? null;
}

const opens = (page: FakePage): number => page.commands.filter((c) => c.type === 'open').length;

/** Seals a message as a holder of the join secret does, and hands it to every member. */
async function say(
  cluster: Cluster,
  message: Parameters<typeof encodeMessage>[0],
  secret = fakeSecret('join secret'),
): Promise<void> {
  const sealed = await secret.encrypt(encodeMessage(message));
  const data = Buffer.from(sealed).toString('base64');
  const frame = JSON.stringify({ type: 'publish', topic: secret.topic, data });
  for (const socket of cluster.hub.sockets) socket.deliver(frame);
}

describe('an applicant', () => {
  test('gets the genesis from a member that answers, and leaves no connection behind', async () => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(1_000);
    const asking = ask(cluster);
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    await cluster.clock.advance(2_000);
    expect(asking.page.connections.size).toBe(0);
    expect(cluster.nodes[0]?.page.connections.size).toBe(0);
    expect(cluster.hub.sockets.size).toBe(1);
  });

  test('does not always ask whoever answers first, who could keep the request to itself', async () => {
    const told: string[][] = [[], [], []];
    const cluster = createCluster(3, { start: false });
    // The first is near, what the others say takes a tenth of a second.
    const slowly = (url: string): ReturnType<typeof cluster.hub.createSocket> => {
      const socket = cluster.hub.createSocket(url);
      const { send } = socket;
      socket.send = (text) => void cluster.clock.setTimeout(() => send(text), 100);
      return socket;
    };
    told.forEach((keys, i) => {
      const pace = i === 0 ? {} : { createSocket: slowly };
      cluster.nodes.push(cluster.add(i, { ...serving(GENESIS, keys), ...pace }));
    });
    await cluster.clock.until(() => cluster.linked(), 'every pair linked');
    for (let i = 0; i < 12; i++) {
      expect(isGenesis(await answerOf(cluster, ask(cluster)))).toBe(true);
      // Doors are opened at a pace.
      await cluster.clock.advance(3_000);
    }
    expect(told.map((keys) => keys.length > 0)).toEqual([true, true, true]);
  });

  test('is served by members in a full mesh, which report no link and lose none', async () => {
    const cluster = clusterServing(GENESIS, GENESIS, GENESIS);
    await cluster.clock.until(() => cluster.linked(), 'every pair linked');
    const before = cluster.nodes.map((node) => [...node.links.values()].map((l) => l.id));
    const asking = ask(cluster);
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    await cluster.clock.advance(2_000);
    expect(opens(asking.page)).toBe(1);
    expect(cluster.nodes.map((node) => [...node.links.values()].map((l) => l.id))).toEqual(before);
    for (const node of cluster.nodes) {
      expect(node.unlinks).toEqual([]);
      expect(node.messages).toEqual([]);
      expect(node.page.connections.size).toBe(2);
    }
  });

  test('finds a member that opens its page only after it began to ask', async () => {
    const cluster = clusterServing();
    const asking = ask(cluster);
    await cluster.clock.advance(4_000);
    cluster.nodes.push(cluster.add(0, serving(GENESIS)));
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
  });

  test('takes the right genesis from a second member when the first gives a wrong one', async () => {
    const cluster = clusterServing(WRONG);
    const asking = ask(cluster);
    await cluster.clock.until(() => asking.checked.length === 1, 'the wrong genesis');
    expect(asking.answer.value).toBeUndefined();
    cluster.nodes.push(cluster.add(1, serving(GENESIS)));
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    expect(asking.checked[0]).toEqual(WRONG);
  });

  test('asks a member that gave a wrong genesis no second time, and gives up when all do', async () => {
    const cluster = clusterServing(WRONG, WRONG);
    const asking = ask(cluster);
    expect(await answerOf(cluster, asking)).toBeNull();
    expect(asking.checked).toHaveLength(2);
    await cluster.clock.advance(2_000);
    expect(asking.page.connections.size).toBe(0);
  });

  test('takes no more bytes than an answer may have, and asks the next member', async () => {
    const cluster = clusterServing(new Uint8Array(MAX_BUNDLE_BYTES + 1));
    const asking = ask(cluster);
    await cluster.clock.until(() => opens(asking.page) >= 1, 'a first turn');
    cluster.nodes.push(cluster.add(1, serving(GENESIS)));
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    expect(asking.checked).toHaveLength(1);
  });

  test.each([
    ['nobody is there', (cluster: Cluster) => ask(cluster)],
    [
      'no signaling server answers',
      (cluster: Cluster) => {
        cluster.hub.dead.add(URL_ONE);
        return ask(cluster);
      },
    ],
    [
      "the join secret is another network's",
      (cluster: Cluster) => {
        cluster.nodes.push(cluster.add(0, serving(GENESIS)));
        return ask(cluster, { signalingSecret: fakeSecret('a guess') });
      },
    ],
    [
      'the network is another',
      (cluster: Cluster) => {
        cluster.nodes.push(cluster.add(0, serving(GENESIS)));
        return ask(cluster, { network: 'cd'.repeat(32) as NetworkId });
      },
    ],
    [
      'no connection comes up',
      (cluster: Cluster) => {
        cluster.nodes.push(cluster.add(0, serving(GENESIS)));
        cluster.net.blocked = true;
        return ask(cluster);
      },
    ],
    [
      'members have no door',
      (cluster: Cluster) => {
        cluster.nodes.push(cluster.add(0));
        return ask(cluster);
      },
    ],
  ] as const)('hears in time that it got nothing when %s', async (_, begin) => {
    const cluster = clusterServing();
    const asking = begin(cluster);
    await cluster.clock.advance(APPLICANT_TIMEOUT_MS + 1);
    expect(asking.answer.value).toBeNull();
    expect(asking.checked).toEqual([]);
    await cluster.clock.advance(15_000);
    expect(asking.page.connections.size).toBe(0);
    for (const node of cluster.nodes) expect(node.page.connections.size).toBe(0);
  });

  test('that waits in vain leaves no timer and no socket behind', async () => {
    const cluster = clusterServing();
    const asking = ask(cluster);
    expect(await answerOf(cluster, asking)).toBeNull();
    expect(cluster.hub.sockets.size).toBe(0);
    expect(cluster.clock.pending).toBe(0);
  });

  test('becomes a member on the same page port, also while its question is still open', async () => {
    const cluster = clusterServing(GENESIS);
    const page = cluster.net.createPage();
    expect(isGenesis(await answerOf(cluster, ask(cluster, {}, page)))).toBe(true);
    const second = ask(cluster, { check: () => false }, page);
    await cluster.clock.advance(10);
    cluster.nodes.push(cluster.add(1, { ...serving(GENESIS), pagePort: page }));
    await cluster.clock.until(() => cluster.linked(), 'both linked');
    expect(await answerOf(cluster, second)).toBeNull();
    await cluster.clock.advance(20_000);
    expect(cluster.linked()).toBe(true);
    expect(cluster.nodes.flatMap((node) => node.unlinks)).toEqual([]);
  });

  test('is answered in a large network of which few are there, though not by all at once', async () => {
    const cluster = createCluster(200, { start: false });
    cluster.nodes.push(cluster.add(7, serving(GENESIS)));
    const asking = ask(cluster);
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
  });
});

describe('a network that goes on as another', () => {
  const BEFORE = 'cd'.repeat(32) as NetworkId;

  test('answers at its door who asks for the one that it continues, and nobody who asks for a third', async () => {
    const cluster = createCluster(2, { start: false });
    for (const i of [0, 1])
      cluster.nodes.push(
        cluster.add(i, { ...serving(GENESIS), formerNetworks: ['ee'.repeat(32) as NetworkId, BEFORE] }),
      );
    await cluster.clock.until(() => cluster.linked(), 'linked');
    expect(isGenesis(await answerOf(cluster, ask(cluster, { network: BEFORE })))).toBe(true);
    expect(isGenesis(await answerOf(cluster, ask(cluster)))).toBe(true);
    expect(await answerOf(cluster, ask(cluster, { network: 'dd'.repeat(32) as NetworkId }))).toBeNull();
  });

  test('links to no member that is still in the one before', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, { ...serving(GENESIS), formerNetworks: [BEFORE] }));
    cluster.nodes.push(cluster.add(1, { ...serving(GENESIS), network: BEFORE }));
    await cluster.clock.advance(20_000);
    expect(cluster.nodes.flatMap((node) => [...node.links.values()])).toEqual([]);
  });
});

describe('a member before applicants', () => {
  test('keeps its links while it is flooded, opens few connections, and serves again after it', async () => {
    const cluster = clusterServing(GENESIS, GENESIS, GENESIS);
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const node = cluster.nodes[0]!;
    const links = cluster.nodes.map((n) => [...n.links.values()].map((l) => l.id));
    const before = opens(node.page);
    const self = instanceOf(cluster, 0);
    const random = createRandom(5);
    let most = 0;
    // Ten seconds of offers that lead nowhere, each under a new name, and as many applications.
    for (let i = 0; i < 1_000; i++) {
      const instance = toHex(random(16)) as InstanceId;
      await say(cluster, { type: 'apply', id: toHex(random(8)), instance, asked: 0 });
      await say(cluster, {
        type: 'signal',
        id: toHex(random(8)),
        from: null,
        instance,
        to: self,
        peer: toHex(random(16)),
        data: { type: 'offer', sdp: '999999' },
      });
      if (i % 10 === 0) await cluster.clock.advance(100);
      most = Math.max(most, node.page.connections.size);
    }
    expect(opens(node.page) - before).toBeGreaterThanOrEqual(MAX_APPLICANTS);
    expect(opens(node.page) - before).toBeLessThanOrEqual(APPLICANT_BURST + 10);
    expect(cluster.nodes.map((n) => [...n.links.values()].map((l) => l.id))).toEqual(links);
    expect(cluster.nodes.flatMap((n) => n.unlinks)).toEqual([]);
    expect(most).toBeLessThanOrEqual(2 + MAX_APPLICANTS);
    const welcomes = node.sockets[0]!.sent.filter((text) => typeOf(text) === 'welcome').length;
    expect(welcomes).toBeLessThanOrEqual(WELCOME_BURST + 30);
    // And when the flood is over, whoever is invited is served again.
    await cluster.clock.advance(30_000);
    expect(isGenesis(await answerOf(cluster, ask(cluster)))).toBe(true);
  });

  test('ends an applicant that connects and says nothing', async () => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(500);
    const { page } = await offerTo(cluster, 0);
    await cluster.clock.advance(1_000);
    expect(cluster.nodes[0]?.page.connections.size).toBe(1);
    await cluster.clock.advance(15_000);
    expect(cluster.nodes[0]?.page.connections.size).toBe(0);
    page.onmessage = null;
  });

  test.each([
    [
      'a hello of a member',
      (instance: InstanceId) => {
        const { voteKey, logId } = createMember(1);
        const party = { role: 'member', member: 1 as MemberIndex, voteKey, logId, instance } as const;
        return helloFrame(encodeHello(NETWORK, { party, challenge: CHALLENGE }));
      },
      'handshake-failed',
    ],
    ["another start's hello", () => helloOf('77'.repeat(16) as InstanceId), 'handshake-failed'],
    [
      'another network',
      (instance: InstanceId) => helloOf(instance, 'cd'.repeat(32) as NetworkId),
      'wrong-network',
    ],
    ['rubbish', () => helloFrame(Uint8Array.of(1, 2, 3)), 'malformed-message'],
    ['a message before its hello', () => partFrame('bulk', new Uint8Array(10), 0).frame, 'handshake-failed'],
    ['a proof before its hello', () => proofFrame(new Uint8Array(64)), 'malformed-message'],
  ] as const)('gives nothing to a stranger that says %s', async (_, frame, reason) => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(500);
    const { channel, instance } = await offerTo(cluster, 0);
    const heard: Uint8Array[] = [];
    channel.onmessage = ((event: { data: ArrayBuffer }) => heard.push(new Uint8Array(event.data))) as never;
    channel.send(frame(instance));
    await cluster.clock.advance(100);
    expect(heard.map((bytes) => parseFrame(bytes))).toEqual([{ kind: 'bye', reason }]);
  });

  test('takes one message from an applicant and no second one', async () => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(500);
    const offered = await offerTo(cluster, 0);
    const { heard } = await enter(cluster, offered);
    expect(heard.filter(isPart)).not.toEqual([]);
    offered.channel.send(partFrame('vote', new Uint8Array(10), 0).frame);
    await cluster.clock.advance(100);
    expect(heard.at(-1)).toEqual({ kind: 'bye', reason: 'malformed-message' });
    expect(cluster.nodes[0]?.messages).toEqual([]);
    expect(cluster.nodes[0]?.links.size).toBe(0);
  });

  test('hears what is said under the key that was proved, and answers only then', async () => {
    const events: string[] = [];
    let heardIt = (): void => undefined;
    const door: Door = {
      async knock(key, bytes) {
        events.push(`knock ${key === APPLICANT.voteKey} ${bytes.join()}`);
        await new Promise<void>((resolve) => (heardIt = resolve));
        events.push('heard');
      },
      answer(key) {
        events.push(`answer ${key === APPLICANT.voteKey}`);
        return GENESIS;
      },
    };
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, { door }));
    const asking = ask(cluster);
    await cluster.clock.until(() => events.length === 1, 'the knock');
    await cluster.clock.advance(2_000);
    expect(asking.answer.value).toBeUndefined();
    heardIt();
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    expect(events).toEqual(['knock true 1,2,3', 'heard', 'answer true']);
  });

  test('answers who says nothing at all in its one message', async () => {
    const heard: number[] = [];
    const door: Door = { answer: () => GENESIS, knock: (_, { length }) => void heard.push(length) };
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, { door }));
    expect(isGenesis(await answerOf(cluster, ask(cluster, { knock: new Uint8Array() })))).toBe(true);
    expect(heard).toEqual([0]);
  });

  test.each([
    ['is too long', new Uint8Array(MAX_KNOCK_BYTES + 1), 'oversized-message'],
    ['never comes', null, 'timeout'],
  ])('gives nothing for a message that %s, and serves the next', async (_, knock, reason) => {
    const told: string[] = [];
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, serving(GENESIS, told)));
    await cluster.clock.advance(500);
    const { heard } = await enter(cluster, await offerTo(cluster, 0), {}, knock);
    await cluster.clock.advance(APPLICANT_LIFETIME_MS);
    expect(heard.filter(isPart)).toEqual([]);
    expect(heard.at(-1)).toEqual({ kind: 'bye', reason });
    expect(told).toEqual([]);
    expect(isGenesis(await answerOf(cluster, ask(cluster)))).toBe(true);
  });

  test('that is a device serves nobody: it has no member to prove', async () => {
    const cluster = createCluster(2, { start: false });
    const { voteKey } = createMember(30);
    const device = {
      network: NETWORK,
      member: 0 as MemberIndex,
      device: voteKey as string as DeviceKey,
      name: 'dock',
      notBefore: 1,
      signature: new Uint8Array(64),
    };
    const self = {
      member: device.member,
      voteKey,
      logId: NO_LOG,
      instance: 'ee'.repeat(16) as InstanceId,
      device,
    };
    cluster.nodes.push(cluster.add(0, { ...serving(GENESIS), self, signer: signerOf(createMember(30)) }));
    const asking = ask(cluster);
    expect(await answerOf(cluster, asking)).toBeNull();
    expect(opens(asking.page)).toBe(0);
  });

  test('says good-bye to applicants when it goes offline, and answers none while it is', async () => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(500);
    await offerTo(cluster, 0);
    expect(cluster.nodes[0]?.page.connections.size).toBe(1);
    cluster.nodes[0]?.mesh.setOffline(true);
    await cluster.clock.advance(1_000);
    expect(cluster.nodes[0]?.page.connections.size).toBe(0);
    expect(await answerOf(cluster, ask(cluster))).toBeNull();
  });
});

describe('the topic of an earlier epoch', () => {
  const former = fakeSecret('old secret', 'topic of before');
  const older = fakeSecret('older secret', 'topic of long ago');

  /** Three linked members that were on `former` in the epoch before, and on `older` before that. */
  async function moved(): Promise<{ cluster: Cluster; told: string[] }> {
    const told: string[] = [];
    const cluster = createCluster(4, { start: false });
    for (let i = 0; i < 3; i++)
      cluster.nodes.push(cluster.add(i, { ...serving(GENESIS, told), formerSecrets: [former, older] }));
    await cluster.clock.until(() => cluster.linked([0, 1, 2]), 'linked');
    return { cluster, told };
  }

  test.each([
    ['before', former],
    ['long ago', older],
  ])('leads to the door for who has the invitation of %s', async (_, signalingSecret) => {
    const { cluster, told } = await moved();
    const asking = ask(cluster, { signalingSecret });
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    expect(told).toEqual([APPLICANT.voteKey]);
    // One socket for all topics.
    expect(cluster.nodes.map((node) => node.sockets.length)).toEqual([1, 1, 1]);
    await cluster.clock.advance(2_000);
    for (const node of cluster.nodes) expect(node.page.connections.size).toBe(2);
  });

  test('makes no link, neither with a member that sleeps there nor by what is said there', async () => {
    const { cluster } = await moved();
    const links = cluster.nodes.map((node) => [...node.links.values()].map((link) => link.id));
    const sleeper = cluster.add(3, { signalingSecret: former });
    await cluster.clock.advance(20_000);
    expect(sleeper.links.size).toBe(0);
    expect(opens(sleeper.page)).toBe(0);
    expect(cluster.nodes.map((node) => [...node.links.values()].map((link) => link.id))).toEqual(links);
    for (const node of cluster.nodes) expect(node.page.connections.size).toBe(2);
    // Its own start can knock while it is on the old topic, on the same page.
    const member = createMember(3);
    const asking = ask(
      cluster,
      { signalingSecret: former, voteKey: member.voteKey, signer: signerOf(member) },
      sleeper.page,
    );
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
  });

  test('is nothing to who has another secret for it', async () => {
    const { cluster } = await moved();
    const asking = ask(cluster, { signalingSecret: fakeSecret('a guess', former.topic) });
    expect(await answerOf(cluster, asking)).toBeNull();
  });

  test('flooded by who was removed, leaves the door to holders of today’s invitation', async () => {
    const { cluster } = await moved();
    const self = instanceOf(cluster, 0);
    const random = createRandom(5);
    let most = 0;
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const instance = toHex(random(16)) as InstanceId;
        const peer = toHex(random(16));
        const data = { type: 'offer', sdp: '999999' } as const;
        await say(
          cluster,
          { type: 'signal', id: toHex(random(8)), from: null, instance, to: self, peer, data },
          former,
        );
      }
      most = Math.max(most, cluster.nodes[0]!.page.connections.size);
    };
    await flood();
    await cluster.clock.advance(100);
    expect(most).toBe(2 + MAX_FORMER_APPLICANTS);
    // Only this member is left to ask.
    cluster.kill(1);
    cluster.kill(2);
    const asking = ask(cluster);
    for (let i = 0; i < 20 && asking.answer.value === undefined; i++) {
      await flood();
      await cluster.clock.advance(250);
    }
    expect(isGenesis(asking.answer.value ?? null)).toBe(true);
  });
});

describe("an applicant's key", () => {
  test('is proved, and told to the member that serves it, while it is served', async () => {
    const told: string[] = [];
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, serving(GENESIS, told)));
    await cluster.clock.advance(500);
    const { heard } = await enter(cluster, await offerTo(cluster, 0));
    expect(heard.some(isPart)).toBe(true);
    expect(told).toEqual([APPLICANT.voteKey]);
    await cluster.clock.advance(200);
    expect(cluster.nodes[0]?.status?.applicants).toEqual([APPLICANT.voteKey]);
    await cluster.clock.advance(20_000);
    expect(cluster.nodes[0]?.status?.applicants).toEqual([]);
  });

  test('that it has not is found out: nothing is given, and nobody is told', async () => {
    const told: string[] = [];
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, serving(GENESIS, told)));
    await cluster.clock.advance(500);
    const { heard } = await enter(cluster, await offerTo(cluster, 0), {
      signer: signerOf(createMember(91)),
    });
    expect(heard.at(-1)).toEqual({ kind: 'bye', reason: 'bad-signature' });
    expect(heard.some(isPart)).toBe(false);
    expect(told).toEqual([]);
  });

  test('is not proved by what was said on another connection', async () => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(500);
    const instance = '5a'.repeat(16) as InstanceId;
    const first = await offerTo(cluster, 0, instance);
    const { sent, heard } = await enter(cluster, first);
    expect(heard.some(isPart)).toBe(true);
    await cluster.clock.advance(20_000);
    // The same start, the same frames, byte for byte; the member's challenge is another, and so are the fingerprints.
    const second = await offerTo(cluster, 0, instance);
    const said: ReturnType<typeof parseFrame>[] = [];
    second.channel.onmessage = ((event: { data: ArrayBuffer }) =>
      said.push(parseFrame(new Uint8Array(event.data)))) as never;
    for (const frame of sent.slice(0, 2)) {
      second.channel.send(frame);
      await cluster.clock.advance(100);
    }
    expect(sent.length).toBe(3);
    expect(said.at(-1)).toEqual({ kind: 'bye', reason: 'bad-signature' });
  });

  test('is proved to nobody who sits between the two connections', async () => {
    const told: string[] = [];
    const cluster = createCluster(2, { start: false });
    cluster.net.intercept = (remote) => remote.replace(/^./, 'f');
    cluster.nodes.push(cluster.add(0, serving(GENESIS, told)));
    await cluster.clock.advance(500);
    const asking = ask(cluster);
    expect(await answerOf(cluster, asking)).toBeNull();
    expect(asking.checked).toEqual([]);
    expect(told).toEqual([]);
  });

  test('is answered with the key of a member, which the applicant can compare with the genesis', async () => {
    const cluster = clusterServing(GENESIS);
    await cluster.clock.advance(500);
    const sources: unknown[] = [];
    const asking = ask(cluster, {
      check: (bytes, from) => {
        sources.push(from);
        return same(bytes);
      },
    });
    expect(isGenesis(await answerOf(cluster, asking))).toBe(true);
    expect(sources).toEqual([{ member: 0, voteKey: createMember(0).voteKey }]);
  });

  test('gets nothing out of a member that cannot prove its own', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.nodes.push(cluster.add(0, { ...serving(GENESIS), signer: signerOf(createMember(91)) }));
    await cluster.clock.advance(500);
    const asking = ask(cluster);
    expect(await answerOf(cluster, asking)).toBeNull();
    expect(asking.checked).toEqual([]);
  });

  test('is in a hello of one network and one form', () => {
    const hello = { party: applicant('01'.repeat(16) as InstanceId), challenge: CHALLENGE };
    const bytes = encodeHello(NETWORK, hello);
    expect(parseHello(bytes, NETWORK)).toEqual(hello);
    expect(parseHello(bytes, 'cd'.repeat(32) as NetworkId)).toBe('wrong-network');
    const raw = { network: new Uint8Array(32).fill(0xab), role: 'applicant', key: new Uint8Array(32) };
    const later = encode({ ...raw, v: 2, instance: new Uint8Array(16), challenge: CHALLENGE });
    expect(parseHello(later, NETWORK)).toBe('handshake-failed');
    expect(parseHello(encode({ ...raw, v: 1 }), NETWORK)).toBe('malformed-message');
  });
});

describe('messages of applicants', () => {
  test('survive the wire and are refused when a field is wrong', () => {
    const instance = '01'.repeat(16) as InstanceId;
    const apply = { type: 'apply', id: '02'.repeat(8), instance, asked: 3 } as const;
    const welcome = {
      type: 'welcome',
      id: '02'.repeat(8),
      from: 3 as MemberIndex,
      instance,
      to: instance,
    } as const;
    expect(parseMessage(encodeMessage(apply), 4)).toEqual(apply);
    expect(parseMessage(encodeMessage(welcome), 4)).toEqual(welcome);
    expect(parseMessage(encodeMessage(welcome), 3)).toBeNull();
    expect(parseMessage(encodeMessage({ ...apply, asked: 64 }), 4)).toBeNull();
    expect(parseMessage(encodeMessage({ ...apply, asked: -1 }), 4)).toBeNull();
    const raw = { id: new Uint8Array(8), instance: new Uint8Array(16) };
    expect(parseMessage(encode({ ...raw, t: 'announce', from: null, want: [] }), 4)).toBeNull();
    expect(parseMessage(encode({ ...raw, t: 'welcome', from: null, to: new Uint8Array(16) }), 4)).toBeNull();
  });

  test('pass through no link', async () => {
    const cluster = clusterServing(GENESIS, GENESIS);
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const seen = createRandom(3);
    // One member hears of an applicant from the other alone: it must not answer.
    const before = cluster.hub.frames.filter((text) => typeOf(text) === 'welcome').length;
    const sealed = await fakeSecret('join secret').encrypt(
      encodeMessage({ type: 'apply', id: toHex(seen(8)), instance: toHex(seen(16)) as InstanceId, asked: 0 }),
    );
    const [connection] = [...cluster.nodes[0]!.page.connections.values()];
    connection!.channel.send(Uint8Array.from([0x07, 3, ...sealed]));
    await cluster.clock.advance(1_000);
    expect(cluster.hub.frames.filter((text) => typeOf(text) === 'welcome')).toHaveLength(before);
    expect(cluster.linked()).toBe(true);
  });
});

describe('the port to the page', () => {
  test('tells a later listener how visible the page is and how its network, which the page says only once', () => {
    const port = {
      postMessage: () => undefined,
      onmessage: null as ((event: { data: PageEvent }) => void) | null,
    };
    const [first, second]: PageEvent[][] = [[], []];
    const leave = listenToPage(port, (event) => void first!.push(event));
    port.onmessage?.({ data: { type: 'visibility', hidden: true } });
    leave();
    port.onmessage?.({ data: { type: 'network', online: true } });
    listenToPage(port, (event) => void second!.push(event));
    expect(first).toEqual([{ type: 'visibility', hidden: true }]);
    expect(second).toEqual([
      { type: 'visibility', hidden: true },
      { type: 'network', online: true },
    ]);
  });
});

describe('a member that floods its link', () => {
  test('loses it for the rate, and nobody else loses anything', async () => {
    const cluster = createCluster(3);
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const toOne = [...cluster.nodes[0]!.page.connections.values()].find(
      (c) => c.remote?.page === cluster.nodes[1]!.page,
    )!;
    const { frame } = partFrame('vote', Uint8Array.of(1), 0);
    for (let i = 0; i <= MESSAGE_BURST; i++) toOne.channel.send(frame.slice());
    await cluster.clock.advance(0);
    await settle();
    expect(cluster.nodes[1]!.messages).toHaveLength(MESSAGE_BURST);
    expect(cluster.nodes[1]!.unlinks.map((u) => [u.link.member, u.reason])).toEqual([[0, 'rate-limit']]);
    expect(cluster.nodes[2]!.unlinks).toEqual([]);
    expect(cluster.linked([0, 2]) && cluster.linked([1, 2])).toBe(true);
  });
});

// ---- helpers ----

const isPart = (frame: ReturnType<typeof parseFrame>): boolean =>
  typeof frame !== 'string' && frame.kind === 'part';

/** The start of a member, as it names itself on the topic. */
function instanceOf(cluster: Cluster, index: number): InstanceId {
  for (const text of cluster.hub.frames) {
    const message = messageOf(text);
    if (message?.type === 'announce' && message.from === index) return message.instance;
  }
  throw new Error(`member ${index} has not announced itself`);
}

function messageOf(text: string): ReturnType<typeof parseMessage> {
  const frame = JSON.parse(text) as { type: string; data?: string };
  if (frame.type !== 'publish' || frame.data === undefined) return null;
  const plain = Buffer.from(frame.data, 'base64').subarray('join secret'.length);
  return parseMessage(new Uint8Array(plain), 1000);
}

const typeOf = (text: string): string | undefined => messageOf(text)?.type;

interface Offered {
  readonly page: FakePage;
  readonly channel: ReturnType<typeof channelOf>;
  readonly instance: InstanceId;
  readonly fingerprints: Pick<RunInput, 'localFingerprint' | 'remoteFingerprint'>;
}

/** A stranger with the join secret: opens a connection to a member, and then does as the test says. */
async function offerTo(
  cluster: Cluster,
  index: number,
  instance = toHex(createRandom((seeds += 31))(16)) as InstanceId,
): Promise<Offered> {
  const page = cluster.net.createPage();
  const random = createRandom((seeds += 31));
  const peer = toHex(random(16));
  const to = instanceOf(cluster, index);
  let fingerprints: Offered['fingerprints'] | null = null;
  page.onmessage = ({ data }) => {
    if (data.type === 'connected') fingerprints = data;
    if (data.type !== 'signal') return;
    const offer = data.data as { type: 'offer'; sdp: string };
    void say(cluster, { type: 'signal', id: toHex(random(8)), from: null, instance, to, peer, data: offer });
  };
  page.postMessage({ type: 'open', peer, initiator: true, iceServers: [], workerChannel: true });
  const answer = (): ReturnType<typeof messageOf> =>
    cluster.hub.frames
      .map(messageOf)
      .find((m) => m?.type === 'signal' && m.peer === peer && m.data.type === 'answer') ?? null;
  await cluster.clock.until(() => answer() !== null, 'an answer to the offer');
  const answered = answer();
  if (answered?.type === 'signal') page.postMessage({ type: 'signal', peer, data: answered.data });
  const channel = channelOf(page, peer);
  await cluster.clock.until(() => channel.readyState === 'open' && fingerprints !== null, 'the channel open');
  return { page, channel, instance, fingerprints: fingerprints! };
}

/** Goes through the handshake as an applicant does, says one thing, and listens. */
async function enter(
  cluster: Cluster,
  { channel, instance, fingerprints }: Offered,
  overrides: Partial<RunInput> = {},
  knock: Uint8Array | null = KNOCK,
): Promise<{ heard: ReturnType<typeof parseFrame>[]; sent: Uint8Array<ArrayBuffer>[] }> {
  const heard: ReturnType<typeof parseFrame>[] = [];
  const sent: Uint8Array<ArrayBuffer>[] = [];
  const handshake = runHandshake(
    {
      network: NETWORK,
      own: applicant(instance),
      signer: signerOf(APPLICANT),
      ed25519: verifier,
      random: createRandom((seeds += 13)),
      initiator: true,
      ...fingerprints,
      judge: () => null,
      ...overrides,
    },
    {
      send(frame) {
        sent.push(frame.slice());
        channel.send(frame);
      },
      onIdentity: () => handshake.accept(),
      onDone() {
        if (knock !== null) channel.send(partFrame('bulk', knock, 0).frame);
      },
      onFault: () => undefined,
    },
  );
  channel.onmessage = ((event: { data: ArrayBuffer }) => {
    const frame = parseFrame(new Uint8Array(event.data));
    heard.push(frame);
    if (typeof frame === 'string') return;
    if (frame.kind === 'hello' || frame.kind === 'proof' || frame.kind === 'ready') handshake.receive(frame);
  }) as never;
  handshake.start();
  await cluster.clock.advance(200);
  return { heard, sent };
}

function channelOf(page: FakePage, peer: string) {
  return page.connections.get(peer)!.channel;
}
