/** What `npm test` tells of failures, read from reports that the real runners wrote. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  failuresOfPlaywright,
  failuresOfVitest,
  MAX_FAILURES_TOLD,
  MAX_REASON_LINES,
  readPlaywright,
  readVitest,
  tellFailures,
} from '../../scripts/test-report.ts';

let folder: string;

beforeAll(async () => {
  // Inside the project, where the runners find their modules.
  await mkdir(resolve('node_modules/.cache'), { recursive: true });
  folder = await mkdtemp(resolve('node_modules/.cache/test-report-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a runner in the folder, and answers its report, whatever its exit code. */
async function reportOf(
  runner: string,
  args: readonly string[],
  files: Record<string, string>,
): Promise<unknown> {
  const root = join(folder, runner);
  await mkdir(root, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  const report = join(root, 'report.json');
  await new Promise<void>((done) =>
    execFile(
      resolve('node_modules/.bin', runner),
      args.map((arg) => arg.replace('REPORT', report)),
      { cwd: root, env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report } },
      () => done(),
    ),
  );
  return JSON.parse(await readFile(report, 'utf8'));
}

describe('a report of Vitest', () => {
  it('names the test that failed and why, and the file that could not be loaded', async () => {
    const report = await reportOf(
      'vitest',
      ['run', '--root', '.', '--reporter=json', '--outputFile=REPORT'],
      {
        'vitest.config.js': 'export default {};',
        'sum.test.js':
          "import { expect, it, describe } from 'vitest';\ndescribe('a sum', () => { it('is right', () => expect(2).toBe(2)); it('is wrong', () => expect(1 + 1).toBe(3)); });",
        'broken.test.js': "import './nothing-is-here.js';",
      },
    );
    const failures = failuresOfVitest(report, join(folder, 'vitest'));
    const [broken, sum] = failures.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect([broken?.name, sum?.name, failures.length]).toEqual([
      'broken.test.js',
      'sum.test.js › a sum is wrong',
      2,
    ]);
    expect(broken?.reason).toContain('nothing-is-here.js');
    expect(sum?.reason).toContain('expected 2 to be 3');
    expect(readVitest(report, false)).toEqual({ passed: 1, failed: 2, skipped: 0 });
  });
});

describe('a report of Playwright', () => {
  it('names the test that failed, where and why', async () => {
    const report = await reportOf('playwright', ['test', '--reporter=json'], {
      'playwright.config.js': 'export default {};',
      'page.spec.js':
        "import { expect, test } from '@playwright/test';\ntest.describe('a page', () => {\n  test('is seen', () => expect(1).toBe(1));\n  test('is lost', () => expect('a seal').toBe('a stamp'));\n});",
    });
    const failures = failuresOfPlaywright(report);
    expect(failures.map(({ name }) => name)).toEqual(['page.spec.js:4 › is lost']);
    expect(failures[0]?.reason).toContain('Expected: "a stamp"');
    expect(readPlaywright(report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('names what failed outside of tests', async () => {
    const report = await reportOf('playwright', ['test', 'none.spec.js', '--reporter=json'], {
      'none.spec.js': "import './nothing-is-here.js';",
    });
    expect(failuresOfPlaywright(report)[0]).toMatchObject({
      name: 'outside of tests',
      reason: expect.stringContaining('nothing-is-here.js'),
    });
  });
});

describe('what is told of failures', () => {
  it('has no colours, and is not longer than its limits', async () => {
    const long = Array.from({ length: 100 }, (_, line) => `\u001B[31mline ${line}\u001B[39m`).join('\n');
    const report = {
      testResults: [
        {
          name: '/a/test.ts',
          status: 'failed',
          assertionResults: Array.from({ length: MAX_FAILURES_TOLD + 2 }, (_, test) => ({
            status: 'failed',
            fullName: `test ${test}`,
            failureMessages: [long],
          })),
        },
      ],
    };
    const failures = failuresOfVitest(report, '/a');
    expect(failures[0]?.reason.split('\n')).toHaveLength(MAX_REASON_LINES);
    const told = tellFailures(failures);
    expect(told).not.toContain('\u001B');
    expect(told.match(/✗/gu)).toHaveLength(MAX_FAILURES_TOLD);
    expect(told).toMatch(/✗ test\.ts › test 0\n {6}line 0\n/u);
    expect(told.endsWith('and 2 more')).toBe(true);
  });

  it('is nothing where a report says nothing', () => {
    expect(failuresOfVitest(undefined, '/')).toEqual([]);
    expect(failuresOfPlaywright({ suites: 1, errors: 'x' })).toEqual([]);
  });
});
