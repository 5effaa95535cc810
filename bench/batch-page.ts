/** What the study of throughput runs inside the pages: see page.ts on what such a function may use. */
import type { ServiceRequest, SessionView, WorkerApi } from '../src/worker/api.ts';

/** What one page did. Times are milliseconds since 1970, with fractions, by this machine's one clock. */
export interface PageRun {
  readonly calledAt: number;
  /** For each item, in the order given: from its own call until it is certified and durable here, milliseconds. */
  readonly latencies: readonly number[];
  /** When the last of them was. */
  readonly endedAt: number;
}

/** Until every package is certified and durable at the supplier. */
export async function announceAll(input: {
  envelopes: readonly string[];
  together: boolean;
  patience: number;
}): Promise<PageRun> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const start = performance.now();
  const { trace, until, allDecided } = globalThis.benchRecorder;
  trace.length = 0;
  const committed = (keys: readonly string[]): Promise<void> =>
    until(
      () => allDecided(keys, 1),
      start + input.patience,
      `${keys.length} packages were not committed within ${input.patience} ms.`,
    );
  const called = new Map<string, number>();
  const create = async (envelope: string): Promise<string> => {
    const at = performance.timeOrigin + performance.now();
    const result = await api.createPackage(envelope);
    if (!result.ok) throw new Error(result.error.message);
    called.set(result.value.key, at);
    return result.value.key;
  };
  if (input.together) await committed(await Promise.all(input.envelopes.map(create)));
  else for (const envelope of input.envelopes) await committed([await create(envelope)]);
  const decided = new Map(trace.flatMap((e) => (e.kind === 'decided' ? [[String(e.key), e.at]] : [])));
  return {
    calledAt: performance.timeOrigin + start,
    latencies: [...called].map(([key, at]) => decided.get(key)! - at),
    endedAt: Math.max(...[...called.keys()].map((key) => decided.get(key)!)),
  };
}

/** A session whose steps are taken and that is not committed yet. */
export interface Inspected {
  readonly id: string;
  readonly key: string;
  /** All six steps of it, each durable before the next, milliseconds. */
  readonly stepsMs: number;
}

/** Runs the six steps of each package, and commits nothing. Waits for a package that is not here yet. */
export async function inspectAll(input: {
  packages: readonly { readonly sscc: string; readonly lines: number }[];
  patience: number;
}): Promise<readonly Inspected[]> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const end = performance.now() + input.patience;
  const made: Inspected[] = [];
  for (const { sscc, lines } of input.packages) {
    const key = `package/${sscc}` as SessionView['key'];
    let begun = performance.now();
    let started = await api.start(key, 'bench');
    while (!started.ok) {
      if (performance.now() > end) throw new Error(`start: ${started.error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      begun = performance.now();
      started = await api.start(key, 'bench');
    }
    const { id } = started.value;
    const accepted = Array.from({ length: lines }, (_, line) => ({
      line,
      defects: [],
      photos: [],
      verdict: 'accept',
    }));
    for (const [name, body] of [
      ['scan', { code: `]C100${sscc}`, source: 'wedge' }],
      ['validate', {}],
      ['quality', { lines: accepted }],
      ['label', { courierId: 'delta-express' }],
      ['finish', {}],
    ] as const) {
      const request = {
        method: 'POST',
        path: `/${name}`,
        body: { ...body, at: Date.now() },
      } as ServiceRequest;
      const stepped = await api.step(id, request);
      if (!stepped.ok) throw new Error(`${name}: ${stepped.error.message}`);
    }
    made.push({ id, key, stepsMs: performance.now() - begun });
  }
  return made;
}

/** Until every session is certified and durable here. */
export async function commitAll(input: {
  sessions: readonly { readonly id: string; readonly key: string }[];
  together: boolean;
  patience: number;
}): Promise<PageRun> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, until, allDecided } = globalThis.benchRecorder;
  const start = performance.now();
  const called = new Map<string, number>();
  const calling = (key: string): void => void called.set(key, performance.timeOrigin + performance.now());
  trace.length = 0;
  const committed = (keys: readonly string[]): Promise<void> =>
    until(
      () => allDecided(keys, 2),
      start + input.patience,
      `${keys.length} sessions were not committed within ${input.patience} ms.`,
    );
  if (input.together) {
    for (const { key } of input.sessions) calling(key);
    for (const result of await api.commitAll(input.sessions.map(({ id }) => id)))
      if (!result.ok) throw new Error(result.error.message);
    await committed(input.sessions.map(({ key }) => key));
  } else {
    for (const { id, key } of input.sessions) {
      calling(key);
      const result = await api.commit(id);
      if (!result.ok) throw new Error(result.error.message);
      await committed([key]);
    }
  }
  const decided = new Map(trace.flatMap((e) => (e.kind === 'decided' ? [[String(e.key), e.at]] : [])));
  return {
    calledAt: performance.timeOrigin + start,
    latencies: [...called].map(([key, at]) => decided.get(key)! - at),
    endedAt: Math.max(...[...called.keys()].map((key) => decided.get(key)!)),
  };
}

/**
 * As many steps on each package as a session has, each a session of its own that is decided before the next begins: a line is quarantined and
 * released in turn. One package after the other; a package's latency is that of all its steps.
 */
export async function stepByStep(input: {
  keys: readonly string[];
  steps: number;
  patience: number;
}): Promise<PageRun> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, until } = globalThis.benchRecorder;
  const start = performance.now();
  const latencies: number[] = [];
  let endedAt = 0;
  for (const key of input.keys) {
    trace.length = 0;
    const begun = performance.timeOrigin + performance.now();
    for (let step = 0; step < input.steps; step++) {
      const request = (
        step % 2 === 0
          ? { method: 'POST', path: '/quarantine', body: { lines: [0], reason: 'recall', at: Date.now() } }
          : {
              method: 'POST',
              path: '/release',
              body: {
                lines: [{ line: 0, verdict: 'accept', defects: null, photos: [] }],
                at: Date.now(),
              },
            }
      ) as ServiceRequest;
      const result = await api.runAlone(key as SessionView['key'], request, 'bench');
      if (!result.ok) throw new Error(`${request.path}: ${result.error.message}`);
      const version = 3 + step;
      const decided = () => trace.find((e) => e.kind === 'decided' && e.key === key && e.version === version);
      await until(
        () => decided() !== undefined,
        start + input.patience,
        `${key} v${version} was not committed within ${input.patience} ms.`,
      );
      endedAt = decided()!.at;
    }
    latencies.push(endedAt - begun);
  }
  return { calledAt: performance.timeOrigin + start, latencies, endedAt };
}
