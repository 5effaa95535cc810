/**
 * `npx tsx scripts/limits.ts` writes docs/limits.md from every `limits.ts`: names, values and the comments above them.
 * test/docs/limits.test.ts fails when the page and the code differ.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { PROJECT } from './run.ts';

export const LIMITS_PAGE = join(PROJECT, 'docs/limits.md');

export interface Limit {
  readonly name: string;
  readonly value: number;
  /** The comment above it, as one line. Limits in a row below one comment share it. */
  readonly reason: string;
  /** Heading of the part of the file that it stands in, if the file has parts. */
  readonly part: string | null;
}

export interface LimitsFile {
  /** Path from the project's folder. */
  readonly path: string;
  readonly limits: readonly Limit[];
}

/** Every `limits.ts` that ships, in order of path. @throws where a limit has no comment or is no number. */
export async function readLimits(): Promise<readonly LimitsFile[]> {
  const found: LimitsFile[] = [];
  for (const folder of ['signaling-server', 'src', 'testing']) {
    const names = await readdir(join(PROJECT, folder), { recursive: true });
    for (const name of names.filter((one) => /(^|[/\\])limits\.ts$/.test(one)).sort()) {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      found.push({
        path,
        limits: parse(path, await readFile(join(PROJECT, path), 'utf8'), await valuesOf(path)),
      });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function limitsMarkdown(): Promise<string> {
  const text = [HEAD, ...(await readLimits()).map(section)].join('\n\n');
  return format(text, { ...(await resolveConfig(LIMITS_PAGE)), parser: 'markdown' });
}

const HEAD = `# Limits

Written by \`npx tsx scripts/limits.ts\` from every \`limits.ts\` of \`src\`, \`signaling-server\` and \`testing\`; a test fails when the two differ. The text is
the comment that stands above the constant. Sizes are bytes and times are milliseconds, unless the text says otherwise.

Whoever goes beyond a limit pays for it alone: a peer loses its link, a client of the signaling server its connection, a
person gets an error that names the thing and the next step. What a client of the signaling server gets is listed in
[hosting.md](hosting.md#limits).`;

const TITLES: Readonly<Record<string, string>> = {
  'signaling-server/limits.ts': 'Signaling server',
  'src/app/limits.ts': 'The program in a browser',
  'src/codec/limits.ts': 'Formats and messages',
  'src/consensus/limits.ts': 'Consensus',
  'src/crdt/limits.ts': 'Merkle tree',
  'src/crypto/limits.ts': 'Cryptography',
  'src/demo/limits.ts': 'Demo',
  'src/domain/supply/limits.ts': 'Supply chain',
  'src/l2/limits.ts': 'Sessions',
  'src/net/limits.ts': 'Network',
  'src/react/limits.ts': 'React hooks',
  'src/store/limits.ts': 'Store',
  'src/ui/doors/limits.ts': 'Pages: create and join',
  'src/ui/limits.ts': 'Pages',
  'src/worker/limits.ts': 'Replica',
  'src/worker/kv/limits.ts': 'Middleware: the replica’s side',
  'src/middleware/limits.ts': 'Middleware: the page’s side',
  'testing/limits.ts': 'Test kit: clusters of browsers',
  'testing/sim/limits.ts': 'Test kit: simulator',
};

function section({ path, limits }: LimitsFile): string {
  const parts = [`## ${TITLES[path] ?? path}`, `\`${path}\``];
  let part: string | null = null;
  let rows: string[] = [];
  const close = (): void => {
    if (rows.length > 0)
      parts.push(['| Limit | Value | Reads | Why |', '|---|--:|--:|---|', ...rows].join('\n'));
    rows = [];
  };
  for (const limit of limits) {
    if (limit.part !== part) {
      close();
      part = limit.part;
      parts.push(`### ${capital(part ?? '')}`);
    }
    const { name, value, reason } = limit;
    rows.push(
      `| \`${name}\` | ${value.toLocaleString('en-US')} | ${inWords(name, value)} | ${cell(reason)} |`,
    );
  }
  close();
  return parts.join('\n\n');
}

/** The number with its unit where the name tells it, for people. */
function inWords(name: string, value: number): string {
  if (/(_MS|Ms)$/.test(name) && value >= 1000) return `${(value / 1000).toLocaleString('en-US')} s`;
  if (!/bytes|_WATER|FRAME|_TEXT$|_CHARS$/i.test(name)) return '';
  for (const [size, unit] of [
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ] as const) {
    if (value >= size && value % size === 0) return `${value / size} ${unit}`;
  }
  return '';
}

/** The module's own numbers: constants, or the fields of one exported object. */
async function valuesOf(path: string): Promise<ReadonlyMap<string, number>> {
  const module = (await import(pathToFileURL(join(PROJECT, path)).href)) as Record<string, unknown>;
  const values = new Map<string, number>();
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === 'number') values.set(name, value);
    else if (typeof value === 'object' && value !== null) {
      for (const [field, inner] of Object.entries(value))
        if (typeof inner === 'number') values.set(field, inner);
    }
  }
  return values;
}

/** Goes through the source line by line: comments, headings of parts, and the lines that define a number. */
function parse(path: string, source: string, values: ReadonlyMap<string, number>): Limit[] {
  const limits: Limit[] = [];
  let comment: string[] = [];
  let inComment = false;
  let reason = '';
  let part: string | null = null;
  for (const line of source.split('\n')) {
    const text = line.trim();
    if (inComment || text.startsWith('/**')) {
      comment.push(text.replace(/^\/\*\*\s?|^\*\/|^\*\s?/, '').replace(/\s*\*\/$/, ''));
      inComment = !text.endsWith('*/');
      if (!inComment) {
        reason = comment.join(' ').trim().replaceAll(/\s+/g, ' ');
        comment = [];
      }
      continue;
    }
    const heading = /^\/\/ ---- (.+) ----$/.exec(text)?.[1];
    if (heading !== undefined) part = heading;
    const name = /^(?:export const ([A-Za-z0-9_]+) =|([A-Za-z0-9]+):)/.exec(text)?.slice(1).find(Boolean);
    // A comment holds until a blank line: limits below one another share it.
    if (text === '') reason = '';
    if (name === undefined || !values.has(name)) continue;
    if (reason === '') throw new Error(`${path}: ${name} has no comment that gives its reason.`);
    limits.push({ name, value: values.get(name)!, reason, part });
  }
  const missing = [...values.keys()].filter((name) => !limits.some((limit) => limit.name === name));
  if (missing.length > 0) throw new Error(`${path}: ${missing.join(', ')} was not found in the source.`);
  return limits;
}

/** For a cell of a table; between backticks a `<` stays as it is. */
const cell = (text: string): string =>
  text
    .split('`')
    .map((part, i) => (i % 2 === 0 ? part.replaceAll('<', '&lt;') : part))
    .join('`')
    .replaceAll('|', '\\|');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(LIMITS_PAGE, await limitsMarkdown());
  console.log(`Wrote ${LIMITS_PAGE}`);
}
