/** The hooks in real React, as it runs while it is developed: StrictMode does everything twice; and the inspector in a page that is not ours. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import { LET_GO_MS } from '../src/react/limits.ts';
import type {} from '../test/react/browser/hooks.tsx';
import type {} from '../test/react/browser/inspector.tsx';
import { axeFindings } from './axe.ts';
import { CONTEXT_OPTIONS, launchBrowser } from './browser.ts';

let folder: string;
let server: RunningServer;
let browser: Browser;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-react-'));
  const root = fileURLToPath(new URL('../test/react/browser', import.meta.url));
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    plugins: [react()],
    resolve: { tsconfigPaths: true },
    // Otherwise StrictMode does nothing, and React warns of nothing.
    define: { 'process.env.NODE_ENV': '"development"' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      target: 'es2022',
      modulePreload: { polyfill: false },
      rollupOptions: { input: [join(root, 'index.html'), join(root, 'inspector.html')] },
    },
    json: { namedExports: false },
    worker: { format: 'es' },
  });
  server = await createServer({ port: 0, root: folder });
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Whatever a page said that is an error: React's warnings, exceptions, what the policy refused. */
const complaints = new WeakMap<Page, string[]>();

async function open(path: string): Promise<Page> {
  const context = await browser.newContext(CONTEXT_OPTIONS);
  const page = await context.newPage();
  const said: string[] = [];
  complaints.set(page, said);
  page.on('console', (message) => {
    // Which these pages have not, and browsers ask for.
    if (message.location().url.endsWith('/favicon.ico')) return;
    if (message.type() === 'error' || message.type() === 'warning') said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(new URL(path, server.url).href);
  return page;
}

async function close(page: Page): Promise<void> {
  expect(complaints.get(page)).toEqual([]);
  await page.context().close();
}

type Shown = Exclude<Parameters<Window['hooks']['show']>[0], null>;
const show = (page: Page, shown: Shown | null): Promise<void> =>
  page.evaluate((given) => window.hooks.show(given), shown);
const certify = (page: Page, key: string, value: string, network: 'one' | 'other' = 'one'): Promise<void> =>
  page.evaluate(([n, k, v]) => window.hooks.certify(n, k, v), [network, key, value] as const);
const counts = (page: Page, network: 'one' | 'other' = 'one') =>
  page.evaluate((n) => window.hooks.counts(n), network);
const values = (page: Page, key: string) => page.locator(`[data-key="${key}"]`);

test('many components of one key are one listener, in StrictMode, and none when the last is gone', async () => {
  const page = await open('/index.html');
  await certify(page, 'a', 'first');
  await show(page, { network: 'one', keys: ['a'], copies: 20 });
  await expect(values(page, 'a')).toHaveText(Array.from({ length: 20 }, () => 'first'));
  expect(await counts(page)).toMatchObject({ listening: 1, listened: 1, asked: 1 });

  await certify(page, 'a', 'second');
  await expect(values(page, 'a')).toHaveText(Array.from({ length: 20 }, () => 'second'));

  await show(page, { network: 'one', keys: ['a'], copies: 1 });
  await expect(values(page, 'a')).toHaveCount(1);
  expect((await counts(page)).listening).toBe(1);
  await show(page, null);
  await expect(values(page, 'a')).toHaveCount(0);
  const { renders } = await counts(page);
  expect(renders).toBeGreaterThan(2);
  // Heard while it is still listened to, by nobody who is mounted.
  await certify(page, 'a', 'third');
  await expect.poll(async () => (await counts(page)).listening).toBe(0);
  expect((await counts(page)).renders).toBe(renders);
  await close(page);
});

test('another key, or another network, shows nothing of the one before', async () => {
  const page = await open('/index.html');
  await certify(page, 'a', 'of a');
  await certify(page, 'b', 'of b');
  await certify(page, 'b', 'of the other', 'other');
  await show(page, { network: 'one', keys: ['a'] });
  await expect(values(page, 'a')).toHaveText('of a');

  await page.evaluate(() => window.hooks.hold('one'));
  await show(page, { network: 'one', keys: ['b'] });
  await expect(values(page, 'b')).toHaveText('reading');
  await page.evaluate(() => window.hooks.answer());
  await expect(values(page, 'b')).toHaveText('of b');

  await page.evaluate(() => window.hooks.hold('other'));
  await show(page, { network: 'other', keys: ['b'] });
  await expect(values(page, 'b')).toHaveText('reading');
  // The network that was exchanged says something: nobody shows it.
  await certify(page, 'b', 'too late');
  await expect(values(page, 'b')).toHaveText('reading');
  await page.evaluate(() => window.hooks.answer());
  await expect(values(page, 'b')).toHaveText('of the other');

  await show(page, { network: null, keys: ['b'], status: true });
  await expect(values(page, 'b')).toHaveText('reading');
  await expect(page.getByTestId('status')).toHaveText('no here, no health');
  await close(page);
});

test('a list and the health of the network keep up', async () => {
  const page = await open('/index.html');
  await certify(page, 'p/b', '2');
  await show(page, { network: 'one', prefix: 'p/', status: true });
  const list = page.getByTestId('list');
  await expect(list).toHaveText('p/b=2');
  await certify(page, 'p/a', '1');
  await expect(list).toHaveText('p/a=1 p/b=2');
  await page.evaluate(() => window.hooks.certify('one', 'p/b', undefined));
  await expect(list).toHaveText('p/a=1');
  await expect(page.getByTestId('status')).toHaveText('4 here, spare');
  await page.evaluate(() => window.hooks.here('one', 2));
  await expect(page.getByTestId('status')).toHaveText('2 here, short');
  await close(page);
});

test('Suspense waits once, goes on when something is known, and asks no more', async () => {
  const page = await open('/index.html');
  await certify(page, 'a', 'first');
  await page.evaluate(() => window.hooks.hold('one'));
  await show(page, { network: 'one', keys: ['a'], copies: 5, suspense: true });
  await expect(page.getByTestId('waiting')).toBeVisible();
  expect(await counts(page)).toMatchObject({ listening: 1, asked: 1 });

  await test.step('what is heard before the answer is shown', async () => {
    await certify(page, 'a', 'second');
    await expect(values(page, 'a')).toHaveText(Array.from({ length: 5 }, () => 'second'));
    await page.evaluate(() => window.hooks.answer());
    await certify(page, 'a', 'third');
    await expect(values(page, 'a')).toHaveText(Array.from({ length: 5 }, () => 'third'));
    expect(await counts(page)).toMatchObject({ listening: 1, listened: 1, asked: 1 });
  });

  await test.step('another network while it waits', async () => {
    await certify(page, 'b', 'of the other', 'other');
    await page.evaluate(() => window.hooks.hold('one'));
    await show(page, { network: 'one', keys: ['b'], suspense: true });
    await expect(page.getByTestId('waiting')).toBeVisible();
    await show(page, { network: 'other', keys: ['b'], suspense: true });
    await expect(values(page, 'b')).toHaveText('of the other');
    await page.evaluate(() => window.hooks.answer());
  });

  await test.step('gone while it waits', async () => {
    await page.evaluate(() => window.hooks.hold('one'));
    await show(page, { network: 'one', keys: ['c'], suspense: true });
    await expect(page.getByTestId('waiting')).toBeVisible();
    await show(page, null);
    await page.evaluate(() => window.hooks.answer());
    await expect.poll(async () => (await counts(page)).listening).toBe(0);
  });
  await close(page);
});

test('an error is a value, or reaches the error boundary, and passes when the value comes', async () => {
  const page = await open('/index.html');
  await certify(page, 'a', 'there');
  await page.evaluate(() => window.hooks.fail('one', 'not-arrived', 2));
  await page.clock.install();
  // So far ahead that a busy machine does not get there first.
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await show(page, { network: 'one', keys: ['a', ''] });
  await expect(values(page, 'a')).toHaveText('not-arrived');
  await expect(values(page, '')).toHaveText('key-malformed');
  await page.clock.runFor(2000);
  await expect(values(page, 'a')).toHaveText('there');

  await show(page, null);
  await page.clock.runFor(LET_GO_MS);
  await page.clock.resume();
  const { asked } = await counts(page);
  await page.evaluate(() => window.hooks.fail('one', 'stopped'));
  await show(page, { network: 'one', keys: ['a'], suspense: true });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('NetworkError stopped');
  // By itself, since it may pass.
  await expect.poll(async () => (await counts(page)).asked).toBe(asked + 2);
  await alert.getByRole('button').click();
  await expect(values(page, 'a')).toHaveText('there');
  await close(page);
});

test('a component outside the provider is told so', async () => {
  const page = await open('/index.html');
  await show(page, { network: null, outside: true });
  await expect(page.getByRole('alert')).toContainText('outside NetworkProvider');
  await close(page);
});

// ---- the inspector ----

const mount = (
  page: Page,
  live: boolean,
  props: Parameters<Window['shop']['mount']>[1] = {},
): Promise<void> => page.evaluate(([l, p]) => window.shop.mount(l, p), [live, props] as const);

test('the inspector in a foreign page under the strict policy: everybody can use it, and the page stays as it was', async () => {
  const page = await open('/inspector.html');
  const outside = (): Promise<unknown> =>
    page.evaluate(() =>
      ['body', 'h1', 'header p', 'header button', 'header ul', 'header li'].map((selector) => {
        const style = getComputedStyle(document.querySelector(selector)!);
        return [
          style.fontFamily,
          style.letterSpacing,
          style.border,
          style.display,
          style.padding,
          style.getPropertyValue('--ground'),
          style.backgroundColor,
        ];
      }),
    );
  const before = await outside();
  expect(JSON.stringify(before)).toContain('dotted rgb(120, 0, 120)');
  await mount(page, false);
  const votes = page.getByTestId('inspector-votes');
  await expect(votes.getByRole('heading', { name: 'package/040123450000001112' })).toBeVisible();
  await expect(page.getByTestId('inspector-links')).toContainText('Bravo');
  expect(await outside()).toEqual(before);

  for (const size of [
    { width: 360, height: 740 },
    { width: 1280, height: 900 },
  ]) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.screenshot({
        path: test.info().outputPath(`foreign-${size.width}-${colorScheme}.png`),
        fullPage: true,
      });
      expect(await axeFindings(page), `${size.width} px, ${colorScheme}`).toEqual([]);
      expect(
        await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ),
      ).toBeLessThanOrEqual(0);
    }
  }

  await test.step('in a theme of its own', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    const ground = (): Promise<string> =>
      page.locator('.countersign-inspector').evaluate((box) => getComputedStyle(box).backgroundColor);
    const light = await ground();
    await mount(page, false, { theme: 'dark' });
    await expect.poll(ground).not.toBe(light);
    expect(await axeFindings(page, 'colours')).toEqual([]);
  });

  await test.step('in another language, and back', async () => {
    const box = page.locator('.countersign-inspector');
    await mount(page, false, { language: 'es' });
    await expect(box.getByRole('heading', { name: 'Enlaces', exact: true })).toBeVisible();
    await mount(page, false, { language: 'ar' });
    await expect(box).toHaveAttribute('dir', 'rtl');
    await expect(box).toHaveAttribute('lang', 'ar');
    await expect(box.getByRole('heading', { name: 'Enlaces', exact: true })).toHaveCount(0);
    expect(await axeFindings(page)).toEqual([]);
    await page.screenshot({ path: test.info().outputPath('foreign-ar.png'), fullPage: true });
    await mount(page, false);
    await expect(box.getByRole('heading', { name: 'Links', exact: true })).toBeVisible();
    await expect(box).toHaveAttribute('dir', 'ltr');
  });
  await close(page);
});

test('texts that do not arrive leave the inspector in English', async () => {
  const page = await open('/inspector.html');
  await page.route(/texts-ar/, (route) => route.abort());
  await mount(page, false, { language: 'ar' });
  const box = page.locator('.countersign-inspector');
  await expect(box.getByRole('heading', { name: 'Links', exact: true })).toBeVisible();
  await expect(box).toHaveAttribute('lang', 'en');
  // What the browser itself says of the file that did not come.
  complaints.get(page)!.length = 0;
  await close(page);
});

test('the inspector of a live network shows its link and a vote that waits; a file of it holds no name', async () => {
  const [alice, bob] = [await open('/inspector.html'), await open('/inspector.html')];
  const draft = await alice.evaluate(() => window.shop.createDraft('Harbour shops'));
  const made = await Promise.all(
    [alice, bob].map(async (page, i) => {
      const identity = await page.evaluate((o) => window.shop.createIdentity(o), {
        draft,
        label: ['Bakery Alice', 'Butcher Bob'][i]!,
      });
      if (!identity.ok) throw new Error(identity.error.message);
      return identity.value;
    }),
  );
  const created = await alice.evaluate((o) => window.shop.createNetwork(o), {
    draft,
    memberKeys: made.map(({ memberKey }) => memberKey),
  });
  for (const [i, page] of [alice, bob].entries())
    await page.evaluate((o) => window.shop.open(o), { identity: made[i]!.identity, ...created });
  for (const page of [alice, bob]) await expect.poll(() => page.evaluate(() => window.shop.here())).toBe(2);

  await mount(alice, true, { about: true });
  const links = alice.getByTestId('inspector-links');
  await expect(links.getByRole('row').filter({ hasText: 'Butcher Bob' }).first()).toContainText('direct');
  await bob.evaluate(() => window.shop.close());
  await expect.poll(() => alice.evaluate(() => window.shop.here())).toBe(1);
  await alice.evaluate(() => window.shop.set('cake/anniversary', 'sold'));
  const vote = alice.locator('article[data-key="cake/anniversary"]');
  await expect(vote).toHaveAttribute('data-phase', 'collecting');
  await expect(vote).toContainText('not linked');
  expect(await axeFindings(alice)).toEqual([]);

  await alice.getByRole('button', { name: 'Look at the file' }).click();
  const dialog = alice.getByRole('dialog');
  const text = await dialog.getByTestId('inspector-file').innerText();
  expect(JSON.parse(text)).toMatchObject({ app: { name: 'shop', version: '1.2.3', build: null } });
  for (const secret of ['Alice', 'Bob', 'Harbour', 'anniversary', created.invitation.split('.')[2]!])
    expect(text).not.toContain(secret);
  expect(await axeFindings(alice), 'the dialog').toEqual([]);
  const saving = alice.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save the file' }).click();
  const file = await (await saving).path();
  await alice.getByTestId('inspection-file').setInputFiles(file);
  await expect(alice.getByText(/shop 1\.2\.3|1\.2\.3/).first()).toBeVisible();
  await expect(alice.getByTestId('inspector-votes')).toContainText('Member 2');
  await alice.evaluate(() => window.shop.close());
  for (const page of [alice, bob]) await close(page);
});
