/** What the study of peers makes of its samples, and when it makes transactions. */
import { describe, expect, test } from 'vitest';
import {
  COMET_DEFAULT,
  COMET_ON_DISK,
  COMET_TUNED,
  costPerTransaction,
  COUNTERSIGN,
  publishedFor,
  ratiosOf,
  seriesOf,
  YJS_FIRST,
  YJS_LAST,
  type Measured,
  type System,
} from '../../bench/studies/peers/figures.ts';
import { quarterOf } from '../../bench/studies/peers/network.ts';
import { atRandomMoments, gap, pause } from '../../bench/studies/peers/pace.ts';

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

test('cold samples stand beside the others, and published figures only where they fit', () => {
  const one = seriesOf(measured(COUNTERSIGN, [1, 2], { cold: [9] }));
  expect(one).toMatchObject({ samples: [1, 2], cold: [9], labels: { stopped: 'none' } });
  expect(one).not.toHaveProperty('published');
  const at = { replicas: 16, delay: 60, stopped: true } as const;
  expect(publishedFor({ system: COMET_DEFAULT, ...at }).map(({ value }) => value)).toEqual([10_000, 27_000]);
  expect(publishedFor({ system: COMET_TUNED, ...at })).toEqual([]);
  expect(publishedFor({ system: COUNTERSIGN, ...at }).map(({ value }) => value)).toEqual([5_000]);
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
    expect([pause(0, 0), pause(0, 1), pause(60, 0)]).toEqual([100, 200, 250]);
    const gaps = Array.from({ length: 10_000 }, (_, i) => gap(4, i / 10_000));
    expect(gaps.reduce((sum, one) => sum + one, 0) / gaps.length).toBeCloseTo(250, 0);
    expect(Math.max(...gaps)).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test('a transaction that fails ends the series with its error', async () => {
    const made: number[] = [];
    const failing = atRandomMoments(false)(1_000, (i) => {
      made.push(i);
      return Promise.reject(new Error('refused'));
    });
    await expect(failing).rejects.toThrow('refused');
    expect(made).toEqual([0]);
  });
});
