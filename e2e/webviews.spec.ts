/**
 * The app inside of webviews, as far as a browser can play one: with their names, and without what they lack. What only a real device shows is
 * in docs/webviews.md, for a person.
 */
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, expectAccessible, test } from './cluster.ts';
import { openCase, startPreview } from './preview.ts';
import type { RunningServer } from '../signaling-server/server.ts';

const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; TC58; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';

let server: RunningServer;
test.beforeAll(async () => void (server = await startPreview()));
test.afterAll(() => server.close());

const phone = { ...CONTEXT_OPTIONS, viewport: { width: 412, height: 915 }, hasTouch: true, isMobile: true };

for (const [host, userAgent] of [
  ['Android’s webview', ANDROID],
  ['WKWebView', IPHONE],
] as const) {
  test(`where ${host} takes no downloads, a file is shared or copied instead of lost`, async ({
    chromium,
  }) => {
    const context = await chromium.newContext({ ...phone, userAgent });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await context.addInitScript(() => {
      const shared: string[] = [];
      Object.assign(window, { shared });
      navigator.canShare = () => true;
      navigator.share = async (data) => void shared.push(...(data?.files ?? []).map((file) => file.name));
    });
    const { page } = await openCase(context, server, 'package-save');
    const dialog = page.getByRole('dialog');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Share the file' }).click();
    await expect(dialog.getByRole('status')).toContainText('Handed to the app that you chose');
    expect(await page.evaluate(() => (window as unknown as { shared: string[] }).shared)).toHaveLength(1);
    await dialog.getByRole('button', { name: 'Copy its text' }).click();
    await expect(dialog.getByRole('status')).toContainText('Copied.');
    expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toMatchObject({
      version: 1,
    });
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(dialog).toHaveCount(0);
    await context.close();
  });
}

test('a webview that neither shares nor copies still shows the text, to be copied by hand', async ({
  chromium,
}) => {
  const context = await chromium.newContext({ ...phone, userAgent: ANDROID });
  await context.addInitScript(() => {
    delete (Navigator.prototype as Partial<Navigator>).share;
    delete (Navigator.prototype as Partial<Navigator>).canShare;
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
  });
  const { page } = await openCase(context, server, 'package-save');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Share the file' })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Copy its text' }).click();
  await expect(dialog.getByRole('status')).toContainText('could not be copied here');
  await expect(dialog.getByRole('textbox')).toHaveValue(/"version":1/);
  await context.close();
});

test('a host that offers to save and to print gets the file and the page, and nobody is asked', async ({
  chromium,
}) => {
  const context = await chromium.newContext({ ...phone, userAgent: ANDROID });
  await context.addInitScript(() => {
    const calls: string[] = [];
    Object.assign(window, {
      calls,
      countersignHost: {
        save: (name: string, type: string, base64: string) =>
          void calls.push(`${name.replace(/^.*\./, '')} ${type} ${atob(base64).slice(0, 8)}`),
        print: () => void calls.push('print'),
      },
    });
  });
  const { page } = await openCase(context, server, 'package-labelled');
  await page.getByRole('button', { name: /EPCIS.* v2$/ }).click();
  await page.getByRole('button', { name: 'Print', exact: false }).first().click();
  const calls = (): Promise<string[]> =>
    page.evaluate(() => (window as unknown as { calls: string[] }).calls);
  await expect.poll(calls).toHaveLength(2);
  expect((await calls()).toSorted().at(-1)).toBe('print');
  expect((await calls()).toSorted()[0]).toMatch(/json/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await context.close();
});

test('where nothing prints, pressing Print says so', async ({ chromium }) => {
  const context = await chromium.newContext({ ...phone });
  await context.addInitScript(() => Object.defineProperty(window, 'print', { value: undefined }));
  const { page } = await openCase(context, server, 'package-labelled');
  await page.getByRole('button', { name: 'Print', exact: false }).first().click();
  await expect(page.getByText('cannot print')).toBeVisible();
  await context.close();
});

test('a browser downloads as ever', async ({ chromium }) => {
  const context = await chromium.newContext(CONTEXT_OPTIONS);
  const { page } = await openCase(context, server, 'package');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: /EPCIS.* v1$/ }).click();
  expect((await download).suggestedFilename()).toMatch(/json/);
  await context.close();
});

test('without DOM storage the settings hold until the page closes, and nothing breaks', async ({
  chromium,
}) => {
  const context = await chromium.newContext({ ...phone, userAgent: ANDROID });
  await context.addInitScript(() => {
    // What a webview gives whose host did not switch DOM storage on.
    Object.defineProperty(window, 'localStorage', { value: null });
    Object.defineProperty(window, 'sessionStorage', { value: null });
  });
  const { page, complaints } = await openCase(context, server, 'bench-quality');
  await expect(page.getByLabel('Major defects')).toHaveText('1');
  expect(complaints).toEqual([]);
  await context.close();
});

test('without service workers, wake lock and notifications the app starts and keeps its keys', async ({
  prepared,
}) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  await replica.page.addInitScript(() => {
    for (const name of ['serviceWorker', 'wakeLock', 'vibrate', 'share', 'storage'])
      delete (Navigator.prototype as unknown as Record<string, unknown>)[name];
    Reflect.deleteProperty(window, 'Notification');
  });
  await replica.goto('/create');
  await expect(replica.page.locator('main h1')).toBeVisible();
  expect(await replica.page.evaluate(() => 'serviceWorker' in navigator)).toBe(false);
});
