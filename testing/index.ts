/**
 * `countersign/testing`: tests of an application of the middleware in real browsers, with Playwright. docs/testing.md shows how.
 *
 *     import { expect, test } from 'countersign/testing';
 *
 *     test('three of four go on', async ({ cluster }) => {
 *       const made = await cluster({ site: 'dist' });
 *       const [a, b] = made.members;
 *       await made.linked();
 *       made.cut(b);
 *       await a.network.set('greeting', 'hello');
 *       …
 *     });
 */
import { test as base, expect, type Browser } from '@playwright/test';
import { BROWSER_FLAGS, findBrowser } from '../scripts/browser.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { endClusters } from './ending.ts';
import { findHelperPage } from './helper-page.ts';
import { MAKING_MS } from './limits.ts';

export { expect };
export type { Cluster, ClusterOptions, Slowness } from './cluster.ts';
export type { Traffic } from './lines.ts';
export type { Member, MemberClock, NetworkInPage, PassedEntry } from './member.ts';

export interface TestFixtures {
  /** Makes a cluster for this test. When the test ends it is closed, and its pages must have had nothing to complain of. */
  readonly cluster: (options: ClusterOptions) => Promise<Cluster>;
}

export interface WorkerFixtures {
  /** Chromium, once for all tests of a Playwright worker; every member has a context of its own in it. */
  readonly clusterBrowser: Browser;
  /** Folder of the page that makes members. */
  readonly helperPage: string;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  clusterBrowser: [
    async ({ playwright, launchOptions }, use) => {
      const args = [...BROWSER_FLAGS, ...(launchOptions.args ?? [])];
      const executablePath = launchOptions.executablePath ?? found();
      const browser = await playwright.chromium.launch({ ...launchOptions, args, executablePath });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  helperPage: [
    // Playwright reads from this parameter's form what the fixture depends on.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const page = await findHelperPage();
      await use(page.folder);
      await page.dispose();
    },
    { scope: 'worker', timeout: MAKING_MS },
  ],
  cluster: async ({ clusterBrowser, helperPage }, use, info) => {
    const made: Cluster[] = [];
    await use(async (options) => {
      // Making a cluster is no part of the time that a test was given for what it tests.
      const { timeout } = info;
      const began = Date.now();
      if (timeout > 0) info.setTimeout(timeout + MAKING_MS);
      const cluster = await Cluster.create(clusterBrowser, helperPage, options);
      made.push(cluster);
      if (timeout > 0) info.setTimeout(timeout + Date.now() - began);
      return cluster;
    });
    await endClusters(made, info);
  },
});

function found(): string {
  const browser = findBrowser();
  if (!browser.ok) throw new Error(browser.message);
  return browser.path;
}
