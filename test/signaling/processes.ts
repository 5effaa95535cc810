/** Programs that tests start on a free port of this machine, and end by their process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface Program {
  readonly port: number;
  readonly process: ChildProcess;
  /** What it wrote so far. */
  text(): string;
  /** Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No port was given.');
  return address.port;
}

/** y-webrtc's own signaling server, as its package has it. */
export async function startStockServer(): Promise<Program & { readonly url: string }> {
  const port = await freePort();
  const script = join(PROJECT, 'node_modules/y-webrtc/bin/server.js');
  const program = await start(port, process.execPath, [script], { PORT: String(port) });
  return { ...program, url: `ws://127.0.0.1:${port}` };
}

/** Redis without persistence. */
export async function startRedis(path: string, port: number, more: readonly string[] = []): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-redis-'));
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const program = await start(port, path, [...args, ...more], {});
  program.process.once('close', () => void rm(folder, { recursive: true, force: true }));
  return program;
}

/** `npm run signaling` without npm between. */
export async function startSignaling(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Program> {
  const port = await freePort();
  const script = join(PROJECT, 'signaling-server/main.ts');
  const all = ['--import', 'tsx', script, '--port', String(port), ...args];
  return start(port, process.execPath, all, { PORT: '', ...env });
}

async function start(
  port: number,
  path: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Program> {
  const child = spawn(path, args, { cwd: PROJECT, env: { ...process.env, ...env } });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  const closed = once(child, 'close');
  const program: Program = {
    port,
    process: child,
    text: () => text,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await closed;
    },
  };
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${path} ended before it listened:\n${text}`);
  }
  return program;
}

async function answers(port: number): Promise<boolean> {
  const socket = connectTcp(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  } finally {
    socket.destroy();
  }
}
