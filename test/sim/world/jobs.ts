/** Many runs, in this process or in several. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { drawWorld, type Drawn } from './draw.ts';
import { runWorld, type WorldResult } from './world.ts';

/** Latencies that one run contributes to the percentiles of all. */
const LATENCIES_KEPT = 50;

/** Without what is only shown for a single run. */
export const shortened = (result: WorldResult): WorldResult => ({
  ...result,
  trace: [],
  latencies: result.outcome === 'decided' ? result.latencies.slice(0, LATENCIES_KEPT) : [],
  ownLatencies: [],
});

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

const start = (): ChildProcess =>
  fork(fileURLToPath(new URL('./job.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });

function ask(child: ChildProcess, drawn: Drawn): Promise<WorldResult> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a job ended with code ${code} in seed ${drawn.seed} at ${drawn.n} replicas`));
    child.once('exit', ended);
    child.once('message', (result) => {
      child.off('exit', ended);
      resolve(result as WorldResult);
    });
    child.send(drawn);
  });
}
