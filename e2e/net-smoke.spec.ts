/** The net room alone in real browsers: pages with workers that find each other through the real signaling server. */
import { expect, test, type Browser, type Page } from '@playwright/test';
import { launchBrowser } from './browser.ts';
import { ask, buildNetPages, linksOf, type NetPages } from './net-pages.ts';

let net: NetPages;
let browser: Browser;

test.beforeAll(async () => {
  net = await buildNetPages();
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  await net?.close();
});

async function openPages(count: number, search: (index: number) => string = () => ''): Promise<Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) pages.push(await net.open(browser, search(i)));
  for (const [member, page] of pages.entries())
    await ask(page, { type: 'start', member, members: count, url: net.url });
  return pages;
}

/** As the status says, which may be a little old. */
const firstPeer = async (page: Page): Promise<unknown> =>
  (await ask(page, { type: 'state' })).status?.peers[0];

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
  const { received } = await ask(b, { type: 'state' });
  expect(received.every((m) => m.intact)).toBe(true);
  await expect.poll(() => firstPeer(b)).toMatchObject({ state: 'linked', path: 'worker-channel' });
  await close(pages);
});

test('a page that is busy does not hold up its worker', async () => {
  const pages = await openPages(2);
  const [a, b] = pages as [Page, Page];
  await expect.poll(() => linksOf(a)).toBe(1);
  await expect.poll(() => linksOf(b)).toBe(1);
  let free = false;
  const blocked = a.waitForEvent('console', (message) => message.text() === 'blocked from now on');
  const busy = a
    .evaluate(() => {
      console.log('blocked from now on');
      const end = performance.now() + 3_000;
      while (performance.now() < end);
    })
    .then(() => {
      free = true;
    });
  // Round trips made before it would show nothing.
  await blocked;
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
  await expect.poll(() => firstPeer(a)).toMatchObject({ path: 'page-port' });
  await expect.poll(() => firstPeer(b)).toMatchObject({ path: 'worker-channel' });
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
  await ask(c, { type: 'start', member: 2, members: 4, url: net.url });
  for (const page of pages) await expect.poll(() => linksOf(page)).toBe(3);
  await close(pages);
});
