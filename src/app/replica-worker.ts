/** The worker that holds a replica; the doors start the same one, without a network. */
export function startReplicaWorker(): Worker {
  return new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module', name: 'countersign' });
}
