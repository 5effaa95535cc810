/** `npm run simulate -- --level epochs`: changes of members over the real machine of epochs and the real core. */
import { fork } from 'node:child_process';
import { epochAblations } from './ablations.ts';
import { bundleJob } from './bundle.ts';
import { epochScriptNames, epochScripts } from './plan.ts';
import type { EpochRunResult } from './run.ts';
import { runSeed, type SeedOptions } from './seed.ts';
import { printEpochTable } from './table.ts';

interface Options extends SeedOptions {
  runs: number;
  seed: number;
  jobs: number;
  /** No run begins after so many; null: --runs decides. */
  minutes: number | null;
  ablations: boolean;
  json: boolean;
}

interface Sum {
  runs: number;
  ended: number;
  undecided: number;
  violations: number;
  epochs: number;
  restarts: number;
  losses: number;
  carried: number;
  hidden: number;
  again: number;
  competing: number;
  versions: number;
  highestRound: number;
  longestClosing: number;
}

const NUMBERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  runs: [1, Number.MAX_SAFE_INTEGER],
  seed: [0, Number.MAX_SAFE_INTEGER],
  n: [4, 16],
  epochs: [1, 20],
  jobs: [1, 64],
  minutes: [1, 100_000],
};
const PROGRESS_MS = 5000;
const SHOWN_FAILURES = 10;
/** Runs from which building the job first pays. */
const LONG = 300;
/** Megabytes for what is young: little in a run lives long, and the less often it is looked through the better. */
const YOUNG_MB = 64;

/** Gives the exit code: 0 when every run ended in agreement, 1 when one did not, 2 for arguments that are not understood. */
export async function epochs(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === 'help') return help();
  if (typeof options === 'string') {
    console.error(`${options}\nSee: npm run simulate -- --level epochs --help`);
    return 2;
  }
  if (options.ablations) return printEpochTable(console.log) > 0 ? 1 : 0;
  return simulate(options);
}

async function simulate(options: Options): Promise<number> {
  const started = performance.now();
  const sum: Sum = {
    ...{ runs: 0, ended: 0, undecided: 0, violations: 0, epochs: 0, restarts: 0, losses: 0, carried: 0 },
    ...{ hidden: 0, again: 0, competing: 0, versions: 0, highestRound: 0, longestClosing: 0 },
  };
  const failures: EpochRunResult[] = [];
  let shown = started;
  let next = options.seed;
  const until = options.minutes === null ? Infinity : started + options.minutes * 60_000;
  const take = (): number | null =>
    next < options.seed + options.runs && performance.now() < until ? next++ : null;
  const done = (result: EpochRunResult): void => {
    add(sum, result);
    if (result.outcome !== 'ended' && failures.length < SHOWN_FAILURES) failures.push(result);
    for (const line of options.trace ? result.trace : []) console.log(line);
    if (performance.now() - shown < PROGRESS_MS) return;
    shown = performance.now();
    const perMinute = Math.round((sum.runs / (shown - started)) * 60_000);
    console.log(
      `${sum.runs} of ${options.runs} runs, ${sum.undecided + sum.violations} failed, ${sum.epochs} epochs, ${perMinute} runs a minute`,
    );
  };
  if (options.jobs > 1 || (options.runs >= LONG && !options.trace)) await share(options, take, done);
  else for (let seed = take(); seed !== null; seed = take()) done(runSeed(options, seed));
  const seconds = (performance.now() - started) / 1000;
  for (const { seed, outcome, script, what } of failures) {
    console.log(`${outcome.toUpperCase()}, script ${script}: ${what}`);
    // What was not asked for is drawn: asked for, it would be another run.
    const asked = (['n', 'script', 'ablate', 'epochs'] as const).flatMap((name) =>
      options[name] === null ? [] : [` --${name} ${options[name]}`],
    );
    console.log(
      `  again: npm run simulate -- --level epochs --runs 1 --seed ${seed}${asked.join('')} --trace`,
    );
  }
  console.log(
    `${sum.runs} runs, seeds ${options.seed} to ${next - 1}, in ${seconds.toFixed(1)} s (${Math.round((sum.runs / seconds) * 60)} a minute): ` +
      `${sum.ended} ended, ${sum.undecided} undecided, ${sum.violations} violations; ${sum.epochs} epochs, ${sum.restarts} restarts, ` +
      `${sum.losses} logs lost; certificates that R did not hold at an opening: ${sum.hidden}; values carried: ${sum.carried}, ` +
      `of them again without a new lock: ${sum.again}, with two locks: ${sum.competing}; highest round ${sum.highestRound}, longest closing after GST ${sum.longestClosing} ms`,
  );
  if (options.json)
    console.log(
      JSON.stringify({
        ...{
          level: 'epochs',
          n: options.n,
          firstSeed: options.seed,
          lastSeed: next - 1,
          seconds: Math.round(seconds),
        },
        ...sum,
      }),
    );
  return sum.undecided + sum.violations > 0 ? 1 : 0;
}

function add(sum: Sum, result: EpochRunResult): void {
  sum.runs++;
  if (result.outcome === 'ended') sum.ended++;
  else if (result.outcome === 'undecided') sum.undecided++;
  else sum.violations++;
  for (const field of [
    'epochs',
    'restarts',
    'losses',
    'carried',
    'hidden',
    'again',
    'competing',
    'versions',
  ] as const)
    sum[field] += result[field];
  sum.highestRound = Math.max(sum.highestRound, result.highestRound);
  sum.longestClosing = Math.max(sum.longestClosing, result.longestClosing);
}

/** Children run what they are handed, one seed at a time, from a build: see bundle.ts. */
async function share(
  options: Options,
  take: () => number | null,
  done: (result: EpochRunResult) => void,
): Promise<void> {
  const job = await bundleJob();
  await Promise.all(
    Array.from({ length: options.jobs }, async () => {
      const child = fork(job.path, { execArgv: [`--max-semi-space-size=${YOUNG_MB}`] });
      try {
        for (let seed = take(); seed !== null; seed = take()) {
          const asked = seed;
          const result = await new Promise<EpochRunResult>((resolve, reject) => {
            const ended = (code: number | null): void =>
              reject(new Error(`a job ended with code ${code} in seed ${asked}`));
            child.once('exit', ended);
            child.once('message', (answer) => {
              child.off('exit', ended);
              resolve(answer as EpochRunResult);
            });
            child.send({ options, seed: asked });
          });
          done(result);
        }
      } finally {
        child.disconnect();
      }
    }),
  ).finally(job.remove);
}

function parse(args: readonly string[]): Options | 'help' | string {
  const options: Options = {
    ...{ runs: 200, seed: 1, n: null, epochs: null, jobs: 1, minutes: null, script: null, ablate: null },
    ...{ ablations: false, trace: false, json: false },
  };
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!;
    if (name === '--help') return 'help';
    if (name === '--ablations' || name === '--trace' || name === '--json') {
      options[name.slice(2) as 'ablations' | 'trace' | 'json'] = true;
      continue;
    }
    const value = args[++i];
    if (value === undefined) return `${name} needs a value.`;
    if (name === '--level') continue;
    if (name === '--script') {
      if (!(value in epochScripts)) return `--script ${value} is not known.`;
      options.script = value;
    } else if (name === '--ablate') {
      if (!(value in epochAblations)) return `--ablate ${value} is not known.`;
      options.ablate = value;
    } else {
      const limits = NUMBERS[name.slice(2)];
      if (!limits || !name.startsWith('--')) return `${name} is not known.`;
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < limits[0] || number > limits[1])
        return `${name} ${value}: a whole number from ${limits[0]} to ${limits[1]} is needed.`;
      options[name.slice(2) as 'runs' | 'seed' | 'n' | 'epochs' | 'jobs' | 'minutes'] = number;
    }
  }
  return options;
}

function help(): number {
  const rows = (of: Readonly<Record<string, { readonly what: string }>>, names: readonly string[]): string =>
    names.map((name) => `                   ${name.padEnd(22)} ${of[name]!.what}`).join('\n');
  console.log(`Simulates networks whose members change: joining, leaving, new keys, lost and restored logs, several epochs in a row, with
crashes at every write between CLOSE and BEGIN, partitions, loss, and Byzantine members that lie about epochs too.

  npm run simulate -- --level epochs [options]

  --runs N         how many runs, each from its own seed (200)
  --seed S         seed of the first run (1); the same seed and options give the same run
  --n N            members of the first epoch, 4 to 16; without it 4 to 16 in turn
  --epochs N       changes in each run; without it the seed draws one to four
  --jobs N         so many processes at once
  --minutes M      begin no run after that
  --script NAME    what the Byzantine do with votes; without it the seed draws one of:
${rows(epochScripts, epochScriptNames)}
  --ablate NAME    take a rule away, to see that the checks find it out:
${rows(epochAblations, Object.keys(epochAblations))}
  --ablations      each of them in turn until it is found out, as a table
  --trace          print what happens in each run
  --json           end with one line of JSON

  Exit code 0: all agreed and ended (of --ablations: all were found out). 1: a run did not. 2: wrong arguments.`);
  return 0;
}
