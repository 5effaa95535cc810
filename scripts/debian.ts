/** Programs that tests need: found, or installed where that can be done without asking, as root on Debian. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export function isRootOnDebian(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/os-release')) return false;
  return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** One command of apt-get; a mirror that does not answer ends it. */
const APT_TIMEOUT_MS = 300_000;

/** Installs a Debian package, its output on the terminal. Gives the command that failed, or null. */
export function installDebianPackage(name: string): string | null {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]]) {
    // Runlevel 1: a service that comes with the package is not started.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const stdio = ['ignore', 'inherit', 'inherit'] as const;
    const { status } = spawnSync('apt-get', args, { stdio: [...stdio], env, timeout: APT_TIMEOUT_MS });
    if (status !== 0) return `apt-get ${args.join(' ')}`;
  }
  return null;
}

/**
 * The path, when the program is there or its package could be installed; else null, and the test says that it was not run.
 * COUNTERSIGN_NO_INSTALL keeps it from installing anything.
 */
export function findOrInstall(path: string, packageName: string): string | null {
  if (existsSync(path)) return path;
  if (process.env.COUNTERSIGN_NO_INSTALL || !isRootOnDebian()) return null;
  installDebianPackage(packageName);
  return existsSync(path) ? path : null;
}
