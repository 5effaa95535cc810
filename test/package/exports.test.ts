/** What an application may use, and nothing by accident: an export is a promise (docs/publishing.md). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ENTRIES } from '../../scripts/package/entries.ts';
import { EXPORTS } from './exports.ts';
import { readExports } from './read-exports.ts';

it('each entry exports exactly the names that the list has', () => {
  const config = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, process.cwd());
  const found = readExports(
    ENTRIES.map(({ source }) => resolve(source)),
    options,
  );
  expect(Object.fromEntries(ENTRIES.map(({ name }, i) => [name, found[i]]))).toEqual(EXPORTS);
});
