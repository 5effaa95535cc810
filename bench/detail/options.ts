/** The command lines of the programs of this folder. */
import { parseArgs } from 'node:util';
import {
  DEFAULT_PAUSE_MS,
  FULL_WORKFLOWS,
  MAX_REPLICAS,
  MAX_WORKFLOWS,
  MESH_SIZES,
  QUICK_WORKFLOWS,
} from '../limits.ts';

export interface BenchOptions {
  readonly replicas: readonly number[];
  readonly workflows: number;
  readonly only: 'l1' | 'l2' | null;
  readonly out: string;
  /** `disk`: a browser for each member, its profile in a folder. `memory`: one browser, a context for each member. */
  readonly storage: 'disk' | 'memory';
  readonly pause: number;
  readonly profile: boolean;
  /** Listen to the trace of every member; costs each of them a little. */
  readonly voters: boolean;
}

export interface MicroOptions {
  /** JSON with every sample instead of a table. */
  readonly json: boolean;
}

export interface MeshOptions {
  readonly replicas: readonly number[];
  readonly only: 'connect' | 'latency' | 'recovery' | null;
  readonly out: string;
}

export type Parsed<T> =
  | { readonly kind: 'run'; readonly options: T }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const SESSION_USAGE = `npm run bench -- --session-detail [options]

Package sessions between real browsers, with each phase of a commit. Writes session-detail.txt, .csv and .json.

  --full             ${FULL_WORKFLOWS} workflows at 4 and at 7 replicas; otherwise ${QUICK_WORKFLOWS} at 4, a minute or two
  --replicas 4,7     sizes of the network, 4 to ${MAX_REPLICAS}, one run for each
  --workflows N      workflows of each run, 2 to ${MAX_WORKFLOWS}; the first is reported apart, as cold
  --only l2|l1       report steps only (sessions are abandoned, not committed), or commits only
  --storage KIND     disk: a browser and a profile folder for each member (default); memory: contexts of one browser
  --pause MS         between a package's arrival and its inspection, ${DEFAULT_PAUSE_MS} by default
  --voters           also times the phases at the members that only vote; listening costs each of them a little
  --profile          builds the app unminified and lists where processor time goes; its timings do not count
  --out DIR          folder of the three files, bench/out by default
  --help             this text

COUNTERSIGN_DIST names a built app that is measured instead of ./dist; TMPDIR chooses the disk of the profiles.
`;

export const MICRO_USAGE = `npm run bench -- --micro [options]

Single pieces of work (signatures, aggregates, tree, encoding, join) in the worker of a browser, about four minutes.

  --json             JSON with every sample instead of a table
  --help             this text
`;

export const MESH_USAGE = `npm run bench -- --mesh [options]

Time to a connected mesh, latency of a vote, memory, recovery; a quarter of an hour. Writes mesh.txt and mesh.json.

  --replicas 4,7     sizes of the mesh, 4 to ${MAX_REPLICAS} (default: ${MESH_SIZES.join(',')})
  --only PART        connect, latency or recovery; the others' figures of DIR/mesh.json stay
  --out DIR          folder of the two files, bench/out by default
  --help             this text

COUNTERSIGN_DIST names a built app that is measured instead of ./dist.
`;

export function parseSession(args: readonly string[]): Parsed<BenchOptions> {
  return guarded<BenchOptions>(() => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        // What happens anyway; it was an option once.
        quick: { type: 'boolean' },
        full: { type: 'boolean' },
        replicas: { type: 'string' },
        workflows: { type: 'string' },
        only: { type: 'string' },
        storage: { type: 'string', default: 'disk' },
        pause: { type: 'string', default: String(DEFAULT_PAUSE_MS) },
        voters: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        out: { type: 'string', default: 'bench/out' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const replicas = sizes(values.replicas ?? (values.full ? '4,7' : '4'));
    if (!replicas) return wrong(SIZES);
    const workflows = Number(values.workflows ?? (values.full ? FULL_WORKFLOWS : QUICK_WORKFLOWS));
    if (!Number.isInteger(workflows) || workflows < 2 || workflows > MAX_WORKFLOWS)
      return wrong(`--workflows takes a number from 2 to ${MAX_WORKFLOWS}.`);
    const only = values.only ?? null;
    if (only !== null && only !== 'l1' && only !== 'l2') return wrong('--only takes l1 or l2.');
    const { storage } = values;
    if (storage !== 'disk' && storage !== 'memory') return wrong('--storage takes disk or memory.');
    const pause = Number(values.pause);
    if (!(pause >= 0 && pause <= 60_000)) return wrong('--pause takes milliseconds from 0 to 60000.');
    const { out, profile, voters } = values;
    return { kind: 'run', options: { replicas, workflows, only, out, storage, pause, profile, voters } };
  });
}

export function parseMicro(args: readonly string[]): Parsed<MicroOptions> {
  return guarded<MicroOptions>(() => {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
    });
    return values.help ? { kind: 'help' } : { kind: 'run', options: { json: values.json } };
  });
}

export function parseMesh(args: readonly string[]): Parsed<MeshOptions> {
  return guarded<MeshOptions>(() => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        replicas: { type: 'string', default: MESH_SIZES.join(',') },
        only: { type: 'string' },
        out: { type: 'string', default: 'bench/out' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const replicas = sizes(values.replicas);
    if (!replicas) return wrong(SIZES);
    const only = values.only ?? null;
    if (only !== null && only !== 'connect' && only !== 'latency' && only !== 'recovery')
      return wrong('--only takes connect, latency or recovery.');
    return { kind: 'run', options: { replicas, only, out: values.out } };
  });
}

const SIZES = `--replicas takes numbers from 4 to ${MAX_REPLICAS}, for example 4,7.`;

function sizes(text: string): readonly number[] | null {
  const all = text.split(',').map(Number);
  return all.every((size) => Number.isInteger(size) && size >= 4 && size <= MAX_REPLICAS) ? all : null;
}

function guarded<T>(parse: () => Parsed<T>): Parsed<T> {
  try {
    return parse();
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}

const wrong = (message: string): { readonly kind: 'wrong'; readonly message: string } => ({
  kind: 'wrong',
  message,
});
