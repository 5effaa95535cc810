/** axe-core as @axe-core/playwright brings it, run in the page itself: a tenth of the time of going through its builder. */
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly unknown[] }[];
}
/** In the page. */
interface Axe {
  run(context: Document, options: object): Promise<{ readonly violations: readonly Violation[] }>;
}

/** For a page that is looked at more than once: as its init script. */
export const { source: AXE } = createRequire(import.meta.resolve('@axe-core/playwright'))('axe-core') as {
  readonly source: string;
};
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** `colours`: only the rules that another theme of the same page can break. */
export async function axeFindings(page: Page, rules: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(
    async (runOnly) => {
      const { axe } = window as unknown as { axe: Axe };
      const found = await axe.run(document, { iframes: false, resultTypes: ['violations'], runOnly });
      return found.violations.map(({ id, help, nodes }) => ({
        id,
        help,
        targets: nodes.map((node) => node.target.join(' ')),
      }));
    },
    rules === 'all'
      ? { type: 'tag', values: TAGS }
      : { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
  );
  return violations.map(
    ({ id, help, targets }) => `${id}: ${help}\n${targets.map((one) => `  ${one}`).join('\n')}`,
  );
}
