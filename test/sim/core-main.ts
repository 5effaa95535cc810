/** `npm run simulate -- --level core`: the consensus core alone, with adversaries that look into the honest replicas. */
import { ablations } from './ablations.ts';
import { scriptNames, scripts } from './adversaries.ts';
import { answerParent, runAll, runShared, type RunsOptions, type Summary } from './core-runs.ts';
import { search, searchable } from './exhaustive/search.ts';
import { printFamilies } from './families.ts';
import { printRuleTable } from './rule-table.ts';

interface Options {
  runs: number;
  seed: number;
  /** null: 4 to 13 in turn. */
  n: number | null;
  jobs: number;
  rounds: number;
  /** null: until nothing new is found. */
  depth: number | null;
  honest: number;
  script: string | null;
  ablate: string | null;
  outage: boolean;
  trace: boolean;
  json: boolean;
  share: boolean;
  what: 'runs' | 'ablations' | 'exhaustive' | 'families' | 'fairness';
}

/** Members of a simulated cluster: the largest that docs/verification.md reports. */
const MAX_MEMBERS = 100;
const MAX_JOBS = 64;
/** Versions of one run that counts fairness. */
const FAIRNESS_VERSIONS = 60;
const NUMBERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  runs: [1, Number.MAX_SAFE_INTEGER],
  seed: [0, Number.MAX_SAFE_INTEGER],
  n: [4, MAX_MEMBERS],
  jobs: [1, MAX_JOBS],
  rounds: [1, 12],
  depth: [1, 1000],
  honest: [3, 4],
};
const MODES = ['ablations', 'exhaustive', 'families', 'fairness'] as const;

/** Gives the exit code: 0 when every run ended in agreement and everybody decided, 1 when one did not, 2 for arguments that are not understood. */
export async function core(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === 'help') {
    help();
    return 0;
  }
  if (typeof options === 'string') {
    console.error(`${options}\nSee: npm run simulate -- --level core --help`);
    return 2;
  }
  switch (options.what) {
    case 'ablations':
      return printRuleTable(console.log) > 0 ? 1 : 0;
    case 'families':
      return printFamilies(console.log) > 0 ? 1 : 0;
    case 'exhaustive':
      return exhaustive(options);
    case 'fairness':
    case 'runs':
      return simulate(options, args);
  }
}

async function simulate(options: Options, args: readonly string[]): Promise<number> {
  const { script, ablate, outage } = options;
  const fair = options.what === 'fairness';
  const runs: RunsOptions = {
    ...{ runs: options.runs, seed: options.seed, n: options.n, jobs: options.jobs, trace: options.trace },
    run: {
      ...(script === null ? {} : { script }),
      ...(ablate === null ? {} : { ablation: ablate }),
      ...(outage ? { outage: true } : {}),
      ...(fair
        ? { outage: false, conditions: { contested: true, calm: true, versions: FAIRNESS_VERSIONS } }
        : {}),
    },
  };
  if (options.share) {
    answerParent(runs);
    return 0;
  }
  const progress = (done: number, failed: number): void =>
    console.log(`${done} of ${options.runs} runs, ${failed} failed`);
  const summary =
    options.jobs > 1
      ? await runShared(runs, args, progress)
      : runAll(runs, progress, (line) => console.log(line));
  report(options, summary);
  return summary.undecided + summary.violations > 0 ? 1 : 0;
}

function report(options: Options, summary: Summary): void {
  for (const { seed, n, outcome, script, what } of summary.failures) {
    console.log(`${outcome.toUpperCase()}, script ${script}: ${what}`);
    console.log(
      `  again: npm run simulate -- --level core --runs 1 --seed ${seed} --n ${n}${flags(options)} --trace`,
    );
  }
  const { runs, firstSeed, lastSeed, decided, undecided, violations, highestRound, restarts, seconds } =
    summary;
  const after = (summary.afterSettling / Math.max(1, runs)).toFixed(0);
  console.log(
    `${runs} runs, seeds ${firstSeed} to ${lastSeed}, in ${seconds.toFixed(1)} s: ${decided} decided, ${undecided} undecided, ` +
      `${violations} violations; highest round ${highestRound}, ${restarts} restarts, mean ${after} ms from GST to the last decision`,
  );
  if (options.what === 'fairness') {
    const wins = summary.wins.map((count, member) => `member ${member}: ${count}`).join(', ');
    console.log(
      `most versions in a row that one proposer lost: ${summary.mostLosses}; versions won: ${wins}`,
    );
  }
  if (!options.json) {
    console.log(
      `by script: ${Object.entries(summary.scripts)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}`,
    );
    return;
  }
  const { mostLosses } = summary;
  console.log(
    JSON.stringify({
      ...{ level: 'core', n: options.n, runs, decided, undecided, violations, firstSeed, lastSeed },
      ...{ restarts, highestRound, mostLosses, seconds: Math.round(seconds) },
    }),
  );
}

function exhaustive(options: Options): number {
  const { honest, rounds, depth, ablate } = options;
  const started = performance.now();
  const result = search({
    ...{ n: 4, honest, rounds, depth: depth ?? Infinity },
    ...(ablate === null ? {} : { ablation: ablate }),
    progress: (states, at) => console.log(`${states} states, ${at} signatures in a row`),
  });
  const seconds = (performance.now() - started) / 1000;
  for (const line of result.path) console.log(`  ${line}`);
  if (result.violation) console.log(`VIOLATION ${result.violation}`);
  const byzantine = 4 - honest;
  console.log(
    `n = 4, ${honest} honest, ${byzantine} Byzantine, two values, rounds 0 to ${rounds - 1}: ${result.states} states, ` +
      `${result.depth} signatures in a row, ${result.exhausted ? 'exhausted' : 'not exhausted'}, ` +
      `${result.steps} steps of the core in ${seconds.toFixed(1)} s`,
  );
  if (options.json) {
    const { states, depth: reached, exhausted, steps, violation } = result;
    console.log(
      JSON.stringify({
        level: 'core',
        exhaustive: true,
        honest,
        rounds,
        states,
        depth: reached,
        exhausted,
        steps,
        violation,
      }),
    );
  }
  return result.violation === null ? 0 : 1;
}

function flags({ script, ablate, outage }: Options): string {
  return `${script === null ? '' : ` --script ${script}`}${ablate === null ? '' : ` --ablate ${ablate}`}${outage ? ' --outage' : ''}`;
}

function parse(args: readonly string[]): Options | 'help' | string {
  const options: Options = {
    ...{ runs: 1000, seed: 1, n: null, jobs: 1, rounds: 2, depth: null, honest: 3 },
    ...{ script: null, ablate: null, outage: false, trace: false, json: false, share: false, what: 'runs' },
  };
  for (let i = 0; i < args.length; i++) {
    const name = args[i] === '--replicas' ? 'n' : args[i]!.replace(/^--/, '');
    if (name === 'help' || name === '-h') return 'help';
    const mode = MODES.find((one) => one === name);
    if (mode !== undefined) {
      options.what = mode;
      continue;
    }
    if (name === 'trace' || name === 'outage' || name === 'json' || name === 'share') {
      options[name] = true;
      continue;
    }
    const value = args[++i];
    if (name === 'level') continue;
    if (value === undefined) return `${args[i - 1]} is not known, or its value is missing.`;
    if (name === 'script' || name === 'ablate') {
      const known = name === 'script' ? scriptNames : Object.keys(ablations);
      if (!known.includes(value)) return `--${name} ${value} is not known. There are: ${known.join(', ')}.`;
      options[name] = value;
      continue;
    }
    const range = NUMBERS[name];
    if (!range) return `${args[i - 1]} is not known.`;
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < range[0] || number > range[1])
      return `--${name} ${value}: a whole number from ${range[0]} to ${range[1]} is needed.`;
    options[name as 'runs' | 'seed' | 'n' | 'jobs' | 'rounds' | 'depth' | 'honest'] = number;
  }
  const tooLarge = options.what === 'exhaustive' ? searchable(options.honest, options.rounds) : null;
  return tooLarge ?? options;
}

function help(): void {
  const list = (all: [string, { readonly what: string }][]): string =>
    all.map(([name, { what }]) => `                   ${name.padEnd(24)} ${what}`).join('\n');
  console.log(`Simulates clusters of replicas around the real consensus core, with Byzantine members, loss, crashes and outages.

  npm run simulate -- --level core [options]

  --runs N       how many runs, each from its own seed (1000)
  --seed S       seed of the first run (1); the same seed, size and options give the same run
  --n N          members, 4 to ${MAX_MEMBERS}; without it sizes from 4 to 13 in turn
  --jobs N       share the seeds out to N processes (1)
  --script NAME  what the Byzantine members do; without it the seed draws one:
${list(Object.entries(scripts))}
  --outage       everyone goes down at once and the Byzantine stay away
  --ablate RULE  take a rule away, to see that the checks find it out:
${list(Object.entries(ablations))}
  --trace        print what happens in each run
  --json         end with one line of JSON

  --ablations    take away each rule in turn until it is found out, as a table
  --families     scenario families and their verdicts, as a table
  --fairness     everybody proposes in ${FAIRNESS_VERSIONS} versions in a row: who wins, who loses how often in a row
  --exhaustive   all interleavings of the real core at four members, two values:
    --rounds R     rounds of a version (2): up to 4, with four honest up to 3
    --depth D      most signatures in a row; without it until nothing new is found
    --honest H     3 (and one Byzantine) or 4 (3)

  Exit code 0: all agreed and decided, or all found out. 1: not. 2: wrong arguments.`);
}
