/** Installing what tests need, where that can be done without asking: as root on Debian. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export function isRootOnDebian(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/os-release')) return false;
  return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Installs a Debian package, its output on the terminal. Gives the command that failed, or null. */
export function installDebianPackage(name: string): string | null {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]]) {
    // Runlevel 1: a service that comes with the package is not started.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    if (status !== 0) return `apt-get ${args.join(' ')}`;
  }
  return null;
}
