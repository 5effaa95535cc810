/** A page that runs handlers in a worker, as the app does. Driven by e2e/determinism.spec.ts. */
import type { Machine } from '../determinism-run.ts';
import type { WorkerAnswer } from './worker.ts';

declare global {
  interface Window {
    /** Digests of all answers. `recording`: hex of its canonical bytes. Each call starts a worker of its own. */
    runHandlers(recording: string, machine: Machine): Promise<readonly string[]>;
  }
}

window.runHandlers = (recording, machine) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not load'));
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      worker.terminate();
      if (data.ok) resolve(data.digests);
      else reject(new Error(data.error));
    };
    worker.postMessage({ recording, machine });
  });
