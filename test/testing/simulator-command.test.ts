/** `npm run simulate -- --level application`. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { application } from '../../testing/sim/main.ts';

const COUNTER = fileURLToPath(new URL('simulator-counter.ts', import.meta.url));

const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  for (const way of ['log', 'error'] as const)
    vi.spyOn(console, way).mockImplementation((line: string) => void said.push(line));
});
afterEach(() => void vi.restoreAllMocks());

describe('simulating an application from its own module', () => {
  it('tells the seed that failed, how to replay it, and replays it', async () => {
    const base = ['--level', 'application', '--file', COUNTER, '--calm'];
    expect(await application([...base, '--runs', '3', '--seed', '2', '--json'])).toBe(1);
    expect(said).toEqual([
      'seed 3: violation. check, after version 1 of counter: three is too many',
      `  npm run simulate -- --level application --file ${COUNTER} --runs 1 --seed 3 --calm --trace`,
      '3 runs, 1 failed; 3 certified versions',
      JSON.stringify({ level: 'application', runs: 3, decided: 3, failing: [3] }),
    ]);
    said.length = 0;
    expect(await application([...base, '--runs', '1', '--seed', '3', '--trace'])).toBe(1);
    expect(said.some((line) => line.includes('VIOLATION check, after version 1 of counter'))).toBe(true);
  });

  it('ends well when every run does, under the faults of the seed', async () => {
    expect(await application(['--file', COUNTER, '--runs', '3', '--seed', '10'])).toBe(0);
    expect(said).toEqual(['3 runs, 0 failed; 3 certified versions']);
  });

  it('says what it does not understand', async () => {
    for (const [args, what] of [
      [['--runs', '1'], '--file names the module'],
      [['--file', COUNTER, '--runs', '0'], 'take whole numbers'],
      [['--file', `${COUNTER}.none`], 'cannot be loaded'],
      [
        ['--file', fileURLToPath(import.meta.url).replace('simulator-command.test', '../english')],
        'no default export',
      ],
      [['--fast'], '--fast'],
    ] as const) {
      said.length = 0;
      expect(await application(args)).toBe(2);
      expect(said[0]).toContain(what);
    }
  });
});
