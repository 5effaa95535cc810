/** docs/api is what `npm run package -- --docs` writes from the types as they are. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { apiDocs, pageOf } from '../../scripts/package/docs.ts';
import { ENTRIES } from '../../scripts/package/entries.ts';
import { EXPORTS } from './exports.ts';

/** Playwright's own, passed on: Playwright describes it. */
const THEIRS: readonly string[] = ['expect'];

let pages: ReadonlyMap<string, string>;

beforeAll(async () => {
  pages = await apiDocs(resolve('.'));
  // It reads the types of everything: a quarter of a minute of a processor that is all its own.
}, 480_000);

it('the pages in docs/api are those that the types give now', async () => {
  const folder = resolve('docs/api');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.md')).sort();
  expect(names).toEqual([...pages.keys()]);
  for (const [name, text] of pages)
    expect(await readFile(join(folder, name), 'utf8'), `${name}: run "npm run package -- --docs"`).toBe(text);
});

it('every exported name is on the page of its entry, and no page names a machine', () => {
  for (const entry of ENTRIES) {
    const text = pages.get(pageOf(entry))!.replaceAll('\\_', '_');
    const { values, types } = EXPORTS[entry.name];
    for (const exported of [...values, ...types].filter((known) => !THEIRS.includes(known)))
      expect(text, `${exported} of ${entry.name}`).toMatch(new RegExp(`^### ${exported}(\\(\\))?$`, 'm'));
    expect(text.includes(resolve('.'))).toBe(false);
  }
});
