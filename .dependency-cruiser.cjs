// Which room may import which: the table of docs/architecture.md, "Rooms". `npm run check -- --only rooms`.

/**
 * @param {string} room folder or file under src/, as a regular expression
 * @param {string[]} allowed what else it may import, as regular expressions under src/
 * @param {string[]} typesOnly of which it may import types
 */
function room(room, allowed, typesOnly = []) {
  const name = room.replaceAll(/[\\^$()]/g, '');
  const under = (paths) => paths.map((path) => `^src/${path}`);
  const rules = [
    {
      name: `imports of ${name}`,
      comment: `src/${name} may import ${[...allowed, ...typesOnly.map((path) => `types of ${path}`)].join(', ') || 'nothing of ours'}.`,
      severity: 'error',
      from: { path: `^src/${room}` },
      to: { path: '^src/', pathNot: under([room, ...allowed, ...typesOnly]) },
    },
  ];
  if (typesOnly.length > 0) {
    rules.push({
      name: `type imports of ${name}`,
      comment: `Of ${typesOnly.join(', ')}, src/${name} may import types only.`,
      severity: 'error',
      from: { path: `^src/${room}` },
      to: { path: under(typesOnly), pathNot: under([room, ...allowed]), dependencyTypesNot: ['type-only'] },
    });
  }
  return rules;
}

module.exports = {
  forbidden: [
    ...room('codec/', []),
    ...room('crypto/', ['codec/']),
    ...room('consensus/', ['codec/', 'crypto/domains\\.ts$'], ['crypto/']),
    ...room('crdt/', ['consensus/', 'crypto/', 'codec/']),
    ...room('l2/', ['codec/']),
    ...room('domain/', ['codec/', 'crypto/', 'consensus/'], ['l2/types\\.ts$']),
    ...room('net/[^/]+$', ['codec/']),
    ...room('net/page/', ['net/[^/]+$', 'codec/']),
    ...room('net/mesh/', ['net/[^/]+$', 'codec/', 'crypto/']),
    ...room('store/', ['codec/']),
    ...room('worker/', [
      'codec/',
      'crypto/',
      'consensus/',
      'crdt/',
      'l2/',
      'domain/',
      'net/[^/]+$',
      'net/mesh/',
      'store/',
      // The verification page and the command are one verifier.
      'cli/verify\\.ts$',
    ]),
    // Types of values and of an open network; of what runs only the error that it throws.
    ...room('react/', ['middleware/errors\\.ts$'], ['middleware/', 'index\\.ts$']),
    ...room('ui/', ['react/'], ['worker/api\\.ts$']),
    ...room('inspector/', ['ui/'], ['worker/api\\.ts$']),
    // The worker itself is started by its URL, which is no import.
    ...room('app/', ['ui/', 'net/page/', 'net/[^/]+$', 'demo/'], ['worker/api\\.ts$']),
    ...room('demo/', ['app/', 'ui/', 'codec/', 'worker/']),
    ...room('middleware/', ['worker/kv/', 'net/page/', 'net/[^/]+$', 'codec/']),
    ...room('index\\.ts$', ['middleware/', 'worker/kv/limits\\.ts$'], ['worker/kv/']),
    // It runs the steps of an evidence file again, so it needs the session room's rules.
    ...room('cli/', ['domain/', 'l2/', 'consensus/', 'crypto/', 'codec/']),
    {
      name: 'the demo is loaded lazily',
      comment: 'Nobody who does not open /demo loads it: import() from src/app, nothing else.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/demo/' },
      to: { path: '^src/demo/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'the server knows nothing of the app',
      comment: 'The signaling server carries no data and needs none of our formats.',
      severity: 'error',
      from: { path: '^signaling-server/' },
      to: { path: '^src/' },
    },
    {
      name: 'no code from tests',
      comment: 'What ships does not import what only tests, benchmarks and scripts use.',
      severity: 'error',
      from: { path: '^(src|signaling-server)/' },
      to: { path: '^(testing|test|e2e|bench|scripts)/' },
    },
    {
      name: 'no server code in the app',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^signaling-server/' },
    },
    {
      name: 'no Node in the browser',
      comment: 'Only src/cli runs in Node.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no development dependency in what ships',
      comment: 'Move the package to "dependencies" in package.json.',
      severity: 'error',
      from: { path: '^(src|signaling-server)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '/@types/' },
    },
    {
      name: 'no undeclared dependency',
      comment: 'Name the package in package.json.',
      severity: 'error',
      from: { path: '^(src|signaling-server|testing|test|e2e|bench|scripts)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:|\\?(url|raw|worker)' },
    },
    {
      name: 'no circle',
      comment: 'Arrows go one way. Types may point back.',
      severity: 'error',
      from: { path: '^(src|signaling-server)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.css$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['browser', 'import', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
