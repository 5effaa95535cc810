import { describe, expect, test } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import { fromPort, type PortLike } from '../../src/net/mesh/channel.ts';
import { chooseNeighbours, hasRoomFor } from '../../src/net/mesh/neighbours.ts';
import { backoff, createDelayLine, createTokenBucket } from '../../src/net/mesh/pace.ts';
import { bridge } from '../../src/net/page/bridge.ts';
import { fingerprintOf } from '../../src/net/page/fingerprint.ts';
import { createChannel, createRandom, createTestClock, settle } from './harness.ts';

const PRINT = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase()).join(':');
const DIGITS = PRINT.replaceAll(':', '').toLowerCase();

describe('fingerprints', () => {
  test('case and colons do not make two of one', () => {
    expect(
      fingerprintOf(
        `v=0\r\na=fingerprint:sha-256 ${PRINT}\r\nm=application\r\na=fingerprint:SHA-256 ${PRINT.toLowerCase()}\r\n`,
      ),
    ).toBe(DIGITS);
  });

  test.each([
    ['none', 'v=0\r\n'],
    [
      'two that differ',
      `a=fingerprint:sha-256 ${PRINT}\r\na=fingerprint:sha-256 ${PRINT.replace('00', '11')}\r\n`,
    ],
    ['another hash beside it', `a=fingerprint:sha-256 ${PRINT}\r\na=fingerprint:sha-1 ${PRINT}\r\n`],
    ['a short one', 'a=fingerprint:sha-256 00:11\r\n'],
  ])('a description with %s binds nobody', (_, sdp) => {
    expect(fingerprintOf(sdp)).toBeNull();
  });
});

describe('the port path', () => {
  test('bytes, backpressure, opening and closing pass the port', async () => {
    const near = createChannel();
    const far = createChannel();
    near.other = far;
    far.other = near;
    const { port1, port2 } = new MessageChannel();
    bridge(near as unknown as RTCDataChannel, port1);
    const channel = fromPort(port2 as unknown as PortLike);
    const events: string[] = [];
    const frames: Uint8Array[] = [];
    channel.attach({
      onOpen: () => void events.push('open'),
      onFrame: (frame) => void frames.push(frame ?? new Uint8Array()),
      onClose: () => void events.push('close'),
      onDrain: () => void events.push('drain'),
    });
    expect(channel.send(new Uint8Array(1))).toBe(false);
    near.stalled = true;
    near.open();
    far.open();
    await settle();
    for (let i = 0; i < 10; i++) expect(channel.send(new Uint8Array(60_000))).toBe(true);
    await settle();
    expect(channel.bufferedAmount).toBeGreaterThan(200_000);
    near.stalled = false;
    near.flush();
    await settle();
    await settle();
    expect(channel.bufferedAmount).toBe(0);
    expect(far.readyState).toBe('open');
    far.send(new Uint8Array([5]));
    await settle();
    expect(frames).toEqual([new Uint8Array([5])]);
    channel.close();
    await settle();
    expect(near.readyState).toBe('closed');
    expect(events).toEqual(['open', 'drain', 'close']);
    port1.close();
  });
});

describe('neighbours', () => {
  const all = (n: number): MemberIndex[] => Array.from({ length: n }, (_, i) => i as MemberIndex);
  const none = new Set<MemberIndex>();

  test('nobody is left out of a small network', () => {
    expect(
      chooseNeighbours({
        members: 16,
        candidates: all(15),
        linked: none,
        kept: none,
        random: createRandom(1),
      }).size,
    ).toBe(15);
  });

  test('a large network is not always surrounded by the same seven', () => {
    const pick = (seed: number): string =>
      [
        ...chooseNeighbours({
          members: 100,
          candidates: all(99),
          linked: none,
          kept: none,
          random: createRandom(seed),
        }),
      ]
        .sort()
        .join();
    expect(pick(1).split(',')).toHaveLength(7);
    expect(new Set([1, 2, 3, 4, 5].map(pick)).size).toBe(5);
  });

  test('links that others asked for do not take the place of the own random choice', () => {
    const chosen = chooseNeighbours({
      members: 100,
      candidates: all(99),
      linked: new Set(all(14)),
      kept: none,
      random: createRandom(3),
    });
    expect(chosen.size).toBe(4);
    for (const member of all(14)) expect(chosen.has(member)).toBe(false);
  });

  test('what was chosen and is linked is kept before new ones are wanted', () => {
    const linked = new Set(all(5));
    const chosen = chooseNeighbours({
      members: 100,
      candidates: all(99),
      linked,
      kept: new Set(all(3)),
      random: createRandom(3),
    });
    for (const member of all(3)) expect(chosen.has(member)).toBe(true);
    expect(chosen.size).toBe(5);
    // Three of its own, two of others, and two more of its own.
    expect(new Set([...chosen, ...linked]).size).toBe(7);
  });

  test('room is kept for the own choice, and only for it', () => {
    expect(hasRoomFor(100, 10, 0, false)).toBe(false);
    expect(hasRoomFor(100, 10, 0, true)).toBe(true);
    expect(hasRoomFor(100, 13, 4, false)).toBe(true);
    expect(hasRoomFor(100, 14, 4, true)).toBe(false);
    expect(hasRoomFor(16, 14, 0, false)).toBe(true);
  });
});

describe('pace', () => {
  test('waits grow to their limit and two members do not wait equally long', () => {
    const random = createRandom(4);
    for (let failures = 1; failures < 60; failures++) {
      const wait = backoff(failures, 500, 20_000, random);
      const full = Math.min(20_000, 500 * 2 ** (failures - 1));
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full);
    }
    expect(backoff(9, 500, 20_000, random)).not.toBe(backoff(9, 500, 20_000, random));
  });

  test('a bucket gives its burst and then its rate', async () => {
    const clock = createTestClock();
    const bucket = createTokenBucket(clock, 3, 2);
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    await clock.advance(500);
    expect([1, 2].map(() => bucket.take())).toEqual([true, false]);
  });

  test('a delay that shrinks does not let a message overtake another', async () => {
    const clock = createTestClock();
    let delay = 1_000;
    const out: number[] = [];
    const line = createDelayLine(clock, () => delay, 10);
    line.push(() => void out.push(1));
    delay = 0;
    line.push(() => void out.push(2));
    expect(out).toEqual([]);
    await clock.advance(1_000);
    line.push(() => void out.push(3));
    expect(out).toEqual([1, 2, 3]);
  });

  test('a full line sends its oldest early and loses nothing', async () => {
    const clock = createTestClock();
    const out: number[] = [];
    const line = createDelayLine(clock, () => 1_000, 2);
    for (const i of [1, 2, 3]) line.push(() => void out.push(i));
    expect(out).toEqual([1]);
    await clock.advance(1_000);
    expect(out).toEqual([1, 2, 3]);
  });
});
