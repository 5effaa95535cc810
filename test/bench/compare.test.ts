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
  only: readonly string[] | null = null,
): Comparison & { readonly ok: true } {
  const comparison = compare(baseline, now, { evenQuick, only });
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
    expect(comparison.remarks).toHaveLength(1);
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

  it.each([
    [5, 0.1],
    [0.1, 5],
  ])('take the narrower tolerance: of %s before and %s now', (before, now) => {
    const rows = table(
      [study([ratio(1, { tolerance: before })])],
      [study([ratio(2, { tolerance: now })])],
    ).rows;
    expect(rows).toMatchObject([{ tolerance: 0.1, verdict: 'worse' }]);
  });

  it('judge in the direction of the baseline', () => {
    expect(verdicts([ratio(1)], [ratio(2, { better: 'higher' })])).toEqual([['a / b', 'worse']]);
  });

  it('name a ratio that is missing, and are not as good without it', () => {
    const comparison = table([study([ratio(1), ratio(2, { name: 'gone' })])], [study([ratio(1)])]);
    expect(comparison.rows.map(({ verdict }) => verdict)).toEqual(['within', 'missing']);
    expect(comparison.failed).toBe(true);
    expect(comparisonText(comparison)).toContain('missing in this run: sessions: gone.');
    expect(comparisonText(comparison)).toContain('Not as good');
  });

  it('tell a missing study from one that was not to be compared', () => {
    const other = result('peers', { ratios: [ratio(3, { name: 'other' })] });
    const [before, now] = [[study([ratio(1)]), other], [study([ratio(1)])]];
    expect(table(before, now).rows.at(-1)).toMatchObject({ study: 'peers', verdict: 'missing' });
    expect(table(before, now).failed).toBe(true);
    const asked = table(before, now, false, ['sessions']);
    expect(asked.rows.at(-1)).toMatchObject({ study: 'peers', verdict: 'not measured' });
    expect(asked.failed).toBe(false);
    expect(comparisonText(asked)).toContain('As good as the baseline, as far as it was compared.');
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
    const options = { evenQuick: false, only: null };
    expect(compare(full, quick, options)).toMatchObject({ ok: false });
    expect(compare(quick, full, options)).toMatchObject({ ok: false });
    expect(compare(quick, quick, options).ok).toBe(true);
    expect(table(full, quick, true).remarks[1]).toContain('with a full one');
    expect(table(quick, quick).remarks[1]).toContain('Both runs are quick');
  });

  it('say nothing of studies that have no ratio in both', () => {
    const other = result('client', {}, { quick: true });
    expect(
      table([study([ratio(1)]), result('client', {})], [study([ratio(1)]), other]).remarks.join(),
    ).not.toContain('client');
  });

  it('are compared across machines, and it is said', () => {
    const before = study([ratio(1)]);
    const now = study([ratio(1)], { machine: { ...before.machine, cores: 8 } });
    const comparison = table([before], [now]);
    expect(comparison.failed).toBe(false);
    expect(comparison.remarks.join()).toContain('different machines');
  });

  it('do not take what an earlier run left for this one', () => {
    const quick = result('peers', { ratios: [ratio(9)] }, { quick: true });
    const mixed = [study([ratio(1)]), quick];
    const before = [study([ratio(1)]), result('peers', { ratios: [ratio(1)] })];
    expect(compare(before, mixed, { evenQuick: false, only: null }).ok).toBe(false);
    const asked = table(before, mixed, false, ['sessions']);
    expect(asked.failed).toBe(false);
    expect(asked.rows.map(({ study: name, now, verdict }) => [name, now, verdict])).toEqual([
      ['sessions', 1, 'within'],
      ['peers', null, 'not measured'],
    ]);
    expect(asked.remarks.join()).not.toContain('peers');
  });

  it('say of which day and which sources each study is', () => {
    const now = [
      study([ratio(1)], { date: '2026-11-24T08:00:00.000Z', revision: 'aaa' }),
      result('peers', { ratios: [ratio(1)] }, { revision: 'bbb+' }),
    ];
    const { remarks } = table([study([ratio(1)]), result('peers', { ratios: [ratio(1)] })], now);
    expect(remarks[0]).toContain('24 November 2026, 08:00 UTC, sources aaa');
    expect(remarks[0]).toContain('22 November 2026, 14:03 UTC, sources 0123456789');
    expect(remarks.at(-1)).toContain('different states of the sources (aaa, bbb+)');
    expect(table([study([ratio(1)])], [study([ratio(1)])]).remarks.join()).not.toContain('different');
  });

  it('fail when a study failed, and do not compare what is older', () => {
    const fine = result('peers', { ratios: [ratio(1)] });
    const now = study([ratio(1)], { failed: { date: '2026-11-23', message: 'a browser ended' } });
    const comparison = table([study([ratio(1)]), fine], [now, fine]);
    expect(comparison.failed).toBe(true);
    expect(comparison.rows.map(({ verdict }) => verdict)).toEqual(['missing', 'within']);
    expect(comparison.remarks.join()).toContain('did not come to its end');
  });

  it('fail when a study is faulty, whatever its ratios', () => {
    const faulty = study([ratio(1)]);
    const now = { ...faulty, failed: { date: faulty.date, message: '1 samples are not numbers' } };
    const comparison = table([study([ratio(1)])], [now]);
    expect(comparison.rows.map(({ verdict }) => verdict)).toEqual(['within']);
    expect(comparison.failed).toBe(true);
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
    const [first, second] = lines.filter((line) => line.includes('within'));
    expect(first).toContain('−15 %');
    expect(second).toContain('±0 %');
    expect(first!.indexOf('within')).toBe(second!.indexOf('within'));
  });
});
