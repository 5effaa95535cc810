/** Before the first test: the app, built from the sources as they are. `COUNTERSIGN_DIST` names one that is built already. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from '../signaling-server/build.ts';

export default async function globalSetup(): Promise<void> {
  const built = process.env.COUNTERSIGN_DIST;
  if (built !== undefined) {
    // Otherwise each test would wait for pages that are empty.
    if (!existsSync(join(built, 'index.html')))
      throw new Error(`COUNTERSIGN_DIST names ${built}, and no app is built there.`);
    return;
  }
  const result = await buildIfNeeded(fileURLToPath(new URL('..', import.meta.url)));
  if (!result.ok) throw new Error(result.message);
}
