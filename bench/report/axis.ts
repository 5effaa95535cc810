/** Axes: where they begin and end, and which values have a tick. */

export interface Axis {
  readonly logarithmic: boolean;
  readonly from: number;
  readonly to: number;
  /** With a number. */
  readonly ticks: readonly number[];
  /** Without one, between them. */
  readonly minor: readonly number[];
  /** 0 at `from`, 1 at `to`; what lies outside is moved to the end. */
  share(value: number): number;
}

/** Steps that are easy to read: 1, 2 or 5 and zeros. Begins at 0 when nothing is negative, so that lengths may be compared. */
export function linear(low: number, high: number, wanted: number): Axis {
  const [min, max] = [Math.min(low, high, 0), Math.max(low, high, 0)];
  return steps(min, max > min ? max : min + 1, wanted);
}

/** As `linear`, and does not begin at 0: for an axis along which nothing is measured from 0. */
export function along(low: number, high: number, wanted: number): Axis {
  if (high > low) return steps(low, high, wanted);
  return steps(low - 1, low + 1, 2);
}

function steps(min: number, max: number, wanted: number): Axis {
  const step = roundStep((max - min) / wanted);
  // Against sums like 0.30000000000000004.
  const exact = (value: number): number => Number(value.toPrecision(12));
  const first = Math.floor(exact(min / step));
  const last = Math.ceil(exact(max / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => exact((first + i) * step));
  const [from, to] = [ticks[0]!, ticks.at(-1)!];
  return {
    logarithmic: false,
    from,
    to,
    ticks,
    minor: [],
    share: (value) => clamp((value - from) / (to - from)),
  };
}

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const digit = raw / power;
  // A hair of room, so that 2.0000001 is 2.
  const round = digit <= 1.0001 ? 1 : digit <= 2.0001 ? 2 : digit <= 5.0001 ? 5 : 10;
  return round * power;
}

/** What division does to a number that is exact in the decimal system. */
const EXACT = 1 + 1e-9;

/** Null when a value is 0 or below: there is no place for it. Ends at 1, 2 or 5 and zeros. */
export function logarithmic(low: number, high: number): Axis | null {
  if (!(low > 0) || !(high >= low) || !Number.isFinite(high)) return null;
  const all = LADDER(Math.floor(Math.log10(low)) - 1, Math.ceil(Math.log10(high)) + 1);
  const from = all.findLast((value) => value <= low * EXACT)!;
  let to = all.find((value) => value >= high / EXACT)!;
  if (to === from) to = all[all.indexOf(from) + 1]!;
  const inside = all.filter((value) => value >= from && value <= to);
  const decades = Math.log10(to / from);
  const every = decades > 6 ? 2 : 1;
  const isDecade = (value: number): boolean => {
    const power = Math.log10(value);
    return Math.abs(power - Math.round(power)) < 1e-9 && Math.abs(Math.round(power) % every) === 0;
  };
  const ticks = decades <= 2.4 ? inside : inside.filter(isDecade);
  const share = (value: number): number =>
    value > 0 ? clamp(Math.log(value / from) / Math.log(to / from)) : 0;
  return {
    logarithmic: true,
    from,
    to,
    ticks,
    minor: inside.filter((value) => !ticks.includes(value)),
    share,
  };
}

const LADDER = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) =>
    [1, 2, 5].map((digit) => Number((digit * 10 ** (first + i)).toPrecision(3))),
  ).flat();

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
