/** The npm package, from `npm pack` to a commit: installed into an empty folder, where all that is known of it is what it brings. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, type Browser, type Page } from '@playwright/test';
import webpack, { type Stats } from 'webpack';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type {} from '../test/package/app/main.tsx';
import { EXPORTS } from '../test/package/exports.ts';
import { CONTEXT_OPTIONS, launchBrowser } from './browser.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const KEY = 'title/1';
/** A build, an installation from the registry, and both again: what hangs. */
const LONG = 480_000;

/** A test runner that is started by a test must not take itself for a part of it. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(TEST_|PLAYWRIGHT_|PW_)/.test(name)),
);

let folder: string;
/** What an author has: package.json, three sources, and what npm installed. */
let app: string;
let browser: Browser;

test.beforeAll(async () => {
  test.setTimeout(LONG);
  folder = await mkdtemp(join(tmpdir(), 'countersign-package-'));
  app = join(folder, 'app');
  const built = join(folder, 'built');
  await command(PROJECT, process.execPath, ['--import', 'tsx', 'scripts/package.ts', '--out', built]);
  const packed = await command(built, 'npm', ['pack', '--json', '--pack-destination', folder]);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  await cp(join(PROJECT, 'test/package/app'), app, { recursive: true });
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'new', private: true, type: 'module' }));
  await command(app, 'npm', [
    ...['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', join(folder, filename)],
    ...['vite', 'typescript', 'react', 'react-dom', '@types/react', '@types/react-dom'].map(sameAsHere),
    ...['@playwright/test', '@types/node'].map(sameAsHere),
  ]);
  browser = await launchBrowser();
});

test.afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('the application is type-checked strictly against the package’s types, theirs included', async () => {
  test.setTimeout(LONG);
  // Fails with what the compiler says.
  await command(app, process.execPath, [installed('typescript/lib/tsc.js'), '-p', 'tsconfig.json']);
  await command(app, process.execPath, [installed('typescript/lib/tsc.js'), '-p', 'tsconfig.node.json']);
  const wrong = "import { join } from 'countersign';\nvoid join({ rules: 'one' });\n";
  await writeFile(join(app, 'wrong.ts'), wrong);
  const check = command(app, process.execPath, [
    ...[installed('typescript/lib/tsc.js'), '--ignoreConfig', '--strict', '--noEmit', '--module', 'esnext'],
    ...['--moduleResolution', 'bundler', '--target', 'es2022', '--types', 'node', 'wrong.ts'],
  ]);
  await expect(check).rejects.toThrow(/'string' is not assignable to type 'number/);
});

test('built by Vite, two members commit, and hooks and inspector show it', async () => {
  test.setTimeout(LONG);
  await twoMembersCommit(await served(await builtByVite()));
});

test('built by webpack 5, two members commit, and hooks and inspector show it', async () => {
  test.setTimeout(LONG);
  await command(app, process.execPath, [
    ...[installed('typescript/lib/tsc.js'), '-p', 'tsconfig.json', '--noEmit', 'false', '--outDir', 'js'],
  ]);
  const out = join(app, 'dist-webpack');
  await builtByWebpack(join(app, 'js/main.js'), out);
  const files = await readdir(out);
  const styles = files.filter((name) => name.endsWith('.css'));
  expect(styles).toHaveLength(1);
  await writeFile(
    join(out, 'index.html'),
    `<!doctype html><html lang="en"><link rel="stylesheet" href="./${styles[0]}"><div id="root"></div><script type="module" src="./main.js"></script></html>`,
  );
  await twoMembersCommit(await served(out));
});

test('served by Vite’s development server without any configuration, two members commit', async () => {
  test.setTimeout(LONG);
  const { createServer: createDevelopmentServer } = (await import(
    installed('vite/dist/node/index.js')
  )) as typeof import('vite');
  // Its signaling is another server's: a development server has none.
  const signaling = await createServer({ port: 0, root: null });
  const vite = await createDevelopmentServer({
    root: app,
    configFile: false,
    // A proxied socket that its page has left is told as an error.
    logLevel: 'silent',
    server: {
      port: 0,
      host: '127.0.0.1',
      proxy: { '/signal': { target: signaling.url.replace('http', 'ws'), ws: true } },
    },
  });
  try {
    await vite.listen();
    const url = vite.resolvedUrls!.local[0]!;
    await twoMembersCommit({ url, close: () => Promise.resolve() });
  } finally {
    await vite.close();
    await signaling.close();
  }
});

test('it exports in the browser what the list says', async () => {
  test.setTimeout(LONG);
  const server = await served(await builtByVite());
  const page = await opened(server.url);
  const names = (['.', './react', './inspector'] as const).map((name) => EXPORTS[name].values);
  expect(await page.evaluate(() => window.newApp.exports())).toEqual(names);
  await page.context().close();
  await server.close();
});

test('the fixture of the package opens the application in two browsers', async () => {
  test.setTimeout(LONG);
  await builtByVite();
  const said = await command(app, process.execPath, [
    ...[installed('@playwright/test/cli.js'), 'test', '--reporter', 'line', '--timeout', '240000'],
  ]);
  expect(said).toContain('1 passed');
});

test('in Node the simulator runs a network, and both entries for tests export what the list says', async () => {
  test.setTimeout(LONG);
  const said = await command(app, process.execPath, ['simulator.mjs']);
  expect(JSON.parse(said)).toEqual({
    ...{ outcome: 'done', what: '' },
    simulator: EXPORTS['./testing/simulator'].values,
    testing: EXPORTS['./testing'].values,
  });
});

test('two builds give the same bytes', async () => {
  test.setTimeout(LONG);
  const again = join(folder, 'again');
  await command(PROJECT, process.execPath, ['--import', 'tsx', 'scripts/package.ts', '--out', again]);
  const [first, second] = [await filesOf(join(folder, 'built')), await filesOf(again)];
  expect([...second.keys()]).toEqual([...first.keys()]);
  expect(
    [...first].filter(([name, bytes]) => !bytes.equals(second.get(name)!)).map(([name]) => name),
  ).toEqual([]);
});

test('what is packed names no machine, needs nothing, and comes with every licence', async () => {
  const package_ = join(app, 'node_modules/countersign');
  const manifest = JSON.parse(await readFile(join(package_, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  expect(manifest).not.toHaveProperty('dependencies');
  const files = await filesOf(package_);
  expect([...files.keys()]).toEqual(expect.arrayContaining(['LICENSE', 'CHANGELOG.md', 'README.md']));
  // In UTF-8, read as Latin-1. A folder of one word is none that can be looked for: /root is in the name of every root.ts.
  const folders = [PROJECT.replace(/\/$/, ''), homedir(), join(tmpdir(), 'countersign-'), folder]
    .filter((path) => path.split('/').filter(Boolean).length >= 2)
    .map((path) => Buffer.from(path).toString('latin1'));
  for (const [name, bytes] of files) {
    const text = bytes.toString('latin1');
    const named = folders.filter((path) => text.includes(path));
    expect(named, `${name} names a folder of this machine`).toEqual([]);
  }
  const licences = files.get('THIRD-PARTY-LICENSES')!.toString('utf8');
  for (const name of ['mcl-wasm', 'hash-wasm', 'simple-peer', '@noble/curves', 'comlink', 'idb', 'valibot'])
    expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
});

// ---- two members ----

async function twoMembersCommit(server: Pick<RunningServer, 'url' | 'close'>): Promise<void> {
  const [one, two] = [await opened(server.url), await opened(server.url)];
  const draft = await one.evaluate(() => window.newApp.createDraft());
  const made = [];
  for (const [i, page] of [one, two].entries())
    made.push(
      await page.evaluate(([d, l]) => window.newApp.createIdentity(d, l), [draft, `Member ${i}`] as const),
    );
  const keys = made.map(({ memberKey }) => memberKey);
  const created = await one.evaluate(([d, k]) => window.newApp.createNetwork(d, k), [draft, keys] as const);
  for (const [i, page] of [one, two].entries())
    await page.evaluate(([id, invitation, genesis]) => window.newApp.join(id, invitation, genesis), [
      made[i]!.identity,
      created.invitation,
      created.genesis,
    ] as const);
  // Of two members both must sign (docs/protocol.md, "Quorum").
  const set = one.evaluate((key) => window.newApp.set(key, 'A field'), KEY);
  expect(await set).toBe('version 1 by 2');
  // The last signature may still be on its way to the other, for whom the version is open then: a set would be a conflict.
  await expect(two.getByRole('heading', { level: 1 })).toHaveText('A field');
  expect(await two.evaluate((key) => window.newApp.set(key, 42), KEY)).toContain('refused');
  for (const page of [one, two]) {
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('A field');
    await expect(page.locator('h1')).toHaveAttribute('data-health', 'known');
    await expect(page.locator('.countersign-inspector').getByRole('heading').first()).toBeVisible();
  }
  for (const page of [one, two]) await page.context().close();
  await server.close();
}

async function opened(url: string): Promise<Page> {
  const context = await browser.newContext(CONTEXT_OPTIONS);
  const page = await context.newPage();
  // A worker that is not found, or that a policy forbids, is told here.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
      console.error(message.text());
  });
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(url);
  await page.waitForFunction(() => 'newApp' in window);
  return page;
}

const served = (root: string): Promise<RunningServer> => createServer({ port: 0, root });

// ---- programs ----

const installed = (path: string): string => join(app, 'node_modules', path);

/** The version that this project uses: the registry's newest is another test. */
function sameAsHere(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return `${name}@${version}`;
}

/** What it printed. @throws Error with that, where it fails. */
function command(cwd: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { cwd, env: ENVIRONMENT, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} ${args.join(' ')} failed.\n${stdout}\n${stderr}`));
        else resolve(stdout);
      },
    );
  });
}

let viteBuild: Promise<string> | undefined;

/** In `dist-vite`, once: several tests are about it, and each may be run alone. */
function builtByVite(): Promise<string> {
  viteBuild ??= command(app, process.execPath, [
    ...[installed('vite/bin/vite.js'), 'build', '--outDir', 'dist-vite'],
  ]).then(() => join(app, 'dist-vite'));
  return viteBuild;
}

async function builtByWebpack(entry: string, out: string): Promise<void> {
  const stats = await new Promise<Stats>((resolve, reject) => {
    const compiler = webpack({
      mode: 'production',
      context: app,
      entry: { main: entry },
      output: { path: out },
      experiments: { css: true },
      // Minifying takes half a minute and finds nothing that this test is about.
      optimization: { minimize: false },
      performance: false,
    });
    compiler?.run((error, result) => {
      compiler.close(() => (result && !error ? resolve(result) : reject(error ?? new Error('No result.'))));
    });
  });
  expect(stats.toJson({ errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
}

async function filesOf(root: string): Promise<Map<string, Buffer>> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path.slice(root.length + 1), await readFile(path)] as const),
    ),
  );
}
