/** What the package is made of: the names that applications import, the sources behind them, and the files that they become. */

export interface Entry {
  /** Below the package's name: `.` is `countersign` itself. */
  readonly name: '.' | './react' | './inspector' | './testing' | './testing/simulator';
  readonly source: string;
  /** In `dist/`, without extension. */
  readonly file: string;
  readonly platform: 'browser' | 'node';
}

export const ENTRIES: readonly Entry[] = [
  { name: '.', source: 'src/index.ts', file: 'index', platform: 'browser' },
  { name: './react', source: 'src/react/index.ts', file: 'react', platform: 'browser' },
  { name: './inspector', source: 'src/inspector/index.ts', file: 'inspector', platform: 'browser' },
  { name: './testing', source: 'testing/index.ts', file: 'testing', platform: 'node' },
  { name: './testing/simulator', source: 'testing/simulator.ts', file: 'simulator', platform: 'node' },
];

/** The replica's worker: a whole script without imports, so that it runs from wherever a bundler or a development server puts it. */
export const WORKER = { source: 'src/worker/kv/worker.ts', file: 'worker' } as const;

export const STYLES = {
  name: './inspector.css',
  source: 'src/inspector/inspector.css',
  file: 'inspector.css',
} as const;

/** What the application brings itself: two copies of React or of Playwright in one program do not work. */
export const PEERS = ['react', 'react-dom', '@playwright/test', 'playwright-core'] as const;
