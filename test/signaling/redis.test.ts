/** Two instances of the server, joined by a real Redis. Where there is none, these tests are skipped and the reason is printed. */
import { createClient } from '@redis/client';
import { afterEach, describe, expect, test } from 'vitest';
import { createLog } from '../../signaling-server/log.ts';
import { withDefaults } from '../../signaling-server/limits.ts';
import type { Limits } from '../../signaling-server/limits.ts';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer, ServerOptions } from '../../signaling-server/server.ts';
import { findOrInstallRedis } from '../../scripts/redis.ts';
import { connect } from './client.ts';
import type { Client } from './client.ts';
import { freePort, startRedis, startSignaling } from './processes.ts';
import type { Program } from './processes.ts';

const found = findOrInstallRedis();
if (!found.ok) {
  if (process.env.CI) throw new Error(found.message);
  console.error(`Not run: ${found.message}`);
}
const path = found.ok ? found.path : '';

/** Quick enough for a test to see a loss and the recovery from it, and not so quick that a machine which is busy for a second is one. */
const quick: Partial<Limits> = {
  redisRetryFirstMs: 20,
  redisRetryMaxMs: 100,
  redisBeatMs: 50,
  redisDeadMs: 3_000,
};

let undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.reverse()) await one();
  undo = [];
});

async function redis(port?: number, more?: readonly string[]): Promise<Program> {
  const program = await startRedis(path, port ?? (await freePort()), more);
  undo.push(() => program.kill());
  return program;
}

async function instance(port: number, options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const redisUrl = options.redisUrl ?? `redis://127.0.0.1:${port}`;
  const server = await createServer({
    port: 0,
    ...options,
    redisUrl,
    limits: { ...quick, ...options.limits },
  });
  undo.push(() => server.close());
  return server;
}

async function joined(port: number, options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await instance(port, options);
  await isUp(server);
  return server;
}

const isUp = (server: RunningServer, state = 'up'): Promise<void> =>
  expect.poll(() => server.stats().backplane.state).toBe(state);

async function subscriber(server: RunningServer, ...topics: string[]): Promise<Client> {
  const client = await connect(server);
  client.send({ type: 'subscribe', topics });
  await client.settled();
  return client;
}

/** The channels that Redis has subscribers of, once there are as many: a client of ours is served before Redis has been told of its topic. */
async function known(port: number, wanted: number): Promise<readonly string[]> {
  const looking = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  try {
    let channels: unknown = [];
    await expect
      .poll(async () => (channels = await looking.sendCommand(['PUBSUB', 'CHANNELS'])))
      .toHaveLength(wanted);
    return channels as readonly string[];
  } finally {
    looking.destroy();
  }
}

/** The number that a publish of this client is echoed with, once it is the wanted one. */
async function expectClients(client: Client, topic: string, wanted: number): Promise<void> {
  await expect
    .poll(async () => {
      client.send({ type: 'publish', topic, probe: true });
      const frames = await client.settled();
      return frames.find((frame) => frame.probe === true)?.clients;
    })
    .toBe(wanted);
}

async function health(server: RunningServer): Promise<unknown> {
  return (await fetch(`${server.url}/health`)).json();
}

describe.skipIf(!found.ok)('two instances under one name', () => {
  test('clients of different instances that never hear of each other, or are counted apart', async () => {
    const { port } = await redis();
    const [one, two] = [await joined(port), await joined(port)];
    const [a, b, c] = [
      await subscriber(one, 'room'),
      await subscriber(two, 'room'),
      await subscriber(two, 'room'),
    ];
    for (const client of [a, b, c]) await expectClients(client, 'room', 3);
    for (const client of [a, b, c]) await client.settled();
    a.send({ type: 'publish', topic: 'room', data: { from: 'a' }, extra: [1, null, 'é'] });
    const expected = {
      type: 'publish',
      topic: 'room',
      data: { from: 'a' },
      extra: [1, null, 'é'],
      clients: 3,
    };
    for (const client of [a, b, c]) {
      let frame = await client.next();
      while (frame.probe === true) frame = await client.next();
      expect(frame).toEqual(expected);
    }
    const outsider = await connect(one);
    outsider.send({ type: 'publish', topic: 'room', from: 'outside' });
    expect(await b.next()).toEqual({ type: 'publish', topic: 'room', from: 'outside', clients: 3 });
    expect(await outsider.settled()).toEqual([]);
    expect(await health(one)).toMatchObject({ status: 'ok', redis: 'up' });
  });

  test('an answer that overtakes the subscription it answers', async () => {
    const { port } = await redis();
    const [one, two] = [await joined(port), await joined(port)];
    const topics = Array.from({ length: 60 }, (_, i) => `room ${i}`);
    const answering = await subscriber(two, ...topics);
    // What is published before that, nobody hears: here those who answer were there first.
    await known(port, topics.length + 1);
    // As a y-webrtc client does: both in one breath, so that the answer comes as early as it can.
    const asking = await connect(one);
    answering.socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as { topic?: string; announce?: boolean };
      if (frame.announce) answering.send({ type: 'publish', topic: frame.topic, offer: true });
    });
    for (const topic of topics) {
      asking.send({ type: 'subscribe', topics: [topic] });
      asking.send({ type: 'publish', topic, announce: true });
      let frame = await asking.next();
      while (frame.offer !== true) frame = await asking.next();
      expect(frame.topic).toBe(topic);
    }
  });

  test('a client that left, or an instance that did, is counted for ever', async () => {
    const { port } = await redis();
    const [one, two] = [await joined(port), await joined(port)];
    const limits = Object.entries(quick).flatMap(([name, value]) => ['--limit', `${name}=${value}`]);
    const three = await startSignaling(limits, { REDIS_URL: `redis://127.0.0.1:${port}` });
    undo.push(() => three.kill());
    const [a, b] = [await subscriber(one, 'room'), await subscriber(two, 'room')];
    const c = await connect({ url: `http://127.0.0.1:${three.port}` });
    c.send({ type: 'subscribe', topics: ['room'] });
    await expectClients(a, 'room', 3);
    // A moment of silence is enough to be forgotten, and must not be for good.
    three.process.kill('SIGSTOP');
    await expectClients(a, 'room', 2);
    three.process.kill('SIGCONT');
    await expectClients(a, 'room', 3);
    await three.kill('SIGKILL');
    await expectClients(a, 'room', 2);
    b.send({ type: 'unsubscribe', topics: ['room'] });
    await expectClients(a, 'room', 1);
    b.send({ type: 'subscribe', topics: ['room'] });
    await expectClients(a, 'room', 2);
    await two.close();
    await expectClients(a, 'room', 1);
    expect(one.stats().backplane.instances).toBe(0);
  });

  test('a server that does not start, or serve, while Redis is down', async () => {
    const port = await freePort();
    const [one, two] = [await instance(port), await instance(port)];
    const [a, b] = [await subscriber(one, 'room'), await subscriber(two, 'room')];
    await expectClients(a, 'room', 1);
    expect(await health(one)).toMatchObject({ status: 'degraded', redis: 'down' });
    expect(one.stats().backplane.lost).toBeGreaterThan(0);
    await redis(port);
    await isUp(one);
    await isUp(two);
    await expectClients(a, 'room', 2);
    await expectClients(b, 'room', 2);
    expect(await health(one)).toMatchObject({ status: 'ok', redis: 'up' });
  });

  test('subscriptions that are lost with Redis, and those made while it was away', async () => {
    const first = await redis();
    const { port } = first;
    const lines: string[] = [];
    const log = createLog('info', (line) => lines.push(line), withDefaults());
    const [one, two] = [await joined(port, { log }), await joined(port)];
    const [a, b] = [await subscriber(one, 'before'), await subscriber(two, 'before', 'left')];
    await expectClients(a, 'before', 2);
    await first.kill();
    await isUp(one, 'down');
    await isUp(two, 'down');
    await expectClients(a, 'before', 1);
    a.send({ type: 'subscribe', topics: ['meanwhile'] });
    b.send({ type: 'subscribe', topics: ['meanwhile'] });
    b.send({ type: 'unsubscribe', topics: ['left'] });
    await b.settled();
    await redis(port);
    await isUp(one);
    await isUp(two);
    for (const topic of ['before', 'meanwhile']) await expectClients(a, topic, 2);
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events[0]).toBe('redis-up');
    expect(events).toContain('redis-down');
    expect(events.at(-1)).toBe('redis-up');
  });

  test('a Redis that is there and silent', async () => {
    const program = await redis();
    const [one, two] = [await joined(program.port), await joined(program.port)];
    const [a] = [await subscriber(one, 'room'), await subscriber(two, 'room')];
    await expectClients(a, 'room', 2);
    program.process.kill('SIGSTOP');
    await isUp(one, 'down');
    await expectClients(a, 'room', 1);
    program.process.kill('SIGCONT');
    await isUp(one);
    await isUp(two);
    await expectClients(a, 'room', 2);
  });

  test('a wrong password ends the server, or is written to the log', async () => {
    const { port } = await redis(undefined, ['--requirepass', 'right']);
    const lines: string[] = [];
    const log = createLog('debug', (line) => lines.push(line), withDefaults());
    const one = await instance(port, { log, redisUrl: `redis://:wrong-secret@127.0.0.1:${port}` });
    await expect.poll(() => lines.some((line) => line.includes('WRONGPASS'))).toBe(true);
    await expectClients(await subscriber(one, 'room'), 'room', 1);
    expect(lines.join('')).not.toContain('secret');
    await joined(port, { redisUrl: `redis://:right@127.0.0.1:${port}` });
  });

  test('what strangers write into our channels', async () => {
    const { port } = await redis();
    const one = await joined(port);
    const a = await subscriber(one, 'room');
    const stranger = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
    try {
      const channels = await known(port, 2);
      const id = Buffer.alloc(8, 7);
      const messages = [
        Buffer.alloc(0),
        Buffer.from('hello'),
        Buffer.alloc(1_000_000, 1),
        Buffer.concat([Buffer.from([1, 0]), id, id, Buffer.from([0x7b, 0xff, 0x7d])]),
        Buffer.concat([Buffer.from([1, 0]), id, id, Buffer.from('[1,2]')]),
        Buffer.concat([Buffer.from([1, 1]), id, Buffer.from([0xff, 0xff, 0xff, 0xff])]),
        Buffer.concat([Buffer.from([1, 3]), id, Buffer.from('more')]),
        Buffer.concat([Buffer.from([2, 3]), id]),
      ];
      for (const channel of channels)
        for (const message of messages) await stranger.publish(channel, message);
      await expect.poll(() => one.stats().backplane.malformed).toBe(16);
      // More instances than there can be: those over the limit are not counted.
      for (let i = 0; i < 200; i += 1) {
        const envelope = Buffer.concat([Buffer.from([1, 1]), Buffer.alloc(8, i), Buffer.from([0, 0, 0, 1])]);
        for (const channel of channels) await stranger.publish(channel, envelope);
      }
    } finally {
      stranger.destroy();
    }
    expect(await a.settled()).toEqual([]);
    expect(one.stats().backplane.instances).toBeLessThanOrEqual(64);
    await expectClients(a, 'room', 1);
  });

  test('a client that makes another instance send without end', async () => {
    const { port } = await redis();
    const one = await joined(port);
    const two = await joined(port, {
      limits: { fanOutBurstBytesPerAddress: 10_000, fanOutBytesPerSecondPerAddress: 1 },
    });
    const [loud, quiet] = [await connect(one), await subscriber(one, 'room')];
    const hears = await subscriber(two, 'room');
    // Then the other instance's own subscription at Redis is in force: what is published before reaches nobody there.
    await expectClients(hears, 'room', 2);
    for (let i = 0; i < 50; i += 1) loud.send({ type: 'publish', topic: 'room', i, pad: 'x'.repeat(1_000) });
    await loud.settled();
    await expect.poll(() => two.stats().backplane.received).toBe(50);
    expect((await hears.settled()).filter((frame) => 'i' in frame).length).toBeLessThan(10);
    expect((await quiet.settled()).filter((frame) => 'i' in frame).length).toBe(50);
  });

  test('frames under way when an instance is told to stop', async () => {
    const { port } = await redis();
    const [one, two] = [await joined(port), await joined(port)];
    const [a, b] = [await subscriber(one, 'room'), await subscriber(two, 'room')];
    await expectClients(b, 'room', 2);
    await a.settled();
    for (let i = 0; i < 100; i += 1) a.send({ type: 'publish', topic: 'room', i, pad: 'x'.repeat(10_000) });
    await a.settled();
    await one.close();
    await expect.poll(() => b.waiting.filter((frame) => typeof frame.i === 'number').length).toBe(100);
  });
});
