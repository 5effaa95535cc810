/** What needs whole replicas and the size of the heap: measured in Node, in this process. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Cluster, until } from '../../test/worker/cluster.ts';
import { keyOf, observer, signed, store, unsigned } from '../../test/worker/sync-pair.ts';
import { MICRO_JOIN_NETWORKS, MICRO_JOINS } from '../limits.ts';
import type { JobSamples } from './sample.ts';

const LOADED_KEYS = 100_000;

export interface NodeResult {
  readonly samples: readonly JobSamples[];
  /** Bytes of heap that a replica of LOADED_KEYS keys holds beside its (memory) store. */
  readonly heap: number;
}

export async function nodeJobs(): Promise<NodeResult> {
  const loaded = await load();
  return { samples: [await joins(), ...loaded.samples], heap: loaded.heap };
}

/** A member comes back to three others: RESUME, sync and the right to vote. The handshake of the links is not in it. */
async function joins(): Promise<JobSamples> {
  const times: number[] = [];
  for (let i = 0; i < MICRO_JOIN_NETWORKS; i++) times.push(...(await joinsOfOne()));
  return { name: 'join: start, links in process, RESUME among 4', first: times[0]!, samples: times.slice(1) };
}

async function joinsOfOne(): Promise<number[]> {
  const cluster = await Cluster.create(4);
  try {
    const nodes = await cluster.startAll();
    await until('everyone to vote', () => nodes.every(({ standing }) => standing.kind === 'voter'), 60_000);
    const times: number[] = [];
    for (let i = 0; i < MICRO_JOINS; i++) {
      cluster.kill(3);
      const begun = performance.now();
      const node = await cluster.start(3);
      await until('the right to vote', () => node.standing.kind === 'voter', 30_000);
      times.push(performance.now() - begun);
    }
    return times;
  } finally {
    cluster.stop();
  }
}

async function load(): Promise<NodeResult> {
  const cluster = await Cluster.create(4);
  try {
    const states = Array.from({ length: LOADED_KEYS }, (_, i) => unsigned(cluster, keyOf(i)));
    await store(cluster, 0, states.slice(1));
    await store(cluster, 1, states.slice(1));
    const before = heapUsed();
    const times: number[] = [];
    let begun = performance.now();
    const node = await observer(cluster, 0);
    node.replica.certifiedRoot();
    times.push(performance.now() - begun);
    const heap = heapUsed() - before;
    const other = await observer(cluster, 1);
    const update: number[] = [];
    const served: number[] = [];
    for (let i = 0; i <= 5; i++) {
      const more = signed(cluster, keyOf(LOADED_KEYS + i), 1, `more ${i}`);
      begun = performance.now();
      await node.replica.decisions.take([more.entry.certificate], null);
      node.replica.certifiedRoot();
      update.push(performance.now() - begun);
      await until('the other has it', () => other.replica.heads.has(more.entry.key), 30_000);
      served.push(performance.now() - begun);
    }
    const of = (name: string, [first, ...samples]: number[]): JobSamples => ({
      name,
      first: first!,
      samples,
    });
    return {
      samples: [
        { name: `replica of ${LOADED_KEYS} keys: load and root`, first: times[0]!, samples: times },
        of(`replica of ${LOADED_KEYS} keys: take one certificate`, update),
        of(`replica of ${LOADED_KEYS} keys: until a neighbour has it (roots are told after 300 ms)`, served),
      ],
      heap,
    };
  } finally {
    cluster.stop();
  }
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
