/** What people do on the pages to come to a state, for the cases. */
import type { Page } from '@playwright/test';

/** In words, a path below a network, or with `door:` beside all networks, and the way to the state; it ends when the state can be seen. */
export type Case = readonly [words: string, path: string, act: (page: Page) => Promise<unknown>];
export type Cases = Readonly<Record<string, Case>>;

export const SSCC = (serial: number): string => {
  const head = `04012345${String(serial).padStart(9, '0')}`;
  let sum = 0;
  for (let i = 0; i < head.length; i++) sum += Number(head[head.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return head + String((10 - (sum % 10)) % 10);
};
/** The package that the cases work on. */
export const PACKAGE = `/packages/${SSCC(111)}`;

/** An invitation to “Harbour receivers”. */
export const INVITATION = `v1.${'5d'.repeat(32)}.${'ab'.repeat(32)}.${Buffer.from('["Harbour receivers",[]]').toString('base64url')}`;
export const DRAFT = `csdraft1.${'ab'.repeat(16)}.${Buffer.from('Harbour receivers').toString('base64').replaceAll('=', '')}`;

/** Types as a scanner does. */
export const wedge = async (page: Page, text: string): Promise<void> => {
  for (const c of text) await page.keyboard.press(c);
};
export const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name, exact: true }).first().click();
export const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { name }).first().waitFor();
export const words = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor();
export const there = (page: Page, testId: string): Promise<void> =>
  page.getByTestId(testId).first().waitFor();
/** The page itself, and nothing of it still to come. */
export const shown = async (page: Page): Promise<void> => {
  await page.locator('main h1').first().waitFor();
  await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
};
/** Brings what is new into a picture of the page. */
export const inSight = async (page: Page, selector: string): Promise<void> => {
  const found = page.locator(selector).first();
  await found.waitFor();
  await found.evaluate((element) => element.scrollIntoView({ block: 'center' }));
};

/** The same, with what follows it. */
export const atTop = async (page: Page, selector: string): Promise<void> => {
  const found = page.locator(selector).first();
  await found.waitFor();
  await found.evaluate((element) => element.scrollIntoView({ block: 'start' }));
};

export const scan = async (page: Page, code: string): Promise<void> => {
  await there(page, 'scan-sink');
  await page.getByTestId('scan-sink').fill(code);
  await page.keyboard.press('Enter');
};
export const toQuality = async (page: Page): Promise<void> => {
  // Filled in at once: on a busy machine single keys come too slowly for a scanner's.
  await scan(page, SSCC(111));
  await press(page, 'Check supplier signature');
  await heading(page, /Check 32 of 240/);
};
export const toLabel = async (page: Page): Promise<void> => {
  await toQuality(page);
  await press(page, 'Accept line 1');
  await press(page, 'Accept line 2');
  await page.getByText('Delta Express').first().click();
};
export const toSend = async (page: Page): Promise<void> => {
  await toLabel(page);
  await press(page, 'Label for Delta Express');
};
export const toSent = async (page: Page): Promise<void> => {
  await toSend(page);
  await press(page, 'Send for signatures');
};
/** The form by which a member says who it is. */
export const sayWho = async (page: Page, action: string): Promise<void> => {
  await page.getByLabel('Organisation').fill('Echo Freight');
  await page.getByLabel('GLN', { exact: true }).fill('9521144000011');
  await press(page, action);
};
