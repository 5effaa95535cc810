import { describe, expect, it } from 'vitest';
import { attempt } from '../../bench/part.ts';
import { faultsOf } from '../../bench/report/result.ts';
import { STUDIES } from '../../bench/studies.ts';
import type { Series, Study } from '../../bench/study.ts';
import { outcome } from './example.ts';

const studies: readonly Study[] = await Promise.all(STUDIES.map(async ({ load }) => (await load()).study));

describe('all studies together', () => {
  it('take at most three hours in full and a quarter of an hour in quick, by what they say of themselves', () => {
    const sum = (how: 'full' | 'quick'): number =>
      studies.reduce((minutes, study) => minutes + study.minutes[how], 0);
    expect(sum('full')).toBeLessThanOrEqual(180);
    expect(sum('quick')).toBeLessThanOrEqual(15);
    expect(studies.map(({ name }) => name)).toEqual(STUDIES.map(({ name }) => name));
  });
});

describe('a part of a study', () => {
  const conditions = { bls: [90, 91], load: [1, 2] } as const;
  const context = (said: string[]) => ({
    say: (line: string) => void said.push(line),
    under: async <T>(measure: () => Promise<T>) => ({ value: await measure(), conditions }),
  });
  const found = (): { series: Series[]; notes: string[] } => ({ series: [], notes: [] });

  it('gives what it found', async () => {
    const into = found();
    expect(await attempt('a', context([]), into, () => Promise.resolve(7))).toBe(7);
    expect(into).toEqual(found());
  });

  it('that fails fails the study, is told, and leaves the others what they found', async () => {
    const [into, said] = [found(), [] as string[]];
    expect(
      await attempt('16 replicas', context(said), into, () => Promise.reject(new Error('late\nat 3'))),
    ).toBe(null);
    expect(said).toEqual(['FAILED: 16 replicas: late\nat 3']);
    expect(into.notes[0]).toMatch(/^16 replicas: FAILED.*late$/);
    expect(faultsOf(outcome({ series: into.series }))).toHaveLength(1);
    expect(faultsOf(outcome({ series: into.series }))[0]).toContain('no samples');
  });
});
