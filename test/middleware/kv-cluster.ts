/** The key-value application on the replicas of an in-process cluster: everything but pages, Comlink and WebRTC. */
import { randomUUID } from 'node:crypto';
import { asKey } from '../../src/codec/brand.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import type { AskAccess, KvEntry, SetOptions, SetOutcome, Value } from '../../src/worker/kv/api.ts';
import { createKvApplication, type KvApplication, type KvOptions } from '../../src/worker/kv/application.ts';
import { decodeBody, encodeBody } from '../../src/worker/kv/value.ts';
import { systemClock } from '../../src/worker/clock.ts';
import { Cluster, until, type Node } from '../worker/cluster.ts';

export interface KvNode {
  readonly node: Node;
  readonly app: KvApplication;
  /** Every change that the application was told. */
  readonly changes: readonly KvEntry[];
  set(key: string, value: Value, options?: Partial<SetOptions>): Promise<SetOutcome>;
  delete(key: string, options?: Partial<SetOptions>): Promise<SetOutcome>;
  /** undefined: none, or deleted. */
  get(key: string): Promise<Value | undefined>;
}

export interface StartOptions {
  readonly ask?: AskAccess | null;
  readonly accessBudgetMs?: number;
  readonly change?: (entry: KvEntry) => void;
  readonly sessions?: KvOptions['sessions'];
  readonly changed?: () => void;
}

export class KvCluster {
  readonly cluster: Cluster;
  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  static async create(n = 4): Promise<KvCluster> {
    return new KvCluster(await Cluster.create(n));
  }

  async start(index: number, options: StartOptions = {}): Promise<KvNode> {
    let app: KvApplication | null = null;
    const changes: KvEntry[] = [];
    const node = await this.cluster.start(index, { validate: (proposal) => app!.validate(proposal) });
    app = createKvApplication({
      replica: node.replica,
      network: this.cluster.epoch.network,
      chain: { epochs: [epochOf(this.cluster)], links: [] },
      genesis: new Uint8Array(),
      clock: systemClock,
      ask: options.ask ?? null,
      holder: randomUUID(),
      ...(options.accessBudgetMs !== undefined && { accessBudgetMs: options.accessBudgetMs }),
      sessions: options.sessions,
      changed: () => options.changed?.(),
      change(entry) {
        changes.push(entry);
        options.change?.(entry);
      },
    });
    const { listener } = node.replica.options;
    const { decided, refused, standing } = listener;
    Object.assign(listener, {
      decided: (...args: Parameters<typeof decided>) => (decided(...args), app.decided(...args)),
      refused: (...args: Parameters<typeof refused>) => (refused(...args), app.refused(...args)),
      standing: (...args: Parameters<typeof standing>) => (standing(...args), app.standing(...args)),
    });
    await app.started({
      logs: [],
      certified: [...node.replica.heads.values()],
      evidence: [],
      sessions: (await node.replica.options.store.load()).sessions,
      meta: new Map(),
    });
    return kvNode(node, app, changes);
  }

  /** All members, voting. */
  async startAll(options: (index: number) => StartOptions = () => ({})): Promise<KvNode[]> {
    const nodes = await Promise.all(this.cluster.members.map((m) => this.start(m.index, options(m.index))));
    await voting(nodes);
    return nodes;
  }

  stop(): void {
    this.cluster.stop();
  }
}

export const voting = (nodes: readonly KvNode[]): Promise<void> =>
  until('every replica may vote', () => nodes.every(({ node }) => node.standing.kind === 'voter'));

export const versionOf = ({ node }: KvNode, key: string): number =>
  node.replica.heads.get(asKey(key))?.version ?? 0;

export const bodyOf = (value: Value): Uint8Array => {
  const encoded = encodeBody(value);
  if (!encoded.ok) throw new Error(encoded.error.message);
  return encoded.value;
};

export const valueOf = (body: Uint8Array): Value => decodeBody(body)!.value;

/** As a genesis would have it; the cluster's members have keys and no names. */
export function epochOf({ epoch, members }: Cluster): Epoch {
  return {
    number: 0,
    network: epoch.network,
    digest: epoch.epoch,
    members: members.map(({ index, signer }) => ({
      id: `m${index}`,
      organisation: `Member ${index}`,
      voteKey: signer.voteKey,
      certificateKey: signer.certificateKey,
    })),
    rulesVersion: 1,
    began: null,
  } as unknown as Epoch;
}

function kvNode(node: Node, app: KvApplication, changes: readonly KvEntry[]): KvNode {
  async function propose(
    key: string,
    body: Uint8Array | null,
    options: Partial<SetOptions> = {},
  ): Promise<SetOutcome> {
    const id = randomUUID();
    await app.begin(id, key, body, { base: null, retry: false, ...options });
    for (;;) {
      const outcome = await app.outcome(id);
      if (outcome) return outcome;
    }
  }
  return {
    node,
    app,
    changes,
    set: (key, value, options) => propose(key, bodyOf(value), options),
    delete: (key, options) => propose(key, null, options),
    async get(key) {
      const read = await app.read(key);
      if (!read.ok) throw new Error(read.error.message);
      return read.value?.body ? valueOf(read.value.body) : undefined;
    },
  };
}
