/** Whole replicas under virtual time: a quick sample, regressions by seed, and things taken away that must be found out. */
import { describe, expect, it } from 'vitest';
import { drawWorld, type Drawn } from './world/draw.ts';
import { roleNames } from './world/roles.ts';
import { REPAIR_WAITS_IN_W0, ROOTS_PERIOD_MS } from '../../src/worker/limits.ts';
import { percentile, row } from './world/table.ts';
import { runWorld, type WorldResult } from './world/world.ts';

const QUICK = 60_000;

const run = (drawn: Drawn): Promise<WorldResult> => runWorld(drawWorld(drawn));

async function allEndWell(n: number, seeds: Iterable<number>, more: Partial<Drawn> = {}): Promise<void> {
  for (const seed of seeds) {
    const result = await run({ seed, n, ...more });
    if (result.outcome !== 'decided')
      expect.fail(
        `${result.outcome} ${result.what}\nnpm run simulate -- --runs 1 --seed ${seed} --replicas ${n} --trace`,
      );
  }
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

async function foundOut(
  ablation: string,
  n: number,
  seeds: number,
  shows: RegExp,
  more: Partial<Drawn> = {},
): Promise<void> {
  for (const seed of range(1, seeds)) {
    const result = await run({ seed, n, ablation, ...more });
    if (result.outcome === 'violation' && shows.test(result.what)) return;
  }
  expect.fail(`not found out within ${seeds} seeds`);
}

describe('whole replicas agree, end and stay bounded', () => {
  for (const role of roleNames) {
    it(`four of them, one of which: ${role}`, { timeout: QUICK }, () =>
      allEndWell(4, range(10_000, 2), { byzantine: [{ role, count: 1 }] }),
    );
  }

  it('whoever signs false answers of RESUME silences nobody', { timeout: QUICK }, async () => {
    await allEndWell(4, range(700_000, 3), { byzantine: [{ role: 'sync-liar', count: 1 }], crashes: 2 });
    await allEndWell(7, range(710_000, 1), { byzantine: [{ role: 'sync-liar', count: 2 }], crashes: 2 });
  });

  const faults: Readonly<Record<string, Partial<Drawn>>> = {
    'a third of all messages lost': { loss: 33 },
    'a network cut in two again and again': { partition: true },
    'crashes with the disk': { crashes: 2 },
    'a crash that loses the disk': { lostDisk: true, byzantine: [] },
    'an old copy of a disk': { oldBackup: true, byzantine: [] },
    'one that joins late': { late: true },
    'replicas that sleep': { sleepers: true },
    'slow replicas': { slow: true },
    'everyone gone for a night, one for good': { outage: true, byzantine: [] },
    'batches over several keys': { batch: true },
    'little bandwidth': { bandwidth: 1 },
  };
  for (const [name, more] of Object.entries(faults)) {
    it(`four with ${name}`, { timeout: QUICK }, () => allEndWell(4, range(11_000, 2), more));
  }

  it('seven with whatever two roles the seed draws', { timeout: QUICK }, () =>
    allEndWell(7, range(20_000, 4)),
  );

  it('twenty with seven links each', { timeout: QUICK }, () =>
    allEndWell(20, range(30_000, 1), { degree: 7 }),
  );

  it('four with the product’s own cryptography', { timeout: QUICK }, () =>
    allEndWell(4, range(40_000, 1), { realCrypto: true, byzantine: [{ role: 'forger', count: 1 }] }),
  );
});

describe('a seed that failed once', () => {
  it('votes on the disk of a replica that started again were told to nobody', { timeout: QUICK }, () =>
    allEndWell(4, [600224]),
  );

  it('an own vote inside a polka left before it was on the disk', { timeout: QUICK }, () =>
    allEndWell(7, [3, 117], { byzantine: [], degree: 4 }),
  );

  it(
    'the past of a key stayed away when a head was replaced before its bytes had come',
    { timeout: QUICK },
    () => allEndWell(4, [5054, 5057, 5079, 5127], { byzantine: [] }),
  );
});

describe('RESUME over several hops', () => {
  it('lets a member with fewer neighbours than a quorum come to vote', { timeout: QUICK }, async () => {
    const result = await runWorld({ seed: 1, n: 10, degree: 4, settledAt: 0, versions: 1 });
    expect(result.what).toBe('');
    expect(result.outcome).toBe('decided');
  });

  it('finds an old copy of a disk though few neighbours hold its votes', { timeout: QUICK }, () =>
    foundOut('no-resume', 10, 40, /votes from an old copy|self-contradiction/, { byzantine: [], degree: 4 }),
  );
});

describe('one seed is one run', () => {
  it('with stand-in cryptography', { timeout: QUICK }, async () => {
    const [a, b] = [await run({ seed: 77, n: 7, trace: true }), await run({ seed: 77, n: 7, trace: true })];
    expect(a.trace.length).toBeGreaterThan(50);
    expect(a.hash).toBe(b.hash);
    expect(a.trace).toEqual(b.trace);
    expect((await run({ seed: 78, n: 7 })).hash).not.toBe(a.hash);
  });

  it('with the product’s own, which answers from other threads', { timeout: QUICK }, async () => {
    const [a, b] = [
      await run({ seed: 5, n: 4, realCrypto: true }),
      await run({ seed: 5, n: 4, realCrypto: true }),
    ];
    expect(a.hash).toBe(b.hash);
  });
});

describe('what is taken away is found out', () => {
  it('a store that says durable before it is', { timeout: QUICK }, () =>
    foundOut('ack-early', 4, 3, /^not durable/),
  );

  it('an old copy of a disk that votes without asking', { timeout: QUICK }, () =>
    foundOut('no-resume', 4, 40, /votes from an old copy|self-contradiction/, { byzantine: [] }),
  );

  it('votes whose signatures nobody checks', { timeout: QUICK }, () =>
    foundOut('unchecked-votes', 4, 60, /convicted|may not vote|does not verify/, {
      byzantine: [{ role: 'forger', count: 1 }],
    }),
  );
});

describe('gossip over several hops', () => {
  const sparse = { seed: 3, n: 22, degree: 7, latency: 60, jitter: 0, settledAt: 1500, w0: 600 } as const;
  const paced = { charged: true, resumed: true, paced: { transactions: 4, every: 1000 } } as const;

  it(
    'waits once for whoever swallows what it should pass on, and twice where who is asked swallows it too',
    async () => {
      // At most ten hops when nobody swallows; then for each of value, polka and certificate so many waits of W0 / 2 and a round trip.
      const bound = (waits: number): number => 10 * 65 + 3 * ((waits * 600) / REPAIR_WAITS_IN_W0 + 2 * 65);
      for (const role of ['swallower', 'silent', 'withholder']) {
        const slowest: number[] = [];
        for (const seed of [3, 5, 6, 7, 8]) {
          const byzantine = new Array<string>(7).fill(role);
          const result = await runWorld({ ...sparse, ...paced, seed, byzantine });
          expect(result.outcome, result.what).toBe('decided');
          slowest.push(Math.max(...result.latencies));
        }
        expect(percentile(slowest, 0.5)).toBeLessThan(bound(1));
        expect(Math.max(...slowest)).toBeLessThan(bound(2));
      }
    },
    QUICK,
  );

  it('repairs pushes that were lost before roots are compared', { timeout: QUICK }, async () => {
    const result = await runWorld({ ...sparse, ...paced, lossAfter: 10 });
    expect(result.outcome, result.what).toBe('decided');
    expect(percentile(result.latencies, 0.5)).toBeLessThan(ROOTS_PERIOD_MS / 2);
  });

  it(
    'learns which neighbour brings whose votes: later versions cost less than the first',
    {
      timeout: QUICK,
    },
    async () => {
      const votes = async (transactions: number): Promise<number> =>
        (await row('all well', 40, transactions, 1)).bytesByKind.votes! * transactions;
      const [one, three] = [await votes(1), await votes(3)];
      // Less than three fifths, with the values, which are a part that nothing spares.
      expect((three - one) / 2).toBeLessThan(one * 0.6);
    },
  );

  it(
    'needs no questions for a value on its way: three diameters to a certificate',
    { timeout: QUICK },
    async () => {
      const one = await row('all well', 24, 2, 1);
      expect(one.outcome).toBe('decided');
      // Three diameters of a graph of 24 with seven links each are at most nine hops; a question at each would make it fifteen.
      expect(one.hopsP50).toBeLessThanOrEqual(9);
      // Late votes are not answered with the certificate that they helped to make.
      expect(one.bytesByKind.certificates ?? 0).toBeLessThan(one.bytesByKind.votes! / 2);
    },
  );

  it('a full mesh forwards nothing and takes three hops', { timeout: QUICK }, async () => {
    const one = await row('all well', 16, 2, 1);
    expect(one.hopsP50).toBe(3);
    // Each own vote once to each neighbour: two votes of under 250 bytes, one of them with the value at the proposer.
    expect(one.bytesByKind.votes!).toBeLessThan(15 * 2 * 350);
  });
});
