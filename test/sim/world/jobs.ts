/** Many runs, in this process or in several. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { drawWorld, type Drawn } from './draw.ts';
import { runWorld, type WorldOptions, type WorldResult } from './world.ts';

/** Latencies that one run contributes to the percentiles of all. */
const LATENCIES_KEPT = 50;

/** Without what is only shown for a single run. */
export const shortened = (result: WorldResult): WorldResult => ({
  ...result,
  trace: [],
  latencies: result.outcome === 'decided' ? result.latencies.slice(0, LATENCIES_KEPT) : [],
  ownLatencies: [],
  transactions: [],
  uploads: [],
  downloads: [],
});

/** What a job is handed: draws of a seed, answered without what is only shown for a single run, or options, answered as they end but for the trace. */
export type Asked = Drawn | { readonly options: WorldOptions };

/** Megabytes for what is young: little in a run lives long, and the less often it is looked through the better. */
const YOUNG_MB = 64;

/** This file's job, for `bundleJob` (epochs/bundle.ts): as one plain file it is the faster by a fifth. */
export const JOB = new URL('./job.ts', import.meta.url);

/**
 * One run of each in child processes of the plain file `program`, `jobs` at once; `done` is called as they end. The children end with this call,
 * also when it throws.
 */
export async function runOptions(
  worlds: Iterable<WorldOptions>,
  { jobs, program }: { readonly jobs: number; readonly program: string },
  done: (result: WorldResult, options: WorldOptions) => void,
): Promise<void> {
  const left = worlds[Symbol.iterator]();
  const children = Array.from({ length: jobs }, () =>
    fork(program, { execArgv: [`--max-semi-space-size=${YOUNG_MB}`] }),
  );
  let failed = false;
  try {
    await Promise.all(
      children.map(async (child) => {
        for (let next = left.next(); !next.done && !failed; next = left.next())
          done(await ask(child, { options: next.value }), next.value);
      }),
    );
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    for (const child of children) child.kill();
  }
}

/** `done` is called as runs end, which with several jobs is not their order. */
export async function runMany(
  worlds: Iterable<Drawn>,
  jobs: number,
  done: (result: WorldResult, drawn: Drawn) => Promise<void>,
): Promise<void> {
  const left = worlds[Symbol.iterator]();
  if (jobs <= 1) {
    for (let next = left.next(); !next.done; next = left.next())
      await done(shortenedUnlessTraced(await runWorld(drawWorld(next.value)), next.value), next.value);
    return;
  }
  const children = Array.from({ length: jobs }, start);
  try {
    await Promise.all(
      children.map(async (child) => {
        for (let next = left.next(); !next.done; next = left.next())
          await done(await ask(child, next.value), next.value);
      }),
    );
  } finally {
    for (const child of children) child.disconnect();
  }
}

const shortenedUnlessTraced = (result: WorldResult, drawn: Drawn): WorldResult =>
  drawn.trace ? result : shortened(result);

const start = (): ChildProcess => fork(fileURLToPath(JOB), { execArgv: ['--import', 'tsx'] });

function ask(child: ChildProcess, asked: Asked): Promise<WorldResult> {
  return new Promise((resolve, reject) => {
    const { seed, n } = 'options' in asked ? asked.options : asked;
    const ended = (code: number | null): void =>
      reject(new Error(`a job ended with code ${code} in seed ${seed} at ${n} replicas`));
    child.once('exit', ended);
    child.once('message', (result) => {
      child.off('exit', ended);
      resolve(result as WorldResult);
    });
    child.send(asked);
  });
}
