/** Asking to be let in, and letting in, by the pages alone. */
import { expect, members, NOTICES, pressUntilAnswered, test, type Notice, type Replica } from './cluster.ts';
import { screens } from './screens.ts';

const [notice] = NOTICES as [Notice];

// Every page is looked at by a screen reader’s rules at two sizes and in three themes.
test.setTimeout(600_000);

test('a fifth organisation asks by the invitation, is compared by its key, approved with a tap each, and is in', async ({
  cluster,
}, info) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  const echo = await made.newcomer(4, members(5)[4]!);
  const { organisation, name, id, gln } = echo.member;
  const waiting = echo.page.getByTestId('ask-waiting');

  await test.step('the invitation finds no key of this browser in the list, and leads on to the form', async () => {
    await echo.goto(`/join#${made.invitation}`);
    const leadsOn = echo.page.getByRole('button', { name: 'Ask to join' });
    await pressUntilAnswered(echo.page, 'Join', () => leadsOn.isVisible());
    await expect(echo.page.getByTestId('problem')).toContainText('Harbour receivers');
    await leadsOn.click();
    await expect(echo.page.getByRole('heading', { name: 'Ask to join Harbour receivers' })).toBeVisible();
    await expect(echo.page, 'the secret leaves the address bar').toHaveURL(/\/ask$/);
    await screens(echo, 'ask, form');
  });

  await test.step('it asks', async () => {
    const { page } = echo;
    await page.getByRole('button', { name: 'Make keys and ask' }).click();
    await expect(page.getByText('Type the organisation’s name.')).toBeVisible();
    await page.getByLabel('Organisation').fill(organisation);
    await page.getByLabel('Short name').fill(name);
    await page.getByLabel('Id', { exact: true }).fill(id);
    await page.getByRole('radio', { name: /^Warehouse/ }).check();
    await page.getByLabel('GLN', { exact: true }).fill(gln);
    await pressUntilAnswered(page, 'Make keys and ask', () => waiting.isVisible());
    await expect(waiting).toHaveAttribute('data-state', 'asked');
    await expect(waiting).toContainText('3 of the 4 must approve');
    await screens(echo, 'ask, waiting');
  });

  const fingerprint = await echo.page.getByTestId('fingerprint').innerText();
  expect(fingerprint).toMatch(/^([0-9a-f]{4} ){3}[0-9a-f]{4}$/);
  const asked = Date.now();

  await test.step('Alfa sees the same key beside the request, and proposes', async () => {
    const { page } = alfa;
    await page.getByTestId('awaited').getByRole('link').click();
    const request = page.getByTestId('requests').getByRole('article', { name: organisation });
    await expect(request.locator('.fingerprint')).toHaveText(fingerprint);
    await expect(request).toContainText(`GLN${gln}`);
    await screens(alfa, 'members, request');
    await request.getByRole('button', { name: `Admit ${organisation}` }).click();
    const form = page.getByRole('form', { name: `Admit ${organisation}` });
    await expect(form.getByLabel('Reason')).toBeFocused();
    await expect(form).toContainText('After it: 5 members: 1 may fail, 4 must sign.');
    await form.getByLabel('Reason').fill('');
    await form.getByRole('button', { name: 'Propose and approve' }).click();
    await expect(form).toContainText('Say why in a few words');
    await form.getByLabel('Reason').fill('A warehouse in the north.');
    await form.getByRole('button', { name: 'Propose and approve' }).click();
    // Whoever pressed the button goes on at the change.
    await expect(page.getByRole('heading', { name: `${organisation} joins` })).toBeFocused();
    await expect(page.getByTestId('changes')).toContainText('You have approved this.');
  });

  await test.step('Echo signs that it joins; Bravo approves with the keyboard', async () => {
    await expect(waiting).toHaveAttribute('data-state', 'drafted');
    await expect(waiting).toContainText('A warehouse in the north.');
    const { page } = bravo;
    // With somebody missing it would be warned first, and asked twice. Nothing but the work stands on the bench, where a warehouse's page opens.
    await bravo.goto(bravo.path('packages'));
    await bravo.waitFor((state) => state.here === 4, 'all to be linked');
    await expect(page.getByTestId('awaited')).toContainText('A change of members waits for your approval.');
    await page.getByTestId('awaited').getByRole('link').press('Enter');
    const changes = page.getByTestId('changes');
    await expect(changes).toContainText(`key ${fingerprint}`);
    await expect(changes).toContainText('2 more approvals are needed');
    await screens(bravo, 'members, change to approve');
    const approve = changes.getByRole('button', { name: `Approve the change: ${organisation} joins` });
    await tabTo(bravo, () => approve.evaluate((button) => button === document.activeElement));
    await page.keyboard.press('Enter');
    await expect(changes).toContainText('You have approved this.');
    await expect(approve).toHaveCount(0);
    await expect(page.getByRole('heading', { name: `${organisation} joins` })).toBeFocused();
    await expect(alfa.page.getByTestId('changes')).toContainText('1 more approval is needed');
    await expect(waiting.getByRole('progressbar')).toHaveAttribute('value', '2');
    await screens(alfa, 'members, change with approvals');
    await screens(echo, 'ask, proposed');
  });

  await test.step('Cargo’s tap is the third of four: Echo’s page opens by itself', async () => {
    await cargo.goto(cargo.path('network/members'));
    await cargo.waitFor((state) => state.here === 4, 'all to be linked');
    // The page is told a moment later; with somebody missing it would ask twice.
    await expect(cargo.page.getByRole('heading', { name: 'Before you approve' })).toHaveCount(0);
    const since = Date.now();
    await cargo.page.getByRole('button', { name: `Approve the change: ${organisation} joins` }).click();
    await echo.page.waitForURL(/\/n\/[0-9a-f]{64}/);
    echo.profile = /\/n\/([0-9a-f]{64})/.exec(echo.page.url())![1]!;
    for (const replica of [alfa, bravo, cargo, delta, echo])
      await replica.waitFor(
        ({ epoch, standing, n }) => epoch.number === 1 && n === 5 && standing.kind === 'voter',
        'to vote in epoch 1, of five',
      );
    const description = `${Date.now() - since} ms; ${Date.now() - asked} ms after the request, by hand`;
    info.annotations.push({ type: 'from the last tap to votes in five browsers', description });
    await echo.goto(echo.path('network/members'));
    await made.linked([alfa, bravo, cargo, delta, echo]);
    for (const replica of [alfa, echo]) {
      const { page } = replica;
      await expect(page.getByTestId('epoch-words')).toHaveText(
        'Epoch 1 · rules 1 · 5 members: 1 may fail, 4 must sign',
      );
      await expect(page.getByTestId('member-list').getByRole('listitem')).toHaveCount(5);
      await expect(page.getByTestId('member-list')).toContainText(fingerprint);
      await expect(page.getByTestId('changes')).toContainText('No change of members is proposed.');
      await expect(page.getByTestId('requests')).toContainText('Nobody asks to join.');
    }
    await screens(alfa, 'members, after');
    await screens(echo, 'members, after, newcomer');
  });
  await echo.holds(notice.sscc, 1);
  expect(made.complaints).toEqual([]);
});

/** Goes forward with the Tab key until this holds; a page has fewer stops than this. */
async function tabTo(replica: Replica, reached: () => Promise<boolean>): Promise<void> {
  for (let stop = 0; stop < 60; stop++) {
    if (await reached()) return;
    await replica.page.keyboard.press('Tab');
  }
  throw new Error('The Tab key does not get there.');
}
