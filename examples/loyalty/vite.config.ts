/** How the loyalty pages are built. `npm run loyalty` does it and serves the result; for development: `npx vite -c examples/loyalty/vite.config.ts`. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: here('.'),
  // The package's own names (`countersign`, `countersign/react`) lead to the sources.
  resolve: { tsconfigPaths: true },
  plugins: [react(), offline()],
  define: { __APP_VERSION__: JSON.stringify('loyalty') },
  build: {
    target: 'es2022',
    // The server's policy forbids data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_500,
    rollupOptions: { input: { street: here('index.html'), customer: here('customer.html') } },
  },
  worker: { format: 'es' },
});

/**
 * Writes `service-worker.js`: it stores the whole program at the first visit, so that a customer's phone opens its page where there is no
 * network. A new build has another name for its store, and takes the old one's place when the last page of it is closed.
 */
function offline(): Plugin {
  return {
    name: 'loyalty-offline',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const files = Object.keys(bundle)
          .filter((name) => !name.endsWith('.map'))
          .sort();
        const hash = createHash('sha256');
        for (const name of files) {
          const file = bundle[name]!;
          hash.update(name).update(file.type === 'chunk' ? file.code : file.source);
        }
        const store = `loyalty-${hash.digest('hex').slice(0, 12)}`;
        const source = SERVICE_WORKER.replace('STORE_NAME', JSON.stringify(store)).replace(
          'FILES',
          JSON.stringify(files.map((name) => `/${name}`)),
        );
        this.emitFile({ type: 'asset', fileName: 'service-worker.js', source });
      },
    },
  };
}

const SERVICE_WORKER = `const store = STORE_NAME;
const files = FILES;
addEventListener('install', (event) => event.waitUntil(caches.open(store).then((cache) => cache.addAll(files))));
addEventListener('activate', (event) =>
  event.waitUntil(
    caches.keys().then((names) =>
      Promise.all(names.filter((name) => name.startsWith('loyalty-') && name !== store).map((name) => caches.delete(name))),
    ),
  ),
);
addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  const path = url.pathname === '/' ? '/index.html' : url.pathname;
  if (!files.includes(path)) return;
  event.respondWith(caches.open(store).then(async (cache) => (await cache.match(path)) ?? fetch(request)));
});
`;
