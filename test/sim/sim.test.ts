/** Quick runs of the simulator, and rules taken away that it must find out. Longer: npm run simulate -- --help */
import { describe, expect, it } from 'vitest';
import { ablations } from './ablations.ts';
import { scriptNames } from './adversaries.ts';
import { runCluster, type RunResult } from './cluster.ts';
import { search } from './exhaustive/search.ts';
import { findOut, LATE_POLKA_CONDITIONS, rules } from './rule-table.ts';

const QUICK = 60_000;
const again = (result: RunResult, n: number): string =>
  `${result.outcome} ${result.what}\nnpm run simulate -- --level core --runs 1 --seed ${result.seed} --n ${n} --script ${result.script} --trace`;

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

  it(
    'polkas shown late, round after round, cost at most f rounds more than the two',
    { timeout: QUICK },
    () => {
      const run = { script: 'late-polka', outage: false, conditions: LATE_POLKA_CONDITIONS };
      for (const n of [4, 7, 10, 16]) {
        for (let seed = 1; seed <= 15; seed++) {
          const result = runCluster({ seed, n, ...run });
          if (result.outcome !== 'decided') expect.fail(again(result, n));
          expect(result.highestRound).toBeLessThanOrEqual(2 + Math.floor((n - 1) / 3));
        }
      }
    },
  );

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
  for (const rule of rules) {
    it(`${rule.ablation}: ${ablations[rule.ablation]!.what}`, { timeout: QUICK }, () => {
      const { found, what, where } = findOut(rule);
      if (!found) expect.fail(`not found out: ${what} within ${where}`);
    });
  }
});

describe('all interleavings of the real core', () => {
  const explore = (honest: number, full = false) =>
    search({ n: 4, honest, rounds: 2, depth: Infinity, full });

  it('two rounds, three honest members and a Byzantine one: no fork', { timeout: QUICK }, () => {
    const { violation, exhausted, states } = explore(3);
    expect({ violation, exhausted }).toEqual({ violation: null, exhausted: true });
    expect(states).toBeGreaterThan(500);
  });

  it('two rounds, four honest members: no fork, and the reduction loses no state', { timeout: QUICK }, () => {
    const reduced = explore(4);
    expect({ violation: reduced.violation, exhausted: reduced.exhausted }).toEqual({
      violation: null,
      exhausted: true,
    });
    expect(explore(4, true).states).toBe(reduced.states);
  });

  it(
    'under the rules nothing forks from the state in which the search for old polkas starts',
    { timeout: QUICK },
    () => {
      const rule = rules.find(({ ablation }) => ablation === 'any-polka-unlocks')!;
      const from = 'from' in rule.by ? rule.by.from! : '';
      const { violation, states } = search({ n: 4, honest: 3, rounds: 3, depth: 4, from });
      expect(violation).toBeNull();
      expect(states).toBeGreaterThan(5);
    },
  );
});

describe('fairness', () => {
  it('counts every version in a row that a proposer lost', () => {
    const conditions = { contested: true, calm: true, versions: 10 };
    const result = runCluster({ seed: 3, n: 4, script: 'silent', outage: false, conditions });
    expect(result.outcome).toBe('decided');
    expect(result.mostLosses).toBeGreaterThan(0);
    expect(result.wins.reduce((sum, wins) => sum + wins, 0)).toBeGreaterThanOrEqual(10);
  });
});
