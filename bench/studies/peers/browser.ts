/** One Chromium for all pages of the study, and the pages built. */
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from '@playwright/test';
import { build } from 'vite';
import { BROWSER_FLAGS, findOrInstallBrowser } from '../../../scripts/browser.ts';
import { findHelperPage } from '../../../testing/helper-page.ts';
import { adopt, removed, temporaryFolder } from './folders.ts';

export interface Bed {
  readonly browser: Browser;
  /** Folder of the fixture's own page. */
  readonly helper: string;
  /** Folders of the built pages of bench/peers. */
  readonly countersign: string;
  readonly yjs: string;
  close(): Promise<void>;
}

/** @throws where there is no browser, or a page cannot be built. What fails leaves nothing behind. */
export async function openBed(): Promise<Bed> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const cleanups: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.reverse().splice(0)) await cleanup();
  };
  try {
    const countersign = await built('countersign', cleanups);
    const yjs = await built('yjs', cleanups);
    const helper = await findHelperPage();
    adopt(helper.folder);
    cleanups.push(() => removed(helper.folder));
    const browser = await chromium.launch({ executablePath: found.path, args: [...BROWSER_FLAGS] });
    cleanups.push(() => browser.close());
    return { browser, helper: helper.folder, countersign, yjs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function built(page: string, cleanups: (() => Promise<unknown>)[]): Promise<string> {
  const folder = await temporaryFolder(page);
  cleanups.push(() => removed(folder));
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL(`../../peers/${page}`, import.meta.url)),
    resolve: { tsconfigPaths: true },
    define: { __APP_VERSION__: JSON.stringify('bench') },
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
  });
  return folder;
}

/** Processor milliseconds of all its processes: pages, workers, network, and the browser itself. */
export async function processorOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}
