/** `npm run simulate -- --level shop`: whole members at work in the simulator (test/l2/shop-run.ts). */
import { AssertionError } from 'node:assert';
import { parseArgs } from 'node:util';
import { runShop } from '../l2/shop-run.ts';

/** Serial numbers of the packages have nine digits; above this a run takes hours. */
const MAX_PACKAGES = 100_000;

const USAGE = `Simulates four members with their session buffers and the supply chain's handlers under virtual time: a supplier announces packages,
two warehouses take each of them in at once, at two benches each, and hand it to the courier, while tabs are killed.

  npm run simulate -- --level shop [options]

  --packages N   how many packages (40)
  --kills N      tabs that are killed, at any moment, now and then more than f at once (0)
  --runs N       how many runs, each from its own seed (1)
  --seed S       seed of the first run (1); the same seed and options give the same run
  --json         end with one line of JSON

Checked: every acknowledged step is there after a crash; nobody signs two values for one place; each package is announced, labelled and
handed over exactly once; the chain is the same at all members; whoever was told "committed" finds it there.

Exit code 0: all of it held in every run. 1: it did not. 2: wrong arguments.`;

export async function shop(given: readonly string[]): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...given],
      options: {
        level: { type: 'string' },
        packages: { type: 'string', default: '40' },
        kills: { type: 'string', default: '0' },
        runs: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
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
  const [packages, kills, runs, seed] = [values.packages, values.kills, values.runs, values.seed].map(whole);
  if (packages === undefined || packages < 1 || packages > MAX_PACKAGES)
    return wrong(`--packages takes a whole number from 1 to ${MAX_PACKAGES}.`);
  if (kills === undefined || runs === undefined || runs < 1 || seed === undefined)
    return wrong('--kills, --runs and --seed take whole numbers.');
  const failing: number[] = [];
  const started = performance.now();
  for (let i = 0; i < runs; i++) {
    const at = performance.now();
    try {
      const result = await runShop({ packages, kills, seed: seed + i });
      const { counts, votes, scheduler } = result.shop;
      console.log(
        `seed ${seed + i}: ${packages} packages, ${result.told.size} acknowledged sessions, ${result.overtaken} overtaken, ${result.kills} kills, ` +
          `${votes.size} places voted in, ${counts.messages} messages, ${(scheduler.now / 1000).toFixed(0)} virtual s in ${((performance.now() - at) / 1000).toFixed(0)} s`,
      );
    } catch (error) {
      failing.push(seed + i);
      const what = error instanceof AssertionError ? error.message : String((error as Error).stack ?? error);
      console.log(`FAILED seed ${seed + i}: ${what}`);
      console.log(
        `  again: npm run simulate -- --level shop --packages ${packages} --kills ${kills} --seed ${seed + i}`,
      );
    }
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${runs} runs, ${failing.length} failed, ${seconds.toFixed(1)} s`);
  if (values.json)
    console.log(JSON.stringify({ level: 'shop', packages, kills, runs, seed, failing, seconds }));
  return failing.length > 0 ? 1 : 0;
}

const whole = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

function wrong(what: string): number {
  console.error(`${what}\nSee: npm run simulate -- --level shop --help`);
  return 2;
}
