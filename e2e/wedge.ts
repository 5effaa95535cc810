/** A scanner that is a keyboard to the computer: a wedge. */
import type { Page } from '@playwright/test';

/**
 * Types a code and Enter as a scanner does, which waits for nobody: `page.keyboard` sends a key when the page has answered the one before, and a
 * page that is busy in between makes two scans of one. Chromium only. What a person types is typed by `page.keyboard`.
 */
export async function scanByWedge(page: Page, code: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const pressed = [...[...code].map(keyOf), ENTER].flatMap(({ text, ...key }) => [
    devtools.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key, text, unmodifiedText: text }),
    devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key }),
  ]);
  await Promise.all(pressed);
  await devtools.detach();
}

interface WedgeKey {
  readonly key: string;
  readonly code: string;
  readonly windowsVirtualKeyCode: number;
  readonly text: string;
}

const ENTER: WedgeKey = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' };
const SIGNS: Readonly<Record<string, readonly [code: string, virtual: number]>> = {
  ']': ['BracketRight', 221],
  '-': ['Minus', 189],
};

/** As `page.keyboard` has it on a US keyboard, where a capital needs no Shift. */
function keyOf(character: string): WedgeKey {
  const upper = character.toUpperCase();
  const virtual = upper.charCodeAt(0);
  const [code, windowsVirtualKeyCode] = /^\d$/.test(character)
    ? [`Digit${character}`, virtual]
    : /^[A-Z]$/.test(upper)
      ? [`Key${upper}`, virtual]
      : (SIGNS[character] ?? []);
  if (code === undefined || windowsVirtualKeyCode === undefined)
    throw new Error(`This scanner has no key for ${character}.`);
  return { key: character, code, windowsVirtualKeyCode, text: character };
}
