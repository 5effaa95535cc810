/** What stays of a study: its outcome with when and where it was measured. One file for each, DIR/<name>.json. */
import * as v from 'valibot';
import type { Machine } from '../machine.ts';
import type { Labels, Outcome, Series } from '../study.ts';

export interface StudyResult {
  readonly format: 1;
  readonly study: string;
  readonly title: string;
  /** When the measurement began, ISO 8601. */
  readonly date: string;
  /** How long it took. */
  readonly minutes: number;
  readonly quick: boolean;
  readonly machine: Machine;
  /** Version of the browser; null where none was found. */
  readonly chromium: string | null;
  /** Commit of the sources, with a + where something was changed or added since; then the measured app, where it was not built of them. Null outside of a repository. */
  readonly revision: string | null;
  /** Null when it was never measured to its end into this folder. */
  readonly outcome: Outcome | null;
  /** The last attempt, where it did not come to its end; `outcome` is then of the one before. */
  readonly failed: { readonly date: string; readonly message: string } | null;
}

const text = v.string();
/** JSON has no word for what is not a number: it writes null. */
const number = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? Number.NaN),
);
const labels = v.record(text, v.union([text, number]));
const unit = v.picklist(['ms', 's', 'bytes', 'kbit/s', '/s', 'MiB', '%', 'count']);
const list = <T extends v.GenericSchema>(of: T) => v.array(of);
const drawn = {
  title: text,
  figure: text,
  by: text,
  where: v.optional(labels),
};
// What a later version adds is kept, and not known here.
const outcome = v.looseObject({
  series: list(
    v.looseObject({
      figure: text,
      labels,
      unit,
      samples: list(number),
      cold: v.optional(list(number)),
      published: v.optional(list(v.looseObject({ value: v.nullable(v.number()), source: text }))),
      goal: v.optional(v.looseObject({ value: number, percentile: number, source: text })),
      conditions: v.looseObject({ bls: v.tuple([number, number]), load: v.tuple([number, number]) }),
    }),
  ),
  plots: list(
    v.variant('kind', [
      v.looseObject({
        kind: v.literal('box'),
        ...drawn,
        split: v.optional(text),
        logarithmic: v.optional(v.boolean()),
      }),
      v.looseObject({ kind: v.literal('stacked'), ...drawn, stack: text }),
      v.looseObject({
        kind: v.literal('line'),
        ...drawn,
        split: v.optional(text),
        logarithmic: v.optional(v.boolean()),
      }),
      v.looseObject({
        kind: v.literal('timeline'),
        title: text,
        unit,
        points: list(v.tuple([number, number])),
        marks: list(v.looseObject({ at: number, text })),
      }),
    ]),
  ),
  tables: list(v.looseObject({ title: text, head: list(text), rows: list(list(v.union([text, number]))) })),
  ratios: list(
    v.looseObject({
      name: text,
      value: number,
      better: v.picklist(['higher', 'lower']),
      tolerance: number,
    }),
  ),
  notes: list(text),
  notComparable: list(text),
  skipped: list(text),
  facts: v.optional(v.record(text, v.unknown())),
});
const result = v.looseObject({
  format: v.literal(1),
  study: text,
  title: text,
  date: text,
  minutes: v.number(),
  quick: v.boolean(),
  machine: v.looseObject({
    cpu: text,
    cores: v.number(),
    memoryGib: v.number(),
    system: text,
    node: text,
    fileSystem: v.nullable(text),
  }),
  chromium: v.nullable(text),
  revision: v.nullable(text),
  outcome: v.nullable(outcome),
  failed: v.nullable(v.looseObject({ date: text, message: text })),
});

/** One study's file. @throws when it is none, with where it differs. */
export function readResult(json: string): StudyResult {
  return parsed(result, JSON.parse(json));
}

/** results.json: all studies of a folder. @throws as `readResult`. */
export function readResults(json: string): readonly StudyResult[] {
  return parsed(v.looseObject({ studies: list(result) }), JSON.parse(json)).studies;
}

export const writeResults = (studies: readonly StudyResult[]): string =>
  `${JSON.stringify({ format: 1, studies })}\n`;

function parsed<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const found = v.safeParse(schema, value);
  if (found.success) return found.output;
  const [issue] = found.issues;
  throw new Error(`${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
}

/** The same processor, number of them, memory, system, file system, Node and browser: times of both may stand beside each other. */
export const sameMachine = (a: StudyResult, b: StudyResult): boolean =>
  a.machine.cpu === b.machine.cpu &&
  a.machine.cores === b.machine.cores &&
  a.machine.memoryGib === b.machine.memoryGib &&
  a.machine.system === b.machine.system &&
  a.machine.fileSystem === b.machine.fileSystem &&
  a.machine.node === b.machine.node &&
  a.chromium === b.chromium;

/** Its last attempt came to its end with something wrong in it, and that is the outcome; otherwise a failed study's outcome is of the run before. */
export const isFaulty = ({ outcome, failed, date }: StudyResult): boolean =>
  outcome !== null && failed !== null && failed.date === date;

/** A dash for what should be a number and is none. */
export const labelValue = (value: string | number): string =>
  typeof value === 'number' && !Number.isFinite(value) ? '–' : String(value);

/** "16 replicas, degree 7" would need to know the words: "replicas 16, degree 7". */
export const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name} ${labelValue(value)}`)
    .join(', ');

export const seriesName = ({ figure, labels }: Series): string =>
  [figure, labelText(labels)].filter((part) => part !== '').join(', ');

/** What makes an outcome unfit to be shown as it is: samples or ratios that are no numbers, two series of one name, one without samples. */
export function faultsOf({ series, ratios }: Outcome): readonly string[] {
  const faults: string[] = [];
  const names = new Set<string>();
  for (const one of series) {
    const name = seriesName(one);
    if (names.has(name)) faults.push(`${name}: there are two series of this name`);
    names.add(name);
    const wrong = [...one.samples, ...(one.cold ?? [])].filter((value) => !Number.isFinite(value)).length;
    if (wrong > 0) faults.push(`${name}: ${wrong} samples are not numbers`);
    if (one.samples.length === 0) faults.push(`${name}: there are no samples`);
  }
  for (const { name, value } of ratios) if (!Number.isFinite(value)) faults.push(`${name}: is not a number`);
  const ratioNames = ratios.map(({ name }) => name);
  for (const name of new Set(ratioNames.filter((name, i) => ratioNames.indexOf(name) !== i)))
    faults.push(`${name}: there are two ratios of this name`);
  return faults;
}

export type Verdict = 'met' | 'missed';

/** A rate has to be at least the goal, everything else at most. Null without a goal or samples. */
export function goalVerdict(one: Series, value: number | null): Verdict | null {
  if (!one.goal || value === null || Number.isNaN(value)) return null;
  return (one.unit === '/s' ? value >= one.goal.value : value <= one.goal.value) ? 'met' : 'missed';
}
