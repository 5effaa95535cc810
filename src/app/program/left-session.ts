/**
 * Between a tab's end in mid-session and its start again no lock is held, and another tab would change the version under it. A note in the
 * storage of the origin stands for it, for a while.
 */
import { LEFT_HOLDS_MS } from '../limits.ts';

const KEY = 'countersign.left-in-session';

export interface LeftSession {
  /** A tab was left in mid-session just now and is not back. */
  readonly recent: boolean;
  leave(): void;
  /** A network is open again: from here on its tab speaks for itself. */
  back(): void;
}

/** Where site data is blocked there is no note, and a reload may end in the newer version. */
export function leftSession(memory: () => Storage, now: () => number = Date.now): LeftSession {
  const attempt = <T>(work: (storage: Storage) => T): T | null => {
    try {
      return work(memory());
    } catch {
      return null;
    }
  };
  return {
    get recent() {
      const age = now() - Number(attempt((storage) => storage.getItem(KEY)) ?? -Infinity);
      return age >= 0 && age < LEFT_HOLDS_MS;
    },
    leave: () => void attempt((storage) => storage.setItem(KEY, String(now()))),
    back: () => void attempt((storage) => storage.removeItem(KEY)),
  };
}
