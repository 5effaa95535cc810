/** One member's page in the simulated world: the calls of a `Network` on whatever replica of the member is running, in virtual time. */
import { fromHex } from '../../src/codec/brand.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { decoded } from '../../src/middleware/decoded.ts';
import { NetworkError } from '../../src/middleware/errors.ts';
import { inOrder, looped } from '../../src/middleware/iterate.ts';
import { MAX_BUFFERED_CHANGES } from '../../src/middleware/limits.ts';
import type {
  Entry,
  Following,
  KeyPattern,
  Member,
  SetCallOptions,
  SetHandle,
} from '../../src/middleware/types.ts';
import type {
  Certified,
  KvEntry,
  Pattern,
  ProveError,
  ReadError,
  Result,
  SetError,
  SetOutcome,
  SignError,
  Value,
} from '../../src/worker/kv/api.ts';
import type { KvApplication } from '../../src/worker/kv/application.ts';
import { Listeners } from '../../src/worker/kv/listeners.ts';
import { encodeBody, keyProblem } from '../../src/worker/kv/value.ts';
import type { Host } from '../../test/sim/world/guest.ts';
import { PORT_MS } from './limits.ts';
import type { SimulatedMember, SimulatedRandom } from './types.ts';

export interface PageOptions {
  readonly host: Host;
  readonly index: number;
  readonly members: readonly MemberEntry[];
  readonly random: SimulatedRandom;
  /** A call of the workload that is open; the returned function ends it. */
  opened(what: string): () => void;
  /** A key that this page proposes a value for. */
  proposes(key: string, body: Uint8Array | null): void;
  /** The workload's callback has thrown. */
  failed(error: unknown): void;
}

interface Up {
  readonly app: KvApplication;
  /** Resolves when the replica is gone. */
  readonly gone: Promise<null>;
  leave(): void;
}

export class Page implements SimulatedMember {
  readonly index: number;
  readonly #o: PageOptions;
  readonly #callbacks = new Map<number, (change: Entry) => void>();
  readonly #listeners: Listeners;
  #up: Up | null = null;
  #waiting: (() => void)[] = [];
  #serial = 0;

  constructor(options: PageOptions) {
    this.#o = options;
    this.index = options.index;
    this.#listeners = new Listeners({
      versions: (pattern) => this.#here((app) => app.versions(pattern)),
      read: (key) =>
        this.#here(async (app) => {
          const read = await app.read(key);
          return read.ok ? read.value : null;
        }),
      deliver: (listener, change) => this.#deliver(listener, change),
    });
  }

  // ---- what the world says ----

  /** The replica is running. */
  up(app: KvApplication): void {
    let leave!: () => void;
    const gone = new Promise<null>((resolve) => (leave = () => resolve(null)));
    this.#up = { app, gone, leave };
    for (const resolve of this.#waiting.splice(0)) resolve();
    void this.#listeners.catchUp();
  }

  down(): void {
    this.#up?.leave();
    this.#up = null;
  }

  tell(change: KvEntry): void {
    this.#listeners.tell(change);
  }

  get isListening(): boolean {
    return this.#callbacks.size > 0;
  }

  // ---- what the workload may ask ----

  get id(): string {
    return this.#o.host.epoch.network;
  }

  get name(): string {
    return 'Simulated';
  }

  get identity(): string {
    return `member-${this.index}`;
  }

  get byzantine(): string | null {
    return this.#o.host.roles[this.index]!;
  }

  get isUp(): boolean {
    return this.#up !== null;
  }

  crash(downFor: number): void {
    this.#o.host.crash(this.index as never, downFor);
  }

  members(): readonly Member[] {
    return this.#o.members.map(({ id, organisation, voteKey }) => {
      return { id, label: organisation, publicKey: fromHex(voteKey) };
    });
  }

  async get(key: string): Promise<Value | undefined> {
    const read = await this.read(key);
    if (!read.ok) throw new NetworkError(read.error);
    return read.value?.value;
  }

  async read(key: string): Promise<Result<Entry | null, ReadError>> {
    const read = await this.#call(`read of ${key}`, (app) => app.read(key));
    return read.ok ? { ok: true, value: read.value && this.#entryOf(read.value) } : read;
  }

  async set(key: string, value: Value, how?: SetCallOptions): Promise<Result<SetHandle, SetError>> {
    const encoded = encodeBody(value);
    return encoded.ok ? this.#propose(key, encoded.value, how) : encoded;
  }

  delete(key: string, how?: SetCallOptions): Promise<Result<SetHandle, SetError>> {
    return this.#propose(key, null, how);
  }

  listen(wanted: KeyPattern, callback: (change: Entry) => void, { signal }: Following = {}): () => void {
    const pattern = patternOf(wanted);
    if (signal?.aborted) return () => undefined;
    const id = ++this.#serial;
    this.#callbacks.set(id, callback);
    this.#listeners.add(id, pattern).catch((error: unknown) => this.#o.failed(error));
    const leave = (): void => {
      signal?.removeEventListener('abort', leave);
      this.#callbacks.delete(id);
      this.#listeners.remove(id);
    };
    signal?.addEventListener('abort', leave, { once: true });
    return leave;
  }

  changes(wanted: KeyPattern, { signal }: Following = {}): AsyncIterable<Entry> {
    patternOf(wanted);
    return looped<Entry>({
      waiting: () => inOrder<Entry>(MAX_BUFFERED_CHANGES),
      signal,
      full: () =>
        new NetworkError({ type: 'fell-behind', message: 'More keys changed than one loop keeps.' }),
      start: (sink) => this.listen(wanted, sink.put),
    });
  }

  entries(wanted: KeyPattern, { signal }: Following = {}): AsyncIterable<Entry> {
    const pattern = patternOf(wanted);
    const page = (after: string | null) => this.#call('entries', (app) => app.page(pattern, after));
    const entryOf = (entry: KvEntry): Entry => this.#entryOf(entry);
    return {
      async *[Symbol.asyncIterator]() {
        for (let after: string | null = null; ;) {
          if (signal?.aborted) return;
          const read = await page(after);
          if (!read.ok) throw new NetworkError(read.error);
          for (const entry of read.value.entries) {
            if (signal?.aborted) return;
            yield entryOf(entry);
          }
          after = read.value.next;
          if (after === null) return;
        }
      },
    };
  }

  prove(key: string, version?: number): Promise<Result<Uint8Array, ProveError>> {
    return this.#call(`proof of ${key}`, (app) => app.prove(key, version ?? null));
  }

  sign(bytes: Uint8Array): Promise<Result<Uint8Array, SignError>> {
    return this.#call('signature', (app) => app.sign(bytes));
  }

  // ---- calls ----

  async #propose(
    key: string,
    body: Uint8Array | null,
    { signal, base, retry = false }: SetCallOptions = {},
  ): Promise<Result<SetHandle, SetError>> {
    const problem = keyProblem(key);
    if (problem !== null) return failed('key-malformed', problem);
    if (signal?.aborted) return failed('aborted', `The set of ${key} was given up before it began.`);
    const id = `${this.index}/${++this.#serial}`;
    const done = this.#o.opened(`member ${this.index}: set of ${key}`);
    let giveUp: () => void = () => undefined;
    const given = new Promise<SetOutcome>((resolve) => {
      giveUp = () => {
        void this.#up?.app.abort(id);
        resolve(
          failed(
            'aborted',
            `The set of ${key} was given up. What was proposed may still be decided: read the key.`,
          ),
        );
      };
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    const outcome = await Promise.race([given, this.#run(id, key, body, { base: base ?? null, retry })]);
    signal?.removeEventListener('abort', giveUp);
    await this.#port();
    done();
    return outcome.ok ? { ok: true, value: this.#handleOf(outcome.value) } : outcome;
  }

  async #run(
    id: string,
    key: string,
    body: Uint8Array | null,
    how: { base: number | null; retry: boolean },
  ): Promise<SetOutcome> {
    const up = await this.#ready();
    this.#o.proposes(key, body);
    await up.app.begin(id, key, body, how);
    for (;;) {
      const outcome = await Promise.race([up.app.outcome(id), up.gone]);
      if (outcome) return outcome;
      if (this.#up !== up)
        return failed(
          'stopped',
          'The replica went down before the outcome was known. It may still be decided: read the key.',
        );
    }
  }

  /** A question without effects: asked again of the replica that comes after one that went down. */
  async #call<T>(what: string, ask: (app: KvApplication) => Promise<T>): Promise<T> {
    const done = this.#o.opened(`member ${this.index}: ${what}`);
    try {
      for (;;) {
        const up = await this.#ready();
        const answer = await Promise.race([ask(up.app).then((value) => ({ value })), up.gone]);
        if (answer === null) continue;
        await this.#port();
        return answer.value;
      }
    } finally {
      done();
    }
  }

  /** Of the replica that runs now. @throws when there is none. */
  #here<T>(ask: (app: KvApplication) => Promise<T>): Promise<T> {
    if (!this.#up) return Promise.reject(new Error('The replica is down.'));
    return ask(this.#up.app);
  }

  /** A replica that is up, after the way to it. */
  async #ready(): Promise<Up> {
    for (;;) {
      while (!this.#up) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const up = this.#up;
      await this.#port();
      if (this.#up === up) return up;
    }
  }

  #port(): Promise<void> {
    const { host, random } = this.#o;
    const way = (random.below(10) * PORT_MS) / 10;
    return new Promise((resolve) => host.at(host.now + way, resolve));
  }

  #deliver(listener: number, change: KvEntry): void {
    const { host } = this.#o;
    // One way for all: they stay in order.
    host.at(host.now + PORT_MS, () => {
      try {
        this.#callbacks.get(listener)?.(this.#entryOf(change));
      } catch (error) {
        this.#o.failed(error);
      }
    });
  }

  #handleOf(certified: Certified): SetHandle {
    const { key, version } = certified;
    return {
      ...certified,
      certificate: () => this.#call(`certificate of ${key}`, (app) => app.certificate(key, version)),
    };
  }

  #entryOf({ body, ...certified }: KvEntry): Entry {
    return { ...this.#handleOf(certified), value: body ? decoded(body) : undefined };
  }
}

/** @throws RangeError for a key that cannot exist. */
function patternOf(wanted: KeyPattern): Pattern {
  const problem = typeof wanted === 'string' ? keyProblem(wanted) : null;
  if (problem !== null) throw new RangeError(problem);
  return typeof wanted === 'string' ? { key: wanted } : { prefix: wanted.prefix };
}

const failed = <T extends string>(type: T, message: string) => ({
  ok: false as const,
  error: { type, message },
});
