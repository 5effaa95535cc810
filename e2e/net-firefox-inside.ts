/** Runs inside a network namespace (net-firefox.spec.ts): members in Chromium and Firefox, and what they got of one another, as JSON. */
import { firefox, type Page } from '@playwright/test';
import { launchBrowser } from './browser.ts';
import { ask, buildNetPages, linksOf } from './net-pages.ts';

/** Less than a replica's in replica.ts: several of them add up, and the parent gives up after 220 s. */
const PATIENCE_MS = 60_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const pages = await buildNetPages();
const chromium = await launchBrowser();
const fox = await firefox.launch({
  executablePath: process.argv[2] ?? '',
  // Firefox as its makers ship it, by WebDriver BiDi.
  channel: 'moz-firefox',
  firefoxUserPrefs: {
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'network.manage-offline-status': false,
  },
});
const inFox = async (): Promise<Page> => {
  const page = await (await fox.newContext()).newPage();
  await page.goto(`${pages.server.url}/`);
  return page;
};
// The lower dials: each browser dials the other once.
const members = [await pages.open(chromium), await inFox(), await pages.open(chromium)];
for (const [member, page] of members.entries())
  await ask(page, { type: 'start', member, members: members.length, url: pages.url });
for (const page of members) await until('two links', async () => (await linksOf(page)) === 2);
for (const [member, page] of members.entries()) {
  const to = (member + 1) % members.length;
  await ask(page, { type: 'send', member: to, bytes: 1_000_000, count: 3, priority: 'bulk' });
  await ask(page, { type: 'send', member: to, bytes: 200, count: 20, priority: 'vote' });
}
const got = [];
for (const page of members) {
  await until('all messages', async () => (await ask(page, { type: 'state' })).received.length === 23);
  const { received, status } = await ask(page, { type: 'state' });
  got.push({
    intact: received.every((message) => message.intact),
    paths: status?.peers.map((peer) => peer.path),
  });
}
await fox.close();
await chromium.close();
await pages.close();
console.log(JSON.stringify({ firefox: fox.version(), got }));
process.exit(0);
