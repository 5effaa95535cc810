import { describe, expect, test } from 'vitest';
import type { InstanceId, LogId, MemberIndex, NetworkId } from '../../src/codec/brand.ts';
import { DIAL_SLOT_MS, MAX_DIALS, MAX_DIALS_UNDER_WAY, REFUSED_FIRST_MS } from '../../src/net/limits.ts';
import { encodeMessage } from '../../src/net/mesh/messages.ts';
import {
  createCluster,
  createMember,
  fakeSecret,
  signerOf,
  URL_ONE,
  URL_TWO,
  type Cluster,
} from './harness.ts';
import { transportSuite } from './transport-suite.ts';

const member = (i: number): MemberIndex => i as MemberIndex;

async function linkedCluster(size: number): Promise<Cluster> {
  const cluster = createCluster(size);
  await cluster.clock.until(() => cluster.linked(), 'every pair linked');
  return cluster;
}

transportSuite('mesh over fake pages', async (size) => {
  const cluster = createCluster(size);
  return {
    nodes: cluster.nodes.map((node) => Object.assign(node, { transport: node.mesh })),
    until: (condition, what) => cluster.clock.until(condition, what, 120_000),
    rest: () => cluster.clock.advance(40_000),
    stop: async () => {
      for (const node of cluster.nodes) node.mesh.stop();
      await cluster.clock.advance(5_000);
    },
  };
});

describe('mesh', () => {
  test('members that start within the same instant never have two links or two attempts for one pair', async () => {
    const cluster = await linkedCluster(4);
    for (const node of cluster.nodes) {
      expect(node.doubleLinks).toBe(0);
      expect(node.page.commands.filter((c) => c.type === 'open')).toHaveLength(3);
    }
  });

  test('of two members only the lower one offers, also when both have announced themselves', async () => {
    const cluster = await linkedCluster(2);
    const initiators = cluster.nodes.map((node) =>
      node.page.commands.filter((c) => c.type === 'open').map((c) => c.initiator),
    );
    expect(initiators).toEqual([[true], [false]]);
  });

  test('a complete mesh falls silent on the signaling server', async () => {
    const cluster = await linkedCluster(4);
    await cluster.clock.advance(5_000);
    const before = cluster.hub.frames.filter((f) => f.includes('publish')).length;
    await cluster.clock.advance(120_000);
    expect(cluster.hub.frames.filter((f) => f.includes('publish'))).toHaveLength(before);
    expect(cluster.linked()).toBe(true);
  });

  test('sixteen members are all linked to all', async () => {
    const cluster = await linkedCluster(16);
    for (const node of cluster.nodes) expect(node.links.size).toBe(15);
  });

  test('a network of thirty has no member with too few or too many links', async () => {
    const cluster = createCluster(30);
    await cluster.clock.until(
      () => cluster.nodes.every((n) => n.links.size >= 7),
      'seven links each',
      240_000,
    );
    for (const node of cluster.nodes) expect(node.links.size).toBeLessThanOrEqual(14);
  });

  test('a large network that starts at once does not open more connections at a time than it can finish', async () => {
    const cluster = createCluster(30);
    // Nobody's offer arrives: every dial lasts until it is given up.
    for (const { page } of cluster.nodes) {
      const { emit } = page;
      page.emit = (event) => (event.type === 'signal' ? undefined : emit(event));
    }
    const dials = (): number =>
      Math.max(
        ...cluster.nodes.map(
          ({ page }) => page.commands.filter((c) => c.type === 'open' && c.initiator).length,
        ),
      );
    await cluster.clock.advance(DIAL_SLOT_MS - 500);
    expect(dials()).toBe(MAX_DIALS);
    // Who never answers leaves its place to others, a few at a time.
    await cluster.clock.advance(DIAL_SLOT_MS);
    expect(dials()).toBe(2 * MAX_DIALS);
    await cluster.clock.advance(3 * DIAL_SLOT_MS);
    expect(dials()).toBeLessThanOrEqual(MAX_DIALS_UNDER_WAY);
  });

  test('a connection that breaks is replaced without word from anybody', async () => {
    const cluster = await linkedCluster(3);
    const first = cluster.nodes[0]?.links.get(member(1));
    for (const c of cluster.nodes[0]?.page.connections.values() ?? []) c.channel.close();
    await cluster.clock.until(() => !cluster.linked(), 'noticed');
    await cluster.clock.until(() => cluster.linked(), 'linked again');
    expect(cluster.nodes[0]?.links.get(member(1))?.id).not.toBe(first?.id);
  });

  test('a line that is cut in silence is found dead and replaced', async () => {
    const cluster = await linkedCluster(2);
    for (const node of cluster.nodes) for (const c of node.page.connections.values()) c.channel.cut = true;
    await cluster.clock.advance(16_000);
    expect(cluster.nodes[0]?.unlinks[0]?.reason).toBe('timeout');
    await cluster.clock.until(() => cluster.linked(), 'linked again');
  });

  test('a line that is cut for eight seconds keeps its link', async () => {
    const cluster = await linkedCluster(2);
    const channels = cluster.nodes.flatMap((node) =>
      [...node.page.connections.values()].map((c) => c.channel),
    );
    for (const channel of channels) channel.stalled = true;
    await cluster.clock.advance(8_000);
    for (const channel of channels) {
      channel.stalled = false;
      channel.flush();
    }
    await cluster.clock.advance(20_000);
    expect(cluster.nodes[0]?.unlinks).toEqual([]);
  });

  test('a killed tab that starts again is linked before its old links have timed out', async () => {
    const cluster = await linkedCluster(4);
    const old = cluster.nodes[0]?.links.get(member(1))?.instance;
    cluster.kill(1);
    cluster.nodes[1] = cluster.add(1);
    await cluster.clock.until(() => cluster.linked(), 'linked to the new start', 8_000);
    expect(cluster.nodes[0]?.links.get(member(1))?.instance).not.toBe(old);
    expect(cluster.nodes[1]?.twins).toEqual([]);
  });

  test('a second start of a live log is told so, and takes no link away', async () => {
    const cluster = await linkedCluster(4);
    const before = cluster.nodes.map((n) => [...n.links.values()].map((l) => l.id));
    const twin = cluster.add(2);
    await cluster.clock.advance(15_000);
    const live = cluster.nodes[0]?.links.get(member(2))?.instance;
    expect(twin.links.size).toBe(0);
    expect(twin.twins.length).toBeGreaterThanOrEqual(3);
    expect(new Set(twin.twins.map((t) => t.instance))).toEqual(new Set([live]));
    expect(cluster.nodes.map((n) => [...n.links.values()].map((l) => l.id))).toEqual(before);
    expect(cluster.nodes[2]?.twins).toEqual([]);
    expect(twin.status?.peers[0]).toMatchObject({ state: 'refused' });
  });

  test('keys on another device take the link of the log that the member list names, or keep it from a link', async () => {
    const cluster = await linkedCluster(4);
    const logId = 'f0'.repeat(16) as LogId;
    const { voteKey, logId: named } = cluster.members[2]!;
    // Of the network's list another log votes: this one is refused, and nobody is told of a twin.
    const other = cluster.add(2, {
      self: { member: member(2), voteKey, logId, instance: 'f1'.repeat(16) as InstanceId },
    });
    await cluster.clock.advance(15_000);
    expect(other.links.size).toBe(0);
    expect(other.twins).toEqual([]);
    expect(cluster.nodes.map((node) => node.unlinks)).toEqual([[], [], [], []]);

    // It alone is here, and is linked; then the member itself starts again.
    cluster.kill(2);
    await cluster.clock.until(() => other.links.size === 3, 'linked while the other is away', 180_000);
    cluster.nodes[2] = cluster.add(2);
    await cluster.clock.until(() => cluster.linked(), 'linked in place of the other', 180_000);
    expect(cluster.nodes[0]?.links.get(member(2))?.logId).toBe(named);
    expect(cluster.nodes[2]?.twins).toEqual([]);
    expect(other.twins).toEqual([]);
  });

  test('a refused start is not dialled in a loop', async () => {
    const cluster = await linkedCluster(4);
    const twin = cluster.add(2);
    await cluster.clock.advance(120_000);
    expect(twin.page.commands.filter((c) => c.type === 'open').length).toBeLessThan(3 * 12);
  });

  test('a member that was refused over and over is dialled soon once it has started anew', async () => {
    const cluster = await linkedCluster(2);
    cluster.nodes[1]?.mesh.stop();
    const alien = cluster.add(1, { network: 'cd'.repeat(32) as NetworkId });
    // By now half a minute or more lies between two attempts; one has just ended.
    await cluster.clock.advance(300_000);
    const tries = (): number => cluster.nodes[0]!.page.commands.filter((c) => c.type === 'open').length;
    const before = tries();
    await cluster.clock.until(() => tries() > before, 'tried', 70_000);
    await cluster.clock.advance(1000);
    expect(alien.links.size).toBe(0);
    alien.mesh.stop();
    cluster.nodes[1] = cluster.add(1);
    await cluster.clock.until(() => cluster.linked(), 'linked', REFUSED_FIRST_MS + 5000);
  });

  test('a member of another network gets no link, and both sides know why', async () => {
    const cluster = await linkedCluster(2);
    const alien = cluster.add(1, { network: 'cd'.repeat(32) as NetworkId });
    cluster.nodes[1]?.mesh.stop();
    await cluster.clock.advance(10_000);
    expect(alien.links.size).toBe(0);
    expect(alien.status?.peers[0]).toMatchObject({ state: 'refused' });
    expect(alien.status?.peers[0]?.detail).toContain('another network');
    expect(cluster.nodes[0]?.status?.peers[0]?.detail).toContain('another network');
  });

  test('who has the join secret but no member key gets a refusal and nothing else', async () => {
    const cluster = createCluster(4, { start: false });
    for (const i of [0, 1, 2]) cluster.nodes.push(cluster.add(i));
    await cluster.clock.until(() => cluster.linked([0, 1, 2]), 'linked');
    const thief = createMember(77);
    const stranger = cluster.add(3, {
      signer: signerOf(thief),
      self: {
        member: member(3),
        voteKey: thief.voteKey,
        logId: thief.logId,
        instance: '77'.repeat(16) as InstanceId,
      },
    });
    await cluster.clock.advance(15_000);
    expect(stranger.links.size).toBe(0);
    for (const node of cluster.nodes) expect(node.links.has(member(3))).toBe(false);
    expect(stranger.messages).toEqual([]);
  });

  test('who claims the key of a member without having it gets no link', async () => {
    const cluster = createCluster(4, { start: false });
    for (const i of [0, 1, 2]) cluster.nodes.push(cluster.add(i));
    const forger = cluster.add(3, { signer: signerOf(createMember(77)) });
    await cluster.clock.advance(15_000);
    expect(forger.links.size).toBe(0);
    expect(forger.status?.peers.map((p) => p.detail?.includes('signature did not fit'))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('who does not have the join secret is not answered at all', async () => {
    const cluster = createCluster(4, { start: false });
    for (const i of [0, 1, 2]) cluster.nodes.push(cluster.add(i));
    const deaf = cluster.add(3, { signalingSecret: fakeSecret('another secret') });
    await cluster.clock.advance(30_000);
    expect(deaf.links.size).toBe(0);
    expect(deaf.page.commands).toEqual([]);
  });

  test('somebody between the two connections is found out', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.net.intercept = (remote) => remote.replace(/^./, 'f');
    cluster.nodes.push(cluster.add(0), cluster.add(1));
    await cluster.clock.advance(15_000);
    expect(cluster.nodes.map((n) => n.links.size)).toEqual([0, 0]);
    expect(cluster.nodes[0]?.status?.peers[0]?.detail).toContain('signature did not fit');
  });

  test('a member that cannot be reached is called so, and is linked once it can', async () => {
    const cluster = createCluster(2, { start: false });
    cluster.net.blocked = true;
    cluster.nodes.push(cluster.add(0), cluster.add(1));
    await cluster.clock.until(
      () => cluster.nodes[0]?.status?.peers[0]?.state === 'unreachable',
      'unreachable',
      300_000,
    );
    cluster.net.blocked = false;
    await cluster.clock.until(() => cluster.linked(), 'linked', 60_000);
  });

  test('one dead signaling server of two does not keep members apart', async () => {
    const cluster = createCluster(3, { start: false });
    cluster.hub.dead.add(URL_ONE);
    for (const i of [0, 1, 2]) cluster.nodes.push(cluster.add(i, { signalingUrls: [URL_ONE, URL_TWO] }));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    await cluster.clock.advance(200);
    expect(cluster.nodes[0]?.status?.signaling.map((s) => s.state)).toEqual(['waiting', 'open']);
  });

  test('members on two servers at once do not take a message twice', async () => {
    const cluster = createCluster(3, { start: false });
    for (const i of [0, 1, 2]) cluster.nodes.push(cluster.add(i, { signalingUrls: [URL_ONE, URL_TWO] }));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    for (const node of cluster.nodes) {
      expect(node.page.commands.filter((c) => c.type === 'open')).toHaveLength(2);
      expect(node.page.commands.filter((c) => c.type === 'signal').length).toBeLessThanOrEqual(4);
    }
  });

  test('a running network introduces members through its links when every signaling server is gone', async () => {
    const cluster = await linkedCluster(4);
    cluster.hub.kill(URL_ONE);
    const between = [...(cluster.nodes[1]?.page.connections.values() ?? [])].filter(
      (c) => c.remote?.page === cluster.nodes[2]?.page,
    );
    expect(between).toHaveLength(1);
    for (const c of between) c.channel.close();
    await cluster.clock.until(() => !cluster.linked([1, 2]), 'broken');
    await cluster.clock.until(() => cluster.linked(), 'mended by the others');
  });

  test('a spoofed offer of the higher member does not break the order of dialling', async () => {
    const cluster = await linkedCluster(2);
    const secret = fakeSecret('join secret');
    const sealed = await secret.encrypt(
      encodeMessage({
        type: 'signal',
        id: '01'.repeat(8),
        from: member(1),
        instance: '99'.repeat(16) as InstanceId,
        to: (cluster.nodes[1]?.links.get(member(0))?.instance ?? '') as InstanceId,
        peer: '42'.repeat(16),
        data: { type: 'offer', sdp: '1' },
      }),
    );
    for (const socket of cluster.hub.sockets) {
      socket.deliver(
        JSON.stringify({
          type: 'publish',
          topic: secret.topic,
          data: Buffer.from(sealed).toString('base64'),
        }),
      );
    }
    await cluster.clock.advance(1_000);
    expect(cluster.nodes[0]?.page.commands.filter((c) => c.type === 'open')).toHaveLength(1);
    expect(cluster.linked()).toBe(true);
  });

  test('a delayed link loses nothing and keeps the order', async () => {
    const cluster = await linkedCluster(2);
    const [a, b] = cluster.nodes;
    a?.mesh.setDelay(300);
    const link = a?.links.get(member(1));
    if (!a || !b || !link) throw new Error('not linked');
    for (let i = 0; i < 5; i++) a.mesh.send(link.id, new Uint8Array([i]), i % 2 ? 'bulk' : 'vote');
    await cluster.clock.advance(250);
    expect(b.messages).toEqual([]);
    await cluster.clock.advance(100);
    expect(b.messages.map((m) => m.bytes[0])).toEqual([0, 1, 2, 3, 4]);
    a.mesh.setDelay(0);
    a.mesh.send(link.id, new Uint8Array([9]), 'vote');
    await cluster.clock.advance(1);
    expect(b.messages.at(-1)?.bytes[0]).toBe(9);
  });

  test('a peer that never stops pinging loses its link for a reason that it can see', async () => {
    const cluster = await linkedCluster(2);
    const connection = [...(cluster.nodes[0]?.page.connections.values() ?? [])][0];
    for (let i = 0; i < 100; i++) connection?.channel.send(new Uint8Array([0x05, 0, 0, 0, i]));
    await cluster.clock.advance(10);
    expect(cluster.nodes[0]?.unlinks[0]?.reason).toBe('rate-limit');
    expect(cluster.nodes[1]?.unlinks[0]?.reason).toBe('rate-limit');
  });

  test('garbage on a link costs the sender its link, not the receiver its life', async () => {
    const cluster = await linkedCluster(2);
    const connection = [...(cluster.nodes[0]?.page.connections.values() ?? [])][0];
    connection?.channel.send(new Uint8Array([0xff, 1, 2, 3]));
    await cluster.clock.advance(10);
    expect(cluster.nodes[1]?.unlinks[0]?.reason).toBe('malformed-message');
    expect(cluster.nodes[0]?.unlinks[0]?.reason).toBe('malformed-message');
    expect(cluster.nodes[0]?.status?.peers[0]?.state).not.toBe('linked');
  });

  test('a browser that loses transferred channels is served through a port on the next attempt', async () => {
    const cluster = createCluster(2, { start: false });
    const node = cluster.add(0);
    cluster.nodes.push(node);
    const emit = node.page.emit;
    node.page.emit = (event) => {
      if (event.type !== 'channel') emit(event);
    };
    cluster.nodes.push(cluster.add(1));
    await cluster.clock.until(
      () => node.page.commands.filter((c) => c.type === 'open').length > 1,
      'a second attempt',
    );
    const opens = node.page.commands.filter((c) => c.type === 'open');
    expect(opens.map((c) => c.workerChannel).slice(0, 2)).toEqual([true, false]);
  });

  test('after stop no timer is left to run', async () => {
    const cluster = await linkedCluster(4);
    for (const node of cluster.nodes) node.mesh.stop();
    await cluster.clock.advance(10_000);
    expect(cluster.clock.pending).toBe(0);
  });
});
