/** `npm run signaling`: signaling and `/health`, for communities that host the introduction only. */
import { runCommand } from './run.ts';

await runCommand('signaling', () => Promise.resolve({ root: null }));
