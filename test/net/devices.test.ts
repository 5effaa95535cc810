/** Terminals and phones of an organisation get in with what their member signed for them, and say nothing in its name. */
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, type InstanceId, type MemberIndex, type NetworkId } from '../../src/codec/brand.ts';
import {
  decodeDevice,
  encodeDevice,
  NO_LOG,
  type DeviceCertificate,
  type DeviceClaim,
  type DeviceKey,
} from '../../src/codec/device.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES, MAX_NAME_LENGTH } from '../../src/codec/limits.ts';
import { certifierIn, certifyDevice, deviceBytes, deviceProblem } from '../../src/crypto/device.ts';
import {
  DEVICE_MEMBER_LINKS,
  MAX_DEVICE_ATTEMPTS,
  MAX_DEVICE_LINKS,
  MAX_DEVICES_HEARD,
  MAX_DEVICES_PER_MEMBER,
} from '../../src/net/limits.ts';
import { createDevices, dials, mayLink, type Party } from '../../src/net/mesh/devices.ts';
import { partFrame } from '../../src/net/mesh/frames.ts';
import { encodeMessage } from '../../src/net/mesh/messages.ts';
import type { MeshOptions } from '../../src/net/mesh/options.ts';
import type { Link } from '../../src/net/types.ts';
import {
  createCluster,
  createMember,
  createRandom,
  createTestClock,
  fakeSecret,
  NETWORK,
  signerOf,
  URL_ONE,
  verifier,
  type Cluster,
  type Observed,
} from './harness.ts';

const index = (i: number): MemberIndex => i as MemberIndex;

/** Keys of a device, apart from those of `createMember`. */
const deviceKeys = (i: number): ReturnType<typeof createMember> => createMember(120 + i);
const deviceKey = (i: number): DeviceKey => deviceKeys(i).voteKey as string as DeviceKey;

function certify(owner: number, i: number, change: Partial<DeviceClaim> = {}): Promise<DeviceCertificate> {
  const claim = {
    network: NETWORK,
    member: index(owner),
    device: deviceKey(i),
    name: `dock ${i}`,
    notBefore: 1_000,
    ...change,
  };
  return certifyDevice(signerOf(createMember(owner)), claim);
}

interface DeviceNode extends Observed {
  readonly certificate: DeviceCertificate;
  /** Its links to other devices of its member. */
  readonly siblings: () => Link[];
}

/** A device in a cluster of members. */
async function addDevice(
  cluster: Cluster,
  owner: number,
  i: number,
  change: { certificate?: DeviceCertificate; overrides?: Partial<MeshOptions>; start?: number } = {},
): Promise<DeviceNode> {
  const certificate = change.certificate ?? (await certify(owner, i));
  const random = createRandom(5_000 + i + 97 * (change.start ?? 0));
  const node = cluster.add(owner, {
    self: {
      member: index(owner),
      voteKey: deviceKeys(i).voteKey,
      logId: NO_LOG,
      instance: toHex(random(16)) as InstanceId,
      device: certificate,
    },
    signer: signerOf(deviceKeys(i)),
    random,
    ...change.overrides,
  });
  return Object.assign(node, {
    certificate,
    siblings: () => node.deviceLinks.filter((link) => link.device !== undefined),
  });
}

/** Links that a member has to devices now. */
const devicesAt = (node: Observed | undefined): readonly DeviceKey[] =>
  (node?.deviceLinks ?? []).flatMap((link) => link.device?.device ?? []);
const linkTo = (node: Observed, member: number): Link => {
  const link = node.links.get(index(member));
  if (link === undefined) throw new Error(`no link to ${member}`);
  return link;
};

describe('what a member signs for a device', () => {
  test('stands, and no changed field of it does', async () => {
    const certificate = await certify(0, 1);
    const members = [0, 1, 2].map(createMember);
    const context = { network: NETWORK, members, of: index(0), ed25519: verifier, now: 2_000 };
    expect(await deviceProblem(certificate, context)).toBeNull();
    const changes: [Partial<DeviceCertificate>, string][] = [
      [{ network: 'cd'.repeat(32) as NetworkId }, 'wrong-network'],
      [{ member: index(1) }, 'bad-signature'],
      [{ member: index(7) }, 'bad-signature'],
      [{ device: deviceKey(2) }, 'bad-signature'],
      [{ device: members[0]?.voteKey as string as DeviceKey }, 'unknown-member'],
      [{ name: 'dock 2' }, 'bad-signature'],
      [{ notBefore: 999 }, 'bad-signature'],
      [{ notBefore: 1_000_000 }, 'not-yet'],
      [{ signature: new Uint8Array(64) }, 'bad-signature'],
    ];
    for (const [change, problem] of changes)
      expect(await deviceProblem({ ...certificate, ...change }, context), JSON.stringify(change)).toBe(
        problem,
      );
  });

  test('stands wherever its member has its place now, and for nobody else, nor for a new key of the same member', async () => {
    const certificate = await certify(2, 1);
    const context = { network: NETWORK, ed25519: verifier, now: 2_000 };
    const [alfa, , cargo, delta] = [0, 1, 2, 3].map(createMember);
    // The second has left: Cargo, which signed as the third, is the second now.
    const members = [alfa!, cargo!, delta!];
    expect(await deviceProblem(certificate, { ...context, members, of: index(1) })).toBeNull();
    expect(await deviceProblem(certificate, { ...context, members, of: index(2) })).toBe('bad-signature');
    expect(await certifierIn(certificate, members, verifier)).toBe(1);
    const replaced = [alfa!, createMember(9), delta!];
    expect(await deviceProblem(certificate, { ...context, members: replaced, of: index(1) })).toBe(
      'bad-signature',
    );
    expect(await certifierIn(certificate, replaced, verifier)).toBeNull();
  });

  test('is no signature of another kind: the bytes begin with a name of their own', async () => {
    const certificate = await certify(0, 1);
    const { signature, ...claim } = certificate;
    const bytes = deviceBytes(claim);
    expect(new TextDecoder().decode(bytes.slice(2, 8))).toBe('device');
    expect(ed25519.verify(signature, bytes, ed25519.getPublicKey(createMember(0).seed))).toBe(true);
  });

  test('has one form, and the largest one fits', () => {
    fc.assert(
      fc.property(
        fc.record({
          network: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          device: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          member: fc.nat(999),
          name: fc.string({ minLength: 1, maxLength: MAX_NAME_LENGTH, unit: 'binary-ascii' }),
          notBefore: fc.nat(),
          signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
        }),
        ({ network, device, member, ...rest }) => {
          const certificate: DeviceCertificate = {
            ...rest,
            network: toHex(network) as NetworkId,
            device: toHex(device) as DeviceKey,
            member: index(member),
          };
          const bytes = encodeDevice(certificate);
          expect(decodeDevice(bytes)).toEqual({ ok: true, value: certificate });
          expect(decodeDevice(bytes.slice(0, -1)).ok).toBe(false);
        },
      ),
    );
    const largest = encodeDevice({
      network: NETWORK,
      member: index(999),
      device: deviceKey(1),
      name: '鎖'.repeat(MAX_NAME_LENGTH),
      notBefore: Number.MAX_SAFE_INTEGER,
      signature: new Uint8Array(64),
    });
    expect(largest.length).toBeLessThanOrEqual(MAX_DEVICE_CERTIFICATE_BYTES);
    expect(decodeDevice(largest).ok).toBe(true);
  });
});

describe('a device', () => {
  test('links to its member and to others, and each end knows what the other is', async () => {
    const cluster = createCluster(4);
    const { clock, nodes } = cluster;
    await clock.until(() => cluster.linked(), 'the members');
    const device = await addDevice(cluster, 2, 1);
    await clock.until(() => device.links.size === 4, 'the device is linked to all four');
    for (const node of nodes) expect(devicesAt(node)).toEqual([deviceKey(1)]);
    const [atMember] = nodes[0]?.deviceLinks ?? [];
    expect(atMember).toMatchObject({ member: 2, device: { name: 'dock 1', device: deviceKey(1) } });
    expect(linkTo(device, 0).device).toBeUndefined();
    expect(linkTo(device, 2).logId).toBe(createMember(2).logId);
    // The members' own links are as they were.
    expect(cluster.linked()).toBe(true);
    for (const node of nodes) expect([node.unlinks, node.doubleLinks]).toEqual([[], 0]);
    await clock.advance(200);
    expect(nodes[0]?.status?.devices).toMatchObject([{ member: 2, device: deviceKey(1), name: 'dock 1' }]);
    expect(device.status?.devices).toEqual([]);
    expect(device.status?.peers).toHaveLength(4);
  });

  test('exchanges messages with a member, whose votes come in the vote lane', async () => {
    const cluster = createCluster(3);
    const device = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => device.links.size === 3, 'linked');
    const member = cluster.nodes[1]!;
    device.mesh.send(linkTo(device, 1).id, new Uint8Array([1]), 'vote');
    member.mesh.send(member.deviceLinks[0]!.id, new Uint8Array([2]), 'vote');
    await cluster.clock.advance(100);
    expect(member.messages.map((m) => [...m.bytes])).toEqual([[1]]);
    expect(device.messages.map((m) => [...m.bytes])).toEqual([[2]]);
    expect(member.unlinks).toEqual([]);
  });

  test('that sends in the vote lane loses its link, and reads why', async () => {
    const cluster = createCluster(3);
    const device = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => device.links.size === 3, 'linked');
    const connection = device.page.connections.get(linkTo(device, 1).id)!;
    connection.channel.send(partFrame('vote', new Uint8Array([9]), 0).frame);
    await cluster.clock.advance(100);
    expect(cluster.nodes[1]?.messages).toEqual([]);
    expect(device.unlinks.map(({ link, reason }) => [link.member, reason])).toEqual([[1, 'device-vote']]);
    expect(devicesAt(cluster.nodes[1])).toEqual([]);
    await cluster.clock.advance(1_000);
    expect(device.status?.peers.find((peer) => peer.member === 1)).toMatchObject({ state: 'refused' });
  });

  test('finds the other devices of its member, and none of another', async () => {
    const cluster = createCluster(3);
    const first = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => first.links.size === 3, 'the first is linked');
    await cluster.clock.advance(60_000);
    const second = await addDevice(cluster, 0, 2);
    const stranger = await addDevice(cluster, 1, 3);
    await cluster.clock.until(
      () => first.siblings().length === 1 && second.siblings().length === 1 && stranger.links.size === 3,
      'the two find one another',
    );
    expect(first.siblings()[0]?.device?.device).toBe(deviceKey(2));
    expect(second.siblings()[0]).toMatchObject({ member: 0, device: { device: deviceKey(1) } });
    await cluster.clock.advance(60_000);
    expect(stranger.siblings()).toEqual([]);
    expect([first.doubleLinks, second.doubleLinks]).toEqual([0, 0]);
    // Words go from one to the other.
    first.mesh.send(first.siblings()[0]!.id, new Uint8Array([7]), 'vote');
    await cluster.clock.advance(100);
    expect(second.messages.map((m) => [...m.bytes])).toEqual([[7]]);
  });

  test('keeps to other members when its own is away, and takes it up when it is back', async () => {
    const cluster = createCluster(4, { start: false });
    cluster.nodes.push(...[1, 2, 3].map((i) => cluster.add(i)));
    const device = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => device.links.size === 3, 'the others');
    await cluster.clock.advance(90_000);
    cluster.add(0);
    await cluster.clock.until(() => device.links.has(index(0)), 'its own member');
  });

  test('in a large network links to a few members, its own among them', async () => {
    const cluster = createCluster(20);
    await cluster.clock.until(() => cluster.nodes.every((node) => node.links.size >= 7), 'members', 240_000);
    const device = await addDevice(cluster, 13, 1);
    await cluster.clock.until(
      () => device.links.has(index(13)) && device.links.size >= DEVICE_MEMBER_LINKS,
      'linked',
    );
    await cluster.clock.advance(30_000);
    expect(device.links.size).toBeLessThanOrEqual(DEVICE_MEMBER_LINKS + 1);
  });

  test('that is started again is linked again at once, and the old link goes', async () => {
    const cluster = createCluster(3);
    const before = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => before.links.size === 3, 'linked');
    before.mesh.stop();
    const after = await addDevice(cluster, 0, 1, { start: 1 });
    await cluster.clock.until(() => after.links.size === 3, 'linked again');
    for (const node of cluster.nodes) expect(devicesAt(node)).toEqual([deviceKey(1)]);
    // A device has no vote log, so two starts of it are no twins.
    expect(after.twins).toEqual([]);
  });

  test('finds a member through another when every signaling server is gone', async () => {
    const cluster = createCluster(3, { start: false });
    const [a, b] = [cluster.add(0), cluster.add(1)];
    const device = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => device.links.size === 2 && a.links.size === 1, 'linked');
    cluster.hub.kill(URL_ONE);
    await cluster.clock.advance(1_000);
    device.mesh.close(linkTo(device, 1).id, 'transport-failed');
    await cluster.clock.until(() => device.links.has(index(1)), 'member 1 again', 120_000);
    expect(devicesAt(b)).toEqual([deviceKey(1)]);
  });
});

describe('a device is refused', () => {
  async function refusal(
    change: Parameters<typeof addDevice>[3],
    ofMembers: Partial<MeshOptions> = {},
    owner = 0,
  ): Promise<{ cluster: Cluster; members: Observed[]; device: DeviceNode; closed: () => string }> {
    const cluster = createCluster(3, { start: false });
    const members = [0, 1, 2].map((i) => cluster.add(i, ofMembers));
    const device = await addDevice(cluster, owner, 1, change);
    await cluster.clock.advance(3_000);
    expect(members.every((node) => node.links.size === 2)).toBe(true);
    const closed = (): string => (device.status?.peers ?? []).map((peer) => peer.detail ?? '').join(' ');
    return { cluster, members, device, closed };
  }

  test.each<[string, () => Promise<DeviceCertificate>, RegExp]>([
    ['that certified itself', () => certifyDevice(signerOf(deviceKeys(1)), bare()), /certificate/],
    ['of another network', () => certify(0, 1, { network: 'cd'.repeat(32) as NetworkId }), /certificate/],
    ['whose time has not come', () => certify(0, 1, { notBefore: 10_000_000 }), /certificate/],
    ['that has the certificate of another member', () => certify(1, 1), /certificate/],
    ['that has the certificate of another device', () => certify(0, 2), /keys do not fit/],
  ])('%s', async (_, certificate, words) => {
    const cluster = createCluster(3, { start: false });
    const timed = { clock: Object.assign(cluster.clock, { wall: () => 1_000_000 }) };
    const members = [0, 1, 2].map((i) => cluster.add(i, timed));
    const device = await addDevice(cluster, 0, 1, { certificate: await certificate(), overrides: timed });
    await cluster.clock.advance(5_000);
    expect(members.every((node) => node.links.size === 2)).toBe(true);
    expect(device.links.size).toBe(0);
    for (const node of members) expect(devicesAt(node)).toEqual([]);
    const details = (device.status?.peers ?? []).map((peer) => peer.detail ?? '').join(' ');
    expect(details).toMatch(words);
  });

  function bare(): DeviceClaim {
    return { network: NETWORK, member: index(0), device: deviceKey(1), name: 'dock 1', notBefore: 1_000 };
  }

  test('that holds a certificate and not the key', async () => {
    const { device, closed } = await refusal({ overrides: { signer: signerOf(createMember(77)) } });
    expect(device.links.size).toBe(0);
    expect(closed()).toMatch(/signature did not fit/);
  });

  test('that the directory has revoked, and only that one', async () => {
    const revoked = (member: MemberIndex, key: DeviceKey): boolean => member === 0 && key === deviceKey(1);
    const { device, members, closed } = await refusal({}, { deviceRevoked: revoked });
    expect(device.links.size).toBe(0);
    expect(closed()).toMatch(/revoked/);
    // It learns of it also when it was away while the directory changed, and no member tells it more than this.
    expect(device.status?.peers.map((peer) => peer.revokesUs)).toEqual([true, true, true]);
    for (const node of members) expect(devicesAt(node)).toEqual([]);
    const other = await refusal({ certificate: await certify(1, 1) }, { deviceRevoked: revoked }, 1);
    expect(other.device.links.size).toBe(3);
    expect(other.device.status?.peers.some((peer) => peer.revokesUs)).toBe(false);
  });

  test('in the midst of a link, when the directory revokes it then', async () => {
    let isRevoked = false;
    const { cluster, device, members } = await refusal({}, { deviceRevoked: () => isRevoked });
    expect(device.links.size).toBe(3);
    isRevoked = true;
    await cluster.clock.until(() => device.links.size === 0, 'links closed', 10_000);
    expect(new Set(device.unlinks.map((end) => end.reason))).toEqual(new Set(['device-revoked']));
    for (const node of members) expect(devicesAt(node)).toEqual([]);
  });

  test('whose member has signed two values', async () => {
    const cluster = createCluster(3);
    const device = await addDevice(cluster, 0, 1);
    await cluster.clock.until(() => device.links.size === 3, 'linked');
    cluster.nodes[1]?.mesh.refuse(new Set([index(0)]));
    await cluster.clock.advance(100);
    expect(devicesAt(cluster.nodes[1])).toEqual([]);
    expect(device.unlinks.map((end) => end.reason)).toEqual(['equivocation']);
  });
});

describe('limits', () => {
  const member: Party = { member: index(0), device: null };

  test('one organisation cannot take every place, and the own has places left', () => {
    const clock = createTestClock();
    const devices = createDevices(member, clock);
    const link = (owner: number, i: number): boolean => {
      const slot = devices.heard(index(owner), deviceKey(owner * 10 + i));
      if (slot === null || !devices.hasRoom(slot)) return false;
      slot.link = {} as never;
      return true;
    };
    let ofOthers = 0;
    for (let owner = 1; owner <= 6; owner++) for (let i = 0; i < 10; i++) if (link(owner, i)) ofOthers += 1;
    expect(ofOthers).toBe(MAX_DEVICES_PER_MEMBER);
    let own = 0;
    for (let i = 0; i < 10; i++) if (link(0, i)) own += 1;
    expect(own).toBe(MAX_DEVICES_PER_MEMBER);
    expect(ofOthers + own).toBeLessThanOrEqual(MAX_DEVICE_LINKS);
  });

  test('a ninth device of an organisation is told that there is no room', async () => {
    const cluster = createCluster(2);
    const all: DeviceNode[] = [];
    for (let i = 0; i <= MAX_DEVICES_PER_MEMBER; i++) {
      all.push(await addDevice(cluster, 0, i));
      await cluster.clock.advance(3_000);
    }
    await cluster.clock.advance(10_000);
    expect(devicesAt(cluster.nodes[0])).toHaveLength(MAX_DEVICES_PER_MEMBER);
    expect(cluster.linked()).toBe(true);
  });

  test('claims of devices that do not exist fill no memory, and push out none that is linked', () => {
    const devices = createDevices(member, createTestClock());
    const linked = devices.heard(index(1), deviceKey(0))!;
    linked.link = {} as never;
    for (let i = 0; i < 1_000; i++) devices.heard(index(1), toHex(createRandom(i + 1)(32)) as DeviceKey);
    expect(devices.all().length).toBeLessThanOrEqual(MAX_DEVICES_HEARD);
    expect(devices.get(deviceKey(0))).toBe(linked);
    // Nobody takes a linked device's place by naming another member.
    expect(devices.heard(index(2), deviceKey(0))).toBeNull();
  });

  test('a flood of offers of devices that do not exist costs a member no link and few connections', async () => {
    const cluster = createCluster(4);
    await cluster.clock.until(() => cluster.linked(), 'linked');
    const victim = cluster.nodes[0]!;
    const secret = fakeSecret('join secret');
    const random = createRandom(4711);
    const socket = cluster.hub.createSocket(URL_ONE);
    await cluster.clock.advance(10);
    const { instance: ofVictim } = linkTo(cluster.nodes[1]!, 0);
    for (let i = 0; i < 500; i++) {
      const bytes = encodeMessage({
        type: 'signal',
        id: toHex(random(8)),
        from: index(1),
        device: toHex(random(32)) as DeviceKey,
        instance: toHex(random(16)) as InstanceId,
        to: ofVictim,
        peer: toHex(random(16)),
        data: { type: 'offer', sdp: '0' },
      });
      const sealed = await secret.encrypt(bytes);
      socket.send(
        JSON.stringify({
          type: 'publish',
          topic: secret.topic,
          data: Buffer.from(sealed).toString('base64'),
        }),
      );
    }
    await cluster.clock.advance(500);
    const opened = victim.page.commands.filter((command) => command.type === 'open' && !command.initiator);
    // Bad descriptions end an attempt at once, so the rate is what bounds them.
    expect(opened.length).toBeLessThanOrEqual(40);
    expect(victim.page.connections.size).toBeLessThanOrEqual(3 + MAX_DEVICE_ATTEMPTS);
    expect(cluster.linked()).toBe(true);
    expect(victim.unlinks).toEqual([]);
  });
});

describe('who dials whom', () => {
  test('of any two that may be linked exactly one dials', () => {
    const party = fc.record({
      member: fc.nat(3).map(index),
      device: fc.option(fc.nat(4).map(deviceKey)),
    });
    fc.assert(
      fc.property(party, party, (a, b) => {
        fc.pre(mayLink(a, b));
        expect(mayLink(b, a)).toBe(true);
        expect(dials(a, b)).not.toBe(dials(b, a));
      }),
    );
  });

  test('devices of two organisations are not linked, nor anybody to itself', () => {
    const [a, b] = [deviceKey(1), deviceKey(2)];
    expect(mayLink({ member: index(0), device: a }, { member: index(1), device: b })).toBe(false);
    expect(mayLink({ member: index(0), device: a }, { member: index(0), device: b })).toBe(true);
    expect(mayLink({ member: index(0), device: a }, { member: index(0), device: a })).toBe(false);
    expect(mayLink({ member: index(0), device: null }, { member: index(0), device: a })).toBe(true);
  });
});
