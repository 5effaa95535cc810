/** report.html: one file that loads nothing and runs nothing, for a browser, a telephone or paper. */
import { createHash } from 'node:crypto';
import { MAX_OPEN_ROWS } from '../limits.ts';
import type { Ratio, Series } from '../study.ts';
import { escaped, figure, prose, table, tag, words, type Cell } from './markup.ts';
import { column, day, duration, percent, shown, tick } from './numbers.ts';
import { drawing, signOf, unitName, type LegendEntry } from './plot.ts';
import { isFaulty, labelText, sameMachine, type StudyResult } from './result.ts';
import { conditionsOf, rowOf, type Goal, type Row } from './rows.ts';
import { grouped, type Group } from './select.ts';
import { styleOf } from './style.ts';

export interface PageOptions {
  /** src/ui/styles/tokens.css. */
  readonly tokens: string;
  /** When the page is made, ISO 8601. */
  readonly made: string;
  /** Names of all the studies that there are, measured or not. */
  readonly studies: readonly string[];
}

export function reportPage(results: readonly StudyResult[], { tokens, made, studies }: PageOptions): string {
  const style = styleOf(tokens);
  const hash = createHash('sha256').update(style).digest('base64');
  // Nothing may be loaded, from anywhere, and no script may run: whoever keeps this file keeps all of it.
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const body = [
    PATTERNS,
    tag(
      'div',
      { class: 'page' },
      heading(results, made),
      contents(results),
      tag(
        'main',
        {},
        glance(results, studies),
        machines(results),
        goals(results),
        published(results),
        ratios(results),
        ...results.map((result) => studySection(result, results)),
        HOW_TO_READ,
      ),
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Countersign: benchmarks of ${escaped(day(made))}</title>
<style>${style}</style></head>
<body>
${body.join('\n')}
</body></html>
`;
}

function heading(results: readonly StudyResult[], made: string): string {
  const last = latest(results);
  const on = last ? `${last.machine.cores} cores (${last.machine.cpu})` : 'nothing measured yet';
  return tag(
    'header',
    {},
    SEAL,
    tag(
      'div',
      {},
      tag('h1', {}, 'Countersign: benchmarks'),
      tag('p', {}, escaped(`${on}. Made ${day(made)}.`)),
    ),
  );
}

function contents(results: readonly StudyResult[]): string {
  const link = (id: string, text: string, about?: string): string =>
    tag(
      'li',
      {},
      tag(
        'a',
        { href: `#${id}` },
        escaped(text),
        ...(about === undefined ? [] : [tag('small', {}, escaped(about))]),
      ),
    );
  const has = (of: (one: Series) => boolean): boolean =>
    results.some(({ outcome }) => outcome?.series.some(of) ?? false);
  return tag(
    'nav',
    { 'aria-labelledby': 'contents' },
    tag('h2', { id: 'contents' }, 'Contents'),
    tag(
      'ol',
      {},
      link('glance', 'At a glance'),
      link('machine', 'The machine'),
      ...(has(({ goal }) => goal !== undefined) ? [link('goals', 'Beside our goals')] : []),
      ...(has((one) => (one.published?.length ?? 0) > 0)
        ? [link('published', 'Beside what is published')]
        : []),
      ...(results.some(({ outcome }) => (outcome?.ratios.length ?? 0) > 0) ? [link('ratios', 'Ratios')] : []),
      ...results.map((result) =>
        link(`study-${result.study}`, result.title, marksOf(result, results)[0]?.short),
      ),
      link('reading', 'How to read this'),
    ),
  );
}

const latest = (results: readonly StudyResult[]): StudyResult | undefined =>
  results.toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];

interface Mark {
  readonly short: string;
  readonly text: string;
  readonly bad: boolean;
  /** Its figures are in no total. */
  readonly apart: boolean;
}

/** Why figures of this study may not count, or not beside the others’. */
function marksOf(result: StudyResult, results: readonly StudyResult[]): readonly Mark[] {
  const marks: Mark[] = [];
  const { failed, outcome, quick, machine, chromium, revision } = result;
  if (failed) {
    const kept = outcome ? ` What is below is of ${day(result.date)}.` : '';
    const text = isFaulty(result)
      ? `What was measured is faulty: ${failed.message}.`
      : `Did not come to its end on ${day(failed.date)}: ${failed.message}.${kept}`;
    marks.push({ short: 'failed', text, bad: true, apart: true });
  }
  if (quick)
    marks.push({
      short: 'quick run',
      text: 'A quick run, to see that the measurement works: its figures do not count.',
      bad: false,
      apart: true,
    });
  const main = latest(results);
  if (main && !sameMachine(result, main)) {
    const about = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}, disk ${machine.fileSystem ?? 'unknown'}, Node ${machine.node}, Chromium ${chromium ?? 'unknown'}`;
    marks.push({
      short: 'another machine',
      text: `Measured on another machine, disk or browser than the latest study: ${about}. Only its ratios stand beside the others’.`,
      bad: false,
      apart: true,
    });
  }
  if (main && revision !== main.revision)
    marks.push({
      short: 'other sources',
      text: `Measured with the sources ${revision ?? 'unknown'}; the latest study with ${main.revision ?? 'unknown'}.`,
      bad: false,
      apart: false,
    });
  return marks;
}

/** What makes its rows differ from the others’, in a few words. Empty: nothing does. */
const shortMarks = (result: StudyResult, results: readonly StudyResult[]): string =>
  marksOf(result, results)
    .map(({ short }) => short)
    .join(', ');

function glance(results: readonly StudyResult[], studies: readonly string[]): string {
  const counted = results.filter(
    (result) => result.outcome !== null && !marksOf(result, results).some(({ apart }) => apart),
  );
  const left = results.filter((result) => !counted.includes(result));
  const none = studies.filter((name) => !results.some(({ study }) => study === name));
  const series = counted.flatMap(({ outcome }) => outcome?.series ?? []);
  const verdicts = series.flatMap((one) => rowOf(one).goal?.verdict ?? []);
  const met = verdicts.filter((verdict) => verdict === 'met').length;
  const samples = series.reduce((sum, one) => sum + one.samples.length + (one.cold?.length ?? 0), 0);
  const count = (name: string, value: string, of = ''): string =>
    tag(
      'div',
      {},
      tag('dt', {}, escaped(name)),
      tag('dd', {}, escaped(value), of && tag('small', {}, escaped(of))),
    );
  const flagged = results.flatMap((result) =>
    marksOf(result, results).map(({ text, bad }) => flag(result.title, text, bad)),
  );
  return sheet(
    'glance',
    'At a glance',
    tag(
      'dl',
      { class: 'counts' },
      count('studies that count', String(counted.length), ` of ${Math.max(studies.length, results.length)}`),
      count('goals met', String(met), ` of ${verdicts.length}`),
      count('figures', shown(series.length)),
      count('samples', shown(samples)),
    ),
    ...apartText(left, none).map((text) => tag('p', { class: 'small prose' }, escaped(text))),
    ...flagged,
  );
}

/** What the totals leave out. */
function apartText(left: readonly StudyResult[], none: readonly string[]): readonly string[] {
  const names = left.map(({ study }) => study).join(', ');
  return [
    ...(left.length > 0
      ? [
          `Not in these totals, and marked wherever they stand: ${names}. Their samples are in samples.csv as well.`,
        ]
      : []),
    ...(none.length > 0 ? [`Not measured into this report: ${none.join(', ')}.`] : []),
  ];
}

const flag = (who: string, text: string, bad: boolean): string =>
  tag('p', { class: bad ? 'flag bad' : 'flag' }, tag('strong', {}, escaped(`${who}. `)), escaped(text));

function machines(results: readonly StudyResult[]): string {
  const distinct = results.filter(
    (result, i) => results.findIndex((other) => sameMachine(other, result)) === i,
  );
  const main = latest(results);
  const rows = distinct.map(({ machine, chromium, study }) => {
    const of = results.filter((other) =>
      sameMachine(
        other,
        distinct.find((one) => one.study === study)!,
      ),
    );
    return [
      words(of.map((one) => one.study).join(', ')),
      words(machine.cpu),
      figure(String(machine.cores)),
      figure(`${machine.memoryGib} GiB`),
      words(machine.system),
      words(machine.fileSystem ?? 'unknown'),
      words(`Node ${machine.node}, Chromium ${chromium ?? 'unknown'}`),
    ];
  });
  const dates = results.map((result) => [
    words(result.title),
    words(day(result.date)),
    figure(duration(result.minutes * 60)),
    words(result.revision ?? '–'),
    words(conditionsOf(result) ?? '–'),
  ]);
  return sheet(
    'machine',
    'The machine',
    table(
      'Where it was measured',
      ['studies', 'processor', 'cores', 'memory', 'system', 'disk', 'software'],
      rows,
    ),
    table(
      'When, and what the machine was like meanwhile',
      ['study', 'begun', 'took', 'sources', 'conditions'],
      dates,
    ),
    tag(
      'p',
      { class: 'small prose' },
      main && main.machine.cores <= 4
        ? `All replicas, pages, disks and links share these ${main.machine.cores} cores: with many replicas the figures are of the cores as much as of the protocol. `
        : '',
      'The BLS job is a fixed piece of work, 20 signatures made and checked on one thread, right before and right after each measurement. Where it takes longer than elsewhere in this report, something else used the machine. Load is the average of a minute.',
    ),
  );
}

interface Told {
  /** Why its row may not count like the others, in a few words, or empty. */
  readonly mark: string;
  readonly result: StudyResult;
  readonly series: Series;
  readonly row: Row;
}

const allRows = (results: readonly StudyResult[]): readonly Told[] =>
  results.flatMap((result) => {
    const mark = shortMarks(result, results);
    return (result.outcome?.series ?? []).map((series) => ({ result, mark, series, row: rowOf(series) }));
  });

/** Its name, which leads to it, and beneath it whether its figures count. */
const studyCell = (study: string, mark: string): Cell => ({
  html: [
    tag('a', { href: `#study-${study}` }, escaped(study)),
    ...(mark === '' ? [] : [tag('small', { class: 'marked' }, escaped(mark))]),
  ].join(' '),
});

const nameCells = ({ result, mark, series }: Told): readonly Cell[] => [
  studyCell(result.study, mark),
  words(series.figure),
  words(labelText(series.labels) || '–'),
];

function goals(results: readonly StudyResult[]): string {
  const order = { missed: 0, met: 1 } as const;
  const told = allRows(results)
    .flatMap((one) => (one.row.goal ? [{ ...one, goal: one.row.goal }] : []))
    .toSorted((a, b) => rank(a.goal) - rank(b.goal));
  function rank({ verdict }: Goal): number {
    return verdict === null ? 2 : order[verdict];
  }
  if (told.length === 0) return '';
  const rows = told.map((one) => [
    ...nameCells(one),
    figure(`${one.goal.text} ${unitName(one.series.unit)}`),
    figure(one.goal.value),
    { html: verdict(one.goal) },
    words(one.goal.source),
  ]);
  const title = 'Beside our goals';
  return sheet(
    'goals',
    title,
    folded(
      told.length,
      table('Missed ones first', ['study', 'figure', 'of', 'goal', 'measured', 'verdict', 'from'], rows),
    ),
  );
}

/** Words and a sign, so that colour is not needed. */
function verdict({ verdict: found }: Goal): string {
  if (found === null) return '–';
  return tag('span', { class: `verdict ${found}` }, found === 'met' ? '✓ met' : '✗ missed');
}

function published(results: readonly StudyResult[]): string {
  const rows = allRows(results).flatMap((one) =>
    one.row.published.map(({ value, source }) => [
      ...nameCells(one),
      words(unitName(one.series.unit)),
      figure(one.row.p50),
      figure(one.row.p90),
      figure(one.row.max),
      figure(value ?? '–'),
      words(source),
    ]),
  );
  if (rows.length === 0) return '';
  const head = ['study', 'figure', 'of', 'unit', 'p50', 'p90', 'max', 'published', 'where'];
  return sheet(
    'published',
    'Beside what is published',
    tag(
      'p',
      { class: 'prose' },
      'The published figures are of other hardware and other networks; each study says below what keeps them from being compared. They are here for the order of magnitude.',
    ),
    folded(rows.length, table('Measured here, and published', head, rows)),
  );
}

function ratios(results: readonly StudyResult[]): string {
  const rows = results.flatMap((result) => {
    const name = studyCell(result.study, shortMarks(result, results));
    return (result.outcome?.ratios ?? []).map((ratio) => [name, ...ratioCells(ratio)]);
  });
  if (rows.length === 0) return '';
  return sheet(
    'ratios',
    'Ratios',
    tag(
      'p',
      { class: 'prose' },
      'One figure divided by another of the same run. These may be held against another machine or another version, which is what --compare does.',
    ),
    folded(rows.length, table('All ratios', ['study', ...RATIO_HEAD], rows)),
  );
}

const RATIO_HEAD = ['ratio', 'value', 'better', 'tolerance'];
const ratioCells = ({ name, value, better, tolerance }: Ratio): readonly Cell[] => [
  words(name),
  figure(shown(value)),
  words(better),
  figure(percent(tolerance)),
];

function studySection(result: StudyResult, results: readonly StudyResult[]): string {
  const { study, title, outcome, date, minutes, revision } = result;
  const conditions = conditionsOf(result);
  const meta = [
    day(date),
    `sources ${revision ?? 'unknown'}`,
    `took ${duration(minutes * 60)}`,
    ...(conditions === null ? [] : [conditions]),
  ];
  const marks = marksOf(result, results).map(({ short, text, bad }) =>
    flag(short.charAt(0).toUpperCase() + short.slice(1), text, bad),
  );
  if (!outcome) return sheet(`study-${study}`, title, ...marks);
  const plots = outcome.plots.map((plot, i) => {
    const id = `plot-${study}-${i}`;
    return plotFigure(
      id,
      plot.title,
      plot.kind === 'timeline' ? unitName(plot.unit) : null,
      drawing(outcome, plot, id),
    );
  });
  const sources = new Sources();
  const figures = grouped(outcome).map((group) => folded(group.series.length, figuresTable(group, sources)));
  const part = (heading: string, ...content: readonly string[]): readonly string[] =>
    content.some((one) => one !== '') ? [tag('h3', {}, heading), ...content] : [];
  return sheet(
    `study-${study}`,
    title,
    tag('p', { class: 'meta' }, escaped(`${meta.join('; ')}.`)),
    ...marks,
    says(outcome.notes),
    ...plots,
    ...part('Figures', ...figures, sources.html(study)),
    ...outcome.tables.flatMap(({ title: name, head, rows }) => {
      const formats = head.map((_, i) =>
        column(rows.map((row) => row[i]).filter((cell) => typeof cell === 'number')),
      );
      const cells = rows.map((row) =>
        row.map((cell, i) => (typeof cell === 'number' ? figure((formats[i] ?? shown)(cell)) : words(cell))),
      );
      return part(escaped(name), folded(rows.length, table(name, head, cells, { captionAbove: true })));
    }),
    ...part(
      'Ratios of this study',
      outcome.ratios.length > 0 ? table('Of the same run', RATIO_HEAD, outcome.ratios.map(ratioCells)) : '',
    ),
    ...part('What is not comparable', says(outcome.notComparable)),
    ...part('Not measured', says(outcome.skipped)),
  );
}

const says = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : tag('ul', { class: 'says' }, ...lines.map((line) => tag('li', {}, prose(line))));

/** Where figures come from, numbered once for a study. */
class Sources {
  readonly #all: string[] = [];

  number(source: string): number {
    if (!this.#all.includes(source)) this.#all.push(source);
    return this.#all.indexOf(source) + 1;
  }

  html(study: string): string {
    if (this.#all.length === 0) return '';
    const items = this.#all.map((source, i) =>
      tag('li', { id: `source-${study}-${i + 1}` }, escaped(source)),
    );
    return tag('ol', { class: 'sources', 'aria-label': 'Sources' }, ...items);
  }
}

function figuresTable({ unit, figures, keys, common, series }: Group, sources: Sources): string {
  const several = figures.length > 1;
  const columns = series.map(rowOf);
  const any = (of: (row: Row) => boolean): boolean => columns.some(of);
  const optional = {
    first: any(({ first }) => first !== ''),
    published: any((row) => row.published.length > 0),
    goal: any(({ goal }) => goal !== null),
  };
  const reference = (source: string): string => tag('span', { class: 'ref' }, `[${sources.number(source)}]`);
  const rows = series.map((one, i): readonly Cell[] => {
    const row = columns[i]!;
    return [
      ...(several || keys.length === 0 ? [words(one.figure)] : []),
      ...keys.map((key): Cell => {
        const value = one.labels[key]!;
        return typeof value === 'number' ? figure(tick(value)) : words(value);
      }),
      figure(String(row.n)),
      { html: tag('span', { class: 'strong' }, row.p50), number: true },
      ...[row.p90, row.p99, row.max].map(figure),
      ...(optional.first ? [figure(row.first)] : []),
      ...(optional.published
        ? [
            {
              html: row.published
                .map(
                  ({ value, source }) => `${value === null ? '' : `${escaped(value)} `}${reference(source)}`,
                )
                .join('<br>'),
              number: true,
            },
          ]
        : []),
      ...(optional.goal
        ? [
            {
              html: row.goal
                ? `${escaped(row.goal.text)} ${reference(row.goal.source)} ${verdict(row.goal)}`
                : '',
            },
          ]
        : []),
      figure(row.bls),
      figure(row.load),
    ];
  });
  const head = [
    ...(several || keys.length === 0 ? ['figure'] : []),
    ...keys,
    ...['n', 'p50', 'p90', 'p99', 'max'],
    ...(optional.first ? ['cold'] : []),
    ...(optional.published ? ['published'] : []),
    ...(optional.goal ? ['goal'] : []),
    ...['BLS job, ms', 'load'],
  ];
  const shared = labelText(common);
  const name = several ? `In ${unitName(unit)}` : `${figures[0]}, ${unitName(unit)}`;
  return table(shared === '' ? name : `${name} (${shared})`, head, rows);
}

/** A long table waits behind a line, so that what follows is found. */
function folded(rows: number, html: string): string {
  if (rows <= MAX_OPEN_ROWS) return html;
  return tag('details', {}, tag('summary', {}, `Table of ${rows} rows`), html);
}

function plotFigure(
  id: string,
  title: string,
  unit: string | null,
  { svg, legend, notes, head, rows }: ReturnType<typeof drawing>,
): string {
  const caption = tag(
    'figcaption',
    {},
    tag('h3', {}, escaped(title)),
    ...notes.map((note) => tag('p', {}, escaped(note))),
  );
  if (!svg)
    return tag(
      'figure',
      { id },
      caption,
      tag('p', { class: 'small' }, 'Nothing was measured for this plot.'),
    );
  const scroll = (size: 'wide' | 'narrow'): string =>
    tag('div', { class: `plot scroll ${size}`, tabindex: 0, role: 'region', 'aria-label': title }, svg[size]);
  const marks = legend.some(({ look }) => look === 'mark');
  return tag(
    'figure',
    { id },
    caption,
    legend.length === 0
      ? ''
      : tag('ul', { class: marks ? 'legend marks' : 'legend' }, ...legend.map(legendItem)),
    scroll('wide'),
    scroll('narrow'),
    tag(
      'details',
      {},
      tag('summary', {}, 'The same as a table'),
      table(unit === null ? title : `${title}, ${unit}`, head, rows),
    ),
  );
}

function legendItem({ ink, look, text }: LegendEntry): string {
  const looks: Readonly<Record<LegendEntry['look'], readonly string[]>> = {
    area: [tag('rect', { class: 'box', x: 1, y: 1, width: 24, height: 14, fill: `url(#ink${ink})` })],
    full: [tag('rect', { class: 'segment', x: 1, y: 1, width: 24, height: 14, fill: `url(#full${ink})` })],
    line: [
      tag('line', { class: `line d${ink}`, x1: 0, x2: 26, y1: 8, y2: 8 }),
      tag('path', { class: 'sign', d: signOf(ink ?? 1), transform: 'translate(13 8)' }),
    ],
    published: [tag('path', { class: 'published', d: 'M0-6L5 0L0 6L-5 0Z', transform: 'translate(13 8)' })],
    goal: [tag('line', { class: 'goal', x1: 0, x2: 26, y1: 8, y2: 8 })],
    mark: [],
  };
  const sample = looks[look];
  const drawn =
    sample.length === 0
      ? ''
      : tag('svg', { viewBox: '0 0 26 16', 'aria-hidden': 'true', class: `i${ink ?? 1}` }, ...sample);
  return tag('li', {}, drawn, escaped(text));
}

function sheet(id: string, title: string, ...content: readonly string[]): string {
  const kind = id.startsWith('study-') ? 'sheet study' : 'sheet';
  return tag(
    'section',
    { id, class: kind, 'aria-labelledby': `${id}-title` },
    tag('h2', { id: `${id}-title` }, escaped(title)),
    ...content.filter((one) => one !== ''),
  );
}

const HOW_TO_READ = sheet(
  'reading',
  'How to read this',
  says([
    'Every figure is made of raw samples, which are all in samples.csv (a timeline also shows what came before its first mark); tables of a study’s own hold what has few samples or none. p50, p90 and p99 are percentiles by nearest rank, so each is a sample that was measured. Fewer than 10 samples have no p10 and p90 in a table, fewer than 100 no p1 and p99: they would be the smallest and the largest, which is where whiskers and areas then end.',
    'Cold samples are the first ones, taken while code was compiled and keys were imported. They have a column of their own and are in no percentile and no plot. No other sample of a figure is left out.',
    'A box goes from the 25th to the 75th percentile, with a thick line at the median. Its whiskers end at the 1st and the 99th percentile, and dots are samples beyond them, the farthest 20. Fewer than five samples are all drawn as dots.',
    'A line goes through medians; the area around it is from the 10th to the 90th percentile.',
    'A diamond is a published figure, a dashed green line one of our own goals. A rate has to reach its goal, everything else has to stay within it.',
    'Totals and goals at the top count full runs that came to their end, on the machine of the latest study. Rows of others are marked.',
    'An axis that is logarithmic says so. All others of measured values begin at 0.',
  ]),
);

/** Fills of the eight inks, each with a pattern of its own: a light one for boxes, and a full one for bars, whose parts may be thin. */
const PATTERNS = (() => {
  const path = (d: string): string => tag('path', { class: 'hatch', d });
  const speck = (shape: string, ...places: readonly (readonly [number, number])[]): string =>
    places
      .map(([x, y]) =>
        shape === 'circle'
          ? tag('circle', { class: 'speck', cx: x, cy: y, r: 1.3 })
          : tag('rect', { class: 'speck', x, y, width: 4, height: 4 }),
      )
      .join('');
  const marks: readonly string[] = [
    '',
    path('M-2 2L2-2M0 8L8 0M6 10L10 6'),
    speck('circle', [2, 2], [6, 6]),
    path('M0 2H8M0 6H8'),
    path('M-2 6L2 10M0 0L8 8M6-2L10 2'),
    path('M2 0V8M6 0V8'),
    path('M0 4H8M4 0V8'),
    speck('square', [0, 0], [4, 4]),
  ];
  const pattern = (kind: 'ink' | 'full', i: number): string =>
    tag(
      'pattern',
      {
        id: `${kind}${i + 1}`,
        class: `${kind} i${i + 1}`,
        width: 8,
        height: 8,
        patternUnits: 'userSpaceOnUse',
      },
      tag('rect', { class: 'wash', width: 8, height: 8 }),
      marks[i]!,
    );
  const all = marks.flatMap((_, i) => [pattern('ink', i), pattern('full', i)]);
  return tag('svg', { class: 'defs', 'aria-hidden': 'true' }, tag('defs', {}, ...all));
})();

/** The ring of the app: seven members, all of them signed. */
const SEAL = (() => {
  const round = (value: number): number => Math.round(value * 100) / 100;
  const arcs = Array.from({ length: 7 }, (_, i) => {
    const [from, to] = [(i + 0.06) / 7, (i + 0.94) / 7].map((turn) => turn * 2 * Math.PI - Math.PI / 2);
    const at = (angle: number): string =>
      `${round(32 + 25 * Math.cos(angle))} ${round(32 + 25 * Math.sin(angle))}`;
    return tag('path', {
      class: `i${i + 1}`,
      d: `M${at(from!)}A25 25 0 0 1 ${at(to!)}`,
    });
  });
  return tag('svg', { viewBox: '0 0 64 64', 'aria-hidden': 'true', class: 'seal' }, ...arcs);
})();
