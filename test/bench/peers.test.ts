/** What the study of peers makes of its samples, and when it makes transactions. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BELOW_NOISE,
  bestOf,
  COMET_DEFAULT,
  COMET_ON_DISK,
  COMET_TUNED,
  costPerTransaction,
  costTable,
  COUNTERSIGN,
  publishedFor,
  ratiosOf,
  seriesOf,
  SETTINGS_TABLE,
  trialTable,
  YJS_FIRST,
  YJS_LAST,
  type Measured,
  type System,
} from '../../bench/studies/peers/figures.ts';
import { quarterOf } from '../../bench/studies/peers/network.ts';
import {
  atRandomMoments,
  atRest,
  gap,
  overRotations,
  pause,
  wholeRotation,
} from '../../bench/studies/peers/pace.ts';

const conditions = { bls: [1, 1], load: [0, 0] } as const;

function measured(system: System, samples: readonly number[], more: Partial<Measured> = {}): Measured {
  return { system, replicas: 4, delay: 0, stopped: false, samples, cold: [], conditions, ...more };
}

describe('ratios', () => {
  test('theirs over ours for CometBFT, ours over theirs for Yjs, of medians', () => {
    const ratios = ratiosOf([
      measured(COUNTERSIGN, [10, 20, 900]),
      measured(COMET_DEFAULT, [500, 600, 700]),
      measured(COMET_TUNED, [30, 1, 2_000]),
      measured(COMET_ON_DISK, [77]),
      measured(YJS_FIRST, [1]),
      measured(YJS_LAST, [5, 5, 6]),
    ]);
    expect(ratios.map(({ name, value, better }) => [name, value, better])).toEqual([
      ['CometBFT default / Countersign: 4 replicas, 0 ms', 30, 'higher'],
      ['CometBFT tuned / Countersign: 4 replicas, 0 ms', 1.5, 'higher'],
      ['Countersign / Yjs, last to have it: 4 replicas, 0 ms', 4, 'lower'],
    ]);
  });

  test('another size, delay or failure is never put beside ours', () => {
    const ours = measured(COUNTERSIGN, [10], { replicas: 16, delay: 60, stopped: true });
    const others = [
      measured(COMET_TUNED, [1], { replicas: 7, delay: 60, stopped: true }),
      measured(COMET_TUNED, [1], { replicas: 16, delay: 0, stopped: true }),
      measured(COMET_TUNED, [1], { replicas: 16, delay: 60 }),
      measured(YJS_LAST, [1], { replicas: 16, delay: 60 }),
    ];
    expect(ratiosOf([ours, ...others])).toEqual([]);
    const same = measured(COMET_TUNED, [20], { replicas: 16, delay: 60, stopped: true });
    expect(ratiosOf([ours, ...others, same])).toMatchObject([
      { name: 'CometBFT tuned / Countersign: 16 replicas, 60 ms, a quarter stopped', value: 2 },
    ]);
  });

  test('nothing is divided by what has no samples', () => {
    expect(ratiosOf([measured(COUNTERSIGN, []), measured(COMET_TUNED, [1])])).toEqual([]);
    expect(ratiosOf([measured(COUNTERSIGN, [1]), measured(COMET_TUNED, [])])).toEqual([]);
  });
});

test('a transaction costs what is beyond the idle network, for as long as it was busy', () => {
  const cost = costPerTransaction({
    ...{ system: COMET_TUNED, replicas: 4, transactions: 10 },
    ...{ idleMs: 1_000, idleProcessor: 100, idleSent: 2_000 },
    ...{ busyMs: 5_000, busyProcessor: 1_500, busySent: 60_000 },
  });
  expect(cost).toEqual({ processor: 100, sent: 5_000 });
});

test('a cost that the idle network hides is not told as a figure', () => {
  const cost = {
    ...({ system: COMET_TUNED, replicas: 4, transactions: 10 } as const),
    ...{ idleMs: 1_000, idleProcessor: 100, idleSent: 2_000, busyMs: 5_000 },
  };
  const row = (busyProcessor: number, busySent: number): readonly (string | number)[] =>
    costTable([{ ...cost, busyProcessor, busySent }]).rows[0]!.slice(5);
  expect(row(1_500, 60_000)).toEqual([100, 2, 5]);
  // Idle alone would have used 500 ms and 10 kB.
  expect(row(490, 10_900)).toEqual([BELOW_NOISE, 2, BELOW_NOISE]);
  expect(row(549, 11_100)).toEqual([BELOW_NOISE, 2, 0.1]);
});

test('the settings tuned are the best of the trial at each size, every delay alike', () => {
  const trial = (
    replicas: number,
    gossip: number,
    ...medians: number[]
  ): Parameters<typeof bestOf>[0][0] => ({
    ...{ replicas, gossip, medians, idleProcessor: 0.5 },
  });
  const trials = [
    trial(4, 10, 20, 300),
    trial(4, 30, 40, 320),
    trial(16, 10, 300, 900),
    trial(16, 30, 250, 800),
  ];
  expect(bestOf(trials.slice(0, 2))).toBe(10);
  // 20 ms more of 300 are less than 10 of 20.
  expect(bestOf([trial(4, 10, 30, 300), trial(4, 30, 20, 320)])).toBe(30);
  expect(trialTable(trials).rows.map((row) => row.at(-1))).toEqual(['taken', '', '', 'taken']);
  expect(trialTable(trials).rows[0]).toEqual([4, '10 ms', 20, 300, 500, 'taken']);
});

/** `TimeoutProposeDelta` as CometBFT writes it in its file: `timeout_propose_delta`. */
const fieldName = (name: string): string => name.replaceAll(/(?<=[a-z0-9])[A-Z]/gu, '_$&').toLowerCase();

test('the table of settings is what the program sets', () => {
  const source = readFileSync(new URL('../../bench/peers/cometbft/validator.go', import.meta.url), 'utf8');
  const body = /^func tune\(.*?^\}/msu.exec(source)![0];
  const set = new Map(
    [...body.matchAll(/^\tc\.(?:P2P|Consensus)\.(\w+) = (.+)$/gmu)].map(([, name, value]) => {
      const duration = /^(?:(\d+) \* )?time\.Millisecond$/u.exec(value!);
      return [fieldName(name!), duration ? `${duration[1] ?? 1} ms` : value!];
    }),
  );
  // A line that this does not understand is a setting that the table may lack.
  expect(set.size).toBe([...body.matchAll(/^\tc\./gmu)].length);
  const told = new Map<string, string>();
  for (const [names, , tuned] of SETTINGS_TABLE.rows) {
    const [name, more] = String(names).split(', and more each round');
    const [value, delta] = more === undefined ? [String(tuned)] : String(tuned).split(', ');
    told.set(name!, value!);
    if (more !== undefined) told.set(`${name}_delta`, delta!);
  }
  // What the program is told; the trial decides.
  expect(set.get('peer_gossip_sleep_duration')).toBe('gossip');
  expect(told.get('peer_gossip_sleep_duration')).toBe('10, 30, 100 ms: see the trials');
  const less = (all: ReadonlyMap<string, string>): Record<string, string> =>
    Object.fromEntries([...all].filter(([name]) => name !== 'peer_gossip_sleep_duration').sort());
  expect(less(told)).toEqual(less(set));
});

test('cold samples stand beside the others, and published figures only where they fit', () => {
  const one = seriesOf(measured(COUNTERSIGN, [1, 2], { cold: [9] }));
  expect(one).toMatchObject({ samples: [1, 2], cold: [9], labels: { stopped: 'none' } });
  expect(one).not.toHaveProperty('published');
  const at = { replicas: 16, delay: 60, stopped: true } as const;
  // Words alone: of another size, so there is no mark in the plot, and never another system's.
  const found = publishedFor({ system: COMET_DEFAULT, ...at });
  expect(found.map(({ value }) => value)).toEqual([null]);
  expect(found[0]!.source).toMatch(/^Tendermint/);
  expect(publishedFor({ system: COMET_TUNED, ...at })).toEqual([]);
  expect(publishedFor({ system: COUNTERSIGN, ...at }).map(({ value }) => value)).toEqual([null]);
  const own = { system: COMET_DEFAULT, replicas: 16, delay: 0, stopped: false } as const;
  expect(publishedFor(own).map(({ value }) => value)).toEqual([449.8]);
  expect(publishedFor({ system: COMET_DEFAULT, ...at, delay: 0 })).toEqual([]);
});

test('a quarter is never more than a network bears', () => {
  expect([4, 7, 10, 13, 16].map((n) => quarterOf(n))).toEqual([
    [3],
    [6],
    [8, 9],
    [10, 11, 12],
    [12, 13, 14, 15],
  ]);
  for (let n = 4; n <= 40; n++) expect(quarterOf(n).length).toBeLessThanOrEqual(Math.floor((n - 1) / 3));
});

describe('pace', () => {
  test('a pause is longer on longer lines, and gaps have their mean', () => {
    expect([pause(0, 0), pause(0, 1), pause(60, 0)]).toEqual([100, 200, 190]);
    const gaps = Array.from({ length: 10_000 }, (_, i) => gap(4, i / 10_000));
    expect(gaps.reduce((sum, one) => sum + one, 0) / gaps.length).toBeCloseTo(250, 0);
    expect(Math.max(...gaps)).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test('a transaction that fails ends the series with its error', async () => {
    const made: number[] = [];
    const failing = atRandomMoments(1_000, (i) => {
      made.push(i);
      return Promise.reject(new Error('refused'));
    });
    await expect(failing).rejects.toThrow('refused');
    expect(made).toEqual([0]);
  });

  test('transactions that take two blocks each meet every proposer as often, dead or not', async () => {
    // As in a network of four: the turn moves on by two with a transaction, and by one with a block of its own.
    let state = 12_345;
    const chance = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    let height = 0;
    const met = [0, 0, 0, 0];
    const turns = {
      height: () => Promise.resolve(height),
      rest: () => Promise.resolve(),
      on: () => Promise.resolve(void height++),
    };
    const make = (): Promise<number> => {
      met[height % 4]!++;
      height += 2;
      return Promise.resolve(0);
    };
    await atRest(turns, [0, 1, 2, 3], false, chance, 0)(40, make);
    expect(met).toEqual([20, 0, 20, 0]);
    met.fill(0);
    await atRest(turns, [0, 1, 2, 3], true, chance, 0)(200, make);
    for (const count of met) expect(count).toBeGreaterThan(35);
  });

  test('a rotation ends where every proposer has had as many turns', () => {
    expect(wholeRotation(10, 10, 4)).toBe(14);
    expect(wholeRotation(10, 14, 4)).toBe(14);
    expect(wholeRotation(10, 15, 4)).toBe(18);
    expect(wholeRotation(7, 40, 16)).toBe(55);
  });

  test('transactions go on until the rotation is over, and not for ever', async () => {
    let height = 100;
    const samples = await overRotations(
      8,
      () => Promise.resolve(height),
      100_000,
    )(10, () => {
      height++;
      return Promise.resolve(1);
    });
    expect(samples.length).toBe(16);
    const never = overRotations(8, () => Promise.resolve(100), 100_000)(3, () => Promise.resolve(1));
    await expect(never).rejects.toThrow(/^303 .* 108 is at 100/u);
  });
});
