/** The check at the start, in a browser from which one thing after the other is taken away: what is missing is said, and nothing stays blank. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from '@playwright/test';
import { CONTEXT_OPTIONS, launchBrowser } from './browser.ts';
import { copySite, expect, expectAccessible, startServer, test } from './cluster.ts';
import { serveStatically } from './static-server.ts';

let browser: Browser;
let server: Awaited<ReturnType<typeof startServer>>;
test.beforeAll(async () => {
  // A name that is this machine and that no browser takes for it.
  browser = await launchBrowser(['--host-resolver-rules=MAP shop.example 127.0.0.1']);
  server = await startServer();
});
test.afterAll(async () => {
  await browser.close();
  await server.close();
});

interface Opened {
  readonly page: Page;
  readonly exceptions: string[];
  close(): Promise<void>;
}

async function open(
  address: string,
  take: () => void = () => undefined,
  options: BrowserContextOptions = CONTEXT_OPTIONS,
): Promise<Opened> {
  const context = await browser.newContext(options);
  await context.addInitScript(take);
  const page = await context.newPage();
  const exceptions: string[] = [];
  page.on('pageerror', (error) => exceptions.push(error.message));
  await page.goto(address);
  return { page, exceptions, close: () => context.close() };
}

/** What a browser lacks, how it is taken away here, and what the page then names and advises. */
const MISSING: readonly (readonly [string, () => void, name: string, advice: RegExp])[] = [
  [
    'IndexedDB',
    () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
    'IndexedDB',
    /private window/,
  ],
  [
    'IndexedDB, as with cookies blocked',
    () => {
      for (const name of ['indexedDB', 'localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('Access is denied for this document.', 'SecurityError');
          },
        });
    },
    'IndexedDB',
    /private window/,
  ],
  [
    'a database that opens, as in private windows of Firefox before 115',
    () => {
      IDBFactory.prototype.open = () => {
        const request = new EventTarget() as unknown as IDBOpenDBRequest;
        queueMicrotask(() => request.onerror?.(new Event('error')));
        return request;
      };
    },
    'Permission to store',
    /allow this site to store data/,
  ],
  [
    'leave to open a database',
    () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
    },
    'Permission to store',
    /allow this site to store data/,
  ],
  [
    'WebRTC',
    () => Reflect.deleteProperty(window, 'RTCPeerConnection'),
    'WebRTC',
    /extension or a setting of this browser turns WebRTC off/,
  ],
  [
    'workers',
    () => Reflect.deleteProperty(window, 'Worker'),
    'Web Workers',
    /^Update this browser, or open this page in a current/,
  ],
  [
    'workers that import, as Firefox before 114',
    () => {
      const Known = window.Worker;
      // It knows no options.
      window.Worker = class extends Known {
        constructor(address: string | URL) {
          super(address);
        }
      };
    },
    'Web Workers of today',
    /^Update this browser, or open this page in a current/,
  ],
  [
    'WebAssembly',
    () => Reflect.deleteProperty(window, 'WebAssembly'),
    'WebAssembly',
    /^Update this browser, or open this page in a current/,
  ],
  [
    'leave to compile WebAssembly',
    () => {
      WebAssembly.Module = class {
        constructor() {
          throw new WebAssembly.CompileError('Refused by the policy.');
        }
      } as unknown as typeof WebAssembly.Module;
    },
    'Permission to run WebAssembly',
    /content security policy as it is/,
  ],
  [
    'WebCrypto',
    () => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined }),
    'WebCrypto',
    /private window/,
  ],
  ['Web Locks', () => Reflect.deleteProperty(Navigator.prototype, 'locks'), 'Web Locks', /private window/],
  [
    'room',
    () => {
      StorageManager.prototype.estimate = async () => ({ quota: 5_000_000, usage: 0 });
    },
    'Room',
    /Free space on this device/,
  ],
];

for (const [what, take, name, advice] of MISSING)
  test(`without ${what} the page is blank, or keys are made that cannot be used`, async () => {
    for (const path of ['/', '/create', `/n/${'ab'.repeat(32)}/bench`, '/demo']) {
      const { page, exceptions, close } = await open(server.url + path, take);
      await expect(page.getByTestId('missing').locator('li b').first(), path).toHaveText(`${name}.`);
      await expect(page.getByTestId('missing').locator('ol li').filter({ hasText: advice })).toHaveCount(1);
      expect(exceptions, path).toEqual([]);
      if (path === '/') await expectAccessible(page);
      await close();
    }
  });

test('an address of the local network without https says only that something failed', async () => {
  const address = `http://shop.example:${new URL(server.url).port}`;
  const { page, exceptions, close } = await open(`${address}/join#v1.abc`);
  await expect(page.getByTestId('missing')).toContainText('A secure connection');
  await expect(page.getByTestId('missing')).toContainText(address.replace('http:', 'https:'));
  await expect(page.getByTestId('missing')).toContainText('npm start -- --https');
  await expectAccessible(page);
  // Evidence can be checked there all the same.
  await page.goto(`${address}/verify`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Verify an evidence file');
  await expect(page.getByText('From here on it works offline.')).toBeVisible();
  expect(exceptions).toEqual([]);
  await close();
});

test('a browser that forbids only what a page remembers for itself shows blank pages before a network', async () => {
  const { page, exceptions, close } = await open(`${server.url}/create`, () => {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('Access is denied for this document.', 'SecurityError');
        },
      });
  });
  for (const path of ['/create', '/join', '/ask', '/key', '/demo']) {
    await page.goto(server.url + path);
    await expect(page.locator('main h1').first(), path).toBeVisible();
    expect(exceptions, path).toEqual([]);
  }
  await close();
});

test.describe('a build of which a part does not arrive', () => {
  for (const [part, path, words] of [
    ['worker', '/create', 'Countersign could not be loaded'],
    ['worker', `/n/${'ab'.repeat(32)}/bench`, 'Countersign could not be loaded'],
    ['pages', '/create', 'Countersign could not be loaded'],
    ['en', '/create', 'Countersign could not be loaded'],
    ['index', '/create', 'Countersign has not started'],
  ] as const)
    for (const how of ['404', 'a page instead'] as const)
      test(`${part}, ${how}: ${path.slice(0, 7)} waits without a word`, async ({}, info) => {
        const pages = await serveStatically(await copySite(info.outputPath('site')), (asked) => {
          const isPart =
            (asked.startsWith(`/assets/${part}-`) && asked.endsWith('.js')) ||
            // Whoever loses the entry has lost its sheet too, as under another folder than the root.
            (part === 'index' && asked.startsWith('/assets/'));
          if (!isPart) return null;
          return how === '404'
            ? { status: 404, type: 'text/plain', body: 'Not found.' }
            : { status: 200, type: 'text/html', body: '<!doctype html><p>Sign in to this network.</p>' };
        });
        const { page, close } = await open(pages.url + path);
        await expect(page.getByRole('heading', { level: 1, name: words })).toBeVisible();
        await expectAccessible(page);
        await close();
        await pages.close();
      });
});

test('a browser of before its time shows nothing', async () => {
  // As one that does not know the syntax of the entry: nothing of it runs, and the sheets arrive.
  const list = JSON.parse(
    await readFile(join(process.env.COUNTERSIGN_DIST ?? 'dist', 'build.json'), 'utf8'),
  ) as {
    files: { path: string }[];
  };
  expect(list.files.some(({ path }) => path.endsWith('.css'))).toBe(true);
  const context = await browser.newContext(CONTEXT_OPTIONS);
  const page = await context.newPage();
  await page.route(/\/assets\/.*\.js$/, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: 'class {' }),
  );
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1, name: 'Countersign has not started' })).toBeVisible();
  await expectAccessible(page);
  await context.close();
});

test('a page that throws while it is drawn leaves a blank window', async () => {
  const { page, close } = await open(`${server.url}/create`, () => {
    const create = Document.prototype.createElement;
    Document.prototype.createElement = function (this: Document, name: string, ...rest: never[]) {
      if (name === 'input') throw new TypeError('no more inputs');
      return create.call(this, name, ...rest);
    } as typeof create;
  });
  await expect(page.getByRole('heading', { level: 1, name: 'This page has failed' })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('Nothing that you recorded is lost');
  await expectAccessible(page);
  await close();
});
