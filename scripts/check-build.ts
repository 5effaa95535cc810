/** `npx tsx scripts/check-build.ts`: whether a copy of the app, in a folder or as a site serves it, is the build that it should be. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUILD_LIST, readBuildList, sha256, type BuildList } from '../src/app/program/build-list.ts';
import { MAX_STORED_PROGRAM_BYTES } from '../src/app/limits.ts';
import { readBuild } from './build-plugins.ts';

const HELP = `Compares a copy of the app with its list of files, and with a digest.

  npx tsx scripts/check-build.ts <folder or address> [--digest <64 hex digits>]

  folder    for example dist: every file in it is read, and files that the list does not name are found
  address   for example https://app.example.org: every file that the site's build.json lists is fetched
  --digest  the digest that the settings page of another member shows; without it the copy's own digest is printed

Ends with 0 when everything agrees, 1 when something differs, 2 when the command line was wrong or the copy cannot be read.
`;

export interface Checked {
  readonly digest: string;
  /** Sentences about what differs. */
  readonly problems: readonly string[];
}

/** Fetches what the site's own list names. @throws where it has none. */
export async function checkSite(address: string): Promise<Checked> {
  const base = address.endsWith('/') ? address : `${address}/`;
  const list = await listFrom(await textOf(`${base}${BUILD_LIST}`));
  const problems: string[] = [];
  for (const file of list.files) {
    // Servers may answer /index.html with a redirection to /.
    const url = `${base}${file.path === 'index.html' ? '' : file.path}`;
    const bytes = await bytesOf(url).catch((error: unknown) => String(error));
    if (typeof bytes === 'string') problems.push(`${file.path} could not be fetched (${bytes}).`);
    else if ((await sha256(bytes)) !== file.sha256)
      problems.push(`${file.path} is not the file that the list names.`);
  }
  return { digest: list.digest, problems };
}

/** @throws where the folder has no list. */
export async function checkFolder(folder: string): Promise<Checked> {
  const list = await listFrom(await readFile(join(folder, BUILD_LIST), 'utf8'));
  const there = await readBuild(folder, list.version);
  const listed = new Map(list.files.map((file) => [file.path, file.sha256]));
  const found = new Map(there.files.map((file) => [file.path, file.sha256]));
  const problems = [
    ...list.files.filter(({ path }) => !found.has(path)).map(({ path }) => `${path} is missing.`),
    ...there.files.filter(({ path }) => !listed.has(path)).map(({ path }) => `${path} is not in the list.`),
    ...list.files
      .filter(({ path, sha256: own }) => found.has(path) && found.get(path) !== own)
      .map(({ path }) => `${path} is not the file that the list names.`),
  ];
  return { digest: list.digest, problems };
}

async function listFrom(text: string): Promise<BuildList> {
  const list = await readBuildList(text);
  if (!list.ok) throw new Error(list.error.message);
  return list.value;
}

async function bytesOf(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`answered with ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > MAX_STORED_PROGRAM_BYTES) throw new Error('larger than a whole build');
  return bytes;
}

const textOf = async (url: string): Promise<string> => new TextDecoder().decode(await bytesOf(url));

async function main(): Promise<number> {
  let parsed;
  try {
    const options = { digest: { type: 'string' }, help: { type: 'boolean' } } as const;
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee --help.`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [place] = positionals;
  const wanted = values.digest?.replaceAll(/\s/g, '').toLowerCase();
  if (
    place === undefined ||
    positionals.length > 1 ||
    (wanted !== undefined && !/^[0-9a-f]{64}$/.test(wanted))
  ) {
    console.error('One folder or address is needed, and a digest has 64 hex digits. See --help.');
    return 2;
  }
  let checked: Checked;
  try {
    const isFolder = await stat(place).then(
      (found) => found.isDirectory(),
      () => false,
    );
    checked = isFolder ? await checkFolder(place) : await checkSite(new URL(place).href);
  } catch (error) {
    console.error(`${place} cannot be checked: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const problems = [...checked.problems];
  if (wanted !== undefined && wanted !== checked.digest)
    problems.push(`The digest of its list is ${checked.digest}, not the one that was asked for.`);
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? `As listed. Digest: ${checked.digest}` : `${problems.length} differ.`);
  return problems.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
