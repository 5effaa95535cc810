/** Builds the app with the registry of e2e/newer/registry.ts: the program that a site serves after its update. */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
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
