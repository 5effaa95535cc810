/** Whether the browser keeps what is stored: asked for, answered by it, and said in words; and a database that a newer program has upgraded. */
import type { Page } from '@playwright/test';
import { expect, test, type Replica } from './cluster.ts';

/** As a browser answers by itself, without a person: Chromium by what the page is used for, others by their settings. */
async function decide(page: Page, setting: 'granted' | 'denied'): Promise<void> {
  // It holds for as long as the session is attached.
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.send('Browser.setPermission', {
    permission: { name: 'persistent-storage' },
    setting,
    origin: new URL(page.url()).origin,
    ...(targetInfo.browserContextId && { browserContextId: targetInfo.browserContextId }),
  });
}

const KEPT = 'Kept: the browser deletes this replica’s keys and votes only when a person asks it to.';
const NOT_KEPT = 'Not kept for certain';

test('a browser that refuses to keep the keys is taken for one that has promised, or its promise is not seen', async ({
  cluster,
}) => {
  const replica = (await cluster({ members: 1 })).replica(0);
  await replica.goto(replica.path('settings'));
  const { page } = replica;
  const storage = page.getByRole('region', { name: 'Storage' });
  await decide(page, 'denied');
  await expect(storage).toContainText(NOT_KEPT);
  await expect(storage).toContainText('deletes them only when a person says so');
  await storage.getByRole('button', { name: 'Ask the browser to keep it' }).click();
  await expect(storage.getByRole('status')).toContainText('The browser did not promise it.');
  await expect(storage).toContainText(NOT_KEPT);
  await replica.expectAccessible();

  await decide(page, 'granted');
  await storage.getByRole('button', { name: 'Ask the browser to keep it' }).click();
  await expect(storage.getByRole('status')).toContainText('The browser will keep it.');
  await expect(storage).toContainText(KEPT);
  expect((await replica.state())?.storage.persisted).toBe(true);
  // Who has it needs no button.
  await expect(storage.getByRole('button', { name: 'Ask the browser to keep it' })).toHaveCount(0);
  await expect(storage).toContainText(/[\d.,]+ [KMG]iB used of/);
  await replica.expectAccessible();

  // It holds for the next start, too.
  await replica.reload();
  await expect(storage).toContainText(KEPT);
});

test('a browser that cannot be asked gets a button that does nothing', async ({ cluster }) => {
  const replica = (await cluster({ members: 1 })).replica(0);
  await replica.goto('/');
  await replica.page.addInitScript(() => Reflect.deleteProperty(StorageManager.prototype, 'persist'));
  await replica.goto(replica.path('settings'));
  const storage = replica.page.getByRole('region', { name: 'Storage' });
  await storage.getByRole('button', { name: 'Ask the browser to keep it' }).click();
  await expect(storage.getByRole('status')).toContainText(
    'This browser cannot be asked. Export the keys, or keep a second device.',
  );
  await expect(replica.page.getByTestId('abilities')).toContainText('Promise to keep what is stored');
});

test('a site that goes back to an older program makes an empty database, or says that the disk is full', async ({
  cluster,
}) => {
  const made = await cluster({ members: 1 });
  const replica = made.replica(0);
  await replica.goto(replica.path('settings'));
  const { sessions } = (await replica.waitFor(({ mode }) => mode === 'replica', 'it to be open'))!;
  expect(sessions).toEqual([]);
  const before = await contents(replica);
  expect(before).toContain('identity');
  await replica.goto('/');
  await upgraded(replica, 9);

  await replica.page.goto(made.server.url + replica.path('bench'));
  const page = replica.page;
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This network cannot be opened here');
  await expect(page.getByRole('alert')).toContainText('belongs to a newer version of this program');
  await expect(page.getByRole('alert')).toContainText('everything is still there');
  await replica.expectAccessible();
  expect(await contents(replica), 'nothing was touched').toBe(before);
  // The start page still lists the network, and offers nobody new keys instead of it.
  await page.getByRole('link', { name: 'Back to the start' }).click();
  await expect(page.locator(`a[href*="${replica.profile}"]`).first()).toBeVisible();
});

/** As a newer program would: the version alone. */
function upgraded(replica: Replica, version: number): Promise<void> {
  return replica.page.evaluate(
    ([name, to]) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name, to);
        request.onerror = () => reject(request.error!);
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
    [`countersign-${replica.profile}`, version] as const,
  );
}

/** Keys of the identity's records, and how many records each store has. */
function contents(replica: Replica): Promise<string> {
  return replica.page.evaluate(
    (name) =>
      new Promise<string>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onerror = () => reject(request.error!);
        request.onsuccess = async () => {
          const db = request.result;
          const tx = db.transaction([...db.objectStoreNames]);
          const of = <T>(asked: IDBRequest<T>): Promise<T> =>
            new Promise((done) => (asked.onsuccess = () => done(asked.result)));
          const keys = await of(tx.objectStore('meta').getAllKeys());
          const counts = [];
          for (const store of db.objectStoreNames)
            counts.push(`${store} ${await of(tx.objectStore(store).count())}`);
          db.close();
          resolve(JSON.stringify([keys.filter((key) => key !== 'generation'), counts]));
        };
      }),
    `countersign-${replica.profile}`,
  );
}
