/** TURN servers with short-lived credentials, and what the page is given of the ICE servers. */
import { createHmac } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { createIceSource } from '../../src/net/mesh/turn.ts';
import { createCluster, settle } from './harness.ts';

const SECRET = 'north';
const shared = { urls: 'turn:turn.test:3478', secret: SECRET };
const fixed = { urls: 'turn:other.test', username: 'anna', credential: 'pw' };

/** HMAC runs on a thread of its own: waits until it is done. */
const until = (condition: () => boolean): Promise<void> => expect.poll(condition, { interval: 2 }).toBe(true);

describe('credentials of a TURN server that shares a secret', () => {
  test('are what the server computes: expiry in Unix seconds, name, and their HMAC-SHA-1', async () => {
    const wall = 1_800_000_000_500;
    const ice = createIceSource([shared, fixed], 'member-2', () => wall);
    await until(() => ice.current().length === 2);
    const made = ice.current().find((server) => server.urls === shared.urls);
    expect(made?.username).toBe('1800003600:member-2');
    expect(made?.credential).toBe(createHmac('sha1', SECRET).update('1800003600:member-2').digest('base64'));
    expect(made).not.toHaveProperty('secret');
    expect(ice.current()).toContainEqual(fixed);
  });

  test('are made anew before they end, and not at every beat', async () => {
    let wall = 0;
    let made = 0;
    const ice = createIceSource(
      [shared],
      'm',
      () => wall,
      async (_, text) => `${++made} ${text}`,
    );
    await settle();
    for (; wall < 2_300_000; wall += 2_000) ice.refresh();
    await settle();
    expect(made).toBe(1);
    wall = 2_500_000;
    ice.refresh();
    await settle();
    expect(made).toBe(2);
    expect(ice.current()[0]?.username).toBe('6100:m');
  });

  test('of the settings before are forgotten, also when they come late', async () => {
    const waiting: ((tag: string) => void)[] = [];
    const ice = createIceSource(
      [shared],
      'm',
      () => 0,
      () => new Promise((resolve) => waiting.push(resolve)),
    );
    ice.set([{ urls: 'turn:new.test', secret: 'south' }]);
    waiting[1]?.('new');
    await settle();
    waiting[0]?.('old');
    await settle();
    expect(ice.current()).toEqual([{ urls: 'turn:new.test', username: '3600:m', credential: 'new' }]);
  });

  test('that cannot be made leave the other servers in use, and are tried again', async () => {
    let broken = true;
    const hmac = async (): Promise<string> => {
      if (broken) throw new Error('no WebCrypto');
      return 'tag';
    };
    const ice = createIceSource([shared, fixed], 'm', () => 0, hmac);
    await settle();
    expect(ice.current()).toEqual([fixed]);
    broken = false;
    ice.refresh();
    await settle();
    expect(ice.current()).toHaveLength(2);
  });

  test('without a wall clock only the other servers are used', () => {
    expect(createIceSource([shared, fixed], 'm', undefined).current()).toEqual([fixed]);
  });

  test('reach the page with the next connection, and the secret never does', async () => {
    const cluster = createCluster(2, { start: false });
    const clock = { ...cluster.clock, wall: () => 1_800_000_000_000 };
    const node = cluster.add(0, { clock, iceServers: [fixed] });
    const sign = vi.spyOn(crypto.subtle, 'sign');
    node.mesh.setIceServers([shared]);
    await until(() => sign.mock.settledResults.some(({ type }) => type === 'fulfilled'));
    sign.mockRestore();
    await settle();
    cluster.nodes.push(node, cluster.add(1));
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const open = node.page.commands.find((command) => command.type === 'open');
    expect(open?.type === 'open' && open.iceServers[0]?.username).toBe('1800003600:member-0');
    expect(JSON.stringify(node.page.commands)).not.toContain(SECRET);
  });
});
