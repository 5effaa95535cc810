/** Order statistics of samples. Percentiles are by nearest rank: each is a sample that was measured. */

export interface Summary {
  /** The cold first sample; not among the others. */
  readonly first: number;
  readonly n: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Null without a second sample. Percentiles by nearest rank: each is a sample that was measured. */
export function summarise(cold: readonly number[], warm: readonly number[]): Summary | null {
  if (warm.length === 0) return null;
  const sorted = [...warm].sort((a, b) => a - b);
  return {
    first: Math.max(...cold, 0),
    n: sorted.length,
    min: sorted[0]!,
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    max: sorted.at(-1)!,
  };
}

export interface Spread {
  readonly n: number;
  readonly min: number;
  readonly p1: number;
  readonly p10: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Null without a sample. With fewer than 100 of them p1 is the smallest and p99 the largest. */
export function spread(samples: readonly number[]): Spread | null {
  if (samples.length === 0) return null;
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (p: number): number => percentile(sorted, p);
  const [p1, p10, p25, p50] = [at(1), at(10), at(25), at(50)];
  const [p75, p90, p99] = [at(75), at(90), at(99)];
  return { n: sorted.length, min: sorted[0]!, p1, p10, p25, p50, p75, p90, p99, max: sorted.at(-1)! };
}

/** Of ascending samples, at least one; `p` from 0 to 100. */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)]!;
}

export const median = (values: readonly number[]): number =>
  percentile(
    [...values].sort((a, b) => a - b),
    50,
  );
