// What the linter enforces. Which room may import which is the business of .dependency-cruiser.cjs.
import { defineConfig } from 'oxlint';

// Time comes in as an argument, from src/worker, so that the simulator owns it (docs/architecture.md, "Time").
const TIME = [
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'requestAnimationFrame',
  'requestIdleCallback',
  'Temporal',
];
// What would let one replica's core give another answer than the next one's.
const OUTSIDE = [
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'RTCPeerConnection',
  'BroadcastChannel',
  'MessageChannel',
  'Worker',
  'crypto',
  'indexedDB',
  'localStorage',
  'sessionStorage',
  'caches',
  'navigator',
  'location',
  'window',
  'document',
  'self',
  'globalThis',
  'global',
  'process',
  'Buffer',
  'require',
  'console',
  'Intl',
];
const GLOBAL_OBJECTS = ['globalThis', 'window', 'self', 'global'];
/** Sorting and writing by the machine's language: two replicas could differ. */
const BY_LANGUAGE = [
  'localeCompare',
  'toLocaleString',
  'toLocaleDateString',
  'toLocaleTimeString',
  'toLocaleLowerCase',
  'toLocaleUpperCase',
].map((property) => ({
  property,
  message: "Depends on this machine's language: compare with < and write by rule.",
}));
const RANDOM = { object: 'Math', property: 'random', message: 'Randomness comes in as an argument here.' };

const restrict = (names, message) => names.map((name) => ({ name, message }));
const NO_TIME = 'Only src/worker reads a clock or sets timers: take the time as an argument.';
const NO_OUTSIDE = 'This room is pure: what it needs from outside comes in as an argument.';

export default defineConfig({
  plugins: ['typescript', 'react', 'unicorn', 'oxc'],
  categories: { correctness: 'error' },
  ignorePatterns: [
    'dist/',
    'node_modules/',
    'coverage/',
    'test-results/',
    'playwright-report/',
    'bench/out/',
    'examples/data/',
    '.tmp/',
  ],
  rules: {
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    'typescript/no-explicit-any': 'error',
    'typescript/no-empty-object-type': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/no-require-imports': 'error',
    'typescript/no-unsafe-function-type': 'error',
    'typescript/no-floating-promises': ['error', { ignoreVoid: true }],
    'typescript/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    'typescript/await-thenable': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    // The compiler's noUnusedLocals and noUnusedParameters say the same.
    'no-unused-vars': 'off',
    // What these forbid is used here on purpose: copies before sorting, methods that need no object, control characters of barcodes,
    // `return void` to leave a handler, values printed in tests, state that a page takes over from the replica.
    'no-control-regex': 'off',
    'react/immutability': 'off',
    'react/refs': 'off',
    'react/set-state-in-effect': 'off',
    'typescript/no-base-to-string': 'off',
    'typescript/no-meaningless-void-operator': 'off',
    'typescript/no-misused-spread': 'off',
    'typescript/no-redundant-type-constituents': 'off',
    'typescript/require-array-sort-compare': 'off',
    'typescript/restrict-template-expressions': 'off',
    'typescript/unbound-method': 'off',
    'unicorn/no-new-array': 'off',
    'unicorn/no-useless-spread': 'off',
    'prefer-const': 'error',
    'no-var': 'error',
    'prefer-spread': 'error',
    'prefer-rest-params': 'error',
    eqeqeq: ['error', 'always', { null: 'ignore' }],
  },
  overrides: [
    {
      // The browser's rooms say what they have to say on the page.
      files: ['src/**/*.{ts,tsx}'],
      excludeFiles: ['src/cli/**'],
      rules: {
        'no-console': 'error',
        'no-eval': 'error',
        'typescript/no-implied-eval': 'error',
        'no-new-func': 'error',
      },
    },
    {
      // The pure rooms: same input, same output, on every replica and in the simulator.
      files: ['src/{codec,consensus,crdt,l2,domain}/**/*.ts'],
      rules: {
        'no-restricted-globals': ['error', ...restrict(TIME, NO_TIME), ...restrict(OUTSIDE, NO_OUTSIDE)],
        'no-restricted-properties': ['error', RANDOM, ...BY_LANGUAGE],
      },
    },
    {
      // Rooms that do I/O and still let the worker own time.
      files: ['src/{net,store,crypto}/**/*.ts'],
      rules: {
        'no-restricted-globals': ['error', ...restrict(TIME, NO_TIME)],
        'no-restricted-properties': [
          'error',
          RANDOM,
          ...GLOBAL_OBJECTS.flatMap((object) =>
            TIME.map((property) => ({ object, property, message: NO_TIME })),
          ),
        ],
      },
    },
    {
      files: ['src/{ui,app,demo}/**/*.{ts,tsx}'],
      rules: {
        'react/rules-of-hooks': 'error',
        'react/exhaustive-deps': 'error',
        'react/set-state-in-render': 'error',
        'react/static-components': 'error',
      },
    },
    {
      // What a test pokes at is often what the types forbid. `({}, use)` is how Playwright's fixtures say that they need none.
      files: ['test/**/*.{ts,tsx}', 'e2e/**/*.ts'],
      rules: {
        'typescript/no-empty-object-type': 'off',
        'no-empty-pattern': 'off',
        'react/rules-of-hooks': 'off',
      },
    },
    { files: ['**/*.cjs'], rules: { 'typescript/no-require-imports': 'off' } },
  ],
});
