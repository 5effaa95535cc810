/**
 * The session paper's evaluation in real browsers: package workflows at 4 to 16 replicas, the session on one device and on two, and the same
 * work with every step decided by all members before the next begins.
 */
import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callOn, unwrap } from '../../../e2e/replica.ts';
import { createCluster, type BenchCluster, type BenchDevice } from '../../cluster.ts';
import {
  COMMIT_PATIENCE_MS,
  PUT_BYTES,
  PUT_LOOP,
  SESSION_IDLE_MS,
  SESSION_PAUSE_MS,
  SESSION_PROFILED_WORKFLOWS,
  SESSION_PROFILE_ROWS,
  SESSION_QUICK_THROUGH_L1,
  SESSION_QUICK_WORKFLOWS,
  SESSION_SAY_MS,
  SESSION_SIZES,
  SESSION_STEPS,
  SESSION_THROUGH_L1,
  SESSION_TRACED_WORKFLOWS,
  SESSION_WORKFLOWS,
} from '../../limits.ts';
import { packages } from '../../packages.ts';
import { breakdown, buildForProfile, byPlace, sourcesOf, targetsOf, type Recorded } from '../../profile.ts';
import { putLoop, stepsThroughL1, takeTrace } from '../../page.ts';
import { attempt } from '../../part.ts';
import { createWorkflows, latenciesOf, WAREHOUSE, type Sample, type Window } from '../../run.ts';
import { median } from '../../stats.ts';
import type { Outcome, Plot, Series, Study, StudyContext, Table } from '../../study.ts';
import {
  commitInSteps,
  commitOf,
  longestPhases,
  nameOf,
  paperTable,
  phaseSeries,
  phaseTable,
  ratiosOf,
  round,
  sessionSeries,
  stepsOf,
  throughL1Series,
  throughL1Table,
  SESSION,
  verdictsOf,
  type L2,
  type Part,
} from './figures.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

export const study: Study = {
  name: 'sessions',
  title: 'Package sessions, as in the session paper',
  // Counted for two quiet cores. Full: 1,212 workflows of 0.8 s (4 replicas) to 1.6 s (16), their pauses in them, 22; 540 steps through L1, 2; six
  // networks started, linked and their program stored, 5; 17 times idle, 1.7; bare writes and BLS jobs, 1; the profiler, 2. Quick: one network and 15 workflows.
  minutes: { full: 35, quick: 1.5 },
  run,
};

const STEP_THROUGH_L1 = 'step through L1';

/** What all browsers used for one piece of work, and what the work was. */
interface Cost {
  readonly part: Part;
  readonly what: string;
  /** Decisions in one such piece. */
  readonly decisions: number;
  /** Milliseconds of processor time for one piece, the idle network's own taken off. */
  readonly each: number;
  /** The same by kind of process, idle time not taken off. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Median of one piece's decision, proposal to durable, milliseconds. */
  readonly commit: number;
}

interface Found {
  readonly parts: Part[];
  readonly throughL1: Part[];
  readonly traced: Part[];
  readonly costs: Cost[];
  readonly series: Series[];
  readonly puts: Map<number, readonly number[]>;
  readonly tables: Table[];
  readonly notes: string[];
}

async function run(context: StudyContext): Promise<Outcome> {
  const { quick } = context;
  const found: Found = {
    parts: [],
    throughL1: [],
    traced: [],
    costs: [],
    series: [],
    puts: new Map(),
    tables: [],
    notes: [],
  };
  const progress = createProgress((line) => context.say(line));
  try {
    const [smallest] = SESSION_SIZES;
    const network = (replicas: number, storage: 'disk' | 'memory', isTraced: boolean): Promise<void | null> =>
      attempt(`${replicas} replicas, ${storage}`, context, found, () =>
        measure(context, replicas, storage, isTraced, found, progress),
      );
    for (const replicas of quick ? [smallest!] : SESSION_SIZES)
      await network(replicas, 'disk', replicas === smallest);
    if (!quick) {
      await network(smallest!, 'memory', false);
      await attempt('the profiler', context, found, () => profile(context, smallest!, found, progress));
    }
  } finally {
    progress.end();
  }
  return outcomeOf(found);
}

interface Progress {
  /** Something new begins: said at once. */
  begins(line: string): void;
  /** Where it is: said when a while has passed. */
  at(line: string): void;
  end(): void;
}

/** Says where the study is whenever that is new and a while has passed, and says it again when nothing is. */
function createProgress(say: (line: string) => void): Progress {
  let line = '';
  const timer = setInterval(() => say(line), SESSION_SAY_MS);
  const at = (now: string): void => void (line = now);
  return {
    begins: (now) => {
      at(now);
      say(now);
    },
    at,
    end: () => clearInterval(timer),
  };
}

/** All that is measured in one network: the browsers are started once. */
async function measure(
  context: StudyContext,
  replicas: number,
  storage: 'disk' | 'memory',
  isTraced: boolean,
  found: Found,
  progress: Progress,
): Promise<void> {
  const { quick, dist } = context;
  const where = `${replicas} replicas, ${storage === 'disk' ? 'profiles on disk' : 'in memory'}`;
  progress.begins(`${where}: starting`);
  const cluster = await createCluster({
    replicas,
    storage,
    dist,
    debuggable: false,
    say: (line) => progress.at(`${where}: ${line}`),
  });
  try {
    progress.begins(`${where}: linked in ${(cluster.linkedMs / 1000).toFixed(1)} s`);
    found.notes.push(
      `${where}: linked in ${(cluster.linkedMs / 1000).toFixed(1)} s, Chromium ${cluster.chromium}.`,
    );
    const warehouse = cluster.members[WAREHOUSE]!;
    const all = packages(3 * SESSION_WORKFLOWS);
    const bare = await context.under(() =>
      warehouse.page.evaluate(putLoop, { count: PUT_LOOP + 1, bytes: PUT_BYTES }),
    );
    const [first, ...puts] = bare.value;
    if (storage === 'disk') found.puts.set(replicas, puts);
    found.series.push({
      figure: 'bare strict write',
      labels: { replicas, storage },
      unit: 'ms',
      samples: puts,
      cold: [first!],
      conditions: bare.conditions,
    });
    const count = quick ? SESSION_QUICK_WORKFLOWS : SESSION_WORKFLOWS;

    const sessions = (
      l2: L2,
      mirror: BenchDevice | null,
      from: number,
      of: number,
      voters: boolean,
    ): Promise<Part> =>
      workflows(
        context,
        cluster,
        { l2, mirror, voters, storage },
        all.slice(from, from + of),
        found,
        progress,
      );
    const single = await sessions(1, null, 0, count, false);
    found.parts.push(single);
    found.series.push(...sessionSeries(single), ...phaseSeries(single, false));
    if (storage === 'memory') return;

    const packagesThrough = quick ? SESSION_QUICK_THROUGH_L1 : SESSION_THROUGH_L1;
    const keys = all.slice(0, packagesThrough).map(({ sscc }) => `package/${sscc}`);
    const through = await everyStep(context, cluster, single, keys, found, progress);
    found.throughL1.push(through);
    found.series.push(...throughL1Series(through, SESSION_STEPS));

    if (isTraced) {
      const traced = await sessions(1, null, count, quick ? count : SESSION_TRACED_WORKFLOWS, true);
      found.traced.push(traced);
      found.series.push(...phaseSeries(traced, true));
    }
    progress.at(`${where}: enrolling the second device`);
    const device = await cluster.addDevice(WAREHOUSE);
    unwrap(await callOn(warehouse.page, 'setMirror', device.key));
    const double = await sessions(2, device, 2 * SESSION_WORKFLOWS, count, false);
    found.parts.push(double);
    found.series.push(...sessionSeries(double), ...phaseSeries(double, false));
  } finally {
    progress.at(`${where}: closing`);
    await cluster.close();
  }
}

interface Configuration {
  readonly l2: L2;
  readonly mirror: BenchDevice | null;
  readonly voters: boolean;
  readonly storage: 'disk' | 'memory';
}

async function workflows(
  context: StudyContext,
  cluster: BenchCluster,
  { l2, mirror, voters, storage }: Configuration,
  notices: ReturnType<typeof packages>,
  found: Found,
  progress: Progress,
): Promise<Part> {
  const replicas = cluster.members.length;
  const name = `${nameOf({ replicas, l2, storage })}${voters ? ', every member listened to' : ''}`;
  progress.begins(`${name}: ${notices.length} workflows, the first is cold`);
  const { value, conditions } = await context.under(async () => {
    const flow = await createWorkflows(cluster, { only: null, pause: SESSION_PAUSE_MS, voters, mirror });
    await flow.work(0, notices[0]!);
    const idle = await idleCost(cluster, context.quick, name, progress);
    const meter = await costMeter(cluster);
    for (const [i, notice] of notices.entries()) {
      if (i === 0) continue;
      await flow.work(i, notice);
      progress.at(`${name}: workflow ${i} of ${notices.length - 1}`);
    }
    return { flow, used: await meter(notices.length - 1, idle) };
  });
  const { flow, used } = value;
  const part: Part = { replicas, l2, storage, samples: flow.samples, conditions };
  const commit = median(commitOf(part, 'proposal to durable decision').warm);
  if (!voters) found.costs.push({ part, what: 'workflow of a session', decisions: 2, commit, ...used });
  if (flow.highestRound > 0)
    found.notes.push(`${name}: a commit was decided in round ${flow.highestRound}, after a timer.`);
  return part;
}

/** The six steps of each package one by one; the announcements are those of the sessions, which all members decided as well. */
async function everyStep(
  context: StudyContext,
  cluster: BenchCluster,
  single: Part,
  keys: readonly string[],
  found: Found,
  progress: Progress,
): Promise<Part> {
  const { replicas } = single;
  const { page } = cluster.members[WAREHOUSE]!;
  progress.begins(`${replicas} replicas: every step through L1, ${keys.length} packages`);
  const samples: Sample[] = [];
  const name = `${replicas} replicas: every step through L1`;
  const { value, conditions } = await context.under(async () => {
    let idle = 0;
    let meter = await costMeter(cluster);
    for (const [workflow, key] of keys.entries()) {
      await page.evaluate(takeTrace);
      // An inspection stands in version 2.
      const input = { key, version: 2, steps: SESSION_STEPS, patience: COMMIT_PATIENCE_MS };
      for (const [i, done] of (await page.evaluate(stepsThroughL1, input)).entries())
        for (const [until, milliseconds] of latenciesOf(done))
          samples.push({ replicas, workflow, metric: `step ${i + 1} ${until}`, milliseconds });
      if (workflow === 0) {
        idle = await idleCost(cluster, context.quick, name, progress);
        meter = await costMeter(cluster);
      }
      progress.at(`${name}, package ${workflow} of ${keys.length - 1}`);
    }
    return meter((keys.length - 1) * SESSION_STEPS, idle);
  });
  const announced = single.samples.filter(
    ({ workflow, metric }) => workflow < keys.length && metric.startsWith('L1 v1 '),
  );
  const part: Part = { replicas, l2: 1, storage: 'disk', samples: [...announced, ...samples], conditions };
  const decided = samples.filter(
    (one) => one.workflow > 0 && one.metric.endsWith('proposal to durable decision'),
  );
  const commit = median(decided.map(({ milliseconds }) => milliseconds));
  found.costs.push({ part, what: STEP_THROUGH_L1, decisions: 1, commit, ...value });
  return part;
}

/**
 * Milliseconds of processor time that all browsers use in a second with nothing to do. Before each part, after its cold workflow: it changes with the
 * number of browsers and with what they keep.
 */
async function idleCost(
  cluster: BenchCluster,
  isQuick: boolean,
  name: string,
  progress: Progress,
): Promise<number> {
  progress.at(`${name}: idle`);
  const milliseconds = isQuick ? SESSION_IDLE_MS / 6 : SESSION_IDLE_MS;
  const meter = await costMeter(cluster);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return (await meter(milliseconds / 1000, 0)).each;
}

/** From now to the call: for each of so many pieces of work. */
async function costMeter(
  cluster: BenchCluster,
): Promise<(pieces: number, idle: number) => Promise<Pick<Cost, 'each' | 'kinds'>>> {
  const before = await cluster.processorTime();
  const start = performance.now();
  return async (pieces, idle) => {
    const seconds = (performance.now() - start) / 1000;
    const after = await cluster.processorTime();
    const kinds = Object.fromEntries(
      Object.entries(after).map(([kind, ms]) => [kind, (ms - (before[kind] ?? 0)) / pieces]),
    );
    const whole = Object.values(kinds).reduce((sum, ms) => sum + ms, 0);
    return { each: whole - (idle * seconds) / pieces, kinds };
  };
}

/**
 * What the threads of a member that proposes and of one that only votes are busy with, by Chromium's sampling profiler. The app is built with
 * its names for it and profiling costs time itself, so no latency of this network counts.
 */
async function profile(
  { folder }: StudyContext,
  replicas: number,
  found: Found,
  progress: Progress,
): Promise<void> {
  progress.begins(`${replicas} replicas: building the app for the profiler`);
  const dist = join(folder, 'profile-app');
  try {
    await buildForProfile(PROJECT, dist);
    const cluster = await createCluster({ replicas, storage: 'disk', dist, debuggable: true });
    try {
      const notices = packages(SESSION_PROFILED_WORKFLOWS);
      const flow = await createWorkflows(cluster, {
        only: null,
        pause: SESSION_PAUSE_MS,
        voters: false,
        mirror: null,
      });
      await flow.work(0, notices[0]!);
      const watched = [WAREHOUSE, replicas - 1].map((place) => cluster.members[place]!);
      const attached = await Promise.all(watched.map(({ name, folder: at }) => targetsOf(name, at!)));
      try {
        const targets = attached.flatMap((one) => one.targets);
        for (const target of targets) await target.start();
        for (const [i, notice] of notices.entries()) {
          if (i > 0) await flow.work(i, notice);
          progress.at(`${replicas} replicas, profiler: workflow ${i} of ${notices.length - 1}`);
        }
        const recorded: Recorded[] = [];
        for (const target of targets) recorded.push(await target.stop());
        found.tables.push(...profileTables(recorded, flow.windows, notices.length - 1, sourcesOf(dist)));
      } finally {
        for (const one of attached) one.close();
      }
    } finally {
      await cluster.close();
    }
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
}

function profileTables(
  recorded: readonly Recorded[],
  windows: readonly Window[],
  workflows: number,
  sources: ReturnType<typeof sourcesOf>,
): readonly Table[] {
  const commits = windows.filter(({ kind }) => kind === 'commit');
  const parts = recorded.map((one) => ({
    name: one.name,
    commit: breakdown(one, commits, commits.length, sources),
    whole: breakdown(one, null, workflows, sources),
  }));
  return [
    {
      title:
        'Under the profiler, 4 replicas: busy, ms, from the call of commit to the durable decision at the proposer',
      head: [
        'Thread',
        'in the commit',
        'without a processor meanwhile',
        'in the whole workflow, both decisions',
      ],
      rows: parts.map(({ name, commit, whole }) => [
        name,
        round(commit.busy),
        round(commit.preempted),
        round(whole.busy),
      ]),
    },
    {
      title: 'The same, in the commit, by part of the program, ms',
      head: ['Thread', ...Array.from({ length: SESSION_PROFILE_ROWS }, (_, i) => String(i + 1))],
      rows: parts.map(({ name, commit }) => {
        const places = byPlace(commit.self).slice(0, SESSION_PROFILE_ROWS);
        const cells = places.map((one) => `${one.name} ${one.ms.toFixed(1)}`);
        return [name, ...cells, ...Array.from({ length: SESSION_PROFILE_ROWS - cells.length }, () => '')];
      }),
    },
  ];
}

function costTable(costs: readonly Cost[]): Table {
  const cores = cpus().length;
  return {
    title: 'Processor time of all browsers, ms, the idle network’s own taken off',
    head: [
      'L1-L2',
      'for one',
      'ms',
      'for one decision',
      `the same, shared by ${cores} cores`,
      'median commit',
      'by kind of process, with idle',
    ],
    rows: costs.map(({ part, what, decisions, each, kinds, commit }) => [
      nameOf(part),
      what,
      round(each),
      round(each / decisions),
      round(each / decisions / cores),
      round(commit),
      Object.entries(kinds)
        .filter(([, ms]) => ms >= 0.5)
        .sort((a, b) => b[1] - a[1])
        .map(([kind, ms]) => `${kind} ${ms.toFixed(0)}`)
        .join(', '),
    ]),
  };
}

function outcomeOf(found: Found): Outcome {
  const { parts, throughL1, traced, costs, series, puts } = found;
  const decisions = costs
    .filter(({ what }) => what === STEP_THROUGH_L1)
    .map(({ part: { replicas, conditions }, each }) => ({ replicas, ms: each, conditions }));
  const ratios = ratiosOf({ parts, puts, decisions });
  const onDisk = parts.filter(({ storage }) => storage === 'disk');
  const one = onDisk.filter(({ l2 }) => l2 === 1);
  const two = onDisk.filter(({ l2 }) => l2 === 2);
  return {
    series,
    plots: PLOTS,
    tables: [
      paperTable(parts),
      commitInSteps(onDisk),
      throughL1Table(parts, throughL1, SESSION_STEPS),
      phaseTable('Where the time of a commit goes: the proposer', [
        ...one,
        ...two,
        ...parts.filter(({ storage }) => storage === 'memory'),
      ]),
      ...(traced.length > 0 ? [phaseTable('The same with every member listened to', traced)] : []),
      costTable(costs),
      ...found.tables,
    ],
    ratios,
    notes: [
      ...NOTES,
      ...verdictsOf(series),
      ...onDisk.flatMap((part) => longestPhases(part, 3) ?? []),
      ...found.notes,
    ],
    notComparable: NOT_COMPARABLE,
    skipped: [],
    facts: {
      commitMs: Object.fromEntries(
        one.map((part) => [part.replicas, median(commitOf(part, 'proposal to durable decision').warm)]),
      ),
      stepMs: Object.fromEntries(one.map((part) => [part.replicas, median(stepsOf(part).warm)])),
      processorMsForOneDecision: Object.fromEntries(decisions.map(({ replicas, ms }) => [replicas, ms])),
    },
  };
}

const PLOTS: readonly Plot[] = [
  ...([1, 2] as const).flatMap((l2): readonly Plot[] => {
    const where = { l2, storage: 'disk' };
    return [
      {
        kind: 'stacked',
        title: `Endpoints of a workflow, L2 = ${l2} (the paper’s Fig. ${l2 + 1})`,
        figure: 'endpoint',
        by: 'replicas',
        stack: 'endpoint',
        where,
      },
      {
        kind: 'box',
        title: `L2 operation and L1 commit, L2 = ${l2} (the paper’s Fig. ${l2 + 3})`,
        figure: 'layer',
        by: 'replicas',
        split: 'layer',
        where,
        logarithmic: true,
      },
    ];
  }),
  {
    kind: 'box',
    title: 'Commit, proposal to durable decision',
    figure: 'commit',
    by: 'replicas',
    split: 'l2',
    where: { until: 'proposal to durable decision', storage: 'disk' },
  },
  {
    kind: 'box',
    title: 'A step of the session, durable, on one device and on two',
    figure: 'step',
    by: 'replicas',
    split: 'l2',
    where: { storage: 'disk', through: SESSION },
    logarithmic: true,
  },
  {
    kind: 'box',
    title: 'A step: of a session, and through L1',
    figure: 'step',
    by: 'replicas',
    split: 'through',
    where: { l2: 1, storage: 'disk' },
    logarithmic: true,
  },
];

const NOTES: readonly string[] = [
  'L1-L2: replicas that vote, and devices that run each step before it is acknowledged. Each replica, and the second device, is a browser of its own with a profile on disk, and every write is strictly durable; the row "in memory" is one browser with a context for each member.',
  'L2 operation: for each workflow the mean of create, start, scan, validate, quality and label, as in the paper, whose workflow is six such operations and a commit. A workflow here has the session’s end as well.',
  'Commit in the workflow, in the endpoints and beside the paper: from the call until the page knows of the decision, which the replica tells at most every 50 ms. From the proposal to the durable decision is the protocol alone, and what the goals are about.',
  'Every step through L1: on a package that was announced and inspected, six steps, each a session of its own that all members decide and the page knows of before the next begins (a line is quarantined and released in turn). An unfinished inspection cannot be certified by the rules, so the steps of the inspection itself cannot go one by one. Its workflow is the announcement and six such steps; it is held against the session’s workflow with its announcement decided too. There are 102 such steps of each size, and so only 17 such workflows: these stand in a table, and the step is what is drawn.',
  `All browsers share the ${cpus().length} cores of one machine, and so does the work of all replicas for a decision: the more replicas, the more a commit measures processor time and the less the network. The table of processor time says how much there is of it, what follows the decision (certificates, roots, pages) among it.`,
];

const NOT_COMPARABLE: readonly string[] = [
  'Session paper: CometBFT nodes, without a word on what machines they ran on, means of 100; here browsers on this machine, medians and raw samples. Its L2 operations are not said to be durable before they are answered; ours are.',
  'The paper’s second L2 node belongs to the L2 network of all; here it is a second device of the same member, which signs that it has run and stored the step.',
  'Announcing a package is a commit of its own here. The endpoint `create` ends when it is signed, stored and handed to the members, as the paper’s does before its session is committed; "announcement" has the decision.',
  'DeWS is quoted from the session paper, at 15 nodes in a Docker network; it stands beside 16 replicas with every step through L1, until the page is told.',
];
