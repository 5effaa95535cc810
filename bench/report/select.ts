/** Which series of an outcome a plot or a table is about. */
import type { Labels, Outcome, Published, Series, Unit } from '../study.ts';
import { spread, type Spread } from '../stats.ts';

export type Label = string | number;

/** Series of one place in a plot. More than one: what they differ in is not a part of the plot, and their samples are put together. */
export interface Pool {
  readonly by: Label;
  /** Null where the plot does not split. */
  readonly split: Label | null;
  readonly series: number;
  readonly samples: readonly number[];
  readonly spread: Spread;
  readonly published: readonly Published[];
  readonly goals: readonly number[];
}

export interface Selected {
  readonly unit: Unit;
  readonly by: readonly Label[];
  readonly splits: readonly Label[];
  /** Place of a split among all of the figure, also those that this plot leaves out: so each keeps its colour from plot to plot. */
  readonly places: ReadonlyMap<Label, number>;
  readonly pools: readonly Pool[];
  /** Samples that are no numbers, and have no place in a drawing. */
  readonly strange: number;
}

interface Wanted {
  readonly figure: string;
  readonly by: string;
  readonly where?: Labels;
}

/** Null when nothing was measured of it. Series without the label `by`, and those in another unit than the first, are not drawn. */
export function selected(
  { series }: Outcome,
  { figure, by, where }: Wanted,
  split?: string,
): Selected | null {
  const of = series.filter((one) => one.figure === figure);
  const all = of
    .map((one) => ({ ...one, samples: one.samples.filter(Number.isFinite) }))
    .filter(({ samples }) => samples.length > 0);
  const isMeant = ({ labels }: Series): boolean =>
    by in labels &&
    !Number.isNaN(labels[by]) &&
    Object.entries(where ?? {}).every(([name, value]) => labels[name] === value);
  const found = all.filter(isMeant);
  const unit = found[0]?.unit;
  if (!unit) return null;
  const drawn = found.filter((one) => one.unit === unit);
  const bys = inOrder(drawn.map(({ labels }) => labels[by]!));
  const splitsOf = (list: readonly Series[]): readonly Label[] =>
    split === undefined
      ? []
      : inOrder(list.flatMap(({ labels }) => labels[split] ?? [])).filter((one) => !Number.isNaN(one));
  const every = splitsOf(all);
  const present = splitsOf(drawn);
  const splits = every.filter((one) => present.includes(one));
  const places = new Map(every.map((one, i) => [one, i]));
  const pools = bys.flatMap((value) =>
    (split === undefined ? [null] : splits).flatMap((part) => {
      const here = drawn.filter(
        ({ labels }) => labels[by] === value && (part === null || labels[split!] === part),
      );
      const samples = here.flatMap((one) => one.samples);
      const summary = spread(samples);
      return summary
        ? [{ by: value, split: part, series: here.length, samples, spread: summary, ...besides(here) }]
        : [];
    }),
  );
  const strange = of
    .filter(isMeant)
    .reduce((sum, { samples }) => sum + samples.filter((value) => !Number.isFinite(value)).length, 0);
  return { unit, by: bys, splits, places, pools, strange };
}

function besides(series: readonly Series[]): Pick<Pool, 'published' | 'goals'> {
  const published = series
    .flatMap((one) => one.published ?? [])
    .filter(({ value }) => value === null || Number.isFinite(value));
  return {
    published: published.filter(
      ({ value, source }, i) => published.findIndex((p) => p.value === value && p.source === source) === i,
    ),
    goals: [...new Set(series.flatMap((one) => one.goal?.value ?? []))].filter(Number.isFinite),
  };
}

/** Numbers by size; words as the study gave them. */
export function inOrder(values: readonly Label[]): readonly Label[] {
  const all = [...new Set(values)];
  return all.every((value) => typeof value === 'number') ? all.toSorted((a, b) => a - b) : all;
}

/** Series that go into one table: of one figure, or of several small ones with the same unit and labels. */
export interface Group {
  readonly unit: Unit;
  readonly figures: readonly string[];
  /** Labels in which they differ, a column each. */
  readonly keys: readonly string[];
  /** Labels that all of them share. */
  readonly common: Labels;
  readonly series: readonly Series[];
}

/** A figure with fewer series than this stands in one table with others. */
const OWN_TABLE = 3;

export function grouped({ series }: Outcome): readonly Group[] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const rows = series.filter(({ figure, unit }) => figure === one.figure && unit === one.unit).length;
    const own = rows < OWN_TABLE ? null : one.figure;
    const key = JSON.stringify([own, one.unit, Object.keys(one.labels)]);
    const there = groups.get(key);
    if (there) there.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((list) => {
    const figures = [...new Set(list.map((one) => one.figure))];
    const keys = Object.keys(list[0]!.labels);
    const same = (key: string): boolean =>
      list.length > 1 && list.every(({ labels }) => labels[key] === list[0]!.labels[key]);
    return {
      unit: list[0]!.unit,
      figures,
      keys: keys.filter((key) => !same(key)),
      common: Object.fromEntries(keys.filter(same).map((key) => [key, list[0]!.labels[key]!])),
      series: figures.flatMap((figure) => list.filter((one) => one.figure === figure)),
    };
  });
}
