/** `npm start`: builds the app if needed, then serves it with signaling on one port. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build.ts';
import { runCommand } from './run.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

await runCommand('start', async (options) => {
  if (options.build) {
    const result = await buildIfNeeded(project);
    if (!result.ok) return { error: result.message };
  }
  return { root: join(project, 'dist') };
});
