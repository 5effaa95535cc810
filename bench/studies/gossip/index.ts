/**
 * The BeauForT paper's evaluation in real browsers: one transaction a second over links of 60 ms, 4 to 40 replicas over drawn topologies and as the
 * product links them, with a quarter of the replicas failing, with the paper's Byzantine replica, and under growing load.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blsJob } from '../../machine.ts';
import {
  GOSSIP_DEGREES,
  GOSSIP_DELAY_MS,
  GOSSIP_FAILURE_EVERY_MS,
  GOSSIP_FULL,
  GOSSIP_LARGEST_DEGREES,
  GOSSIP_LOAD_MS,
  GOSSIP_LOADS,
  GOSSIP_PACE,
  GOSSIP_SAMPLES,
  GOSSIP_SATURATED,
  GOSSIP_SPARSE,
  GOSSIP_TOPOLOGIES,
  GOSSIP_TRANSACTIONS,
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
import type { GossipFacts, GossipTopology, GossipValidation } from './facts.ts';
import {
  COST_JOBS,
  costsOf,
  fromDue,
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
  minutes: { full: 70, quick: 4 },
  run,
};

/** How much is measured. */
interface Sizes {
  readonly full: readonly number[];
  /** Sizes with drawn topologies, and their degrees. */
  readonly sparse: readonly { readonly n: number; readonly degrees: readonly number[] }[];
  readonly topologies: number;
  readonly each: number;
  /** Transactions over one topology, in parts of `each`. */
  readonly parts: number;
  /** Sizes at which replicas fail, and at which one lies. */
  readonly failing: readonly number[];
  readonly lying: readonly number[];
  /** Sizes at which load grows, and at which there is no delay. */
  readonly loaded: readonly number[];
  readonly undelayed: readonly number[];
  readonly loads: readonly number[];
  readonly samples: number;
  readonly onDisk: readonly number[];
}

const FULL: Sizes = {
  full: GOSSIP_FULL,
  sparse: GOSSIP_SPARSE.map((n) => ({
    n,
    degrees: n === Math.max(...GOSSIP_SPARSE) ? GOSSIP_LARGEST_DEGREES : GOSSIP_DEGREES,
  })),
  topologies: GOSSIP_TOPOLOGIES,
  each: GOSSIP_TRANSACTIONS,
  parts: GOSSIP_SAMPLES / GOSSIP_TRANSACTIONS,
  failing: [16, 25],
  lying: [16, 25],
  loaded: [4, 16],
  undelayed: [4, 16],
  loads: GOSSIP_LOADS,
  samples: GOSSIP_SAMPLES,
  onDisk: [4],
};

/** Every part once, with few replicas and samples. */
const QUICK: Sizes = {
  full: [4],
  sparse: [{ n: 8, degrees: [3, 5] }],
  topologies: 2,
  each: 5,
  parts: 1,
  failing: [8],
  lying: [4],
  loaded: [4],
  undelayed: [4],
  loads: [5, 20],
  samples: 20,
  onDisk: [],
};

/** Before the first failure: how it was until then shows in the timeline. */
const BEFORE_FAILURES = 15;
/** How long the Byzantine replica goes on with bad signatures if nobody convicts it, milliseconds. */
const LOUD_MS = 60_000;
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
  const sizes = context.quick ? QUICK : FULL;
  const found: Found = {
    ...{ series: [], timelines: [], ratios: [], notes: [], machineRows: [], loadRows: [], startRows: [] },
    ...{ validation: [], slow: [], healthy: new Map() },
  };
  const skipped = [
    ...(context.quick ? ['Sizes above 8: they are measured in a full run only.'] : []),
    ...(!context.quick && GOSSIP_LARGEST_DEGREES.length < GOSSIP_DEGREES.length
      ? [
          `Degrees ${GOSSIP_DEGREES.filter((d) => !GOSSIP_LARGEST_DEGREES.includes(d)).join(' and ')} at ${Math.max(...GOSSIP_SPARSE)} replicas: with them the study would take longer than its time.`,
        ]
      : []),
  ];
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
  let storeWrite = storeWriteOnDisk;

  const bed = await createBed();
  try {
    const work = new Work(context, sizes, bed, found);
    for (const n of sizes.full)
      await work.part(`${n} replicas in a full mesh`, async () => void (storeWrite = await work.fullMesh(n)));
    for (const { n, degrees } of sizes.sparse)
      await work.part(`${n} replicas`, () => work.sparse(n, degrees));
    for (const n of sizes.lying) await work.part(`${n} replicas, one Byzantine`, () => work.lying(n));
    for (const n of sizes.onDisk) await work.part(`${n} replicas on disk`, () => work.onDisk(n));
  } finally {
    await bed.close();
  }
  const facts: GossipFacts = {
    costs: costsOf(jobs, 'min', storeWrite),
    costsMedian: costsOf(jobs, 'median', storeWrite),
    storeWriteOnDisk,
    costsBls,
    validation: found.validation,
  };
  return {
    series: found.series,
    plots: [...plotsOf(sizes.sparse.map(({ n }) => n)), ...found.timelines],
    tables: tablesOf(found, facts),
    ratios: found.ratios,
    notes: [...notesOf(context.quick), ...found.notes],
    notComparable: NOT_COMPARABLE,
    skipped,
    facts: { ...facts },
  };
}

class Work {
  readonly #context: StudyContext;
  readonly #sizes: Sizes;
  readonly #bed: Bed;
  readonly #found: Found;

  constructor(context: StudyContext, sizes: Sizes, bed: Bed, found: Found) {
    [this.#context, this.#sizes, this.#bed, this.#found] = [context, sizes, bed, found];
  }

  /**
   * One part of the study. When it fails the others are measured all the same; it leaves a series without samples, for which the runner says that
   * the study has failed.
   */
  async part(what: string, work: () => Promise<void>): Promise<void> {
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

  /** Everybody linked to everybody. Resolves with the median of a strict write in such a browser, milliseconds. */
  async fullMesh(n: number): Promise<number> {
    return this.#within(n, {}, async (group, bench) => {
      const writes = await group.writes({ count: PUT_LOOP, bytes: PUT_BYTES });
      await this.#product(n, bench, {});
      await this.#onTop(n, group, bench);
      return median(writes);
    });
  }

  /** As the product links them; over drawn topologies; and what else is measured at this size. */
  async sparse(n: number, degrees: readonly number[]): Promise<void> {
    await this.#within(n, {}, async (group, bench) => {
      await this.#product(n, bench, {});
      for (const degree of degrees) await this.#drawn(n, degree, group, bench);
      this.#degreeRatio(n, degrees);
      if (!this.#isWanted(n)) return;
      // From as many links as the product wants, and not from the many of the last topology.
      await group.relink(drawTopology(n, Math.min(7, n - 2), n));
      await group.relink(null);
      await this.#onTop(n, group, bench);
      if (!this.#sizes.failing.includes(n)) return;
      // The links are new: delays are measured again.
      await bench.warm();
      await this.#failing(n, bench);
    });
  }

  async lying(n: number): Promise<void> {
    await this.#within(n, {}, async (_group, bench) => {
      const count = this.#sizes.samples;
      const cold = await bench.warm();
      const { value, conditions } = await this.#context.under(() =>
        bench.lying({ count, pace: GOSSIP_PACE, loudMs: LOUD_MS }),
      );
      const { samples, start, firstAt, allAt, silentAt } = value;
      const labels = { scenario: 'one Byzantine', replicas: n, links: 'product', delay: GOSSIP_DELAY_MS };
      this.#latency(labels, samples, conditions, cold, PUBLISHED.byzantine);
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
    });
  }

  /** A browser and a profile on disk for each. */
  async onDisk(n: number): Promise<void> {
    await this.#within(n, { onDisk: true }, async (_group, bench) =>
      this.#product(n, bench, { storage: 'disk' }),
    );
  }

  // ---- parts ----

  async #within<T>(
    n: number,
    { onDisk = false }: { readonly onDisk?: boolean },
    work: (group: Group, bench: Bench) => Promise<T>,
  ): Promise<T> {
    const { say } = this.#context;
    const opening = this.#bed.open({ n, delay: GOSSIP_DELAY_MS, onDisk });
    const group = await saying(say, `${n} replicas, starting`, opening);
    try {
      say(`${n} replicas, linked and voting after ${(group.startedMs / 1000).toFixed(1)} s`);
      this.#found.startRows.push([n, onDisk ? 'disk' : 'memory', +(group.startedMs / 1000).toFixed(1)]);
      return await work(group, new Bench(group, say, this.#found.slow));
    } finally {
      await group.close();
      await this.#save();
    }
  }

  /** Links as the product makes them: up to 16 everybody to everybody, else its own random choice. */
  async #product(n: number, bench: Bench, more: Labels): Promise<void> {
    const { parts, each } = this.#sizes;
    const { value, conditions } = await this.#context.under(async () => {
      const cold = await bench.warm();
      const rounds = new Array<null>(parts).fill(null);
      const what = `${n} replicas as the product links them`;
      return { cold, measured: await bench.over(rounds, { each, pace: GOSSIP_PACE, what }) };
    });
    const { cold, measured } = value;
    const labels = { scenario: 'healthy', replicas: n, links: 'product', delay: GOSSIP_DELAY_MS, ...more };
    const published = 'storage' in more ? [] : PUBLISHED.healthy(n);
    this.#latency(labels, measured.samples, conditions, cold, published);
    this.#use(labels, measured, conditions, bench.idle);
    if ('storage' in more) return;
    this.#found.healthy.set(n, measured.samples);
    this.#hopRatio(n, 'product', measured);
    const wire = measured.rounds.flatMap(({ used }) => used.wire);
    const payload = measured.rounds.flatMap(({ used }) => used.payload);
    this.#ratio(`wire / payload bytes, ${n} replicas`, mean(wire) / mean(payload), TOLERANCE.bytes);
  }

  async #drawn(n: number, degree: number, group: Group, bench: Bench): Promise<void> {
    const { topologies, each } = this.#sizes;
    const seeds = Array.from({ length: topologies }, (_, i) => n * 10_000 + degree * 100 + i);
    const what = `${n} replicas, ${degree} links each`;
    const { value, conditions } = await this.#context.under(() =>
      bench.over(
        seeds.map((seed) => drawTopology(n, degree, seed)),
        { each, pace: GOSSIP_PACE, what },
      ),
    );
    const labels = { scenario: 'healthy', replicas: n, links: degree, delay: GOSSIP_DELAY_MS };
    this.#latency(labels, value.samples, conditions, [], []);
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
          ...{ n, degree, delayMs: GOSSIP_DELAY_MS, pace: GOSSIP_PACE, bodyBytes: group.bodyBytes },
          processorMs: median(value.rounds.map(({ used }) => used.replicaMs)),
          busy: mean(value.rounds.map(({ busy }) => busy)),
        },
        measured,
      ),
    );
    await this.#save();
  }

  /** What is measured over the product's links after everything else of a size. */
  async #onTop(n: number, group: Group, bench: Bench): Promise<void> {
    const { loaded, undelayed, loads, parts, each, samples } = this.#sizes;
    if (loaded.includes(n)) await this.#load(n, bench, loads, samples);
    if (!undelayed.includes(n)) return;
    group.setDelay(0);
    const { value, conditions } = await this.#context.under(async () => {
      // Delays are measured anew meanwhile.
      const cold = await bench.warm();
      const rounds = new Array<null>(parts).fill(null);
      return {
        cold,
        measured: await bench.over(rounds, { each, pace: GOSSIP_PACE, what: `${n} replicas without delay` }),
      };
    });
    group.setDelay(GOSSIP_DELAY_MS);
    const labels = { scenario: 'healthy', replicas: n, links: 'product', delay: 0 };
    this.#latency(labels, value.measured.samples, conditions, value.cold, []);
    this.#use(labels, value.measured, conditions, bench.idle);
    // With the delay back, they measure it again before anything else is asked of them.
    await bench.warm();
  }

  async #load(n: number, bench: Bench, loads: readonly number[], atLeast: number): Promise<void> {
    const { series, loadRows, healthy, notes } = this.#found;
    const labels = (rate: number): Labels => ({ replicas: n, rate, delay: GOSSIP_DELAY_MS });
    const figure = 'latency under load';
    const alone = series.find(
      (one) =>
        one.figure === 'latency' &&
        one.labels['replicas'] === n &&
        one.labels['links'] === 'product' &&
        one.labels['delay'] === GOSSIP_DELAY_MS,
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
      const decided = value.flatMap((one) =>
        one.milliseconds === null ? [] : [{ ...one, milliseconds: one.milliseconds }],
      );
      if (decided.length === 0)
        throw new Error(`${n} replicas have decided nothing of ${rate} transactions a second.`);
      const share = shareInTime(
        value,
        Math.max(1000, 3 * median(first?.map(({ milliseconds }) => milliseconds) ?? [0])),
      );
      series.push({ figure, labels: labels(rate), unit: 'ms', samples: fromDue(decided), conditions });
      const ends = decided.map(({ at, late, milliseconds }) => at + late + milliseconds);
      const seconds = (Math.max(...ends) - Math.min(...value.map(({ at }) => at))) / 1000;
      loadRows.push([
        n,
        rate,
        count,
        `${(share * 100).toFixed(0)} %`,
        +(decided.length / seconds).toFixed(1),
        count - decided.length,
      ]);
      this.#context.say(
        `${n} replicas, ${rate} a second: ${median(fromDue(decided)).toFixed(0)} ms, ${(share * 100).toFixed(0)} % in time`,
      );
      if (share >= GOSSIP_SATURATED) continue;
      notes.push(
        `${n} replicas: at ${rate} transactions a second ${(share * 100).toFixed(0)} % were decided in time; no greater load was offered.`,
      );
      return;
    }
  }

  async #failing(n: number, bench: Bench): Promise<void> {
    const count = this.#sizes.samples;
    const before = Math.min(BEFORE_FAILURES, count);
    const { value, conditions } = await this.#context.under(() =>
      bench.failing({ before, after: count, pace: GOSSIP_PACE }),
    );
    const { samples, start, failures } = value;
    const labels = { scenario: 'a quarter failing', replicas: n, links: 'product', delay: GOSSIP_DELAY_MS };
    const from = failures[0]?.at ?? start;
    const since = samples.filter(({ at }) => at >= from - GOSSIP_FAILURE_EVERY_MS / 1000);
    this.#latency(labels, since, conditions, [], PUBLISHED.failing);
    this.#timeline(
      `A quarter of ${n} replicas failing`,
      samples,
      start,
      failures.map(({ at, place }) => ({ at: (at - start) / 1000, text: `replica ${place} is gone` })),
    );
    this.#against(n, 'a quarter failing', since);
  }

  // ---- series ----

  #latency(
    labels: Labels,
    samples: readonly Decided[],
    conditions: Conditions,
    cold: readonly Decided[],
    published: readonly Published[],
  ): void {
    const times = (of: readonly Decided[]): number[] => of.map(({ milliseconds }) => milliseconds);
    this.#found.series.push({
      ...{ figure: 'latency', labels, unit: 'ms', samples: times(samples), conditions },
      ...(cold.length > 0 && { cold: times(cold) }),
      ...(published.length > 0 && { published }),
    });
    const late = samples.filter(({ round }) => round > 0).length;
    if (late > 0)
      this.#found.notes.push(
        `${describe(labels)}: ${late} of ${samples.length} transactions were decided in a round after the first, in round ${Math.max(...samples.map(({ round }) => round))} at the latest.`,
      );
  }

  #use(labels: Labels, { rounds }: Run, conditions: Conditions, idle: number): void {
    const { series, machineRows } = this.#found;
    const n = Number(labels['replicas']);
    const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
    for (const counted of ['payload', 'wire'] as const)
      series.push({
        ...{ figure: 'network use', labels: { ...labels, counted }, unit: 'kbit/s', conditions },
        samples: rounds.flatMap(({ used }) => used[counted]),
        ...(counted === 'wire' && labels['links'] === 'product' && { published: PUBLISHED.network }),
      });
    const processor = rounds.map(({ used }) => used.replicaMs);
    series.push({
      figure: 'processor time of a replica for one transaction',
      labels,
      unit: 'ms',
      samples: processor,
      conditions,
    });
    machineRows.push([
      ...[n, labels['links'] ?? '', labels['delay'] ?? '', labels['storage'] ?? 'memory'],
      +of(({ used }) => used.replicaMs).toFixed(1),
      +(of(({ used }) => used.replicaMs) * n).toFixed(0),
      +of(({ used }) => used.browserMs).toFixed(0),
      +of(({ used }) => used.relayMs).toFixed(0),
      +of(({ used }) => used.packets).toFixed(0),
      +(idle / n).toFixed(1),
      `${(mean(rounds.map(({ busy }) => busy)) * 100).toFixed(0)} %`,
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

  #isWanted(n: number): boolean {
    const { loaded, undelayed, failing } = this.#sizes;
    return [loaded, undelayed, failing].some((all) => all.includes(n));
  }

  /** What there is so far: a run that is ended early leaves it. */
  async #save(): Promise<void> {
    const { series, validation, slow, notes } = this.#found;
    await writeFile(
      join(this.#context.folder, 'so-far.json'),
      JSON.stringify({ series, validation, slow, notes }),
    );
  }
}

const describe = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function tablesOf({ machineRows, loadRows, startRows, slow }: Found, facts: GossipFacts): readonly Table[] {
  return [
    {
      title: 'Who used the processors, for one transaction (medians; milliseconds)',
      head: [
        ...['replicas', 'links', 'delay, ms', 'storage', 'one replica', 'all replicas', 'browser', 'relay'],
        ...['packets', 'idle, ms a second and replica', 'processors in use'],
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
      head: ['replicas', 'storage', 'seconds'],
      rows: startRows,
    },
    {
      title:
        'The slowest transactions, and the longest time in which their submitter neither did nor heard anything about them',
      head: ['when', 'ms', 'round', 'longest wait, ms', 'after', 'before'],
      rows: slow.map(({ what, milliseconds, round, wait }) => [
        ...[what, +milliseconds.toFixed(0), round],
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
