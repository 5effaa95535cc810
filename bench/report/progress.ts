/** How long a run has taken and will take, by what the studies say of themselves. */
import { duration } from './numbers.ts';

export interface Planned {
  readonly name: string;
  /** What the study says that it takes. */
  readonly minutes: number;
}

/**
 * Seconds that remain: what the studies to come say of themselves, by the pace of those that are done. A study that takes longer than it said counts
 * as nearly done.
 * @param done seconds that each study took which has ended, in the order of `plan`.
 * @param current seconds since the one after them began.
 */
export function remaining(plan: readonly Planned[], done: readonly number[], current: number): number {
  const said = plan.map(({ minutes }) => minutes * 60);
  const finished = sum(said.slice(0, done.length));
  // One study that was over at once says little about the next.
  const pace = finished > 0 ? Math.min(MOST_PACE, Math.max(LEAST_PACE, sum(done) / finished)) : 1;
  const now = said[done.length] ?? 0;
  return Math.max(0, now * pace - current) + sum(said.slice(done.length + 1)) * pace;
}

const LEAST_PACE = 0.5;
const MOST_PACE = 3;

/** "[gossip 3:05, about 1 h 10 min left]" */
export function prefix(name: string, seconds: number, left: number): string {
  const whole = Math.floor(seconds);
  const clock = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  return `[${name} ${clock}, about ${duration(left)} left]`;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
