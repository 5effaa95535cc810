import { jobs } from './jobs.ts';
import { measure, type JobSamples } from './sample.ts';

self.onmessage = ({ data }: MessageEvent<string | null>) => {
  void run(data).then(
    (result) => self.postMessage(result),
    (error: unknown) =>
      self.postMessage(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
};

async function run(only: string | null): Promise<readonly JobSamples[]> {
  const found: JobSamples[] = [];
  for (const job of await jobs()) {
    if (only === null || job.name.includes(only)) found.push(await measure(job));
  }
  return found;
}
