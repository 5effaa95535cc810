// What the linter enforces. Which room may import which is the business of .dependency-cruiser.cjs.
import { fileURLToPath } from 'node:url';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const project = fileURLToPath(new URL('.', import.meta.url));

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
const BY_LANGUAGE = {
  selector: 'MemberExpression > Identifier[name=/^(localeCompare|toLocale\\w+)$/]',
  message: "Depends on this machine's language: compare with < and write by rule.",
};
const RANDOM = { object: 'Math', property: 'random', message: 'Randomness comes in as an argument here.' };

const restrict = (names, message) => ['error', ...names.map((name) => ({ name, message }))];
const NO_TIME = 'Only src/worker reads a clock or sets timers: take the time as an argument.';
const NO_OUTSIDE = 'This room is pure: what it needs from outside comes in as an argument.';

export default defineConfig(
  globalIgnores([
    'dist/',
    'node_modules/',
    'coverage/',
    'test-results/',
    'playwright-report/',
    'bench/out/',
    'examples/data/',
    '.tmp/',
  ]),
  tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: project } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
    },
  },
  {
    // The browser's rooms say what they have to say on the page.
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/cli/**'],
    rules: { 'no-console': 'error', 'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error' },
  },
  {
    // The pure rooms: same input, same output, on every replica and in the simulator.
    files: ['src/{codec,consensus,crdt,l2,domain}/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...TIME.map((name) => ({ name, message: NO_TIME })),
        ...OUTSIDE.map((name) => ({ name, message: NO_OUTSIDE })),
      ],
      'no-restricted-properties': ['error', RANDOM],
      'no-restricted-syntax': ['error', BY_LANGUAGE],
    },
  },
  {
    // Manifests hold dates: reading them is arithmetic, as long as nobody asks for the time or the time zone of this machine.
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...TIME.filter((name) => name !== 'Date').map((name) => ({ name, message: NO_TIME })),
        ...OUTSIDE.map((name) => ({ name, message: NO_OUTSIDE })),
      ],
      'no-restricted-properties': ['error', RANDOM, { object: 'Date', property: 'now', message: NO_TIME }],
      'no-restricted-syntax': [
        'error',
        BY_LANGUAGE,
        { selector: "CallExpression[callee.name='Date']", message: NO_TIME },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: NO_TIME },
        {
          selector:
            'MemberExpression > Identifier[name=/^(get|set)(Hours|Minutes|Date|Day|Month|FullYear|TimezoneOffset)$/]',
          message: 'Depends on the time zone of this machine: use the UTC variant.',
        },
      ],
    },
  },
  {
    // Rooms that do I/O and still let the worker own time.
    files: ['src/{net,store,crypto}/**/*.ts'],
    rules: {
      'no-restricted-globals': restrict(TIME, NO_TIME),
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
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'react-hooks/set-state-in-render': 'error',
      'react-hooks/static-components': 'error',
    },
  },
  {
    // What a test pokes at is often what the types forbid.
    files: ['test/**/*.{ts,tsx}', 'e2e/**/*.ts'],
    // `({}, use)` is how Playwright's fixtures say that they need none.
    rules: { '@typescript-eslint/no-empty-object-type': 'off', 'no-empty-pattern': 'off' },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
