/** Scenario families: each has a verdict that other implementations of the same rules can be asked for as well (docs/verification.md). */
import { drawnScripts } from './adversaries.ts';
import { runCluster, type RunOptions } from './cluster.ts';
import { LATE_POLKA_CONDITIONS } from './rule-table.ts';

export interface Family {
  readonly name: string;
  readonly n: number;
  readonly runs: number;
  readonly run: Omit<RunOptions, 'seed' | 'n'>;
  /** What the rules promise, or what a missing rule has to show. */
  readonly expect: 'decides' | 'found out';
}

/** First seed of every family; runs are counted from it. */
export const FAMILY_SEED = 1;
const SIZES = [
  [4, 150],
  [7, 60],
  [10, 25],
] as const;

export const families: readonly Family[] = [
  ...SIZES.flatMap(([n, runs]) => [
    ...drawnScripts.map((script): Family => ({
      name: `adversary ${script}`,
      n,
      runs,
      run: { script, outage: false },
      expect: 'decides',
    })),
    {
      name: 'adversary late-polka, calm and contested',
      n,
      runs,
      run: { script: 'late-polka', outage: false, conditions: LATE_POLKA_CONDITIONS },
      expect: 'decides',
    } as const,
    {
      name: 'nobody is Byzantine',
      n,
      runs,
      run: { conditions: { byzantine: 0 } },
      expect: 'decides',
    } as const,
    {
      name: 'every member crashes three times',
      n,
      runs,
      run: { conditions: { crashes: 3 } },
      expect: 'decides',
    } as const,
    { name: '40 % loss', n, runs, run: { conditions: { loss: 40 } }, expect: 'decides' } as const,
    {
      name: 'outage of everybody, f stay away',
      n,
      runs: 2 * runs,
      run: { outage: true },
      expect: 'decides',
    } as const,
  ]),
  {
    ...{ name: 'outage, votes of the round before not kept', n: 7, runs: 200 },
    ...{
      run: { outage: true, script: 'contrarian', ablation: 'forget-previous-round' },
      expect: 'found out',
    },
  },
  without('no-tie-breaker', 150, { script: 'last-voter' }),
  without('no-lock-window', 5, { script: 'late-polka', outage: false, conditions: LATE_POLKA_CONDITIONS }),
  without('no-lock', 400, {}),
  without('late-commit', 400, {}),
  without('forget-log', 60, {}),
  without('forget-commits', 200, {}),
  without('no-advance', 50, {}),
];

function without(ablation: string, runs: number, run: Family['run']): Family {
  return { name: `without: ${ablation}`, n: 4, runs, run: { ...run, ablation }, expect: 'found out' };
}

export interface Verdict {
  readonly runs: number;
  readonly decided: number;
  readonly undecided: number;
  readonly violations: number;
  readonly asExpected: boolean;
  readonly firstFailure: string;
}

/** A family that must be found out ends at the first that is. */
export function judge(family: Family): Verdict {
  const count = { decided: 0, undecided: 0, violation: 0 };
  let firstFailure = '';
  let runs = 0;
  for (; runs < family.runs; runs++) {
    const result = runCluster({ ...family.run, seed: FAMILY_SEED + runs, n: family.n });
    count[result.outcome]++;
    if (result.outcome === 'decided') continue;
    firstFailure ||= `seed ${result.seed}: ${result.outcome === 'violation' ? result.what : 'undecided'}`;
    if (family.expect === 'found out') {
      runs++;
      break;
    }
  }
  const failed = count.undecided + count.violation > 0;
  return {
    runs,
    decided: count.decided,
    undecided: count.undecided,
    violations: count.violation,
    asExpected: failed === (family.expect === 'found out'),
    firstFailure,
  };
}

/** As Markdown; gives the number of families with another verdict than expected. */
export function printFamilies(print: (line: string) => void): number {
  let wrong = 0;
  print('| family | n | runs | verdict |');
  print('|---|---|---|---|');
  for (const family of families) {
    const { runs, decided, undecided, violations, asExpected, firstFailure } = judge(family);
    if (!asExpected) wrong++;
    const verdict =
      decided === runs
        ? 'all decide'
        : `${decided} decide, ${undecided} undecided, ${violations} violations; ${firstFailure}`;
    print(
      `| ${family.name} | ${family.n} | ${runs} | ${asExpected ? '' : '**not as expected**: '}${verdict} |`,
    );
  }
  return wrong;
}
