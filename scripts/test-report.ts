/** Reading how many tests passed from the JSON reports of Vitest and Playwright. Pure. */

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Count = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The closing line: `12 passed, 0 failed`, and `, 3 skipped` where there are any. */
export function closingLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * A file that cannot be loaded has no tests in the report, and counts as one failure.
 * @param filtered whether a name filter was given: Vitest reports what it leaves out as skipped.
 */
export function readVitest(report: unknown, filtered: boolean): Count {
  const all = objectOf(report);
  const broken = listOf(all.testResults).filter((entry) => {
    const file = objectOf(entry);
    return (
      file.status === 'failed' &&
      !listOf(file.assertionResults).some((test) => objectOf(test).status === 'failed')
    );
  });
  return {
    passed: numberOf(all.numPassedTests),
    failed: numberOf(all.numFailedTests) + broken.length,
    skipped: filtered ? 0 : numberOf(all.numPendingTests) + numberOf(all.numTodoTests),
  };
}

/** Errors outside of tests (a file that cannot be loaded, a setup that fails) count as failures; so does a flaky test. */
export function readPlaywright(report: unknown): Count {
  const all = objectOf(report);
  const stats = objectOf(all.stats);
  return {
    passed: numberOf(stats.expected),
    failed: numberOf(stats.unexpected) + numberOf(stats.flaky) + listOf(all.errors).length,
    skipped: numberOf(stats.skipped),
  };
}

/** What a runner's exit code says beyond its report: it failed, so there is at least one failure. */
export function withExitCode(count: Count, code: number): Count {
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
