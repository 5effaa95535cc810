/** A network of real browsers on this machine, made by the calls that the pages make. */
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { callOn, summary, unwrap } from '../e2e/replica.ts';
import { DIRECTORY, members } from '../e2e/data.ts';
import { BROWSER_FLAGS, findOrInstallBrowser, PERMISSIONS } from '../scripts/browser.ts';
import { createServer } from '../signaling-server/server.ts';
import type { MemberEntry } from '../src/worker/api.ts';
import { LINK_PATIENCE_MS, STORED_PATIENCE_MS } from './limits.ts';
import { isStored } from './page.ts';

export interface BenchMember {
  readonly name: string;
  readonly page: Page;
  /** Profile folder; null in memory. */
  readonly folder: string | null;
}

/** A further device of one member: a browser of its own, certified, and linked to its member. */
export interface BenchDevice extends BenchMember {
  /** What `setMirror` and `mirrorTo` take. */
  readonly key: string;
}

export interface BenchCluster {
  readonly members: readonly BenchMember[];
  /** From the members' opening their network until everyone is linked to everyone, milliseconds. When the cluster is there, every browser has stored the program as well. */
  readonly linkedMs: number;
  /** Of it, until the last page answered. */
  readonly loadedMs: number;
  readonly chromium: string;
  /** Used so far by all browsers, by kind of process (renderer, GPU …), milliseconds. */
  processorTime(): Promise<Record<string, number>>;
  processes(): Promise<readonly BrowserProcess[]>;
  /**
   * Enrols a device of the member at this place, in the same kind of storage, and waits until it has stored the program. It ends with the cluster.
   * @throws when its browser does not start, the member refuses it, or it is not linked to its member in time.
   */
  addDevice(member: number): Promise<BenchDevice>;
  close(): Promise<void>;
}

/** One of a browser's processes; `id` is the system's. */
export interface BrowserProcess {
  readonly id: number;
  readonly type: string;
  /** Seconds since it started. */
  readonly cpuTime: number;
}

export interface ClusterOptions {
  readonly replicas: number;
  readonly storage: 'disk' | 'memory';
  /** Folder of the built app. */
  readonly dist: string;
  /** A debugging port for each browser, for the profiler. */
  readonly debuggable: boolean;
  /** Called when every member has its page, and nothing is in any of them. */
  readonly blank?: (processes: readonly BrowserProcess[]) => Promise<void>;
  /** What it is at, from time to time: sixteen browsers take a minute to start on a busy machine. */
  readonly say?: (line: string) => void;
}

/**
 * Folders that go at the latest when the process ends: an interrupted run does not come to what it awaits. A folder that cannot be removed, since a
 * browser still writes there, keeps neither the others nor whoever listens to the same end from their turn.
 */
export class Folders {
  readonly #kept = new Set<string>();
  readonly #remove: (folder: string) => void;
  readonly #atExit = (): void => {
    for (const folder of this.#kept)
      try {
        this.#remove(folder);
      } catch {
        // Nobody is left to be told.
      }
  };

  constructor(
    remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  ) {
    this.#remove = remove;
  }

  add(folder: string): void {
    this.#kept.add(folder);
    this.last();
  }

  /** To be called after each launch: Playwright kills its browsers in a listener of its own, which it adds with the first of them, and that has to come first. */
  last(): void {
    process.off('exit', this.#atExit);
    if (this.#kept.size > 0) process.on('exit', this.#atExit);
  }

  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    this.#kept.delete(folder);
    this.last();
  }
}

/** Does all of them, the last first, also when one fails. @throws the first error, when all are done. */
export async function undo(cleanups: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const run of cleanups.splice(0).reverse())
    try {
      await run();
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw errors[0];
}

/**
 * @throws when a browser does not start, a door refuses, the members do not find one another, or a browser does not store the program. The error is the
 * first one, whatever fails after it.
 */
export async function createCluster(options: ClusterOptions): Promise<BenchCluster> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const cleanups: (() => Promise<unknown>)[] = [];
  const folders = new Folders();
  const close = (): Promise<void> => undo(cleanups);
  try {
    const server = await createServer({ port: 0, host: '127.0.0.1', root: options.dist });
    cleanups.push(() => server.close());
    const args = [...BROWSER_FLAGS, ...(options.debuggable ? ['--remote-debugging-port=0'] : [])];
    const launch = { executablePath: found.path, args };
    const context = { permissions: [...PERMISSIONS] };
    const people = members(options.replicas);
    const opened: BenchMember[] = [];
    const browsers: Browser[] = [];
    const open = async (name: string): Promise<BenchMember> => {
      if (options.storage === 'memory') {
        if (browsers.length === 0) {
          const browser = await chromium.launch(launch);
          browsers.push(browser);
          cleanups.push(() => browser.close());
        }
        return { name, page: await pageOf(await browsers[0]!.newContext(context)), folder: null };
      }
      const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
      folders.add(folder);
      cleanups.push(() => folders.remove(folder));
      const persistent = await chromium.launchPersistentContext(folder, { ...launch, ...context });
      folders.last();
      cleanups.push(() => persistent.close());
      const browser = persistent.browser();
      if (browser) browsers.push(browser);
      return { name, page: await pageOf(persistent), folder };
    };
    for (const { name } of people) {
      opened.push(await open(name));
      options.say?.(`${opened.length} of ${people.length} members have a browser`);
    }
    const processes = async (): Promise<readonly BrowserProcess[]> => {
      const all: BrowserProcess[] = [];
      for (const browser of browsers) {
        const session = await browser.newBrowserCDPSession();
        all.push(...(await session.send('SystemInfo.getProcessInfo')).processInfo);
        await session.detach();
      }
      return all;
    };
    await options.blank?.(await processes());
    options.say?.('making keys, and linking everybody to everybody');
    const { genesisFile, ...times } = await makeNetwork(server.url, opened);
    // An app that is built for the profiler has no service worker.
    const isStoring = existsSync(join(options.dist, 'service-worker.js'));
    if (isStoring) {
      options.say?.('waiting until every browser has stored the program');
      await stored(opened);
    }
    const processorTime = async (): Promise<Record<string, number>> => {
      const sums: Record<string, number> = {};
      for (const { type, cpuTime } of await processes()) sums[type] = (sums[type] ?? 0) + cpuTime * 1000;
      return sums;
    };
    const version = browsers[0]?.version() ?? 'unknown';
    const addDevice = async (member: number): Promise<BenchDevice> => {
      const owner = opened[member];
      if (!owner) throw new Error(`There is no member ${member}.`);
      const device = await open(`${owner.name}, second device`);
      const key = await enrol(server.url, owner, device, genesisFile);
      if (isStoring) await stored([device]);
      return { ...device, key };
    };
    return { members: opened, ...times, chromium: version, processorTime, processes, addDevice, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/**
 * Until each of these browsers has the program: some megabytes, which it fetches and stores once its network is open, and which would be measured
 * with whatever is done meanwhile.
 */
async function stored(opened: readonly BenchMember[]): Promise<void> {
  const end = performance.now() + STORED_PATIENCE_MS;
  for (const { name, page } of opened)
    while (!(await page.evaluate(isStored))) {
      if (performance.now() > end) throw new Error(`The browser of ${name} has not stored the program.`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
}

async function pageOf(context: BrowserContext): Promise<Page> {
  // tsx names inner functions by a helper that does not exist in the page.
  await context.addInitScript({ content: 'globalThis.__name = (f) => f;' });
  return context.pages()[0] ?? context.newPage();
}

async function goTo({ page }: BenchMember, address: string): Promise<void> {
  await page.goto(address);
  await page.waitForFunction(() => 'countersign' in window);
}

/** The key of the device, once its member and it are linked. */
async function enrol(
  origin: string,
  owner: BenchMember,
  device: BenchMember,
  genesisFile: Uint8Array,
): Promise<string> {
  await goTo(device, `${origin}/`);
  const { profile, request } = unwrap(
    await callOn(device.page, 'createDeviceKey', { name: 'Second device' }),
  );
  const made = unwrap(await callOn(owner.page, 'certifyDevice', { request, operator: 'bench' }));
  unwrap(made.session);
  unwrap(await callOn(device.page, 'joinAsDevice', { text: made.text, genesisFile }));
  await goTo(device, `${origin}/n/${profile}`);
  const end = performance.now() + LINK_PATIENCE_MS;
  for (;;) {
    const [mine, its] = [await callOn(owner.page, 'state'), await callOn(device.page, 'state')];
    const seen = mine?.siblings.some(({ key }) => key === made.device);
    if (seen && its?.siblings.some((one) => one.member)) return made.device;
    if (performance.now() > end)
      throw new Error(`${device.name} is not linked to its member. It is at:\n${summary(its)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function makeNetwork(
  origin: string,
  opened: readonly BenchMember[],
): Promise<{ readonly linkedMs: number; readonly loadedMs: number; readonly genesisFile: Uint8Array }> {
  const go = (member: BenchMember, path: string): Promise<void> => goTo(member, origin + path);
  await Promise.all(opened.map((member) => go(member, '/')));
  const creator = opened[0]!.page;
  const draft = await callOn(creator, 'newDraft', 'Benchmark');
  const entries: MemberEntry[] = [];
  const profiles: string[] = [];
  for (const [i, { id, name, organisation, role, gln }] of members(opened.length).entries()) {
    const input = { draft, id, name, organisation, role, gln };
    const made = unwrap(await callOn(opened[i]!.page, 'createMemberKey', input));
    profiles.push(made.profile);
    entries.push(unwrap(await callOn(creator, 'readMemberKey', draft, made.key)));
  }
  const { invitation, genesisFile } = unwrap(
    await callOn(creator, 'sealGenesis', {
      draft,
      members: entries,
      ...DIRECTORY,
      signaling: [],
      demo: false,
    }),
  );
  for (const [i, { page }] of opened.entries()) {
    unwrap(await callOn(page, 'join', { invitation, genesisFile, profile: profiles[i]! }));
  }
  const start = performance.now();
  await Promise.all(opened.map((member, i) => go(member, `/n/${profiles[i]}`)));
  const loadedMs = performance.now() - start;
  // Beyond sixteen members a replica keeps at least seven links, and is a voter with fewer than all.
  const wanted = opened.length <= 16 ? opened.length : 8;
  for (const { name, page } of opened) {
    for (;;) {
      const state = await callOn(page, 'state');
      if (state && state.here >= wanted && state.standing.kind === 'voter') break;
      if (performance.now() - start > LINK_PATIENCE_MS) {
        throw new Error(
          `${name} is not linked to ${wanted} members and voting. It is at:\n${summary(state)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return { linkedMs: performance.now() - start, loadedMs, genesisFile };
}
