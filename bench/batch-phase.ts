/**
 * `npm run bench -- --batches`: packages announced, and sessions of six steps committed, one after the other and together, in real browsers.
 * Together, the proposals become batches (docs/protocol.md, "Many keys at once").
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfNeeded } from '../signaling-server/build.ts';
import { announceAll, commitAll, inspectAll, stepByStep, type PageRun } from './batch-page.ts';
import { createCluster } from './cluster.ts';
import { BATCH_PATIENCE_MS, MAX_BATCH_PACKAGES, MAX_REPLICAS } from './limits.ts';
import { packages } from './packages.ts';
import { record } from './page.ts';

const USAGE = `npm run bench -- --batches [options]

Packages announced one after the other, then as many all at once; inspections of six steps committed one after the other, then as a
shift that was offline, then with each step decided by all members before the next. Prints the rates and what each costs.

  --replicas N     size of the network, 4 to ${MAX_REPLICAS} (default: 4)
  --packages N     packages each time, 1 to ${MAX_BATCH_PACKAGES} (default: 50)
  --storage KIND   disk: a browser and a profile folder for each member (default); memory: contexts of one browser
  --dist FOLDER    a built app that is measured instead of ./dist; COUNTERSIGN_DIST names one too
  --help           this text

Ends with a code other than 0 when a browser does not start, or a package is not committed.
`;

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** Start, scan, validation, quality check, label, end. */
const STEPS_OF_A_SESSION = 6;
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
    const warehouse = cluster.members[1]!.page;
    const steps = Math.max(1, Math.round(count / STEPS_OF_A_SESSION));
    const all = packages(2 * count + steps + 1);
    await supplier.evaluate(record);
    await warehouse.evaluate(record);
    const rates = new Map<string, number>();
    const timed = async (name: string, items: number, run: () => Promise<PageRun>): Promise<void> => {
      const before = await cluster.processorTime();
      const { calledAt, endedAt } = await run();
      const ms = endedAt - calledAt;
      const after = await cluster.processorTime();
      const sum = (of: Record<string, number>): number => Object.values(of).reduce((a, b) => a + b, 0);
      const used = (sum(after) - sum(before)) / items;
      rates.set(name, (items * 1000) / ms);
      console.log(
        `${replicas} replicas, ${items} ${name}: ${ms.toFixed(0)} ms, ${((items * 1000) / ms).toFixed(1)} a second, ${used.toFixed(0)} ms of processor time each`,
      );
    };
    const ratio = (fast: string, slow: string): void =>
      console.log(`${fast}: ${(rates.get(fast)! / rates.get(slow)!).toFixed(1)} times as many as ${slow}.`);
    const announce = (from: number, items: number, together: boolean): Promise<PageRun> =>
      supplier.evaluate(announceAll, {
        envelopes: all.slice(from, from + items).map(({ envelope }) => envelope),
        together,
        patience: BATCH_PATIENCE_MS,
      });
    await announce(0, 1, false);
    await timed('announced one by one', count, () => announce(1, count, false));
    await timed('announced at once', count + steps, () => announce(1 + count, count + steps, true));
    ratio('announced at once', 'announced one by one');

    const sessions = all.map(({ sscc, lines }) => ({ sscc, lines: lines.length }));
    const inspect = (from: number, items: number) =>
      warehouse.evaluate(inspectAll, {
        packages: sessions.slice(from, from + items),
        patience: BATCH_PATIENCE_MS,
      });
    const commit = (ids: readonly { id: string; key: string }[], together: boolean): Promise<PageRun> =>
      warehouse.evaluate(commitAll, { sessions: ids, together, patience: BATCH_PATIENCE_MS });
    const [single, shift] = [await inspect(1, count), await inspect(1 + count, count)];
    await timed('sessions committed one by one', count, () => commit(single, false));
    await timed('sessions committed as a shift', count, () => commit(shift, true));
    await commit(await inspect(1 + 2 * count, steps), true);
    await timed('sessions with every step through L1', steps, () =>
      warehouse.evaluate(stepByStep, {
        keys: sessions.slice(1 + 2 * count, 1 + 2 * count + steps).map(({ sscc }) => `package/${sscc}`),
        steps: STEPS_OF_A_SESSION,
        patience: BATCH_PATIENCE_MS,
      }),
    );
    ratio('sessions committed as a shift', 'sessions committed one by one');
    ratio('sessions committed as a shift', 'sessions with every step through L1');
  } finally {
    await cluster.close();
  }
}
