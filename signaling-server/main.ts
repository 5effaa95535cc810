/** `npm run signaling`: signaling, `/health` and `/metrics`, for communities that host the introduction only. */
import { runCommand } from './run.ts';

await runCommand('signaling', () => Promise.resolve({ root: null }));
