/** The built app that is measured. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from '../../signaling-server/build.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export type App =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string };

/** COUNTERSIGN_DIST, or ./dist, built when a source is newer. */
export async function builtApp(): Promise<App> {
  if (process.env.COUNTERSIGN_DIST) return { ok: true, path: resolve(process.env.COUNTERSIGN_DIST) };
  const built = await buildIfNeeded(PROJECT);
  return built.ok ? { ok: true, path: join(PROJECT, 'dist') } : built;
}

/** Not minified and with maps, so that a profile has names. @throws when it cannot be built. */
export async function readableApp(folder: string): Promise<string> {
  const { build } = await import('vite');
  await build({
    root: PROJECT,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, minify: false, sourcemap: true },
  });
  return folder;
}
