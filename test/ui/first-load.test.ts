/** A page that reads a text which has not come yet does not start at all; one that brings what only others need makes people wait. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { laterPages, overBudget } from '../../scripts/budget.ts';
import { linksOf } from '../../scripts/fetch-ahead.ts';
import { PROJECT } from '../../scripts/run.ts';
import { partOf, TEXTS_OF } from '../../src/app/paths.ts';
import { LATER_TEXTS } from '../../src/ui/locales/later.ts';

const later = Object.keys(LATER_TEXTS.en);
const pages = await laterPages();
const PARTS: readonly (readonly [path: string, texts: readonly string[]])[] = [
  ['src/app/main.tsx', []],
  ['src/app/pages.tsx', []],
  ['src/ui/doors/MissingPage.tsx', []],
  ['src/app/parts/verify.tsx', TEXTS_OF.verify],
  ['src/demo/entry.tsx', TEXTS_OF.demo],
  ['src/app/parts/network.tsx', TEXTS_OF.network],
  ['src/app/parts/doors.tsx', TEXTS_OF.doors],
  ...pages.map(({ path, texts }) => [path, texts] as const),
];

describe.each(PARTS)('%s', (path, texts) => {
  it('brings the texts that it reads along, and no others', () => {
    const read = new Map<string, string>();
    for (const module of modulesOf(path))
      for (const [, name] of readFileSync(join(PROJECT, module), 'utf8').matchAll(
        /(?:translator|hasText)\(\s*'([\w-]+)'/g,
      ))
        if (later.includes(name!)) read.set(name!, module);
    expect(Object.fromEntries(read)).toEqual(
      Object.fromEntries(texts.map((name) => [name, read.get(name) ?? 'nowhere'])),
    );
    expect([...read.keys()].sort()).toEqual([...texts].sort());
  });
});

it('every language has the same later texts', () => {
  for (const loaders of Object.values(LATER_TEXTS)) expect(Object.keys(loaders)).toEqual(later);
});

it('nothing that is loaded later is imported at the start after all', () => {
  const first = new Set(modulesOf('src/app/parts/network.tsx'));
  for (const { path } of pages) expect(first, path).not.toContain(path);
  for (const rare of ['src/net/page/page.ts', 'src/ui/parts/Qr.tsx', 'src/ui/parts/Bars.tsx'])
    expect(first, rare).not.toContain(rare);
  expect(first.size).toBeGreaterThan(50);
});

it('an address gets the part that it names', () => {
  const network = `/n/${'ab'.repeat(32)}`;
  expect(
    ['/', '/create', '/verify', '/demo', '/demo/pane/x', network, `${network}/bench`, '/n/x'].map(partOf),
  ).toEqual(['doors', 'doors', 'verify', 'demo', 'demo', 'network', 'network', 'doors']);
});

it('a build that is too large is told, by address and by how much', () => {
  const load = { address: '/verify', language: 'ar', page: [], worker: [] } as const;
  expect(overBudget([{ ...load, pageBytes: 10, workerBytes: 20 }], 10, 20)).toEqual([]);
  expect(overBudget([{ ...load, pageBytes: 11, workerBytes: 21 }], 10, 20)).toEqual([
    expect.stringContaining('/verify in ar: 11 bytes'),
    expect.stringContaining('/verify in ar: 21 bytes'),
  ]);
});

describe('the links to what a part needs', () => {
  const chunk = (name: string, modules: readonly string[], imports: readonly string[] = []) => ({
    fileName: `assets/${name}.js`,
    imports: imports.map((one) => `assets/${one}.js`),
    moduleIds: modules.map((one) => `/somewhere/src/${one}`),
  });
  const parts = ['verify', 'network', 'doors'].map((part) =>
    chunk(part, [`app/parts/${part}.tsx`], ['shared']),
  );
  const build = [
    chunk('index', ['app/main.tsx'], ['react']),
    chunk('react', []),
    chunk('shared', [], ['react']),
    chunk('pages', ['app/pages.tsx']),
    chunk('page', ['net/page/page.ts']),
    chunk('demo', ['demo/entry.tsx']),
    ...parts,
  ];

  it('name what it imports in turn, once, and nothing that the entry has already', () => {
    const links = linksOf(build).map(({ attrs }) => [attrs?.['href'], attrs?.['data-part']]);
    expect(links).toEqual([
      ['/assets/demo.js', 'demo'],
      ['/assets/doors.js', 'doors'],
      ['/assets/network.js', 'network'],
      ['/assets/page.js', 'demo network doors'],
      ['/assets/pages.js', 'verify demo network doors'],
      ['/assets/shared.js', 'verify network doors'],
      ['/assets/verify.js', 'verify'],
    ]);
  });

  it('are missed when a file was renamed', () => {
    expect(() => linksOf(build.filter((one) => one.fileName !== 'assets/page.js'))).toThrow(
      'net/page/page.ts',
    );
  });
});

/** What a module imports when it is loaded, and it itself, by path from the project's folder. */
function modulesOf(start: string): readonly string[] {
  const found = new Set([start]);
  for (const path of found) {
    if (!/\.tsx?$/.test(path)) continue;
    const source = readFileSync(join(PROJECT, path), 'utf8');
    for (const [, to] of source.matchAll(/^(?:import|export) (?!type\b)(?:[^'";]*? from )?'(\.[^']+)';/gm)) {
      const next = relative(PROJECT, normalize(join(PROJECT, dirname(path), to!)));
      if (existsSync(join(PROJECT, next))) found.add(next);
    }
  }
  return [...found];
}
