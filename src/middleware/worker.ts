/** Starting the worker: one for each open network, and one that all calls at the doors share. */
import { transfer, wrap } from 'comlink';
import { attachPage } from '../net/page/page.ts';
import type { KvWorkerApi } from '../worker/kv/api.ts';
import { NetworkError } from './errors.ts';
import { DOORS_LINGER_MS } from './limits.ts';

/** What a call answers with whose worker did not start, or did not answer it. */
export interface WorkerFailure {
  readonly ok: false;
  readonly error: { readonly type: 'worker-failed'; readonly message: string };
}

export interface StartedWorker {
  readonly worker: Pick<Worker, 'terminate'>;
  readonly remote: KvWorkerApi;
  /** Resolves when calls of it stay unanswered: its program cannot be loaded, or an answer cannot be read. */
  readonly failed: Promise<WorkerFailure>;
}

export function startWorker(): StartedWorker | WorkerFailure {
  let worker: Worker;
  try {
    worker = new Worker(new URL('../worker/kv/worker.ts', import.meta.url), { type: 'module' });
  } catch (error) {
    return workerFailure((error as Error).message);
  }
  const failed = new Promise<WorkerFailure>((resolve) => {
    // Once it has said something it has been loaded: later errors are of what runs in it, and leave it running.
    const loaded = (): void => {
      worker.removeEventListener('message', loaded);
      worker.removeEventListener('error', notLoaded);
    };
    // Browsers do not tell the page why: only an exception while it is loaded has a message.
    const notLoaded = (event: ErrorEvent): void =>
      resolve(workerFailure(event.message || 'its program could not be loaded'));
    worker.addEventListener('message', loaded);
    worker.addEventListener('error', notLoaded);
    worker.addEventListener('messageerror', () => resolve(workerFailure('its answer could not be read')));
  });
  // Every call of it is asynchronous, so that Comlink's proxy of it has the same type.
  return { worker, remote: wrap(worker) as unknown as KvWorkerApi, failed };
}

/** WebRTC exists on the main thread only: the worker directs, this page connects. */
export function connectPage(remote: KvWorkerApi): () => void {
  const { port1, port2 } = new MessageChannel();
  const detach = attachPage(port1);
  void remote.connectPage(transfer(port2, [port2]));
  return detach;
}

export const workerFailure = (why: string): WorkerFailure => ({
  ok: false,
  error: {
    type: 'worker-failed',
    message: `The worker of this application did not start or failed (${why}). Check that its file is served and that the content security policy allows it and wasm-unsafe-eval, then reload the page.`,
  },
});

/** The worker of all calls at the doors that run now, and for a moment after the last. */
interface Doors extends StartedWorker {
  calls: number;
  ending: ReturnType<typeof setTimeout> | null;
}

let shared: Doors | null = null;

/** A call at the doors. */
export async function atDoors<T>(run: (doors: KvWorkerApi) => Promise<T>): Promise<T | WorkerFailure> {
  const doors = sharedDoors();
  if ('error' in doors) return doors;
  doors.calls++;
  const failed = doors.failed.then((failure) => {
    end(doors);
    return failure;
  });
  try {
    return await Promise.race([failed, run(doors.remote)]);
  } finally {
    if (--doors.calls === 0) doors.ending = setTimeout(() => end(doors), DOORS_LINGER_MS);
  }
}

/** The same of a call that answers with a bare value. Rejects with `NetworkError` of type `worker-failed`. */
export async function toldAtDoors<T>(run: (doors: KvWorkerApi) => Promise<T>): Promise<T> {
  const answer = await atDoors(async (doors) => ({ ok: true as const, value: await run(doors) }));
  if (!answer.ok) throw new NetworkError(answer.error);
  return answer.value;
}

function sharedDoors(): Doors | WorkerFailure {
  if (shared === null) {
    const started = startWorker();
    if ('error' in started) return started;
    shared = { ...started, calls: 0, ending: null };
  }
  if (shared.ending !== null) clearTimeout(shared.ending);
  shared.ending = null;
  return shared;
}

/** Whoever calls next starts another. */
function end(doors: Doors): void {
  if (shared === doors) shared = null;
  if (doors.ending !== null) clearTimeout(doors.ending);
  doors.worker.terminate();
}
