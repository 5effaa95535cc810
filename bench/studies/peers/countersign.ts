/** Our own side: a replica of the key-value middleware in each of n contexts of one browser. */
import { Cluster } from '../../../testing/cluster.ts';
import type {} from '../../peers/countersign/page.ts';
import { PEERS_SET_PATIENCE_MS, PEERS_SETTLE_MS } from '../../limits.ts';
import { processorOf, type Bed } from './browser.ts';
import { sleep, type PeerNetwork } from './network.ts';

/** Linked as the product links them, and every one may vote. What fails leaves nothing behind. */
export async function openCountersign(bed: Bed, n: number): Promise<PeerNetwork> {
  const cluster = await Cluster.create(bed.browser, bed.helper, {
    site: bed.countersign,
    members: n,
    path: ({ identity }) => `/?${new URLSearchParams({ identity })}`,
  });
  try {
    await cluster.linked();
    return {
      n,
      close: () => cluster.close(),
      async delay(ms) {
        for (const [i, a] of cluster.members.entries())
          for (const b of cluster.members.slice(i + 1)) cluster.slow(a, b, { delay: ms });
        await sleep(PEERS_SETTLE_MS);
      },
      async stop(places) {
        for (const place of places) await cluster.member(place).kill();
        for (const member of cluster.up)
          await member.waitFor(
            ({ transport }) =>
              !transport.peers.some((peer) => peer.state === 'linked' && places.includes(peer.member)),
            'those that were stopped to be missed',
          );
        await cluster.linked();
      },
      async set(place, key, bytes) {
        return cluster
          .member(place)
          .page.evaluate(async (one) => (await window.replica).set(one.key, one.bytes, one.patience), {
            ...{ key, bytes, patience: PEERS_SET_PATIENCE_MS },
          });
      },
      async usage() {
        const statuses = await Promise.all(cluster.up.map((member) => member.network.status()));
        return {
          processor: await processorOf(bed.browser),
          sent: statuses
            .flatMap(({ transport }) => transport.peers)
            .reduce((sum, { bytesSent }) => sum + bytesSent, 0),
        };
      },
    };
  } catch (error) {
    await cluster.close().catch(() => undefined);
    throw error;
  }
}
