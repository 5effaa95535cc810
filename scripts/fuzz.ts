/** Long runs of the decoders' property tests: random, damaged and misshapen inputs for everything that reads bytes from outside. */
import { parseArgs } from 'node:util';
import { fuzz, FuzzFailure, type DecoderReport } from '../test/net/fuzz/run.ts';

const HELP = `Feeds every decoder at the door with inputs that nobody would send in good faith.

  npx tsx scripts/fuzz.ts [options]

  --runs <n>     Inputs in all (10000000)
  --seed <n>     Where the inputs begin (random); the same seed gives the same inputs
  --only <text>  Only decoders whose name contains this
  --help         This text

Ends with 0 when every decoder survived every input and memory stayed bounded, 1 when not, 2 when the command line was wrong.
`;

/** Heap that may be in use beyond the start's, bytes: a corpus of 512 inputs for each decoder, and room for the collector to wait. */
const MAX_GROWTH = 256 * 1024 * 1024;

process.exitCode = await main();

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        runs: { type: 'string', default: '10000000' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
        only: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee --help for all options.`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
    console.error('--runs and --seed are whole numbers. See --help for all options.');
    return 2;
  }
  console.log(`Seed ${seed}, ${runs} inputs.`);
  const startedAt = performance.now();
  const startHeap = process.memoryUsage().heapUsed;
  let growth = 0;
  const progress = (done: number): void => {
    growth = Math.max(growth, process.memoryUsage().heapUsed - startHeap);
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(
      `${done} inputs, ${Math.round(done / seconds)} a second, heap +${Math.round(growth / 2 ** 20)} MiB at most`,
    );
  };
  try {
    const reports = await fuzz({ runs, seed, only: values.only, progress });
    console.log(`\n${table(reports)}`);
  } catch (error) {
    if (!(error instanceof FuzzFailure) && !(error instanceof RangeError)) throw error;
    console.error(error.message);
    return 1;
  }
  if (growth > MAX_GROWTH) {
    console.error(`The heap grew by ${growth} bytes, and may by ${MAX_GROWTH}.`);
    return 1;
  }
  return 0;
}

function table(reports: readonly DecoderReport[]): string {
  const width = Math.max(...reports.map(({ name }) => name.length));
  return reports
    .map(({ name, inputs, taken }) => `${name.padEnd(width)}  ${inputs} inputs, ${taken} taken`)
    .join('\n');
}
