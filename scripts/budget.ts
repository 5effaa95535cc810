/** `npx tsx scripts/budget.ts`: how much JavaScript a person waits for at each address of a build, against its limits. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { parseAst } from 'vite';
import { MAX_FIRST_SCRIPTS_BYTES, MAX_WORKER_SCRIPTS_BYTES } from '../src/app/limits.ts';
import { PART_ATTRIBUTE } from '../src/app/fetch-ahead.ts';
import { TEXTS_OF, type Part } from '../src/app/paths.ts';
import { LANGUAGES, type Language } from '../src/ui/i18n/languages.ts';
import type { LaterNamespace } from '../src/ui/i18n/t.ts';
import { PROJECT } from './run.ts';

const HELP = `Measures the JavaScript that a browser fetches before the app can be used, gzipped.

  npx tsx scripts/budget.ts [folder] [--files]

  folder   Of a build; dist, if none is named
  --files  Each script with its size, too

For each address that a person can open first, in each language:
  page     what runs on the page's thread: the entry, the texts, React, the page itself, the half of the network that
           needs a window. This has the limit: ${MAX_FIRST_SCRIPTS_BYTES} bytes
  worker   what the worker runs before its wasm, while the page already answers. Its own limit: ${MAX_WORKER_SCRIPTS_BYTES} bytes
  both     the sum; no limit of its own
Parts that are fetched ahead of need, in idle time, are in neither.

Ends with 0 when every address keeps both limits, 1 when one does not, 2 when the command line was wrong or there is no build.
`;

/** Path of a script in the build, for example `assets/index-Cw3x81bQ.js`. */
type File = string;

export interface FirstLoad {
  /** `/n/<profile>` stands for any network. */
  readonly address: string;
  readonly language: Language;
  readonly page: readonly File[];
  readonly worker: readonly File[];
}

export interface Scripts {
  readonly loads: readonly FirstLoad[];
  /** Gzipped size of a script. @throws where the build has no such script. */
  sizeOf(file: File): number;
}

const sum = (scripts: Scripts, files: readonly File[]): number =>
  files.reduce((total, file) => total + scripts.sizeOf(file), 0);

export interface Measured extends FirstLoad {
  readonly pageBytes: number;
  readonly workerBytes: number;
}

export const measured = (scripts: Scripts): readonly Measured[] =>
  scripts.loads.map((load) => ({
    ...load,
    pageBytes: sum(scripts, load.page),
    workerBytes: sum(scripts, load.worker),
  }));

/** A sentence for each address that is above a limit. */
export function overBudget(
  all: readonly Measured[],
  pageLimit: number = MAX_FIRST_SCRIPTS_BYTES,
  workerLimit: number = MAX_WORKER_SCRIPTS_BYTES,
): readonly string[] {
  return all.flatMap(({ address, language, pageBytes, workerBytes }) => [
    ...(pageBytes > pageLimit
      ? [
          `${address} in ${language}: ${pageBytes} bytes of scripts before the page can be used; ${pageLimit} are allowed.`,
        ]
      : []),
    ...(workerBytes > workerLimit
      ? [
          `${address} in ${language}: ${workerBytes} bytes of scripts before the worker's wasm; ${workerLimit} are allowed.`,
        ]
      : []),
  ]);
}

/** Walks the modules of a build. @throws where the folder has none, or a module that this walk knows by name is missing. */
export async function readScripts(folder: string): Promise<Scripts> {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const names = (await readdir(join(folder, 'assets'))).filter((name) => name.endsWith('.js')).sort();
  const texts = new Map<File, string>();
  for (const name of names) texts.set(`assets/${name}`, await readFile(join(folder, 'assets', name), 'utf8'));
  const imports = new Map<File, Imports>();
  const importsOf = (file: File): Imports => {
    const known = imports.get(file) ?? readImports(file, texts.get(file)!);
    imports.set(file, known);
    return known;
  };
  const closure = (starts: readonly File[]): readonly File[] => {
    const found = new Set(starts);
    for (const file of found) for (const next of importsOf(file).first) found.add(next);
    return [...found];
  };
  const named = (start: string): File => {
    const found = [...texts.keys()].filter((file) =>
      new RegExp(`^assets/${start}-[\\w-]{8}\\.js$`).test(file),
    );
    if (found.length !== 1) throw new Error(`The build has ${found.length} scripts named ${start}.`);
    return found[0]!;
  };
  const entry = /<script type="module"[^>]* src="\/(assets\/[^"]+)"/.exec(html)?.[1];
  if (entry === undefined) throw new Error('index.html names no script.');
  const ahead = (part: Part): readonly File[] =>
    [...html.matchAll(new RegExp(`<link ${PART_ATTRIBUTE}="([^"]*)"[^>]* href="/([^"]+)"`, 'g'))]
      .filter(([, parts]) => parts!.split(' ').includes(part))
      .map(([, , file]) => file!);

  const workers = workersIn([...texts.values()]);
  const pages = await laterPages();
  const loads = (Object.keys(LANGUAGES) as Language[]).flatMap((language) => {
    const load = (address: string, part: Part, worker: File, page?: LaterPage): FirstLoad => {
      const words = ['first', ...TEXTS_OF[part], ...(page?.texts ?? [])].map((name) =>
        named(`${language}-${name}`),
      );
      return {
        address,
        language,
        page: closure([entry, ...words, ...ahead(part), ...(page === undefined ? [] : [named(page.module)])]),
        worker: closure([worker]),
      };
    };
    return [
      load('/', 'doors', workers.replica),
      load('/verify', 'verify', workers.verify),
      load('/demo', 'demo', workers.demo),
      load('/n/<profile>/bench', 'network', workers.replica),
      ...pages.map((page) => load(`/n/<profile>, ${page.module}`, 'network', workers.replica, page)),
    ];
  });
  const sizes = new Map<File, number>();
  return {
    loads,
    sizeOf(file) {
      const text = texts.get(file);
      if (text === undefined) throw new Error(`The build has no ${file}.`);
      const size = sizes.get(file) ?? gzipSync(text).length;
      sizes.set(file, size);
      return size;
    },
  };
}

/** A page of a network beside the bench. */
export interface LaterPage {
  /** The end of its module's path, without its suffix: its script is named so. */
  readonly module: string;
  /** From the project's folder. */
  readonly path: string;
  readonly texts: readonly LaterNamespace[];
}

const LATER_PAGES = ['src/ui/later-pages.ts', 'src/ui/package/later-audit.ts'];

/** As the sources name them. @throws where one is written in another way than the others. */
export async function laterPages(): Promise<readonly LaterPage[]> {
  const pages: LaterPage[] = [];
  for (const path of LATER_PAGES) {
    const source = await readFile(join(PROJECT, path), 'utf8');
    const found = [
      ...source.matchAll(/lazyPage\(\s*\[([^\]]*)\],\s*async \(\) => \(await import\('\.\/([^']+)'\)/g),
    ];
    if (found.length === 0 || found.length !== source.split(/lazyPage\(/).length - 1)
      throw new Error(`${path} has a page that cannot be told.`);
    for (const [, texts, module] of found)
      pages.push({
        module: module!.replace(/^.*\/|\.tsx$/g, ''),
        path: join(dirname(path), module!),
        texts: [...texts!.matchAll(/'([^']+)'/g)].map(([, name]) => name as LaterNamespace),
      });
  }
  return pages;
}

interface Imports {
  /** Before it runs. */
  readonly first: readonly File[];
  /** By `import()`. */
  readonly later: readonly File[];
}

interface Syntax {
  readonly type: string;
  readonly source?: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly cooked: string } }[];
  } | null;
}

function readImports(file: File, text: string): Imports {
  const first: File[] = [];
  const later: File[] = [];
  const resolved = (source: Syntax['source']): File | null => {
    // A minifier writes `./x.js` without quotes.
    const path = source?.type === 'TemplateLiteral' ? source.quasis?.[0]?.value.cooked : source?.value;
    return typeof path === 'string' ? new URL(path, `file:///${file}`).pathname.slice(1) : null;
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    const { type, source } = node as Syntax;
    if (type === 'ImportExpression') {
      const to = resolved(source);
      if (to !== null) later.push(to);
    } else if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(type)) {
      const to = resolved(source);
      if (to !== null) first.push(to);
    }
    for (const value of Object.values(node)) if (typeof value === 'object') visit(value);
  };
  visit(parseAst(text).body);
  return { first, later };
}

/** Which script each kind of worker is, by where it is started. */
function workersIn(texts: readonly string[]): {
  readonly replica: File;
  readonly demo: File;
  readonly verify: File;
} {
  const startedAs = (name: string): File => {
    for (const text of texts) {
      const found = new RegExp(
        `new Worker\\(new URL\\([^)]*?[\`"'/](assets/[\\w.-]+\\.js)[\`"'][^)]*\\)[^)]*?name:[\`"']${name}[\`"']`,
      ).exec(text);
      if (found?.[1] !== undefined) return found[1];
    }
    throw new Error(`No script of the build starts the worker named ${name}.`);
  };
  return {
    replica: startedAs('countersign'),
    demo: startedAs('countersign-demo'),
    verify: startedAs('countersign-verify'),
  };
}

async function main(): Promise<number> {
  let parsed;
  try {
    const options = { files: { type: 'boolean' }, help: { type: 'boolean' } } as const;
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee --help.`);
    return 2;
  }
  if (parsed.values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = parsed.positionals[0] ?? 'dist';
  let scripts: Scripts;
  try {
    scripts = await readScripts(folder);
  } catch (error) {
    console.error(`${folder} cannot be measured: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const all = measured(scripts);
  for (const { address, language, page, worker, pageBytes, workerBytes } of all) {
    console.log(
      `${language}  page ${kilobytes(pageBytes)}  worker ${kilobytes(workerBytes)}  both ${kilobytes(pageBytes + workerBytes)}  ${address}`,
    );
    if (!parsed.values.files) continue;
    const bySize = [...page, ...worker].sort((a, b) => scripts.sizeOf(b) - scripts.sizeOf(a));
    for (const file of bySize)
      console.log(
        `      ${kilobytes(scripts.sizeOf(file))}  ${worker.includes(file) ? '(worker) ' : ''}${file}`,
      );
  }
  const over = overBudget(all);
  for (const sentence of over) console.log(sentence);
  return over.length === 0 ? 0 : 1;
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
