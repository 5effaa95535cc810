/** The list of packages where there are 10,000 of them, on a replica that has certified them all. */
import type { Locator, Page } from '@playwright/test';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, test } from './cluster.ts';
import { browserWithCamera, type Scene } from './fake-camera.ts';
import { longTasks, type LongTask } from './main-thread.ts';
import { expectGenuine, LABELLED_EVERY, makeMany, putOnDisk } from './many.ts';
import { openCase, startPreview } from './preview.ts';
import { scanByWedge } from './wedge.ts';

const COUNT = 10_000;
/** What W3C's Long Tasks calls long: above it a person feels that the page hangs. */
const LONG_TASK_MS = 50;
/** Of scrolling; one without a long task is enough. */
const ROUNDS = 3;
/** Rows in a window of 800 pixels, with those kept ready around them, and the one with the focus. */
const MAX_ROWS = 48;

test('10,000 packages scroll, are searched and are found again as ten are', async ({ cluster, chromium }) => {
  test.setTimeout(480_000);
  const made = await cluster({ absent: [0, 2, 3] });
  const bravo = made.replica(1);
  await bravo.close();
  const many = await makeMany(made, COUNT);
  await putOnDisk(bravo, many);
  await bravo.goto(bravo.path('packages'));
  const { page } = bravo;
  const count = page.getByRole('status').filter({ hasText: 'package' }).first();
  const rows = page.locator('.package-rows > li');
  const first = page.getByRole('link', { name: grouped(many.packages[0]!.sscc) });

  await test.step('all of them are there, newest first, and are what members sign', async () => {
    await expect(count).toHaveText('10,000 packages');
    await expect(rows.first()).toContainText(grouped(many.packages[0]!.sscc));
    await expect(rows.first()).toHaveAttribute('aria-setsize', String(COUNT));
    for (const i of [0, COUNT - 1]) await expectGenuine(bravo, made.network, many.packages[i]!.sscc);
  });

  await test.step('no task of the page is long while it scrolls, and few rows are in the document', async () => {
    let most = 0;
    const scroll = async (): Promise<void> => {
      most = Math.max(most, await scrollThrough(page));
      await expect(page.locator(`[data-index="${COUNT - 1}"] .sscc`)).toBeVisible();
      for (const share of [0.5, 0.1, 0.9, 0.33, 0]) {
        const index = Math.floor((COUNT - 20) * share);
        await page.evaluate((to) => {
          const view = document.querySelector('.package-view')!;
          view.scrollTop = to * (view.scrollHeight / 10_000);
        }, index);
        await expect(page.locator(`[data-index="${index + 3}"] .sscc`)).toHaveText(
          grouped(many.packages[index + 3]!.sscc),
        );
      }
      await page.locator('.package-view').hover();
      for (let turn = 0; turn < 30; turn++) await page.mouse.wheel(0, turn < 20 ? 900 : -1200);
      most = Math.max(most, await rows.count());
    };
    // What the list costs, it costs each time. A thread is also charged for what befalls it, as when the machine below takes the processor
    // away: the least of a few rounds is the page's own.
    const rounds: LongTask[][] = [];
    do {
      const { tasks, longest, long } = await longTasks(chromium, page, LONG_TASK_MS, scroll);
      const description = `${tasks} tasks, the longest of ${longest.toFixed(1)} ms of processor time`;
      test.info().annotations.push({ type: 'tasks', description });
      // So that a trace without the page's tasks does not pass.
      expect(tasks).toBeGreaterThan(500);
      rounds.push([...long]);
    } while (rounds.at(-1)!.length > 0 && rounds.length < ROUNDS);
    expect(rounds.at(-1), JSON.stringify(rounds)).toEqual([]);
    expect(most).toBeLessThanOrEqual(MAX_ROWS);
  });

  await test.step('it is found by what a person remembers of it', async () => {
    const field = page.getByRole('searchbox', { name: 'Search' });
    const sought = many.packages[4321]!;
    const end = many.packages.filter(({ sscc }) => sscc.includes(sought.sscc.slice(-5))).length;
    await field.pressSequentially(sought.sscc.slice(-5));
    await expect(count).toHaveText(end === 1 ? '1 package' : `${end} packages`);
    await expect(page.getByRole('link', { name: grouped(sought.sscc) })).toBeVisible();
    await field.fill(`${sought.lot.toLowerCase()} ${sought.gtin} alfa comp`);
    await expect(count).toHaveText('1 package');
    await expect(rows).toHaveText([new RegExp(grouped(sought.sscc))]);
    await field.fill('labelled delta');
    await expect(count).toHaveText('500 packages');
    await page.getByRole('radio', { name: 'Announced' }).check();
    await expect(count).toHaveText('No package fits this search.');
    await page.getByRole('button', { name: 'Show all packages' }).click();
    await expect(count).toHaveText('10,000 packages');
    await page.getByRole('radio', { name: `Labelled ${COUNT / LABELLED_EVERY}` }).check();
    await expect(count).toHaveText('500 packages');
    await page.getByRole('radio', { name: 'All' }).check();
    await expect(count).toHaveText('10,000 packages');
  });

  await test.step('the keyboard goes from row to row, and what has the focus keeps it', async () => {
    await page.getByRole('searchbox').press('ArrowDown');
    await expect(first).toBeFocused();
    await page.keyboard.press('End');
    await expect(rowWith(page, many.packages[COUNT - 1]!.sscc)).toBeFocused();
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    const second = rowWith(page, many.packages[1]!.sscc);
    await expect(second).toBeFocused();
    await expect(rows.nth(1)).toHaveAttribute('aria-posinset', '2');
    // Far away with the wheel: the row stays in the document, and one key is enough to be back.
    await page.evaluate(() => document.querySelector('.package-view')!.scrollTo(0, 300_000));
    await expect(page.locator('[data-index="3950"] .sscc')).toBeVisible();
    await expect(second).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(rowWith(page, many.packages[2]!.sscc)).toBeFocused();
    await expect(rowWith(page, many.packages[2]!.sscc)).toBeInViewport();
  });

  await test.step('whoever comes back from a package finds the list as it was', async () => {
    await page.getByRole('searchbox').fill('labelled');
    await expect(count).toHaveText('500 packages');
    const labelled = many.packages.filter(({ status }) => status === 'labelled');
    await page.evaluate(() => (document.querySelector('.package-view')!.scrollTop = 20_000));
    const index = await page.locator('.package-view').evaluate((view) => {
      return Math.ceil(view.scrollTop / (view.scrollHeight / 500)) + 1;
    });
    const opened = rowWith(page, labelled[index]!.sscc);
    await opened.click();
    await expect(page.getByRole('heading', { name: 'History' })).toBeVisible();
    await page.goBack();
    await expect(count).toHaveText('500 packages');
    await expect(page.getByRole('searchbox')).toHaveValue('labelled');
    await expect(opened).toBeInViewport();
    await expect(opened).toBeFocused();
    expect(await page.locator('.package-view').evaluate((view) => Math.round(view.scrollTop))).toBe(20_000);
  });

  await test.step('a scan opens the package that it names, wherever the focus is', async () => {
    const { sscc } = many.packages[777]!;
    await scanByWedge(page, `]C100${sscc}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(grouped(sscc));
    await page.goBack();
    await expect(page.getByRole('searchbox')).toHaveValue(sscc);
    await page.getByRole('searchbox').fill('');
    await scanByWedge(page, `]d201${many.packages[0]!.gtin}10${many.packages[0]!.lot}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(grouped(many.packages[0]!.sscc));
    await page.goBack();
    await scanByWedge(page, ']C100040123459999999998');
    await expect(page.getByRole('alert').filter({ hasText: '040123459999999998' })).toBeVisible();
    await expect(count).toHaveText('No package fits this search.');
    await bravo.expectAccessible();
  });

  await test.step('a small phone has all of it', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await page.getByRole('button', { name: 'Show all packages' }).click();
    await expect(count).toHaveText('10,000 packages');
    await expect(first).toBeVisible();
    const { scroll, width } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      width: document.documentElement.clientWidth,
    }));
    expect(scroll).toBeLessThanOrEqual(width);
    await page.getByLabel('Status').selectOption({ label: 'Labelled (500)' });
    await expect(count).toHaveText('500 packages');
    await page.screenshot({ path: test.info().outputPath('phone.png') });
    await bravo.expectAccessible();
  });

  await test.step('its pages are behind a button, which a keyboard finds as well', async () => {
    const bar = page.getByRole('banner');
    expect((await bar.boundingBox())!.height).toBeLessThanOrEqual(64);
    const menu = bar.getByRole('button', { name: 'Menu' });
    await expect(bar.getByRole('link', { name: 'Network' })).toBeHidden();
    await menu.press('Enter');
    await expect(menu).toHaveAttribute('aria-expanded', 'true');
    for (const target of await bar.getByRole('link').all()) {
      const { width, height } = (await target.boundingBox())!;
      expect(Math.min(width, height), (await target.textContent())!).toBeGreaterThanOrEqual(44);
    }
    await bravo.expectAccessible();
    await page.keyboard.press('Tab');
    await expect(bar.getByRole('link', { name: 'Bench' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(menu).toBeFocused();
    await expect(bar.getByRole('link', { name: 'Network' })).toBeHidden();
    await menu.click();
    await bar.getByRole('link', { name: 'Network' }).click();
    await expect(page).toHaveURL(/\/network$/);
    await expect(menu).toHaveAttribute('aria-expanded', 'false');
  });
});

test('a label before the camera opens its package, and a product’s code is searched for', async () => {
  test.setTimeout(180_000);
  const server = await startPreview();
  try {
    const sscc = '040123450000001136';
    await seenBy([{ bcid: 'gs1-128', text: `(00)${sscc}` }], async (page) => {
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(grouped(sscc));
      await page.goBack();
      await expect(page.getByRole('searchbox')).toHaveValue(sscc);
      // A hand scanner does the same on the page of a package, where no field waits for it.
      await page.getByRole('link', { name: grouped(sscc) }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(grouped(sscc));
      await scanByWedge(page, ']C100040123450000001129');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(grouped('040123450000001129'));
    });
    const link = 'https://id.example.org/01/04012345000207/10/L-2291';
    await seenBy([{ bcid: 'qrcode', text: link }], async (page) => {
      await expect(page.getByRole('searchbox')).toHaveValue('04012345000207 L-2291');
      await expect(page.getByTestId('camera')).toHaveCount(0);
    });
  } finally {
    await server.close();
  }

  /** The list, and what comes of this before its camera. */
  async function seenBy(scene: Scene, act: (page: Page) => Promise<void>): Promise<void> {
    const { browser, close } = await browserWithCamera([scene]);
    try {
      const context = await browser.newContext({
        ...CONTEXT_OPTIONS,
        viewport: { width: 360, height: 640 },
        hasTouch: true,
        isMobile: true,
      });
      const { page, complaints } = await openCase(context, server, 'packages');
      await page.getByRole('button', { name: 'Scan a label with the camera' }).click();
      await act(page);
      expect(complaints).toEqual([]);
    } finally {
      await close();
    }
  }
});

/** As the pages show it. */
const grouped = (sscc: string): string =>
  `${sscc.slice(0, 1)} ${sscc.slice(1, 8)} ${sscc.slice(8, 14)} ${sscc.slice(14)}`;

const rowWith = (page: Page, sscc: string): Locator =>
  page.getByRole('link', { name: new RegExp(`^${grouped(sscc)}`) });

/** From top to bottom, two windows a frame. The most rows that were in the document at once. */
function scrollThrough(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const view = document.querySelector<HTMLElement>('.package-view')!;
        let most = 0;
        const step = (): void => {
          most = Math.max(most, view.querySelectorAll('li').length);
          if (view.scrollTop + view.clientHeight >= view.scrollHeight - 1) return resolve(most);
          view.scrollTop += 2 * view.clientHeight;
          requestAnimationFrame(step);
        };
        step();
      }),
  );
}
