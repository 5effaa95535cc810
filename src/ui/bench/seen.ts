/** Ids of sessions whose end, by expiry or by refusal, the person at this browser has been told of. */
import { MAX_SEEN_EXPIRED } from '../limits.ts';

const STORAGE_KEY = 'countersign.expired-seen';

export function readSeen(): readonly string[] {
  try {
    const held: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
    return Array.isArray(held) ? held.filter((id) => typeof id === 'string').slice(-MAX_SEEN_EXPIRED) : [];
  } catch {
    return [];
  }
}

/** Gives the whole list, the newest last. */
export function writeSeen(ids: readonly string[]): readonly string[] {
  const all = [...new Set([...readSeen(), ...ids])].slice(-MAX_SEEN_EXPIRED);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(all));
  } catch {
    // Storage may be full or forbidden: they are then told again after a reload.
  }
  return all;
}
