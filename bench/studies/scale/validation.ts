/** The simulator held against the browsers: what is derived from the browsers' processor time, and the error that is left. Pure. */
import { percentile } from '../../stats.ts';

/** Of one size and degree: what a replica of the browsers used for a transaction, and what the simulated one did for it. */
export interface ProcessorUse {
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
