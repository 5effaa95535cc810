/** The bench as an operator uses it: by keyboard alone, with scans at the wrong moment, and after the battery died. */
import type { Page } from '@playwright/test';
import type { Key } from '../src/worker/api.ts';
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';
import { listenIn } from './held-back.ts';
import { scanByWedge } from './wedge.ts';

const two = NOTICES.find((each) => each.lines.length > 1);
if (!two) throw new Error('examples/data holds no notice of two lines.');
const notice: Notice = two;
const others = NOTICES.filter((each) => each.sscc !== notice.sscc) as [Notice, Notice, Notice, ...Notice[]];

test('a whole session by keyboard alone, and each step is told to who does not see it', async ({
  cluster,
}) => {
  const made = await cluster();
  const { page } = await made.atBench(notice);
  await expect(page.getByTestId('scan-sink')).toBeFocused();
  await heard(page);
  await scanByWedge(page, `]C100${notice.sscc}`);
  await instruction(page, 'Check who sent it');
  await said(page, /Done: Last scan: package …/);
  await press(page, 'Check supplier signature');
  await instruction(page, /^Check \d+ of \d+ pieces$/);
  await said(page, /Done: .*signature is valid/);
  await press(page, 'One minor more');
  await said(page, '1');
  for (const [i] of notice.lines.entries()) {
    // The first comes with its instruction.
    if (i > 0) await said(page, new RegExp(`^Line ${i + 1} of `));
    await press(page, `Accept line ${i + 1}`);
  }
  await instruction(page, 'Choose the courier');
  await said(page, /Done: Quality check saved/);
  await tabTo(page, page.getByRole('radio').first());
  await page.keyboard.press('Space');
  await press(page, /^Label for /);
  await instruction(page, 'Send it to the members');
  await press(page, 'Undo last step');
  await instruction(page, 'Choose the courier');
  await said(page, /Done: Last step taken back/);
  await tabTo(page, page.getByRole('radio').first());
  await page.keyboard.press('Space');
  await press(page, /^Label for /);
  await press(page, 'Send for signatures');
  await expect(page.getByRole('heading', { name: 'Signed and sealed' })).toBeVisible();
  await said(page, /committed v2/);
  await press(page, 'Next package');
  await expect(page.getByTestId('scan-sink')).toBeFocused();
  await made.agree(notice.sscc, 2);
});

test('a scan while an error stands is neither taken nor lost without a word, and no Enter answers the error', async ({
  cluster,
}) => {
  const made = await cluster();
  const { bravo, page } = await made.atBench(notice);
  await page.getByTestId('scan-sink').focus();
  await scanByWedge(page, ']C100040123450000001117');
  const alarm = page.getByTestId('blocking-error');
  await expect(alarm).toHaveAttribute('data-type', 'wrong-check-digit');
  for (let i = 0; i < 6; i++) {
    await scanByWedge(page, `]C100${notice.sscc}`);
  }
  await expect(alarm).toContainText('6 later scans were not taken');
  await expect(alarm).toContainText('and 1 before');
  expect((await bravo.state())?.sessions, 'nothing was started behind the error').toEqual([]);
  await page.keyboard.press('Escape');
  await expect(alarm).toBeVisible();
  await alarm.getByRole('button', { name: 'Scan again' }).click();
  await expect(page.getByText('6 later scans were not taken')).toBeVisible();
  await expect(page.getByTestId('scan-sink')).toBeFocused();
  await scanByWedge(page, `]C100${notice.sscc}`);
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
});

test('a dead battery in mid-queue: what was sent, finished, begun and half counted is there again, and all of it is signed', async ({
  cluster,
}) => {
  const made = await cluster({ persistent: [1] });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const [sent, alsoSent, finished] = others;
  for (const each of [notice, sent, alsoSent, finished]) await alfa.announce(each);
  for (const each of [notice, sent, alsoSent, finished]) await bravo.holds(each.sscc, 1);
  await bravo.goto(bravo.path('bench'));
  await made.linked();

  await test.step('the night begins: Bravo is alone, and goes on working', async () => {
    for (const replica of [alfa, cargo, delta]) await replica.close();
    await bravo.waitFor((state) => state.here === 1, 'to be alone');
    await bravo.deliver(sent, false);
    await bravo.deliver(alsoSent, false);
    await bravo.work(finished);
    await bravo.work(notice, 'validate');
    await bravo.page
      .getByRole('button', { name: new RegExp(`${notice.sscc.slice(-4)} not sent yet`) })
      .click();
    await bravo.page.getByRole('button', { name: 'One major more' }).click();
    await bravo.page.getByRole('button', { name: 'One minor more' }).click();
    await expect(bravo.page.getByLabel('Minor defects')).toHaveText('1');
    await kept(bravo.page);
  });

  await test.step('the battery dies, and the device starts while nobody else is there', async () => {
    await bravo.killBrowser();
    await bravo.reopen('bench');
    const { page } = bravo;
    await expect(page.getByRole('heading', { name: /^Check \d+ of \d+ pieces$/ })).toBeVisible();
    await expect(page.getByLabel('Major defects')).toHaveText('1');
    await expect(page.getByLabel('Minor defects')).toHaveText('1');
    await expect(page.getByRole('heading', { name: 'Still voting: 2' })).toBeVisible();
    await expect(page.getByTestId('shift')).toContainText('Finished, not sent: 1');
  });

  await test.step('in the morning the others are back, and everything is signed', async () => {
    for (const replica of [alfa, cargo, delta]) await replica.reopen();
    await bravo.waitFor((state) => state.here === 4, 'everybody to be back');
    for (const each of [sent, alsoSent]) await made.agree(each.sscc, 2);
    await bravo.page.getByTestId('shift').getByRole('button', { name: 'Commit all (1)' }).click();
    await made.agree(finished.sscc, 2);
    const key = `package/${notice.sscc}` as Key;
    const { sessions } = await bravo.waitFor(
      (state) => state.sessions.some((one) => one.key === key),
      'the work',
    );
    expect(sessions.find((one) => one.key === key)?.status.state).toBe('local');
    for (const replica of made.replicas)
      expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
  });
});

test('without vibration and sound the bench works as before, and the screen says the same', async ({
  cluster,
}) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  await bravo.page.addInitScript(() => {
    delete (Navigator.prototype as Partial<Navigator>).vibrate;
    Reflect.deleteProperty(window, 'AudioContext');
    Reflect.deleteProperty(window, 'Notification');
  });
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  await page.getByTestId('scan-sink').focus();
  await scanByWedge(page, `]C100${notice.sscc}`);
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  await expect(page.getByText('Done: Last scan')).toBeAttached();
});

test('a glove that presses twice, and a short code of a scanner while a button has the focus, decide nothing', async ({
  cluster,
}) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  const { id } = await bravo.work(notice, 'validate');
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  const major = page.getByLabel('Major defects');
  await page.getByRole('button', { name: 'One major more' }).click();
  await expect(page.getByRole('button', { name: 'One major more' })).toBeFocused();
  await scanByWedge(page, ']C0D7');
  await expect(page.getByText('Code D7: press + at its severity')).toBeVisible();
  await expect(major, 'the scan’s Enter is no press').toHaveText('1');
  await page.getByRole('button', { name: 'One major more' }).click();
  await expect(page.getByText(/^Codes.*D7/)).toBeVisible();
  await expect(page.getByText(/\]C0/)).toHaveCount(0);
  for (let i = 0; i < 2; i++) await page.getByRole('button', { name: 'One major less' }).click();
  await page.getByRole('button', { name: 'Accept line 1' }).dblclick();
  await expect(page.getByRole('button', { name: 'Accept line 2' })).toBeVisible();
  for (const [i] of notice.lines.entries())
    if (i > 0) await page.getByRole('button', { name: `Accept line ${i + 1}` }).click();
  await expect(page.getByRole('heading', { name: 'Choose the courier' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo last step' }).dblclick();
  await expect(page.getByText('Last step taken back')).toBeVisible();
  const { sessions } = (await bravo.state())!;
  const session = sessions.find((one) => one.id === id)!;
  expect(session.transactions.at(-1)!.request.path, 'one step is taken back').toBe('/validate');
});

test('the next package is scanned while the last one is still being handed on, and stays in front', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  const [next] = others;
  for (const each of [notice, next]) await alfa.announce(each);
  for (const each of [notice, next]) await bravo.holds(each.sscc, 1);
  await bravo.work(notice, 'label');
  await bravo.page.addInitScript(listenIn);
  await bravo.page.addInitScript(() => {
    const awake = new Set<object>();
    Object.assign(window, { awake });
    Object.defineProperty(navigator, 'wakeLock', {
      value: {
        request() {
          const lock = { released: false, release: () => Promise.resolve(void awake.delete(lock)) };
          awake.add(lock);
          return Promise.resolve(lock);
        },
      },
    });
  });
  const awake = (): Promise<number> =>
    bravo.page.evaluate(() => (window as unknown as { awake: Set<object> }).awake.size);
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  await expect.poll(awake, 'the screen stays on during a session').toBe(1);
  await page.evaluate(() => window.heldBack.answers('commit'));
  await page.getByRole('button', { name: 'Send for signatures' }).click();
  await expect.poll(() => page.evaluate(() => window.heldBack.held())).toBe(1);
  await scanByWedge(page, `]C100${next.sscc}`);
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  await page.evaluate(() => window.heldBack.release());
  await expect(page.getByText('Done: Session saved on this device')).toBeAttached();
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  await made.agree(notice.sscc, 2);
  await page.getByRole('button', { name: 'Put this session away' }).click();
  await expect(page.getByRole('heading', { name: 'Scan a package label' })).toBeVisible();
  await expect.poll(awake, 'and goes dark without one').toBe(0);
});

test('two errors at once are both read, one after the other', async ({ cluster }) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  const { id } = await bravo.work(notice, 'scan');
  await bravo.page.addInitScript(listenIn);
  await bravo.goto(bravo.path('bench'));
  const { page } = bravo;
  const alarm = page.getByTestId('blocking-error');
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  await page.evaluate(() => window.heldBack.calls('step'));
  await page.getByRole('button', { name: 'Check supplier signature' }).click();
  await expect.poll(() => page.evaluate(() => window.heldBack.held())).toBe(1);
  await scanByWedge(page, `]C100${others[0].sscc}`);
  await expect(alarm).toHaveAttribute('data-type', 'other-package');
  await bravo.call('abandon', id);
  await page.evaluate(() => window.heldBack.release());
  await expect.poll(() => page.evaluate(() => window.heldBack.beeps())).toBe(4);
  await expect(alarm).toHaveAttribute('data-type', 'other-package');
  await alarm.getByRole('button', { name: 'Scan again' }).click();
  await expect(alarm).toHaveAttribute('data-type', /^session-/);
  await scanByWedge(page, `]C100${others[0].sscc}`);
  await expect(alarm).toContainText('1 later scan was not taken');
  await alarm.getByRole('button').last().click();
  await expect(alarm).toHaveCount(0);
});

/** Presses by keyboard: Tab until it has the focus, then Enter. */
async function press(page: Page, name: string | RegExp): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  await expect(button).toBeEnabled();
  await tabTo(page, button);
  await page.keyboard.press('Enter');
}

/** More controls than the bench has. */
const MAX_TABS = 60;

async function tabTo(page: Page, target: ReturnType<Page['getByRole']>): Promise<void> {
  await target.waitFor();
  for (let i = 0; i < MAX_TABS; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(target)} cannot be reached by Tab.`);
}

/** The instruction has the focus, so that a screen reader reads it. */
async function instruction(page: Page, name: string | RegExp): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name })).toBeFocused();
}

/** From now on, collects what live regions say. */
async function heard(page: Page): Promise<void> {
  await page.evaluate(() => {
    const list: string[] = [];
    Object.assign(window, { heard: list });
    const selector = '[role=status], [role=alert], [aria-live=polite], output';
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const region = element?.closest(selector);
        if (region) list.push((region.textContent ?? '').trim());
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

async function said(page: Page, words: string | RegExp): Promise<void> {
  await expect
    .poll(
      async () => {
        const list = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
        return list.some((text) => (typeof words === 'string' ? text === words : words.test(text)));
      },
      `a live region to say ${String(words)}`,
    )
    .toBe(true);
}

/** Waits until what was counted is on the disk. */
async function kept(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(
        () =>
          new Promise<number>((resolve, reject) => {
            const open = indexedDB.open('countersign-drafts');
            open.onerror = () => reject(new Error('no database of drafts'));
            open.onsuccess = () => {
              const all = open.result.transaction('drafts').objectStore('drafts').getAll();
              all.onsuccess = () => {
                open.result.close();
                const [first] = all.result as { draft: { lines: { defects: unknown[] }[] } }[];
                resolve(first?.draft.lines[0]?.defects.length ?? 0);
              };
            };
          }),
      ),
    )
    .toBe(2);
}
