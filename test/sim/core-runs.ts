/** Many runs of the core level, one after the other or in several processes, and what they add up to. */
import { fork } from 'node:child_process';
import { runCluster, type RunOptions, type RunResult } from './cluster.ts';

export interface RunsOptions {
  readonly runs: number;
  readonly seed: number;
  /** null: 4 to 13 in turn. */
  readonly n: number | null;
  readonly jobs: number;
  readonly trace: boolean;
  readonly run: Omit<RunOptions, 'seed' | 'n' | 'trace'>;
}

/** The sum of some runs, as it goes between processes and as `--json` prints it. */
export interface Summary {
  readonly runs: number;
  readonly decided: number;
  readonly undecided: number;
  readonly violations: number;
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly restarts: number;
  readonly highestRound: number;
  /** Most versions in a row that one proposer lost. */
  readonly mostLosses: number;
  /** Simulated milliseconds from GST to the last decision, summed. */
  readonly afterSettling: number;
  readonly seconds: number;
  readonly scripts: Readonly<Record<string, number>>;
  readonly wins: readonly number[];
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly n: number;
  readonly outcome: string;
  readonly script: string;
  readonly what: string;
}

/** Cluster sizes in turn, the small ones more often: they are where one fault weighs most. */
const SIZES = [4, 4, 5, 7, 4, 6, 7, 10, 4, 8, 7, 13];
const PROGRESS_MS = 5000;
/** Kept with their description; the rest is counted. */
const MAX_FAILURES = 10;

export function sizeOf(options: { readonly n: number | null }, seed: number): number {
  return options.n ?? SIZES[seed % SIZES.length]!;
}

/** Runs here, one after the other. `progress` is told now and then. */
export function runAll(
  options: RunsOptions,
  progress: (done: number, failed: number) => void,
  onTrace: (line: string) => void = () => undefined,
): Summary {
  const started = performance.now();
  let shown = started;
  let sum = empty(options.seed);
  for (let i = 0; i < options.runs; i++) {
    const seed = options.seed + i;
    const n = sizeOf(options, seed);
    const result = runCluster({ ...options.run, seed, n, trace: options.trace });
    for (const line of result.trace) onTrace(line);
    sum = add(sum, ofOne(result, n));
    if (performance.now() - shown > PROGRESS_MS) {
      shown = performance.now();
      progress(i + 1, sum.undecided + sum.violations);
    }
  }
  return { ...sum, seconds: (performance.now() - started) / 1000 };
}

/** Shares the seeds out to child processes of this program: `--share` makes one of them, which answers by message. */
export async function runShared(
  options: RunsOptions,
  args: readonly string[],
  progress: (done: number, failed: number) => void,
): Promise<Summary> {
  const started = performance.now();
  const share = Math.ceil(options.runs / options.jobs);
  const done = new Map<number, { done: number; failed: number }>();
  const timer = setInterval(() => {
    const all = [...done.values()];
    progress(
      all.reduce((sum, one) => sum + one.done, 0),
      all.reduce((sum, one) => sum + one.failed, 0),
    );
  }, PROGRESS_MS);
  try {
    const parts = await Promise.all(
      Array.from({ length: options.jobs }, (_, job) => {
        const from = job * share;
        const runs = Math.min(share, options.runs - from);
        return runs > 0
          ? child(options.seed + from, runs, args, (d, f) => done.set(job, { done: d, failed: f }))
          : Promise.resolve(null);
      }),
    );
    const sum = parts.filter((part) => part !== null).reduce(add, empty(options.seed));
    return { ...sum, seconds: (performance.now() - started) / 1000 };
  } finally {
    clearInterval(timer);
  }
}

type Message = { readonly done: number; readonly failed: number } | { readonly summary: Summary };

function child(
  seed: number,
  runs: number,
  args: readonly string[],
  progress: (done: number, failed: number) => void,
): Promise<Summary> {
  return new Promise((resolve, reject) => {
    const program = process.argv[1]!;
    const process_ = fork(program, [...args, '--seed', String(seed), '--runs', String(runs), '--share'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let summary: Summary | null = null;
    process_.on('message', (message: Message) => {
      if ('summary' in message) summary = message.summary;
      else progress(message.done, message.failed);
    });
    process_.on('error', reject);
    process_.on('exit', (code) => {
      if (summary) resolve(summary);
      else
        reject(new Error(`The process for seeds from ${seed} ended with code ${code} before it answered.`));
    });
  });
}

/** In a child: answers the parent and leaves. */
export function answerParent(options: RunsOptions): void {
  const send = (message: Message): void => void process.send?.(message);
  const summary = runAll(options, (done, failed) => send({ done, failed }));
  process.send?.({ summary } satisfies Message, () => process.disconnect());
}

function empty(seed: number): Summary {
  return {
    ...{ runs: 0, decided: 0, undecided: 0, violations: 0, firstSeed: seed, lastSeed: seed },
    ...{ restarts: 0, highestRound: 0, mostLosses: 0, afterSettling: 0, seconds: 0 },
    ...{ scripts: {}, wins: [], failures: [] },
  };
}

function ofOne(result: RunResult, n: number): Summary {
  const { outcome, seed, script, what, restarts, highestRound, mostLosses, afterSettling, wins } = result;
  return {
    runs: 1,
    decided: outcome === 'decided' ? 1 : 0,
    undecided: outcome === 'undecided' ? 1 : 0,
    violations: outcome === 'violation' ? 1 : 0,
    ...{ firstSeed: seed, lastSeed: seed, restarts, highestRound, mostLosses, afterSettling, seconds: 0 },
    scripts: { [script]: 1 },
    wins,
    failures: outcome === 'decided' ? [] : [{ seed, n, outcome, script, what }],
  };
}

function add(a: Summary, b: Summary): Summary {
  const scripts: Record<string, number> = { ...a.scripts };
  for (const [name, runs] of Object.entries(b.scripts)) scripts[name] = (scripts[name] ?? 0) + runs;
  return {
    runs: a.runs + b.runs,
    decided: a.decided + b.decided,
    undecided: a.undecided + b.undecided,
    violations: a.violations + b.violations,
    firstSeed: Math.min(a.firstSeed, b.firstSeed),
    lastSeed: Math.max(a.lastSeed, b.lastSeed),
    restarts: a.restarts + b.restarts,
    highestRound: Math.max(a.highestRound, b.highestRound),
    mostLosses: Math.max(a.mostLosses, b.mostLosses),
    afterSettling: a.afterSettling + b.afterSettling,
    seconds: a.seconds + b.seconds,
    scripts,
    wins: Array.from(
      { length: Math.max(a.wins.length, b.wins.length) },
      (_, i) => (a.wins[i] ?? 0) + (b.wins[i] ?? 0),
    ),
    failures: [...a.failures, ...b.failures].slice(0, MAX_FAILURES),
  };
}
