/** Signing pages on a network in memory: what is pressed twice is signed once. */
import type { Page } from '@playwright/test';
import type { RunningServer } from '../signaling-server/server.ts';
import { CONTEXT_OPTIONS } from './browser.ts';
import { expect, test } from './cluster.ts';
import { openCase, startPreview } from './preview.ts';

let server: RunningServer;
test.beforeAll(async () => void (server = await startPreview()));
test.afterAll(() => server.close());

type Call = (...given: unknown[]) => Promise<unknown>;
interface Preview {
  readonly previewApi: Record<string, Call>;
  readonly calls: Record<string, number>;
}

/** Counts the calls of a method; nobody answers the first `silent` of them. */
const count = (page: Page, method: string, silent = 0): Promise<void> =>
  page.evaluate(
    ([name, unanswered]) => {
      const { previewApi } = window as unknown as Preview;
      const calls = ((window as unknown as { calls?: Record<string, number> }).calls ??= {});
      const own = previewApi[name] as Call;
      calls[name] = 0;
      Object.assign(previewApi, {
        [name]: (...given: unknown[]): Promise<unknown> => {
          calls[name] = (calls[name] ?? 0) + 1;
          if (calls[name] <= unanswered) return Promise.reject(new Error('the tab that holds it is gone'));
          return own(...given);
        },
      });
    },
    [method, silent] as const,
  );
const counted = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => (window as unknown as Preview).calls);

test('two quick presses sign a hand-off once', async ({ chromium }) => {
  const context = await chromium.newContext(CONTEXT_OPTIONS);
  const { page } = await openCase(context, server, 'deliveries-sign');
  await count(page, 'signHandOff');
  // Both in one task: the second comes before the page can be drawn without the button.
  await page.getByRole('button', { name: 'Sign: I have this package' }).evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  await expect(page.getByTestId('hand-off-answer')).toBeVisible();
  expect(await counted(page)).toEqual({ signHandOff: 1 });
  await context.close();
});

test('a report that nobody answered is entered again, not signed again; other words are another report', async ({
  chromium,
}) => {
  const context = await chromium.newContext(CONTEXT_OPTIONS);
  const { page } = await openCase(context, server, 'delivery');
  await count(page, 'signDelivery');
  await count(page, 'enterDelivery', 2);
  const sign = page.getByRole('button', { name: 'Sign the report' });
  await sign.click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Who took it').fill('M. Quay, gate 5');
  await sign.click();
  await expect.poll(() => counted(page)).toEqual({ signDelivery: 2, enterDelivery: 2 });
  await expect(sign).toBeEnabled();
  await sign.click();
  await expect.poll(() => counted(page)).toEqual({ signDelivery: 2, enterDelivery: 3 });
  await context.close();
});
