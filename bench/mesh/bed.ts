/** Pages of the net room alone, the server that they come from, and waiting for what they do. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext } from '@playwright/test';
import { build } from 'vite';
import { launchRaw, type RawBrowser, type RawPage } from '../../e2e/raw-browser.ts';
import { BROWSER_FLAGS, findOrInstallBrowser, PERMISSIONS } from '../../scripts/browser.ts';
import { createServer, type RunningServer } from '../../signaling-server/server.ts';
import { MESH_PATIENCE_MS, MESH_POLL_MS } from '../limits.ts';
import type { MeshAnswer, MeshEvent, MeshRequest } from './worker.ts';

/** Loading a page outlasts the first question once in several times, on a busy machine. */
const RAW_PAGE_ATTEMPTS = 5;
const ROOT = fileURLToPath(new URL('.', import.meta.url));

export interface Bed {
  /** Address of the pages; a signaling server too. */
  readonly server: RunningServer;
  readonly chromium: string;
  /** Pages of one browser, each with a context, thus a process, of its own. */
  open(count: number, search?: (index: number) => string): Promise<Group>;
  /** Pages that can be frozen, in windows of one browser of their own. */
  openRaw(count: number): Promise<Group>;
  /** A signaling server apart from that of the pages. */
  signaling(port?: number): Promise<RunningServer>;
  close(): Promise<void>;
}

export interface Peer {
  ask(request: MeshRequest): Promise<MeshAnswer>;
  /** Blocks the page's own thread, milliseconds; resolves when it is free again. */
  block(ms: number): Promise<unknown>;
  /** Of a page that can be frozen. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Tells the browser that this page has no network; what it does to connections is the shaper's part. */
  setOffline(offline: boolean): Promise<void>;
}

export interface Group {
  readonly peers: readonly Peer[];
  close(): Promise<void>;
}

/** @throws where there is no browser, or the pages cannot be built. */
export async function createBed(): Promise<Bed> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-mesh-bench-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.reverse().splice(0)) await cleanup();
  };
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      build: { outDir: folder, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
    });
    const server = await createServer({ port: 0, host: '127.0.0.1', root: folder });
    cleanups.push(() => server.close());
    const launch = (): Promise<Browser> =>
      chromium.launch({ executablePath: found.path, args: [...BROWSER_FLAGS] });
    let browser = await launch();
    cleanups.push(() => browser.close());
    return {
      server,
      chromium: browser.version(),
      async open(count, search = () => '') {
        // The system ends it when memory runs out; the next figure does not need what filled it.
        if (!browser.isConnected()) browser = await launch();
        const contexts: BrowserContext[] = [];
        const peers: Peer[] = [];
        for (let i = 0; i < count; i++) {
          const context = await browser.newContext({ permissions: [...PERMISSIONS] });
          contexts.push(context);
          const page = await context.newPage();
          await page.goto(`${server.url}/${search(i)}`);
          await page.waitForFunction(() => 'askMesh' in window);
          peers.push({
            ask: (request) => page.evaluate((one) => window.askMesh(one), request),
            block: (ms) => page.evaluate(blockFor, ms),
            freeze: unfit,
            thaw: unfit,
            setOffline: (offline) => context.setOffline(offline),
          });
        }
        return { peers, close: async () => void (await Promise.all(contexts.map((one) => one.close()))) };
      },
      async openRaw(count) {
        const raw = await launchRaw();
        const peers: Peer[] = [];
        for (let i = 0; i < count; i++) {
          const page = await openRawPage(raw, `${server.url}/`);
          peers.push({
            ask: (request) => page.evaluate(`window.askMesh(${JSON.stringify(request)})`),
            block: unfit,
            freeze: () => page.freeze(),
            thaw: () => page.thaw(),
            setOffline: unfit,
          });
        }
        return { peers, close: () => raw.close() };
      },
      signaling: (port = 0) => createServer({ port, host: '127.0.0.1' }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export const urlOf = (server: RunningServer): string => `${server.url.replace('http', 'ws')}/signal`;

export async function startAll(peers: readonly Peer[], urls: readonly string[]): Promise<void> {
  await Promise.all(
    peers.map((peer, member) => peer.ask({ type: 'start', member, members: peers.length, urls })),
  );
}

/** Asks all until the condition holds, and gives the answers. @throws when it never does. */
export async function until(
  peers: readonly Peer[],
  what: string,
  condition: (answers: readonly MeshAnswer[]) => boolean,
): Promise<readonly MeshAnswer[]> {
  const end = Date.now() + MESH_PATIENCE_MS;
  for (;;) {
    const answers = await Promise.all(peers.map((peer) => peer.ask({ type: 'state' })));
    if (condition(answers)) return answers;
    if (Date.now() > end) {
      const links = answers.map((answer, i) => `${i}: ${answer.links.length} links`).join(', ');
      throw new Error(`Waited ${MESH_PATIENCE_MS / 1000} s in vain for: ${what}. ${links}.`);
    }
    // Asking is work too: many are asked less often.
    await sleep(MESH_POLL_MS * peers.length);
  }
}

export const everyoneLinked = (answers: readonly MeshAnswer[]): boolean =>
  answers.every((answer) => answer.links.length === answers.length - 1);

/** The time of the last event of this kind since `from`; null when there was none. */
export function lastOf(
  answers: readonly MeshAnswer[],
  from: number,
  wanted: (event: MeshEvent, member: number) => boolean,
): number | null {
  const times = answers.flatMap(({ events }, member) =>
    events.filter((event) => event.at >= from && wanted(event, member)).map((event) => event.at),
  );
  return times.length === 0 ? null : Math.max(...times);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A page that is asked while it is just being loaded has nothing that could answer: the next one has. */
async function openRawPage(raw: RawBrowser, url: string): Promise<RawPage> {
  for (let attempt = 1; ; attempt++) {
    try {
      const page = await raw.open(url);
      while (!(await page.evaluate<boolean>("'askMesh' in window"))) await sleep(MESH_POLL_MS);
      return page;
    } catch (error) {
      if (attempt === RAW_PAGE_ATTEMPTS) throw error;
    }
  }
}

function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function unfit(): Promise<void> {
  throw new Error('A page of this kind cannot do that.');
}
