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
import { median } from '../../stats.ts';
import type { Conditions, Outcome, Ratio, Series, Study, StudyContext, Table } from '../../study.ts';
import { FIRST_PAGES, firstVisits, FORMS, type Fetched } from './bytes.ts';
import { bytesPerPackage, grownPerPackage } from './figures.ts';
import { measureIdle, type Idle } from './idle.ts';
import { watchFor } from './page.ts';
import { measureRunning, type Amounts, type Running } from './running.ts';

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

/** The issue's: before the worker's wasm. */
const SCRIPTS_GOAL = { value: MAX_FIRST_SCRIPTS_BYTES, percentile: 100, source: '250 kB gzipped' } as const;
const TASK_GOAL = {
  value: CLIENT_LONG_TASK_MS,
  percentile: 100,
  source: 'no long task during a commit',
} as const;

export const study: Study = {
  name: 'client',
  title: 'What a replica costs its browser',
  minutes: { full: 13, quick: 2 },
  run,
};

async function run(context: StudyContext): Promise<Outcome> {
  const amounts = context.quick ? QUICK : FULL;
  const fresh = await firstPages(amounts.starts, context);
  const idle = await measureIdle(amounts.idleWindows, context);
  const running = await measureRunning(amounts, context);
  const series = [...fresh.series, ...runningSeries(running, idle)];
  const perPackage = median(bytesPerPackage(running.storage.samples, 'estimate').map(({ bytes }) => bytes));
  const grown = grownPerPackage(running.stores.before, running.stores.after, amounts.stored);
  const value = grown.find(({ store }) => store === 'values')?.bytes ?? NaN;
  const { empty, filled, blank } = running.memory;
  const ratio = (name: string, over: number, tolerance: number): Ratio => ({
    name,
    value: over,
    better: 'lower',
    tolerance,
  });
  const served = (page: string): number =>
    fresh.fetched.find((one) => one.page === page && one.part === 'page scripts')!.bytes['as served'];
  return {
    series,
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
      { kind: 'box', title: 'Memory of a replica', figure: 'memory', by: 'packages' },
    ],
    tables: [
      bytesTable(fresh.fetched),
      await addressesTable(context.dist),
      {
        title: 'What one package more takes, by object store, at the warehouse that inspected it',
        head: ['object store', 'records for each package', 'bytes for each package'],
        rows: grown.map(({ store, records, bytes }) => [
          store,
          Number(records.toPrecision(3)),
          Math.round(bytes),
        ]),
      },
      tasksTable(running),
    ],
    ratios: [
      ...FIRST_PAGES.map(([page]) =>
        ratio(`scripts of ${page} as served / goal of 250 kB`, served(page) / MAX_FIRST_SCRIPTS_BYTES, 0.05),
      ),
      ratio('storage of one package / bytes of its certified values', perPackage / value, 0.25),
      ratio('memory of a replica / a browser with a blank page', median(empty.samples) / blank, 0.15),
      ratio(
        `memory of a replica after ${amounts.stored} packages / without`,
        median(filled.samples) / median(empty.samples),
        0.25,
      ),
      // Of one core, for each replica: a share, not a percentage.
      ratio('processor when idle, visible, share of a core for each replica', share(idle, 'visible'), 0.5),
      ratio('processor when idle, hidden / visible', share(idle, 'hidden') / share(idle, 'visible'), 0.5),
      ratio(
        `longest task of a commit / ${CLIENT_LONG_TASK_MS} ms`,
        Math.max(...running.traced.samples.longest.slice(1)) / CLIENT_LONG_TASK_MS,
        0.5,
      ),
    ],
    notes: [
      'Bytes are those of one real visit with an empty cache and without the service worker, counted as they came; the same files of the build compressed in other ways stand beside. They are a count, not a measurement: one sample says all. A script that the budget (scripts/budget.ts) counts for the page and that does not come fails the study. The wasm of the pairing library is written in a script of its own, as base64, which the worker loads last. Scripts fetched later are those that a visit fetches ahead of need; they are in the table only.',
      'A fresh profile is a new context of a running browser: nothing cached, nothing compiled. Time runs from the start of the navigation, by the page’s own clock, until the element that a person needs first is in the page.',
      'An existing profile: one of four members closes its page and opens it again; the browser runs on. Times are the page’s own, until the record is open, until the replica has the right to vote (a quorum has told it what it holds of its votes), and until it is linked to all three others.',
      'Without a server: the same with the browser offline, so that the program comes from the service worker and nobody can be reached; until the record is open.',
      'Memory is the proportional set size of all processes of one member’s browser, its own and its page’s. Each member has a browser of its own here; bench/mesh measures contexts of one browser, where the browser itself is shared.',
      'Idle: four linked replicas in four windows of one browser, five seconds after the last thing that happened, the program stored already. Processor time of all processes of the browser, read from the system in windows of 0.6 s; per cent of one core, all four replicas together. Hidden: each window is minimised or has another tab in front, and the browser slows its timers as it does for a user.',
      'Storage is what the browser estimates for the databases, and the size of their folder, which holds what the database has not cleaned up yet. Each package is announced, inspected in six steps and committed in shifts.',
      `A commit’s tasks are watched while the bench page is open: six steps, the commit, and 0.4 s after. Tasks count by the thread’s processor time, which does not depend on who else wants the processor; the browser’s own long tasks, by the clock, stand in the table.`,
    ],
    notComparable: [
      'Neither paper measures a client: its nodes are servers. There is nothing to stand beside but our own goals.',
      'The server and the browser share one machine: the network costs nothing. Over a megabit a second, 250 kB take two seconds.',
      'Memory differs between versions of the browser more than between ours; its ratio to a blank page is what may be compared.',
    ],
    skipped: [],
  };
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
    for (const [address, usable] of FIRST_PAGES) {
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
  const first = fetched.filter(({ part }) => part !== 'scripts fetched later');
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

function runningSeries(running: Running, idle: Idle): readonly Series[] {
  const { memory, starts, offline, traced, storage } = running;
  const stored = Math.max(...storage.samples.map(({ packages }) => packages));
  const looks = [...new Set(storage.samples.map(({ packages }) => packages))];
  const start = (until: 'opened' | 'voter' | 'linked', label: string): Series => {
    const times = starts.samples.map((one) => one[until]!);
    return {
      figure: 'existing profile',
      labels: { until: label },
      unit: 'ms',
      cold: times.slice(0, 1),
      samples: times.slice(1),
      conditions: starts.conditions,
    };
  };
  const offlineTimes = offline.samples.map(({ opened }) => opened);
  return [
    start('opened', 'record open'),
    start('voter', 'may vote'),
    start('linked', 'linked to all'),
    {
      figure: 'existing profile',
      labels: { until: 'record open, without a server' },
      unit: 'ms',
      cold: offlineTimes.slice(0, 1),
      samples: offlineTimes.slice(1),
      conditions: offline.conditions,
    },
    ...(
      [
        [0, memory.empty],
        [stored, memory.filled],
      ] as const
    ).map(([packages, { samples, conditions }]): Series => ({
      figure: 'memory',
      labels: { packages },
      unit: 'MiB',
      samples,
      conditions,
    })),
    {
      figure: 'memory of a browser with a blank page',
      labels: { browsers: 4 },
      unit: 'MiB',
      samples: [memory.blank],
      conditions: memory.empty.conditions,
    },
    ...(['visible', 'hidden'] as const).map((pages): Series => ({
      figure: 'idle',
      labels: { pages },
      unit: '%',
      samples: idle[pages].samples,
      conditions: idle[pages].conditions,
    })),
    {
      figure: 'longest task of a commit',
      labels: { clock: 'processor time' },
      unit: 'ms',
      cold: traced.samples.longest.slice(0, 1),
      samples: traced.samples.longest.slice(1),
      goal: TASK_GOAL,
      conditions: traced.conditions,
    },
    ...looks.flatMap((packages) =>
      (['estimate', 'onDisk'] as const).map((of): Series => ({
        figure: 'storage',
        labels: { packages, of: of === 'estimate' ? 'as estimated' : 'folder' },
        unit: 'MiB',
        samples: storage.samples
          .filter((look) => look.packages === packages)
          .map((look) => look[of] / 2 ** 20),
        conditions: storage.conditions,
      })),
    ),
    ...(['estimate', 'onDisk'] as const).map((of): Series => ({
      figure: 'storage for each package',
      labels: { of: of === 'estimate' ? 'as estimated' : 'folder' },
      unit: 'bytes',
      samples: bytesPerPackage(storage.samples, of).map(({ bytes }) => bytes),
      conditions: storage.conditions,
    })),
  ];
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
    rows: fetched.map(({ page, part, files, bytes }) => [
      page,
      part,
      files,
      ...FORMS.map((form) => bytes[form]),
    ]),
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

function tasksTable({ traced }: Running): Table {
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
