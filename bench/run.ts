/** One run: a network of a given size, a number of workflows, and everything that was measured. */
import { quorum } from '../src/consensus/membership.ts';
import { COMMIT_PATIENCE_MS, PUT_BYTES, PUT_LOOP } from './limits.ts';
import type { TraceEvent } from '../src/worker/api.ts';
import { createCluster, type BenchCluster, type BenchDevice } from './cluster.ts';
import { createLoadMeter } from './machine.ts';
import type { BenchOptions } from './detail/options.ts';
import { packages } from './packages.ts';
import { announce, holds, inspect, putLoop, record, takeTrace, type CommitOutput } from './page.ts';
import { polkaPath, proposerPhases, voterPhases } from './phases.ts';

export interface Sample {
  readonly replicas: number;
  /** From 0; 0 is the cold one. */
  readonly workflow: number;
  readonly metric: string;
  readonly milliseconds: number;
}

/** When something happened, milliseconds since 1970 by the browsers' clock. */
export interface Window {
  readonly kind: 'steps' | 'commit';
  readonly from: number;
  readonly to: number;
}

export interface RunResult {
  readonly replicas: number;
  readonly workflows: number;
  readonly samples: readonly Sample[];
  /** The bare loop of strict writes in the warehouse's page, before the workflows. */
  readonly puts: readonly number[];
  readonly linkedMs: number;
  readonly chromium: string;
  readonly load1: number;
  /** Share of all cores' time that was used during the workflows, by us and by others, 0 to 1. */
  readonly busy: number;
  readonly seconds: number;
  /** Of the warm workflows, for the profiler. */
  readonly windows: readonly Window[];
  /** Processor time of all browsers by kind of process, milliseconds for each warm workflow. Not stretched by others' work. */
  readonly processor: Readonly<Record<string, number>>;
}

/** Members of the example data by place: the supplier announces, the first warehouse inspects. */
export const SUPPLIER = 0;
export const WAREHOUSE = 1;

export interface RunHooks {
  progress(done: number, of: number): void;
  /** Called when the network is linked and warm, and again when the workflows are done. */
  readonly profiled?: (cluster: BenchCluster, work: () => Promise<void>) => Promise<void>;
}

export interface WorkflowOptions extends Pick<BenchOptions, 'only' | 'pause' | 'voters'> {
  /** The warehouse's device that runs every step too, which `setMirror` has been told; null: none. */
  readonly mirror: Pick<BenchDevice, 'key' | 'page'> | null;
}

export interface Workflows {
  /** Of all workflows so far. */
  readonly samples: readonly Sample[];
  /** Of the warm ones. */
  readonly windows: readonly Window[];
  /** Highest round in which a commit was decided so far: 0 when none waited for a timer. */
  readonly highestRound: number;
  /** One workflow. `i`: 0 for the cold one. @throws when a step is refused, or a commit takes longer than COMMIT_PATIENCE_MS. */
  work(i: number, notice: ReturnType<typeof packages>[number]): Promise<void>;
}

/** Package sessions on a network that is there: the supplier announces, the warehouse inspects, and all commit. */
export async function createWorkflows(cluster: BenchCluster, options: WorkflowOptions): Promise<Workflows> {
  const { only, pause, voters, mirror } = options;
  const replicas = cluster.members.length;
  const supplier = cluster.members[SUPPLIER]!.page;
  const warehouse = cluster.members[WAREHOUSE]!.page;
  const traced = cluster.members
    .map((member, index) => ({ ...member, index }))
    .filter(({ index }) => voters || index === SUPPLIER || index === WAREHOUSE);
  for (const { page } of traced) await page.evaluate(record);
  const samples: Sample[] = [];
  const windows: Window[] = [];
  let highestRound = 0;
  const patience = COMMIT_PATIENCE_MS;
  const work: Workflows['work'] = async (i, notice) => {
    const add = (metric: string, milliseconds: number): void =>
      void samples.push({ replicas, workflow: i, metric, milliseconds });
    const { sscc, envelope, lines } = notice;
    const created = await supplier.evaluate(announce, { envelope, patience });
    for (const page of [warehouse, ...(mirror ? [mirror.page] : [])])
      await page.evaluate(holds, { sscc, version: 1, patience });
    await new Promise((resolve) => setTimeout(resolve, pause));
    await Promise.all(traced.map(({ page }) => page.evaluate(takeTrace)));
    const { steps, commit, beganAt, endedAt } = await warehouse.evaluate(inspect, {
      sscc,
      lines: lines.length,
      commit: only !== 'l2',
      patience,
      mirror: mirror?.key ?? null,
    });
    if (only !== 'l1') {
      add('L2 create', created.returned);
      for (const [name, ms] of steps) add(`L2 ${name}`, ms);
    }
    if (only !== 'l2') addCommit(add, 'v1', created);
    highestRound = Math.max(highestRound, created.round ?? 0, commit?.round ?? 0);
    if (i > 0) windows.push({ kind: 'steps', from: beganAt, to: endedAt });
    if (!commit) return;
    if (i > 0) windows.push({ kind: 'commit', from: commit.calledAt, to: commit.calledAt + commit.durable });
    addCommit(add, 'v2', commit);
    await new Promise((resolve) => setTimeout(resolve, pause));
    const key = `package/${sscc}`;
    const needed = quorum(replicas) - 1;
    const traces = new Map<number, readonly TraceEvent[]>();
    for (const { index, page } of traced)
      if (voters || index === WAREHOUSE) traces.set(index, await page.evaluate(takeTrace));
    for (const [member, trace] of traces) {
      const phases =
        member === WAREHOUSE
          ? proposerPhases(trace, key, member, commit.calledAt, needed)
          : voterPhases(trace, key, member, WAREHOUSE);
      for (const [name, ms] of phases) add(name, ms);
    }
    if (voters) for (const [name, ms] of polkaPath(traces, key, WAREHOUSE, needed)) add(name, ms);
  };
  return {
    samples,
    windows,
    get highestRound() {
      return highestRound;
    },
    work,
  };
}

export async function run(
  replicas: number,
  dist: string,
  options: BenchOptions,
  hooks: RunHooks,
): Promise<RunResult> {
  const { storage, workflows } = options;
  const cluster = await createCluster({ replicas, storage, dist, debuggable: options.profile });
  try {
    const { samples, windows, work: workflow } = await createWorkflows(cluster, { ...options, mirror: null });
    const warehouse = cluster.members[WAREHOUSE]!.page;
    const puts = await warehouse.evaluate(putLoop, { count: PUT_LOOP, bytes: PUT_BYTES });
    const meter = createLoadMeter();
    const started = performance.now();
    const all = packages(workflows);
    const work = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        await workflow(i, all[i]!);
        hooks.progress(i + 1, workflows);
      }
    };
    await work(0, 1);
    const before = await cluster.processorTime();
    if (hooks.profiled) await hooks.profiled(cluster, () => work(1, workflows));
    else await work(1, workflows);
    const { load1, busy } = meter();
    const after = await cluster.processorTime();
    const processor = Object.fromEntries(
      Object.entries(after).map(([type, ms]) => [type, (ms - (before[type] ?? 0)) / (workflows - 1)]),
    );
    const seconds = (performance.now() - started) / 1000;
    const { linkedMs, chromium } = cluster;
    return {
      replicas,
      workflows,
      samples,
      puts,
      linkedMs,
      chromium,
      load1,
      busy,
      seconds,
      windows,
      processor,
    };
  } finally {
    await cluster.close();
  }
}

/**
 * What the caller has of a commit, by when.
 * @throws when the replica has not told how long its proposal took: without that one the others would look complete.
 */
export function latenciesOf(commit: CommitOutput): readonly (readonly [string, number])[] {
  if (commit.worker === null) throw new Error('The replica has not told how long its proposal took.');
  return [
    ['proposal to durable decision', commit.worker],
    ['call to durable decision', commit.durable],
    ['call to page told', commit.told],
  ];
}

function addCommit(
  add: (metric: string, ms: number) => void,
  version: 'v1' | 'v2',
  commit: CommitOutput,
): void {
  for (const [until, ms] of latenciesOf(commit)) add(`L1 ${version} ${until}`, ms);
  if (version === 'v2') add('L1 v2 commit() answers', commit.returned);
}
