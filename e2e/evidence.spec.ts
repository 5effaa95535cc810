/** From a commit in real browsers to a verdict elsewhere: exported by a member that did not run the session, verified by the command and the page. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, NOTICES, test, type Notice, type Replica } from './cluster.ts';

const [notice] = NOTICES as [Notice];
const PROGRAM = fileURLToPath(new URL('../src/cli/countersign.js', import.meta.url));

const countersign = (...args: string[]): { status: number | null; stdout: string } =>
  spawnSync(process.execPath, [PROGRAM, 'verify', ...args], { encoding: 'utf8' });

/** Presses a button and gives the path of the file that the browser saved. */
async function saved(page: Page, button: string | RegExp, name: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(name);
  const path = test.info().outputPath(name);
  await download.saveAs(path);
  return path;
}

test.setTimeout(600_000);

test('evidence that another member exports is valid on the command line and on the offline page, and a changed byte is not', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, , delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  // Who learns of the second version first fetches the first one later.
  for (const replica of [bravo, delta]) await replica.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  await delta.holds(notice.sscc, 2);
  await delta.goto(delta.path(`packages/${notice.sscc}`));

  const file = await saved(delta.page, 'Export evidence', `${notice.sscc}.evidence.json`);
  const tampered = test.info().outputPath('tampered.evidence.json');
  const genesis = test.info().outputPath('network.genesis');

  await test.step('the command', async () => {
    await expect(
      delta.page.getByText(`${notice.sscc}.evidence.json was saved by your browser.`),
    ).toBeVisible();
    const bytes = await readFile(file);
    const good = countersign(file, '--trust', made.network, '--json');
    expect(good.status).toBe(0);
    const report = JSON.parse(good.stdout) as {
      versions: { version: number; session: { member: string } }[];
    };
    expect(report.versions.map((one) => [one.version, one.session.member])).toEqual([
      [1, 'alfa'],
      [2, 'bravo'],
    ]);
    await writeFile(genesis, made.genesisFile);
    expect(countersign(file, '--trust', genesis).status).toBe(0);
    expect(countersign(file).status).toBe(3);
    expect(countersign(file, '--trust', '0'.repeat(64)).status).toBe(3);
    const middle = bytes.indexOf('"value"') + 400;
    bytes[middle] = bytes[middle] === 0x41 ? 0x42 : 0x41;
    await writeFile(tampered, bytes);
    expect(countersign(tampered, '--trust', made.network).status).toBe(2);
  });

  await test.step('the page, offline, in a tab of its own that the bar opens', async () => {
    const [page] = await Promise.all([
      delta.page.context().waitForEvent('page'),
      delta.page.getByRole('link', { name: 'Verify an evidence file, in a new tab' }).click(),
    ]);
    await expect(page.getByText('Ready. From here on it works offline.')).toBeVisible();
    // Both pages lose the network, and the other one still fetches parts ahead of need.
    await delta.fetchedAhead();
    await page.context().setOffline(true);
    await page.getByTestId('evidence-file').setInputFiles(file);
    await expect(page.getByTestId('verdict')).toHaveText('Valid');
    await expect(page.getByTestId('evidence-report')).toContainText('which you trust');
    await look(page, 'valid');
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    await expect(page.getByTestId('evidence-report')).toBeVisible();
    await expect(page.getByTestId('evidence-file')).toBeHidden();
    await page.screenshot({ path: test.info().outputPath('verify-print.png'), fullPage: true });
    await page.emulateMedia({ media: 'screen' });
    await page.getByTestId('evidence-file').setInputFiles(tampered);
    await expect(page.getByTestId('verdict')).toHaveText('Not valid');
    await look(page, 'invalid');
    await page.getByTestId('evidence-file').setInputFiles(file);
    await page.getByLabel('Network that you trust').fill('');
    await expect(page.getByTestId('verdict')).toHaveText('Proves nothing to you yet');
    await look(page, 'untrusted');
    await page.getByLabel('Network that you trust').fill('abc');
    await expect(page.getByRole('alert')).toContainText('A network id has 64 hex digits');
    await page.getByTestId('genesis-file').setInputFiles(genesis);
    await expect(page.getByTestId('verdict')).toHaveText('Valid');
    await page.context().setOffline(false);
    await page.close();
  });

  await test.step('one session as EPCIS, the one that the history shows', async () => {
    const newest = await saved(delta.page, 'Export EPCIS v2', `${notice.sscc}.v2.epcis.json`);
    const steps = JSON.parse(await readFile(newest, 'utf8')) as {
      epcisBody: { eventList: { bizStep: string }[] };
    };
    expect(steps.epcisBody.eventList.map((event) => event.bizStep)).toContain('staging_outbound');
    await delta.page.getByRole('region', { name: 'History' }).getByRole('button').first().click();
    await saved(delta.page, 'Export EPCIS v1', `${notice.sscc}.v1.epcis.json`);
  });
  expect(made.complaints).toEqual([]);
});

test('the verification page can be used by everybody, and needs no network of this browser', async ({
  prepared,
}) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  await replica.goto('/');
  const { page } = replica;
  await page.getByRole('link', { name: 'Verify an evidence file' }).click();
  await expect(page.getByRole('heading', { name: 'Verify an evidence file' })).toBeVisible();
  await look(page, 'empty');
  const vector = fileURLToPath(
    new URL('../examples/evidence/bad/under-quorum.evidence.json', import.meta.url),
  );
  await page.getByTestId('evidence-file').setInputFiles(vector);
  await expect(page.getByTestId('verdict')).toHaveText('Not valid');
  await expect(page.getByTestId('evidence-report')).toContainText('signed by 2 of 4 members');
});

async function look(page: Page, name: string): Promise<void> {
  for (const [size, width] of [
    ['phone', 360],
    ['desktop', 1280],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.screenshot({
        path: test.info().outputPath(`verify-${name}-${size}-${colorScheme}.png`),
        fullPage: true,
      });
      await expectAccessible(page);
      const { scroll, client } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
      }));
      expect(scroll, `${name} does not scroll sideways at ${width} px`).toBeLessThanOrEqual(client);
    }
  }
}
