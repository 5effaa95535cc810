/** Programs that tests start on a free port of this machine, and end by their process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
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

/**
 * A port that nobody listened on a moment ago, for what must know it before it starts, or keep it when it starts again. Below those that the
 * system gives (`ip_local_port_range`): a `listen(0)` of another test, or a connection, does not get it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    // Each worker of the tests has its own thousand.
    const first = 20_000 + 1_000 * (Number(process.env.VITEST_POOL_ID ?? 0) % 12);
    const port = randomInt(first, first + 1_000);
    const server = createServer().listen(port);
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
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

/** `npm run signaling` without npm between, on a port that the system gives. */
export async function startSignaling(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Program> {
  const script = join(PROJECT, 'signaling-server/main.ts');
  const all = ['--import', 'tsx', script, '--port', '0', ...args];
  const program = launch(process.execPath, all, { PORT: '', ...env });
  for (;;) {
    const told = /http:\/\/localhost:(\d+)\n/.exec(program.text());
    if (told) return { ...program, port: Number(told[1]) };
    if (program.process.exitCode !== null) throw new Error(`It ended before it listened:\n${program.text()}`);
    await Promise.race([once(program.process.stdout!, 'data'), once(program.process, 'close')]);
  }
}

async function start(
  port: number,
  path: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Program> {
  const program = { ...launch(path, args, env), port };
  while (!(await answers(port))) {
    if (program.process.exitCode !== null)
      throw new Error(`${path} ended before it listened:\n${program.text()}`);
  }
  return program;
}

function launch(path: string, args: readonly string[], env: Record<string, string>): Omit<Program, 'port'> {
  const child = spawn(path, args, { cwd: PROJECT, env: { ...process.env, ...env } });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  const closed = once(child, 'close');
  return {
    process: child,
    text: () => text,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await closed;
    },
  };
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
