/** Quick runs over several epochs, and rules taken away that they must find out. Longer: npm run simulate -- --level epochs --help */
import { describe, expect, it } from 'vitest';
import { epochAblations } from './epochs/ablations.ts';
import type { EpochRunOptions } from './epochs/plan.ts';
import { runEpochs, type EpochRunResult } from './epochs/run.ts';
import { epochRules, findOutEpochs } from './epochs/table.ts';

const QUICK = 240_000;
/** `script`: what was asked for; what a seed draws is another run when it is asked for. */
const again = (result: EpochRunResult, script?: string): string =>
  `${result.outcome} ${result.what}\nnpm run simulate -- --level epochs --runs 1 --seed ${result.seed} --n ${result.n}${script ? ` --script ${script}` : ''} --trace`;

function allEnd(
  n: number,
  seeds: number,
  from: number,
  options: Partial<EpochRunOptions> = {},
): EpochRunResult[] {
  return Array.from({ length: seeds }, (_, i) => {
    const result = runEpochs({ seed: from + i, n, ...options });
    if (result.outcome !== 'ended') expect.fail(again(result, options.script));
    return result;
  });
}

describe('members change while values are agreed on', () => {
  for (const [n, seeds] of [
    [4, 40],
    [5, 12],
    [7, 10],
    [10, 4],
    [16, 1],
  ] as const) {
    it(`${n} members at first, whatever the seed draws`, { timeout: QUICK }, () => {
      const results = allEnd(n, seeds, 50_000);
      expect(results.reduce((sum, { epochs }) => sum + epochs, 0)).toBeGreaterThanOrEqual(seeds);
    });
  }

  it(
    'certificates are hidden, logs lost and values carried in these runs: else they show nothing',
    { timeout: QUICK },
    () => {
      const results = allEnd(4, 30, 60_000);
      const sum = (field: 'hidden' | 'carried' | 'losses' | 'restarts'): number =>
        results.reduce((all, result) => all + result[field], 0);
      expect(sum('hidden')).toBeGreaterThan(0);
      expect(sum('carried')).toBeGreaterThan(0);
      expect(sum('losses')).toBeGreaterThan(0);
      expect(sum('restarts')).toBeGreaterThan(0);
    },
  );

  it('two locks at an opening: the higher one is carried', { timeout: QUICK }, () => {
    const rule = epochRules.find(({ ablation }) => ablation === 'lowest-lock')!;
    const { epochs, script, conditions } = rule;
    const results = allEnd(4, 60, 60, { epochs, script, conditions });
    expect(results.reduce((all, { competing }) => all + competing, 0)).toBeGreaterThan(0);
  });

  it('a decision that a crash takes before it is written, with the COMMIT that made it, is none', () => {
    const [result] = allEnd(4, 1, 30_280);
    expect(result!.restarts).toBeGreaterThan(0);
  });

  it('one seed is one run', () => {
    const run = (): EpochRunResult => runEpochs({ seed: 77, n: 4, trace: true });
    expect(run()).toEqual(run());
    expect(run().trace.length).toBeGreaterThan(0);
  });
});

describe('a rule of epochs that is taken away is found out', () => {
  for (const rule of epochRules) {
    it(`${rule.ablation}: ${epochAblations[rule.ablation]!.what}`, { timeout: QUICK }, () => {
      const { found, what, seed } = findOutEpochs(rule);
      if (!found) expect.fail(`not found out: ${what} within ${seed} seeds`);
    });
  }

  it('there is one for each', () => {
    expect(epochRules.map(({ ablation }) => ablation).sort()).toEqual(Object.keys(epochAblations).sort());
  });
});
