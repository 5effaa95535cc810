/**
 * Whole members in the simulator. Samples here; for long: `npm run simulate -- --level shop --packages 1000`, and with `--kills 1000`.
 */
import { describe, expect, it } from 'vitest';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { stepsOf, type Job } from './floor.ts';
import { BRAVO, jobsOf, runShop, SUPPLIER } from './shop-run.ts';
import { Shop, type ShopCounts } from './shop.ts';
import { must } from './world.ts';

describe('four members at work', () => {
  it('40 packages: nothing is lost, and none is shipped twice though two warehouses work on each', async () => {
    const { overtaken } = await runShop({ packages: 40, kills: 0, seed: 1 });
    expect(overtaken).toBeGreaterThan(0);
  });

  it('30 random kills: every acknowledged step is there again, and nobody votes twice', async () => {
    const { kills } = await runShop({ packages: 30, kills: 30, seed: 2 });
    expect(kills).toBeGreaterThanOrEqual(30);
  });
});

describe('a whole shift that was offline', () => {
  const COUNT = 100;

  /** Announces COUNT packages, runs their sessions at one warehouse, and counts what committing them costs. */
  async function shift(how: 'one by one' | 'together'): Promise<ShopCounts> {
    const shop = new Shop(7);
    const jobs = await jobsOf(shop, COUNT);
    await shop.startAll();
    const supplier = shop.members[SUPPLIER]!.tab!;
    const bravo = shop.members[BRAVO]!.tab!;
    const everywhere =
      (version: number, of: readonly Job[] = jobs) =>
      (): boolean =>
        shop.members.every((m) =>
          of.every((job) => (m.tab!.replica.heads.get(job.key)?.version ?? 0) >= version),
        );
    const finished = async <T>(work: Promise<T>): Promise<T> => {
      const state: { result: T | null; error: unknown; over: boolean } = {
        result: null,
        error: null,
        over: false,
      };
      work.then(
        (result) => Object.assign(state, { result, over: true }),
        (error: unknown) => Object.assign(state, { error, over: true }),
      );
      await shop.run(() => state.over, 600_000);
      if (state.error) throw state.error instanceof Error ? state.error : new Error(String(state.error));
      return state.result!;
    };
    const announce = async (): Promise<void> => {
      const started = await Promise.all(
        jobs.map(async ({ key, envelope }) => {
          const body = { envelope, at: Date.UTC(2026, 10, 3) };
          return must(
            await supplier.buffer.start(key, 'office', {
              method: 'POST',
              path: SERVICES.createPackage,
              body,
            }),
          ).id;
        }),
      );
      for (const result of await supplier.buffer.commitAll(started)) must(result);
    };
    await finished(announce());
    await shop.run(everywhere(1), 120_000);
    const sessions = await finished(
      Promise.all(
        jobs.map(async (job) => {
          const [first, ...rest] = stepsOf(job, Date.UTC(2026, 10, 3, 9));
          const { id } = must(await bravo.buffer.start(job.key, 'dock 2', first!));
          for (const request of rest) must(await bravo.buffer.step(id, request));
          return id;
        }),
      ),
    );
    const quiet = shop.scheduler.now + 2000;
    await shop.run(() => shop.scheduler.now >= quiet, 3000);
    const before = { ...shop.counts };
    if (how === 'together')
      for (const result of await finished(bravo.buffer.commitAll(sessions))) must(result);
    else {
      for (const [i, id] of sessions.entries()) {
        must(await finished(bravo.buffer.commit(id)));
        await shop.run(everywhere(2, [jobs[i]!]), 60_000);
      }
    }
    await shop.run(everywhere(2), 120_000);
    const compact = (): boolean =>
      shop.members.every((m) =>
        jobs.every((job) =>
          m.tab!.replica.heads.get(job.key)!.certificate.groups.every((g) => g.form === 'aggregate'),
        ),
      );
    await shop.run(compact, 60_000);
    expect(shop.problems).toEqual([]);
    const names = Object.keys(before) as (keyof ShopCounts)[];
    return Object.fromEntries(
      names.map((name) => [name, shop.counts[name] - before[name]]),
    ) as unknown as ShopCounts;
  }

  it('costs a tenth of what its sessions cost one by one, in votes, signatures and writes', async () => {
    const single = await shift('one by one');
    const together = await shift('together');
    if (process.env.SHOW) console.table({ single, together });
    // Each session has a signature of its own in both: who ran it.
    expect(together.shares * 10).toBeLessThanOrEqual(single.shares);
    expect((together.signed - COUNT) * 10).toBeLessThanOrEqual(single.signed - COUNT);
    expect(together.voteMessages * 10).toBeLessThanOrEqual(single.voteMessages);
    expect(together.writes * 10).toBeLessThanOrEqual(single.writes);
    expect(together.pairings * 10).toBeLessThanOrEqual(single.pairings);
  }, 600_000);
});
