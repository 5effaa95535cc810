/**
 * What a tab does that a newer version waits for, told to the other tabs by two Web Locks: a tab that is in a session holds the first one,
 * a tab that votes or has a form filled in holds the second, each shared. Whoever wants to change the version asks for both exclusively and
 * without waiting, so all tabs agree, and one that crashes holds nothing.
 */
import type { Held } from '../../ui/program/program.ts';

export const SESSION_LOCK = 'countersign-in-session';
export const BUSY_LOCK = 'countersign-busy';

export interface TabHolds {
  readonly held: Held;
  set(held: Held): void;
}

export function createTabHolds(locks: Pick<LockManager, 'request'>): TabHolds {
  const session = sharedLock(locks, SESSION_LOCK);
  const busy = sharedLock(locks, BUSY_LOCK);
  let now: Held = null;
  return {
    get held() {
      return now;
    },
    set(held) {
      now = held;
      session(held === 'session');
      busy(held === 'vote' || held === 'form');
    },
  };
}

/** Takes and lets go a shared lock; what was asked for last counts. */
function sharedLock(locks: Pick<LockManager, 'request'>, name: string): (wanted: boolean) => void {
  let letGo: (() => void) | null = null;
  return (wanted) => {
    if (wanted === (letGo !== null)) return;
    if (!wanted) {
      letGo?.();
      letGo = null;
      return;
    }
    const until = new Promise<void>((resolve) => (letGo = resolve));
    // It may wait for a change of version under way; the page is about to be loaded again then.
    void locks.request(name, { mode: 'shared' }, () => until).catch(() => undefined);
  };
}

/** Runs `take` when no tab holds either lock (`alsoBusy`: else the first alone counts). False: one does. */
export async function whenFree(
  locks: Pick<LockManager, 'request'>,
  alsoBusy: boolean,
  take: () => Promise<boolean>,
): Promise<'held' | 'taken' | 'stuck'> {
  const alone = async (lock: Lock | null): Promise<'held' | 'taken' | 'stuck'> =>
    lock === null ? 'held' : (await take()) ? 'taken' : 'stuck';
  const options = { mode: 'exclusive', ifAvailable: true } as const;
  return locks.request(SESSION_LOCK, options, async (lock) => {
    if (lock === null || !alsoBusy) return alone(lock);
    return locks.request(BUSY_LOCK, options, alone);
  });
}
