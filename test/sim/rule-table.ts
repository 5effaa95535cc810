/**
 * Every rule that docs/protocol.md calls necessary, the variant without it, and how the simulator finds that variant out: by random runs
 * (seeds 1, 2, 3 … up to a limit) or by the exhaustive search (up to a number of rounds).
 */
import { ablations } from './ablations.ts';
import { runCluster, type Conditions, type RunOptions } from './cluster.ts';
import { search } from './exhaustive/search.ts';

export interface Rule {
  readonly rule: string;
  /** Name of the variant without it. */
  readonly ablation: string;
  readonly by:
    | {
        readonly n: number;
        /** Seeds 1 to this one. */
        readonly seeds: number;
        readonly script?: string;
        readonly outage?: boolean;
        readonly conditions?: Conditions;
      }
    | {
        readonly rounds: number;
        /** A state to start from, chosen by hand so that the fork is near; see `search.ts`. */
        readonly from?: string;
      };
  readonly shows: RegExp;
}

const FORK = /agreement/;
const FORK_OR_STANDSTILL = /agreement|undecided/;
const STANDSTILL = /undecided/;
const CONTRADICTION = /self-contradiction/;

/** A network in which all that happens is the adversary's doing: everybody proposes another value, and all f are Byzantine. */
export const LATE_POLKA_CONDITIONS: Conditions = {
  calm: true,
  contested: true,
  versions: 1,
  byzantine: Infinity,
  crashes: 0,
};

export const rules: readonly Rule[] = [
  {
    rule: 'all of them: Algorithm 1 as published',
    ablation: 'published',
    by: {
      n: 4,
      seeds: 100,
      script: 'silent',
      outage: false,
      conditions: { byzantine: 0, versions: 1, crashes: 0 },
    },
    shows: FORK,
  },
  { rule: 'the quorum for polkas', ablation: 'small-polka', by: { rounds: 2 }, shows: FORK },
  { rule: 'the quorum for certificates', ablation: 'small-certificate', by: { rounds: 2 }, shows: FORK },
  {
    rule: 'a certificate uses one round only',
    ablation: 'mixed-certificate',
    by: { n: 4, seeds: 100 },
    shows: FORK_OR_STANDSTILL,
  },
  {
    rule: 'no COMMIT in a round after voting in a later one',
    ablation: 'late-commit',
    by: { rounds: 2 },
    shows: FORK,
  },
  { rule: 'votes respect the lock', ablation: 'no-lock', by: { n: 4, seeds: 400 }, shows: FORK },
  {
    rule: 'only a polka of a strictly higher round unlocks',
    ablation: 'any-polka-unlocks',
    by: { rounds: 3, from: '2 1 -|- 1/C1 -|2 - 2' },
    shows: FORK,
  },
  {
    rule: 'evidence revokes neither polkas nor locks',
    ablation: 'evidence-revokes',
    by: { n: 4, seeds: 200 },
    shows: FORK,
  },
  { rule: 'a restart revokes no lock', ablation: 'forget-lock', by: { rounds: 2 }, shows: FORK },
  {
    rule: 'a restart forgets no COMMIT',
    ablation: 'forget-commits',
    by: { n: 4, seeds: 200 },
    shows: /agreement|undecided|self-contradiction/,
  },
  { rule: 'own votes are in the log', ablation: 'forget-log', by: { n: 4, seeds: 60 }, shows: CONTRADICTION },
  {
    rule: 'durable before it is sent',
    ablation: 'send-first',
    by: { n: 4, seeds: 400 },
    shows: CONTRADICTION,
  },
  {
    rule: 'equivocators count in quorums',
    ablation: 'evidence-uncounts',
    by: { n: 4, seeds: 100, script: 'lock-window' },
    shows: FORK_OR_STANDSTILL,
  },
  { rule: 'timers leave a round', ablation: 'no-advance', by: { n: 4, seeds: 50 }, shows: STANDSTILL },
  {
    rule: 'the lock window',
    ablation: 'no-lock-window',
    by: { n: 4, seeds: 5, script: 'late-polka', outage: false, conditions: LATE_POLKA_CONDITIONS },
    shows: STANDSTILL,
  },
  {
    rule: 'the tie-breaker from round 2',
    ablation: 'no-tie-breaker',
    by: { n: 4, seeds: 150, script: 'last-voter' },
    shows: STANDSTILL,
  },
  {
    rule: 'the votes of the round before are in the log',
    ablation: 'forget-previous-round',
    by: { n: 7, seeds: 2000, script: 'contrarian', outage: true },
    shows: STANDSTILL,
  },
  {
    rule: 'who signed a polka is a voter of its round',
    ablation: 'polka-signers-uncounted',
    by: { n: 7, seeds: 100, script: 'vanish', outage: true },
    shows: STANDSTILL,
  },
  {
    rule: 'the bytes of a decided value are kept',
    ablation: 'drop-decided-bytes',
    by: { n: 4, seeds: 50, outage: true, conditions: { versions: 3 } },
    shows: STANDSTILL,
  },
  {
    rule: 'VERIFIED',
    ablation: 'unverified',
    by: { n: 4, seeds: 100, script: 'flood' },
    shows: FORK_OR_STANDSTILL,
  },
];

export interface Finding {
  readonly rule: Rule;
  readonly found: boolean;
  /** What was seen, and where. */
  readonly what: string;
  readonly where: string;
  readonly again: string;
}

/** Looks until the variant is found out or the limit is reached. */
export function findOut(rule: Rule): Finding {
  const { ablation, by } = rule;
  if ('rounds' in by) {
    const from = by.from === undefined ? {} : { from: by.from };
    const { violation, states, depth } = search({
      ...{ n: 4, honest: 3, rounds: by.rounds, depth: Infinity, ablation, ...from },
    });
    return {
      rule,
      found: violation !== null && rule.shows.test(violation),
      what: violation ?? 'nothing',
      where: `${states} states, ${depth} signatures in a row${by.from ? ` from [${by.from.replaceAll('|', '] [')}]` : ''}, ${by.rounds} rounds`,
      again: `--exhaustive --rounds ${by.rounds} --ablate ${ablation}`,
    };
  }
  for (let seed = 1; seed <= by.seeds; seed++) {
    const { n, script, outage, conditions } = by;
    const options: RunOptions = {
      ...{ seed, n, ablation },
      ...(script === undefined ? {} : { script }),
      ...(outage === undefined ? {} : { outage }),
      ...(conditions === undefined ? {} : { conditions }),
    };
    const result = runCluster(options);
    const what = result.outcome === 'undecided' ? 'undecided' : result.what;
    if (result.outcome !== 'decided' && rule.shows.test(what))
      return {
        rule,
        found: true,
        what,
        where: `seed ${seed} of at most ${by.seeds}, n = ${n}`,
        again: `--find ${ablation}`,
      };
  }
  return { rule, found: false, what: 'nothing', where: `${by.seeds} seeds, n = ${by.n}`, again: '' };
}

/** As Markdown, row by row as they are found; gives the number that was not found out. */
export function printRuleTable(print: (line: string) => void): number {
  let missed = 0;
  print('| rule | without it | found as | where |');
  print('|---|---|---|---|');
  for (const rule of rules) {
    const { found, what, where } = findOut(rule);
    if (!found) missed++;
    const name = `\`${rule.ablation}\`: ${ablations[rule.ablation]!.what}`;
    print(`| ${rule.rule} | ${name} | ${found ? what : `**not found** (${what})`} | ${where} |`);
  }
  return missed;
}
