/** Quick runs of the simulator, and rules taken away that it must find out. Longer: npm run simulate -- --help */
import { describe, expect, it } from 'vitest';
import { ablations } from './ablations.ts';
import { scriptNames } from './adversaries.ts';
import { runCluster, type RunResult } from './cluster.ts';

const QUICK = 60_000;
const again = (result: RunResult, n: number): string =>
  `${result.outcome} ${result.what}\nnpm run simulate -- --runs 1 --seed ${result.seed} --n ${n} --script ${result.script} --trace`;

function allDecide(
  n: number,
  seeds: number,
  from: number,
  options: { script?: string; outage?: boolean } = {},
): void {
  for (let seed = from; seed < from + seeds; seed++) {
    const result = runCluster({ seed, n, ...options });
    if (result.outcome !== 'decided') expect.fail(again(result, n));
  }
}

describe('agreement and progress', () => {
  for (const script of scriptNames) {
    it(`four members, one of them: ${script}`, { timeout: QUICK }, () =>
      allDecide(4, 100, 10_000, { script }),
    );
  }

  for (const [n, seeds] of [
    [5, 60],
    [6, 50],
    [7, 120],
    [10, 40],
    [13, 15],
  ] as const) {
    it(`${n} members, whatever the seed draws`, { timeout: QUICK }, () => allDecide(n, seeds, 20_000));
  }

  it('after an outage of everybody with f staying away', { timeout: QUICK }, () => {
    allDecide(4, 150, 30_000, { outage: true });
    allDecide(7, 80, 30_000, { outage: true });
  });

  it('a replica that lacks only the votes of an equivocator is not left behind', { timeout: QUICK }, () => {
    allDecide(4, 60, 150, { script: 'vanish' });
  });

  it('one seed is one run', () => {
    const run = (): RunResult => runCluster({ seed: 77, n: 7, trace: true });
    expect(run()).toEqual(run());
    expect(run().trace.length).toBeGreaterThan(0);
  });
});

describe('a rule that is taken away is found out', () => {
  /** Script, members and seeds within which it has to show; what it may show as. */
  const cases: readonly [
    rule: string,
    script: string | undefined,
    n: number,
    seeds: number,
    shows: RegExp,
  ][] = [
    ['no-lock', undefined, 4, 150, /violation lock rule|violation agreement/],
    ['late-commit', undefined, 4, 50, /violation COMMIT after a later vote|violation agreement/],
    ['no-tie-breaker', 'last-voter', 4, 150, /undecided/],
    ['forget-log', undefined, 4, 60, /violation self-contradiction/],
    ['forget-commits', undefined, 4, 150, /violation|undecided/],
    ['send-first', undefined, 4, 400, /violation self-contradiction/],
  ];
  for (const [rule, script, n, seeds, shows] of cases) {
    it(`${rule}: ${ablations[rule]!.what}`, { timeout: QUICK }, () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const result = runCluster({ seed, n, ablation: rule, ...(script === undefined ? {} : { script }) });
        if (shows.test(`${result.outcome} ${result.what}`)) return;
      }
      expect.fail(`not found out within ${seeds} seeds`);
    });
  }
});
