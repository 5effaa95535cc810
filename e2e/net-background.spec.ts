/** Pages out of sight and pages that are frozen: phones and background tabs. */
import { expect, test } from '@playwright/test';
import type { WorkerRequest, WorkerSnapshot } from '../test/net/browser/worker.ts';
import { buildNetPages, type NetPages } from './net-pages.ts';
import { launchRaw, type RawBrowser, type RawPage } from './raw-browser.ts';

let pages: NetPages;
let browser: RawBrowser;

test.beforeAll(async () => {
  pages = await buildNetPages();
  browser = await launchRaw();
});

test.afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

const ask = (page: RawPage, request: WorkerRequest): Promise<WorkerSnapshot> =>
  page.evaluate(`window.ask(${JSON.stringify(request)})`);

async function two(): Promise<readonly [RawPage, RawPage]> {
  const made = [
    await browser.open(`${pages.server.url}/`),
    await browser.open(`${pages.server.url}/`),
  ] as const;
  for (const [member, page] of made.entries())
    await ask(page, { type: 'start', member, members: 2, url: pages.url });
  for (const page of made)
    await expect.poll(async () => (await ask(page, { type: 'state' })).links.length).toBe(1);
  return made;
}

test('a hidden page does not delay votes, though its own timers are slowed down', async () => {
  const [a, b] = await two();
  await a.hide();
  // Ten ticks of 20 ms take more than two seconds: the browser has slowed the page down, and not only said that it is hidden.
  await a.evaluate(`new Promise((resolve) => {
    let ticks = 0, at = performance.now();
    window.slow = 0;
    const tick = () => { window.slow = Math.max(window.slow, performance.now() - at); at = performance.now();
      if (window.slow > 500) resolve(); else if (++ticks < 400) setTimeout(tick, 20); else resolve(); };
    tick();
  })`);
  expect(await a.evaluate<number>('window.slow')).toBeGreaterThan(500);
  const slowTicks = a.evaluate<number>(`new Promise((resolve) => {
    let ticks = 0; const from = performance.now();
    const tick = () => ++ticks < 5 ? setTimeout(tick, 20) : resolve(performance.now() - from);
    tick();
  })`);
  let over = false;
  void slowTicks.then(() => (over = true));
  await ask(b, { type: 'echo', member: 0, count: 50 });
  // Fifty votes there and back while the hidden page counted to five.
  expect(over).toBe(false);
  expect(await slowTicks).toBeGreaterThan(1_000);
  const { links } = await ask(b, { type: 'state' });
  expect(links).toEqual([0]);
  for (const page of [a, b]) await page.close();
});

test('a frozen page is missed, and is back by itself within seconds once it is thawed', async () => {
  const [a, b] = await two();
  await a.freeze();
  await expect
    .poll(async () => (await ask(b, { type: 'state' })).links.length, { timeout: 60_000, intervals: [200] })
    .toBe(0);
  expect((await ask(b, { type: 'state' })).unlinks).toEqual(['timeout']);
  await a.thaw();
  await expect
    .poll(async () => (await ask(b, { type: 'state' })).links.length, { timeout: 60_000, intervals: [100] })
    .toBe(1);
  await ask(b, { type: 'echo', member: 0, count: 3 });
  for (const page of [a, b]) await page.close();
});
