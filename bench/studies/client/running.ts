/** A network of four with profiles on disk: what each replica weighs, starts in, stores and does when there is nothing to do. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { callOn, summary } from '../../../e2e/replica.ts';
import { longTasks, type LongTask } from '../../../e2e/main-thread.ts';
import { announceAll, commitAll, inspectAll } from '../../batch-page.ts';
import { createCluster, type BenchCluster, type BenchMember } from '../../cluster.ts';
import {
  BATCH_PATIENCE_MS,
  CLIENT_LONG_TASK_MS,
  CLIENT_MEMORY_PAUSE_MS,
  CLIENT_START_PATIENCE_MS,
  CLIENT_START_POLL_MS,
  CLIENT_STORED_PATIENCE_MS,
  COMMIT_PATIENCE_MS,
  DEFAULT_PAUSE_MS,
  LINK_PATIENCE_MS,
  MESH_SETTLE_MS,
  THROUGHPUT_ANNOUNCED,
} from '../../limits.ts';
import { packages } from '../../packages.ts';
import { holds, inspect, record } from '../../page.ts';
import type { Conditions, StudyContext } from '../../study.ts';
import {
  databaseBytes,
  isStored,
  longTasksSeen,
  started,
  storesIn,
  watchLongTasks,
  type Started,
  type StoreSize,
} from './page.ts';
import { bytesBelow, memoryOf } from './system.ts';

export interface Amounts {
  readonly starts: number;
  readonly idleWindows: number;
  readonly memoryReads: number;
  readonly traced: number;
  readonly stored: number;
  readonly storedAtOnce: number;
}

export interface Timed<T> {
  readonly samples: T;
  readonly conditions: Conditions;
}

export interface Running {
  /** MiB of all processes of one member's browser, and of a browser with a blank page. */
  readonly memory: {
    readonly blank: number;
    readonly empty: Timed<readonly number[]>;
    readonly filled: Timed<readonly number[]>;
  };
  readonly starts: Timed<readonly Started[]>;
  readonly offline: Timed<readonly Started[]>;
  readonly traced: Timed<{
    /** The longest task of each commit, processor time, milliseconds. */
    readonly longest: readonly number[];
    readonly tasks: number;
    readonly long: readonly LongTask[];
    /** Durations of the tasks that the browser itself called long, by the clock, milliseconds. */
    readonly byTheClock: readonly number[];
  }>;
  readonly storage: Timed<readonly StorageLook[]>;
  /** At the warehouse, before the packages and after. */
  readonly stores: { readonly before: readonly StoreSize[]; readonly after: readonly StoreSize[] };
}

/** Of one member, after so many packages. */
export interface StorageLook {
  readonly packages: number;
  readonly member: string;
  /** As the browser estimates it. */
  readonly estimate: number;
  /** Of the folder of its databases. */
  readonly onDisk: number;
}

const REPLICAS = 4;
const SUPPLIER = 0;
const WAREHOUSE = 1;

export async function measureRunning(amounts: Amounts, context: StudyContext): Promise<Running> {
  let blankBytes = 0;
  context.say('four replicas, disk: starting');
  const cluster = await createCluster({
    replicas: REPLICAS,
    storage: 'disk',
    dist: context.dist,
    debuggable: false,
    blank: async (processes) => void (blankBytes = await memoryOf(processes.map(({ id }) => id))),
    say: (line) => context.say(`four replicas: ${line}`),
  });
  try {
    const network = new Network(cluster, context);
    await network.linked();
    // The program is stored in the first half minute; what follows is a network that has done with that.
    await network.stored();
    await sleep(MESH_SETTLE_MS);
    const empty = await network.memory(amounts.memoryReads, 'without packages');
    const starts = await network.starts(amounts.starts);
    const traced = await network.traced(amounts.traced);
    const { storage, stores } = await network.store(amounts.stored, amounts.storedAtOnce, amounts.traced);
    const filled = await network.memory(amounts.memoryReads, `after ${amounts.stored} packages`);
    const offline = await network.offlineStarts(amounts.starts);
    return {
      memory: { blank: blankBytes / REPLICAS, empty, filled },
      starts,
      offline,
      traced,
      storage,
      stores,
    };
  } finally {
    await cluster.close();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Network {
  readonly #cluster: BenchCluster;
  readonly #context: StudyContext;
  /** A start opens another page than the one that the cluster was made with. */
  readonly #pages: Page[];

  constructor(cluster: BenchCluster, context: StudyContext) {
    this.#cluster = cluster;
    this.#context = context;
    this.#pages = cluster.members.map(({ page }) => page);
  }

  async memory(reads: number, when: string): Promise<Timed<readonly number[]>> {
    this.#context.say(`memory of four replicas ${when}`);
    return this.#under(async () => {
      const samples: number[] = [];
      const browsers = await Promise.all(this.#cluster.members.map((member) => this.#processes(member)));
      for (let i = 0; i < reads; i++) {
        for (const processes of browsers) samples.push(await memoryOf(processes));
        await sleep(CLIENT_MEMORY_PAUSE_MS);
      }
      return samples;
    });
  }

  /** Each member in turn leaves and comes back, and the next one once everybody sees everybody. */
  async starts(count: number): Promise<Timed<readonly Started[]>> {
    return this.#under(async () => {
      const samples: Started[] = [];
      for (let i = 0; i <= count; i++) {
        samples.push(await this.#start(i % REPLICAS, REPLICAS));
        await this.linked();
        if (i % 10 === 0) this.#context.say(`starts with an existing profile: ${i} of ${count}`);
      }
      return samples;
    });
  }

  /** One member whose browser is offline: the program comes from the service worker, the record from the device. */
  async offlineStarts(count: number): Promise<Timed<readonly Started[]>> {
    const page = this.#pages[WAREHOUSE]!;
    const context = page.context();
    await context.setOffline(true);
    try {
      return await this.#under(async () => {
        const samples: Started[] = [];
        for (let i = 0; i <= count; i++) {
          samples.push(await this.#start(WAREHOUSE, 0));
          if (i % 10 === 0) this.#context.say(`starts without a server: ${i} of ${count}`);
        }
        return samples;
      });
    } finally {
      await context.setOffline(false);
    }
  }

  /** Sessions at the warehouse while its bench page is open, each with a trace of its own. */
  async traced(count: number): Promise<Running['traced']> {
    const supplier = this.#pages[SUPPLIER]!;
    const warehouse = this.#pages[WAREHOUSE]!;
    const all = packages(count + 1);
    await supplier.evaluate(record);
    await this.#announce(all.map(({ envelope }) => envelope));
    await warehouse.goto(`${warehouse.url().replace(/(\/n\/[^/]+).*$/, '$1')}/bench`);
    await this.linked();
    await warehouse.evaluate(record);
    await warehouse.evaluate(watchLongTasks);
    const browser = warehouse.context().browser();
    if (!browser) throw new Error('The warehouse has no browser to trace.');
    return this.#under(async () => {
      const longest: number[] = [];
      const long: LongTask[] = [];
      let tasks = 0;
      for (const [i, { sscc, lines }] of all.entries()) {
        await warehouse.evaluate(holds, { sscc, version: 1, patience: COMMIT_PATIENCE_MS });
        const seen = await longTasks(browser, warehouse, CLIENT_LONG_TASK_MS, async () => {
          await warehouse.evaluate(inspect, {
            sscc,
            lines: lines.length,
            commit: true,
            patience: COMMIT_PATIENCE_MS,
          });
          // The page draws what it was told.
          await sleep(DEFAULT_PAUSE_MS);
        });
        if (i % 10 === 0) this.#context.say(`traced commits: ${i} of ${count}`);
        // The first draws the bench with a session for the first time: it is cold.
        longest.push(seen.longest);
        if (i === 0) continue;
        long.push(...seen.long);
        tasks += seen.tasks;
      }
      return { longest, tasks, long, byTheClock: await warehouse.evaluate(longTasksSeen) };
    });
  }

  /** `from`: packages that were announced before. */
  async store(count: number, atOnce: number, from: number): Promise<Pick<Running, 'storage' | 'stores'>> {
    const supplier = this.#pages[SUPPLIER]!;
    const warehouse = this.#pages[WAREHOUSE]!;
    const all = packages(from + 1 + count).slice(from + 1);
    const name = `countersign-${/\/n\/([^/]+)/.exec(warehouse.url())?.[1] ?? ''}`;
    const before = await warehouse.evaluate(storesIn, name);
    await supplier.evaluate(record);
    await warehouse.evaluate(record);
    const storage = await this.#under(async () => {
      const looks = [...(await this.#look(0))];
      for (let done = 0; done < count; done += atOnce) {
        const part = all.slice(done, done + atOnce);
        await this.#announce(part.map(({ envelope }) => envelope));
        const sessions = await warehouse.evaluate(inspectAll, {
          packages: part.map(({ sscc, lines }) => ({ sscc, lines: lines.length })),
          patience: BATCH_PATIENCE_MS,
        });
        await warehouse.evaluate(commitAll, { sessions, together: true, patience: BATCH_PATIENCE_MS });
        for (const page of this.#pages)
          await page.evaluate(holds, {
            sscc: part.at(-1)!.sscc,
            version: 2,
            patience: BATCH_PATIENCE_MS,
          });
        await sleep(DEFAULT_PAUSE_MS);
        looks.push(...(await this.#look(done + part.length)));
        this.#context.say(`storage: ${done + part.length} of ${count} packages`);
      }
      return looks;
    });
    return { storage, stores: { before, after: await warehouse.evaluate(storesIn, name) } };
  }

  /** Until every page sees every member and may vote. @throws when that does not come. */
  async linked(): Promise<void> {
    const end = performance.now() + LINK_PATIENCE_MS;
    for (const page of this.#pages)
      for (;;) {
        const state = await callOn(page, 'state').catch(() => null);
        if (state && state.here >= REPLICAS && state.standing.kind === 'voter') break;
        if (performance.now() > end) throw new Error(`A replica is not linked to all:\n${summary(state)}`);
        await sleep(20);
      }
  }

  /** Until every browser has the program. @throws when one does not. */
  async stored(): Promise<void> {
    this.#context.say('waiting until every browser has stored the program');
    const end = performance.now() + CLIENT_STORED_PATIENCE_MS;
    for (const page of this.#pages)
      while (!(await page.evaluate(isStored))) {
        if (performance.now() > end) throw new Error('A browser has not stored the program.');
        await sleep(200);
      }
  }

  async #start(member: number, here: number): Promise<Started> {
    const old = this.#pages[member]!;
    const address = old.url();
    // Another page first: a browser without one may end.
    const page = await old.context().newPage();
    await old.close();
    this.#pages[member] = page;
    const response = await page.goto(address, { waitUntil: 'commit' });
    if (here === 0 && response?.fromServiceWorker() !== true)
      throw new Error('The page did not come from the service worker.');
    return page.evaluate(started, { here, poll: CLIENT_START_POLL_MS, patience: CLIENT_START_PATIENCE_MS });
  }

  async #announce(envelopes: readonly string[]): Promise<void> {
    for (let from = 0; from < envelopes.length; from += THROUGHPUT_ANNOUNCED)
      await this.#pages[SUPPLIER]!.evaluate(announceAll, {
        envelopes: envelopes.slice(from, from + THROUGHPUT_ANNOUNCED),
        together: true,
        patience: BATCH_PATIENCE_MS,
      });
  }

  async #look(count: number): Promise<readonly StorageLook[]> {
    const looks: StorageLook[] = [];
    for (const [i, { name, folder }] of this.#cluster.members.entries())
      looks.push({
        packages: count,
        member: name,
        estimate: await this.#pages[i]!.evaluate(databaseBytes),
        onDisk: await bytesBelow(join(folder!, 'Default', 'IndexedDB')),
      });
    return looks;
  }

  async #processes({ page, name }: BenchMember): Promise<readonly number[]> {
    const browser = this.#pages
      .find((one) => one.context() === page.context())
      ?.context()
      .browser();
    if (!browser) throw new Error(`${name} has no browser.`);
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return processInfo.map(({ id }) => id);
  }

  async #under<T>(measure: () => Promise<T>): Promise<Timed<T>> {
    const { value, conditions } = await this.#context.under(measure);
    return { samples: value, conditions };
  }
}
