import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplingPlan, verdictProblem } from '../../src/domain/supply/sampling.ts';
import type { Defect } from '../../src/domain/supply/types.ts';

const short = (lot: number): string => {
  const p = samplingPlan(lot);
  return `${p.letter} ${p.sampleSize} ${p.major.accept}/${p.major.reject} ${p.minor.accept}/${p.minor.reject}`;
};

describe('the sampling plan', () => {
  it('has the rows of the master table where no arrow stands', () => {
    // ISO 2859-1 tables 1 and II-A, level II, AQL 2.5 and 4.0.
    expect(short(91)).toBe('F 20 1/2 2/3');
    expect(short(150)).toBe('F 20 1/2 2/3');
    expect(short(151)).toBe('G 32 2/3 3/4');
    expect(short(281)).toBe('H 50 3/4 5/6');
    expect(short(500)).toBe('H 50 3/4 5/6');
    expect(short(501)).toBe('J 80 5/6 7/8');
    expect(short(1201)).toBe('K 125 7/8 10/11');
    expect(short(3201)).toBe('L 200 10/11 14/15');
    expect(short(10001)).toBe('M 315 14/15 21/22');
  });

  it('takes one sample for both classes where arrows point to different ones', () => {
    expect(short(9)).toBe('C 5 0/1 0/1');
    expect(short(25)).toBe('C 5 0/1 0/1');
    expect(short(26)).toBe('F 20 1/2 2/3');
    expect(short(51)).toBe('F 20 1/2 2/3');
    expect(short(35001)).toBe('N 500 21/22 21/22');
    expect(short(600_000)).toBe('N 500 21/22 21/22');
  });

  it('looks at everything when the sample would be the lot or more', () => {
    for (const lot of [1, 2, 3, 4, 5]) expect(samplingPlan(lot).sampleSize).toBe(lot);
    expect(samplingPlan(6).sampleSize).toBe(5);
  });

  it('never asks for more than the lot and never gets laxer as the lot gets smaller', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000_000 }),
        fc.integer({ min: 1, max: 1_000_000_000 }),
        (a, b) => {
          const [small, large] = [samplingPlan(Math.min(a, b)), samplingPlan(Math.max(a, b))];
          expect(small.sampleSize).toBeLessThanOrEqual(small.lotSize);
          expect(small.sampleSize).toBeGreaterThan(0);
          expect(small.major.accept).toBeLessThanOrEqual(large.major.accept);
          expect(small.minor.accept).toBeLessThanOrEqual(large.minor.accept);
          expect(small.minor.accept).toBeGreaterThanOrEqual(small.major.accept);
        },
      ),
    );
  });

  it('lets nobody accept a critical defect, or more than the acceptance number', () => {
    const plan = samplingPlan(600);
    const d = (severity: Defect['severity'], count: number): Defect => ({ code: 'x', severity, count });
    expect(verdictProblem(plan, [], 'accept')).toBeNull();
    expect(verdictProblem(plan, [d('major', 2), d('major', 3), d('minor', 7)], 'accept')).toBeNull();
    expect(verdictProblem(plan, [d('critical', 1)], 'accept')).toContain('critical');
    expect(verdictProblem(plan, [d('major', 3), d('major', 3)], 'accept')).toContain('6 major');
    expect(verdictProblem(plan, [d('minor', 8)], 'accept')).toContain('8 minor');
    for (const verdict of ['quarantine', 'reject'] as const) {
      expect(verdictProblem(plan, [d('critical', 9)], verdict)).toBeNull();
      expect(verdictProblem(plan, [], verdict)).toBeNull();
    }
  });
});
