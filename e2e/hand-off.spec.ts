/** A package changes hands: warehouse and courier sign on devices of their own, by QR code and live, and the delivery is reported. */
import type { Page } from '@playwright/test';
import { expect, NOTICES, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { screens } from './screens.ts';

const [notice, second] = NOTICES as [Notice, Notice];
test.setTimeout(600_000);

test('a hand-off by QR code: each device scans a picture of the other’s code, and the record carries both signatures', async ({
  cluster,
}) => {
  // The courier stands at a dock without a network: nothing but pictures passes between the two.
  const made = await cluster({ demo: true });
  const [alfa, bravo, , delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  await made.agree(notice.sscc, 2);
  await delta.goto(delta.path());
  await expect(delta.page.getByRole('heading', { name: 'Deliveries' })).toBeVisible();
  await made.linked();
  await delta.cut();

  await test.step('the warehouse signs, and shows the request as a QR code', async () => {
    await bravo.goto(bravo.path(`packages/${notice.sscc}`));
    await bravo.page.getByRole('link', { name: 'Hand over to Delta Express' }).click();
    await bravo.page.getByLabel('Vehicle').fill('trk 7');
    await bravo.page.getByLabel('Seal').fill('s-1234');
    await screens(bravo, 'hand-over, form');
    await bravo.page.getByRole('button', { name: 'Sign and show the code' }).click();
    await expect(bravo.page.getByRole('img', { name: /QR code of the hand-off request/ })).toBeVisible();
    await expect(bravo.page.getByText('is not linked to this one. Let it scan the code.')).toBeVisible();
    await screens(bravo, 'hand-over, request');
  });

  await test.step('the courier scans it from a picture, reads what it signs, and shows its answer', async () => {
    await expect(delta.page.getByRole('region', { name: 'Labelled for you' })).toContainText(
      notice.sscc.slice(-4),
    );
    await scan(delta.page, 'hand-off request', await picture(bravo.page, 'hand-off-request'));
    const words = delta.page.getByTestId('hand-off-words');
    await expect(words).toContainText(notice.sscc.slice(-4));
    await expect(words).toContainText('Bravo Logistics');
    await expect(words).toContainText('TRK-7');
    await expect(words).toContainText('S-1234');
    await expect(words).toContainText('It is the one that this device holds, signed by a quorum.');
    await screens(delta, 'courier, what it signs');
    await delta.page.getByRole('button', { name: 'Sign: I have this package' }).click();
    await expect(delta.page.getByRole('img', { name: /QR code of your answer/ })).toBeVisible();
    await screens(delta, 'courier, answer');
  });

  await test.step('the warehouse scans the answer, and the session commits', async () => {
    await scan(bravo.page, 'answer', await picture(delta.page, 'hand-off-answer'));
    await expect(bravo.page.getByTestId('hand-off-done')).toBeVisible();
    await delta.heal();
    await made.agree(notice.sscc, 3);
    const { record, history } = await made.replica(2).holds(notice.sscc, 3);
    expect(record.status).toBe('in-transit');
    expect(record.handOff).toMatchObject({ courierId: 'delta-express', vehicle: 'TRK-7', seal: 'S-1234' });
    const body = history.at(-1)?.transactions[0]?.request.body as unknown as {
      warehouse: { key: string };
      courier: { key: string };
    };
    expect(body.warehouse.key).toBe(bravo.profile);
    expect(body.courier.key).toBe(delta.profile);
    await expect(delta.page.getByText('the package is with you')).toBeVisible();
    await screens(bravo, 'hand-over, done');
  });

  await test.step('the courier reports the delivery; who took it stays on its device', async () => {
    await delta.goto(delta.path('deliveries'));
    await screens(delta, 'courier, list');
    await delta.page.getByRole('link', { name: /Report the delivery/ }).click();
    await delta.page.getByRole('radio', { name: 'Delivered' }).check();
    await delta.page.getByLabel('Who took it').fill('J. Doe, gate 4');
    await screens(delta, 'delivery');
    await delta.page.getByRole('button', { name: 'Sign the report' }).click();
    await expect(delta.page.getByTestId('last-delivery')).toContainText('Delivered, attempt 1');
    const receipt = delta.page.getByTestId('receipt');
    await expect(receipt).toContainText('J. Doe, gate 4');
    const [download] = await Promise.all([
      delta.page.waitForEvent('download'),
      receipt.getByRole('button', { name: 'Save the receipt' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${notice.sscc}.receipt.json`);
    await made.agree(notice.sscc, 4);
    const held = await made.replica(2).holds(notice.sscc, 4);
    expect(held.record.status).toBe('delivered');
    expect(held.record.delivery?.recipient).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(held)).not.toContain('J. Doe');
    await screens(delta, 'delivery, done');
  });
});

test('live: the request is shown on the courier’s own replica, and its answer is entered by itself', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, , delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  await delta.holds(notice.sscc, 2);
  await delta.goto(delta.path('deliveries'));
  await bravo.goto(bravo.path(`packages/${notice.sscc}/hand-over`));
  await made.linked();
  await bravo.page.getByRole('button', { name: 'Sign and show the code' }).click();
  await expect(bravo.page.getByText('Shown on Delta Express’s own device now')).toBeVisible();
  const request = delta.page.getByTestId('live-requests').getByRole('button');
  await expect(request).toContainText('from Bravo Logistics');
  await screens(delta, 'courier, shown live');
  await request.click();
  await delta.page.getByRole('button', { name: 'Sign: I have this package' }).click();
  await expect(bravo.page.getByTestId('hand-off-done')).toBeVisible();
  await expect(delta.page.getByText('the package is with you')).toBeVisible();
  const { record } = await made.replica(2).holds(notice.sscc, 3);
  expect(record.handOff?.courierKey).toBe(delta.profile);
  await delta.goto(delta.path('deliveries'));
  await expect(delta.page.getByTestId('live-requests')).toHaveCount(0);
});

test('what is not for this courier is not signed, and an answer to another hand-off is refused', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  for (const each of [notice, second]) {
    await alfa.announce(each);
    await bravo.holds(each.sscc, 1);
    await bravo.deliver(each);
    await delta.holds(each.sscc, 2);
    await cargo.holds(each.sscc, 2);
  }
  const place = bravo.member.gln;
  const ask = async (sscc: string): Promise<string> =>
    unwrap(await bravo.call('prepareHandOff', sscc, { vehicle: null, seal: null, place })).text;
  const first = await ask(notice.sscc);
  const other = await ask(second.sscc);
  const { answer } = unwrap(await delta.call('signHandOff', other));

  await test.step('a text that is none', async () => {
    await delta.goto(delta.path('deliveries'));
    await paste(delta.page, 'hand-off request', 'hello');
    await expect(delta.page.getByRole('alert')).toContainText('This is no hand-off request');
  });

  await test.step('a warehouse is no courier', async () => {
    const signed = await cargo.call('signHandOff', first);
    expect(signed).toMatchObject({ ok: false, error: { type: 'request-elsewhere' } });
    await cargo.goto(cargo.path('deliveries'));
    await expect(cargo.page.getByText('This page is for the network’s couriers')).toBeVisible();
  });

  await test.step('the answer to another package', async () => {
    await bravo.goto(bravo.path(`packages/${notice.sscc}/hand-over`));
    await bravo.page.getByRole('button', { name: 'Sign and show the code' }).click();
    await paste(bravo.page, 'answer', answer);
    await expect(bravo.page.getByRole('alert')).toContainText('This answer signs another hand-off');
    await screens(bravo, 'hand-over, refused');
  });

  await test.step('a request for a record that has changed since', async () => {
    const stale = await ask(notice.sscc);
    const changed = unwrap(
      await bravo.call(
        'runAlone',
        `package/${notice.sscc}` as never,
        { method: 'POST', path: '/quarantine', body: { lines: [0], reason: 'recall', at: Date.now() } },
        'op-1',
      ),
    );
    await bravo.committed(changed.id);
    await delta.holds(notice.sscc, 3);
    await paste(delta.page, 'hand-off request', stale);
    await expect(delta.page.getByRole('alert')).toContainText('has changed since');
    await expect(delta.page.getByRole('button', { name: 'Sign: I have this package' })).toHaveCount(0);
    await screens(delta, 'courier, cannot sign');
  });

  await test.step('another warehouse sees why it cannot hand over', async () => {
    await cargo.goto(cargo.path(`packages/${second.sscc}/hand-over`));
    await expect(cargo.page.getByText('Only Bravo Logistics hands it over')).toBeVisible();
  });
});

test('a delivery report crosses over as a code when the courier has no network', async ({ cluster }) => {
  const made = await cluster();
  const [alfa, bravo, , delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  await delta.holds(notice.sscc, 2);
  const place = bravo.member.gln;
  const request = unwrap(
    await bravo.call('prepareHandOff', notice.sscc, { vehicle: null, seal: null, place }),
  ).text;
  const { answer } = unwrap(await delta.call('signHandOff', request));
  const entered = unwrap(await bravo.call('enterHandOff', request, answer, 'op-1'));
  await bravo.committed(entered.id);
  await delta.holds(notice.sscc, 3);
  const { report } = unwrap(
    await delta.call('signDelivery', notice.sscc, { outcome: 'not-at-home', place: null, recipient: null }),
  );
  await delta.close();
  await bravo.goto(bravo.path(`packages/${notice.sscc}`));
  await bravo.page.getByRole('link', { name: 'Enter the courier’s report' }).click();
  await paste(bravo.page, 'delivery report', report);
  await screens(bravo, 'delivery, entered by the warehouse');
  await bravo.page.getByRole('button', { name: 'Enter this report' }).click();
  await expect(bravo.page.getByTestId('last-delivery')).toContainText('Nobody there: I try again, attempt 1');
  const { record } = await made.replica(2).holds(notice.sscc, 4);
  expect(record.status).toBe('in-transit');
  expect(record.delivery?.courierKey).toBe(delta.profile);
});

/** A photo of the other device’s screen. */
async function picture(page: Page, testId: string): Promise<Buffer> {
  return page.getByTestId(testId).getByRole('img').screenshot();
}

async function scan(page: Page, what: string, buffer: Buffer): Promise<void> {
  await page
    .getByLabel(`Use a picture of the ${what}`)
    .setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer });
}

async function paste(page: Page, what: string, text: string): Promise<void> {
  await page.getByLabel(`Or paste the text of the ${what}`).fill(text);
  await page.getByRole('button', { name: 'Read this text' }).click();
}
