/** Replicas in contexts of one Chromium, all packets between them through sockets of this process, and the topology as it is told. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import { build, type Plugin } from 'vite';
import { BROWSER_FLAGS, findOrInstallBrowser, PERMISSIONS } from '../../../scripts/browser.ts';
import { createServer } from '../../../signaling-server/server.ts';
import { FULL_MESH_MAX, MIN_LINKS } from '../../../src/net/limits.ts';
import { findHelperPage } from '../../../testing/helper-page.ts';
import { CLEAR, Lines } from '../../../testing/lines.ts';
import { Member } from '../../../testing/member.ts';
import { startProxy, type MemberProxy } from '../../../testing/proxy.ts';
import {
  GOSSIP_AT_ONCE,
  GOSSIP_BODY_BYTES,
  GOSSIP_LINK_PATIENCE_MS,
  GOSSIP_POLL_MS,
  GOSSIP_SET_PATIENCE_MS,
} from '../../limits.ts';
import { unreadDatagrams } from '../../machine.ts';
import { putLoop } from '../../page.ts';
import type { Edge } from './facts.ts';
import type {} from './page.ts';
import { busiest } from './figures.ts';
import type { Planned, Timed } from './page.ts';
import { neighboursOf } from './topology.ts';
import type { GossipRequest, GossipState } from './worker.ts';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
/** As src/middleware/worker.ts names the product's. */
const PRODUCT_WORKER = '../worker/kv/worker.ts';

export interface Bed {
  readonly chromium: string;
  /** Replicas that are linked as the product links them, or over `edges`, and vote. `onDisk`: a browser and a profile for each. */
  open(options: GroupOptions): Promise<Group>;
  close(): Promise<void>;
}

export interface GroupOptions {
  readonly n: number;
  /** One way between any two, milliseconds. */
  readonly delay: number;
  readonly onDisk?: boolean;
  readonly edges?: readonly Edge[] | null;
}

/** What has been used since the group was opened. */
export interface Usage {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Processor milliseconds of each replica's own process (page and worker); in no order of places, but always in the same one. */
  readonly replicas: readonly number[];
  /** Of the browser's other processes: network, storage, the browser itself. */
  readonly browser: number;
  /** Of this process: the sockets that all packets pass, and what asks the pages. */
  readonly relay: number;
  /** By place: bytes of mesh frames, sent and received. */
  readonly payload: readonly number[];
  /** By place: bytes in UDP datagrams, sent and received, with IP and UDP headers. */
  readonly wire: readonly number[];
  /** Datagrams that have passed. */
  readonly packets: number;
  /** Datagrams that were lost: held back beyond the limit here, or dropped by the system because a process did not read them in time. */
  readonly lost: number;
}

export interface Group {
  readonly n: number;
  /** From the first page to the last right to vote, milliseconds. */
  readonly startedMs: number;
  /** Bytes of a value's body. */
  readonly bodyBytes: number;
  /** Makes the links these and no others; null: as the product chooses. Resolves with the milliseconds that it took, when every end has them. */
  relink(edges: readonly Edge[] | null): Promise<number>;
  /** Every link that is there now. */
  edges(): Promise<readonly Edge[]>;
  /** By place of who makes them; in the order of their times. */
  run(
    planned: readonly (Planned & { readonly by: number })[],
  ): Promise<readonly (Timed & { readonly by: number })[]>;
  ask(place: number, request: GossipRequest): Promise<GossipState>;
  /** Its inspection, as JSON. */
  inspect(place: number): Promise<string>;
  /** Drops all packets to and from it, signaling too. */
  cut(place: number): void;
  /** Milliseconds of strict writes of so many bytes, in the storage of one replica's browser. */
  writes(input: { readonly count: number; readonly bytes: number }): Promise<readonly number[]>;
  usage(): Promise<Usage>;
  close(): Promise<void>;
}

/** IPv4 and UDP. */
const HEADER_BYTES = 28;

/** @throws where there is no browser, or the page cannot be built. */
export async function createBed(): Promise<Bed> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const cleanups: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.reverse().splice(0)) await cleanup();
  };
  try {
    const site = await temporary(cleanups, 'countersign-gossip-');
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      plugins: [ownWorker()],
      resolve: { tsconfigPaths: true },
      define: { __APP_VERSION__: JSON.stringify('bench') },
      worker: { format: 'es' },
      build: { outDir: site, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    });
    const helper = await findHelperPage();
    cleanups.push(() => helper.dispose());
    let browser = await launch(found.path);
    cleanups.push(() => browser.close());
    return {
      chromium: browser.version(),
      async open(options) {
        if (!browser.isConnected()) browser = await launch(found.path);
        return openGroup({ ...options, path: found.path, browser, site, helper: helper.folder });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts worker.ts in the place of the middleware's worker. */
function ownWorker(): Plugin {
  return {
    name: 'own-worker',
    enforce: 'pre',
    transform(code, id) {
      if (!id.replaceAll('\\', '/').endsWith('/src/middleware/worker.ts')) return null;
      if (!code.includes(PRODUCT_WORKER)) throw new Error(`${id} does not start ${PRODUCT_WORKER}.`);
      return code.replace(PRODUCT_WORKER, '../../bench/studies/gossip/worker.ts');
    },
  };
}

async function temporary(cleanups: (() => Promise<unknown>)[], name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), name));
  // Also when the run is ended before its time.
  const atExit = (): void => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // A browser may still write there. Whoever listens after this one has to end it all the same.
    }
  };
  process.once('exit', atExit);
  cleanups.push(async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    process.off('exit', atExit);
  });
  return folder;
}

const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });

interface Opening extends GroupOptions {
  readonly path: string;
  readonly browser: Browser;
  readonly site: string;
  readonly helper: string;
}

async function openGroup({
  n,
  delay,
  onDisk = false,
  edges = null,
  path,
  browser,
  site,
  helper,
}: Opening): Promise<Group> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (const cleanup of cleanups.reverse().splice(0))
      await cleanup().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  };
  try {
    const began = performance.now();
    const server = await createServer({ port: 0, host: '127.0.0.1', root: site });
    cleanups.push(() => server.close());
    const lines = new Lines();
    cleanups.push(async () => lines.close());
    const dead = new Set<number>();
    lines.path = (a, b) => (dead.has(a) || dead.has(b) ? { ...CLEAR, cut: true } : { ...CLEAR, delay });
    const wire = new Array<number>(n).fill(0);
    let packets = 0;
    lines.onPassed = (from, to, bytes) => {
      wire[from]! += bytes + HEADER_BYTES;
      wire[to]! += bytes + HEADER_BYTES;
      packets += 1;
    };
    /** Those that have processes of their own. */
    const browsers: Browser[] = onDisk ? [] : [browser];
    /** Of a member alone, with a profile on disk. */
    const ownBrowser = (): Pick<Browser, 'newContext'> => ({
      async newContext(options: BrowserContextOptions) {
        const folder = await temporary(cleanups, 'countersign-gossip-profile-');
        const context = await chromium.launchPersistentContext(folder, {
          ...options,
          executablePath: path,
          args: [...BROWSER_FLAGS],
        });
        cleanups.push(() => context.close());
        const own = context.browser();
        if (own) browsers.push(own);
        return context;
      },
    });
    const proxies: MemberProxy[] = [];
    const members: Member[] = [];
    for (let index = 0; index < n; index++) {
      const proxy = await startProxy(helper, server.port);
      proxies.push(proxy);
      const label = `Member ${index + 1}`;
      const context = { serviceWorkers: 'block' as const, permissions: [...PERMISSIONS] };
      members.push(
        new Member({
          ...{ index, label, id: `member-${index + 1}`, origin: server.url, proxy, lines, context },
          browser: (onDisk ? ownBrowser() : browser) as Browser,
        }),
      );
    }
    cleanups.push(() => together(members, (member) => member.dispose()));
    const registrar = await browser.newContext();
    cleanups.push(() => registrar.close());
    const office = await ready(await registrar.newPage(), `${server.url}/`);
    const pages = await together(members, async (member) => ready(await member.open('/')));
    const draft = await office.evaluate(() => window.gossip.newDraft());
    const made = await together(members, ({ label, id }, index) =>
      pages[index]!.evaluate((options) => window.gossip.newIdentity(options), { draft, label, id }),
    );
    const memberKeys = made.map(({ memberKey }) => memberKey);
    const sealed = await office.evaluate((options) => window.gossip.seal(options), { draft, memberKeys });
    const bodyBytes = await office.evaluate((bytes) => window.gossip.bodyBytes(bytes), GOSSIP_BODY_BYTES);
    await registrar.close();
    const ask = (place: number, request: GossipRequest): Promise<GossipState> =>
      pages[place]!.evaluate((one) => window.gossip.ask(one), request);
    const given = edges === null ? null : neighboursOf(n, edges);
    await together(pages, async (page, index) => {
      await page.evaluate((options) => window.gossip.open(options), {
        ...{ identity: made[index]!.identity, ...sealed },
      });
      // Before it has found many others: links that it would drop again cost as much as those that it keeps.
      if (given) await ask(index, { type: 'neighbours', members: [...given[index]!] });
    });
    const states = (): Promise<GossipState[]> => together(pages, (_, place) => ask(place, { type: 'state' }));
    const until = async (what: string, holds: (all: readonly GossipState[]) => boolean): Promise<void> => {
      const end = performance.now() + GOSSIP_LINK_PATIENCE_MS;
      for (;;) {
        const all = await states();
        if (holds(all)) return;
        if (performance.now() > end) {
          const told = all.map(({ links, standing }, i) => `${i}: ${standing}, linked to ${links.join(' ')}`);
          throw new Error(
            `Waited ${GOSSIP_LINK_PATIENCE_MS / 1000} s in vain for ${what}:\n${told.join('\n')}`,
          );
        }
        await sleep(GOSSIP_POLL_MS);
      }
    };
    const wanted = n <= FULL_MESH_MAX ? n - 1 : MIN_LINKS;
    const untilOver = (sets: readonly ReadonlySet<number>[]): Promise<void> =>
      until('the links of a topology, and no others', (all) =>
        all.every(({ links, standing }, i) => {
          const there = links.length === sets[i]!.size && isIn(sets[i]!, new Set(links));
          return there && standing === 'voter';
        }),
      );
    const untilLinked = (): Promise<void> =>
      until(`${n} replicas to be linked and to vote`, (all) =>
        all.every(({ links, standing }) => links.length >= wanted && standing === 'voter'),
      );
    await (given ? untilOver(given) : untilLinked());
    const startedMs = performance.now() - began;
    let current = given;
    let own: readonly string[] | null = null;

    return {
      ...{ n, startedMs, bodyBytes, ask, close },
      async relink(to) {
        const from = performance.now();
        if (to === null) {
          current = null;
          await together(pages, (_, place) => ask(place, { type: 'neighbours', members: null }));
          await untilLinked();
          return performance.now() - from;
        }
        const next = neighboursOf(n, to);
        const before = current;
        const tell = (sets: readonly ReadonlySet<number>[]): Promise<unknown> =>
          together(pages, (_, place) => ask(place, { type: 'neighbours', members: [...sets[place]!] }));
        // New links first, so that nobody is without any.
        if (before !== null) {
          await tell(next.map((set, i) => new Set([...set, ...before[i]!])));
          await until('new links', (all) => all.every(({ links }, i) => isIn(next[i]!, new Set(links))));
        }
        await tell(next);
        current = next;
        await untilOver(next);
        return performance.now() - from;
      },
      async edges() {
        const all = await states();
        return all.flatMap(({ links }, a) => links.filter((b) => a < b).map((b) => [a, b] as const));
      },
      async run(planned) {
        const timed = await Promise.all(
          pages.map(async (page, by) => {
            const own = planned.filter((one) => one.by === by).map(({ at, key }) => ({ at, key }));
            if (own.length === 0) return [];
            const input = { planned: own, bytes: GOSSIP_BODY_BYTES, patience: GOSSIP_SET_PATIENCE_MS };
            const done = await page.evaluate((one) => window.gossip.run(one), input);
            return done.map((one) => ({ ...one, by }));
          }),
        );
        return timed.flat().sort((a, b) => a.at - b.at);
      },
      inspect: (place) => pages[place]!.evaluate(() => window.gossip.inspect()),
      cut(place) {
        dead.add(place);
        proxies[place]!.cutSignaling(true);
      },
      writes: (input) => pages[0]!.evaluate(putLoop, input),
      async usage() {
        const all = await states();
        const { user, system } = process.cpuUsage();
        const renderers = new Map<string, number>();
        let rest = 0;
        for (const [i, one] of browsers.entries()) {
          const session = await one.newBrowserCDPSession();
          const { processInfo } = await session.send('SystemInfo.getProcessInfo');
          await session.detach();
          for (const { type, id, cpuTime } of processInfo) {
            if (type === 'renderer') renderers.set(`${i}/${id}`, cpuTime * 1000);
            else rest += cpuTime * 1000;
          }
        }
        own ??= busiest(renderers, n);
        const replicas = own.map((name) => {
          const time = renderers.get(name);
          if (time === undefined) throw new Error("A replica's process has ended.");
          return time;
        });
        for (const [name, time] of renderers) if (!own.includes(name)) rest += time;
        return {
          at: Date.now(),
          ...{ replicas, browser: rest, relay: (user + system) / 1000 },
          payload: all.map(({ bytesSent, bytesReceived }) => bytesSent + bytesReceived),
          ...{ wire: [...wire], packets, lost: lines.traffic().lost + unreadDatagrams() },
        };
      },
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

async function ready(page: Page, url?: string): Promise<Page> {
  if (url !== undefined) await page.goto(url);
  await page.waitForFunction(() => 'gossip' in window);
  return page;
}

const isIn = (few: ReadonlySet<number>, many: ReadonlySet<number>): boolean =>
  [...few].every((one) => many.has(one));

/** For each, GOSSIP_AT_ONCE at a time; in the order of the items. */
async function together<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await run(items[i]!, i);
  };
  const ended = await Promise.allSettled(
    Array.from({ length: Math.min(GOSSIP_AT_ONCE, items.length) }, work),
  );
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return results;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
