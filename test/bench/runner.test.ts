import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runStudies, type About } from '../../bench/runner.ts';
import { readBaseline, Store } from '../../bench/store.ts';
import type { Outcome, Study, StudyContext } from '../../bench/study.ts';
import { outcome, result, series } from './example.ts';

const { machine, chromium, revision } = result('any', null);
const ABOUT: About = { machine, chromium, revision };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-bench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const study = (name: string, run: (context: StudyContext) => Promise<Outcome>): Study => ({
  name,
  title: name,
  minutes: { full: 1, quick: 1 },
  run,
});
const finds = (name: string, value: number): Study =>
  study(name, async () => outcome({ series: [series('a', [value])] }));
const fails = (name: string): Study => study(name, () => Promise.reject(new Error('no browser')));

async function run(
  studies: readonly Study[],
  options: { readonly quick?: boolean; readonly about?: About; readonly names?: readonly string[] } = {},
): Promise<{ failed: readonly string[]; store: Store; said: string }> {
  const { quick = false, about = ABOUT, names = studies.map(({ name }) => name) } = options;
  const store = new Store(folder, names);
  const said: string[] = [];
  const failed = await runStudies(studies, store, {
    ...{ quick, about, dist: 'dist' },
    say: (line) => said.push(line),
  });
  return { failed, store, said: said.join('\n') };
}

const first = (store: Store, name: string): number | undefined =>
  store.read(name)?.outcome?.series[0]?.samples[0];

describe('a run', () => {
  it('goes on after a study that failed, and names it', async () => {
    const { failed, store, said } = await run([fails('x'), finds('y', 2)]);
    expect(failed).toEqual(['x']);
    expect(first(store, 'y')).toBe(2);
    expect(store.read('x')).toMatchObject({ outcome: null, failed: { message: 'no browser' } });
    expect(said).toContain('no browser');
  });

  it('keeps what a study found before when it fails now, and says that it is older', async () => {
    const { store } = await run([finds('x', 1)]);
    const before = store.read('x')!;
    await run([fails('x')]);
    expect(store.read('x')).toMatchObject({ date: before.date, outcome: before.outcome, failed: {} });
    await run([finds('x', 3)]);
    expect(store.read('x')?.failed).toBeNull();
  });

  it('of one study leaves the others in the report', async () => {
    await run([finds('x', 1), finds('y', 2)]);
    const { store } = await run([finds('y', 5)], { names: ['x', 'y'] });
    expect([first(store, 'x'), first(store, 'y')]).toEqual([1, 5]);
    expect(readBaseline(folder).map((one) => one.study)).toEqual(['x', 'y']);
    expect(readFileSync(join(folder, 'samples.csv'), 'utf8')).toContain('y,a,,ms,0,false,5');
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });

  it('writes each result when its study ends, not when all have', async () => {
    const { failed } = await run([
      finds('x', 1),
      study('y', async () => {
        expect(readFileSync(join(folder, 'results.json'), 'utf8')).toContain('"x"');
        return outcome({ series: [series('a', [1])] });
      }),
    ]);
    expect(failed).toEqual([]);
  });

  it('fails when a sample is no number, and keeps the others', async () => {
    const { failed, store } = await run([finds('x', Number.NaN)]);
    expect(failed).toEqual(['x']);
    expect(store.read('x')?.failed?.message).toContain('not numbers');
  });

  it('goes on whatever is not a number in what a study found', async () => {
    const none = Number.NaN;
    const odd = outcome({
      series: [
        series('a', [1], {
          labels: { n: none },
          goal: { value: none, percentile: 50, source: 'g' },
          published: [{ value: none, source: 'p' }],
        }),
      ],
      plots: [
        { kind: 'timeline', title: 't', unit: 'ms', points: [[none, 1]], marks: [{ at: none, text: 'm' }] },
        { kind: 'line', title: 't', figure: 'a', by: 'n', logarithmic: true },
        { kind: 'box', title: 't', figure: 'a', by: 'n' },
      ],
      tables: [{ title: 't', head: ['a'], rows: [[none]] }],
      ratios: [{ name: 'r', value: none, better: 'lower', tolerance: none }],
    });
    const { store } = await run([study('x', () => Promise.resolve(odd)), finds('y', 1)]);
    expect([first(store, 'x'), first(store, 'y')]).toEqual([1, 1]);
  });
});

describe('what a study is told of an earlier one', () => {
  const asks = async (about: About = ABOUT, quick = false): Promise<Outcome | null | undefined> => {
    let answer: Outcome | null | undefined;
    const asking = study('asks', async (context) => {
      answer = await context.earlier('x');
      return outcome({});
    });
    await run([asking], { about, quick, names: ['x', 'asks'] });
    return answer;
  };

  it('is what it found on this machine', async () => {
    await run([finds('x', 1)]);
    expect((await asks())?.series[0]?.samples).toEqual([1]);
  });

  it('is nothing of another machine', async () => {
    await run([finds('x', 1)]);
    expect(await asks({ ...ABOUT, machine: { ...machine, cores: 8 } })).toBeNull();
  });

  it('is nothing of a quick run when this one counts', async () => {
    await run([finds('x', 1)], { quick: true });
    expect(await asks()).toBeNull();
    expect((await asks(ABOUT, true))?.series).toHaveLength(1);
  });
});
