import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  publicDir: '../../../public',
  define: { __APP_VERSION__: JSON.stringify('preview') },
  worker: { format: 'es' },
  server: { port: 5199, strictPort: true, host: '127.0.0.1', fs: { allow: ['../../..'] } },
  cacheDir: '../../../node_modules/.vite-preview',
  build: { outDir: '/tmp/countersign-preview', assetsInlineLimit: 0, emptyOutDir: true },
  preview: {
    port: 5199,
    strictPort: true,
    host: '127.0.0.1',
    headers: {
      'Content-Security-Policy':
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    },
  },
});
