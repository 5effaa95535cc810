/** Hints of other signaling servers, sleep, networks that change, and peers that are slow. */
import { describe, expect, test } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import { gatherHints } from '../../src/net/mesh/hints.ts';
import { HINTS_BURST } from '../../src/net/limits.ts';
import { createCluster, URL_ONE, URL_TWO, type Cluster } from './harness.ts';

const member = (i: number): MemberIndex => i as MemberIndex;

async function linkedCluster(size: number): Promise<Cluster> {
  const cluster = createCluster(size);
  await cluster.clock.until(() => cluster.linked(), 'every pair linked');
  return cluster;
}

describe('hints of signaling servers', () => {
  test('a member whose own server is gone comes back through one that another member uses', async () => {
    const cluster = createCluster(4, { start: false });
    const told: (readonly string[])[] = [];
    cluster.nodes.push(
      cluster.add(0, { onHints: (urls) => void told.push(urls) }),
      cluster.add(1),
      cluster.add(2),
    );
    cluster.nodes.push(cluster.add(3, { signalingUrls: [URL_ONE, URL_TWO] }));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    await cluster.clock.advance(500);
    expect(told.at(-1)).toEqual([URL_TWO]);
    expect(cluster.nodes[0]?.status?.signaling).toEqual([
      { url: URL_ONE, state: 'open', source: 'own' },
      { url: URL_TWO, state: 'open', source: 'hint', hintedBy: 3 },
    ]);
    cluster.hub.kill(URL_ONE);
    cluster.nodes[0]?.mesh.setOffline(true);
    await cluster.clock.until(() => cluster.nodes[1]?.links.size === 2, 'gone');
    cluster.nodes[0]?.mesh.setOffline(false);
    await cluster.clock.until(() => cluster.linked(), 'back', 20_000);
  });

  test('a start that kept them needs no server of its own settings', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.hub.dead.add(URL_ONE);
    cluster.nodes.push(
      cluster.add(0, { hintedUrls: [URL_TWO] }),
      cluster.add(1, { signalingUrls: [URL_TWO] }),
    );
    await cluster.clock.until(() => cluster.linked(), 'linked');
  });

  test('a member that changes its servers is heard by all', async () => {
    const cluster = await linkedCluster(3);
    cluster.nodes[2]?.mesh.setSignaling([URL_TWO]);
    await cluster.clock.advance(500);
    for (const i of [0, 1])
      expect(cluster.nodes[i]?.status?.signaling.map((s) => s.url)).toEqual([URL_ONE, URL_TWO]);
  });

  test('one liar does not fill the list, nor lead a browser to its own machine', () => {
    const liar = Array.from({ length: 8 }, (_, i) => `wss://liar-${i}.test`);
    const hints = gatherHints(
      ['wss://own.test'],
      [
        { member: member(1), urls: liar },
        { member: member(2), urls: ['wss://own.test', 'ws://127.0.0.1:22', 'wss://good.test'] },
      ],
      [],
    );
    expect(hints.map((hint) => hint.url)).toEqual([
      'wss://liar-0.test',
      'wss://liar-1.test',
      'wss://good.test',
    ]);
    expect(
      gatherHints(['ws://localhost:1'], [{ member: member(2), urls: ['ws://127.0.0.1:2'] }], []),
    ).toHaveLength(1);
  });

  test('settings that are saved again and again without a change cost no link', async () => {
    const cluster = await linkedCluster(2);
    await cluster.clock.advance(120_000);
    for (let i = 0; i < 2 * HINTS_BURST; i++) cluster.nodes[0]?.mesh.setSignaling([URL_ONE]);
    await cluster.clock.advance(1000);
    expect(cluster.nodes[1]?.unlinks).toEqual([]);
    cluster.nodes[0]?.mesh.setSignaling([URL_TWO, URL_ONE]);
    await cluster.clock.advance(1000);
    expect(cluster.nodes[1]?.status?.signaling.map(({ url }) => url)).toContain(URL_TWO);
  });

  test('an address that is none costs its sender the link', async () => {
    const cluster = await linkedCluster(2);
    const connection = [...(cluster.nodes[0]?.page.connections.values() ?? [])][0];
    // 0x08, then CBOR: an array with the text "http://x".
    connection?.channel.send(new Uint8Array([0x08, 0x81, 0x68, ...new TextEncoder().encode('http://x')]));
    await cluster.clock.advance(10);
    expect(cluster.nodes[1]?.unlinks[0]?.reason).toBe('malformed-message');
    expect(cluster.nodes[0]?.unlinks[0]?.reason).toBe('malformed-message');
  });
});

describe('sleep and networks that change', () => {
  test('a machine that wakes up replaces links that died meanwhile within seconds, not after their silence', async () => {
    const cluster = await linkedCluster(3);
    const node = cluster.nodes[0];
    if (node === undefined) throw new Error('no node');
    for (const c of node.page.connections.values()) {
      c.channel.cut = true;
      if (c.remote) c.remote.channel.cut = true;
    }
    node.page.emit({ type: 'network', online: true });
    await cluster.clock.advance(3_500);
    expect(node.unlinks.map((end) => end.reason)).toEqual(['timeout', 'timeout']);
    await cluster.clock.until(() => cluster.linked(), 'linked again', 6_000);
  });

  test('a frozen worker looks at its links as soon as it runs again', async () => {
    const cluster = createCluster(2, { start: false });
    // A worker whose timers do not run for a minute: its own clock, and nobody else's.
    let frozen = false;
    const held: (() => void)[] = [];
    const clock = {
      ...cluster.clock,
      setTimeout: (run: () => void, delay: number) =>
        cluster.clock.setTimeout(() => (frozen ? void held.push(run) : run()), delay),
    };
    cluster.nodes.push(cluster.add(0, { clock }), cluster.add(1));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const node = cluster.nodes[0];
    if (node === undefined) throw new Error('no node');
    frozen = true;
    for (const c of node.page.connections.values()) {
      c.channel.cut = true;
      if (c.remote) c.remote.channel.cut = true;
    }
    await cluster.clock.advance(60_000);
    expect(cluster.nodes[1]?.links.size).toBe(0);
    frozen = false;
    for (const run of held.splice(0)) run();
    await cluster.clock.until(() => cluster.linked(), 'linked again', 8_000);
    expect(node.unlinks[0]?.reason).toBe('timeout');
  });

  test('a signaling socket that died in its sleep is found by asking, not after half a minute', async () => {
    const cluster = createCluster(1, { start: false });
    const node = cluster.add(0);
    await cluster.clock.advance(500);
    expect(node.status?.signaling[0]?.state).toBe('open');
    const socket = node.sockets[0];
    if (socket === undefined) throw new Error('no socket');
    cluster.hub.sockets.delete(socket);
    socket.deliver = () => undefined;
    socket.onmessage = null;
    node.page.emit({ type: 'network', online: true });
    await cluster.clock.advance(5_000);
    expect(node.sockets.length).toBe(2);
    expect(node.status?.signaling[0]?.state).toBe('open');
  });

  test('what answers is not replaced when the page is shown, hidden and shown again', async () => {
    const cluster = await linkedCluster(3);
    const ids = [...(cluster.nodes[0]?.links.values() ?? [])].map((link) => link.id);
    for (let i = 0; i < 20; i++) {
      cluster.nodes[0]?.page.emit({ type: 'visibility', hidden: i % 2 === 0 });
      await cluster.clock.advance(400);
    }
    expect([...(cluster.nodes[0]?.links.values() ?? [])].map((link) => link.id)).toEqual(ids);
    expect(cluster.nodes[0]?.unlinks).toEqual([]);
  });

  test('offline and online again: what waits is tried at once', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.hub.dead.add(URL_ONE);
    cluster.nodes.push(cluster.add(0), cluster.add(1));
    await cluster.clock.advance(100_000);
    cluster.hub.dead.delete(URL_ONE);
    for (const node of cluster.nodes) node.page.emit({ type: 'network', online: true });
    await cluster.clock.until(() => cluster.linked(), 'linked', 3_000);
  });
});

describe('a slow peer', () => {
  test('that reads nothing keeps nobody else waiting', async () => {
    const cluster = await linkedCluster(4);
    const [a, , , slow] = cluster.nodes;
    if (!a || !slow) throw new Error('no nodes');
    const to = [...a.page.connections.values()].find((c) => c.remote?.page === slow.page);
    if (!to) throw new Error('no connection');
    to.channel.stalled = true;
    const megabyte = new Uint8Array(1_000_000);
    let refusedBulk = 0;
    for (let i = 0; i < 20; i++) {
      for (const link of a.links.values()) if (!a.mesh.send(link.id, megabyte, 'bulk')) refusedBulk += 1;
      for (const link of a.links.values()) a.mesh.send(link.id, new Uint8Array([i]), 'vote');
      await cluster.clock.advance(5);
    }
    // Only the slow one was told no, and its votes wait in a bounded queue.
    expect(refusedBulk).toBeGreaterThan(0);
    expect(refusedBulk).toBeLessThanOrEqual(20);
    for (const i of [1, 2]) {
      const got = cluster.nodes[i]?.messages ?? [];
      expect(got.filter((m) => m.bytes.length === 1).map((m) => m.bytes[0])).toEqual(
        Array.from({ length: 20 }, (_, k) => k),
      );
      expect(got.filter((m) => m.bytes.length > 1)).toHaveLength(20);
    }
    expect(to.channel.bufferedAmount).toBeLessThan(2 * 1024 * 1024);
    to.channel.stalled = false;
    to.channel.flush();
    await cluster.clock.advance(50);
    expect(slow.messages.filter((m) => m.bytes.length === 1)).toHaveLength(20);
  });
});

describe('one attempt at a time', () => {
  test('no storm of announcements, events and failures makes a second attempt beside the first', async () => {
    const cluster = createCluster(4, { start: false });
    cluster.net.blocked = true;
    let most = 0;
    for (let i = 0; i < 4; i++) cluster.nodes.push(cluster.add(i));
    for (let step = 0; step < 300; step++) {
      const node = cluster.nodes[step % 4];
      node?.page.emit(step % 3 ? { type: 'network', online: true } : { type: 'visibility', hidden: false });
      if (step % 17 === 0) node?.mesh.setOffline(true);
      if (step % 17 === 2) for (const one of cluster.nodes) one.mesh.setOffline(false);
      await cluster.clock.advance(150);
      for (const one of cluster.nodes) {
        // Of four members the lowest dials three others at most, whatever happens around it.
        // A channel that is closed already waits for its good-bye to leave.
        const open = [...one.page.connections.values()].filter((c) => c.channel.readyState !== 'closed');
        most = Math.max(most, open.filter((c) => c.initiator).length);
      }
    }
    expect(most).toBeLessThanOrEqual(3);
    cluster.net.blocked = false;
    for (const one of cluster.nodes) one.mesh.setOffline(false);
    await cluster.clock.until(() => cluster.linked(), 'linked', 60_000);
    for (const one of cluster.nodes) expect(one.doubleLinks).toBe(0);
  });
});
