/** `npm run bench -- --session-detail`: package sessions between real browsers, each phase of a commit, a processor profile. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchCluster } from '../cluster.ts';
import { blsJob, machine } from '../machine.ts';
import { costs, sourcesOf, targetsOf, type Recorded } from '../profile.ts';
import { run, type RunResult } from '../run.ts';
import { builtApp, readableApp } from './app.ts';
import { command, say } from './command.ts';
import { parseSession, SESSION_USAGE, type BenchOptions } from './options.ts';
import { conditions, csv, summaryJson, table, verdicts, type Report } from './session-report.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

command(parseSession, SESSION_USAGE, async (options) => {
  const out = resolve(PROJECT, options.out);
  await mkdir(out, { recursive: true });
  if (options.profile) return sessions(options, await readableApp(join(out, 'profile-app')), out);
  const app = await builtApp();
  if (!app.ok) throw new Error(app.message);
  return sessions(options, app.path, out);
});

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
  await writeFile(join(out, 'session-detail.txt'), text);
  await writeFile(join(out, 'session-detail.csv'), csv(runs));
  await writeFile(join(out, 'session-detail.json'), summaryJson(report));
  process.stdout.write(`\nWritten: ${out}/session-detail.txt, .csv, .json\n`);
  return 0;
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
