/**
 * `npm run bench -- --signaling`: what one signaling server holds on one processor core. The server is a process of its own,
 * bound to core 0 where `taskset` is there; the clients are in this process. See docs/benchmarks.md, "Signaling server".
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { exitCodeOf } from './passed-on.ts';

const USAGE = `npm run bench -- --signaling [options]

Measures the signaling server on one core: memory per client, and frames passed on per second.

  --clients 1000,4000  connections held at once, one run for each (default)
  --rooms 4,16,64      subscribers of each topic when frames are passed on, one run for each (default)
  --seconds N          how long frames are passed on, in each run (default: 5)
  --bytes N            payload of a frame; a sealed offer is about 5,000 (default: 1000)
  --help               this text

Ends with a code other than 0 when a client is refused or dropped, or a frame is lost.
`;

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** How many frames each sender has under way: enough to keep the server busy, few enough to bound its queues. */
const UNDER_WAY = 4;
/** Senders and hearers when frames are passed on. */
const TALKING_CLIENTS = 256;
const CONNECT_AT_ONCE = 64;
const SETTLE_MS = 3_000;

let taskset: boolean | undefined;
// Listeners to `exit` run then, and end the server.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(exitCodeOf(signal)));
process.exitCode = await main();

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        clients: { type: 'string', default: '1000,4000' },
        rooms: { type: 'string', default: '4,16,64' },
        seconds: { type: 'string', default: '5' },
        bytes: { type: 'string', default: '1000' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)} See --help.`);
    return 64;
  }
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const numbers = (text: string): number[] => text.split(',').map(Number);
  const [clients, rooms] = [numbers(values.clients), numbers(values.rooms)];
  const [seconds, bytes] = [Number(values.seconds), Number(values.bytes)];
  if (![...clients, ...rooms, seconds, bytes].every((one) => Number.isInteger(one) && one > 0)) {
    console.error('All values are whole numbers above 0. See --help.');
    return 64;
  }
  const [cpu] = cpus();
  console.log(
    `${new Date().toISOString()}, ${cpus().length} cores (${cpu?.model ?? 'unknown'}), Node ${process.version}`,
  );
  console.log(
    `Load average ${loadavg()[0]?.toFixed(1)}; server ${hasTaskset() ? 'bound to core 0' : 'not bound to a core'}`,
  );

  console.log('\nClients held, each with one topic, silent:');
  for (const count of clients) console.log(await held(count));
  console.log(`\nFrames of ${bytes} bytes passed on among ${TALKING_CLIENTS} clients, for ${seconds} s:`);
  for (const size of rooms) console.log(await passedOn(size, seconds, bytes));
  console.log(`\nLoad average at the end ${loadavg()[0]?.toFixed(1)}`);
  return 0;
}

async function held(count: number): Promise<string> {
  const server = await start();
  try {
    // The first ones bring code and caches along, which are not a client's.
    const warm = await connectAll(server, 50, 50);
    const before = await server.usage();
    const startedAt = performance.now();
    const sockets = await connectAll(server, count, 2);
    const took = (performance.now() - startedAt) / 1000;
    await sleep(SETTLE_MS);
    const after = await server.usage();
    await sleep(SETTLE_MS);
    const idle = await server.usage();
    for (const socket of [...warm, ...sockets]) socket.terminate();
    const perClient = (after.rss - before.rss) / count / 1024;
    const share = ((idle.cpu - after.cpu) / (SETTLE_MS / 1000)) * 100;
    return (
      `  ${count} clients: ${perClient.toFixed(1)} KiB each, ${(after.rss / 1024 ** 2).toFixed(0)} MiB in all; ` +
      `connected in ${took.toFixed(1)} s with ${(((after.cpu - before.cpu) * 1000) / count).toFixed(2)} ms of processor time each; ` +
      `then ${share.toFixed(1)} % of the core`
    );
  } finally {
    await server.stop();
  }
}

/** Everybody sends to its own topic as fast as its frames come back. */
async function passedOn(size: number, seconds: number, bytes: number): Promise<string> {
  const server = await start();
  try {
    const sockets = await connectAll(server, TALKING_CLIENTS, size);
    const pad = 'x'.repeat(bytes);
    let [received, published, measuring, stopped] = [0, 0, false, false];
    const latencies: number[] = [];
    for (const [i, socket] of sockets.entries()) {
      const topic = `room ${Math.floor(i / size)}`;
      const send = (): void => {
        if (measuring) published += 1;
        if (!stopped)
          socket.send(JSON.stringify({ type: 'publish', topic, from: i, at: performance.now(), data: pad }));
      };
      socket.on('message', (data) => {
        if (measuring) received += 1;
        // Whose it is stands at the front: most frames are others', and reading them would measure the clients.
        const text = (data as Buffer).toString('latin1', 0, 100);
        const [, from, at] = /"from":(\d+),"at":([\d.]+)/.exec(text) ?? [];
        if (Number(from) !== i) return;
        if (measuring) latencies.push(performance.now() - Number(at));
        send();
      });
      for (let k = 0; k < UNDER_WAY; k += 1) send();
    }
    await sleep(1_000);
    const before = await server.usage();
    measuring = true;
    const startedAt = performance.now();
    await sleep(seconds * 1000);
    measuring = false;
    const took = (performance.now() - startedAt) / 1000;
    const after = await server.usage();
    stopped = true;
    const busy = ((after.cpu - before.cpu) / took) * 100;
    latencies.sort((a, b) => a - b);
    const median = latencies[Math.floor(latencies.length / 2)] ?? NaN;
    for (const socket of sockets)
      if (socket.readyState !== WebSocket.OPEN) throw new Error('A client was cut off.');
    for (const socket of sockets) socket.terminate();
    return (
      `  ${size} subscribers a topic: ${whole(published / took)} in and ${whole(received / took)} out per second, ` +
      `${busy.toFixed(0)} % of a core, which makes ${whole((received / took / busy) * 100)} out for a whole one; echo in ${median.toFixed(1)} ms (median, under this load)`
    );
  } finally {
    await server.stop();
  }
}

interface Server {
  readonly port: number;
  /** Resident bytes, after a collection would have had time; processor seconds. */
  usage(): Promise<{ readonly rss: number; readonly cpu: number }>;
  stop(): Promise<void>;
}

async function start(): Promise<Server> {
  // Its limits are for strangers; here one machine plays them all.
  const free = ['maxConnections', 'maxConnectionsPerAddress', 'maxSockets', 'maxSocketsPerAddress'].map(
    (name) => `${name}=100000`,
  );
  const rates = ['connectBurstPerAddress', 'messageBurst', 'messagesPerSecond', 'maxBufferedBytes'].map(
    (name) => `${name}=100000000`,
  );
  const fanOut = ['fanOutBurstBytesPerAddress=900000000000', 'fanOutBytesPerSecondPerAddress=900000000000'];
  const limits = [...free, ...rates, ...fanOut].flatMap((text) => ['--limit', text]);
  const node = [
    process.execPath,
    '--import',
    'tsx',
    'signaling-server/main.ts',
    '--port',
    '0',
    '--log',
    'error',
    ...limits,
  ];
  const [program = '', ...args] = hasTaskset() ? ['taskset', '-c', '0', ...node] : node;
  const child = spawn(program, args, {
    cwd: PROJECT,
    env: { ...process.env, PORT: '', REDIS_URL: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Also when this process is told to end in the middle.
  const atExit = (): void => void child.kill('SIGKILL');
  process.once('exit', atExit);
  const port = await portOf(child);
  return {
    port,
    async usage() {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const value = (name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
      const dropped = value('countersign_signaling_dropped_total\\{reason="slow"\\}') || 0;
      if (dropped > 0) throw new Error(`${dropped} clients were dropped.`);
      return { rss: value('process_resident_memory_bytes'), cpu: value('process_cpu_seconds_total') };
    },
    async stop() {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      process.off('exit', atExit);
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  let text = '';
  for await (const data of child.stdout ?? []) {
    text += String(data);
    const found = /http:\/\/localhost:(\d+)/.exec(text);
    if (found) return Number(found[1]);
  }
  throw new Error(`The server did not start: ${text}`);
}

/** Clients in topics of `size`, each connected, subscribed and answered. */
async function connectAll(server: Server, count: number, size: number): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (let from = 0; from < count; from += CONNECT_AT_ONCE) {
    const some = Array.from({ length: Math.min(CONNECT_AT_ONCE, count - from) }, async (_, k) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/signal`);
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'subscribe', topics: [`room ${Math.floor((from + k) / size)}`] }));
      socket.send('{"type":"ping"}');
      await once(socket, 'message');
      return socket;
    });
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

function hasTaskset(): boolean {
  taskset ??= spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  return taskset;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
