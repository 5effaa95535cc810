import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { listOf } from '../../src/app/program/build-list.ts';
import { createPrecache, isPage, type Precache } from '../../src/app/service-worker/precache.ts';

const ORIGIN = 'https://app.example';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As much of a Cache as is used: by URL, without request headers. */
class Stored {
  readonly held = new Map<string, Response>();
  async match(key: string, { ignoreSearch = false } = {}): Promise<Response | undefined> {
    const bare = (url: string): string => url.replace(/\?.*$/, '');
    const found = ignoreSearch ? [...this.held.keys()].find((url) => bare(url) === bare(key)) : key;
    return found === undefined ? undefined : this.held.get(found)?.clone();
  }
  async put(key: string, response: Response): Promise<void> {
    this.held.set(key, response);
  }
  async keys(): Promise<readonly { url: string }[]> {
    return [...this.held.keys()].map((url) => ({ url }));
  }
  async delete(url: string): Promise<boolean> {
    return this.held.delete(url);
  }
}

type Files = Readonly<Record<string, string>>;

let stored: Stored;
/** What the site serves now. */
let site: Map<string, string>;
let asked: string[];
beforeEach(() => {
  stored = new Stored();
  site = new Map();
  asked = [];
});

async function publish(files: Files): Promise<void> {
  const listed = Object.entries(files).map(([path, text]) => ({
    path,
    bytes: text.length,
    sha256: hash(text),
  }));
  const list = await listOf('1', [...listed, { path: 'service-worker.js', bytes: 1, sha256: hash('sw') }]);
  site = new Map(Object.entries(files));
  site.set('build.json', JSON.stringify(list));
}

const precacheOf = (files: Files): Precache =>
  createPrecache({
    entries: Object.entries(files).map(([url, text]) => ({ url, revision: hash(text) })),
    cache: async () => stored as unknown as Cache,
    fetch: async (request) => {
      const path = new URL(request.url).pathname.slice(1) || 'index.html';
      asked.push(path);
      const text = site.get(path);
      if (text === undefined) return new Response('', { status: 404 });
      return new Response(text, { headers: { 'Content-Security-Policy': "default-src 'self'" } });
    },
    origin: ORIGIN,
  });

const get = (path: string, mode = 'cors'): Request =>
  ({ method: 'GET', url: ORIGIN + path, mode }) as unknown as Request;
const textOf = async (precache: Precache, path: string, mode?: string): Promise<string | undefined> =>
  (await precache.answer(get(path, mode)))?.text();

const ONE: Files = { 'index.html': 'page 1', 'assets/index-aaaaaaaa.js': 'script 1', 'icon.svg': 'icon' };
const TWO: Files = { 'index.html': 'page 2', 'assets/index-bbbbbbbb.js': 'script 2', 'icon.svg': 'icon' };
const THREE: Files = { 'index.html': 'page 3', 'assets/index-cccccccc.js': 'script 3', 'icon.svg': 'icon' };

describe('a stored build', () => {
  it('answers a page without its policy, or a route of the app not at all', async () => {
    await publish(ONE);
    const one = precacheOf(ONE);
    await one.store();
    for (const path of ['/', '/index.html', '/verify', `/n/${'a'.repeat(64)}/bench`]) {
      const response = await one.answer(get(path, 'navigate'));
      expect(response?.headers.get('content-security-policy'), path).toBe("default-src 'self'");
      expect(await response?.text()).toBe('page 1');
    }
    expect(await textOf(one, '/build.json')).toBe(site.get('build.json'));
    expect(await textOf(one, '/assets/absent-aaaaaaaa.js')).toBeUndefined();
  });

  it('mixes two builds when the site changes in the middle, or takes a file that somebody changed', async () => {
    await publish(ONE);
    site.set('assets/index-aaaaaaaa.js', 'script of somebody else');
    await expect(precacheOf(ONE).store()).rejects.toThrow('not the file that this build was made with');
    expect(await textOf(precacheOf(ONE), '/assets/index-aaaaaaaa.js')).toBeUndefined();
    // All files are right, and the list is that of another build.
    await publish(ONE);
    const list = site.get('build.json')!;
    await publish(TWO);
    site.set('build.json', list);
    await expect(precacheOf(TWO).store()).rejects.toThrow('another build');
  });

  it('takes the parts of the running build away while tabs run it, or fetches again what both have', async () => {
    await publish(ONE);
    const one = precacheOf(ONE);
    await one.store();
    await one.activate();
    await publish(TWO);
    asked = [];
    const two = precacheOf(TWO);
    await two.store();
    expect(asked.toSorted()).toEqual(['assets/index-bbbbbbbb.js', 'build.json', 'index.html']);
    expect(await textOf(one, '/', 'navigate')).toBe('page 1');
    await two.activate();
    // A tab of before, still open: its parts have names of their own.
    expect(await textOf(two, '/assets/index-aaaaaaaa.js')).toBe('script 1');
    expect(await textOf(two, '/', 'navigate')).toBe('page 2');
    await publish(THREE);
    await precacheOf(THREE).store();
    expect(await textOf(two, '/assets/index-aaaaaaaa.js')).toBeUndefined();
    expect(await textOf(two, '/assets/index-bbbbbbbb.js')).toBe('script 2');
  });

  it('stays without the files that a browser took out, or takes those of a newer build away as it mends', async () => {
    await publish(ONE);
    const one = precacheOf(ONE);
    await one.store();
    await one.activate();
    const whole = [...stored.held.keys()].sort();
    for (const taken of [...whole.map((key) => [key]), whole]) {
      for (const key of taken) stored.held.delete(key);
      await one.mend();
      expect([...stored.held.keys()].sort()).toEqual(whole);
    }
    asked = [];
    await one.mend();
    expect(asked).toEqual([]);
    // A newer build waits beside it: nothing of that goes, and what only the older one had cannot be had again.
    await publish(TWO);
    await precacheOf(TWO).store();
    const both = [...stored.held.keys()].sort();
    await one.mend();
    expect([...stored.held.keys()].sort()).toEqual(both);
    stored.held.delete(whole.find((key) => key.includes('index-aaaaaaaa'))!);
    stored.held.delete(whole.find((key) => key.includes('icon.svg'))!);
    await expect(one.mend()).rejects.toThrow('404');
    // One file that is gone for good keeps none of the others away.
    expect(await textOf(one, '/icon.svg')).toBe('icon');
    // The newer one has taken over, and the older one's mending comes late: the list of what runs stays the newer one's.
    await precacheOf(TWO).activate();
    await one.mend().catch(() => undefined);
    await publish(ONE);
    await precacheOf(ONE).store();
    expect(await textOf(precacheOf(TWO), '/assets/index-bbbbbbbb.js')).toBe('script 2');
  });

  it('stands between the app and signaling, other sites, or what is sent', async () => {
    const one = precacheOf(ONE);
    const concerns = (path: string, mode: string): boolean => one.concerns(get(path, mode));
    expect(
      ['/signal', '/health', '/metrics', '/ca.crt'].filter((path) => concerns(path, 'navigate')),
    ).toEqual([]);
    expect(['/signal', '/other.json', '/service-worker.js'].filter((path) => concerns(path, 'cors'))).toEqual(
      [],
    );
    expect(
      one.concerns({ ...get('/'), method: 'POST', url: `${ORIGIN}/`, mode: 'navigate' } as Request),
    ).toBe(false);
    expect(one.concerns({ method: 'GET', url: 'https://other.example/', mode: 'navigate' } as Request)).toBe(
      false,
    );
    expect(concerns('/icon.svg', 'no-cors')).toBe(true);
    expect(isPage('/healthy')).toBe(true);
  });
});
