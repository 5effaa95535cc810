import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { once } from 'node:events';
import { lanAddresses } from '../../signaling-server/addresses.ts';
import { loadAuthority, makeLeaf } from '../../signaling-server/authority.ts';
import type { Authority } from '../../signaling-server/authority.ts';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer } from '../../signaling-server/server.ts';

let folder: string;
let authority: Authority;
let leaf: { cert: string; key: string };
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-tls-'));
  authority = await load(join(folder, 'authority'));
  leaf = await makeLeaf(authority, ['warehouse.example']);
  server = await createServer({ port: 0, tls: leaf, caCertificate: authority.cert });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function load(path: string): Promise<Authority> {
  const loaded = await loadAuthority(path);
  if (!loaded.ok) throw new Error(loaded.message);
  return loaded.value;
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

function fetchTrusting(ca: string | string[], path: string, servername = 'localhost'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port: server.port, path, ca, servername, agent: false },
      (response) => {
        let body = '';
        response.on('data', (data: Buffer) => (body += data.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
        );
      },
    );
    request.on('error', reject);
  });
}

test('a client that trusts only the local authority is turned away', async () => {
  const answer = await fetchTrusting(authority.cert, '/health');
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ status: 'ok' });
  expect((await fetchTrusting(authority.cert, '/health', 'warehouse.example')).status).toBe(200);
});

test('a client that does not trust the authority, or asks for another name, is let in', async () => {
  await expect(fetchTrusting([...rootCertificates], '/health')).rejects.toThrow(/certificate/);
  await expect(fetchTrusting(authority.cert, '/health', 'elsewhere.example')).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

test('signaling works over wss with the same trust', async () => {
  const socket = new WebSocket(`wss://localhost:${server.port}/signal`, { ca: authority.cert, family: 4 });
  await once(socket, 'open');
  socket.send('{"type":"ping"}');
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(JSON.parse(data.toString())).toEqual({ type: 'pong' });
  socket.close();
  await once(socket, 'close');
});

test('a phone is offered the authority as a file it can install', async () => {
  const answer = await fetchTrusting(authority.cert, '/ca.crt');
  expect([answer.status, answer.type]).toEqual([200, 'application/x-x509-ca-cert']);
  expect(new X509Certificate(answer.body).fingerprint256).toBe(authority.fingerprint);
  expect(answer.body).not.toContain('PRIVATE');
});

test('the leaf lacks a name of this machine, lives too long for Apple, or can sign others', () => {
  const certificate = new X509Certificate(leaf.cert);
  for (const name of ['localhost', 'warehouse.example']) expect(certificate.checkHost(name)).toBe(name);
  if (/^[\w-]+$/.test(hostname()))
    expect(certificate.checkHost(hostname())?.toLowerCase()).toBe(hostname().toLowerCase());
  for (const address of ['127.0.0.1', '::1', ...lanAddresses()])
    expect(certificate.checkIP(address)).toBeDefined();
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
  expect(days).toBeLessThan(825);
  expect(certificate.ca).toBe(false);
  expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
});

test('the key of the authority can be read by others', async () => {
  const mode = async (name: string) => (await stat(join(folder, 'authority', name))).mode & 0o777;
  expect(await mode('ca.key')).toBe(0o600);
  expect(await mode('')).toBe(0o700);
});

test('a second start makes a second authority, and every device must trust anew', async () => {
  const again = await load(join(folder, 'authority'));
  expect([again.isNew, again.fingerprint]).toEqual([false, authority.fingerprint]);
  expect(authority.isNew).toBe(true);
});

test('a damaged or half authority is used or overwritten', async () => {
  const path = join(folder, 'half');
  await load(path);
  await rm(join(path, 'ca.crt'));
  const key = await readFile(join(path, 'ca.key'), 'utf8');
  const half = await loadAuthority(path);
  expect(half).toMatchObject({ ok: false, message: expect.stringContaining('ca.crt is missing') as unknown });
  await writeFile(join(path, 'ca.crt'), authority.cert);
  expect(await loadAuthority(path)).toMatchObject({
    ok: false,
    message: expect.stringContaining('does not belong') as unknown,
  });
  await writeFile(join(path, 'ca.crt'), leaf.cert);
  expect(await loadAuthority(path)).toMatchObject({
    ok: false,
    message: expect.stringContaining('not the certificate of an authority') as unknown,
  });
  await writeFile(join(path, 'ca.crt'), 'nonsense');
  expect(await loadAuthority(path)).toMatchObject({
    ok: false,
    message: expect.stringContaining('damaged') as unknown,
  });
  expect(await readFile(join(path, 'ca.key'), 'utf8')).toBe(key);
});
