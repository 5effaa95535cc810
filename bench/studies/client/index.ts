/**
 * What a replica costs the browser that is one: what it fetches before it can be used, how long it takes to start, its memory, its storage, its
 * processor time when there is nothing to do, and what a commit does to the page's own thread.
 */
import { chromium, type Browser } from '@playwright/test';
import { BROWSER_FLAGS, findOrInstallBrowser, PERMISSIONS } from '../../../scripts/browser.ts';
import { measured, readScripts } from '../../../scripts/budget.ts';
import { createServer } from '../../../signaling-server/server.ts';
import { MAX_FIRST_SCRIPTS_BYTES, MAX_WORKER_SCRIPTS_BYTES } from '../../../src/app/limits.ts';
import {
  CLIENT_IDLE_WINDOWS,
  CLIENT_LONG_TASK_MS,
  CLIENT_MEMORY_READS,
  CLIENT_START_PATIENCE_MS,
  CLIENT_STARTS,
  CLIENT_STORED_AT_ONCE,
  CLIENT_STORED_PACKAGES,
  CLIENT_TRACED_COMMITS,
} from '../../limits.ts';
import { attempt } from '../../part.ts';
import { median, percentile } from '../../stats.ts';
import type { Conditions, Outcome, Ratio, Series, Study, StudyContext, Table } from '../../study.ts';
import { FIRST_PAGES, firstVisits, FORMS, type Fetched } from './bytes.ts';
import { byBls, bytesPerPackage, grownPerPackage, startTimes, weightOf } from './figures.ts';
import { measureIdle, type Idle } from './idle.ts';
import { watchFor } from './page.ts';
import {
  measureFilled,
  measureRunning,
  REPLICAS,
  type Amounts,
  type Filled,
  type Running,
  type Stored,
  type Weight,
} from './running.ts';

const FULL: Amounts = {
  starts: CLIENT_STARTS,
  idleWindows: CLIENT_IDLE_WINDOWS,
  memoryReads: CLIENT_MEMORY_READS,
  traced: CLIENT_TRACED_COMMITS,
  stored: CLIENT_STORED_PACKAGES,
  storedAtOnce: CLIENT_STORED_AT_ONCE,
};
const QUICK: Amounts = {
  starts: 4,
  idleWindows: 5,
  memoryReads: 2,
  traced: 3,
  stored: 40,
  storedAtOnce: 20,
};

/** What a person waits for; the worker's scripts come while the page can be used already. */
const SCRIPTS_GOAL = {
  value: MAX_FIRST_SCRIPTS_BYTES,
  percentile: 100,
  source: '250 kB gzipped, scripts of the page’s own thread',
} as const;
const TASK_GOAL = {
  value: CLIENT_LONG_TASK_MS,
  percentile: 100,
  source: 'no long task during a commit',
} as const;

/** Of the first pages, those that a replica starts from; the third verifies a file and is counted in bytes alone. */
const TIMED_PAGES: readonly string[] = ['/', '/demo'];

export const study: Study = {
  name: 'client',
  title: 'What a replica costs its browser',
  // Counted for two quiet cores; a full run took 11. 202 visits with a fresh profile, 2; four idle replicas, 2; four more and 1,000 packages, 2; another
  // four, their 104 starts, 2.5, and 101 without a server, 1; 101 traced commits, 1.5. Quick: the same with a few of each.
  minutes: { full: 12, quick: 2 },
  run,
};

async function run(context: StudyContext): Promise<Outcome> {
  const amounts = context.quick ? QUICK : FULL;
  const found = { series: [] as Series[], notes: [] as string[] };
  const fresh = await attempt('first pages', context, found, () => firstPages(amounts.starts, context));
  const idle = await attempt('nothing to do', context, found, () =>
    measureIdle(amounts.idleWindows, context),
  );
  const filled = await attempt('four replicas and their packages', context, found, () =>
    measureFilled(amounts, context, found),
  );
  const running = await attempt('four replicas that start and commit', context, found, () =>
    measureRunning(amounts, context, found),
  );
  return {
    series: [
      ...found.series,
      ...(fresh?.series ?? []),
      ...(idle ? idleSeries(idle) : []),
      ...(running ? runningSeries(running) : []),
      ...(filled?.stored ? storageSeries(filled.stored) : []),
    ],
    plots: [
      {
        kind: 'box',
        title: 'Until a first page can be used, fresh profile',
        figure: 'fresh profile, page usable',
        by: 'page',
      },
      { kind: 'box', title: 'An existing profile starts', figure: 'existing profile', by: 'until' },
      {
        kind: 'stacked',
        title: 'Fetched by a first visit, as served',
        figure: 'fetched by a first visit',
        by: 'page',
        stack: 'part',
        where: { form: 'as served' },
      },
      {
        kind: 'line',
        title: 'Storage of one replica by packages',
        figure: 'storage',
        by: 'packages',
        split: 'of',
      },
      { kind: 'box', title: 'Processor use with nothing to do, four replicas', figure: 'idle', by: 'pages' },
    ],
    tables: [
      ...(fresh ? [bytesTable(fresh.fetched)] : []),
      await addressesTable(context.dist),
      ...(filled ? memoryTables(filled, amounts.stored) : []),
      ...(filled?.stored ? storageTables(filled.stored, amounts.stored) : []),
      ...(running?.traced ? [tasksTable(running.traced)] : []),
    ],
    ratios: ratiosOf(fresh?.fetched ?? [], idle, filled, running, amounts.stored),
    notes: [
      ...found.notes,
      'Bytes are those of one real visit with an empty cache and without the service worker, counted as they came; the same files of the build compressed in other ways stand beside. They are a count, not a measurement: one sample says all. A script that the budget (scripts/budget.ts) counts for the page or its worker and that does not come fails the study. The wasm of the pairing library is written in a script of its own, as base64, which the worker loads last. What a visit fetches ahead of need, the barcode reader and its wasm among it, is in the table only. The goal is about the scripts of the page’s own thread, which a person waits for; the worker’s have a limit of their own, and the table has both together.',
      'A fresh profile is a new context of a running browser: nothing cached, nothing compiled. Time runs from the start of the navigation, by the page’s own clock, until the element that a person needs first is in the page.',
      'An existing profile: one of four members closes its page and opens it again; the browser runs on. Times are the page’s own, until the record is open, until the replica has the right to vote (a quorum has told it what it holds of its votes), and until it is linked to all three others. The first start of each of the four is cold.',
      'Without a server: the same with the browser offline, so that the program comes from the service worker and nobody can be reached; until the record is open. It is one of the four members, each time, right after those starts and with the same empty record.',
      'Memory is the proportional set size of all processes of one member’s browser, its own and its page’s, read ten times within seconds, five seconds after the last thing that happened, in a network that nothing else was done with: four browsers, not forty samples, so it stands in a table. Each member has a browser of its own here; bench/mesh measures contexts of one browser, where the browser itself is shared.',
      'Idle: four linked replicas in four windows of one browser, five seconds after the last thing that happened, the program stored already. Processor time of all processes of the browser, read from the system in windows of 0.5 s; per cent of one core, all four replicas together. Hidden: each window is minimised or has another tab in front, and the browser slows its timers as it does for a user.',
      'Storage is what the browser estimates for the databases, and the size of their folder. A database keeps for a while what was overwritten. Each package is announced, inspected in six steps and committed in shifts.',
      `A commit’s tasks are watched while the bench page is open: six steps, the commit, and 0.4 s after. Tasks count by the thread’s processor time, which does not depend on who else wants the processor; the browser’s own long tasks, by the clock, stand in the table.`,
    ],
    notComparable: [
      'Neither paper measures a client: its nodes are servers. There is nothing to stand beside but our own goals.',
      'The server and the browser share one machine: the network costs nothing. Over a megabit a second, 250 kB take two seconds.',
      'Memory differs between versions of the browser more than between ours; its ratio to a blank page is what may be compared.',
    ],
    skipped: [
      'The time of a first visit to /verify: no replica starts there. Its bytes are counted.',
      'The start of the browser itself: it runs on in all starts, so that its code caches are warm, and its own second is not counted.',
    ],
  };
}

/** Of whatever was measured. */
function ratiosOf(
  fetched: readonly Fetched[],
  idle: Idle | null,
  filled: Filled | null,
  running: Running | null,
  packages: number,
): readonly Ratio[] {
  const ratio = (name: string, value: number, tolerance: number): Ratio => ({
    name,
    value,
    better: 'lower',
    tolerance,
  });
  const { memory, stored } = filled ?? {};
  const traced = running?.traced;
  const [without, after] = [memory?.empty, memory?.filled].map((one) => (one ? weightOf(one.samples) : null));
  return [
    ...fetched
      .filter(({ part }) => part === 'page scripts')
      .map(({ page, bytes }) =>
        ratio(
          `scripts of ${page} as served / goal of 250 kB`,
          bytes['as served'] / MAX_FIRST_SCRIPTS_BYTES,
          0.05,
        ),
      ),
    ...(stored?.stores
      ? [
          ratio(
            'storage of one package / bytes of its certified values',
            median(bytesPerPackage(stored.looks.samples, 'estimate').map(({ bytes }) => bytes)) /
              (grownOf(stored, packages).find(({ store }) => store === 'values')?.bytes ?? NaN),
            0.25,
          ),
        ]
      : []),
    ...(memory && without
      ? [ratio('memory of a replica / a browser with a blank page', without / memory.blank, 0.15)]
      : []),
    ...(without && after
      ? [ratio(`memory of a replica after ${packages} packages / without`, after / without, 0.25)]
      : []),
    ...(idle
      ? [
          ratio(
            'processor time of an idle replica in a second, visible / BLS job',
            byBls(1000 * share(idle, 'visible'), idle.visible.conditions),
            0.5,
          ),
          ratio('processor when idle, hidden / visible', share(idle, 'hidden') / share(idle, 'visible'), 0.5),
        ]
      : []),
    ...(traced
      ? [
          ratio(
            'longest task of a commit, p90 / BLS job',
            byBls(
              percentile(
                traced.samples.longest.slice(1).sort((a, b) => a - b),
                90,
              ),
              traced.conditions,
            ),
            0.5,
          ),
        ]
      : []),
  ];
}

const grownOf = ({ stores }: Stored, packages: number): ReturnType<typeof grownPerPackage> =>
  stores ? grownPerPackage(stores.before, stores.after, packages) : [];

/** Four browsers are no hundred samples: least, middle and most of what each was seen to take, and what the middle is made of. */
function memoryTables({ memory }: Filled, packages: number): readonly Table[] {
  const all = [
    ...(memory.empty?.samples.map((one) => ({ one, when: 0 })) ?? []),
    ...(memory.filled?.samples.map((one) => ({ one, when: packages })) ?? []),
  ];
  const kinds = [...new Set(all.flatMap(({ one }) => Object.keys(one.kinds)))];
  const tenth = (size: number): number => Number(size.toFixed(1));
  const sizes = ({ reads }: Weight): number[] =>
    [Math.min(...reads), median(reads), Math.max(...reads)].map(tenth);
  const blank = tenth(memory.blank);
  return [
    {
      title: 'Memory of one member’s browser, MiB',
      head: ['member', 'packages', 'reads', 'least', 'middle', 'most'],
      rows: [
        ['a blank page instead, mean of the four', '', 1, blank, blank, blank],
        ...all.map(({ one, when }) => [one.member, when, one.reads.length, ...sizes(one)]),
      ],
    },
    {
      title: 'The same by kind of process, middle reads; page and worker are the renderer',
      head: ['member', 'packages', ...kinds],
      rows: all.map(({ one, when }) => [
        one.member,
        when,
        ...kinds.map((kind) => tenth(one.kinds[kind] ?? 0)),
      ]),
    },
  ];
}

function storageTables(stored: Stored, packages: number): readonly Table[] {
  const onDisk = bytesPerPackage(stored.looks.samples, 'onDisk');
  return [
    {
      title: 'What one package more takes at each member, bytes',
      head: ['member', 'as estimated', 'folder'],
      rows: bytesPerPackage(stored.looks.samples, 'estimate').map(({ member, bytes }, i) => [
        member,
        Math.round(bytes),
        Math.round(onDisk[i]!.bytes),
      ]),
    },
    {
      title: 'What one package more takes, by object store, at the warehouse that inspected it',
      head: ['object store', 'records for each package', 'bytes for each package'],
      rows: grownOf(stored, packages).map(({ store, records, bytes }) => [
        store,
        Number(records.toPrecision(3)),
        Math.round(bytes),
      ]),
    },
  ];
}

async function firstPages(
  starts: number,
  context: StudyContext,
): Promise<{ readonly fetched: readonly Fetched[]; readonly series: readonly Series[] }> {
  const found = findOrInstallBrowser();
  if (!found.ok) throw new Error(found.message);
  const server = await createServer({ port: 0, host: '127.0.0.1', root: context.dist });
  let browser: Browser | null = null;
  try {
    browser = await chromium.launch({ executablePath: found.path, args: [...BROWSER_FLAGS] });
    const opened = browser;
    const visits = await context.under(() =>
      firstVisits(opened, server.url, context.dist, (line) => context.say(line)),
    );
    const series: Series[] = bytesSeries(visits.value, visits.conditions);
    for (const [address, usable] of FIRST_PAGES.filter(([page]) => TIMED_PAGES.includes(page))) {
      const { value, conditions } = await context.under(async () => {
        const times: number[] = [];
        for (let i = 0; i <= starts; i++) {
          times.push(await firstStart(opened, server.url + address, usable));
          if (i % 25 === 0) context.say(`fresh profile, ${address}: ${i} of ${starts}`);
        }
        return times;
      });
      series.push({
        figure: 'fresh profile, page usable',
        labels: { page: address },
        unit: 'ms',
        cold: value.slice(0, 1),
        samples: value.slice(1),
        conditions,
      });
    }
    return { fetched: visits.value, series };
  } finally {
    await browser?.close();
    await server.close();
  }
}

/** Milliseconds from the start of the navigation. */
async function firstStart(browser: Browser, url: string, usable: string): Promise<number> {
  const context = await browser.newContext({
    permissions: [...PERMISSIONS],
    locale: 'en-GB',
    serviceWorkers: 'block',
  });
  try {
    await context.addInitScript({ content: 'globalThis.__name = (f) => f;' });
    const page = await context.newPage();
    await page.addInitScript(watchFor, usable);
    await page.goto(url, { waitUntil: 'commit' });
    const at = await page.waitForFunction(() => globalThis.benchUsableAt, undefined, {
      timeout: CLIENT_START_PATIENCE_MS,
    });
    return (await at.jsonValue())!;
  } finally {
    await context.close();
  }
}

function bytesSeries(fetched: readonly Fetched[], conditions: Conditions): Series[] {
  const first = fetched.filter(({ part }) => part !== 'fetched ahead of need');
  return first.flatMap(({ page, part, bytes }) =>
    FORMS.map((form): Series => {
      const goal =
        part === 'page scripts' && (form === 'as served' || form === 'gzip -9') ? { goal: SCRIPTS_GOAL } : {};
      const labels = { page, part, form };
      return {
        figure: 'fetched by a first visit',
        labels,
        unit: 'bytes',
        samples: [bytes[form]],
        ...goal,
        conditions,
      };
    }),
  );
}

const idleSeries = (idle: Idle): readonly Series[] =>
  (['visible', 'hidden'] as const).map((pages) => ({
    figure: 'idle',
    labels: { pages },
    unit: '%',
    samples: idle[pages].samples,
    conditions: idle[pages].conditions,
  }));

function runningSeries({ starts, offline, traced }: Running): readonly Series[] {
  const start = (
    of: NonNullable<Running['starts']>,
    until: 'opened' | 'voter' | 'linked',
    label: string,
    members: number,
  ): Series => ({
    figure: 'existing profile',
    labels: { until: label },
    unit: 'ms',
    ...startTimes(of.samples, until, members),
    conditions: of.conditions,
  });
  return [
    ...(starts
      ? [
          start(starts, 'opened', 'record open', REPLICAS),
          start(starts, 'voter', 'may vote', REPLICAS),
          start(starts, 'linked', 'linked to all', REPLICAS),
        ]
      : []),
    ...(offline ? [start(offline, 'opened', 'record open, without a server', 1)] : []),
    ...(traced
      ? [
          {
            figure: 'longest task of a commit',
            labels: { clock: 'processor time' },
            unit: 'ms',
            cold: traced.samples.longest.slice(0, 1),
            samples: traced.samples.longest.slice(1),
            goal: TASK_GOAL,
            conditions: traced.conditions,
          } as const,
        ]
      : []),
  ];
}

function storageSeries({ looks: { samples: looks, conditions } }: Stored): readonly Series[] {
  return [...new Set(looks.map(({ packages }) => packages))].flatMap((packages) =>
    (['estimate', 'onDisk'] as const).map((of): Series => ({
      figure: 'storage',
      labels: { packages, of: of === 'estimate' ? 'as estimated' : 'folder' },
      unit: 'MiB',
      samples: looks.filter((look) => look.packages === packages).map((look) => look[of] / 2 ** 20),
      conditions,
    })),
  );
}

/** Of one core, for each replica. */
function share(idle: Idle, pages: 'visible' | 'hidden'): number {
  const { samples } = idle[pages];
  return samples.reduce((sum, percent) => sum + percent, 0) / samples.length / 100 / 4;
}

function bytesTable(fetched: readonly Fetched[]): Table {
  return {
    title: 'Fetched by a first visit, bytes',
    head: ['page', 'part', 'files', ...FORMS],
    rows: [...new Set(fetched.map(({ page }) => page))].flatMap((page) => {
      const here = fetched.filter((one) => one.page === page);
      const row = (part: string, of: readonly Fetched[]): (string | number)[] => [
        page,
        part,
        of.reduce((sum, { files }) => sum + files, 0),
        ...FORMS.map((form) => of.reduce((sum, { bytes }) => sum + bytes[form], 0)),
      ];
      return [
        ...here.map((one) => row(one.part, [one])),
        row(
          'scripts of page and worker together',
          here.filter(({ part }) => part === 'page scripts' || part === 'worker scripts'),
        ),
      ];
    }),
  };
}

/** Also of the pages that a visitor cannot come to first. */
async function addressesTable(dist: string): Promise<Table> {
  const all = measured(await readScripts(dist)).filter(({ language }) => language === 'en');
  return {
    title: `Scripts of every address, gzipped, by the modules of the build (goal: ${MAX_FIRST_SCRIPTS_BYTES} on the page, ${MAX_WORKER_SCRIPTS_BYTES} in the worker)`,
    head: ['address', 'page', 'worker', 'page, of the goal'],
    rows: [...all]
      .sort((a, b) => b.pageBytes - a.pageBytes)
      .map(({ address, pageBytes, workerBytes }) => [
        address,
        pageBytes,
        workerBytes,
        `${Math.round((100 * pageBytes) / MAX_FIRST_SCRIPTS_BYTES)} %`,
      ]),
  };
}

function tasksTable(traced: NonNullable<Running['traced']>): Table {
  const { longest, tasks, long, byTheClock } = traced.samples;
  return {
    title: `Tasks of the bench page's main thread during ${longest.length - 1} commits`,
    head: ['what', 'value'],
    rows: [
      ['tasks', tasks],
      [`over ${CLIENT_LONG_TASK_MS} ms of processor time`, long.length],
      ['longest, ms of processor time', Number(Math.max(...longest.slice(1)).toFixed(1))],
      ['long tasks by the clock, as the browser tells them (the first commit too)', byTheClock.length],
      ['longest of them, ms', Math.round(Math.max(0, ...byTheClock))],
      ...long.slice(0, 5).map(({ cpuMs, parts }) => [`one of ${cpuMs} ms`, parts.join('; ')] as const),
    ],
  };
}
