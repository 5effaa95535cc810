/** Scripts, declarations and styles of the package. */
import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { builtinModules, isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { rolldown, type OutputChunk, type OutputOptions, type Plugin, type RolldownOptions } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { buildHelperPage } from '../../testing/helper-page.ts';
import { ENTRIES, PEERS, STYLES, WORKER, type Entry } from './entries.ts';

/** As the app is built. An application's bundler lowers it further where it must. */
const TARGET = 'es2022';

export interface Bundled {
  /** Modules of other packages that are in the scripts, as paths. */
  readonly modules: ReadonlySet<string>;
  /** Packages that the scripts import by name. */
  readonly imported: ReadonlySet<string>;
}

/** Writes `<folder>/*.js`, their maps, `*.d.ts` and the styles. */
export async function bundle(
  project: string,
  folder: string,
  tell: (line: string) => void,
): Promise<Bundled> {
  const modules = new Set<string>();
  const imported = new Set<string>();
  const of = (platform: Entry['platform']): Entry[] => ENTRIES.filter((entry) => entry.platform === platform);

  tell('The worker of the replica …');
  await write(
    { ...base(project, 'browser'), input: { [WORKER.file]: resolve(project, WORKER.source) } },
    { ...outputs(project, folder), codeSplitting: false },
  );
  tell('Scripts for the browser …');
  const chunks = await write(
    {
      ...base(project, 'browser'),
      input: inputs(project, of('browser')),
      external: external([]),
      plugins: [workerBeside(), withoutStyles()],
    },
    outputs(project, folder),
  );
  checkWorkerUrl(chunks);
  tell('Scripts for Node …');
  await write(
    {
      ...base(project, 'node'),
      input: inputs(project, of('node')),
      external: external([...builtinModules, /^node:/]),
      plugins: [withoutIdle()],
    },
    outputs(project, folder),
  );
  // Found beside the script that serves it.
  await buildHelperPage(join(project, 'testing/page'), join(folder, 'page'));
  tell('Declarations …');
  await declare(project, folder);
  await copyFile(join(project, STYLES.source), join(folder, STYLES.file));
  return { modules, imported };

  async function write(options: RolldownOptions, output: OutputOptions): Promise<OutputChunk[]> {
    const bundled = await rolldown(options);
    try {
      const { output: written } = await bundled.write(output);
      const scripts = written.filter((file) => file.type === 'chunk');
      const own = new Set(scripts.map((chunk) => chunk.fileName));
      for (const chunk of scripts) {
        for (const id of Object.keys(chunk.modules))
          if (id.includes('/node_modules/')) modules.add(id.replace(/^\0/, '').replace(/\?.*$/, ''));
        for (const name of [...chunk.imports, ...chunk.dynamicImports])
          if (!own.has(name) && !isBuiltin(name)) imported.add(packageOf(name));
      }
      return scripts;
    } finally {
      await bundled.close();
    }
  }
}

const base = (project: string, platform: Entry['platform']): RolldownOptions => ({
  cwd: project,
  platform,
  tsconfig: join(project, 'tsconfig.json'),
  transform: { target: TARGET },
  checks: { bundlerTimings: false },
  // A name that resolves to nothing would otherwise be left for the application to find.
  onLog(level, log, handler) {
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    handler(level, log);
  },
});

const outputs = (project: string, folder: string): OutputOptions => ({
  dir: folder,
  format: 'esm',
  sourcemap: true,
  // As seen from `dist-package/dist`, wherever it is built.
  sourcemapPathTransform: (source, map) => {
    const path = resolve(dirname(map), source);
    const library = path.lastIndexOf('/node_modules/');
    return `../..${library === -1 ? path.slice(resolve(project).length) : path.slice(library)}`;
  },
  entryFileNames: '[name].js',
  // All in one folder: what a chunk says of its neighbours (`./worker.js`) holds wherever the chunk's code comes from.
  chunkFileNames: 'shared-[name]-[hash].js',
  hashCharacters: 'hex',
  comments: { legal: true },
});

const inputs = (project: string, entries: readonly Entry[]): Record<string, string> =>
  Object.fromEntries(entries.map(({ file, source }) => [file, resolve(project, source)]));

const external = (more: readonly (string | RegExp)[]): (string | RegExp)[] => [
  ...more,
  ...PEERS.map((name) => new RegExp(`^${name}($|/)`)),
];

/**
 * The worker is a file of its own in the package. Bundlers (Vite, webpack 5) find it by this very expression, so that it must stand there
 * literally, in any file of the same folder.
 */
function workerBeside(): Plugin {
  const source = /new URL\(\s*'[^']*worker\/kv\/worker\.ts',/;
  return {
    name: 'countersign-worker-beside',
    transform: {
      filter: { code: source },
      handler: (code) => ({ code: code.replace(source, `new URL('./${WORKER.file}.js',`), map: null }),
    },
  };
}

const WORKER_STARTED = `new Worker(new URL("./${WORKER.file}.js", import.meta.url), { type: "module" })`;

function checkWorkerUrl(chunks: readonly OutputChunk[]): void {
  const code = chunks.map((chunk) => chunk.code).join('\n');
  const urls = code.split(/new URL\([^)]*import\.meta\.url/).length - 1;
  const workers = code.split(WORKER_STARTED).length - 1;
  if (workers === 0 || workers !== urls)
    throw new Error(
      `Of ${urls} files that the browser's scripts name by URL, ${workers} are the worker, as ${WORKER_STARTED}. Each must be.`,
    );
}

/** Styles are one file that the application imports by name: none is loaded by a script, which Node and some bundlers could not. */
function withoutStyles(): Plugin {
  return {
    name: 'countersign-without-styles',
    load: {
      filter: { id: /\.css$/ },
      handler: () => ({ code: 'export {};', moduleType: 'js', moduleSideEffects: false }),
    },
  };
}

/**
 * What the repository's own programs use, and the fixture in the package never calls: its page stands ready, so that Vite need not build it, and its
 * signaling server is one.
 */
const NEVER_CALLED: Readonly<Record<string, string>> = { vite: 'build', '@redis/client': 'createClient' };

function withoutIdle(): Plugin {
  const mark = '\0never-called:';
  return {
    name: 'countersign-without-idle',
    resolveId: {
      filter: { id: new RegExp(`^(${Object.keys(NEVER_CALLED).join('|')})$`) },
      handler: (id) => mark + id,
    },
    load: {
      filter: { id: new RegExp(`^${mark}`) },
      handler(id) {
        const name = id.slice(mark.length);
        const text = `${name} is no part of the package countersign.`;
        return `export function ${NEVER_CALLED[name]}() { throw new Error(${JSON.stringify(text)}); }`;
      },
    },
  };
}

/** One file of declarations for each entry; what several share is in files beside them that no name of the package leads to. */
async function declare(project: string, folder: string): Promise<void> {
  const bundled = await rolldown({
    cwd: project,
    checks: { bundlerTimings: false },
    input: inputs(project, ENTRIES),
    external: external([...builtinModules, /^node:/]),
    plugins: [
      withoutStyles(),
      {
        // The compiler names what it infers by the package behind the one that we import, and an application has only the latter.
        name: 'countersign-playwright',
        resolveId: {
          filter: { id: /^playwright\/test$/ },
          handler: () => ({ id: '@playwright/test', external: true }),
        },
      },
      dts({
        cwd: project,
        emitDtsOnly: true,
        tsconfig: 'tsconfig.json',
        incremental: false,
        newContext: true,
        compilerOptions: { incremental: false, tsBuildInfoFile: undefined, stripInternal: true },
      }),
      keepLibraries(project),
    ],
  });
  try {
    await bundled.write({
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'types-[name]-[hash].js',
      hashCharacters: 'hex',
      minifyInternalExports: false,
    });
  } finally {
    await bundled.close();
  }
}

/** What a source says that it needs of TypeScript's own libraries (`preserve`), its declarations must say as well. */
function keepLibraries(project: string): Plugin {
  const wanted = /^\/\/\/ <reference lib="[\w.]+" preserve="true" \/>$/gm;
  return {
    name: 'countersign-keep-libraries',
    async generateBundle(_options, files) {
      for (const file of Object.values(files)) {
        if (file.type !== 'chunk') continue;
        const sources = file.moduleIds
          .map((id) => id.replace(/\.d\.ts$/, '.ts'))
          .filter((id) => id.startsWith(project) && existsSync(id));
        const texts = await Promise.all(sources.map((id) => readFile(id, 'utf8')));
        const lines = new Set(texts.flatMap((text) => text.match(wanted) ?? []));
        file.code = [...lines, file.code].join('\n');
      }
    },
  };
}

/** `@playwright/test/reporter` is of `@playwright/test`. */
const packageOf = (name: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
