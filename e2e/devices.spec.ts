/** A member's second browser: certified by pictures of QR codes, at work while the member is away, revoked. */
import type { Page } from '@playwright/test';
import { bringNumber, expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';
import { screens } from './screens.ts';

const [notice] = NOTICES as [Notice];
test.setTimeout(240_000);

test('a second browser becomes a device of Bravo, works without it for all to sign, and is told when it is revoked', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  const device = await made.furtherBrowser(bravo);
  await alfa.announce(notice);

  await test.step('the device makes its key and shows it', async () => {
    await device.page.getByRole('link', { name: 'Add this device to an organisation' }).click();
    await device.page.getByRole('button', { name: 'Make its key' }).click();
    await expect(device.page.getByText('Type a name')).toBeVisible();
    await device.page.getByRole('textbox', { name: 'Name' }).fill('Dock 2 phone');
    await device.page.keyboard.press('Enter');
    await expect(device.page.getByRole('img', { name: 'QR code of this device’s request' })).toBeVisible();
    // Whoever closes the page in between goes on where it stood.
    await device.goto('/device');
    await expect(device.page.getByTestId('device-request')).toBeVisible();
    await screens(device, 'device, request');
  });

  await test.step('the member looks at it, certifies it, and shows the answer', async () => {
    await bravo.goto(bravo.path('settings'));
    await bravo.page.getByRole('link', { name: 'Devices of your organisation' }).click();
    await paste(bravo.page, 'device’s request', 'hello');
    await expect(bravo.page.getByRole('alert')).toBeVisible();
    await scan(bravo.page, 'device’s request', await picture(device.page, 'device-request'));
    const add = bravo.page.getByTestId('add-device');
    await expect(add).toContainText('Dock 2 phone');
    const shown = device.page.locator('dd.mono');
    await expect(add.locator('dd.mono')).toHaveText(await shown.innerText());
    await add.getByRole('button', { name: 'Certify this device' }).click();
    await expect(add.getByText('The device is in the directory.')).toBeVisible();
    await screens(bravo, 'devices, answer');
  });

  await test.step('the answer is of no use to another browser', async () => {
    const link = await bravo.page.getByLabel('QR code of the answer for the device, as text').inputValue();
    const stranger = await made.furtherBrowser(cargo);
    // As a phone’s own camera opens it.
    await stranger.goto(new URL(link).pathname + new URL(link).hash);
    await expect(stranger.page.getByTestId('join-problem')).toContainText(/\w/);
    expect(stranger.page.url(), 'the answer stays in no address bar').not.toContain('cscert1');
    expect(await stranger.call('profiles')).toEqual([]);
    await stranger.close();
  });

  await test.step('the device scans the answer, and is in the network', async () => {
    await scan(device.page, 'answer', await picture(bravo.page, 'device-answer'));
    const inside = device.page.getByText('This is a device of Bravo Logistics: Dock 2 phone.');
    const again = device.page.getByRole('button', { name: 'Try this answer again' });
    // Who reads that no member answers tries again.
    for (let times = 0; times < 5; times++) {
      await expect.poll(async () => (await inside.isVisible()) || (await again.isVisible())).toBe(true);
      if (!(await again.isVisible())) break;
      await expect(device.page.getByTestId('join-problem')).toContainText(
        /^No member of .* could be reached/,
      );
      await again.click();
      await expect(again).toBeHidden();
    }
    await expect(inside).toBeVisible();
    device.profile = /\/n\/([0-9a-f]{64})/.exec(device.page.url())![1]!;
    await device.waitFor((state) => state.here === 4, 'all four members to be linked to the device');
    const listed = bravo.page.getByTestId(`device-${device.profile}`);
    await expect(listed).toContainText('linked now');
  });

  await test.step('its member leaves, and a whole package is worked on the device', async () => {
    await bravo.close();
    await device.holds(notice.sscc, 1);
    await device.goto(device.path('bench'));
    const { page } = device;
    await expect(page.getByText('Bravo Logistics itself is not linked')).toBeVisible();
    await bringNumber(page, notice.sscc);
    await page.getByRole('button', { name: 'Check supplier signature' }).click();
    for (const [i] of notice.lines.entries())
      await page.getByRole('button', { name: `Accept line ${i + 1}`, exact: true }).click();
    await page.getByRole('radio', { name: 'Delta Express' }).check();
    await page.getByRole('button', { name: 'Label for Delta Express' }).click();
    await page.getByRole('button', { name: 'Send for signatures' }).click();
    await expect(page.getByRole('heading', { name: 'Signed and sealed' })).toBeVisible();
    await made.agree(notice.sscc, 2, [alfa, cargo, made.replica(3), device]);
    const { history } = await cargo.holds(notice.sscc, 2);
    const own = history.find(({ certificate }) => certificate.version === 2)!;
    expect(own.by.name, 'the member that answers for the session').toBe(bravo.member.name);
    expect(own.certificate.signers, 'a device never votes').not.toContain(bravo.index);
    expect(new Set(own.transactions.map((one) => one.node))).toEqual(new Set([device.profile]));
    await screens(device, 'bench of a device, committed');
  });

  await test.step('the package says what this replica answers for its last transaction', async () => {
    await device.goto(device.path(`packages/${notice.sscc}`));
    const last = device.page.getByTestId('last-transaction');
    await expect(last).toContainText(
      'It is committed as version 2: 3 of 4 members signed, and 3 were needed.',
    );
    await expect(last).toContainText('Dock 2 phone');
    const [session] = (await device.state())!.sessions;
    await expect(last).toContainText(session!.id);
  });

  await test.step('its member comes back and revokes it: it is told so, and loses its links', async () => {
    await bravo.reopen('settings/devices');
    await bravo.holds(notice.sscc, 2);
    await bravo.page.getByRole('button', { name: 'Revoke Dock 2 phone' }).click();
    await bravo.page.getByLabel('Why').selectOption('Stolen');
    await screens(bravo, 'devices, revoke');
    await bravo.page.getByRole('button', { name: 'Revoke it for good' }).click();
    await expect(bravo.page.getByTestId(`device-${device.profile}`)).toContainText(/Revoked .*: stolen/);
    await device.waitFor(
      (state) => state.standing.kind === 'device' && state.standing.revoked && state.here === 0,
      'the device to know of its revocation, and to have no link',
    );
    await expect(device.page.getByText('Bravo Logistics has revoked this device.')).toBeVisible();
    for (const member of made.replicas)
      await member.waitFor((state) => (state.transport.devices ?? []).length === 0, 'the device to be gone');
  });
});

/** A photo of the other browser’s screen. */
const picture = (page: Page, testId: string): Promise<Buffer> =>
  page.getByTestId(testId).getByRole('img').screenshot();

async function scan(page: Page, what: string, buffer: Buffer): Promise<void> {
  await page
    .getByLabel(`Use a picture of the ${what}`)
    .setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer });
}

async function paste(page: Page, what: string, text: string): Promise<void> {
  await page.getByLabel(`Or paste the text of the ${what}`).fill(text);
  await page.getByRole('button', { name: 'Read this text' }).click();
}
