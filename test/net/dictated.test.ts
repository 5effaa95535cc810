/** A benchmark says whom each replica links to. */
import { describe, expect, test } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import { PRESENCE_TTL_MS, ROTATE_FIRST_MS } from '../../src/net/limits.ts';
import { createCluster, type Cluster } from './harness.ts';

/** Each is linked to those so many places before and behind it. */
const ring = (n: number, ...steps: number[]): ReadonlySet<MemberIndex>[] =>
  Array.from(
    { length: n },
    (_, i) =>
      new Set(steps.flatMap((step) => [(i + step) % n, (i - step + n) % n]).map((at) => at as MemberIndex)),
  );

const tell = (cluster: Cluster, sets: readonly ReadonlySet<MemberIndex>[]): void =>
  cluster.nodes.forEach(({ mesh }, i) => mesh.setNeighbours(sets[i]!));

const areLinked = (cluster: Cluster, sets: readonly ReadonlySet<MemberIndex>[]): boolean =>
  cluster.nodes.every(
    ({ links }, i) => links.size === sets[i]!.size && [...links.keys()].every((place) => sets[i]!.has(place)),
  );

const published = ({ hub }: Cluster): number =>
  hub.frames.filter((frame) => frame.includes('publish')).length;

describe.each([6, 18])('a topology that is dictated to %i members', (n) => {
  test('is what they are linked in, and nothing else, also after another one', async () => {
    const cluster = createCluster(n);
    await cluster.clock.until(
      () => cluster.nodes.every(({ links }) => links.size >= Math.min(n - 1, 7)),
      'linked as they choose',
      240_000,
    );
    for (const step of [1, 2]) {
      tell(cluster, ring(n, step));
      await cluster.clock.until(() => areLinked(cluster, ring(n, step)), `a ring of step ${step}`);
    }
    // Back at once to whom they have just given up.
    tell(cluster, ring(n, 1));
    await cluster.clock.until(() => areLinked(cluster, ring(n, 1)), 'the first ring again', 20_000);
  });

  test('grows when nobody has been heard of for long', async () => {
    const cluster = createCluster(n);
    tell(cluster, ring(n, 1));
    await cluster.clock.until(() => areLinked(cluster, ring(n, 1)), 'a ring');
    await cluster.clock.advance(2 * PRESENCE_TTL_MS);
    tell(cluster, ring(n, 1, 2));
    await cluster.clock.until(() => areLinked(cluster, ring(n, 1, 2)), 'two rings', 20_000);
  });

  test('is not rotated, nobody else is let in or asked for, and once it is complete nobody announces anything', async () => {
    const cluster = createCluster(n);
    // In the larger network as many links as a replica that chooses would rotate.
    const rings = n === 6 ? ring(n, 1) : ring(n, 1, 2, 3, 4);
    tell(cluster, rings);
    await cluster.clock.until(() => areLinked(cluster, rings), 'rings');
    await cluster.clock.advance(5_000);
    const [before, frames] = [cluster.nodes.map(({ unlinks }) => unlinks.length), published(cluster)];
    await cluster.clock.advance(3 * ROTATE_FIRST_MS);
    expect(areLinked(cluster, rings)).toBe(true);
    expect(cluster.nodes.map(({ unlinks }) => unlinks.length)).toEqual(before);
    expect(published(cluster)).toBe(frames);
  });

  test('ends: they choose again', async () => {
    const cluster = createCluster(n);
    tell(cluster, ring(n, 1));
    await cluster.clock.until(() => areLinked(cluster, ring(n, 1)), 'a ring');
    for (const { mesh } of cluster.nodes) mesh.setNeighbours(null);
    await cluster.clock.until(
      () => cluster.nodes.every(({ links }) => links.size >= Math.min(n - 1, 7)),
      'linked as they choose',
      240_000,
    );
  });
});
