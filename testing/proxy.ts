/**
 * A member's way to the servers: the HTTP proxy of its browser. Everything passes, and three things happen on the way. The pages of the fixture are
 * added to every origin; a worker's program gets the clock that a test has set, before it runs; and the tunnels to the signaling server can be cut.
 *
 * Why a proxy and not Playwright's routes: a replica's WebSocket is opened by a worker, which those do not reach.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { securityHeaders } from '../signaling-server/csp.ts';
import { withDefaults } from '../signaling-server/limits.ts';
import { createFileServer } from '../signaling-server/static.ts';
import { setClock } from './clock.ts';
import { MAX_PROXY_SOCKETS, MAX_WORKER_SCRIPT_BYTES } from './limits.ts';

/** Where the fixture's own page is, at the origin of the application. */
export const RESERVED = '/__countersign/';

export interface MemberProxy {
  /** For the browser: `http://127.0.0.1:…`. */
  readonly url: string;
  /** The signaling server cannot be reached; what was open ends. */
  cutSignaling(cut: boolean): void;
  /** Milliseconds by which workers that start from now on are ahead; null: their clock is not touched. */
  skew: number | null;
  close(): Promise<void>;
}

/** `helper`: folder with the fixture's page. `signaling`: port of the signaling server on this machine. */
export async function startProxy(helper: string, signaling: number): Promise<MemberProxy> {
  const serveHelper = createFileServer(helper, withDefaults());
  /** And whether it leads to the signaling server. */
  const tunnels = new Map<Duplex, boolean>();
  let cut = false;

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  server.maxConnections = MAX_PROXY_SOCKETS;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = request.url ?? '';
    const target = URL.canParse(asked) ? new URL(asked) : null;
    if (target?.protocol !== 'http:') return void response.writeHead(400).end();
    if (!target.pathname.startsWith(RESERVED)) return forward(target, request, response);
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    await serveHelper(request, response, target.pathname.slice(RESERVED.length - 1));
  }

  function forward(target: URL, request: IncomingMessage, response: ServerResponse): void {
    const headers = { ...request.headers };
    delete headers['proxy-connection'];
    const { skew } = proxy;
    const changed = skew !== null && WORKERS.has(String(headers['sec-fetch-dest']));
    if (changed) {
      // Whole and readable, whatever the browser has of it already.
      for (const name of ['accept-encoding', 'if-none-match', 'if-modified-since', 'range'])
        delete headers[name];
    }
    const onward = httpRequest(target, { method: request.method ?? 'GET', headers }, (answered) => {
      if (changed && answered.statusCode === 200) void addClock(answered, response, skew);
      else {
        const { headers: passed } = answered;
        // A program that a browser has stored would start without the clock that is set later.
        if (/javascript/.test(String(passed['content-type']))) passed['cache-control'] = 'no-store';
        response.writeHead(answered.statusCode ?? 502, passed);
        answered.pipe(response);
      }
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  // A worker's program, and each module that it imports: the first of them to run sets the clock.
  async function addClock(answered: IncomingMessage, response: ServerResponse, skew: number): Promise<void> {
    const parts: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const part of answered as AsyncIterable<Buffer>) {
        bytes += part.length;
        if (bytes > MAX_WORKER_SCRIPT_BYTES) return void response.destroy();
        parts.push(part);
      }
    } catch {
      return void response.destroy();
    }
    // On the first line, so that the others keep their numbers.
    const body = Buffer.concat([Buffer.from(`(${SET_CLOCK})(${skew});`), ...parts]);
    const { etag: _, 'last-modified': __, 'transfer-encoding': ___, ...headers } = answered.headers;
    response.writeHead(200, { ...headers, 'content-length': body.length, 'cache-control': 'no-store' });
    response.end(body);
  }

  server.on('connect', (request, socket, head) => {
    const { hostname, port } = new URL(`http://${request.url ?? ''}`);
    const toSignaling = Number(port || 80) === signaling && isLoopback(hostname);
    socket.on('error', () => socket.destroy());
    if (toSignaling && cut) return void socket.destroy();
    const onward = connect(Number(port || 80), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => {
      onward.destroy();
      tunnels.delete(socket);
    });
    tunnels.set(socket, toSignaling);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxy: MemberProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    skew: null,
    cutSignaling(now) {
      cut = now;
      for (const [tunnel, toSignaling] of tunnels) if (cut && toSignaling) tunnel.destroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Tunnels are no longer the server's: they end with their browser, or here.
      for (const tunnel of tunnels.keys()) tunnel.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
  return proxy;
}

/** What a browser says it wants a program for (Fetch Metadata, `Sec-Fetch-Dest`). */
const WORKERS: ReadonlySet<string> = new Set(['worker', 'sharedworker']);

const SET_CLOCK = setClock
  .toString()
  .replaceAll(/^\s*\/\/.*$/gm, '')
  .replaceAll(/\s*\n\s*/g, ' ');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host.startsWith('127.');
