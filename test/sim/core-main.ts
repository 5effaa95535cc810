/** `npm run simulate -- --level core`: the consensus core alone, with adversaries that look into the honest replicas. */
import { ablations } from './ablations.ts';
import { scriptNames, scripts } from './adversaries.ts';
import { runCluster, type RunResult } from './cluster.ts';

interface Options {
  runs: number;
  seed: number;
  /** null: 4 to 13 in turn. */
  n: number | null;
  script: string | null;
  ablation: string | null;
  outage: boolean;
  trace: boolean;
  json: boolean;
}

/** Cluster sizes in turn, the small ones more often: they are where one fault weighs most. */
const SIZES = [4, 4, 5, 7, 4, 6, 7, 10, 4, 8, 7, 13];
/** Members of a simulated cluster: beyond, a run takes seconds. */
const MAX_MEMBERS = 40;
const SHOWN_FAILURES = 10;

/** Gives the exit code: 0 when every run ended in agreement and everybody decided, 1 when one did not, 2 for arguments that are not understood. */
export function core(args: readonly string[]): number {
  const parsed = parse(args);
  if (parsed === 'help') help();
  else if (typeof parsed === 'string') {
    console.error(`${parsed}\nSee: npm run simulate -- --level core --help`);
    return 2;
  } else return simulate(parsed);
  return 0;
}

function simulate(options: Options): number {
  const failures: RunResult[] = [];
  const perScript = new Map<string, number>();
  let rounds = 0;
  let restarts = 0;
  let after = 0;
  const started = performance.now();
  let shown = started;
  for (let i = 0; i < options.runs; i++) {
    const seed = options.seed + i;
    const n = options.n ?? SIZES[seed % SIZES.length]!;
    const result = runCluster({
      seed,
      n,
      trace: options.trace,
      ...(options.script === null ? {} : { script: options.script }),
      ...(options.ablation === null ? {} : { ablation: options.ablation }),
      ...(options.outage ? { outage: true } : {}),
    });
    perScript.set(result.script, (perScript.get(result.script) ?? 0) + 1);
    rounds = Math.max(rounds, result.highestRound);
    restarts += result.restarts;
    after += result.afterSettling;
    if (options.trace) for (const line of result.trace) console.log(line);
    if (result.outcome !== 'decided') {
      failures.push(result);
      if (failures.length <= SHOWN_FAILURES) {
        console.log(`${result.outcome.toUpperCase()}, script ${result.script}: ${result.what}`);
        console.log(
          `  again: npm run simulate -- --level core --runs 1 --seed ${seed} --n ${n}${flags(options)} --trace`,
        );
      }
    }
    if (performance.now() - shown > 5000) {
      shown = performance.now();
      console.log(`${i + 1} of ${options.runs} runs, ${failures.length} failed`);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  const count = (outcome: string): number => failures.filter((failure) => failure.outcome === outcome).length;
  console.log(
    `${options.runs} runs from seed ${options.seed} in ${seconds.toFixed(1)} s: ${options.runs - failures.length} decided, ` +
      `${count('undecided')} undecided, ${count('violation')} violations; ` +
      `highest round ${rounds}, ${restarts} restarts, mean ${(after / Math.max(1, options.runs)).toFixed(0)} ms from GST to the last decision`,
  );
  if (!options.json)
    console.log(`by script: ${[...perScript].map(([name, runs]) => `${name} ${runs}`).join(', ')}`);
  if (options.json) {
    const summary = {
      level: 'core',
      runs: options.runs,
      seed: options.seed,
      decided: options.runs - failures.length,
    };
    console.log(
      JSON.stringify({ ...summary, undecided: count('undecided'), violations: count('violation'), restarts }),
    );
  }
  return failures.length > 0 ? 1 : 0;
}

function flags(options: Options): string {
  const { script, ablation, outage } = options;
  return `${script === null ? '' : ` --script ${script}`}${ablation === null ? '' : ` --ablate ${ablation}`}${outage ? ' --outage' : ''}`;
}

function parse(args: readonly string[]): Options | 'help' | string {
  const options: Options = {
    runs: 1000,
    seed: 1,
    n: null,
    script: null,
    ablation: null,
    outage: false,
    trace: false,
    json: false,
  };
  for (let i = 0; i < args.length; i++) {
    const name = args[i] === '--replicas' ? '--n' : args[i]!;
    if (name === '--help' || name === '-h') return 'help';
    if (name === '--json') {
      options.json = true;
      continue;
    }
    if (name === '--trace' || name === '--outage') {
      options[name === '--trace' ? 'trace' : 'outage'] = true;
      continue;
    }
    const value = args[++i];
    if (name === '--level') continue;
    if (value === undefined) return `${name} is not known, or its value is missing.`;
    if (name === '--script' || name === '--ablate') {
      const known = name === '--script' ? scriptNames : Object.keys(ablations);
      if (!known.includes(value)) return `${name} ${value} is not known. There are: ${known.join(', ')}.`;
      options[name === '--script' ? 'script' : 'ablation'] = value;
      continue;
    }
    const number = Number(value);
    if (name !== '--runs' && name !== '--seed' && name !== '--n') return `${name} is not known.`;
    const least = name === '--n' ? 4 : name === '--runs' ? 1 : 0;
    if (!Number.isSafeInteger(number) || number < least || (name === '--n' && number > MAX_MEMBERS)) {
      return `${name} ${value}: a whole number from ${least}${name === '--n' ? ` to ${MAX_MEMBERS}` : ''} is needed.`;
    }
    options[name === '--runs' ? 'runs' : name === '--seed' ? 'seed' : 'n'] = number;
  }
  return options;
}

function help(): void {
  console.log(`Simulates clusters of replicas around the real consensus core, with Byzantine members, loss, crashes and outages.

  npm run simulate -- --level core [options]

  --runs N       how many runs, each from its own seed (1000)
  --seed S       seed of the first run (1); the same seed, size and options give the same run
  --n N          members, 4 to ${MAX_MEMBERS}; without it sizes from 4 to 13 in turn
  --script NAME  what the Byzantine members do; without it the seed draws one:
${scriptNames.map((name) => `                   ${name.padEnd(14)} ${scripts[name]!.what}`).join('\n')}
  --outage       everyone goes down at once and the Byzantine stay away
  --ablate RULE  take a rule away, to see that the checks find it out:
${Object.entries(ablations)
  .map(([name, { what }]) => `                   ${name.padEnd(22)} ${what}`)
  .join('\n')}
  --trace        print what happens in each run
  --json         end with one line of JSON

  Exit code 0: all agreed and decided. 1: a run did not. 2: wrong arguments.`);
}
