/**
 * Whole members in the simulator. Samples here; for long: `PACKAGES=1000 KILLS=1000 npx vitest run test/l2/world.test.ts`, SEED chooses the run.
 */
import { describe, expect, it } from 'vitest';
import { certificateSigners } from '../../src/codec/vote.ts';
import { SERVICES, type PackageRecord } from '../../src/domain/supply/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { transactionStatus } from '../../src/worker/sessions/status.ts';
import { bench, lost, office, stepsOf, type Acknowledged, type Job } from './floor.ts';
import { must } from './world.ts';
import { Shop, type ShopCounts, type Tab } from './shop.ts';

const PACKAGES = Number(process.env.PACKAGES ?? 40);
const KILLS = Number(process.env.KILLS ?? 30);
const SEED = Number(process.env.SEED ?? 1);
const SUPPLIER = 0;
const BRAVO = 1;
const CARGO = 2;
/** Virtual milliseconds in which everything ends, with a lot of room. */
const horizon = (packages: number, kills: number): number => 120_000 + packages * 4000 + kills * 4000;

async function jobsOf(shop: Shop, count: number): Promise<Job[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => shop.packageNumber(i)));
}

/** Opens all tabs; supplier and warehouses work until every package is labelled everywhere. */
async function workThrough(
  shop: Shop,
  jobs: readonly Job[],
  kills: number,
): Promise<{ told: Acknowledged; lost: string[] }> {
  const told: Acknowledged = new Map();
  const missing: string[] = [];
  const errors: unknown[] = [];
  const work = (job: Promise<void>): void => void job.catch((error: unknown) => errors.push(error));
  shop.onTab = (tab: Tab) => {
    const gone = lost(tab, told);
    if (gone) missing.push(gone);
    const { index } = tab.member;
    if (index === SUPPLIER) work(office(shop, tab, jobs, told));
    if (index !== BRAVO && index !== CARGO) return;
    // Both begin at the same end: most packages are worked on twice at once, and one of the two must give way.
    work(bench(shop, tab, jobs, 0, told));
    work(bench(shop, tab, jobs, Math.trunc(jobs.length / 2), told));
  };
  for (const member of shop.members) shop.start(member);
  let killed = 0;
  const killSome = (): void => {
    if (killed >= kills) return;
    const alive = shop.members.filter((m) => m.tab);
    // Now and then more than f at once.
    for (const member of alive.filter(() => shop.random.chance(35))) {
      killed++;
      shop.kill(member);
      shop.at(shop.scheduler.now + 20 + shop.random.below(500), () => shop.start(member));
    }
    shop.at(shop.scheduler.now + 150 + shop.random.below(900), killSome);
  };
  shop.at(300, killSome);
  const isLabelled = (): boolean =>
    errors.length > 0 ||
    (killed >= kills &&
      shop.members.every(
        (m) => m.tab && jobs.every((job) => (m.tab!.replica.heads.get(job.key)?.version ?? 0) >= 2),
      ));
  await shop.run(isLabelled, horizon(jobs.length, kills));
  if (errors.length > 0) throw errors[0];
  // What was decided in the last moment is written, and the losers have seen it.
  const end = shop.scheduler.now + 3000;
  await shop.run(() => shop.scheduler.now >= end, 4000).catch(() => undefined);
  return { told, lost: missing };
}

/** The same chain everywhere; each package announced once and labelled once, by sessions that appear once. */
async function checkShipments(shop: Shop, jobs: readonly Job[], told: Acknowledged): Promise<void> {
  const committed = new Map<string, number>();
  for (const job of jobs) {
    const chains = await Promise.all(shop.members.map((member) => shop.chain(member, job.key)));
    const chain = chains[BRAVO]!;
    for (const other of chains) expect(other.map((v) => v.digest)).toEqual(chain.map((v) => v.digest));
    const values = chain.map(({ body }) => must(parseSessionValue(body)));
    const paths = values.flatMap(({ session }) => session.transactions.map((t) => t.request.path));
    expect(paths.filter((path) => path === SERVICES.createPackage).length).toBe(1);
    expect(paths.filter((path) => path === SERVICES.label).length, `${job.sscc} leaves once`).toBe(1);
    expect((values.at(-1)!.record as unknown as PackageRecord).status).toBe('labelled');
    for (const { session } of values) {
      expect(committed.has(session.id)).toBe(false);
      committed.set(session.id, session.transactions.length);
    }
    // Any replica tells the status of any transaction, with the certificate that proves it.
    const { tab } = shop.members[shop.random.below(shop.members.length)]!;
    for (const [i, { session }] of values.entries()) {
      const status = await transactionStatus(tab!.replica, job.key, { session: session.id });
      expect(status).toMatchObject({
        version: i + 1,
        digest: chain[i]!.digest,
        previous: chain[i - 1]?.digest ?? null,
      });
      expect(certificateSigners(status!.certificate).length).toBeGreaterThanOrEqual(shop.epoch.quorum);
      expect(await transactionStatus(tab!.replica, job.key, { version: i + 1 })).toEqual(status);
    }
    expect(await transactionStatus(tab!.replica, job.key, { session: 'f'.repeat(32) })).toBeNull();
  }
  // Whoever was told that a session is committed finds it in the chain.
  for (const { tab } of shop.members) {
    for (const view of tab?.buffer.list() ?? []) {
      if (view.status.state === 'committed') expect(committed.get(view.id)).toBe(view.transactions.length);
      else expect(committed.has(view.id), `${view.id} is ${view.status.state}`).toBe(false);
    }
  }
  expect(told.size).toBeGreaterThan(0);
}

describe('four members at work', () => {
  it(`${PACKAGES} packages: nothing is lost, and none is shipped twice though two warehouses work on each`, async () => {
    const shop = new Shop(SEED);
    const jobs = await jobsOf(shop, PACKAGES);
    const { told, lost: missing } = await workThrough(shop, jobs, 0);
    expect(missing).toEqual([]);
    expect(shop.problems).toEqual([]);
    await checkShipments(shop, jobs, told);
    const races = shop.members
      .flatMap((m) => m.tab!.buffer.list())
      .filter((s) => s.status.state === 'conflict' || s.status.state === 'abandoned');
    expect(races.length).toBeGreaterThan(0);
  }, 3_600_000);

  it(`${KILLS} random kills: every acknowledged step is there again, and nobody votes twice`, async () => {
    const shop = new Shop(SEED + 1);
    const jobs = await jobsOf(shop, Math.max(8, Math.min(100, KILLS)));
    const { told, lost: missing } = await workThrough(shop, jobs, KILLS);
    expect(missing).toEqual([]);
    expect(shop.problems).toEqual([]);
    expect(shop.members.reduce((sum, m) => sum + m.kills, 0)).toBeGreaterThanOrEqual(KILLS);
    await checkShipments(shop, jobs, told);
  }, 3_600_000);
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
