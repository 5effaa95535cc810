/** A version of a key while the one after it is being written: it is held, whoever asks. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asKey, asVersion, type Digest } from '../../src/codec/brand.ts';
import { entryAt } from '../../src/worker/entry-at.ts';
import { transactionStatus } from '../../src/worker/sessions/status.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { holdWrite, settled, type HeldWrite } from './held-write.ts';

const KEY = asKey('package/040123450000001112');
let cluster: Cluster;
let node: Node;
let held: HeldWrite;
let digests: Digest[];

beforeEach(async () => {
  cluster = await Cluster.create(4);
  const nodes = await cluster.startAll();
  await until('voters', () => nodes.every(({ standing }) => standing.kind === 'voter'));
  [node] = nodes as [Node];
  digests = [];
  for (const version of [1, 2, 3]) {
    if (version === 3) held = holdWrite(node.replica, KEY, 3);
    const value = new TextEncoder().encode(`v${version}`);
    await nodes[1]!.replica.propose(KEY, asVersion(version), digests.at(-1) ?? null, value);
    await until(`v${version}`, () => nodes.every((one) => headOf(one, KEY)?.version === version));
    digests.push(headOf(node, KEY)!.digest);
    if (version < 3) await node.replica.outbox.durable();
  }
  await until('the write of version 3', () => held.begun);
});
afterEach(() => {
  held.go();
  cluster.stop();
});

describe('while version 3 is being written', () => {
  it('versions 1 to 3 are held, and no other', async () => {
    const { replica } = node;
    const found = Promise.all([1, 2, 3].map((version) => entryAt(replica, KEY, version)));
    expect((await entryAt(replica, KEY, 3))?.digest).toBe(digests[2]);
    expect(await entryAt(replica, KEY, 4)).toBeNull();
    expect(await entryAt(replica, asKey('package/unknown'), 1)).toBeNull();
    await settled();
    held.go();
    expect((await found).map((entry) => entry?.digest)).toEqual(digests);
    expect(await entryAt(replica, KEY, 0)).toBeNull();
  });

  it('is answered where the replica stops before it is written', async () => {
    const found = entryAt(node.replica, KEY, 1);
    node.replica.stop('stopped by the test');
    expect((await found)?.digest).toBe(digests[0]);
  });

  it('the status of the transaction before it is told', async () => {
    const status = transactionStatus(node.replica, KEY, { version: 2 });
    await settled();
    held.go();
    expect(await status).toMatchObject({ version: 2, digest: digests[1], previous: digests[0] });
  });
});
