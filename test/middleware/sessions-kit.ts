/** Sessions on the in-process cluster: both halves, with what crosses the worker's port cloned as a port does. */
import type { MemberIndex } from '../../src/codec/brand.ts';
import type { Genesis } from '../../src/codec/genesis.ts';
import {
  createSessions,
  outlineOf,
  stepAnswerer,
  StepRefused,
  type SessionOutcome,
  type Sessions,
  type SessionService,
  type Stepped,
} from '../../src/middleware/sessions.ts';
import type { Failure, Result, Value } from '../../src/worker/kv/api.ts';
import type { Patience } from '../../src/worker/kv/sessions.ts';
import type { SessionsState } from '../../src/worker/kv/sessions-api.ts';
import { epochOf, type KvCluster, voting, type KvNode, type StartOptions } from './kv-cluster.ts';

export interface SessionNode extends KvNode {
  readonly sessions: Sessions;
}

export interface SessionStart extends StartOptions {
  /** null: this member joins without one. */
  readonly service?: SessionService | null;
  readonly patience?: Partial<Patience>;
}

/** What sessions need of one. */
export const genesisOf = ({ cluster }: KvCluster): Genesis => {
  const members = epochOf(cluster).members.map((member) => ({ ...member, role: 'warehouse' }));
  return { rulesVersion: 1_000_001, members } as unknown as Genesis;
};

export async function startMember(
  cluster: KvCluster,
  index: number,
  { service = ORDERS, patience, ...options }: SessionStart = {},
): Promise<SessionNode> {
  const watching = new Set<(state: SessionsState & { holder: string }) => void>();
  const tell = (): void => {
    for (const callback of watching) callback(stateOf());
  };
  const answer = service && stepAnswerer(service);
  const started = await cluster.start(index, {
    ...options,
    changed: tell,
    sessions: service && {
      genesis: genesisOf(cluster),
      place: index as MemberIndex,
      outline: outlineOf(service),
      ask: async (question) => structuredClone(await answer!(structuredClone(question))),
      patience: patience ?? {},
    },
  });
  const { app } = started;
  function stateOf(): SessionsState & { holder: string } {
    const { sessions, told } = app.status();
    return { ...sessions, holder: told.holder };
  }
  const sessions = createSessions({
    call: async (call) => structuredClone(await app.sessionCall(structuredClone(call))),
    watch(callback) {
      watching.add(callback);
      callback(stateOf());
      return () => watching.delete(callback);
    },
  });
  return { ...started, sessions };
}

export async function startMembers(
  cluster: KvCluster,
  options: (index: number) => SessionStart = () => ({}),
): Promise<SessionNode[]> {
  const nodes = await Promise.all(
    cluster.cluster.members.map(({ index }) => startMember(cluster, index, options(index))),
  );
  await voting(nodes);
  return nodes;
}

/** The value of a result that must be one. */
export function given<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
}

export const typeOf = (result: Result<unknown, Failure>): string => (result.ok ? 'ok' : result.error.type);

export const idOf = (stepped: Result<Stepped, Failure>): string => given(stepped).session.id;

export async function committed(node: SessionNode, id: string): Promise<SessionOutcome> {
  given(await node.sessions.commit(id));
  return given(await node.sessions.outcome(id));
}

// ---- the application ----

export interface Order {
  readonly [name: string]: Value;
  readonly lines: Map<string, bigint>;
  readonly placedAt: Date;
  readonly confirmed: boolean;
}

const asOrder = (record: Value): Order => {
  if (record === null) throw new StepRefused('order-unknown', 'There is no order yet. Place it first.');
  return record as Order;
};

/** Orders with values that CBOR by itself has no place for: maps, dates, bigints. */
export const ORDERS: SessionService = {
  prefix: 'order/',
  steps: {
    '/place': (record, body) => {
      if (record !== null) throw new StepRefused('order-known', 'There is such an order already.');
      return { record: { lines: new Map(), placedAt: body as Date, confirmed: false }, response: 'placed' };
    },
    '/add': (record, body) => {
      const order = asOrder(record);
      const { item, count } = body as { item: string; count: bigint };
      if (count <= 0n) throw new StepRefused('count-wrong', `${count} of ${item} cannot be ordered.`);
      const now = (order.lines.get(item) ?? 0n) + count;
      // In place: what a handler gets is its own.
      order.lines.set(item, now);
      return { record: order, response: { item, now } };
    },
    '/confirm': (record, _body, { member, operator, earlier, baseVersion }) => ({
      record: { ...asOrder(record), confirmed: true },
      response: { by: member.label, operator, after: earlier.map(({ path }) => path), baseVersion },
    }),
  },
  incomplete: (record) => (asOrder(record).confirmed ? null : 'The order is not confirmed yet.'),
};

export const PLACED = new Date(1_700_000_000_000);

/** Three steps, nothing committed. */
export async function order(
  node: SessionNode,
  key: string,
  items: readonly string[] = ['pump'],
): Promise<string> {
  const id = idOf(await node.sessions.start(key, '/place', PLACED));
  for (const item of items) given(await node.sessions.step(id, '/add', { item, count: 2n }));
  given(await node.sessions.step(id, '/confirm'));
  return id;
}
