/** Pages with nothing but the net room (test/net/browser), and the server that they come from. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type { WorkerRequest, WorkerSnapshot } from '../test/net/browser/worker.ts';
import { CONTEXT_OPTIONS } from './browser.ts';

export interface NetPages {
  readonly server: RunningServer;
  /** The signaling address of the same server. */
  readonly url: string;
  open(browser: Browser, search?: string): Promise<Page>;
  close(): Promise<void>;
}

/** Once for all files of tests that this process runs; the folder goes with it. */
let built: Promise<string> | null = null;

async function buildOnce(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-net-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    configFile: false,
    logLevel: 'error',
    root: new URL('../test/net/browser', import.meta.url).pathname,
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
  });
  return folder;
}

export async function buildNetPages(): Promise<NetPages> {
  built ??= buildOnce();
  const server = await createServer({ port: 0, root: await built });
  return {
    server,
    url: `${server.url.replace('http', 'ws')}/signal`,
    async open(browser, search = '') {
      const page = await (await browser.newContext(CONTEXT_OPTIONS)).newPage();
      await page.goto(`${server.url}/${search}`);
      return page;
    },
    close: () => server.close(),
  };
}

export const ask = (page: Page, request: WorkerRequest): Promise<WorkerSnapshot> =>
  page.evaluate((r) => window.ask(r), request);

export const linksOf = async (page: Page): Promise<number> =>
  (await ask(page, { type: 'state' })).links.length;

/** Messages of these pages are not sealed: what a tap needs to read them. */
export const UNSEALED = {
  encrypt: (plain: Uint8Array): Uint8Array => plain,
  decrypt: (sealed: Uint8Array): Uint8Array | null => sealed,
};
