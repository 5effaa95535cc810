/**
 * When the state is told to a worker's page and views: soon after a change, and no more often than its making leaves the worker free for
 * everything else. While the votes of a large network come in something changes all the time.
 */
import type { Clock, TimerHandle } from './clock.ts';
import { MAX_STATE_PERIOD_MS, STATE_PERIOD_MS, STATE_REST } from './limits.ts';

export interface Telling {
  /** Something changed: it is told within MAX_STATE_PERIOD_MS; at once when `soon`, for what a person waits for. */
  changed(soon?: boolean): void;
}

/** `tell` makes the state and gives it away. */
export function createTelling(
  clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>,
  tell: () => void,
): Telling {
  let waiting: { readonly handle: TimerHandle; readonly soon: boolean } | null = null;
  let period = STATE_PERIOD_MS;

  function run(): void {
    waiting = null;
    const began = clock.now();
    tell();
    period = Math.min(MAX_STATE_PERIOD_MS, Math.max(STATE_PERIOD_MS, (clock.now() - began) * STATE_REST));
  }

  return {
    changed(soon = false) {
      if (waiting !== null) {
        if (!soon || waiting.soon) return;
        clock.clearTimeout(waiting.handle);
      }
      waiting = { handle: clock.setTimeout(run, soon ? 0 : period), soon };
    },
  };
}
