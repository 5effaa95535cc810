/**
 * The key-value application on the replicas of a simulated world, with the workload and the callbacks of whoever calls `simulate`. What it adds to the
 * world's own checks: a value is voted for by those alone whose callback has allowed it, and the caller's invariant holds after every change.
 */
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import { asKey } from '../../src/codec/brand.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import { faultsTolerated } from '../../src/consensus/membership.ts';
import { answerer } from '../../src/middleware/access.ts';
import type { AccessControl } from '../../src/middleware/types.ts';
import type { Judging } from '../../src/worker/kv/api.ts';
import { createKvApplication, type KvApplication } from '../../src/worker/kv/application.ts';
import { encodeBody } from '../../src/worker/kv/value.ts';
import type { Guest, Host, Seat, Tenant } from '../../test/sim/world/guest.ts';
import { Ledger } from './certified.ts';
import { MAX_OFFERED, MAX_OFFERS_KEPT, PATIENCE_MS } from './limits.ts';
import type { Outside } from './outside.ts';
import { Page } from './page.ts';
import { seedOf, simulatedRandom } from './random.ts';
import type {
  CertifiedChange,
  MemberReport,
  SimulatedMember,
  SimulatedWorld,
  SimulateOptions,
} from './types.ts';

/** Byzantine members talk about this key while nobody has proposed anything. */
const UNUSED_KEY = asKey('offered');

export class Community implements Guest {
  readonly horizon: number;
  readonly #o: SimulateOptions;
  readonly #outside: Outside;
  readonly #ledger: Ledger;
  readonly #pages: Page[] = [];
  readonly #apps: (KvApplication | null)[] = [];
  readonly #calls = new Map<number, string>();
  readonly #reports = new Map<string, MemberReport>();
  readonly #keys = new Set<Key>();
  /** Bodies that were proposed, and what Byzantine members made of them. */
  readonly #proposed: Uint8Array[] = [];
  readonly #offers = new Map<string, Uint8Array>();
  #allKeys: readonly Key[] = [UNUSED_KEY];
  #host!: Host;
  #world!: SimulatedWorld;
  #serial = 0;
  #ended = false;

  constructor(options: SimulateOptions, outside: Outside) {
    this.#o = options;
    this.#outside = outside;
    this.horizon = options.patience ?? PATIENCE_MS;
    this.#ledger = new Ledger({
      now: () => this.#host.now,
      changed: (change) => this.#changed(change),
      fail: (what) => this.#host.fail(what),
    });
  }

  get decided(): number {
    return this.#ledger.size;
  }

  get reports(): readonly MemberReport[] {
    for (const [index, app] of this.#apps.entries()) if (app) this.#keepReports(index, app);
    return [...this.#reports.values()];
  }

  begin(host: Host): void {
    this.#host = host;
    const { seed } = this.#o;
    const n = host.epoch.n;
    const { members } = host.chain[0]!;
    for (let index = 0; index < n; index++) {
      this.#apps.push(null);
      this.#pages.push(
        new Page({
          host,
          index,
          members,
          random: simulatedRandom(seedOf(`page ${index} of ${seed}`)),
          opened: (what) => this.#opened(what),
          proposes: (key, body) => this.#proposes(key as Key, body),
          failed: (error) => this.#failed('A callback of the workload', error),
        }),
      );
    }
    this.#world = this.#makeWorld(host);
    host.at(0, () => void this.#run());
  }

  attach(seat: Seat): Tenant {
    const index = seat.member;
    const { replica, clock } = seat;
    const page = this.#pages[index]!;
    // A Byzantine member's own replica stands in nobody's way.
    const allow = this.#host.roles[index] === null ? this.#callbackOf(index) : undefined;
    const judging: Judging = {
      judgeProof: (proof) => app.judgeProof(proof),
      verifyMember: (key, bytes, signature) => app.verifyMember(key, bytes, signature),
    };
    const app = createKvApplication({
      replica,
      network: this.#host.epoch.network,
      clock,
      ask: allow ? answerer(allow, judging) : null,
      chain: { epochs: this.#host.chain, links: [] },
      genesis: new Uint8Array(0),
      holder: `${index}/${seat.life}`,
      changed: () => undefined,
      change: (entry) => page.tell(entry),
    });
    return {
      validate: async (proposal) => {
        const { previousDigest, body } = proposal;
        const digest = this.#host.hash(valueBytes(previousDigest, body));
        this.#ledger.asked(digest, previousDigest, body);
        const verdict = await app.validate(proposal);
        if (verdict.verdict === 'valid') this.#ledger.allowed(digest, index);
        return verdict;
      },
      decided: (entry, body) => {
        this.#mix(entry.digest);
        this.#ledger.holds(entry);
        app.decided(entry, body);
      },
      refused: (key, digest, rule, message) => app.refused(key, digest, rule, message),
      standing: (standing) => app.standing(standing),
      started: () => {
        const certified = [...replica.heads.values()];
        // What was written just before a crash, and told to nobody.
        for (const entry of certified) this.#ledger.holds(entry);
        void app.started({ logs: [], certified, evidence: [], sessions: [], meta: new Map() });
        this.#apps[index] = app;
        page.up(app);
      },
      ended: () => {
        this.#keepReports(index, app);
        this.#apps[index] = null;
        page.down();
      },
    };
  }

  keys(): readonly Key[] {
    return this.#allKeys;
  }

  isValid(digest: Digest, by: MemberIndex | null): boolean {
    if (by !== null) return this.#ledger.isAllowedBy(digest, by);
    // Of a quorum that voted for it all but f are honest, and each has asked its own callback.
    const { quorum, n } = this.#host.epoch;
    const honest = this.#ledger.allowedBy(digest).filter((index) => this.#host.roles[index] === null);
    return honest.length >= quorum - faultsTolerated(n);
  }

  offered(self: MemberIndex, key: Key, tag: string): Uint8Array | null {
    const name = `${self} ${key} ${tag}`;
    const known = this.#offers.get(name);
    if (known) return known;
    const random = simulatedRandom(seedOf(`${this.#o.seed} ${name}`));
    let body: Uint8Array;
    if (this.#o.forge) {
      const current = this.#ledger.get(key);
      const encoded = encodeBody(this.#o.forge({ key, current, member: self, random }));
      if (!encoded.ok) {
        this.#host.fail(`forge gave what cannot be stored: ${encoded.error.message}`);
        return null;
      }
      body = encoded.value;
    } else if (this.#proposed.length > 0 && random.chance(50)) body = random.pick(this.#proposed);
    else {
      const encoded = encodeBody(random.below(100));
      if (!encoded.ok) return null;
      body = encoded.value;
    }
    this.#offers.set(name, body);
    if (this.#offers.size > MAX_OFFERS_KEPT) this.#offers.delete(this.#offers.keys().next().value!);
    return body;
  }

  settle(): Promise<void> {
    return this.#outside.settle();
  }

  state(): ReturnType<Guest['state']> {
    const { used } = this.#outside;
    if (used !== null) return { kind: 'stuck', what: used };
    if (this.#ended) return { kind: 'done' };
    // Not begun, or a call is open, or a change may call it back.
    if (!this.#begun || this.#calls.size > 0 || this.#pages.some((page) => page.isListening))
      return { kind: 'waiting' };
    return {
      kind: 'stuck',
      what:
        'The workload waits for something that is not of this world: no call of it is open, nothing is listened to, and it has not ended. ' +
        'Await calls of the world and its members only: no timers, files, sockets or other threads.',
    };
  }

  report(): readonly string[] {
    const lines = this.#ended
      ? ['The workload ended, and the members do not hold the same.']
      : [
          `The workload has not ended ${this.horizon} virtual milliseconds after the faults; it waits for:`,
          ...[...this.#calls.values()].map((call) => `  ${call}`),
        ];
    const reports = this.reports;
    if (reports.length > 0) lines.push('Callbacks that did not say yes:');
    for (const { member, kind, message, count } of reports)
      lines.push(`  member ${member}, ${kind}${count > 1 ? `, ${count} times` : ''}: ${message}`);
    for (const [index, app] of this.#apps.entries()) {
      if (!app || this.#host.roles[index] !== null) continue;
      for (const { key, blocked } of app.status().voting)
        if (blocked !== null) lines.push(`  member ${index} on ${key}: ${blocked}`);
    }
    return lines;
  }

  // ---- the workload ----

  #begun = false;

  async #run(): Promise<void> {
    this.#begun = true;
    try {
      await this.#o.run(this.#world);
      this.#host.note(null, 'the workload has ended');
    } catch (error) {
      this.#failed('The workload', error);
    }
    this.#ended = true;
  }

  #failed(who: string, error: unknown): void {
    // It was told already what it did, and whatever follows from that is no violation.
    if (this.#outside.used !== null) return;
    this.#host.fail(
      `${who} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  #changed(change: CertifiedChange): void {
    const { key, version } = change;
    this.#host.note(null, `certified: ${key} v${version} ${change.digest.slice(0, 8)}`);
    if (!this.#o.check) return;
    try {
      const answer: unknown = this.#o.check(this.#world, change);
      if (answer instanceof Promise)
        throw new TypeError('check answers with a promise; what it looks at would have changed by then.');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#host.fail(`check, after version ${version} of ${key}: ${message}`);
    }
  }

  #makeWorld(host: Host): SimulatedWorld {
    const members: readonly SimulatedMember[] = this.#pages;
    const later = (time: number, what: string): Promise<void> => {
      const done = this.#opened(what);
      return new Promise((resolve) =>
        host.at(time, () => {
          done();
          resolve();
        }),
      );
    };
    return {
      seed: this.#o.seed,
      get now() {
        return host.now;
      },
      members,
      honest: members.filter(({ byzantine }) => byzantine === null),
      f: faultsTolerated(host.epoch.n),
      quorum: host.epoch.quorum,
      random: simulatedRandom(seedOf(`workload of ${this.#o.seed}`)),
      certified: this.#ledger,
      sleep: (milliseconds) => {
        if (!(milliseconds >= 0)) throw new RangeError('sleep takes milliseconds, 0 or more.');
        return later(host.now + milliseconds, `sleep of ${milliseconds}`);
      },
      settled: () => later(Math.max(host.now, host.settledAt), 'settled'),
      note: (text) => host.note(null, text),
    };
  }

  // ---- bookkeeping ----

  #opened(what: string): () => void {
    const id = ++this.#serial;
    this.#calls.set(id, `${what}, since ${Math.round(this.#host.now)} ms`);
    return () => void this.#calls.delete(id);
  }

  #proposes(key: Key, body: Uint8Array | null): void {
    if (!this.#keys.has(key)) {
      this.#keys.add(key);
      this.#allKeys = [...this.#keys, UNUSED_KEY];
    }
    if (body === null) return;
    this.#proposed.push(body);
    if (this.#proposed.length > MAX_OFFERED) this.#proposed.shift();
  }

  #callbackOf(index: number): AccessControl | undefined {
    return this.#o.allowOf?.(index) ?? this.#o.allow;
  }

  #keepReports(index: number, app: KvApplication): void {
    if (this.#host.roles[index] !== null) return;
    for (const report of app.status().access) {
      const { key, version, kind } = report;
      this.#reports.set(`${index} ${kind} ${version} ${key}`, { ...report, member: index });
    }
  }

  #mix(digest: Digest): void {
    this.#host.mix(Number.parseInt(digest.slice(0, 8), 16));
  }
}
