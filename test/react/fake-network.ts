/** A network in memory for the hooks: what is certified is what a test says, and reads wait for it where it wants them to. Tests only. */
import { NetworkError } from '../../src/middleware/errors.ts';
import type { SessionView } from '../../src/middleware/sessions.ts';
import type { Entry, Network } from '../../src/middleware/types.ts';
import type { Value } from '../../src/index.ts';

type Reads = Awaited<ReturnType<Network['read']>>;

export class FakeNetwork {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Map<
    number,
    { readonly pattern: Pattern; readonly tell: (entry: Entry) => void }
  >();
  #serial = 0;
  /** Reads that were asked for, by key or prefix. */
  readonly asked: string[] = [];
  /** While it is set, a read waits for it and then answers what was certified when it was asked. */
  held: Promise<void> | null = null;
  /** Answers of the next reads. */
  readonly failures: { type: 'not-arrived' | 'stopped'; message: string }[] = [];

  /** Told to whoever follows the sessions. */
  #sessions: readonly SessionView[] = [];
  readonly #followers = new Set<() => void>();
  readonly sessions = {
    get: async (id: string): Promise<SessionView | null> => {
      const found = this.#sessions.find((one) => one.id === id) ?? null;
      await this.held;
      const error = this.failures.shift();
      if (error !== undefined) throw new NetworkError(error);
      return found;
    },
    subscribe: (tell: (sessions: readonly SessionView[]) => void): (() => void) => {
      const follower = (): void => tell(this.#sessions);
      this.#followers.add(follower);
      follower();
      return () => void this.#followers.delete(follower);
    },
  };

  /** Steps of one session, by what it is. */
  stepTo(session: SessionView): void {
    this.#sessions = [session, ...this.#sessions.filter(({ id }) => id !== session.id)];
    for (const follower of this.#followers) follower();
  }

  /** As much of a status as the hooks look at. */
  status = { n: 4, q: 3, f: 1, here: 4, members: [], evidence: [] } as unknown as Network['status'];
  readonly #watchers = new Set<(status: Network['status']) => void>();

  subscribeStatus: Network['subscribeStatus'] = (tell) => {
    this.#watchers.add(tell);
    tell(this.status);
    return () => void this.#watchers.delete(tell);
  };

  setHere(here: number): void {
    this.status = { ...this.status, here };
    for (const tell of this.#watchers) tell(this.status);
  }

  /** How often somebody began to listen. */
  get listened(): number {
    return this.#serial;
  }

  get listening(): number {
    return this.#listeners.size;
  }

  /** Certifies a value, or with undefined a delete. */
  certify(key: string, value: Value | undefined): void {
    const version = (this.#entries.get(key)?.version ?? 0) + 1;
    const entry: Entry = {
      key,
      value,
      version,
      digest: `${version}`.padStart(64, '0'),
      round: 0,
      epoch: 0,
      signers: [0],
      signedBy: ['a'],
      certificate: async () => null,
    };
    this.#entries.set(key, entry);
    for (const { pattern, tell } of [...this.#listeners.values()])
      if ('key' in pattern ? pattern.key === key : key.startsWith(pattern.prefix)) tell(entry);
  }

  async read(key: string): Promise<Reads> {
    this.asked.push(key);
    const found = this.#entries.get(key) ?? null;
    await this.held;
    const error = this.failures.shift();
    return error === undefined ? { ok: true, value: found } : { ok: false, error };
  }

  listen: Network['listen'] = (pattern, tell) => {
    if (pattern === '') throw new RangeError('A key has 1 to 200 characters.');
    const id = ++this.#serial;
    this.#listeners.set(id, { pattern: typeof pattern === 'string' ? { key: pattern } : pattern, tell });
    return () => void this.#listeners.delete(id);
  };

  async *entries(pattern: Parameters<Network['entries']>[0]): AsyncGenerator<Entry> {
    const prefix = typeof pattern === 'string' ? pattern : pattern.prefix;
    this.asked.push(`${prefix}*`);
    const found = [...this.#entries.values()].filter((one) => one.key.startsWith(prefix));
    for (const one of found.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      if (one.value === undefined) continue;
      await this.held;
      yield one;
    }
  }
}

type Pattern = { readonly key: string } | { readonly prefix: string };
