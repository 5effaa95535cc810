/** Sessions of the middleware in real browsers: four members run the same steps again, and the one that made them loses its page. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type {} from '../test/middleware/sessions-browser/page.ts';
import { CONTEXT_OPTIONS, launchBrowser } from './browser.ts';

const KEY = 'order/7';
const CONFIRMED = new Date('2026-03-01T08:00:00Z');
const ORDER = `2 pump, ${CONFIRMED.toISOString()}`;

let folder: string;
let server: RunningServer;
let browser: Browser;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-sessions-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: new URL('../test/middleware/sessions-browser', import.meta.url).pathname,
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
    resolve: { tsconfigPaths: true },
  });
  server = await createServer({ port: 0, root: folder });
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Member {
  page: Page;
  readonly identity: string;
}

async function makeNetwork(): Promise<Member[]> {
  const pages: Page[] = [];
  for (let i = 0; i < 4; i++) {
    const context = await browser.newContext(CONTEXT_OPTIONS);
    pages.push(await openPage(await context.newPage()));
  }
  const draft = await pages[0]!.evaluate(() => window.orders.createDraft('Orders'));
  const made = await Promise.all(
    pages.map(async (page, i) => {
      const options = { draft, label: `Stall ${i}`, id: `stall-${i}` };
      const identity = await page.evaluate((o) => window.orders.createIdentity(o), options);
      if (!identity.ok) throw new Error(identity.error.message);
      return identity.value;
    }),
  );
  const memberKeys = made.map(({ memberKey }) => memberKey);
  const created = await pages[0]!.evaluate((o) => window.orders.createNetwork(o), { draft, memberKeys });
  const members = pages.map((page, i) => ({ page, identity: made[i]!.identity }));
  for (const { page, identity } of members) {
    const { invitation, genesis } = created;
    expect(await page.evaluate((o) => window.orders.join(o), { identity, invitation, genesis })).toBe('open');
  }
  for (const { page } of members) await votes(page);
  return members;
}

async function openPage(page: Page): Promise<Page> {
  await page.goto(server.url);
  return page;
}

const rejoin = (page: Page, identity: string): Promise<string> =>
  page.evaluate((o) => window.orders.join(o), { identity });

const votes = (page: Page): Promise<void> =>
  expect
    .poll(async () => {
      const { standing, here } = await page.evaluate(() => window.orders.status());
      return `${standing}, ${here} here`;
    })
    .toBe('voter, 4 here');

const start = (page: Page, key: string): Promise<string> =>
  page.evaluate((k) => window.orders.start(k, 'badge 7'), key);
const step = (page: Page, id: string, path: string, body: Date | { item: string; count: number }) =>
  page.evaluate(([i, p, b]) => window.orders.step(i, p, b as never), [id, path, body] as const);
const add = (page: Page, id: string, count: number) => step(page, id, '/add', { item: 'pump', count });
const list = async (page: Page): Promise<string[]> =>
  (await page.evaluate(() => window.orders.list())).map(({ line }) => line);
const commit = (page: Page, id: string): Promise<string> => page.evaluate((i) => window.orders.commit(i), id);
const outcome = (page: Page, id: string): Promise<string> =>
  page.evaluate((i) => window.orders.outcome(i), id);
const read = (page: Page, key: string): Promise<string> => page.evaluate((k) => window.orders.read(k), key);

/** Ends the process of this page and its worker, without any goodbye; its context keeps what was on disk. */
async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  const devtools = await page.context().newCDPSession(page);
  // Nobody is left to answer it.
  void devtools.send('Page.crash').catch(() => undefined);
  await crashed;
}

async function closeAll(members: readonly Member[]): Promise<void> {
  for (const { page } of members) await page.context().close();
}

test('an order of three steps goes on after a reload in the middle, and all who are there read the same record', async () => {
  const members = await makeNetwork();
  const [a, ...others] = members as [Member, Member, Member, Member];
  const id = await start(a.page, KEY);
  expect(await add(a.page, id, 2)).toBe('2 local: 2 pump, open');
  expect(await add(a.page, id, 0)).toBe('step-refused: 0 cannot be ordered.');
  expect(await commit(a.page, id)).toBe('session-incomplete: The order is not confirmed.');

  await a.page.reload();
  expect(await rejoin(a.page, a.identity)).toBe('open');
  expect(await list(a.page)).toEqual([`${KEY} 2 local`]);
  await votes(a.page);
  expect(await step(a.page, id, '/confirm', CONFIRMED)).toBe(`3 local: ${ORDER}`);
  expect(await a.page.evaluate((k) => window.orders.set(k), KEY)).toBe('session-key');
  // Of four the votes of three decide, and who hears of the decision first judges nothing: without the last, both others are needed.
  const [b, c, last] = others as [Member, Member, Member];
  await last.page.close();
  expect(await commit(a.page, id)).toBe(`3 voting: ${ORDER}`);
  expect(await outcome(a.page, id)).toBe('committed');

  for (const { page } of [a, b, c]) {
    await expect.poll(() => page.evaluate(() => window.orders.heard())).toEqual([`1 ${ORDER} by badge 7`]);
    expect(await read(page, KEY)).toBe(ORDER);
  }
  // Each has run all three steps by itself, and again where it judged twice.
  for (const { page } of [b, c])
    expect(await page.evaluate(() => window.orders.ran())).toBeGreaterThanOrEqual(3);
  await closeAll(members);
});

test('a second tab works on the same sessions, and takes them over when the first is closed', async () => {
  const members = await makeNetwork();
  const [a, b] = members as [Member, Member, Member, Member];
  const first = a.page;
  const second = await openPage(await first.context().newPage());
  expect(await rejoin(second, a.identity)).toBe('open');
  const id = await start(second, KEY);
  expect(await add(first, id, 1)).toBe('2 local: 1 pump, open');
  expect(await add(second, id, 1)).toBe('3 local: 2 pump, open');
  for (const page of [first, second])
    await expect.poll(() => page.evaluate(() => window.orders.told())).toEqual([`${KEY} 3 local`]);

  // Asked for while the first tab holds the replica, answered by this one.
  await second.evaluate((i) => window.orders.await(i), id);
  await first.close();
  a.page = second;
  await expect.poll(async () => (await second.evaluate(() => window.orders.status())).mode).toBe('replica');
  await votes(second);
  expect(await second.evaluate((i) => window.orders.undo(i), id)).toBe('2 local: 1 pump, open');
  expect(await add(second, id, 1)).toBe('3 local: 2 pump, open');
  await step(second, id, '/confirm', CONFIRMED);
  await commit(second, id);
  await expect.poll(() => second.evaluate(() => window.orders.begun())).toBe('committed');
  await expect.poll(() => read(b.page, KEY)).toBe(ORDER);
  await closeAll(members);
});

test('a step that was answered is on disk: the page is killed right after it, and none is answered before', async () => {
  const members = await makeNetwork();
  const [a, b] = members as [Member, Member, Member, Member];
  const id = await start(a.page, KEY);
  expect(await add(a.page, id, 1)).toBe('2 local: 1 pump, open');
  await crash(a.page);
  const context = a.page.context();
  a.page = await openPage(await context.newPage());
  expect(await rejoin(a.page, a.identity)).toBe('open');
  expect(await list(a.page)).toEqual([`${KEY} 2 local`]);

  // While nothing can be written, the step has run and is not answered.
  await a.page.evaluate(() => window.orders.holdDisk());
  const before = await a.page.evaluate(() => window.orders.ran());
  await a.page.evaluate((i) => window.orders.begin(i, '/add', { item: 'pump', count: 1 }), id);
  await expect.poll(() => a.page.evaluate(() => window.orders.ran())).toBeGreaterThan(before);
  // The worker answers this after the step's handler has, and the step would have been there.
  expect(await list(a.page)).toEqual([`${KEY} 2 local`]);
  expect(await a.page.evaluate(() => window.orders.begun())).toBe(null);
  await a.page.evaluate(() => window.orders.letGo());
  await expect.poll(() => a.page.evaluate(() => window.orders.begun())).toBe('3 local: 2 pump, open');

  await votes(a.page);
  await step(a.page, id, '/confirm', CONFIRMED);
  await commit(a.page, id);
  await crash(a.page);
  a.page = await openPage(await context.newPage());
  expect(await rejoin(a.page, a.identity)).toBe('open');
  expect(await outcome(a.page, id)).toBe('committed');
  await expect.poll(() => read(b.page, KEY)).toBe(ORDER);
  await closeAll(members);
});
