/**
 * The app's style sheets come with the pages that need them, in the order in which a person opens these. A class that two sheets lay out
 * would look one way or the other by what was opened before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The classes that stand alone as a selector: what a sheet says of an element wherever it is. */
function ownClasses(css: string): ReadonlySet<string> {
  const bare = css.replaceAll(/\/\*.*?\*\//gs, '');
  const heads = [...bare.matchAll(/(?<=^|[{};])\s*([^{};@]+)\{/g)].map(([, head]) => head!);
  return new Set(
    heads
      .flatMap((head) => head.split(','))
      .map((one) => one.trim())
      .filter((one) => /^\.[\w-]+$/.test(one)),
  );
}

describe('the style sheets of the app', () => {
  it('give a class its rules in one sheet alone', () => {
    const sheets = readdirSync('src/ui', { recursive: true, encoding: 'utf8' })
      // What is read from left to right in every language: one sheet for all of it, always there.
      .filter((name) => name.endsWith('.css') && !name.endsWith('direction.css'))
      .toSorted();
    expect(sheets.length).toBeGreaterThan(10);
    const where = new Map<string, string[]>();
    for (const sheet of sheets)
      for (const name of ownClasses(readFileSync(`src/ui/${sheet}`, 'utf8')))
        where.set(name, [...(where.get(name) ?? []), sheet]);
    const twice = [...where].filter(([, found]) => found.length > 1);
    expect(Object.fromEntries(twice)).toEqual({});
  });
});
