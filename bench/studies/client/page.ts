/** What the study of the client runs inside the pages: see bench/page.ts on what such a function may use. */
import type { MemberEntry, NetworkState, WorkerApi } from '../../../src/worker/api.ts';

declare global {
  /** Milliseconds since the navigation began, once the awaited element is there. */
  var benchUsableAt: number | undefined;
}

/** Before the page's own scripts: notes when the element is there. */
export function watchFor(selector: string): void {
  const look = (): void => {
    if (globalThis.benchUsableAt !== undefined || document.querySelector(selector) === null) return;
    globalThis.benchUsableAt = performance.now();
    observer.disconnect();
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, attributes: true });
}

/** Milliseconds since the navigation began. */
export interface Started {
  /** The record is open: the app answers what it holds. */
  readonly opened: number;
  readonly voter: number | null;
  /** So many members are here, this one among them. */
  readonly linked: number | null;
}

/** `here`: members that are waited for; 0: nobody, and no right to vote. */
export async function started(input: { here: number; poll: number; patience: number }): Promise<Started> {
  const api = (): WorkerApi | undefined => (window as unknown as { countersign?: WorkerApi }).countersign;
  let opened: number | null = null;
  let voter: number | null = null;
  let linked: number | null = null;
  for (;;) {
    const state: NetworkState | null = (await api()?.state()) ?? null;
    const now = performance.now();
    if (state) {
      opened ??= now;
      if (state.standing.kind === 'voter') voter ??= now;
      if (state.here >= input.here) linked ??= now;
    }
    if (opened !== null && input.here === 0) return { opened, voter: null, linked: null };
    if (opened !== null && voter !== null && linked !== null) return { opened, voter, linked };
    if (now > input.patience)
      throw new Error(
        `The replica has not started: ${JSON.stringify({ opened, voter, linked, standing: state?.standing })}.`,
      );
    await new Promise((resolve) => setTimeout(resolve, input.poll));
  }
}

/** Bytes of the origin's databases, as the browser estimates them. */
export async function databaseBytes(): Promise<number> {
  const estimate: StorageEstimate & { readonly usageDetails?: { readonly indexedDB?: number } } =
    await navigator.storage.estimate();
  return estimate.usageDetails?.indexedDB ?? estimate.usage ?? 0;
}

export interface StoreSize {
  readonly store: string;
  readonly records: number;
  /** Of what is in them: bytes as they are, a character or a flag as one, a number as eight. The database's own frame is not in it. */
  readonly bytes: number;
}

/** What is in a replica's database, by object store. */
export async function storesIn(name: string): Promise<readonly StoreSize[]> {
  const sizeOf = (value: unknown): number => {
    if (value instanceof Uint8Array) return value.byteLength;
    if (typeof value === 'string') return value.length;
    if (typeof value === 'number') return 8;
    if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + sizeOf(one), 0);
    if (typeof value !== 'object' || value === null) return 1;
    return Object.entries(value).reduce((sum, [key, one]) => sum + key.length + sizeOf(one), 0);
  };
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(`${name} cannot be opened.`));
  });
  const sizes: StoreSize[] = [];
  for (const store of db.objectStoreNames) {
    const all = await new Promise<readonly unknown[]>((resolve, reject) => {
      const request = db.transaction(store).objectStore(store).getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(`${store} cannot be read.`));
    });
    sizes.push({ store, records: all.length, bytes: all.reduce((sum: number, one) => sum + sizeOf(one), 0) });
  }
  db.close();
  return sizes;
}

/** Makes a network of members that are all in this one browser, and gives their profiles. */
export async function makeHere(input: {
  members: readonly { id: string; name: string; organisation: string; role: string; gln: string }[];
  directory: object;
}): Promise<readonly string[]> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const draft = await api.newDraft('Benchmark');
  const profiles: string[] = [];
  const entries: MemberEntry[] = [];
  for (const member of input.members) {
    const made = await api.createMemberKey({ draft, ...member } as Parameters<
      WorkerApi['createMemberKey']
    >[0]);
    if (!made.ok) throw new Error(made.error.message);
    profiles.push(made.value.profile);
    const read = await api.readMemberKey(draft, made.value.key);
    if (!read.ok) throw new Error(read.error.message);
    entries.push(read.value);
  }
  const sealed = await api.sealGenesis({
    draft,
    members: entries,
    ...input.directory,
    signaling: [],
    demo: false,
  } as unknown as Parameters<WorkerApi['sealGenesis']>[0]);
  if (!sealed.ok) throw new Error(sealed.error.message);
  for (const profile of profiles) {
    const joined = await api.join({ ...sealed.value, profile } as Parameters<WorkerApi['join']>[0]);
    if (!joined.ok) throw new Error(joined.error.message);
  }
  return profiles;
}

/** Counts the browser's own long tasks (over 50 ms by the clock) from now on. */
export function watchLongTasks(): void {
  const found: number[] = [];
  (globalThis as unknown as { benchLongTasks: number[] }).benchLongTasks = found;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) found.push(duration);
  }).observe({ type: 'longtask' });
}

export const longTasksSeen = (): number[] =>
  (globalThis as unknown as { benchLongTasks: number[] }).benchLongTasks;
