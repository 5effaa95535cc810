/** The report as one HTML file that loads nothing: a strip of every sample for each metric, on a logarithmic axis. */
import { conditions, PAPER, rowsOf, TARGET, verdicts, type Report, type Row } from './report.ts';

const WIDTH = 640;
const HEIGHT = 34;
/** Logarithmic: milliseconds at its ends, and where it has ticks. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const AXIS: Axis = { from: 0.5, to: 1_000, ticks: [1, 2, 5, 10, 20, 50, 100, 200, 500] };
/** The mesh is measured by itself; its section is put between these, whoever wrote the file. */
const [MESH_BEGINS, MESH_ENDS] = ['<!-- mesh -->', '<!-- /mesh -->'];

export function html(report: Report): string {
  const sections = report.runs.map((run) => {
    const rows = rowsOf(run);
    const said = verdicts(run).map((line) => `<li>${escape(line)}</li>`);
    return `<section><h2>${run.replicas} replicas</h2><ul>${said.join('')}</ul>
<table><thead><tr><th>Metric</th><th>n</th><th>p50</th><th>p90</th><th>p99</th><th>max</th><th>first</th><th>Samples, ms (logarithmic)</th></tr></thead>
<tbody>${rows.map(rowOf).join('\n')}</tbody></table></section>`;
  });
  return page(
    report.date,
    `<ul>${conditions(report)
      .map((line) => `<li>${escape(line)}</li>`)
      .join('')}</ul>
<p>Dots are samples without the first, which is cold and has a column of its own. Thick marks: p50, p90, p99. Dashed: the target (step
p99 ${TARGET.stepP99} ms, commit median ${TARGET.commitP50} ms) and, at 4 replicas, the paper's mean (step ${PAPER.step} ms, commit ${PAPER.commit} ms),
which was measured on another machine, between containers.</p>
${sections.join('\n')}`,
  );
}

/** A report with this section in the place of the one it may have had. */
export function withMesh(report: string, section: string): string {
  const marked = `${MESH_BEGINS}${section}${MESH_ENDS}`;
  const [from, to] = [report.indexOf(MESH_BEGINS), report.indexOf(MESH_ENDS)];
  if (from >= 0 && to > from) return report.slice(0, from) + marked + report.slice(to + MESH_ENDS.length);
  return report.replace('</body>', () => `${marked}\n</body>`);
}

/** The section of an earlier report; null when it has none. */
export function meshOf(report: string): string | null {
  const [from, to] = [report.indexOf(MESH_BEGINS), report.indexOf(MESH_ENDS)];
  return from >= 0 && to > from ? report.slice(from + MESH_BEGINS.length, to) : null;
}

/** A report with nothing but `body` in it. */
export function page(date: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Countersign benchmark, ${escape(date)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --dot: #2a6f97; --mark: #c1121f; --line: #8888; }
@media (prefers-color-scheme: dark) { :root { --dot: #7cc0e8; --mark: #ff8a80; } }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: 0.2rem 0.6rem; text-align: right; font-variant-numeric: tabular-nums; }
td:first-child, th:first-child, td:last-child, th:last-child { text-align: left; } tbody tr { border-top: 1px solid var(--line); }
svg { display: block; } circle { fill: var(--dot); fill-opacity: 0.45; } .p { stroke: var(--mark); stroke-width: 2; }
.t { stroke: var(--line); } .l { stroke: currentColor; stroke-dasharray: 3 3; } text { font-size: 9px; fill: currentColor; opacity: 0.7; }
section { overflow-x: auto; }
</style></head><body>
<h1>Countersign benchmark</h1>
${body}
</body></html>
`;
}

function rowOf(row: Row): string {
  const { metric, summary: s, samples, paper } = row;
  const lines = [targetOf(metric), paper].filter((ms) => ms !== null);
  const figures = [s.p50, s.p90, s.p99, s.max, s.first].map((ms) => `<td>${ms.toFixed(1)}</td>`).join('');
  return `<tr><td>${escape(metric)}</td><td>${s.n}</td>${figures}<td>${strip(samples, [s.p50, s.p90, s.p99], lines)}</td></tr>`;
}

/** One dot for each sample; `lines` are dashed. */
export function strip(
  samples: readonly number[],
  marks: readonly number[],
  lines: readonly number[],
  axis: Axis = AXIS,
): string {
  const place = (ms: number): string => {
    const { from, to } = axis;
    const share = Math.log(Math.min(to, Math.max(from, ms)) / from) / Math.log(to / from);
    return (4 + share * (WIDTH - 8)).toFixed(1);
  };
  const vertical = (ms: number, kind: string): string =>
    `<line class="${kind}" x1="${place(ms)}" x2="${place(ms)}" y1="2" y2="22"/>`;
  const ticks = axis.ticks.map(
    (ms) => `${vertical(ms, 't')}<text x="${place(ms)}" y="32" text-anchor="middle">${ms}</text>`,
  );
  // Spread over the height by order, so that a drift during the run is seen from top to bottom.
  const dots = samples.map(
    (ms, i) => `<circle cx="${place(ms)}" cy="${(3 + (18 * i) / samples.length).toFixed(1)}" r="2"/>`,
  );
  return `<svg width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${samples.length} samples">${ticks.join('')}${dots.join('')}${marks.map((ms) => vertical(ms, 'p')).join('')}${lines.map((ms) => vertical(ms, 'l')).join('')}</svg>`;
}

function targetOf(metric: string): number | null {
  if (metric.startsWith('L2') && metric !== 'L2 create') return TARGET.stepP99;
  return metric.startsWith('L1 v2 proposal') ? TARGET.commitP50 : null;
}

export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
