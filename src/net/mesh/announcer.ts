/** When to announce: at once when there is a reason, then again and again, ever more slowly, while members are missing. */
import type { Milliseconds } from '../../codec/brand.ts';
import { ANNOUNCE_FIRST_MS, ANNOUNCE_MAX_MS } from '../limits.ts';
import type { Clock } from './options.ts';
import { uniform, type Random } from './pace.ts';

export interface Announcer {
  /** There is news: announce as soon as `least` allows, and start the repetitions anew. */
  afresh(): void;
  stop(): void;
}

/**
 * `announce` does it, and tells whether to repeat soon (`missing`), slowly (`findable`) or not at all (`complete`); `least` lies between two. Null: there
 * was nobody to tell, which is tried again like what is missing and keeps nobody waiting.
 */
export function createAnnouncer(
  clock: Clock,
  random: Random,
  announce: () => 'missing' | 'findable' | 'complete' | null,
  least: Milliseconds,
): Announcer {
  let timer: unknown = null;
  let due = Infinity;
  let announcedAt = -Infinity;
  let interval = ANNOUNCE_FIRST_MS;

  function at(next: Milliseconds): void {
    if (timer !== null) {
      if (due <= next) return;
      clock.clearTimeout(timer);
    }
    due = next;
    timer = clock.setTimeout(run, Math.max(0, next - clock.now()));
  }

  function run(): void {
    timer = null;
    const before = announcedAt;
    announcedAt = clock.now();
    const need = announce();
    if (need === null) announcedAt = before;
    if (need === 'complete') return;
    interval = need === 'findable' ? ANNOUNCE_MAX_MS : Math.min(ANNOUNCE_MAX_MS, interval * 1.6);
    // Jitter, so that members who started together do not go on in step.
    at(clock.now() + Math.max(least, interval * (0.75 + uniform(random) / 2)));
  }

  return {
    afresh() {
      interval = ANNOUNCE_FIRST_MS;
      at(Math.max(clock.now(), announcedAt + least));
    },
    stop() {
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}
