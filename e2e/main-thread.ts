/** What a page's main thread was busy with, from the browser's own trace. */
import type { Browser, Page } from '@playwright/test';

export interface LongTask {
  /** Processor time of the thread, milliseconds. */
  readonly cpuMs: number;
  /** What took most of it, by the browser's names. */
  readonly parts: readonly string[];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Microseconds on the clock, and of the thread's processor time. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly functionName?: string } };
}

const CATEGORIES = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'];

/**
 * Tasks of more than `limitMs` on the main threads of the browser's pages while `run` goes on.
 *
 * Counted in processor time, not by the clock: a task of 10 ms takes 60 ms where six others want the same two cores, and a PerformanceObserver
 * for `longtask` tells of that as if the page had done it. The thread's own time is what the page costs wherever it runs.
 */
export async function longTasks(
  browser: Browser,
  page: Page,
  limitMs: number,
  run: () => Promise<void>,
): Promise<{ readonly tasks: number; readonly longest: number; readonly long: readonly LongTask[] }> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await run().catch(async (error: unknown) => {
    await browser.stopTracing();
    throw error;
  });
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const events = trace.traceEvents;
  const mains = new Set(
    events
      .filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      .map((event) => `${event.pid} ${event.tid}`),
  );
  const onMain = events.filter(
    (event) => event.ph === 'X' && event.tdur !== undefined && mains.has(`${event.pid} ${event.tid}`),
  );
  const tasks = onMain.filter((event) => TASK.test(event.name));
  const long = tasks
    .filter((task) => task.tdur! > limitMs * 1000)
    .map((task) => ({ cpuMs: Math.round(task.tdur! / 1000), parts: partsOf(task, onMain) }));
  return { tasks: tasks.length, longest: Math.max(0, ...tasks.map((task) => task.tdur! / 1000)), long };
}

/** By version of the browser. */
const TASK = /^(?:ThreadControllerImpl::)?RunTask$/;

function partsOf(task: TraceEvent, events: readonly TraceEvent[]): string[] {
  return events
    .filter(
      (event) =>
        event !== task &&
        !TASK.test(event.name) &&
        event.tid === task.tid &&
        event.pid === task.pid &&
        event.ts >= task.ts &&
        event.ts < task.ts + task.dur!,
    )
    .sort((a, b) => b.tdur! - a.tdur!)
    .slice(0, 6)
    .map(
      (event) => `${event.name} ${event.args?.data?.functionName ?? ''} ${Math.round(event.tdur! / 1000)} ms`,
    );
}
