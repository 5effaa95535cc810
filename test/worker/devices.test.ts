/** Devices at a replica: they get all state, verify it, and are nobody's neighbours. */
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asRound, asVersion, toHex, type Digest, type MemberIndex } from '../../src/codec/brand.ts';
import type { PeerMessage } from '../../src/codec/messages.ts';
import { encodeMessage } from '../../src/codec/messages.ts';
import type { LinkId } from '../../src/net/types.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { recorded, signed, store, keyOf } from './sync-pair.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster.stop());

const voters = (nodes: readonly Node[]): Promise<void> =>
  until('voters', () => nodes.every((n) => n.standing.kind === 'voter'));

async function withDevice(): Promise<{ nodes: Node[]; device: Node; index: number }> {
  cluster = await Cluster.create(4);
  const nodes = await cluster.startAll();
  await voters(nodes);
  const { index, certificate } = cluster.addDevice(0);
  const device = await cluster.start(index, { device: certificate });
  await until('linked', () => device.replica.links.size === 4);
  await until('seen', () => nodes.every((node) => node.replica.devices.size === 1));
  return { nodes, device, index };
}

const toMember = (device: Node, member: number): LinkId =>
  device.replica.linksOf(member as MemberIndex)[0]!.id;

describe('a device', () => {
  it('has every decision with its certificate and value, and votes for none', async () => {
    const { nodes, device, index } = await withDevice();
    const sent = recorded(cluster);
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('decided', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    await until('the device has it', () => device.replica.heads.get(KEY)?.previous !== undefined);
    expect((await device.replica.held(KEY))?.body).toEqual(body('first'));
    expect(device.standing.kind).toBe('observer');
    const said = new Set(sent.filter(({ from }) => from === index).map(({ message }) => message.type));
    expect(said.has('want-keys')).toBe(true);
    for (const kind of said)
      expect([
        'want-keys',
        'want-nodes',
        'want-values',
        'want-history',
        'want-held',
        'probe',
        'alive',
      ]).toContain(kind);
    // Nothing was pushed to it: it asks.
    for (const node of nodes) expect(node.transport.closings).toEqual([]);
  });

  it('proposes nothing', async () => {
    const { device } = await withDevice();
    const proposed = await device.replica.propose(KEY, asVersion(1), null, body('mine'));
    expect(proposed).toMatchObject({ ok: false, error: { type: 'not-a-voter' } });
  });

  it('counts as nobody: its member away is away, and no neighbour is told of it', async () => {
    const { nodes, device } = await withDevice();
    const sent = recorded(cluster);
    cluster.kill(0);
    await until('gone', () => nodes.slice(1).every((n) => n.replica.linksOf(0 as MemberIndex).length === 0));
    for (const node of nodes.slice(1)) {
      expect(node.replica.links.size).toBe(2);
      expect(node.replica.devices.size).toBe(1);
    }
    await until('told', () => sent.some(({ message }) => message.type === 'neighbours'));
    for (const { message } of sent)
      if (message.type === 'neighbours') expect(message.members[0]! & 1, toHex(message.members)).toBe(0);
    // And the device still learns what the others decide.
    await nodes[1]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('the device has it', () => headOf(device, KEY)?.version === 1);
  });

  it('gives a member that was away a certificate that it holds', async () => {
    cluster = await Cluster.create(4);
    const [a] = [await cluster.start(0)];
    const state = signed(cluster, keyOf(1), 1, 'x');
    const { index, certificate } = cluster.addDevice(0);
    await store(cluster, index, [state]);
    const device = await cluster.start(index, { device: certificate });
    await until('linked', () => device.replica.links.size === 1);
    device.replica.send(
      toMember(device, 0),
      { type: 'certificates', certificates: [state.entry.certificate] },
      'bulk',
    );
    await until('the member has it', () => headOf(a, keyOf(1))?.version === 1);
  });
});

describe('a device loses its link', () => {
  const vote = async (): Promise<PeerMessage> => {
    const digest = '0a'.repeat(32) as Digest;
    const key = { key: KEY, version: asVersion(1), round: asRound(0), type: 'PRE-COMMIT' as const, digest };
    return {
      type: 'votes',
      epoch: cluster.epoch.epoch,
      votes: [await cluster.signSingle(0, key)],
      values: [],
    };
  };
  const messages: Readonly<Record<string, () => Promise<PeerMessage>>> = {
    'a vote, though its member signed it': vote,
    'a refusal in its member’s name': () =>
      Promise.resolve({
        type: 'refusal',
        key: KEY,
        version: asVersion(1),
        digest: '0a'.repeat(32) as Digest,
        rule: 'x',
        message: 'no',
      }),
    'whom it is linked to': () => Promise.resolve({ type: 'neighbours', members: new Uint8Array(1) }),
    'that it needs no votes': () => Promise.resolve({ type: 'enough', authors: new Uint8Array(1) }),
    'what votes it holds': () => Promise.resolve({ type: 'holds', items: [] }),
    'what votes it counted': () => Promise.resolve({ type: 'witness', items: [] }),
  };
  for (const [what, make] of Object.entries(messages)) {
    it(`when it tells ${what}`, async () => {
      const { nodes, device } = await withDevice();
      const message = await make();
      // Past its own replica, which would not send it.
      device.transport.send(toMember(device, 1), encodeMessage(message));
      await until('closed', () => nodes[1]!.transport.closings.length > 0);
      expect(nodes[1]!.transport.closings).toEqual([
        { member: device.transport.self, reason: 'device-vote' },
      ]);
      expect(nodes[1]!.replica.devices.size).toBe(0);
      expect(nodes[1]!.replica.core.instances.size).toBe(0);
      expect(nodes[1]!.replica.refusals.size).toBe(0);
      // The others keep it.
      expect(nodes[2]!.replica.devices.size).toBe(1);
    });
  }

  it('and not when it asks, or says what it may', async () => {
    const { nodes, device } = await withDevice();
    device.transport.send(toMember(device, 1), encodeMessage({ type: 'probe', nonce: '0b'.repeat(16) }));
    device.transport.send(toMember(device, 1), encodeMessage({ type: 'want-keys', keys: [KEY] }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(nodes[1]!.transport.closings).toEqual([]);
  });
});
