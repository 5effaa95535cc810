/**
 * Property-based fuzzing over real sockets. A sample runs with the other tests; the long run is
 *
 *     SIGNALING_FUZZ_RUNS=20000 npx vitest run test/signaling/fuzz.test.ts
 *
 * Each run is a server with limits of its own and a script of what a few strangers do to it: frames that are nearly
 * right, JSON of any shape, binary, WebSocket frames by hand, bytes that are none, pausing, vanishing. After every step
 * whatever the server keeps must be within its limits, and a client that behaves must be served. SIGNALING_FUZZ_SEED
 * repeats a run; fast-check prints the seed and the smallest script when one fails.
 */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultLimits, withDefaults } from '../../signaling-server/limits.ts';
import type { Limits } from '../../signaling-server/limits.ts';
import { decodeEnvelope, encodeEnvelope } from '../../signaling-server/envelope.ts';
import type { Envelope } from '../../signaling-server/envelope.ts';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer } from '../../signaling-server/server.ts';
import { connect } from './client.ts';
import type { Client, Frame } from './client.ts';

const runs = Number(process.env.SIGNALING_FUZZ_RUNS ?? 25);
const seed =
  process.env.SIGNALING_FUZZ_SEED === undefined ? {} : { seed: Number(process.env.SIGNALING_FUZZ_SEED) };

const SOCKETS = 6;

type Step =
  | { readonly do: 'open' | 'end' | 'destroy' | 'pause' | 'resume'; readonly who: number }
  /** WebSocket frames with these payloads. */
  | {
      readonly do: 'frames';
      readonly who: number;
      readonly opcode: number;
      readonly payloads: readonly Buffer[];
    }
  /** A message in pieces, whose last may be missing. */
  | {
      readonly do: 'pieces';
      readonly who: number;
      readonly pieces: readonly Buffer[];
      readonly whole: boolean;
    }
  | { readonly do: 'bytes'; readonly who: number; readonly bytes: Buffer };

const who = fc.nat(SOCKETS - 1);
const topic = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', '', '__proto__', 'constructor', 'é'.repeat(200)) },
  { weight: 1, arbitrary: fc.string() },
);
const nearly = fc
  .record({
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('subscribe', 'unsubscribe', 'publish', 'ping') },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
    topics: fc.oneof(
      { weight: 4, arbitrary: fc.array(topic, { maxLength: 12 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
      {
        weight: 1,
        arbitrary: fc.nat(100_000).map((from) => Array.from({ length: 20 }, (_, i) => `many ${from + i}`)),
      },
    ),
    topic: fc.oneof({ weight: 6, arbitrary: topic }, { weight: 1, arbitrary: fc.jsonValue() }),
    data: fc.oneof(
      fc.jsonValue(),
      fc.nat(40_000).map((length) => 'x'.repeat(length)),
    ),
  })
  .map((frame) => JSON.stringify(frame));
const deep = fc
  .nat(10_000)
  .map((depth) => `{"type":"publish","topic":"a","d":${'['.repeat(depth)}${']'.repeat(depth)}}`);
const text = fc.oneof(
  { weight: 6, arbitrary: nearly },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.nat(200_000).map((length) => 'y'.repeat(length)) },
);
const payload = fc.oneof(
  { weight: 5, arbitrary: text.map((one) => Buffer.from(one)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one)) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('open' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'destroy' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const), who }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('frames' as const),
      who,
      // Text mostly; binary, close, ping, pong, a piece without a beginning, and one that does not exist.
      opcode: fc.oneof(
        { weight: 12, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.constantFrom(0, 2, 3, 8, 9, 10) },
      ),
      payloads: fc.array(payload, { minLength: 1, maxLength: 20, size: 'max' }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pieces' as const),
      who,
      pieces: fc.array(payload, { maxLength: 70, size: 'max' }),
      whole: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bytes' as const), who, bytes: payload }) },
);

/** Tight ones are run into at once, loose ones let much through. */
const limits = fc.record<Partial<Limits>>({
  maxTopics: fc.constantFrom(3, 200),
  maxTopicsPerConnection: fc.constantFrom(2, 64),
  maxSubscribersPerTopic: fc.constantFrom(2, 1_024),
  maxConnections: fc.constantFrom(4, 100),
  maxConnectionsPerAddress: fc.constantFrom(3, 100),
  messageBurst: fc.constantFrom(20, 1_000_000),
  strikeBurst: fc.constantFrom(2, 1_000_000),
  maxBufferedBytes: fc.constantFrom(60_000, 1_000_000),
  maxBufferedTotalBytes: fc.constantFrom(100_000, 10_000_000),
  maxClosing: fc.constantFrom(1, 100),
  // Not shorter: the witness shares this process, which may be held up on a busy machine.
  heartbeatMs: fc.constantFrom(5_000, 30_000),
  closeGraceMs: fc.constant(50),
  connectBurstPerAddress: fc.constant(100_000),
});

test(
  'no script of strangers makes the server fail, keep more than its limits, or forget who behaves',
  async () => {
    let inputs = 0;
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
        async (changed, steps) => {
          // The one who behaves comes from elsewhere, and what strangers use up is not taken from it.
          const all = withDefaults({ ...changed, maxConnections: (changed.maxConnections ?? 0) + 1 });
          const server = await createServer({ port: 0, limits: all, trustProxy: true });
          const strangers = new Map<number, Socket>();
          try {
            const witness = await connect(server, '/signal', { 'X-Forwarded-For': '192.0.2.1' });
            const ping = pinging(witness, all);
            for (const one of steps) {
              inputs += await perform(one, server, strangers);
              expect(await ping()).toEqual({ type: 'pong' });
              expectWithin(server, all);
            }
            for (const socket of strangers.values()) socket.destroy();
            await expect.poll(() => server.stats().connections, { interval: 5 }).toBe(1);
            expect(server.stats()).toMatchObject({ topics: 0, subscriptions: 0, connections: 1 });
            witness.socket.terminate();
          } finally {
            await server.close();
            for (const socket of strangers.values()) socket.destroy();
          }
          await expect
            .poll(() => server.stats(), { interval: 5 })
            .toMatchObject({ connections: 0, closing: 0, topics: 0, buffered: 0 });
        },
      ),
      { numRuns: runs, ...seed },
    );
    if (process.env.SIGNALING_FUZZ_RUNS !== undefined)
      console.log(`${inputs} frames and pieces in ${runs} runs.`);
  },
  24 * 3_600_000,
);

test('what comes through Redis makes an instance throw, or comes out other than it went in', () => {
  const id = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const envelope: fc.Arbitrary<Envelope> = fc.oneof(
    fc.record({
      kind: fc.constant('body' as const),
      instance: id,
      sender: id,
      body: fc
        .dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
        .map((json) => Buffer.from(JSON.stringify(json))),
    }),
    fc.record({
      kind: fc.constantFrom('count' as const, 'ask' as const),
      instance: id,
      count: fc.nat(4_096),
    }),
    fc.record({ kind: fc.constantFrom('beat' as const, 'bye' as const), instance: id }),
  );
  fc.assert(
    fc.property(envelope, (one) => {
      expect(decodeEnvelope(encodeEnvelope(one), defaultLimits)).toEqual(one);
    }),
    { numRuns: 500 },
  );
  const head = fc.constantFrom([], [1], [1, 0], [1, 1], [1, 2], [1, 3], [1, 4], [1, 5]);
  const anything = fc
    .tuple(head, fc.uint8Array({ maxLength: 60 }))
    .map(([a, b]) => Buffer.from([...a, ...b]));
  fc.assert(
    fc.property(anything, (bytes) => {
      const decoded = decodeEnvelope(bytes, defaultLimits);
      if (decoded) expect(encodeEnvelope(decoded)).toEqual(bytes);
    }),
    { numRuns: 5_000 },
  );
});

/**
 * A ping and what came back, by one who keeps to the rate: the burst at once, then each ping after the time in which it is
 * earned. The server counts a ping before its answer is here, so it has earned at least as much as we waited for: whatever
 * is not a pong was taken from this connection's allowance by somebody else.
 */
function pinging(witness: Client, { messageBurst, messagesPerSecond }: Limits): () => Promise<Frame> {
  let atOnce = messageBurst;
  // A timer may fire up to a millisecond early.
  const earned = Math.ceil(1000 / messagesPerSecond) + 1;
  return async () => {
    if (atOnce > 0) atOnce -= 1;
    else await new Promise((resolve) => setTimeout(resolve, earned));
    witness.send({ type: 'ping' });
    return witness.next();
  };
}

/** @returns how many inputs it was. */
async function perform(one: Step, server: RunningServer, strangers: Map<number, Socket>): Promise<number> {
  let socket = strangers.get(one.who);
  if (one.do === 'open' || !socket || socket.destroyed) {
    socket?.destroy();
    // It may be turned away at once, and then the step goes nowhere.
    socket = await open(server);
    strangers.set(one.who, socket);
  }
  switch (one.do) {
    case 'open':
      return 0;
    case 'end':
      socket.end();
      return 0;
    case 'destroy':
      socket.destroy();
      return 0;
    case 'pause':
      socket.pause();
      return 0;
    case 'resume':
      socket.resume();
      return 0;
    case 'frames':
      socket.write(Buffer.concat(one.payloads.map((bytes) => frame(one.opcode, bytes, true))));
      return one.payloads.length;
    case 'pieces':
      one.pieces.forEach((bytes, i) => {
        const last = one.whole && i === one.pieces.length - 1;
        socket.write(frame(i === 0 ? 1 : 0, bytes, last));
      });
      return one.pieces.length;
    case 'bytes':
      socket.write(one.bytes);
      return 1;
  }
}

async function open(server: RunningServer): Promise<Socket> {
  const socket = connectTcp(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'GET /signal HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Forwarded-For: 192.0.2.2\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  return socket;
}

/** A client's frame (RFC 6455, 5.2); control frames may be longer than they are allowed to be. */
function frame(opcode: number, payload: Buffer, fin: boolean): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (length < 126) {
    head[1] = 0x80 | length;
  } else if (length < 65_536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

function expectWithin(server: RunningServer, all: Limits): void {
  const { connections, closing, topics, subscriptions, addresses, buffered } = server.stats();
  expect(connections).toBeLessThanOrEqual(all.maxConnections);
  expect(closing).toBeLessThanOrEqual(all.maxClosing);
  expect(topics).toBeLessThanOrEqual(all.maxTopics);
  expect(subscriptions).toBeLessThanOrEqual(connections * all.maxTopicsPerConnection);
  expect(addresses).toBeLessThanOrEqual(2 * all.maxConnections);
  // Over what all may hold, each may have an even share and the frame that found it there.
  const share = all.maxBufferedTotalBytes / all.maxConnections + all.hardFrameBytes;
  expect(buffered).toBeLessThanOrEqual(all.maxBufferedTotalBytes + connections * share);
}
