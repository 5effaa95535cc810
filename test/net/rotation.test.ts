/** Whoever surrounds a replica with liars does not keep it from being heard for long. */
import { describe, expect, test } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import { MAX_LINKS, MIN_LINKS } from '../../src/net/limits.ts';
import { createRotation } from '../../src/net/mesh/rotation.ts';
import { createCluster, createRandom, type Cluster, type Observed } from './harness.ts';

describe('which links are replaced', () => {
  const rotation = (): ReturnType<typeof createRotation<string>> =>
    createRotation<string>(createRandom(5), 0);

  test('an idle network changes one link now and then, at last every ten minutes', () => {
    const links = rotation();
    for (const name of ['a', 'b', 'c']) links.opened(name, 0);
    let replaced = 0;
    for (let now = 0; now < 3_600_000; now += 2_000) {
      for (const name of links.due(now, 5)) {
        replaced += 1;
        links.closed(name);
        links.opened(name, now);
      }
    }
    expect(replaced).toBeGreaterThanOrEqual(4);
    expect(replaced).toBeLessThanOrEqual(20);
  });

  test('while an own proposal waits, those who were of no use go first, and never all at once', () => {
    const links = rotation();
    for (const name of ['a', 'b', 'c', 'd', 'e']) links.opened(name, 0);
    // The early replacement of a young network is over.
    links.due(95_000, 9);
    links.waiting(0, 100_000);
    links.useful('c', 101_000);
    links.waiting(14_000, 114_000);
    expect(links.due(114_000, 9)).toEqual([]);
    links.waiting(16_000, 116_000);
    const gone = links.due(116_000, 9);
    expect(gone).toHaveLength(2);
    expect(gone).not.toContain('c');
    expect(links.due(118_000, 9)).toEqual([]);
    for (const name of gone) links.closed(name);
    links.waiting(21_000, 121_000);
    expect(links.due(121_000, 9)).toHaveLength(1);
  });

  test('no link is given up when nobody could take its place', () => {
    const links = rotation();
    for (const name of ['a', 'b']) links.opened(name, 0);
    links.waiting(60_000, 60_000);
    expect(links.due(60_000, 0)).toEqual([]);
    expect(links.due(60_000, 1)).toHaveLength(1);
  });

  test('a proposal that is decided, and a replica that says nothing more, end the haste', () => {
    const links = rotation();
    for (const name of ['a', 'b', 'c', 'd']) links.opened(name, 0);
    links.waiting(30_000, 30_000);
    expect(links.stalled(30_000)).toBe(true);
    links.waiting(null, 31_000);
    expect(links.stalled(31_000)).toBe(false);
    links.waiting(30_000, 32_000);
    expect(links.stalled(60_000)).toBe(false);
  });

  test('a missing quorum does not make links change ever faster', () => {
    const links = rotation();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) links.opened(name, 0);
    let replaced = 0;
    for (let now = 0; now < 600_000; now += 2_000) {
      links.waiting(now, now);
      for (const name of links.due(now, 5)) {
        replaced += 1;
        links.closed(name);
        links.opened(name, now);
      }
    }
    // Pauses of 5, 10, 20, 40 and then 60 s, three links at most each time.
    expect(replaced).toBeLessThanOrEqual(3 * 14);
  });

  test('one that is silent while the others tell is replaced; one in a silent network is not', () => {
    const links = rotation();
    for (const name of ['quiet', 'b', 'c']) links.opened(name, 0);
    // One goes at random while the network is young; whichever it is stays here.
    expect(links.due(95_000, 4)).toHaveLength(1);
    expect(links.due(130_000, 4)).toEqual([]);
    for (let i = 0; i < 25; i++) links.useful(i % 2 ? 'b' : 'c', 130_000 + i);
    expect(links.due(131_000, 4)).toEqual(['quiet']);
  });
});

/**
 * n = 43, f = 14. Fourteen liars, who link to nobody else, have taken every place that member 42 has; they answer pings and forward
 * nothing. The honest flood
 * what they hear, as votes are gossiped.
 */
async function surrounded(
  defended: boolean,
): Promise<{ cluster: Cluster; victim: Observed; heardBy: () => number }> {
  const n = 43;
  const liars = 14;
  const victimIndex = n - 1;
  const heard = new Set<number>();
  const cluster = createCluster(n, { start: false });
  const slots: Observed[] = [];
  const victimsPlace = victimIndex as MemberIndex;
  for (let i = liars; i < victimIndex; i++) {
    const node = cluster.add(i);
    // Only until the liars are there.
    node.mesh.refuse(new Set([victimsPlace]));
    slots[i] = node;
  }
  const honest = slots.slice(liars);
  await cluster.clock.until(() => honest.every((node) => node.links.size >= MIN_LINKS), 'linked', 240_000);
  for (let i = 0; i < liars; i++) {
    const liar = cluster.add(i);
    liar.mesh.refuse(new Set(Array.from({ length: victimIndex }, (_, k) => k as MemberIndex)));
    slots[i] = liar;
  }
  const victim = cluster.add(victimIndex);
  slots[victimIndex] = victim;
  await cluster.clock.until(() => victim.links.size === MAX_LINKS, 'the liars around the victim');
  for (const node of honest) node.mesh.refuse(new Set());
  await cluster.clock.advance(30_000);
  expect(
    [...victim.links.keys()].every((member) => member < liars),
    'surrounded',
  ).toBe(true);

  // The victim proposes and tells all its neighbours, new ones as they come; the honest pass it on.
  const proposal = new Uint8Array([42]);
  const told = new Set<string>();
  let waited = 0;
  const tick = (): void => {
    waited += 500;
    if (defended && heard.size < n - liars - 1) victim.mesh.waiting?.(waited);
    if (defended && heard.size >= n - liars - 1) victim.mesh.waiting?.(null);
    for (const [index, node] of slots.entries()) {
      if (index < liars) continue;
      if (index !== victimIndex && !heard.has(index) && node.messages.some((m) => m.bytes[0] === 42))
        heard.add(index);
      if (index !== victimIndex && !heard.has(index)) continue;
      for (const link of node.links.values()) {
        if (told.has(`${index} ${link.id}`)) continue;
        told.add(`${index} ${link.id}`);
        node.mesh.send(link.id, proposal, 'vote');
      }
    }
    cluster.clock.setTimeout(tick, 500);
  };
  cluster.clock.setTimeout(tick, 500);
  return { cluster, victim, heardBy: () => heard.size };
}

describe('a replica surrounded by f liars that answer pings and forward nothing', () => {
  test('gets its proposal to a quorum by itself', async () => {
    const { cluster, victim, heardBy } = await surrounded(true);
    // q = ⌈(43 + 14 + 1) / 2⌉ = 29: the victim and 28 others, all the honest there are.
    await cluster.clock.until(() => heardBy() >= 28, 'a quorum has heard the proposal', 30_000);
    expect([...victim.links.keys()].some((member) => member >= 14)).toBe(true);
    expect(victim.links.size).toBeLessThanOrEqual(MAX_LINKS);
    const reasons = new Set(victim.unlinks.map((end) => end.reason));
    expect(reasons).toEqual(new Set(['rotated']));
    for (const node of cluster.nodes) expect(node.doubleLinks).toBe(0);
  });

  test('gets out by the slow random rotation too, in minutes, when it proposes nothing', async () => {
    const { cluster, heardBy } = await surrounded(false);
    await cluster.clock.until(() => heardBy() >= 28, 'a quorum has heard the proposal', 600_000);
  });
});

describe('links of a large network', () => {
  test('the other side of a replaced link reads why, and does not dial at once again', async () => {
    const cluster = createCluster(20);
    await cluster.clock.until(() => cluster.nodes.every((n) => n.links.size >= MIN_LINKS), 'linked', 240_000);
    const node = cluster.nodes[0];
    if (node === undefined) throw new Error('no node');
    const before = new Map([...node.links].map(([member, link]) => [member, link.id]));
    for (let waited = 15_000; waited < 19_000 && node.unlinks.length === 0; waited += 2_000) {
      node.mesh.waiting?.(waited);
      await cluster.clock.advance(2_000);
    }
    const gone = node.unlinks.map((end) => end.link.member);
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.length).toBeLessThanOrEqual(Math.ceil(before.size / 2));
    node.mesh.waiting?.(null);
    for (const member of gone) {
      expect(cluster.nodes[member]?.unlinks.find((end) => end.link.member === 0)?.reason).toBe('rotated');
    }
    await cluster.clock.advance(60_000);
    expect(node.links.size).toBeGreaterThanOrEqual(MIN_LINKS);
    for (const member of gone) expect(node.links.has(member as MemberIndex)).toBe(false);
  });
});
