/** Starting the worker: one for each open network, and one for as long as a call at the doors lasts. */
import { transfer, wrap } from 'comlink';
import { attachPage } from '../net/page/page.ts';
import type { KvWorkerApi } from '../worker/kv/api.ts';

export function startWorker(): { worker: Worker; remote: KvWorkerApi } {
  const worker = new Worker(new URL('../worker/kv/worker.ts', import.meta.url), { type: 'module' });
  // Every call of it is asynchronous, so that Comlink's proxy of it has the same type.
  return { worker, remote: wrap(worker) as unknown as KvWorkerApi };
}

/** WebRTC exists on the main thread only: the worker directs, this page connects. */
export function connectPage(remote: KvWorkerApi): () => void {
  const { port1, port2 } = new MessageChannel();
  const detach = attachPage(port1);
  void remote.connectPage(transfer(port2, [port2]));
  return detach;
}

/** A worker for as long as one call lasts: keys are made and handed over once. */
export async function atDoors<T>(run: (doors: KvWorkerApi) => Promise<T>): Promise<T> {
  const { worker, remote } = startWorker();
  try {
    return await run(remote);
  } finally {
    worker.terminate();
  }
}
