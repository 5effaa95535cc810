/** The middleware in real browsers: four pages of another application, whose values belong to owners (examples/owner). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { build } from 'vite';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type {} from '../test/middleware/browser/page.ts';
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

type Policy = 'owner' | 'everything' | 'stalling';

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
  const sealed = await pages[0]!.evaluate((o) => window.app.sealNetwork(o), { draft, memberKeys });
  const members = pages.map((page, i) => ({ page, identity: made[i]!.identity }));
  for (const [i, { page, identity }] of members.entries()) {
    const { invitation, genesis } = sealed;
    const said = await page.evaluate(([o, p]) => window.app.open(o, p), [
      { identity, invitation, genesis },
      policies[i]!,
    ] as const);
    expect(said).toBe('open');
  }
  for (const { page } of members) await votesWith(page, policies.length);
  return { members, invitation: sealed.invitation };
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
    .poll(async () => (await carol.evaluate(() => window.app.status()))?.access.map(({ kind }) => kind))
    .toEqual(['refused']);
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
