/** Samples of one piece of work: so many repetitions a sample that the clock's steps (0.1 ms in a worker) do not show. */
import { MICRO_SAMPLE_MS, MICRO_SAMPLES } from '../limits.ts';

export interface Job {
  readonly name: string;
  /** What one repetition does, and how many of the things that are named it holds. */
  readonly each?: number;
  /** Runs so many repetitions. */
  run(times: number): void | Promise<void>;
  /** A whole that is measured once a sample, and cannot be repeated within one. */
  readonly once?: boolean;
}

export interface JobSamples {
  readonly name: string;
  /** Milliseconds for one, cold; never among the others. */
  readonly first: number;
  /** Milliseconds for one. */
  readonly samples: readonly number[];
}

export async function measure(job: Job): Promise<JobSamples> {
  const each = job.each ?? 1;
  const time = async (times: number): Promise<number> => {
    const begun = performance.now();
    await job.run(times);
    return performance.now() - begun;
  };
  const first = (await time(1)) / each;
  // The shortest of three: a pause of the machine's must not pass for work.
  const shortest = async (times: number): Promise<number> =>
    Math.min(await time(times), await time(times), await time(times));
  let times = 1;
  if (!job.once) while ((await shortest(times)) < MICRO_SAMPLE_MS && times < 2 ** 20) times *= 2;
  const samples: number[] = [];
  for (let i = 0; i < (job.once ? Math.ceil(MICRO_SAMPLES / 4) : MICRO_SAMPLES); i++)
    samples.push((await time(times)) / times / each);
  return { name: job.name, first, samples };
}
