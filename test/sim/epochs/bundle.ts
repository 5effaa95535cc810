/**
 * The job of a long simulation as one plain file. The loader that runs TypeScript gives every function that is made its name, as long as the
 * program runs; here that is a fifth of the time, and a build does without.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface Bundle {
  readonly path: string;
  remove(): void;
}

export async function bundleJob(job = new URL('./job.ts', import.meta.url)): Promise<Bundle> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-simulate-'));
  await build({
    ...{ configFile: false, logLevel: 'error', root: fileURLToPath(new URL('../../..', import.meta.url)) },
    ssr: { noExternal: true },
    build: {
      ...{ ssr: fileURLToPath(job), outDir: directory, minify: false },
      ...{ emptyOutDir: false, target: 'node20', copyPublicDir: false },
      rollupOptions: { output: { format: 'es', entryFileNames: 'job.mjs', codeSplitting: false } },
    },
  });
  return {
    path: join(directory, 'job.mjs'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
