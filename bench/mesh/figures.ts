/** What `--mesh` found: as text and as JSON. */
import type { BlsJob, Machine } from '../machine.ts';
import { percentile } from '../stats.ts';

export type Part = 'connect' | 'memory' | 'latency' | 'recovery';

export interface Figure {
  /** When it was measured, ISO 8601. */
  readonly date: string;
  readonly part: Part;
  readonly name: string;
  readonly unit: 'ms' | 'MiB';
  /** In the order in which they were measured, at least one. */
  readonly samples: readonly number[];
  readonly note: string;
  /** Right before it was measured. */
  readonly bls: BlsJob;
  /** Load average of the last minute, before and after. */
  readonly load: readonly [number, number];
}

/** What should have been measured and was not, and why. */
export interface Failure {
  readonly date: string;
  readonly part: Part;
  readonly name: string;
  readonly message: string;
  readonly bls: BlsJob;
  readonly load: readonly [number, number];
}

export interface MeshReport {
  readonly date: string;
  readonly machine: Machine;
  readonly chromium: string;
  readonly figures: readonly Figure[];
  readonly failures: readonly Failure[];
}

/** What an earlier run on the same machine and browser measured and this one did not stays, each with its own date and load. */
export function joined(report: MeshReport, earlier: MeshReport | null): MeshReport {
  if (!earlier || earlier.machine.cpu !== report.machine.cpu || earlier.chromium !== report.chromium)
    return report;
  const names = new Set([...report.figures, ...report.failures].map(({ name }) => name));
  const all = [...earlier.figures.filter(({ name }) => !names.has(name)), ...report.figures];
  const found = new Set(all.map(({ name }) => name));
  const failures = [...earlier.failures, ...report.failures].filter(
    ({ name }, i, list) => !found.has(name) && list.findLastIndex((one) => one.name === name) === i,
  );
  return { ...report, figures: all.toSorted(byNumber), failures };
}

/** Sizes of a network by number, everything else as it was measured. */
function byNumber(a: Figure, b: Figure): number {
  const [m, n] = [parseInt(a.name, 10), parseInt(b.name, 10)];
  return Number.isNaN(m) || Number.isNaN(n) ? 0 : m - n;
}

export const TITLES: Readonly<Record<Part, string>> = {
  connect: 'Time to a connected mesh',
  memory: 'Memory',
  latency: 'One hop of a vote, worker to worker',
  recovery: 'Recovery, four replicas',
};
/** Fewer samples than this have no p99 of their own: it would be the largest. */
const ENOUGH_FOR_P99 = 100;
const HEAD = ['n', 'min', 'p50', 'p99', 'max', 'BLS job, ms', 'load'];

export function meshConditions({ date, machine, chromium }: MeshReport): readonly string[] {
  const { cpu, cores, memoryGib, system, node } = machine;
  return [
    `${date}, ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}, Chromium ${chromium}`,
    'All replicas on this machine, each in a context, thus a process, of its own in one browser; network: WebRTC over 127.0.0.1',
    'BLS job: the fixed work of the other phases, in Node, right before the figure (in brackets its processor time); load: average of a minute, before and after',
  ];
}

export function meshText(report: MeshReport): string {
  const lines: string[] = [...meshConditions(report)];
  for (const [part, figures] of byPart(report)) {
    const rows = figures.map((figure) => [`${figure.name}, ${figure.unit}`, ...cells(figure), figure.note]);
    lines.push('', ...aligned([[TITLES[part], ...HEAD, ''], ...rows]));
  }
  for (const failure of report.failures) lines.push('', missing(failure));
  return `${lines.join('\n')}\n`;
}

export function meshJson(report: MeshReport): string {
  const figures = report.figures.map((figure) => ({ ...figure, ...statistics(figure.samples) }));
  return `${JSON.stringify({ ...report, figures }, null, 2)}\n`;
}

const missing = ({ name, message, load }: Failure): string =>
  `Not measured: ${name}, at load ${load.map((one) => one.toFixed(1)).join('–')}. ${message.split('\n')[0]}`;

function byPart({ figures }: MeshReport): readonly (readonly [Part, readonly Figure[]])[] {
  return (Object.keys(TITLES) as Part[])
    .map((part) => [part, figures.filter((figure) => figure.part === part)] as const)
    .filter(([, found]) => found.length > 0);
}

interface Statistics {
  readonly n: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number | null;
  readonly max: number;
}

function statistics(samples: readonly number[]): Statistics {
  const sorted = [...samples].sort((a, b) => a - b);
  const p99 = sorted.length < ENOUGH_FOR_P99 ? null : percentile(sorted, 99);
  return { n: sorted.length, min: sorted[0]!, p50: percentile(sorted, 50), p99, max: sorted.at(-1)! };
}

function cells({ unit, samples, bls, load }: Figure): string[] {
  const { n, min, p50, p99, max } = statistics(samples);
  const show = (value: number): string =>
    unit === 'ms' && value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US');
  return [
    String(n),
    show(min),
    show(p50),
    p99 === null ? '' : show(p99),
    show(max),
    `${bls.total.toFixed(0)} (${bls.processor.toFixed(0)})`,
    load.map((one) => one.toFixed(1)).join('–'),
  ];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        if (i === 0) return cell.padEnd(widths[i]!);
        return i === row.length - 1 ? `  ${cell}` : cell.padStart(widths[i]! + 2);
      })
      .join('')
      .trimEnd(),
  );
}
