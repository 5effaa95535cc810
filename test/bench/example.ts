/** Results of made-up studies with every kind of plot: what the tests of the report look at. */
import type { StudyResult } from '../../bench/report/result.ts';
import type { Outcome, Series } from '../../bench/study.ts';

/** The same figures each time: a test that fails fails again. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Like latencies: many near the median, few far above it. */
export function latencies(n: number, median: number, random: () => number): number[] {
  return Array.from({ length: n }, () => {
    const bell = random() + random() + random() + random() - 2;
    const tail = random() < 0.03 ? 0.5 + random() * 0.8 : 0;
    return Math.round(median * Math.exp(bell * 0.45 + tail) * 1000) / 1000;
  });
}

export const conditions = { bls: [92, 95], load: [0.6, 1.8] } as const;

export function series(figure: string, samples: readonly number[], more: Partial<Series> = {}): Series {
  return { figure, labels: {}, unit: 'ms', samples, conditions, ...more };
}

export const EMPTY: Outcome = {
  series: [],
  plots: [],
  tables: [],
  ratios: [],
  notes: [],
  notComparable: [],
  skipped: [],
};

export const outcome = (more: Partial<Outcome>): Outcome => ({ ...EMPTY, ...more });

export function result(
  study: string,
  found: Partial<Outcome> | null,
  more: Partial<StudyResult> = {},
): StudyResult {
  return {
    format: 1,
    study,
    title: study,
    date: '2026-11-22T14:03:00.000Z',
    minutes: 12.4,
    quick: false,
    machine: {
      cpu: 'Example processor',
      cores: 2,
      memoryGib: 24,
      system: 'linux 6.18',
      node: 'v20.1.0',
      fileSystem: 'ext4',
    },
    chromium: '156.0.1',
    revision: '0123456789',
    outcome: found && outcome(found),
    failed: null,
    ...more,
  };
}

const ENDPOINTS = ['create', 'start', 'scan', 'validate', 'quality', 'label', 'commit'];

/** One of each kind: box (numbers and names, split, logarithmic), stacked (numbers and names), line, timeline, tables, marks. */
export function examples(): readonly StudyResult[] {
  const random = randomNumbers(7);
  const sizes = [4, 7, 10, 13, 16];
  const sessions = sizes.flatMap((replicas) =>
    [1, 2].flatMap((l2) =>
      ENDPOINTS.map((endpoint, i) =>
        series('endpoint', latencies(100, i === 6 ? 30 + replicas * 8 : 2 + i * 0.4 + l2, random), {
          labels: { replicas, l2, endpoint },
          cold: [40 + i],
          ...(i === 6 && {
            published: [
              { value: 240.4 + replicas * 12, source: 'Session paper, table 2: mean of 100 workflows' },
            ],
            goal: { value: 100, percentile: 50, source: 'A commit within a tenth of a second' },
          }),
          ...(endpoint === 'scan' && {
            goal: { value: 16, percentile: 99, source: 'A step answers within a frame' },
          }),
        }),
      ),
    ),
  );
  const gossip = [4, 7, 13, 16, 25, 40].flatMap((replicas) =>
    [5, 7, 10, 14].flatMap((degree, i) =>
      [1, 2].map((topology) =>
        series('commit latency', latencies(60, 350 + replicas * 12 - i * 20, random), {
          labels: { replicas, degree, topology },
          ...(replicas === 40 &&
            degree === 7 && {
              published: [{ value: 4_000, source: 'BeauForT, Fig. 5: within 4 s with 100 browsers' }],
            }),
        }),
      ),
    ),
  );
  const scale = [16, 40, 100, 300, 1_000].flatMap((replicas) =>
    ['simulated', 'in browsers'].flatMap((where) =>
      where === 'in browsers' && replicas > 40
        ? []
        : [
            series('commit latency', latencies(100, 200 + 120 * Math.log2(replicas), random), {
              labels: { replicas, where },
            }),
          ],
    ),
  );
  const engines = [
    'Countersign, one by one',
    'Countersign, as a shift',
    'CometBFT, default timeouts',
    'CometBFT, tuned',
    'Yjs over y-webrtc (no agreement)',
  ];
  const peers = engines.flatMap((engine, i) =>
    ['loopback', '60 ms links'].map((network, k) =>
      series(
        'write to confirmed',
        latencies(
          i === 4 && k === 1 ? 4 : 100,
          [40, 9, 1_050, 130, 3][i]! + k * [180, 180, 250, 260, 61][i]!,
          random,
        ),
        {
          labels: { engine, network },
        },
      ),
    ),
  );
  const parts = ['run steps again', 'CBOR', 'signatures', 'disk', 'garbage collection', 'sending'];
  const profile = ['one by one', 'as a shift', 'every step through L1'].flatMap((way, i) =>
    parts.map((part, k) =>
      series('processor time of a session', [(k + 2) * [8, 1, 25][i]!], { labels: { way, part } }),
    ),
  );
  const failures = Array.from({ length: 300 }, (_, i): readonly [number, number] => {
    const failing = i > 60 && i < 180 && random() < 0.15;
    return [i + 0.5, 420 + random() * 160 + (failing ? 1_500 * random() : 0)];
  });
  return [
    result(
      'client',
      {
        series: [
          series('script before first use, gzipped', [192_400], {
            unit: 'bytes',
            goal: { value: 250_000, percentile: 100, source: '250 kB before the worker’s wasm' },
          }),
          series('sessions at saturation', latencies(30, 37, random), {
            unit: '/s',
            labels: { replicas: 4 },
            goal: { value: 50, percentile: 50, source: 'Our own' },
          }),
        ],
        notes: ['Bytes are those that cross the wire.'],
        skipped: ['Long tasks in Firefox: the browser does not tell them.'],
      },
      { title: 'Client: what a browser has to bear', quick: true },
    ),
    result(
      'sessions',
      {
        series: sessions,
        plots: [
          {
            kind: 'stacked',
            title: 'A workflow, by endpoint, one L2 node',
            figure: 'endpoint',
            by: 'replicas',
            stack: 'endpoint',
            where: { l2: 1 },
          },
          {
            kind: 'box',
            title: 'Commit, by replicas and L2 nodes',
            figure: 'endpoint',
            by: 'replicas',
            split: 'l2',
            where: { endpoint: 'commit' },
          },
        ],
        ratios: [
          { name: 'L2 step / L1 commit, 4 replicas', value: 0.061, better: 'lower', tolerance: 0.25 },
          { name: 'Sessions as a shift / one by one', value: 8.4, better: 'higher', tolerance: 0.35 },
        ],
        notes: ['A hundred workflows each. The first is cold.', 'All replicas share one disk.'],
        notComparable: ['The paper ran in Docker containers on other hardware.', 'Its figures are means.'],
      },
      { title: 'Sessions: the session paper’s tables' },
    ),
    result(
      'gossip',
      {
        series: gossip,
        plots: [
          {
            kind: 'box',
            title: 'Commit latency by replicas and degree',
            figure: 'commit latency',
            by: 'replicas',
            split: 'degree',
            logarithmic: true,
          },
          {
            kind: 'timeline',
            title: 'A quarter of 16 replicas fails, one every 30 s',
            unit: 'ms',
            points: failures,
            marks: [
              { at: 60, text: 'replica 13 stops' },
              { at: 90, text: 'replica 14 stops' },
              { at: 120, text: 'replica 15 stops' },
              { at: 150, text: 'replica 16 stops' },
            ],
          },
        ],
        notComparable: ['The paper has a machine for every one to five browsers.'],
      },
      {
        title: 'Gossip: BeauForT in real browsers',
        failed: { date: '2026-11-23T08:00:00.000Z', message: 'a browser ended unasked' },
      },
    ),
    result(
      'scale',
      {
        series: scale,
        plots: [
          {
            kind: 'line',
            title: 'Commit latency by replicas, simulated beside measured',
            figure: 'commit latency',
            by: 'replicas',
            split: 'where',
            logarithmic: true,
          },
        ],
        tables: [
          {
            title: 'Error of the simulator',
            head: ['replicas', 'measured', 'simulated', 'error'],
            rows: [
              [16, 680, 655, '−3.7 %'],
              [40, 838, 871, '+3.9 %'],
            ],
          },
        ],
      },
      {
        title: 'Scale: the simulator at 100 and more',
        machine: {
          cpu: 'Another processor',
          cores: 8,
          memoryGib: 64,
          system: 'linux 6.1',
          node: 'v22.0.0',
          fileSystem: null,
        },
      },
    ),
    result(
      'peers',
      {
        series: [...peers, ...profile],
        plots: [
          {
            kind: 'box',
            title: 'From write to confirmed, side by side',
            figure: 'write to confirmed',
            by: 'engine',
            split: 'network',
            logarithmic: true,
          },
          {
            kind: 'stacked',
            title: 'Where processor time of a session goes',
            figure: 'processor time of a session',
            by: 'way',
            stack: 'part',
          },
          { kind: 'box', title: 'Of what was skipped', figure: 'nothing', by: 'engine' },
        ],
        skipped: ['CometBFT with a quarter stopped: go is not installed.'],
      },
      { title: 'Peers: what one would take instead' },
    ),
  ];
}
