import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromDataChannel } from '../../src/net/mesh/channel.ts';
import {
  byeFrame,
  createReassembly,
  helloFrame,
  parseFrame,
  partFrame,
  relayFrame,
  type Frame,
  type Lane,
} from '../../src/net/mesh/frames.ts';
import { createFraming, type Framing } from '../../src/net/mesh/framing.ts';
import {
  BULK_HIGH_WATER,
  DEAD_AFTER_MS,
  LATE_TIMER_MS,
  MAX_FRAME_BYTES,
  MAX_HANDSHAKE_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_VOTE_QUEUE_MESSAGES,
  PING_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
} from '../../src/net/limits.ts';
import type { Ending } from '../../src/net/mesh/options.ts';
import type { InstanceId } from '../../src/codec/brand.ts';
import { createChannel, createTestClock, settle, type FakeChannel, type TestClock } from './harness.ts';

const FIRST_CONTENT = MAX_FRAME_BYTES - 6;
const REST_CONTENT = MAX_FRAME_BYTES - 2;
/** Around every border of the chunking, and anything else. */
const sizes = fc.oneof(
  fc.constantFrom(
    0,
    1,
    FIRST_CONTENT - 1,
    FIRST_CONTENT,
    FIRST_CONTENT + 1,
    FIRST_CONTENT + REST_CONTENT,
    FIRST_CONTENT + REST_CONTENT + 1,
  ),
  fc.integer({ min: 0, max: 300_000 }),
);
const lanes = fc.constantFrom<Lane>('vote', 'bulk');

function fill(length: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + salt) & 0xff;
  return bytes;
}

function chunks(lane: Lane, message: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  let offset = 0;
  do {
    const { frame, next } = partFrame(lane, message, offset);
    out.push(frame);
    offset = next;
  } while (offset < message.length);
  return out;
}

function part(bytes: Uint8Array): Extract<Frame, { kind: 'part' }> {
  const frame = parseFrame(bytes);
  if (typeof frame === 'string' || frame.kind !== 'part')
    throw new Error(`no part: ${JSON.stringify(frame)}`);
  return frame;
}

describe('parts of messages', () => {
  test('no size and no interleaving of the two lanes changes a message', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(lanes, sizes), { maxLength: 5 }),
        fc.infiniteStream(fc.boolean()),
        (messages, choice) => {
          const queues: Record<Lane, Uint8Array[]> = { vote: [], bulk: [] };
          const expected: Record<Lane, Uint8Array[]> = { vote: [], bulk: [] };
          const got: Record<Lane, Uint8Array[]> = { vote: [], bulk: [] };
          messages.forEach(([lane, size], i) => {
            const message = fill(size, i);
            expected[lane].push(message);
            queues[lane].push(...chunks(lane, message));
          });
          const reassembly = createReassembly();
          while (queues.vote.length + queues.bulk.length > 0) {
            const lane: Lane =
              queues.bulk.length === 0 || (queues.vote.length > 0 && choice.next().value) ? 'vote' : 'bulk';
            const frame = queues[lane].shift() ?? new Uint8Array();
            expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
            const taken = reassembly.take(part(frame));
            expect(typeof taken).not.toBe('string');
            if (taken instanceof Uint8Array) got[lane].push(taken);
          }
          for (const lane of ['vote', 'bulk'] as const) {
            expect(got[lane].length).toBe(expected[lane].length);
            got[lane].forEach((m, i) =>
              expect(Buffer.compare(m, expected[lane][i] ?? new Uint8Array())).toBe(0),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('no bytes whatever crash the parser or grow the memory beyond what arrived', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }),
        fc.constantFrom(0x10, 0x11, 0x04, 0x07),
        (frames, kind) => {
          const reassembly = createReassembly();
          for (const bytes of frames) {
            for (const frame of [parseFrame(bytes), parseFrame(Uint8Array.from([kind, ...bytes]))]) {
              if (typeof frame === 'string' || frame.kind !== 'part') continue;
              const taken = reassembly.take(frame);
              if (taken instanceof Uint8Array) expect(taken.length).toBe(frame.content.length);
            }
          }
        },
      ),
    );
  });

  const whole = (message: Uint8Array): [Uint8Array, Uint8Array] =>
    chunks('bulk', message) as [Uint8Array, Uint8Array];
  const takeAll = (frames: readonly Uint8Array[]): unknown => {
    const reassembly = createReassembly();
    let last: unknown = null;
    for (const frame of frames) {
      const parsed = parseFrame(frame);
      if (typeof parsed === 'string') return parsed;
      if (parsed.kind === 'part') last = reassembly.take(parsed);
      if (typeof last === 'string') return last;
    }
    return last;
  };
  const [first, second] = whole(fill(100_000, 1));
  const patched = (frame: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = frame.slice();
    copy[at] = value;
    return copy;
  };

  test.each([
    ['a second part without a first', [second], 'malformed-message'],
    ['a first part while another message is open', [first, first], 'malformed-message'],
    ['a middle part that is not full', [first, patched(second, 1, 0)], 'malformed-message'],
    [
      'a message that ends before its length',
      [patched(chunks('bulk', fill(9, 1))[0] ?? first, 5, 10)],
      'malformed-message',
    ],
    [
      'a message that is longer than it said',
      [patched(chunks('bulk', fill(9, 1))[0] ?? first, 5, 8)],
      'malformed-message',
    ],
    ['an unknown flag', [patched(first, 1, 4)], 'malformed-message'],
    ['an unknown kind', [patched(first, 0, 0x7f)], 'malformed-message'],
    ['no bytes at all', [new Uint8Array()], 'malformed-message'],
    ['a frame over 64 KiB', [new Uint8Array(MAX_FRAME_BYTES + 1).fill(0x10)], 'oversized-message'],
    ['a message that says it is over 2 MiB', [patched(first, 2, 0xff)], 'oversized-message'],
    [
      'a bye with a reason that does not exist',
      [Uint8Array.from([4, 0xa1, 0x66, ...Buffer.from('reason'), 0x61, 0x78])],
      'malformed-message',
    ],
    ['a relay with more hops than anybody sends', [relayFrame(200, new Uint8Array(10))], 'malformed-message'],
  ])('%s is refused', (_, frames, fault) => {
    expect(takeAll(frames)).toBe(fault);
  });

  test('the largest message passes', () => {
    expect((takeAll(chunks('bulk', fill(MAX_MESSAGE_BYTES, 3))) as Uint8Array).length).toBe(
      MAX_MESSAGE_BYTES,
    );
  });

  test('a bye keeps its reason and the twin that it names', () => {
    expect(parseFrame(byeFrame('duplicate-link', '0f'.repeat(16) as InstanceId))).toEqual({
      kind: 'bye',
      reason: 'duplicate-link',
      twin: '0f'.repeat(16),
    });
  });
});

interface End {
  readonly channel: FakeChannel;
  readonly framing: Framing;
  readonly messages: Uint8Array[];
  readonly endings: Ending[];
}

async function pair(clock: TestClock, establish = true): Promise<[End, End]> {
  const channels = [createChannel(), createChannel()] as const;
  channels[0].other = channels[1];
  channels[1].other = channels[0];
  const [a, b] = channels.map((channel): End => {
    const messages: Uint8Array[] = [];
    const endings: Ending[] = [];
    const framing = createFraming(fromDataChannel(channel), clock, {
      onOpen: () => undefined,
      onHandshakeFrame: () => undefined,
      onMessage: (bytes) => void messages.push(bytes),
      onRelay: () => undefined,
      onHints: () => undefined,
      onRtt: () => undefined,
      onEnd: (ending) => void endings.push(ending),
    });
    return { channel, framing, messages, endings };
  }) as [End, End];
  channels.forEach((channel) => channel.open());
  if (establish) {
    a.framing.establish();
    b.framing.establish();
  }
  await settle();
  return [a, b];
}

describe('a link under load', () => {
  test('a vote overtakes the bulk that waits, between two of its parts', async () => {
    const [a, b] = await pair(createTestClock());
    a.channel.stalled = true;
    a.framing.send(fill(1_000_000, 1), 'bulk');
    a.framing.send(new Uint8Array([9]), 'vote');
    expect(a.channel.bufferedAmount).toBeLessThan(BULK_HIGH_WATER + MAX_FRAME_BYTES + 100);
    a.channel.stalled = false;
    a.channel.flush();
    await settle();
    expect(b.messages.map((m) => m.length)).toEqual([1, 1_000_000]);
  });

  test('a peer that reads nothing costs bounded memory, is told no for bulk, and loses the link for votes', async () => {
    const [a] = await pair(createTestClock());
    a.channel.stalled = true;
    let bulk = 0;
    while (a.framing.send(fill(100_000, 1), 'bulk')) bulk += 1;
    expect(bulk).toBeGreaterThan(10);
    expect(bulk * 100_000).toBeLessThan(8 * 1024 * 1024);
    expect(a.endings).toEqual([]);
    let votes = 0;
    while (a.framing.send(new Uint8Array(200), 'vote')) votes += 1;
    expect(votes).toBeGreaterThanOrEqual(MAX_VOTE_QUEUE_MESSAGES);
    expect(a.endings).toEqual([{ reason: 'timeout', told: false }]);
  });

  test('silence ends a link, and the reason is timeout', async () => {
    const clock = createTestClock();
    const [a, b] = await pair(clock);
    a.channel.cut = b.channel.cut = true;
    await clock.advance(DEAD_AFTER_MS + 2 * PING_INTERVAL_MS);
    expect(a.endings).toEqual([{ reason: 'timeout', told: false }]);
  });

  test('an idle link stays', async () => {
    const clock = createTestClock();
    const [a, b] = await pair(clock);
    await clock.advance(10 * DEAD_AFTER_MS);
    expect([a.endings, b.endings]).toEqual([[], []]);
    expect(a.framing.rtt).toBe(0);
  });

  test('a worker that was frozen does not take its own sleep for the silence of others', async () => {
    const clock = createTestClock();
    let asleep = 0;
    const lagging: TestClock = { ...clock, now: () => clock.now() + asleep };
    const [a] = await pair(lagging);
    asleep = 60_000;
    await clock.advance(PING_INTERVAL_MS + 100);
    expect(a.endings).toEqual([]);
  });

  test('a probe tells a live link from a dead one', async () => {
    const clock = createTestClock();
    const [a, b] = await pair(clock);
    const answers: boolean[] = [];
    a.framing.probe(PROBE_TIMEOUT_MS, (alive) => void answers.push(alive));
    await clock.advance(10);
    a.channel.cut = b.channel.cut = true;
    a.framing.probe(PROBE_TIMEOUT_MS, (alive) => void answers.push(alive));
    await clock.advance(PROBE_TIMEOUT_MS);
    expect(answers).toEqual([true, false]);
  });

  test('a worker that was busy does not take an unread answer for a dead link', async () => {
    const clock = createTestClock();
    let busy = 0;
    const lagging: TestClock = { ...clock, now: () => clock.now() + busy };
    const [a, b] = await pair(lagging);
    const answers: boolean[] = [];
    // What comes waits until the worker has read its clock.
    b.channel.stalled = true;
    a.framing.probe(PROBE_TIMEOUT_MS, (alive) => void answers.push(alive));
    busy = 500;
    await clock.advance(PROBE_TIMEOUT_MS);
    expect(answers).toEqual([]);
    b.channel.stalled = false;
    b.channel.flush();
    await clock.advance(LATE_TIMER_MS);
    expect(answers).toEqual([true]);
    // A dead one is one all the same.
    a.channel.cut = b.channel.cut = true;
    a.framing.probe(PROBE_TIMEOUT_MS, (alive) => void answers.push(alive));
    busy += 500;
    await clock.advance(PROBE_TIMEOUT_MS + LATE_TIMER_MS);
    expect(answers).toEqual([true, false]);
  });

  test('a message before the handshake ends the link', async () => {
    const [a, b] = await pair(createTestClock(), false);
    a.channel.send(partFrame('vote', new Uint8Array(3), 0).frame);
    await settle();
    expect(b.endings).toEqual([{ reason: 'handshake-failed', told: false }]);
    expect(b.messages).toEqual([]);
    expect(a.endings).toEqual([{ reason: 'handshake-failed', told: true }]);
  });

  test('a hello that is too large is not read', async () => {
    const [a, b] = await pair(createTestClock(), false);
    a.channel.send(helloFrame(new Uint8Array(MAX_HANDSHAKE_FRAME_BYTES + 1)));
    await settle();
    expect(b.endings[0]?.reason).toBe('oversized-message');
  });

  test('a text message on the channel is malformed', async () => {
    const [a, b] = await pair(createTestClock());
    (b.channel.onmessage as ((event: unknown) => void) | null)?.({ data: 'hello' });
    await settle();
    expect(a.endings).toEqual([{ reason: 'malformed-message', told: true }]);
  });

  test('after the end nothing is delivered and nothing more is reported', async () => {
    const [a, b] = await pair(createTestClock());
    b.framing.end('rate-limit', true);
    const late = partFrame('vote', new Uint8Array(3), 0).frame;
    (b.channel.onmessage as ((event: unknown) => void) | null)?.({ data: late.buffer });
    expect(a.framing.send(new Uint8Array(1), 'vote') && b.framing.send(new Uint8Array(1), 'vote')).toBe(
      false,
    );
    await settle();
    expect(a.endings).toEqual([{ reason: 'rate-limit', told: true }]);
    expect(b.endings).toHaveLength(1);
    expect(b.messages).toEqual([]);
  });

  test('the byte counters count what crossed', async () => {
    const [a, b] = await pair(createTestClock());
    const before = b.framing.bytesReceived;
    a.framing.send(new Uint8Array(1_000), 'bulk');
    await settle();
    expect(b.framing.bytesReceived - before).toBe(1_006);
  });
});
