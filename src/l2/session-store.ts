/** The sessions of this device, in memory and on disk. Memory changes only after the disk has. */
import type { Key } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { MAX_FINISHED_SESSIONS } from './limits.ts';
import { encodeStored, isOpen, viewOf, type HeldSession } from './stored.ts';
import type { L2Ports, SessionError, SessionStatus } from './types.ts';

export interface SessionStore {
  get(id: string): HeldSession | undefined;
  /** Latest start first. */
  all(): HeldSession[];
  /**
   * The sessions that are local, voting or in conflict on this key: at most one, except after a crash that followed an end which the
   * disk could not take; then the one that had ended is open again until L1 is asked.
   */
  openOn(key: Key): readonly HeldSession[];
  openCount(): number;
  /** Stores, then shows. On `store-failed` nothing has changed. */
  put(next: HeldSession): Promise<Result<HeldSession, SessionError>>;
  /** Takes into memory what the disk already holds or could not take. */
  adopt(next: HeldSession): void;
  /** Ends a session. What L1 has decided is shown even when the disk refuses; the next start finds it out again. */
  finish(held: HeldSession, status: SessionStatus): Promise<Result<HeldSession, SessionError>>;
  /** Writes the ends that the disk could not take. */
  flush(): Promise<void>;
  /** Drops the oldest finished sessions above the limit. */
  prune(): Promise<void>;
}

export function createSessionStore(
  ports: Pick<L2Ports, 'saveSession' | 'dropSession' | 'changed' | 'wallClock'>,
): SessionStore {
  const sessions = new Map<string, HeldSession>();
  // Two indexes, so that a step does not walk over all sessions.
  const openByKey = new Map<Key, Set<string>>();
  const unsaved = new Set<string>();

  const adopt = (next: HeldSession): void => {
    sessions.set(next.id, next);
    const open = openByKey.get(next.key) ?? new Set();
    if (isOpen(next.status)) openByKey.set(next.key, open.add(next.id));
    else if (open.delete(next.id) && open.size === 0) openByKey.delete(next.key);
    ports.changed(viewOf(next));
  };

  const put: SessionStore['put'] = async (next) => {
    const saved = await ports.saveSession(next.id, encodeStored(next));
    if (!saved.ok) {
      return fail({
        type: 'store-failed',
        message: `The change could not be stored, so it was not made: ${saved.error.message} Free some space and try again.`,
      });
    }
    adopt(next);
    return ok(next);
  };

  const prune = async (): Promise<void> => {
    const finished = [...sessions.values()].filter((held) => held.finishedAt !== null);
    const surplus = finished.length - MAX_FINISHED_SESSIONS;
    if (surplus <= 0) return;
    finished.sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0));
    for (const held of finished.slice(0, surplus)) {
      sessions.delete(held.id);
      // A drop that fails leaves a file that the next resume prunes.
      await ports.dropSession(held.id);
    }
  };

  return {
    get: (id) => sessions.get(id),
    all: () => [...sessions.values()].sort((a, b) => b.startedAt - a.startedAt),
    openOn: (key) => [...(openByKey.get(key) ?? [])].flatMap((id) => sessions.get(id) ?? []),
    openCount: () => openByKey.size,
    put,
    adopt,
    finish: async (held, status) => {
      const next: HeldSession = { ...held, status, proposal: null, finishedAt: ports.wallClock() };
      const saved = await put(next);
      if (!saved.ok && status.state !== 'abandoned') {
        adopt(next);
        unsaved.add(next.id);
      }
      await prune();
      return saved;
    },
    flush: async () => {
      for (const id of unsaved) {
        const held = sessions.get(id);
        if (!held || (await ports.saveSession(id, encodeStored(held))).ok) unsaved.delete(id);
      }
    },
    prune,
  };
}
