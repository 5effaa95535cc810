/** `npm run package`: the npm package in `dist-package/`, and the pages of docs/api. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './package/bundle.ts';
import { licences } from './package/licences.ts';
import { manifest } from './package/manifest.ts';
import { PROJECT } from './run.ts';

const HELP = `Builds the npm package.

  npm run package -- [options]

  --out <folder>  Where; emptied first (default: dist-package)
  --docs          Writes docs/api from the types instead
  --help          This text

The package is ES modules with source maps and types. Nothing is published: docs/publishing.md says how that is done.
Ends with 0 when it was built, 1 when it could not be, 2 when the command line was wrong.
`;

/** All that this command writes. A folder with anything else in it was named by mistake, and is left alone. */
const SCRIPTS = 'dist';
const LICENCES = 'THIRD-PARTY-LICENSES';
const COPIED = { 'README.md': 'package/README.md', 'CHANGELOG.md': 'CHANGELOG.md', LICENSE: 'LICENSE' };
const PARTS: readonly string[] = [SCRIPTS, 'package.json', LICENCES, ...Object.keys(COPIED)];

process.exitCode = await main();

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        out: { type: 'string', default: 'dist-package' },
        docs: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee --help for all options.`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    await (values.docs ? writeDocs() : build(resolve(PROJECT, values.out)));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function build(folder: string): Promise<void> {
  const tell = (line: string): void => console.log(line);
  await empty(folder);
  const scripts = join(folder, SCRIPTS);
  const { modules, imported } = await bundle(PROJECT, scripts, tell);
  tell('Manifest and licences …');
  await writeFile(join(folder, 'package.json'), await manifest(PROJECT, imported));
  await writeFile(join(folder, LICENCES), await licences(PROJECT, modules));
  for (const [to, from] of Object.entries(COPIED))
    await writeFile(join(folder, to), await readFile(join(PROJECT, from)));
  for (const name of (await readdir(scripts)).filter((file) => !file.endsWith('.map')).sort())
    tell(`  ${name.padEnd(40)} ${kilobytes((await stat(join(scripts, name))).size)}`);
  tell(`Built in ${relative(PROJECT, folder) || folder}.`);
}

async function empty(folder: string): Promise<void> {
  const there = await readdir(folder).catch((): string[] => []);
  if (!there.every((name) => PARTS.includes(name)))
    throw new Error(`${folder} holds what this command did not write. Name another folder.`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function writeDocs(): Promise<void> {
  // Loaded for this only: it brings a second TypeScript program.
  const { apiDocs } = await import('./package/docs.ts');
  console.log('Reading the types …');
  const pages = await apiDocs(PROJECT);
  const folder = join(PROJECT, 'docs/api');
  await rm(folder, { recursive: true, force: true });
  for (const [name, text] of pages) {
    const path = join(folder, name);
    await mkdir(resolve(path, '..'), { recursive: true });
    await writeFile(path, text);
    console.log(`  docs/api/${name}`);
  }
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`.padStart(10);
}
