/** An application with several steps, without a face, driven by e2e/middleware-sessions.spec.ts: an order is placed, filled and confirmed. */
import * as countersign from 'countersign';

declare global {
  interface Window {
    readonly orders: typeof orders;
  }
}

interface Order {
  readonly lines: Map<string, bigint>;
  readonly confirmedAt: Date | null;
}

const asOrder = (record: countersign.Value): Order => {
  if (record === null) throw new countersign.StepRefused('order-unknown', 'Place the order first.');
  return record as unknown as Order;
};
const stored = (order: Order): countersign.Value => ({ ...order });

/** Steps that were run in this page, for whomever. */
let ran = 0;

const ORDERS: countersign.SessionService = {
  prefix: 'order/',
  steps: {
    '/place': (record) => {
      ran++;
      if (record !== null) throw new countersign.StepRefused('order-known', 'It was placed already.');
      return { record: stored({ lines: new Map(), confirmedAt: null }) };
    },
    '/add': (record, body) => {
      ran++;
      const { lines, ...order } = asOrder(record);
      const { item, count } = body as { item: string; count: number };
      if (count < 1) throw new countersign.StepRefused('count-wrong', `${count} cannot be ordered.`);
      const now = (lines.get(item) ?? 0n) + BigInt(count);
      return { record: stored({ ...order, lines: lines.set(item, now) }), response: now };
    },
    '/confirm': (record, body) => {
      ran++;
      return { record: stored({ ...asOrder(record), confirmedAt: body as Date }) };
    },
  },
  incomplete: (record) => (asOrder(record).confirmedAt === null ? 'The order is not confirmed.' : null),
};

let network: countersign.Network | null = null;
let told: readonly string[] = [];
const heard: string[] = [];

const opened = (): countersign.Network => {
  if (!network) throw new Error('No network is open.');
  return network;
};

/** What a test compares: a map and a bigint do not print. */
function linesOf(value: countersign.Value | undefined): string {
  if (value === undefined) return 'none';
  const { lines, confirmedAt } = value as unknown as Order;
  const items = [...lines].map(([item, count]) => `${count} ${item}`);
  return [...items, confirmedAt === null ? 'open' : confirmedAt.toISOString()].join(', ');
}

/** What came of a call, in a line. */
function said<T>(
  result: countersign.Result<T, countersign.SessionError>,
  words: (value: T) => string,
): string {
  return result.ok ? words(result.value) : `${result.error.type}: ${result.error.message}`;
}

const stateOf = ({ stepCount, status, record }: countersign.SessionView): string =>
  `${stepCount} ${status.state}: ${linesOf(record)}`;

const orders = {
  createDraft: countersign.createDraft,
  createIdentity: countersign.createIdentity,
  async createNetwork(options: Parameters<typeof countersign.createNetwork>[0]) {
    const created = await countersign.createNetwork(options);
    if (!created.ok) throw new Error(created.error.message);
    return { ...created.value, genesis: [...created.value.genesis] };
  },
  async join({ genesis, ...rest }: { identity: string; invitation?: string; genesis?: number[] }) {
    const joined = await countersign.join({
      ...rest,
      ...(genesis && { genesis: Uint8Array.from(genesis) }),
      sessions: ORDERS,
    });
    if (!joined.ok) return joined.error.type;
    network = joined.value;
    network.listen({ prefix: 'order/' }, ({ version, value, session }) => {
      heard.push(`${version} ${linesOf(value)} by ${session?.operator}`);
    });
    network.sessions.subscribe((list) => {
      told = list.map(({ key, stepCount, status }) => `${key} ${stepCount} ${status.state}`);
    });
    return 'open';
  },
  status: () => {
    const { standing, here, mode } = opened().status;
    return { standing: standing.kind, here, mode };
  },
  heard: () => heard,
  told: () => told,
  ran: () => ran,
  /** Id of the session. */
  async start(key: string, operator: string): Promise<string> {
    const started = await opened().sessions.start(key, '/place', null, { operator });
    if (!started.ok) throw new Error(started.error.message);
    return started.value.session.id;
  },
  step: async (id: string, path: string, body: countersign.Value) =>
    said(await opened().sessions.step(id, path, body), ({ session }) => stateOf(session)),
  undo: async (id: string) => said(await opened().sessions.undo(id), stateOf),
  commit: async (id: string) => said(await opened().sessions.commit(id), stateOf),
  outcome: async (id: string) => said(await opened().sessions.outcome(id), ({ state }) => state),
  list: async () =>
    (await opened().sessions.list()).map(({ id, key, stepCount, status }) => {
      return { id, line: `${key} ${stepCount} ${status.state}` };
    }),
  read: async (key: string) => linesOf(await opened().get(key)),
  set: async (key: string) => {
    const set = await opened().set(key, 'by hand');
    return set.ok ? 'ok' : set.error.type;
  },

  /** Holds the disk of this browser's replica busy until `letGo`; resolves when it does. */
  async holdDisk(): Promise<void> {
    holding = true;
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const asked = indexedDB.open(name!);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error!);
      });
      const stores = [...db.objectStoreNames];
      if (stores.length > 0) await held(db.transaction(stores, 'readwrite').objectStore(stores[0]!));
    }
  },
  letGo: () => void (holding = false),
  /** Begins a step whose end is looked at later. */
  begin(id: string, path: string, body: countersign.Value): void {
    begun = null;
    void orders.step(id, path, body).then((line) => (begun = line));
  },
  begun: () => begun,
  /** Waits for an outcome that is looked at later. */
  await(id: string): void {
    begun = null;
    void orders.outcome(id).then((line) => (begun = line));
  },
};

/** A transaction lives as long as something is asked of it. Resolves when it has begun. */
const held = (store: IDBObjectStore): Promise<void> =>
  new Promise((resolve) => {
    const again = (): void => {
      resolve();
      if (holding) store.count().onsuccess = again;
    };
    store.count().onsuccess = again;
  });

let holding = false;
let begun: string | null = null;

Object.assign(window, { orders });
