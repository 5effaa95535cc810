/** Starting Chromium for tests, and killing parts of it. */
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test';
import { BROWSER_FLAGS, findBrowser, PERMISSIONS } from '../scripts/browser.ts';

/**
 * One member's browser: its own storage, and loopback candidates for WebRTC. No service worker: storing the program takes processor time that
 * a cluster on two cores needs, and each test has a fresh browser. Tests of it take `WITH_SERVICE_WORKER`.
 */
export const CONTEXT_OPTIONS: BrowserContextOptions = {
  permissions: [...PERMISSIONS],
  locale: 'en-GB',
  serviceWorkers: 'block',
};
export const WITH_SERVICE_WORKER: BrowserContextOptions = { ...CONTEXT_OPTIONS, serviceWorkers: 'allow' };

/** Contexts of it keep their storage in memory. `flags`: more than all tests have. @throws where there is no Chromium. */
export function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: executable(), args: [...BROWSER_FLAGS, ...flags] });
}

/** A browser of its own, whose storage is on disk, in `folder`: it survives `killBrowser`. */
export function launchPersistent(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    ...CONTEXT_OPTIONS,
    executablePath: executable(),
    args: [...BROWSER_FLAGS],
  });
}

/** SIGKILL to the one renderer process that runs this page and its worker. */
export async function killRenderer(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  process.kill(await rendererOf(page), 'SIGKILL');
  await crashed;
}

/** SIGKILL to the whole browser of a persistent context. */
export async function killBrowser(context: BrowserContext): Promise<void> {
  const closed = context.waitForEvent('close');
  const browser = (await processesOf(context)).find((entry) => entry.type === 'browser');
  if (!browser) throw new Error('This browser lists no process of its own.');
  process.kill(browser.id, 'SIGKILL');
  await closed;
}

/** Processor time that the burning page must be ahead of every other renderer, seconds. */
const CLEAR_LEAD = 0.2;
const BURN_MS = 400;
/** Each as long as all before it together: on a machine where forty others want a processor the last gives it a fortieth of 13 s. */
const MAX_BURNS = 6;

/** A page does not tell its process: it burns processor time, and the one that used most is it. */
async function rendererOf(page: Page): Promise<number> {
  const before = new Map((await renderersOf(page)).map((entry) => [entry.id, entry.cpuTime]));
  for (let attempt = 0; attempt < MAX_BURNS; attempt++) {
    await page.evaluate(
      (ms) => {
        const end = performance.now() + ms;
        while (performance.now() < end);
      },
      BURN_MS * 2 ** attempt,
    );
    const [first, second] = (await renderersOf(page))
      .map(({ id, cpuTime }) => ({ id, used: cpuTime - (before.get(id) ?? cpuTime) }))
      .sort((a, b) => b.used - a.used);
    if (first && first.used - (second?.used ?? 0) > CLEAR_LEAD) return first.id;
  }
  throw new Error('The renderer of this page could not be told from the others.');
}

interface Process {
  readonly id: number;
  readonly type: string;
  /** Seconds since it started. */
  readonly cpuTime: number;
}

async function renderersOf(page: Page): Promise<readonly Process[]> {
  return (await processesOf(page.context())).filter((entry) => entry.type === 'renderer');
}

async function processesOf(context: BrowserContext): Promise<readonly Process[]> {
  const browser = context.browser();
  if (!browser) throw new Error('This context belongs to no browser any more.');
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo;
}

function executable(): string {
  const found = findBrowser();
  if (!found.ok) throw new Error(found.message);
  return found.path;
}
