/** A neighbour that lies about its tree, linked before the honest one: what the others hold arrives all the same, and soon. */
import { afterEach, describe, expect, it } from 'vitest';
import { asVersion, toHex } from '../../src/codec/brand.ts';
import type { PeerMessage, TreeNode } from '../../src/codec/messages.ts';
import { newLogId, randomBytes } from '../../src/crypto/keys.ts';
import type { Deviation } from '../../src/worker/deviation.ts';
import { ROOTS_PERIOD_MS, SYNC_PATIENCE_MS } from '../../src/worker/limits.ts';
import { Cluster, until } from './cluster.ts';
import { OwnTime } from './own-time.ts';
import { holds, keyOf, observer, recorded, signed, store, unsigned, type Sent } from './sync-pair.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

const [HONEST, VICTIM, LIAR] = [0, 1, 2];
type Lie = (message: PeerMessage) => readonly PeerMessage[];

const hex = (digits: number): string => toHex(randomBytes(digits / 2));
const path = (): string => hex(12);
const noTags = (prefix: string): TreeNode => ({ prefix, kind: 'tags', tags: randomBytes(96) });

/** The victim lacks 60 keys of the honest one; the liar holds what the victim holds. */
async function against(lie: Lie): Promise<{ sent: Sent[]; seconds: number }> {
  cluster = await Cluster.create(4);
  const shared = Array.from({ length: 400 }, (_, i) => unsigned(cluster, keyOf(i)));
  const changed = Array.from({ length: 60 }, (_, i) => signed(cluster, keyOf(i * 6), 2, `newer ${i}`));
  const keys = new Set(changed.map(({ entry }) => entry.key));
  await store(cluster, HONEST, [...shared.filter(({ entry }) => !keys.has(entry.key)), ...changed]);
  await store(cluster, VICTIM, shared);
  await store(cluster, LIAR, shared);
  const sent = recorded(cluster);
  const deviation: Deviation = {
    lying: true,
    setLying: () => undefined,
    registry: (honest) => honest,
    outgoing: (_link, message) => Promise.resolve(lie(message)),
  };
  await cluster.start(LIAR, { logId: newLogId(), deviation });
  const victim = await observer(cluster, VICTIM);
  // The liar is heard first, and has the victim's attention.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const begun = performance.now();
  await observer(cluster, HONEST);
  await until('what the honest neighbour has', () => holds(victim, changed));
  expect(victim.transport.closings.filter(({ member }) => member === HONEST)).toEqual([]);
  expect(victim.replica.heads.size).toBe(400);
  return { sent, seconds: (performance.now() - begun) / 1000 };
}

const questions = (sent: readonly Sent[]): number =>
  sent.filter(({ from, message }) => from === VICTIM && message.type.startsWith('want-')).length;

const lies: Record<string, Lie> = {
  'never answers': (message) =>
    message.type === 'nodes' || message.type === 'certificates'
      ? []
      : message.type === 'roots'
        ? [{ ...message, certified: hex(64) }]
        : [message],
  'leads down without end': (message) =>
    message.type === 'roots'
      ? [{ ...message, certified: hex(64) }]
      : message.type === 'nodes'
        ? [
            {
              ...message,
              nodes: Array.from({ length: 200 }, (_, i) => noTags(i.toString(16).padStart(2, '0'))),
            },
          ]
        : [message],
  'invents keys': (message) =>
    message.type === 'roots'
      ? [{ ...message, certified: hex(64) }]
      : message.type === 'nodes'
        ? [
            {
              ...message,
              nodes: [
                {
                  prefix: '',
                  kind: 'paths',
                  leaves: Array.from({ length: 2000 }, () => ({
                    path: path(),
                    version: asVersion(9),
                    open: '',
                  })),
                },
              ],
            },
          ]
        : [message],
  'says that it has a newer version of every key': (message) =>
    message.type === 'roots'
      ? [{ ...message, certified: hex(64) }]
      : message.type === 'nodes'
        ? [
            {
              ...message,
              nodes: [
                {
                  prefix: '',
                  kind: 'leaves',
                  leaves: Array.from({ length: 400 }, (_, i) => ({
                    key: keyOf(i),
                    version: asVersion(2),
                    digest: null,
                    open: hex(64),
                  })),
                },
              ],
            },
          ]
        : [message],
  'contradicts its own root and its own answers': (message) =>
    message.type === 'roots'
      ? Array.from({ length: 20 }, () => ({ ...message, certified: hex(64), open: hex(64) }))
      : message.type === 'nodes'
        ? [{ ...message, nodes: [noTags(''), noTags('a'), noTags('b')] }, { ...message, nodes: [] }, message]
        : [message],
};

describe('a neighbour that', () => {
  for (const [name, lie] of Object.entries(lies)) {
    it(`${name} keeps the others' state from arriving, or work without bound going`, async () => {
      const { sent } = await against(lie);
      // Each key has arrived long before the liar's patience is used up twice; a question costs it an answer each time.
      expect(questions(sent)).toBeLessThan(1000);
    });
  }

  it('tells the root of an honest one, and then nothing, holds up the honest one for longer than one patience', async () => {
    let root: PeerMessage | null = null;
    const filterRoots: Lie = (message) => {
      if (message.type === 'nodes') return [];
      return message.type === 'roots' && root
        ? [{ ...(root as typeof message), tree: message.tree }]
        : [message];
    };
    cluster = await Cluster.create(4);
    const time = new OwnTime(cluster);
    cluster.hub.clock = time;
    const shared = Array.from({ length: 100 }, (_, i) => unsigned(cluster, keyOf(i)));
    const changed = [signed(cluster, keyOf(3), 2, 'newer')];
    const all = [...shared.filter(({ entry }) => entry.key !== keyOf(3)), ...changed];
    await store(cluster, HONEST, all);
    await store(cluster, VICTIM, shared);
    await store(cluster, LIAR, shared);
    const honest = await observer(cluster, HONEST);
    root = { type: 'roots', tree: 'main', certified: honest.replica.certifiedRoot(), open: '0'.repeat(64) };
    const deviation: Deviation = {
      lying: true,
      setLying: () => undefined,
      registry: (one) => one,
      outgoing: (_link, message) => Promise.resolve(filterRoots(message)),
    };
    cluster.hub.cut.add(`${HONEST} ${VICTIM}`);
    await cluster.start(LIAR, { logId: newLogId(), deviation });
    const sent = recorded(cluster);
    const victim = await observer(cluster, VICTIM);
    await time.until('a question to the liar', () => questions(sent) > 0, ROOTS_PERIOD_MS);
    cluster.hub.heal();
    // Its patience, and a period of roots.
    await time.until('the change', () => holds(victim, changed), SYNC_PATIENCE_MS + ROOTS_PERIOD_MS);
  });

  it('asks without end is answered beyond its budget, or keeps others waiting', async () => {
    cluster = await Cluster.create(4);
    const shared = Array.from({ length: 3000 }, (_, i) => unsigned(cluster, keyOf(i)));
    const changed = [signed(cluster, keyOf(3), 2, 'newer')];
    await store(cluster, HONEST, [...shared.filter(({ entry }) => entry.key !== keyOf(3)), ...changed]);
    await store(cluster, VICTIM, shared);
    const honest = await observer(cluster, HONEST);
    const liar = await observer(cluster, LIAR);
    await until('a link', () => liar.replica.links.size > 0);
    const sent = recorded(cluster);
    const prefixes = Array.from({ length: 512 }, (_, i) => i.toString(16).padStart(3, '0'));
    const tags = prefixes.map(() => randomBytes(256 * 6));
    for (let i = 0; i < 60; i++) {
      for (const link of liar.replica.links.keys())
        liar.replica.send(link, { type: 'want-nodes', tree: 'main', prefixes, tags }, 'bulk');
    }
    const victim = await observer(cluster, VICTIM);
    await until('the change', () => holds(victim, changed));
    const answers = sent.filter(
      ({ from, message }) => from === HONEST && message.type === 'nodes' && message.answered === 512,
    );
    // A question of that size costs 130,000 of 100,000 at once and 50,000 a second: one, and then one in almost three seconds.
    expect(answers.length).toBeLessThanOrEqual(10);
    expect(honest.transport.closings).toEqual([]);
  });
});
