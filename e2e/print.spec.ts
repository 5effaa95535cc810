/** What comes out of the printer: the label alone, at its size, and the audit report on whatever paper there is. */
import { readFile } from 'node:fs/promises';
import { expect, test, type Replica } from './cluster.ts';
import { LABELLED_EVERY, makeMany, putOnDisk } from './many.ts';

/** Points: 72 to the inch (PDF 2.0, 7.7.3.3). */
const LABEL = [288, 432];
const A4 = [595, 842] as const;
const LETTER = [612, 792] as const;
/** CSS pixels: 96 to the inch. */
const PIXELS_PER_MM = 96 / 25.4;

test('a label is printed alone and at its size, a report in black on white and whole, from a dark page', async ({
  cluster,
}) => {
  const made = await cluster({ absent: [0, 2, 3] });
  const bravo = made.replica(1);
  await bravo.close();
  const many = await makeMany(made, 2 * LABELLED_EVERY);
  await putOnDisk(bravo, many);
  const { sscc } = many.packages.find(({ status }) => status === 'labelled')!;
  await bravo.goto(bravo.path(`packages/${sscc}`));
  const { page } = bravo;
  await page.emulateMedia({ colorScheme: 'dark' });
  const label = page.getByTestId('shipping-label');

  await test.step('the label', async () => {
    await expect(label.locator('svg.label-bars, .label-bars svg').first()).toBeVisible();
    await page.screenshot({ path: test.info().outputPath('package.png'), fullPage: true });
    expect(await paperOf(bravo, 'label')).toEqual([LABEL]);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect(label).toHaveCSS('background-color', 'rgb(255, 255, 255)');
    const { x, y, width, height } = (await label.boundingBox())!;
    expect([x, y, width, height]).toEqual([0, 0, 4 * 96, 6 * 96]);
    // GS1 General Specifications, 5.4 and 6.7: 156 modules of 0.5 mm, and 32 mm high (31.75 are asked for).
    const bars = (await label.locator('.label-bars').boundingBox())!;
    expect(bars.width / PIXELS_PER_MM).toBeCloseTo(78, 0);
    expect(bars.height / PIXELS_PER_MM).toBeGreaterThanOrEqual(31.75);
    // Quiet zones of ten modules.
    expect(bars.x / PIXELS_PER_MM).toBeGreaterThanOrEqual(5);
    await expect(page.getByRole('button')).toHaveCount(0);
    await expect(label).toContainText('FromBravo Logistics');
    // No person is named on what leaves the house.
    await expect(label).not.toContainText('op-7');
    await page.emulateMedia({ media: null, colorScheme: 'dark' });
  });

  await test.step('the label for a label printer', async () => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as ZPL, 300 dpi' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`${sscc}.300dpi.zpl`);
    const zpl = await readFile(await download.path(), 'utf8');
    // 6 dots a module, 32 mm of 12; test/domain/label-readback.test.ts reads the bars.
    expect(zpl).toContain(`^BY6^FO141,1200^BCN,384,N,N,N,N^FD>;>800${sscc}^FS`);
    expect(zpl).toContain('Bravo Logistics');
    await expect(page.getByRole('status').filter({ hasText: '.300dpi.zpl' })).toBeVisible();
  });

  await test.step('the report', async () => {
    await page.getByRole('button', { name: 'Audit report' }).click();
    const report = page.getByTestId('audit-report');
    await expect(report).toBeVisible();
    await page.screenshot({ path: test.info().outputPath('report.png'), fullPage: true });
    for (const [paper, size] of [
      [{ width: '210mm', height: '297mm' }, A4],
      [{ width: '8.5in', height: '11in' }, LETTER],
    ] as const) {
      const papers = await paperOf(bravo, `report-${paper.width}`, paper);
      // Chromium's paper is of whole pixels.
      for (const printed of papers)
        for (const side of [0, 1]) expect(Math.abs(printed[side]! - size[side]!)).toBeLessThanOrEqual(1);
      expect(papers.length).toBeLessThanOrEqual(3);
    }
    // Letter is the lower of the two, and A4 the narrower: 180 mm between its margins.
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: Math.floor(180 * PIXELS_PER_MM), height: 900 });
    const look = await report.evaluate((element) => {
      const { backgroundColor, color } = getComputedStyle(element);
      const cut = [...element.querySelectorAll('*')].filter(
        (one) => !one.closest('.hidden, svg') && one.getBoundingClientRect().right > element.clientWidth + 1,
      );
      return { backgroundColor, color, cut: cut.map((one) => one.textContent) };
    });
    expect(look).toEqual({ backgroundColor: 'rgb(255, 255, 255)', color: 'rgb(17, 24, 26)', cut: [] });
    // Digests in full: who checks the paper against a file needs each digit.
    const own = [...many.certified, ...many.history].filter(({ key }) => key === `package/${sscc}`);
    expect(own).toHaveLength(2);
    for (const { digest } of own) await expect(report).toContainText(digest);
    await expect(report).toContainText(`--trust ${made.network}`);
  });
});

/** Width and height of each page that is printed, in points. */
async function paperOf(
  replica: Replica,
  name: string,
  paper: { readonly width?: string; readonly height?: string } = {},
): Promise<number[][]> {
  const path = test.info().outputPath(`${name}.pdf`);
  // As the dialog does: what the page asks for, and the printer's paper where it asks for nothing.
  const pdf = await replica.page.pdf({ path, preferCSSPageSize: true, ...paper });
  return [...pdf.toString('latin1').matchAll(/\/MediaBox\s*\[([^\]]*)\]/g)].map((match) =>
    match[1]!
      .trim()
      .split(/\s+/)
      .slice(2)
      .map((part) => Math.round(Number(part))),
  );
}
