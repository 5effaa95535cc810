/**
 * Pictures of every page in every state, into docs/screens, and docs/screens.md that shows them:
 *
 *     npx tsx scripts/screenshots.ts [--only <regular expression>] [--to <folder>] [--full]
 *
 * The pages run on a network in memory (test/ui/preview), so the pictures change only when the pages do. Each is one WebP, its left half in
 * the light theme and its right half in the dark one, and small: they are for looking at differences, not for printing. `--full` writes
 * both themes whole and as large as they are, for whoever looks for faults; those are not kept.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { format, resolveConfig } from 'prettier';
import { CONTEXT_OPTIONS, launchBrowser } from '../e2e/browser.ts';
import { CASES, GROUPS, openCases, startPreview } from '../e2e/preview.ts';
import { PROJECT } from './run.ts';

/** A phone has the least room, and shows all but what is made for a desk. */
const DEVICES = {
  phone: { viewport: { width: 360, height: 640 }, isMobile: true, scale: 0.7 },
  desktop: { viewport: { width: 1024, height: 720 }, isMobile: false, scale: 0.55 },
} as const;
type Device = keyof typeof DEVICES;
const ON_DESKTOP =
  /^(start|door-create-keys|verify-valid|bench-quality|bench-arabic|packages|package-labelled|package-audit|package-arabic|announce|network|network-arabic|network-latency|inspector|members|break-asked|directory|settings)$/;
/** Of 1, as a canvas takes it: words stay legible. */
const QUALITY = 0.2;
/** Bytes of one picture, and of all: more would be carried by every clone for ever. */
const MAX_PICTURE_BYTES = 40_000;
const MAX_ALL_BYTES = 1_500_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    to: { type: 'string', default: join(PROJECT, 'docs/screens') },
    full: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npx tsx scripts/screenshots.ts [--only <regular expression of names>] [--to <folder>] [--full]\n--full: both themes whole, as PNG, into the folder of --to',
  );
  process.exit(0);
}
if (values.full && values.to === join(PROJECT, 'docs/screens')) {
  console.error('--full needs --to: pictures of that size are not kept in docs.');
  process.exit(2);
}

const names = Object.keys(CASES).filter((name) => new RegExp(values.only).test(name));
const keeps = values.only === '' && !values.full;
await mkdir(values.to, { recursive: true });
if (keeps)
  for (const old of await readdir(values.to)) if (old.endsWith('.webp')) await rm(join(values.to, old));
const server = await startPreview();
const browser = await launchBrowser();
const failed: string[] = [];
let total = 0;
// One device beside the other, each in a tab that goes through its states.
await Promise.all((Object.keys(DEVICES) as Device[]).map(takeAll));
await browser.close();
await server.close();
if (keeps) await writePage();
console.log(`${names.length - failed.length} states, ${Math.round(total / 1000)} kB`);
if (keeps && total > MAX_ALL_BYTES) failed.push(`${total} bytes in all, of ${MAX_ALL_BYTES}`);
for (const line of failed) console.error(line);
process.exit(failed.length === 0 ? 0 : 1);

async function takeAll(device: Device): Promise<void> {
  const { viewport, isMobile, scale } = DEVICES[device];
  const context = await browser.newContext({
    ...CONTEXT_OPTIONS,
    viewport,
    isMobile,
    hasTouch: isMobile,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  });
  const cases = await openCases(context, server);
  const desk = await context.newPage();
  for (const name of names.filter((one) => ON_DESKTOP.test(one) === (device === 'desktop'))) {
    try {
      await cases.page.bringToFront();
      await cases.page.emulateMedia({ colorScheme: 'light' });
      const { page } = await cases.open(name);
      const light = await page.screenshot();
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await page.screenshot();
      if (values.full) {
        await writeFile(join(values.to, `${name}-light.png`), light);
        await writeFile(join(values.to, `${name}-dark.png`), dark);
        continue;
      }
      const bytes = await bothThemes(desk, light, dark, scale);
      total += bytes.length;
      if (bytes.length > MAX_PICTURE_BYTES) failed.push(`${name}: ${bytes.length} bytes`);
      await writeFile(join(values.to, `${name}.webp`), bytes);
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  await context.close();
}

/** The light one to the left, the dark one to the right, in one WebP. */
async function bothThemes(desk: Page, light: Buffer, dark: Buffer, scale: number): Promise<Buffer> {
  const base64 = await desk.evaluate(
    async ([left, right, size, quality]) => {
      const images = await Promise.all(
        [left, right].map(async (png) => {
          const image = new Image();
          image.src = `data:image/png;base64,${png}`;
          await image.decode();
          return image;
        }),
      );
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(images[0]!.width * size);
      canvas.height = Math.round(images[0]!.height * size);
      const pen = canvas.getContext('2d')!;
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(images[0]!, 0, 0, canvas.width, canvas.height);
      pen.beginPath();
      pen.rect(Math.round(canvas.width / 2), 0, canvas.width, canvas.height);
      pen.clip();
      pen.drawImage(images[1]!, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL('image/webp', quality).split(',')[1]!;
    },
    [light.toString('base64'), dark.toString('base64'), scale, QUALITY] as const,
  );
  return Buffer.from(base64, 'base64');
}

async function writePage(): Promise<void> {
  const groups = Object.entries(GROUPS).map(([group, cases]) => {
    const states = Object.entries(cases).map(
      ([name, [words]]) => `**${words}** (\`${name}\`)\n\n![${words}](screens/${name}.webp)\n`,
    );
    return `## ${group}\n\n${states.join('\n')}`;
  });
  const text = `# Pages and states\n\nWritten by \`npx tsx scripts/screenshots.ts\` from test/ui/preview: the pages on a network in memory, the left half of each in the light theme and the right half in the dark one.\n\n${groups.join('\n')}`;
  const path = join(PROJECT, 'docs/screens.md');
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
}
