/** Order statistics of samples in milliseconds. */

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

/** Of ascending samples, at least one. */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)]!;
}

export const median = (values: readonly number[]): number =>
  percentile(
    [...values].sort((a, b) => a - b),
    50,
  );
