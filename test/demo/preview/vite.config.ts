import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  server: { port: 5391, host: '127.0.0.1', fs: { allow: [new URL('../../..', import.meta.url).pathname] } },
  cacheDir: '/tmp/countersign-demo-preview',
});
