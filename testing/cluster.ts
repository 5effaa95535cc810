/** Real browsers that are the members of one network, with an application in each, and everything that can go wrong between them. */
import type { Browser, BrowserContextOptions } from '@playwright/test';
import { PERMISSIONS } from '../scripts/browser.ts';
import { createServer, type RunningServer } from '../signaling-server/server.ts';
import { AT_ONCE, MAX_CLUSTER, PATIENCE_MS, POLL_MS } from './limits.ts';
import { CLEAR, Lines, type Impairment, type Traffic } from './lines.ts';
import { Member, unlessNavigating, type PassedEntry } from './member.ts';
import type { Created, Helper } from './page/page.ts';
import { RESERVED, startProxy } from './proxy.ts';

export interface ClusterOptions {
  /** Folder of the application's build. Our signaling server serves it, with its content security policy. */
  readonly site?: string;
  /** Instead of `site`: address of a server that runs already, for example a development server's. http only. Signaling is ours even then. */
  readonly url?: string;
  /** How many; four unless given. */
  readonly members?: number;
  /** What the others read of each; `Member 1` and so on where left out. */
  readonly labels?: readonly string[];
  /** Version of the access-control callback, as the application gives it to `join`; 1 unless given. */
  readonly rules?: number;
  /** Address of a member's page on the application's origin; `/` unless given. */
  readonly path?: (member: {
    readonly invitation: string;
    readonly identity: string;
    readonly index: number;
  }) => string;
  /** Further options of every member's browser context: its language, its size. */
  readonly context?: BrowserContextOptions;
}

/** What is wrong with a way, in `slow`. */
export interface Slowness {
  /** One way, milliseconds. */
  readonly delay?: number;
  /** Up to so many milliseconds more, another number for each packet. */
  readonly jitter?: number;
  /** Share of packets lost, 0 to 1. */
  readonly loss?: number;
}

export class Cluster {
  readonly members: readonly Member[];
  /** Origin of the application, without a slash at the end. */
  readonly origin: string;
  /** 64 hex digits. */
  readonly network: string = '';
  readonly invitation: string = '';
  readonly genesis: Uint8Array = new Uint8Array();
  readonly #server: RunningServer;
  readonly #lines: Lines;
  readonly #proxies: readonly { cutSignaling(cut: boolean): void }[];
  readonly #ways = new Map<string, Impairment>();
  readonly #forgiven: RegExp[] = [];

  private constructor(
    origin: string,
    server: RunningServer,
    lines: Lines,
    members: readonly Member[],
    proxies: readonly { cutSignaling(cut: boolean): void }[],
  ) {
    [this.origin, this.#server, this.#lines, this.members, this.#proxies] = [
      origin,
      server,
      lines,
      members,
      proxies,
    ];
    lines.path = (a, b) => this.#ways.get(wayOf(a, b)) ?? CLEAR;
  }

  /** Makes keys and network, and opens every member's page. `helper`: folder of the fixture's own page. What fails leaves nothing behind. */
  static async create(browser: Browser, helper: string, options: ClusterOptions): Promise<Cluster> {
    const { site, url, members: count = options.labels?.length ?? 4, labels = [] } = options;
    if ((site === undefined) === (url === undefined))
      throw new Error(
        'A cluster needs the folder of an application (site) or the address of one (url), and not both.',
      );
    if (!Number.isInteger(count) || count < 1 || count > MAX_CLUSTER)
      throw new RangeError(`A cluster has 1 to ${MAX_CLUSTER} members, not ${count}.`);
    const given = url === undefined ? null : new URL(url);
    if (given !== null && given.protocol !== 'http:')
      throw new Error(
        `${url} cannot be used: only an application that is served by http can be given the fixture's pages.`,
      );
    const server = await createServer({ port: 0, host: '127.0.0.1', root: site ?? null });
    const lines = new Lines();
    const members: Member[] = [];
    const proxies: { cutSignaling(cut: boolean): void }[] = [];
    const origin = given?.origin ?? server.url;
    const made = new Cluster(origin, server, lines, members, proxies);
    try {
      for (let index = 0; index < count; index++) {
        const proxy = await startProxy(helper, server.port);
        proxies.push(proxy);
        const context = {
          ...options.context,
          permissions: [...PERMISSIONS, ...(options.context?.permissions ?? [])],
        };
        const label = labels[index] ?? `Member ${index + 1}`;
        const id = idOf(label, index);
        members.push(
          new Member({
            ...{ index, label, id, origin, browser, proxy, lines },
            context: { serviceWorkers: 'block', ...context },
          }),
        );
      }
      await made.#makeNetwork(options, given !== null);
      await together(members, (member) => member.start());
      return made;
    } catch (error) {
      // What it failed of says more than what then could not be closed.
      await made.close().catch(() => undefined);
      throw error;
    }
  }

  // ---- what can go wrong ----

  /**
   * Nothing passes between these two any more; with one member alone, between it and everybody, the signaling server included. It holds for links
   * that are made later, too.
   */
  cut(a: Member, b?: Member): void {
    if (b === undefined) this.#proxies[a.index]?.cutSignaling(true);
    this.#change(a, b, (way) => ({ ...way, cut: true }));
  }

  /** Cuts each of one side from each of the other; signaling passes. */
  part(one: readonly Member[], other: readonly Member[]): void {
    for (const a of one) for (const b of other) this.cut(a, b);
  }

  /** The way between these two, or with one member alone between it and everybody, is as bad as this; what is left out is as it was. */
  slow(a: Member, b: Member | undefined, how: Slowness): void;
  slow(a: Member, how: Slowness): void;
  slow(a: Member, b: Member | Slowness | undefined, how?: Slowness): void {
    const other = b instanceof Member ? b : undefined;
    const bad = how ?? (b instanceof Member ? {} : b);
    this.#change(a, other, (way) => ({ ...way, ...bad }));
  }

  /** The signaling server is gone for everybody; members that are linked stay so. */
  cutSignaling(): void {
    for (const proxy of this.#proxies) proxy.cutSignaling(true);
  }

  /** Every way is as it was made, and the signaling server is back. Members that are down stay down, and clocks are not changed. */
  heal(): void {
    this.#ways.clear();
    for (const proxy of this.#proxies) proxy.cutSignaling(false);
  }

  /** Packets between two members, between one and all others, or between all, since the cluster was made. */
  traffic(a?: Member, b?: Member): Traffic {
    return this.#lines.traffic(a?.index, b?.index);
  }

  // ---- what can be waited for ----

  /** The one at this place, the first is 0. @throws RangeError where there is none. */
  member(index: number): Member {
    const member = this.members[index];
    if (!member)
      throw new RangeError(`This cluster has ${this.members.length} members, and none at ${index}.`);
    return member;
  }

  /** Those whose pages are open. */
  get up(): readonly Member[] {
    return this.members.filter((member) => member.isUp);
  }

  /**
   * Waits until each of these is linked to the others (in a large network: to enough of them) and votes; where they are too few to decide
   * anything, that each is linked. Nobody else may be linked to them: so it waits for a cut to be noticed, too.
   */
  async linked(members: readonly Member[] = this.up): Promise<void> {
    const all = members.length;
    for (const member of members) {
      await member.waitFor(({ here, q, standing }) => {
        const enough = all <= ALL_LINKED_UP_TO ? here === all : here >= ALL_LINKED_UP_TO;
        return enough && (standing.kind === 'voter' || all < q);
      }, `${all} members to be linked, and to vote itself`);
    }
  }

  /**
   * Waits until each of these holds the same version of a key, one at least, and gives it. Two that hold the same version with another value fail at
   * once: that must never be.
   */
  async agree(
    key: string,
    {
      members = this.up,
      version = 1,
    }: { readonly members?: readonly Member[]; readonly version?: number } = {},
  ): Promise<PassedEntry> {
    const end = Date.now() + PATIENCE_MS;
    let held: (PassedEntry | null)[] = [];
    while (Date.now() < end) {
      held = await together(members, (member) => readOrNull(member, key));
      const digests = new Map<number, string>();
      for (const entry of held) {
        if (entry === null) continue;
        const other = digests.get(entry.version) ?? entry.digest;
        if (other !== entry.digest)
          throw new Error(
            `Two certified values of version ${entry.version} of ${key}:\n${told(members, held)}`,
          );
        digests.set(entry.version, entry.digest);
      }
      const [first] = held;
      const same = held.every((entry) => entry !== null && entry.version === first?.version);
      if (first && same && first.version >= version) return first;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(
      `The members do not hold the same version of ${key}, ${version} or later, after ${PATIENCE_MS / 1000} s:\n${told(members, held)}`,
    );
  }

  // ---- what went wrong in the pages ----

  /** Complaints that fit are no failure of the test. */
  forgive(pattern: RegExp): void {
    this.#forgiven.push(pattern);
  }

  /** Exceptions in all pages, and what the content security policy blocked there, less what is forgiven. */
  get complaints(): readonly string[] {
    const all = this.members.flatMap((member) => member.complaints);
    return all.filter((one) => !this.#forgiven.some((pattern) => pattern.test(one)));
  }

  /** For a failure's report: every member's status, and what passed between them. */
  async describe(): Promise<string> {
    const parts: string[] = [];
    for (const member of this.members) parts.push(await member.describe());
    const ways = this.members.flatMap((a) =>
      this.members
        .filter((b) => b.index > a.index)
        .map((b) => {
          const { passed, delayed, lost } = this.traffic(a, b);
          const way = this.#ways.get(wayOf(a.index, b.index));
          return `${a.label} and ${b.label}: ${passed} packets, ${delayed} delayed, ${lost} lost${way ? `, now ${JSON.stringify(way)}` : ''}`;
        }),
    );
    return [...parts, ways.join('\n'), ...this.complaints].join('\n\n');
  }

  /** Ends browsers, servers and sockets: all of them, and then rejects where one could not be ended. */
  async close(): Promise<void> {
    const ended = await Promise.allSettled(this.members.map((member) => member.dispose()));
    this.#lines.close();
    await this.#server.close();
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }

  // ---- how it is made ----

  /** In each member's own browser, at the application's origin: the keys never leave it. */
  async #makeNetwork({ rules = 1, path }: ClusterOptions, elsewhere: boolean): Promise<void> {
    const pages = await together(this.members, (member) => member.open(RESERVED));
    const [first] = pages;
    if (first === undefined) return;
    const draft = await first.evaluate(() => (globalThis as unknown as Inside).helper.createDraft('Test'));
    const made = await together(this.members, async ({ label, id }, index) =>
      pages[index]!.evaluate((options) => (globalThis as unknown as Inside).helper.createIdentity(options), {
        ...{ draft, label, id },
      }),
    );
    const memberKeys = made.map(({ memberKey }) => memberKey);
    // A server of the application's own has no signaling: then the invitation names ours.
    const signaling = elsewhere ? [`ws://127.0.0.1:${this.#server.port}/signal`] : [];
    const created: Created = await first.evaluate(
      (options) => (globalThis as unknown as Inside).helper.createNetwork(options),
      { draft, memberKeys, signaling, rules },
    );
    const { network, invitation, genesis } = created;
    Object.assign(this, { network, invitation, genesis: Uint8Array.from(genesis) });
    await together(this.members, async (member, index) => {
      const { identity } = made[index]!;
      await pages[index]!.evaluate((options) => (globalThis as unknown as Inside).helper.bind(options), {
        ...{ identity, invitation, genesis, rules },
      });
      await pages[index]!.close();
      Object.assign(member, { identity, networkId: network });
      member.path = path?.({ invitation, identity, index }) ?? '/';
    });
  }

  #change(a: Member, b: Member | undefined, how: (way: Impairment) => Impairment): void {
    const others = b === undefined ? this.members.filter((member) => member !== a) : [b];
    for (const other of others) {
      const way = wayOf(a.index, other.index);
      this.#ways.set(way, how(this.#ways.get(way) ?? CLEAR));
    }
  }
}

/** Up to here everyone links to everyone; beyond, a replica keeps at least seven links. */
const ALL_LINKED_UP_TO = 8;

interface Inside {
  readonly helper: Helper;
}

const wayOf = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`);

/** A label's letters and digits, and its place: two of the same name can be members. */
function idOf(label: string, index: number): string {
  const stem = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 20);
  return stem.endsWith(`-${index + 1}`) ? stem : `${stem || 'member'}-${index + 1}`;
}

async function readOrNull(member: Member, key: string): Promise<PassedEntry | null> {
  const read = await member.network.read(key).catch(unlessNavigating);
  return read?.ok ? read.value : null;
}

const told = (members: readonly Member[], held: readonly (PassedEntry | null)[]): string =>
  members
    .map(({ label }, i) => {
      const entry = held[i];
      return `${label}: ${entry ? `version ${entry.version}, ${entry.digest}` : 'nothing'}`;
    })
    .join('\n');

/**
 * Calls `run` for each, at most AT_ONCE under way; the results are in the order of the items. After an error no further one begins, and it rejects
 * with the first when those under way have ended: whoever closes the cluster then finds nothing that still opens pages.
 */
async function together<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  const errors: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    try {
      for (let i = next++; i < items.length && errors.length === 0; i = next++)
        results[i] = await run(items[i]!, i);
    } catch (error) {
      errors.push(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  if (errors.length > 0) throw errors[0];
  return results;
}
