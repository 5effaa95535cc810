/** `npm run bench -- --loyalty`: how long a transfer of loyalty points takes to be confirmed, in real browsers. See docs/loyalty.md. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Browser } from '@playwright/test';
import { build } from 'vite';
import { RULES_VERSION, MAX_OUTPUTS } from '../examples/loyalty/points/index.ts';
import { BROWSER_FLAGS, findOrInstallBrowser } from '../scripts/browser.ts';
import { Cluster } from '../testing/cluster.ts';
import { findHelperPage } from '../testing/helper-page.ts';
import { LOYALTY_DELAYS, LOYALTY_MEMBERS, LOYALTY_PAUSE_MS, LOYALTY_SAMPLES } from './limits.ts';
import { blsJob, machine, type BlsJob } from './machine.ts';
import { summarise, type Summary } from './stats.ts';
import type {} from './loyalty/page.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;
const MOST_MEMBERS = 16;

const USAGE = `npm run bench -- --loyalty [options]

Stalls in real browsers, a context of one Chromium each. Two things are timed, from the call to the answer:
a transfer (a group of points changes owner, the transaction of the BeauForT paper), and a gift as the stall's
page makes it (new points: the account, then the group).

  --members 4,7    sizes of the street, 4 to ${MOST_MEMBERS} (default: ${LOYALTY_MEMBERS.join(',')})
  --delay 0,60     one-way delay of every packet between two members, milliseconds (default: ${LOYALTY_DELAYS.join(',')})
  --samples N      timed transfers, and as many gifts, of each size and delay (default: ${LOYALTY_SAMPLES})
  --pause MS       between two of them; the paper's clients make one a second (default: ${LOYALTY_PAUSE_MS})
  --out DIR        where loyalty.csv and loyalty.md go (default: bench/out)
  --help           this text

Ends with a code other than 0 when a browser does not start, the stalls do not find one another, or a transfer
is not confirmed.
`;

interface Sample {
  readonly members: number;
  readonly delay: number;
  readonly what: 'transfer' | 'gift';
  /** Place of the stall that made it. */
  readonly by: number;
  readonly milliseconds: number;
  readonly steps: number;
}

interface Run {
  readonly members: number;
  readonly delay: number;
  readonly bls: BlsJob;
  /** Load average before and after. */
  readonly load: readonly [number, number];
  readonly samples: readonly Sample[];
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        members: { type: 'string', default: LOYALTY_MEMBERS.join(',') },
        delay: { type: 'string', default: LOYALTY_DELAYS.join(',') },
        samples: { type: 'string', default: String(LOYALTY_SAMPLES) },
        pause: { type: 'string', default: String(LOYALTY_PAUSE_MS) },
        out: { type: 'string', default: 'bench/out' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)} See --help.`);
    return EXIT_USAGE;
  }
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const sizes = values.members.split(',').map(Number);
  const delays = values.delay.split(',').map(Number);
  const [samples, pause] = [Number(values.samples), Number(values.pause)];
  const wrong = !sizes.every((n) => Number.isInteger(n) && n >= 4 && n <= MOST_MEMBERS)
    ? `--members takes numbers from 4 to ${MOST_MEMBERS}, for example 4,7.`
    : !delays.every((ms) => ms >= 0 && ms <= 1_000)
      ? '--delay takes milliseconds from 0 to 1000, for example 0,60.'
      : !Number.isInteger(samples) || samples < 2 || samples > MAX_OUTPUTS * Math.min(...sizes)
        ? `--samples takes a number from 2 to ${MAX_OUTPUTS} times the members of the smallest street.`
        : !(pause >= 0 && pause <= 60_000)
          ? '--pause takes milliseconds from 0 to 60000.'
          : null;
  if (wrong !== null) {
    console.error(`${wrong} See --help.`);
    return EXIT_USAGE;
  }
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const site = await mkdtemp(join(tmpdir(), 'countersign-bench-loyalty-'));
  const helper = await findHelperPage();
  const browser = await chromium.launch({ executablePath: found.path, args: [...BROWSER_FLAGS] });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    // tsx names inner functions by a helper that does not exist in the page.
    await context.addInitScript({ content: 'globalThis.__name = (f) => f;' });
    return context;
  };
  const out = resolve(PROJECT, values.out);
  const runs: Run[] = [];
  try {
    await mkdir(out, { recursive: true });
    await build({
      configFile: false,
      logLevel: 'error',
      root: fileURLToPath(new URL('loyalty', import.meta.url)),
      resolve: { tsconfigPaths: true },
      define: { __APP_VERSION__: JSON.stringify('bench') },
      build: { outDir: site, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
      worker: { format: 'es' },
    });
    for (const members of sizes) {
      for (const delay of delays) {
        runs.push(await measure(browser, helper.folder, site, { members, delay, samples, pause }));
        // After each, so that a run that is ended early leaves what it has.
        await writeFile(join(out, 'loyalty.csv'), csv(runs));
        await writeFile(join(out, 'loyalty.md'), report(runs, browser.version()));
      }
    }
  } finally {
    await browser.close();
    await helper.dispose();
    await rm(site, { recursive: true, force: true, maxRetries: 5 });
  }
  process.stdout.write(`${report(runs, browser.version())}\nWritten: ${out}/loyalty.csv and loyalty.md\n`);
  return 0;
}

interface Wanted {
  readonly members: number;
  readonly delay: number;
  readonly samples: number;
  readonly pause: number;
}

async function measure(
  browser: Browser,
  helper: string,
  site: string,
  { members, delay, samples, pause }: Wanted,
): Promise<Run> {
  const bls = await blsJob();
  const before = loadavg()[0] ?? 0;
  console.error(`${members} stalls, ${delay} ms: starting (load ${before.toFixed(1)}) …`);
  const cluster = await Cluster.create(browser, helper, {
    site,
    members,
    rules: RULES_VERSION,
    path: ({ identity }) => `/?${new URLSearchParams({ identity })}`,
  });
  try {
    await cluster.linked();
    const pages = cluster.members.map(({ page }) => page);
    const each = Math.ceil(samples / members);
    for (const page of pages) await page.evaluate(async (count) => (await window.stall).stock(count), each);
    if (delay > 0)
      for (const [i, a] of cluster.members.entries())
        for (const b of cluster.members.slice(i + 1)) cluster.slow(a, b, { delay });
    const taken: Sample[] = [];
    for (const what of ['transfer', 'gift'] as const) {
      for (let i = 0; i < samples; i++) {
        const by = i % members;
        const timed = await pages[by]!.evaluate(async (kind) => {
          const stall = await window.stall;
          return kind === 'transfer' ? stall.give() : stall.issue();
        }, what);
        taken.push({ members, delay, what, by, ...timed });
        await new Promise((done) => setTimeout(done, pause));
      }
    }
    return { members, delay, bls, load: [before, loadavg()[0] ?? 0], samples: taken };
  } finally {
    await cluster.close();
  }
}

const csv = (runs: readonly Run[]): string =>
  [
    'members,delay_ms,what,by,milliseconds,steps',
    ...runs.flatMap(({ samples }) =>
      samples.map((one) =>
        [one.members, one.delay, one.what, one.by, one.milliseconds.toFixed(1), one.steps].join(','),
      ),
    ),
    '',
  ].join('\n');

/** Table in Markdown, with what it was measured on. */
function report(runs: readonly Run[], version: string): string {
  const { cpu, cores, memoryGib, system, node } = machine();
  const rows = runs.flatMap((run) =>
    (['transfer', 'gift'] as const).map((what) => {
      const all = run.samples.filter((one) => one.what === what).map((one) => one.milliseconds);
      const summary = summarise(all.slice(0, 1), all.slice(1));
      return `| ${run.members} | ${run.delay} | ${what} | ${cells(summary)} | ${run.load.map((one) => one.toFixed(1)).join(' → ')} | ${run.bls.total.toFixed(0)} |`;
    }),
  );
  return [
    `${new Date().toISOString().slice(0, 10)}; ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}, Chromium ${version}.`,
    '',
    '| stalls | delay, ms | what | n | min | p50 | p90 | max | first | load | BLS job, ms |',
    '|---:|---:|---|---:|---:|---:|---:|---:|---:|---|---:|',
    ...rows,
    '',
  ].join('\n');
}

const cells = (summary: Summary | null): string =>
  summary === null
    ? '– | – | – | – | – | –'
    : [
        summary.n,
        ...[summary.min, summary.p50, summary.p90, summary.max, summary.first].map((ms) => ms.toFixed(0)),
      ].join(' | ');
