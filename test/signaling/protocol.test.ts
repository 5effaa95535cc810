import { afterEach, expect, test } from 'vitest';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer, ServerOptions } from '../../signaling-server/server.ts';
import { connect } from './client.ts';
import type { Client } from './client.ts';

let server: RunningServer;
afterEach(() => server.close());

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

test('a page of any origin may connect', async () => {
  await start();
  const client = await connect(server, '/signal', { Origin: 'https://elsewhere.example' });
  expect(await client.settled()).toEqual([]);
});

test('a client whose machine vanished is noticed and its place freed', async () => {
  await start({ limits: { heartbeatMs: 40 } });
  const dead = await subscriber(['room']);
  const alive = await subscriber(['room']);
  dead.socket.pause();
  await expect.poll(() => server.stats(), { timeout: 5_000 }).toMatchObject({ connections: 1, dropped: 1 });
  expect(await alive.settled()).toEqual([]);
});

test('a server that stops says so, so that clients go elsewhere at once', async () => {
  await start();
  const client = await subscriber(['room']);
  await server.close();
  expect(await client.closed).toEqual({ code: 1001, reason: 'server-stopping' });
});
