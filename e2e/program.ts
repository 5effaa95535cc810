/** What the tests of the stored program ask of a page. */
import { expect, type Page } from '@playwright/test';
import { BUSY_LOCK } from '../src/app/program/tab-holds.ts';

/** Waits until the program is stored and this page is served from there. */
export async function stored(page: Page): Promise<void> {
  const state = (): Promise<string> =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      const state = String(registration?.active?.state);
      return navigator.serviceWorker.controller === null ? `not in use, active: ${state}` : state;
    });
  await expect.poll(state, { message: 'the stored program', timeout: 120_000 }).toBe('activated');
}

/** Makes the page look for a newer build, and waits until one is stored and waits. */
export async function newerWaits(page: Page): Promise<void> {
  const state = (): Promise<string> =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      if (registration && !registration.installing && !registration.waiting) await registration.update();
      return String(registration?.waiting?.state);
    });
  await expect.poll(state, { message: 'a newer program that waits', timeout: 120_000 }).toBe('installed');
}

/** Waits until this tab has told the others that it votes or has a form filled in. */
export async function busy(page: Page): Promise<void> {
  const told = (): Promise<boolean> =>
    page.evaluate(
      // The list of locks names clients; which of them is this tab, a lock of its own tells.
      (name) =>
        navigator.locks.request('which-tab', async () => {
          const { held = [] } = await navigator.locks.query();
          const own = held.find((lock) => lock.name === 'which-tab')?.clientId;
          return held.some((lock) => lock.name === name && lock.clientId === own);
        }),
      BUSY_LOCK,
    );
  await expect.poll(told, { message: 'this tab to hold its lock' }).toBe(true);
}

/** A note that is gone when the page has been loaded again. */
export const mark = (page: Page): Promise<void> =>
  page.evaluate(() => void ((window as unknown as { marked: boolean }).marked = true));

export const isMarked = (page: Page): Promise<boolean> => page.evaluate(() => 'marked' in window);

export async function reloaded(page: Page): Promise<void> {
  await expect
    // While it is being loaded there is no page to ask.
    .poll(() => isMarked(page).catch(() => true), {
      message: 'the page to be loaded again',
      timeout: 120_000,
    })
    .toBe(false);
  await expect(page.locator('main')).toBeVisible();
}

/** Version and build, as the settings show them. */
export async function programShown(page: Page): Promise<{ version: string; digest: string }> {
  const part = page.getByRole('region', { name: 'This program' });
  const digest = part.getByTestId('build-digest');
  await expect(digest).toHaveText(/^[0-9a-f ]{71}$/);
  const version = await part.locator('dd').first().innerText();
  return { version, digest: (await digest.innerText()).replaceAll(' ', '') };
}

/** Without its server a page complains of what it cannot reach, which is the point of the test. */
export function forgetUnreachable(replica: { readonly complaints: string[] }): void {
  const kept = replica.complaints.filter(
    (text) => !/ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_SOCKET/.test(text),
  );
  replica.complaints.splice(0, replica.complaints.length, ...kept);
}
