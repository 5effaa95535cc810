/** Our own side: a replica of the key-value middleware in each of n contexts of one browser. */
import { Cluster } from '../../../testing/cluster.ts';
import type { Member } from '../../../testing/member.ts';
import type {} from '../../peers/countersign/page.ts';
import { PEERS_SET_PATIENCE_MS, PEERS_SETTLE_MS } from '../../limits.ts';
import { processorOf, type Bed } from './browser.ts';
import { sleep, type PeerNetwork } from './network.ts';

/**
 * Each linked to all, as the product links up to FULL_MESH_MAX of them. `Cluster.linked` is content with seven links in a larger network, and a
 * mesh that still grows would be measured.
 */
async function whole(members: readonly Member[]): Promise<void> {
  for (const member of members)
    await member.waitFor(({ here }) => here === members.length, `all ${members.length} to be linked to it`);
}

/** Linked, each to each, and every one may vote. What fails leaves nothing behind. */
export async function openCountersign(bed: Bed, n: number): Promise<PeerNetwork> {
  const cluster = await Cluster.create(bed.browser, bed.helper, {
    site: bed.countersign,
    members: n,
    path: ({ identity }) => `/?${new URLSearchParams({ identity })}`,
  });
  try {
    await cluster.linked();
    await whole(cluster.members);
    return {
      n,
      turns: null,
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
        await whole(cluster.up);
      },
      async set(place, key, bytes) {
        return cluster
          .member(place)
          .page.evaluate(async (one) => (await window.replica).set(one.key, one.bytes, one.patience), {
            ...{ key, bytes, patience: PEERS_SET_PATIENCE_MS },
          });
      },
      async usage() {
        // The status says only every few seconds what links have carried; the replica's own count by kind of message is half a second late at most.
        const inspections = await Promise.all(cluster.up.map((member) => member.network.inspect()));
        return {
          processor: await processorOf(bed.browser),
          sent: inspections
            .flatMap(({ links }) => links.flatMap(({ messages }) => messages))
            .reduce((sum, { bytesSent }) => sum + bytesSent, 0),
        };
      },
    };
  } catch (error) {
    await cluster.close().catch(() => undefined);
    throw error;
  }
}
