/** How the app is built and served while it is written. `npm start` builds with this file and serves the result itself. */
import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { programPlugins } from './scripts/build-plugins.ts';
import { fetchAheadLinks } from './scripts/fetch-ahead.ts';
import { contentSecurityPolicy, securityHeaders } from './signaling-server/csp.ts';
import { createHub } from './signaling-server/hub.ts';
import { withDefaults } from './signaling-server/limits.ts';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export default defineConfig(({ command }) => ({
  plugins: [react(), signaling(), fetchAheadLinks(), ...(command === 'build' ? programPlugins(version) : [])],
  define: { __APP_VERSION__: JSON.stringify(version) },
  // The package's own names (`countersign/react`, …) lead to the sources.
  resolve: { tsconfigPaths: true },
  build: {
    target: 'es2022',
    // The policy forbids data: URLs.
    assetsInlineLimit: 0,
    // Every browser that can run the app preloads modules by itself.
    modulePreload: { polyfill: false },
    // The operator's label renderer and the barcode reader are large, and loaded only when they are used.
    chunkSizeWarningLimit: 1_500,
    rollupOptions: { output: { chunkFileNames: nameOfChunk } },
  },
  // A namespace of texts is wanted whole.
  json: { namedExports: false },
  worker: { format: 'es' },
  // Loaded by the worker alone: named here, so that a first development run does not reload while they are found.
  optimizeDeps: { include: ['mcl-wasm', 'hash-wasm', 'simple-peer/simplepeer.min.js'] },
  server: {
    port: Number(process.env.PORT ?? 8080),
    headers: command === 'serve' ? developmentHeaders() : {},
  },
}));

/** Files of texts are named by their language, too (scripts/budget.ts looks for them). */
function nameOfChunk({ facadeModuleId }: { facadeModuleId?: string | null }): string {
  const texts = /\/locales\/(\w+)\/([\w-]+)\.json$/.exec(facadeModuleId ?? '');
  return texts === null ? 'assets/[name]-[hash].js' : `assets/${texts[1]}-${texts[2]}-[hash].js`;
}

/** `/signal`, as the production server has it, on the development server's port. */
function signaling(): Plugin {
  return {
    name: 'countersign-signaling',
    apply: 'serve',
    configureServer(server) {
      const hub = createHub({ limits: withDefaults() });
      server.httpServer?.on('upgrade', (request, socket, head) => {
        if (new URL(request.url ?? '/', 'http://localhost').pathname === '/signal') {
          hub.handleUpgrade(request, socket, head);
        }
      });
      server.httpServer?.on('close', () => void hub.close());
    },
  };
}

/** The production policy, less what Vite's own client needs: it injects `<style>` and an inline preamble. */
function developmentHeaders(): Record<string, string> {
  const policy = contentSecurityPolicy.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'");
  return { ...securityHeaders, 'Content-Security-Policy': `${policy}; style-src 'self' 'unsafe-inline'` };
}
