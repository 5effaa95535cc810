/** The demo page as a visitor uses it: four panes, one button. */
import { expect, test } from './cluster.ts';

test('the demo runs a whole session without help, and its panes commit over WebRTC', async ({ prepared }) => {
  const replica = (await prepared({ members: 1 })).replica(0);
  const { page } = replica;
  await page.getByRole('link', { name: /Try the demo/ }).click();
  const run = page.getByTestId('run-session');
  await expect(run).toBeEnabled({ timeout: 120_000 });
  await run.click();
  await expect(page.getByTestId('headline')).toContainText(/signed|sealed|committed/i, { timeout: 120_000 });
});
