/** The only place where a clock is read or a timer set. Everything below takes `now`, so that the simulator can own time. */
import type { Milliseconds } from '../codec/brand.ts';

export type TimerHandle = unknown;

export interface Clock {
  /** Monotonic. */
  now(): Milliseconds;
  /** Milliseconds since 1970, with fractions; for people only. */
  wall(): Milliseconds;
  setTimeout(run: () => void, delay: Milliseconds): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => performance.timeOrigin + performance.now(),
  setTimeout: (run, delay) => setTimeout(run, delay),
  clearTimeout: (handle) => clearTimeout(handle as number),
};
