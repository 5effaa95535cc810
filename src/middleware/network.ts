/** Joining a network, and what an application holds of it then: calls to the worker, and what the worker tells. */
import { proxy } from 'comlink';
import { fromHex, type VoteKey } from '../codec/brand.ts';
import type {
  Certificate,
  Certified,
  EntriesPage,
  KvEntry,
  KvStatus,
  OpenError,
  Pattern,
  Result,
  SetError,
} from '../worker/kv/api.ts';
import { encodeBody, keyProblem } from '../worker/kv/value.ts';
import { accessPort, answerer } from './access.ts';
import { decoded } from './decoded.ts';
import { NetworkError } from './errors.ts';
import { MAX_LISTENERS } from '../worker/kv/limits.ts';
import { inOrder, looped, newest } from './iterate.ts';
import { MAX_BUFFERED_CHANGES } from './limits.ts';
import type { Entry, JoinOptions, KeyPattern, Network, SetCallOptions, SetHandle } from './types.ts';
import { createSessions, outlineOf, stepAnswerer } from './sessions.ts';
import { connectPage, startWorker, workerFailure } from './worker.ts';

declare global {
  /** A test fixture puts this here before the page's scripts run: it is given every network that the page joins. */
  var __COUNTERSIGN_TESTING__: ((network: Network) => void) | undefined;
}

/** Opens the network of an identity, as its replica or as a view of the tab that is. One worker each; several networks can be open. */
export async function join(options: JoinOptions): Promise<Result<Network, OpenError>> {
  const { identity = null, invitation = null, genesis = null, joinSecret = null } = options;
  const { signaling = null, iceServers = null, rules = 1, allow, sessions: service, signal } = options;
  const outline = service ? outlineOf(service) : null;
  if (signal?.aborted) return failed('aborted', 'Joining was given up before it began.');
  const started = startWorker();
  if ('error' in started) return started;
  const { worker, remote } = started;
  const detach = connectPage(remote);
  const listeners = new Map<number, (change: Entry) => void>();
  const statusListeners = new Set<(status: KvStatus) => void>();
  /** Loops that end when the network is closed. */
  const atEnd = new Set<() => void>();
  let status: KvStatus | null = null;
  let closed = false;
  let closing: Promise<void> | null = null;
  let serial = 0;
  let ending: (error: Stopped) => void;
  /** A worker that is terminated leaves its calls unanswered. */
  const ended = new Promise<Stopped>((resolve) => (ending = resolve));

  const tellVisible = (): void => void remote.visible(document.visibilityState === 'visible');
  const end = (): void => {
    closed = true;
    ending(failed('stopped', 'The network was closed. What was proposed may still be decided.'));
    for (const leave of atEnd) leave();
    document.removeEventListener('visibilitychange', tellVisible);
    detach();
    worker.terminate();
  };
  const onChange = (listener: number, change: KvEntry): void => {
    // Later callbacks are told whatever an earlier one does.
    guarded(() => listeners.get(listener)?.(entryOf(change)));
  };
  const onStatus = (next: KvStatus): void => {
    status = next;
    for (const listener of statusListeners) guarded(() => listener(next));
  };

  const opening = remote
    .open(
      { identity, invitation, genesis, joinSecret, signaling, iceServers, rules, sessions: outline },
      allow ? proxy(accessPort(answerer(allow, remote))) : null,
      service ? proxy(stepAnswerer(service)) : null,
      proxy(onChange),
      proxy(onStatus),
    )
    .catch((error: unknown) => workerFailure((error as Error).message));
  const given = givenUp(signal);
  const opened = await Promise.race([
    opening,
    started.failed,
    given.promise.then(() => failed('aborted', 'Joining was given up. What was stored until then stays.')),
  ]);
  given.forget();
  if (!opened.ok) {
    end();
    return opened;
  }
  status ??= opened.value.status;
  document.addEventListener('visibilitychange', tellVisible);
  tellVisible();

  function handleOf(certified: Certified): SetHandle {
    const { key, version } = certified;
    const certificate = (): Promise<Certificate | null> => told(() => remote.certificate(key, version));
    return { ...certified, certificate };
  }

  function entryOf({ body, ...certified }: KvEntry): Entry {
    return { ...handleOf(certified), value: body ? decoded(body) : undefined };
  }

  /** An answer of the worker's, or that there is none any more. */
  async function asked<T, E extends { readonly type: string; readonly message: string }>(
    ask: () => Promise<Result<T, E>>,
  ): Promise<Result<T, E> | Stopped> {
    if (closed) return failed('stopped', 'The network is closed. Open it again.');
    return Promise.race([ended, ask()]);
  }

  /** The same of a call that answers with a bare value. */
  async function told<T>(ask: () => Promise<T>): Promise<T> {
    const answer = await asked(async () => {
      try {
        return { ok: true, value: await ask() };
      } catch (error) {
        return failed('stopped', (error as Error).message);
      }
    });
    if (!answer.ok) throw new NetworkError(answer.error);
    return answer.value;
  }

  async function propose(
    key: string,
    body: Uint8Array | null,
    { signal: stop, base, retry = false }: SetCallOptions = {},
  ): Promise<Result<SetHandle, SetError>> {
    if (closed) return failed('stopped', 'The network is closed. Open it again.');
    const problem = keyProblem(key);
    if (problem !== null) return failed('key-malformed', problem);
    if (stop?.aborted) return failed('aborted', `The set of ${key} was given up before it began.`);
    const id = crypto.randomUUID();
    let giveUp: () => void = () => undefined;
    const left = new Promise<Result<never, SetError>>((resolve) => {
      giveUp = () => {
        void remote.abort(id).catch(() => undefined);
        resolve(
          failed(
            'aborted',
            `The set of ${key} was given up. What was proposed may still be decided: read the key.`,
          ),
        );
      };
    });
    stop?.addEventListener('abort', giveUp, { once: true });
    const outcome = await Promise.race([left, ended, run(id, key, body, { base: base ?? null, retry })]);
    stop?.removeEventListener('abort', giveUp);
    return outcome.ok ? { ok: true, value: handleOf(outcome.value) } : outcome;
  }

  async function run(
    id: string,
    key: string,
    body: Uint8Array | null,
    how: { base: number | null; retry: boolean },
  ): Promise<Result<Certified, SetError>> {
    try {
      await remote.begin(id, key, body, how);
    } catch (error) {
      return failed('stopped', (error as Error).message);
    }
    for (;;) {
      const outcome = await remote.outcome(id);
      if (outcome) return outcome;
    }
  }

  /** @returns what ends it. @throws RangeError beyond `MAX_LISTENERS`. */
  function hear(
    pattern: Pattern,
    callback: (change: Entry) => void,
    refused: (error: Error) => void,
  ): () => void {
    if (closed) return () => undefined;
    if (listeners.size >= MAX_LISTENERS)
      throw new RangeError(
        `${MAX_LISTENERS} callbacks and loops listen in this tab already. End one, or listen to a prefix.`,
      );
    const id = ++serial;
    listeners.set(id, callback);
    remote.listen(id, pattern).catch((error: unknown) => refused(error as Error));
    return () => {
      if (listeners.delete(id) && !closed) void remote.unlisten(id);
    };
  }

  /** A loop ends with the network. */
  function whileOpen(leave: () => void, stop: () => void): () => void {
    if (closed) leave();
    atEnd.add(leave);
    return () => {
      atEnd.delete(leave);
      stop();
    };
  }

  async function pageOf(pattern: Pattern, after: string | null): Promise<EntriesPage> {
    const page = await asked(() => remote.page(pattern, after));
    if (!page.ok) throw new NetworkError(page.error);
    return page.value;
  }

  async function* entriesOf(pattern: Pattern, stop: AbortSignal | undefined): AsyncGenerator<Entry> {
    const gone = givenUp(stop);
    try {
      for (let after: string | null = null; ;) {
        const page: EntriesPage | null = await Promise.race([gone.promise, pageOf(pattern, after)]);
        if (page === null || stop?.aborted) return;
        for (const entry of page.entries) {
          yield entryOf(entry);
          if (stop?.aborted) return;
        }
        after = page.next;
        if (after === null) return;
      }
    } finally {
      gone.forget();
    }
  }

  async function shutDown(): Promise<void> {
    closed = true;
    listeners.clear();
    statusListeners.clear();
    try {
      await remote.close();
    } finally {
      end();
    }
  }

  const network: Omit<Network, typeof Symbol.asyncDispose> = {
    get id() {
      return status!.network.id;
    },
    get name() {
      return status!.network.name;
    },
    identity: opened.value.identity,
    members: () =>
      status!.members.map(({ id, organisation, voteKey }) => {
        return { id, label: organisation, publicKey: fromHex(voteKey as VoteKey) };
      }),
    async get(key) {
      const read = await network.read(key);
      if (!read.ok) throw new NetworkError(read.error);
      return read.value?.value;
    },
    async read(key) {
      const read = await asked(() => remote.read(key));
      if (!read.ok) return read;
      return { ok: true, value: read.value && entryOf(read.value) };
    },
    async set(key, value, how) {
      const encoded = encodeBody(value);
      return encoded.ok ? propose(key, encoded.value, how) : encoded;
    },
    delete: (key, how) => propose(key, null, how),
    listen(wanted, callback, { signal: stop } = {}) {
      const pattern = patternOf(wanted);
      if (stop?.aborted) return () => undefined;
      const unlisten = hear(pattern, callback, (error) => reportError(error));
      const leave = (): void => {
        stop?.removeEventListener('abort', leave);
        unlisten();
      };
      stop?.addEventListener('abort', leave, { once: true });
      return leave;
    },
    changes(wanted, { signal: stop } = {}) {
      const pattern = patternOf(wanted);
      return looped<Entry>({
        waiting: () => inOrder<Entry>(MAX_BUFFERED_CHANGES),
        signal: stop,
        full: () =>
          new NetworkError({
            type: 'fell-behind',
            message: `More than ${MAX_BUFFERED_CHANGES} keys changed while this loop was busy. Read what stands with entries, and loop again.`,
          }),
        start: (sink) =>
          whileOpen(
            () => sink.end(),
            hear(pattern, sink.put, (error) => sink.end(error)),
          ),
      });
    },
    entries(wanted, { signal: stop } = {}) {
      const pattern = patternOf(wanted);
      return { [Symbol.asyncIterator]: () => entriesOf(pattern, stop) };
    },
    get status() {
      return status!;
    },
    subscribeStatus(callback) {
      // One function may be given twice, and each is ended by itself.
      const listener = (next: KvStatus): void => callback(next);
      statusListeners.add(listener);
      callback(status!);
      return () => statusListeners.delete(listener);
    },
    statuses: ({ signal: stop } = {}) =>
      looped<KvStatus>({
        waiting: newest,
        signal: stop,
        full: () => new Error('The newest always has room.'),
        start: (sink) => whileOpen(() => sink.end(), network.subscribeStatus(sink.put)),
      }),
    prove: (key, version) => asked(() => remote.prove(key, version ?? null)),
    async sign(bytes) {
      if (!((bytes as unknown) instanceof Uint8Array)) throw new TypeError('sign takes a Uint8Array.');
      return asked(() => remote.sign(bytes));
    },
    sessions: createSessions({
      call: (asking) => asked(() => remote.sessionCall(asking)),
      watch: (callback) =>
        network.subscribeStatus(({ sessions, told: { holder } }) => callback({ ...sessions, holder })),
    }),
    evidence: () => told(() => remote.evidence()),
    inspect: () => told(() => remote.inspect()),
    invitation: () => told(() => remote.invitation()),
    genesis: () => told(() => remote.genesisFile()),
    chain: () => told(() => remote.chain()),
    close: () => (closing ??= shutDown()),
  };
  const whole = disposable(network);
  globalThis.__COUNTERSIGN_TESTING__?.(whole);
  return { ok: true, value: whole };
}

// ---- helpers ----

type Stopped = { readonly ok: false; readonly error: { readonly type: 'stopped'; readonly message: string } };

/** Resolves when the signal is aborted. */
function givenUp(signal: AbortSignal | undefined): {
  readonly promise: Promise<null>;
  /** Nothing is kept of it at the signal, which may live longer. */
  forget(): void;
} {
  let tell: () => void = () => undefined;
  const promise = new Promise<null>((resolve) => (tell = () => resolve(null)));
  signal?.addEventListener('abort', tell, { once: true });
  if (signal?.aborted) tell();
  return { promise, forget: () => signal?.removeEventListener('abort', tell) };
}

/** @throws RangeError */
function patternOf(wanted: KeyPattern): Pattern {
  const problem = typeof wanted === 'string' ? keyProblem(wanted) : null;
  if (problem !== null) throw new RangeError(problem);
  return typeof wanted === 'string' ? { key: wanted } : { prefix: wanted.prefix };
}

/** `await using` is younger than some browsers that this runs in: they have no such symbol, and need none. */
function disposable(network: Omit<Network, typeof Symbol.asyncDispose>): Network {
  const symbol = Symbol.asyncDispose as symbol | undefined;
  if (symbol) Object.defineProperty(network, symbol, { value: () => network.close() });
  return network as Network;
}

const failed = <T extends string>(type: T, message: string) => ({
  ok: false as const,
  error: { type, message },
});

function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    reportError(error);
  }
}
