/** Pace: backoff with jitter, token buckets, and a line that delays in order. */
import type { Milliseconds } from '../../codec/brand.ts';
import type { Clock } from './options.ts';

export type Random = (bytes: number) => Uint8Array;

/** Uniform in [0, 1) from four random bytes. */
export function uniform(random: Random): number {
  const b = random(4);
  return new DataView(b.buffer, b.byteOffset, 4).getUint32(0) / 2 ** 32;
}

/**
 * Wait before attempt number `failures` + 1: doubles from `first` up to `max`, the upper half of it random, so that members who lost
 * the same server do not return in step.
 */
export function backoff(
  failures: number,
  first: Milliseconds,
  max: Milliseconds,
  random: Random,
): Milliseconds {
  const full = Math.min(max, first * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return full / 2 + (full / 2) * uniform(random);
}

export interface TokenBucket {
  /** True when that many tokens are left (one, unless told); takes them. */
  take(count?: number): boolean;
}

/** Starts full with `burst` tokens and earns `perSecond` back. */
export function createTokenBucket(clock: Pick<Clock, 'now'>, burst: number, perSecond: number): TokenBucket {
  let tokens = burst;
  let at = clock.now();
  return {
    take(count = 1) {
      const now = clock.now();
      tokens = Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1000);
      at = now;
      if (tokens < count) return false;
      tokens -= count;
      return true;
    },
  };
}

export interface DelayLine {
  /** Runs `deliver` after the delay in force now, never before what was pushed earlier. At once when nothing delays. */
  push(deliver: () => void): void;
  /** Forgets what is still in the line. */
  clear(): void;
}

/** For the demo and tests only: a slow line. `delay` is read at each push. At most `limit` wait; then the oldest goes early. */
export function createDelayLine(clock: Clock, delay: () => Milliseconds, limit: number): DelayLine {
  const line: { readonly due: Milliseconds; readonly deliver: () => void }[] = [];
  let timer: unknown = null;
  let draining = false;

  function arm(): void {
    const head = line[0];
    if (timer !== null || head === undefined) return;
    timer = clock.setTimeout(drain, Math.max(0, head.due - clock.now()));
  }
  function drain(): void {
    timer = null;
    draining = true;
    while (line[0] !== undefined && line[0].due <= clock.now()) line.shift()?.deliver();
    draining = false;
    arm();
  }

  return {
    push(deliver) {
      const wait = delay();
      if (wait <= 0 && line.length === 0 && !draining) {
        deliver();
        return;
      }
      if (line.length >= limit) line.shift()?.deliver();
      const last = line.at(-1)?.due ?? 0;
      line.push({ due: Math.max(last, clock.now() + wait), deliver });
      arm();
    },
    clear() {
      line.length = 0;
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}
