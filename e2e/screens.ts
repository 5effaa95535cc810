/** A page as people with a phone and with a desktop see it: screenshots, axe, and no scrolling sideways. */
import { expect, test } from '@playwright/test';
import { expectFits } from './layout.ts';
import type { Replica } from './replica.ts';

/** Each size in one of the schemes; e2e/a11y.spec.ts goes through all four on the pages that everybody uses. */
const LOOKS = [
  { size: 'phone', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  { size: 'desktop', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
] as const;

/** Leaves the page at the size of a desktop. */
export async function screens(replica: Replica, name: string): Promise<void> {
  await test.step(`${name} can be used by everybody`, async () => {
    const { page } = replica;
    await expect(page.locator('main h1').first()).toBeVisible();
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
    for (const { size, viewport, colorScheme } of LOOKS) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const file = `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${size}-${colorScheme}.png`;
      await page.screenshot({ path: test.info().outputPath(file), fullPage: true });
      await replica.expectAccessible();
      await expectFits(page, `${name}, ${size}`);
    }
  });
}
