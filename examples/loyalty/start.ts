/** `npm run loyalty`: builds the loyalty pages, then serves them with signaling on one port. */
import { createServer as createProbe } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { runCommand } from '../../signaling-server/run.ts';

const DEFAULT_PORT = 8090;
const HELP = `Usage: npm run loyalty -- [options]

Builds the loyalty example and serves it, with the signaling server by which the stalls find each other. The page
asks what to do; /?demo shows a whole street in one page.

  --port N         port to listen on (default: $PORT, else ${DEFAULT_PORT}, else any that is free)
  --host ADDRESS   interface to listen on (default: 127.0.0.1, only this machine; with --https all)
  --https          serve TLS: phones give keys and camera to secure pages only
  --cert FILE      certificate chain (PEM) to use; together with --key
  --key FILE       its private key (PEM)
  --no-build       serve what was built before
  --help           this text

Without --cert a local authority is made for --https, and what is printed says how a phone is told to trust it.
Ctrl+C ends it. docs/loyalty.md says what the pages do.
`;
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

const asked = process.argv.slice(2);
if (asked.includes('--help') || asked.includes('-h')) process.stdout.write(HELP);
else {
  // Read by `runCommand`, over which `--port` wins.
  process.env.PORT ||= String((await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : 0);
  await runCommand('start', async (options) => {
    if (options.build) {
      try {
        await build({ configFile: `${FOLDER}vite.config.ts`, logLevel: 'error' });
      } catch (error) {
        return {
          error: `The pages could not be built: ${error instanceof Error ? error.message : String(error)}`,
        };
      }
    }
    return { root: `${FOLDER}dist` };
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createProbe();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
