/** What a browser really fetches before a page can be used: no more than the budget, and nothing that scripts/budget.ts does not count. */
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { measured, overBudget, readScripts, type Measured } from '../scripts/budget.ts';
import { MAX_FIRST_SCRIPTS_BYTES } from '../src/app/limits.ts';
import { LANGUAGES, type Language } from '../src/ui/i18n/languages.ts';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, startServer, test, type Replica } from './cluster.ts';

const DIST = process.env.COUNTERSIGN_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));
let all: readonly Measured[];
// Not before: the tests are listed where nothing is built yet, too.
test.beforeAll(async () => void (all = measured(await readScripts(DIST))));
const loadOf = (address: string, language: Language): Measured =>
  all.find((one) => one.address === address && one.language === language)!;

test('at some address a page waits for more script than the budget has', () => {
  expect(all.length).toBeGreaterThan(40);
  expect(overBudget(all)).toEqual([]);
});

test('a first visit fetches scripts that the budget does not count', async ({ chromium }) => {
  const server = await startServer();
  try {
    for (const language of Object.keys(LANGUAGES) as Language[])
      for (const [address, usable] of [
        ['/', 'a[href="/create"]'],
        ['/verify', 'input[type=file]'],
        ['/demo', 'main button'],
      ] as const)
        await test.step(`${address} in ${language}`, async () => {
          const context = await chromium.newContext({ ...CONTEXT_OPTIONS, locale: language });
          const page = await context.newPage();
          await page.goto(server.url + address);
          await expect(page.locator(usable).first()).toBeAttached();
          await expectCounted(page, loadOf(address, language));
          await context.close();
        });
  } finally {
    await server.close();
  }
});

test('a bench fetches scripts that the budget does not count', async ({ cluster }) => {
  const made = await cluster({ members: 4, absent: [1, 2, 3] });
  const [alfa] = made.replicas as [Replica];
  for (const [path, name] of [
    ['bench', '/n/<profile>/bench'],
    ['packages', '/n/<profile>, PackagesPage'],
    ['network/members', '/n/<profile>, MembersPage'],
  ] as const) {
    await alfa.reopen(path);
    // What comes after this mark is fetched ahead of need (src/ui/preload.ts).
    await alfa.fetchedAhead();
    await expect(alfa.page.locator('[aria-busy="true"]')).toHaveCount(0);
    await expectCounted(alfa.page, loadOf(name, 'en'));
  }
});

test('a page that did not arrive is a blank one, or cannot be tried again', async ({ cluster }) => {
  const made = await cluster({ members: 4, absent: [1, 2, 3] });
  const [alfa] = made.replicas as [Replica];
  const { page } = alfa;
  const isSettings = /\/assets\/(en-settings|SettingsPage)-[\w-]{8}\.js$/;
  await page.route(isSettings, (route) => route.abort());
  await alfa.goto(alfa.path('bench'));
  await page.goto(page.url().replace('/bench', '/settings'));
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('This page could not be loaded');
  await alfa.expectAccessible();
  await page.unroute(isSettings);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'You and this bench' })).toBeVisible();
  await expect(page.locator('#page')).toBeFocused();
  alfa.complaints.splice(0);
});

/** The scripts are exactly those that are counted, and what came over the wire for them is within the budget. */
async function expectCounted(page: Page, load: Measured): Promise<void> {
  const wanted = [...load.page].sort();
  await expect
    .poll(
      async () => (await fetched(page)).map(({ file }) => file).filter((file) => !load.worker.includes(file)),
      load.address,
    )
    .toEqual(wanted);
  const bytes = (await fetched(page))
    .filter(({ file }) => wanted.includes(file))
    .reduce((sum, { encoded }) => sum + encoded, 0);
  expect(bytes, `${load.address}: bytes over the wire`).toBeLessThanOrEqual(MAX_FIRST_SCRIPTS_BYTES);
  // Of a page that was not compressed, or not read at all, this would say nothing.
  expect(bytes).toBeGreaterThan(load.pageBytes * 0.9);
}

/** Scripts of the page's own, by name, before anything was fetched ahead of need. */
function fetched(page: Page): Promise<readonly { readonly file: string; readonly encoded: number }[]> {
  return page.evaluate(() => {
    const end = performance.getEntriesByName('countersign:fetching')[0]?.startTime ?? Infinity;
    const found = new Map<string, number>();
    for (const entry of performance.getEntriesByType('resource') as PerformanceResourceTiming[]) {
      const file = new URL(entry.name).pathname.slice(1);
      if (entry.startTime < end && file.endsWith('.js') && file !== 'service-worker.js')
        found.set(file, Math.max(entry.encodedBodySize, found.get(file) ?? 0));
    }
    return [...found]
      .map(([file, encoded]) => ({ file, encoded }))
      .sort((a, b) => (a.file < b.file ? -1 : 1));
  });
}
