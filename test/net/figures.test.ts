/** What a link is said to carry is what went over it, and what waits is seen to wait. */
import { describe, expect, test } from 'vitest';
import type { Route } from '../../src/net/types.ts';
import { createCluster, settle } from './harness.ts';

describe('figures of links', () => {
  test('name who dialled, which way it goes, and what waits for a slow line', async () => {
    const cluster = createCluster(2);
    await cluster.clock.until(() => cluster.linked(), 'both linked');
    const [lower, higher] = cluster.nodes as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]];
    const figuresOf = (node: typeof lower) => node.mesh.figures!()[0]!;
    expect([figuresOf(lower).dialled, figuresOf(higher).dialled]).toEqual([true, false]);
    expect(figuresOf(lower).route).toBeNull();

    const route: Route = { local: 'host', remote: 'relay', protocol: 'udp' };
    const { id } = figuresOf(lower);
    lower.page.emit({ type: 'route', peer: id, route });
    await settle();
    expect(figuresOf(lower).route).toEqual(route);
    expect(figuresOf(higher).route).toBeNull();

    const { bytesSent } = figuresOf(lower);
    const { channel } = lower.page.connections.get(id)!;
    channel.stalled = true;
    const message = new Uint8Array(100_000);
    for (let i = 0; i < 5; i++) expect(lower.mesh.send(id, message, 'bulk')).toBe(true);
    await settle();
    const waiting = figuresOf(lower);
    expect(waiting.bufferedAmount).toBeGreaterThan(0);
    expect(waiting.queued.bulkMessages).toBeGreaterThan(0);
    expect(waiting.queued.bulkBytes).toBe(waiting.queued.bulkMessages * message.length);
    expect(waiting.queued.voteMessages).toBe(0);
    // What is queued here has not gone: only what the channel took is counted as sent.
    expect(waiting.bytesSent - bytesSent).toBeLessThan(5 * message.length);

    channel.stalled = false;
    channel.flush();
    await cluster.clock.until(() => figuresOf(lower).queued.bulkMessages === 0, 'the queue to empty');
    expect(figuresOf(lower).bytesSent - bytesSent).toBeGreaterThan(5 * message.length);
    for (const node of cluster.nodes) node.mesh.stop();
    expect(lower.mesh.figures!()).toEqual([]);
  });
});
