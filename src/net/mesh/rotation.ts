/**
 * Which links to replace, and when: the eclipse defence of a network that is too large for a full mesh. Somebody who surrounds a replica with
 * liars keeps it from being heard, while every link looks alive. So links go for three reasons:
 *
 * | Reason | Who goes |
 * |---|---|
 * | an own proposal waits longer than STALLED_AFTER_MS | half of the links that were of no use meanwhile; one at random if all were |
 * | a neighbour told nothing new for SILENT_AFTER_MS while others did | it |
 * | ROTATE_EVERY_MS is over, less at first | one at random |
 *
 * Pure: told the time, and asked at each beat of the mesh.
 */
import type { Milliseconds } from '../../codec/brand.ts';
import {
  ROTATE_EVERY_MS,
  ROTATE_FIRST_MS,
  SILENT_AFTER_MS,
  STALLED_AFTER_MS,
  STALL_ROTATE_FIRST_MS,
  STALL_ROTATE_MAX_MS,
  USEFUL_BEFORE_SILENCE,
} from '../limits.ts';
import { uniform, type Random } from './pace.ts';

export interface Rotation<L> {
  opened(link: L, now: Milliseconds): void;
  closed(link: L): void;
  useful(link: L, now: Milliseconds): void;
  /** For how long an own proposal waits; null: none does. */
  waiting(forMs: Milliseconds | null, now: Milliseconds): void;
  /** True while an own proposal waits too long. */
  stalled(now: Milliseconds): boolean;
  /** Links to replace now. Assumes that the caller replaces them: they are paced from here. `spare`: members that could take a place. */
  due(now: Milliseconds, spare: number): readonly L[];
}

export function createRotation<L>(random: Random, start: Milliseconds): Rotation<L> {
  const links = new Map<L, { readonly openedAt: Milliseconds; usefulAt: Milliseconds; silent: number }>();
  let waitingSince: Milliseconds | null = null;
  let toldAt = -Infinity;
  let stallAt = -Infinity;
  let pause = STALL_ROTATE_FIRST_MS;
  let interval = ROTATE_FIRST_MS;
  let rotateAt = start + jitter(interval);

  /** Half of it to one and a half: members that started together do not change links together. */
  function jitter(mean: Milliseconds): Milliseconds {
    return mean * (0.5 + uniform(random));
  }

  function isStalled(now: Milliseconds): boolean {
    // A replica that has stopped telling, because it stopped, is not taken at its last word.
    return waitingSince !== null && now - waitingSince >= STALLED_AFTER_MS && now - toldAt < STALLED_AFTER_MS;
  }

  function pick(from: readonly L[], count: number): L[] {
    const pool = [...from];
    const picked: L[] = [];
    while (picked.length < count && pool.length > 0)
      picked.push(...pool.splice(Math.floor(uniform(random) * pool.length), 1));
    return picked;
  }

  return {
    opened: (link, now) => void links.set(link, { openedAt: now, usefulAt: now, silent: 0 }),
    closed: (link) => void links.delete(link),
    useful(link, now) {
      const entry = links.get(link);
      if (entry === undefined) return;
      for (const other of links.values()) other.silent += 1;
      entry.usefulAt = now;
      entry.silent = 0;
    },
    waiting(forMs, now) {
      toldAt = now;
      waitingSince = forMs === null ? null : now - forMs;
      if (forMs === null) pause = STALL_ROTATE_FIRST_MS;
    },
    stalled: isStalled,
    due(now, spare) {
      if (links.size === 0 || spare <= 0) return [];
      if (isStalled(now)) {
        if (now < stallAt) return [];
        stallAt = now + pause;
        pause = Math.min(STALL_ROTATE_MAX_MS, pause * 2);
        const since = waitingSince ?? now;
        // A link that came while the proposal waited has had its first chance after one pause.
        const known = [...links].filter(([, entry]) => now - entry.openedAt >= STALL_ROTATE_FIRST_MS);
        const useless = known
          .filter(([, e]) => e.usefulAt <= Math.max(since, e.openedAt))
          .map(([link]) => link);
        if (useless.length > 0) return pick(useless, Math.min(spare, Math.ceil(useless.length / 2)));
        return pick(
          known.map(([link]) => link),
          1,
        );
      }
      for (const [link, entry] of links) {
        if (now - entry.usefulAt >= SILENT_AFTER_MS && entry.silent >= USEFUL_BEFORE_SILENCE) return [link];
      }
      if (now < rotateAt) return [];
      interval = Math.min(ROTATE_EVERY_MS, interval * 2);
      rotateAt = now + jitter(interval);
      return pick([...links.keys()], 1);
    },
  };
}
