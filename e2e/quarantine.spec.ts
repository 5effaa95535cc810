/** Lines held back and released, the quality check with defects and a photo, and the statuses that lists and badges show. */
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';
import { screens } from './screens.ts';

const found = NOTICES.find((each) => each.lines.length > 1);
if (!found) throw new Error('examples/data holds no notice of two lines.');
const notice: Notice = found;
test.setTimeout(600_000);

test('a recalled line is held by its supplier, and only the supplier releases it', async ({ cluster }) => {
  const made = await cluster();
  const { alfa, bravo } = await made.announced(notice);
  await bravo.deliver(notice);
  await alfa.holds(notice.sscc, 2);

  await alfa.goto(alfa.path(`packages/${notice.sscc}`));
  await alfa.page.getByRole('link', { name: 'Recall lines' }).click();
  await alfa.page.getByRole('checkbox', { name: /^Line 2/ }).check();
  await expect(alfa.page.getByLabel('Why')).toHaveValue('recall');
  await screens(alfa, 'hold, by the supplier');
  await alfa.page.getByRole('button', { name: 'Hold back 1 line' }).click();
  await expect(alfa.page.getByTestId('action-outcome')).toContainText('committed v3');
  const held = await bravo.holds(notice.sscc, 3);
  expect(held.record.status).toBe('labelled');
  expect(held.record.holds).toMatchObject([{ line: 1, member: 'alfa', reason: 'recall' }]);

  await bravo.goto(bravo.path(`packages/${notice.sscc}/lines`));
  await expect(bravo.page.getByText('Held by Alfa Components: recalled by its maker')).toBeVisible();
  await expect(bravo.page.getByRole('heading', { name: 'Decide held lines' })).toHaveCount(0);

  await alfa.page.getByRole('radio', { name: 'Line 2: Accept' }).check();
  await screens(alfa, 'release, by the supplier');
  await alfa.page.getByRole('button', { name: 'Enter 1 verdict' }).click();
  await expect(alfa.page.getByTestId('action-outcome')).toContainText('committed v4');
  const released = await bravo.holds(notice.sscc, 4);
  expect(released.record.inspection?.lines[1]?.verdict).toBe('accept');
  expect(released.record.holds).toBeUndefined();
});

test('a package held at the bench is released after a second look, gets a courier, and the list says each status', async ({
  cluster,
}) => {
  const made = await cluster();
  const { alfa, bravo } = await made.announced(notice);
  await bravo.work(notice, 'validate');
  const { page } = bravo;

  await test.step('the bench: a defect by class, a photo, every line held', async () => {
    await bravo.goto(bravo.path('bench'));
    await page.getByRole('button', { name: 'One minor more' }).click();
    const photos = page.getByLabel('Add a photo');
    await photos.setInputFiles({
      name: 'note.txt',
      mimeType: 'image/png',
      buffer: Buffer.from('no picture'),
    });
    await expect(page.getByRole('alert')).toContainText('note.txt is no picture that this browser can read');
    const buffer = await page.screenshot();
    await photos.setInputFiles({ name: 'dent.png', mimeType: 'image/png', buffer });
    await expect(page.getByRole('button', { name: 'Take out dent.png' })).toBeVisible();
    await screens(bravo, 'bench, quality with a photo');
    for (const [i] of notice.lines.entries())
      await page.getByRole('button', { name: `Quarantine line ${i + 1}` }).click();
    await page.getByRole('button', { name: 'Send for signatures' }).click();
    await expect(page.getByRole('heading', { name: 'Signed and sealed' })).toBeVisible();
    const { record } = await alfa.holds(notice.sscc, 2);
    expect(record.status).toBe('quarantined');
    expect(record.inspection?.lines[0]?.defects).toMatchObject([{ severity: 'minor', count: 1 }]);
    expect(record.inspection?.lines[0]?.photos).toHaveLength(1);
  });

  await test.step('the photo is seen at another member, which fetches it from where it was taken', async () => {
    await alfa.goto(alfa.path(`packages/${notice.sscc}`));
    // Who has the photo is asked for ten seconds, and not longer.
    await made.linked([alfa, bravo]);
    await alfa.page.getByRole('button', { name: 'Show photo Line 1, photo 1 of 1' }).click();
    const photo = alfa.page.getByRole('img', { name: 'Line 1, photo 1 of 1' });
    await expect(photo).toBeVisible();
    await expect
      .poll(() => photo.evaluate((image) => (image as HTMLImageElement).naturalWidth))
      .toBeGreaterThan(100);
  });

  await test.step('the list shows it, filtered by status', async () => {
    await bravo.goto(bravo.path('packages'));
    await page.getByRole('radio', { name: 'Quarantined' }).check();
    await expect(page.getByRole('list', { name: 'Packages, newest change first' })).toContainText(
      'Quarantined',
    );
    await screens(bravo, 'packages, quarantined');
  });

  await test.step('released and rejected line by line, by keyboard', async () => {
    await page.getByRole('link', { name: new RegExp(notice.sscc.slice(-4)) }).click();
    await page.getByRole('link', { name: 'Release or reject lines' }).click();
    await page.getByRole('radio', { name: 'Line 1: Accept' }).focus();
    await page.keyboard.press('Space');
    await page.getByLabel('It was looked at again').first().check();
    await page
      .getByLabel(/^Minor/)
      .first()
      .fill('0');
    await page.getByRole('radio', { name: 'Line 2: Reject' }).check();
    await screens(bravo, 'release, second look');
    await page.getByRole('button', { name: /^Enter 2 verdicts/ }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('action-outcome')).toContainText('committed v3');
    const { record } = await alfa.holds(notice.sscc, 3);
    expect(record.status).toBe('released');
    expect(record.inspection?.lines.slice(0, 2).map((line) => line.verdict)).toEqual(['accept', 'reject']);
    expect(record.inspection?.lines[0]?.defects).toEqual([]);
  });

  await test.step('and then it needs a courier', async () => {
    await page.getByRole('link', { name: 'Choose the courier' }).click();
    await page.getByRole('radio', { name: 'Delta Express' }).check();
    await screens(bravo, 'choose the courier');
    await page.getByRole('button', { name: 'Give it to Delta Express' }).click();
    await expect(page.getByRole('button', { name: 'Sign and show the code' })).toBeVisible();
    expect((await alfa.holds(notice.sscc, 4)).record.status).toBe('labelled');
  });
});

test('more defects than the plan allows: the release is refused in words, and nothing is entered', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  const { page } = bravo;
  await bravo.goto(bravo.path(`packages/${notice.sscc}/lines`));
  await page.getByRole('checkbox', { name: /^Line 1/ }).check();
  await page.getByLabel('Why').selectOption('Damage found');
  await page.getByRole('button', { name: 'Hold back 1 line' }).click();
  await expect(page.getByTestId('action-outcome')).toContainText('committed v3');
  await page.getByRole('radio', { name: 'Line 1: Accept' }).check();
  await page.getByLabel('It was looked at again').check();
  await page.getByLabel(/^Critical/).fill('1');
  await page.getByRole('button', { name: 'Enter 1 verdict' }).click();
  await expect(page.getByRole('alert')).toContainText("can't be accepted");
  expect((await bravo.holds(notice.sscc, 3)).summary.version).toBe(3);

  await cargo.goto(cargo.path(`packages/${notice.sscc}/lines`));
  await expect(cargo.page.getByText('can be released by Bravo Logistics only')).toBeVisible();
  await screens(cargo, 'hold, not yours');
});
