/** One organisation's browser: its page, what a test may ask of the replica behind it, and what can befall it. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import type {
  Key,
  NetworkState,
  PackageDetail,
  Result,
  ServiceRequest,
  SessionError,
  SessionView,
  WorkerApi,
} from '../src/worker/api.ts';
import {
  CONTEXT_OPTIONS,
  WITH_SERVICE_WORKER,
  killBrowser,
  killRenderer,
  launchPersistent,
} from './browser.ts';
import type { MemberData, Notice } from './data.ts';

/** Calls that carry a function or a port do not cross from a test into a page. */
type Callable = Exclude<keyof WorkerApi, 'subscribe' | 'trace' | 'connectPage' | 'visible'>;

/**
 * A wait that is not over then has failed, milliseconds. The longest, thirteen browsers that become a mesh, takes 20 s on two busy cores; a
 * CI machine has been five times slower. It costs nothing where all is well, and is less than a test has (playwright.config.ts).
 */
const PATIENCE = 120_000;
const POLL_MS = 40;

export interface ReplicaOptions {
  readonly index: number;
  readonly member: MemberData;
  readonly origin: string;
  /** `/n/` or, where faults are wanted, `/demo/pane/`. */
  readonly base: string;
  readonly browser: Browser;
  /** Storage on disk, in a browser of its own; null: in memory, in a context of `browser`. */
  readonly folder: string | null;
  /** It stores the program, as a person's browser does; left out: not. In memory only. */
  readonly serviceWorker?: boolean;
}

export class Replica {
  readonly index: number;
  readonly member: MemberData;
  /** What went wrong in its pages and was not asked for: exceptions, and everything the content security policy blocked. */
  readonly complaints: string[] = [];
  /** Set once its key is made. */
  profile = '';
  readonly #options: ReplicaOptions;
  #context: BrowserContext | null = null;
  #page: Page | null = null;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.index = options.index;
    this.member = options.member;
  }

  /** Its first page. @throws while it is closed. */
  get page(): Page {
    if (!this.#page) throw new Error(`${this.member.name} has no page open.`);
    return this.#page;
  }

  /** Where its browser has its storage; null: in memory. */
  get folder(): string | null {
    return this.#options.folder;
  }

  /** Its browser or context runs, with pages or without. */
  get hasBrowser(): boolean {
    return this.#context !== null;
  }

  get isOpen(): boolean {
    return this.#page !== null;
  }

  /** Where the pages of its network are, for example `path('bench')`. */
  path(page = ''): string {
    return `${this.#options.base}${this.profile}${page === '' ? '' : `/${page}`}`;
  }

  /** Waits until the page has what it fetches ahead of need, so that it can do without the server it came from. */
  async fetchedAhead(): Promise<void> {
    await this.page.waitForFunction(
      // src/ui/preload.ts sets it.
      () => performance.getEntriesByName('countersign:fetched').length > 0,
      undefined,
      { timeout: PATIENCE },
    );
  }

  /** Opens an address of the app in its first page, and waits until the app answers. */
  async goto(path: string): Promise<void> {
    this.#page ??= await this.#newPage();
    await this.#page.goto(this.#options.origin + path);
    await answering(this.#page);
  }

  /** A further page of the same browser, thus with the same identity. */
  async openTab(path: string): Promise<Page> {
    const page = await this.#newPage();
    await page.goto(this.#options.origin + path);
    await answering(page);
    return page;
  }

  // ---- the replica ----

  /** One call of src/worker/api.ts, through the page. */
  call<M extends Callable>(
    method: M,
    ...args: Parameters<WorkerApi[M]>
  ): Promise<Awaited<ReturnType<WorkerApi[M]>>> {
    return callOn(this.page, method, ...args);
  }

  /** The newest state; null until a network is open. */
  state(): Promise<NetworkState | null> {
    return this.call('state');
  }

  /** Waits until the state fulfils the condition, and gives that state. `what` is for the failure's message. */
  async waitFor(
    condition: (state: NetworkState) => boolean,
    what: string,
    page = this.page,
  ): Promise<NetworkState> {
    let last: NetworkState | null = null;
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      last = await callOn(page, 'state').catch(ignoreNavigation);
      if (last && condition(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(
      `${this.member.name} waited ${PATIENCE / 1000} s for: ${what}. It is at:\n${summary(last)}`,
    );
  }

  /** Waits until this session is committed, and gives the version. */
  async committed(sessionId: string): Promise<number> {
    const state = await this.waitFor(
      (now) =>
        now.sessions.some(
          (s) => s.id === sessionId && s.status.state !== 'voting' && s.status.state !== 'local',
        ),
      `session ${sessionId} to be committed`,
    );
    const status = state.sessions.find((s) => s.id === sessionId)?.status;
    if (status?.state !== 'committed') throw new Error(`Not committed: ${JSON.stringify(status)}`);
    return status.version;
  }

  /** Waits until this replica holds the package at this version or a later one. */
  async holds(sscc: string, version: number): Promise<PackageDetail> {
    let held: PackageDetail | null = null;
    await expect
      .poll(
        async () => {
          held = await this.call('package', sscc).catch(ignoreNavigation);
          return held?.summary.version ?? 0;
        },
        { message: `${this.member.name} to hold version ${version} of ${sscc}`, timeout: PATIENCE },
      )
      .toBeGreaterThanOrEqual(version);
    return held!;
  }

  /** Announces a package; committed when it resolves, unless `wait` is false. */
  async announce(notice: Notice, wait = true): Promise<SessionView> {
    const session = unwrap(await this.call('createPackage', notice.envelope));
    if (wait) await this.committed(session.id);
    return session;
  }

  /** Starts a session and takes the steps of the workflow up to and with `last`. */
  async work(notice: Notice, last: StepName = 'finish', operator = 'op-1'): Promise<SessionView> {
    const key = `package/${notice.sscc}` as Key;
    let session = unwrap(await this.call('start', key, operator));
    for (const name of STEP_NAMES.slice(0, STEP_NAMES.indexOf(last) + 1)) {
      session = unwrap(await this.call('step', session.id, requestFor(name, notice))).session;
    }
    return session;
  }

  /** A whole session: started, worked, and handed to the members; committed when it resolves, unless `wait` is false. */
  async deliver(notice: Notice, wait = true, operator = 'op-1'): Promise<SessionView> {
    const { id } = await this.work(notice, 'finish', operator);
    const session = unwrap(await this.call('commit', id));
    if (wait) await this.committed(id);
    return session;
  }

  // ---- what can befall it ----

  /** Leaves the network: by its own switch in a demo, else by closing its page. */
  async cut(): Promise<void> {
    if (this.#options.base === '/n/') return this.close();
    unwrap(await this.call('setOffline', true));
  }

  /** Comes back from `cut`. */
  async heal(): Promise<void> {
    if (this.#options.base === '/n/') return this.reopen();
    unwrap(await this.call('setOffline', false));
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await answering(this.page);
  }

  /** Closes its page; what it stored stays. */
  async close(): Promise<void> {
    const page = this.page;
    this.#page = null;
    await page.close();
  }

  /** Opens its network again, in a new page: after `close`, `killRenderer` or `killBrowser`. */
  async reopen(page = ''): Promise<void> {
    if (this.#page) await this.close();
    await this.goto(this.path(page));
  }

  /** SIGKILL to the process of its page. */
  async killRenderer(): Promise<void> {
    const page = this.page;
    await killRenderer(page);
    this.#page = null;
    await page.close();
  }

  /** SIGKILL to its whole browser: for a replica with a folder. */
  async killBrowser(): Promise<void> {
    if (!this.#context || this.#options.folder === null)
      throw new Error('Only a persistent replica has a browser of its own.');
    await killBrowser(this.#context);
    this.#context = null;
    this.#page = null;
  }

  /** Ends its browser or context for good. */
  async dispose(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
    this.#page = null;
  }

  // ---- what a person sees ----

  /** WCAG 2.2 AA and best practice: no violation on the page as it stands. */
  async expectAccessible(page = this.page): Promise<void> {
    await expectAccessible(page);
  }

  async #newPage(): Promise<Page> {
    const { folder, browser, serviceWorker } = this.#options;
    const options = serviceWorker ? WITH_SERVICE_WORKER : CONTEXT_OPTIONS;
    this.#context ??= folder === null ? await browser.newContext(options) : await launchPersistent(folder);
    const page = await this.#context.newPage();
    page.on('pageerror', (error) => this.complaints.push(`${this.member.name}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error')
        this.complaints.push(`${this.member.name}: ${message.text()} ${message.location().url}`);
    });
    return page;
  }
}

// ---- steps of the workflow ----

export const STEP_NAMES = ['scan', 'validate', 'quality', 'label', 'finish'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** A step as the bench would take it: everything accepted, and the first courier of the directory. */
export function requestFor(step: StepName, notice: Notice, at = Date.now()): ServiceRequest {
  const post = (path: string, body: object): ServiceRequest =>
    ({ method: 'POST', path, body: { ...body, at } }) as ServiceRequest;
  switch (step) {
    case 'scan':
      return post('/scan', { code: `]C100${notice.sscc}`, source: 'wedge' });
    case 'validate':
      return post('/validate', {});
    case 'quality':
      return post('/quality', {
        lines: notice.lines.map((_, line) => ({ line, defects: [], photos: [], verdict: 'accept' })),
      });
    case 'label':
      return post('/label', { courierId: 'delta-express' });
    case 'finish':
      return post('/finish', {});
  }
}

// ---- pages ----

/** One call of src/worker/api.ts on any page of the app: `window.countersign` is the app's own way to it. */
export function callOn<M extends Callable>(
  page: Page,
  method: M,
  ...args: Parameters<WorkerApi[M]>
): Promise<Awaited<ReturnType<WorkerApi[M]>>> {
  return page.evaluate(
    ({ name, values }) => {
      const { countersign } = window as unknown as {
        countersign: Record<string, (...all: unknown[]) => unknown>;
      };
      return countersign[name]!(...values);
    },
    { name: method as string, values: args as unknown[] },
  ) as Promise<Awaited<ReturnType<WorkerApi[M]>>>;
}

/** The value of a call that must succeed; its error's own words otherwise. */
export function unwrap<T>(result: Result<T, SessionError> | Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.error.type}: ${result.error.message}`);
}

/**
 * A number that a person brings to the bench and takes by the button. It is pasted: what is put into the sink at once otherwise is a scan
 * without an Enter, which the bench takes by itself a moment later.
 */
export async function bringNumber(page: Page, code: string): Promise<void> {
  await page.getByRole('button', { name: 'Type the number instead' }).click();
  await page.getByTestId('scan-sink').evaluate((input: HTMLInputElement, text) => {
    input.value = text;
    input.dispatchEvent(new InputEvent('input', { inputType: 'insertFromPaste', bubbles: true }));
  }, code);
  await page.getByRole('button', { name: 'Take this number' }).click();
}

/**
 * WCAG 2.2 AA and axe's best practices: no violation on the page as it stands. A document in a frame is a page of its own:
 * axe would count its landmarks with those around it.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ iframes: false })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const said = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map((node) => `  ${node.target.join(' ')}`).join('\n')}`,
  );
  expect(said, `accessibility of ${page.url()}`).toEqual([]);
}

async function answering(page: Page): Promise<void> {
  await page.waitForFunction(() => 'countersign' in window, undefined, { timeout: PATIENCE });
}

/** A reload takes the page from under a call: the next call finds the new one. Everything else is an error. */
function ignoreNavigation(error: unknown): null {
  const text = error instanceof Error ? error.message : String(error);
  if (/Execution context was destroyed|navigat|reading 'state'|of undefined/i.test(text)) return null;
  throw error;
}

/** What matters of a state when a test waited in vain. */
export function summary(state: NetworkState | null): string {
  if (!state) return 'no state';
  return JSON.stringify(
    {
      mode: state.mode,
      standing: state.standing,
      epoch: state.epoch,
      changes: state.changes.map(({ changes, approvals, needed, sealing }) => ({
        changes: changes.map((change) => ({ ...change, entry: undefined })),
        approvals,
        needed,
        sealing,
      })),
      requests: state.requests.length,
      here: `${state.here} of ${state.n}, ${state.q} needed`,
      sessions: state.sessions.map((s) => ({ key: s.key, steps: s.transactions.length, status: s.status })),
      instances: state.instances.map(({ key, version, round, preCommits, commits, missing, refusals }) => ({
        key,
        version,
        round,
        preCommits,
        commits,
        missing,
        refusals,
      })),
      peers: state.transport.peers.map((p) => `${p.member}: ${p.state}${p.detail ? `, ${p.detail}` : ''}`),
      signaling: state.transport.signaling,
    },
    null,
    1,
  );
}
