import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  worker: { format: 'es' },
  build: { outDir: '/tmp/countersign-audit-preview', assetsInlineLimit: 0, emptyOutDir: true },
  preview: { port: 5197, strictPort: true, host: '127.0.0.1' },
});
