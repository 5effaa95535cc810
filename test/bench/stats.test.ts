import { describe, expect, it } from 'vitest';
import { median, percentile, spread, summarise } from '../../bench/stats.ts';

const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

describe('percentiles by nearest rank', () => {
  it('gives a sample that was measured, never one between two', () => {
    expect(percentile([1, 2, 3, 10], 50)).toBe(2);
    expect(percentile([1, 2, 3, 10], 51)).toBe(3);
    expect(median([10, 1])).toBe(1);
  });

  it('gives the 99th of a hundred at p99, not the largest', () => {
    expect([1, 10, 50, 90, 99, 100].map((p) => percentile(hundred, p))).toEqual([1, 10, 50, 90, 99, 100]);
  });

  it('gives the largest of fewer than a hundred at p99', () => {
    expect(percentile(hundred.slice(0, 99), 99)).toBe(99);
    expect(percentile([5], 0)).toBe(5);
  });
});

describe('spread', () => {
  it('does not depend on the order of measurement, and leaves it', () => {
    const samples = [3, 1, 2];
    expect(spread(samples)).toEqual({
      ...{ n: 3, min: 1, p1: 1, p10: 1, p25: 1 },
      ...{ p50: 2, p75: 3, p90: 3, p99: 3, max: 3 },
    });
    expect(samples).toEqual([3, 1, 2]);
  });

  it('is nothing without a sample', () => {
    expect(spread([])).toBeNull();
    expect(summarise([1], [])).toBeNull();
  });

  it('sorts numbers as numbers', () => {
    expect(spread([100, 9, 20])).toMatchObject({ min: 9, p50: 20, max: 100 });
  });
});
