/**
 * The stored program. One cache holds the files of the build that runs and of the one that waits, each under its path and its digest, so
 * what both have is stored and fetched once:
 *
 *     /assets/index-Cw3x81bQ.js?sha256=…   a response as it came: its headers, the content security policy among them, are stored with it
 *     /?active                             the list of the build that was activated last
 *
 * A file is stored only if its bytes have the digest that this build was made with: a site that is being updated, or that changes what it
 * serves, never leaves a mixture. Files of the build before the active one go when the next build is stored, so the tabs that still run it
 * can load its parts until then.
 */
import { BUILD_LIST, readBuildList, SERVICE_WORKER, sha256 } from '../program/build-list.ts';
import { STORING_AT_ONCE } from '../limits.ts';
import type { PrecacheEntry } from './scope.ts';

export const CACHE_NAME = 'countersign-program';
const SHELL = 'index.html';
const ACTIVE = '/?active';

export interface PrecacheOptions {
  readonly entries: readonly PrecacheEntry[];
  readonly cache: () => Promise<Cache>;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly origin: string;
}

export interface Precache {
  /** Fetches what is not stored yet. Rejects when a file is not what this build was made of; a browser tries again by itself. */
  store(): Promise<void>;
  /**
   * Fetches again what the browser, a tool or a person has taken out of the cache since. Rejects when a file cannot be had as this build was
   * made with it, as when the site has a newer one; the rest is stored.
   */
  mend(): Promise<void>;
  /** This build is the one that runs from now on. */
  activate(): Promise<void>;
  /** The stored response; null: not one of ours, or gone from the cache. */
  answer(request: Request): Promise<Response | null>;
  /** Whether `answer` could have one: decided at once, so that everything else goes its usual way. */
  concerns(request: Request): boolean;
}

export function createPrecache({ entries, cache, fetch, origin }: PrecacheOptions): Precache {
  const own = new Map(entries.map((entry) => [`/${entry.url}`, entry.revision]));
  const shell = own.get(`/${SHELL}`);
  const keyOf = (path: string, revision: string): string => `${origin}${path}?sha256=${revision}`;
  /** The list of a build has no digest in itself: it goes by that of all that it lists. */
  const listKey = sha256(new TextEncoder().encode(JSON.stringify(entries))).then((digest) =>
    keyOf(`/${BUILD_LIST}`, digest),
  );

  async function keys(): Promise<Set<string>> {
    return new Set([...[...own].map(([path, revision]) => keyOf(path, revision)), await listKey]);
  }

  async function noteActive(stored: Cache): Promise<void> {
    await stored.put(origin + ACTIVE, new Response(JSON.stringify([...(await keys())])));
  }

  async function activeKeys(stored: Cache): Promise<readonly string[]> {
    const response = await stored.match(origin + ACTIVE);
    const list: unknown = response ? await response.json().catch(() => []) : [];
    return Array.isArray(list) ? list.map(String) : [];
  }

  async function fetchFile(path: string, revision: string): Promise<Response> {
    // Servers may answer /index.html with a redirection, which a browser takes for no page; / is the page itself.
    const url = origin + (path === `/${SHELL}` ? '/' : path);
    for (const mode of ['no-cache', 'reload'] as const) {
      // What is named by its content may come from the browser's own cache; it is checked like the rest.
      const from = mode === 'no-cache' && path.startsWith('/assets/') ? 'default' : mode;
      const response = await fetch(new Request(url, { cache: from, credentials: 'same-origin' }));
      if (!response.ok) throw new Error(`${path} was answered with ${response.status}.`);
      const bytes = await response.clone().arrayBuffer();
      if ((await sha256(new Uint8Array(bytes))) !== revision) continue;
      return response.redirected ? new Response(bytes, { headers: response.headers }) : response;
    }
    throw new Error(`${path} is not the file that this build was made with.`);
  }

  /** All that lack in `there`. `goOn`: what can be had is stored although another file cannot. */
  async function fetchMissing(stored: Cache, there: ReadonlySet<string>, goOn: boolean): Promise<void> {
    const missing = [...own].filter(([path, revision]) => !there.has(keyOf(path, revision)));
    const failures: unknown[] = [];
    const one = async (): Promise<void> => {
      for (let next = missing.shift(); next && (goOn || failures.length === 0); next = missing.shift()) {
        const [path, revision] = next;
        try {
          await stored.put(keyOf(path, revision), await fetchFile(path, revision));
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: STORING_AT_ONCE }, one));
    if (failures.length > 0) throw failures[0];
    // Last, when all that it lists is here.
    const key = await listKey;
    if (!there.has(key)) await stored.put(key, await fetchList());
  }

  async function fetchList(): Promise<Response> {
    const response = await fetch(new Request(`${origin}/${BUILD_LIST}`, { cache: 'no-cache' }));
    if (!response.ok) throw new Error(`${BUILD_LIST} was answered with ${response.status}.`);
    const list = await readBuildList(await response.clone().text());
    if (!list.ok) throw new Error(list.error.message);
    const files = list.value.files.filter((file) => file.path !== SERVICE_WORKER);
    const same = files.length === own.size && files.every((file) => own.get(`/${file.path}`) === file.sha256);
    if (!same) throw new Error(`${BUILD_LIST} lists another build.`);
    return response;
  }

  return {
    async store() {
      const stored = await cache();
      const wanted = await keys();
      const kept = new Set([...wanted, ...(await activeKeys(stored)), origin + ACTIVE]);
      const there = new Set<string>();
      for (const { url } of await stored.keys()) {
        if (kept.has(url)) there.add(url);
        else await stored.delete(url);
      }
      await fetchMissing(stored, there, false);
    },

    async mend() {
      const stored = await cache();
      // Without this list the next build would take these files for leftovers, under the tabs that run them.
      // One that is there may be a newer build's, which has taken over meanwhile.
      if ((await stored.match(origin + ACTIVE)) === undefined) await noteActive(stored);
      // What a newer build has stored beside this one stays.
      await fetchMissing(stored, new Set((await stored.keys()).map(({ url }) => url)), true);
    },

    async activate() {
      await noteActive(await cache());
    },

    concerns(request) {
      if (request.method !== 'GET' || new URL(request.url).origin !== origin) return false;
      const { pathname } = new URL(request.url);
      if (request.mode === 'navigate') return isPage(pathname);
      return own.has(pathname) || pathname === `/${BUILD_LIST}` || pathname.startsWith('/assets/');
    },

    async answer(request) {
      const stored = await cache();
      const { pathname } = new URL(request.url);
      const path = request.mode === 'navigate' && !own.has(pathname) ? `/${SHELL}` : pathname;
      const revision = path === `/${SHELL}` ? shell : own.get(path);
      const key = path === `/${BUILD_LIST}` ? await listKey : revision && keyOf(path, revision);
      const found = key && (await stored.match(key));
      if (found) return found;
      // A part of the build that a tab of before still runs: its name tells its content.
      if (path.startsWith('/assets/'))
        return (await stored.match(origin + path, { ignoreSearch: true })) ?? null;
      return null;
    },
  };
}

/** Paths that the server answers itself, whatever the app's own routes are. */
const SERVERS_OWN = /^\/(signal|health|metrics)(\/|$)/;

/** As the server has it: what has a suffix is a file, and everything else is a page of the app. */
export function isPage(pathname: string): boolean {
  if (SERVERS_OWN.test(pathname)) return false;
  return !/\.[^/]*$/.test(pathname) || pathname === `/${SHELL}`;
}
