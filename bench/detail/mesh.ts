/** `npm run bench -- --mesh` */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mesh } from '../mesh/main.ts';
import { builtApp } from './app.ts';
import { command, say } from './command.ts';
import { MESH_USAGE, parseMesh } from './options.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

command(parseMesh, MESH_USAGE, async (options) => {
  const out = resolve(PROJECT, options.out);
  await mkdir(out, { recursive: true });
  const app = await builtApp();
  if (!app.ok) throw new Error(app.message);
  return (await mesh(options, app.path, out, say)) ? 0 : 1;
});
