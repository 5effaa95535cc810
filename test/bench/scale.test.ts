/** The study `scale`: its plan, its arithmetic, and that a seed gives the same figures. */
import { describe, expect, it } from 'vitest';
import type { GossipValidation } from '../../bench/studies/gossip/facts.ts';
import {
  grouped,
  latestOf,
  ownOf,
  ratiosOf,
  seriesOf,
  validationOf,
  type Validated,
} from '../../bench/studies/scale/figures.ts';
import { lackingOf } from '../../bench/studies/scale/index.ts';
import { failingOf, FULL, plan, QUICK, validationRuns, weight } from '../../bench/studies/scale/plan.ts';
import {
  apart,
  errorOf,
  pageMessageMs,
  pageMessageMsBySize,
  signed,
} from '../../bench/studies/scale/validation.ts';
import type { TimerHandle } from '../../src/worker/clock.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { BROWSER_WORKER } from '../sim/world/costs.ts';
import { Cores, Cpu } from '../sim/world/cpu.ts';
import { runWorld, type WorldOptions, type WorldResult } from '../sim/world/world.ts';

const SHAPE = { skew: 0, rate: 1, slowness: 1 };
const CONDITIONS = { bls: [1, 1], load: [0, 0] } as const;

/** When tasks of 10 ms each are done: `threads[i]` of them on thread i, all asked for at once, thread by thread. */
function finished(cores: number | null, threads: readonly number[]): readonly (readonly number[])[] {
  const scheduler = createScheduler();
  const shared = cores === null ? null : new Cores(cores);
  const done = threads.map((tasks) => {
    const cpu = new Cpu(scheduler, SHAPE, shared);
    const times: number[] = [];
    for (let i = 0; i < tasks; i++) cpu.work('task', 10, () => times.push(scheduler.now));
    return times;
  });
  while (scheduler.next(10_000));
  return done;
}

describe('processors that replicas share', () => {
  it('give each thread one of its own while there are enough', () => {
    expect(finished(null, [2, 2, 2])).toEqual([
      [10, 20],
      [10, 20],
      [10, 20],
    ]);
    expect(finished(3, [2, 2, 2])).toEqual(finished(null, [2, 2, 2]));
  });

  it('take who asked first, and never two tasks of one thread at once', () => {
    expect(finished(1, [2, 1])).toEqual([[10, 30], [20]]);
    expect(finished(2, [1, 1, 1, 1, 1])).toEqual([[10], [10], [20], [20], [30]]);
    expect(finished(2, [3])).toEqual([[10, 20, 30]]);
  });

  it('let go of what a thread was to do that has ended', () => {
    const scheduler = createScheduler();
    const cores = new Cores(1);
    const [ends, goesOn] = [new Cpu(scheduler, SHAPE, cores), new Cpu(scheduler, SHAPE, cores)];
    const done: string[] = [];
    ends.work('task', 10, () => undefined);
    ends.run(() => done.push('of a thread that has ended'));
    goesOn.run(() => done.push(`at ${scheduler.now}`));
    scheduler.at(5, () => ends.kill());
    while (scheduler.next(1000));
    expect(done).toEqual(['at 10']);
  });

  it('are charged for work outside of a task, which takes a turn as well', () => {
    const scheduler = createScheduler();
    const cores = new Cores(1);
    const [one, other] = [new Cpu(scheduler, SHAPE, cores), new Cpu(scheduler, SHAPE, cores)];
    const done: number[] = [];
    one.charge('after a write', 10);
    other.work('task', 10, () => done.push(scheduler.now));
    const timer: TimerHandle = one.setTimeout(() => undefined, 1);
    one.clearTimeout(timer);
    while (scheduler.next(1000));
    expect(done).toEqual([20]);
    expect(one.charged.get('after a write')).toBe(10);
  });
});

describe('the plan', () => {
  const full = [...plan(FULL, BROWSER_WORKER)];

  it('takes at least a hundred transactions for each figure', () => {
    for (const [scenario, planned] of full) {
      const counts = new Map<string, number>();
      for (const { n, degree, rate, options } of planned) {
        const name = `${scenario} ${n} ${degree} ${rate}`;
        const samples = options.paced!.transactions * (options.paced!.contested ? 2 : 1);
        counts.set(name, (counts.get(name) ?? 0) + samples);
      }
      for (const [name, count] of counts) expect(count, name).toBeGreaterThanOrEqual(100);
    }
  });

  it('draws another topology for each seed, the same one each time', () => {
    const edges = (i: number): WorldOptions['edges'] => full[0]![1][i]!.options.edges;
    expect(edges(0)).not.toEqual(edges(1));
    expect(plan(FULL, BROWSER_WORKER).get('all well')![0]!.options.edges).toEqual(edges(0));
  });

  it('lets a quarter fail, never more than the protocol bears', () => {
    expect([4, 20, 40, 100].map(failingOf)).toEqual([1, 5, 10, 25]);
    for (const { n, options } of full.find(([scenario]) => scenario === 'a quarter failing')![1]) {
      expect(options.failEvery).toBe(5000);
      // Transactions go on until the last has failed.
      expect(options.paced!.transactions * options.paced!.every).toBe(options.failing! * 5000);
      expect(options.failing).toBe(n / 4);
    }
  });

  it('has all that goes wrong in the full mesh as well, and f gone and silent there', async () => {
    const meshes = full.filter(([, planned]) => planned.some(({ n, degree }) => degree === n - 1));
    expect(meshes.map(([scenario]) => scenario)).toEqual([
      'all well',
      'a quarter failing',
      'one Byzantine',
      'two contend',
      'two contend, f gone',
      'two contend, f silent',
      'two contend, f Byzantine',
    ]);
    const silent = full.find(([scenario]) => scenario === 'two contend, f silent')![1];
    for (const { options } of silent) expect(options.byzantine).toEqual(Array(5).fill('silent'));
    const gone = full.find(([scenario]) => scenario === 'two contend, f gone')![1];
    for (const { options } of gone) expect(options.failing).toBe(5);
    // Also of the first version: who is gone is suspected by then.
    for (const [planned, hops] of [
      [gone, 4],
      [silent, 8],
    ] as const) {
      const result = await runWorld({
        ...planned[0]!.options,
        paced: { ...planned[0]!.options.paced!, transactions: 2 },
      });
      const [one] = grouped(planned.slice(0, 1), [result], CONDITIONS);
      const samples = seriesOf([one!]).find(({ figure }) => figure === 'hops')!.samples;
      expect(samples).toEqual([hops, hops]);
    }
  });

  it('needs the costs and all three sizes of the browsers', () => {
    const of = (n: number): GossipValidation => ({ ...MEASURED, n });
    expect(lackingOf(undefined)).toContain('run it first');
    expect(lackingOf({ validation: [16, 25, 40].map(of) })).toContain('run it first');
    const some = { costs: BROWSER_WORKER, validation: [16, 16, 40].map(of) };
    expect(lackingOf(some)).toContain('topologies of 25');
    expect(lackingOf({ ...some, validation: [16, 25, 40].map(of) })).toBeNull();
  });

  it('begins with what takes longest', () => {
    const options = full[0]![1].map((one) => one.options);
    const large = options.find(({ n }) => n === 200)!;
    for (const one of options) expect(weight(one)).toBeLessThanOrEqual(weight(large));
  });
});

const MEASURED: GossipValidation = {
  n: 4,
  degree: 3,
  delayMs: 20,
  pace: 2,
  bodyBytes: 300,
  samples: 4,
  p50: 100,
  p90: 200,
  p99: 200,
  topologies: [
    {
      seed: 3,
      edges: [
        [0, 1],
        [0, 3],
        [1, 2],
        [2, 3],
      ],
      latencies: [90, 200],
      by: [2, 0],
    },
    {
      seed: 4,
      edges: [
        [0, 1],
        [1, 2],
        [2, 3],
        [1, 3],
      ],
      latencies: [100, 110],
      by: [1, 3],
    },
  ],
  processorMs: 5,
  busy: 0.5,
};

describe('the browsers’ runs once more', () => {
  it('have the same links, delay, pace, sizes and submitters', async () => {
    const runs = validationRuns(MEASURED, BROWSER_WORKER, null);
    expect(runs.map(({ edges }) => edges)).toEqual(MEASURED.topologies.map(({ edges }) => edges));
    const results = await Promise.all(runs.map((options) => runWorld(options)));
    expect(results.map(({ outcome }) => outcome)).toEqual(['decided', 'decided']);
    expect(results.map(({ transactions }) => transactions.map(({ by }) => by))).toEqual([
      [2, 0],
      [1, 3],
    ]);
    // A ring of four: the value to those beside and their votes back, and commits of three, are 3 or 4 links of 20 ms.
    for (const { own } of results[0]!.transactions) expect(own / 20).toBeGreaterThan(3);
    for (const { own } of results[0]!.transactions) expect(own / 20).toBeLessThan(5);
  });

  it('take longer on one shared processor, and longer still when pages cost time', async () => {
    const own = async (shared: WorldOptions['shared'] | null): Promise<number> => {
      const [options] = validationRuns(MEASURED, BROWSER_WORKER, shared);
      const { transactions, outcome } = await runWorld(options!);
      expect(outcome).toBe('decided');
      return transactions[0]!.own;
    };
    const alone = await own(null);
    const crowded = await own({ cores: 1, pageMessageMs: 0 });
    const slow = await own({ cores: 1, pageMessageMs: 3 });
    expect(crowded).toBeGreaterThan(alone);
    expect(slow).toBeGreaterThan(crowded + 3);
  });
});

const validated = (more: Partial<Validated>): Validated => ({
  ...{ measured: MEASURED, alone: [100], shared: [100], sharedProcessorMs: 5, predicted: true },
  ...{ conditions: CONDITIONS, ...more },
});

describe('the error', () => {
  it('is what the simulated percentile is above the measured one', () => {
    const simulated = [80, 90, 110, 100];
    expect(errorOf(simulated, 100, 50)).toBeCloseTo(-10);
    expect(errorOf(simulated, 100, 90)).toBeCloseTo(10);
    expect([signed(-12.4), signed(3), signed(0)]).toEqual(['-12 %', '+3 %', '+0 %']);
    expect([apart(1, 2), apart(2, 1), apart(3, 3)]).toEqual([2, 2, 1]);
  });

  it('is told for each size, also when it is large', () => {
    const told = validationOf([validated({ alone: [50, 50], shared: [250, 300], sharedProcessorMs: 6 })]);
    expect(told.tables[0]!.rows[0]).toEqual([
      4,
      3,
      4,
      '100 / 200',
      '50 / 50',
      '-50 % / -75 %',
      '250 / 300',
      '+150 % / +50 %',
      '50 %',
      '5.0',
      '6.0',
      '+20 %',
    ]);
    expect(told.notes[0]).toContain('off by -50 %');
    expect(told.notes[0]).toContain('+150 %');
    expect(told.ratios[0]!.value).toBe(2.5);
    expect(told.series.map(({ samples }) => samples.length)).toEqual([4, 2, 2]);
  });

  it('is guarded by the worst degree of a size, whichever side it is on', () => {
    const ratioOf = (...medians: readonly number[]): number =>
      validationOf(medians.map((ms) => validated({ shared: [ms] }))).ratios[0]!.value;
    expect(ratioOf(110, 300)).toBe(3);
    expect(ratioOf(300, 110)).toBe(3);
    expect(ratioOf(25, 110, 120)).toBe(4);
  });

  it('is told apart where the processors were full, and where it is no prediction', () => {
    const full = { ...MEASURED, busy: 0.99 };
    const { notes } = validationOf([
      validated({ shared: [110] }),
      validated({ measured: full, shared: [300], predicted: false }),
    ]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/left over.* from the other sizes alone, by \+10 % and/u);
    expect(notes[1]).toMatch(/were full.* no prediction, by \+200 % and/u);
  });
});

describe('what a message costs the page', () => {
  it('is what work leaves of the processor time, one number for all sizes', () => {
    expect(
      pageMessageMs([
        { n: 4, measuredMs: 12, workMs: 2, messages: 50 },
        { n: 4, measuredMs: 23, workMs: 3, messages: 100 },
      ]),
    ).toBeCloseTo(0.2);
    // Of two that do not agree, the one with more messages weighs more.
    expect(
      pageMessageMs([
        { n: 4, measuredMs: 10, workMs: 0, messages: 10 },
        { n: 4, measuredMs: 20, workMs: 0, messages: 100 },
      ]),
    ).toBeCloseTo(2100 / 10_100);
  });

  it('is taken for each size from the others, so that none predicts itself', () => {
    const found = pageMessageMsBySize([
      { n: 16, measuredMs: 10, workMs: 0, messages: 100 },
      { n: 16, measuredMs: 20, workMs: 0, messages: 200 },
      { n: 25, measuredMs: 40, workMs: 0, messages: 200 },
    ]);
    expect(found.get(16)).toEqual({ ms: 0.2, predicted: true });
    expect(found.get(25)).toEqual({ ms: 0.1, predicted: true });
    const alone = pageMessageMsBySize([{ n: 16, measuredMs: 10, workMs: 0, messages: 100 }]);
    expect(alone.get(16)).toEqual({ ms: 0.1, predicted: false });
  });

  it('is never negative', () => {
    expect(pageMessageMs([{ n: 4, measuredMs: 1, workMs: 2, messages: 50 }])).toBe(0);
    expect(pageMessageMs([])).toBe(0);
  });
});

describe('the figures', () => {
  const small = [
    ...plan({ ...QUICK, sizes: [7], degrees: [4], fullSizes: [], otherSizes: [] }, BROWSER_WORKER),
  ];

  it('are the same for the same seed', async () => {
    const [, planned] = small[0]!;
    const run = (): Promise<WorldResult> => runWorld(planned[0]!.options);
    const [one, other] = [await run(), await run()];
    expect(other).toEqual(one);
    expect(one.transactions.map(({ by }) => by)).toEqual([0, 1, 2]);
    // What all send all receive.
    const sum = (of: WorldResult['uploads']): number => of.reduce((all, { wire }) => all + wire, 0);
    expect(sum(one.downloads)).toBe(sum(one.uploads));
    expect(one.downloads).not.toEqual(one.uploads);
    for (const { own, latest } of one.transactions) expect(latest).toBeGreaterThanOrEqual(own);
    const different = await runWorld(planned[1]!.options);
    expect(different.hash).not.toBe(one.hash);
  });

  const fake = (scenario: 'all well' | 'two contend', n: number, ms: number): ReturnType<typeof grouped> => {
    const options = { seed: 1, n, latency: 60, edges: [[0, 1]] } as const;
    const transactions = [
      { by: 0, own: ms, latest: ms + 10, won: true },
      { by: 1, own: ms + 2, latest: ms + 10, won: false },
    ];
    const uploads = [{ member: 0, payload: 1000, wire: n * 100 }];
    const downloads = [{ member: 0, payload: 500, wire: n * 50 }];
    const result = {
      transactions,
      uploads,
      downloads,
      duration: 8,
      phases: {},
      charged: {},
      bytesByKind: {},
    };
    return grouped(
      [{ scenario, n, degree: 7, rate: 1, options }],
      [result as unknown as WorldResult],
      CONDITIONS,
    );
  };

  it('count a version for which two contend once', () => {
    expect(ownOf(fake('two contend', 100, 500)[0]!)).toEqual([500, 502]);
    expect(latestOf(fake('two contend', 100, 500)[0]!)).toEqual([510]);
    expect(latestOf(fake('all well', 100, 500)[0]!)).toEqual([510, 510]);
  });

  it('name upload in kbit/s, and hops by whole link delays', () => {
    const series = seriesOf(fake('all well', 100, 535));
    const of = (figure: string, layer?: string): readonly number[] | undefined =>
      series.find((one) => one.figure === figure && one.labels.layer === layer)?.samples;
    expect(of('upload', 'payload')).toEqual([1000]);
    expect(of('upload', 'wire')).toEqual([10_000]);
    expect(of('download', 'payload')).toEqual([500]);
    expect(of('download', 'wire')).toEqual([5_000]);
    expect(of('hops')).toEqual([9, 9]);
    expect(series.find(({ figure }) => figure === 'latest replica')!.goal!.value).toBe(900);
  });

  it('are divided by one another where both are there', () => {
    const ratios = ratiosOf([
      ...fake('all well', 16, 200),
      ...fake('all well', 100, 470),
      ...fake('two contend', 100, 950),
    ]);
    expect(ratios.map(({ value }) => value)).toEqual([470 / 480, 2, 100 / 16, 10_000 / 600]);
  });
});
