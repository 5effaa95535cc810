/** `countersign/testing`, on the smallest application (test/testing/application): each fault does what it says, to real packets of real browsers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccessReport, NetworkStatus } from 'countersign';
import { expect, test, type Member } from 'countersign/testing';
import { build } from 'vite';
import { endClusters } from '../testing/ending.ts';
import { votesOf } from './signed.ts';
import { serveStatically } from './static-server.ts';

type Four = readonly [Member, Member, Member, Member];

const HOUR = 3_600_000;
/** That a time is ahead of this process; never -0. */
const hours = (time: number): number => Math.round((time - Date.now()) / HOUR) + 0;

let site: string;
const path = ({ identity }: { readonly identity: string }): string => `/#${identity}`;

test.beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), 'countersign-application-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../test/testing/application', import.meta.url)),
    resolve: { tsconfigPaths: true },
    build: {
      outDir: site,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
    },
    worker: { format: 'es' },
  });
});

test.afterAll(async () => {
  await rm(site, { recursive: true, force: true });
});

test('what one member sets all members read, as what it was', async ({ cluster }) => {
  const made = await cluster({ site, path });
  await made.linked();
  const [a, b, c, d] = made.members as Four;
  const value = {
    bytes: Uint8Array.of(0, 255, 7),
    points: 2n ** 70n,
    at: new Date(Date.UTC(2026, 0, 31)),
    of: new Map([['bakery', new Set([1, 2])]]),
    nothing: undefined,
    list: [null, -1.5, 'ünïcode \u0000', true],
  };
  expect(await a.network.set('everything', value)).toMatchObject({ ok: true, value: { version: 1 } });
  const { version, digest } = await made.agree('everything');
  expect(version).toBe(1);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  for (const member of made.members) expect(await member.network.get('everything')).toEqual(value);
  expect(await b.network.delete('everything')).toMatchObject({ ok: true, value: { version: 2 } });
  await made.agree('everything', { version: 2 });
  expect(await c.network.get('everything')).toBe(undefined);
  expect(await d.network.entries({ prefix: '' })).toEqual([]);
});

test('one that is cut off misses what three decide, and learns it when the cut is healed', async ({
  cluster,
}) => {
  const made = await cluster({ site, path, labels: ['Bakery', 'Butcher', 'Florist', 'Grocer'] });
  await made.linked();
  const [a, b, c, d] = made.members as Four;
  made.cut(a);
  await made.linked([b, c, d]);
  await made.linked([a]);
  await a.waitFor(
    (status) => status.transport.signaling.every(({ state }) => state !== 'open'),
    'no signaling',
  );
  expect(await b.network.set('notice', 'without the bakery')).toMatchObject({ ok: true });
  await made.agree('notice', { members: [b, c, d] });
  expect(await a.network.get('notice')).toBe(undefined);
  expect(made.traffic(a, b).lost).toBeGreaterThan(0);
  expect(made.traffic(b, c).lost).toBe(0);
  made.heal();
  await made.agree('notice');
  await made.linked();
  expect((await a.network.members()).map(({ id, label }) => `${id} ${label}`)).toEqual(
    made.members.map(({ id, label }) => `${id} ${label}`),
  );
});

test('two against two decide nothing, and decide once they are healed', async ({ cluster }) => {
  const made = await cluster({ site, path });
  await made.linked();
  const [a, b, c, d] = made.members as Four;
  made.part([a, b], [c, d]);
  await made.linked([a, b]);
  await made.linked([c, d]);
  const set = a.network.set('notice', 'two against two');
  await b.waitFor(({ voting }) => voting.some(({ key }) => key === 'notice'), 'the vote');
  await a.waitFor(({ pending }) => pending === 1, 'its own set to be pending');
  for (const member of made.members)
    expect(await member.network.read('notice')).toEqual({ ok: true, value: null });
  made.heal();
  expect(await set).toMatchObject({ ok: true, value: { version: 1 } });
  await made.agree('notice');
});

test('a link that is made while signaling is gone does not go around a cut', async ({ cluster }) => {
  const made = await cluster({ site, path });
  await made.linked();
  const [a, b] = made.members as Four;
  const sees = (member: Member, here: number): Promise<unknown> =>
    member.waitFor((status) => status.here === here, `${here} to be here`);
  made.cut(a, b);
  made.cutSignaling();
  await Promise.all([sees(a, 3), sees(b, 3)]);
  await a.waitFor(
    (status) => status.transport.signaling.every(({ state }) => state !== 'open'),
    'no signaling',
  );
  const before = made.traffic(a, b).passed;
  // From here on only the other two can introduce them to each other: what they say passes no server.
  made.heal();
  made.cutSignaling();
  await Promise.all([sees(a, 4), sees(b, 4)]);
  expect(made.traffic(a, b).passed).toBeGreaterThan(before);
  made.cut(a, b);
  await Promise.all([sees(a, 3), sees(b, 3)]);
});

test('slow and lossy ways are slow and lossy, and the members still decide', async ({ cluster }) => {
  const made = await cluster({ site, path });
  await made.linked();
  const [a, b, c, d] = made.members as Four;
  made.slow(a, { delay: 60, jitter: 20, loss: 0.05 });
  made.slow(b, c, { delay: 5 });
  expect(await a.network.set('notice', 'from afar')).toMatchObject({ ok: true });
  await made.agree('notice');
  // There and back.
  await a.waitFor(({ transport }) => transport.peers.every(({ rttMs }) => (rttMs ?? 0) > 100), 'long ways');
  expect(made.traffic(a, d).delayed).toBeGreaterThan(0);
  expect(made.traffic(b, c).delayed).toBeGreaterThan(0);
  expect(made.traffic(c, d).delayed).toBe(0);
  // One packet of twenty: so many are sent until one is.
  const lost = async (): Promise<number> => {
    expect(await a.network.set('notice', 'from afar, again')).toMatchObject({ ok: true });
    return made.traffic(a).lost;
  };
  await expect.poll(lost).toBeGreaterThan(0);
});

test('a member that is killed in the middle of a set stands by its vote when it comes back', async ({
  cluster,
}) => {
  const made = await cluster({ site, path });
  await made.linked();
  const [a, b, c, d] = made.members as Four;
  made.cut(a);
  await made.linked([a]);
  await made.linked([b, c, d]);
  const answered = a.network.set('notice', 'before the crash').catch(() => 'no answer');
  await a.waitFor(({ voting }) => voting.some(({ key }) => key === 'notice'), 'its own vote');
  // That it votes is shown before the vote is written, and nothing has left until then.
  await expect.poll(() => votesOf(a.page, a.identity), { message: 'its own vote, written' }).not.toEqual([]);
  // A page that is closed says goodbye; one that is killed does not.
  await a.page.evaluate(() => addEventListener('pagehide', () => localStorage.setItem('said', 'goodbye')));
  await a.kill();
  expect(a.isUp).toBe(false);
  expect(await answered).toBe('no answer');
  expect(() => a.page).toThrow('down');
  made.heal();
  await a.start();
  expect(await a.page.evaluate(() => localStorage.getItem('said'))).toBe(null);
  // Nobody sets it again: it is its stored vote that the others hear of.
  await made.agree('notice');
  expect(await d.network.get('notice')).toBe('before the crash');
  await made.linked();
  expect(await b.network.set('notice', 'after the crash')).toMatchObject({ ok: true, value: { version: 2 } });
  await made.agree('notice', { version: 2 });
  for (const member of made.members) expect(await member.network.evidence()).toEqual([]);
});

test('a clock that is a day ahead is so in page and workers, from their first line on, and disturbs nobody', async ({
  cluster,
}) => {
  const made = await cluster({ site, path });
  await made.linked();
  const [a, b] = made.members as Four;
  /** What the page and each of its workers read, hours ahead of this process. */
  const ahead = async (): Promise<readonly number[]> => {
    const read = (): readonly number[] => [
      Date.now(),
      new Date().getTime(),
      performance.timeOrigin + performance.now(),
    ];
    const all = await Promise.all([
      a.page.evaluate(read),
      ...a.page.workers().map((worker) => worker.evaluate(read)),
    ]);
    return all.flat().map(hours);
  };
  /** When its replica says that its callback refused this. */
  const refused = async (key: string): Promise<number> => {
    expect(await a.network.set(key, 1)).toMatchObject({ ok: false, error: { type: 'refused' } });
    const report = ({ access }: NetworkStatus): AccessReport | undefined =>
      access.find((one) => one.key === key);
    const status = await a.waitFor((now) => report(now) !== undefined, 'the report of a refusal');
    return hours(report(status)?.at ?? 0);
  };
  await expect.poll(() => a.page.workers().length).toBe(2);
  expect(await ahead()).toEqual(Array<number>(9).fill(0));
  expect(await refused('forbidden/1')).toBe(0);

  await a.clock.skew(24 * HOUR);
  expect(await ahead()).toEqual(Array<number>(9).fill(24));
  expect(await a.network.set('notice', 'from tomorrow')).toMatchObject({ ok: true });
  await made.agree('notice');

  await a.stop();
  await a.start();
  await made.linked();
  await expect.poll(() => a.page.workers().length).toBe(2);
  expect(await ahead()).toEqual(Array<number>(9).fill(24));
  // The replica tells the time by itself, and the other worker told it before its program had run to the end.
  expect(await refused('forbidden/2')).toBe(24);
  const began = Number(await a.page.locator('#began').textContent());
  expect(hours(began)).toBe(24);
  expect(await b.network.set('notice', 'from today')).toMatchObject({ ok: true });
  await made.agree('notice', { version: 2 });

  await a.clock.reset();
  expect(await ahead()).toEqual(Array<number>(9).fill(0));
});

test('the application of a server that runs already can be tested as well', async ({ cluster }) => {
  const served = await serveStatically(site);
  try {
    const made = await cluster({ url: served.url, path, members: 2 });
    expect(made.origin).toBe(served.url);
    await made.linked();
    const [a, b] = made.members as Four;
    expect(await a.network.set('notice', 'elsewhere')).toMatchObject({ ok: true });
    await made.agree('notice');
    await expect(b.page.locator('#standing')).toHaveText('2 here');
  } finally {
    await served.close();
  }
});

test('a failure’s report names every member, and a page that complains is told of', async ({ cluster }) => {
  const made = await cluster({ site, path, members: 2 });
  await made.linked();
  const [a, b] = made.members as Four;
  await a.page.evaluate(() => reportError(new Error('a broken page')));
  await b.page.evaluate(() => void (document.body.innerHTML = '<img src="https://example.org/a.png">'));
  await expect.poll(() => made.complaints.length).toBe(2);
  expect([...made.complaints].sort()[0]).toContain('a broken page');
  expect([...made.complaints].sort()[1]).toContain('example.org');
  await b.stop();
  const report = await made.describe();
  expect(report).toContain(`Member 1 (member-1), ${made.origin}/`);
  expect(report).toContain('Member 2 (member-2), down');
  expect(report).toMatch(/Member 1 and Member 2: [1-9]\d* packets/);
  made.forgive(/a broken page/);
  made.forgive(/example\.org/);
  expect(made.complaints).toEqual([]);
});

test('a test whose pages complain fails', async ({ cluster }) => {
  const made = await cluster({ site, path, members: 1 });
  await made.members[0]!.page.evaluate(() => reportError(new Error('unforgiven')));
  await expect.poll(() => made.complaints).toEqual([expect.stringContaining('unforgiven')]);
  const info = { status: 'passed', attach: () => Promise.resolve() } as const;
  await expect(endClusters([made], info)).rejects.toThrow(/in the pages:\nMember 1: .*unforgiven/);
  // Only here: what fails above fails for another reason. What is left is the test's own end, which does the same once more.
  test.fail();
});
