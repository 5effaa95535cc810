/** A newer program with a database of the next schema, opened while a tab of the older one has the database open. */
import { copySite, expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { callOn } from './cluster.ts';
import { buildNext, publish } from './newer/build.ts';

const [first] = NOTICES as [Notice];

/** A build is made on the way, which takes as long as many a test. */
test.setTimeout(600_000);

test('the older tab keeps the database for ever, or loses what it was writing', async ({ cluster }, info) => {
  const site = await copySite(info.outputPath('site'));
  const newer = info.outputPath('newer');
  await buildNext(newer, '9.9.9', 'next');
  const made = await cluster({ site });
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  const open = await bravo.work(first, 'scan');
  const old = bravo.page;
  expect(await schemaOf(bravo)).toBe(1);

  await publish(newer, site);
  // A step that is being taken while the other tab opens: it is on the disk, or its person is told that it is not.
  const step = callOn(old, 'step', open.id, requestFor('validate', first)).then(
    (result) => result.ok,
    () => false,
  );
  const tab = await bravo.openTab(bravo.path('settings'));
  const taken = await step;

  await test.step('the newer one goes on by itself, with everything that was acknowledged', async () => {
    const state = await bravo.waitFor(
      ({ mode, sessions }) => mode === 'replica' && sessions.some(({ id }) => id === open.id),
      'the newer tab to hold the replica',
      tab,
    );
    expect(await schemaOf(bravo)).toBe(2);
    const session = state.sessions.find(({ id }) => id === open.id)!;
    expect(session.transactions.length).toBeGreaterThanOrEqual(taken ? 3 : 2);
    await expect(tab.getByRole('region', { name: 'This program' })).toContainText('9.9.9');
  });

  await test.step('the older one says what happened and what to do, and takes no step', async () => {
    await expect(old.locator('.banners').first()).toContainText(
      'A newer version of this program is open in another tab',
    );
    await expect(old.locator('.banners').first()).toContainText('Reload this page');
    const refused = await callOn(old, 'start', open.key, 'op-1').then(
      () => 'taken',
      (error: Error) => error.message,
    );
    expect(refused).toContain('A newer version of this program is open in another tab');
  });

  await test.step('loaded again it is the newer one, a view of the other tab, and the session is committed', async () => {
    await bravo.reload();
    await bravo.waitFor(({ mode }) => mode !== 'starting', 'a state');
    const { sessions } = (await bravo.state())!;
    const done = sessions.find(({ id }) => id === open.id)!.transactions.length;
    for (const name of (['scan', 'validate', 'quality', 'label', 'finish'] as const).slice(done - 1))
      unwrap(await bravo.call('step', open.id, requestFor(name, first)));
    unwrap(await bravo.call('commit', open.id));
    expect(await bravo.committed(open.id)).toBe(2);
    await made.agree(first.sscc, 2);
  });
});

test('a tab of the older program that sleeps with the database open stops the newer one without a word', async ({
  cluster,
}, info) => {
  const site = await copySite(info.outputPath('site'));
  const newer = info.outputPath('newer');
  await buildNext(newer, '9.9.9', 'next');
  const made = await cluster({ site });
  const replica = made.replica(1);
  // It holds the database as a frozen tab does: open, and deaf to the wish of others.
  await replica.goto('/');
  const asleep = replica.page;
  await asleep.evaluate(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onerror = () => reject(request.error!);
        request.onsuccess = () => {
          (window as unknown as { kept: IDBDatabase }).kept = request.result;
          resolve();
        };
      }),
    `countersign-${replica.profile}`,
  );
  await publish(newer, site);
  const context = asleep.context();
  const tab = await context.newPage();
  await tab.goto(made.server.url + replica.path('settings'));
  await expect(tab.getByRole('status').first()).toContainText('runs an older version of this program');
  await replica.expectAccessible(tab);
  await asleep.evaluate(() => (window as unknown as { kept: IDBDatabase }).kept.close());
  await replica.waitFor(({ mode }) => mode === 'replica', 'the newer tab to hold the replica', tab);
  expect(await schemaOf(replica)).toBe(2);
});

/** Version of the member's database as it is on the disk. */
function schemaOf(replica: Replica): Promise<number | undefined> {
  return replica.page.evaluate(
    async (name) => (await indexedDB.databases()).find((one) => one.name === name)?.version,
    `countersign-${replica.profile}`,
  );
}
