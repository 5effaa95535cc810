/** What a browser fetches before the app can be used: as the server sends it, and what other compressions would make of it. */
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Browser } from '@playwright/test';
import { measured, readScripts } from '../../../scripts/budget.ts';
import { CLIENT_QUIET_MS, CLIENT_START_PATIENCE_MS } from '../../limits.ts';
import { partOf, PARTS, type Part } from './figures.ts';

/** Pages that a person can open first, and what is there once they can be used. */
export const FIRST_PAGES = [
  ['/', 'a[href="/create"]'],
  ['/demo', 'main button'],
  ['/verify', 'input[type=file]'],
] as const;

export const FORMS = ['as served', 'gzip -9', 'brotli 11', 'not compressed'] as const;
export type Form = (typeof FORMS)[number];

export interface Fetched {
  readonly page: string;
  readonly part: Part;
  readonly files: number;
  readonly bytes: Readonly<Record<Form, number>>;
}

/**
 * A first visit to each page, with an empty cache and no service worker, until nothing more is under way.
 * @throws when a script that the budget (`scripts/budget.ts`) counts for the page does not come.
 */
export async function firstVisits(
  browser: Browser,
  origin: string,
  dist: string,
  say: (line: string) => void,
): Promise<readonly Fetched[]> {
  const loads = measured(await readScripts(dist));
  const found: Fetched[] = [];
  for (const [address, usable] of FIRST_PAGES) {
    const load = loads.find((one) => one.address === address && one.language === 'en')!;
    const context = await browser.newContext({ locale: 'en-GB', serviceWorkers: 'block' });
    const between = await countBetween(origin);
    say(`first visit of ${address}: bytes`);
    const { sent } = between;
    try {
      const page = await context.newPage();
      await page.goto(between.url + address);
      await page.locator(usable).first().waitFor({ state: 'attached', timeout: CLIENT_START_PATIENCE_MS });
      await between.quiet();
      for (const file of [...load.page, ...load.worker])
        if (!sent.has(`/${file}`))
          throw new Error(`${address}: ${file} is counted by the budget and did not come.`);
      const parts = new Map(
        PARTS.map((part) => [
          part,
          { files: 0, bytes: { 'as served': 0, 'gzip -9': 0, 'brotli 11': 0, 'not compressed': 0 } },
        ]),
      );
      for (const [path, size] of sent) {
        // What the server makes itself is in no folder, and counts as it came.
        const plain = await readFile(join(dist, path === address ? 'index.html' : path.slice(1))).catch(
          () => null,
        );
        const part = parts.get(partOf(path, plain?.toString('latin1') ?? '', load))!;
        part.files += 1;
        part.bytes['as served'] += size;
        part.bytes['gzip -9'] += plain ? gzipSync(plain, { level: 9 }).length : size;
        part.bytes['brotli 11'] += plain ? brotli(plain) : size;
        part.bytes['not compressed'] += plain?.length ?? size;
      }
      for (const [part, counted] of parts) found.push({ page: address, part, ...counted });
    } finally {
      await context.close();
      await between.close();
    }
  }
  return found;
}

interface Between {
  readonly url: string;
  /** Bytes of the body of each answer, compressed as it was sent, by path. */
  readonly sent: ReadonlyMap<string, number>;
  /** When nothing has come for CLIENT_QUIET_MS. @throws when that does not happen. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between browser and server and counts: a page is not told what its worker fetches. */
async function countBetween(origin: string): Promise<Between> {
  const sent = new Map<string, number>();
  let last = performance.now();
  const server = createServer((asked, answer) => {
    const { method, headers, url = '/' } = asked;
    request(origin + url, { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      const path = url.split('?')[0]!;
      given.on('data', (part: Buffer) => {
        last = performance.now();
        sent.set(path, (sent.get(path) ?? 0) + part.length);
      });
      given.pipe(answer);
    })
      .on('error', () => answer.destroy())
      .end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    async quiet() {
      const end = performance.now() + CLIENT_START_PATIENCE_MS;
      while (performance.now() < last + CLIENT_QUIET_MS) {
        if (performance.now() > end) throw new Error('A first visit goes on fetching.');
        await new Promise((resolve) => setTimeout(resolve, CLIENT_QUIET_MS / 10));
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const brotli = (bytes: Buffer): number =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
