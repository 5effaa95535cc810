/**
 * The BeauForT paper's evaluation in real browsers: one transaction a second over links of 60 ms, 4 to 40 replicas over drawn topologies and as the
 * product links them, with a quarter of the replicas failing, with the paper's Byzantine replica, and under growing load.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FULL_MESH_MAX } from '../../../src/net/limits.ts';
import { blsJob } from '../../machine.ts';
import {
  GOSSIP_DEGREES,
  GOSSIP_DELAY_MS,
  GOSSIP_FULL,
  GOSSIP_KEPT_UP,
  GOSSIP_LOAD_MS,
  GOSSIP_PACE,
  GOSSIP_SATURATED,
  GOSSIP_SPARSE,
  PUT_BYTES,
  PUT_LOOP,
} from '../../limits.ts';
import { inBrowser } from '../../micro/main.ts';
import { median } from '../../stats.ts';
import type {
  Conditions,
  Labels,
  Outcome,
  Plot,
  Published,
  Ratio,
  Series,
  Study,
  StudyContext,
  Table,
} from '../../study.ts';
import { createBed, type Bed, type Group } from './bed.ts';
import { FULL, MINUTES, paceOf, QUICK, type Extent, type GroupPlan, type Part } from './extent.ts';
import type { GossipFacts, GossipTopology, GossipValidation } from './facts.ts';
import {
  COST_JOBS,
  costsOf,
  fromDue,
  keptUp,
  mean,
  p99Of,
  shareInTime,
  validationOf,
  type Decided,
} from './figures.ts';
import { Bench, saying, type Round, type Run, type Slow } from './measure.ts';
import { NOT_COMPARABLE, notesOf, plotsOf, PUBLISHED } from './told.ts';
import { drawTopology } from './topology.ts';

export const study: Study = {
  name: 'gossip',
  title: 'Gossip between browsers, as in the BeauForT paper',
  minutes: MINUTES,
  run,
};

/** How long the Byzantine replica goes on with bad signatures if nobody convicts it, milliseconds. */
const LOUD_MS = 60_000;
/** Everybody linked to everybody: propose, vote and commit are a hop each, and all work together takes less than a fourth. */
const MESH_GOAL = {
  value: 4 * GOSSIP_DELAY_MS,
  percentile: 50,
  source: 'three hops in a full mesh, less than four with all work',
} as const;
/** Spread between runs on a machine that does other things, too. */
const TOLERANCE = { median: 0.3, tail: 1, bytes: 0.15 };

interface Found {
  readonly series: Series[];
  readonly timelines: Plot[];
  readonly ratios: Ratio[];
  readonly notes: string[];
  readonly machineRows: (readonly (string | number)[])[];
  readonly loadRows: (readonly (string | number)[])[];
  readonly startRows: (readonly (string | number)[])[];
  readonly validation: GossipValidation[];
  readonly slow: Slow[];
  /** Of the product's own links without failures, by size. */
  readonly healthy: Map<number, readonly Decided[]>;
}

async function run(context: StudyContext): Promise<Outcome> {
  const extent = context.quick ? QUICK : FULL;
  const found: Found = {
    ...{ series: [], timelines: [], ratios: [], notes: [], machineRows: [], loadRows: [], startRows: [] },
    ...{ validation: [], slow: [], healthy: new Map() },
  };
  context.say('what single pieces of work cost in the worker of a browser');
  const costsBls = (await blsJob()).total;
  const { samples: jobs } = await saying(
    context.say,
    'costs',
    inBrowser((text) => context.say(text.trim()), COST_JOBS),
  );
  const storeWriteOnDisk = median(
    jobs.find(({ name }) => name.startsWith('strictly durable'))?.samples ?? [NaN],
  );

  const bed = await createBed();
  const work = new Work(context, extent, bed, found);
  try {
    for (const group of extent.groups) await work.group(group);
  } finally {
    await bed.close();
  }
  const storeWrite = work.storeWrite ?? storeWriteOnDisk;
  const facts: GossipFacts = {
    costs: costsOf(jobs, 'min', storeWrite),
    costsMedian: costsOf(jobs, 'median', storeWrite),
    storeWriteOnDisk,
    costsBls,
    validation: found.validation,
  };
  return {
    series: found.series,
    plots: [...plotsOf(extent), ...found.timelines],
    tables: tablesOf(found, facts),
    ratios: found.ratios,
    notes: [...notesOf(context.quick), ...found.notes],
    notComparable: NOT_COMPARABLE,
    skipped: skippedOf(context.quick),
    facts: { ...facts },
  };
}

class Work {
  readonly #context: StudyContext;
  readonly #extent: Extent;
  readonly #bed: Bed;
  readonly #found: Found;
  #storeWrite: number | null = null;

  constructor(context: StudyContext, extent: Extent, bed: Bed, found: Found) {
    [this.#context, this.#extent, this.#bed, this.#found] = [context, extent, bed, found];
  }

  /** Median of a strict write in a replica's browser that keeps its storage in memory, milliseconds; null: none has written. */
  get storeWrite(): number | null {
    return this.#storeWrite;
  }

  /** Starts the replicas, and measures what the plan says. Where one part fails the others are measured all the same. */
  async group(of: GroupPlan): Promise<void> {
    const { n, storage, parts } = of;
    const { say } = this.#context;
    await this.#part(`${n} replicas, storage ${storage}`, async () => {
      const [first] = parts;
      const edges =
        first?.kind === 'drawn' ? drawTopology(n, first.degree, seedOf(n, first.degree, 0)) : null;
      const opening = this.#bed.open({ n, delay: GOSSIP_DELAY_MS, onDisk: storage === 'disk', edges });
      const group = await saying(say, `${n} replicas, starting`, opening);
      try {
        const seconds = +(group.startedMs / 1000).toFixed(1);
        say(`${n} replicas, linked and voting after ${seconds} s`);
        this.#found.startRows.push([n, edges === null ? 'product' : 'drawn', storage, seconds]);
        if (storage === 'memory')
          this.#storeWrite ??= median(await group.writes({ count: PUT_LOOP, bytes: PUT_BYTES }));
        const bench = new Bench(group, say, this.#found.slow);
        let cold = await bench.cold();
        for (const part of parts) {
          const name = `${n} replicas, storage ${storage}, ${part.kind}${part.kind === 'drawn' ? ` ${part.degree}` : ''}`;
          await this.#part(name, () => this.#measure(part, of, group, bench, cold));
          cold = [];
          await this.#save();
        }
        const degrees = parts.flatMap((part) => (part.kind === 'drawn' ? [part.degree] : []));
        this.#degreeRatio(n, degrees);
      } finally {
        await group.close();
        await this.#save();
      }
    });
  }

  /** One that fails leaves a series without samples, for which the runner says that the study has failed. */
  async #part(what: string, work: () => Promise<void>): Promise<void> {
    const { say, under } = this.#context;
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      say(`FAILED: ${what}: ${message}`);
      this.#found.notes.push(
        `${what}: FAILED, what was not measured by then is missing: ${message.split('\n')[0]}`,
      );
      const { conditions } = await under(() => Promise.resolve());
      const labels = { scenario: 'failed', part: what };
      this.#found.series.push({ figure: 'latency', labels, unit: 'ms', samples: [], conditions });
    }
  }

  async #measure(
    part: Part,
    { n, storage }: GroupPlan,
    group: Group,
    bench: Bench,
    cold: readonly Decided[],
  ): Promise<void> {
    const labels: Labels = {
      ...{ scenario: 'healthy', replicas: n, links: 'product' },
      ...{ delay: GOSSIP_DELAY_MS, storage, pace: paceOf(n) },
    };
    switch (part.kind) {
      case 'product':
        return this.#product(labels, bench, cold);
      case 'drawn':
        return this.#drawn({ ...labels, links: part.degree }, part.degree, group, bench, cold);
      case 'load':
        return this.#load(n, bench);
      case 'failing':
        return this.#failing({ ...labels, scenario: 'a quarter failing' }, bench);
      case 'lying':
        await group.relink(null);
        return this.#lying({ ...labels, scenario: 'one Byzantine' }, bench);
    }
  }

  /** Links as the product makes them: up to 16 everybody to everybody, else its own random choice. */
  async #product(of: Labels, bench: Bench, cold: readonly Decided[]): Promise<void> {
    const { samples: count, window } = this.#extent;
    const n = Number(of['replicas']);
    const what = `${n} replicas as the product links them`;
    const { value, conditions } = await this.#context.under(() =>
      bench.steady({ count, window, pace: paceOf(n), what }),
    );
    const inMemory = of['storage'] === 'memory';
    const labels = this.#latency(
      of,
      value.samples,
      value.keptUp,
      conditions,
      inMemory ? PUBLISHED.healthy(n) : [],
      cold,
      n <= FULL_MESH_MAX ? MESH_GOAL : null,
    );
    this.#use(labels, value, conditions, bench.idle);
    if (!inMemory) return;
    this.#found.healthy.set(n, value.samples);
    this.#hopRatio(n, 'product', value);
    const wire = value.rounds.flatMap(({ used }) => used.wire);
    const payload = value.rounds.flatMap(({ used }) => used.payload);
    this.#ratio(`wire / payload bytes, ${n} replicas`, mean(wire) / mean(payload), TOLERANCE.bytes);
  }

  async #drawn(
    of: Labels,
    degree: number,
    group: Group,
    bench: Bench,
    cold: readonly Decided[],
  ): Promise<void> {
    const { topologies, each } = this.#extent;
    const { n } = group;
    const seeds = Array.from({ length: topologies }, (_, i) => seedOf(n, degree, i));
    const what = `${n} replicas, ${degree} links each`;
    const drawn = seeds.map((seed) => drawTopology(n, degree, seed));
    const { value, conditions } = await this.#context.under(() =>
      bench.over(drawn, { each, pace: paceOf(n), what }),
    );
    const labels = this.#latency(of, value.samples, value.keptUp, conditions, PUBLISHED.healthy(n), cold);
    this.#use(labels, value, conditions, bench.idle);
    this.#hopRatio(n, degree, value);
    const measured = value.rounds.map(({ edges, samples }, i): GossipTopology => ({
      seed: seeds[i]!,
      edges,
      latencies: samples.map(({ milliseconds }) => milliseconds),
      by: samples.map(({ by }) => by),
    }));
    this.#found.validation.push(
      validationOf(
        {
          ...{ n, degree, delayMs: GOSSIP_DELAY_MS, pace: paceOf(n), bodyBytes: group.bodyBytes },
          processorMs: median(value.rounds.map(({ used }) => mean(used.replicaMs))),
          keptUp: value.keptUp,
          busy: mean(value.rounds.map(({ busy }) => busy)),
        },
        measured,
      ),
    );
  }

  async #load(n: number, bench: Bench): Promise<void> {
    const { series, loadRows, healthy, notes } = this.#found;
    const { loads, samples: atLeast } = this.#extent;
    const labels = (rate: number): Labels => ({
      ...{ replicas: n, rate, delay: GOSSIP_DELAY_MS, storage: 'memory' },
    });
    const figure = 'latency under load';
    const alone = series.find(
      (one) =>
        one.figure === 'latency' &&
        one.labels['replicas'] === n &&
        one.labels['links'] === 'product' &&
        one.labels['storage'] === 'memory',
    );
    const first = healthy.get(n);
    if (alone && first)
      series.push({
        figure,
        labels: labels(GOSSIP_PACE),
        unit: 'ms',
        samples: fromDue(first),
        conditions: alone.conditions,
      });
    for (const rate of loads) {
      const count = Math.max(atLeast, Math.ceil((rate * GOSSIP_LOAD_MS) / 1000));
      const { value, conditions } = await this.#context.under(() => bench.load(rate, count));
      const decided = value.filter(({ milliseconds }) => milliseconds !== null).length;
      const times = fromDue(value);
      const share = shareInTime(
        value,
        Math.max(1000, 3 * median(first?.map(({ milliseconds }) => milliseconds) ?? [0])),
      );
      series.push({ figure, labels: labels(rate), unit: 'ms', samples: times, conditions });
      const ends = value.map(({ at }, i) => at + times[i]!);
      const seconds = (Math.max(...ends) - Math.min(...value.map(({ at }) => at))) / 1000;
      loadRows.push([
        n,
        rate,
        count,
        `${(share * 100).toFixed(0)} %`,
        +(decided / seconds).toFixed(1),
        count - decided,
      ]);
      this.#context.say(
        `${n} replicas, ${rate} a second: ${median(times).toFixed(0)} ms, ${(share * 100).toFixed(0)} % in time`,
      );
      if (share >= GOSSIP_SATURATED) continue;
      notes.push(
        `${n} replicas: at ${rate} transactions a second ${(share * 100).toFixed(0)} % were decided in time; no greater load was offered.`,
      );
      return;
    }
  }

  async #failing(of: Labels, bench: Bench): Promise<void> {
    const { samples: after, beforeFailures: before } = this.#extent;
    const n = Number(of['replicas']);
    const pace = paceOf(n);
    const { value, conditions } = await this.#context.under(() => bench.failing({ before, after, pace }));
    const { samples, since, start, failures } = value;
    this.#latency(of, since, keptUp([since], pace), conditions, PUBLISHED.failing);
    this.#timeline(
      `A quarter of ${n} replicas failing`,
      samples,
      start,
      failures.map(({ at, place }) => ({ at: (at - start) / 1000, text: `replica ${place} is gone` })),
    );
    this.#against(n, 'a quarter failing', since);
  }

  async #lying(of: Labels, bench: Bench): Promise<void> {
    const n = Number(of['replicas']);
    const pace = paceOf(n);
    const { value, conditions } = await this.#context.under(() =>
      bench.lying({ count: this.#extent.samples, pace, loudMs: LOUD_MS }),
    );
    const { samples, start, firstAt, allAt, silentAt } = value;
    // A liar whom nobody convicts has not lied to anybody, and the times are of an honest network.
    if (firstAt === null) throw new Error('Nobody has convicted the Byzantine replica.');
    this.#latency(of, samples, keptUp([samples], pace), conditions, PUBLISHED.byzantine);
    const marks = [
      [firstAt, 'first conviction'],
      [allAt, 'convicted by all'],
      [silentAt, 'silent'],
    ] as const;
    this.#timeline(`One Byzantine replica of ${n}`, samples, start, [
      ...marks.flatMap(([at, text]) => (at === null ? [] : [{ at: (at - start) / 1000, text }])),
    ]);
    const told = (at: number | null): string =>
      at === null ? 'never' : `${((at - start) / 1000).toFixed(0)} s after the first transaction`;
    this.#found.notes.push(
      `${n} replicas, one Byzantine: convicted by the first honest replica ${told(firstAt)}, by all ${told(allAt)} (looked at once a second). A conviction closes its links for good.`,
    );
    this.#against(n, 'one Byzantine', samples);
  }

  // ---- series ----

  /** Resolves with the labels of the series: whether the replicas kept up is one of them. */
  #latency(
    of: Labels,
    samples: readonly Decided[],
    kept: number,
    conditions: Conditions,
    published: readonly Published[],
    cold: readonly Decided[] = [],
    goal: Series['goal'] | null = null,
  ): Labels {
    const labels = { ...of, load: kept < GOSSIP_KEPT_UP ? 'overloaded' : 'borne' };
    const times = (of: readonly Decided[]): number[] => of.map(({ milliseconds }) => milliseconds);
    this.#found.series.push({
      ...{ figure: 'latency', labels, unit: 'ms', samples: times(samples), conditions },
      ...(cold.length > 0 && { cold: times(cold) }),
      ...(published.length > 0 && { published }),
      ...(goal && { goal }),
    });
    const late = samples.filter(({ round }) => round > 0).length;
    if (late > 0)
      this.#found.notes.push(
        `${describe(labels)}: ${late} of ${samples.length} transactions were decided in a round after the first, in round ${Math.max(...samples.map(({ round }) => round))} at the latest.`,
      );
    if (kept < GOSSIP_KEPT_UP)
      this.#found.notes.push(
        `${describe(labels)}: decided a second were ${(kept * 100).toFixed(0)} % of what was offered. A queue grew, and these latencies say how long it was on this machine, not how long a transaction takes.`,
      );
    return labels;
  }

  #use(labels: Labels, { rounds, keptUp: kept }: Run, conditions: Conditions, idle: number): void {
    const { series, machineRows } = this.#found;
    const n = Number(labels['replicas']);
    const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
    for (const counted of ['payload', 'wire'] as const)
      series.push({
        ...{ figure: 'network use', labels: { ...labels, counted }, unit: 'kbit/s', conditions },
        samples: rounds.flatMap(({ used }) => used[counted]),
        ...(counted === 'wire' && { published: PUBLISHED.network }),
      });
    series.push({
      figure: 'processor time of a replica for one transaction',
      labels,
      unit: 'ms',
      samples: rounds.flatMap(({ used }) => used.replicaMs),
      conditions,
    });
    const replicaMs = of(({ used }) => mean(used.replicaMs));
    machineRows.push([
      ...[n, labels['links'] ?? '', +mean(rounds.map(({ edges }) => (2 * edges.length) / n)).toFixed(1)],
      ...[labels['storage'] ?? '', labels['pace'] ?? ''],
      +replicaMs.toFixed(1),
      +(replicaMs * n).toFixed(0),
      +of(({ used }) => used.browserMs).toFixed(0),
      +of(({ used }) => used.relayMs).toFixed(0),
      +of(({ used }) => used.packets).toFixed(0),
      lossOf(mean(rounds.map(({ used }) => used.lost)) / mean(rounds.map(({ used }) => used.packets))),
      +idle.toFixed(1),
      `${(mean(rounds.map(({ busy }) => busy)) * 100).toFixed(0)} %`,
      `${(kept * 100).toFixed(0)} %`,
    ]);
  }

  #timeline(
    title: string,
    samples: readonly Decided[],
    start: number,
    marks: readonly { readonly at: number; readonly text: string }[],
  ): void {
    const points = samples.map(({ at, milliseconds }) => [(at - start) / 1000, milliseconds] as const);
    this.#found.timelines.push({ kind: 'timeline', title, unit: 'ms', points, marks });
  }

  // ---- ratios ----

  #ratio(name: string, value: number, tolerance: number): void {
    this.#found.ratios.push({ name, value, better: 'lower', tolerance });
  }

  #hopRatio(n: number, links: number | string, { rounds }: Run): void {
    const each = rounds.flatMap(({ samples, hops }) =>
      samples.map(({ milliseconds }, i) => milliseconds / (hops[i]! * GOSSIP_DELAY_MS)),
    );
    this.#ratio(
      `latency / (least hops × ${GOSSIP_DELAY_MS} ms), ${n} replicas, ${links} links`,
      median(each),
      TOLERANCE.median,
    );
  }

  #degreeRatio(n: number, degrees: readonly number[]): void {
    const [few, many] = [Math.min(...degrees), Math.max(...degrees)];
    const p50 = (degree: number): number | undefined =>
      this.#found.validation.find((one) => one.n === n && one.degree === degree)?.p50;
    const [one, other] = [p50(few), p50(many)];
    if (few === many || one === undefined || other === undefined) return;
    this.#ratio(`p50 with ${many} links / with ${few}, ${n} replicas`, other / one, TOLERANCE.median);
  }

  #against(n: number, scenario: string, samples: readonly Decided[]): void {
    const healthy = this.#found.healthy.get(n);
    if (!healthy) return;
    const [times, before] = [samples, healthy].map((all) => all.map(({ milliseconds }) => milliseconds));
    this.#ratio(`p99 ${scenario} / healthy, ${n} replicas`, p99Of(times!) / p99Of(before!), TOLERANCE.tail);
    this.#ratio(
      `p50 ${scenario} / healthy, ${n} replicas`,
      median(times!) / median(before!),
      TOLERANCE.median,
    );
  }

  // ---- the rest ----

  /** What there is so far: a run that is ended early leaves it. */
  async #save(): Promise<void> {
    const { series, validation, slow, notes } = this.#found;
    await writeFile(
      join(this.#context.folder, 'so-far.json'),
      JSON.stringify({ series, validation, slow, notes }),
    );
  }
}

const seedOf = (n: number, degree: number, i: number): number => n * 10_000 + degree * 100 + i;

/** Of a full run; a quick one leaves out much more. */
function skippedOf(quick: boolean): readonly string[] {
  if (quick) return ['Sizes above 6, and profiles on disk: they are measured in a full run only.'];
  const [smallest, ...larger] = GOSSIP_SPARSE.toSorted((a, b) => a - b);
  const degrees = FULL.groups
    .filter(({ n }) => larger.includes(n))
    .flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'drawn' ? [part.degree] : [])));
  const left = GOSSIP_DEGREES.filter((degree) => !degrees.includes(degree));
  return [
    `Degrees ${left.join(', ')} at ${larger.join(' and ')} replicas, and ${larger.at(-1)} as the product links them: the study would take longer than its time. The simulator has them (study \`scale\`).`,
    `A quarter failing and one Byzantine at ${larger.join(' and ')} replicas, and 10 replicas: for the same reason.`,
    `Profiles on disk with more than ${Math.min(...GOSSIP_FULL)} replicas: a browser for each takes longer to start and more of the processors than contexts of one; there is no time for both. The study \`sessions\` has all its replicas on disk.`,
    `Load at ${smallest} replicas: one transaction a second uses most of two processors there already.`,
    'Links without delay: the study `peers` measures them.',
  ];
}

/** Two digits, so that a few of many do not read as none. */
const lossOf = (part: number): string =>
  part === 0
    ? '0 %'
    : `${Number((part * 100).toPrecision(2)).toLocaleString('en', { maximumFractionDigits: 6 })} %`;

const describe = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function tablesOf({ machineRows, loadRows, startRows, slow }: Found, facts: GossipFacts): readonly Table[] {
  return [
    {
      title: 'Who used the processors, for one transaction (medians; milliseconds)',
      head: [
        ...['replicas', 'links', 'links each, mean', 'storage', 'offered, a second'],
        ...['one replica', 'all replicas', 'browser', 'relay', 'packets', 'of them lost'],
        ...['idle, ms a second and replica', 'processors in use', 'decided, of what was offered'],
      ],
      rows: machineRows,
    },
    {
      title: 'Offered load',
      head: [
        'replicas',
        'offered, a second',
        'transactions',
        'decided in time',
        'decided, a second',
        'never decided',
      ],
      rows: loadRows,
    },
    {
      title: 'From the first page to the last right to vote',
      head: ['replicas', 'links', 'storage', 'seconds'],
      rows: startRows,
    },
    {
      title:
        'The slowest transactions, and the longest time in which their submitter neither did nor heard anything about them',
      head: ['when', 'ms', 'round', 'links lost meanwhile', 'longest wait, ms', 'after', 'before'],
      rows: slow.map(({ what, milliseconds, round, unlinked, wait }) => [
        ...[what, +milliseconds.toFixed(0), round, unlinked],
        ...(wait === null ? ['', '', ''] : [+wait.milliseconds.toFixed(0), wait.after, wait.before]),
      ]),
    },
    {
      title: 'What work costs in a browser worker, for the simulator (milliseconds)',
      head: ['', 'smallest', 'median'],
      rows: (Object.keys(facts.costs) as (keyof typeof facts.costs)[]).map((name) => [
        ...[name, +facts.costs[name].toFixed(4), +facts.costsMedian[name].toFixed(4)],
      ]),
    },
  ];
}
