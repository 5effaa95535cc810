import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../signaling-server/limits.ts';
import { helpText, parseOptions } from '../../signaling-server/options.ts';
import { createServer } from '../../signaling-server/server.ts';

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
])('%j %j is taken silently', (args, environment, message) => {
  expect(parseOptions('start', args, environment)).toEqual({
    kind: 'unusable',
    message: expect.stringContaining(message) as unknown,
  });
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
