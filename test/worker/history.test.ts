/** Past versions: what a replica gives of them, asks for, and looks for again. */
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asVersion, type Key, type MemberIndex } from '../../src/codec/brand.ts';
import { decodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { systemClock, type Clock, type TimerHandle } from '../../src/worker/clock.ts';
import { HISTORY_AGAIN_MS } from '../../src/worker/limits.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';
import { holdWrite, settled } from './held-write.ts';

const KEY = asKey('package/040123450000001112');
const OTHER = asKey('package/040123450000001129');
let cluster: Cluster;
afterEach(() => cluster.stop());

const propose = (node: Node, key: Key, version: number) =>
  node.replica.propose(
    key,
    asVersion(version),
    headOf(node, key)?.digest ?? null,
    new TextEncoder().encode(`${key} v${version}`),
  );

async function decide(nodes: readonly Node[], key: Key, version: number): Promise<void> {
  await propose(nodes[0]!, key, version);
  await until(`v${version} of ${key}`, () =>
    nodes.every(({ replica }) => {
      const head = replica.heads.get(key);
      return head?.version === version && head.previous !== undefined;
    }),
  );
  for (const { replica } of nodes) await replica.outbox.durable();
}

async function started(count = 4): Promise<Node[]> {
  const nodes = await Promise.all([...Array(count).keys()].map((i) => cluster.start(i)));
  await until('voters', () => nodes.every(({ standing }) => standing.kind === 'voter'));
  return nodes;
}

/** Every message of this type, in the order in which they were sent. */
function messages<T extends PeerMessage['type']>(type: T) {
  const seen: { readonly from: MemberIndex; readonly message: Extract<PeerMessage, { type: T }> }[] = [];
  cluster.hub.filter = (from, _to, bytes) => {
    const message = decodeMessage(bytes);
    if (message.ok && message.value.type === type)
      seen.push({ from, message: message.value as Extract<PeerMessage, { type: T }> });
    return true;
  };
  return seen;
}

const versionsOn = async ({ replica }: Node, key: Key = KEY): Promise<number[]> =>
  (await replica.options.store.history(key)).map(({ version }) => version);

describe('what is given of the past', () => {
  const given = async (asking: Node, asked: Node, below: number): Promise<number[]> => {
    const answers = messages('history');
    const [link] = asking.replica.linksOf(cluster.members.find(({ node }) => node === asked)!.index);
    asking.replica.send(link!.id, { type: 'want-history', key: KEY, below: asVersion(below) }, 'bulk');
    await until('an answer', () => answers.length > 0);
    return answers[0]!.message.entries.map(({ certificate }) => certificate.version as number);
  };

  it('begins with the newest version where a later one is the newest of whoever asks', async () => {
    cluster = await Cluster.create(4);
    const nodes = await started();
    for (const version of [1, 2, 3]) await decide(nodes, KEY, version);
    expect(await given(nodes[1]!, nodes[0]!, 4)).toEqual([3, 2, 1]);
    expect(await given(nodes[1]!, nodes[0]!, 3)).toEqual([2, 1]);
    expect(await given(nodes[1]!, nodes[0]!, 1)).toEqual([]);
  });

  it('has no gap while the newest version is being written', async () => {
    cluster = await Cluster.create(4);
    const nodes = await started();
    for (const version of [1, 2]) await decide(nodes, KEY, version);
    const held = holdWrite(nodes[0]!.replica, KEY, 3);
    await propose(nodes[1]!, KEY, 3);
    await until('the write of version 3', () => held.begun);
    const answer = given(nodes[1]!, nodes[0]!, 3);
    await settled();
    held.go();
    expect(await answer).toEqual([2, 1]);
  });
});

describe('what is asked for of the past', () => {
  it('is nothing that is here and being written, though another key is looked at before', async () => {
    cluster = await Cluster.create(4);
    const nodes = await started();
    for (const key of [KEY, OTHER]) for (const version of [1, 2]) await decide(nodes, key, version);
    const { replica } = nodes[0]!;
    const { store } = replica.options;
    const history = store.history.bind(store);
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const read: Key[] = [];
    store.history = async (key) => {
      read.push(key);
      if (key === KEY) await gate;
      return history(key);
    };
    const asked = messages('want-history');
    const looking = replica.history.fill(replica.heads.get(KEY)!);
    await until('the first is being read', () => read.includes(KEY));
    await replica.history.fill(replica.heads.get(OTHER)!);
    const held = holdWrite(replica, OTHER, 3);
    await propose(nodes[1]!, OTHER, 3);
    await until('the write of version 3', () => held.begun);
    go();
    await settled();
    held.go();
    await looking;
    await replica.outbox.durable();
    expect(read).toContain(OTHER);
    expect(asked).toEqual([]);
  });

  it('and nobody had is asked for again while the links stay', async () => {
    cluster = await Cluster.create(4);
    const clock = new LongTimers();
    cluster.hub.clock = clock;
    const nodes = await started(3);
    for (const version of [1, 2, 3]) await decide(nodes, KEY, version);
    const histories = nodes.map(({ replica: { options } }) => options.store.history.bind(options.store));
    for (const { replica } of nodes) replica.options.store.history = () => Promise.resolve([]);
    const answers = messages('history');
    const late = await cluster.start(3);
    await until('nobody has it', () => new Set(answers.map(({ from }) => from)).size === 3);
    await until('it waits', () => clock.waiting.size > 0);
    expect(await versionsOn(late)).toEqual([]);
    for (const [i, { replica }] of nodes.entries()) replica.options.store.history = histories[i]!;
    clock.fire();
    let here: number[] = [];
    await until('its history', () => {
      void versionsOn(late).then((versions) => (here = versions));
      return here.length === 2;
    });
    expect(here).toEqual([1, 2]);
  });

  it('is not asked for any more by a replica that has stopped', async () => {
    cluster = await Cluster.create(4);
    const clock = new LongTimers();
    cluster.hub.clock = clock;
    const nodes = await started(3);
    for (const version of [1, 2]) await decide(nodes, KEY, version);
    for (const { replica } of nodes) replica.options.store.history = () => Promise.resolve([]);
    await cluster.start(3);
    await until('it waits', () => clock.waiting.size > 0);
    cluster.kill(3);
    expect(clock.waiting.size).toBe(0);
  });
});

/** What is asked for again comes when the test says so; all else in its own time. */
class LongTimers implements Clock {
  readonly waiting = new Map<TimerHandle, () => void>();
  readonly now = systemClock.now;
  readonly wall = systemClock.wall;
  readonly setTimeout = (run: () => void, delay: number): TimerHandle => {
    if (delay !== HISTORY_AGAIN_MS) return systemClock.setTimeout(run, delay);
    const handle = {};
    this.waiting.set(handle, run);
    return handle;
  };
  readonly clearTimeout = (handle: TimerHandle): void => {
    if (!this.waiting.delete(handle)) systemClock.clearTimeout(handle);
  };

  fire(): void {
    const due = [...this.waiting.values()];
    this.waiting.clear();
    for (const run of due) run();
  }
}
