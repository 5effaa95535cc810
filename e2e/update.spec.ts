/** A site serves a newer build: it is stored and waits, no page is loaded again in mid-session, and afterwards every tab changes at once. */
import { copySite, expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { buildNext, publish } from './newer/build.ts';
import { busy, isMarked, mark, newerWaits, programShown, reloaded, stored } from './program.ts';

const [first] = NOTICES as [Notice];

/** Two builds are made on the way, of which each takes as long as many a test. */
test.setTimeout(600_000);

test('a newer build takes the page from under a session, or is never taken', async ({ cluster }, info) => {
  const site = await copySite(info.outputPath('site'));
  const newer = info.outputPath('newer');
  await buildNext(newer, '9.9.9');
  const made = await cluster({ site, serviceWorkers: [1] });
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  await bravo.goto(bravo.path('settings'));
  await stored(bravo.page);
  const before = await programShown(bravo.page);
  const open = await bravo.work(first, 'validate');
  const start = await bravo.openTab('/');

  await test.step('it is stored beside the one that runs, and waits', async () => {
    // As a server with a new build has it: old parts are gone.
    await publish(newer, site);
    await newerWaits(bravo.page);
    await mark(bravo.page);
    await mark(start);
    const waits = bravo.page.getByTestId('update-words');
    await expect(waits).toContainText('It waits: a session is open in this tab.');
    await expect(start.getByTestId('program-update')).toContainText('A newer version is ready.');
  });

  await test.step('a person who wants it at once is told why not, in either tab', async () => {
    await bravo.page.getByTestId('update-words').getByRole('button', { name: 'Take it now' }).click();
    await expect(bravo.page.getByTestId('update-words').getByRole('alert')).toContainText(
      'A session is open in this tab.',
    );
    await start.getByRole('button', { name: 'Take it now' }).click();
    await expect(start.getByTestId('program-update').getByRole('alert')).toContainText(
      'A session is open in another tab',
    );
    await bravo.expectAccessible();
    await bravo.expectAccessible(start);
    expect([await isMarked(bravo.page), await isMarked(start)]).toEqual([true, true]);
  });

  await test.step('a page that is loaded again by hand is still the old one, with its session', async () => {
    await bravo.reload();
    await bravo.waitFor(({ sessions }) => sessions.some(({ id }) => id === open.id), 'its session');
    expect(await programShown(bravo.page)).toEqual(before);
    await mark(bravo.page);
  });

  await test.step('the session ends, and both tabs change by themselves', async () => {
    for (const step of ['quality', 'label'] as const)
      unwrap(await bravo.call('step', open.id, requestFor(step, first)));
    expect([await isMarked(bravo.page), await isMarked(start)]).toEqual([true, true]);
    // With its last step nobody is in the middle of it any more: from here on nothing holds the newer build.
    unwrap(await bravo.call('step', open.id, requestFor('finish', first)));
    await reloaded(bravo.page);
    await reloaded(start);
    await bravo.waitFor(({ sessions }) => sessions.some(({ id }) => id === open.id), 'its session');
    unwrap(await bravo.call('commit', open.id));
    expect(await bravo.committed(open.id)).toBe(2);
    await made.agree(first.sscc, 2);
    const after = await programShown(bravo.page);
    expect(after.version).toBe('9.9.9');
    expect(after.digest).not.toBe(before.digest);
    await expect(start.getByTestId('program-update')).toHaveCount(0);
  });

  await test.step('by the press of a button it is taken at once, over a form that is filled in', async () => {
    const third = info.outputPath('third');
    await buildNext(third, '9.9.10');
    await start.goto(`${made.server.url}/create`);
    await start.getByRole('textbox').first().fill('Half a name');
    await busy(start);
    await publish(third, site);
    await newerWaits(bravo.page);
    await mark(bravo.page);
    await mark(start);
    const waits = bravo.page.getByTestId('update-words');
    await expect(waits).toContainText('It is taken by itself');
    await waits.getByRole('button', { name: 'Take it now' }).click();
    await reloaded(bravo.page);
    await reloaded(start);
    expect((await programShown(bravo.page)).version).toBe('9.9.10');
  });
});

test('a newer build takes the page while its vote is under way', async ({ cluster }, info) => {
  const site = await copySite(info.outputPath('site'));
  const newer = info.outputPath('newer');
  await buildNext(newer, '9.9.9');
  const made = await cluster({ site, serviceWorkers: [1] });
  const [alfa, bravo, ...more] = made.replicas as [Replica, Replica, ...Replica[]];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  await bravo.goto(bravo.path('settings'));
  await stored(bravo.page);
  const open = await bravo.work(first, 'finish');
  const start = await bravo.openTab('/');
  // Nothing but the vote holds it then: a session that is finished is in nobody’s hands.
  for (const other of [alfa, ...more]) await other.cut();
  await bravo.waitFor(({ here }) => here === 1, 'the others to be gone');
  unwrap(await bravo.call('commit', open.id));
  await publish(newer, site);
  await newerWaits(bravo.page);
  await mark(bravo.page);
  await mark(start);
  await expect(bravo.page.getByTestId('update-words')).toContainText(
    'It waits: a vote is under way in this tab.',
  );
  expect([await isMarked(bravo.page), await isMarked(start)]).toEqual([true, true]);
  for (const other of [alfa, ...more]) await other.heal();
  await reloaded(bravo.page);
  await reloaded(start);
  await made.agree(first.sscc, 2);
  expect((await programShown(bravo.page)).version).toBe('9.9.9');
});
