/** What a page is told of the mesh, and how often. */
import { expect, test } from 'vitest';
import { BEAT_MS, STATUS_DRIFT_MS, STATUS_INTERVAL_MS } from '../../src/net/limits.ts';
import { createCluster } from './harness.ts';

const QUIET_MS = 60_000;

async function linkedFour() {
  const cluster = createCluster(4);
  await cluster.clock.until(() => cluster.linked(), 'four to be linked');
  await cluster.clock.advance(2 * STATUS_DRIFT_MS);
  return cluster;
}

test('while nothing happens, round trips alone are told every few seconds, not with each beat', async () => {
  const cluster = await linkedFour();
  const before = cluster.nodes.map(({ reports }) => reports);
  await cluster.clock.advance(QUIET_MS);
  for (const [i, { reports }] of cluster.nodes.entries()) {
    expect(reports - before[i]!).toBeGreaterThan(0);
    expect(reports - before[i]!).toBeLessThanOrEqual(QUIET_MS / STATUS_DRIFT_MS);
  }
  expect(STATUS_DRIFT_MS).toBeGreaterThan(2 * BEAT_MS);
});

test('a change is told at once, also while a round trip waits to be told', async () => {
  const cluster = await linkedFour();
  const [node] = cluster.nodes;
  const linked = (): number => node!.status!.peers.filter(({ state }) => state === 'linked').length;
  expect(linked()).toBe(3);
  // Round trips have been measured since the last report: one is waiting.
  await cluster.clock.advance(STATUS_DRIFT_MS / 2);
  cluster.nodes[3]!.mesh.stop();
  await cluster.clock.until(() => node!.links.size === 2, 'the link to be gone');
  await cluster.clock.advance(STATUS_INTERVAL_MS);
  expect(linked()).toBe(2);
});
