/** The middleware in real browsers: four pages of another application, whose values belong to owners (examples/owner). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type { Policy } from '../test/middleware/browser/page.ts';
import { CONTEXT_OPTIONS, launchBrowser } from './browser.ts';

const KEY = 'title/42';
const [ALICE, BOB, MALLORY] = [11, 22, 33];

let folder: string;
let server: RunningServer;
let browser: Browser;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-middleware-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: new URL('../test/middleware/browser', import.meta.url).pathname,
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
    resolve: { tsconfigPaths: true },
  });
  server = await createServer({ port: 0, root: folder });
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Member {
  page: Page;
  readonly identity: string;
}

/** Keys, a genesis and four open replicas; `policies` by member. */
async function makeNetwork(policies: readonly Policy[]): Promise<{ members: Member[]; invitation: string }> {
  const pages: Page[] = [];
  for (let i = 0; i < policies.length; i++) pages.push(await newPage());
  const draft = await pages[0]!.evaluate(() => window.app.createDraft('Titles'));
  const made = await Promise.all(
    pages.map(async (page, i) => {
      const identity = await page.evaluate((o) => window.app.createIdentity(o), {
        draft,
        label: `Registry ${i}`,
      });
      if (!identity.ok) throw new Error(identity.error.message);
      return identity.value;
    }),
  );
  const memberKeys = made.map(({ memberKey }) => memberKey);
  const created = await pages[0]!.evaluate((o) => window.app.createNetwork(o), { draft, memberKeys });
  const members = pages.map((page, i) => ({ page, identity: made[i]!.identity }));
  for (const [i, { page, identity }] of members.entries()) {
    const { invitation, genesis } = created;
    const said = await page.evaluate(([o, p]) => window.app.open(o, p), [
      { identity, invitation, genesis },
      policies[i]!,
    ] as const);
    expect(said).toBe('open');
  }
  for (const { page } of members) await votesWith(page, policies.length);
  return { members, invitation: created.invitation };
}

async function newPage(): Promise<Page> {
  const context = await browser.newContext(CONTEXT_OPTIONS);
  const page = await context.newPage();
  await page.goto(server.url);
  return page;
}

async function votesWith(page: Page, here: number): Promise<void> {
  await expect
    .poll(async () => {
      const status = await page.evaluate(() => window.app.status());
      return status && `${status.standing.kind}, ${status.here} here`;
    })
    .toBe(`voter, ${here} here`);
}

const owner = (page: Page, seed: number): Promise<number[]> =>
  page.evaluate((s) => window.app.owner(s), seed);
const change = (page: Page, to: number[], content: string): ReturnType<Window['app']['change']> =>
  page.evaluate(([k, t, c]) => window.app.change(k, t, c), [KEY, to, content] as const);
const content = (page: Page): Promise<unknown> => page.evaluate((k) => window.app.content(k), KEY);
const heard = async (page: Page): Promise<string[]> =>
  (await page.evaluate(() => window.app.heard())).map(({ version, content: c }) => `${version} ${String(c)}`);

async function closeAll(members: readonly Member[]): Promise<void> {
  for (const { page } of members) await page.context().close();
}

test('a value changes with its owner’s signature only, and passes from owner to owner', async () => {
  const { members } = await makeNetwork(['owner', 'owner', 'owner', 'everything']);
  const [alice, bob, carol, mallory] = members.map(({ page }) => page) as [Page, Page, Page, Page];
  const aliceKey = await owner(alice, ALICE);
  const bobKey = await owner(bob, BOB);
  const malloryKey = await owner(mallory, MALLORY);

  const first = await change(alice, aliceKey, 'a field');
  expect(first).toMatchObject({ ok: true, version: 1 });
  expect(first.signers).toBeGreaterThanOrEqual(3);
  for (const { page } of members) await expect.poll(() => content(page)).toBe('a field');

  // Bob does not own it: his own replica says so, and nothing was proposed.
  expect(await change(bob, bobKey, 'mine now')).toMatchObject({ error: 'refused', rule: 'access-control' });

  // Mallory's replica votes for everything, its own forgery too; no other does.
  expect(await change(mallory, malloryKey, 'forged')).toMatchObject({
    error: 'refused',
    rule: 'access-control',
  });
  await expect
    .poll(async () => (await carol.evaluate(() => window.app.status()))?.access)
    .toContainEqual(expect.objectContaining({ version: 2, kind: 'refused' }));
  expect(await content(carol)).toBe('a field');

  // The owner passes it on; from then on only the new owner changes it.
  expect(await change(alice, bobKey, 'sold')).toMatchObject({ ok: true, version: 2 });
  await expect.poll(() => content(bob)).toBe('sold');
  expect(await change(alice, aliceKey, 'back to me')).toMatchObject({
    error: 'refused',
    rule: 'access-control',
  });
  expect(await change(bob, bobKey, 'a garden')).toMatchObject({ ok: true, version: 3 });
  expect(await bob.evaluate((k) => window.app.delete(k), KEY)).toMatchObject({ error: 'refused' });

  for (const { page } of members) {
    await expect.poll(() => heard(page)).toEqual(['1 a field', '2 sold', '3 a garden']);
    await expect.poll(() => page.evaluate((k) => window.app.certificateForms(k), KEY)).toEqual(['aggregate']);
  }
  await closeAll(members);
});

test('a second tab shares the replica, takes it over when the first is closed, and misses no change', async () => {
  const { members } = await makeNetwork(['owner', 'owner', 'owner', 'owner']);
  const [alice, bob] = members as [Member, Member, Member, Member];
  const aliceKey = await owner(alice.page, ALICE);
  const bobKey = await owner(bob.page, BOB);
  expect(await change(alice.page, aliceKey, 'one')).toMatchObject({ ok: true, version: 1 });

  const second = await alice.page.context().newPage();
  await second.goto(server.url);
  const { identity } = alice;
  expect(await second.evaluate((o) => window.app.open(o), { identity })).toBe('open');
  const modes = async (): Promise<unknown[]> => [
    (await alice.page.evaluate(() => window.app.status()))?.mode,
    (await second.evaluate(() => window.app.status()))?.mode,
  ];
  // Whichever is visible holds it; the other is its view.
  await expect.poll(async () => (await modes()).sort()).toEqual(['replica', 'view']);
  await votesWith(second, 4);

  // Whoever holds it answers for both.
  expect(await second.evaluate(() => window.app.inspect())).toMatchObject({ standing: 'voter', n: 4, q: 3 });
  expect(await alice.page.evaluate(() => window.app.inspect())).toMatchObject({
    standing: 'voter',
    n: 4,
    q: 3,
  });

  await owner(second, ALICE);
  expect(await content(second)).toBe('one');
  expect(await change(second, aliceKey, 'two')).toMatchObject({ ok: true, version: 2 });
  await expect.poll(() => heard(second)).toEqual(['2 two']);
  await expect.poll(() => heard(alice.page)).toEqual(['1 one', '2 two']);
  expect(await change(alice.page, bobKey, 'three')).toMatchObject({ ok: true, version: 3 });
  await expect.poll(() => heard(second)).toEqual(['2 two', '3 three']);

  await alice.page.close();
  await expect.poll(async () => (await second.evaluate(() => window.app.status()))?.mode).toBe('replica');
  await votesWith(second, 4);
  expect(await change(bob.page, bobKey, 'four')).toMatchObject({ ok: true, version: 4 });
  await expect.poll(() => heard(second)).toEqual(['2 two', '3 three', '4 four']);

  // A reload opens the network again with the identity alone.
  await second.reload();
  expect(await second.evaluate((o) => window.app.open(o), { identity })).toBe('open');
  await votesWith(second, 4);
  expect(await content(second)).toBe('four');
  expect(await heard(second)).toEqual([]);
  await second.evaluate(() => window.app.close());
  expect(await change(bob.page, bobKey, 'five')).toMatchObject({ ok: true, version: 5 });
  alice.page = second;
  await closeAll(members);
});

test('a callback that takes too long abstains and votes later; another version of it is not let in', async () => {
  const { members } = await makeNetwork(['owner', 'owner', 'stalling', 'stalling']);
  const [alice, , carol, dave] = members.map(({ page }) => page) as [Page, Page, Page, Page];
  const aliceKey = await owner(alice, ALICE);
  const asked = change(alice, aliceKey, 'slow');
  for (const page of [carol, dave]) {
    await expect
      .poll(async () => (await page.evaluate(() => window.app.status()))?.access[0]?.kind)
      .toBe('slow');
  }
  expect(await content(alice)).toBe(null);
  await carol.evaluate(() => window.app.goOn());
  expect(await asked).toMatchObject({ ok: true, version: 1 });

  const { identity } = members[3]!;
  await dave.reload();
  expect(await dave.evaluate((o) => window.app.open(o), { identity, rules: 2 })).toBe('rules-differ');
  await closeAll(members);
});

test('a proof made in one browser is proof to the callbacks of the others, and to somebody without a network', async () => {
  const { members } = await makeNetwork(['vouchers', 'vouchers', 'vouchers', 'vouchers']);
  const [alice, bob, carol] = members.map(({ page }) => page) as [Page, Page, Page];
  for (const page of [alice, carol]) await page.evaluate(() => window.app.follow('spent/'));
  const issued = await alice.evaluate(() => window.app.set('issued/1', 'a loaf'));
  expect(issued).toMatchObject({ ok: true, version: 1 });
  expect(await alice.evaluate(() => window.app.set('issued/2', 'a cake'))).toMatchObject({ ok: true });

  const given = await alice.evaluate(() => window.app.prove('issued/1'));
  const word = await carol.evaluate((digest) => window.app.vouch('1', digest), issued.digest!);
  const spend = (voucher: string, proof: number[], by = word) =>
    bob.evaluate(([v, p, w]) => window.app.spend(v, p, w), [voucher, proof, by] as const);
  const refused = { error: 'refused', rule: 'access-control' };
  const otherDigest = await carol.evaluate(() => window.app.vouch('1', 'a'.repeat(64)));
  expect(await spend('1', given.proof, otherDigest)).toMatchObject(refused);
  expect(await spend('2', given.proof)).toMatchObject(refused);
  // The f of the loaf.
  const at = given.proof.lastIndexOf(0x66);
  const tampered = given.proof.map((byte, i) => (i === at ? byte ^ 1 : byte));
  expect(await spend('1', tampered)).toMatchObject(refused);
  expect(await spend('1', given.proof)).toMatchObject({ ok: true, version: 1 });

  // Somebody's own browser, with no identity and no network.
  const stranger = await newPage();
  const check = (over: object = {}) =>
    stranger.evaluate((what) => window.app.check(what), { ...given, ...over });
  expect(await check()).toEqual({
    key: 'issued/1',
    version: 1,
    value: 'a loaf',
    epoch: 0,
    signers: expect.any(Number),
  });
  expect(await check({ proof: tampered })).toBe('value-wrong');
  expect(await check({ network: 'a'.repeat(64) })).toBe('genesis-wrong');

  for (const page of [alice, carol]) {
    await expect.poll(() => page.evaluate(() => window.app.followed())).toEqual(['spent/1 1']);
    await page.evaluate(() => window.app.unfollow());
    await expect.poll(() => page.evaluate(() => window.app.followed())).toEqual(['spent/1 1', 'end']);
    await expect
      .poll(() => page.evaluate(() => window.app.keys('issued/')))
      .toEqual(['issued/1', 'issued/2']);
  }
  await stranger.context().close();
  await closeAll(members);
});

test('callbacks that throw leave no quorum, and the proposer and everybody else are told why', async () => {
  const { members } = await makeNetwork(['everything', 'everything', 'throwing', 'throwing']);
  const [alice, bob, carol] = members.map(({ page }) => page) as [Page, Page, Page];
  await alice.evaluate(() => window.app.propose('bread', 'dear'));
  expect(await alice.evaluate(() => window.app.proposed())).toMatchObject({
    type: 'refused',
    message: expect.stringContaining('TypeError: the price of bread is unknown'),
  });
  await expect
    .poll(() => bob.evaluate(() => window.app.voting('bread')))
    .toMatchObject({
      needed: 3,
      refusing: 2,
      blocked: expect.stringContaining('the price of bread is unknown'),
      said: [
        { label: 'Registry 2', kind: 'refuses' },
        { label: 'Registry 3', kind: 'refuses' },
      ],
    });
  await expect
    .poll(async () => (await carol.evaluate(() => window.app.status()))?.access)
    .toContainEqual(expect.objectContaining({ key: 'bread', version: 1, kind: 'threw' }));
  expect(await alice.evaluate(() => window.app.keys(''))).toEqual([]);
  await closeAll(members);
});

test('where one callback hangs and another disagrees, nothing is decided, and who has not said yes is shown', async () => {
  const { members } = await makeNetwork(['everything', 'everything', 'stalling', 'throwing']);
  const [alice, bob, carol] = members.map(({ page }) => page) as [Page, Page, Page];
  await alice.evaluate(() => window.app.propose('bread', 'dear'));
  for (const page of [alice, bob]) {
    await expect
      .poll(() => page.evaluate(() => window.app.voting('bread')))
      .toMatchObject({
        needed: 3,
        inFavour: 2,
        refusing: 1,
        abstaining: 1,
        silent: 0,
        away: 0,
        blocked: null,
        said: [
          { label: 'Registry 3', kind: 'refuses', message: expect.stringContaining('the price of bread') },
          { label: 'Registry 2', kind: 'abstains', message: expect.stringContaining('took longer than') },
        ],
      });
  }
  await expect
    .poll(async () => (await carol.evaluate(() => window.app.status()))?.access[0]?.kind)
    .toBe('slow');
  expect(await alice.evaluate(() => window.app.keys(''))).toEqual([]);
  await closeAll(members);
});
