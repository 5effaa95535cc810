/** A network of four with profiles on disk: what each replica weighs, starts in, stores and does when there is nothing to do. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { callOn, summary } from '../../../e2e/replica.ts';
import { longTasks, type LongTask } from '../../../e2e/main-thread.ts';
import { announceAll, commitAll, inspectAll } from '../../batch-page.ts';
import {
  createCluster,
  type BenchCluster,
  type BenchMember,
  type BrowserProcess,
  type ClusterOptions,
} from '../../cluster.ts';
import {
  BATCH_PATIENCE_MS,
  CLIENT_LONG_TASK_MS,
  CLIENT_MEMORY_PAUSE_MS,
  CLIENT_START_PATIENCE_MS,
  CLIENT_START_POLL_MS,
  COMMIT_PATIENCE_MS,
  DEFAULT_PAUSE_MS,
  LINK_PATIENCE_MS,
  MESH_SETTLE_MS,
  THROUGHPUT_ANNOUNCED,
} from '../../limits.ts';
import { packages } from '../../packages.ts';
import { holds, inspect, record } from '../../page.ts';
import { attempt } from '../../part.ts';
import type { Conditions, StudyContext } from '../../study.ts';
import { weighed, type ByKind } from './figures.ts';
import {
  databaseBytes,
  longTasksSeen,
  started,
  storesIn,
  watchLongTasks,
  type Started,
  type StoreSize,
} from './page.ts';
import { bytesBelow, memoryByKind, memoryOf } from './system.ts';

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

/** What one member's browser weighed each time that it was looked at, MiB. */
export interface Weight {
  readonly member: string;
  readonly reads: readonly number[];
  /** The middle read of each kind of process (browser, renderer, GPU …), all of that kind together, MiB. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** A network that nothing was done with before. Null: that part has failed. */
export interface Filled {
  /** Of all processes of one member's browser, and of a browser with a blank page, MiB. */
  readonly memory: {
    readonly blank: number;
    readonly empty: Timed<readonly Weight[]> | null;
    readonly filled: Timed<readonly Weight[]> | null;
  };
  readonly stored: Stored | null;
}

/** Null: that part has failed. */
export interface Running {
  /** The first of each member is cold: as many as there are replicas. */
  readonly starts: Timed<readonly Started[]> | null;
  /** The first is cold. */
  readonly offline: Timed<readonly Started[]> | null;
  readonly traced: Timed<{
    /** The longest task of each commit, processor time, milliseconds. */
    readonly longest: readonly number[];
    readonly tasks: number;
    readonly long: readonly LongTask[];
    /** Durations of the tasks that the browser itself called long, by the clock, milliseconds. */
    readonly byTheClock: readonly number[];
  }> | null;
}

export interface Stored {
  readonly looks: Timed<readonly StorageLook[]>;
  /** At the warehouse, before the packages and after; null: that part has failed. */
  readonly stores: { readonly before: readonly StoreSize[]; readonly after: readonly StoreSize[] } | null;
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

export const REPLICAS = 4;
const SUPPLIER = 0;
const WAREHOUSE = 1;

type Found = Parameters<typeof attempt>[2];
type Measure = <T>(what: string, measure: () => Promise<T>) => Promise<T | null>;

/**
 * Memory without packages and with them, and what they take on the disk, in a network that nothing else was done with: pages that were opened a hundred
 * times and traces leave garbage of their own. @throws when there is no network; a part that fails leaves its mark in `found`, and the others go on.
 */
export async function measureFilled(amounts: Amounts, context: StudyContext, found: Found): Promise<Filled> {
  let blankBytes = 0;
  return inNetwork(
    context,
    found,
    async (network, part) => {
      const { memoryReads, stored, storedAtOnce } = amounts;
      const empty = await part('memory without packages', () =>
        network.memory(memoryReads, 'without packages'),
      );
      const before = await part('object stores before', () => network.stores());
      const looks = await part('storage', () => network.store(stored, storedAtOnce));
      // What a network weighs that has only some of them is not asked.
      const filled =
        looks &&
        (await part('memory with packages', () => network.memory(memoryReads, `after ${stored} packages`)));
      // Last: it reads the whole database into the page.
      const after = await part('object stores after', () => network.stores());
      return {
        memory: { blank: blankBytes / REPLICAS, empty, filled },
        stored: looks && { looks, stores: before && after && { before, after } },
      };
    },
    async (processes) => void (blankBytes = await memoryOf(processes.map(({ id }) => id))),
  );
}

/** Starts and commits. @throws when there is no network; a part that fails leaves its mark in `found`, and the others go on. */
export const measureRunning = (amounts: Amounts, context: StudyContext, found: Found): Promise<Running> =>
  inNetwork(context, found, async (network, part) => {
    const starts = await part('starts', () => network.starts(amounts.starts));
    // Right after them, so that the record is as empty and the page the same: the server and the others are all that differs.
    const offline = await part('starts without a server', () => network.offlineStarts(amounts.starts));
    const traced = await part('traced commits', () => network.traced(amounts.traced));
    return { starts, offline, traced };
  });

async function inNetwork<T>(
  context: StudyContext,
  found: Found,
  measure: (network: Network, part: Measure) => Promise<T>,
  blank?: ClusterOptions['blank'],
): Promise<T> {
  context.say('four replicas, disk: starting');
  const cluster = await createCluster({
    replicas: REPLICAS,
    storage: 'disk',
    dist: context.dist,
    debuggable: false,
    ...(blank && { blank }),
    say: (line) => context.say(`four replicas: ${line}`),
  });
  try {
    const network = new Network(cluster, context);
    await network.linked();
    return await measure(network, async (what, work) =>
      attempt(what, context, found, async () => {
        await network.linked();
        return work();
      }),
    );
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

  /** After a moment of rest. */
  async memory(reads: number, when: string): Promise<Timed<readonly Weight[]>> {
    this.#context.say(`memory of four replicas ${when}`);
    await sleep(MESH_SETTLE_MS);
    return this.#under(async () => {
      const looked: { member: string; processes: readonly BrowserProcess[]; looks: ByKind[] }[] = [];
      for (const member of this.#cluster.members)
        looked.push({ member: member.name, processes: await this.#processes(member), looks: [] });
      for (let i = 0; i < reads; i++) {
        for (const { processes, looks } of looked) looks.push(await memoryByKind(processes));
        await sleep(CLIENT_MEMORY_PAUSE_MS);
      }
      return looked.map(({ member, looks }) => weighed(member, looks));
    });
  }

  /** Each member in turn leaves and comes back, and the next one once everybody sees everybody. `count` of them after the first of each. */
  async starts(count: number): Promise<Timed<readonly Started[]>> {
    return this.#under(async () => {
      const samples: Started[] = [];
      for (let i = 0; i < REPLICAS + count; i++) {
        samples.push(await this.#start(i % REPLICAS, REPLICAS));
        await this.linked();
        if (i % 10 === 0) this.#context.say(`starts with an existing profile: ${i} of ${REPLICAS + count}`);
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
      // Online once more, and no sample: what comes next needs the whole network.
      await this.#start(WAREHOUSE, REPLICAS);
      await this.linked();
    }
  }

  /** Sessions at the warehouse while its bench page is open, each with a trace of its own. */
  async traced(count: number): Promise<NonNullable<Running['traced']>> {
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
        // A browser that names its tasks otherwise shows none, and none is never too long.
        if (seen.tasks === 0) throw new Error("The browser's trace has no task of the page's main thread.");
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

  /** What each object store of the warehouse holds. */
  async stores(): Promise<readonly StoreSize[]> {
    const warehouse = this.#pages[WAREHOUSE]!;
    const name = `countersign-${/\/n\/([^/]+)/.exec(warehouse.url())?.[1] ?? ''}`;
    return warehouse.evaluate(storesIn, name);
  }

  async store(count: number, atOnce: number): Promise<Timed<readonly StorageLook[]>> {
    const supplier = this.#pages[SUPPLIER]!;
    const warehouse = this.#pages[WAREHOUSE]!;
    const all = packages(count);
    await supplier.evaluate(record);
    await warehouse.evaluate(record);
    return this.#under(async () => {
      const looks: StorageLook[] = [...(await this.#look(0))];
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

  async #processes({ page, name }: BenchMember): Promise<readonly BrowserProcess[]> {
    const browser = this.#pages
      .find((one) => one.context() === page.context())
      ?.context()
      .browser();
    if (!browser) throw new Error(`${name} has no browser.`);
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return processInfo;
  }

  async #under<T>(measure: () => Promise<T>): Promise<Timed<T>> {
    const { value, conditions } = await this.#context.under(measure);
    return { samples: value, conditions };
  }
}
