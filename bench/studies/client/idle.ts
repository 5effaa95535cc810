/**
 * What a linked network does when there is nothing to do. Four windows of one browser that is driven by its own protocol: Playwright keeps every
 * page visible and at full speed, and this is about pages that are not.
 */
import { DIRECTORY, members } from '../../../e2e/data.ts';
import { launchRaw, type RawPage } from '../../../e2e/raw-browser.ts';
import { createServer } from '../../../signaling-server/server.ts';
import {
  CLIENT_IDLE_WINDOW_MS,
  CLIENT_START_PATIENCE_MS,
  CLIENT_START_POLL_MS,
  LINK_PATIENCE_MS,
  MESH_SETTLE_MS,
  STORED_PATIENCE_MS,
} from '../../limits.ts';
import { isStored } from '../../page.ts';
import type { StudyContext } from '../../study.ts';
import { makeHere, started } from './page.ts';
import type { Timed } from './running.ts';
import { processorTimes, usedBetween } from './system.ts';

const REPLICAS = 4;

export interface Idle {
  /** Per cent of one core that all four replicas and their browser use together. */
  readonly visible: Timed<readonly number[]>;
  readonly hidden: Timed<readonly number[]>;
}

export async function measureIdle(windows: number, context: StudyContext): Promise<Idle> {
  const server = await createServer({ port: 0, host: '127.0.0.1', root: context.dist });
  try {
    const browser = await launchRaw();
    try {
      context.say('four replicas in one browser: starting');
      const door = await browser.open(`${server.url}/`);
      await until(door, "'countersign' in window", CLIENT_START_PATIENCE_MS);
      const input = { members: members(REPLICAS), directory: DIRECTORY };
      const profiles = await run<readonly string[]>(door, makeHere, input);
      const pages: RawPage[] = [];
      for (const profile of profiles) pages.push(await browser.open(`${server.url}/n/${profile}`));
      await door.close();
      for (const page of pages) {
        const wanted = { here: REPLICAS, poll: CLIENT_START_POLL_MS, patience: LINK_PATIENCE_MS };
        await run(page, started, wanted);
      }
      context.say('four replicas in one browser: waiting until the program is stored');
      for (const page of pages) await until(page, `(${String(isStored)})()`, STORED_PATIENCE_MS);
      const visible = await quiet(await browser.processes(), windows, 'visible', context);
      for (const page of pages) await page.hide();
      const hidden = await quiet(await browser.processes(), windows, 'hidden', context);
      return { visible, hidden };
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

/** Read from the system: a question to the browser would be work of its own. */
async function quiet(
  processes: readonly number[],
  windows: number,
  shown: string,
  context: StudyContext,
): Promise<Timed<readonly number[]>> {
  const { value, conditions } = await context.under(async () => {
    await sleep(MESH_SETTLE_MS);
    const samples: number[] = [];
    let [used, at] = [await processorTimes(processes), performance.now()];
    for (let i = 0; i < windows; i++) {
      await sleep(CLIENT_IDLE_WINDOW_MS);
      const [usedNow, now] = [await processorTimes(processes), performance.now()];
      samples.push((100 * usedBetween(used, usedNow)) / (now - at));
      [used, at] = [usedNow, now];
      if (i % 20 === 0) context.say(`nothing to do, pages ${shown}: ${i} of ${windows} windows`);
    }
    return samples;
  });
  return { samples: value, conditions };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a function of page.ts there; see bench/page.ts on what it may use. */
function run<T>(page: RawPage, work: (input: never) => Promise<T>, input: object): Promise<T> {
  // tsx names inner functions by a helper that does not exist in the page.
  return page.evaluate(`(globalThis.__name ??= (f) => f, (${String(work)})(${JSON.stringify(input)}))`);
}

async function until(page: RawPage, expression: string, patience: number): Promise<void> {
  const end = performance.now() + patience;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > end) throw new Error(`Waited in vain for ${expression}.`);
    await sleep(100);
  }
}
