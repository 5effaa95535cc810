/**
 * A value is valid when a quorum's handlers give the same bytes, so they must in every engine: what Node answered to the recorded requests is
 * compared with Chromium's and Firefox's answers.
 */
import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, firefox, test, type Browser } from '@playwright/test';
import { build } from 'vite';
import { findOrInstall } from '../scripts/debian.ts';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import { toHex } from '../src/codec/brand.ts';
import { encode, type CborValue } from '../src/codec/cbor.ts';
import { record } from '../test/domain/determinism-recording.ts';
import { answers, type Machine, type Recording } from '../test/domain/determinism-run.ts';
import { launchBrowser } from './browser.ts';

let folder: string;
let server: RunningServer;
let recording: Recording;
let here: readonly string[];

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-handlers-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../test/domain/browser', import.meta.url)),
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
  });
  server = await createServer({ port: 0, root: folder });
  recording = await record();
  here = await answers(recording, { now: 0, reversed: false, plain: false });
});

test.afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** As the app computes, and with plain JavaScript, other clocks and the opposite order. */
const MACHINES: readonly Machine[] = [
  { now: Date.UTC(1999, 11, 31, 23, 59), reversed: false, plain: false },
  { now: Date.UTC(2099, 0, 1), reversed: true, plain: true },
];

async function compare(browser: Browser): Promise<void> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/`);
  await page.waitForFunction(() => 'runHandlers' in window);
  const bytes = toHex(encode(recording as unknown as CborValue));
  for (const machine of MACHINES) {
    const there = await page.evaluate(([given, told]) => window.runHandlers(given, told), [
      bytes,
      machine,
    ] as const);
    expect(there).toEqual(here);
  }
}

test('handlers answer in Chromium as in Node, byte for byte', async () => {
  const browser = await launchBrowser();
  try {
    await compare(browser);
  } finally {
    await browser.close();
  }
});

test('handlers answer in Firefox as in Node, byte for byte', async () => {
  const path = findOrInstall('/usr/bin/firefox-esr', 'firefox-esr');
  test.skip(path === null, 'firefox-esr is not installed and could not be');
  // Firefox as its makers ship it, by WebDriver BiDi.
  const browser = await firefox.launch({ executablePath: path ?? '', channel: 'moz-firefox' });
  try {
    await compare(browser);
  } finally {
    await browser.close();
  }
});
