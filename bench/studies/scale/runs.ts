/** Runs simulations in child processes and tells how far they are. */
import { availableParallelism } from 'node:os';
import { bundleJob } from '../../../test/sim/epochs/bundle.ts';
import { JOB, runOptions } from '../../../test/sim/world/jobs.ts';
import type { WorldOptions, WorldResult } from '../../../test/sim/world/world.ts';
import { SCALE_MAX_JOBS, SCALE_SAY_MS } from '../../limits.ts';
import { weight } from './plan.ts';

/** The simulator as one plain file while `work` goes on. It is gone afterwards, also when the process is ended before. */
export async function withProgram<T>(work: (program: string) => Promise<T>): Promise<T> {
  const { path, remove } = await bundleJob(JOB);
  process.once('exit', remove);
  try {
    return await work(path);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/**
 * In the order of `worlds`, whatever the order in which they end.
 * @throws when a run ends in anything but agreement.
 */
export async function simulated(
  program: string,
  what: string,
  worlds: readonly WorldOptions[],
  say: (line: string) => void,
): Promise<readonly WorldResult[]> {
  const results = new Map<WorldOptions, WorldResult>();
  const all = worlds.reduce((sum, one) => sum + weight(one), 0);
  let done = 0;
  const tell = (): void =>
    say(
      `${what}: ${results.size} of ${worlds.length} networks, ${Math.round((100 * done) / all)} % of the work`,
    );
  const timer = setInterval(tell, SCALE_SAY_MS);
  try {
    const longestFirst = worlds.toSorted((a, b) => weight(b) - weight(a));
    const jobs = Math.min(SCALE_MAX_JOBS, availableParallelism(), worlds.length);
    await runOptions(longestFirst, { jobs, program }, (result, options) => {
      if (result.outcome !== 'decided') throw new Error(failure(what, options, result));
      results.set(options, result);
      done += weight(options);
    });
    tell();
  } finally {
    clearInterval(timer);
  }
  return worlds.map((options) => results.get(options)!);
}

const failure = (what: string, { seed, n, degree }: WorldOptions, result: WorldResult): string =>
  `${what}: ${n} replicas with ${degree} links, topology ${seed}: ${result.outcome}. ${result.what.slice(0, 300)}`;
