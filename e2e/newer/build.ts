/** Builds the app with the registry of e2e/newer/registry.ts: the program that a site serves after its update. */
import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const path = (from: string): string => fileURLToPath(new URL(from, import.meta.url));
const PROJECT = path('../..');
const TODAYS = path('../../src/domain/supply/registry.ts');
const NEWER = path('registry.ts');

/** Into `folder`, which is emptied first. */
export async function buildNewer(folder: string): Promise<void> {
  await build({
    root: PROJECT,
    logLevel: 'error',
    plugins: [newerRules()],
    worker: { format: 'es', plugins: () => [newerRules()] },
    build: { outDir: folder, emptyOutDir: true },
  });
}

/** Into `folder`, which is emptied first: today's program under another version and, if so wished, with a database of the next schema. */
export async function buildNext(
  folder: string,
  version: string,
  schema: 'same' | 'next' = 'same',
): Promise<void> {
  const plugins = (): Plugin[] => (schema === 'next' ? [nextSchema()] : []);
  await build({
    root: PROJECT,
    logLevel: 'error',
    define: { __APP_VERSION__: JSON.stringify(version) },
    plugins: plugins(),
    worker: { format: 'es', plugins },
    build: { outDir: folder, emptyOutDir: true },
  });
}

/** Puts a build into a folder that is being served, as docs/hosting.md tells it; no file is ever missing, or there by half. */
export async function publish(folder: string, site: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  // Names under assets/ tell their content: what is there stays. The list comes last.
  const parts = files.filter((file) => file.startsWith('assets/'));
  const rest = files.filter((file) => !file.startsWith('assets/') && file !== 'build.json');
  for (const file of [...parts, ...rest, 'build.json']) {
    const to = join(site, file);
    if (file.startsWith('assets/') && (await stat(to).catch(() => null))) continue;
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(folder, file), `${to}.coming`);
    await rename(`${to}.coming`, to);
  }
}

/** Schema 2 has one more store; everything else stays. @throws where the sources no longer say what is replaced here. */
function nextSchema(): Plugin {
  return {
    name: 'next-schema',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/src/store/idb-schema.ts')) return null;
      const next = code
        .replace('SCHEMA_VERSION = 1;', 'SCHEMA_VERSION = 2;')
        .replace(
          'if (from >= 1) return;',
          "if (from < 2) db.createObjectStore('added');\n  if (from >= 1) return;",
        );
      if (!next.includes('SCHEMA_VERSION = 2;') || !next.includes("createObjectStore('added')"))
        throw new Error(
          'src/store/idb-schema.ts has another schema now: this test is to be changed with it.',
        );
      return { code: next, map: null };
    },
  };
}

/** Whoever imports the registry gets the newer one, which imports today's. */
function newerRules(): Plugin {
  return {
    name: 'newer-rules',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith('/registry.ts') || importer === undefined || importer === NEWER) return null;
      const found = await this.resolve(source, importer, { skipSelf: true });
      return found?.id === TODAYS ? NEWER : null;
    },
  };
}
