/** From samples to the table on the terminal, the CSV file and the JSON summary. */
import type { BlsJob, Machine } from '../machine.ts';
import type { RunResult, Sample } from '../run.ts';
import { summarise, type Summary } from '../stats.ts';

/** Session paper, 4 replicas, means: in Docker containers on one machine. */
export const PAPER = { step: 58.3, commit: 240.4 } as const;
/** What this project asks of itself on one machine, milliseconds. */
export const TARGET = { stepP99: 16, commitP50: 20 } as const;

export const STEP_METRICS = ['start', 'scan', 'validate', 'quality', 'label', 'finish'].map(
  (name) => `L2 ${name}`,
);
export const ALL_STEPS = 'L2 step, all six';
export const COMMIT = 'L1 v2 proposal to durable decision';

export interface Row {
  readonly replicas: number;
  readonly metric: string;
  readonly summary: Summary;
  /** Of the warm ones, in the order in which they were measured. */
  readonly samples: readonly number[];
  readonly paper: number | null;
}

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  readonly storage: string;
  readonly bls: readonly BlsJob[];
  readonly runs: readonly RunResult[];
}

/** In the order of the workflow; the warm samples of the six steps once more together. */
export function rowsOf(run: RunResult): readonly Row[] {
  const byMetric = new Map<string, Sample[]>();
  const put = (metric: string, sample: Sample): void => {
    const list = byMetric.get(metric);
    if (list) list.push(sample);
    else byMetric.set(metric, [sample]);
  };
  const steps = new Set(STEP_METRICS);
  for (const sample of run.samples) if (steps.has(sample.metric)) put(ALL_STEPS, sample);
  for (const sample of run.samples) put(sample.metric, sample);
  return [...byMetric].flatMap(([metric, list]) => {
    const warm = list.filter((s) => s.workflow > 0).map((s) => s.milliseconds);
    const cold = list.filter((s) => s.workflow === 0).map((s) => s.milliseconds);
    const summary = summarise(cold, warm);
    return summary
      ? [{ replicas: run.replicas, metric, summary, samples: warm, paper: paperOf(run, metric) }]
      : [];
  });
}

export function table(run: RunResult): string {
  const puts = summarise(run.puts.slice(0, 1), run.puts.slice(1));
  const rows = [...rowsOf(run)].sort(
    (a, b) => groupOf(a.metric) - groupOf(b.metric) || a.metric.localeCompare(b.metric),
  );
  const head = ['milliseconds', 'n', 'min', 'p50', 'p90', 'p99', 'max', 'first', 'paper'];
  const bodies = rows.map(({ metric, summary, paper }) => cells(metric, summary, paper));
  if (puts) bodies.push(cells('bare strict IndexedDB write', puts, null));
  return aligned([head, ...bodies]);
}

/** What the targets say of a run; empty when it did not measure them. */
export function verdicts(run: RunResult): readonly string[] {
  const find = (metric: string): Summary | undefined =>
    rowsOf(run).find((row) => row.metric === metric)?.summary;
  const lines: string[] = [];
  const say = (what: string, value: number, target: number): void =>
    void lines.push(
      `${value <= target ? 'met   ' : 'missed'}  ${what}: ${value.toFixed(1)} ms, target ${target} ms`,
    );
  const step = find(ALL_STEPS);
  const commit = find(COMMIT);
  if (step) say('step, p99', step.p99, TARGET.stepP99);
  if (commit) say('commit, median', commit.p50, TARGET.commitP50);
  return lines;
}

export function csv(runs: readonly RunResult[]): string {
  const lines = ['replicas,workflow,cold,metric,milliseconds'];
  for (const run of runs) {
    for (const { replicas, workflow, metric, milliseconds } of run.samples) {
      lines.push(`${replicas},${workflow},${workflow === 0},"${metric}",${milliseconds.toFixed(3)}`);
    }
    run.puts.forEach((ms, i) =>
      lines.push(`${run.replicas},${i},${i === 0},"bare strict IndexedDB write",${ms.toFixed(3)}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

export function summaryJson(report: Report): string {
  const runs = report.runs.map(({ samples: _samples, windows: _windows, puts, ...rest }) => ({
    ...rest,
    put: summarise(puts.slice(0, 1), puts.slice(1)),
  }));
  const rows = report.runs
    .flatMap(rowsOf)
    .map(({ replicas, metric, summary, paper }) => ({ replicas, metric, ...summary, paper }));
  return `${JSON.stringify({ ...report, runs, rows }, null, 2)}\n`;
}

export function conditions(report: Report): readonly string[] {
  const { machine, bls, storage } = report;
  const { cpu, cores, memoryGib, system, node, fileSystem } = machine;
  return [
    `${report.date}, ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}, Chromium ${report.runs[0]?.chromium ?? '?'}`,
    `Storage: ${storage === 'disk' ? `a browser and a profile on disk (${fileSystem ?? 'file system unknown'}) for each member` : 'contexts of one browser, in memory: writes are not durable'}; network: WebRTC over 127.0.0.1`,
    ...bls.map(
      (job, i) =>
        `Fixed BLS job (${job.backend} in Node, one thread) ${i === 0 ? 'before' : 'after'}: ${job.total.toFixed(0)} ms; one signature ${job.sign.toFixed(2)} ms, one verification ${job.verify.toFixed(2)} ms; ${job.processor.toFixed(0)} ms of processor time`,
    ),
    ...report.runs.flatMap((run) => [
      `${run.replicas} replicas: linked in ${(run.linkedMs / 1000).toFixed(1)} s; ${run.workflows} workflows in ${run.seconds.toFixed(0)} s; load average ${run.load1.toFixed(1)}, ${Math.round(run.busy * 100)} % of all cores in use (others' work included)`,
      `${run.replicas} replicas: processor time of all browsers for each workflow (two commits and the pauses between): ${Object.entries(
        run.processor,
      )
        .filter(([, ms]) => ms >= 0.5)
        .sort((a, b) => b[1] - a[1])
        .map(([type, ms]) => `${type} ${ms.toFixed(0)} ms`)
        .join(', ')}`,
    ]),
  ];
}

/** The paper measured 4 replicas; other sizes are not set beside its figures. */
function paperOf(run: RunResult, metric: string): number | null {
  if (run.replicas !== 4) return null;
  if (metric === ALL_STEPS) return PAPER.step;
  return metric === COMMIT ? PAPER.commit : null;
}

/** Steps, then commits, then the phases of a commit. */
function groupOf(metric: string): number {
  const order = ['L2 create', ...STEP_METRICS, ALL_STEPS];
  const step = order.indexOf(metric);
  if (step >= 0) return step;
  if (metric.startsWith('L1 v1')) return 20;
  if (metric === COMMIT) return 21;
  if (metric.startsWith('L1')) return 22;
  return metric.startsWith('proposer') ? 30 : 31;
}

function cells(metric: string, s: Summary, paper: number | null): string[] {
  const figures = [s.min, s.p50, s.p90, s.p99, s.max, s.first].map((ms) => ms.toFixed(1));
  return [metric, String(s.n), ...figures, paper === null ? '' : paper.toFixed(1)];
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]! + 2))).join(''),
    )
    .join('\n');
}
