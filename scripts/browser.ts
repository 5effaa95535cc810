/** The Chromium that the browser tests and the benchmark run in, and how it is started. */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { installDebianPackage, isRootOnDebian } from './debian.ts';

export type BrowserSearch =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string };

/**
 * Headless, quiet, and with 127.0.0.1 among the WebRTC candidates. The last needs a media permission as well: see
 * `PERMISSIONS`.
 */
export const BROWSER_FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--allow-loopback-in-peer-connection',
];

/** Without a media permission Chromium hides the loopback candidates behind mDNS names. Nothing records anything. */
export const PERMISSIONS: readonly string[] = ['microphone'];

const DEBIAN_CHROMIUM = '/usr/bin/chromium';

/** `CHROMIUM_PATH`, then the one that Playwright downloaded, then Debian's. */
export function findBrowser(): BrowserSearch {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return { ok: true, path: named };
    return {
      ok: false,
      message: `CHROMIUM_PATH is ${named}, and there is no such file. Correct it or unset it.`,
    };
  }
  const path = [chromium.executablePath(), DEBIAN_CHROMIUM].find(
    (candidate) => candidate && existsSync(candidate),
  );
  if (path) return { ok: true, path };
  return {
    ok: false,
    message:
      'No Chromium found. Install one with "npx playwright install --with-deps chromium", or name one in CHROMIUM_PATH.',
  };
}

/** As `findBrowser`; where there is none and we are root on Debian, installs the package, its output on the terminal. */
export function findOrInstallBrowser(): BrowserSearch {
  const found = findBrowser();
  if (found.ok || process.env.CHROMIUM_PATH || !isRootOnDebian()) return found;
  console.log('No Chromium found. Installing the Debian package "chromium"; this can take a few minutes.');
  const failed = installDebianPackage('chromium');
  if (failed !== null) return { ok: false, message: `${found.message} ("${failed}" was tried and failed.)` };
  return findBrowser();
}
