/** `npm run bench -- --micro`: what single pieces of work cost, in the worker of a browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { BROWSER_FLAGS, findOrInstallBrowser } from '../../scripts/browser.ts';
import { createServer } from '../../signaling-server/server.ts';
import { machine } from '../machine.ts';
import { summarise } from '../stats.ts';
import { nodeJobs } from './node.ts';
import type { JobSamples } from './sample.ts';

const ROOT = fileURLToPath(new URL('.', import.meta.url));

interface Row {
  readonly name: string;
  readonly where: 'browser worker' | 'Node';
  readonly n: number;
  /** Milliseconds. */
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  readonly first: number;
}

/** Prints a table, or JSON with every sample. @throws when no browser starts or something measured does not verify. */
export async function micro(json: boolean, say: (text: string) => void): Promise<void> {
  say('building the worker …\n');
  const loadBefore = loadavg()[0] ?? 0;
  const { samples, version } = await inBrowser(say);
  say('measuring whole replicas in Node …\n');
  const node = await nodeJobs();
  const rows = [...rowsOf(samples, 'browser worker'), ...rowsOf(node.samples, 'Node')];
  const load = [loadBefore, loadavg()[0] ?? 0];
  const about = {
    date: new Date().toISOString(),
    machine: machine(),
    chromium: version,
    load,
    heap: node.heap,
  };
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ ...about, rows, samples: [...samples, ...node.samples] }, null, 2)}\n`,
    );
    return;
  }
  const { cpu, cores, system } = about.machine;
  process.stdout.write(
    [
      `${about.date}, ${cpu}, ${cores} cores, ${system}, Chromium ${version}`,
      `load average ${load.map((one) => one.toFixed(1)).join(' before, ')} after`,
      '',
      table(rows),
      '',
      `heap of a replica of 100,000 keys beside its store: ${(node.heap / 2 ** 20).toFixed(0)} MiB`,
      '',
    ].join('\n'),
  );
}

/** `wanted`: parts of the names of those that are measured; null: all. */
export async function inBrowser(
  say: (text: string) => void,
  wanted: readonly (string | null)[] = [null],
): Promise<{ samples: readonly JobSamples[]; version: string }> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-micro-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const outDir = join(folder, 'app');
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      build: { outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
    });
    const server = await createServer({ port: 0, host: '127.0.0.1', root: outDir });
    cleanups.push(() => server.close());
    // A profile on disk: writes to it are durable.
    const profile = join(folder, 'profile');
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: found.path,
      args: [...BROWSER_FLAGS],
    });
    cleanups.push(() => context.close());
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.waitForFunction(() => 'microBenchmarks' in globalThis);
    say('measuring in the worker of a browser …\n');
    const samples: JobSamples[] = [];
    for (const name of wanted)
      samples.push(...(await page.evaluate((only) => globalThis.microBenchmarks(only), name)));
    return { samples, version: context.browser()?.version() ?? 'unknown' };
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

function rowsOf(all: readonly JobSamples[], where: Row['where']): Row[] {
  return all.flatMap(({ name, first, samples }) => {
    const summary = summarise([first], samples);
    if (!summary) return [];
    const { n, min, p50, p90, max } = summary;
    return [{ name, where, n, min, p50, p90, max, first }];
  });
}

function table(rows: readonly Row[]): string {
  const head = ['milliseconds for one', 'n', 'min', 'p50', 'p90', 'max', 'first', ''];
  const cells = rows.map((row) => [
    row.name,
    String(row.n),
    ...[row.min, row.p50, row.p90, row.max, row.first].map(figure),
    row.where,
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((one) => one[i]!.length)));
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 || i === 7 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}

/** Three digits that count. */
function figure(ms: number): string {
  if (ms >= 100) return ms.toFixed(0);
  if (ms >= 10) return ms.toFixed(1);
  return ms >= 0.1 ? ms.toFixed(3) : ms.toFixed(4);
}
