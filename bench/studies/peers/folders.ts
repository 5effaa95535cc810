/** Folders that go away with the study, or with the process when that ends between two of its steps. */
import { existsSync, rmSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEERS_MEMORY_BYTES } from '../../limits.ts';

const made = new Set<string>();
process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export async function temporaryFolder(name: string, base = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(base, `countersign-bench-${name}-`));
  made.add(folder);
  return folder;
}

/** One that somebody else has made and would remove, too. */
export function adopt(folder: string): void {
  made.add(folder);
}

export async function removed(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  made.delete(folder);
}

/** Linux's file system in memory. */
const MEMORY = '/dev/shm';

/** A folder whose files are in memory; null where there is none with room. */
export function memoryFolder(): string | null {
  if (!existsSync(MEMORY)) return null;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= PEERS_MEMORY_BYTES ? MEMORY : null;
}
