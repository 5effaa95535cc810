/** What comes twice, through two servers or round a ring of links, counts once. */
import { MAX_SEEN_MESSAGES } from '../limits.ts';

/** Ids of the last MAX_SEEN_MESSAGES messages. `add` is false for one that was there. */
export function createSeen(): { add(id: string): boolean } {
  const ids = new Set<string>();
  return {
    add(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      if (ids.size > MAX_SEEN_MESSAGES) {
        const [oldest] = ids;
        if (oldest !== undefined) ids.delete(oldest);
      }
      return true;
    },
  };
}
