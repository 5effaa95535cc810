/** The pages on a network in memory (test/ui/preview), built and served: every state without waiting for votes. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import { addressOf, CASES, type Case } from '../test/ui/preview/cases.ts';

export { CASES, GROUPS } from '../test/ui/preview/cases.ts';

/** Once for all files of tests that this process runs; the folder goes with it. */
let built: Promise<string> | null = null;

async function buildOnce(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-preview-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    configFile: fileURLToPath(new URL('../test/ui/preview/vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  });
  return folder;
}

export async function startPreview(): Promise<RunningServer> {
  built ??= buildOnce();
  return createServer({ port: 0, host: '127.0.0.1', root: await built });
}

/** What claimed times are compared with: the day of what the network in memory holds, so that the pages look the same on every day. */
const NOW = Date.UTC(2026, 2, 11, 14, 32);

export interface Opened {
  readonly page: Page;
  /** What the page complained of. */
  readonly complaints: readonly string[];
}

/** A page in this state, in a tab of its own. */
export async function openCase(
  context: BrowserContext,
  server: RunningServer,
  name: string,
): Promise<Opened> {
  return (await openCases(context, server)).open(name);
}

/** One state after the other in one tab, which takes half the time of a tab for each: nothing that one has kept is there in the next. */
export async function openCases(
  context: BrowserContext,
  server: RunningServer,
): Promise<{ readonly page: Page; open(name: string): Promise<Opened> }> {
  const page = await context.newPage();
  await page.addInitScript((now) => {
    // Between two states the tab is empty, and has no storage.
    if (!window.location.protocol.startsWith('http')) return;
    window.localStorage?.clear();
    window.sessionStorage?.clear();
    window.indexedDB.deleteDatabase('countersign-drafts');
    window.Date = class extends Date {
      constructor(...given: readonly unknown[]) {
        if (given.length === 0) super(now);
        else super(...(given as [number]));
      }
      static override now(): number {
        return now;
      }
    } as DateConstructor;
  }, NOW);
  let complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  return {
    page,
    async open(name) {
      const own: string[] = [];
      complaints = own;
      const given = CASES[name] as Case;
      const address = addressOf(server.url, given);
      // To a place in the same document the browser would only scroll.
      if (address.split('#')[0] === page.url().split('#')[0]) await page.goto('about:blank');
      await page.goto(address);
      await given[2](page);
      // What a picture waits for: transitions are off, fonts are the system's.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      return { page, complaints: own };
    },
  };
}

/** Two tabs at a time: as many as a small machine has processors. */
const LANES = 2;

/** Goes through the states in as many tabs, each in a context that `make` makes and that is closed at the end. */
export async function throughCases(
  server: RunningServer,
  names: readonly string[],
  make: () => Promise<BrowserContext>,
  look: (open: () => Promise<Opened>, page: Page, name: string) => Promise<void>,
): Promise<void> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const context = await make();
    const cases = await openCases(context, server);
    for (let i = lane; i < names.length; i += LANES) {
      const name = names[i]!;
      await look(() => cases.open(name), cases.page, name);
    }
    await context.close();
  });
  await Promise.all(lanes);
}
