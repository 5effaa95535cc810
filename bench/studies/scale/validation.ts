/** The simulator held against the browsers: what is derived from the browsers' processor time, and the error that is left. Pure. */
import { percentile } from '../../stats.ts';

/** Processors this much in use, 0 to 1, are full: what is measured then is mostly waiting for one. */
export const FULL_BUSY = 0.9;

/** Of one size and degree: what a replica of the browsers used for a transaction, and what the simulated one did for it. */
export interface ProcessorUse {
  /** Replicas. */
  readonly n: number;
  /** Measured processor time of a replica's process, milliseconds. */
  readonly measuredMs: number;
  /** What the simulation charges its worker, milliseconds. */
  readonly workMs: number;
  /** Messages that it sends and receives. */
  readonly messages: number;
}

/**
 * Milliseconds that the page's own thread takes for one message: the number with which work and messages come closest to the measured processor time
 * over all sizes and degrees (least squares through zero). Latencies have no say in it. 0 where the work alone is more than was measured.
 */
export function pageMessageMs(uses: readonly ProcessorUse[]): number {
  let above = 0;
  let below = 0;
  for (const { measuredMs, workMs, messages } of uses) {
    above += messages * (measuredMs - workMs);
    below += messages * messages;
  }
  return below > 0 ? Math.max(0, above / below) : 0;
}

/**
 * The same by size, each from the other sizes alone: what the simulation says of a size is a prediction then, and no fit to that size's own processor
 * time. With one size there is no other: its own, and `predicted` is false.
 */
export function pageMessageMsBySize(
  uses: readonly ProcessorUse[],
): ReadonlyMap<number, { readonly ms: number; readonly predicted: boolean }> {
  const sizes = [...new Set(uses.map(({ n }) => n))];
  return new Map(
    sizes.map((size) => {
      const others = uses.filter(({ n }) => n !== size);
      const predicted = others.length > 0;
      return [size, { ms: pageMessageMs(predicted ? others : uses), predicted }];
    }),
  );
}

/** By how many per cent the simulated percentile is above the measured one; below: negative. */
export function errorOf(simulated: readonly number[], measured: number, p: number): number {
  const sorted = [...simulated].sort((a, b) => a - b);
  return (percentile(sorted, p) / measured - 1) * 100;
}

/** How many times one is the other, whichever is greater: 1 when they agree. */
export const apart = (a: number, b: number): number => Math.max(a / b, b / a);

/** "-12 %", "+3 %" */
export const signed = (percent: number): string =>
  `${percent < 0 ? '-' : '+'}${Math.abs(percent).toFixed(0)} %`;
