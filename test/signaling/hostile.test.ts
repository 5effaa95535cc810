import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AddressTable } from '../../signaling-server/accounts.ts';
import { Bucket } from '../../signaling-server/bucket.ts';
import { addressGroup } from '../../signaling-server/addresses.ts';
import { defaultLimits } from '../../signaling-server/limits.ts';
import type { Limits } from '../../signaling-server/limits.ts';
import { parseFrame } from '../../signaling-server/protocol.ts';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer } from '../../signaling-server/server.ts';
import { connect, errorType } from './client.ts';
import type { Client } from './client.ts';

let server: RunningServer;
afterEach(async () => {
  await server.close();
  vi.useRealTimers();
});

async function start(limits: Partial<Limits> = {}, trustProxy = false): Promise<void> {
  server = await createServer({ port: 0, limits, trustProxy });
}

async function subscriber(topic: string): Promise<Client> {
  const client = await connect(server);
  client.send({ type: 'subscribe', topics: [topic] });
  await client.settled();
  return client;
}

const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** A socket after its upgrade, on which a test writes frames by hand and reads nothing. */
async function upgraded(): Promise<Socket> {
  const raw = connectTcp(server.port, '127.0.0.1');
  raw.on('error', () => undefined);
  raw.write(`GET /signal HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${KEY}\r\n`);
  await once(raw, 'readable');
  return raw;
}

/** A client's frame (RFC 6455, 5.2) with a mask of zeros. */
function wsFrame(opcode: number, payload: Buffer, fin = true): Buffer {
  return Buffer.concat([
    Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0]),
    payload,
  ]);
}

async function refusal(client: Client): Promise<unknown> {
  const frame = await client.next();
  expect(frame).toMatchObject({
    type: 'error',
    error: { message: expect.stringMatching(/\w+ .*\.$/) as unknown },
  });
  return errorType(frame);
}

describe('a bad frame gets a named error, and nobody else notices', () => {
  const deep = `{"type":"publish","topic":"room","data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  test.each([
    ['text that is not JSON', '{"type":', 'malformed-json'],
    ['an empty frame', '', 'malformed-json'],
    ['a list', '[]', 'malformed-message'],
    ['null', 'null', 'malformed-message'],
    ['no type', '{}', 'unknown-type'],
    ['an unknown type', '{"type":"shutdown"}', 'unknown-type'],
    ['topics that are a text', '{"type":"subscribe","topics":"abc"}', 'malformed-message'],
    ['topics that are missing', '{"type":"unsubscribe"}', 'malformed-message'],
    ['a topic that is a number', '{"type":"subscribe","topics":["a",7]}', 'malformed-message'],
    ['an empty topic', '{"type":"subscribe","topics":[""]}', 'malformed-message'],
    ['a publish without a topic', '{"type":"publish"}', 'malformed-message'],
    ['a publish to a list', '{"type":"publish","topic":["room"]}', 'malformed-message'],
    ['nesting that overflows the stack when written', deep, 'malformed-message'],
    [
      'a topic with a long name',
      JSON.stringify({ type: 'subscribe', topics: ['é'.repeat(129)] }),
      'topic-name-too-long',
    ],
    ['a frame over the limit', JSON.stringify({ type: 'ping', pad: 'x'.repeat(65_536) }), 'frame-too-large'],
  ])('%s', async (_name, text, type) => {
    await start();
    const [bystander, sender] = [await subscriber('room'), await connect(server)];
    sender.send(text);
    expect(await refusal(sender)).toBe(type);
    expect(await sender.settled()).toEqual([]);
    expect(await bystander.settled()).toEqual([]);
    expect(server.stats()).toMatchObject({ connections: 2, topics: 1, refused: 1 });
  });
});

test('a frame far over the limit ends its connection without being held in memory', async () => {
  await start();
  const [bystander, sender] = [await subscriber('room'), await connect(server)];
  sender.send('x'.repeat(defaultLimits.hardFrameBytes + 1));
  expect((await sender.closed).code).toBe(1009);
  expect(await bystander.settled()).toEqual([]);
});

test('a binary frame ends its connection with a reason', async () => {
  await start();
  const sender = await connect(server);
  sender.send(Buffer.from([1, 2, 3]));
  expect(await refusal(sender)).toBe('binary-frame');
  expect(await sender.closed).toEqual({ code: 1003, reason: 'binary-frame' });
});

test('a client that sends nothing but nonsense is closed after its strikes', async () => {
  await start({ strikeBurst: 3 });
  const sender = await connect(server);
  for (let i = 0; i < 20; i += 1) sender.send('nonsense');
  expect(await sender.closed).toEqual({ code: 1008, reason: 'malformed-json' });
  expect(sender.waiting).toHaveLength(4);
  await expect.poll(() => server.stats().connections).toBe(0);
});

test('a flood is cut off while others are served', async () => {
  await start({ messageBurst: 20, messagesPerSecond: 0.001, strikeBurst: 2 });
  const [bystander, sender] = [await subscriber('room'), await connect(server)];
  for (let i = 0; i < 100; i += 1) sender.send({ type: 'publish', topic: 'room', i });
  expect(await sender.closed).toEqual({ code: 1008, reason: 'rate-limited' });
  expect(sender.waiting.map(errorType)).toEqual(['rate-limited', 'rate-limited', 'rate-limited']);
  expect(await bystander.settled()).toHaveLength(20);
});

test('a flood uses up nothing of what another connection of the same address may send', async () => {
  // Nothing is earned back while the test runs, so a single frame taken from the wrong one shows.
  await start({ messageBurst: 20, messagesPerSecond: 0.001, strikeBurst: 1_000_000 });
  const [honest, sender] = [await connect(server), await connect(server)];
  for (let i = 0; i < 2_000; i++) sender.send({ type: 'ping' });
  await expect.poll(() => server.stats().received).toBe(2_000);
  for (let i = 0; i < 20; i++) {
    honest.send({ type: 'ping' });
    expect(await honest.next()).toEqual({ type: 'pong' });
  }
  honest.send({ type: 'ping' });
  expect(await refusal(honest)).toBe('rate-limited');
});

test('one connection cannot fill the topic table', async () => {
  await start({ maxTopicsPerConnection: 3, maxTopics: 4 });
  const [a, b] = [await connect(server), await connect(server)];
  a.send({ type: 'subscribe', topics: ['1', '2'] });
  a.send({ type: 'subscribe', topics: ['3', '4'] });
  expect(await refusal(a)).toBe('too-many-topics');
  a.send({ type: 'subscribe', topics: ['1', '2', '3', '4'] });
  expect(await refusal(a)).toBe('too-many-topics');
  expect(server.stats().topics).toBe(2);
  b.send({ type: 'subscribe', topics: ['5', '6', '7'] });
  expect(await refusal(b)).toBe('too-many-topics');
  expect(server.stats().topics).toBe(2);
  b.send({ type: 'subscribe', topics: ['1', '5', '6'] });
  expect(await b.settled()).toEqual([]);
});

test('one topic cannot grow without end, since every publish is multiplied by its size', async () => {
  await start({ maxSubscribersPerTopic: 2 });
  await subscriber('room');
  await subscriber('room');
  const third = await connect(server);
  third.send({ type: 'subscribe', topics: ['own', 'room'] });
  expect(await refusal(third)).toBe('topic-full');
  expect(server.stats().topics).toBe(1);
});

test('one address cannot make the server send more than its allowance', async () => {
  await start({ fanOutBurstBytesPerAddress: 5_000, fanOutBytesPerSecondPerAddress: 0.001 });
  const [a] = [await subscriber('room'), await subscriber('room')];
  const frame = { type: 'publish', topic: 'room', data: 'x'.repeat(2_000) };
  a.send(frame);
  a.send(frame);
  expect((await a.next()).type).toBe('publish');
  expect(await refusal(a)).toBe('fan-out-limited');
});

test('connections beyond the total are refused in words, and a place that was freed is given again', async () => {
  await start({ maxConnections: 2 });
  const [a] = [await connect(server), await connect(server)];
  const third = await connect(server);
  expect(await refusal(third)).toBe('too-many-connections');
  expect(await third.closed).toEqual({ code: 1013, reason: 'too-many-connections' });
  a.socket.close();
  await expect.poll(() => server.stats().connections).toBe(1);
  expect(await (await connect(server)).settled()).toEqual([]);
});

test('one address cannot take every place', async () => {
  await start({ maxConnectionsPerAddress: 1 }, true);
  const from = (address: string) => connect(server, '/signal', { 'X-Forwarded-For': `10.9.9.9, ${address}` });
  expect(await (await from('192.0.2.1')).settled()).toEqual([]);
  const second = await from('192.0.2.1');
  expect(await refusal(second)).toBe('too-many-connections');
  expect((await second.closed).code).toBe(1013);
  expect(await (await from('192.0.2.2')).settled()).toEqual([]);
});

test('a forged X-Forwarded-For does not escape the limit when no proxy is trusted', async () => {
  await start({ maxConnectionsPerAddress: 1 });
  await connect(server, '/signal', { 'X-Forwarded-For': '192.0.2.1' });
  const second = await connect(server, '/signal', { 'X-Forwarded-For': '192.0.2.2' });
  expect(await refusal(second)).toBe('too-many-connections');
});

test('reconnecting in a loop does not refill the allowance', async () => {
  await start({ connectBurstPerAddress: 3, connectsPerSecondPerAddress: 0.001 });
  for (let i = 0; i < 3; i += 1) {
    const client = await connect(server);
    client.socket.close();
    await client.closed;
  }
  const fourth = await connect(server);
  expect(await refusal(fourth)).toBe('rate-limited');
  expect(await fourth.closed).toEqual({ code: 1013, reason: 'rate-limited' });
});

test('a subscriber that does not read is dropped, and the others get every frame', async () => {
  await start({ maxBufferedBytes: 200_000, messageBurst: 1_000_000, maxConnectionsPerAddress: 10 });
  const [reader, slow] = [await subscriber('room'), await subscriber('room')];
  slow.socket.pause();
  const data = 'x'.repeat(50_000);
  let sent = 0;
  // The kernel's own buffers come first and differ by machine, hence until and not how many.
  while (server.stats().dropped === 0 && sent < 2_000) {
    reader.send({ type: 'publish', topic: 'room', data, i: sent });
    expect(await reader.next()).toMatchObject({ i: sent });
    sent += 1;
  }
  expect(server.stats()).toMatchObject({ connections: 1, dropped: 1 });
  reader.send({ type: 'publish', topic: 'room' });
  expect(await reader.next()).toMatchObject({ clients: 1 });
  slow.socket.terminate();
});

test('pings whose answers nobody reads do not fill the memory', async () => {
  await start({ maxBufferedBytes: 20_000, messageBurst: 1_000_000 });
  const [bystander, raw] = [await subscriber('room'), await upgraded()];
  const ping = wsFrame(0x9, Buffer.alloc(125, 1));
  // The kernel's own buffers come first and differ by machine, hence until and not how many.
  while (server.stats().dropped === 0 && !raw.destroyed) {
    raw.write(Buffer.concat(Array<Buffer>(500).fill(ping)));
    // Some time for the server, whether the socket takes more or not.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => server.stats()).toMatchObject({ connections: 1, drops: { slow: 1 } });
  expect(await bystander.settled()).toEqual([]);
});

test('a flood of pings is a flood', async () => {
  await start({ messageBurst: 10, messagesPerSecond: 0.001, strikeBurst: 2 });
  const sender = await connect(server);
  for (let i = 0; i < 50; i += 1) sender.socket.ping();
  expect(await sender.closed).toEqual({ code: 1008, reason: 'rate-limited' });
});

test('a ping of the WebSocket layer is answered with what it carried', async () => {
  await start();
  const client = await connect(server);
  client.socket.ping('are you there');
  const [data] = (await once(client.socket, 'pong')) as [Buffer];
  expect(data.toString()).toBe('are you there');
});

test('a message in countless pieces, or one that never ends, does not fill the memory', async () => {
  await start();
  const bystander = await subscriber('room');
  const pieces = (await upgraded()).resume();
  pieces.write(wsFrame(0x1, Buffer.from('"'), false));
  pieces.write(Buffer.concat(Array<Buffer>(100).fill(wsFrame(0x0, Buffer.from('x'), false))));
  await once(pieces, 'close');
  const nothings = (await upgraded()).resume();
  nothings.write(wsFrame(0x1, Buffer.alloc(0), false));
  nothings.write(Buffer.concat(Array<Buffer>(100).fill(wsFrame(0x0, Buffer.alloc(0), false))));
  await once(nothings, 'close');
  await expect.poll(() => server.stats().connections).toBe(1);
  expect(await bystander.settled()).toEqual([]);
});

test('many slow readers together do not hold more than all may, and those who read lose nothing', async () => {
  // Each is far below its own limit; together they are not.
  await start({ maxBufferedTotalBytes: 400_000, maxConnections: 100, messageBurst: 1_000_000 });
  const reader = await subscriber('room');
  const slow = await Promise.all(Array.from({ length: 10 }, () => subscriber('room')));
  for (const client of slow) client.socket.pause();
  const data = 'x'.repeat(50_000);
  let sent = 0;
  while (server.stats().dropped < 5 && sent < 3_000) {
    reader.send({ type: 'publish', topic: 'room', data, i: sent });
    expect(await reader.next()).toMatchObject({ i: sent });
    sent += 1;
    // The even share of each is on top.
    expect(server.stats().buffered).toBeLessThan(400_000 + 11 * (4_000 + 51_000));
  }
  expect(server.stats().drops.slow).toBeGreaterThanOrEqual(5);
  for (const client of slow) client.socket.terminate();
  await expect.poll(() => server.stats()).toMatchObject({ connections: 1, buffered: 0 });
});

test('thousands of topics on hundreds of connections are held, bounded, and given back', async () => {
  await start({ maxTopics: 5_000 });
  const clients = await Promise.all(Array.from({ length: 100 }, () => connect(server)));
  const names = (i: number): string[] => Array.from({ length: 64 }, (_, k) => `${i}/${k}`);
  await Promise.all(
    clients.map(async (client, i) => {
      client.send({ type: 'subscribe', topics: names(i) });
      await client.settled();
    }),
  );
  // 78 clients with 64 topics fit; whoever comes later gets none of its topics.
  expect(server.stats()).toMatchObject({ topics: 78 * 64, subscriptions: 78 * 64, refused: 22 });
  const [first] = clients;
  if (!first) throw new Error('unreachable');
  for (const topic of names(0)) first.send({ type: 'publish', topic });
  expect(await first.settled()).toHaveLength(64);
  for (const client of clients) client.socket.close();
  await Promise.all(clients.map((client) => client.closed));
  await expect.poll(() => server.stats()).toMatchObject({ connections: 0, topics: 0, subscriptions: 0 });
});

test('a connection whose other end vanished, before or after the upgrade, does not keep its place', async () => {
  // The heart beats when the test says so: a machine that is busy between two beats answers the first too late.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await start({ headersTimeoutMs: 100, requestTimeoutMs: 200, idleTimeoutMs: 1_000 });
  const bystander = await subscriber('room');
  const half = [
    '',
    'GET /signal HTTP/1.1\r\n',
    `GET /signal HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${KEY}\r\n`,
  ].map((bytes) => {
    const raw = connectTcp(server.port, '127.0.0.1');
    // It reads, so that it sees its end, and says nothing more: not a pong either.
    raw.on('error', () => undefined).resume();
    raw.write(bytes);
    return raw;
  });
  const closed = Promise.all(half.map((raw) => once(raw, 'close')));
  await expect.poll(() => server.stats().connections).toBe(2);
  vi.advanceTimersByTime(defaultLimits.heartbeatMs);
  // Its pong is there before what it sends after it.
  expect(await bystander.settled()).toEqual([]);
  vi.advanceTimersByTime(defaultLimits.heartbeatMs);
  await closed;
  await expect.poll(() => server.stats()).toMatchObject({ connections: 1, drops: { silent: 1 } });
  expect(await bystander.settled()).toEqual([]);
});

test('a frame that grows when it is written out is not passed on', async () => {
  await start();
  const a = await subscriber('room');
  a.send(`{"type":"publish","topic":"room","data":[${'1e20,'.repeat(12_000)}1]}`);
  expect(await refusal(a)).toBe('frame-too-large');
});

test('a client that never acknowledges its dismissal is destroyed all the same', async () => {
  await start({ maxConnections: 1, closeGraceMs: 50 });
  await connect(server);
  const raw = connectTcp(server.port, '127.0.0.1');
  raw.write(
    'GET /signal HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  raw.on('error', () => undefined).resume();
  await once(raw, 'close');
  expect(server.stats().connections).toBe(1);
});

test('sockets that never say anything do not take the places of others, and are given back', async () => {
  await start({ maxSocketsPerAddress: 3 });
  const silent = [1, 2, 3].map(() => connectTcp(server.port, '127.0.0.1'));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const fourth = connectTcp(server.port, '127.0.0.1');
  fourth.on('error', () => undefined).resume();
  await once(fourth, 'close');
  silent.forEach((socket) => socket.destroy());
  const status = () =>
    new Promise<number | undefined>((resolve) => {
      get(`${server.url}/health`, { agent: false }, (response) => resolve(response.resume().statusCode)).on(
        'error',
        () => resolve(undefined),
      );
    });
  await expect.poll(status).toBe(200);
});

test('a page that is requested byte by byte does not hold its socket', async () => {
  await start({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
  const raw = connectTcp(server.port, '127.0.0.1');
  raw.on('error', () => undefined).resume();
  raw.write('GET / HTTP/1.1\r\nHost:');
  await once(raw, 'close');
});

test('bytes that are no WebSocket frame, and upgrades that are none, cost only their own socket', async () => {
  await start();
  const bystander = await subscriber('room');
  const upgrade = (path: string, more: string) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${more}\r\n`;
  const good = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  for (const bytes of [
    `${upgrade('/signal', good)}\u00ff\u00ff\u00ff\u00ffgarbage`,
    upgrade('/signal', 'Sec-WebSocket-Version: 99\r\n'),
    upgrade('/elsewhere', good),
    upgrade('/%', good),
    '\u0016\u0003\u0001garbage\r\n\r\n',
  ]) {
    const raw = connectTcp(server.port, '127.0.0.1');
    raw.on('error', () => undefined).resume();
    raw.write(bytes, 'latin1');
    await once(raw, 'close');
  }
  expect(await bystander.settled()).toEqual([]);
  await expect.poll(() => server.stats().connections).toBe(1);
});

test('addresses that come once and never again do not fill the memory', async () => {
  await start();
  const table = new AddressTable({ ...defaultLimits, maxConnections: 5 });
  const held = table.of('held', 0);
  held.connections = 1;
  held.fanOut.take(1_000, 0);
  for (let i = 0; i < 1_000; i += 1) {
    table.of(`192.0.2.${i}`, 0).opens.take(1, 0);
    expect(table.size).toBeLessThanOrEqual(10);
  }
  expect(table.of('held', 0)).toBe(held);
  const used = table.of('used', 0);
  used.opens.take(1, 0);
  table.forgetIdle(0);
  expect(table.of('used', 0)).toBe(used);
  table.forgetIdle(60_000);
  expect(table.size).toBe(1);
});

test('no text whatever makes the parser throw', async () => {
  await start();
  const frameLike = fc.record({
    type: fc.constantFrom('subscribe', 'unsubscribe', 'publish', 'ping', 'x'),
    topics: fc.oneof(fc.jsonValue(), fc.array(fc.string())),
    topic: fc.jsonValue(),
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        frameLike.map((frame) => JSON.stringify(frame)),
      ),
      (text) => {
        const parsed = parseFrame(text, defaultLimits);
        if (!parsed.ok) return parsed.error.message.length > 0;
        const { value } = parsed;
        return (
          value.type === 'ping' ||
          (value.type === 'publish' ? value.topic !== '' : value.topics.every((topic) => topic !== ''))
        );
      },
    ),
  );
});

test('a bucket never gives more than its burst plus what it earned, even when the clock stands or jumps back', async () => {
  await start();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 200 }),
      (capacity, perSecond, steps) => {
        const bucket = new Bucket(capacity, perSecond, 0);
        let [now, latest, taken] = [0, 0, 0];
        for (const step of steps) {
          now += step;
          latest = Math.max(latest, now);
          if (bucket.take(1, now)) taken += 1;
          if (taken > capacity + (latest / 1000) * perSecond + 1e-6) return false;
        }
        return true;
      },
    ),
  );
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('an address %s that counted as many would get many allowances', async (address, group) => {
  await start();
  expect(addressGroup(address)).toBe(group);
});
