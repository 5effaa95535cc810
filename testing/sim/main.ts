/** `npm run simulate -- --level application`: an application's own rules and workload, from a module of its own. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { drawFaults, simulate } from './simulate.ts';
import type { SimulateOptions } from './types.ts';

const USAGE = `Simulates an application on the middleware: whole replicas with its access-control callback as judge (docs/testing.md, "Simulator").

  npm run simulate -- --level application --file <module> [options]

  --file F       module whose default export is the options of simulate(), without a seed; or a function of the seed that gives them
  --runs N       how many runs, each from its own seed (100)
  --seed S       seed of the first run (1); the same seed and module give the same run
  --calm         no faults but those that the module names; otherwise the seed draws the rest
  --trace        print every step
  --json         end with one line of JSON

Exit code 0: every run ended well. 1: one did not. 2: wrong arguments.`;

const SHOWN_FAILURES = 5;

export async function application(given: readonly string[]): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...given],
      options: {
        level: { type: 'string' },
        file: { type: 'string' },
        runs: { type: 'string', default: '100' },
        seed: { type: 'string', default: '1' },
        calm: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [runs, first] = [whole(values.runs), whole(values.seed)];
  if (runs === null || runs < 1 || first === null) return wrong('--runs and --seed take whole numbers.');
  if (values.file === undefined) return wrong('--file names the module to run.');
  const made = await optionsOf(values.file);
  if (typeof made === 'string') return wrong(made);
  const failing: number[] = [];
  let decided = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const own = made(seed);
    const options = { ...(values.calm ? {} : drawFaults(seed, own.members)), ...own };
    const result = await simulate({ ...options, seed, ...(values.trace && { trace: true }) });
    decided += result.decided;
    if (values.trace) for (const line of result.trace) console.log(line);
    if (result.outcome === 'done') continue;
    failing.push(seed);
    if (failing.length > SHOWN_FAILURES) continue;
    console.log(`seed ${seed}: ${result.outcome}. ${result.what}`);
    console.log(
      `  npm run simulate -- --level application --file ${values.file} --runs 1 --seed ${seed}${values.calm ? ' --calm' : ''} --trace`,
    );
  }
  console.log(`${runs} runs, ${failing.length} failed; ${decided} certified versions`);
  if (values.json) console.log(JSON.stringify({ level: 'application', runs, decided, failing }));
  return failing.length === 0 ? 0 : 1;
}

/** Or why there are none. */
async function optionsOf(file: string): Promise<((seed: number) => Omit<SimulateOptions, 'seed'>) | string> {
  let found: { readonly default?: unknown };
  try {
    found = (await import(pathToFileURL(resolve(file)).href)) as typeof found;
  } catch (error) {
    return `${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
  const given = found.default;
  if (typeof given === 'function') return given as (seed: number) => Omit<SimulateOptions, 'seed'>;
  if (typeof given === 'object' && given !== null && 'run' in given)
    return () => given as Omit<SimulateOptions, 'seed'>;
  return `${file} has no default export that simulate() takes.`;
}

const whole = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);

function wrong(message: string): number {
  console.error(message);
  console.error('npm run simulate -- --level application --help');
  return 2;
}
