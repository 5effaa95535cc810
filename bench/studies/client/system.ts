/** What the system says of processes and folders (Linux). */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Proportional set size in MiB, from the text of `smaps_rollup`: a page of memory that k processes share counts as 1/k in each. Null where it is not said. */
export function pssOf(text: string): number | null {
  const found = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return found === undefined ? null : Number(found) / 1024;
}

/** Processor time so far, milliseconds, from the text of `/proc/<pid>/stat`. Null where it is another text. */
export function processorOf(text: string): number | null {
  // The name in parentheses may hold spaces and parentheses itself; the fields after it are counted from the state, which is the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isInteger(user) && Number.isInteger(system) && fields.length > 12
    ? (user + system) * TICK_MS
    : null;
}

/** USER_HZ is 100 on every Linux of our architectures. */
const TICK_MS = 10;

/** Of all these processes together, MiB. @throws where the system does not tell. */
export async function memoryOf(processes: readonly number[]): Promise<number> {
  let sum = 0;
  for (const id of processes) {
    const size = pssOf(await readFile(`/proc/${id}/smaps_rollup`, 'utf8'));
    if (size === null) throw new Error(`The system does not tell the memory of process ${id}.`);
    sum += size;
  }
  return sum;
}

/** The same by kind of process (renderer, GPU …). @throws where the system does not tell. */
export async function memoryByKind(
  processes: readonly { readonly id: number; readonly type: string }[],
): Promise<Readonly<Record<string, number>>> {
  const sums: Record<string, number> = {};
  for (const { id, type } of processes) sums[type] = (sums[type] ?? 0) + (await memoryOf([id]));
  return sums;
}

/** Of each process so far, milliseconds. One that has ended is not among them. */
export async function processorTimes(processes: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>();
  for (const id of processes) {
    const ms = processorOf(await readFile(`/proc/${id}/stat`, 'utf8').catch(() => ''));
    if (ms !== null) times.set(id, ms);
  }
  return times;
}

/** Of the processes that were there both times: what one took that has ended since is not known. */
export function usedBetween(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [id, ms] of after) sum += ms - (before.get(id) ?? ms);
  return sum;
}

/** Bytes of all files below. A file that goes while it is looked at counts nothing: databases rewrite theirs. */
export async function bytesBelow(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    sum += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}
