/** The net room alone in real browsers: pages with workers that find each other through the real signaling server. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test, type Browser, type Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type { WorkerRequest, WorkerSnapshot } from '../test/net/browser/worker.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--allow-loopback-in-peer-connection',
];

let folder: string;
let server: RunningServer;
let browser: Browser;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-net-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: new URL('../test/net/browser', import.meta.url).pathname,
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
  });
  server = await createServer({ port: 0, root: folder });
  const executablePath = [process.env.CHROMIUM_PATH, chromium.executablePath(), '/usr/bin/chromium'].find(
    (p) => p && existsSync(p),
  );
  browser = await chromium.launch({ executablePath: executablePath ?? '', args: FLAGS });
});

test.afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function openPages(count: number, search: (index: number) => string = () => ''): Promise<Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) {
    // Without a media permission Chromium hides the loopback candidates.
    const context = await browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    await page.goto(`${server.url}/${search(i)}`);
    pages.push(page);
  }
  const url = `${server.url.replace('http', 'ws')}/signal`;
  for (const [member, page] of pages.entries())
    await ask(page, { type: 'start', member, members: count, url });
  return pages;
}

const ask = (page: Page, request: WorkerRequest): Promise<WorkerSnapshot> =>
  page.evaluate((r) => window.ask(r), request);
const linksOf = async (page: Page): Promise<number> => (await ask(page, { type: 'state' })).links.length;

async function close(pages: readonly Page[]): Promise<void> {
  for (const page of pages) await page.context().close();
}

test('two workers that own their channels do not lose or change a byte between them', async () => {
  const pages = await openPages(2);
  const [a, b] = pages as [Page, Page];
  await expect.poll(() => linksOf(a)).toBe(1);
  await expect.poll(() => linksOf(b)).toBe(1);
  await ask(a, { type: 'send', member: 1, bytes: 1_500_000, count: 10, priority: 'bulk' });
  await ask(a, { type: 'send', member: 1, bytes: 300, count: 100, priority: 'vote' });
  await expect.poll(async () => (await ask(b, { type: 'state' })).received.length).toBe(110);
  const { received, status } = await ask(b, { type: 'state' });
  expect(received.every((m) => m.intact)).toBe(true);
  expect(status?.peers[0]).toMatchObject({ state: 'linked', path: 'worker-channel' });
  await close(pages);
});

test('a page that is busy does not hold up its worker', async () => {
  const pages = await openPages(2);
  const [a, b] = pages as [Page, Page];
  await expect.poll(() => linksOf(a)).toBe(1);
  await expect.poll(() => linksOf(b)).toBe(1);
  let free = false;
  const busy = a
    .evaluate(() => {
      const end = performance.now() + 3_000;
      while (performance.now() < end);
    })
    .then(() => {
      free = true;
    });
  await ask(b, { type: 'echo', member: 0, count: 50 });
  // Fifty round trips are done while the other page is still blocked.
  expect(free).toBe(false);
  await busy;
  const { echoes } = await ask(b, { type: 'state' });
  test
    .info()
    .annotations.push({ type: 'round trips (ms)', description: echoes.map((ms) => ms.toFixed(2)).join(' ') });
  await close(pages);
});

test('a browser that cannot transfer channels is linked through a port', async () => {
  const pages = await openPages(2, (i) => (i === 0 ? '?port' : ''));
  const [a, b] = pages as [Page, Page];
  await expect.poll(() => linksOf(a)).toBe(1);
  await ask(a, { type: 'send', member: 1, bytes: 1_500_000, count: 5, priority: 'bulk' });
  await ask(b, { type: 'send', member: 0, bytes: 1_500_000, count: 5, priority: 'bulk' });
  await expect.poll(async () => (await ask(a, { type: 'state' })).received.length).toBe(5);
  await expect.poll(async () => (await ask(b, { type: 'state' })).received.length).toBe(5);
  const [ofA, ofB] = [await ask(a, { type: 'state' }), await ask(b, { type: 'state' })];
  expect([...ofA.received, ...ofB.received].every((m) => m.intact)).toBe(true);
  expect(ofA.status?.peers[0]?.path).toBe('page-port');
  expect(ofB.status?.peers[0]?.path).toBe('worker-channel');
  await close(pages);
});

test('four pages link, miss one that goes offline and one that reloads, and take both back', async () => {
  const pages = await openPages(4);
  const [, , c, d] = pages as [Page, Page, Page, Page];
  for (const page of pages) await expect.poll(() => linksOf(page)).toBe(3);
  await ask(d, { type: 'offline', offline: true });
  await expect.poll(() => linksOf(c)).toBe(2);
  expect((await ask(c, { type: 'state' })).unlinks).toEqual(['offline']);
  await ask(d, { type: 'offline', offline: false });
  for (const page of pages) await expect.poll(() => linksOf(page)).toBe(3);
  await c.reload();
  await ask(c, { type: 'start', member: 2, members: 4, url: `${server.url.replace('http', 'ws')}/signal` });
  for (const page of pages) await expect.poll(() => linksOf(page), { timeout: 15_000 }).toBe(3);
  await close(pages);
});
