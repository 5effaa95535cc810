/** Before the first test: the app, built from the sources as they are. `COUNTERSIGN_DIST` names one that is built already. */
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from '../signaling-server/build.ts';

export default async function globalSetup(): Promise<void> {
  if (process.env.COUNTERSIGN_DIST) return;
  const result = await buildIfNeeded(fileURLToPath(new URL('..', import.meta.url)));
  if (!result.ok) throw new Error(result.message);
}
