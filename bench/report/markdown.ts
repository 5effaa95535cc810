/** tables.md: the figures of every study as tables for docs/benchmarks.md. */
import type { Table } from '../study.ts';
import { column, day, percent, shown } from './numbers.ts';
import { unitName } from './plot.ts';
import { labelText, labelValue, type StudyResult } from './result.ts';
import { conditionsOf, rowOf } from './rows.ts';
import { grouped } from './select.ts';

export function tablesMarkdown(results: readonly StudyResult[]): string {
  return `${results.map(section).join('\n\n')}\n`;
}

function section(result: StudyResult): string {
  const { title, date, revision, machine, chromium, quick, failed, outcome } = result;
  const { cpu, cores, memoryGib, system, node, fileSystem } = machine;
  const conditions = conditionsOf(result);
  const about = [
    day(date),
    ...(revision === null ? [] : [`sources ${revision}`]),
    `${cores} cores (${cpu}), ${memoryGib} GiB, ${system}, Node ${node}`,
    ...(chromium === null ? [] : [`Chromium ${chromium}`]),
    ...(fileSystem === null ? [] : [`disk ${fileSystem}`]),
    ...(conditions === null ? [] : [conditions]),
  ];
  const parts = [`## ${title}`, `${about.join('; ')}.`];
  if (quick) parts.push('**A quick run: its figures do not count.**');
  if (failed) parts.push(`**Did not come to its end on ${day(failed.date)}: ${failed.message}.**`);
  if (!outcome) return parts.join('\n\n');
  const sources: string[] = [];
  const noted = (source: string): string => {
    if (!sources.includes(source)) sources.push(source);
    return `[${sources.indexOf(source) + 1}]`;
  };
  for (const { unit, figures, keys, common, series } of grouped(outcome)) {
    const several = figures.length > 1;
    const head = [...(several ? ['figure'] : []), ...keys, 'n', 'p50', 'p90', 'p99', 'max', 'first'];
    const rows = series.map((one) => {
      const { n, p50, p90, p99, max, first, published, goal } = rowOf(one);
      return [
        ...(several ? [one.figure] : []),
        ...keys.map((key) => labelValue(one.labels[key]!)),
        ...[String(n), p50, p90, p99, max, first],
        published
          .map(({ value, source }) => (value === null ? noted(source) : `${value} ${noted(source)}`))
          .join(', '),
        goal
          ? `${goal.text} ${noted(goal.source)}: ${goal.verdict === 'missed' ? '**missed**' : (goal.verdict ?? '–')}`
          : '',
      ];
    });
    const shared = labelText(common);
    const name = several ? `In ${unitName(unit)}` : `${figures[0]}, ${unitName(unit)}`;
    parts.push(`${shared === '' ? name : `${name} (${shared})`}:`);
    parts.push(markdownTable([...head, 'published', 'goal'], rows));
  }
  if (sources.length > 0) parts.push(sources.map((source, i) => `[${i + 1}] ${source}`).join('  \n'));
  for (const table of outcome.tables) parts.push(`${table.title}:`, ownTable(table));
  if (outcome.ratios.length > 0)
    parts.push(
      'Ratios:',
      markdownTable(
        ['ratio', 'value', 'better', 'tolerance'],
        outcome.ratios.map(({ name, value, better, tolerance }) => [
          name,
          shown(value),
          better,
          percent(tolerance),
        ]),
      ),
    );
  if (outcome.notes.length > 0) parts.push(list(outcome.notes));
  if (outcome.notComparable.length > 0) parts.push('What is not comparable:', list(outcome.notComparable));
  if (outcome.skipped.length > 0) parts.push('Not measured:', list(outcome.skipped));
  return parts.join('\n\n');
}

function ownTable({ head, rows }: Table): string {
  const formats = head.map((_, i) =>
    column(rows.map((row) => row[i]).filter((cell) => typeof cell === 'number')),
  );
  return markdownTable(
    head,
    rows.map((row) => row.map((cell, i) => (typeof cell === 'number' ? (formats[i] ?? shown)(cell) : cell))),
  );
}

const list = (lines: readonly string[]): string =>
  lines.map((line) => `- ${line.replaceAll('\n', ' ')}`).join('\n');

/** Columns that nothing stands in are left away. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = head.flatMap((_, i) => (rows.some((row) => (row[i] ?? '') !== '') ? [i] : []));
  const line = (cells: readonly string[]): string =>
    `| ${kept.map((i) => (cells[i] ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${kept.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}
