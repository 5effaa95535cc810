/**
 * Where processor time goes: Chromium's sampling profiler in the workers and pages of some members, while the workflows run. The app is
 * built with source maps for it, so that a function is named by its own file. Samples count by the time of day at which they were taken,
 * so what happens while a commit is under way is told from what happens after it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import type { PluginOption } from 'vite';
import WebSocket from 'ws';
import {
  PROFILE_CLOCK_TRIES,
  PROFILE_INTERVAL_US,
  PROFILE_LONGEST_SAMPLE_MS,
  PROFILE_ROWS,
} from './limits.ts';
import type { Window } from './run.ts';

interface Profile {
  /** Microseconds of the system's monotonic clock. */
  readonly startTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface Recorded {
  /** For example `Bravo, worker`. */
  readonly name: string;
  readonly profile: Profile;
  /** Milliseconds since 1970 by this target's clock, less the monotonic clock's. */
  readonly epoch: number;
}

export interface Target {
  start(): Promise<void>;
  stop(): Promise<Recorded>;
}

/** The page of a browser that was started with a debugging port in this profile folder, and its worker. */
export async function targetsOf(
  name: string,
  folder: string,
): Promise<{ targets: readonly Target[]; close(): void }> {
  const [port, path] = readFileSync(join(folder, 'DevToolsActivePort'), 'utf8').split('\n');
  const session = await connect(`ws://127.0.0.1:${port}${path}`);
  const { targetInfos } = await session.send<{
    targetInfos: { targetId: string; type: string; url: string }[];
  }>('Target.getTargets', {});
  const page = targetInfos.find((info) => info.type === 'page' && info.url.includes('/n/'));
  if (!page) throw new Error(`The browser of ${name} shows no page of the network.`);
  const { sessionId } = await session.send<{ sessionId: string }>('Target.attachToTarget', {
    targetId: page.targetId,
    flatten: true,
  });
  const attached = session.nextWorker();
  await session.send(
    'Target.setAutoAttach',
    { autoAttach: true, waitForDebuggerOnStart: false, flatten: true },
    sessionId,
  );
  const worker = await attached;
  const target = (kind: string, id: string): Target => {
    let epoch = 0;
    return {
      async start() {
        epoch = await epochOf(session, id);
        await session.send('Profiler.enable', {}, id);
        await session.send('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_US }, id);
        await session.send('Profiler.start', {}, id);
      },
      async stop() {
        const { profile } = await session.send<{ profile: Profile }>('Profiler.stop', {}, id);
        return { name: `${name}, ${kind}`, profile, epoch };
      },
    };
  };
  return { targets: [target('worker', worker), target('page', sessionId)], close: () => session.close() };
}

/** Tables of the largest costs: in the steps, in the commits until they are durable at the proposer, and over the whole run. */
export function costs(
  recorded: Recorded,
  windows: readonly Window[],
  workflows: number,
  sources: Sources,
): string {
  const of = (kind: Window['kind']): readonly Window[] => windows.filter((window) => window.kind === kind);
  const parts: [string, readonly Window[] | null, number][] = [
    ['during the seven steps', of('steps'), of('steps').length],
    ['from commit() to the durable decision at the proposer', of('commit'), of('commit').length],
    ['everything, pauses included', null, workflows],
  ];
  return parts
    .map(
      ([title, within, units]) => `\n${recorded.name}: ${title}\n${list(recorded, within, units, sources)}`,
    )
    .join('\n');
}

function list(recorded: Recorded, within: readonly Window[] | null, units: number, sources: Sources): string {
  const { busy, idle, preempted, self, total } = breakdown(recorded, within, units, sources);
  const rows = (title: string, costs: readonly Cost[]): string[] => [
    `  ${title}`,
    ...costs.slice(0, PROFILE_ROWS).map(({ name, ms }) => `${ms.toFixed(2).padStart(9)}  ${name}`),
  ];
  return [
    `  ${units} times; each: busy ${busy.toFixed(1)} ms, idle ${idle.toFixed(1)} ms, waiting for a processor in the midst of work ${preempted.toFixed(1)} ms`,
    ...rows('in the function itself, ms each', self),
    ...rows('with what it calls, ms each', total),
  ].join('\n');
}

export interface Cost {
  /** File and function, or what the browser calls it. */
  readonly name: string;
  /** Milliseconds for one unit of work. */
  readonly ms: number;
}

/** Where one thread's time went, milliseconds for one unit of work. */
export interface Breakdown {
  readonly busy: number;
  readonly idle: number;
  /** In the midst of work, without a processor. */
  readonly preempted: number;
  /** In the function itself; the largest first. */
  readonly self: readonly Cost[];
  /** With what it calls. */
  readonly total: readonly Cost[];
}

/** `within`: only samples of these times count; all, when null. `units`: pieces of work that the time is divided by. */
export function breakdown(
  { profile, epoch }: Recorded,
  within: readonly Pick<Window, 'from' | 'to'>[] | null,
  units: number,
  sources: Sources,
): Breakdown {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, sources.name(callFrame)]));
  const parent = new Map<number, number>();
  for (const { id, children } of profile.nodes) for (const child of children ?? []) parent.set(child, id);
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let idle = 0;
  let preempted = 0;
  let at = profile.startTime;
  const add = (sums: Map<string, number>, name: string, ms: number): void =>
    void sums.set(name, (sums.get(name) ?? 0) + ms);
  profile.samples.forEach((id, i) => {
    at += profile.timeDeltas[i] ?? 0;
    // A sample stands for the time until the next one.
    const until = Math.max(0, profile.timeDeltas[i + 1] ?? 0) / 1000;
    const ms = Math.min(until, PROFILE_LONGEST_SAMPLE_MS);
    const wall = at / 1000 + epoch;
    if (within && !within.some(({ from, to }) => wall >= from && wall <= to)) return;
    const own = names.get(id)!;
    if (IDLE.has(own)) return void (idle += own === '(idle)' ? until : 0);
    preempted += until - ms;
    add(self, own, ms);
    const seen = new Set<string>();
    for (let node: number | undefined = id; node !== undefined; node = parent.get(node)) {
      const name = names.get(node)!;
      if (!seen.has(name) && !IDLE.has(name)) add(total, name, ms);
      seen.add(name);
    }
  });
  const busy = [...self.values()].reduce((sum, ms) => sum + ms, 0);
  const largestFirst = (sums: ReadonlyMap<string, number>): readonly Cost[] =>
    [...sums].map(([name, ms]) => ({ name, ms: ms / units })).sort((a, b) => b.ms - a.ms);
  return {
    busy: busy / units,
    idle: idle / units,
    preempted: preempted / units,
    self: largestFirst(self),
    total: largestFirst(total),
  };
}

/** By folder of the sources, or library, or what the browser calls it; the largest first. */
export function byPlace(self: readonly Cost[]): readonly Cost[] {
  const sums = new Map<string, number>();
  for (const { name, ms } of self) {
    const place = placeOf(name);
    sums.set(place, (sums.get(place) ?? 0) + ms);
  }
  return [...sums].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);
}

/** `src/codec/cbor.ts: decode, line 3` is of `src/codec`; `@noble/hashes/sha2.js: …` of `@noble/hashes`; `put`, without a file, is the browser's. */
function placeOf(name: string): string {
  const file = /^([^ ]*\/[^ ]*): /.exec(name)?.[1];
  if (file === undefined) return name.startsWith('(') ? name : 'calls into the browser';
  const [first, second] = file.split('/') as [string, string];
  return first === 'src' || first.startsWith('@') ? `${first}/${second}` : first;
}

const IDLE = new Set(['(idle)', '(root)', '(program)']);

/**
 * Builds the app with its names and source maps, and without the service worker, which would store the maps too and has a limit of bytes.
 * @throws when it does not build.
 */
export async function buildForProfile(root: string, folder: string): Promise<void> {
  const { build, loadConfigFromFile } = await import('vite');
  const loaded = await loadConfigFromFile(
    { command: 'build', mode: 'production' },
    join(root, 'vite.config.ts'),
  );
  if (!loaded) throw new Error('vite.config.ts is not there.');
  const kept = await withoutServiceWorker(loaded.config.plugins ?? []);
  await build({
    ...loaded.config,
    configFile: false,
    root,
    logLevel: 'error',
    plugins: kept,
    build: { ...loaded.config.build, outDir: folder, emptyOutDir: true, minify: false, sourcemap: true },
  });
}

async function withoutServiceWorker(options: readonly PluginOption[]): Promise<PluginOption[]> {
  const kept: PluginOption[] = [];
  for (const option of options) {
    const plugin = await option;
    if (Array.isArray(plugin)) kept.push(...(await withoutServiceWorker(plugin)));
    else if (plugin && !plugin.name.startsWith('vite-plugin-pwa')) kept.push(plugin);
  }
  return kept;
}

export interface Sources {
  name(frame: CallFrame): string;
}

/** Reads the source maps of a build. */
export function sourcesOf(dist: string): Sources {
  const assets = join(dist, 'assets');
  const maps = new Map<string, SourceMap>();
  for (const file of readdirSync(assets).filter((name) => name.endsWith('.js.map'))) {
    maps.set(
      file.slice(0, -'.map'.length),
      new SourceMap(JSON.parse(readFileSync(join(assets, file), 'utf8')) as SourceMapPayload),
    );
  }
  return {
    name({ functionName, url, lineNumber, columnNumber }) {
      if (
        url.startsWith('wasm:') ||
        functionName.startsWith('wasm-function') ||
        functionName.includes('-to-wasm')
      )
        return '(wasm)';
      if (url === '') return functionName || '(native)';
      const entry = maps.get(url.split('/').at(-1) ?? '')?.findEntry(lineNumber, columnNumber);
      if (!entry || !('originalSource' in entry))
        return `${functionName || '(anonymous)'} ${url.split('/').at(-1)}:${lineNumber + 1}`;
      const source = entry.originalSource.replace(/^.*node_modules\//, '').replace(/^.*\/(src\/)/, '$1');
      return `${source}: ${functionName || '(anonymous)'}, line ${entry.originalLine + 1}`;
    },
  };
}

/** By the answer that came back fastest; Chromium's monotonic clock is the system's, and so is this process's. */
async function epochOf(session: Session, id: string): Promise<number> {
  let best = { took: Infinity, epoch: 0 };
  for (let i = 0; i < PROFILE_CLOCK_TRIES; i++) {
    const before = Number(process.hrtime.bigint()) / 1e6;
    const expression = 'performance.timeOrigin + performance.now()';
    const { result } = await session.send<{ result: { value: number } }>(
      'Runtime.evaluate',
      { expression },
      id,
    );
    const after = Number(process.hrtime.bigint()) / 1e6;
    if (after - before < best.took)
      best = { took: after - before, epoch: result.value - (before + after) / 2 };
  }
  return best.epoch;
}

interface Session {
  send<T>(method: string, params: object, sessionId?: string): Promise<T>;
  /** Session id of the next replica's worker that is attached. */
  nextWorker(): Promise<string>;
  close(): void;
}

/** The barcode decoder is a worker of the page too. */
const isReplica = ({ type, url }: { readonly type: string; readonly url: string }): boolean =>
  type === 'worker' && /\/assets\/worker-[\w-]+\.js$/.test(url);

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: {
    readonly sessionId: string;
    readonly targetInfo: { readonly type: string; readonly url: string };
  };
}

async function connect(url: string): Promise<Session> {
  // A profile of a minute is some megabytes.
  const socket = new WebSocket(url, { maxPayload: 512 * 1024 * 1024 });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let last = 0;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let onWorker: ((id: string) => void) | null = null;
  socket.on('message', (data: Buffer) => {
    const { id, result, error, method, params } = JSON.parse(data.toString()) as Message;
    if (method === 'Target.attachedToTarget' && params && isReplica(params.targetInfo))
      onWorker?.(params.sessionId);
    const call = id === undefined ? undefined : waiting.get(id);
    if (!call) return;
    waiting.delete(id!);
    if (error) call.reject(new Error(error.message));
    else call.resolve(result);
  });
  return {
    send<T>(method: string, params: object, sessionId?: string) {
      const id = ++last;
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
      return new Promise<T>((resolve, reject) =>
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject }),
      );
    },
    nextWorker: () =>
      new Promise((resolve) => {
        onWorker = resolve;
      }),
    close: () => socket.close(),
  };
}
