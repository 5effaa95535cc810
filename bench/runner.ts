/** Runs studies one after the other and keeps what they find, also when one fails or the run is ended. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBrowser } from '../scripts/browser.ts';
import { END_PATIENCE_MS } from './limits.ts';
import { blsJob, machine } from './machine.ts';
import { day, duration } from './report/numbers.ts';
import { prefix, remaining } from './report/progress.ts';
import { faultsOf, sameMachine, type StudyResult } from './report/result.ts';
import type { Store } from './store.ts';
import { exitCodeOf } from './passed-on.ts';
import type { Outcome, Study, StudyContext } from './study.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** What every result of a run has in common. */
export type About = Pick<StudyResult, 'machine' | 'chromium' | 'revision'>;

/** @param app a built app that was named and not built here: then the sources do not say what was measured. */
export const aboutHere = (app: string | null): About => ({
  machine: machine(),
  chromium: chromiumVersion(),
  revision: revision(app),
});

export interface RunnerOptions {
  readonly quick: boolean;
  /** Folder of the built app. */
  readonly dist: string;
  readonly about: About;
  /** One line for whoever waits. */
  readonly say: (line: string) => void;
}

/** Names of the studies that failed. Ctrl-C, or the end asked for by the system, ends the process itself, when what is there is written. */
export async function runStudies(
  studies: readonly Study[],
  store: Store,
  options: RunnerOptions,
): Promise<readonly string[]> {
  const { quick, say, about } = options;
  const plan = studies.map(({ name, minutes }) => ({ name, minutes: quick ? minutes.quick : minutes.full }));
  const done: number[] = [];
  const failed: string[] = [];
  let end: ((signal: NodeJS.Signals) => void) | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (end) end(signal);
    else process.exit(exitCodeOf(signal));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    for (const study of studies) {
      const date = new Date().toISOString();
      const began = performance.now();
      const seconds = (): number => (performance.now() - began) / 1000;
      const tell = (line: string): void =>
        say(`${prefix(study.name, seconds(), remaining(plan, done, seconds()))} ${line}`);
      const earlier = store.read(study.name);
      const borrowed: string[] = [];
      const { name, title } = study;
      const result = (outcome: Outcome | null, failure: string | null): StudyResult => {
        const fresh = {
          format: 1,
          study: name,
          title,
          date,
          minutes: seconds() / 60,
          quick,
          ...about,
        } as const;
        if (outcome)
          return {
            ...fresh,
            outcome: { ...outcome, notes: [...outcome.notes, ...borrowed] },
            failed: failure === null ? null : { date, message: failure },
          };
        return { ...(earlier ?? { ...fresh, outcome: null }), failed: { date, message: failure ?? '' } };
      };
      let signalled: NodeJS.Signals | null = null;
      // At once and without waiting: a library that listens to the same signal may end the process before a promise is settled.
      end = (signal) => {
        if (signalled) process.exit(exitCodeOf(signal));
        signalled = signal;
        store.write(result(null, `ended by ${signal === 'SIGINT' ? 'Ctrl-C' : signal}`));
        store.report();
        tell('ended; what was measured before is kept. Closing browsers …');
        setTimeout(() => process.exit(exitCodeOf(signal)), END_PATIENCE_MS);
      };
      tell(`${title}; ${duration(remaining(plan, done, 0))} for all that is to come`);
      try {
        const context = await contextOf(study, store, options, { say: tell, borrowed });
        const outcome = await study.run(context);
        if (signalled) process.exit(exitCodeOf(signalled));
        const faults = faultsOf(outcome);
        for (const fault of faults) tell(`WRONG: ${fault}`);
        if (faults.length > 0) failed.push(name);
        store.write(result(outcome, faults.length > 0 ? `faulty: ${faults.join('; ')}` : null));
        for (const line of outcome.skipped) tell(`skipped: ${line}`);
      } catch (error) {
        if (signalled) process.exit(exitCodeOf(signalled));
        failed.push(name);
        tell(`FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        store.write(result(null, firstLine(error)));
      }
      end = null;
      // Where the study kept nothing of its own.
      await rmdir(join(store.folder, name)).catch(() => undefined);
      store.report();
      tell('done');
      done.push(seconds());
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  return failed;
}

async function contextOf(
  { name }: Study,
  store: Store,
  { quick, dist, about }: RunnerOptions,
  { say, borrowed }: { readonly say: (line: string) => void; readonly borrowed: string[] },
): Promise<StudyContext> {
  const folder = join(store.folder, name);
  await mkdir(folder, { recursive: true });
  return {
    quick,
    dist,
    folder,
    say,
    under: async (measure) => {
      const [blsBefore, loadBefore] = [await blsJob(), loadavg()[0] ?? 0];
      const value = await measure();
      const [loadAfter, blsAfter] = [loadavg()[0] ?? 0, await blsJob()];
      return {
        value,
        conditions: { bls: [blsBefore.total, blsAfter.total], load: [loadBefore, loadAfter] },
      };
    },
    earlier: async (study) => {
      const found = store.read(study);
      if (!found?.outcome) return null;
      // Nothing that counts is made of what does not.
      const unfit = found.failed
        ? 'its last attempt failed'
        : found.quick && !quick
          ? 'it is of a quick run'
          : sameMachine(found, { ...found, ...about })
            ? null
            : 'it is of another machine, disk or browser';
      if (unfit !== null) {
        say(`takes nothing of what ${study} found: ${unfit}`);
        return null;
      }
      const other = found.revision === about.revision ? '' : ', which are not those of this study';
      borrowed.push(
        `Takes what the study \`${study}\` found on ${day(found.date)} with the sources ${found.revision ?? 'unknown'}${other}.`,
      );
      return found.outcome;
    },
  };
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!;

function chromiumVersion(): string | null {
  const found = findBrowser();
  return found.ok ? (output(found.path, ['--version'])?.match(/[\d.]+/)?.[0] ?? null) : null;
}

function revision(app: string | null): string | null {
  const commit = output('git', ['rev-parse', '--short=10', 'HEAD']);
  if (commit === null) return null;
  // A new file that is not known to git is a part of the sources like any other.
  const changed = output('git', ['status', '--porcelain', '--untracked-files=normal']) !== '';
  const sources = changed ? `${commit}+` : commit;
  return app === null ? sources : `${sources}, app ${digestOf(app)}`;
}

/** Of its first page, which names every script by its content. */
function digestOf(app: string): string {
  try {
    return createHash('sha256')
      .update(readFileSync(join(app, 'index.html')))
      .digest('hex')
      .slice(0, 10);
  } catch {
    return 'unknown';
  }
}

function output(program: string, args: readonly string[]): string | null {
  try {
    return execFileSync(program, args, {
      cwd: PROJECT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
