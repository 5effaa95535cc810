/** The Redis that the signaling server's tests start. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installDebianPackage, isRootOnDebian } from './debian.ts';

export type RedisSearch =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string };

/** `REDIS_SERVER_PATH`, then the one on the PATH; where there is none and we are root on Debian, installs the package, unless COUNTERSIGN_NO_INSTALL is set. */
export function findOrInstallRedis(): RedisSearch {
  const named = process.env.REDIS_SERVER_PATH;
  if (named) {
    if (existsSync(named)) return { ok: true, path: named };
    const message = `REDIS_SERVER_PATH is ${named}, and there is no such file. Correct it or unset it.`;
    return { ok: false, message };
  }
  const found = onPath();
  if (found !== undefined) return { ok: true, path: found };
  const message = 'No redis-server found. Install one, or name one in REDIS_SERVER_PATH.';
  if (process.env.COUNTERSIGN_NO_INSTALL || !isRootOnDebian()) return { ok: false, message };
  console.log('No redis-server found. Installing the Debian package "redis-server".');
  const failed = installDebianPackage('redis-server');
  const path = onPath();
  if (failed === null && path !== undefined) return { ok: true, path };
  return { ok: false, message: `${message} ("${failed ?? 'apt-get'}" was tried and failed.)` };
}

function onPath(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'redis-server'))
    .find((path) => existsSync(path));
}
