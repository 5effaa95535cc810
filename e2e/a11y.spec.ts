/** axe on every page, in light and dark, on a phone of 360 px and on a desktop. Screenshots go to test-results. */
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';

const [notice] = NOTICES as [Notice];
// Fourteen pages, four looks each, and axe takes its time on every one.
test.setTimeout(720_000);

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } } as const;

test('the doors can be used by everybody', async ({ prepared }) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  for (const path of ['/', '/create', '/key', '/join', '/ask', '/import', '/no-such-page'])
    await look(replica, path, path);
});

test('the pages of a network can be used by everybody', async ({ cluster }) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await look(alfa, alfa.path('announce'), 'announce');
  await look(bravo, bravo.path('bench'), 'bench, scan');
  for (const [step, name] of [
    ['scan', 'supplier'],
    ['validate', 'quality'],
    ['quality', 'label'],
    ['label', 'send'],
  ] as const) {
    const open = (await bravo.state())?.sessions.find((session) => session.status.state === 'local');
    if (open) await bravo.call('abandon', open.id);
    await bravo.work(notice, step);
    await look(bravo, bravo.path('bench'), `bench, ${name}`);
  }
  const open = (await bravo.state())?.sessions.find((session) => session.status.state === 'local');
  if (open) await bravo.call('abandon', open.id);
  await bravo.deliver(notice);
  for (const page of [
    'packages',
    `packages/${notice.sscc}`,
    'packages/000000000000000000',
    'network',
    'network/members',
    'settings',
  ]) {
    await look(bravo, bravo.path(page), page);
  }
});

test('the demo can be used by everybody', async ({ prepared }) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  await replica.goto('/demo');
  await expect(replica.page.getByTestId('run-session')).toBeEnabled({ timeout: 120_000 });
  await look(replica, '/demo', 'demo');
});

async function look(replica: Replica, path: string, name: string): Promise<void> {
  await test.step(name, async () => {
    const { page } = replica;
    await replica.goto(path);
    await expect(page.locator('main h1').first()).toBeVisible();
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const file = `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${size}-${colorScheme}.png`;
        await page.screenshot({ path: test.info().outputPath(file), fullPage: true });
        await replica.expectAccessible();
        const { scroll, width } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          width: document.documentElement.clientWidth,
        }));
        expect(scroll, `${name} does not scroll sideways at ${viewport.width} px`).toBeLessThanOrEqual(width);
      }
    }
  });
}
