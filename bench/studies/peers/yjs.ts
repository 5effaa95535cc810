/** The floor: a Yjs document in each of n contexts of one browser, over y-webrtc and our signaling server, with nobody asked about anything. */
import { createServer } from '../../../signaling-server/server.ts';
import { PERMISSIONS } from '../../../scripts/browser.ts';
import { CLEAR, Lines } from '../../../testing/lines.ts';
import { Member } from '../../../testing/member.ts';
import { startProxy } from '../../../testing/proxy.ts';
import type {} from '../../peers/yjs/page.ts';
import { PEERS_LINK_PATIENCE_MS, PEERS_POLL_MS, PEERS_SET_PATIENCE_MS } from '../../limits.ts';
import type { Bed } from './browser.ts';
import { sleep } from './network.ts';

/** Milliseconds from setting a key at one page until it has come to the first of the others, and to the last. */
export interface Spread {
  readonly first: number;
  readonly last: number;
}

export interface YjsNetwork {
  readonly n: number;
  delay(ms: number): void;
  set(place: number, key: string, bytes: number): Promise<Spread>;
  close(): Promise<void>;
}

/** Linked, each to each. What fails leaves nothing behind. */
export async function openYjs(bed: Bed, n: number): Promise<YjsNetwork> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.reverse().splice(0)) await cleanup();
  };
  try {
    const server = await createServer({ port: 0, host: '127.0.0.1', root: bed.yjs });
    cleanups.push(() => server.close());
    const lines = new Lines();
    cleanups.push(async () => lines.close());
    const members: Member[] = [];
    for (let index = 0; index < n; index++) {
      const proxy = await startProxy(bed.helper, server.port);
      const member = new Member({
        ...{ index, label: `Client ${index + 1}`, id: `client-${index + 1}`, proxy, lines },
        ...{ browser: bed.browser, origin: server.url },
        context: { serviceWorkers: 'block', permissions: [...PERMISSIONS] },
      });
      members.push(member);
      cleanups.push(() => member.dispose());
      await member.start();
    }
    const pages = members.map(({ page }) => page);
    const signaling = `${server.url.replace('http', 'ws')}/signal`;
    for (const page of pages)
      await page.evaluate((one) => window.yjs.join(one.room, one.signaling), { room: 'document', signaling });
    const end = performance.now() + PEERS_LINK_PATIENCE_MS;
    for (;;) {
      const peers = await Promise.all(pages.map((page) => page.evaluate(() => window.yjs.peers())));
      if (peers.every((count) => count === n - 1)) break;
      if (performance.now() > end)
        throw new Error(
          `The clients are not linked after ${PEERS_LINK_PATIENCE_MS / 1000} s; links of each: ${peers.join(' ')}.`,
        );
      await sleep(PEERS_POLL_MS);
    }
    return {
      n,
      close,
      delay(ms) {
        lines.path = () => ({ ...CLEAR, delay: ms });
      },
      async set(place, key, bytes) {
        const arrivals = pages
          .filter((_, other) => other !== place)
          .map((page) =>
            page.evaluate((one) => window.yjs.arrival(one.key, one.patience), {
              key,
              patience: PEERS_SET_PATIENCE_MS,
            }),
          );
        const at = await pages[place]!.evaluate((one) => window.yjs.set(one.key, one.bytes), { key, bytes });
        const late = (await Promise.all(arrivals)).map((arrival) => arrival - at);
        return { first: Math.min(...late), last: Math.max(...late) };
      },
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
