/**
 * Serves the built app: files under one folder, and `index.html` for the paths that the app's own router knows.
 * Nothing outside the folder can be named, symbolic links included.
 */
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Limits } from './limits.ts';

export type ServeFile = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** @param root folder with the built app. It is looked at anew on every request, so a rebuild needs no restart. */
export function createFileServer(root: string, limits: Limits): ServeFile {
  const compressed = new CompressedCache(limits.maxCompressedCacheBytes);

  return async (request, response, path) => {
    const file = await find(root, path);
    if (!file) {
      const message =
        path === '/' ? 'The app is not built. Run "npm start" without --no-build.\n' : 'Not found.\n';
      sendText(response, 404, message, request.method === 'HEAD');
      return;
    }
    const etag = `W/"${file.size.toString(16)}-${Math.floor(file.modified).toString(16)}"`;
    response.setHeader('Content-Type', contentTypes[extname(file.path)] ?? 'application/octet-stream');
    response.setHeader(
      'Cache-Control',
      isHashed(file.url) ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    // Whatever folder a site keeps it in, it may answer for every page of this origin.
    if (file.url === SERVICE_WORKER) response.setHeader('Service-Worker-Allowed', '/');
    response.setHeader('Vary', 'Accept-Encoding');
    response.setHeader('ETag', etag);
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return;
    }
    if (compressible(file.path) && file.size <= limits.maxCompressedFileBytes && acceptsGzip(request)) {
      const body = await compressed.get(`${file.path} ${etag}`, file.path);
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('Content-Length', body.length);
      response.writeHead(200).end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    response.setHeader('Content-Length', file.size);
    response.writeHead(200);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const stream = createReadStream(file.path);
    // The head is already out: cutting the connection is the only way left to say that the body is not whole.
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  };
}

/** The path of a request target, decoded; undefined when it is malformed or tries to climb out. */
export function requestPath(target: string, limits: Limits): string | undefined {
  if (Buffer.byteLength(target) > limits.maxPathBytes || !target.startsWith('/')) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(target.replace(/[?#].*$/s, ''));
  } catch {
    return undefined;
  }
  // A NUL would end the name early in the file system's eyes.
  if (/[\u0000-\u001f\\]/.test(path) || path.startsWith('//')) return undefined;
  return path.split('/').some((segment) => segment.startsWith('.')) ? undefined : path;
}

export function sendText(response: ServerResponse, status: number, text: string, headOnly = false): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.writeHead(status).end(headOnly ? undefined : text);
}

interface Found {
  readonly path: string;
  readonly url: string;
  readonly size: number;
  readonly modified: number;
}

async function find(root: string, url: string): Promise<Found | undefined> {
  const exact = await lookUp(root, url);
  if (exact) return exact;
  if (extname(url) !== '') return undefined;
  return (await lookUp(root, join(url, 'index.html'))) ?? (await lookUp(root, '/index.html'));
}

async function lookUp(root: string, url: string): Promise<Found | undefined> {
  try {
    const folder = await realpath(root);
    const path = await realpath(join(folder, url));
    if (!path.startsWith(folder + sep)) return undefined;
    const info = await stat(path);
    return info.isFile() ? { path, url, size: info.size, modified: info.mtimeMs } : undefined;
  } catch {
    return undefined; // absent, unreadable, or a name the file system does not take: all the same to the client
  }
}

/** Never served from a browser's cache unasked: with its name in no `isHashed`, it is looked up anew each time. */
const SERVICE_WORKER = '/service-worker.js';

/** Vite puts a content hash of eight characters or more into the names under assets/: such a URL never changes. */
function isHashed(url: string): boolean {
  return /^\/assets\/.*-[\w-]{8,}\.\w+$/.test(url);
}

function acceptsGzip(request: IncomingMessage): boolean {
  const header = request.headers['accept-encoding'];
  const entries = (typeof header === 'string' ? header : '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => /^gzip(\s*;\s*q=(1|0?\.\d*[1-9]\d*|1\.0*))?$/.test(entry));
}

function compressible(path: string): boolean {
  return /\.(html|js|mjs|css|json|svg|txt|wasm|webmanifest|xml|csv|map)$/.test(path);
}

const compress = promisify(gzip);

/** Compressed bodies by file and version, the oldest forgotten first. */
class CompressedCache {
  private readonly bodies = new Map<string, Buffer>();
  private bytes = 0;
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  async get(key: string, path: string): Promise<Buffer> {
    const known = this.bodies.get(key);
    if (known) return known;
    const body = await compress(await readFile(path));
    if (!this.bodies.has(key) && body.length <= this.maxBytes) {
      this.bodies.set(key, body);
      this.bytes += body.length;
    }
    for (const [oldest, old] of this.bodies) {
      if (this.bytes <= this.maxBytes) break;
      this.bodies.delete(oldest);
      this.bytes -= old.length;
    }
    return body;
  }
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  // WebAssembly.instantiateStreaming refuses any other type.
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.pdf': 'application/pdf',
};
