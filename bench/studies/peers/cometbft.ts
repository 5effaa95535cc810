/** CometBFT with a key-value application: one process a validator, and one that the lines between them go through. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_BUILD_MS, PEERS_LINK_PATIENCE_MS, PEERS_POLL_MS, PEERS_REST_POLL_MS } from '../../limits.ts';
import { memoryFolder, removed, temporaryFolder } from './folders.ts';
import { sleep, type PeerNetwork } from './network.ts';
import { Program } from './program.ts';

const SOURCES = fileURLToPath(new URL('../../peers/cometbft', import.meta.url));
/** Where the archive of go.dev unpacks to, when no shell has it in its path. */
const GO_ELSEWHERE = '/usr/local/go/bin/go';

/** Random, so that no two turns are the same transaction. */
const TURN_BYTES = 16;

export type Settings = 'default' | 'tuned';

export type Built =
  | { readonly ok: true; readonly path: string; readonly go: string; readonly dispose: () => Promise<void> }
  | { readonly ok: false; readonly message: string };

/** Not ok where there is no Go. @throws when there is, and the program cannot be built with it. */
export async function buildCometbft(): Promise<Built> {
  const go = await found();
  if (go === null) return { ok: false, message: 'CometBFT: go is not installed.' };
  const folder = await temporaryFolder('cometbft');
  const path = join(folder, 'cometbft');
  try {
    // Without C, so that Go is all that is needed; not from a version of Go that it would have to fetch first.
    const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
    await output(go.path, ['build', '-trimpath', '-o', path, '.'], env);
    return { ok: true, path, go: go.version, dispose: () => removed(folder) };
  } catch (error) {
    await removed(folder);
    throw error;
  }
}

async function found(): Promise<{ readonly path: string; readonly version: string } | null> {
  for (const path of ['go', GO_ELSEWHERE]) {
    if (path !== 'go' && !existsSync(path)) continue;
    try {
      return { path, version: (await output(path, ['env', 'GOVERSION'], { GOTOOLCHAIN: 'local' })).trim() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return null;
}

function output(program: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: SOURCES, env: { ...process.env, ...env }, timeout: PEERS_BUILD_MS };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      process.off('exit', end);
      if (error) reject(Object.assign(error, { message: `${error.message}\n${stderr}` }));
      else resolve(stdout);
    });
    const end = (): void => void child.kill('SIGKILL');
    process.on('exit', end);
  });
}

export interface CometbftOptions {
  readonly n: number;
  readonly settings: Settings;
  /** Of tuned ones: milliseconds between two looks at what a peer lacks. */
  readonly gossip?: number;
  /** Its files are; else they are in memory where the system has a file system there, as those of browser contexts are. */
  readonly onDisk?: boolean;
}

/** Linked, each to each, and with a first block. What fails leaves nothing behind. */
export async function openCometbft(
  path: string,
  { n, settings, gossip, onDisk = false }: CometbftOptions,
): Promise<PeerNetwork> {
  const homes = await temporaryFolder('validators', onDisk ? undefined : (memoryFolder() ?? undefined));
  const programs: Program[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.kill()));
    await removed(homes);
  };
  try {
    const start = async (...args: string[]): Promise<Program> => {
      const program = await Program.start(path, args);
      programs.push(program);
      return program;
    };
    const lines = await start('delays');
    const genesis = Date.now();
    const validators: Program[] = [];
    const addresses: string[] = [];
    for (let index = 0; index < n; index++) {
      const validator = await start(
        'validator',
        ...['--home', join(homes, String(index)), '--index', String(index), '--validators', String(n)],
        ...['--genesis', String(genesis), ...(settings === 'tuned' ? ['--tuned'] : [])],
        ...(gossip === undefined ? [] : ['--gossip', String(gossip)]),
      );
      // Whoever dials it comes through the lines: of every two, the later one dials.
      const { port } = await lines.ask({ op: 'route', to: `127.0.0.1:${validator.ready.port}` });
      await validator.ask({ op: 'peers', addresses });
      addresses.push(`${validator.ready.node}@127.0.0.1:${port}`);
      validators.push(validator);
    }
    const live = new Map(validators.entries());
    const statuses = async (): Promise<readonly { readonly peers: number; readonly height: number }[]> => {
      const answers = await Promise.all([...live.values()].map((one) => one.ask({ op: 'status' })));
      return answers.map(({ peers = 0, height = 0 }) => ({ peers, height }));
    };
    const until = async (
      what: string,
      holds: (all: Awaited<ReturnType<typeof statuses>>) => boolean,
      poll = PEERS_POLL_MS,
    ): Promise<void> => {
      const end = performance.now() + PEERS_LINK_PATIENCE_MS;
      for (;;) {
        const all = await statuses();
        if (holds(all)) return;
        if (performance.now() > end)
          throw new Error(
            `Waited ${PEERS_LINK_PATIENCE_MS / 1000} s in vain for ${what}: ${JSON.stringify(all)}.`,
          );
        await sleep(poll);
      }
    };
    /** The last block that a transaction calls for: its own, and one after it where it changed the state. */
    let last = 0;
    const rest = (): Promise<void> =>
      until(`block ${last}`, (all) => all.every(({ height }) => height >= last), PEERS_REST_POLL_MS);
    await until(`${n} validators to be linked and to have a block`, (all) =>
      all.every(({ peers, height }) => peers === n - 1 && height > 0),
    );
    return {
      n,
      close,
      async delay(ms) {
        await lines.ask({ op: 'delay', delay: ms });
      },
      async stop(places) {
        for (const place of places) {
          await live.get(place)?.kill();
          live.delete(place);
        }
        await until('the others to notice', (all) => all.every(({ peers }) => peers === live.size - 1));
      },
      turns: {
        height: async () => Math.max(...(await statuses()).map(({ height }) => height)),
        rest,
        async on(place) {
          const { height = 0 } = await validators[place]!.ask({ op: 'set', key: '', bytes: TURN_BYTES });
          last = Math.max(last, height);
          await rest();
        },
      },
      async set(place, key, bytes) {
        const { milliseconds, height = 0 } = await validators[place]!.ask({ op: 'set', key, bytes });
        if (milliseconds === undefined) throw new Error('The validator said no time.');
        last = Math.max(last, height + 1);
        return milliseconds;
      },
      async usage() {
        const all = await Promise.all([...live.values()].map((one) => one.ask({ op: 'usage' })));
        return {
          processor: all.reduce((sum, { processor = 0 }) => sum + processor, 0),
          sent: all.reduce((sum, { sent = 0 }) => sum + sent, 0),
        };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
