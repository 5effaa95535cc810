/** Browser tests. Each starts the servers and browsers that it needs: e2e/cluster.ts. */
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/build.ts',
  outputDir: 'test-results',
  // Four replicas keep two cores busy already.
  workers: 1,
  fullyParallel: false,
  // A test that passes at the second try has found something.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  // What hangs fails, what is slow does not: five times what these take on two busy cores, as a CI machine has been. A wait for a replica
  // (PATIENCE in e2e/replica.ts) is over before its test is, so that the failure says what was waited for.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  // Without it a locator that fits nothing is waited for until the test ends, and the failure says nothing of it.
  use: { actionTimeout: 60_000 },
});
