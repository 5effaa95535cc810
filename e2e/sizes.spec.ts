/**
 * Every page in every state at the sizes that people have: a small phone, a larger one by touch, a tablet, a desktop; and the desktop at 200 %
 * and 400 % zoom (WCAG 1.4.4, 1.4.10), which to a page is a window of that many pixels less.
 */
import type { BrowserContext } from '@playwright/test';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, test } from './cluster.ts';
import { expectFits, expectGloves } from './layout.ts';
import { CASES, startPreview, throughCases } from './preview.ts';
import type { RunningServer } from '../signaling-server/server.ts';

/** Handhelds have another pointer, and so another page. */
const DEVICES = {
  handheld: {
    options: { hasTouch: true, isMobile: true },
    sizes: [
      { width: 360, height: 640 },
      { width: 412, height: 915 },
      { width: 800, height: 1280 },
    ],
  },
  desktop: {
    options: {},
    sizes: [
      { width: 1280, height: 800 },
      { width: 640, height: 400 },
      { width: 320, height: 640 },
    ],
  },
} as const;

test.setTimeout(600_000);
let server: RunningServer;
test.beforeAll(async () => void (server = await startPreview()));
test.afterAll(() => server.close());

for (const [device, { options, sizes }] of Object.entries(DEVICES)) {
  test(`on a ${device} every page fits in every state, and the bench's action is in reach`, async ({
    chromium,
  }) => {
    const make = (): Promise<BrowserContext> =>
      chromium.newContext({ ...CONTEXT_OPTIONS, ...options, viewport: sizes[0] });
    await throughCases(server, Object.keys(CASES), make, async (open, page, name) => {
      await page.setViewportSize(sizes[0]);
      const { complaints } = await open();
      for (const size of sizes) {
        await page.setViewportSize(size);
        const at = `${name} at ${size.width} × ${size.height}`;
        await expectFits(page, at);
        if (name.startsWith('bench')) await expectGloves(page, at);
      }
      expect.soft(complaints, name).toEqual([]);
    });
  });
}
