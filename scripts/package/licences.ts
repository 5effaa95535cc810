/** THIRD-PARTY-LICENSES: of every package of which a module is in the scripts, as its own files state it. */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Their file for browsers was bundled by their authors: what it contains is what they depend on. */
const BUNDLED_BY_THEMSELVES: ReadonlySet<string> = new Set(['simple-peer']);

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

interface Foreign {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly texts: readonly string[];
}

/** `modules` are paths. Fails for a package without a licence, or without its text: that one belongs into `package/licences/<name>.txt`. */
export async function licences(project: string, modules: Iterable<string>): Promise<string> {
  const folders = new Set<string>();
  for (const path of modules) await add(folderOf(path), folders);
  const found: Foreign[] = [];
  for (const folder of folders) found.push(await read(project, folder));
  found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [
    'The scripts of this package contain code of the following packages, under these licences.',
    ...found.map(
      (one) => `${'='.repeat(80)}\n${nameOf(one)} (${one.licence})\n\n${one.texts.join('\n\n').trim()}`,
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

const nameOf = ({ name, version }: Foreign): string => `${name} ${version}`;

/** The innermost package around a module. */
function folderOf(path: string): string {
  const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
  if (!found) throw new Error(`${path} belongs to no package.`);
  return found[0];
}

async function add(folder: string, folders: Set<string>): Promise<void> {
  if (folders.has(folder)) return;
  folders.add(folder);
  const { name, dependencies = {} } = await manifestOf(folder);
  if (!BUNDLED_BY_THEMSELVES.has(name)) return;
  await addDependencies(folder, dependencies, folders);
}

async function addDependencies(
  folder: string,
  dependencies: Readonly<Record<string, string>>,
  folders: Set<string>,
): Promise<void> {
  for (const name of Object.keys(dependencies)) {
    // With a file: a bare `buffer` would be Node's own.
    const places = createRequire(join(folder, 'package.json')).resolve.paths(`${name}/package.json`) ?? [];
    const place = await firstWith(places.map((at) => join(at, name)));
    if (folders.has(place)) continue;
    folders.add(place);
    await addDependencies(place, (await manifestOf(place)).dependencies ?? {}, folders);
  }
}

async function firstWith(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const there = await manifestOf(folder).catch(() => null);
    if (there) return folder;
  }
  throw new Error(`Not installed: ${folders[0] ?? 'a dependency'}.`);
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

async function read(project: string, folder: string): Promise<Foreign> {
  const { name, version, license: licence } = await manifestOf(folder);
  if (typeof licence !== 'string') throw new Error(`${name} names no licence.`);
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  const paths = files.map((file) => join(folder, file));
  if (paths.length === 0) paths.push(join(project, 'package/licences', `${name.replace('/', '-')}.txt`));
  const texts = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text === null) throw new Error(`${name} comes without the text of its licence: put it at ${path}.`);
      return text.replaceAll('\r\n', '\n').trim();
    }),
  );
  return { name, version, licence, texts };
}
