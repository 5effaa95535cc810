/**
 * axe on every page in every state: in light, in dark, in high contrast, with the system's forced colours, and as it is printed; and on the
 * pages of a real network, whose screenshots go to test-results. What axe cannot see as well: where the focus is, what a screen reader is
 * told, and whether anything moves. A whole session by keyboard alone is in bench.spec.ts.
 */
import type { Browser, BrowserContext, Page } from '@playwright/test';
import type { RunningServer } from '../signaling-server/server.ts';
import { AXE, axeFindings } from './axe.ts';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, NOTICES, test, type Notice } from './cluster.ts';
import { expectFocusInSight } from './layout.ts';
import { GROUPS, openCases, startPreview, throughCases, type Opened } from './preview.ts';
import { screens } from './screens.ts';

const [notice] = NOTICES as [Notice];
// axe takes its time on every page.
test.setTimeout(720_000);

test('the doors can be used by everybody', async ({ prepared }) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  for (const path of ['/', '/create', '/key', '/join', '/ask', '/import', '/no-such-page']) {
    await replica.goto(path);
    await screens(replica, path);
  }
});

test('the pages of a network can be used by everybody', async ({ cluster }) => {
  const made = await cluster();
  const { alfa, bravo } = await made.announced(notice);
  await alfa.goto(alfa.path('announce'));
  await screens(alfa, 'announce');
  await bravo.deliver(notice);
  for (const page of [
    'bench',
    'packages',
    `packages/${notice.sscc}`,
    'packages/000000000000000000',
    'directory',
    'network',
    'network/members',
    'settings',
    'settings/devices',
  ]) {
    await bravo.goto(bravo.path(page));
    await screens(bravo, page);
  }
});

test('the demo can be used by everybody', async ({ prepared }) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  await replica.goto('/demo');
  await expect(replica.page.getByTestId('run-session')).toBeEnabled({ timeout: 120_000 });
  await screens(replica, 'demo');
});

const PHONE = { width: 360, height: 640 };
const DESKTOP = { width: 1280, height: 800 };
/** A package prints as its label, which has no heading. */
const PRINTED = /^package-audit$/;

let server: RunningServer;
test.beforeAll(async () => void (server = await startPreview()));
test.afterAll(() => server.close());

/** Goes through the states, each in light at the size of a phone. */
function throughAll(
  browser: Browser,
  names: readonly string[],
  look: (opened: Opened, name: string) => Promise<readonly string[]>,
): Promise<void> {
  const make = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({
      ...CONTEXT_OPTIONS,
      viewport: PHONE,
      reducedMotion: 'reduce',
    });
    await context.addInitScript(listen);
    await context.addInitScript({ content: AXE });
    return context;
  };
  return throughCases(server, names, make, async (open, page, name) => {
    await handheld(page, true);
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', media: null });
    const opened = await open();
    expect.soft([...(await look(opened, name)), ...opened.complaints], name).toEqual([]);
  });
}

for (const [group, cases] of Object.entries(GROUPS))
  test(`${group}: every state can be used by everybody, on a phone and on a desktop, in every theme`, async ({
    chromium,
  }) => {
    await throughAll(chromium, Object.keys(cases), async ({ page }, name) => {
      const list: string[] = [];
      const look = async (what: string, rules: 'all' | 'colours'): Promise<void> => {
        for (const one of await axeFindings(page, rules)) list.push(`${what}: ${one}`);
      };
      list.push(...(await focusLost(page)), ...(await moving(page)));
      const own = await page.evaluate(() => document.documentElement.dataset['theme'] ?? null);
      await look('phone, light', 'all');
      // Nothing but colours depends on the theme: no other rule can find more.
      for (const [theme, set] of THEMES) {
        await set(page);
        await look(`phone, ${theme}`, 'colours');
      }
      await theme(page, own);
      await handheld(page, false);
      await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'none' });
      await look('desktop, dark', 'all');
      await page.emulateMedia({ colorScheme: 'light' });
      await look('desktop, light', 'colours');
      if (PRINTED.test(name)) {
        await page.emulateMedia({ media: 'print' });
        await look('printed', 'all');
        await page.emulateMedia({ media: null });
      }
      await expectFocusInSight(page, name);
      return list;
    });
  });

/** What a screen reader is told by itself when it happens. */
const SAID: Readonly<Record<string, RegExp>> = {
  'announce-unreadable': /asn\.pdf/,
  announce: /20 signed notices/,
  'bench-camera-refused': /camera/,
  'bench-code': /D-114/,
  'bench-committed': /committed v2/,
  'bench-error': /later scans? (was|were) not taken/,
  'bench-kept': /Finished, not sent yet/,
  'bench-over': /Over the limit/,
  'bench-photo': /note\.txt is no picture/,
  'bench-shift-sent': /was not sent/,
  'bench-undone': /Last step taken back/,
  'deliveries-signed': /You have signed/,
  'delivery-reported': /Waiting|has signed|answer/,
  'devices-wrong': /no request of a device/,
  'door-create-keys': /member/,
  'door-drafted': /2 of 3 approvals/,
  'door-join': /No key in this browser/,
  'hand-over-answer': /another request/,
  'hand-over-code': /is not linked to this one/,
  'hand-over-wrong': /Vehicle/,
  'inspector-bad-file': /notes\.json/,
  'inspector-paused': /Paused/,
  'members-dismissed': /is off this replica’s list/,
  'members-refused': /is gone/,
  'package-audit-failed': /pruned/,
  'package-older-kept': /stay/,
  'package-older-removed': /removed/i,
  'packages-none-found': /No package fits/,
  'packages-update-held': /A session is open/,
  'settings-connections': /signal\.example\.org/,
  'settings-program': /Different/,
  'settings-storage': /did not promise/,
  'verify-invalid': /Not valid/,
  'verify-valid': /Valid/,
};

test('what comes of an action is told to who does not see it', async ({ chromium }) => {
  await throughAll(chromium, Object.keys(SAID), async ({ page }, name) => {
    const heard = (): Promise<readonly string[]> => page.evaluate(() => (window as unknown as Watched).heard);
    const isSaid = async (): Promise<boolean> => (await heard()).some((text) => SAID[name]!.test(text));
    await expect
      .poll(isSaid)
      .toBe(true)
      .catch(() => undefined);
    return (await isSaid())
      ? []
      : [`no live region says ${SAID[name]}, only: ${(await heard()).join(' / ')}`];
  });
});

test('without the wish for less motion something does move, so that the states above prove something', async ({
  chromium,
}) => {
  const context = await chromium.newContext({ ...CONTEXT_OPTIONS, reducedMotion: 'no-preference' });
  const cases = await openCases(context, server);
  const { page } = await cases.open('bench-typing');
  const duration = await page
    .getByRole('button', { name: 'Take this number' })
    .evaluate((element) => getComputedStyle(element).transitionDuration);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const reduced = await page
    .getByRole('button', { name: 'Take this number' })
    .evaluate((element) => getComputedStyle(element).transitionDuration);
  expect(duration).not.toBe('0s');
  expect(reduced).toBe('0s');
  await context.close();
});

interface Watched {
  /** What live regions have said. */
  readonly heard: string[];
  /** The control that was pressed last. */
  pressed?: string;
}

/** In the page, before its first script: notes what live regions say, and what was pressed. */
function listen(): void {
  const own: Watched = { heard: [] };
  Object.assign(window, own);
  const watched = window as unknown as Watched;
  const regions = '[role=status], [role=alert], [aria-live]:not([aria-live=off]), output';
  const note = (element: Element | null | undefined): void => {
    const text = (element?.textContent ?? '').trim();
    if (text !== '') watched.heard.push(text);
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      // A region that was there before. Of those that come with their words screen readers tell the alerts alone.
      note((target instanceof Element ? target : target.parentElement)?.closest(regions));
      for (const added of addedNodes)
        if (added instanceof Element)
          for (const one of [added, ...added.querySelectorAll('*')])
            if (one.matches('[role=alert]')) note(one);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
  window.addEventListener(
    'click',
    ({ isTrusted, target }) => {
      const control = target instanceof Element ? target.closest('button, summary, a[href]') : null;
      if (isTrusted && control !== null) watched.pressed = (control.textContent ?? '').trim().slice(0, 40);
    },
    true,
  );
}

/** What was pressed may be gone: whoever works by keyboard would begin at the top of the page again. */
function focusLost(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { pressed } = window as unknown as Watched;
    const { activeElement } = document;
    return pressed !== undefined && (activeElement === null || activeElement === document.body)
      ? [`after “${pressed}” the focus is nowhere`]
      : [];
  });
}

function moving(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter((one) => Number(one.effect?.getComputedTiming().duration ?? 0) > 1)
      .map((one) => `moves, though less motion was asked for: ${(one as CSSAnimation).animationName}`),
  );
}

/** Themes that the settings offer beside what the system asks for, and the system's own. */
const THEMES: readonly (readonly [string, (page: Page) => Promise<void>])[] = [
  ['dark', (page) => page.emulateMedia({ colorScheme: 'dark' })],
  ['high contrast', (page) => theme(page, 'contrast')],
  ['dark high contrast', (page) => theme(page, 'contrast-dark')],
  ['forced colours', (page) => theme(page, null, 'active')],
];

async function theme(
  page: Page,
  name: string | null,
  forcedColors: 'active' | 'none' = 'none',
): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', forcedColors });
  await page.evaluate((value) => {
    if (value === null) delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = value;
  }, name);
}

/** A phone's size and its finger for a pointer, or a desktop's. */
async function handheld(page: Page, isOne: boolean): Promise<void> {
  await page.setViewportSize(isOne ? PHONE : DESKTOP);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: isOne, maxTouchPoints: isOne ? 5 : 1 });
  await session.detach();
}
