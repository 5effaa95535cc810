/** `npm run bench`: whole package sessions between real browsers, timed. See docs/benchmarks.md. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from '../signaling-server/build.ts';
import type { BenchCluster } from './cluster.ts';
import { html, meshOf, withMesh } from './html.ts';
import { blsJob, machine } from './machine.ts';
import { mesh } from './mesh/main.ts';
import { micro } from './micro/main.ts';
import { parseOptions, USAGE, type BenchOptions } from './options.ts';
import { costs, sourcesOf, targetsOf, type Recorded } from './profile.ts';
import { conditions, csv, summaryJson, table, verdicts, type Report } from './report.ts';
import { run, type RunResult } from './run.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.message} See npm run bench -- --help.\n`);
    return EXIT_USAGE;
  }
  if (parsed.kind === 'micro') {
    await micro(parsed.options.json, say);
    return 0;
  }
  if (parsed.kind === 'program') return program(parsed.file, parsed.args);
  const { options } = parsed;
  const out = resolve(PROJECT, options.out);
  await mkdir(out, { recursive: true });
  const dist = await app(parsed.kind === 'run' && parsed.options.profile, out);
  if (!dist.ok) {
    process.stderr.write(`${dist.message}\n`);
    return 1;
  }
  if (parsed.kind === 'mesh') {
    return (await mesh(parsed.options, dist.path, out, say)) ? 0 : 1;
  }
  return sessions(parsed.options, dist.path, out);
}

async function sessions(options: BenchOptions, dist: string, out: string): Promise<number> {
  const date = new Date().toISOString();
  const bls = [await blsJob()];
  const runs: RunResult[] = [];
  const profiles: string[] = [];
  const sources = options.profile ? sourcesOf(dist) : null;
  for (const replicas of options.replicas) {
    say(
      `${replicas} replicas: starting ${options.storage === 'disk' ? `${replicas} browsers` : 'one browser'} …\n`,
    );
    const recorded: Recorded[] = [];
    const profiled = options.profile
      ? (cluster: BenchCluster, work: () => Promise<void>) => profile(cluster, work, recorded)
      : undefined;
    const progress = (done: number, of: number): void => {
      if (process.stderr.isTTY) say(`\r  workflow ${done} of ${of}${done === of ? '\n' : ''}`);
      else if (done % 10 === 0 || done === of) say(`  workflow ${done} of ${of}\n`);
    };
    const result = await run(replicas, dist, options, { progress, ...(profiled && { profiled }) });
    runs.push(result);
    if (sources)
      for (const one of recorded) profiles.push(costs(one, result.windows, result.workflows - 1, sources));
  }
  bls.push(await blsJob());
  const report: Report = { date, machine: machine(), storage: options.storage, bls, runs };
  const lines = [...conditions(report)];
  for (const result of runs)
    lines.push('', `${result.replicas} replicas`, table(result), ...verdicts(result));
  if (options.profile)
    lines.push('', 'Timings above were taken under the profiler and do not count.', ...profiles);
  const text = `${lines.join('\n')}\n`;
  process.stdout.write(`\n${text}`);
  await writeFile(join(out, 'report.txt'), text);
  await writeFile(join(out, 'samples.csv'), csv(runs));
  await writeFile(join(out, 'summary.json'), summaryJson(report));
  const earlier = meshOf(await readFile(join(out, 'report.html'), 'utf8').catch(() => ''));
  const made = html(report);
  await writeFile(join(out, 'report.html'), earlier === null ? made : withMesh(made, earlier));
  process.stdout.write(`\nWritten: ${out}/report.html, report.txt, samples.csv, summary.json\n`);
  return 0;
}

/** A benchmark with a command line of its own; its output and its exit code are ours. */
async function program(file: string, args: readonly string[]): Promise<number> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    cwd: PROJECT,
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

type App = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string };

async function app(profiled: boolean, out: string): Promise<App> {
  if (profiled) {
    const { build } = await import('vite');
    const path = join(out, 'profile-app');
    await build({
      root: PROJECT,
      logLevel: 'error',
      build: { outDir: path, emptyOutDir: true, minify: false, sourcemap: true },
    });
    return { ok: true, path };
  }
  if (process.env.COUNTERSIGN_DIST) return { ok: true, path: resolve(process.env.COUNTERSIGN_DIST) };
  const built = await buildIfNeeded(PROJECT);
  return built.ok ? { ok: true, path: join(PROJECT, 'dist') } : built;
}

async function profile(cluster: BenchCluster, work: () => Promise<void>, into: Recorded[]): Promise<void> {
  // The warehouse that inspects, and the courier, which only votes.
  const watched = cluster.members.filter((member, i) => member.folder !== null && (i === 1 || i === 3));
  const sessions = await Promise.all(watched.map(({ name, folder }) => targetsOf(name, folder!)));
  const targets = sessions.flatMap((session) => session.targets);
  for (const target of targets) await target.start();
  await work();
  for (const target of targets) into.push(await target.stop());
  for (const session of sessions) session.close();
}

function say(text: string): void {
  process.stderr.write(text);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `\nThe benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
