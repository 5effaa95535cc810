/**
 * What runs inside the measured pages. Each function is sent there as text, so none may use anything of this file or of another, but for
 * what `record` leaves in the page. Times are read in the page, around the awaited call: they hold the way through Comlink to the worker
 * and back, and nothing of the connection between this process and the browser.
 */
import type {
  NetworkState,
  Result,
  ServiceRequest,
  SessionError,
  SessionView,
  TraceEvent,
  WorkerApi,
} from '../src/worker/api.ts';

export interface PageRecorder {
  trace: TraceEvent[];
  /** Session id to the time of the page's clock at which the page was told that it is committed. */
  told: Record<string, number>;
  wake: (() => void)[];
  /** Asks again whenever something is told, until it holds; throws `what` once the page's clock is past `end`. */
  readonly until: (holds: () => boolean, end: number, what: string) => Promise<void>;
  readonly allDecided: (keys: readonly string[], version: number) => boolean;
}

declare global {
  var benchRecorder: PageRecorder;
}

export interface WorkflowInput {
  readonly sscc: string;
  readonly lines: number;
  readonly commit: boolean;
  readonly patience: number;
  /** Key of the device that each step must be run by as well; null or left out: no second device. */
  readonly mirror?: string | null;
}

export interface WorkflowOutput {
  /** Name of the endpoint, milliseconds. */
  readonly steps: readonly (readonly [string, number])[];
  /** Null when the session was abandoned. */
  readonly commit: CommitOutput | null;
  /** Milliseconds since 1970: before the first step and after the last. */
  readonly beganAt: number;
  readonly endedAt: number;
}

export interface CommitOutput {
  /** Until `commit` or `createPackage` answers: signed, stored, handed to the members. */
  readonly returned: number;
  /** From the call until the decision is durable at this replica, by the replica's own trace. */
  readonly durable: number;
  /** From the call until the page was told; the app tells at most every 50 ms. */
  readonly told: number;
  /** `NetworkState.latencies`: from the proposal to the durable decision, in the worker. */
  readonly worker: number | null;
  /** In which it was decided; null where `worker` is. */
  readonly round: number | null;
  /** Milliseconds since 1970, with fractions: when the call was made. */
  readonly calledAt: number;
}

/** Listens to the replica's state and trace from now on; once for each page, however often it is called. */
export async function record(): Promise<void> {
  if ('benchRecorder' in globalThis) return;
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const recorder: PageRecorder = {
    trace: [],
    told: {},
    wake: [],
    until: async (holds, end, what) => {
      while (!holds()) {
        if (performance.now() > end) throw new Error(what);
        await new Promise<void>((resolve) => {
          recorder.wake.push(resolve);
          setTimeout(resolve, 1000);
        });
      }
    },
    allDecided: (keys, version) => {
      const decided = new Set<unknown>(
        recorder.trace.flatMap((e) => (e.kind === 'decided' && e.version === version ? [e.key] : [])),
      );
      return keys.every((key) => decided.has(key));
    },
  };
  globalThis.benchRecorder = recorder;
  const wake = (): void => {
    for (const run of recorder.wake.splice(0)) run();
  };
  // Comlink sends a function as a port when it carries the library's marker, a symbol that only the app's bundle holds.
  const asProxy = <T extends object>(callback: T): T =>
    new Proxy(callback, {
      get: (target, name) =>
        typeof name === 'symbol' && name.description === 'Comlink.proxy'
          ? true
          : (Reflect.get(target, name) as unknown),
    });
  await api.trace(
    asProxy((events: readonly TraceEvent[]) => {
      recorder.trace.push(...events);
      wake();
    }),
  );
  await api.subscribe(
    asProxy((state: NetworkState) => {
      const now = performance.now();
      for (const { id, status } of state.sessions)
        if (status.state === 'committed') recorder.told[id] ??= now;
      wake();
    }),
  );
}

/** Announces a package and waits for its first version. */
export async function announce(input: { envelope: string; patience: number }): Promise<CommitOutput> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, told, until } = globalThis.benchRecorder;
  const start = performance.now();
  const result: Result<SessionView, SessionError> = await api.createPackage(input.envelope);
  const returned = performance.now() - start;
  if (!result.ok) throw new Error(`createPackage: ${result.error.message}`);
  const { id, key } = result.value;
  const decided = (): TraceEvent | undefined =>
    trace.find((e) => e.kind === 'decided' && e.key === key && e.version === 1);
  await until(
    () => decided() !== undefined && told[id] !== undefined,
    start + input.patience,
    `${key} was not committed within ${input.patience} ms.`,
  );
  const state = await api.state();
  const latency = state?.latencies.find((entry) => entry.key === key && entry.version === 1);
  const calledAt = performance.timeOrigin + start;
  return {
    returned,
    durable: decided()!.at - calledAt,
    told: told[id]! - start,
    worker: latency?.milliseconds ?? null,
    round: latency?.round ?? null,
    calledAt,
  };
}

/** A whole inspection, from the start of the session to the durable decision. */
export async function inspect(input: WorkflowInput): Promise<WorkflowOutput> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, told, until } = globalThis.benchRecorder;
  const steps: [string, number][] = [];
  const key = `package/${input.sscc}` as SessionView['key'];
  const begin = performance.now();
  const started = await api.start(key, 'bench');
  steps.push(['start', performance.now() - begin]);
  if (!started.ok) throw new Error(`start: ${started.error.message}`);
  const { id } = started.value;
  if ((started.value.mirror?.device ?? null) !== (input.mirror ?? null))
    throw new Error(`The session's second device is ${started.value.mirror?.device ?? 'none'}.`);
  const accepted = Array.from({ length: input.lines }, (_, line) => ({
    line,
    defects: [],
    photos: [],
    verdict: 'accept',
  }));
  const requests: [string, object][] = [
    ['scan', { code: `]C100${input.sscc}`, source: 'wedge' }],
    ['validate', {}],
    ['quality', { lines: accepted }],
    ['label', { courierId: 'delta-express' }],
    ['finish', {}],
  ];
  for (const [name, body] of requests) {
    const request = { method: 'POST', path: `/${name}`, body: { ...body, at: Date.now() } } as ServiceRequest;
    const start = performance.now();
    const answer = await api.step(id, request);
    steps.push([name, performance.now() - start]);
    if (!answer.ok) throw new Error(`${name}: ${answer.error.message}`);
  }
  const beganAt = performance.timeOrigin + begin;
  const endedAt = performance.timeOrigin + performance.now();
  if (!input.commit) {
    const gone = await api.abandon(id);
    if (!gone.ok) throw new Error(`abandon: ${gone.error.message}`);
    return { steps, commit: null, beganAt, endedAt };
  }
  const start = performance.now();
  const result = await api.commit(id);
  const returned = performance.now() - start;
  if (!result.ok) throw new Error(`commit: ${result.error.message}`);
  const decided = (): TraceEvent | undefined =>
    trace.find((e) => e.kind === 'decided' && e.key === key && e.version === 2);
  await until(
    () => decided() !== undefined && told[id] !== undefined,
    start + input.patience,
    `${key} was not committed within ${input.patience} ms.`,
  );
  const state = await api.state();
  const latency = state?.latencies.find((entry) => entry.key === key && entry.version === 2);
  const calledAt = performance.timeOrigin + start;
  return {
    steps,
    beganAt,
    endedAt,
    commit: {
      returned,
      durable: decided()!.at - calledAt,
      told: told[id]! - start,
      worker: latency?.milliseconds ?? null,
      round: latency?.round ?? null,
      calledAt,
    },
  };
}

/**
 * Steps on one inspected package, each a session of its own that all members decide before the next begins: a line is quarantined and released
 * in turn. An unfinished inspection cannot be certified, so these are the services of which each step can.
 */
export async function stepsThroughL1(input: {
  key: string;
  /** Version of the package before the first step. */
  version: number;
  steps: number;
  patience: number;
}): Promise<readonly CommitOutput[]> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, told, until } = globalThis.benchRecorder;
  const key = input.key as SessionView['key'];
  const done: CommitOutput[] = [];
  for (let step = 0; step < input.steps; step++) {
    const at = Date.now();
    const request = (
      step % 2 === 0
        ? { method: 'POST', path: '/quarantine', body: { lines: [0], reason: 'recall', at } }
        : {
            method: 'POST',
            path: '/release',
            body: { lines: [{ line: 0, verdict: 'accept', defects: null, photos: [] }], at },
          }
    ) as ServiceRequest;
    const version = input.version + 1 + step;
    const start = performance.now();
    const result = await api.runAlone(key, request, 'bench');
    const returned = performance.now() - start;
    if (!result.ok) throw new Error(`${request.path}: ${result.error.message}`);
    const { id } = result.value;
    const decided = (): TraceEvent | undefined =>
      trace.find((e) => e.kind === 'decided' && e.key === key && e.version === version);
    await until(
      () => decided() !== undefined && told[id] !== undefined,
      start + input.patience,
      `${key} v${version} was not committed within ${input.patience} ms.`,
    );
    const state = await api.state();
    const latency = state?.latencies.find((entry) => entry.key === key && entry.version === version);
    const calledAt = performance.timeOrigin + start;
    done.push({
      returned,
      durable: decided()!.at - calledAt,
      told: told[id]! - start,
      worker: latency?.milliseconds ?? null,
      round: latency?.round ?? null,
      calledAt,
    });
  }
  return done;
}

/** Waits until this replica holds the package at the version. */
export async function holds(input: { sscc: string; version: number; patience: number }): Promise<void> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const end = performance.now() + input.patience;
  for (;;) {
    const detail = await api.package(input.sscc);
    if (detail && detail.summary.version >= input.version) return;
    if (performance.now() > end) throw new Error(`${input.sscc} did not arrive within ${input.patience} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** True once the program is stored, and this page is served from there. */
export async function isStored(): Promise<boolean> {
  const registration = await navigator.serviceWorker.getRegistration();
  return navigator.serviceWorker.controller !== null && registration?.active?.state === 'activated';
}

/** Takes the trace since the last call. */
export function takeTrace(): TraceEvent[] {
  return globalThis.benchRecorder.trace.splice(0);
}

/** Strict writes, one transaction each and one after the other, in a database of their own: what the disk alone takes. */
export async function putLoop(input: { count: number; bytes: number }): Promise<number[]> {
  const name = 'countersign-bench';
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('puts');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
  const times: number[] = [];
  for (let i = 0; i < input.count; i++) {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      const tx = db.transaction('puts', 'readwrite', { durability: 'strict' });
      tx.objectStore('puts').put(new Uint8Array(input.bytes).fill(i), i);
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error!);
      tx.commit();
    });
    times.push(performance.now() - start);
  }
  db.close();
  indexedDB.deleteDatabase(name);
  return times;
}
