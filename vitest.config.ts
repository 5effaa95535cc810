import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __APP_VERSION__: JSON.stringify('test') },
  // The package's own names (`countersign/react`, …) lead to the sources.
  resolve: { tsconfigPaths: true },
  test: {
    setupFiles: ['test/english.ts'],
    include: ['test/**/*.test.{ts,tsx}'],
    // Every core, on a machine with two as well: by itself it would leave one for a screen that nobody watches.
    maxWorkers: '100%',
    // Long enough for a loaded machine with two cores: what hangs fails, what is slow does not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The same for what a test waits to see: one second, the default, is what a busy machine may sleep.
    expect: { poll: { timeout: 40_000 } },
  },
});
