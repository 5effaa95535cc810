/** What signaling servers give to whom: introductions to the one they are for, and announcements no more often than many can hear. */
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../src/net/mesh/messages.ts';
import { createSignaling } from '../../src/net/mesh/signaling.ts';
import {
  ANNOUNCE_MIN_MS,
  ANNOUNCE_MIN_MS_PER_MEMBER,
  FORMER_FRAMES_BURST,
  FULL_MESH_MAX,
} from '../../src/net/limits.ts';
import {
  createCluster,
  createHub,
  createRandom,
  createTestClock,
  fakeSecret,
  settle,
  URL_ONE,
} from './harness.ts';

const SECRET = fakeSecret('join secret');

interface Published {
  readonly topic: string;
  readonly data: string;
}

/** All that was published, opened. */
async function opened(frames: readonly string[], members: number) {
  const published = frames
    .map((text) => JSON.parse(text) as Published & { readonly type: string })
    .filter(({ type }) => type === 'publish');
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

  const client = (formerTopics: readonly string[]) => {
    const clock = createTestClock();
    const hub = createHub();
    const heard: string[] = [];
    const signaling = createSignaling({
      ...{ topic: 'room', inbox: 'room/me', formerTopics, clock },
      random: createRandom(1),
      createSocket: (url) => hub.createSocket(url),
      onSealed: (_, topic) => void heard.push(topic),
      onOpen: () => undefined,
      onStatus: () => undefined,
    });
    signaling.setUrls([URL_ONE]);
    signaling.setDown(false);
    return { hub, heard, signaling };
  };

  test('waits for a server as an announcement does, and what is for a former topic does not', async () => {
    const { hub, signaling } = client(['before']);
    for (const topic of ['room/other', 'before', undefined])
      expect(signaling.publish(Uint8Array.of(1), topic)).toBe(false);
    await settle();
    const topics = hub.frames.map((text) => (JSON.parse(text) as Partial<Published>).topic).filter(Boolean);
    expect(topics).toEqual(['room/other', 'room']);
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
  /** Least time between two, while all of so many start. */
  async function leastPause(size: number): Promise<number> {
    const cluster = createCluster(size, { start: false });
    const at: number[] = [];
    for (let i = 0; i < size; i++) {
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
    await cluster.clock.advance(20_000);
    expect(at.length).toBeGreaterThan(2);
    return Math.min(...at.slice(1).map((time, i) => time - at[i]!));
  }

  test('come at once in a mesh, and in a larger network no more often than all together can be heard', async () => {
    expect(await leastPause(FULL_MESH_MAX)).toBe(ANNOUNCE_MIN_MS);
    expect(await leastPause(FULL_MESH_MAX + 8)).toBe((FULL_MESH_MAX + 8) * ANNOUNCE_MIN_MS_PER_MEMBER);
  });
});
