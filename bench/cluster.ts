/** A network of real browsers on this machine, made by the calls that the pages make. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { callOn, summary, unwrap } from '../e2e/replica.ts';
import { DIRECTORY, members } from '../e2e/data.ts';
import { BROWSER_FLAGS, findOrInstallBrowser, PERMISSIONS } from '../scripts/browser.ts';
import { createServer } from '../signaling-server/server.ts';
import type { MemberEntry } from '../src/worker/api.ts';
import { LINK_PATIENCE_MS } from './limits.ts';

export interface BenchMember {
  readonly name: string;
  readonly page: Page;
  /** Profile folder; null in memory. */
  readonly folder: string | null;
}

export interface BenchCluster {
  readonly members: readonly BenchMember[];
  /** From the members' opening their network until everyone is linked to everyone, milliseconds. */
  readonly linkedMs: number;
  /** Of it, until the last page answered. */
  readonly loadedMs: number;
  readonly chromium: string;
  /** Used so far by all browsers, by kind of process (renderer, GPU …), milliseconds. */
  processorTime(): Promise<Record<string, number>>;
  processes(): Promise<readonly BrowserProcess[]>;
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
}

/** @throws when a browser does not start, a door refuses, or the members do not find one another. */
export async function createCluster(options: ClusterOptions): Promise<BenchCluster> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const cleanups: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const run of cleanups.reverse().splice(0)) await run();
  };
  try {
    const server = await createServer({ port: 0, host: '127.0.0.1', root: options.dist });
    cleanups.push(() => server.close());
    const args = [...BROWSER_FLAGS, ...(options.debuggable ? ['--remote-debugging-port=0'] : [])];
    const launch = { executablePath: found.path, args };
    const context = { permissions: [...PERMISSIONS] };
    const people = members(options.replicas);
    const opened: BenchMember[] = [];
    const browsers: Browser[] = [];
    if (options.storage === 'memory') {
      const browser = await chromium.launch(launch);
      browsers.push(browser);
      cleanups.push(() => browser.close());
      for (const { name } of people) {
        opened.push({ name, page: await pageOf(await browser.newContext(context)), folder: null });
      }
    } else {
      for (const { name } of people) {
        const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
        cleanups.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
        const persistent = await chromium.launchPersistentContext(folder, { ...launch, ...context });
        cleanups.push(() => persistent.close());
        const browser = persistent.browser();
        if (browser) browsers.push(browser);
        opened.push({ name, page: await pageOf(persistent), folder });
      }
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
    const times = await makeNetwork(server.url, opened);
    const processorTime = async (): Promise<Record<string, number>> => {
      const sums: Record<string, number> = {};
      for (const { type, cpuTime } of await processes()) sums[type] = (sums[type] ?? 0) + cpuTime * 1000;
      return sums;
    };
    const version = browsers[0]?.version() ?? 'unknown';
    return { members: opened, ...times, chromium: version, processorTime, processes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function pageOf(context: BrowserContext): Promise<Page> {
  // tsx names inner functions by a helper that does not exist in the page.
  await context.addInitScript({ content: 'globalThis.__name = (f) => f;' });
  return context.pages()[0] ?? context.newPage();
}

async function makeNetwork(
  origin: string,
  opened: readonly BenchMember[],
): Promise<{ readonly linkedMs: number; readonly loadedMs: number }> {
  const go = async ({ page }: BenchMember, path: string): Promise<void> => {
    await page.goto(origin + path);
    await page.waitForFunction(() => 'countersign' in window);
  };
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
  return { linkedMs: performance.now() - start, loadedMs };
}
