/** One member of a cluster: its browser, what a test may ask of the network in its page, and what can befall it. */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Disposable,
  Frame,
  Page,
} from '@playwright/test';
import type {
  Certificate,
  Entry,
  KeyPattern,
  Network,
  NetworkStatus,
  SetCallOptions,
  Value,
} from '../src/index.ts';
import { setClock } from './clock.ts';
import { ASK_LINES, insideScript, type AskLines, type Inside } from './inside.ts';
import { DESCRIBE_MS, MAX_COMPLAINTS, PATIENCE_MS, POLL_MS } from './limits.ts';
import type { Lines } from './lines.ts';
import { pack, unpack } from './passing.ts';
import type { MemberProxy } from './proxy.ts';

type ResultOf<M extends 'set' | 'delete' | 'read'> = Awaited<ReturnType<Network[M]>>;
/** As the middleware gives it, less what cannot leave the page: see `certificate` of `NetworkInPage`. */
type Passed<R> = R extends { readonly ok: true; readonly value: infer V }
  ? { readonly ok: true; readonly value: V extends null ? null : Omit<V, 'certificate'> }
  : R;

export type PassedEntry = Omit<Entry, 'certificate'>;

/**
 * The network that the application in a member's page has joined: calls on the very object that `join` gave to the application. Values arrive as
 * what they are, bytes, dates, maps and bigints included. Each call waits until the page has joined.
 */
export interface NetworkInPage {
  status(): Promise<NetworkStatus>;
  get(key: string): Promise<Value | undefined>;
  read(key: string): Promise<Passed<ResultOf<'read'>>>;
  set(key: string, value: Value, options?: Omit<SetCallOptions, 'signal'>): Promise<Passed<ResultOf<'set'>>>;
  delete(key: string, options?: Omit<SetCallOptions, 'signal'>): Promise<Passed<ResultOf<'delete'>>>;
  /** All that fit, ascending by key. */
  entries(pattern: KeyPattern): Promise<readonly PassedEntry[]>;
  /** The newest version's certificate, in its newest form. */
  certificate(key: string): Promise<Certificate | null>;
  prove: Network['prove'];
  sign: Network['sign'];
  evidence: Network['evidence'];
  inspect: Network['inspect'];
  members(): Promise<ReturnType<Network['members']>>;
  invitation: Network['invitation'];
  genesis: Network['genesis'];
  chain: Network['chain'];
}

export interface MemberClock {
  /**
   * Sets this member's clock ahead by so many milliseconds, or with a negative number back: `Date` and `performance.timeOrigin` of its pages and
   * workers, those that start later, too, before their own code runs. Not: timers, `performance.now`, and formatters that read the clock by
   * themselves (`Intl.DateTimeFormat.format()` without a date, `Temporal.Now`).
   */
  skew(ms: number): Promise<void>;
  reset(): Promise<void>;
}

export interface MemberOptions {
  readonly index: number;
  readonly label: string;
  readonly id: string;
  readonly origin: string;
  readonly browser: Browser;
  readonly context: BrowserContextOptions;
  readonly proxy: MemberProxy;
  readonly lines: Lines;
}

export class Member {
  /** Place in `members`, and in the member list of the network. */
  readonly index: number;
  readonly label: string;
  /** As the network has it. */
  readonly id: string;
  readonly clock: MemberClock;
  readonly network: NetworkInPage;
  /** Exceptions in its pages, and what the content security policy blocked; the first `MAX_COMPLAINTS`. */
  readonly complaints: string[] = [];
  /** Set when the network is made: what its keys are stored under in its browser. */
  identity = '';
  /** Of the network's; set when it is made. */
  networkId = '';
  /** Of its page: path and query, on the application's origin. */
  path = '/';
  readonly #options: MemberOptions;
  #context: BrowserContext | null = null;
  #page: Page | null = null;
  #disposed = false;
  #clockScript: Disposable | null = null;
  /** Of each frame the document whose connections are known: a new one has left the old one's behind. */
  readonly #documents = new WeakMap<Frame, string>();

  constructor(options: MemberOptions) {
    this.#options = options;
    ({ index: this.index, label: this.label, id: this.id } = options);
    this.clock = { skew: (ms) => this.#skew(ms), reset: () => this.#skew(0) };
    this.network = this.#network();
  }

  /** The application's page. @throws while the member is down. */
  get page(): Page {
    if (this.#page === null) throw new Error(`${this.label} is down: it has no page. Start it.`);
    return this.#page;
  }

  /** Its page is open. */
  get isUp(): boolean {
    return this.#page !== null;
  }

  /** Opens its page, after `stop` and `kill` with the same storage. Resolves when the page has loaded; what asks its network waits further. */
  async start(): Promise<void> {
    if (this.#page !== null) return;
    this.#page = await this.open(this.path);
  }

  /** Closes its page, as a person does. */
  async stop(): Promise<void> {
    const page = this.page;
    this.#page = null;
    await page.close();
    this.#options.lines.release(page);
  }

  /** Its page and worker die at once, in the middle of whatever they do; the browser and what is stored live. */
  async kill(): Promise<void> {
    const page = this.page;
    const crashed = page.waitForEvent('crash', { timeout: PATIENCE_MS });
    const session = await page.context().newCDPSession(page);
    // Nobody is left to answer.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    this.#page = null;
    this.#options.lines.release(page);
    await page.close();
  }

  /** A further page of its browser, at an address of the application. @throws when its cluster is closed. */
  async open(path: string): Promise<Page> {
    const page = await (await this.#opened()).newPage();
    await page.goto(new URL(path, this.#options.origin).href);
    return page;
  }

  /** Waits until its status fulfils the condition, and gives that status. `what` is for the failure's message. */
  async waitFor(condition: (status: NetworkStatus) => boolean, what: string): Promise<NetworkStatus> {
    let last: NetworkStatus | null = null;
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end) {
      last = await this.network.status().catch(unlessNavigating);
      if (last !== null && condition(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`${this.label} waited ${PATIENCE_MS / 1000} s for: ${what}. It is at:\n${summary(last)}`);
  }

  /** For a failure's report. */
  async describe(): Promise<string> {
    const head = `${this.label} (${this.id}), ${this.#page?.url() ?? 'down'}`;
    if (this.#page === null) return head;
    // Without waiting for a page that never joins, or that hangs.
    const status = await Promise.race([
      this.#ask<NetworkStatus>('status', []).catch(() => null),
      new Promise<null>((resolve) => setTimeout(resolve, DESCRIBE_MS, null)),
    ]);
    return `${head}\n${summary(status)}`;
  }

  /** Ends its browser's storage and pages for good. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#page = null;
    try {
      await this.#context?.close();
    } finally {
      this.#context = null;
      await this.#options.proxy.close();
    }
  }

  // ---- its browser ----

  async #opened(): Promise<BrowserContext> {
    if (this.#disposed) throw this.#closed();
    if (this.#context !== null) return this.#context;
    const { browser, context: options, proxy, lines } = this.#options;
    const context = await browser.newContext({ ...options, proxy: { server: proxy.url } });
    // Closed while its browser was being made.
    if (this.#disposed as boolean) {
      await context.close();
      throw this.#closed();
    }
    this.#context = context;
    const ask = (
      { page, frame }: { page: Page; frame: Frame },
      question: Parameters<AskLines>[0],
    ): ReturnType<AskLines> => {
      const { type, connection } = question;
      const document = connection.slice(0, connection.indexOf('/') + 1);
      const before = this.#documents.get(frame);
      if (before !== undefined && before !== document) lines.release(page, before);
      this.#documents.set(frame, document);
      const end = { member: this.index, page, connection };
      if (type === 'redirect') return lines.redirect(end, question.candidate);
      if (type === 'own') lines.own(end, question.candidate);
      else lines.release(page, connection);
      return Promise.resolve(null);
    };
    await context.exposeBinding(ASK_LINES, ask);
    await context.addInitScript({ content: insideScript() });
    context.on('weberror', (error) => this.#complain(error.error().message));
    context.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy/i.test(message.text()))
        this.#complain(message.text());
    });
    context.on('page', (page) => {
      page.on('close', () => lines.release(page));
      // One whose program was fetched before the clock was set.
      page.on('worker', (worker) => {
        if (proxy.skew !== null) worker.evaluate(setClock, proxy.skew).catch(() => undefined);
      });
    });
    return context;
  }

  #closed(): Error {
    return new Error(`The cluster of ${this.label} is closed: it opens no page any more.`);
  }

  #complain(what: string): void {
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(`${this.label}: ${what}`);
  }

  async #skew(ms: number): Promise<void> {
    const { proxy } = this.#options;
    proxy.skew = ms;
    const context = await this.#opened();
    const before = this.#clockScript;
    this.#clockScript = await context.addInitScript(setClock, ms);
    await before?.dispose();
    for (const page of context.pages()) {
      for (const frame of page.frames()) await frame.evaluate(setClock, ms);
      for (const worker of page.workers()) await worker.evaluate(setClock, ms);
    }
  }

  // ---- its network ----

  async #call<T>(method: string, ...args: unknown[]): Promise<T> {
    const { page, networkId } = this;
    await page
      .waitForFunction(
        (id) =>
          (globalThis as unknown as { __COUNTERSIGN_INSIDE__?: Inside }).__COUNTERSIGN_INSIDE__?.has(id),
        networkId,
        { timeout: PATIENCE_MS, polling: POLL_MS },
      )
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
        const said = this.complaints.map((one) => `\n${one}`).join('');
        throw new Error(
          `The page of ${this.label}, ${page.url()}, has not joined its network within ${PATIENCE_MS / 1000} s. Its application is to call join({ identity }).${said}`,
        );
      });
    return this.#ask<T>(method, args);
  }

  async #ask<T>(method: string, args: unknown[]): Promise<T> {
    const answer = await this.page.evaluate(
      ([id, name, given]) =>
        (globalThis as unknown as { __COUNTERSIGN_INSIDE__: Inside }).__COUNTERSIGN_INSIDE__.call(
          id,
          name,
          given,
        ),
      [this.networkId, method, pack(args)] as const,
    );
    return unpack(answer) as T;
  }

  #network(): NetworkInPage {
    return {
      status: () => this.#call('status'),
      get: (key) => this.#call('get', key),
      read: (key) => this.#call('read', key),
      set: (key, value, options = {}) => this.#call('set', key, value, options),
      delete: (key, options = {}) => this.#call('delete', key, options),
      entries: (pattern) => this.#call('entries', pattern),
      certificate: (key) => this.#call('certificate', key),
      prove: (key, version) => this.#call('prove', key, version),
      sign: (bytes) => this.#call('sign', bytes),
      evidence: () => this.#call('evidence'),
      inspect: () => this.#call('inspect'),
      members: () => this.#call('members'),
      invitation: () => this.#call('invitation'),
      genesis: () => this.#call('genesis'),
      chain: () => this.#call('chain'),
    };
  }
}

/** A reload takes the page from under a call: the next call finds the new one. Everything else is an error. */
export function unlessNavigating(error: unknown): null {
  const text = error instanceof Error ? error.message : String(error);
  if (/Execution context was destroyed|navigat|has not joined the network, or has closed it/i.test(text))
    return null;
  throw error;
}

/** What matters of a status when a test waited in vain. */
function summary(status: NetworkStatus | null): string {
  if (status === null) return 'no status';
  const { mode, standing, epoch, here, n, q, pending, voting, access, transport } = status;
  const peers = transport.peers.map(
    (peer) => `${peer.member}: ${peer.state}${peer.detail ? `, ${peer.detail}` : ''}`,
  );
  const shown = {
    ...{ mode, standing, epoch, here: `${here} of ${n}, ${q} needed`, pending },
    ...{ voting, access, peers, signaling: transport.signaling },
  };
  return JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 1);
}
