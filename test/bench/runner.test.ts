import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { END_PATIENCE_MS } from '../../bench/limits.ts';
import { endOf, exitCodeOf } from '../../bench/passed-on.ts';
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
    expect(readFileSync(join(folder, 'samples.csv'), 'utf8')).toContain('y,a,,ms,0,false,5,false,');
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });

  it('knows which full results a quick one would replace', async () => {
    const { store } = await run([finds('x', 1), fails('y')]);
    expect(store.full(['x', 'y', 'z'])).toEqual(['x']);
    await run([finds('x', 1)], { quick: true });
    expect(store.full(['x'])).toEqual([]);
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

  it('is nothing of a study that failed, or that was faulty', async () => {
    await run([finds('x', 1)]);
    await run([fails('x')]);
    expect(await asks()).toBeNull();
    await run([finds('x', Number.NaN)]);
    expect(await asks()).toBeNull();
  });

  it('is said in the notes, with its day and its sources', async () => {
    await run([finds('x', 1)]);
    await asks();
    const notes = (): string => new Store(folder, ['asks']).read('asks')!.outcome!.notes.join();
    expect(notes()).toMatch(/^Takes what the study `x` found on .* UTC with the sources 0123456789\.$/);
    await asks({ ...ABOUT, revision: 'later' });
    expect(notes()).toContain('0123456789, which are not those of this study.');
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

describe('a signal', () => {
  class Ended extends Error {}
  const exits: (string | number | null | undefined)[] = [];
  beforeEach(() => {
    exits.length = 0;
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      exits.push(code);
      throw new Ended();
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** As the system tells it; but only the runner, and nobody else in this process. */
  const told = (signal: NodeJS.Signals, before: readonly unknown[]): void => {
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) listener(signal);
  };
  /** A study that is told of the signals while it measures, and then ends as `after` does. */
  const interrupted = (signals: readonly NodeJS.Signals[], after: () => Promise<Outcome>): Study => {
    const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
    return study('x', async () => {
      for (const signal of signals) told(signal, before.get(signal)!);
      return after();
    });
  };

  it.each([
    ['SIGINT', 130, 'ended by Ctrl-C'],
    ['SIGTERM', 143, 'ended by SIGTERM'],
  ] as const)('%s ends the run with %s, and keeps what there is', async (signal, code, message) => {
    const kept = await run([finds('x', 1)]);
    const before = process.listenerCount(signal);
    let reached = false;
    const after = study('y', () => {
      reached = true;
      return Promise.resolve(outcome({}));
    });
    const ended = interrupted([signal], () => Promise.reject(new Error('the browser is gone')));
    await expect(run([ended, after])).rejects.toThrow(Ended);
    expect(exits).toEqual([code]);
    expect(reached).toBe(false);
    expect(first(kept.store, 'x')).toBe(1);
    expect(kept.store.read('x')?.failed?.message).toBe(message);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain(message);
    expect(process.listenerCount(signal)).toBe(before);
  });

  it('is not taken for the end of the study that comes to one meanwhile', async () => {
    const ends = interrupted(['SIGINT'], () => Promise.resolve(outcome({ series: [series('a', [9])] })));
    await expect(run([ends])).rejects.toThrow(Ended);
    expect(new Store(folder, ['x']).read('x')).toMatchObject({ outcome: null, failed: {} });
  });

  it('that comes twice ends the process at once', async () => {
    const study = interrupted(['SIGINT', 'SIGINT'], () => new Promise(() => undefined));
    await expect(run([study])).rejects.toThrow();
    expect(exits[0]).toBe(130);
  });

  it('ends the process whatever a study still does', async () => {
    let release = (_: Outcome): void => undefined;
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const hangs = interrupted(['SIGTERM'], () => {
      begin();
      return new Promise((resolve) => (release = resolve));
    });
    const running = run([hangs]);
    // The signal has been told by then.
    await begun;
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    expect(exits).toEqual([]);
    expect(() => vi.advanceTimersByTime(END_PATIENCE_MS)).toThrow(Ended);
    expect(exits).toEqual([143]);
    release(outcome({}));
    await expect(running).rejects.toThrow(Ended);
  });
});

describe('a program of its own', () => {
  class Program extends EventEmitter {
    readonly told: NodeJS.Signals[] = [];
    kill(signal: NodeJS.Signals): boolean {
      return this.told.push(signal) > 0;
    }
  }
  const started = (): { program: Program; end: Promise<number>; tell: (signal: NodeJS.Signals) => void } => {
    const before = (['SIGINT', 'SIGTERM'] as const).flatMap((signal) => process.listeners(signal));
    const program = new Program();
    const end = endOf(program);
    const tell = (signal: NodeJS.Signals): void => {
      for (const listener of process.listeners(signal)) if (!before.includes(listener)) listener(signal);
    };
    return { program, end, tell };
  };

  it('is told of SIGTERM, and of Ctrl-C by its terminal', async () => {
    const count = (): number => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
    const before = count();
    const { program, end, tell } = started();
    expect(count()).toBe(before + 2);
    tell('SIGINT');
    expect(program.told).toEqual([]);
    tell('SIGTERM');
    expect(program.told).toEqual(['SIGTERM']);
    program.emit('exit', 7, null);
    expect(await end).toBe(7);
    expect(count()).toBe(before);
  });

  it('that ends by a signal ends with its number, as in a shell', async () => {
    const { program, end } = started();
    program.emit('exit', null, 'SIGTERM');
    expect(await end).toBe(143);
    expect([exitCodeOf('SIGINT'), exitCodeOf('SIGKILL')]).toEqual([130, 137]);
  });

  it('that cannot be started is an error', async () => {
    const { program, end } = started();
    program.emit('error', new Error('no such file'));
    await expect(end).rejects.toThrow('no such file');
  });
});
