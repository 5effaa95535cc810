/**
 * The loyalty points of a street (examples/loyalty) in real browsers, by its own pages: seven stalls and two customers, each with a browser
 * context of its own. What the stalls hold in the end is read from each one's record, not from the pages' words.
 */
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from '@playwright/test';
import { build } from 'vite';
import { expect, test, type Cluster, type Member } from 'countersign/testing';
import { RULES_VERSION } from '../examples/loyalty/points/index.ts';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import { axeFindings } from './axe.ts';
import { CONTEXT_OPTIONS, WITH_SERVICE_WORKER } from './browser.ts';
import { expectFits } from './layout.ts';

const STALLS = ['Bakery', 'Greens', 'Cheese', 'Flowers', 'Fish', 'Books', 'Coffee'] as const;
const PHONE = { width: 360, height: 740 };
/** Folder for pictures of every screen, for whoever wants to look at them. */
const SHOTS = process.env.COUNTERSIGN_SHOTS;

let site: string;
let server: RunningServer;

test.beforeAll(async () => {
  // A folder that is built already, while tests are written.
  const built = process.env.COUNTERSIGN_LOYALTY_DIST;
  site = built ?? (await mkdtemp(join(tmpdir(), 'countersign-loyalty-')));
  if (built === undefined) {
    process.once('exit', () => rmSync(site, { recursive: true, force: true }));
    await build({
      configFile: fileURLToPath(new URL('../examples/loyalty/vite.config.ts', import.meta.url)),
      logLevel: 'error',
      build: { outDir: site, emptyOutDir: true },
    });
  } else if (!existsSync(join(built, 'index.html'))) throw new Error(`Nothing is built in ${built}.`);
  server = await createServer({ port: 0, host: '127.0.0.1', root: site });
  if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
});

test.afterAll(() => server?.close());

// ---- what a person does ----

/** Text of a code on the screen: what its picture says. */
const shown = (page: Page | Locator, label: string | RegExp): Promise<string> =>
  page.getByRole('region', { name: label }).getByTestId('code-text').inputValue();

async function paste(page: Page, text: string): Promise<void> {
  const scanner = page.getByTestId('scanner').last();
  await scanner.getByRole('textbox').fill(text);
  await scanner.getByRole('button', { name: 'Use this text' }).click();
}

const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name, exact: typeof name === 'string' }).click();

/** The operation on the screen is in this state. */
const state = (page: Page, wanted: 'pending' | 'certified' | 'lost' | 'failed'): Promise<void> =>
  expect(page.getByTestId('operation')).toHaveAttribute('data-state', wanted);

const done = (page: Page): Promise<void> => press(page, 'Done');

/** At a stall: whose points it is about. */
async function forCustomer(page: Page, task: string, code: string): Promise<void> {
  await press(page, task);
  await paste(page, code);
}

async function give(page: Page, code: string, amount: number): Promise<void> {
  await forCustomer(page, 'Give points', code);
  await page.getByLabel('How many?').fill(String(amount));
  await press(page, 'Give');
}

/** At a stall: asks for points; gives the request as text. */
async function askFor(page: Page, code: string, amount: number): Promise<string> {
  await forCustomer(page, 'Take points', code);
  await page.getByLabel('How many?').fill(String(amount));
  await press(page, 'Ask the customer');
  return shown(page, 'Request');
}

/** On a phone: reads what is asked, signs, and gives the answer as text. */
async function signs(
  phone: Page,
  request: string,
  reads?: (asked: Locator) => Promise<void>,
): Promise<string> {
  await press(phone, 'Scan a stall’s screen');
  await paste(phone, request);
  await reads?.(phone.getByTestId('asked'));
  await press(phone, 'Sign');
  const answer = await shown(phone, 'Answer');
  await done(phone);
  return answer;
}

/** Every receipt that the stall shows goes to the phone. */
async function receipts(stall: Page, phone: Page): Promise<number> {
  const codes = stall.getByRole('region', { name: 'Receipts' }).getByTestId('code-text');
  await expect(codes.first()).toBeAttached();
  const texts = await codes.evaluateAll((all) => all.map((one) => (one as HTMLTextAreaElement).value));
  for (const text of texts) {
    await press(phone, 'Scan a stall’s screen');
    await paste(phone, text);
    await expect(phone.getByTestId('said')).toContainText('genuine');
  }
  return texts.length;
}

const has = (phone: Page, words: string): Promise<void> =>
  expect(phone.getByTestId('total')).toHaveText(words);

/** The page as it is: without barriers, and nothing cut at 360 px, in the light and in the dark. */
async function looked(page: Page, name: string): Promise<void> {
  expect.soft(await axeFindings(page), `${name}: axe`).toEqual([]);
  await expectFits(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect.soft(await axeFindings(page, 'colours'), `${name}, dark: axe`).toEqual([]);
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-dark.png`), fullPage: true });
  await page.emulateMedia({ colorScheme: 'light' });
  if (SHOTS === undefined) return;
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.screenshot({ path: join(SHOTS, `${name}-desktop.png`), fullPage: true });
  await page.setViewportSize(PHONE);
}

/** The same street's card, with the names of Bakery and Coffee exchanged. */
function withOtherNames(card: string): string {
  const mark = 'LPSTREET.';
  const read = JSON.parse(Buffer.from(card.slice(mark.length), 'base64url').toString()) as {
    stalls: { id: string; label: string }[];
  };
  const exchanged: Readonly<Record<string, string>> = { Bakery: 'Coffee', Coffee: 'Bakery' };
  for (const stall of read.stalls) stall.label = exchanged[stall.label] ?? stall.label;
  return mark + Buffer.from(JSON.stringify(read)).toString('base64url');
}

// ---- what the records say ----

interface Ledger {
  /** Live points by issuer and owner, in words of the labels: `Bakery > customer …`. */
  readonly live: Readonly<Record<string, number>>;
  /** By issuer: issued less retired. */
  readonly outstanding: Readonly<Record<string, number>>;
}

/** From the raw values of one stall's record, by the meaning that docs/loyalty.md gives them, and by none of the pages' code. */
async function ledgerOf(member: Member): Promise<Ledger> {
  const live: Record<string, number> = {};
  const outstanding: Record<string, number> = {};
  for (const { key, value } of await member.network.entries({ prefix: 'account/' })) {
    const { issued, retired } = value as unknown as { issued: number; retired: number };
    outstanding[key.slice('account/'.length)] = issued - retired;
  }
  for (const { value } of await member.network.entries({ prefix: 'points/' })) {
    const group = value as unknown as {
      issuer: string;
      amount: number;
      owner: string;
      move: { kind: string };
    };
    // Split, or taken in by a merge or a retirement: counted elsewhere.
    if (['split', 'locked', 'retired'].includes(group.move.kind)) continue;
    const name = `${group.issuer} > ${group.owner}`;
    live[name] = (live[name] ?? 0) + group.amount;
  }
  return { live, outstanding };
}

const sumOf = (live: Ledger['live'], issuer: string): number =>
  Object.entries(live).reduce(
    (sum, [name, amount]) => sum + (name.startsWith(`${issuer} > `) ? amount : 0),
    0,
  );

/** All seven hold the same, and of each issuer there are as many points as it has issued and not taken back. */
async function conserved(cluster: Cluster): Promise<Ledger> {
  let ledgers: Ledger[] = [];
  await expect
    .poll(
      async () => {
        ledgers = [];
        for (const member of cluster.up) ledgers.push(await ledgerOf(member));
        const sorted = ledgers.map((one) =>
          JSON.stringify([Object.entries(one.live).sort(), Object.entries(one.outstanding).sort()]),
        );
        return new Set(sorted).size;
      },
      { message: 'different records', timeout: 60_000 },
    )
    .toBe(1);
  const [ledger] = ledgers;
  if (ledger === undefined) throw new Error('No stall is open.');
  for (const [issuer, amount] of Object.entries(ledger.outstanding))
    expect(sumOf(ledger.live, issuer), `points of ${issuer}`).toBe(amount);
  return ledger;
}

/** Every page says so. Seven browsers that become a mesh take a while on a busy machine. */
async function health(pages: readonly Page[], words: string): Promise<void> {
  for (const page of pages)
    await expect(page.getByTestId('health')).toContainText(words, { timeout: 240_000 });
}

interface Customer {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Text of its code. */
  readonly code: string;
  /** As the record names it. */
  owner: string;
}

async function customer(browser: Browser, origin: string): Promise<Customer> {
  const context = await browser.newContext({ ...WITH_SERVICE_WORKER, viewport: PHONE });
  const page = await context.newPage();
  await page.goto(`${origin}/customer.html`);
  await press(page, 'Show my code');
  const code = await shown(page, 'My code');
  await press(page, 'Back');
  return { context, page, code, owner: '' };
}

test('seven stalls and two customers: give, cut, put together, pay, exchange, spend twice, go offline', async ({
  cluster,
  clusterBrowser,
}) => {
  test.setTimeout(900_000);
  const made = await cluster({
    site,
    labels: STALLS,
    rules: RULES_VERSION,
    path: ({ identity }) => `/?${new URLSearchParams({ identity })}`,
    context: { ...CONTEXT_OPTIONS, viewport: PHONE },
  });
  const pages = made.members.map(({ page }) => page);
  await health(pages, 'All 7 stalls here');
  const [bakery, greens, cheese, flowers, fish, books, coffee] = pages as [
    Page,
    Page,
    Page,
    Page,
    Page,
    Page,
    Page,
  ];
  const idOf = (label: (typeof STALLS)[number]): string => made.members[STALLS.indexOf(label)]!.id;
  /** What was Ann's, for another phone to refuse. */
  const anns = { receipt: '', request: '' };
  const ann = await customer(clusterBrowser, made.origin);
  const ben = await customer(clusterBrowser, made.origin);

  await test.step('a phone takes the street’s card', async () => {
    await looked(bakery, 'stall-home');
    await press(bakery, 'Show the street’s card');
    const card = await shown(bakery, 'Card of the street');
    await looked(bakery, 'stall-card');
    await press(bakery, 'Back');
    for (const { page } of [ann, ben]) {
      await press(page, 'Scan a stall’s screen');
      await paste(page, card);
      await expect(page.getByRole('heading', { level: 2 })).toContainText('Trust');
      const names = await page.getByTestId('names').getByRole('listitem').allTextContents();
      expect(names.toSorted()).toEqual(STALLS.toSorted());
      await press(page, 'It is the same: trust it');
      await has(page, '0 points');
    }
    await looked(ann.page, 'phone-home-empty');
    // Another card of the same street, in which two stalls have changed their names, does not replace the first.
    await press(ann.page, 'Scan a stall’s screen');
    await paste(ann.page, withOtherNames(card));
    await expect(ann.page.getByTestId('scan-says')).toContainText(
      /says “(Coffee|Bakery)” where the phone has “(Bakery|Coffee)”/,
    );
    await press(ann.page, 'Back');
  });

  await test.step('Bakery gives Ann 20 points, and she reads the receipt from its pictures', async () => {
    await forCustomer(bakery, 'Give points', ann.code);
    await looked(bakery, 'stall-give');
    await bakery.getByLabel('How many?').fill('0');
    await press(bakery, 'Give');
    await expect(bakery.getByRole('alert').filter({ hasText: 'A whole number from 1' })).toBeVisible();
    await expect(bakery.getByLabel('How many?')).toHaveAccessibleDescription(/A whole number from 1/);
    await bakery.getByLabel('How many?').fill('10');
    await press(bakery, '+10');
    await press(bakery, 'Give');
    await state(bakery, 'certified');
    await expect(bakery.getByTestId('operation')).toContainText(/Countersigned by [567] of 7 stalls/);
    const receipt = bakery.getByRole('region', { name: 'Receipt for 20 points' });
    await expect(receipt).toBeVisible();
    anns.receipt = await receipt.getByTestId('code-text').inputValue();
    await looked(bakery, 'stall-given');

    await press(ann.page, 'Scan a stall’s screen');
    await looked(ann.page, 'phone-scan');
    const frames = Number(await receipt.getAttribute('data-frames'));
    if (frames > 1) await receipt.getByRole('button', { name: 'Hold' }).click();
    for (let i = 0; i < frames; i++) {
      const photo = await receipt.locator('svg.qr').screenshot();
      await ann.page
        .getByTestId('scanner')
        .locator('input[type=file]')
        .setInputFiles({ name: `photo-${i}.png`, mimeType: 'image/png', buffer: photo });
      if (i < frames - 1) {
        await expect(ann.page.getByTestId('scan-says')).toContainText(`${i + 1} of ${frames} parts`);
        await receipt.getByRole('button', { name: 'Next part' }).click();
      }
    }
    await has(ann.page, '20 points');
    await expect(ann.page.getByTestId('receipts')).toContainText('points of Bakery');
    await done(bakery);
    await expect(bakery.getByTestId('issued')).toHaveText('20');
    const { live } = await conserved(made);
    const [name] = Object.keys(live);
    ann.owner = name!.split(' > ')[1]!;
    expect(live).toEqual({ [`${idOf('Bakery')} > ${ann.owner}`]: 20 });
  });

  await test.step('Greens cuts them into 12 and 8 for her', async () => {
    await forCustomer(greens, 'For a customer', ann.code);
    await looked(greens, 'stall-customer');
    await press(greens, 'Cut 20');
    await greens.getByLabel('Points of the first part').fill('12');
    await press(greens, 'Ask the customer');
    const answer = await signs(ann.page, await shown(greens, 'Request'), async (asked) => {
      await expect(asked).toHaveAttribute('data-kind', 'split');
      await expect(asked).toContainText('12 points');
      await expect(asked).toContainText('8 points');
    });
    await has(ann.page, '0 points');
    await paste(greens, answer);
    await state(greens, 'certified');
    expect(await receipts(greens, ann.page)).toBe(2);
    await has(ann.page, '20 points');
    await done(greens);
  });

  await test.step('Cheese puts her groups together again', async () => {
    await forCustomer(cheese, 'For a customer', ann.code);
    await press(cheese, 'Put 2 groups together');
    const answer = await signs(ann.page, await shown(cheese, 'Request'), async (asked) => {
      await expect(asked).toHaveAttribute('data-kind', 'merge');
      await expect(asked).toContainText('20 points');
    });
    await paste(cheese, answer);
    await state(cheese, 'certified');
    expect(await receipts(cheese, ann.page)).toBe(1);
    await has(ann.page, '20 points');
    await done(cheese);
    const { live } = await conserved(made);
    expect(live).toEqual({ [`${idOf('Bakery')} > ${ann.owner}`]: 20 });
  });

  await test.step('she pays 5 at Coffee from a phone without a network', async () => {
    await forCustomer(coffee, 'Take points', ann.code);
    await looked(coffee, 'stall-take');
    await coffee.getByLabel('How many?').fill('21');
    await press(coffee, 'Ask the customer');
    await expect(coffee.getByRole('alert').filter({ hasText: 'has 20 points of these' })).toBeVisible();
    await coffee.getByLabel('How many?').fill('5');
    await press(coffee, 'Ask the customer');
    const request = await shown(coffee, 'Request');
    anns.request = request;
    await looked(coffee, 'stall-ask');
    // The program is stored: the page opens again without the server.
    await ann.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active !== null);
    await ann.context.setOffline(true);
    await ann.page.reload();
    await has(ann.page, '20 points');
    await looked(ann.page, 'phone-home');
    const answer = await signs(ann.page, request, async (asked) => {
      await expect(asked).toContainText('5 points');
      await expect(asked).toContainText('to Coffee');
      await expect(asked.getByTestId('keeps')).toContainText('15 points');
      await looked(ann.page, 'phone-asked');
    });
    await paste(coffee, answer);
    await state(coffee, 'certified');
    expect(await receipts(coffee, ann.page)).toBe(1);
    await has(ann.page, '15 points');
    await ann.context.setOffline(false);
    await done(coffee);
    await expect(coffee.getByTestId('held')).toContainText('5 points');
  });

  await test.step('Coffee and Bakery exchange points that they hold', async () => {
    await give(flowers, ben.code, 7);
    await state(flowers, 'certified');
    await receipts(flowers, ben.page);
    await done(flowers);
    const request = await askFor(bakery, ben.code, 7);
    const answer = await signs(ben.page, request, async (asked) => {
      await expect(asked.getByTestId('keeps')).toContainText('Nothing');
    });
    await paste(bakery, answer);
    await state(bakery, 'certified');
    await done(bakery);

    await press(coffee, 'Exchange');
    await looked(coffee, 'stall-exchange');
    await press(coffee, /^5 points, Bakery, until \d{4}-\d\d-\d\d$/);
    await press(coffee, /^7 points, Flowers, until \d{4}-\d\d-\d\d, held by Bakery$/);
    await state(coffee, 'certified');
    await done(coffee);
    await press(
      bakery,
      /^Accept\s*: Coffee gives 5 points, Bakery, until [\d-]{10} for 7 points, Flowers, until [\d-]{10}, which you hold\.$/,
    );
    await state(bakery, 'certified');
    await done(bakery);
    await expect(coffee.getByTestId('held')).toContainText('Flowers');
    await looked(coffee, 'stall-account');
    // Its own came back to Bakery: out of circulation.
    await press(bakery, 'Take them out');
    await state(bakery, 'certified');
    await done(bakery);
    await expect(bakery.getByTestId('outstanding')).toHaveText('15');
    const { live } = await conserved(made);
    expect(live).toEqual({
      [`${idOf('Bakery')} > ${ann.owner}`]: 15,
      [`${idOf('Flowers')} > merchant/${idOf('Coffee')}`]: 7,
    });
  });

  await test.step('Ann spends the same 15 at two stalls at once: one wins, the other is told', async () => {
    const [atFish, atBooks] = [await askFor(fish, ann.code, 15), await askFor(books, ann.code, 15)];
    const answers = [await signs(ann.page, atFish), await signs(ann.page, atBooks)] as const;
    await Promise.all([paste(fish, answers[0]), paste(books, answers[1])]);
    const ended = (page: Page): Promise<string | null> =>
      page.getByTestId('operation').getAttribute('data-state');
    for (const page of [fish, books])
      await expect.poll(() => ended(page), { timeout: 60_000 }).not.toBe('pending');
    expect([await ended(fish), await ended(books)].sort()).toEqual(['certified', 'lost']);
    const fishWon = (await ended(fish)) === 'certified';
    const [loser, winner] = fishWon ? [books, 'Fish'] : [fish, 'Books'];
    await expect(loser.getByTestId('winner')).toHaveText(`They belong to: ${winner}.`);
    await looked(loser, 'stall-lost');
    await done(fish);
    await done(books);
    const { live } = await conserved(made);
    expect(live).toEqual({
      [`${idOf('Bakery')} > merchant/${idOf(fishWon ? 'Fish' : 'Books')}`]: 15,
      [`${idOf('Flowers')} > merchant/${idOf('Coffee')}`]: 7,
    });
  });

  await test.step('Cheese is cut off: what it gives is pending and no points, and counts when it is back', async () => {
    const cut = made.members[STALLS.indexOf('Cheese')]!;
    made.cut(cut);
    await health([cheese], '1 of 5 needed stalls here');
    const others = pages.filter((page) => page !== cheese);
    await health(others, '6 of 7 stalls here');
    await expect(cheese.getByTestId('offline')).toBeVisible();
    await give(cheese, ben.code, 9);
    await state(cheese, 'pending');
    await expect(cheese.getByTestId('operation')).toContainText('nothing of this can be spent');
    await looked(cheese, 'stall-pending');
    // Nothing to hand over: neither a receipt, nor points that a stall could take, its own counter included.
    await expect(cheese.getByRole('region', { name: 'Receipts' })).toHaveCount(0);
    await press(cheese, 'Go on meanwhile');
    await looked(cheese, 'stall-offline');
    await expect(cheese.getByTestId('recent')).toContainText('Pending');
    for (const page of [cheese, bakery]) {
      await forCustomer(page, 'Take points', ben.code);
      // Said of a record that is read, not of one that is being read.
      await expect(page.getByTestId('none')).toBeVisible();
      await press(page, 'Cancel');
    }
    made.heal();
    await health(pages, 'All 7 stalls here');
    await expect(cheese.getByTestId('recent').locator('[data-state=pending]')).toHaveCount(0);
    await cheese.getByRole('button', { name: /Give 9 points/ }).click();
    await state(cheese, 'certified');
    await receipts(cheese, ben.page);
    await has(ben.page, '9 points');
    await done(cheese);
    const { live, outstanding } = await conserved(made);
    expect(sumOf(live, idOf('Cheese'))).toBe(9);
    expect(outstanding).toEqual({ [idOf('Bakery')]: 15, [idOf('Flowers')]: 7, [idOf('Cheese')]: 9 });
  });

  await test.step('a stranger’s receipt and a stranger’s request are refused in words', async () => {
    await press(ben.page, 'Scan a stall’s screen');
    await paste(ben.page, 'hello');
    const says = ben.page.getByTestId('scan-says');
    await expect(says).toContainText('begins with');
    await paste(ben.page, anns.receipt);
    await expect(says).toContainText('belong to somebody else');
    await paste(ben.page, anns.request);
    await expect(says).toContainText('for another customer');
    await press(ben.page, 'Back');
    await has(ben.page, '9 points');
    await press(ben.page, 'Key and storage');
    await expect(ben.page.getByText('loses the key')).toBeVisible();
    await looked(ben.page, 'phone-keep');
    // A copy of another key replaces this one by the person's word alone.
    const copy = await ann.page.evaluate(() => localStorage.getItem('loyalty.customer') ?? '');
    await ben.page
      .locator('input[type=file]')
      .setInputFiles({ name: 'my-points.json', mimeType: 'application/json', buffer: Buffer.from(copy) });
    await expect(ben.page.getByTestId('other-key')).toContainText('every point that belongs to it');
    await looked(ben.page, 'phone-other-key');
    await press(ben.page, 'Keep the key of this phone');
    await press(ben.page, 'Back');
    await has(ben.page, '9 points');
  });
  await ann.context.close();
  await ben.context.close();
});

test('four stalls open a street by their pages alone', async ({ clusterBrowser }) => {
  const names = ['Bakery', 'Greens', 'Cheese', 'Flowers'];
  const contexts: BrowserContext[] = [];
  const pages: Page[] = [];
  for (const name of names) {
    const context = await clusterBrowser.newContext({ ...CONTEXT_OPTIONS, viewport: PHONE });
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => expect.soft(error.message, name).toBe(''));
    pages.push(page);
  }
  const [founder, ...others] = pages as [Page, ...Page[]];
  await founder.goto(server.url);
  await expect(founder.getByRole('button', { name: 'Open a street' })).toBeVisible();
  await looked(founder, 'start');
  await press(founder, 'Open a street');
  await founder.getByLabel('Name of the street').fill('Mill Lane');
  await founder.getByLabel('Name of your stall').fill('Bakery');
  await looked(founder, 'found');
  await press(founder, 'Make my key');
  const invitation = await shown(founder, 'Invitation to the street');
  await expect(founder.getByRole('button', { name: 'Seal the street' })).toBeDisabled();
  for (const [i, page] of others.entries()) {
    await page.goto(invitation);
    await page.getByLabel('Name of your stall').fill(names[i + 1]!);
    if (i === 0) await looked(page, 'join');
    await press(page, 'Make my key');
    await paste(founder, await shown(page, `Key of ${names[i + 1]}`));
    await expect(founder.getByTestId('stalls')).toContainText(names[i + 1]!);
  }
  await looked(founder, 'gather');
  // Asked before anything is deleted.
  await press(founder, 'Give up this draft');
  await expect(founder.getByRole('button', { name: 'Delete the key and begin anew' })).toBeVisible();
  await press(founder, 'Cancel');
  // Closed in between: it goes on where it was.
  await founder.reload();
  await expect(founder.getByTestId('stalls').getByRole('listitem')).toHaveCount(4);
  await press(founder, 'Seal the street');
  const street = await shown(founder, 'Way into the street');
  await press(founder, 'Open my stall');
  for (const page of others) {
    await paste(page, street);
    await press(page, 'Open my stall');
  }
  for (const [i, page] of pages.entries()) {
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(names[i]!);
    await expect(page.getByTestId('health')).toContainText('All 4 stalls here');
  }
  // A reload finds the stall again, and asks nothing.
  await others[0]!.reload();
  await expect(others[0]!.getByTestId('health')).toContainText('All 4 stalls here');
  for (const context of contexts) await context.close();
});

test('the demo is a street in one page', async ({ clusterBrowser }) => {
  test.setTimeout(480_000);
  const context = await clusterBrowser.newContext({
    ...CONTEXT_OPTIONS,
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${server.url}/?demo`);
  const stall = (name: string): ReturnType<Page['frameLocator']> =>
    page.frameLocator(`iframe[title="${name}, a stall"]`);
  const phone = page.frameLocator('iframe[title="Ann’s phone"]');
  await expect(stall('Bakery').getByTestId('health')).toContainText('All 7 stalls here', {
    timeout: 240_000,
  });
  await phone.getByRole('button', { name: 'Show my code' }).click();
  await stall('Bakery').getByRole('button', { name: 'Give points', exact: true }).click();
  // No camera sees the other half of a screen: what is in sight is taken by a button.
  await stall('Bakery').getByRole('button', { name: 'Scan Ann’s phone: My code' }).click();
  await stall('Bakery').getByLabel('How many?').fill('20');
  await stall('Bakery').getByRole('button', { name: 'Give', exact: true }).click();
  await expect(stall('Bakery').getByTestId('operation')).toHaveAttribute('data-state', 'certified');
  expect.soft(await axeFindings(page), 'demo: axe').toEqual([]);
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, 'demo-desktop.png') });
  await page.setViewportSize(PHONE);
  await expectFits(page, 'demo');
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, 'demo.png'), fullPage: true });
  expect(complaints).toEqual([]);
  await context.close();
});
