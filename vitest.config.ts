import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __APP_VERSION__: JSON.stringify('test') },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Long enough for a loaded machine with two cores: what hangs fails, what is slow does not.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
