/** Reading what passed and what failed, and why, from the JSON reports of Vitest and Playwright. Pure. */

import { stripVTControlCharacters } from 'node:util';

/** A test that failed, or a file that could not be loaded. */
export interface Failure {
  readonly name: string;
  /** The first error, without colours; empty where the runner gave none. */
  readonly reason: string;
}

/** Failures told again behind the last test: of more, something is wrong with all, and the first ones say what. */
export const MAX_FAILURES_TOLD = 40;
/** Lines of each: the message and the place, not the whole difference of two large values. */
export const MAX_REASON_LINES = 15;

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

/**
 * The failed tests of a Vitest report, and the files that have none but failed.
 * @param root: the folder from which paths are told.
 */
export function failuresOfVitest(report: unknown, root: string): Failure[] {
  return listOf(objectOf(report).testResults).flatMap((entry) => {
    const file = objectOf(entry);
    const path = textOf(file.name).replace(`${root}/`, '');
    const tests = listOf(file.assertionResults)
      .map(objectOf)
      .filter(({ status }) => status === 'failed')
      .map((test) => ({
        name: `${path} › ${textOf(test.fullName)}`,
        reason: reasonOf(listOf(test.failureMessages)[0]),
      }));
    if (tests.length > 0 || file.status !== 'failed') return tests;
    return [{ name: path, reason: reasonOf(file.message) }];
  });
}

/** The tests of a Playwright report that failed at least once, and the errors outside of tests. */
export function failuresOfPlaywright(report: unknown): Failure[] {
  const all = objectOf(report);
  return [
    ...failuresOfSuites(listOf(all.suites)),
    ...listOf(all.errors).map((error) => ({ name: 'outside of tests', reason: reasonOfError(error) })),
  ];
}

function failuresOfSuites(suites: readonly unknown[]): Failure[] {
  return suites.map(objectOf).flatMap((suite) => [
    ...listOf(suite.specs)
      .map(objectOf)
      .flatMap((spec) =>
        listOf(spec.tests)
          .map(objectOf)
          .filter(({ status }) => status === 'unexpected' || status === 'flaky')
          .map((test) => ({
            name: `${textOf(spec.file)}:${numberOf(spec.line)} › ${textOf(spec.title)}`,
            reason: reasonOfError(listOf(test.results).flatMap((run) => listOf(objectOf(run).errors))[0]),
          })),
      ),
    ...failuresOfSuites(listOf(suite.suites)),
  ]);
}

/** What is told behind the last test, so that who reads only the end of a long log knows what to mend. */
export function tellFailures(failures: readonly Failure[]): string {
  const told = failures
    .slice(0, MAX_FAILURES_TOLD)
    .map(({ name, reason }) => `  ✗ ${name}\n${reason.replaceAll(/^(?=.)/gmu, '      ')}`.trimEnd());
  const more = failures.length - told.length;
  return ['Failed:', ...told, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n\n');
}

function reasonOfError(value: unknown): string {
  const error = objectOf(value);
  const { file, line } = objectOf(error.location);
  const place = typeof file === 'string' ? `\n    at ${file}:${numberOf(line)}` : '';
  return reasonOf(`${textOf(error.message)}${place}`);
}

function reasonOf(value: unknown): string {
  const lines = stripVTControlCharacters(textOf(value)).trim().split('\n');
  // The runner's own frames say nothing of the test.
  const ours = lines.filter(
    (line) => !/^\s+at .*(?:\/node_modules\/|new Promise \(<anonymous>\))/u.test(line),
  );
  return ours.slice(0, MAX_REASON_LINES).join('\n');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
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
