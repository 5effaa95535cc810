/** The y-webrtc protocol from both sides: stock clients through our server, and our app through the stock server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
// Types only, for "window.client".
import type {} from '../test/signaling/browser/page.ts';
import { startStockServer } from '../test/signaling/processes.ts';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';

let folder: string;
let pages: RunningServer;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-y-webrtc-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../test/signaling/browser', import.meta.url)),
    build: { outDir: folder, emptyOutDir: true, target: 'es2022' },
  });
  pages = await createServer({ port: 0, root: folder });
});

test.afterAll(async () => {
  await pages?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('stock y-webrtc clients that cannot sync a document through our server', async ({ chromium }) => {
  // A server of its own: what serves the pages must not be what introduces them.
  const server = await createServer({ port: 0 });
  const url = server.url.replace('http', 'ws');
  const clients: Page[] = [];
  try {
    for (let i = 0; i < 3; i += 1) {
      // A context each: tabs of one context would sync over BroadcastChannel.
      const context = await chromium.newContext(CONTEXT_OPTIONS);
      const page = await context.newPage();
      await page.goto(pages.url);
      await page.evaluate((key) => window.client.write(key, 'before'), `client ${i}`);
      await page.evaluate((one) => window.client.join('document', [one]), url);
      clients.push(page);
    }
    const [first, second, third] = clients as [Page, Page, Page];
    const all = { 'client 0': 'before', 'client 1': 'before', 'client 2': 'before' };
    for (const page of clients)
      await expect.poll(() => page.evaluate(() => window.client.read())).toEqual(all);
    for (const page of clients) await expect.poll(() => page.evaluate(() => window.client.peers())).toBe(2);
    expect(server.stats()).toMatchObject({ connections: 3, topics: 1, refused: 0, dropped: 0 });

    await third.evaluate(() => window.client.write('client 2', 'after'));
    for (const page of [first, second])
      await expect.poll(() => page.evaluate(() => window.client.read()['client 2'])).toBe('after');

    // Not by "destroy", after which a stock client subscribes once more while its links close.
    await second.context().close();
    await expect.poll(() => server.stats()).toMatchObject({ connections: 2, subscriptions: 2, refused: 0 });
  } finally {
    for (const page of clients) if (!page.isClosed()) await page.context().close();
    await server.close();
  }
});

test('our app that needs more of a signaling server than y-webrtc has', async ({ cluster }) => {
  const stock = await startStockServer();
  try {
    const made = await cluster({ signaling: stock.url });
    const { server, replicas } = made;
    for (const replica of replicas) {
      const state = await replica.state();
      expect(state?.transport.signaling).toMatchObject([{ url: stock.url, state: 'open' }]);
    }
    // The server of the pages introduced nobody.
    expect(server.stats()).toMatchObject({ connections: 0, received: 0 });

    const [notice] = NOTICES as [Notice];
    const [alfa, , , delta] = replicas as [Replica, Replica, Replica, Replica];
    await alfa.announce(notice);
    await made.agree(notice.sscc, 1);
    // Who comes back is introduced again.
    await delta.page.reload();
    await made.linked();
  } finally {
    await stock.kill();
  }
});
