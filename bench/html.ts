/** The report as one HTML file that loads nothing: a strip of every sample for each metric, on a logarithmic axis. */
import { conditions, PAPER, rowsOf, TARGET, verdicts, type Report, type Row } from './report.ts';

const WIDTH = 640;
const HEIGHT = 34;
/** Milliseconds at the ends of the axis. */
const FROM = 0.5;
const TO = 1_000;
const TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

export function html(report: Report): string {
  const sections = report.runs.map((run) => {
    const rows = rowsOf(run);
    const said = verdicts(run).map((line) => `<li>${escape(line)}</li>`);
    return `<section><h2>${run.replicas} replicas</h2><ul>${said.join('')}</ul>
<table><thead><tr><th>Metric</th><th>n</th><th>p50</th><th>p90</th><th>p99</th><th>max</th><th>first</th><th>Samples, ms (logarithmic)</th></tr></thead>
<tbody>${rows.map(rowOf).join('\n')}</tbody></table></section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Countersign benchmark, ${escape(report.date)}</title>
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
<ul>${conditions(report)
    .map((line) => `<li>${escape(line)}</li>`)
    .join('')}</ul>
<p>Dots are samples without the first, which is cold and has a column of its own. Thick marks: p50, p90, p99. Dashed: the target (step
p99 ${TARGET.stepP99} ms, commit median ${TARGET.commitP50} ms) and, at 4 replicas, the paper's mean (step ${PAPER.step} ms, commit ${PAPER.commit} ms),
which was measured on another machine, between containers.</p>
${sections.join('\n')}
</body></html>
`;
}

function rowOf(row: Row): string {
  const { metric, summary: s, samples, paper } = row;
  const figures = [s.p50, s.p90, s.p99, s.max, s.first].map((ms) => `<td>${ms.toFixed(1)}</td>`).join('');
  return `<tr><td>${escape(metric)}</td><td>${s.n}</td>${figures}<td>${strip(samples, [s.p50, s.p90, s.p99], targetOf(metric), paper)}</td></tr>`;
}

function strip(
  samples: readonly number[],
  marks: readonly number[],
  target: number | null,
  paper: number | null,
): string {
  const vertical = (ms: number, kind: string): string =>
    `<line class="${kind}" x1="${place(ms)}" x2="${place(ms)}" y1="2" y2="22"/>`;
  const ticks = TICKS.map(
    (ms) => `${vertical(ms, 't')}<text x="${place(ms)}" y="32" text-anchor="middle">${ms}</text>`,
  );
  // Spread over the height by order, so that a drift during the run is seen from top to bottom.
  const dots = samples.map(
    (ms, i) => `<circle cx="${place(ms)}" cy="${(3 + (18 * i) / samples.length).toFixed(1)}" r="2"/>`,
  );
  const lines = [target, paper].flatMap((ms) => (ms === null ? [] : [vertical(ms, 'l')]));
  return `<svg width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${samples.length} samples">${ticks.join('')}${dots.join('')}${marks.map((ms) => vertical(ms, 'p')).join('')}${lines.join('')}</svg>`;
}

function targetOf(metric: string): number | null {
  if (metric.startsWith('L2') && metric !== 'L2 create') return TARGET.stepP99;
  return metric.startsWith('L1 v2 proposal') ? TARGET.commitP50 : null;
}

function place(ms: number): string {
  const share = Math.log(Math.min(TO, Math.max(FROM, ms)) / FROM) / Math.log(TO / FROM);
  return (4 + share * (WIDTH - 8)).toFixed(1);
}

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
