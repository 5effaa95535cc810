/** `npm run bench`: every study, one report. See docs/benchmarks.md. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtApp } from './detail/app.ts';
import { parseOptions, USAGE, type RunOptions } from './options.ts';
import { endOf } from './passed-on.ts';
import { compare, comparisonText } from './report/compare.ts';
import { duration } from './report/numbers.ts';
import type { StudyResult } from './report/result.ts';
import { aboutHere, runStudies } from './runner.ts';
import { readBaseline, Store } from './store.ts';
import { STUDIES } from './studies.ts';
import type { Study } from './study.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;
const NAMES = STUDIES.map(({ name }) => name);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), NAMES);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'wrong':
      process.stderr.write(`${parsed.message} See npm run bench -- --help.\n`);
      return EXIT_USAGE;
    case 'program':
      return program(parsed.file, parsed.args);
    case 'list':
      for (const { name, title, minutes } of await studiesOf(null))
        process.stdout.write(
          `${name.padEnd(12)} ${title} (${duration(minutes.full * 60)}; quick ${duration(minutes.quick * 60)})\n`,
        );
      return 0;
    case 'run':
      return all(parsed.options);
  }
}

async function all(options: RunOptions): Promise<number> {
  const { only, quick, measure } = options;
  // Before hours are spent on what then cannot be compared.
  let baseline: readonly StudyResult[] | null = null;
  try {
    if (options.compare !== null) baseline = readBaseline(resolve(PROJECT, options.compare));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return EXIT_USAGE;
  }
  const mixed = measure && baseline ? refusedBefore(baseline, only ?? NAMES, options) : null;
  if (mixed !== null) {
    process.stderr.write(`${mixed}\n`);
    return EXIT_USAGE;
  }
  const store = new Store(resolve(PROJECT, options.out), NAMES);
  // What cannot be read is said now as well.
  store.all();
  const replaced = measure && quick ? store.full(only ?? NAMES) : [];
  if (replaced.length > 0) {
    say(
      `${store.folder} has full results (${replaced.join(', ')}), which a quick run would replace. Name another folder with --out.`,
    );
    return EXIT_USAGE;
  }
  let failed: readonly string[] = [];
  if (measure) {
    const app = await builtApp();
    if (!app.ok) {
      say(app.message);
      return 1;
    }
    failed = await runStudies(await studiesOf(only), store, {
      quick,
      dist: app.path,
      about: aboutHere(process.env.COUNTERSIGN_DIST ? app.path : null),
      say,
    });
  }
  const results = store.report();
  if (results.length === 0) {
    say(`There are no results in ${store.folder}: run a study first.`);
    return 1;
  }
  process.stdout.write(`Written to ${store.folder}: report.html, samples.csv, results.json, tables.md\n`);
  if (failed.length > 0) say(`Not measured as they should have been: ${failed.join(', ')}.`);
  const worse = baseline !== null && !compared(baseline, results, options);
  return failed.length > 0 || worse ? 1 : 0;
}

/** False when something is worse, or may not be compared. */
function compared(
  baseline: readonly StudyResult[],
  results: readonly StudyResult[],
  options: RunOptions,
): boolean {
  const comparison = compare(baseline, results, options);
  if (!comparison.ok) {
    say(comparison.message);
    return false;
  }
  process.stdout.write(`\n${comparisonText(comparison)}`);
  return !comparison.failed;
}

/** The refusal that `compare` would come to after the run. */
function refusedBefore(
  baseline: readonly StudyResult[],
  names: readonly string[],
  options: RunOptions,
): string | null {
  const expected = baseline
    .filter(({ study }) => names.includes(study))
    .map((one) => ({ ...one, quick: options.quick, failed: null }));
  const comparison = compare(baseline, expected, options);
  return comparison.ok ? null : comparison.message;
}

async function studiesOf(only: readonly string[] | null): Promise<readonly Study[]> {
  const wanted = STUDIES.filter(({ name }) => only === null || only.includes(name));
  return Promise.all(wanted.map(async ({ load }) => (await load()).study));
}

/** A benchmark with a command line of its own; its output and its exit code are ours. */
async function program(file: string, args: readonly string[]): Promise<number> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    cwd: PROJECT,
    stdio: 'inherit',
  });
  return endOf(child);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    say(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
