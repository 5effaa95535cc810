/** W0 follows what is measured, within bounds, and nobody can push it out of them. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asVersion, type MemberIndex } from '../../src/codec/brand.ts';
import { faultsTolerated } from '../../src/consensus/membership.ts';
import { decodeMessage } from '../../src/codec/messages.ts';
import { DEFAULT_W0_MS, MAX_W0_MS, MIN_W0_MS, W0_FACTOR } from '../../src/worker/limits.ts';
import { hopsOf, quorumDelay, smoothed, w0Of } from '../../src/worker/replica/w0.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { OwnTime } from './own-time.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster?.stop());

describe('the delay of a quorum', () => {
  it('lies between what honest members give, whatever f others give', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 40 }).chain((n) => {
          const f = faultsTolerated(n);
          const delays = (count: number, max: number) =>
            fc.array(fc.integer({ min: 0, max }), { minLength: count, maxLength: count });
          return fc.record({ n: fc.constant(n), honest: delays(n - 1 - f, 500), liars: delays(f, 100_000) });
        }),
        ({ n, honest, liars }) => {
          const found = quorumDelay([...honest, ...liars], n)!;
          expect(found).toBeGreaterThanOrEqual(Math.min(...honest));
          expect(found).toBeLessThanOrEqual(Math.max(...honest));
        },
      ),
    );
  });

  it('is unknown without samples', () => {
    expect(quorumDelay([], 4)).toBeNull();
    expect(w0Of(null, 600)).toBe(600);
  });

  it('takes more than one hop where not all are neighbours', () => {
    expect(hopsOf(4, 3)).toBe(1);
    expect(hopsOf(16, 15)).toBe(1);
    expect(hopsOf(100, 7)).toBe(3);
    expect(hopsOf(1000, 7)).toBe(4);
    expect(hopsOf(100, 0)).toBeLessThan(10);
  });
});

describe('W0', () => {
  it('stays within bounds that differ by a factor of 10, whatever is measured', () => {
    expect(MAX_W0_MS / MIN_W0_MS).toBeLessThanOrEqual(10);
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.integer({ min: MIN_W0_MS, max: MAX_W0_MS }),
        (delay, before) => {
          const w0 = w0Of(delay, before);
          expect(w0).toBeGreaterThanOrEqual(MIN_W0_MS);
          expect(w0).toBeLessThanOrEqual(MAX_W0_MS);
        },
      ),
    );
  });

  it('is moved a part of the way by one measurement', () => {
    expect(smoothed(undefined, 80)).toBe(80);
    const once = smoothed(80, 10_000);
    expect(once).toBeGreaterThan(80);
    expect(once).toBeLessThan(MAX_W0_MS / 2);
    expect(smoothed(80, -5)).toBeGreaterThanOrEqual(0);
  });
});

/** Every message takes so long. */
function slow(milliseconds: number): void {
  const { hub } = cluster;
  hub.filter = (from, to, bytes) => {
    const sender = hub.transports.get(from);
    const [id] = [...(sender?.peers ?? [])].find(([, peer]) => peer.self === to) ?? [];
    if (id !== undefined)
      hub.clock.setTimeout(() => hub.transports.get(to)?.deliver(id, bytes), milliseconds);
    return false;
  };
}

const start = async (delay: number): Promise<{ time: OwnTime; nodes: Node[] }> => {
  cluster = await Cluster.create(4);
  Object.assign(cluster, { w0: undefined });
  const time = new OwnTime(cluster);
  cluster.hub.clock = time;
  if (delay > 0) slow(delay);
  const nodes = await cluster.startAll();
  await time.until('every replica may vote', () => nodes.every((node) => node.standing.kind === 'voter'));
  return { time, nodes };
};

describe('whole replicas', () => {
  it('lower it on a fast network', async () => {
    const { time, nodes } = await start(0);
    await time.until('a lower W0', () => nodes.every((node) => node.replica.core.w0 < DEFAULT_W0_MS));
    for (const { replica } of nodes) expect(replica.core.w0).toBeGreaterThanOrEqual(MIN_W0_MS);
  });

  it('keep it above two delays of slow links', async () => {
    const delay = 220;
    const { time, nodes } = await start(delay);
    await time.until('a greater W0', () =>
      nodes.every((node) => node.replica.core.w0 >= W0_FACTOR * 2 * delay * 0.9),
    );
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await time.until('a decision', () => nodes.every((node) => headOf(node, KEY)?.version === 1));
    // Nobody gave up on round 0: its window was long enough.
    for (const { replica } of nodes) {
      expect(replica.heads.get(KEY)!.certificate.round).toBe(0);
      expect(replica.core.w0).toBeLessThanOrEqual(MAX_W0_MS);
    }
  });

  it('keep it though one neighbour answers no probe', async () => {
    cluster = await Cluster.create(4);
    Object.assign(cluster, { w0: undefined });
    const time = new OwnTime(cluster);
    cluster.hub.clock = time;
    cluster.hub.filter = (from, _to, bytes) => {
      const message = decodeMessage(bytes);
      return !(from === 3 && message.ok && message.value.type === 'alive');
    };
    const nodes = await cluster.startAll();
    await time.until('a lower W0', () => nodes.slice(0, 3).every((n) => n.replica.core.w0 < DEFAULT_W0_MS));
    expect(nodes[0]!.replica.linksOf(3 as MemberIndex)).toHaveLength(1);
  });

  it('measure nothing where W0 is given', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await until('every replica may vote', () => nodes.every((node) => node.standing.kind === 'voter'));
    await nodes[0]!.replica.propose(KEY, asVersion(1), null, body('first'));
    await until('a decision', () => nodes.every((node) => headOf(node, KEY)?.version === 1));
    for (const { replica } of nodes) expect(replica.core.w0).toBe(cluster.w0);
  });
});
