/** Starts the worker in which everything is measured, as the app's page starts its own, and hands over what it tells. */
import type { JobSamples } from './sample.ts';

declare global {
  var microBenchmarks: (only: string | null) => Promise<readonly JobSamples[]>;
}

globalThis.microBenchmarks = (only) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<readonly JobSamples[] | string>) => {
      if (typeof data === 'string') reject(new Error(data));
      else resolve(data);
      worker.terminate();
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(only);
  });
