/** A page that is loaded anew while no signaling server of the network is left. The files of the app still come from its address. */
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { securityHeaders } from '../signaling-server/csp.ts';
import { withDefaults } from '../signaling-server/limits.ts';
import { createFileServer, requestPath } from '../signaling-server/static.ts';
import { SIGNALING_RETRY_MAX_MS } from '../src/net/limits.ts';
import {
  expect,
  NOTICES,
  startServer,
  test,
  unwrap,
  type Cluster,
  type Notice,
  type Replica,
} from './cluster.ts';

const [notice] = NOTICES as [Notice];
const DIST = process.env.COUNTERSIGN_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));

const wsOf = (url: string): string => `${url.replace('http', 'ws')}/signal`;

/** Files and nothing else, as any web host has them: who asks for a WebSocket is refused. */
async function serveFiles(port: number): Promise<{ close(): Promise<void> }> {
  const limits = withDefaults({});
  const serve = createFileServer(DIST, limits);
  const server = createHttpServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const path = requestPath(request.url ?? '', limits);
    if (path === undefined) response.writeHead(400).end();
    else void serve(request, response, path);
  });
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n'));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Its signaling server dies; what serves the pages from now on is of the same origin. */
async function loseSignaling(made: Cluster): Promise<{ close(): Promise<void> }> {
  for (const replica of made.replicas) await replica.fetchedAhead();
  await made.server.close();
  return serveFiles(made.server.port);
}

/** A new start of the page: nothing of the old one's memory is left. */
async function reloaded(replica: Replica): Promise<void> {
  await replica.page.evaluate(() => ((window as { before?: boolean }).before = true));
  await replica.reload();
  expect(await replica.page.evaluate(() => 'before' in window)).toBe(false);
}

test('a page that is reloaded after its signaling server died returns by a server that another member named', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  // Cargo's office runs a small server of its own. Nobody else sets it: they hear of it over their links.
  const second = await startServer();
  let files: { close(): Promise<void> } | null = null;
  try {
    const url = wsOf(second.url);
    unwrap(await cargo.call('setSignaling', [wsOf(made.server.url), url]));
    for (const replica of made.replicas)
      await replica.waitFor(
        (state) => state.transport.signaling.some((server) => server.url === url && server.state === 'open'),
        'the other server to be open',
      );
    files = await loseSignaling(made);
    await reloaded(alfa);
    const state = await alfa.waitFor((now) => now.here === made.replicas.length, 'all to be linked again');
    const named = state.transport.signaling.find((server) => server.url === url);
    expect(named).toMatchObject({ source: 'hint', state: 'open' });
    expect((await alfa.call('settings')).signaling, 'a hint is no setting').not.toContain(url);
    await made.linked();
    await alfa.announce(notice);
    await made.agree(notice.sscc, 1);
    await bravo.deliver(notice);
    await made.agree(notice.sscc, 2);
  } finally {
    await files?.close();
    await second.close();
  }
});

test('a page that is reloaded with no signaling left says so in words, while the others go on, and is back within seconds of a server', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const others = [alfa, cargo, delta];
  let files: { close(): Promise<void> } | null = await loseSignaling(made);
  try {
    await bravo.goto(bravo.path('network'));
    await reloaded(bravo);
    const { page } = bravo;
    await expect(page.getByText(/The server cannot be reached\. Check its address/)).toBeVisible();
    await expect(
      page.getByText(/Nobody can introduce the two: no signaling server answers/).first(),
    ).toBeVisible();
    expect((await bravo.state())?.here, 'nobody but itself').toBe(1);
    await alfa.waitFor((state) => state.here === others.length, 'Bravo to be away');
    await alfa.announce(notice);
    await made.agree(notice.sscc, 1, others);
    await files.close();
    files = null;
    const next = /The next attempt is in (\d+) s\./;
    const { transport } = await bravo.waitFor(
      (now) => now.transport.signaling.some(({ detail }) => next.test(detail ?? '')),
      'a wait between two dials',
    );
    for (const { detail } of transport.signaling)
      expect(1000 * Number(next.exec(detail ?? '')?.[1] ?? 0)).toBeLessThanOrEqual(SIGNALING_RETRY_MAX_MS);
    const again = await startServer(made.server.port);
    try {
      const startedAt = Date.now();
      await made.linked();
      const took = Date.now() - startedAt;
      test.info().annotations.push({ type: 'back after (ms)', description: String(took) });
      await bravo.holds(notice.sscc, 1);
      await expect(page.getByText(/Nobody can introduce the two/)).toHaveCount(0);
    } finally {
      await again.close();
    }
  } finally {
    await files?.close();
  }
});
