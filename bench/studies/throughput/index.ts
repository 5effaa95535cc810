/**
 * How many sessions a second a network commits when it has as many as it can take: one by one, as a shift (many by one call, which share votes,
 * signatures and writes), and with every step through L1; by one warehouse and by several at once. And where the time goes.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  announceAll,
  commitAll,
  inspectAll,
  stepByStep,
  type Inspected,
  type PageRun,
} from '../../batch-page.ts';
import { createCluster, type BenchCluster, type BenchMember } from '../../cluster.ts';
import {
  BATCH_PATIENCE_MS,
  DEFAULT_PAUSE_MS,
  THROUGHPUT_ANNOUNCED,
  THROUGHPUT_PROFILED,
  THROUGHPUT_PROFILE_ROWS,
  THROUGHPUT_SEVERAL_RUNS,
  THROUGHPUT_SEVERAL_SHIFT_RUNS,
  THROUGHPUT_SHIFT,
  THROUGHPUT_SHIFT_RUNS,
  THROUGHPUT_SHIFT_SIZES,
  THROUGHPUT_SINGLE_RUN,
  THROUGHPUT_SINGLE_RUNS,
  THROUGHPUT_SIZES_SESSIONS,
  THROUGHPUT_WAREHOUSES,
  THROUGHPUT_WARM_SHIFT,
} from '../../limits.ts';
import { packages } from '../../packages.ts';
import { record } from '../../page.ts';
import {
  breakdown,
  buildForProfile,
  byPlace,
  sourcesOf,
  targetsOf,
  type Breakdown,
  type Recorded,
  type Sources,
} from '../../profile.ts';
import type { Outcome, Plot, Published, Series, Study, StudyContext, Table } from '../../study.ts';
import {
  dealt,
  processorPerSession,
  rate,
  rateWithSteps,
  ratiosOf,
  seriesOf,
  together,
  type Measured,
  type Run,
} from './rates.ts';

type Storage = 'disk' | 'memory';
type Way = 'one by one' | 'shift' | 'every step through L1';

interface Setting {
  readonly replicas: number;
  readonly storage: Storage;
}

/** How much is measured. */
interface Plan {
  readonly settings: readonly Setting[];
  readonly single: { readonly runs: number; readonly sessions: number };
  readonly shift: { readonly runs: number; readonly sessions: number };
  readonly severalRuns: number;
  readonly severalShiftRuns: number;
  readonly sizes: readonly number[];
  readonly sizesSessions: number;
  readonly profiled: number;
}

const FULL: Plan = {
  settings: [
    { replicas: 4, storage: 'disk' },
    { replicas: 4, storage: 'memory' },
    { replicas: 7, storage: 'disk' },
    { replicas: 7, storage: 'memory' },
    // Sixteen browsers with profiles of their own need more memory than a small machine has.
    { replicas: 16, storage: 'memory' },
  ],
  single: { runs: THROUGHPUT_SINGLE_RUNS, sessions: THROUGHPUT_SINGLE_RUN },
  shift: { runs: THROUGHPUT_SHIFT_RUNS, sessions: THROUGHPUT_SHIFT },
  severalRuns: THROUGHPUT_SEVERAL_RUNS,
  severalShiftRuns: THROUGHPUT_SEVERAL_SHIFT_RUNS,
  sizes: THROUGHPUT_SHIFT_SIZES,
  sizesSessions: THROUGHPUT_SIZES_SESSIONS,
  profiled: THROUGHPUT_PROFILED,
};

const QUICK: Plan = {
  settings: [{ replicas: 4, storage: 'disk' }],
  single: { runs: 2, sessions: 3 },
  shift: { runs: 2, sessions: 10 },
  severalRuns: 1,
  severalShiftRuns: 1,
  sizes: [5, 20],
  sizesSessions: 10,
  profiled: 40,
};

/** Six hundred commits take minutes with more. */
const MOST_FOR_SEVERAL_L1 = 7;
/** Of the example data: the supplier announces, the courier only votes, everybody else is a warehouse. */
const SUPPLIER = 0;
const COURIER = 3;
/** Start, scan, validation, quality check, label, end. */
const STEPS_OF_A_SESSION = 6;
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

const ROLLUP: Published = {
  value: null,
  source:
    'rollup draft (web services on a sovereign rollup over CometBFT): "can double the transaction throughput under load"; no figure is given',
};

export const study: Study = {
  name: 'throughput',
  title: 'Sessions per second',
  minutes: { full: 17, quick: 2 },
  run,
};

async function run(context: StudyContext): Promise<Outcome> {
  const plan = context.quick ? QUICK : FULL;
  const series: Series[] = [];
  const all: Measured[] = [];
  for (const setting of plan.settings) all.push(await measure(setting, plan, context, series));
  const profiles = await profiled(plan, context);
  return {
    series,
    plots: plots(all),
    tables: [rates(all), ...profiles],
    ratios: all.flatMap(ratiosOf),
    notes: [
      `A shift is ${plan.shift.sessions} sessions committed by one call, as after a day without a network. A rate is told for each window: ${plan.single.sessions} sessions one by one, or one shift; with several warehouses twice as many, dealt to them in turn.`,
      'Latency runs from the call that commits to the durable certified decision at the warehouse; of every step through L1, from the first of the six steps to the decision of the last. Nobody waits between two sessions: each next call follows the decision before it.',
      'Rates of commits do not hold the six steps, which run before and without the network; "with its steps" adds them, as one warehouse takes them one after the other, and is what stands beside every step through L1.',
      'Processor time is that of all processes of all browsers, read 0.4 s before and after a window, for each session: it is not stretched by what else runs on the machine.',
      'Profiles are of runs of their own, with the app built unminified: their times do not count, their shares do. A sample stands for at most 2 ms.',
      'The rollup draft says that batching "can double" its throughput. Our counterpart of the batch is the shift; its factor is the ratio "shift / one by one".',
    ],
    notComparable: [
      'All replicas share the cores of one machine, so the rate falls with the number of replicas by what each of them does, not by the network; members who have a machine each would be limited by the slowest of a quorum.',
      'The rollup draft publishes no throughput figure, no number of nodes, no load and no machine: only its factor, in words, can stand beside ours.',
      'Every step through L1 is measured with six steps that can each be certified alone (a line is quarantined and released in turn), since an unfinished inspection cannot be certified.',
    ],
    skipped: [
      '16 replicas with profiles on disk: sixteen browsers beside each other are measured in memory only.',
      `Every step through L1 by several warehouses at once, with more than ${MOST_FOR_SEVERAL_L1} replicas: it would take minutes.`,
    ],
    facts: {
      rates: all.map((m) => ({
        replicas: m.replicas,
        storage: m.storage,
        single: rate(m.single),
        shift: rate(m.shift),
        l1: rate(m.l1),
      })),
    },
  };
}

/** One network: everything is announced first, and inspected right before it is committed. */
async function measure(
  setting: Setting,
  plan: Plan,
  context: StudyContext,
  into: Series[],
): Promise<Measured> {
  const { replicas, storage } = setting;
  const name = `${replicas} replicas, ${storage}`;
  context.say(`${name}: starting`);
  const cluster = await createCluster({
    ...setting,
    dist: context.dist,
    debuggable: false,
    say: (line) => context.say(`${name}: ${line}`),
  });
  try {
    const warehouses = cluster.members
      .filter((_, i) => i !== SUPPLIER && i !== COURIER)
      .slice(0, THROUGHPUT_WAREHOUSES);
    const several = warehouses.length;
    const sizes = storage === 'memory' && replicas === 4 ? plan.sizes : context.quick ? plan.sizes : [];
    const shiftsOf = (size: number): number => Math.max(1, Math.round(plan.sizesSessions / size));
    const work = new Work(cluster, warehouses, name, context);
    await work.announce(
      1 +
        THROUGHPUT_WARM_SHIFT +
        plan.single.runs * plan.single.sessions +
        plan.shift.runs * plan.shift.sessions +
        2 * plan.severalRuns * plan.single.sessions +
        2 * plan.severalShiftRuns * plan.shift.sessions +
        sizes.reduce((sum, size) => sum + size * shiftsOf(size), 0),
    );
    const coldSingle = [await work.commit(1, 1, false)];
    const coldShift = [await work.commit(1, THROUGHPUT_WARM_SHIFT, true)];
    const coldL1 = [await work.l1(1)];

    const measured = async (
      way: Way,
      hands: number,
      runs: number,
      one: () => Promise<Run>,
      cold: readonly Run[] = [],
    ): Promise<readonly Run[]> => {
      const { value, conditions } = await context.under(async () => {
        const done: Run[] = [];
        for (let i = 0; i < runs; i++) {
          done.push(await one());
          const { sessions, ms } = done.at(-1)!;
          context.say(
            `${name}: ${way}, ${hands} at once, window ${i + 1} of ${runs}: ${((1000 * sessions) / ms).toFixed(1)} sessions a second`,
          );
        }
        return done;
      });
      const labels = { replicas, storage, way, warehouses: hands };
      into.push(...seriesOf(labels, cold, value, conditions, way === 'shift' ? [ROLLUP] : []));
      const steps = value.flatMap(({ stepsMs }) => stepsMs);
      if (steps.length > 0)
        into.push({ figure: 'six steps at L2', labels, unit: 'ms', samples: steps, conditions });
      return value;
    };
    const single = await measured(
      'one by one',
      1,
      plan.single.runs,
      () => work.commit(1, plan.single.sessions, false),
      coldSingle,
    );
    // The packages that were committed just now.
    const l1 = await measured(
      'every step through L1',
      1,
      plan.single.runs,
      () => work.l1(plan.single.sessions),
      coldL1,
    );
    const shift = await measured(
      'shift',
      1,
      plan.shift.runs,
      () => work.commit(1, plan.shift.sessions, true),
      coldShift,
    );
    const severalSingle = await measured('one by one', several, plan.severalRuns, () =>
      work.commit(several, 2 * plan.single.sessions, false),
    );
    const severalL1 =
      replicas > MOST_FOR_SEVERAL_L1
        ? []
        : await measured('every step through L1', several, plan.severalRuns, () =>
            work.l1(2 * plan.single.sessions, several),
          );
    const severalShift = await measured('shift', several, plan.severalShiftRuns, () =>
      work.commit(several, 2 * plan.shift.sessions, true),
    );
    for (const size of sizes) {
      const { value, conditions } = await context.under(async () => {
        const done: Run[] = [];
        for (let i = 0; i < shiftsOf(size); i++) done.push(await work.commit(1, size, true));
        return done;
      });
      context.say(`${name}: shifts of ${size}: ${rate(value).toFixed(1)} sessions a second`);
      const [, perSecond] = seriesOf({ replicas, storage, shift: size }, [], value, conditions);
      into.push({ ...perSecond!, figure: 'sessions per second by size of the shift' });
    }
    into.push(...work.announced);
    return { ...setting, single, shift, l1, severalSingle, severalShift, severalL1 };
  } finally {
    await cluster.close();
  }
}

/** What the members of one network are made to do, window by window. */
class Work {
  readonly announced: Series[] = [];
  readonly #cluster: BenchCluster;
  readonly #warehouses: readonly BenchMember[];
  readonly #name: string;
  readonly #context: StudyContext;
  #waiting: { readonly sscc: string; readonly lines: number }[] = [];
  /** Committed once, and of whom; every step through L1 goes on with them. */
  #labelled: { readonly key: string; readonly hand: number }[] = [];

  constructor(
    cluster: BenchCluster,
    warehouses: readonly BenchMember[],
    name: string,
    context: StudyContext,
  ) {
    this.#cluster = cluster;
    this.#warehouses = warehouses;
    this.#name = name;
    this.#context = context;
  }

  async announce(count: number): Promise<void> {
    const supplier = this.#cluster.members[SUPPLIER]!.page;
    for (const page of [supplier, ...this.#warehouses.map((warehouse) => warehouse.page)])
      await page.evaluate(record);
    const all = packages(count);
    const runs: Run[] = [];
    const { conditions } = await this.#context.under(async () => {
      for (let from = 0; from < count; from += THROUGHPUT_ANNOUNCED) {
        const part = all.slice(from, from + THROUGHPUT_ANNOUNCED);
        const envelopes = part.map(({ envelope }) => envelope);
        const input = { envelopes, together: true, patience: BATCH_PATIENCE_MS };
        runs.push(await this.#timed(async () => [await supplier.evaluate(announceAll, input)], []));
        this.#context.say(
          `${this.#name}: ${Math.min(count, from + THROUGHPUT_ANNOUNCED)} of ${count} packages announced`,
        );
      }
    });
    this.#waiting = all.map(({ sscc, lines }) => ({ sscc, lines: lines.length }));
    const storage = this.#cluster.members[0]!.folder === null ? 'memory' : 'disk';
    const labels = { replicas: this.#cluster.members.length, storage };
    const [latency, perSecond, processor] = seriesOf(labels, runs.slice(0, 1), runs.slice(1), conditions);
    this.announced.push(
      { ...latency!, figure: 'announcement latency, at once' },
      { ...perSecond!, figure: 'announcements per second, at once' },
      { ...processor!, figure: 'processor time per announcement, at once' },
    );
  }

  /** Inspects so many packages, and then times their commits. @throws when fewer were announced. */
  async commit(hands: number, count: number, atOnce: boolean): Promise<Run> {
    const shares = dealt(this.#waiting.splice(0, count), hands);
    if (shares.flat().length < count) throw new Error('Not enough packages were announced.');
    const inspected: (readonly Inspected[])[] = [];
    // One warehouse after the other: a step's time is that of a warehouse that has the machine to itself.
    for (const [hand, share] of shares.entries()) {
      const input = { packages: share, patience: BATCH_PATIENCE_MS };
      inspected.push(await this.#page(hand).evaluate(inspectAll, input));
    }
    const run = await this.#timed(
      () =>
        Promise.all(
          inspected.map((sessions, hand) =>
            this.#page(hand).evaluate(commitAll, {
              sessions,
              together: atOnce,
              patience: BATCH_PATIENCE_MS,
            }),
          ),
        ),
      inspected.flat().map(({ stepsMs }) => stepsMs),
    );
    this.#labelled.push(...inspected.flatMap((sessions, hand) => sessions.map(({ key }) => ({ key, hand }))));
    return run;
  }

  /** Every step of as many packages, the last that were committed, by the warehouses that did it. @throws when there are fewer. */
  async l1(count: number, hands = 1): Promise<Run> {
    const chosen = this.#labelled.splice(-count);
    if (chosen.length < count) throw new Error('Not enough packages were committed.');
    return this.#timed(
      () =>
        Promise.all(
          Array.from({ length: hands }, (_, hand) =>
            this.#page(hand).evaluate(stepByStep, {
              keys: chosen.filter((one) => one.hand === hand).map(({ key }) => key),
              steps: STEPS_OF_A_SESSION,
              patience: BATCH_PATIENCE_MS,
            }),
          ),
        ),
      [],
    );
  }

  #page(hand: number): BenchMember['page'] {
    return this.#warehouses[hand]!.page;
  }

  async #timed(work: () => Promise<readonly PageRun[]>, stepsMs: readonly number[]): Promise<Run> {
    // What the members still store of the window before belongs to that one.
    await new Promise((resolve) => setTimeout(resolve, DEFAULT_PAUSE_MS));
    const before = total(await this.#cluster.processorTime());
    const done = together(await work());
    await new Promise((resolve) => setTimeout(resolve, DEFAULT_PAUSE_MS));
    const used = total(await this.#cluster.processorTime()) - before;
    return { ...done, stepsMs, processorMs: used / done.sessions };
  }
}

const total = (times: Readonly<Record<string, number>>): number =>
  Object.values(times).reduce((sum, ms) => sum + ms, 0);

/** Where the time of a shift goes, at a member that only votes and at the one that proposes. */
async function profiled(plan: Plan, context: StudyContext): Promise<readonly Table[]> {
  const replicas = 4;
  context.say('profile: building the app with source maps');
  const dist = join(context.folder, 'profile-app');
  await buildForProfile(PROJECT, dist);
  const sources = sourcesOf(dist);
  context.say(`profile: ${replicas} replicas, disk: starting`);
  const cluster = await createCluster({ replicas, storage: 'disk', dist, debuggable: true });
  try {
    const warehouse = cluster.members[1]!;
    const work = new Work(cluster, [warehouse], 'profile', context);
    await work.announce(plan.profiled + THROUGHPUT_WARM_SHIFT);
    await work.commit(1, THROUGHPUT_WARM_SHIFT, true);
    const watched = [
      { role: 'proposer', ...warehouse },
      { role: 'voter', ...cluster.members[COURIER]! },
    ];
    const recorded = new Map<string, Recorded>();
    const sessions = await Promise.all(
      watched.map(async ({ role, name, folder }) => ({ role, ...(await targetsOf(name, folder!)) })),
    );
    context.say(`profile: ${plan.profiled} sessions under the profiler`);
    const shift = plan.profiled / 2;
    // Two shifts: sessions are inspected outside the windows that count.
    const windows: { readonly from: number; readonly to: number }[] = [];
    for (const { targets } of sessions) for (const target of targets) await target.start();
    for (let i = 0; i < 2; i++) {
      const before = Date.now();
      const { ms } = await work.commit(1, shift, true);
      // The commit is the end of what happened since; the pause after it belongs to the voters, who finish later.
      const to = Date.now();
      windows.push({ from: Math.max(before, to - DEFAULT_PAUSE_MS - ms), to });
    }
    for (const { role, targets } of sessions)
      for (const target of targets) {
        const one = await target.stop();
        recorded.set(`${role}, ${one.name.endsWith('worker') ? 'worker' : 'page'}`, one);
      }
    for (const { close } of sessions) close();
    return tablesOf(recorded, windows, plan.profiled, sources);
  } finally {
    await cluster.close();
    await rm(dist, { recursive: true, force: true });
  }
}

function tablesOf(
  recorded: ReadonlyMap<string, Recorded>,
  windows: readonly { readonly from: number; readonly to: number }[],
  sessions: number,
  sources: Sources,
): readonly Table[] {
  const found = [...recorded].map(
    ([thread, one]) => [thread, breakdown(one, windows, sessions, sources)] as const,
  );
  const overview: Table = {
    title: `Where the time of a shift goes, 4 replicas, disk: threads, milliseconds for each of ${sessions} sessions`,
    head: ['thread', 'busy', 'waiting for a processor', 'idle'],
    rows: found.map(([thread, { busy, preempted, idle }]) => [
      thread,
      round(busy),
      round(preempted),
      round(idle),
    ]),
  };
  const workers = found.filter(([thread]) => thread.endsWith('worker'));
  return [
    overview,
    ...workers.flatMap(([thread, { busy, self, total: all }]: readonly [string, Breakdown]): Table[] => {
      const rows = (costs: Breakdown['self']): Table['rows'] =>
        costs
          .slice(0, THROUGHPUT_PROFILE_ROWS)
          .map(({ name, ms }) => [name, round(ms), `${Math.round((100 * ms) / busy)} %`]);
      const head = ['where', 'ms for each session', 'share'];
      return [
        { title: `${thread}: by part of the program`, head, rows: rows(byPlace(self)) },
        { title: `${thread}: in the function itself`, head, rows: rows(self) },
        { title: `${thread}: with what it calls`, head, rows: rows(all) },
      ];
    }),
  ];
}

function rates(all: readonly Measured[]): Table {
  const rows = all.flatMap((m) =>
    (
      [
        ['one by one', 1, m.single],
        ['shift', 1, m.shift],
        ['every step through L1', 1, m.l1],
        ['one by one', 'several', m.severalSingle],
        ['shift', 'several', m.severalShift],
        ['every step through L1', 'several', m.severalL1],
      ] as const
    )
      .filter(([, , runs]) => runs.length > 0)
      .map(([way, warehouses, runs]) => [
        m.replicas,
        m.storage,
        way,
        warehouses,
        round(rate(runs)),
        runs.some(({ stepsMs }) => stepsMs.length > 0) && warehouses === 1 ? round(rateWithSteps(runs)) : '–',
        round(processorPerSession(runs)),
      ]),
  );
  return {
    title: 'Sessions per second over all windows, and what each costs',
    head: [
      'replicas',
      'storage',
      'way',
      'warehouses',
      'sessions per second',
      'with its steps',
      'processor time each, ms',
    ],
    rows,
  };
}

function plots(all: readonly Measured[]): readonly Plot[] {
  const storages = [...new Set(all.map(({ storage }) => storage))];
  return [
    ...storages.flatMap((storage): Plot[] => [
      {
        kind: 'box',
        title: `Sessions per second, one warehouse, ${storage}`,
        figure: 'sessions per second',
        by: 'replicas',
        split: 'way',
        where: { storage, warehouses: 1 },
        logarithmic: true,
      },
      {
        kind: 'box',
        title: `Latency of a session at saturation, one warehouse, ${storage}`,
        figure: 'session latency',
        by: 'replicas',
        split: 'way',
        where: { storage, warehouses: 1 },
        logarithmic: true,
      },
      {
        kind: 'line',
        title: `Processor time of a session, one warehouse, ${storage}`,
        figure: 'processor time per session',
        by: 'replicas',
        split: 'way',
        where: { storage, warehouses: 1 },
        logarithmic: true,
      },
    ]),
    {
      kind: 'line',
      title: 'Sessions per second by the size of the shift, 4 replicas',
      figure: 'sessions per second by size of the shift',
      by: 'shift',
    },
  ];
}

const round = (value: number): number => Number(value.toPrecision(3));
