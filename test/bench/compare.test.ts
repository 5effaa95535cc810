import { describe, expect, it } from 'vitest';
import { compare, comparisonText, judge, type Comparison } from '../../bench/report/compare.ts';
import { readResult } from '../../bench/report/result.ts';
import type { StudyResult } from '../../bench/report/result.ts';
import type { Ratio } from '../../bench/study.ts';
import { result } from './example.ts';

const ratio = (value: number, more: Partial<Ratio> = {}): Ratio => ({
  name: 'a / b',
  value,
  better: 'lower',
  tolerance: 0.25,
  ...more,
});
const study = (ratios: readonly Ratio[], more: Partial<StudyResult> = {}): StudyResult =>
  result('sessions', { ratios }, more);

function table(
  baseline: readonly StudyResult[],
  now: readonly StudyResult[],
  evenQuick = false,
): Comparison & { readonly ok: true } {
  const comparison = compare(baseline, now, { evenQuick });
  if (!comparison.ok) throw new Error(comparison.message);
  return comparison;
}
const verdicts = (baseline: readonly Ratio[], now: readonly Ratio[]) =>
  table([study(baseline)], [study(now)]).rows.map(({ name, verdict }) => [name, verdict]);

describe('one ratio', () => {
  it('may be worse by its tolerance and not by more, where lower is better', () => {
    expect(judge(10, ratio(12.5))).toBe('within');
    expect(judge(10, ratio(12.51))).toBe('worse');
    expect(judge(10, ratio(8))).toBe('within');
    expect(judge(10, ratio(7.99))).toBe('better');
  });

  it('may be worse by its tolerance and not by more, where higher is better', () => {
    const higher = (value: number): Ratio => ratio(value, { better: 'higher' });
    expect(judge(10, higher(8))).toBe('within');
    expect(judge(10, higher(7.99))).toBe('worse');
    expect(judge(10, higher(12.5))).toBe('within');
    expect(judge(10, higher(12.51))).toBe('better');
  });

  it('is judged as its inverse is', () => {
    for (const value of [5, 7.9, 8.1, 10, 12.4, 12.6, 30])
      expect(judge(0.1, ratio(1 / value, { better: 'higher' }))).toBe(judge(10, ratio(value)));
  });

  it('can become worse however wide the tolerance', () => {
    expect(judge(10, ratio(4.9, { better: 'higher', tolerance: 1 }))).toBe('worse');
  });

  it('that is no number is not as good as one', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1])
      expect(judge(10, ratio(value))).toBe('no number');
    expect(judge(1, ratio(1, { tolerance: Number.NaN }))).toBe('no number');
    expect(judge(Number.NaN, ratio(3))).toBe('new');
  });

  it('that was 0 is worse when it is more', () => {
    expect(judge(0, ratio(0))).toBe('within');
    expect(judge(0, ratio(0.1))).toBe('worse');
  });
});

describe('two runs', () => {
  it('are as good as each other when nothing is worse beyond its tolerance', () => {
    const comparison = table([study([ratio(10)])], [study([ratio(11)])]);
    expect(comparison.failed).toBe(false);
    expect(comparison.rows).toEqual([
      {
        ...{ study: 'sessions', name: 'a / b', better: 'lower', baseline: 10, now: 11 },
        ...{ change: expect.closeTo(0.1) as number, tolerance: 0.25, verdict: 'within' },
      },
    ]);
    expect(comparison.remarks).toEqual([]);
  });

  it('fail when one of many ratios is worse', () => {
    const names = ['a', 'b', 'c'];
    const before = names.map((name) => ratio(1, { name }));
    const now = names.map((name) => ratio(name === 'b' ? 2 : 1, { name }));
    const comparison = table([study(before)], [study(now)]);
    expect(comparison.failed).toBe(true);
    expect(comparisonText(comparison)).toContain('Worse than the tolerance allows: sessions: b.');
  });

  it('fail when a ratio is no longer a number', () => {
    const fine = ratio(1, { name: 'fine' });
    const comparison = table([study([ratio(1), fine])], [study([ratio(Number.NaN), fine])]);
    expect(comparison.failed).toBe(true);
    expect(comparisonText(comparison)).toContain('No number in this run: sessions: a / b.');
  });

  it('take the tolerance of the newer', () => {
    expect(verdicts([ratio(1, { tolerance: 5 })], [ratio(2, { tolerance: 0.1 })])).toEqual([
      ['a / b', 'worse'],
    ]);
  });

  it('name a ratio that is missing and do not count it', () => {
    const comparison = table([study([ratio(1), ratio(2, { name: 'gone' })])], [study([ratio(1)])]);
    expect(comparison.rows.map(({ verdict }) => verdict)).toEqual(['within', 'missing']);
    expect(comparison.failed).toBe(false);
    expect(comparisonText(comparison)).toContain('missing in this run: sessions: gone.');
  });

  it('tell a missing ratio from a study that was not measured', () => {
    const other = result('peers', { ratios: [ratio(3, { name: 'other' })] });
    const comparison = table([study([ratio(1)]), other], [study([ratio(1)])]);
    expect(comparison.rows.at(-1)).toMatchObject({ study: 'peers', verdict: 'not measured' });
    expect(verdicts([ratio(1)], [ratio(1), ratio(9, { name: 'fresh' })])).toContainEqual(['fresh', 'new']);
  });

  it('do not mix ratios of one name in two studies', () => {
    const rows = table(
      [study([ratio(1)]), result('peers', { ratios: [ratio(50)] })],
      [study([ratio(1)]), result('peers', { ratios: [ratio(50)] })],
    ).rows;
    expect(rows.map(({ baseline }) => baseline)).toEqual([1, 50]);
  });

  it('fail when nothing is in both: a guard that compares nothing guards nothing', () => {
    expect(table([study([ratio(1, { name: 'x' })])], [study([ratio(1)])]).failed).toBe(true);
    expect(table([], [study([ratio(1)])]).failed).toBe(true);
  });

  it('are refused when one is quick and the other full, unless asked for', () => {
    const [full, quick] = [[study([ratio(1)])], [study([ratio(1)], { quick: true })]];
    expect(compare(full, quick, { evenQuick: false })).toMatchObject({ ok: false });
    expect(compare(quick, full, { evenQuick: false })).toMatchObject({ ok: false });
    expect(compare(quick, quick, { evenQuick: false }).ok).toBe(true);
    expect(table(full, quick, true).remarks[0]).toContain('quick');
    expect(table(quick, quick).remarks[0]).toContain('quick');
  });

  it('say nothing of studies that have no ratio in both', () => {
    const other = result('client', {}, { quick: true });
    expect(table([study([ratio(1)]), result('client', {})], [study([ratio(1)]), other]).remarks).toEqual([]);
  });

  it('are compared across machines, and it is said', () => {
    const before = study([ratio(1)]);
    const now = study([ratio(1)], { machine: { ...before.machine, cores: 8 } });
    const comparison = table([before], [now]);
    expect(comparison.failed).toBe(false);
    expect(comparison.remarks.join()).toContain('different machines');
  });

  it('say when a study failed and its ratios are older', () => {
    const now = study([ratio(1)], { failed: { date: '2026-11-23', message: 'a browser ended' } });
    expect(table([study([ratio(1)])], [now]).remarks.join()).toContain('did not come to its end');
  });

  it('read from files: what was no number is none again', () => {
    const kept = readResult(JSON.stringify(study([ratio(Number.NaN)])));
    expect(kept.outcome?.ratios[0]?.value).toBeNaN();
  });

  it('make a table whose columns stand below each other', () => {
    const lines = comparisonText(
      table(
        [study([ratio(10), ratio(0.5, { name: 'long name of a ratio' })])],
        [study([ratio(8.5), ratio(0.5, { name: 'long name of a ratio' })])],
      ),
    ).split('\n');
    expect(lines[1]).toContain('−15 %');
    expect(lines[2]).toContain('±0 %');
    expect(lines[1]!.indexOf('within')).toBe(lines[2]!.indexOf('within'));
  });
});
