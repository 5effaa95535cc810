/** The app without its server: after one visit it starts from what the browser has stored, on every page, under the same policy. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { copySite, launchBrowser, startServer } from './cluster.ts';
import { CONTEXT_OPTIONS, WITH_SERVICE_WORKER } from './browser.ts';
import { buildNext, publish } from './newer/build.ts';
import { forgetUnreachable, programShown, stored } from './program.ts';
import { serveStatically, type Spoilt } from './static-server.ts';

const [notice] = NOTICES as [Notice];

test('a dead server keeps an operator from starting the app: it starts from the device, and steps are taken', async ({
  cluster,
}) => {
  const made = await cluster({ serviceWorkers: [1] });
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  await bravo.goto(bravo.path('settings'));
  await stored(bravo.page);
  await expect(bravo.page.getByTestId('offline-words')).toContainText('Stored on this device');
  const { digest } = await programShown(bravo.page);
  await bravo.work(notice, 'scan');
  await bravo.close();
  for (const other of made.replicas) if (other !== bravo) await other.close();
  await made.server.close();

  await test.step('at the bench, with the session as it stood', async () => {
    await bravo.reopen('bench');
    const state = await bravo.waitFor(({ sessions }) => sessions.length > 0, 'its session');
    expect(state.sessions[0]?.transactions).toHaveLength(2);
    const { id } = state.sessions[0]!;
    for (const step of ['validate', 'quality', 'label', 'finish'] as const)
      unwrap(await bravo.call('step', id, requestFor(step, notice)));
    unwrap(await bravo.call('commit', id));
    await bravo.waitFor(
      ({ sessions }) => sessions.some((one) => one.id === id && one.status.state === 'voting'),
      'its session to wait for the others',
    );
  });

  await test.step('the settings show the same build, from the device', async () => {
    await bravo.goto(bravo.path('settings'));
    expect((await programShown(bravo.page)).digest).toBe(digest);
  });
  // What its page asks for after this would be complained of after this.
  await bravo.close();
  forgetUnreachable(bravo);
});

test('a page that is not in the cache stays blank, or the cached one has lost its policy', async () => {
  const browser = await launchBrowser();
  const server = await startServer();
  try {
    const page = await firstVisit(browser, server.url);
    await server.close();

    for (const [path, seen] of [
      ['/', 'One record of every package'],
      ['/create', 'Create a network'],
      ['/join', 'Join a network'],
      ['/verify', 'evidence'],
      [`/n/${'ab'.repeat(32)}/bench`, 'This network cannot be opened here'],
      ['/no/such/page', 'There is no page at this address'],
      ['/demo', 'demo'],
    ] as const) {
      const response = await page.goto(server.url + path);
      expect(response?.fromServiceWorker(), path).toBe(true);
      expect(response?.headers()['content-security-policy'], path).toContain(
        "script-src 'self' 'wasm-unsafe-eval'",
      );
      await expect(page.locator('main').first(), path).toContainText(seen, { ignoreCase: true });
    }

    await page.goto(server.url);
    expect(await inlineScriptRuns(page), 'an inline script').toBe(false);
    const parts = await filesOf(page);
    const unanswered: string[] = [];
    for (const path of parts.filter((one) => one !== 'service-worker.js')) {
      const status = await page.evaluate(
        (url) =>
          fetch(url).then(
            (r) => r.status,
            () => 0,
          ),
        `/${path}`,
      );
      if (status !== 200) unanswered.push(path);
    }
    expect(unanswered, 'parts that are not stored').toEqual([]);
    // The policy of a worker is that of its script's own response.
    const worker = parts.find((path) => /assets\/worker-.*\.js$/.test(path))!;
    const policy = await page.evaluate(
      (url) => fetch(url).then((r) => r.headers.get('content-security-policy')),
      `/${worker}`,
    );
    expect(policy).toContain("default-src 'self'");
    for (const own of ['/signal', '/health', '/metrics'])
      expect(
        await page.evaluate(
          (url) =>
            fetch(url).then(
              (r) => r.status,
              () => 0,
            ),
          own,
        ),
        own,
      ).toBe(0);
  } finally {
    await browser.close();
    await server.close();
  }
});

test('a site that changes a file gets it stored, or a page without service workers hides that it is not stored', async ({}, info) => {
  const site = await copySite(info.outputPath('site'));
  // A script that somebody adds on the way: the page runs it once, and a browser that stored it would run it for ever.
  const page = join(site, 'index.html');
  await writeFile(page, (await readFile(page, 'utf8')).replace('</body>', '<p>Added on the way.</p></body>'));
  const browser = await launchBrowser();
  const server = await startServer(0, site);
  try {
    for (const options of [WITH_SERVICE_WORKER, CONTEXT_OPTIONS]) {
      const allowed = options === WITH_SERVICE_WORKER;
      const context = await browser.newContext(options);
      const tab = await context.newPage();
      await tab.goto(server.url);
      await expect(tab.getByTestId('program')).toContainText(
        allowed ? 'The program could not be stored on this device' : 'Not stored on this device',
      );
      await context.close();
    }
  } finally {
    await browser.close();
    await server.close();
  }
});

test('a server that breaks, or answers with other pages, takes the stored program from a device', async ({}, info) => {
  const site = await copySite(info.outputPath('site'));
  const newer = info.outputPath('newer');
  await buildNext(newer, '9.9.9');
  let spoil: (path: string) => Spoilt | null = () => null;
  const pages = await serveStatically(site, (path) => spoil(path));
  const browser = await launchBrowser();
  try {
    const page = await firstVisit(browser, pages.url);
    const foot = page.getByTestId('program');
    await expect(foot).toContainText('Stored on this device');
    const before = await foot.innerText();
    expect(before).toMatch(/build [0-9a-f]{8} [0-9a-f]{8}/);

    const ways: Readonly<Record<string, (path: string) => Spoilt | null>> = {
      'nothing is there any more': () => ({ status: 404, type: 'text/plain', body: 'Not found.' }),
      'it fails': () => ({ status: 500, type: 'text/plain', body: 'Error.' }),
      // As of a captive portal, or of a host that answers every path with its own page.
      'a page for everything': () => ({ status: 200, type: 'text/html', body: '<!doctype html>Sign in.' }),
      'a page for its list alone': (path) =>
        path === '/build.json' ? { status: 200, type: 'text/html', body: '<!doctype html>Sign in.' } : null,
    };
    for (const [what, way] of Object.entries(ways))
      await test.step(what, async () => {
        spoil = way;
        const response = await page.goto(pages.url);
        expect(response?.fromServiceWorker()).toBe(true);
        await expect(foot).toHaveText(before);
        await looksForNewer(page);
        await expect(foot).toHaveText(before);
        await page.goto(`${pages.url}/create`);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('Create a network');
      });
    spoil = () => null;

    await test.step('half of a newer build is not taken, whichever half', async () => {
      // The newer service worker, with the older files; then the newer files, with the older list of them.
      await cp(join(newer, 'service-worker.js'), join(site, 'service-worker.js'));
      await page.goto(pages.url);
      await looksForNewer(page);
      const list = await readFile(join(site, 'build.json'));
      await publish(newer, site);
      await writeFile(join(site, 'build.json'), list);
      await looksForNewer(page);
      await page.goto(pages.url);
      await expect(foot).toHaveText(before);
    });

    await test.step('the whole of it is', async () => {
      await publish(newer, site);
      // It is taken as soon as it is stored, and the page is loaded again under whoever asks: that it waits is seen by nobody.
      await looksForNewer(page).catch(() => undefined);
      await expect(foot).toContainText('9.9.9', { timeout: 120_000 });
    });
  } finally {
    await browser.close();
    await pages.close();
  }
});

test('a page that was being loaded while the program was stored needs the server for its parts', async () => {
  const browser = await launchBrowser();
  const server = await startServer();
  try {
    const page = await firstVisit(browser, server.url);
    // The worker knows as little of a page that was loaded past it.
    const session = await page.context().newCDPSession(page);
    const isServed = (): Promise<boolean> => page.evaluate(() => navigator.serviceWorker.controller !== null);
    await page.addInitScript(() => {
      Object.assign(window, { servedAtStart: navigator.serviceWorker.controller !== null });
    });
    await session.send('Page.reload', { ignoreCache: true });
    await page.waitForFunction(() => 'servedAtStart' in window);
    expect(await page.evaluate(() => (window as unknown as { servedAtStart: boolean }).servedAtStart)).toBe(
      false,
    );
    await expect.poll(isServed).toBe(true);
  } finally {
    await browser.close();
    await server.close();
  }
});

test('a cache of which the browser took a part is called whole, and never is again', async () => {
  const browser = await launchBrowser();
  const server = await startServer();
  try {
    const page = await firstVisit(browser, server.url);
    const foot = page.getByTestId('program');
    await expect(foot).toContainText('Stored on this device');
    const all = await cached(page);
    expect(all.length).toBeGreaterThan(20);

    await test.step('with the server there it is fetched again at the next start', async () => {
      for (const taken of [all.filter((_, i) => i % 2 === 0), all]) {
        await takeOut(page, taken);
        expect(await cached(page)).toHaveLength(all.length - taken.length);
        await page.goto(server.url);
        await expect.poll(() => cached(page).then((now) => now.toSorted())).toEqual(all.toSorted());
        await expect(foot).toContainText('Stored on this device');
      }
    });

    await test.step('without it the settings say so, and what cannot be drawn has words instead', async () => {
      const part = (pattern: RegExp): string[] => {
        const found = all.filter((url) => pattern.test(url));
        expect(found.length, String(pattern)).toBeGreaterThan(0);
        return found;
      };
      await takeOut(page, part(/\.wasm/));
      await server.close();
      await page.goto(server.url);
      await expect(foot).toContainText('The program could not be stored on this device');
      await takeOut(page, part(/\/assets\/worker-/));
      await page.goto(`${server.url}/create`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Countersign could not be loaded');
      await takeOut(page, part(/\/assets\/pages-.*\.js/));
      await page.goto(server.url);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Countersign could not be loaded');
      await takeOut(page, part(/\/assets\/index-.*\.js/));
      await page.goto(server.url);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Countersign has not started');
    });
  } finally {
    await browser.close();
    await server.close();
  }
});

/** Whether there was one does not matter: it waits until a build that was found is stored or given up. */
async function looksForNewer(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const found = await registration?.update().catch(() => null);
    const worker = registration?.installing;
    if (found && worker)
      await new Promise<void>((resolve) => {
        const look = (): void => void (worker.state === 'installing' || resolve());
        worker.addEventListener('statechange', look);
        look();
      });
  });
}

const cached = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const cache = await caches.open('countersign-program');
    return (await cache.keys()).map(({ url }) => url);
  });

/** From the stored program, and from the browser’s own cache of what it has fetched: files under /assets/ would come from there. */
async function takeOut(page: Page, urls: readonly string[]): Promise<void> {
  await page.evaluate(async (taken) => {
    const cache = await caches.open('countersign-program');
    for (const url of taken) await cache.delete(url);
  }, urls);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await session.detach();
}

async function filesOf(page: Page): Promise<readonly string[]> {
  const list = await page.evaluate(() => fetch('/build.json').then((r) => r.json() as Promise<unknown>));
  return (list as { files: { path: string }[] }).files.map(({ path }) => path);
}

const inlineScriptRuns = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.head.append(script);
    return 'ran' in window;
  });

/** A browser that was at `url` for long enough to have stored the app. */
async function firstVisit(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext(WITH_SERVICE_WORKER)).newPage();
  await page.goto(url);
  await stored(page);
  return page;
}
