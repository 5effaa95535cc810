/** Sessions between devices: kept on a second one and taken over there, seen by others while they are open, and sent together. */
import type { Key } from '../src/worker/api.ts';
import {
  bringNumber,
  expect,
  NOTICES,
  requestFor,
  test,
  unwrap,
  type Notice,
  type Replica,
} from './cluster.ts';
import { screens } from './screens.ts';

const notices = NOTICES as [Notice, Notice, Notice, ...Notice[]];
const [notice, other, third] = notices;
test.setTimeout(240_000);

test('a session is seen by the others, and when its device dies after the quality check a second one finishes it', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  const device = await made.addDevice(bravo, 'Dock 2 phone', { persistent: true });
  for (const each of [notice, other]) {
    await alfa.announce(each);
    for (const replica of [device, bravo, cargo]) await replica.holds(each.sscc, 1);
  }

  await test.step('the first device opens the package, and has the second keep it too', async () => {
    await device.goto(device.path('bench'));
    const { page } = device;
    await device.waitFor((state) => state.siblings.some((one) => one.member), 'its member to be linked');
    await bringNumber(page, notice.sscc);
    await page.getByText('Pause, or a second device').click();
    await page.getByRole('button', { name: 'Bravo Logistics’s own browser' }).click();
    await expect(page.getByTestId('mirror')).toContainText('Also on Bravo Logistics’s own browser');
    await page.getByRole('button', { name: 'Check supplier signature' }).click();
    for (const [i] of notice.lines.entries())
      await page.getByRole('button', { name: `Accept line ${i + 1}`, exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Choose the courier' })).toBeVisible();
  });

  await test.step('two members see that somebody is working on it, before they begin', async () => {
    await alfa.goto(alfa.path(`packages/${notice.sscc}`));
    await expect(alfa.page.getByTestId('working')).toContainText(/Bravo Logistics, Dock 2 phone, since/);
    await cargo.goto(cargo.path('bench'));
    // A page that was just opened hears of it with its first links.
    await cargo.waitFor((state) => state.notices.length > 0, 'notice of the open session');
    await bringNumber(cargo.page, notice.sscc);
    const question = cargo.page.getByTestId('blocking-error');
    await expect(question).toContainText(
      /Bravo Logistics, Dock 2 phone, since .* is working on this package/,
    );
    await screens(cargo, 'bench, somebody works on it');
    await question.getByRole('button', { name: 'Scan another package' }).click();
    expect((await cargo.state())?.sessions, 'nothing was started').toEqual([]);
    // It binds nobody.
    await bringNumber(cargo.page, notice.sscc);
    await question.getByRole('button', { name: 'Start it all the same' }).click();
    await expect(cargo.page.getByTestId('others')).toContainText('Bravo Logistics, Dock 2 phone');
    await expect(device.page.getByTestId('others')).toContainText('Also at work on it: Cargo Nord');
    await cargo.page.getByRole('button', { name: 'Put this session away' }).click();
  });

  await test.step('a session rests, and goes on when its package is scanned again', async () => {
    await bringNumber(cargo.page, other.sscc);
    await cargo.page.getByText('Pause, or a second device').click();
    await cargo.page.getByRole('button', { name: 'Pause this session' }).click();
    await expect(cargo.page.getByTestId('scan-sink')).toBeVisible();
    await cargo.page.getByRole('button', { name: /paused/ }).click();
    await expect(cargo.page.getByRole('heading', { name: 'This session rests' })).toBeVisible();
    const [resting] = (await cargo.state())!.sessions.filter((one) => one.status.state === 'local');
    expect(await cargo.call('step', resting!.id, requestFor('validate', other))).toMatchObject({
      ok: false,
      error: { type: 'session-paused' },
    });
    await cargo.page.getByRole('button', { name: 'Another package' }).click();
    await bringNumber(cargo.page, other.sscc);
    await expect(cargo.page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
    await cargo.page.getByRole('button', { name: 'Put this session away' }).click();
  });

  await test.step('a session that is taken from a device which works on it is closed there, in words', async () => {
    const key = `package/${other.sscc}` as Key;
    const begun = unwrap(await device.call('start', key, 'op-2'));
    unwrap(await device.call('mirrorTo', begun.id, bravo.profile));
    await bravo.goto(bravo.path('bench'));
    await bravo.waitFor(
      (state) => state.mirrored.some((one) => one.sessionId === begun.id && one.linked),
      'the session to be kept here',
    );
    await device.page.getByRole('button', { name: /not sent yet/ }).click();
    await expect(device.page.getByTestId('mirror')).toBeVisible();
    const row = bravo.page
      .getByTestId('mirrored-here')
      .getByRole('listitem')
      .filter({ hasText: other.sscc.slice(-4) });
    await row.getByRole('button', { name: 'Take over' }).click();
    const dialog = bravo.page.getByRole('dialog');
    await expect(dialog).toContainText('Dock 2 phone is linked now');
    await dialog.getByRole('button', { name: 'Take over' }).click();
    await expect(bravo.page.getByRole('heading', { name: 'Scan the package label again' })).toBeVisible();
    await expect(device.page.getByRole('heading', { name: 'This session goes on elsewhere' })).toBeVisible();
    unwrap(await bravo.call('abandon', begun.id));
  });

  await test.step('the first device dies; the second takes over where it stood', async () => {
    await bravo.goto(bravo.path('bench'));
    await device.killBrowser();
    await bravo.waitFor(
      (state) => state.mirrored.some((one) => !one.linked),
      'the first device to be missed',
    );
    const kept = bravo.page.getByTestId('mirrored-here');
    await expect(kept).toContainText('Quality check');
    await expect(kept).toContainText('Dock 2 phone (operator-1), not linked');
    await screens(bravo, 'bench, kept for another device');
    await kept.getByRole('button', { name: 'Take over' }).click();
    await bravo.page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await expect(bravo.page.getByRole('heading', { name: 'Choose the courier' })).toBeVisible();
    await bravo.page.getByRole('radio', { name: 'Delta Express' }).check();
    await bravo.page.getByRole('button', { name: 'Label for Delta Express' }).click();
    await bravo.page.getByRole('button', { name: 'Send for signatures' }).click();
    await expect(bravo.page.getByRole('heading', { name: 'Signed and sealed' })).toBeVisible();
    await made.agree(notice.sscc, 2);
  });

  await test.step('no step was asked for twice, and each names the device that ran it', async () => {
    const { history } = await cargo.holds(notice.sscc, 2);
    const steps = history.find(({ certificate }) => certificate.version === 2)!.transactions;
    expect(steps.map((one) => one.request.path)).toEqual([
      '/sessions',
      '/scan',
      '/validate',
      '/quality',
      '/label',
      '/finish',
    ]);
    expect(steps.map((one) => one.node)).toEqual([
      ...Array.from({ length: 4 }, () => device.profile),
      bravo.member.id,
      bravo.member.id,
    ]);
  });

  await test.step('the first device comes back, and is told that the session has moved', async () => {
    await device.goto(device.path('bench'));
    await device.waitFor(
      (state) => !state.sessions.some((one) => one.status.state === 'local' || one.status.state === 'voting'),
      'the session to be open there no longer',
    );
    await device.holds(notice.sscc, 2);
  });
});

test('a shift that was offline is sent with one press, and every package of it is committed', async ({
  cluster,
}) => {
  const made = await cluster({ demo: true });
  const [alfa, , cargo] = made.replicas as [Replica, Replica, Replica];
  const shift = [notice, other, third];
  for (const each of shift) {
    await alfa.announce(each);
    await cargo.holds(each.sscc, 1);
  }
  await cargo.goto(cargo.path('bench'));
  await cargo.cut();
  await cargo.waitFor((state) => state.here === 1, 'to be alone');
  // The first two as any program would; the last by hand.
  for (const each of shift.slice(0, 2)) await cargo.work(each, 'finish');
  await cargo.work(third, 'label');
  await cargo.reload();
  await cargo.cut();
  await expect(cargo.page.getByRole('heading', { name: 'Send it to the members' })).toBeVisible();
  await cargo.page.getByRole('button', { name: 'Finish it, send it later' }).click();
  const bundle = cargo.page.getByTestId('shift');
  await expect(bundle).toContainText('Finished, not sent: 3');
  await screens(cargo, 'bench, a shift to send');
  await cargo.heal();
  await cargo.waitFor((state) => state.here === state.n, 'everybody to be back');
  await bundle.getByRole('button', { name: 'Commit all (3)' }).click();
  await expect(bundle).toHaveCount(0);
  const keys = shift.map((each) => `package/${each.sscc}` as Key);
  const { sessions } = await cargo.waitFor(
    (state) =>
      keys.every((key) => state.sessions.some((one) => one.key === key && one.status.state === 'committed')),
    'three sessions to be committed',
  );
  expect(sessions.filter((one) => one.status.state === 'committed')).toHaveLength(3);
  for (const each of shift) await made.agree(each.sscc, 2);
});
