/** Two members without any direct way link through coturn, with credentials made of its shared secret. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser } from '@playwright/test';
import { launchBrowser } from './browser.ts';
import { findOrInstall } from '../scripts/debian.ts';
import { ask, buildNetPages, linksOf, UNSEALED, type NetPages } from './net-pages.ts';
import { startTap, type Hook } from './signal-tap.ts';

const SECRET = 'shared-with-the-harbour';

let pages: NetPages;
let browser: Browser;

test.beforeAll(async () => {
  pages = await buildNetPages();
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

/** Lets nobody hear of any way but a relay's. */
const relaysOnly: Hook = (message) => {
  if (message.type !== 'signal') return message;
  const { data } = message;
  if (data.type === 'candidate')
    return data.candidate.candidate === '' || / typ relay( |$)/.test(data.candidate.candidate)
      ? message
      : null;
  const lines = data.sdp.split('\r\n').filter((line) => !/^a=candidate:(?!.* typ relay)/.test(line));
  return { ...message, data: { ...data, sdp: lines.join('\r\n') } };
};

async function startTurn(path: string): Promise<{ port: number; close(): Promise<void> }> {
  const port = await freeUdpPort();
  const folder = await mkdtemp(join(tmpdir(), 'countersign-turn-'));
  const child = spawn(
    path,
    [
      ...[
        '-n',
        '--no-cli',
        '--no-tls',
        '--no-dtls',
        '--log-file',
        'stdout',
        '--pidfile',
        join(folder, 'pid'),
      ],
      ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', String(port)],
      ...['--realm', 'harbour', '--use-auth-secret', `--static-auth-secret=${SECRET}`],
      ...['--allow-loopback-peers', '--userdb', join(folder, 'db')],
    ],
    { stdio: 'ignore' },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await answering(port);
  return {
    port,
    async close() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks with STUN binding requests (RFC 8489, 6.2.1) until there is an answer. */
async function answering(port: number): Promise<void> {
  const socket = createSocket('udp4');
  let answered = false;
  socket.on('message', () => (answered = true));
  socket.on('error', () => undefined);
  const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)]);
  for (let i = 0; i < 200 && !answered; i++) {
    socket.send(request, port, '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.close();
  if (!answered) throw new Error('coturn does not answer.');
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

test('members with no direct way link through a TURN server; one with a wrong secret reads that it was refused', async () => {
  const path = findOrInstall('/usr/bin/turnserver', 'coturn');
  test.skip(path === null, 'coturn is not installed, and this is not root on Debian');
  const turn = await startTurn(path ?? '');
  const tap = await startTap(relaysOnly);
  tap.secret = UNSEALED;
  try {
    const urls = `turn:127.0.0.1:${turn.port}?transport=udp`;
    const iceServers = [{ urls, secret: SECRET }];
    const wrong = [{ urls, secret: 'another' }];
    const [a, b, c, d] = [
      await pages.open(browser),
      await pages.open(browser),
      await pages.open(browser),
      await pages.open(browser),
    ];
    for (const [member, page] of [a, b, c, d].entries()) {
      const servers = member < 2 ? iceServers : wrong;
      await ask(page, { type: 'start', member, members: 4, url: tap.url, iceServers: servers });
    }
    for (const page of [a, b]) await expect.poll(() => linksOf(page)).toBe(1);
    await ask(a, { type: 'send', member: 1, bytes: 300_000, count: 3, priority: 'bulk' });
    await expect.poll(async () => (await ask(b, { type: 'state' })).received.length).toBe(3);
    expect((await ask(b, { type: 'state' })).received.every((message) => message.intact)).toBe(true);
    // Two whose secret is not the server's have no way at all, and are told why.
    await expect
      .poll(
        async () =>
          (await ask(c, { type: 'state' })).status?.peers.find((peer) => peer.member === 3)?.diagnosis,
      )
      .toBe('turn-refused');
  } finally {
    await tap.close();
    await turn.close();
  }
});
