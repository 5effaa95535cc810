/** From simulated runs to series, plots, tables and ratios. Pure. */
import { FULL_MESH_MAX } from '../../../src/net/limits.ts';
import type { Transaction, WorldResult } from '../../../test/sim/world/world.ts';
import { SCALE_DEGREE, SCALE_FAILURE_EVERY_MS, SCALE_LOADS } from '../../limits.ts';
import { median, percentile } from '../../stats.ts';
import type { Conditions, Labels, Plot, Published, Ratio, Series, Table } from '../../study.ts';
import type { GossipValidation } from '../gossip/facts.ts';
import { leastHops, neighboursOf } from '../gossip/topology.ts';
import { failingOf, type Planned, type Scenario } from './plan.ts';
import { apart, errorOf, FULL_BUSY, signed } from './validation.ts';

/** Networks that differ in their topology alone. */
export interface Group {
  readonly scenario: Scenario;
  readonly n: number;
  readonly degree: number;
  readonly rate: number;
  readonly planned: readonly Planned[];
  readonly results: readonly WorldResult[];
  readonly conditions: Conditions;
}

export function grouped(
  planned: readonly Planned[],
  results: readonly WorldResult[],
  conditions: Conditions,
): readonly Group[] {
  const groups = new Map<string, { planned: Planned[]; results: WorldResult[] }>();
  for (const [i, one] of planned.entries()) {
    const name = [one.scenario, one.n, one.degree, one.rate].join(' ');
    const group = groups.get(name) ?? { planned: [], results: [] };
    groups.set(name, group);
    group.planned.push(one);
    group.results.push(results[i]!);
  }
  return [...groups.values()].map((group) => {
    const { scenario, n, degree, rate } = group.planned[0]!;
    return { scenario, n, degree, rate, conditions, ...group };
  });
}

const PROTOCOL = "the project's own goal";
/** p99 in milliseconds until the last replica has it, by scenario and size: test/sim/world/table.ts. */
const GOALS: Readonly<Record<string, number>> = {
  'all well 16 full': 250,
  'a quarter failing 16 full': 500,
  'one Byzantine 16 full': 500,
  'all well 100': 900,
  'a quarter failing 100': 1_500,
  'one Byzantine 100': 1_500,
  'two contend, f Byzantine 100': 7_000,
};
/** Median of whole link delays until the last replica has it. Two at once: four when the f others are suspected (W0 more when not, which each replica measures: no goal). */
const HOPS_GOALS: Readonly<Record<string, number>> = {
  'all well 16 full': 3,
  'two contend, f gone 16 full': 4,
  'all well 100': 9,
};
const UPLOAD_GOAL_KBIT = 600;
/** Value, votes and commits each cross the graph: a derived lower bound. */
const HOP_BOUND_AT_100 = 8;

const PUBLISHED: Readonly<Record<string, readonly Published[]>> = {
  'all well 100': [
    { value: 4_000, source: 'BeauForT, 100 browsers, Fig. 5: within 4 s' },
    // Another system's time is told in words: a mark would stand in the plot of ours.
    { value: null, source: 'BFT-SMaRt there, Fig. 5, everybody linked to everybody: within half a second' },
    { value: null, source: 'Tendermint there, section 5.6: similar to BeauForT' },
  ],
  'a quarter failing 80': [{ value: null, source: 'BFT-SMaRt, 80 replicas, Fig. 7: tail of 27 s' }],
  'a quarter failing 100': [
    { value: 5_000, source: 'BeauForT, 100 browsers, Fig. 7: within 5 s' },
    { value: null, source: 'Tendermint, Fig. 7: tail of about 10 s' },
    { value: null, source: 'BFT-SMaRt, 100 replicas: none, it cannot handle the case' },
  ],
  'one Byzantine 100': [{ value: 7_000, source: 'BeauForT, 100 browsers, Fig. 7: tail of 7 s' }],
};
const PUBLISHED_UPLOAD: Published = {
  value: 3_000,
  source: 'BeauForT, 100 browsers, Fig. 6: less than 3 Mbit/s, direction not told',
};

/** As many links as the mesh of the product makes, or aims at. */
const isProducts = ({ n, degree }: Group): boolean => degree === SCALE_DEGREE || degree === n - 1;

const placeOf = ({ scenario, n, degree }: Group): string =>
  `${scenario} ${n}${degree === n - 1 ? ' full' : ''}`;

export const ownOf = ({ results }: Group): readonly number[] =>
  results.flatMap(({ transactions }) => transactions.map(({ own }) => own));

export const latestOf = (group: Group): readonly number[] =>
  group.results.flatMap((result) => versionsOf(group, result).map(({ latest }) => latest));

/** Of each version once: where two contend, both proposals wait for the same decision. */
const versionsOf = ({ scenario }: Group, { transactions }: WorldResult): readonly Transaction[] =>
  transactions.filter((_, i) => !scenario.startsWith('two') || i % 2 === 0);

/** kbit/s of each replica that is neither Byzantine nor to fail, while transactions ran. */
function trafficOf(
  { results, planned }: Group,
  direction: 'uploads' | 'downloads',
  layer: 'payload' | 'wire',
): readonly number[] {
  return results.flatMap(({ duration, [direction]: of }, i) =>
    of.slice(planned[i]!.options.failing ?? 0).map((one) => (one[layer] * 8) / duration),
  );
}

const uploadsOf = (group: Group, layer: 'payload' | 'wire'): readonly number[] =>
  trafficOf(group, 'uploads', layer);

const p = (values: readonly number[], at: number): number =>
  percentile(
    [...values].sort((a, b) => a - b),
    at,
  );

/** Link delays that can have passed one after the other. */
const hops = (group: Group): readonly number[] => {
  const latency = group.planned[0]!.options.latency!;
  return latestOf(group).map((ms) => Math.floor(ms / latency));
};

export function seriesOf(groups: readonly Group[]): Series[] {
  return groups.flatMap((group) => {
    const { scenario, n, degree, rate, conditions } = group;
    const isProduct = isProducts(group);
    const isLoad = scenario === 'under load';
    const labels: Labels = isLoad
      ? { replicas: n, degree, 'per second': rate }
      : { scenario, replicas: n, degree };
    const goal = isProduct && !isLoad ? GOALS[placeOf(group)] : undefined;
    const published = isProduct ? PUBLISHED[placeOf(group)] : undefined;
    const suffix = isLoad ? ' under load' : '';
    const isBusiest = isProduct && n === 100 && scenario === 'all well';
    const hopsGoal = isProduct && !isLoad ? HOPS_GOALS[placeOf(group)] : undefined;
    const wire = (layer: 'payload' | 'wire'): Series => ({
      figure: `upload${suffix}`,
      labels: { ...labels, layer },
      unit: 'kbit/s',
      samples: uploadsOf(group, layer),
      conditions,
      ...(isBusiest && { published: [PUBLISHED_UPLOAD] }),
      ...(isBusiest &&
        layer === 'wire' && {
          goal: { value: UPLOAD_GOAL_KBIT, percentile: 50, source: PROTOCOL },
        }),
    });
    const download = (layer: 'payload' | 'wire'): Series => ({
      figure: `download${suffix}`,
      labels: { ...labels, layer },
      unit: 'kbit/s',
      samples: trafficOf(group, 'downloads', layer),
      conditions,
    });
    return [
      {
        figure: `commit latency${suffix}`,
        labels,
        unit: 'ms',
        samples: ownOf(group),
        conditions,
        ...(published && { published }),
      },
      {
        figure: `latest replica${suffix}`,
        labels,
        unit: 'ms',
        samples: latestOf(group),
        conditions,
        ...(goal !== undefined && { goal: { value: goal, percentile: 99, source: PROTOCOL } }),
      },
      ...(scenario === 'all well' || degree === n - 1
        ? [
            {
              figure: 'hops',
              labels,
              unit: 'count',
              samples: hops(group),
              conditions,
              ...(hopsGoal !== undefined && {
                goal: { value: hopsGoal, percentile: 50, source: PROTOCOL },
              }),
            } satisfies Series,
          ]
        : []),
      wire('payload'),
      wire('wire'),
      download('payload'),
      download('wire'),
    ];
  });
}

export const PLOTS: readonly Plot[] = [
  {
    kind: 'box',
    title: 'Commit latency by size, simulated, all well',
    figure: 'commit latency',
    by: 'replicas',
    split: 'degree',
    where: { scenario: 'all well' },
  },
  {
    kind: 'box',
    title: 'Commit latency by links of a replica, simulated, all well',
    figure: 'commit latency',
    by: 'degree',
    split: 'replicas',
    where: { scenario: 'all well' },
  },
  {
    kind: 'box',
    title: `Until the last replica has it, by size, ${SCALE_DEGREE} links each`,
    figure: 'latest replica',
    by: 'replicas',
    where: { scenario: 'all well', degree: SCALE_DEGREE },
  },
  ...(['a quarter failing', 'one Byzantine'] as const).map((scenario): Plot => ({
    kind: 'box',
    title: `Commit latency by size, simulated, ${scenario}${scenario === 'a quarter failing' ? `, one by one every ${SCALE_FAILURE_EVERY_MS / 1000} s` : ''}`,
    figure: 'commit latency',
    by: 'replicas',
    where: { scenario, degree: SCALE_DEGREE },
  })),
  {
    kind: 'box',
    title: `Commit latency by what goes wrong, ${SCALE_DEGREE} links each`,
    figure: 'commit latency',
    by: 'scenario',
    split: 'replicas',
    where: { degree: SCALE_DEGREE },
    logarithmic: true,
  },
  {
    kind: 'box',
    title: 'Until the last replica has it, by what goes wrong, everybody linked to everybody',
    figure: 'latest replica',
    by: 'scenario',
    where: { replicas: FULL_MESH_MAX, degree: FULL_MESH_MAX - 1 },
    logarithmic: true,
  },
  {
    kind: 'box',
    title: `Upload of a replica by size, one transaction a second, ${SCALE_DEGREE} links each`,
    figure: 'upload',
    by: 'replicas',
    split: 'layer',
    where: { scenario: 'all well', degree: SCALE_DEGREE },
  },
  {
    kind: 'box',
    title: 'Upload of a replica on the wire by links',
    figure: 'upload',
    by: 'degree',
    split: 'replicas',
    where: { scenario: 'all well', layer: 'wire' },
  },
  {
    kind: 'line',
    title: `Commit latency against the load offered, simulated, ${SCALE_LOADS.length > 0 ? 'different keys' : ''}`,
    figure: 'commit latency under load',
    by: 'per second',
  },
  {
    kind: 'line',
    title: 'Upload of a replica against the load offered',
    figure: 'upload under load',
    by: 'per second',
    split: 'layer',
  },
];

const whole = (value: number): string => value.toFixed(0);
const list = (of: Readonly<Record<string, number>>, digits: number): string =>
  Object.entries(of)
    .filter(([, value]) => value >= 0.5 / 10 ** digits)
    .sort((a, b) => b[1] - a[1])
    .map(([name, value]) => `${name} ${value.toFixed(digits)}`)
    .join(', ');

/** For each honest replica and transaction. */
function each(
  group: Group,
  of: (result: WorldResult) => Readonly<Record<string, number>>,
): Record<string, number> {
  const sums: Record<string, number> = {};
  let shares = 0;
  for (const [i, result] of group.results.entries()) {
    const { n, byzantine = [], failing = 0, failEvery } = group.planned[i]!.options;
    // Who fails one by one does its share before; who is gone from the start does none.
    const absent = failEvery === undefined ? failing : 0;
    shares += (n - byzantine.length - absent) * versionsOf(group, result).length;
    for (const [name, value] of Object.entries(of(result))) sums[name] = (sums[name] ?? 0) + value;
  }
  for (const name of Object.keys(sums)) sums[name]! /= shares;
  return sums;
}

/** Where the time goes: what happens when, at the median honest replica. */
function phases({ results }: Group): string {
  const all = new Map<string, number[]>();
  for (const result of results)
    for (const [name, times] of Object.entries(result.phases))
      all.set(name, [...(all.get(name) ?? []), ...times]);
  const total = Math.max(1, ...[...all.values()].map((times) => times.length));
  return [...all]
    .map(([name, times]) => ({ name, at: median(times), share: (100 * times.length) / total }))
    .filter(({ share }) => share >= 1)
    .sort((a, b) => a.at - b.at)
    .map(({ name, at, share }) => `${name} ${whole(at)} ms${share < 99.5 ? ` (${whole(share)} %)` : ''}`)
    .join(', ');
}

export function tablesOf(groups: readonly Group[]): Table[] {
  const rows = groups.map((group) => {
    const own = ownOf(group);
    const latest = latestOf(group);
    return [
      group.scenario === 'under load' ? `${group.rate} a second` : group.scenario,
      group.n,
      group.degree,
      own.length,
      whole(p(own, 50)),
      whole(p(own, 99)),
      whole(p(latest, 50)),
      whole(p(latest, 99)),
      whole(p(latest, 100)),
      whole(median(uploadsOf(group, 'payload'))),
      whole(median(uploadsOf(group, 'wire'))),
      whole(median(trafficOf(group, 'downloads', 'wire'))),
    ];
  });
  const product = groups.filter(isProducts);
  return [
    {
      title:
        'Simulated networks: milliseconds at the submitter and until the last replica has it, and kbit/s of a replica',
      head: [
        'what',
        'replicas',
        'degree',
        'transactions',
        'p50',
        'p99',
        'last, p50',
        'last, p99',
        'last, worst',
        'up, payload',
        'up, wire',
        'down, wire',
      ],
      rows,
    },
    {
      title:
        'Hops: whole link delays until the last replica has it, and the fewest in which the submitter can have a quorum over these very topologies',
      head: [
        'replicas',
        'degree',
        'hops, p50',
        'fewest, p50',
        'fewest, range',
        'p50 at the submitter over the fewest',
      ],
      rows: groups.filter(({ scenario }) => scenario === 'all well').map(hopRow),
    },
    {
      title:
        'Where the time goes: milliseconds after the proposal, median over replicas, and the share of them where it is not all',
      head: ['what', 'replicas', 'degree', 'when'],
      rows: product.map((group) => [nameOf(group), group.n, group.degree, phases(group)]),
    },
    {
      title: 'What each replica does for a transaction',
      head: ['what', 'replicas', 'degree', 'work, ms', 'bytes sent, by kind'],
      rows: product.map((group) => [
        nameOf(group),
        group.n,
        group.degree,
        list(
          each(group, ({ charged }) => charged),
          1,
        ),
        list(
          each(group, ({ bytesByKind }) => bytesByKind),
          0,
        ),
      ]),
    },
  ];
}

const nameOf = ({ scenario, rate }: Group): string =>
  scenario === 'under load' ? `${rate} a second` : scenario;

function hopRow(group: Group): readonly (string | number)[] {
  const bounds = group.planned.flatMap(({ options }, i) => {
    const neighbours = neighboursOf(group.n, options.edges!);
    return group.results[i]!.transactions.map(({ by }) => leastHops(neighbours, by));
  });
  const latency = group.planned[0]!.options.latency!;
  return [
    group.n,
    group.degree,
    median(hops(group)),
    median(bounds),
    `${Math.min(...bounds)} to ${Math.max(...bounds)}`,
    (median(ownOf(group)) / (latency * median(bounds))).toFixed(2),
  ];
}

export function ratiosOf(groups: readonly Group[]): Ratio[] {
  const find = (scenario: Scenario, n: number): Group | undefined =>
    groups.find((g) => g.scenario === scenario && g.n === n && g.degree === SCALE_DEGREE);
  const ratios: Ratio[] = [];
  const add = (
    name: string,
    above: number | undefined,
    below: number | undefined,
    tolerance: number,
  ): void => {
    if (above !== undefined && below !== undefined && below > 0)
      ratios.push({ name, value: above / below, better: 'lower', tolerance });
  };
  const of = <T>(group: Group | undefined, get: (group: Group) => T): T | undefined => group && get(group);
  const healthy = find('all well', 100);
  const last99 = (group: Group): number => p(latestOf(group), 99);
  const up = (group: Group): number => median(uploadsOf(group, 'wire'));
  add(
    `commit at 100 replicas / ${HOP_BOUND_AT_100} link delays, simulated`,
    of(healthy, (g) => median(ownOf(g))),
    of(healthy, (g) => g.planned[0]!.options.latency! * HOP_BOUND_AT_100),
    0.1,
  );
  add(
    'p99 with a quarter failing / all well, 100 replicas, simulated',
    of(find('a quarter failing', 100), last99),
    of(healthy, last99),
    0.3,
  );
  add(
    'p99 with one Byzantine / all well, 100 replicas, simulated',
    of(find('one Byzantine', 100), last99),
    of(healthy, last99),
    0.25,
  );
  add(
    'p99 of two that contend / all well, 100 replicas, simulated',
    of(find('two contend', 100), last99),
    of(healthy, last99),
    0.25,
  );
  add('upload at 100 replicas / at 16, simulated', of(healthy, up), of(find('all well', 16), up), 0.15);
  // The one before cannot see that both take more.
  add(
    `upload at 100 replicas / ${UPLOAD_GOAL_KBIT} kbit/s, simulated`,
    of(healthy, up),
    healthy && UPLOAD_GOAL_KBIT,
    0.15,
  );
  return ratios;
}

// ---- the simulator held against the browsers

export interface Validated {
  readonly measured: GossipValidation;
  /** Submitters' latencies, a processor for each replica. */
  readonly alone: readonly number[];
  /** All replicas on the machine's processors. */
  readonly shared: readonly number[];
  /** Processor milliseconds of a replica's worker and page for a transaction there. */
  readonly sharedProcessorMs: number;
  /** Whether the page's time for a message is from other sizes than this one. */
  readonly predicted: boolean;
  readonly conditions: Conditions;
}

const latenciesOf = ({ topologies }: GossipValidation): readonly number[] =>
  topologies.flatMap(({ latencies }) => latencies);

export interface Validation {
  readonly series: readonly Series[];
  readonly plots: readonly Plot[];
  readonly tables: readonly Table[];
  readonly ratios: readonly Ratio[];
  readonly notes: readonly string[];
}

export function validationOf(all: readonly Validated[]): Validation {
  const browsers = ({ measured }: Validated): readonly number[] => latenciesOf(measured);
  const measuredAt = (one: Validated): [number, number] => [median(browsers(one)), p(browsers(one), 90)];
  const models = {
    browsers,
    'a processor each': ({ alone }: Validated) => alone,
    'shared processors': ({ shared }: Validated) => shared,
  } as const;
  const series = all.flatMap((one) =>
    Object.entries(models).map(([by, samples]): Series => {
      const { n, degree } = one.measured;
      return {
        figure: 'simulated and measured',
        labels: { replicas: n, degree, network: `${n} × ${degree}`, by },
        unit: 'ms',
        samples: samples(one),
        conditions: one.conditions,
      };
    }),
  );
  const rows = all.map((one) => {
    const { n, degree, busy, processorMs } = one.measured;
    const [p50, p90] = measuredAt(one);
    return [
      n,
      degree,
      browsers(one).length,
      `${whole(p50)} / ${whole(p90)}`,
      `${whole(median(one.alone))} / ${whole(p(one.alone, 90))}`,
      `${signed(errorOf(one.alone, p50, 50))} / ${signed(errorOf(one.alone, p90, 90))}`,
      `${whole(median(one.shared))} / ${whole(p(one.shared, 90))}`,
      `${signed(errorOf(one.shared, p50, 50))} / ${signed(errorOf(one.shared, p90, 90))}`,
      `${whole(busy * 100)} %`,
      processorMs.toFixed(1),
      one.sharedProcessorMs.toFixed(1),
      signed((one.sharedProcessorMs / processorMs - 1) * 100),
    ];
  });
  const sizes = [...new Set(all.map(({ measured }) => measured.n))];
  const of = (n: number): readonly Validated[] => all.filter(({ measured }) => measured.n === n);
  const ratios = sizes.map((n): Ratio => ({
    name: `simulator (shared processors) and browsers apart, median commit at ${n} replicas, the worst degree`,
    // Of all degrees the worst: the guard is about what the simulator may be off by.
    value: Math.max(
      ...of(n).map(({ measured, shared }) => apart(median(shared), median(latenciesOf(measured)))),
    ),
    better: 'lower',
    tolerance: 0.25,
  }));
  const range = (errors: readonly number[]): string =>
    errors.length === 1
      ? signed(errors[0]!)
      : `${signed(Math.min(...errors))} to ${signed(Math.max(...errors))}`;
  const told = sizes.flatMap((n) =>
    [false, true].map((full) => ({
      ...{ n, full },
      here: of(n).filter(({ measured }) => measured.busy >= FULL_BUSY === full),
    })),
  );
  const notes = told.flatMap(({ n, full, here }) => {
    if (here.length === 0) return [];
    const where = `at ${n} replicas, ${full ? `where the machine's processors were full (${FULL_BUSY * 100} % and more in use)` : 'where processors were left over'}, over ${here.length === 1 ? 'one degree' : `${here.length} degrees`}`;
    const how = here.every(({ predicted }) => predicted)
      ? "the page's time for a message taken from the other sizes alone"
      : "the page's time for a message fitted on this very size, since no other was measured: no prediction";
    const errors = (which: 'alone' | 'shared', at: 50 | 90): string =>
      range(here.map((one) => errorOf(one[which], measuredAt(one)[at === 50 ? 0 : 1], at)));
    return [
      `Error of the simulator ${where}: with a processor for each replica the median is off by ${errors('alone', 50)} and p90 by ${errors('alone', 90)}; with all replicas on the machine's processors, ${how}, by ${errors('shared', 50)} and ${errors('shared', 90)}.`,
    ];
  });
  return {
    series,
    plots: [
      {
        kind: 'box',
        title: 'The same topologies, in browsers and simulated twice (replicas × links)',
        figure: 'simulated and measured',
        by: 'network',
        split: 'by',
      },
    ],
    tables: [
      {
        title:
          'The simulator held against the browsers: p50 / p90 in milliseconds at the submitter, and by how much the simulated one is above or below',
        head: [
          'replicas',
          'degree',
          'transactions',
          'browsers',
          'a processor each',
          'error',
          'shared processors',
          'error',
          'processors in use, measured',
          'processor of a replica, ms, measured',
          'the same, shared processors',
          'error',
        ],
        rows,
      },
    ],
    ratios,
    notes,
  };
}

/** Which goals the figures miss, in words. `isWhole`: no part has failed, whose goals would be missing here. */
export function goalNotes(series: readonly Series[], isWhole: boolean): string[] {
  const withGoals = series.flatMap((one) => (one.goal ? [{ one, goal: one.goal }] : []));
  const missed = withGoals.flatMap(({ one, goal }) => {
    const value = p(one.samples, goal.percentile);
    if (value <= goal.value) return [];
    const where = `${one.labels.scenario}, ${one.labels.replicas} replicas, ${one.labels.degree} links`;
    return [
      `Goal missed: ${one.figure}, ${where}: p${goal.percentile} is ${whole(value)} ${one.unit}, the goal ${goal.value}. The table "Where the time goes" says in which phase.`,
    ];
  });
  if (isWhole && withGoals.length > 0 && missed.length === 0)
    return [`All ${withGoals.length} goals of the project that these figures are about are met.`];
  return missed;
}

/** How many fail, for the notes. */
export const failingText = (sizes: readonly number[]): string =>
  sizes.map((n) => `${failingOf(n)} of ${n}`).join(', ');
