/** `npm test`: unit, property and simulator tests, then the built app in real browsers, and one line that counts them all. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findOrInstallBrowser } from './browser.ts';
import { run } from './run.ts';
import {
  add,
  closingLine,
  failuresOfPlaywright,
  failuresOfVitest,
  NOTHING,
  readPlaywright,
  readVitest,
  tellFailures,
  withExitCode,
  type Count,
  type Failure,
} from './test-report.ts';

const HELP = `Runs the tests.

  npm test -- [options]

  --unit         Only the unit, property and simulator tests (Vitest, test/)
  --e2e          Only the tests in real browsers (Playwright, e2e/); builds the app first
  --grep <text>  Only tests whose name matches this regular expression
  --help         This text

The browser is the one that CHROMIUM_PATH names, else the one that Playwright downloaded, else /usr/bin/chromium. Where
there is none and this is root on Debian, the package is installed; elsewhere the browser tests are listed as not run.
With CI=true, or with --e2e, a missing browser is a failure.

What failed is told once more at the end, with the first lines of its reason.
The last line counts: "N passed, N failed", and ", N skipped" where there are any.
Ends with 0 when all passed, 1 when one failed or none ran, 2 when the command line was wrong.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        unit: { type: 'boolean', default: false },
        e2e: { type: 'boolean', default: false },
        grep: { type: 'string' },
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
  const both = values.unit === values.e2e;
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  let count = NOTHING;
  const failures: Failure[] = [];
  try {
    if (both || values.unit) count = add(count, await runUnit(folder, values.grep, failures));
    if (both || values.e2e) count = add(count, await runBrowsers(folder, values.grep, values.e2e, failures));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const ran = count.passed + count.failed > 0;
  if (!ran) console.error('\nNo test ran.');
  if (failures.length > 0) console.log(`\n${tellFailures(failures)}`);
  console.log(`\n${closingLine(count)}`);
  return ran && count.failed === 0 ? 0 : 1;
}

async function runUnit(folder: string, grep: string | undefined, failures: Failure[]): Promise<Count> {
  heading('Unit, property and simulator tests');
  const file = join(folder, 'vitest.json');
  const filter = grep === undefined ? [] : ['--testNamePattern', grep];
  const args = [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    '--passWithNoTests',
    ...filter,
  ];
  const { code } = await run('vitest', args, { output: 'terminal' });
  const report = await readReport(file);
  const told = failuresOfVitest(report, process.cwd());
  failures.push(...(told.length === 0 && code !== 0 ? [outsideOfTests('vitest', code)] : told));
  return withExitCode(readVitest(report, grep !== undefined), code);
}

async function runBrowsers(
  folder: string,
  grep: string | undefined,
  asked: boolean,
  failures: Failure[],
): Promise<Count> {
  heading('Tests in real browsers');
  const filter = grep === undefined ? [] : ['--grep', grep];
  const browser = findOrInstallBrowser();
  if (!browser.ok) {
    const fails = asked || isContinuousIntegration();
    if (fails) failures.push({ name: 'All tests in browsers', reason: browser.message });
    return withoutBrowser(browser.message, filter, fails);
  }
  console.log(`Browser: ${browser.path}`);
  const built = await run('vite', ['build', '--logLevel', 'warn'], { output: 'terminal' });
  if (built.code !== 0) {
    failures.push({
      name: 'All tests in browsers',
      reason: 'The app could not be built, so none of them ran. What the build said is above.',
    });
    return { ...NOTHING, failed: 1 };
  }
  const file = join(folder, 'playwright.json');
  const { code } = await run(
    'playwright',
    ['test', '--reporter=list,json', '--pass-with-no-tests', ...filter],
    {
      output: 'terminal',
      env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file, CHROMIUM_PATH: browser.path },
    },
  );
  const report = await readReport(file);
  const told = failuresOfPlaywright(report);
  failures.push(...(told.length === 0 && code !== 0 ? [outsideOfTests('playwright', code)] : told));
  return withExitCode(readPlaywright(report), code);
}

async function withoutBrowser(reason: string, filter: readonly string[], fails: boolean): Promise<Count> {
  console.error(`${fails ? 'FAILED' : 'Not run'}: ${reason}`);
  const { output } = await run('playwright', ['test', '--list', ...filter], { output: 'hold' });
  const names = output.split('\n').filter((line) => line.includes(' › '));
  console.log(`These tests were not run:\n${names.join('\n')}`);
  return fails ? { ...NOTHING, failed: Math.max(1, names.length) } : { ...NOTHING, skipped: names.length };
}

function outsideOfTests(runner: string, code: number): Failure {
  return {
    name: `${runner} ended with ${code}, though no test failed`,
    reason: 'Its reason is above, where it ran.',
  };
}

/** A runner that crashed left no report, or half of one; its exit code then counts. */
async function readReport(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isContinuousIntegration(): boolean {
  const { CI } = process.env;
  return CI !== undefined && CI !== '' && CI !== 'false' && CI !== '0';
}

function heading(text: string): void {
  console.log(`\n${text}`);
}
