import type { Replica } from './harness.ts';

/** The time that the last timer asked for; null when it was taken back. */
export function nextTimer(replica: Replica): number | null {
  const timers = replica.effects.filter((effect) => effect.type === 'timer');
  return timers.at(-1)?.at ?? null;
}
