/** Reads until it works: bytes that have not arrived come, and a replica that moves between tabs comes back. */
import { MAX_READ_AGAIN_MS, READ_AGAIN_MS } from './limits.ts';

/** Calls `once` now and, each time that it resolves with false, again after a longer wait. It must not reject. Returns the way out. */
export function again(once: (signal: AbortSignal) => Promise<boolean>): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = READ_AGAIN_MS;
  const run = async (): Promise<void> => {
    const isDone = await once(ended.signal);
    if (isDone || ended.signal.aborted) return;
    timer = setTimeout(() => void run(), wait);
    wait = Math.min(wait * 2, MAX_READ_AGAIN_MS);
  };
  void run();
  return () => {
    ended.abort();
    clearTimeout(timer);
  };
}
