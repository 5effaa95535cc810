/**
 * What a study is: one of the benchmark's questions, measured. A study gives series of raw samples and says how they are to be shown; the
 * runner (bench/main.ts) writes them as CSV and JSON, and bench/report makes the page. Nothing here measures anything.
 */

/** Labels of one series, in the order in which they are shown: `{ replicas: 16, degree: 7 }`. */
export type Labels = Readonly<Record<string, string | number>>;

/** What the machine was like around one measurement. A figure without it says little on a shared machine. */
export interface Conditions {
  /** Milliseconds of the fixed BLS job (bench/machine.ts), right before and right after. */
  readonly bls: readonly [number, number];
  /** Load average of one minute, before and after. */
  readonly load: readonly [number, number];
}

export type Unit = 'ms' | 's' | 'bytes' | 'kbit/s' | '/s' | 'MiB' | '%' | 'count';

/** A published figure that stands beside ours. */
export interface Published {
  /** In the series' unit; null where the source gives words only. */
  readonly value: number | null;
  /** "BeauForT, 100 browsers, Fig. 5: within 4 s". */
  readonly source: string;
}

/** Raw samples of one figure. None is left out but those in `cold`. */
export interface Series {
  /** Within its study; with `labels` it names the series: 'commit latency'. */
  readonly figure: string;
  readonly labels: Labels;
  readonly unit: Unit;
  readonly samples: readonly number[];
  /** The first ones, taken while code was compiled and keys imported: shown apart, not in the percentiles. */
  readonly cold?: readonly number[];
  readonly published?: readonly Published[];
  /** Our own goal, in the unit, and the percentile (0 to 100) that it is about. At least so much for a rate (/s), at most for everything else. */
  readonly goal?: { readonly value: number; readonly percentile: number; readonly source: string };
  readonly conditions: Conditions;
}

/** How series of one figure are drawn; the report finds them by figure and labels. */
export type Plot =
  /** A box with whiskers for each series: quartiles, 1st and 99th percentile, extremes as dots. `by`: the label along the axis; `split`: the label that makes boxes beside each other. */
  | {
      readonly kind: 'box';
      readonly title: string;
      readonly figure: string;
      readonly by: string;
      readonly split?: string;
      readonly where?: Labels;
      readonly logarithmic?: boolean;
    }
  /** A bar for each value of `by`, made of the medians of the series that differ in `stack`. */
  | {
      readonly kind: 'stacked';
      readonly title: string;
      readonly figure: string;
      readonly by: string;
      readonly stack: string;
      readonly where?: Labels;
    }
  /** A line of medians with a band from p10 to p90 along a numeric label. */
  | {
      readonly kind: 'line';
      readonly title: string;
      readonly figure: string;
      readonly by: string;
      readonly split?: string;
      readonly where?: Labels;
      readonly logarithmic?: boolean;
    }
  /** Samples along the time of one run: `points` are [seconds, value]. */
  | {
      readonly kind: 'timeline';
      readonly title: string;
      readonly unit: Unit;
      readonly points: readonly (readonly [number, number])[];
      readonly marks: readonly { readonly at: number; readonly text: string }[];
    };

/** A table that says what percentiles do not: profiles, breakdowns, what is beside what. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** One figure divided by another of the same run: what may be compared between machines, and what `--compare` watches. */
export interface Ratio {
  /** Stays the same from version to version: 'CometBFT tuned / Countersign, 4 replicas'. */
  readonly name: string;
  readonly value: number;
  readonly better: 'higher' | 'lower';
  /** How much worse it may be than the baseline's before `--compare` says so: with 0.25, 10 may become 12.5, or 8 where higher is better. From the spread between runs. */
  readonly tolerance: number;
}

export interface Outcome {
  readonly series: readonly Series[];
  readonly plots: readonly Plot[];
  readonly tables: readonly Table[];
  readonly ratios: readonly Ratio[];
  /** Sentences for whoever reads the figures: how it was measured, what stands out. */
  readonly notes: readonly string[];
  /** Why a figure may not be held against the one beside it. */
  readonly notComparable: readonly string[];
  /** What was not measured, and why: "CometBFT: go is not installed". */
  readonly skipped: readonly string[];
  /** For other studies of the same run, by a name of its own: costs measured in a browser, for the simulator. Plain JSON. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface StudyContext {
  /** A part of the sizes and samples: to see that it runs, in a few minutes. Its figures do not count. */
  readonly quick: boolean;
  /** Folder of the built app. */
  readonly dist: string;
  /** A folder of this study's own, for what it must write down itself (profiles, logs). */
  readonly folder: string;
  /** One line of progress. Every study says at least each quarter of a minute what it is at. */
  say(line: string): void;
  /** Runs the measurement with the BLS job and the load average around it. */
  under<T>(measure: () => Promise<T>): Promise<{ readonly value: T; readonly conditions: Conditions }>;
  /** What another study has found in this run or an earlier one into the same folder: in full unless this run is quick, not failed, on this machine. The runner notes when; null when there is none. */
  earlier(study: string): Promise<Outcome | null>;
}

export interface Study {
  /** What `--only` takes. */
  readonly name: string;
  readonly title: string;
  /** About so long on two cores. All of them: at most 180 in full, 15 quick. */
  readonly minutes: { readonly full: number; readonly quick: number };
  /** @throws when something could not be measured that should have been; the runner goes on with the next study and ends with code 1. */
  run(context: StudyContext): Promise<Outcome>;
}
