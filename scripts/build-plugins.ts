/** The parts of a build that come after the pages: what a browser needs to install the app, the service worker, and the list of all files. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { MAX_STORED_FILE_BYTES, MAX_STORED_PROGRAM_BYTES } from '../src/app/limits.ts';
import {
  BUILD_LIST,
  listOf,
  SERVICE_WORKER,
  sha256,
  type BuildFile,
  type BuildList,
} from '../src/app/program/build-list.ts';

/** In this order: each reads what the one before wrote. */
export function programPlugins(version: string): Plugin[] {
  let folder = '';
  let written = false;
  return [
    {
      name: 'countersign-output-folder',
      configResolved: (config) => void (folder = resolve(config.root, config.build.outDir)),
    },
    ...VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/app/service-worker',
      filename: 'service-worker.ts',
      // Registered by src/app/program, once the page has settled; the policy forbids an inline script.
      injectRegister: null,
      // public/manifest.webmanifest: the plugin would list its own with a digest of another kind.
      manifest: false,
      integration: { configureCustomSWViteBuild: (options) => void (options.logLevel = 'warn') },
      injectManifest: {
        rollupFormat: 'iife',
        globPatterns: ['**/*'],
        globIgnores: [SERVICE_WORKER, BUILD_LIST],
        maximumFileSizeToCacheInBytes: MAX_STORED_FILE_BYTES,
        manifestTransforms: [
          async (entries) => {
            const total = entries.reduce((sum, { size }) => sum + size, 0);
            if (total > MAX_STORED_PROGRAM_BYTES)
              throw new Error(
                `The build has ${total} bytes, and a browser is to store ${MAX_STORED_PROGRAM_BYTES} at most (src/app/limits.ts).`,
              );
            const manifest = entries.map(async (entry) => ({
              ...entry,
              revision: (await fileOf(folder, entry.url)).sha256,
            }));
            // Folders are read in another order on another machine, and the same sources are to give the same bytes there.
            const sorted = (await Promise.all(manifest)).sort((a, b) => (a.url < b.url ? -1 : 1));
            return { manifest: sorted };
          },
        ],
      },
    }),
    {
      name: 'countersign-build-list',
      apply: 'build',
      // A build that failed is closed as well.
      writeBundle: () => void (written = true),
      closeBundle: {
        sequential: true,
        order: 'post',
        async handler() {
          if (written) await writeBuildList(folder, version);
        },
      },
    },
  ];
}

/** Lists what stands in the folder, whatever it is. */
export async function readBuild(folder: string, version: string): Promise<BuildList> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(resolve(folder).length + 1)
        .replaceAll('\\', '/'),
    );
  const files = paths.filter((path) => path !== BUILD_LIST).map((path) => fileOf(folder, path));
  return listOf(version, await Promise.all(files));
}

async function writeBuildList(folder: string, version: string): Promise<void> {
  const list = await readBuild(folder, version);
  await writeFile(join(folder, BUILD_LIST), `${JSON.stringify(list, null, 1)}\n`);
}

async function fileOf(folder: string, path: string): Promise<BuildFile> {
  const bytes = await readFile(join(folder, path));
  return { path, bytes: bytes.length, sha256: await sha256(new Uint8Array(bytes)) };
}
