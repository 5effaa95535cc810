/** Photos by digest: they come from whoever has them, and never instead of something else. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Digest, MemberIndex } from '../../src/codec/brand.ts';
import { MAX_PHOTO_BYTES } from '../../src/worker/limits.ts';
import { Cluster, until, type Node } from './cluster.ts';

const PHOTO = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) % 251);
let cluster: Cluster;
afterEach(() => cluster.stop());

async function started(): Promise<Node[]> {
  cluster = await Cluster.create(4);
  const nodes = await cluster.startAll();
  await until('linked', () => nodes.every((n) => n.replica.links.size === 3));
  return nodes;
}

async function keep(node: Node, bytes = PHOTO): Promise<Digest> {
  const kept = await node.replica.photos.keep(bytes);
  if (!kept.ok) throw new Error(kept.error.message);
  return kept.value;
}

describe('a photo', () => {
  it('is there again after a restart, and comes to a member that asks for it', async () => {
    const nodes = await started();
    const digest = await keep(nodes[1]!);
    cluster.kill(1);
    const again = await cluster.start(1);
    expect(await again.replica.photos.get(digest)).toEqual({ ok: true, value: PHOTO });
    await until('linked', () => nodes[0]!.replica.linksOf(1 as MemberIndex).length === 1);
    expect(await nodes[0]!.replica.photos.get(digest)).toEqual({ ok: true, value: PHOTO });
    // Shown, not kept: it stays where it was taken.
    expect(await nodes[0]!.replica.options.store.value(digest)).toBeUndefined();
  });

  it('comes from a device of a member, which is no neighbour', async () => {
    const nodes = await started();
    const { index, certificate } = cluster.addDevice(1);
    const device = await cluster.start(index, { device: certificate });
    await until('seen', () => nodes.every((node) => node.replica.devices.size === 1));
    const digest = await keep(device);
    expect(await nodes[3]!.replica.photos.get(digest)).toEqual({ ok: true, value: PHOTO });
  });

  it('is not replaced by other bytes, whoever sends them', async () => {
    const nodes = await started();
    const digest = await keep(nodes[1]!);
    const [link] = nodes[2]!.replica.linksOf(0 as MemberIndex);
    const wanted = nodes[0]!.replica.photos.get(digest);
    nodes[2]!.replica.send(link!.id, { type: 'values', values: [Uint8Array.of(1, 2, 3)] }, 'bulk');
    expect(await wanted).toEqual({ ok: true, value: PHOTO });
  });

  it('that is empty, too large or nowhere is told so', async () => {
    const nodes = await started();
    const { photos } = nodes[0]!.replica;
    expect(await photos.keep(new Uint8Array())).toMatchObject({ error: { type: 'photo-empty' } });
    expect(await photos.keep(new Uint8Array(MAX_PHOTO_BYTES + 1))).toMatchObject({
      error: { type: 'photo-too-large' },
    });
    expect((await photos.keep(new Uint8Array(MAX_PHOTO_BYTES))).ok).toBe(true);
    for (const other of [1, 2, 3]) cluster.kill(other);
    await until('alone', () => nodes[0]!.replica.links.size === 0);
    expect(await photos.get('a'.repeat(64) as Digest)).toMatchObject({ error: { type: 'photo-not-here' } });
  });
});
