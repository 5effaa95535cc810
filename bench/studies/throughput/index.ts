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
  THROUGHPUT_IDLE_MS,
  THROUGHPUT_L1_RUN,
  THROUGHPUT_L1_RUNS,
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
  THROUGHPUT_SIZES_SHIFTS,
  THROUGHPUT_WAREHOUSES,
  THROUGHPUT_WARM_SHIFT,
} from '../../limits.ts';
import { packages } from '../../packages.ts';
import { record } from '../../page.ts';
import { attempt } from '../../part.ts';
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
import type { Conditions, Outcome, Plot, Series, Study, StudyContext, Table } from '../../study.ts';
import {
  dealt,
  factorsOf,
  latencyOf,
  processorOfEach,
  rate,
  rateTable,
  ratesOf,
  ratiosOf,
  round,
  together,
  windowOf,
  type Measured,
  type Run,
  type Way as Windows,
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
  readonly l1: { readonly runs: number; readonly sessions: number };
  readonly shift: { readonly runs: number; readonly sessions: number };
  readonly severalRuns: number;
  readonly severalShiftRuns: number;
  readonly sizes: readonly number[];
  readonly sizesSessions: number;
  readonly sizesShifts: number;
  readonly idleMs: number;
  readonly profiled: number;
}

const FULL: Plan = {
  settings: [
    { replicas: 4, storage: 'disk' },
    // One storage for all sizes, so that they stand beside each other; on disk as well would be five minutes more for 7 replicas and ten for 16.
    { replicas: 4, storage: 'memory' },
    { replicas: 7, storage: 'memory' },
    { replicas: 16, storage: 'memory' },
  ],
  single: { runs: THROUGHPUT_SINGLE_RUNS, sessions: THROUGHPUT_SINGLE_RUN },
  l1: { runs: THROUGHPUT_L1_RUNS, sessions: THROUGHPUT_L1_RUN },
  shift: { runs: THROUGHPUT_SHIFT_RUNS, sessions: THROUGHPUT_SHIFT },
  severalRuns: THROUGHPUT_SEVERAL_RUNS,
  severalShiftRuns: THROUGHPUT_SEVERAL_SHIFT_RUNS,
  sizes: THROUGHPUT_SHIFT_SIZES,
  sizesSessions: THROUGHPUT_SIZES_SESSIONS,
  sizesShifts: THROUGHPUT_SIZES_SHIFTS,
  idleMs: THROUGHPUT_IDLE_MS,
  profiled: THROUGHPUT_PROFILED,
};

const QUICK: Plan = {
  settings: [{ replicas: 4, storage: 'disk' }],
  single: { runs: 2, sessions: 3 },
  l1: { runs: 1, sessions: 2 },
  shift: { runs: 2, sessions: 10 },
  severalRuns: 1,
  severalShiftRuns: 1,
  sizes: [5, 20],
  sizesSessions: 10,
  sizesShifts: 1,
  idleMs: THROUGHPUT_IDLE_MS / 4,
  profiled: 40,
};

/** With more, this alone takes two minutes. */
const MOST_FOR_SEVERAL_L1 = 7;
/** Of the example data: the supplier announces, the courier only votes, everybody else is a warehouse. */
const SUPPLIER = 0;
const COURIER = 3;
/** Start, scan, validation, quality check, label, end. */
const STEPS_OF_A_SESSION = 6;
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

export const study: Study = {
  name: 'throughput',
  title: 'Sessions per second',
  // As a full run on two cores took: 4 replicas on disk 2.6 and in memory 4.2 with the sizes of shifts, 7 in memory 3.3, 16 in memory 10.5 (of it
  // 611 announcements 1.6), the profile with its build 0.6. Quick: 4 replicas and the profile.
  minutes: { full: 21, quick: 2 },
  run,
};

async function run(context: StudyContext): Promise<Outcome> {
  const plan = context.quick ? QUICK : FULL;
  const found: Found = { series: [], notes: [], sizes: [], announced: [] };
  const all: Measured[] = [];
  for (const setting of plan.settings) {
    const measured = await attempt(`${setting.replicas} replicas, ${setting.storage}`, context, found, () =>
      measure(setting, plan, context, found),
    );
    if (measured) all.push(measured);
  }
  const profiles = (await attempt('the profile', context, found, () => profiled(plan, context))) ?? [];
  return {
    series: found.series,
    plots: plots(all),
    tables: [
      rates(all),
      factorsOf(all),
      rateTable(
        'Sessions a second by the size of the shift, one warehouse',
        ['replicas', 'storage', 'sessions of a shift'],
        found.sizes,
      ),
      rateTable(
        `Packages announced, up to ${THROUGHPUT_ANNOUNCED} by one call`,
        ['replicas', 'storage'],
        found.announced,
      ),
      ...profiles,
    ],
    ratios: all.flatMap(ratiosOf),
    notes: [
      ...found.notes,
      `A shift is ${plan.shift.sessions} sessions committed by one call, as after a day without a network. A window is ${plan.single.sessions} sessions one by one, ${plan.l1.sessions} with every step through L1, or one shift; with several warehouses twice as many, dealt to them in turn. Windows are few, two to ten of each: what is quoted is all sessions by the sum of the times, in a table with the slowest and the quickest.`,
      'Latency runs from the call that commits to the durable certified decision at the warehouse. Nobody waits between two sessions: each next call follows the decision before it.',
      'Rates of commits do not hold the six steps, which run before and without the network; "with its steps" adds them, as one warehouse takes them one after the other, and is what stands beside every step through L1.',
      'Processor time is that of all processes of all browsers, read 0.4 s before and after a window, less what the same network used in as much time with nothing to do, read before each way: it is not stretched by what else runs on the machine. The program is stored by every browser before anything is read.',
      'Saturation is of the ways, not of the machine: each next call follows the decision before it. "Processors kept busy" is rate by processor time, without what the idle network takes: where it is far below what the machine has, several warehouses may commit more than one: their rows say whether. Processor time is read from 0.4 s before a window until 0.4 s after it, so of short windows it may be more than there are.',
      'Profiles are of runs of their own, with the app built unminified: their times do not count, their shares do. A sample stands for at most 2 ms.',
      'The rollup draft says that batching "can double" its throughput. Our counterpart of the batch is the shift; its factor is "shift / one by one".',
    ],
    notComparable: [
      'All replicas share the cores of one machine, so the rate falls with the number of replicas by what each of them does, not by the network; members who have a machine each would be limited by the slowest of a quorum.',
      'The rollup draft publishes no throughput figure, no number of nodes, no load and no machine: only its factor, in words, can stand beside ours.',
      'Every step through L1 is measured with six steps that can each be certified alone (a line is quarantined and released in turn), since an unfinished inspection cannot be certified.',
    ],
    skipped: [
      '7 and 16 replicas with profiles on disk: the study would take fifteen minutes more. The study of sessions has commits of both on disk.',
      `Every step through L1 by several warehouses at once, with more than ${MOST_FOR_SEVERAL_L1} replicas: it would take two minutes more.`,
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

interface Found {
  readonly series: Series[];
  readonly notes: string[];
  readonly sizes: Windows[];
  readonly announced: Windows[];
}

/** One network: everything is announced first, and inspected right before it is committed. */
async function measure(setting: Setting, plan: Plan, context: StudyContext, into: Found): Promise<Measured> {
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
    const shiftsOf = (size: number): number =>
      Math.max(plan.sizesShifts, Math.round(plan.sizesSessions / size));
    const work = new Work(cluster, warehouses, name, context);
    const announced = await work.announce(
      1 +
        THROUGHPUT_WARM_SHIFT +
        plan.single.runs * plan.single.sessions +
        plan.shift.runs * plan.shift.sessions +
        2 * plan.severalRuns * plan.single.sessions +
        2 * plan.severalShiftRuns * plan.shift.sessions +
        sizes.reduce((sum, size) => sum + size * shiftsOf(size), 0),
      plan.idleMs,
    );
    into.announced.push({ where: [replicas, storage], runs: announced.warm });
    into.series.push(
      latencyOf(
        'announcement latency, at once',
        { replicas, storage },
        announced.cold,
        announced.warm,
        announced.conditions,
      ),
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
    ): Promise<{ readonly runs: readonly Run[]; readonly bls: number }> => {
      const { value, conditions } = await context.under(async () => {
        await work.rest(plan.idleMs);
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
      into.series.push(ratesOf(labels, cold, value, conditions));
      const steps = value.flatMap(({ stepsMs }) => stepsMs);
      // Latency through L1 is a figure of the study of sessions.
      if (steps.length > 0)
        into.series.push(latencyOf('session latency', labels, cold, value, conditions), {
          figure: 'six steps at L2',
          labels,
          unit: 'ms',
          samples: steps,
          conditions,
        });
      return { runs: value, bls: Math.min(...conditions.bls) };
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
      plan.l1.runs,
      () => work.l1(plan.l1.sessions),
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
        ? null
        : await measured('every step through L1', several, plan.l1.runs, () =>
            work.l1(2 * plan.l1.sessions, several),
          );
    const severalShift = await measured('shift', several, plan.severalShiftRuns, () =>
      work.commit(several, 2 * plan.shift.sessions, true),
    );
    for (const size of sizes) {
      const runs: Run[] = [];
      for (let i = 0; i < shiftsOf(size); i++) runs.push(await work.commit(1, size, true));
      context.say(`${name}: shifts of ${size}: ${rate(runs).toFixed(1)} sessions a second`);
      into.sizes.push({ where: [replicas, storage, size], runs });
    }
    return {
      ...setting,
      ...{ single: single.runs, shift: shift.runs, l1: l1.runs },
      ...{ severalSingle: severalSingle.runs, severalShift: severalShift.runs },
      severalL1: severalL1?.runs ?? [],
      bls: { single: single.bls, shift: shift.bls, l1: l1.bls },
    };
  } finally {
    await cluster.close();
  }
}

interface Announced {
  readonly cold: readonly Run[];
  readonly warm: readonly Run[];
  readonly conditions: Conditions;
}

/** What the members of one network are made to do, window by window. */
class Work {
  /** Milliseconds of processor time that all browsers use in a second with nothing to do. */
  #idle = 0;
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

  /** Reads what the network uses with nothing to do, for what is timed from now on. */
  async rest(milliseconds: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, DEFAULT_PAUSE_MS));
    const [before, from] = [total(await this.#cluster.processorTime()), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const used = total(await this.#cluster.processorTime()) - before;
    this.#idle = (1000 * used) / (performance.now() - from);
  }

  async announce(count: number, idleMs: number): Promise<Announced> {
    const supplier = this.#cluster.members[SUPPLIER]!.page;
    for (const page of [supplier, ...this.#warehouses.map((warehouse) => warehouse.page)])
      await page.evaluate(record);
    await this.rest(idleMs);
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
    return { cold: runs.slice(0, 1), warm: runs.slice(1), conditions };
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
    // In turn, so that the last ones are of all warehouses alike.
    for (let i = 0; i < Math.max(...inspected.map(({ length }) => length)); i++)
      for (const [hand, sessions] of inspected.entries()) {
        const one = sessions[i];
        if (one) this.#labelled.push({ key: one.key, hand });
      }
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
    const [before, from] = [total(await this.#cluster.processorTime()), performance.now()];
    const done = together(await work());
    await new Promise((resolve) => setTimeout(resolve, DEFAULT_PAUSE_MS));
    const used = total(await this.#cluster.processorTime()) - before;
    const lasted = performance.now() - from;
    return {
      ...done,
      stepsMs,
      processorMs: processorOfEach(used, lasted, this.#idle, done.sessions),
    };
  }
}

const total = (times: Readonly<Record<string, number>>): number =>
  Object.values(times).reduce((sum, ms) => sum + ms, 0);

/** Where the time of a shift goes, at a member that only votes and at the one that proposes. */
async function profiled(plan: Plan, context: StudyContext): Promise<readonly Table[]> {
  const replicas = 4;
  context.say('profile: building the app with source maps');
  const dist = join(context.folder, 'profile-app');
  try {
    await buildForProfile(PROJECT, dist);
    context.say(`profile: ${replicas} replicas, disk: starting`);
    const cluster = await createCluster({ replicas, storage: 'disk', dist, debuggable: true });
    try {
      return await profiledIn(cluster, plan, context, sourcesOf(dist));
    } finally {
      await cluster.close();
    }
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
}

async function profiledIn(
  cluster: BenchCluster,
  plan: Plan,
  context: StudyContext,
  sources: Sources,
): Promise<readonly Table[]> {
  const warehouse = cluster.members[1]!;
  const work = new Work(cluster, [warehouse], 'profile', context);
  await work.announce(plan.profiled + THROUGHPUT_WARM_SHIFT, plan.idleMs);
  await work.commit(1, THROUGHPUT_WARM_SHIFT, true);
  const watched = [
    { role: 'proposer', ...warehouse },
    { role: 'voter', ...cluster.members[COURIER]! },
  ];
  const recorded = new Map<string, Recorded>();
  const sessions: { readonly role: string; readonly attached: Awaited<ReturnType<typeof targetsOf>> }[] = [];
  try {
    for (const { role, name, folder } of watched)
      sessions.push({ role, attached: await targetsOf(name, folder!) });
    context.say(`profile: ${plan.profiled} sessions under the profiler`);
    // Two shifts: sessions are inspected outside the windows that count. The pause after each belongs to the voters, who finish later.
    const windows: { readonly from: number; readonly to: number }[] = [];
    for (const { attached } of sessions) for (const target of attached.targets) await target.start();
    for (let i = 0; i < 2; i++)
      windows.push(windowOf(await work.commit(1, plan.profiled / 2, true), DEFAULT_PAUSE_MS));
    for (const { role, attached } of sessions)
      for (const target of attached.targets) {
        const one = await target.stop();
        recorded.set(`${role}, ${one.name.endsWith('worker') ? 'worker' : 'page'}`, one);
      }
    return tablesOf(recorded, windows, plan.profiled, sources);
  } finally {
    for (const { attached } of sessions) attached.close();
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
  return rateTable(
    'Sessions a second, and what each costs',
    ['replicas', 'storage', 'way', 'warehouses'],
    all.flatMap(({ replicas, storage, ...m }) =>
      (
        [
          ['one by one', 'one', m.single],
          ['shift', 'one', m.shift],
          ['every step through L1', 'one', m.l1],
          ['one by one', 'several', m.severalSingle],
          ['shift', 'several', m.severalShift],
          ['every step through L1', 'several', m.severalL1],
        ] as const
      ).map(([way, warehouses, runs]) => ({ where: [replicas, storage, way, warehouses], runs })),
    ),
  );
}

const plots = (all: readonly Measured[]): readonly Plot[] =>
  [...new Set(all.map(({ storage }) => storage))].flatMap((storage) => {
    const shown = {
      kind: 'box',
      by: 'replicas',
      split: 'way',
      where: { storage, warehouses: 1 },
      logarithmic: true,
    } as const;
    return [
      {
        ...shown,
        title: `Sessions a second at saturation, one warehouse, ${storage}; a sample is a window`,
        figure: 'sessions a second',
      },
      {
        ...shown,
        title: `Latency of a session at saturation, one warehouse, ${storage}`,
        figure: 'session latency',
      },
    ];
  });
