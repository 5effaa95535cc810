/** What every Transport must do. Whoever writes another adapter runs the same tests: call `transportSuite` with a way to make a cluster. */
import { describe, expect, test } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import type { CloseReason, Link, LinkId, Transport } from '../../src/net/types.ts';

export interface SuiteNode {
  readonly transport: Transport;
  /** Kept by the adapter's handlers: links that are open now, by member. */
  readonly links: ReadonlyMap<MemberIndex, Link>;
  readonly unlinks: readonly { readonly link: Link; readonly reason: CloseReason }[];
  readonly messages: readonly { readonly from: MemberIndex; readonly bytes: Uint8Array }[];
}

export interface SuiteCluster {
  /** By member index, already started. */
  readonly nodes: readonly SuiteNode[];
  /** Waits, in the adapter's own time, until the condition holds; rejects with `what` when it does not. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Waits until nothing more happens by itself soon. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

export function transportSuite(name: string, createCluster: (size: number) => Promise<SuiteCluster>): void {
  const run = (title: string, size: number, body: (cluster: SuiteCluster) => Promise<void>): void =>
    test(title, async () => {
      const cluster = await createCluster(size);
      try {
        await body(cluster);
      } finally {
        await cluster.stop();
      }
    });
  const full = (cluster: SuiteCluster, among = cluster.nodes.map((_, i) => i)): boolean =>
    among.every((i) => among.every((j) => i === j || nodeAt(cluster, i).links.has(j as MemberIndex)));

  describe(`transport: ${name}`, () => {
    run('four members that start together are not left with a missing link', 4, async (cluster) => {
      await cluster.until(() => full(cluster), 'every pair linked');
      for (const node of cluster.nodes) expect(node.links.size).toBe(3);
    });

    run('a message is not changed, cut or reordered within its lane', 2, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      const sizes = [0, 1, 5, 65_000, 65_536, 200_000, 1_000_000];
      const sent = sizes.map((size, i) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + i) & 0xff));
      for (const bytes of sent)
        expect(nodeAt(cluster, 0).transport.send(linkTo(cluster, 0, 1), bytes, 'bulk')).toBe(true);
      await cluster.until(() => nodeAt(cluster, 1).messages.length === sent.length, 'all arrived');
      const got = nodeAt(cluster, 1).messages.map((m) => m.bytes);
      expect(got.map((b) => b.length)).toEqual(sizes);
      got.forEach((bytes, i) => expect(Buffer.compare(bytes, sent[i] ?? new Uint8Array())).toBe(0));
    });

    run('bulk that was queued first does not hold up a vote', 2, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      const link = linkTo(cluster, 0, 1);
      for (let i = 0; i < 4; i++)
        nodeAt(cluster, 0).transport.send(link, new Uint8Array(1_000_000).fill(1), 'bulk');
      nodeAt(cluster, 0).transport.send(link, new Uint8Array([2]), 'vote');
      await cluster.until(() => nodeAt(cluster, 1).messages.length === 5, 'all arrived');
      expect(nodeAt(cluster, 1).messages.at(-1)?.bytes[0]).toBe(1);
    });

    run('a full bulk lane says no and loses no vote', 2, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      const link = linkTo(cluster, 0, 1);
      let accepted = 0;
      while (accepted < 1_000 && nodeAt(cluster, 0).transport.send(link, new Uint8Array(1_000_000), 'bulk'))
        accepted += 1;
      expect(accepted).toBeLessThan(1_000);
      expect(nodeAt(cluster, 0).transport.send(link, new Uint8Array([7]), 'vote')).toBe(true);
      await cluster.until(
        () => nodeAt(cluster, 1).messages.length === accepted + 1,
        'what was accepted arrived',
      );
    });

    run('a link that is gone takes no message', 2, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      expect(nodeAt(cluster, 0).transport.send('no such link' as LinkId, new Uint8Array(1), 'vote')).toBe(
        false,
      );
    });

    run('the reason for closing a link is not lost on the way to the other side', 2, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      nodeAt(cluster, 0).transport.close(linkTo(cluster, 0, 1), 'bad-signature');
      await cluster.until(() => nodeAt(cluster, 1).unlinks.length > 0, 'the other side noticed');
      expect(nodeAt(cluster, 0).unlinks[0]?.reason).toBe('bad-signature');
      expect(nodeAt(cluster, 1).unlinks[0]?.reason).toBe('bad-signature');
    });

    run('a refused member keeps no link and gets none until it is taken back', 3, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      nodeAt(cluster, 0).transport.refuse(new Set([2 as MemberIndex]));
      await cluster.until(() => !nodeAt(cluster, 2).links.has(0 as MemberIndex), 'closed');
      await cluster.rest();
      expect(nodeAt(cluster, 0).links.has(2 as MemberIndex)).toBe(false);
      expect(full(cluster, [0, 1])).toBe(true);
      nodeAt(cluster, 0).transport.refuse(new Set());
      await cluster.until(() => full(cluster), 'linked again');
    });

    run('a replica that went offline is linked again when it returns', 4, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      nodeAt(cluster, 3).transport.setOffline(true);
      await cluster.until(
        () => cluster.nodes.every((node, i) => i === 3 || !node.links.has(3 as MemberIndex)),
        'noticed',
      );
      expect(nodeAt(cluster, 3).links.size).toBe(0);
      await cluster.rest();
      expect(nodeAt(cluster, 3).links.size).toBe(0);
      expect(full(cluster, [0, 1, 2])).toBe(true);
      nodeAt(cluster, 3).transport.setOffline(false);
      await cluster.until(() => full(cluster), 'linked again');
    });

    run('a stopped replica leaves no link behind', 3, async (cluster) => {
      await cluster.until(() => full(cluster), 'linked');
      nodeAt(cluster, 0).transport.stop();
      await cluster.until(
        () => cluster.nodes.slice(1).every((node) => !node.links.has(0 as MemberIndex)),
        'noticed',
      );
      expect(nodeAt(cluster, 1).unlinks.at(-1)?.reason).toBe('shutdown');
    });
  });
}

function nodeAt(cluster: SuiteCluster, index: number): SuiteNode {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error(`no node ${index}`);
  return node;
}

function linkTo(cluster: SuiteCluster, from: number, to: number): LinkId {
  const link = nodeAt(cluster, from).links.get(to as MemberIndex);
  if (link === undefined) throw new Error(`no link from ${from} to ${to}`);
  return link.id;
}
