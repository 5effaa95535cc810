import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InstanceId, MemberIndex } from '../../src/codec/brand.ts';
import { createEnvelope } from '../../src/net/mesh/envelope.ts';
import {
  encodeMessage,
  parseMessage,
  parseSignalData,
  type MeshMessage,
} from '../../src/net/mesh/messages.ts';
import { createSignaling, type Signaling } from '../../src/net/mesh/signaling.ts';
import {
  FORMER_FRAMES_BURST,
  MAX_CANDIDATE_LENGTH,
  MAX_SDP_LENGTH,
  MAX_SEALED_BYTES,
  MAX_SIGNALING_FRAME,
  MAX_SIGNALING_URLS,
  SIGNALING_BURST,
  SIGNALING_DEAD_MS,
  SIGNALING_PING_MS,
} from '../../src/net/limits.ts';
import {
  createHub,
  createRandom,
  createTestClock,
  fakeSecret,
  settle,
  URL_ONE,
  URL_TWO,
  type FakeHub,
  type TestClock,
} from './harness.ts';

const TOPIC = 'topic';

interface Client {
  readonly signaling: Signaling;
  readonly received: Uint8Array[];
  opened: number;
}

function createClient(clock: TestClock, hub: FakeHub, urls: readonly string[], seed = 1): Client {
  const received: Uint8Array[] = [];
  const signaling = createSignaling({
    topic: TOPIC,
    clock,
    random: createRandom(seed),
    createSocket: (url) => hub.createSocket(url),
    onSealed: (sealed) => void received.push(sealed),
    onOpen: () => {
      client.opened += 1;
    },
    onStatus: () => undefined,
  });
  const client: Client = { signaling, received, opened: 0 };
  signaling.setUrls(urls);
  signaling.setDown(false);
  return client;
}

const publish = (data: unknown): string =>
  JSON.stringify({ type: 'publish', topic: TOPIC, data, clients: 2 });

describe('signaling servers', () => {
  test('what is published before a server is open is not lost', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const a = createClient(clock, hub, [URL_ONE]);
    const b = createClient(clock, hub, [URL_ONE], 2);
    expect(a.signaling.publish(new Uint8Array([1, 2, 250]))).toBe(false);
    await settle();
    expect(a.signaling.publish(new Uint8Array([3]))).toBe(true);
    await settle();
    expect(b.received.at(-1)).toEqual(new Uint8Array([3]));
    expect(a.received.map((m) => m[0])).toEqual([1, 3]);
  });

  test('a dead server is dialled again with growing pauses, and says so to a person', async () => {
    const clock = createTestClock();
    const hub = createHub();
    hub.dead.add(URL_ONE);
    let dials = 0;
    const counting: FakeHub = { ...hub, createSocket: (url) => (dials++, hub.createSocket(url)) };
    const client = createClient(clock, counting, [URL_ONE]);
    await clock.advance(60_000);
    expect(dials).toBeGreaterThan(5);
    expect(dials).toBeLessThan(15);
    const [status] = client.signaling.statuses();
    expect(status?.state).toBe('waiting');
    expect(status?.detail).toMatch(/cannot be reached\. The next attempt is in \d+ s\./);
    hub.dead.clear();
    await clock.advance(40_000);
    expect(client.signaling.open).toBe(1);
  });

  test('one dead server does not take the others with it', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const a = createClient(clock, hub, [URL_ONE, URL_TWO]);
    const b = createClient(clock, hub, [URL_ONE, URL_TWO], 2);
    await settle();
    hub.kill(URL_ONE);
    a.signaling.publish(new Uint8Array([7]));
    await settle();
    expect(b.received).toEqual([new Uint8Array([7])]);
    expect(a.signaling.statuses().map((s) => s.state)).toEqual(['waiting', 'open']);
  });

  test('a server that has gone silent is left', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const client = createClient(clock, hub, [URL_ONE]);
    await settle();
    const [socket] = hub.sockets;
    if (socket) socket.send = (text) => void socket.sent.push(text);
    await clock.advance(SIGNALING_DEAD_MS + 2 * SIGNALING_PING_MS);
    expect(socket?.closed).toBe(true);
    expect(client.opened).toBeGreaterThan(1);
  });

  test('pings keep an idle server', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const client = createClient(clock, hub, [URL_ONE]);
    await clock.advance(10 * SIGNALING_DEAD_MS);
    expect(client.opened).toBe(1);
    expect([...hub.sockets][0]?.sent.filter((f) => f.includes('ping')).length).toBeGreaterThan(10);
  });

  test('malformed, foreign and oversized frames are dropped, and the next good one is not', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const client = createClient(clock, hub, [URL_ONE]);
    await settle();
    const [socket] = hub.sockets;
    const bad: unknown[] = [
      '',
      '{',
      'null',
      '[]',
      '"publish"',
      '{"type":"publish"}',
      JSON.stringify({ type: 'publish', topic: 'another', data: 'AQ==' }),
      publish(5),
      publish({ a: 1 }),
      publish('not base64 !!'),
      '{"type":"error","error":{"type":"rate-limited"}}',
      publish('A'.repeat(MAX_SIGNALING_FRAME)),
      new ArrayBuffer(8),
      undefined,
    ];
    for (const frame of bad) socket?.deliver(frame);
    expect(client.received).toEqual([]);
    socket?.deliver(publish('AQ=='));
    expect(client.received).toEqual([new Uint8Array([1])]);
    expect(client.signaling.open).toBe(1);
  });

  test('a flood from one server is cut, not queued', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const client = createClient(clock, hub, [URL_ONE]);
    await settle();
    const [socket] = hub.sockets;
    for (let i = 0; i < 3 * SIGNALING_BURST; i++) socket?.deliver(publish('AQ=='));
    // One of them was the answer to the first ping.
    expect(client.received.length).toBe(SIGNALING_BURST - 1);
  });

  test('floods on topics of earlier epochs take nothing from the topic of today', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const heard: string[] = [];
    const signaling = createSignaling({
      topic: 'today',
      formerTopics: ['before', 'long ago'],
      clock,
      random: createRandom(1),
      createSocket: (url) => hub.createSocket(url),
      onSealed: (_, topic) => void heard.push(topic),
      onOpen: () => undefined,
      onStatus: () => undefined,
    });
    signaling.setUrls([URL_ONE]);
    signaling.setDown(false);
    await settle();
    const [socket] = hub.sockets;
    const on = (topic: string): string => JSON.stringify({ type: 'publish', topic, data: 'AQ==' });
    for (let i = 0; i < SIGNALING_BURST; i++) socket?.deliver(on(i % 2 === 0 ? 'before' : 'long ago'));
    expect(heard.length).toBe(FORMER_FRAMES_BURST);
    expect(new Set(heard)).toEqual(new Set(['before', 'long ago']));
    for (let i = 0; i < SIGNALING_BURST; i++) socket?.deliver(on('today'));
    // One of them was the answer to the first ping.
    expect(heard.filter((topic) => topic === 'today').length).toBe(SIGNALING_BURST - 1);
    await clock.advance(1000);
    socket?.deliver(on('of nobody here'));
    expect(heard).not.toContain('of nobody here');
    // What waits for a server to open is for members: an answer to who knocked is of no use later.
    signaling.setDown(true);
    signaling.setDown(false);
    expect(signaling.publish(new Uint8Array([7]), 'before')).toBe(false);
    await settle();
    expect(hub.frames.filter((frame) => frame.includes('publish'))).toEqual([]);
  });

  test('a URL that is none fails with the next step, and is not tried again', async () => {
    const clock = createTestClock();
    const client = createClient(clock, createHub(), ['http://nowhere', URL_ONE]);
    await clock.advance(60_000);
    expect(client.signaling.statuses().map((s) => s.state)).toEqual(['failed', 'open']);
    expect(client.signaling.statuses()[0]?.detail).toContain('settings');
  });

  test('changing the list keeps the socket that stays and closes the one that goes', async () => {
    const clock = createTestClock();
    const hub = createHub();
    const client = createClient(clock, hub, [URL_ONE, URL_TWO]);
    await settle();
    const before = [...hub.sockets];
    client.signaling.setUrls([URL_TWO, 'ws://three.test']);
    await settle();
    expect(before.map((s) => s.closed)).toEqual([true, false]);
    expect(client.signaling.statuses().map((s) => s.url)).toEqual([URL_TWO, 'ws://three.test']);
  });

  test('a long list is cut', () => {
    const client = createClient(
      createTestClock(),
      createHub(),
      Array.from({ length: 50 }, (_, i) => `ws://s${i}.test`),
    );
    expect(client.signaling.statuses()).toHaveLength(MAX_SIGNALING_URLS);
  });

  test('offline closes every socket and leaves no timer', async () => {
    const clock = createTestClock();
    const hub = createHub();
    hub.dead.add(URL_ONE);
    const client = createClient(clock, hub, [URL_ONE, URL_TWO]);
    await settle();
    client.signaling.setDown(true);
    await settle();
    expect(clock.pending).toBe(0);
    expect(hub.sockets.size).toBe(0);
    expect(client.signaling.statuses().map((s) => s.state)).toEqual(['off', 'off']);
  });
});

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('hex'));
const index = fc.integer({ min: 0, max: 9 }) as unknown as fc.Arbitrary<MemberIndex>;
const instance = hex(16) as fc.Arbitrary<InstanceId>;
const message: fc.Arbitrary<MeshMessage> = fc.oneof(
  fc.record({
    type: fc.constant('announce' as const),
    id: hex(8),
    from: index,
    instance,
    want: fc.array(index, { maxLength: 16 }),
  }),
  fc.record({
    type: fc.constant('signal' as const),
    id: hex(8),
    from: index,
    instance,
    to: instance,
    peer: hex(16),
    data: fc.oneof(
      fc.record({ type: fc.constantFrom('offer' as const, 'answer' as const), sdp: fc.string() }),
      fc.record({
        type: fc.constant('candidate' as const),
        candidate: fc.record({
          candidate: fc.string(),
          sdpMid: fc.option(fc.string({ maxLength: 8 })),
          sdpMLineIndex: fc.option(fc.integer({ min: 0, max: 15 })),
        }),
      }),
    ),
  }),
);

describe('messages under the join secret', () => {
  test('no message is changed by encoding and parsing', () => {
    fc.assert(
      fc.property(message, (m) => {
        expect(parseMessage(encodeMessage(m), 10)).toEqual(m);
      }),
    );
  });

  test('no bytes crash the parser', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseMessage(bytes, 10)));
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (m, at, value) => {
        const bytes = encodeMessage(m);
        bytes[at % bytes.length] = value;
        parseMessage(bytes, 10);
      }),
    );
  });

  test('a member that does not exist is not taken', () => {
    const m: MeshMessage = {
      type: 'announce',
      id: '00'.repeat(8),
      from: 4 as MemberIndex,
      instance: '00'.repeat(16) as InstanceId,
      want: [],
    };
    expect(parseMessage(encodeMessage(m), 5)).toEqual(m);
    expect(parseMessage(encodeMessage(m), 4)).toBeNull();
  });

  test.each([
    ['a second description by renegotiation', { type: 'renegotiate', renegotiate: true }],
    ['a request for media', { type: 'transceiverRequest', transceiverRequest: { kind: 'video' } }],
    ['an SDP that is too long', { type: 'offer', sdp: 'a'.repeat(MAX_SDP_LENGTH + 1) }],
    [
      'a candidate that is too long',
      { type: 'candidate', candidate: { candidate: 'a'.repeat(MAX_CANDIDATE_LENGTH + 1) } },
    ],
    ['a candidate without a line', { type: 'candidate', candidate: {} }],
    ['nothing', null],
  ])('%s does not reach the page', (_, data) => {
    expect(parseSignalData(data)).toBeNull();
  });

  test('the largest offer fits a sealed message and a frame', async () => {
    const m: MeshMessage = {
      type: 'signal',
      id: '00'.repeat(8),
      from: 1 as MemberIndex,
      instance: '00'.repeat(16) as InstanceId,
      to: '00'.repeat(16) as InstanceId,
      peer: '00'.repeat(16),
      data: { type: 'offer', sdp: 'a'.repeat(MAX_SDP_LENGTH) },
    };
    const { length } = encodeMessage(m);
    expect(length + 64).toBeLessThanOrEqual(MAX_SEALED_BYTES);
    expect(publish(Buffer.alloc(MAX_SEALED_BYTES).toString('base64')).length).toBeLessThanOrEqual(
      MAX_SIGNALING_FRAME,
    );
  });

  test('a slow seal does not let a candidate overtake its offer', async () => {
    const secret = fakeSecret('s');
    let calls = 0;
    const envelope = createEnvelope({
      ...secret,
      async encrypt(plain) {
        if (calls++ === 0) await settle();
        return plain;
      },
    });
    const order: number[] = [];
    envelope.seal(new Uint8Array([1]), (s) => void order.push(s[0] ?? 0));
    envelope.seal(new Uint8Array([2]), (s) => void order.push(s[0] ?? 0));
    await settle();
    await settle();
    expect(order).toEqual([1, 2]);
  });

  test('what a stranger sealed is dropped', async () => {
    const got: Uint8Array[] = [];
    createEnvelope(fakeSecret('ours')).open(
      await fakeSecret('theirs').encrypt(new Uint8Array([1])),
      (plain) => void got.push(plain),
    );
    await settle();
    expect(got).toEqual([]);
  });
});
