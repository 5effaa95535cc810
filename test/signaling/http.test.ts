import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildIfNeeded, isStale } from '../../signaling-server/build.ts';
import { contentSecurityPolicy, securityHeaders } from '../../signaling-server/csp.ts';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer } from '../../signaling-server/server.ts';
import { connect } from './client.ts';
import { freePort } from './processes.ts';

let folder: string;
let server: RunningServer;
const script = `export const a = '${'a'.repeat(5_000)}';\n`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-http-'));
  const dist = join(folder, 'dist');
  await mkdir(join(dist, 'assets'), { recursive: true });
  await writeFile(join(dist, 'index.html'), '<!doctype html><title>app</title>');
  await writeFile(join(dist, 'assets', 'index-B4x_9Zq1.js'), script);
  await writeFile(join(dist, 'assets', 'worker-C4x_9Zq1.js'), 'postMessage(1);');
  await writeFile(join(dist, 'assets', 'bls-D4x_9Zq1.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  await writeFile(join(dist, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(dist, '.hidden'), 'hidden');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(dist, 'link.txt'));
  server = await createServer({ port: 0, root: dist });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, init?: RequestInit) => fetch(server.url + path, init);

/** The status line and body of a request target sent as it is: fetch would tidy it up. */
function rawGet(target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 'latin1');
  });
}

test('the policy differs from the one that was designed', () => {
  expect(contentSecurityPolicy).toBe(
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' wss: ws://localhost:* ws://127.0.0.1:*; " +
      "img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
  );
});

test.each([
  '/',
  '/demo',
  '/assets/index-B4x_9Zq1.js',
  '/assets/worker-C4x_9Zq1.js',
  '/health',
  '/missing.js',
  '/%',
])('a response without the security headers: %s', async (path) => {
  const response = await get(path);
  for (const [name, value] of Object.entries(securityHeaders)) expect(response.headers.get(name)).toBe(value);
});

test('health says what a monitor needs', async () => {
  const client = await connect(server);
  client.send({ type: 'subscribe', topics: ['a', 'b'] });
  await client.settled();
  const response = await get('/health');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({
    status: 'ok',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
    uptimeSeconds: expect.any(Number) as unknown,
    connections: 1,
    topics: 2,
    redis: 'none',
  });
  client.socket.close();
  await client.closed;
});

test('metrics that a Prometheus cannot read, that miss what happened, or that tell who', async () => {
  const bare = await createServer({ port: 0, limits: { metricsCacheMs: 1 } });
  try {
    const [a, b] = [await connect(bare), await connect(bare)];
    for (const client of [a, b]) client.send({ type: 'subscribe', topics: ['secret-topic', 'second'] });
    for (const client of [a, b]) await client.settled();
    a.send({ type: 'publish', topic: 'secret-topic', data: 'secret-payload' });
    a.send('nonsense');
    await a.settled();
    await b.settled();
    const response = await fetch(`${bare.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(/^(|# (HELP|TYPE) \S+ .+|[a-z_]+(\{[a-z]+="[a-z-]+"\})? [0-9.e+]+)$/);
    const value = (name: string): number =>
      Number(new RegExp(`^countersign_signaling_${name} (.*)$`, 'm').exec(text)?.[1]);
    expect(value('connections')).toBe(2);
    expect(value('topics')).toBe(2);
    expect(value('subscriptions')).toBe(4);
    expect(value('received_frames_total')).toBe(8);
    expect(value('sent_frames_total')).toBe(7);
    expect(value('refused_total\\{type="malformed-json"\\}')).toBe(1);
    expect(text).not.toMatch(/secret|127\.0\.0\.1|redis/);
  } finally {
    await bare.close();
  }
});

test('a download that is cut when the server is told to stop', async () => {
  await writeFile(join(folder, 'dist', 'big.bin'), Buffer.alloc(20_000_000));
  // That this has an end is the next test.
  const own = await createServer({ port: 0, root: join(folder, 'dist'), limits: { drainMs: 60_000 } });
  const response = await fetch(`${own.url}/big.bin`);
  const closed = own.close();
  expect((await response.arrayBuffer()).byteLength).toBe(20_000_000);
  await closed;
});

test('a download that nobody reads holds up a server that stops', async () => {
  const own = await createServer({ port: 0, root: join(folder, 'dist'), limits: { drainMs: 100 } });
  const response = await fetch(`${own.url}/big.bin`);
  await own.close();
  await response.body?.cancel().catch(() => undefined);
});

test.each([
  ['/', 'text/html; charset=utf-8', 'no-cache'],
  ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/assets/index-B4x_9Zq1.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/assets/bls-D4x_9Zq1.wasm', 'application/wasm', 'public, max-age=31536000, immutable'],
  ['/icon.svg', 'image/svg+xml; charset=utf-8', 'no-cache'],
])('%s with a wrong type or cache rule', async (path, type, cache) => {
  const response = await get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('cache-control')).toBe(cache);
  expect(response.headers.get('vary')).toBe('Accept-Encoding');
});

test('a link into the app (a package, the demo) that answers 404 after a reload', async () => {
  for (const path of ['/demo', '/package/340123450000000017', '/join?x=1.js', '/assets']) {
    const response = await get(path);
    expect([path, response.status, await response.text()]).toEqual([
      path,
      200,
      '<!doctype html><title>app</title>',
    ]);
  }
});

test('a missing script that is answered with a page would fail in a way nobody understands', async () => {
  expect((await get('/assets/old-A4x_9Zq1.js')).status).toBe(404);
});

describe('nothing outside the folder can be read', () => {
  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '//etc/passwd',
    '/link.txt',
    '/.hidden',
    '/index.html%00.js',
    '/%c0%ae%c0%ae/secret.txt',
    '/%',
    'http://x/../secret.txt',
    '*',
  ])('%s', async (target) => {
    const answer = await rawGet(target);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(answer).not.toMatch(/\r\n(secret|hidden)|root:/);
  });
});

test('a path as long as a book is refused, not looked up', async () => {
  expect((await get(`/${'a'.repeat(3_000)}`)).status).toBe(400);
  expect((await get(`/${'a'.repeat(300)}.js`)).status).toBe(404);
});

test('compressed and plain bodies that differ', async () => {
  const path = '/assets/index-B4x_9Zq1.js';
  const plain = await rawGet(path);
  expect(plain).not.toMatch(/content-encoding/i);
  expect(plain.endsWith(script)).toBe(true);
  for (let i = 0; i < 2; i += 1) {
    const response = await get(path, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(script.length);
    expect(await response.text()).toBe(script);
  }
  const refused = await get(path, { headers: { 'Accept-Encoding': 'gzip;q=0, identity' } });
  expect(refused.headers.get('content-encoding')).toBeNull();
});

test('a page fetched again though it did not change', async () => {
  const etag = (await get('/')).headers.get('etag') ?? '';
  const again = await get('/', { headers: { 'If-None-Match': etag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
});

test('HEAD with a body, or with other headers than GET', async () => {
  for (const path of ['/', '/health', '/icon.svg', '/missing.js']) {
    const [head, whole] = [await get(path, { method: 'HEAD' }), await get(path)];
    expect(head.status).toBe(whole.status);
    expect(await head.text()).toBe('');
    expect(head.headers.get('content-type')).toBe(whole.headers.get('content-type'));
  }
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
  '%s is not answered as if it were a GET',
  async (method) => {
    const response = await get('/', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  },
);

test('a server without an app that pretends to have one', async () => {
  const bare = await createServer({ port: 0, root: null });
  try {
    expect((await fetch(`${bare.url}/`)).status).toBe(200);
    expect((await fetch(`${bare.url}/health`)).status).toBe(200);
    expect((await fetch(`${bare.url}/demo`)).status).toBe(404);
    expect((await fetch(`${bare.url}/ca.crt`)).status).toBe(404);
  } finally {
    await bare.close();
  }
});

test('an app that is not built leaves a blank page', async () => {
  const empty = await createServer({ port: 0, root: join(folder, 'absent') });
  try {
    const response = await fetch(`${empty.url}/`);
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('not built')]);
  } finally {
    await empty.close();
  }
});

test('a port that is taken rejects, and a closed server frees it', async () => {
  const first = await createServer({ port: await freePort() });
  await expect(createServer({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await Promise.all([first.close(), first.close()]);
  await (await createServer({ port: first.port })).close();
});

test('an app served after its sources changed, or built again though nothing did', async () => {
  const project = join(folder, 'project');
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
  await mkdir(join(project, 'src', 'deep'), { recursive: true });
  const file = join(project, 'src', 'deep', 'a.ts');
  await writeFile(file, '');
  expect(await isStale(project)).toBe(true);
  await mkdir(join(project, 'dist'));
  await writeFile(join(project, 'dist', 'build.json'), '');
  for (const path of [file, join(project, 'src', 'deep'), join(project, 'src')])
    await utimes(path, at(1), at(1));
  await utimes(join(project, 'dist', 'build.json'), at(2), at(2));
  expect(await isStale(project)).toBe(false);
  await utimes(file, at(3), at(3));
  expect(await isStale(project)).toBe(true);
});

test('npm start on a fresh checkout serves nothing, or a broken source serves the old app', async () => {
  const project = join(folder, 'fresh');
  await mkdir(project);
  await writeFile(join(project, 'index.html'), '<!doctype html><script type="module" src="/a.js"></script>');
  await writeFile(join(project, 'a.js'), 'document.title = "built";');
  await writeFile(
    join(project, 'vite.config.js'),
    `export default { plugins: [{ name: 'list', generateBundle() {
       this.emitFile({ type: 'asset', fileName: 'build.json', source: '{}' });
     } }] };`,
  );
  expect(await buildIfNeeded(project)).toEqual({ ok: true, built: true });
  expect(await buildIfNeeded(project)).toEqual({ ok: true, built: false });
  await writeFile(
    join(project, 'index.html'),
    '<!doctype html><script type="module" src="/absent.js"></script>',
  );
  await utimes(join(project, 'dist', 'build.json'), new Date(0), new Date(0));
  expect(await buildIfNeeded(project)).toMatchObject({
    ok: false,
    message: expect.stringContaining('absent.js') as unknown,
  });
});
