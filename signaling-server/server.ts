/**
 * One port for everything: signaling over WebSocket (`/signal`, and `/` for stock y-webrtc clients), `GET /health`,
 * `GET /metrics`, and, when `root` is given, the built app.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressGroup, urlHost } from './addresses.ts';
import { securityHeaders } from './csp.ts';
import { createHub } from './hub.ts';
import type { HubStats } from './hub.ts';
import { withDefaults } from './limits.ts';
import type { Limits } from './limits.ts';
import { silent } from './log.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { mayConnect } from './origins.ts';
import { createRedisBackplane } from './redis.ts';
import { createFileServer, requestPath, sendText } from './static.ts';

export interface ServerOptions {
  /** TCP port; 0 lets the system choose one, which the result names. */
  readonly port: number;
  /** Interface to listen on; 127.0.0.1 when absent, `::` for all. */
  readonly host?: string;
  /** Folder with the built app; null or absent serves signaling and `/health` only. */
  readonly root?: string | null;
  /** PEM texts. With them the server speaks https and wss. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** PEM of the authority that signed `tls.cert`, offered at `/ca.crt`. */
  readonly caCertificate?: string;
  readonly limits?: Partial<Limits>;
  /** Count clients by the address that the reverse proxy in front names. Only behind one: it can be forged otherwise. */
  readonly trustProxy?: boolean;
  /** Origins of the pages that may connect, as `parseOrigin` gives them; null or absent for all. */
  readonly origins?: readonly string[] | null;
  /** Joins this instance with the others that use the same Redis. */
  readonly redisUrl?: string;
  /** Silent when absent. */
  readonly log?: Log;
  /** Whether `/metrics` tells of the process too: for the only server of a process. */
  readonly processMetrics?: boolean;
}

export interface RunningServer {
  /** Without a slash at the end, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  stats(): HubStats;
  /** Ends what is under way within the limits, and resolves when every socket is closed and the port is free. */
  close(): Promise<void>;
}

/** Starts listening. Rejects with the system's error (EADDRINUSE, EACCES, a TLS error) when that is impossible. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const limits = withDefaults(options.limits);
  const { redisUrl, origins = null, log = silent } = options;
  const hub = createHub({
    limits,
    trustProxy: options.trustProxy ?? false,
    log,
    ...(redisUrl === undefined
      ? {}
      : { backplane: (onBody) => createRedisBackplane({ url: redisUrl, limits, log, onBody }) }),
  });
  const metrics = createMetrics(() => hub.stats(), limits, options.processMetrics ?? false);
  const serveFile = options.root ? createFileServer(options.root, limits) : undefined;
  const startedAt = performance.now();

  /** Without Redis an instance still serves its own clients, so that is no reason to take it out of service. */
  function health(): Record<string, string | number> {
    const { connections, topics, backplane } = hub.stats();
    const uptimeSeconds = Math.floor((performance.now() - startedAt) / 1000);
    const status = backplane.state === 'down' ? 'degraded' : 'ok';
    return { status, version, uptimeSeconds, connections, topics, redis: backplane.state };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // The body, if any, is not read: the connection ends with the answer.
      response.setHeader('Allow', 'GET, HEAD');
      response.setHeader('Connection', 'close');
      sendText(response, 405, 'Only GET and HEAD are answered here.\n');
      return;
    }
    const headOnly = request.method === 'HEAD';
    const path = requestPath(request.url ?? '', limits);
    if (path === undefined) {
      sendText(response, 400, 'This path is not one of ours.\n', headOnly);
    } else if (path === '/health') {
      sendTyped(response, 'application/json; charset=utf-8', JSON.stringify(health()), headOnly);
    } else if (path === '/metrics') {
      sendTyped(response, metrics.contentType, await metrics.text(), headOnly);
    } else if (path === '/ca.crt' && options.caCertificate !== undefined) {
      sendTyped(response, 'application/x-x509-ca-cert', options.caCertificate, headOnly);
    } else if (serveFile) {
      await serveFile(request, response, path);
    } else if (path === '/') {
      sendText(response, 200, 'Countersign signaling server. Connect by WebSocket to /signal.\n', headOnly);
    } else {
      sendText(response, 404, 'Not found.\n', headOnly);
    }
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    answer(request, response).catch((error: unknown) => {
      log('error', 'request-failed', {
        stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'The server failed on this request.\n');
    });
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = requestPath(request.url ?? '', limits);
    if (path !== '/signal' && path !== '/') {
      turnAway(socket, '404 Not Found');
    } else if (!mayConnect(request.headers.origin, origins)) {
      log('info', 'refused', { error: 'origin' });
      turnAway(socket, '403 Forbidden');
    } else {
      hub.handleUpgrade(request, socket, head);
    }
  }

  const http = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // How often Node looks for the two above; its default of 30 s would make them meaningless.
    connectionsCheckingInterval: 1_000,
  };
  const server: Server = options.tls
    ? createHttpsServer(
        { ...http, ...options.tls, minVersion: 'TLSv1.2', handshakeTimeout: limits.headersTimeoutMs },
        onRequest,
      )
    : createHttpServer(http, onRequest);
  server.maxConnections = limits.maxSockets;
  server.timeout = limits.idleTimeoutMs;
  // Behind a proxy all sockets come from the proxy, whose business this count then is.
  if (!options.trustProxy) boundSocketsPerAddress(server, limits);
  server.on('upgrade', onUpgrade);

  const host = options.host ?? '127.0.0.1';
  try {
    await listen(server, options.port, host, log);
  } catch (error) {
    await hub.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const named = host === '::' || host === '0.0.0.0' ? 'localhost' : urlHost(host);
  let closed: Promise<void> | undefined;

  return {
    url: `${options.tls ? 'https' : 'http'}://${named}:${port}`,
    port,
    stats: () => hub.stats(),
    close() {
      closed ??= (async () => {
        const freed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        const late = setTimeout(() => server.closeAllConnections(), limits.drainMs);
        await hub.close();
        await freed;
        clearTimeout(late);
      })();
      return closed;
    },
  };
}

/** The version in package.json, as `/health` gives it. */
export const version = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const json: unknown = JSON.parse(text);
  const found = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  return typeof found === 'string' ? found : 'unknown';
}

/** One address cannot hold every socket: what is over its share is destroyed before a byte is read. */
function boundSocketsPerAddress(server: Server, limits: Limits): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = addressGroup(socket.remoteAddress ?? 'unknown');
    const sockets = (open.get(address) ?? 0) + 1;
    if (sockets > limits.maxSocketsPerAddress) {
      socket.destroy();
      return;
    }
    open.set(address, sockets);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

function sendTyped(response: ServerResponse, type: string, body: string, headOnly: boolean): void {
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.writeHead(200).end(headOnly ? undefined : body);
}

function turnAway(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

function listen(server: Server, port: number, host: string, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      // After this an error can only be one connection's; it must not end the process.
      server.on('error', (error) => log('error', 'listener-failed', { stack: error.stack ?? error.message }));
      resolve();
    });
  });
}
