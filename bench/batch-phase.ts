/**
 * `npm run bench -- --batches`: packages announced one after the other and all at once, in real browsers. At once, the sessions'
 * proposals become batches by themselves (docs/protocol.md, "Many keys at once").
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfNeeded } from '../signaling-server/build.ts';
import type { WorkerApi } from '../src/worker/api.ts';
import { createCluster } from './cluster.ts';
import { BATCH_PATIENCE_MS, MAX_BATCH_PACKAGES, MAX_REPLICAS } from './limits.ts';
import { packages } from './packages.ts';
import { record } from './page.ts';

const USAGE = `npm run bench -- --batches [options]

Packages announced one after the other, then as many all at once; prints both rates.

  --replicas N     size of the network, 4 to ${MAX_REPLICAS} (default: 4)
  --packages N     packages each time, 1 to ${MAX_BATCH_PACKAGES} (default: 50)
  --storage KIND   disk: a browser and a profile folder for each member (default); memory: contexts of one browser
  --dist FOLDER    a built app that is measured instead of ./dist; COUNTERSIGN_DIST names one too
  --help           this text

Ends with a code other than 0 when a browser does not start, or a package is not committed.
`;

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        dist: { type: 'string' },
        replicas: { type: 'string', default: '4' },
        packages: { type: 'string', default: '50' },
        storage: { type: 'string', default: 'disk' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)} See --help.`);
    return EXIT_USAGE;
  }
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [replicas, count, { storage }] = [Number(values.replicas), Number(values.packages), values];
  if (!Number.isInteger(replicas) || replicas < 4 || replicas > MAX_REPLICAS) {
    console.error(`--replicas takes a number from 4 to ${MAX_REPLICAS}. See --help.`);
    return EXIT_USAGE;
  }
  if (!Number.isInteger(count) || count < 1 || count > MAX_BATCH_PACKAGES) {
    console.error(`--packages takes a number from 1 to ${MAX_BATCH_PACKAGES}. See --help.`);
    return EXIT_USAGE;
  }
  if (storage !== 'disk' && storage !== 'memory') {
    console.error('--storage takes disk or memory. See --help.');
    return EXIT_USAGE;
  }
  const named = values.dist ?? process.env.COUNTERSIGN_DIST;
  if (!named) {
    const built = await buildIfNeeded(PROJECT);
    if (!built.ok) {
      console.error(built.message);
      return 1;
    }
  }
  await measure(replicas, count, storage, named ? resolve(named) : join(PROJECT, 'dist'));
  return 0;
}

async function measure(
  replicas: number,
  count: number,
  storage: 'disk' | 'memory',
  dist: string,
): Promise<void> {
  console.error(
    `${replicas} replicas: starting ${storage === 'disk' ? `${replicas} browsers` : 'one browser'} …`,
  );
  const cluster = await createCluster({ replicas, storage, dist, debuggable: false });
  try {
    const supplier = cluster.members[0]!.page;
    const all = packages(2 * count + 1).map(({ envelope }) => envelope);
    await supplier.evaluate(record);
    const announce = (envelopes: readonly string[], together: boolean): Promise<number> =>
      supplier.evaluate(announceAll, { envelopes, together, patience: BATCH_PATIENCE_MS });
    await announce(all.slice(0, 1), false);
    const rates: number[] = [];
    for (const [name, together, from] of [
      ['one by one', false, 1],
      ['at once', true, 1 + count],
    ] as const) {
      const ms = await announce(all.slice(from, from + count), together);
      const rate = (count * 1000) / ms;
      rates.push(rate);
      console.log(
        `${replicas} replicas, ${count} packages ${name}: ${ms.toFixed(0)} ms, ${rate.toFixed(1)} a second`,
      );
    }
    console.log(`At once: ${(rates[1]! / rates[0]!).toFixed(1)} times as many a second.`);
  } finally {
    await cluster.close();
  }
}

/** Runs in the page. Milliseconds until every package is certified and durable there. */
async function announceAll(input: {
  envelopes: readonly string[];
  together: boolean;
  patience: number;
}): Promise<number> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const start = performance.now();
  const { trace, wake } = globalThis.benchRecorder;
  trace.length = 0;
  const committed = async (keys: readonly string[]): Promise<void> => {
    const decided = (): Set<unknown> =>
      new Set(trace.flatMap((e) => (e.kind === 'decided' && e.version === 1 ? [e.key] : [])));
    for (let found = decided(); !keys.every((key) => found.has(key)); found = decided()) {
      if (performance.now() > start + input.patience)
        throw new Error(`${keys.length} packages were not committed within ${input.patience} ms.`);
      await new Promise<void>((resolve) => {
        wake.push(resolve);
        setTimeout(resolve, 1000);
      });
    }
  };
  const create = async (envelope: string): Promise<string> => {
    const result = await api.createPackage(envelope);
    if (!result.ok) throw new Error(result.error.message);
    return result.value.key;
  };
  if (input.together) await committed(await Promise.all(input.envelopes.map(create)));
  else for (const envelope of input.envelopes) await committed([await create(envelope)]);
  return performance.now() - start;
}
