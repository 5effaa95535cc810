/** The app in Firefox, as its makers ship it: the start page, the verifier, the states of the bench, and the demo's session. */
import { expect, firefox, test, type Browser, type Page } from '@playwright/test';
import { findOrInstall } from '../scripts/debian.ts';
import type { RunningServer } from '../signaling-server/server.ts';
import { startServer } from './cluster.ts';
import { expectFits, expectGloves } from './layout.ts';
import { openCase, startPreview } from './preview.ts';

test.setTimeout(300_000);
let fox: Browser | null = null;
let server: RunningServer;
test.beforeAll(async () => {
  const path = findOrInstall('/usr/bin/firefox-esr', 'firefox-esr');
  // By WebDriver BiDi.
  if (path !== null)
    fox = await firefox.launch({
      executablePath: path,
      channel: 'moz-firefox',
      // Links within this machine, and addresses that the panes can use: see BROWSER_FLAGS for Chromium's.
      firefoxUserPrefs: {
        'media.peerconnection.ice.loopback': true,
        'media.peerconnection.ice.obfuscate_host_addresses': false,
        'network.manage-offline-status': false,
      },
    });
  server = await startServer();
});
test.afterAll(async () => {
  await fox?.close();
  await server.close();
});

async function open(address: string, size = { width: 1280, height: 800 }): Promise<Page> {
  const page = await (await fox!.newContext({ viewport: size })).newPage();
  await page.goto(address);
  return page;
}

test('the start page and the verifier fit and work at every size', async () => {
  test.skip(fox === null, 'firefox-esr is not installed and could not be');
  const page = await open(`${server.url}/`);
  for (const path of ['/', '/verify']) {
    await page.goto(server.url + path);
    await expect(page.locator('main h1').first()).toBeVisible();
    for (const [width, height] of [
      [360, 640],
      [412, 915],
      [800, 1280],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      await expectFits(page, `${path} at ${width}`);
    }
  }
  await page
    .getByLabel(/evidence file/i)
    .first()
    .setInputFiles({
      name: 'no.evidence.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{}'),
    });
  await expect(
    page.getByRole('alert').or(page.getByRole('status')).filter({ hasText: /\w/ }).first(),
  ).toBeVisible();
  await page.context().close();
});

test('the bench keeps its action in reach and its targets large', async () => {
  test.skip(fox === null, 'firefox-esr is not installed and could not be');
  const preview = await startPreview();
  const context = await fox!.newContext({ viewport: { width: 360, height: 640 } });
  for (const name of ['bench-scan', 'bench-quality', 'bench-error', 'bench-committed']) {
    const { page } = await openCase(context, preview, name);
    for (const [width, height] of [
      [360, 640],
      [800, 1280],
    ] as const) {
      await page.setViewportSize({ width, height });
      await expectFits(page, `${name} at ${width}`);
      await expectGloves(page, `${name} at ${width}`);
    }
    await page.close();
  }
  await context.close();
  await preview.close();
});

test('the demo runs a session and closes its seal', async () => {
  test.skip(fox === null, 'firefox-esr is not installed and could not be');
  const page = await open(`${server.url}/demo`);
  await expect(page.getByTestId('run-session')).toBeEnabled({ timeout: 120_000 });
  await page.getByTestId('run-session').click();
  await expect(page.getByTestId('headline')).toContainText(/signed|sealed|committed/i, { timeout: 120_000 });
  await page.context().close();
});
