/**
 * Before every test file: the pages' modules read their texts when they are loaded, and tests look for the English ones. Tests without
 * pages are most of them, and wait for none of it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Catalog } from '../src/ui/i18n/t.ts';

const PAGES = /\/(?:app|demo|ui)\//u;
const path = expect.getState().testPath!;

if (PAGES.test(path) || PAGES.test(readFileSync(path, 'utf8'))) {
  const { speak } = await import('../src/ui/i18n/t.ts');
  const folder = new URL('../src/ui/locales/en/', import.meta.url);
  // As src/ui/locales/en.ts has them; 23 modules take longer than 23 files.
  const texts = readdirSync(folder).map((name): [string, unknown] => [
    name.replace('.json', ''),
    JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
  ]);
  speak(Object.fromEntries(texts) as Catalog, 'en');
}
