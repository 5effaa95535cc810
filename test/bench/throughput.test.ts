import { describe, expect, it } from 'vitest';
import { breakdown, byPlace, type Recorded, type Sources } from '../../bench/profile.ts';
import {
  dealt,
  factorsOf,
  latencyOf,
  processorOfEach,
  processorPerSession,
  rate,
  ratesOf,
  rateTable,
  rateWithSteps,
  ratiosOf,
  together,
  windowOf,
  type Run,
} from '../../bench/studies/throughput/rates.ts';

const run = (sessions: number, ms: number, more: Partial<Run> = {}): Run => ({
  sessions,
  calledAt: 5000,
  ms,
  latencies: Array.from({ length: sessions }, () => ms),
  processorMs: 10,
  stepsMs: [],
  ...more,
});

describe('runs', () => {
  it('deals every session once, in equal shares', () => {
    expect(dealt([1, 2, 3, 4, 5], 2)).toEqual([
      [1, 3, 5],
      [2, 4],
    ]);
  });

  it('lasts from the first call of any warehouse to the last decision of any', () => {
    const first = { calledAt: 1000, endedAt: 1400, latencies: [400] };
    const second = { calledAt: 1100, endedAt: 1600, latencies: [200, 300] };
    expect(together([first, second])).toEqual({
      sessions: 3,
      calledAt: 1000,
      ms: 600,
      latencies: [400, 200, 300],
    });
    expect(() => together([])).toThrow();
  });

  it('counts a slow window by its length', () => {
    expect(rate([run(10, 100), run(10, 900)])).toBe(20);
  });

  it('adds the steps of all sessions to their commits', () => {
    expect(rateWithSteps([run(2, 100, { stepsMs: [30, 70] })])).toBe(10);
  });

  it('weighs processor time by sessions', () => {
    const runs = [run(1, 1, { processorMs: 100 }), run(3, 1, { processorMs: 20 })];
    expect(processorPerSession(runs)).toBe(40);
  });

  it('keeps cold sessions out of the samples', () => {
    const conditions = { bls: [1, 1], load: [0, 0] } as const;
    const latency = latencyOf('latency', { replicas: 4 }, [run(1, 700)], [run(2, 500)], conditions);
    expect(latency).toMatchObject({ cold: [700], samples: [500, 500] });
  });

  it('have a sample for each window', () => {
    const conditions = { bls: [1, 1], load: [0, 0] } as const;
    const found = ratesOf({ replicas: 4 }, [run(1, 100)], [run(10, 1000), run(10, 500)], conditions);
    expect(found).toMatchObject({ unit: '/s', cold: [10], samples: [10, 20] });
  });

  it('takes off what an idle network uses, and does not cut the rest off at 0', () => {
    // 2 s at 30 ms a second are 60 ms that no session used.
    expect(processorOfEach(160, 2000, 30, 10)).toBe(10);
    expect(processorOfEach(50, 2000, 30, 10)).toBe(-1);
  });

  it('is looked at in a profile from its call to a while after its last decision', () => {
    expect(windowOf(run(2, 500), 400)).toEqual({ from: 5000, to: 5900 });
  });

  it('tells the rates of few windows in a table, with how many there were', () => {
    const runs = [run(10, 1000), run(10, 500)];
    const ways = [
      { where: [4, 'one by one'], runs },
      { where: [4, 'shift'], runs: [] },
    ];
    expect(rateTable('t', ['replicas', 'way'], ways).rows).toEqual([
      [4, 'one by one', 2, 20, 13.3, 10, 20, 10, 0.133],
    ]);
  });
});

describe('ratios', () => {
  const bls = { single: 50, shift: 60, l1: 100 };
  const none = { severalSingle: [], severalShift: [], severalL1: [] };
  const m = {
    replicas: 4,
    storage: 'disk',
    single: [run(10, 1000, { processorMs: 300, stepsMs: [1000] })],
    shift: [run(50, 500, { processorMs: 30 })],
    l1: [run(1, 500, { processorMs: 900 })],
    bls,
    ...none,
  };

  it('hold the batch against one by one, and what sessions take against the BLS job', () => {
    expect(ratiosOf(m)).toEqual([
      {
        name: 'sessions a second: shift / one by one, 4 replicas, disk',
        value: 10,
        better: 'higher',
        tolerance: 0.35,
      },
      {
        name: 'processor time: shift / one by one, 4 replicas, disk',
        value: 0.1,
        better: 'lower',
        tolerance: 0.2,
      },
      {
        name: 'latency of a session one by one / BLS job, 4 replicas, disk',
        value: 20,
        better: 'lower',
        tolerance: 0.35,
      },
      ...(
        [
          ['one by one', 6],
          ['shift', 0.5],
          ['every step through L1', 9],
        ] as const
      ).map(([way, value]) => ({
        name: `processor time of a session / BLS job, ${way}, 4 replicas, disk`,
        value,
        better: 'lower',
        tolerance: 0.35,
      })),
    ]);
  });

  it('see sessions that all take three times as long, and take none of that for better', () => {
    const thrice = (runs: readonly Run[]) =>
      runs.map((one) => ({
        ...one,
        ms: 3 * one.ms,
        latencies: one.latencies.map((ms) => 3 * ms),
        processorMs: 3 * one.processorMs,
      }));
    const now = ratiosOf({ ...m, single: thrice(m.single), shift: thrice(m.shift), l1: thrice(m.l1) });
    const worse = ratiosOf(m).map(({ value, better }, i) =>
      better === 'lower' ? now[i]!.value / value : value / now[i]!.value,
    );
    expect(Math.min(...worse)).toBeCloseTo(1, 9);
    expect(worse.filter((factor) => factor > 2.9)).toHaveLength(4);
  });

  it('leave what sessions buy to a table', () => {
    expect(factorsOf([m]).rows).toEqual([[4, 'disk', 10, 2.5]]);
    expect(factorsOf([{ ...m, l1: [] }]).rows).toEqual([]);
  });

  it('tell several warehouses where they were measured', () => {
    const found = ratiosOf({ ...m, severalSingle: [run(20, 1000)] });
    expect(found.at(-1)).toMatchObject({
      name: 'sessions a second: several warehouses / one, one by one, 4 replicas, disk',
      value: 2,
    });
  });
});

describe('a profile', () => {
  const frame = (functionName: string) => ({ functionName, url: '', lineNumber: 0, columnNumber: 0 });
  const recorded: Recorded = {
    name: 'Delta, worker',
    epoch: 1000,
    profile: {
      startTime: 0,
      nodes: [
        { id: 1, callFrame: frame('(root)'), children: [2, 4] },
        { id: 2, callFrame: frame('outer'), children: [3] },
        { id: 3, callFrame: frame('inner') },
        { id: 4, callFrame: frame('(idle)') },
      ],
      // 1 ms each, and then 10 ms in which the thread was in `outer` and had no processor for 8 of them.
      samples: [2, 3, 4, 2, 4],
      timeDeltas: [0, 1000, 1000, 1000, 10_000],
    },
  };
  const sources: Sources = { name: ({ functionName }) => functionName };

  it('tells a function’s own time from that of what it calls, for each unit', () => {
    const { busy, idle, preempted, self, total } = breakdown(recorded, null, 2, sources);
    expect(self).toEqual([
      { name: 'outer', ms: 1.5 },
      { name: 'inner', ms: 0.5 },
    ]);
    expect(total[0]).toEqual({ name: 'outer', ms: 2 });
    expect({ busy, idle, preempted }).toEqual({ busy: 2, idle: 0.5, preempted: 4 });
  });

  it('counts only what was sampled within the windows', () => {
    expect(breakdown(recorded, [{ from: 1001, to: 1002 }], 1, sources).self).toEqual([
      { name: 'inner', ms: 1 },
    ]);
  });

  it('adds up functions by the part of the program that they are of', () => {
    expect(
      byPlace([
        { name: 'src/codec/cbor.ts: decode, line 3', ms: 1 },
        { name: 'src/codec/vote.ts: encode, line 9', ms: 2 },
        { name: '@noble/hashes/sha2.js: process, line 1', ms: 4 },
        { name: 'idb/build/index.js: get, line 1', ms: 0.5 },
        { name: '(garbage collector)', ms: 0.25 },
        { name: 'put', ms: 0.125 },
      ]),
    ).toEqual([
      { name: '@noble/hashes', ms: 4 },
      { name: 'src/codec', ms: 3 },
      { name: 'idb', ms: 0.5 },
      { name: '(garbage collector)', ms: 0.25 },
      { name: 'calls into the browser', ms: 0.125 },
    ]);
  });
});
