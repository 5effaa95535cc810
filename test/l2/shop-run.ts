/**
 * One run of a whole shop: packages are announced, taken in by whichever of two warehouses comes first, and handed to the courier, while
 * tabs are killed. Judged from outside at the end.
 */
import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { certificateSigners } from '../../src/codec/vote.ts';
import { SERVICES, type PackageRecord } from '../../src/domain/supply/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { transactionStatus } from '../../src/worker/sessions/status.ts';
import { bench, lost, office, type Acknowledged, type Job } from './floor.ts';
import { Shop, type Tab } from './shop.ts';
import { must } from './world.ts';

export const SUPPLIER = 0;
export const BRAVO = 1;
export const CARGO = 2;
/** Announced, labelled, handed over. */
export const VERSIONS = 3;

export interface ShopRun {
  readonly packages: number;
  readonly kills: number;
  readonly seed: number;
}

export interface ShopResult {
  readonly shop: Shop;
  readonly jobs: readonly Job[];
  /** Steps and sessions that were said to be done. */
  readonly told: Acknowledged;
  /** Sessions that another warehouse's overtook. */
  readonly overtaken: number;
  readonly kills: number;
}

/** @throws AssertionError, naming the first thing that was lost, done twice, or contradicted. */
export async function runShop({ packages, kills, seed }: ShopRun): Promise<ShopResult> {
  const shop = new Shop(seed);
  const jobs = await jobsOf(shop, packages);
  const { told, missing } = await workThrough(shop, jobs, kills);
  deepStrictEqual(missing, [], 'acknowledged, and not there after a crash');
  deepStrictEqual(shop.problems, []);
  const overtaken = shop.members
    .flatMap((member) => member.tab!.buffer.list())
    .filter(({ status }) => status.state === 'conflict' || status.state === 'abandoned').length;
  const killed = shop.members.reduce((sum, member) => sum + member.kills, 0);
  ok(killed >= kills, `only ${killed} of ${kills} tabs were killed`);
  await checkShipments(shop, jobs, told);
  return { shop, jobs, told, overtaken, kills: killed };
}

export function jobsOf(shop: Shop, count: number): Promise<Job[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => shop.packageNumber(i)));
}

/** Virtual milliseconds in which everything ends, with a lot of room. */
const horizon = (packages: number, kills: number): number => 120_000 + packages * 4000 + kills * 4000;

/** Opens all tabs; supplier and warehouses work until every package has left, everywhere. */
async function workThrough(
  shop: Shop,
  jobs: readonly Job[],
  kills: number,
): Promise<{ told: Acknowledged; missing: string[] }> {
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
  let left = 0;
  const hasLeft = ({ key }: Job): boolean =>
    shop.members.every((m) => (m.tab?.replica.heads.get(key)?.version ?? 0) >= VERSIONS);
  const isOver = (): boolean => {
    if (errors.length > 0) return true;
    // What was seen to have left stays so but for a tab that starts anew: looked at again at the end.
    while (left < jobs.length && hasLeft(jobs[left]!)) left++;
    if (left < jobs.length || killed < kills) return false;
    left = jobs.every(hasLeft) ? left : 0;
    return left === jobs.length;
  };
  await shop.run(isOver, horizon(jobs.length, kills));
  if (errors.length > 0) throw errors[0];
  // What was decided in the last moment is written, and the losers have seen it.
  const end = shop.scheduler.now + 3000;
  await shop.run(() => shop.scheduler.now >= end, 4000).catch(() => undefined);
  return { told, missing };
}

/** The same chain everywhere; each package announced, labelled and handed over once, by sessions that appear once. */
async function checkShipments(shop: Shop, jobs: readonly Job[], told: Acknowledged): Promise<void> {
  const committed = new Map<string, number>();
  const disks = await Promise.all(shop.members.map((member) => shop.chains(member)));
  for (const job of jobs) {
    const chains = await Promise.all(disks.map((chainOf) => chainOf(job.key)));
    const chain = chains[BRAVO]!;
    const digests = chain.map((v) => v.digest);
    for (const other of chains)
      deepStrictEqual(
        other.map((v) => v.digest),
        digests,
        `chains of ${job.sscc} differ`,
      );
    const values = chain.map(({ body }) => must(parseSessionValue(body)));
    const paths = values.flatMap(({ session }) => session.transactions.map((t) => t.request.path));
    for (const path of [SERVICES.createPackage, SERVICES.label, SERVICES.handOff])
      equal(paths.filter((one) => one === path).length, 1, `${job.sscc}: ${path} not once`);
    equal((values.at(-1)!.record as unknown as PackageRecord).status, 'in-transit', job.sscc);
    for (const { session } of values) {
      ok(!committed.has(session.id), `session ${session.id} is in two versions`);
      committed.set(session.id, session.transactions.length);
    }
    // Any replica tells the status of any transaction, with the certificate that proves it.
    const { tab } = shop.members[shop.random.below(shop.members.length)]!;
    for (const [i, { session }] of values.entries()) {
      const status = await transactionStatus(tab!.replica, job.key, { session: session.id });
      const { version, digest, previous } = status ?? {};
      deepStrictEqual(
        { version: version as number, digest, previous },
        { version: i + 1, digest: digests[i], previous: digests[i - 1] ?? null },
      );
      ok(certificateSigners(status!.certificate).length >= shop.epoch.quorum);
      deepStrictEqual(await transactionStatus(tab!.replica, job.key, { version: i + 1 }), status);
    }
    equal(await transactionStatus(tab!.replica, job.key, { session: 'f'.repeat(32) }), null);
  }
  // Whoever was told that a session is committed finds it in the chain.
  for (const { tab } of shop.members) {
    for (const view of tab?.buffer.list() ?? []) {
      if (view.status.state === 'committed') equal(committed.get(view.id), view.transactions.length);
      else ok(!committed.has(view.id), `${view.id} is ${view.status.state}, and in the chain`);
    }
  }
  ok(told.size > 0);
}
