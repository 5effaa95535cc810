/** The style sheet that other applications get with the inspector. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { INSPECTOR_CSS, inspectorCss } from '../../scripts/inspector-css.ts';

describe('src/inspector/inspector.css', () => {
  it('differs from the style sheets of the pages', async () => {
    const made = await readFile(INSPECTOR_CSS, 'utf8');
    expect(made, 'write it anew with: npx tsx scripts/inspector-css.ts').toBe(await inspectorCss());
  });

  it('has a rule for anything else on the page, a name for all of it, or an address', async () => {
    const css = (await readFile(INSPECTOR_CSS, 'utf8')).replaceAll(/\/\*.*?\*\//gs, '');
    const heads = [...css.matchAll(/(?<=^|[{};])\s*([^{};]+)\{/g)].map(([, head]) => head!.trim());
    expect(heads.length).toBeGreaterThan(100);
    const rules = heads.filter((head) => !head.startsWith('@'));
    const selectors = rules.flatMap((rule) => rule.split(/,(?![^(]*\))/)).map((one) => one.trim());
    expect(selectors.filter((one) => !one.startsWith('.countersign-inspector'))).toEqual([]);
    expect(heads.filter((head) => head.startsWith('@') && !head.startsWith('@media'))).toEqual([]);
    expect(css).not.toMatch(/url\(|@import|@font-face/);
  });
});
