/** Every rule of epochs without which something breaks, and how the simulator finds that out. */
import { epochAblations } from './ablations.ts';
import type { EpochConditions } from './plan.ts';
import { runEpochs } from './run.ts';

export interface EpochRule {
  readonly rule: string;
  readonly ablation: string;
  readonly n: number;
  /** Seeds 1 to this one. */
  readonly seeds: number;
  readonly epochs?: number;
  readonly script?: string;
  readonly conditions: EpochConditions;
  readonly shows: RegExp;
}

const LOST = /lost|agreement|carried/;
const STANDSTILL = /undecided/;
/** Nothing happens but what the adversary does, and epochs follow each other at once. */
const HASTY: EpochConditions = { hasty: true, byzantine: 1, calm: true, slowValues: 0 };
const QUIET = { reveals: 0, reports: 0, openings: 0, parrots: 0, steals: 0, replays: 0, forges: 0 };

export const epochRules: readonly EpochRule[] = [
  {
    ...{ rule: 'nothing is signed after CLOSE', ablation: 'sign-after-close', n: 4, seeds: 60 },
    ...{ conditions: {}, shows: LOST },
  },
  {
    ...{ rule: 'the mark "closed" survives a restart', ablation: 'forget-closed', n: 4, seeds: 60 },
    ...{ conditions: {}, shows: LOST },
  },
  {
    ...{
      rule: 'an opening has one R',
      ablation: 'unequal-roots',
      n: 4,
      seeds: 200,
      epochs: 1,
      script: 'silent',
    },
    conditions: {
      ...{
        hasty: true,
        byzantine: 1,
        settledAt: 600,
        crashAtWrite: 0,
        slowState: 99,
        slowValues: 60,
        mute: true,
      },
      mischief: { ...QUIET, openings: 60, reports: 30, reveals: 25, parrots: 60 },
    },
    shows: LOST,
  },
  {
    ...{ rule: 'an opening has q reports', ablation: 'fewer-reports', n: 4, seeds: 300, conditions: {} },
    shows: LOST,
  },
  {
    ...{ rule: 'reported locks are carried', ablation: 'no-carry', n: 4, seeds: 60, conditions: {} },
    shows: LOST,
  },
  {
    ...{ rule: 'until an R names the version', ablation: 'carry-once', n: 4, seeds: 100, epochs: 4 },
    conditions: { ...HASTY, settledAt: 1500, gate: [80, 500], mischief: { ...QUIET } },
    shows: LOST,
  },
  {
    ...{ rule: 'the highest lock', ablation: 'lowest-lock', n: 4, seeds: 200, epochs: 1, script: 'duel' },
    conditions: {
      ...HASTY,
      contested: true,
      settledAt: 400,
      mute: true,
      firstChange: 50,
      mischief: { ...QUIET },
    },
    shows: LOST,
  },
  {
    ...{ rule: 'locks come with their polkas', ablation: 'unchecked-polkas', n: 4, seeds: 200 },
    conditions: {
      ...{ hasty: true, slowValues: 80, byzantine: 1, contested: true },
      mischief: { openings: 40, reports: 40 },
    },
    shows: LOST,
  },
  {
    ...{
      rule: 'BEGIN with the state of R',
      ablation: 'begin-without-state',
      n: 4,
      seeds: 100,
      script: 'silent',
    },
    conditions: {
      ...HASTY,
      settledAt: 1000,
      replaces: 2,
      slowState: 98,
      mischief: { ...QUIET, parrots: 60 },
    },
    shows: LOST,
  },
  {
    ...{ rule: 'a lost log is another log', ablation: 'log-not-compared', n: 4, seeds: 200 },
    conditions: { losses: 3 },
    shows: /agreement|lost|self-contradiction/,
  },
  {
    ...{ rule: 'votes name their epoch', ablation: 'no-epoch', n: 4, seeds: 200 },
    conditions: { mischief: { replays: 40 } },
    shows: /agreement|lost|undecided/,
  },
  {
    ...{ rule: 'no certificate in R', ablation: 'root-over-certificates', n: 4, seeds: 40, conditions: {} },
    shows: STANDSTILL,
  },
  {
    ...{ rule: 'OLD: only what R holds or carries', ablation: 'old-unbounded', n: 4, seeds: 200, epochs: 4 },
    conditions: { hasty: true, byzantine: 1, replaces: 1, mischief: { ...QUIET, steals: 60 } },
    shows: /agreement/,
  },
  {
    ...{
      rule: 'who reports keeps the leaves of its R',
      ablation: 'leaves-not-kept',
      n: 4,
      seeds: 100,
      conditions: {},
    },
    shows: STANDSTILL,
  },
];

export interface EpochFinding {
  readonly found: boolean;
  readonly what: string;
  readonly seed: number;
}

/** Looks until the variant is found out or the limit is reached. */
export function findOutEpochs(rule: EpochRule): EpochFinding {
  const { ablation, n, seeds, epochs, script, conditions } = rule;
  for (let seed = 1; seed <= seeds; seed++) {
    const result = runEpochs({
      ...{ seed, n, ablation, conditions },
      ...(epochs === undefined ? {} : { epochs }),
      ...(script === undefined ? {} : { script }),
    });
    const what = result.outcome === 'undecided' ? 'undecided' : result.what;
    if (result.outcome !== 'ended' && rule.shows.test(what)) return { found: true, what, seed };
  }
  return { found: false, what: 'nothing', seed: seeds };
}

/** As Markdown, row by row; gives the number that was not found out. */
export function printEpochTable(print: (line: string) => void): number {
  let missed = 0;
  print('| rule | without it | found as | where |');
  print('|---|---|---|---|');
  for (const rule of epochRules) {
    const { found, what, seed } = findOutEpochs(rule);
    if (!found) missed++;
    const name = `\`${rule.ablation}\`: ${epochAblations[rule.ablation]!.what}`;
    const where = `seed ${seed}, n = ${rule.n}${rule.script ? `, script \`${rule.script}\`` : ''}`;
    print(`| ${rule.rule} | ${name} | ${found ? what : '**not found**'} | ${where} |`);
  }
  return missed;
}
