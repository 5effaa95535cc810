/** Time until a mesh is connected, and what a replica takes of the machine's memory. */
import { readFile } from 'node:fs/promises';
import { MIN_LINKS, FULL_MESH_MAX } from '../../src/net/limits.ts';
import { createCluster, type BrowserProcess } from '../cluster.ts';
import { MESH_SETTLE_MS } from '../limits.ts';
import { median } from '../stats.ts';
import { sleep, startAll, until, urlOf, type Bed } from './bed.ts';
import type { MeshAnswer } from './worker.ts';

export interface NetRoom {
  /** From the first worker's start to the link that completed the mesh, milliseconds. */
  readonly ms: number;
  readonly links: string;
}

/** The net room alone: the pages are loaded, and all workers start at once. */
export async function netRoom(bed: Bed, replicas: number): Promise<NetRoom> {
  const group = await bed.open(replicas);
  try {
    const { peers } = group;
    const startedAt = Date.now();
    await startAll(peers, [urlOf(bed.server)]);
    const answers = await until(
      peers,
      `${replicas} replicas to be a mesh`,
      (all) => connectedAt(all) !== null,
    );
    const counts = answers.map(({ links }) => links.length).sort((a, b) => a - b);
    const links =
      counts[0] === counts.at(-1)
        ? `${counts[0]}`
        : `${counts[0]} to ${counts.at(-1)}, median ${median(counts)}`;
    return { ms: connectedAt(answers)! - startedAt, links };
  } finally {
    await group.close();
  }
}

/**
 * When everybody had the links it wants and there was a way from everybody to everybody; null when that has not been yet. Both ends
 * must have the link.
 */
export function connectedAt(answers: readonly MeshAnswer[]): number | null {
  const n = answers.length;
  const wanted = n <= FULL_MESH_MAX ? n - 1 : Math.min(MIN_LINKS, n - 1);
  const all = answers
    .flatMap(({ events }, member) => events.map((event) => ({ ...event, of: member })))
    .sort((a, b) => a.at - b.at);
  const sets = answers.map(() => new Set<number>());
  for (const { kind, of, member, at } of all) {
    if (kind === 'unlink') sets[of]!.delete(member);
    else sets[of]!.add(member);
    if (kind === 'link' && sets.every((set) => set.size >= wanted) && reaches(sets)) return at;
  }
  return null;
}

function reaches(sets: readonly ReadonlySet<number>[]): boolean {
  const found = new Set([0]);
  for (const at of found) for (const next of sets[at]!) if (sets[next]!.has(at)) found.add(next);
  return found.size === sets.length;
}

export interface Whole {
  /** From opening the pages to everybody linked and with the right to vote, milliseconds. */
  readonly linkedMs: number;
  /** Of it, until the last page answered. */
  readonly loadedMs: number;
  /** MiB; null where the system does not tell (only Linux does). */
  readonly memory: Memory | null;
}

export interface Memory {
  /** All processes of the browser, less the same with as many blank pages, by replica. */
  readonly added: number;
  /** All processes of the browser, by replica. */
  readonly whole: number;
  /** The process of one replica's page and worker, median. */
  readonly renderer: number;
}

/** Whole replicas: page, worker, store and mesh. Contexts of one browser, each with a process of its own. */
export async function whole(replicas: number, dist: string): Promise<Whole> {
  let before: Usage | null = null;
  const cluster = await createCluster({
    replicas,
    storage: 'memory',
    dist,
    debuggable: false,
    blank: async (processes) => void (before = await usage(processes)),
  });
  try {
    await sleep(MESH_SETTLE_MS);
    const after = await usage(await cluster.processes());
    const { linkedMs, loadedMs } = cluster;
    const blank = before as Usage | null;
    if (!after || !blank) return { linkedMs, loadedMs, memory: null };
    const added = (after.total - blank.total) / replicas;
    const memory = { added, whole: after.total / replicas, renderer: largest(after.renderers, replicas) };
    return { linkedMs, loadedMs, memory };
  } finally {
    await cluster.close();
  }
}

interface Usage {
  readonly total: number;
  readonly renderers: readonly number[];
}

/** Proportional set size in MiB: a page of memory that k processes share counts as 1/k in each. */
async function usage(processes: readonly BrowserProcess[]): Promise<Usage | null> {
  try {
    const sizes = await Promise.all(
      processes.map(async ({ id, type }) => {
        const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8');
        return { type, size: Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) / 1024 };
      }),
    );
    if (sizes.some(({ size }) => Number.isNaN(size))) return null;
    const total = sizes.reduce((sum, { size }) => sum + size, 0);
    return { total, renderers: sizes.filter(({ type }) => type === 'renderer').map(({ size }) => size) };
  } catch {
    return null;
  }
}

/** A browser keeps a spare renderer, which is smaller than any that works. */
const largest = (sizes: readonly number[], count: number): number =>
  median([...sizes].sort((a, b) => b - a).slice(0, count));
