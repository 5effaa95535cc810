/** `npm run check`: everything that can be found wrong without running the code. */
import { parseArgs } from 'node:util';
import { run } from './run.ts';

const HELP = `Checks the code without running it.

  npm run check -- [options]

  --only <names>  Some of the checks, with commas between: types, lint, rooms, format
  --fix           Let the linter and the formatter correct what they can
  --help          This text

types   TypeScript, strict
lint    oxlint, with types (oxlint.config.js)
rooms   Which folder may import which (.dependency-cruiser.cjs; table in docs/architecture.md)
format  Prettier

Ends with 0 when nothing was found, 1 when something was, 2 when the command line was wrong.
`;

interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: (fix: boolean) => readonly string[];
}

const FOLDERS = ['src', 'signaling-server', 'test', 'e2e', 'bench', 'scripts', 'examples', 'testing'];

/** The slow ones first: two run at a time. */
const CHECKS: readonly Check[] = [
  { name: 'types', program: 'tsc', args: () => ['--noEmit', '-p', '.'] },
  {
    name: 'format',
    program: 'prettier',
    // Remembered by content, so that a file that is as it was need not be read twice.
    args: (fix) => [
      fix ? '--write' : '--check',
      ...['--log-level', 'warn', '--cache', '--cache-strategy', 'content', '.'],
    ],
  },
  {
    name: 'lint',
    program: 'oxlint',
    args: (fix) => [
      ...['-c', 'oxlint.config.js', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
      ...(fix ? ['--fix'] : []),
      '.',
    ],
  },
  {
    name: 'rooms',
    program: 'depcruise',
    args: () => ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...FOLDERS],
  },
];

/** Two cores are what a small CI machine has. */
const AT_ONCE = 2;

/** These tools make much garbage of short life: with room for it they take an eighth less time. Megabytes. */
const YOUNG_MEMORY = 128;

process.exitCode = await main();

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: { only: { type: 'string' }, fix: { type: 'boolean' }, help: { type: 'boolean' } },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee --help for all options.`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const names = values.only?.split(',') ?? CHECKS.map((check) => check.name);
  const unknown = names.find((name) => !CHECKS.some((check) => check.name === name));
  if (unknown !== undefined) {
    console.error(`There is no check named "${unknown}". See --help for their names.`);
    return 2;
  }
  const waiting = CHECKS.filter((check) => names.includes(check.name));
  const failed: string[] = [];
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (!(await passes(check, values.fix ?? false))) failed.push(check.name);
    }
  };
  // With --fix two tools write to the same files: one after the other then.
  await Promise.all(Array.from({ length: values.fix ? 1 : AT_ONCE }, worker));
  console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}

async function passes(check: Check, fix: boolean): Promise<boolean> {
  console.log(`${check.name} …`);
  const { code, output, seconds } = await run(check.program, check.args(fix), {
    output: 'hold',
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --max-semi-space-size=${YOUNG_MEMORY}`.trim() },
  });
  if (code !== 0) process.stdout.write(output);
  console.log(`${check.name}: ${code === 0 ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)`);
  return code === 0;
}
