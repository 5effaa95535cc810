/** `npm run bench -- --mesh`: how soon replicas are a mesh, how fast a vote crosses a link, what a replica weighs, and how they recover. */
import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { MeshOptions } from '../detail/options.ts';
import { blsJob, machine } from '../machine.ts';
import { createBed, type Bed } from './bed.ts';
import { netRoom, whole } from './connect.ts';
import {
  joined,
  meshJson,
  meshText,
  TITLES,
  type Failure,
  type Figure,
  type MeshReport,
  type Part,
} from './figures.ts';
import { oneHop } from './latency.ts';
import { RECOVERIES } from './recovery.ts';

/** Prints a table; writes mesh.json and mesh.txt into `out`. False when something could not be measured. */
export async function mesh(
  options: MeshOptions,
  dist: string,
  out: string,
  say: (text: string) => void,
): Promise<boolean> {
  const date = new Date().toISOString();
  const figures: Figure[] = [];
  const failures: Failure[] = [];
  const bed = await createBed();
  try {
    const measure: Measure = async (part, name, work) => {
      const bls = await blsJob();
      const before = loadavg()[0] ?? 0;
      say(`${TITLES[part]}: ${name} (BLS job ${bls.total.toFixed(0)} ms, load ${before.toFixed(1)}) …\n`);
      const about = { date: new Date().toISOString(), part, name, bls };
      try {
        const measured = await work();
        const load = [before, loadavg()[0] ?? 0] as const;
        for (const one of measured) {
          figures.push({ ...about, load, ...one });
          const values = one.samples.slice(0, 6).map((value) => value.toFixed(value < 100 ? 2 : 0));
          say(`  ${values.join(', ')}${one.samples.length > 6 ? ' …' : ''} ${one.unit}\n`);
        }
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push({ ...about, message, load: [before, loadavg()[0] ?? 0] });
        say(`  failed: ${message}\n`);
      }
    };
    const { only } = options;
    if (only === null || only === 'connect') await connect(bed, options, dist, measure);
    if (only === null || only === 'latency') await latency(bed, measure);
    if (only === null || only === 'recovery') {
      for (const { name, note, samples } of RECOVERIES)
        await measure('recovery', name, async () => [{ unit: 'ms', samples: await samples(bed), note }]);
    }
  } finally {
    await bed.close();
  }
  const measured: MeshReport = { date, machine: machine(), chromium: bed.chromium, figures, failures };
  const report = joined(measured, await earlierOf(join(out, 'mesh.json')));
  const text = meshText(report);
  process.stdout.write(`\n${text}`);
  await writeFile(join(out, 'mesh.json'), meshJson(report));
  await writeFile(join(out, 'mesh.txt'), text);
  process.stdout.write(`\nWritten: ${out}/mesh.json, mesh.txt\n`);
  return failures.length === 0;
}

/** What `work` gives is of this part and has this name, unless it says otherwise. */
type Measure = (part: Part, name: string, work: () => Promise<readonly Measured[]>) => Promise<void>;
type Measured = Pick<Figure, 'unit' | 'samples' | 'note'> & Partial<Pick<Figure, 'part' | 'name'>>;

async function connect(bed: Bed, { replicas }: MeshOptions, dist: string, measure: Measure): Promise<void> {
  for (const n of replicas)
    await measure('connect', `${n} replicas, net room alone`, async () => {
      const { ms, links } = await netRoom(bed, n);
      return [{ unit: 'ms', samples: [ms], note: `pages loaded before; links each: ${links}` }];
    });
  for (const n of replicas)
    await measure('connect', `${n} replicas, whole`, async () => {
      const { linkedMs, loadedMs, memory } = await whole(n, dist);
      const note = `from opening all pages to the last right to vote; until the last page had loaded ${loadedMs.toFixed(0)} ms`;
      const connected: Measured = { unit: 'ms', samples: [linkedMs], note };
      if (!memory) return [connected];
      const weight = `by replica, less blank pages; with them ${memory.whole.toFixed(0)}; the process of a page and its worker ${memory.renderer.toFixed(0)}`;
      return [
        connected,
        { part: 'memory', name: `${n} replicas, PSS`, unit: 'MiB', samples: [memory.added], note: weight },
      ];
    });
}

async function latency(bed: Bed, measure: Measure): Promise<void> {
  const owned = 'half of a round trip; the channel belongs to the worker';
  const kinds = [
    { name: 'page idle', port: false, busy: false, note: owned },
    { name: 'page busy', port: false, busy: true, note: 'the same while the answering page is blocked' },
    {
      name: 'page idle, through a port',
      port: true,
      busy: false,
      note: 'the answering browser cannot transfer channels',
    },
  ];
  for (const { name, port, busy, note } of kinds)
    await measure('latency', name, async () => [
      { unit: 'ms', samples: await oneHop(bed, { port, busy }), note },
    ]);
}

/** Null when there is none, or one of another kind. */
async function earlierOf(file: string): Promise<MeshReport | null> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as MeshReport;
    return Array.isArray(read.figures) && Array.isArray(read.failures) ? read : null;
  } catch {
    return null;
  }
}
