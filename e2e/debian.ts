/** Programs that some tests need besides the browser: found, or installed where that may be done without asking. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * The path, when the program is there or root on Debian could install its package; else null, and the test says that it was not run.
 * COUNTERSIGN_NO_INSTALL keeps it from installing anything.
 */
export function findOrInstall(path: string, packageName: string): string | null {
  if (existsSync(path)) return path;
  if (process.env.COUNTERSIGN_NO_INSTALL || !isRootOnDebian()) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', packageName]]) {
    if (spawnSync('apt-get', args, { stdio: 'ignore', env, timeout: 300_000 }).status !== 0) return null;
  }
  return existsSync(path) ? path : null;
}

export function isRootOnDebian(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/os-release')) return false;
  return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}
