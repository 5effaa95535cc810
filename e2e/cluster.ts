/**
 * A cluster of real browsers: one context per organisation, one signaling server, one fresh network, made through the same
 * calls as the pages make. For tests of ours and of others:
 *
 *     import { expect, test } from './cluster.ts';
 *
 *     test('a session is committed by three of four', async ({ cluster }) => {
 *       const { replicas: [alfa, bravo] } = await cluster();
 *       …
 *     });
 *
 * Everything that a test waits for is a condition on a replica's state, never a time.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Browser, type Page } from '@playwright/test';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import type { ChangeInput, Digest, DoorError, MemberEntry, Result } from '../src/worker/api.ts';
import { launchBrowser } from './browser.ts';
import { DIRECTORY, members as membersOf, type MemberData, type Notice } from './data.ts';
import { Replica, summary, unwrap } from './replica.ts';
import { together } from './together.ts';

export { expect };
export { launchBrowser } from './browser.ts';
export {
  badNotice,
  checkDigit,
  dataFile,
  DIRECTORY,
  members,
  MEMBERS,
  NOTICES,
  type MemberData,
  type Notice,
} from './data.ts';
export {
  bringNumber,
  callOn,
  expectAccessible,
  Replica,
  requestFor,
  unwrap,
  type StepName,
} from './replica.ts';

/** The built app. */
const DIST = process.env.COUNTERSIGN_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));

/** The server that `npm start` runs, on a free port of 127.0.0.1. A given port serves an origin again. `site`: another folder than the app's. */
export function startServer(port = 0, site = DIST): Promise<RunningServer> {
  return createServer({ port, host: '127.0.0.1', root: site });
}

/** A copy of the built app in `site`: a folder that a test may update while it is served. */
export async function copySite(site: string): Promise<string> {
  await cp(DIST, site, { recursive: true });
  return site;
}

export interface ClusterOptions {
  /** How many organisations; the first four are those of examples/data. */
  readonly members?: number;
  /** A demo's network: its replicas can be taken offline, slowed and made to lie. */
  readonly demo?: boolean;
  /** Members with a browser of their own and storage on disk: for `killBrowser`. */
  readonly persistent?: readonly number[];
  /** Members that make their key and do not open the network. */
  readonly absent?: readonly number[];
  /** A signaling server for the invitation; the one that serves the pages when absent. */
  readonly signaling?: string;
  /** Folder that the server serves; the built app when absent. */
  readonly site?: string;
  /** Origin of the pages, where it is not the cluster's own server. */
  readonly pages?: string;
  /** Members whose browsers store the program. */
  readonly serviceWorkers?: readonly number[];
}

export class Cluster {
  readonly server: RunningServer;
  readonly replicas: readonly Replica[];
  /** Set once the genesis is sealed. */
  invitation = '';
  network = '';
  genesisFile: Uint8Array = new Uint8Array();
  /** Further browsers of members: their devices. */
  readonly devices: Replica[] = [];
  readonly #folders: string[] = [];
  readonly #browser: Browser;

  private constructor(
    server: RunningServer,
    replicas: readonly Replica[],
    folders: readonly string[],
    browser: Browser,
  ) {
    this.server = server;
    this.replicas = replicas;
    this.#folders.push(...folders);
    this.#browser = browser;
  }

  /** Makes the keys, seals the genesis, lets everybody join, and waits until all who are to be there see one another. */
  static async create(browser: Browser, options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = await Cluster.#prepare(browser, options);
    try {
      await cluster.#makeNetwork(options);
      const absent = new Set(options.absent);
      const present = cluster.replicas.filter((replica) => !absent.has(replica.index));
      await together(cluster.replicas, (replica) =>
        absent.has(replica.index) ? replica.close() : replica.goto(replica.path()),
      );
      await cluster.linked(present);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** Contexts on the start page, and no network yet: for tests that make it by hand. */
  static async prepare(browser: Browser, options: ClusterOptions = {}): Promise<Cluster> {
    return Cluster.#prepare(browser, options);
  }

  /** One more browser at a member, on the start page; closed with the cluster. `persistent`: for `killBrowser`. */
  async furtherBrowser(of: Replica, { persistent = false } = {}): Promise<Replica> {
    const folder = persistent ? await mkdtemp(join(tmpdir(), 'countersign-profile-')) : null;
    if (folder !== null) this.#folders.push(folder);
    const { index, member } = of;
    const origin = this.server.url;
    const device = new Replica({ index, member, origin, base: '/n/', browser: this.#browser, folder });
    this.devices.push(device);
    await device.goto('/');
    return device;
  }

  /**
   * A member's browser profile as it is on the disk now, in a browser of its own: what a backup holds, or who moves to another computer. Not
   * started yet. The member must have a folder (`persistent`), and its browser must be closed (`dispose`).
   */
  async copyOf(of: Replica): Promise<Replica> {
    if (of.folder === null || of.hasBrowser)
      throw new Error(`Only a closed browser with a folder can be copied; ${of.member.name} has none.`);
    const folder = await mkdtemp(join(tmpdir(), 'countersign-profile-'));
    this.#folders.push(folder);
    await cp(of.folder, folder, { recursive: true });
    const { index, member } = of;
    const origin = this.server.url;
    const copy = new Replica({ index, member, origin, base: '/n/', browser: this.#browser, folder });
    copy.profile = of.profile;
    this.devices.push(copy);
    return copy;
  }

  /** A browser of somebody who is no member yet, or whose storage is gone, on the start page. */
  async newcomer(index: number, member: MemberData): Promise<Replica> {
    const replica = new Replica({
      index,
      member,
      origin: this.server.url,
      base: '/n/',
      browser: this.#browser,
      folder: null,
    });
    this.devices.push(replica);
    await replica.goto('/');
    return replica;
  }

  /** A newcomer makes its keys and asks, until `at` shows its request. */
  async ask(newcomer: Replica, at: Replica, replaces: string | null = null): Promise<void> {
    const { invitation } = this;
    const input = { invitation, ...asInput(newcomer.member), replaces };
    const asked = await untilAnswered(() => newcomer.call('askToJoin', input));
    newcomer.profile = asked.profile;
    await expect
      .poll(
        async () => {
          await this.knock(newcomer);
          return (await at.state())?.requests.map((request) => request.voteKey);
        },
        { timeout: KNOCKS_MS },
      )
      .toContain(newcomer.profile);
  }

  /** What the door says to a newcomer now, which signs that it joins whatever change names it. */
  async knock(newcomer: Replica): Promise<string> {
    const { invitation } = this;
    return unwrap(await newcomer.call('knock', { invitation, profile: newcomer.profile })).state;
  }

  /** Opens a newcomer's page as soon as the members have let it in. */
  async enter(newcomer: Replica): Promise<void> {
    await expect.poll(() => this.knock(newcomer), { timeout: KNOCKS_MS }).toBe('admitted');
    await newcomer.goto(newcomer.path());
  }

  /** The first of `approving` proposes a change, the others approve it, one after the other. Gives its digest. */
  async change(input: ChangeInput, approving: readonly Replica[]): Promise<Digest> {
    const [first, ...others] = approving as [Replica, ...Replica[]];
    const { digest } = unwrap(await first.call('proposeChange', input));
    for (const other of others) {
      await other.waitFor((state) => state.changes.some((change) => change.digest === digest), 'the change');
      unwrap(await other.call('approveChange', digest));
    }
    return digest;
  }

  /** A device of a member, certified and linked to it, by the calls behind the pages; e2e/devices.spec.ts goes through them. */
  async addDevice(of: Replica, name: string, options: { persistent?: boolean } = {}): Promise<Replica> {
    const device = await this.furtherBrowser(of, options);
    const { profile, request } = unwrap(await device.call('createDeviceKey', { name }));
    const made = unwrap(await of.call('certifyDevice', { request, operator: 'op-1' }));
    const entered = unwrap(made.session);
    if (entered !== null) await of.committed(entered.id);
    const { genesisFile } = this;
    unwrap(await device.call('joinAsDevice', { text: made.text, genesisFile }));
    device.profile = profile;
    await device.goto(device.path());
    await device.waitFor(
      (state) => state.standing.kind === 'device' && state.siblings.some((one) => one.member),
      'a device to be linked to its member',
    );
    return device;
  }

  /** A member by its index. @throws where there is none. */
  replica(index: number): Replica {
    const replica = this.replicas[index];
    if (!replica) throw new Error(`This cluster has ${this.replicas.length} members, and none at ${index}.`);
    return replica;
  }

  /** Waits until these vote and are linked to one another (in a larger network: to enough of them). */
  async linked(
    replicas: readonly Replica[] = this.replicas.filter((replica) => replica.isOpen),
  ): Promise<void> {
    const wanted = Math.min(replicas.length, ALL_LINKED_UP_TO);
    for (const replica of replicas) {
      await replica.waitFor(
        (state) => state.here >= wanted && (state.standing.kind === 'voter' || replicas.length < state.q),
        `${wanted} members to be linked, and to vote itself`,
      );
    }
  }

  /** Alfa, a supplier, has announced this package, and Bravo, a warehouse, has it. */
  async announced(notice: Notice): Promise<{ readonly alfa: Replica; readonly bravo: Replica }> {
    const [alfa, bravo] = [this.replica(0), this.replica(1)];
    await alfa.announce(notice);
    await bravo.holds(notice.sscc, 1);
    return { alfa, bravo };
  }

  /** The same, and Bravo's operator is at the bench. */
  async atBench(
    notice: Notice,
  ): Promise<{ readonly alfa: Replica; readonly bravo: Replica; readonly page: Page }> {
    const { alfa, bravo } = await this.announced(notice);
    await bravo.goto(bravo.path('bench'));
    return { alfa, bravo, page: bravo.page };
  }

  /** Waits until each of these holds the version, and that they hold the same. */
  async agree(sscc: string, version: number, replicas: readonly Replica[] = this.replicas): Promise<void> {
    const digests = new Set<string>();
    for (const replica of replicas) {
      const { history } = await replica.holds(sscc, version);
      const entry = history.find(({ certificate }) => certificate.version === version);
      digests.add(String(entry?.certificate.digest));
    }
    expect([...digests], `digests of version ${version} of ${sscc}`).toHaveLength(1);
    expect([...digests][0]).toMatch(/^[0-9a-f]{64}$/);
  }

  /** Exceptions and blocked loads of every page so far. */
  get complaints(): readonly string[] {
    return [...this.replicas, ...this.devices].flatMap((replica) => replica.complaints);
  }

  /** For a failure's report. */
  async describe(): Promise<string> {
    const parts: string[] = [];
    for (const replica of [...this.replicas, ...this.devices]) {
      const state = replica.isOpen ? await replica.state().catch(() => null) : null;
      parts.push(
        `${replica.member.name}, ${replica.isOpen ? replica.page.url() : 'closed'}\n${summary(state)}`,
      );
    }
    return [...parts, ...this.complaints].join('\n\n');
  }

  async close(): Promise<void> {
    for (const replica of [...this.replicas, ...this.devices]) await replica.dispose();
    await this.server.close();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  static async #prepare(browser: Browser, options: ClusterOptions): Promise<Cluster> {
    const server = await startServer(0, options.site);
    const folders: string[] = [];
    const replicas: Replica[] = [];
    for (const [index, member] of membersOf(options.members ?? 4).entries()) {
      const folder = options.persistent?.includes(index)
        ? await mkdtemp(join(tmpdir(), 'countersign-profile-'))
        : null;
      if (folder !== null) folders.push(folder);
      const place = options.demo ? '/demo/pane/' : '/n/';
      const origin = options.pages ?? server.url;
      const serviceWorker = options.serviceWorkers?.includes(index) ?? false;
      replicas.push(new Replica({ index, member, origin, base: place, browser, folder, serviceWorker }));
    }
    const cluster = new Cluster(server, replicas, folders, browser);
    await together(replicas, (replica) => replica.goto('/'));
    return cluster;
  }

  /** The doors, by the calls behind them; e2e/doors.spec.ts goes through the pages. */
  async #makeNetwork({ demo = false, signaling }: ClusterOptions): Promise<void> {
    const creator = this.replica(0);
    const draft = await creator.call('newDraft', 'Harbour receivers');
    const entries: readonly MemberEntry[] = await together(this.replicas, async (replica) => {
      const made = unwrap(await replica.call('createMemberKey', { draft, ...asInput(replica.member) }));
      replica.profile = made.profile;
      return unwrap(await creator.call('readMemberKey', draft, made.key));
    });
    const urls = signaling === undefined ? [] : [signaling];
    const sealed = unwrap(
      await creator.call('sealGenesis', { draft, members: entries, ...DIRECTORY, signaling: urls, demo }),
    );
    this.invitation = sealed.invitation;
    this.network = sealed.network;
    this.genesisFile = sealed.genesisFile;
    await together(this.replicas, async (replica) => {
      const { invitation, genesisFile } = sealed;
      unwrap(await replica.call('join', { invitation, genesisFile, profile: replica.profile }));
    });
  }
}

/** Knocking until members answer whose pages are opened at the same time: one knock at nobody takes 20 s. */
export const KNOCKS_MS = 120_000;

/** How often somebody asks who reads that no member answers. */
const MAX_ASKED = 6;

/** The value of a call that a member must answer. A person who reads that no member answers asks again. */
export async function untilAnswered<T>(call: () => Promise<Result<T, DoorError>>): Promise<T> {
  let answer = await call();
  for (let times = 1; times < MAX_ASKED && !answer.ok && answer.error.type === 'no-member-answers'; times++)
    answer = await call();
  return unwrap(answer);
}

/** The same on a page: presses the button again when the page says that nobody answered. `answered`: the page shows something else. */
export async function pressUntilAnswered(
  page: Page,
  name: string,
  answered: () => Promise<boolean>,
): Promise<void> {
  const nobody = page.getByTestId('problem').filter({ hasText: /^No member of .* could be reached/ });
  for (let times = 0; times < MAX_ASKED; times++) {
    await page.getByRole('button', { name, exact: true }).click();
    await expect
      .poll(async () => (await answered()) || (await nobody.isVisible()), { message: `an answer to ${name}` })
      .toBe(true);
    if (await answered()) return;
  }
}

/** Up to here everyone links to everyone; beyond, a replica keeps at least seven links. */
const ALL_LINKED_UP_TO = 8;

function asInput({ id, name, organisation, role, gln }: MemberData): MemberData {
  return { id, name, organisation, role, gln };
}

interface TestFixtures {
  /** Makes a cluster for this test; it is closed, and asked for complaints, when the test ends. */
  readonly cluster: (options?: ClusterOptions) => Promise<Cluster>;
  /** As `cluster`, with the browsers on the start page and no network. */
  readonly prepared: (options?: ClusterOptions) => Promise<Cluster>;
}

interface WorkerFixtures {
  /** One for all tests of a worker; every cluster has contexts of its own in it. */
  readonly chromium: Browser;
}

export const test = base.extend<TestFixtures & { readonly made: Cluster[] }, WorkerFixtures>({
  chromium: [
    async ({}, use) => {
      const browser = await launchBrowser();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  made: async ({}, use, info) => {
    const made: Cluster[] = [];
    await use(made);
    const failed = info.status !== info.expectedStatus;
    for (const [i, cluster] of made.entries()) {
      if (failed) {
        await info.attach(`cluster-${i}.txt`, { body: await cluster.describe(), contentType: 'text/plain' });
        for (const replica of [...cluster.replicas, ...cluster.devices].filter((entry) => entry.isOpen)) {
          const body = await replica.page.screenshot().catch(() => null);
          const of =
            cluster.devices.indexOf(replica) < 0 ? '' : `-device-${cluster.devices.indexOf(replica)}`;
          if (body) await info.attach(`${replica.member.id}${of}.png`, { body, contentType: 'image/png' });
        }
      }
      await cluster.close();
    }
    if (!failed)
      expect(
        made.flatMap((cluster) => cluster.complaints),
        'errors on the pages',
      ).toEqual([]);
  },
  cluster: async ({ chromium, made }, use) => {
    await use(async (options) => {
      const cluster = await Cluster.create(chromium, options);
      made.push(cluster);
      return cluster;
    });
  },
  prepared: async ({ chromium, made }, use) => {
    await use(async (options) => {
      const cluster = await Cluster.prepare(chromium, options);
      made.push(cluster);
      return cluster;
    });
  },
});
