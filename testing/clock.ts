/** A clock that is wrong, in a page or a worker: what the operating system's would be, if somebody had set it wrong. */

/** Milliseconds by which the clock of this realm is ahead. It is set again by calling `setClock` again. */
export const CLOCK = '__COUNTERSIGN_CLOCK__';

/**
 * Puts `Date` and `performance.timeOrigin` ahead by so many milliseconds, negative for behind. Monotonic time and timers go on as they were, as they
 * do when a person sets a computer's clock. Runs in the page and in its workers, as source text: it refers to nothing outside.
 */
export function setClock(skew: number): void {
  const place = globalThis as unknown as { __COUNTERSIGN_CLOCK__?: { skew: number } };
  if (place.__COUNTERSIGN_CLOCK__ !== undefined) {
    place.__COUNTERSIGN_CLOCK__.skew = skew;
    return;
  }
  const clock = { skew };
  Object.defineProperty(globalThis, '__COUNTERSIGN_CLOCK__', { value: clock });
  const real = Date;
  const realNow = Date.now.bind(Date);
  const now = (): number => realNow() + clock.skew;
  // Whoever has taken `Date` or `Date.prototype.constructor` before now gets the same answers from `now`.
  real.now = now;
  const skewed: DateConstructor = new Proxy(real, {
    construct: (target, args: unknown[], made) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, made === skewed ? target : made) as Date,
    apply: () => new real(now()).toString(),
  });
  Object.defineProperty(real.prototype, 'constructor', { value: skewed, writable: true, configurable: true });
  globalThis.Date = skewed;
  const origin = Object.getOwnPropertyDescriptor(Performance.prototype, 'timeOrigin');
  if (origin?.get === undefined) return;
  const read = origin.get;
  Object.defineProperty(Performance.prototype, 'timeOrigin', {
    ...origin,
    get(this: Performance) {
      return (read.call(this) as number) + clock.skew;
    },
  });
}
