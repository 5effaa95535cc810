/** The folder of the fixture's own page (testing/page), built. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RESERVED } from './proxy.ts';

export interface HelperPage {
  readonly folder: string;
  dispose(): Promise<void>;
}

/** In the npm package it stands beside this program; in the repository it is built from its sources, once for each process of a test run. */
export async function findHelperPage(): Promise<HelperPage> {
  const packed = fileURLToPath(new URL('./page', import.meta.url));
  if (existsSync(join(packed, 'index.html')) && !existsSync(join(packed, 'page.ts')))
    return { folder: packed, dispose: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'countersign-testing-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await buildHelperPage(packed, folder);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { folder, dispose };
}

/** Builds `testing/page` into `folder`: for the package, too. Needs Vite. */
export async function buildHelperPage(sources: string, folder: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    logLevel: 'error',
    root: sources,
    base: RESERVED,
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
    },
    worker: { format: 'es' },
  });
}
