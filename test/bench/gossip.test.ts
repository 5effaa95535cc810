/** Arithmetic of the study `gossip`: topologies, least hops, plans, costs, use, shares. */
import { describe, expect, test } from 'vitest';
import type { JobSamples } from '../../bench/micro/sample.ts';
import type { Usage } from '../../bench/studies/gossip/bed.ts';
import {
  costsOf,
  decidedOf,
  fromDue,
  longestWait,
  plan,
  shareInTime,
  usedOf,
  validationOf,
  type Sample,
} from '../../bench/studies/gossip/figures.ts';
import { distances, drawTopology, leastHops, neighboursOf } from '../../bench/studies/gossip/topology.ts';

const fullMesh = (n: number) => neighboursOf(n, drawTopology(n, n - 1, 1));
const sample = (more: Partial<Sample>): Sample => ({
  ...{ at: 0, late: 0, milliseconds: 100, round: 0, error: null, by: 0 },
  ...more,
});

describe('topologies', () => {
  test.each([5, 7, 10, 14])(
    'of degree %i: one piece, nobody with more links, the same again by the same seed',
    (degree) => {
      const edges = drawTopology(25, degree, 42);
      const neighbours = neighboursOf(25, edges);
      expect(distances(neighbours, 0).every(Number.isFinite)).toBe(true);
      expect(Math.max(...neighbours.map(({ size }) => size))).toBe(degree);
      expect(Math.min(...neighbours.map(({ size }) => size))).toBeGreaterThanOrEqual(degree - 2);
      expect(edges.every(([a, b]) => a < b)).toBe(true);
      expect(drawTopology(25, degree, 42)).toEqual(edges);
      expect(drawTopology(25, degree, 43)).not.toEqual(edges);
    },
  );

  test('distances count links, and what cannot be reached is infinitely far', () => {
    const path = neighboursOf(5, [
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(distances(path, 0)).toEqual([0, 1, 2, 3, Infinity]);
  });

  test('three hops in a full mesh of any size, and none where one is alone', () => {
    for (const n of [4, 7, 16]) expect(leastHops(fullMesh(n), n - 1)).toBe(3);
    expect(leastHops([new Set()], 0)).toBe(0);
  });

  test('a quorum is enough: replicas at the end of a path are not waited for', () => {
    // 0 - 1 - 2 - 3, quorum 3. Votes of 0, 1 and 2 are at 1 after 2 hops (the vote of 2 goes 0-1-2-1: 3).
    const path = neighboursOf(4, [
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    // Commits: 0 has three votes after 4, 1 after 3, 2 after 2 + 0 = 2 (its own, at 2, and those of 0 and 1). At 0: own 4, of 1 at 4, of 2 at 4.
    expect(leastHops(path, 0)).toBe(4);
  });
});

test('a plan takes the makers in turn, at the pace, and goes on where the last one ended', () => {
  const made = plan({
    ...{ start: 1_000, count: 4, pace: 2, makers: [3, 5, 8], from: 1 },
    keyOf: (by, serial) => `${by}/${serial}`,
  });
  expect(made.map(({ at }) => at)).toEqual([1_000, 1_500, 2_000, 2_500]);
  expect(made.map(({ by }) => by)).toEqual([5, 8, 3, 5]);
  expect(made.map(({ key }) => key)).toEqual(['5/1', '8/2', '3/3', '5/4']);
});

test('what was not decided is no sample', () => {
  expect(decidedOf([sample({})], 'here')).toHaveLength(1);
  expect(() =>
    decidedOf([sample({}), sample({ milliseconds: null, by: 7, error: 'aborted' })], 'here'),
  ).toThrow('here: a transaction of replica 7 was not decided: aborted');
});

describe('costs', () => {
  const job = (name: string, ...samples: number[]): JobSamples => ({ name, first: 99, samples });
  const jobs = [
    job('Ed25519 sign, one by one', 9, 9, 9),
    job('Ed25519 sign, 64 at once', 0.03, 0.02, 0.05),
    job('Ed25519 vote check, one by one', 9, 9, 9),
    job('Ed25519 vote check, 64 at once', 0.06, 0.04, 0.05),
    job('BLS sign a share', 0.3, 0.5, 0.4),
    job('BLS aggregate 67 shares', 6.7, 13.4, 20.1),
    job('BLS check an aggregate of 67', 3, 4, 5),
    job('encode 1 votes (1024 bytes)', 0.02),
    job('decode 1 votes', 0.04),
    job('encode 100 votes (102400 bytes)', 1.01),
    job('decode 100 votes', 1.03),
  ];

  test('are those of work without anybody in its way, each under the name that the simulator has', () => {
    const { message, messageKiB, ...rest } = costsOf(jobs, 'min', 2);
    expect(rest).toEqual({
      ...{ ed25519Verify: 0.04, ed25519Sign: 0.02, blsSign: 0.3 },
      ...{ aggregateCheck: 3, aggregateShare: 0.1, storeWrite: 2 },
    });
    // Half of both for each end: 0.03 for 1 KiB, 1.02 for 100 KiB.
    expect(messageKiB).toBeCloseTo(0.01, 6);
    expect(message).toBeCloseTo(0.02, 6);
    expect(costsOf(jobs, 'median', 2)).toMatchObject({ ed25519Verify: 0.05, aggregateShare: 0.2 });
  });

  test('a job that was renamed is missed', () => {
    expect(() =>
      costsOf(
        jobs.filter(({ name }) => !name.startsWith('BLS sign')),
        'min',
        2,
      ),
    ).toThrow('BLS sign a share');
  });
});

test('use is by transaction and replica, without idle time, and by second', () => {
  const before: Usage = {
    ...{ at: 0, replicas: 1_000, browser: 500, relay: 100, packets: 50 },
    ...{ payload: [0, 1_000], wire: [0, 2_000] },
  };
  const after: Usage = {
    ...{ at: 10_000, replicas: 3_000, browser: 700, relay: 200, packets: 450 },
    ...{ payload: [12_500, 26_000], wire: [25_000, 52_000] },
  };
  // 2,000 ms, of which 10 s of 100 ms are idle; by 10 transactions and 2 replicas.
  expect(usedOf(before, after, 10, 100)).toEqual({
    ...{ replicaMs: 50, browserMs: 20, relayMs: 10, packets: 40 },
    ...{ payload: [10, 20], wire: [20, 40] },
  });
  expect(usedOf(before, after, 10, 10_000).replicaMs).toBe(0);
});

test('under load what is late or never decided is not in time, and waiting in the page counts', () => {
  const samples = [
    sample({ at: 0 }),
    sample({ at: 1_000, late: 50, milliseconds: 460 }),
    sample({ at: 1_000, late: -3, milliseconds: 500 }),
    sample({ at: 500, milliseconds: null }),
  ];
  expect(shareInTime(samples, 500)).toBe(0.5);
  expect(shareInTime([], 500)).toBe(0);
  expect(fromDue(decidedOf(samples.slice(0, 3), ''))).toEqual([100, 510, 500]);
});

test('a size and degree has the percentiles of all its topologies', () => {
  const topology = (latencies: readonly number[]) => ({
    seed: 1,
    edges: [],
    latencies,
    by: latencies.map(() => 0),
  });
  const about = {
    ...{ n: 16, degree: 5, delayMs: 60, pace: 1, bodyBytes: 1_011, processorMs: 9, busy: 0.5 },
  };
  const all = Array.from({ length: 100 }, (_, i) => i + 1);
  const found = validationOf(about, [topology(all.slice(50)), topology(all.slice(0, 50))]);
  expect(found).toMatchObject({ samples: 100, p50: 50, p90: 90, p99: 99, n: 16, degree: 5 });
  expect(() => validationOf(about, [])).toThrow('Nothing was measured at 16 replicas with 5 links.');
});

test('the longest wait lies before the decision', () => {
  const events = [
    { at: 900, kind: 'certificate', member: 0 },
    { at: 0, kind: 'proposed', member: 0 },
    { at: 60, kind: 'heard-pre-commit', member: 2 },
    { at: 300, kind: 'heard-pre-commit', member: 1 },
    { at: 350, kind: 'decided', member: 0 },
  ];
  expect(longestWait(events)).toEqual({
    ...{ milliseconds: 240, after: 'heard-pre-commit of 2', before: 'heard-pre-commit of 1' },
  });
  expect(longestWait(events.slice(0, 1))).toBeNull();
});
