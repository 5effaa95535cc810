// Looks at the audit report in a browser: picture, axe, and the printed pages. `vite preview` of this folder must run.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from '@playwright/test';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const out = process.argv[2] ?? '/tmp/countersign-audit';
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
for (const [name, width, colorScheme] of [
  ['desk', 1100, 'light'],
  ['dark', 1100, 'dark'],
  ['phone', 390, 'light'],
]) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  page.on('console', (message) => message.type() === 'error' && console.log(name, message.text()));
  page.on('pageerror', (error) => console.log(name, String(error)));
  await page.goto('http://127.0.0.1:5197/n/test/packages/040123450000001112');
  await page.getByRole('button', { name: 'Audit report' }).click();
  await page.getByTestId('audit-report').waitFor({ timeout: 60_000 });
  await page.screenshot({ path: `${out}/audit-${name}.png`, fullPage: true });
  if (name !== 'phone') {
    const pdf = await page.pdf({ path: `${out}/audit-${name}.pdf`, preferCSSPageSize: true });
    const pages = [...pdf.toString('latin1').matchAll(/\/MediaBox\s*\[([^\]]*)\]/g)].map((match) => match[1]);
    console.log(name, `${pages.length} printed pages of ${[...new Set(pages)].join(' or ')} points`);
    await page.emulateMedia({ media: 'print', colorScheme });
    await page.setViewportSize({ width: 680, height: 1000 });
    await page.screenshot({ path: `${out}/audit-${name}-print.png`, fullPage: true });
    await page.emulateMedia({ media: 'screen', colorScheme });
    await page.setViewportSize({ width, height: 900 });
  }
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  for (const one of violations) console.log(name, one.id, one.nodes[0].html.slice(0, 120));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) console.log(name, `scrolls sideways by ${wide}px`);
  await page.getByRole('button', { name: 'Back to the package' }).click();
  await page.getByTestId('chain').waitFor();
  if (name === 'desk') await page.screenshot({ path: `${out}/package.png`, fullPage: true });
  await page.close();
}
await browser.close();
