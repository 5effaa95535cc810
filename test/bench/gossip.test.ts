/** Arithmetic of the study `gossip`: topologies, least hops, plans, costs, use, shares. */
import { describe, expect, test } from 'vitest';
import type { JobSamples } from '../../bench/micro/sample.ts';
import { FULL, MINUTES, paceOf, QUICK, secondsOf } from '../../bench/studies/gossip/extent.ts';
import type { Usage } from '../../bench/studies/gossip/bed.ts';
import {
  busiest,
  costsOf,
  decidedOf,
  fromDue,
  idleOf,
  keptUp,
  longestWait,
  plan,
  shareInTime,
  sinceFailure,
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

describe('use', () => {
  const usage = (more: Partial<Usage>): Usage => ({
    ...{ at: 0, replicas: [400, 600], browser: 500, relay: 100, packets: 50, lost: 3 },
    ...{ payload: [0, 1_000], wire: [0, 2_000] },
    ...more,
  });
  const before = usage({});
  // In each second without transactions: 10 and 20 ms of processor time, 125 bytes of payload, 250 on the wire.
  const idle = idleOf(
    before,
    usage({ at: 4_000, replicas: [440, 680], payload: [500, 1_500], wire: [1_000, 3_000] }),
  );
  const after = (seconds: number, replicas: readonly number[]): Usage =>
    usage({
      ...{ at: seconds * 1_000, replicas, browser: 700, relay: 200, packets: 450, lost: 13 },
      payload: [12_500 + 125 * seconds, 26_000 + 125 * seconds],
      wire: [25_000 + 250 * seconds, 52_000 + 250 * seconds],
    });

  test('is by transaction and replica, without what a second takes by itself; its network use is that of one a second', () => {
    expect(idle).toEqual({ replicas: [10, 20], payload: [125, 125], wire: [250, 250] });
    expect(usedOf(before, after(10, [900, 1_500]), 10, idle)).toEqual({
      ...{ replicaMs: [40, 70], browserMs: 20, relayMs: 10, packets: 40, lost: 1 },
      ...{ payload: [11, 21], wire: [22, 42] },
    });
  });

  test('says the same when ten transactions took twice as long', () => {
    const { payload, wire } = usedOf(before, after(20, [900, 1_500]), 10, idle);
    expect({ payload, wire }).toEqual({ payload: [11, 21], wire: [22, 42] });
  });

  test('may be below zero: an idle time that was too long is not hidden', () => {
    expect(usedOf(before, after(10, [400, 600]), 10, idle).replicaMs).toEqual([-10, -20]);
  });

  test('is that of the processes that have used most, and of as many as there are replicas', () => {
    const processes = new Map([
      ['0/3', 900],
      ['0/4', 20],
      ['0/5', 1_500],
    ]);
    expect(busiest(processes, 2)).toEqual(['0/5', '0/3']);
    expect(() => busiest(processes, 4)).toThrow('4 replicas have only 3 processes.');
  });
});

describe('the pace', () => {
  const run = (pace: number, latencies: readonly number[]) =>
    latencies.map((milliseconds, i) => ({ ...sample({ at: (i * 1_000) / pace }), milliseconds }));

  test('is kept where latency stays, whatever it is', () => {
    expect(keptUp([run(1, [3_000, 3_000, 3_000])], 1)).toBe(1);
    expect(keptUp([run(0.25, [3_000, 3_000, 3_000]), run(0.25, [500, 500])], 0.25)).toBe(1);
  });

  test('is not kept where each waits longer than the one before, also within runs that are apart', () => {
    expect(keptUp([run(1, [500, 1_000, 1_500])], 1)).toBeCloseTo(2 / 3, 6);
    expect(keptUp([run(1, [500, 1_500]), run(1, [500, 1_500])], 1)).toBe(0.5);
    // The one that came late in the page was late all the same.
    expect(
      keptUp([[...run(1, [500]), { ...sample({ at: 1_000, late: 1_000 }), milliseconds: 500 }]], 1),
    ).toBe(0.5);
  });
});

test('since the first failure: all that were due from then on, and what was under way', () => {
  const samples = [0, 1_000, 2_000, 3_000].map((at) => ({ ...sample({ at }), milliseconds: 900 }));
  const [, second] = samples;
  const slow = { ...second!, milliseconds: 1_500 };
  expect(sinceFailure(samples, 2, 2_040).map(({ at }) => at)).toEqual([2_000, 3_000]);
  expect(sinceFailure([samples[0]!, slow, samples[2]!, samples[3]!], 2, 2_040)).toHaveLength(3);
  // The failure came a little late, and the one due with it was decided by then: a hundred are a hundred.
  const quick = { ...samples[2]!, milliseconds: 30 };
  expect(sinceFailure([samples[0]!, samples[1]!, quick, samples[3]!], 2, 2_040)).toHaveLength(2);
});

describe('what is measured', () => {
  test('fits in the time that the study says it takes, and in its part of the three hours', () => {
    expect(MINUTES.full).toBeLessThanOrEqual(52);
    expect(secondsOf(FULL) / 60).toBeLessThanOrEqual(MINUTES.full);
    expect(secondsOf(QUICK) / 60).toBeLessThanOrEqual(MINUTES.quick);
  });

  test('has a hundred samples of each figure', () => {
    const { groups, samples, window, topologies, each } = FULL;
    expect([samples, topologies * each]).toEqual([100, 100]);
    expect(samples % window).toBe(0);
    for (const { n } of groups) expect((n * samples) / window).toBeGreaterThanOrEqual(100);
  });

  test('has nothing after a part that leaves replicas cut off or convicted', () => {
    for (const { parts } of [...FULL.groups, ...QUICK.groups])
      for (const { kind } of parts.slice(0, -1)) expect(['failing', 'lying']).not.toContain(kind);
  });

  test('keeps the paper’s pace up to 16 replicas, and a slower one above', () => {
    expect([4, 16, 25, 40, 41].map(paceOf)).toEqual([1, 1, 0.5, 0.25, 0.25]);
  });
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
  // One that was never decided is no sample less.
  expect(fromDue(samples)).toEqual([100, 510, 500, 60_000]);
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
