/** What docs/hosting.md asks of whoever serves a copy from a static folder, and nothing else: a page of code, no signaling, no app logic. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { securityHeaders } from '../signaling-server/csp.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** What is answered instead of a file. */
export interface Spoilt {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** `spoil`: null for what is answered as it should be. */
export async function serveStatically(
  folder: string,
  spoil: (path: string) => Spoilt | null = () => null,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const spoilt = spoil(pathname);
    if (spoilt !== null) {
      response.writeHead(spoilt.status, { ...securityHeaders, 'Content-Type': spoilt.type });
      response.end(spoilt.body);
      return;
    }
    const isFile = extname(pathname) !== '';
    const path = isFile ? normalize(pathname) : '/index.html';
    readFile(join(folder, path)).then(
      (bytes) => {
        const cached = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
        response.writeHead(200, {
          ...securityHeaders,
          'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
          'Cache-Control': cached,
        });
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
