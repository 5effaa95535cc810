import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits, withDefaults } from '../../signaling-server/limits.ts';
import { createLog } from '../../signaling-server/log.ts';
import { helpText, parseOptions } from '../../signaling-server/options.ts';
import { createServer } from '../../signaling-server/server.ts';
import { connect } from './client.ts';
import { startSignaling } from './processes.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const slow = { timeout: 60_000 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-command-'));
});
afterAll(() => rm(folder, { recursive: true }));

function command(
  name: 'start' | 'main',
  args: string[],
  env: Record<string, string> = {},
): ChildProcess & { text(): string } {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(project, 'signaling-server', `${name}.ts`), ...args],
    {
      cwd: project,
      env: { ...process.env, PORT: '', ...env },
    },
  );
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  return Object.assign(child, { text: () => text });
}

async function finished(
  name: 'start' | 'main',
  args: string[],
  env?: Record<string, string>,
): Promise<{ code: number | null; text: string }> {
  const child = command(name, args, env);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text: child.text() };
}

test('--help prints every option and ends with 0', slow, async () => {
  const [start, main] = [await finished('start', ['--help']), await finished('main', ['--help'])];
  expect(start).toEqual({ code: 0, text: helpText('start') });
  expect(main).toEqual({ code: 0, text: helpText('signaling') });
  for (const option of [
    '--port',
    '--host',
    '--https',
    '--cert',
    '--key',
    '--ca-dir',
    '--name',
    '--trust-proxy',
    '--allow-origin',
    '--limit',
    '--log',
    '--no-build',
    '--help',
  ]) {
    expect(start.text).toContain(`  ${option} `);
  }
});

test(
  'an unusable option, a port in use or a missing certificate ends with a message and not with 0',
  slow,
  async () => {
    expect(await finished('start', ['--prot', '80'])).toMatchObject({
      code: 2,
      text: expect.stringContaining('--prot') as unknown,
    });
    const taken = await createServer({ port: 0 });
    try {
      const result = await finished('main', [], { PORT: String(taken.port) });
      expect(result).toEqual({
        code: 1,
        text: expect.stringContaining(`Port ${taken.port} is in use`) as unknown,
      });
    } finally {
      await taken.close();
    }
    const absent = join(folder, 'absent.pem');
    const result = await finished('main', ['--port', '0', '--https', '--cert', absent, '--key', absent]);
    expect(result).toEqual({ code: 1, text: expect.stringContaining(`Cannot read ${absent}`) as unknown });
    const bad = join(folder, 'bad.pem');
    await writeFile(bad, 'nonsense');
    expect((await finished('main', ['--port', '0', '--https', '--cert', bad, '--key', bad])).code).toBe(1);
  },
);

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends the server cleanly after it answered',
  slow,
  async (signal) => {
    const child = command('main', ['--port', '0']);
    const url = await seen(child, /http:\/\/localhost:\d+/);
    expect(child.text()).toContain('Only this machine can connect');
    expect((await fetch(`${url.replace('localhost', '127.0.0.1')}/health`)).status).toBe(200);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
  },
);

test(
  'https without a certificate makes an authority, names the addresses and says how to install it',
  slow,
  async () => {
    const child = command('main', [
      '--port',
      '0',
      '--https',
      '--host',
      '127.0.0.1',
      '--ca-dir',
      join(folder, 'ca'),
    ]);
    await seen(child, /https:\/\/localhost:\d+/);
    await seen(child, /Stop with/);
    expect(child.text()).toContain('made just now');
    expect(child.text()).toMatch(/\/ca\.crt/);
    expect(child.text()).toMatch(/([0-9A-F]{2}:){31}[0-9A-F]{2}/);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  },
);

test.each([
  [['--port', '70000'], {}, '--port must be'],
  [['--port', 'http'], {}, '--port must be'],
  [[], { PORT: 'x' }, 'PORT must be'],
  [['--cert', 'a', '--key', 'b'], {}, 'only with --https'],
  [['--https', '--cert', 'a'], {}, 'belong together'],
  [['--https', '--cert', 'a', '--key', 'b', '--ca-dir', 'c'], {}, 'local authority'],
  [['--https', '--name', '*.example'], {}, 'host name'],
  [['--host', ''], {}, 'interface'],
  [['file'], {}, 'file'],
  [['--allow-origin', 'app.example'], {}, '--allow-origin must be'],
  [['--limit', 'maxTopcs=5'], {}, '--limit must be'],
  [['--limit', 'maxTopics=0'], {}, '--limit must be'],
  [['--limit', 'toString=5'], {}, '--limit must be'],
  [['--log', 'loud'], {}, '--log must be'],
  [[], { REDIS_URL: 'localhost:6379' }, 'REDIS_URL must be'],
])('%j %j is taken silently', (args, environment, message) => {
  expect(parseOptions('start', args, environment)).toEqual({
    kind: 'unusable',
    message: expect.stringContaining(message) as unknown,
  });
});

test('a bad REDIS_URL is printed with its password', () => {
  const parsed = parseOptions('signaling', [], { REDIS_URL: 'http://user:hunter2@host' });
  expect(parsed.kind).toBe('unusable');
  expect(JSON.stringify(parsed)).not.toContain('hunter2');
});

test('options that do not arrive where they are meant', () => {
  const args = ['--allow-origin', 'https://a.example/', '--allow-origin', 'none', '--limit', 'maxTopics=7'];
  expect(parseOptions('signaling', args, { REDIS_URL: 'rediss://r.example' })).toMatchObject({
    options: {
      origins: ['https://a.example', 'none'],
      limits: { maxTopics: 7 },
      logLevel: 'info',
      redisUrl: 'rediss://r.example',
    },
  });
  expect(parseOptions('start', [], { REDIS_URL: '' })).toMatchObject({
    options: { origins: null, limits: {}, logLevel: 'warn', redisUrl: undefined },
  });
});

test('a log line that is no JSON, or that tells a topic, a payload or an address', slow, async () => {
  const program = await startSignaling(['--log', 'debug', '--limit', 'strikeBurst=1']);
  const client = await connect({ url: `http://127.0.0.1:${program.port}` });
  client.send({ type: 'subscribe', topics: ['secret-topic'] });
  client.send({ type: 'publish', topic: 'secret-topic', data: 'secret-payload' });
  for (let i = 0; i < 3; i += 1) client.send('secret-nonsense');
  expect((await client.closed).code).toBe(1008);
  const held = await connect({ url: `http://127.0.0.1:${program.port}` });
  await program.kill('SIGTERM');
  expect(program.process.exitCode).toBe(0);
  expect((await held.closed).code).toBe(1001);
  const lines = program
    .text()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map(({ event }) => event)).toEqual([
    'listening',
    'opened',
    'expelled',
    'closed',
    'opened',
    'stopping',
    'closed',
    'stopped',
  ]);
  expect(events[2]).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
    level: 'info',
    event: 'expelled',
    connection: 1,
    error: 'malformed-json',
  });
  for (const line of lines) expect(line).not.toMatch(/secret/);
  for (const line of lines.slice(1)) expect(line).not.toMatch(/127\.0\.0\.1/);
});

test('a flood that fills the disk with log lines', () => {
  const lines: string[] = [];
  let now = 0;
  const limits = withDefaults({ logBurst: 3, logLinesPerSecond: 1 });
  const log = createLog(
    'info',
    (line) => lines.push(line),
    limits,
    () => new Date(0),
    () => now,
  );
  for (let i = 0; i < 10; i += 1) log('info', 'refused', { connections: i });
  log('debug', 'opened');
  expect(lines).toHaveLength(3);
  log('error', 'request-failed');
  now = 1_000;
  log('warn', 'redis-down');
  expect(lines.slice(3).map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: '1970-01-01T00:00:00.000Z', level: 'error', event: 'request-failed', suppressed: 7 },
    { time: '1970-01-01T00:00:00.000Z', level: 'warn', event: 'redis-down' },
  ]);
});

test('--port loses against PORT, or a default differs from its description', () => {
  expect(parseOptions('start', ['--port', '1'], { PORT: '2' })).toMatchObject({ options: { port: 1 } });
  expect(parseOptions('start', [], { PORT: '2' })).toMatchObject({ options: { port: 2 } });
  expect(parseOptions('start', [], {})).toMatchObject({
    options: { port: 8080, host: undefined, https: false, build: true },
  });
  expect(parseOptions('start', ['--no-build'], {})).toMatchObject({ options: { build: false } });
  expect(parseOptions('signaling', ['--no-build'], {})).toMatchObject({ kind: 'unusable' });
});

test('the page of limits leaves one out or gives another value', async () => {
  const text = await Promise.any(
    ['docs/limits-signaling.md', 'docs/limits.md'].map((path) => readFile(join(project, path), 'utf8')),
  );
  for (const [name, value] of Object.entries(defaultLimits)) {
    const row = text.split('\n').find((line) => line.includes(`\`${name}\``));
    expect(row, name).toBeDefined();
    expect(row?.replaceAll(',', '').replace(/ +/g, ' ')).toContain(`| ${value} |`);
  }
});

async function seen(child: ReturnType<typeof command>, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(child.text());
    if (found) return found[0];
    if (child.exitCode !== null) throw new Error(`ended early: ${child.text()}`);
    await Promise.race([once(child.stdout!, 'data'), once(child, 'close')]);
  }
}
