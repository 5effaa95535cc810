/** The inspector, its file for bug reports, and the plot of the network page. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, NOTICES, test, unwrap, type Cluster, type Notice, type Replica } from './cluster.ts';

const [first, second] = NOTICES as [Notice, Notice];
/** Of a TURN server that nobody asks: what matters is that it is in the settings. */
const TURN = {
  urls: 'turn:turn.harbour.example:3478',
  username: 'harbour-user',
  credential: 'Pa55-word!of/turn',
};
const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 900 },
] as const;

// Every page is looked at by a screen reader’s rules at two sizes and in three themes.
test.setTimeout(600_000);

test('a vote that waits for members who are away is seen with its votes and timers, and with its end', async ({
  cluster,
}) => {
  const { made, alfa } = await open(cluster);
  const [, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const { page } = alfa;
  await cargo.cut();
  await delta.cut();
  await alfa.waitFor((state) => state.here === 2, 'two members to be gone');
  await alfa.announce(second, false);
  const key = `package/${second.sscc}`;
  const vote = page.locator(`article[data-key="${key}"]`);
  await expect(vote).toHaveAttribute('data-phase', 'collecting');
  for (const voter of [alfa, bravo])
    await expect(vote.locator(`tr[data-member="${voter.index}"] td[data-vote="pre-commit"]`)).toHaveCount(1);
  for (const away of [cargo, delta]) {
    const row = vote.locator(`tr[data-member="${away.index}"]`);
    await expect(row.locator('td[data-vote]')).toHaveCount(0);
    await expect(row).toContainText('not linked');
  }
  await expect(
    vote.getByRole('img', { name: /^Voting: 2 of 3 pre-commits needed, from Alfa, Bravo\./ }),
  ).toBeVisible();
  await expect(vote.getByTestId('inspector-timers')).toContainText('votes by itself');
  await expect(vote).toContainText('2 of 3 needed have voted.');

  await test.step('links: what went over them, and which way', async () => {
    const links = page.getByTestId('inspector-links');
    const row = links.getByRole('row').filter({ hasText: 'Bravo' }).first();
    await expect(row).toContainText(/direct \((host|prflx|srflx) to (host|prflx|srflx), udp\)/);
    await expect(row).toContainText('dialled by this side');
    await links.getByText('Messages on the link to Bravo, by kind').click();
    const kinds = links.getByRole('group', { name: 'Messages on the link to Bravo, by kind' });
    await expect(kinds.getByRole('row', { name: /^votes / })).toBeVisible();
  });

  await test.step('a filter leaves one key, and a pause holds everything still', async () => {
    const filter = page.getByLabel('Only keys that contain');
    await filter.fill('no such key');
    await expect(vote).toHaveCount(0);
    await expect(page.getByTestId('inspector-votes')).toContainText('has “no such key” in its key');
    await filter.fill(second.sscc);
    await expect(vote).toHaveCount(1);
    const trace = page.getByTestId('inspector-trace');
    await expect(trace.getByRole('row').filter({ hasText: first.sscc })).toHaveCount(0);
    await expect(trace.locator('tr[data-kind="proposed"]')).toContainText(key);
    await filter.fill('');
    await expect(trace.getByRole('row').filter({ hasText: first.sscc }).first()).toBeVisible();
    await trace.getByLabel('Kind of event').selectOption('links');
    await expect(trace.locator('tr[data-kind="unlink"]').first()).toBeVisible();
    await expect(trace.locator('tr[data-kind="proposed"]')).toHaveCount(0);
    await trace.getByLabel('Kind of event').selectOption('all');
  });

  await test.step('it can be used by everybody', () => everybody(alfa));

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText(/^Paused\. What is shown is from/)).toBeVisible();
  await cargo.heal();
  await made.agree(second.sscc, 1, [alfa, bravo, cargo]);
  await expect(vote).toHaveAttribute('data-phase', 'collecting');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByTestId('inspector-votes')).toContainText('No version is under vote here.');
  await expect(page.getByTestId('inspector-trace').locator('tr[data-kind="decided"]').first()).toContainText(
    key,
  );
});

test('a file for a bug report holds no secret, is seen before it is saved, and can be opened again', async ({
  cluster,
}) => {
  const { made, alfa } = await open(cluster);
  const { page } = alfa;
  unwrap(await alfa.call('setIceServers', [TURN]));
  // What nobody caught, with all that must not leave in its words.
  const joinSecret = made.invitation.split('.')[2]!;
  expect(joinSecret).toMatch(/^[0-9a-f]{64}$/);
  const forms = secretsIn(
    made.invitation,
    joinSecret,
    TURN.credential,
    TURN.username,
    first.sscc,
    alfa.profile,
  );
  await page.evaluate(
    (words) => {
      window.dispatchEvent(new ErrorEvent('error', { error: new TypeError(words), message: words }));
    },
    `Cannot reach ${forms.join(', ')} at 192.168.7.9 for op-1`,
  );
  await expect(page.getByText('Cannot reach')).toBeVisible();

  await page.getByRole('button', { name: 'Look at the file' }).click();
  const file = page.getByTestId('inspector-file');
  await expect(file).toBeVisible();
  await everybody(alfa);
  const text = (await file.textContent())!;
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the file' }).click();
  const saved = await readFile(await (await download).path(), 'utf8');
  expect(saved).toBe(text);
  expect(saved).toContain('Cannot reach [secret]');
  for (const form of [
    ...forms,
    '192.168.7.9',
    'op-1',
    ...made.replicas.map(({ member }) => member.organisation),
  ])
    expect(saved.includes(form), form).toBe(false);
  const { app, inspection } = JSON.parse(saved) as {
    app: { version: string };
    inspection: { links: unknown[]; trace: unknown[] };
  };
  expect(app.version).toMatch(/^\d/);
  expect(inspection.links).toHaveLength(3);
  expect(inspection.trace.length).toBeGreaterThan(5);

  await test.step('another member opens it', async () => {
    const bravo = made.replica(1);
    await bravo.goto(bravo.path('inspector'));
    const input = bravo.page.getByTestId('inspection-file');
    await input.setInputFiles({
      name: 'holiday.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{}'),
    });
    await expect(bravo.page.getByRole('alert')).toContainText('holiday.json is no file of the inspector.');
    await input.setInputFiles({
      name: 'alfa.json',
      mimeType: 'application/json',
      buffer: Buffer.from(saved),
    });
    await expect(bravo.page.getByText(/^From a file\./)).toBeVisible();
    await expect(bravo.page.getByTestId('inspector-links').getByRole('row')).toHaveCount(4);
    await expect(bravo.page.getByTestId('inspector-trace')).toContainText('decided');
    await everybody(bravo);
    await bravo.page.getByRole('button', { name: 'Close the file and look at this replica' }).click();
    await expect(bravo.page.getByText('Live, twice a second.')).toBeVisible();
  });
});

test('the plot of latencies is drawn under the policy of the page, and says its numbers in words', async ({
  cluster,
}) => {
  const made = await cluster();
  const alfa = made.replica(0);
  const { page } = alfa;
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      (window as unknown as { refused?: string }).refused = event.violatedDirective;
    });
  });
  await alfa.goto(alfa.path('network'));
  await made.linked();
  const sheet = page.getByTestId('latency');
  await expect(sheet).toContainText('This replica has committed nothing yet.');
  await alfa.announce(first);
  await expect(page.getByTestId('latency-words')).toContainText(/^One commit so far: [\d.,]+ m?s\./);
  await alfa.announce(second);
  await expect(page.getByTestId('latency-words')).toContainText(
    /^The last 2 commits: half within [\d.,]+ m?s, 95 of 100 within [\d.,]+ m?s; the last one took [\d.,]+ m?s\./,
  );
  const plot = page.getByTestId('latency-plot');
  await expect(plot).toHaveAttribute('data-state', 'drawn');
  await expect(plot.locator('canvas')).toHaveCount(1);
  expect(await inked(page), 'something is drawn').toBeGreaterThan(100);
  for (const theme of ['dark', 'contrast']) {
    await page.evaluate((name) => (document.documentElement.dataset['theme'] = name), theme);
    await expect(plot.locator('canvas')).toHaveCount(1);
    expect(await inked(page), theme).toBeGreaterThan(100);
  }
  await page.evaluate(() => delete document.documentElement.dataset['theme']);
  await sheet.getByText('Every commit as a table').click();
  await everybody(alfa);
  await expect
    .poll(() =>
      plot.evaluate((box) => box.querySelector('canvas')!.getBoundingClientRect().width - box.clientWidth),
    )
    .toBeLessThanOrEqual(1);
  expect(await page.evaluate(() => (window as unknown as { refused?: string }).refused ?? null)).toBeNull();
});

/** Four members with one decided package; the first looks at its inspector. */
async function open(cluster: () => Promise<Cluster>): Promise<{ made: Cluster; alfa: Replica }> {
  const made = await cluster();
  const alfa = made.replica(0);
  await alfa.goto(alfa.path('network'));
  await made.linked();
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  await alfa.page.getByRole('link', { name: 'Open the inspector' }).click();
  await expect(alfa.page.getByRole('heading', { level: 1, name: 'Inspector' })).toBeVisible();
  await expect(alfa.page.getByText('Live, twice a second.')).toBeVisible();
  return { made, alfa };
}

/** axe is content, on a phone and on a desktop, light and dark, and only boxes scroll sideways. */
async function everybody(replica: Replica): Promise<void> {
  const { page } = replica;
  const before = page.viewportSize();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const name = `inspector-${new URL(page.url()).pathname.split('/').at(-1)}-${size.width}-${colorScheme}`;
      await page.screenshot({ path: test.info().outputPath(`${name}.png`), fullPage: true });
      await replica.expectAccessible();
      const { scroll, width } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        width: document.documentElement.clientWidth,
      }));
      expect(scroll, `no sideways scrolling at ${size.width} px`).toBeLessThanOrEqual(width);
    }
  }
  if (before) await page.setViewportSize(before);
}

function secretsIn(...texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const bytes = Buffer.from(
      /^[0-9a-f]+$/.test(text) && text.length % 2 === 0 ? Buffer.from(text, 'hex') : text,
    );
    const base64 = bytes.toString('base64').replaceAll('=', '');
    return [text, bytes.toString('hex'), base64, base64.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Pixels of the plot that are not empty. */
function inked(page: Page): Promise<number> {
  return page.getByTestId('latency-plot').evaluate((box) => {
    const canvas = box.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) count++;
    return count;
  });
}
