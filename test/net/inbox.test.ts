/** What signaling servers give to whom: introductions to the one they are for, and announcements no more often than many can hear. */
import { describe, expect, test } from 'vitest';
import type { InstanceId, MemberIndex } from '../../src/codec/brand.ts';
import { encodeMessage, parseMessage } from '../../src/net/mesh/messages.ts';
import { createSignaling } from '../../src/net/mesh/signaling.ts';
import {
  ANNOUNCE_MIN_MAX_MS,
  ANNOUNCE_MIN_MS,
  ANNOUNCE_MIN_MS_PER_MEMBER,
  FORMER_FRAMES_BURST,
  FULL_MESH_MAX,
  INBOX_PATIENCE_MS,
  MAX_INBOX_UNANSWERED,
} from '../../src/net/limits.ts';
import { SEEK_FRESH_MS } from '../../src/worker/limits.ts';
import {
  createCluster,
  createHub,
  createRandom,
  createTestClock,
  fakeSecret,
  settle,
  URL_ONE,
  URL_TWO,
} from './harness.ts';

const SECRET = fakeSecret('join secret');

interface Published {
  readonly topic: string;
  readonly data: string;
}

const SERVER_IS_FULL = '{"type":"error","error":{"type":"too-many-topics","message":"full"}}';

type Hub = ReturnType<typeof createHub>;

/** Sockets to a server that takes none of a frame with such a topic, and answers with this, or with nothing. */
const refusing =
  (hub: Hub, isRefused: (topic: string) => boolean, answer: string | null) =>
  (url: string): ReturnType<Hub['createSocket']> => {
    const socket = hub.createSocket(url);
    const { send } = socket;
    socket.send = (text) => {
      const { type, topics = [] } = JSON.parse(text) as { type: string; topics?: readonly string[] };
      if (type !== 'subscribe' || !topics.some(isRefused)) send(text);
      else if (answer !== null) queueMicrotask(() => socket.deliver(answer));
    };
    return socket;
  };
type Refusing = (hub: Hub, isRefused: (topic: string) => boolean) => ReturnType<typeof refusing>;
const withoutRoom: Refusing = (hub, isRefused) => refusing(hub, isRefused, SERVER_IS_FULL);
const ignoring: Refusing = (hub, isRefused) => refusing(hub, isRefused, null);
const isInbox = (topic: string): boolean => topic.includes('/');

/** Sockets of a program that knows no topics of one start: it says nothing of them, hears none, and sends to none. */
const ofBefore =
  (hub: Hub, members: number) =>
  (url: string): ReturnType<Hub['createSocket']> => {
    const socket = hub.createSocket(url);
    const { send } = socket;
    const tag = new TextEncoder().encode('join secret').length;
    socket.send = (text) => {
      const frame = JSON.parse(text) as { type: string; topics?: readonly string[]; data?: string };
      if (frame.type === 'subscribe' && frame.topics!.some(isInbox)) return;
      if (frame.data === '') return;
      if (frame.type !== 'publish') return send(text);
      const sealed = Buffer.from(frame.data!, 'base64');
      const { inbox: _, ...message } = parseMessage(sealed.subarray(tag), members)! as {
        inbox?: true;
      } & Parameters<typeof encodeMessage>[0];
      const data = Buffer.concat([sealed.subarray(0, tag), encodeMessage(message as never)]).toString(
        'base64',
      );
      send(JSON.stringify({ type: 'publish', topic: SECRET.topic, data }));
    };
    return socket;
  };

/** All that was published, opened. */
async function opened(frames: readonly string[], members: number) {
  const published = frames
    .map((text) => JSON.parse(text) as Published & { readonly type: string })
    // But for what a start sends to itself.
    .filter(({ type, data }) => type === 'publish' && data !== '');
  return Promise.all(
    published.map(async ({ topic, data }) => {
      const plain = await SECRET.decrypt(Uint8Array.from(Buffer.from(data, 'base64')));
      return { topic, message: parseMessage(plain!, members)! };
    }),
  );
}

describe('an introduction', () => {
  test('of two members goes to the one that it is for, and nothing else does', async () => {
    const cluster = createCluster(5);
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const all = await opened(cluster.hub.frames, 5);
    expect(new Set(all.map(({ message }) => message.type))).toEqual(new Set(['announce', 'signal']));
    for (const { topic, message } of all)
      expect(topic).toBe(message.type === 'signal' ? `${SECRET.topic}/${message.to}` : SECRET.topic);
  });

  test('goes to the one that it is for also where the server came late: nobody announces itself before', async () => {
    const cluster = createCluster(3, { start: false });
    cluster.hub.dead.add(URL_ONE);
    for (let i = 0; i < 3; i++) cluster.nodes.push(cluster.add(i));
    await cluster.clock.advance(2_000);
    cluster.hub.dead.clear();
    await cluster.clock.until(() => cluster.linked(), 'linked');
    for (const { topic, message } of await opened(cluster.hub.frames, 3)) {
      expect(message).toMatchObject({ inbox: true });
      expect(isInbox(topic)).toBe(message.type === 'signal');
    }
  });

  test('reaches members whose program knows no topics of one start, and theirs reach the others', async () => {
    const cluster = createCluster(6, { start: false });
    for (let i = 0; i < 6; i++)
      cluster.nodes.push(cluster.add(i, i < 3 ? { createSocket: ofBefore(cluster.hub, 6) } : {}));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const all = await opened(cluster.hub.frames, 6);
    const inboxes = all.filter(({ topic }) => topic !== SECRET.topic);
    // Among the others as ever.
    expect(inboxes.length).toBeGreaterThan(0);
    for (const { message } of inboxes)
      expect(message.type === 'signal' && message.from).toBeGreaterThanOrEqual(3);
  });

  test('goes to all where the server has no room for a topic of one start', async () => {
    const cluster = createCluster(5, { start: false });
    const createSocket = withoutRoom(cluster.hub, isInbox);
    for (let i = 0; i < 5; i++) cluster.nodes.push(cluster.add(i, i < 2 ? { createSocket } : {}));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    await cluster.clock.advance(1_000);
    const full = cluster.nodes.slice(0, 2).map(({ status }) => status!.signaling[0]!.state);
    expect(full).toEqual(['open', 'open']);
    // They knew before they said anything of themselves.
    const all = await opened(cluster.hub.frames, 5);
    for (const { message } of all)
      expect('inbox' in message).toBe('from' in message && Number(message.from) >= 2);
  });

  test('goes to all where the server says nothing of a topic that it does not take', async () => {
    const cluster = createCluster(4, { start: false });
    for (let i = 0; i < 4; i++)
      cluster.nodes.push(cluster.add(i, { createSocket: ignoring(cluster.hub, isInbox) }));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    // An answer to a ping says that nothing comes any more: it need not wait.
    expect(cluster.clock.now()).toBeLessThan(INBOX_PATIENCE_MS);
    const all = await opened(cluster.hub.frames, 4);
    for (const { message, topic } of all) {
      expect(topic).toBe(SECRET.topic);
      expect(message).not.toHaveProperty('inbox');
    }
  });

  test('goes to all for good after dials that nobody answered, where a server gives back what it does not pass on', async () => {
    const cluster = createCluster(2, { start: false });
    const createSocket: Hub['createSocket'] = (url) => {
      const socket = ignoring(cluster.hub, isInbox)(url);
      const { send } = socket;
      socket.send = (text) => {
        send(text);
        if ((JSON.parse(text) as Partial<Published>).data === '') queueMicrotask(() => socket.deliver(text));
      };
      return socket;
    };
    for (let i = 0; i < 2; i++) cluster.nodes.push(cluster.add(i, { createSocket }));
    // While it makes its answer, the dialler announces itself to all: the answer goes where the offer said.
    const { page } = cluster.nodes[1]!;
    const random = createRandom(3);
    const post = page.postMessage.bind(page);
    page.postMessage = (command) => {
      if (command.type !== 'signal') return post(command);
      const id = Buffer.from(random(8)).toString('hex');
      // The first that says something to itself.
      const said = cluster.hub.frames.map((text) => JSON.parse(text) as Partial<Published>);
      const instance = said.find(({ data }) => data === '')!.topic!.split('/')[1] as InstanceId;
      const message = {
        type: 'announce',
        id,
        from: 0 as MemberIndex,
        instance,
        want: [],
        inbox: true,
      } as const;
      const sealed = Buffer.concat([new TextEncoder().encode('join secret'), encodeMessage(message)]);
      const text = JSON.stringify({ type: 'publish', topic: SECRET.topic, data: sealed.toString('base64') });
      for (const socket of cluster.hub.sockets) socket.deliver(text);
      cluster.clock.setTimeout(() => post(command), 100);
    };
    await cluster.clock.until(() => cluster.linked(), 'linked', 60_000);
    const offers = async (from: number): Promise<readonly boolean[]> =>
      (await opened(cluster.hub.frames.slice(from), 2)).flatMap(({ topic, message }) =>
        message.type === 'signal' && message.data.type === 'offer' ? [isInbox(topic)] : [],
      );
    expect(await offers(0)).toEqual([...new Array<boolean>(MAX_INBOX_UNANSWERED).fill(true), false]);
    // The next link of the two does not pay for that again.
    const before = cluster.hub.frames.length;
    await cluster.clock.advance(60_000);
    const [{ mesh, links }] = cluster.nodes as [(typeof cluster.nodes)[0]];
    mesh.close([...links.values()][0]!.id, 'timeout');
    await cluster.clock.advance(1_000);
    await cluster.clock.until(() => cluster.linked(), 'linked again', 120_000);
    expect(await offers(before)).toEqual([false]);
  });

  test('goes to the one that it is for, also after one whose connection came to nothing', async () => {
    const cluster = createCluster(2, { start: false });
    for (let i = 0; i < 2; i++) {
      const node = cluster.add(i);
      cluster.nodes.push(node);
      // They hear each other, and no packet gets through.
      const post = node.page.postMessage.bind(node.page);
      node.page.postMessage = (command) => {
        const isOffer = command.type === 'signal' && (command.data as { type?: string }).type === 'offer';
        if (command.type !== 'signal' || isOffer) post(command);
      };
    }
    await cluster.clock.advance(300_000);
    const offers = (await opened(cluster.hub.frames, 2)).filter(
      ({ message }) => message.type === 'signal' && message.data.type === 'offer',
    );
    expect(offers.length).toBeGreaterThan(MAX_INBOX_UNANSWERED + 1);
    expect(offers.filter(({ topic }) => !isInbox(topic))).toEqual([]);
  });

  test('waits where the server has no room for the network either: it is left, and tried again', async () => {
    const { clock, hub, signaling } = client([], (made) => withoutRoom(made, () => true));
    await settle();
    expect(signaling.open).toBe(0);
    expect(signaling.statuses()[0]!.detail).toContain('has no room for this network');
    expect(hub.sockets.size).toBe(0);
    const asked = hub.frames.length;
    await clock.advance(5_000);
    expect(hub.frames.length).toBeGreaterThan(asked);
    expect(signaling.statuses()[0]!.state).not.toBe('failed');
  });

  const client = (
    formerTopics: readonly string[],
    sockets: (hub: Hub) => Hub['createSocket'] = (hub) => (url) => hub.createSocket(url),
    onOpen: () => void = () => undefined,
  ) => {
    const clock = createTestClock();
    const hub = createHub();
    const createSocket = sockets(hub);
    const heard: string[] = [];
    const signaling = createSignaling({
      ...{ topic: 'room', inbox: 'room/me', formerTopics, clock },
      random: createRandom(1),
      createSocket,
      onSealed: (_, topic) => void heard.push(topic),
      onOpen,
      onStatus: () => undefined,
    });
    signaling.setUrls([URL_ONE]);
    signaling.setDown(false);
    return { clock, hub, heard, signaling };
  };

  test('is in nobody’s way where errors come later: the topic of today stands', async () => {
    const { hub, signaling } = client(['before']);
    await settle();
    const [socket] = hub.sockets;
    for (let i = 0; i < 10; i++) socket!.deliver(SERVER_IS_FULL);
    expect(signaling.open).toBe(1);
    expect(signaling.hearsInbox).toBe(true);
  });

  test('is not in the way of who has no room for former topics: the topic of today stands', async () => {
    const { hub, signaling } = client(['before'], (made) => withoutRoom(made, (topic) => topic === 'before'));
    await settle();
    expect(signaling.open).toBe(1);
    const [socket] = hub.sockets;
    expect(socket!.topics.has('room')).toBe(true);
  });

  test('goes to the one that it is for though a server that only another member uses has no room: to all through that one', async () => {
    const full = (hub: Hub) => {
      const refuses = withoutRoom(hub, isInbox);
      return (url: string) => (url === URL_TWO ? refuses(url) : hub.createSocket(url));
    };
    const told: boolean[] = [];
    const { hub, signaling } = client([], full, () => told.push(signaling.hearsInbox));
    signaling.setUrls([URL_ONE], [{ url: URL_TWO, member: 3 as MemberIndex }]);
    await settle();
    expect(told).toEqual([true, true]);
    expect(signaling.hearsInbox).toBe(true);
    expect(signaling.statuses().map(({ state }) => state)).toEqual(['open', 'open']);
    expect(signaling.publish(Uint8Array.of(1), undefined, 'room/other')).toBe(true);
    const last = (url: string): unknown =>
      JSON.parse([...hub.sockets].find((socket) => socket.url === url)!.sent.at(-1)!);
    expect(last(URL_ONE)).toMatchObject({ type: 'publish', topic: 'room/other' });
    expect(last(URL_TWO)).toMatchObject({ type: 'publish', topic: 'room' });
    // One of its own has a say, and what changes is told.
    signaling.setUrls([URL_ONE, URL_TWO]);
    expect(signaling.hearsInbox).toBe(false);
    expect(told).toEqual([true, true, false]);
    signaling.setUrls([URL_ONE, URL_TWO]);
    expect(told).toHaveLength(3);
  });

  test('is told of as soon as a server gives it back, however late, and one that says nothing at all is no hindrance', async () => {
    const mute = (hub: Hub) => (url: string) => {
      const socket = hub.createSocket(url);
      if (url === URL_TWO) socket.send = (text) => void socket.sent.push(text);
      return socket;
    };
    const opened: boolean[] = [];
    const { clock, hub, signaling } = client([], mute, () => opened.push(signaling.hearsInbox));
    signaling.setUrls([URL_TWO]);
    await settle();
    expect(signaling.open).toBe(1);
    expect([signaling.isReady, opened]).toEqual([false, []]);
    await clock.advance(INBOX_PATIENCE_MS);
    expect([signaling.isReady, opened]).toEqual([true, [false]]);
    signaling.setUrls([URL_ONE, URL_TWO]);
    await settle();
    expect(opened).toEqual([false, true]);
    // Beside a silent one of its own, one that another member uses is asked.
    signaling.setUrls([URL_TWO], [{ url: URL_ONE, member: 3 as MemberIndex }]);
    expect(signaling.hearsInbox).toBe(true);
    signaling.setUrls([URL_TWO]);
    expect(signaling.hearsInbox).toBe(false);
    expect(opened).toEqual([false, true, false]);
    const [socket] = [...hub.sockets].filter(({ url }) => url === URL_TWO);
    socket!.deliver(JSON.stringify({ type: 'publish', topic: 'room/me', data: '' }));
    expect(opened).toEqual([false, true, false, true]);
  });

  test('waits for a server as an announcement does, and what is for a former topic does not', async () => {
    const { hub, signaling } = client(['before']);
    expect(signaling.publish(Uint8Array.of(1), undefined, 'room/other')).toBe(false);
    expect(signaling.publish(Uint8Array.of(1), 'before')).toBe(false);
    expect(signaling.publish(Uint8Array.of(1))).toBe(false);
    await settle();
    const topics = hub.frames.map((text) => (JSON.parse(text) as Partial<Published>).topic).filter(Boolean);
    // What has waited goes before it is known whether the server has inboxes.
    expect(topics).toEqual(['room/me', 'room', 'room']);
  });

  test('is no stranger’s: former topics use up what is theirs, and not what is ours', async () => {
    const { hub, heard } = client(['before']);
    await settle();
    const [socket] = hub.sockets;
    const burst = FORMER_FRAMES_BURST + 20;
    for (const topic of ['before', 'room/me', 'room', 'room/another'])
      for (let i = 0; i < burst; i++)
        socket!.deliver(JSON.stringify({ type: 'publish', topic, data: 'AA==' }));
    const count = (topic: string): number => heard.filter((one) => one === topic).length;
    expect(['before', 'room/me', 'room', 'room/another'].map(count)).toEqual([
      FORMER_FRAMES_BURST,
      burst,
      burst,
      0,
    ]);
  });
});

describe('announcements of one member', () => {
  /** Least time between two, while so many of a network's members start. */
  async function leastPause(size: number, starting = size): Promise<number> {
    const cluster = createCluster(size, { start: false });
    const at: number[] = [];
    for (let i = 0; i < starting; i++) {
      const createSocket: typeof cluster.hub.createSocket = (url) => {
        const socket = cluster.hub.createSocket(url);
        const { send } = socket;
        if (i === 0)
          socket.send = (text) => {
            if ((JSON.parse(text) as Partial<Published>).topic === SECRET.topic) at.push(cluster.clock.now());
            send(text);
          };
        return socket;
      };
      cluster.nodes.push(cluster.add(i, { createSocket }));
      await cluster.clock.advance(40);
    }
    await cluster.clock.advance(40_000);
    expect(at.length).toBeGreaterThan(2);
    return Math.min(...at.slice(1).map((time, i) => time - at[i]!));
  }

  test('come at once in a mesh, and in a larger network no more often than all together can be heard', async () => {
    expect(await leastPause(FULL_MESH_MAX)).toBe(ANNOUNCE_MIN_MS);
    expect(await leastPause(FULL_MESH_MAX + 8)).toBe((FULL_MESH_MAX + 8) * ANNOUNCE_MIN_MS_PER_MEMBER);
  });

  test('are no closer when they are repeated by the clock, and no farther apart in the largest network', async () => {
    expect(await leastPause(120, 2)).toBeGreaterThanOrEqual(120 * ANNOUNCE_MIN_MS_PER_MEMBER);
    expect(await leastPause(1_000, 2)).toBe(ANNOUNCE_MIN_MAX_MS);
  });

  test('of a quorum are always fresh to who sought them, also when nobody misses anybody', async () => {
    const size = FULL_MESH_MAX + 8;
    const cluster = createCluster(size, { start: false });
    for (let i = 0; i < size; i++) cluster.nodes.push(cluster.add(i));
    // Long after the last change of links.
    await cluster.clock.advance(120_000);
    const heard: number[] = [];
    for (let times = 0; times < 30; times++) {
      await cluster.clock.advance(1_000);
      heard.push(...cluster.nodes.map(({ mesh }) => mesh.heardWithin(SEEK_FRESH_MS)));
    }
    expect(Math.min(...heard)).toBeGreaterThanOrEqual(Math.floor((2 * size) / 3));
  });
});
