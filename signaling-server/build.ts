/** Building the app before serving it, when something changed since the last time. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export type BuildResult =
  { readonly ok: true; readonly built: boolean } | { readonly ok: false; readonly message: string };

/** What the app is made of, relative to the project. A change elsewhere (tests, docs) does not change the app. */
const sources = [
  'src',
  'public',
  'index.html',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'scripts/build-plugins.ts',
  'scripts/fetch-ahead.ts',
  'signaling-server/csp.ts',
];

/** Runs Vite, whose progress goes to the terminal, unless `dist/build.json`, which is written last, is newer than every source. */
export async function buildIfNeeded(project: string): Promise<BuildResult> {
  if (!(await isStale(project))) return { ok: true, built: false };
  let vite;
  try {
    vite = await import('vite');
  } catch {
    return { ok: false, message: 'The app must be built, and Vite is not installed. Run "npm ci" first.' };
  }
  try {
    await vite.build({ root: project, logLevel: 'info' });
    return { ok: true, built: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `The app could not be built: ${reason}` };
  }
}

/** Exported for its tests. */
export async function isStale(project: string): Promise<boolean> {
  const built = await modifiedAt(join(project, 'dist', 'build.json'));
  if (built === undefined) return true;
  for (const source of sources) {
    if ((await newest(join(project, source))) > built) return true;
  }
  return false;
}

/** Milliseconds since 1970 of the newest file or folder from `path` down; a folder's own time tells of removals. */
async function newest(path: string): Promise<number> {
  let latest = (await modifiedAt(path)) ?? 0;
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries) {
    latest = Math.max(latest, (await modifiedAt(join(entry.parentPath, entry.name))) ?? 0);
  }
  return latest;
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    (info) => info.mtimeMs,
    () => undefined,
  );
}
