/**
 * `npx tsx bench/batch-phase.ts [--dist FOLDER] [--replicas N] [--packages N] [--storage memory]`: packages announced one after the other and all at once, in real
 * browsers. At once, the sessions' proposals become batches by themselves (docs/protocol.md, "Many keys at once").
 */
import { parseArgs } from 'node:util';
import type { WorkerApi } from '../src/worker/api.ts';
import { createCluster } from './cluster.ts';
import { packages } from './packages.ts';
import { record } from './page.ts';

const { values } = parseArgs({
  options: {
    dist: { type: 'string', default: 'dist' },
    replicas: { type: 'string', default: '4' },
    packages: { type: 'string', default: '50' },
    storage: { type: 'string', default: 'disk' },
  },
});

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

const replicas = Number(values.replicas);
const count = Number(values.packages);
const cluster = await createCluster({
  replicas,
  storage: values.storage === 'memory' ? 'memory' : 'disk',
  dist: values.dist,
  debuggable: false,
});
try {
  const supplier = cluster.members[0]!.page;
  const all = packages(2 * count + 1).map(({ envelope }) => envelope);
  const patience = 120_000;
  await supplier.evaluate(record);
  await supplier.evaluate(announceAll, { envelopes: all.slice(0, 1), together: false, patience });
  const rates: number[] = [];
  for (const [name, together, from] of [
    ['one by one', false, 1],
    ['at once', true, 1 + count],
  ] as const) {
    const ms = await supplier.evaluate(announceAll, {
      envelopes: all.slice(from, from + count),
      together,
      patience,
    });
    rates.push((count * 1000) / ms);
    console.log(
      `${replicas} replicas, ${count} packages ${name}: ${ms.toFixed(0)} ms, ${rates.at(-1)!.toFixed(1)} a second`,
    );
  }
  console.log(`At once: ${(rates[1]! / rates[0]!).toFixed(1)} times as many a second.`);
} finally {
  await cluster.close();
}
