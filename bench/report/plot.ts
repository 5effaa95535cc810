/** A plot of a study as SVG in two sizes, with its legend, a description in words, and the table of what is drawn. */
import { MAX_BOX_DOTS, MAX_TIMELINE_DOTS, MIN_BOX_SAMPLES, PLOT_INKS } from '../limits.ts';
import { percentile, spread } from '../stats.ts';
import type { Outcome, Plot, Unit } from '../study.ts';
import { along, linear, logarithmic, type Axis } from './axis.ts';
import { bands, field, ticksFor, type Bands, type Size, type Text } from './frame.ts';
import { figure, rounded, tag, words, type Cell } from './markup.ts';
import { shown } from './numbers.ts';
import { tailShown } from './rows.ts';
import { selected, type Label, type Pool, type Selected } from './select.ts';

export interface LegendEntry {
  /** From 1: ink and pattern. Null: a sign that is the same everywhere. */
  readonly ink: number | null;
  readonly look: 'area' | 'full' | 'line' | 'published' | 'goal' | 'mark';
  readonly text: string;
}

export interface Drawing {
  /** Null when nothing was measured of what it is about. */
  readonly svg: Readonly<Record<Size, string>> | null;
  readonly legend: readonly LegendEntry[];
  /** What is to be known to read it. */
  readonly notes: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** `id` is this plot's alone on the page. */
export function drawing(outcome: Outcome, plot: Plot, id: string): Drawing {
  switch (plot.kind) {
    case 'box':
      return boxes(outcome, plot, id);
    case 'stacked':
      return stacked(outcome, plot, id);
    case 'line':
      return lines(outcome, plot, id);
    case 'timeline':
      return timeline(plot, id);
  }
}

const NOTHING: Drawing = { svg: null, legend: [], notes: [], head: [], rows: [] };

/** From 1; a plot without splits has the first alone. */
const inkOfSplit = ({ places }: Selected, split: Label | null): number =>
  ((split === null ? 0 : (places.get(split) ?? 0)) % PLOT_INKS) + 1;

const DIAMOND = 'M0-6L5 0L0 6L-5 0Z';

function both(draw: (size: Size) => string): Readonly<Record<Size, string>> {
  return { wide: draw('wide'), narrow: draw('narrow') };
}

/** The axis of the values, and what is to be said about it. */
function valueAxis(
  values: readonly number[],
  log: boolean,
  ticks: number,
): { readonly axis: Axis; readonly notes: readonly string[] } {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const found = log ? logarithmic(low, high) : null;
  if (found) return { axis: found, notes: [] };
  return {
    axis: linear(low, high, ticks),
    notes: log ? ['Not on a logarithmic axis: some values are 0 or below.'] : [],
  };
}

const unitText = (unit: Unit, axis: Axis): string =>
  axis.logarithmic ? `${unitName(unit)}, logarithmic` : unitName(unit);

/** A published value far beyond everything measured would press the rest to the ground of a linear axis: it is in the table alone. */
const FAR = 2;
const FAR_NOTE = 'Published values and goals far above the samples are in the table alone.';

function beside(pools: readonly Pool[], highest: number, log: boolean): { values: number[]; far: boolean } {
  const all = pools.flatMap(({ published, goals }) => [
    ...published.flatMap(({ value }) => value ?? []),
    ...goals,
  ]);
  const values = all.filter((value) => (log ? value > 0 : value <= highest * FAR));
  return { values, far: values.length < all.length };
}

function pooledNote(pools: readonly Pool[], unit: string): readonly string[] {
  const most = Math.max(...pools.map(({ series }) => series));
  return most > 1 ? [`Samples of up to ${most} series stand in one ${unit}.`] : [];
}

const strangeNote = ({ strange }: Selected): readonly string[] =>
  strange === 0
    ? []
    : [`Not drawn: ${strange === 1 ? 'a sample that is' : `${strange} samples that are`} no number.`];

/** A percentile of a table, or a dash where so few samples have none. */
const tail = (percentile: 1 | 10 | 90 | 99, value: number, n: number): string =>
  tailShown(percentile, n) ? shown(value) : '–';

function splitLegend(found: Selected, split: string | undefined, look: 'area' | 'line'): LegendEntry[] {
  return found.splits.map((value) => ({
    ink: inkOfSplit(found, value),
    look,
    text: typeof value === 'number' ? `${split} ${value}` : value,
  }));
}

/** Of what is drawn: a value that is left out needs no sign. */
function signs(pools: readonly Pool[], drawn: readonly number[]): LegendEntry[] {
  // Whose they are: another system's mark is no mark of the one that is measured.
  const published = new Set(
    pools
      .flatMap((pool) => pool.published)
      .filter(({ value }) => value !== null && drawn.includes(value))
      .map(({ source }) => source.split(',')[0]!),
  );
  const goals = pools.some((pool) => pool.goals.some((value) => drawn.includes(value)));
  return [
    ...(published.size > 0
      ? [{ ink: null, look: 'published', text: `published: ${[...published].join(', ')}` } as const]
      : []),
    ...(goals ? [{ ink: null, look: 'goal', text: 'goal' } as const] : []),
  ];
}

const isNamed = (values: readonly Label[]): boolean => values.some((value) => typeof value === 'string');

function boxes(outcome: Outcome, plot: Plot & { kind: 'box' }, id: string): Drawing {
  const found = selected(outcome, plot, plot.split);
  if (!found) return NOTHING;
  const { unit, pools, splits } = found;
  const log = plot.logarithmic ?? false;
  const samples = pools.flatMap((pool) => [pool.spread.min, pool.spread.max]);
  const { values, far } = beside(pools, Math.max(...samples), log);
  const horizontal = isNamed(found.by);
  const make = (size: Size): { svg: string; notes: readonly string[] } => {
    const { axis, notes } = valueAxis(
      [...samples, ...values],
      log,
      ticksFor(size, horizontal ? 'along' : 'up'),
    );
    const parts = Math.max(1, splits.length);
    const frame = bands({
      size,
      names: found.by.map(String),
      parts,
      horizontal,
      axis,
      unit: unitText(unit, axis),
      by: plot.by,
    });
    const content = pools.map((pool) => {
      const part = pool.split === null ? 0 : splits.indexOf(pool.split);
      return box(
        frame,
        pool,
        share(frame.band(found.by.indexOf(pool.by)), part, parts),
        inkOfSplit(found, pool.split),
        axis,
      );
    });
    return { svg: frame.svg(`${id}-${size}`, text(plot, found), content.join('')), notes };
  };
  const head = [plot.by, ...(plot.split === undefined ? [] : [plot.split])];
  const columns = besideOf(pools);
  return {
    svg: both((size) => make(size).svg),
    legend: [...splitLegend(found, plot.split, 'area'), ...signs(pools, values)],
    notes: [
      ...make('wide').notes,
      ...pooledNote(pools, 'box'),
      ...strangeNote(found),
      ...(far ? [FAR_NOTE] : []),
    ],
    head: [...head, 'n', 'min', 'p1', 'p25', 'p50', 'p75', 'p99', 'max', ...columns.head],
    rows: pools.map((pool) => {
      const { by, split, spread: s } = pool;
      return [
        label(by),
        ...(split === null ? [] : [label(split)]),
        ...[s.n, s.min].map((value) => figure(shown(value))),
        figure(tail(1, s.p1, s.n)),
        ...[s.p25, s.p50, s.p75].map((value) => figure(shown(value))),
        figure(tail(99, s.p99, s.n)),
        figure(shown(s.max)),
        ...columns.cells(pool),
      ];
    }),
  };
}

/** What stands beside the samples, as columns of a plot's table: none in which nothing would stand. */
function besideOf(pools: readonly Pool[]): {
  readonly head: readonly string[];
  cells(pool: Pool): readonly Cell[];
} {
  const columns = [
    {
      name: 'published',
      cell: ({ published }: Pool) =>
        words(
          published
            .map(({ value, source }) => `${value === null ? '' : `${shown(value)}: `}${source}`)
            .join('; '),
        ),
    },
    {
      name: 'goal',
      cell: ({ goals }: Pool) => figure(goals.map((value) => shown(value)).join(', ')),
    },
  ].filter(({ cell }) => pools.some((pool) => cell(pool).html !== ''));
  return {
    head: columns.map(({ name }) => name),
    cells: (pool) => columns.map(({ cell }) => cell(pool)),
  };
}

/** Its part of a band, with air between the parts. */
function share(
  [from, to]: readonly [number, number],
  part: number,
  parts: number,
): readonly [number, number] {
  const each = (to - from) / parts;
  const gap = parts > 1 ? Math.min(4, each * 0.14) : 0;
  // A lone box in a wide place would look as if its width meant something.
  const most = 44;
  const [a, b] = [from + each * part + gap / 2, from + each * (part + 1) - gap / 2];
  const middle = (a + b) / 2;
  return b - a > most ? [middle - most / 2, middle + most / 2] : [a, b];
}

function box(
  frame: Bands,
  { spread: s, samples, published, goals }: Pool,
  band: readonly [number, number],
  ink: number,
  axis: Axis,
): string {
  const middle = (band[0] + band[1]) / 2;
  const inner: readonly [number, number] = [
    middle - (band[1] - band[0]) * 0.28,
    middle + (band[1] - band[0]) * 0.28,
  ];
  const dot = (value: number): string => frame.mark(middle, value, 'M0 0h0', { class: 'dot' });
  const whole = s.n >= MIN_BOX_SAMPLES;
  const outside = samples.filter((value) => value < s.p1 || value > s.p99);
  const farthest = outside
    .toSorted((a, b) => Math.abs(b - s.p50) - Math.abs(a - s.p50))
    .slice(0, MAX_BOX_DOTS);
  const drawn = whole
    ? [
        frame.line([middle, middle], s.p1, s.p25, { class: 'whisker' }),
        frame.line([middle, middle], s.p75, s.p99, { class: 'whisker' }),
        frame.line(inner, s.p1, s.p1, { class: 'whisker' }),
        frame.line(inner, s.p99, s.p99, { class: 'whisker' }),
        frame.rect(band, s.p25, s.p75, { class: 'box', fill: `url(#ink${ink})` }),
        frame.line(band, s.p50, s.p50, { class: 'median' }),
        ...farthest.map(dot),
      ]
    : samples.map((value) => frame.mark(middle, value, 'M0 0h0', { class: 'dot lone' }));
  const inside = (value: number): boolean => value >= axis.from && value <= axis.to;
  return tag(
    'g',
    { class: `i${ink}` },
    ...drawn,
    ...goals.filter(inside).map((value) => frame.line(wider(band), value, value, { class: 'goal' })),
    ...published
      .flatMap(({ value }) => value ?? [])
      .filter(inside)
      .map((value) => frame.mark(middle, value, DIAMOND, { class: 'published' })),
  );
}

const wider = ([a, b]: readonly [number, number]): readonly [number, number] => [a - 4, b + 4];

const label = (value: Label): Cell => ({
  html: words(String(value)).html,
  number: typeof value === 'number',
});

function text(plot: { readonly title: string; readonly by: string }, found: Selected): Text {
  const { pools, unit } = found;
  const medians = pools.map(({ by, split, spread: { p50 } }) => {
    const name = split === null ? String(by) : `${by} and ${split}`;
    return `${name}: ${shown(p50)}`;
  });
  // Read aloud, so not longer than a person listens; the table has all.
  const told = medians.slice(0, 12).join(', ');
  const rest = medians.length > 12 ? `, and ${medians.length - 12} more in the table` : '';
  return { title: plot.title, description: `Medians in ${unitName(unit)} by ${plot.by}: ${told}${rest}.` };
}

function stacked(outcome: Outcome, plot: Plot & { kind: 'stacked' }, id: string): Drawing {
  const found = selected(outcome, plot, plot.stack);
  if (!found) return NOTHING;
  const { unit, pools, splits } = found;
  const bars = found.by.map((by) => {
    let end = 0;
    const segments = splits.flatMap((split) => {
      const pool = pools.find((one) => one.by === by && one.split === split);
      if (!pool) return [];
      const from = end;
      end += pool.spread.p50;
      return [{ ink: inkOfSplit(found, split), from, to: end, value: pool.spread.p50, split }];
    });
    return { by, segments, total: end };
  });
  const highest = Math.max(...bars.map(({ total }) => total));
  const horizontal = isNamed(found.by);
  const draw = (size: Size): string => {
    const axis = linear(0, highest, ticksFor(size, horizontal ? 'along' : 'up'));
    const frame = bands({
      size,
      names: found.by.map(String),
      parts: 1,
      horizontal,
      axis,
      unit: unitName(unit),
      by: plot.by,
      behind: shown(highest),
    });
    const content = bars.map(({ segments, total }, i) => {
      const band = share(frame.band(i), 0, 1);
      const middle = (band[0] + band[1]) / 2;
      const end = frame.at(total);
      return tag(
        'g',
        {},
        ...segments.map(({ ink, from, to }) =>
          frame.rect(band, from, to, { class: `segment i${ink}`, fill: `url(#full${ink})` }),
        ),
        horizontal
          ? tag('text', { class: 'total', x: end + 5, y: middle + 4 }, shown(total))
          : tag('text', { class: 'total', x: middle, y: end - 6, 'text-anchor': 'middle' }, shown(total)),
      );
    });
    const description = `Sums of medians in ${unitName(unit)} by ${plot.by}: ${bars.map(({ by, total }) => `${by}: ${shown(total)}`).join(', ')}.`;
    return frame.svg(`${id}-${size}`, { title: plot.title, description }, content.join(''));
  };
  return {
    svg: both(draw),
    // From the top of the bar to its foot, as it is seen; along, as it is read.
    legend: (horizontal ? splits : splits.toReversed()).map((value) => ({
      ink: inkOfSplit(found, value),
      look: 'full',
      text: String(value),
    })),
    notes: [
      'Each part is a median, the number at the end their sum; a sum of medians is not the median of the sums.',
      ...pooledNote(pools, 'part'),
      ...strangeNote(found),
    ],
    head: [plot.by, ...splits.map(String), 'sum of medians'],
    rows: bars.map(({ by, segments, total }) => [
      label(by),
      ...splits.map((split) => {
        const segment = segments.find((one) => one.split === split);
        return figure(segment ? shown(segment.value) : '–');
      }),
      figure(shown(total)),
    ]),
  };
}

/** One for each ink, so that lines are told apart without colour. */
const SIGNS = [
  'M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z',
  'M-4-4H4V4H-4Z',
  'M0-5L5 4H-5Z',
  'M0-5.5L5.5 0L0 5.5L-5.5 0Z',
  'M-5-4H5L0 5Z',
  'M-5-1.5H-1.5V-5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5Z',
  'M-4.5 0L-2-4.5H2L4.5 0L2 4.5H-2Z',
  'M0-5L1.5-1.5H5L2.2 1L3.2 5L0 2.6L-3.2 5L-2.2 1L-5-1.5H-1.5Z',
];
export const signOf = (ink: number): string => SIGNS[(ink - 1) % SIGNS.length]!;

/** Sizes that grow by more than this have a logarithmic axis of their own: 16, 100 and 1,000 replicas. */
const WIDE_RANGE = 20;

function lines(outcome: Outcome, plot: Plot & { kind: 'line' }, id: string): Drawing {
  const found = selected(outcome, plot, plot.split);
  if (!found) return NOTHING;
  const { unit, splits } = found;
  const pools = found.pools.filter(({ by }) => typeof by === 'number');
  const places = found.by.filter((by) => typeof by === 'number');
  if (pools.length === 0) return NOTHING;
  const log = plot.logarithmic ?? false;
  const within = pools.flatMap(({ spread: s }) => [s.p10, s.p90]);
  const { values, far } = beside(pools, Math.max(...within), log);
  const [least, most] = [Math.min(...places), Math.max(...places)];
  const wide = least > 0 && most / least >= WIDE_RANGE;
  const draw = (size: Size): string => {
    const { axis: up } = valueAxis([...within, ...values], log, ticksFor(size, 'up'));
    const exact = wide ? logarithmic(least, most) : along(least, most, ticksFor(size, 'along'));
    const across = exact ?? along(least, most, ticksFor(size, 'along'));
    const few = places.length <= 10;
    const ground = field({
      size,
      across,
      marked: few ? places : null,
      up,
      unit: unitText(unit, up),
      by: across.logarithmic ? `${plot.by}, logarithmic` : plot.by,
    });
    const content = (splits.length > 0 ? splits : [null]).map((split) => {
      const mine = pools.filter((pool) => pool.split === split);
      const at = (pool: Pool, value: number): string =>
        `${rounded(ground.x(pool.by as number))} ${rounded(ground.y(value))}`;
      const edge = [
        ...mine.map((pool) => at(pool, pool.spread.p90)),
        ...mine.toReversed().map((pool) => at(pool, pool.spread.p10)),
      ];
      const ink = inkOfSplit(found, split);
      return tag(
        'g',
        { class: `i${ink}` },
        tag('polygon', { class: 'band', points: edge.join(' ') }),
        tag('polyline', {
          class: `line d${ink}`,
          points: mine.map((pool) => at(pool, pool.spread.p50)).join(' '),
        }),
        ...mine.map((pool) =>
          tag('path', {
            class: 'sign',
            d: signOf(ink),
            transform: `translate(${at(pool, pool.spread.p50)})`,
          }),
        ),
      );
    });
    const inside = (value: number): boolean => value >= up.from && value <= up.to;
    const aside = pools.flatMap(({ by, published, goals }) => [
      ...goals.filter(inside).map((value) =>
        tag('line', {
          class: 'goal',
          x1: ground.x(by as number) - 9,
          x2: ground.x(by as number) + 9,
          y1: ground.y(value),
          y2: ground.y(value),
        }),
      ),
      ...published
        .flatMap(({ value }) => value ?? [])
        .filter(inside)
        .map((value) =>
          tag('path', {
            class: 'published',
            d: DIAMOND,
            transform: `translate(${rounded(ground.x(by as number))} ${rounded(ground.y(value))})`,
          }),
        ),
    ]);
    return ground.svg(`${id}-${size}`, text(plot, found), [...content, ...aside].join(''));
  };
  const columns = besideOf(pools);
  return {
    svg: both(draw),
    legend: [...splitLegend(found, plot.split, 'line'), ...signs(pools, values)],
    notes: [
      ...valueAxis([...within, ...values], log, 5).notes,
      ...pooledNote(pools, 'point'),
      ...strangeNote(found),
      ...(far ? [FAR_NOTE] : []),
    ],
    head: [
      plot.by,
      ...(plot.split === undefined ? [] : [plot.split]),
      'n',
      'p10',
      'p50',
      'p90',
      'p99',
      'max',
      ...columns.head,
    ],
    rows: pools.map((pool) => {
      const { by, split, spread: s } = pool;
      return [
        label(by),
        ...(split === null ? [] : [label(split)]),
        ...[
          shown(s.n),
          tail(10, s.p10, s.n),
          shown(s.p50),
          tail(90, s.p90, s.n),
          tail(99, s.p99, s.n),
          shown(s.max),
        ].map(figure),
        ...columns.cells(pool),
      ];
    }),
  };
}

function timeline(plot: Plot & { kind: 'timeline' }, id: string): Drawing {
  const { title, unit, points } = plot;
  const marks = plot.marks.filter(({ at }) => Number.isFinite(at));
  const drawn = points.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value));
  if (drawn.length === 0) return NOTHING;
  const times = [...drawn.map(([at]) => at), ...marks.map(({ at }) => at)];
  const [first, last] = [
    times.reduce((a, b) => Math.min(a, b), 0),
    times.reduce((a, b) => Math.max(a, b), 0),
  ];
  const ordered = marks.toSorted((a, b) => a.at - b.at);
  const sorted = drawn.map(([, value]) => value).toSorted((a, b) => a - b);
  const draw = (size: Size): string => {
    const up = linear(sorted[0]!, sorted.at(-1)!, ticksFor(size, 'up'));
    const across = along(first, last, ticksFor(size, 'along'));
    const ground = field({ size, across, marked: null, up, unit: unitName(unit), by: 'seconds' });
    const strokes = ordered.map(({ at }) => {
      const x = ground.x(at);
      return tag('line', { class: 'mark', x1: x, x2: x, y1: ground.top - 4, y2: ground.bottom });
    });
    const numbers = together(ordered.map(({ at }) => ground.x(at))).map(([from, to]) => {
      const x = (ground.x(ordered[from]!.at) + ground.x(ordered[to]!.at)) / 2;
      const said = from === to ? `${from + 1}` : `${from + 1}–${to + 1}`;
      return tag('text', { class: 'number', x, y: ground.top - 8, 'text-anchor': 'middle' }, said);
    });
    const dots =
      drawn.length <= MAX_TIMELINE_DOTS
        ? drawn.map(([at, value]) => `M${rounded(ground.x(at))} ${rounded(ground.y(value))}h0`)
        : columnsOf(drawn.map(([at, value]) => [ground.x(at), ground.y(value)]));
    const description = `${drawn.length} samples over ${shown(last - first)} s, median ${shown(percentile(sorted, 50))} ${unit}, largest ${shown(sorted.at(-1)!)} ${unit}${ordered.length > 0 ? `; ${ordered.map(({ at, text: said }) => `at ${shown(at)} s ${said}`).join(', ')}` : ''}.`;
    const path = tag('path', { class: 'i1 samples', d: dots.join('') });
    return ground.svg(`${id}-${size}`, { title, description }, [...strokes, ...numbers, path].join(''));
  };
  const begins = [{ at: Number.NEGATIVE_INFINITY, text: 'until then' }, ...ordered];
  const rows = begins.flatMap(({ at, text: said }, i): (readonly Cell[])[] => {
    const until = begins[i + 1]?.at ?? Number.POSITIVE_INFINITY;
    const part = spread(drawn.filter(([time]) => time >= at && time < until).map(([, value]) => value));
    if (i === 0 && !part) return [];
    const from = Number.isFinite(at) ? shown(at) : shown(first);
    return [
      [
        figure(i === 0 ? '–' : String(i)),
        figure(from),
        words(i === 0 && ordered.length === 0 ? 'all' : said),
        ...(part
          ? [shown(part.n), shown(part.p50), tail(90, part.p90, part.n), shown(part.max)].map(figure)
          : [0, 1, 2, 3].map(() => figure('–'))),
      ],
    ];
  });
  return {
    svg: both(draw),
    legend: ordered.map(({ at, text: said }, i) => ({
      ink: null,
      look: 'mark',
      text: `${i + 1}, at ${shown(at)} s: ${said}`,
    })),
    notes: [
      ...(drawn.length > MAX_TIMELINE_DOTS
        ? ['Each stroke goes from the smallest to the largest sample of its moment.']
        : []),
      ...(points.length > drawn.length
        ? [`Not drawn: samples that are no number, ${points.length - drawn.length} of them.`]
        : []),
    ],
    head: ['mark', 'from, s', 'what', 'n', 'p50', 'p90', 'max'],
    rows,
  };
}

/** First and last of those that are so near to each other that their numbers would touch. */
function together(places: readonly number[]): readonly (readonly [number, number])[] {
  const groups: [number, number][] = [];
  places.forEach((x, i) => {
    const last = groups.at(-1);
    if (last && x - places[last[1]]! < NUMBER_ROOM) last[1] = i;
    else groups.push([i, i]);
  });
  return groups;
}

const NUMBER_ROOM = 22;

/** A stroke for each half unit of the drawing: nothing that was measured disappears, however much it is. */
function columnsOf(points: readonly (readonly [number, number])[]): readonly string[] {
  const ends = new Map<number, [number, number]>();
  for (const [x, y] of points) {
    const column = Math.round(x * 2) / 2;
    const there = ends.get(column);
    if (there) ends.set(column, [Math.min(there[0], y), Math.max(there[1], y)]);
    else ends.set(column, [y, y]);
  }
  return [...ends].map(([x, [top, low]]) => `M${rounded(x)} ${rounded(top)}V${rounded(low)}`);
}

/** How a unit is spoken of in a heading. */
export const unitName = (unit: Unit): string => (unit === '/s' ? 'a second' : unit);
