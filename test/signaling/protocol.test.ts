import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { defaultLimits } from '../../signaling-server/limits.ts';
import { parseOrigin } from '../../signaling-server/origins.ts';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer, ServerOptions } from '../../signaling-server/server.ts';
import { connect } from './client.ts';
import type { Client } from './client.ts';

let server: RunningServer;
afterEach(async () => {
  await server.close();
  vi.useRealTimers();
});

async function start(options: Partial<ServerOptions> = {}): Promise<void> {
  server = await createServer({ port: 0, ...options });
}

async function subscriber(topics: string[], path?: string): Promise<Client> {
  const client = await connect(server, path);
  client.send({ type: 'subscribe', topics });
  expect(await client.settled()).toEqual([]);
  return client;
}

test('a published frame that misses a subscriber, the sender, or the count of clients would break stock clients', async () => {
  await start();
  const [a, b, outsider] = [
    await subscriber(['room']),
    await subscriber(['room']),
    await subscriber(['other']),
  ];
  a.send({ type: 'publish', topic: 'room', data: { type: 'announce', from: 'a' }, extra: [1, null, 'é'] });
  const expected = {
    type: 'publish',
    topic: 'room',
    data: { type: 'announce', from: 'a' },
    extra: [1, null, 'é'],
    clients: 2,
  };
  expect(await a.next()).toEqual(expected);
  expect(await b.next()).toEqual(expected);
  expect(await outsider.settled()).toEqual([]);
});

test('a stock client that connects to the bare address is not turned away', async () => {
  await start();
  const [stock, ours] = [await subscriber(['room'], '/'), await subscriber(['room'], '/signal?v=1')];
  stock.send({ type: 'publish', topic: 'room', data: 'hello' });
  expect(await ours.next()).toMatchObject({ data: 'hello', clients: 2 });
});

test('the exchange of a stock y-webrtc pair (announce, offer, answer) reaches the other end in order', async () => {
  await start();
  const [a, b] = [await subscriber(['doc']), await subscriber(['doc'])];
  const exchange = [
    [a, { type: 'announce', from: 'A' }],
    [b, { type: 'announce', from: 'B' }],
    [a, { type: 'signal', from: 'A', to: 'B', token: 7, signal: { type: 'offer', sdp: 'v=0\r\n' } }],
    [b, { type: 'signal', from: 'B', to: 'A', signal: { type: 'answer', sdp: 'v=0\r\n' } }],
    [
      a,
      {
        type: 'signal',
        from: 'A',
        to: 'B',
        signal: { candidate: { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host' } },
      },
    ],
  ] as const;
  for (const [from, data] of exchange) {
    from.send({ type: 'publish', topic: 'doc', data });
    for (const end of [a, b])
      expect(await end.next()).toEqual({ type: 'publish', topic: 'doc', data, clients: 2 });
  }
});

test('a client that unsubscribed keeps receiving nothing, and is no longer counted', async () => {
  await start();
  const [a, b] = [await subscriber(['room']), await subscriber(['room', 'second'])];
  b.send({ type: 'unsubscribe', topics: ['room', 'never-subscribed'] });
  await b.settled();
  a.send({ type: 'publish', topic: 'room' });
  expect(await a.next()).toEqual({ type: 'publish', topic: 'room', clients: 1 });
  expect(await b.settled()).toEqual([]);
  expect(server.stats()).toMatchObject({ connections: 2, topics: 2 });
});

test('subscribing twice does not deliver twice', async () => {
  await start();
  const a = await subscriber(['room', 'room']);
  a.send({ type: 'subscribe', topics: ['room'] });
  a.send({ type: 'publish', topic: 'room' });
  expect(await a.settled()).toEqual([{ type: 'publish', topic: 'room', clients: 1 }]);
});

test('publishing to a topic without subscribers is not an error', async () => {
  await start();
  const a = await connect(server);
  a.send({ type: 'publish', topic: 'nobody' });
  expect(await a.settled()).toEqual([]);
});

test('a client that leaves does not leave its topics behind', async () => {
  await start();
  const [a, b] = [await subscriber(['room', 'mine']), await subscriber(['room'])];
  a.socket.close();
  await a.closed;
  await expect.poll(() => server.stats()).toMatchObject({ connections: 1, topics: 1 });
  b.send({ type: 'publish', topic: 'room' });
  expect(await b.next()).toMatchObject({ clients: 1 });
});

test('a page of any origin may connect where no origin is named', async () => {
  await start();
  const client = await connect(server, '/signal', { Origin: 'https://elsewhere.example' });
  expect(await client.settled()).toEqual([]);
});

test('a page of another site uses the server, or one of ours is turned away', async () => {
  await start({ origins: ['https://app.example'] });
  const ours = await connect(server, '/signal', { Origin: 'https://app.example' });
  expect(await ours.settled()).toEqual([]);
  const strangers: Record<string, string>[] = [
    { Origin: 'https://elsewhere.example' },
    { Origin: 'https://app.example.evil' },
    { Origin: 'http://app.example' },
    { Origin: 'null' },
    {},
  ];
  for (const headers of strangers) expect(await upgradeStatus(headers)).toBe(403);
  await server.close();
  await start({ origins: ['none'] });
  expect(await (await connect(server)).settled()).toEqual([]);
});

test.each([
  ['https://app.example', 'https://app.example'],
  ['HTTPS://App.Example:443/', 'https://app.example'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['none', 'none'],
  ['app.example', undefined],
  ['https://app.example/path', undefined],
  ['wss://app.example', undefined],
  ['*', undefined],
])('an origin %s that never matches what browsers send', (text, origin) => {
  server = { close: () => Promise.resolve() } as RunningServer;
  expect(parseOrigin(text)).toBe(origin);
});

function upgradeStatus(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/signal`, { headers });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('open', () => resolve(101));
    socket.on('error', () => undefined);
  });
}

test('a client whose machine vanished is noticed and its place freed', async () => {
  // The heart beats when the test says so: a machine that is busy between two beats answers the first too late.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await start();
  const dead = await subscriber(['room']);
  const alive = await subscriber(['room']);
  dead.socket.pause();
  vi.advanceTimersByTime(defaultLimits.heartbeatMs);
  // Its pong is there before what it sends after it.
  expect(await alive.settled()).toEqual([]);
  vi.advanceTimersByTime(defaultLimits.heartbeatMs);
  await expect.poll(() => server.stats()).toMatchObject({ connections: 1, dropped: 1 });
  expect(await alive.settled()).toEqual([]);
});

test('a server that stops says so to everybody, so that clients go elsewhere at once', async () => {
  // More clients than may be on their way out at once while the server runs.
  await start({ limits: { maxClosing: 2, closeGraceMs: 60_000 } });
  const clients = await Promise.all(Array.from({ length: 8 }, () => subscriber(['room'])));
  await server.close();
  for (const client of clients)
    expect(await client.closed).toEqual({ code: 1001, reason: 'server-stopping' });
});

test('what was passed on before the server stopped is lost', async () => {
  await start({ limits: { messageBurst: 10_000, closeGraceMs: 60_000 } });
  const [a, b] = [await subscriber(['room']), await subscriber(['room'])];
  b.socket.pause();
  for (let i = 0; i < 10; i += 1) a.send({ type: 'publish', topic: 'room', i, pad: 'x'.repeat(50_000) });
  await a.settled();
  const closed = server.close();
  b.socket.resume();
  await closed;
  expect(await b.closed).toMatchObject({ code: 1001 });
  expect(b.waiting.map((frame) => frame.i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a client that does not say goodbye holds up a server that stops', async () => {
  await start({ limits: { closeGraceMs: 50 } });
  const deaf = await subscriber(['room']);
  deaf.socket.pause();
  await server.close();
  expect(server.stats().connections).toBe(0);
  deaf.socket.terminate();
});
