/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import {
  DEFAULT_PAUSE_MS,
  FULL_WORKFLOWS,
  MAX_REPLICAS,
  MAX_WORKFLOWS,
  MESH_SIZES,
  QUICK_WORKFLOWS,
} from './limits.ts';

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

/** Benchmarks that are programs of their own, by the option that runs them. */
const PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['--signaling', 'signaling.ts'],
  ['--batches', 'batch-phase.ts'],
]);

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: BenchOptions }
  | { readonly kind: 'micro'; readonly options: MicroOptions }
  | { readonly kind: 'mesh'; readonly options: MeshOptions }
  /** A file of this folder, run with the rest of the command line. */
  | { readonly kind: 'program'; readonly file: string; readonly args: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const USAGE = `npm run bench -- [options]

Measures whole package sessions between real browsers on this machine.

  --quick            ${QUICK_WORKFLOWS} workflows at 4 replicas: a minute or two. The default when nothing else is said
  --full             ${FULL_WORKFLOWS} workflows at 4 and at 7 replicas
  --replicas 4,7     sizes of the network, 4 to ${MAX_REPLICAS}, one run for each
  --workflows N      workflows of each run, 2 to ${MAX_WORKFLOWS}; the first is reported apart, as cold
  --only l2|l1       report steps only (sessions are abandoned, not committed), or commits only
  --storage KIND     disk: a browser and a profile folder for each member (default); memory: contexts of one browser
  --pause MS         between a package's arrival and its inspection, ${DEFAULT_PAUSE_MS} by default
  --voters           also times the phases at the members that only vote; listening costs each of them a little
  --profile          builds the app unminified and lists where processor time goes; its timings do not count
  --out DIR          where report.html, samples.csv and summary.json go, bench/out by default
  --micro            single pieces of work instead (signatures, aggregates, tree, encoding, join), in the worker of a browser
  --mesh             instead: time to a connected mesh at ${MESH_SIZES.join(', ')} replicas (or those of --replicas), latency of a
                     vote, memory, recovery; a quarter of an hour. --only connect|latency|recovery does a part of it
                     and keeps the others' figures of DIR/mesh.json
  --signaling        instead: what one signaling server holds on one core. Its own options: --signaling --help
  --batches          instead: packages announced one by one and all at once. Its own options: --batches --help
  --json             with --micro: JSON with every sample instead of a table
  --help             this text

COUNTERSIGN_DIST names a built app that is measured instead of ./dist; TMPDIR chooses the disk of the profiles.
`;

export function parseOptions(args: readonly string[]): ParsedOptions {
  for (const [option, file] of PROGRAMS)
    if (args.includes(option)) return { kind: 'program', file, args: args.filter((one) => one !== option) };
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
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
        micro: { type: 'boolean', default: false },
        mesh: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return { kind: 'help' };
  if (values.micro) return { kind: 'micro', options: { json: values.json } };
  if (values.json) return wrong('--json goes with --micro; a whole run writes summary.json.');
  const usual = values.mesh ? MESH_SIZES.join(',') : values.full ? '4,7' : '4';
  const sizes = (values.replicas ?? usual).split(',').map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 4 && size <= MAX_REPLICAS)) {
    return wrong(`--replicas takes numbers from 4 to ${MAX_REPLICAS}, for example 4,7.`);
  }
  const workflows = Number(values.workflows ?? (values.full ? FULL_WORKFLOWS : QUICK_WORKFLOWS));
  if (!Number.isInteger(workflows) || workflows < 2 || workflows > MAX_WORKFLOWS) {
    return wrong(`--workflows takes a number from 2 to ${MAX_WORKFLOWS}.`);
  }
  const only = values.only ?? null;
  if (values.mesh) {
    if (only !== null && only !== 'connect' && only !== 'latency' && only !== 'recovery')
      return wrong('--only takes connect, latency or recovery with --mesh.');
    return { kind: 'mesh', options: { replicas: sizes, only, out: values.out } };
  }
  if (only !== null && only !== 'l1' && only !== 'l2') return wrong('--only takes l1 or l2.');
  const { storage } = values;
  if (storage !== 'disk' && storage !== 'memory') return wrong('--storage takes disk or memory.');
  const pause = Number(values.pause);
  if (!(pause >= 0 && pause <= 60_000)) return wrong('--pause takes milliseconds from 0 to 60000.');
  const { out, profile, voters } = values;
  return { kind: 'run', options: { replicas: sizes, workflows, only, out, storage, pause, profile, voters } };
}

const wrong = (message: string): ParsedOptions => ({ kind: 'wrong', message });
