/** Who holds a package's past, and pruning it: nothing may be lost by it that the others did not say they keep. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asKey, asVersion, type Digest, type Key, type MemberIndex } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { holdWrite, settled } from './held-write.ts';

vi.mock('../../src/worker/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/worker/limits.ts')>()),
  // All that are asked here answer, however busy this machine is; no test waits for those who do not.
  PRUNE_PATIENCE_MS: 60_000,
}));

const KEY = asKey('package/040123450000001112');
const VERSIONS = 4;
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster.stop());

/** Four members, each with four versions of one key. */
async function withHistory(): Promise<Node[]> {
  cluster = await Cluster.create(4);
  const nodes = await cluster.startAll();
  await until('voters', () => nodes.every((n) => n.standing.kind === 'voter'));
  await until('all linked', () => nodes.every((n) => n.replica.links.size === 3));
  let previous: Digest | null = null;
  for (let version = 1; version <= VERSIONS; version++) {
    await nodes[0]!.replica.propose(KEY, asVersion(version), previous, body(`v${version}`));
    await until(`v${version}`, () => nodes.every((n) => headOf(n, KEY)?.version === version));
    previous = headOf(nodes[0]!, KEY)!.digest;
  }
  for (const node of nodes) await node.replica.outbox.durable();
  return nodes;
}

const versionsOn = async (node: Node, key: Key = KEY): Promise<number[]> =>
  (await node.replica.options.store.history(key)).map(({ version }) => version);

const head = (node: Node) => node.replica.heads.get(KEY)!;

const prune = (node: Node, keep: number) => node.replica.holders.prune(head(node), keep);

describe('who holds a version', () => {
  it('is who said so when asked, and a device says nothing for its member', async () => {
    const nodes = await withHistory();
    const { index, certificate } = cluster.addDevice(1);
    const device = await cluster.start(index, { device: certificate });
    await until('the device has it', () => device.replica.heads.get(KEY)?.previous !== undefined);
    const { holders } = nodes[0]!.replica;
    expect(holders.of(KEY, 1)).toEqual([]);
    cluster.hub.filter = (from) => from !== (3 as MemberIndex);
    holders.ask(KEY);
    await until('two answers', () => holders.of(KEY, 1).length === 2);
    expect(holders.of(KEY, 1)).toEqual([1, 2]);
    expect(holders.of(KEY, VERSIONS)).toEqual([1, 2]);
    expect(holders.of(KEY, VERSIONS + 1)).toEqual([]);
  });

  it('is told once the newest version is written, with the one before it', async () => {
    const nodes = await withHistory();
    const next = VERSIONS + 1;
    const held = holdWrite(nodes[0]!.replica, KEY, next);
    await nodes[1]!.replica.propose(KEY, asVersion(next), head(nodes[1]!).digest, body(`v${next}`));
    await until('the write', () => held.begun);
    const answers: unknown[] = [];
    let later = false;
    cluster.hub.filter = (from, _to, bytes) => {
      const message = decodeMessage(bytes);
      if (from !== 0 || !message.ok || message.value.type !== 'held') return true;
      if (message.value.key === KEY) answers.push(message.value);
      else later = true;
      return true;
    };
    nodes[1]!.replica.holders.ask(KEY);
    // Of a key that nobody has: answered without the disk, after the question before it was read.
    nodes[1]!.replica.holders.ask(asKey('package/040123450000001129'));
    await until('the answer to the later question', () => later);
    await settled();
    // A version that is not on the disk may be gone after a crash: nobody may rely on it.
    expect(answers).toEqual([]);
    held.go();
    await until('an answer', () => answers.length > 0);
    expect(answers).toEqual([expect.objectContaining({ from: 1, to: next })]);
  });

  it('is not taken from who was not asked', async () => {
    const nodes = await withHistory();
    const [link] = nodes[1]!.replica.linksOf(0 as MemberIndex);
    nodes[1]!.replica.send(
      link!.id,
      { type: 'held', key: KEY, from: 1, to: VERSIONS, toPrune: true },
      'bulk',
    );
    const { holders } = nodes[0]!.replica;
    // One whose answer comes after it over the same link.
    holders.ask(asKey('package/040123450000001129'));
    await until('another answer', () =>
      holders.of(asKey('package/040123450000001129'), 0).includes(1 as MemberIndex),
    );
    expect(holders.of(KEY, 1)).toEqual([]);
  });

  it('cannot be told of versions that run backwards', () => {
    cluster = { stop: () => undefined } as Cluster;
    const good = encodeMessage({ type: 'held', key: KEY, from: 1, to: 4, toPrune: true });
    expect(decodeMessage(good)).toMatchObject({ ok: true, value: { from: 1, to: 4 } });
    expect(decodeMessage(encode([26, KEY, 4, 1]))).toMatchObject({ ok: false });
    expect(decodeMessage(encode([26, KEY, 0, 1]))).toMatchObject({ ok: false });
    expect(decodeMessage(encode([25, KEY, 1]))).toMatchObject({ ok: false });
  });
});

describe('pruning', () => {
  it('takes all but the newest versions, is not undone by the background, and is fetched again when asked', async () => {
    const nodes = await withHistory();
    expect(await prune(nodes[0]!, 2)).toEqual({ ok: true, value: { pruned: 2 } });
    expect(await versionsOn(nodes[0]!)).toEqual([3]);
    expect(await versionsOn(nodes[1]!)).toEqual([1, 2, 3]);
    nodes[1]!.replica.holders.ask(KEY);
    await until('told', () => nodes[1]!.replica.holders.of(KEY, 3).includes(0 as MemberIndex));
    expect(nodes[1]!.replica.holders.of(KEY, 2)).not.toContain(0);
    // After a restart too.
    cluster.kill(0);
    const again = await cluster.start(0);
    await until('voter', () => again.standing.kind === 'voter');
    await again.replica.history.fill(head(again));
    expect(await versionsOn(again)).toEqual([3]);
    expect(again.replica.holders.floor(KEY)).toBe(3);
    expect(await again.replica.holders.fetchAgain(head(again))).toBe(true);
    let held: number[] = [];
    await until('fetched', () => {
      void versionsOn(again).then((versions) => (held = versions));
      return held.length === 3;
    });
    expect(await again.replica.holders.fetchAgain(head(again))).toBe(false);
    // A later version is decided as ever.
    await again.replica.propose(KEY, asVersion(5), head(again).digest, body('v5'));
    await until('v5', () => headOf(again, KEY)?.version === 5);
  });

  it('never takes the newest, whatever is asked', async () => {
    const nodes = await withHistory();
    expect(await prune(nodes[0]!, 0)).toMatchObject({ ok: true });
    expect(await versionsOn(nodes[0]!)).toEqual([]);
    expect((await nodes[0]!.replica.held(KEY))?.body).toEqual(body('v4'));
    expect(await prune(nodes[0]!, 1)).toMatchObject({ ok: false, error: { type: 'nothing-to-prune' } });
  });

  it('is refused unless f + 1 others say that they hold it', async () => {
    const nodes = await withHistory();
    cluster.kill(2);
    cluster.kill(3);
    await until('alone with one', () => nodes[0]!.replica.links.size === 1);
    const refused = await prune(nodes[0]!, 1);
    expect(refused).toMatchObject({ ok: false, error: { type: 'too-few-holders' } });
    expect(!refused.ok && refused.error.message).toContain('1 says that it holds them');
    expect(await versionsOn(nodes[0]!)).toEqual([1, 2, 3]);
  });

  it('of everybody at once leaves the past with f + 1 members', async () => {
    const nodes = await withHistory();
    const results = await Promise.all(nodes.map((node) => prune(node, 1)));
    const kept = (await Promise.all(nodes.map((node) => versionsOn(node)))).filter((v) => v.length === 3);
    expect(kept.length).toBeGreaterThanOrEqual(cluster.f + 1);
    expect(kept.length).toBe(4 - results.filter((result) => result.ok).length);
  });

  it('one after the other stops while somebody relies on what is left', async () => {
    const nodes = await withHistory();
    expect(await prune(nodes[0]!, 1)).toMatchObject({ ok: true });
    const second = await prune(nodes[1]!, 1);
    expect(second).toMatchObject({ ok: false, error: { type: 'pruned-elsewhere' } });
    expect(await versionsOn(nodes[1]!)).toEqual([1, 2, 3]);
  });
});
