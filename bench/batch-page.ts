/** What `--batches` runs inside the pages: see page.ts on what such a function may use. */
import type { ServiceRequest, SessionView, WorkerApi } from '../src/worker/api.ts';

/** Milliseconds until every package is certified and durable at the supplier. */
export async function announceAll(input: {
  envelopes: readonly string[];
  together: boolean;
  patience: number;
}): Promise<number> {
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
  const create = async (envelope: string): Promise<string> => {
    const result = await api.createPackage(envelope);
    if (!result.ok) throw new Error(result.error.message);
    return result.value.key;
  };
  if (input.together) await committed(await Promise.all(input.envelopes.map(create)));
  else for (const envelope of input.envelopes) await committed([await create(envelope)]);
  return performance.now() - start;
}

/** Runs the six steps of each package, and commits nothing. Waits for a package that is not here yet. */
export async function inspectAll(input: {
  packages: readonly { readonly sscc: string; readonly lines: number }[];
  patience: number;
}): Promise<readonly { id: string; key: string }[]> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const end = performance.now() + input.patience;
  const made: { id: string; key: string }[] = [];
  for (const { sscc, lines } of input.packages) {
    const key = `package/${sscc}` as SessionView['key'];
    let started = await api.start(key, 'bench');
    while (!started.ok) {
      if (performance.now() > end) throw new Error(`start: ${started.error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
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
    made.push({ id, key });
  }
  return made;
}

/** Milliseconds until every session is certified and durable here. */
export async function commitAll(input: {
  sessions: readonly { readonly id: string; readonly key: string }[];
  together: boolean;
  patience: number;
}): Promise<number> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, until, allDecided } = globalThis.benchRecorder;
  const start = performance.now();
  trace.length = 0;
  const committed = (keys: readonly string[]): Promise<void> =>
    until(
      () => allDecided(keys, 2),
      start + input.patience,
      `${keys.length} sessions were not committed within ${input.patience} ms.`,
    );
  if (input.together) {
    for (const result of await api.commitAll(input.sessions.map(({ id }) => id)))
      if (!result.ok) throw new Error(result.error.message);
    await committed(input.sessions.map(({ key }) => key));
  } else {
    for (const { id, key } of input.sessions) {
      const result = await api.commit(id);
      if (!result.ok) throw new Error(result.error.message);
      await committed([key]);
    }
  }
  return performance.now() - start;
}

/**
 * As many steps on each package as a session has, each a session of its own that is decided before the next begins: a line is quarantined and
 * released in turn. One package after the other. Milliseconds.
 */
export async function stepByStep(input: {
  keys: readonly string[];
  steps: number;
  patience: number;
}): Promise<number> {
  const api = (window as unknown as { countersign: WorkerApi }).countersign;
  const { trace, until } = globalThis.benchRecorder;
  const start = performance.now();
  trace.length = 0;
  for (const key of input.keys) {
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
      await until(
        () => trace.some((e) => e.kind === 'decided' && e.key === key && e.version === version),
        start + input.patience,
        `${key} v${version} was not committed within ${input.patience} ms.`,
      );
    }
  }
  return performance.now() - start;
}
