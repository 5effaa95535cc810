/**
 * `npx tsx scripts/icons.ts` draws the PNG icons of public/icons from public/icon.svg. Run it when the drawing changes, and commit what it
 * writes: a build needs no browser.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { BROWSER_FLAGS, findBrowser } from './browser.ts';
import { PROJECT } from './run.ts';

interface Icon {
  readonly file: string;
  readonly side: number;
  /** Part of the side that the drawing takes. */
  readonly part: number;
  /** Of the square behind it; null: none. */
  readonly background: string | null;
}

const PAPER = '#eceeeb';

const ICONS: readonly Icon[] = [
  { file: 'icon-192.png', side: 192, part: 0.94, background: null },
  { file: 'icon-512.png', side: 512, part: 0.94, background: null },
  // A maskable icon may be cut to the circle of four fifths of its side (W3C Web App Manifest, "Icon masks and safe zone").
  { file: 'maskable-192.png', side: 192, part: 0.62, background: PAPER },
  { file: 'maskable-512.png', side: 512, part: 0.62, background: PAPER },
  // iOS cuts corners only, and shows what is transparent as black.
  { file: 'apple-touch-icon.png', side: 180, part: 0.8, background: PAPER },
];

const found = findBrowser();
if (!found.ok) throw new Error(found.message);
const svg = await readFile(join(PROJECT, 'public/icon.svg'), 'utf8');
const folder = join(PROJECT, 'public/icons');
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: found.path, args: [...BROWSER_FLAGS] });
try {
  for (const { file, side, part, background } of ICONS) {
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    const inner = Math.round(side * part);
    await page.setContent(
      `<body style="margin:0;display:grid;place-items:center;height:100vh;background:${background ?? 'transparent'}">` +
        svg.replace('<svg ', `<svg width="${inner}" height="${inner}" `),
    );
    await writeFile(join(folder, file), await page.screenshot({ omitBackground: background === null }));
    await page.close();
  }
} finally {
  await browser.close();
}
console.log(`Wrote ${ICONS.length} icons to ${folder}`);
