/**
 * One run of whole replicas (src/worker/replica) under virtual time: real core, gossip, sync, RESUME, certificates, codec and store code.
 *
 * Same seed, same run: every source of time, chance and order is the run's own. Between two events the world waits for a tick of the
 * platform, before which every promise that can settle does: all injected functions answer by microtask or by an event.
 */
import type { Digest, InstanceId, Key, LogId, MemberIndex, NetworkId } from '../../../src/codec/brand.ts';
import { asKey, asVersion, fromHex } from '../../../src/codec/brand.ts';
import { encodeMessage } from '../../../src/codec/messages.ts';
import { certificateSigners, type Vote } from '../../../src/codec/vote.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import { faultsTolerated, firstEpoch, quorum } from '../../../src/consensus/membership.ts';
import { votesOf } from '../../../src/crdt/open.ts';
import type { EpochKeys } from '../../../src/crypto/certificates.ts';
import { commitBytes, valueBytes, voteBytes } from '../../../src/crypto/domains.ts';
import { createHash } from '../../../src/crypto/hash.ts';
import { MemoryDisk, type DiskSnapshot } from '../../../src/store/memory-store.ts';
import type { Standing, TraceEvent } from '../../../src/worker/api.ts';
import { Replica } from '../../../src/worker/replica/replica.ts';
import { Violation } from '../checks.ts';
import { createRandom, createScheduler, type Random } from '../scheduler.ts';
import { epochZero, NO_EPOCHS, readAny } from './chain.ts';
import { BROWSER_WORKER, FREE, type Costs } from './costs.ts';
import { Cores, Cpu } from './cpu.ts';
import { realCrypto, simulatedCrypto, type WorldCrypto } from './crypto.ts';
import type { Guest, Host, Tenant } from './guest.ts';
import { Judge } from './judge.ts';
import {
  edge,
  kindOf,
  readOnce,
  SACK_BYTES,
  SimNet,
  SimTransport,
  topology,
  wireBytes,
  type LinkModel,
} from './network.ts';
import { roles, type Puppet, type Role } from './roles.ts';
import { Durable, SimStore, voteName } from './store.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly n: number;
  /** By name, one for each Byzantine member; the rest of the f may lose disks. */
  readonly byzantine?: readonly string[];
  /** One way, milliseconds, and what is added at random. */
  readonly latency?: number;
  readonly jitter?: number;
  /** Per cent, before GST, and for ever. */
  readonly loss?: number;
  readonly lossAfter?: number;
  readonly partition?: boolean;
  /** Crashes of each honest member before GST. */
  readonly crashes?: number;
  /** Everybody proposes as soon as a version is open. */
  readonly contested?: boolean;
  /** Links of one member; a full mesh when n is 16 or less and this is left out. */
  readonly degree?: number;
  /** Mbit/s that a replica can send; left out: any number. */
  readonly bandwidth?: number;
  readonly keys?: number;
  readonly versions?: number;
  readonly settledAt?: number;
  readonly w0?: number;
  /** Bytes of a value's body. */
  readonly bodyBytes?: number;
  /** A member that loses its disk, and one that comes back with an old copy of it. */
  readonly lostDisk?: boolean;
  readonly oldBackup?: boolean;
  readonly lateJoiner?: boolean;
  readonly sleepers?: boolean;
  readonly slow?: boolean;
  /** Everyone's tabs close for a night; as many stay away afterwards as f allows beside the Byzantine. */
  readonly outage?: boolean;
  /** Some proposals are batches over several keys. */
  readonly batch?: boolean;
  /** Members that lose power just after GST, without a word, and stay away. */
  readonly failing?: number;
  /** Milliseconds between two of them; left out: all at once. */
  readonly failEvery?: number;
  /** LinkModel.deadAfter. */
  readonly deadAfter?: readonly [number, number];
  readonly charged?: boolean;
  /** What work costs then; left out: BROWSER_WORKER. */
  readonly costs?: Costs;
  /** All replicas on so many processors of one machine, where every message passes the page as well, out and in; left out: a processor each. */
  readonly shared?: { readonly cores: number; readonly pageMessageMs: number };
  /** All links, by their ends, instead of a random graph. */
  readonly edges?: readonly (readonly [number, number])[];
  /** W0 as each replica measures it, instead of `w0`. */
  readonly measuredW0?: boolean;
  /** Everybody votes at once, as after RESUME: its messages take minutes to simulate at 1,000. */
  readonly resumed?: boolean;
  readonly realCrypto?: boolean;
  readonly ablation?: string | null;
  readonly trace?: boolean;
  /** The cost table's driver: proposals one at a time at a steady pace by one member, instead of everybody's at any time. */
  readonly paced?: {
    readonly transactions: number;
    readonly every: number;
    readonly contested?: boolean;
    /** Each on a key of its own when its time has come, whatever became of the one before; by the honest members in turn, or by these. */
    readonly spread?: true | readonly number[];
  };
  /** Proposes and judges instead of the world; what it brings is told in its own room. */
  readonly guest?: Guest;
}

/** A proposal of a paced run. */
export interface Transaction {
  readonly by: number;
  /** Milliseconds until its version was decided, durably: at its proposer, and at the last honest member that is not to fail. */
  readonly own: number;
  readonly latest: number;
  /** Its value was decided, not another one's. */
  readonly won: boolean;
}

/** Bytes of one member. */
export interface Traffic {
  readonly member: number;
  readonly payload: number;
  readonly wire: number;
}

export interface WorldResult {
  readonly outcome: 'decided' | 'undecided' | 'violation';
  readonly what: string;
  readonly seed: number;
  readonly roles: readonly string[];
  readonly decided: number;
  readonly proposals: number;
  /** Most proposals of one honest member in a row that lost to another's. */
  readonly lossesInARow: number;
  readonly highestRound: number;
  readonly restarts: number;
  readonly events: number;
  readonly messages: number;
  /** Of honest members, on the wire: with the headers of every layer and with acknowledgements. */
  readonly bytes: number;
  /** Messages of honest members. */
  readonly packets: number;
  /** Of honest members. */
  readonly bytesByKind: Readonly<Record<string, number>>;
  /** Milliseconds from a proposal to its version's durable decision, at every honest member. */
  readonly latencies: readonly number[];
  /** The same, at the proposer. */
  readonly ownLatencies: readonly number[];
  /** Of a paced run, in the order of proposing. */
  readonly transactions: readonly Transaction[];
  /** Bytes sent by each honest member while transactions ran: messages alone, and as in `bytes`. */
  readonly uploads: readonly Traffic[];
  /** The same of what honest members sent to each. */
  readonly downloads: readonly Traffic[];
  /** Of the cost table: milliseconds from the proposal to what happens at honest members, by what. */
  readonly phases: Readonly<Record<string, readonly number[]>>;
  /** Virtual milliseconds that were simulated. */
  readonly duration: number;
  /** Virtual milliseconds of work by kind, of all honest members. */
  readonly charged: Readonly<Record<string, number>>;
  readonly hash: string;
  readonly trace: readonly string[];
}

export const worldAblations: Readonly<Record<string, string>> = {
  'ack-early': 'the store says that it is durable before it is',
  'no-resume': 'an old copy of a disk votes at once, without asking the others',
  'unchecked-votes': 'signatures of votes are not checked',
};

/** Virtual milliseconds after GST in which everything has to end. */
const HORIZON_MS = 90_000;
const BEAT_MS = 50;
/** Of a paced run, after GST. */
const FIRST_PACED_MS = 200;
/** Handling of one message by a slow member, before its slowness of 4. */
const SLOW_MESSAGE_MS = 0.5;
const MAX_TRACE_LINES = 200_000;
/** Events between two turns of the platform's loop, which reports promises that failed with nobody waiting. */
const TICKS_PER_TURN = 64;
const nextTick = (run: () => void): void => process.nextTick(run);
// As it is now: a guest's run watches who else asks for it.
const nextTurn = setImmediate;
const hash = await createHash();

interface Member {
  readonly index: MemberIndex;
  role: Role | null;
  roleName: string;
  logId: LogId;
  disk: MemoryDisk;
  durable: Durable;
  /** An observer by its log, or one of the f by its disk. */
  lost: boolean;
  restored: boolean;
  /** Votes that an old copy lacks and enough others hold: it must not vote. */
  mustObserve: { readonly name: string; readonly key: Key; readonly version: number } | null;
  life: Life | null;
  lives: number;
  readonly slow: boolean;
  /** After the outage. */
  staysAway: boolean;
  readonly skew: number;
  readonly rate: number;
  snapshots: DiskSnapshot[];
}

interface Life {
  readonly replica: Replica;
  readonly transport: SimTransport;
  readonly store: SimStore;
  readonly cpu: Cpu;
  /** With shared processors: the thread that holds the links. */
  readonly page: Cpu | null;
  /** null: the world's own values. */
  readonly tenant: Tenant | null;
  standing: Standing;
  dead: boolean;
  /** Since its state was checked. */
  touched: boolean;
  /** Keys whose whole past was found on its disk. */
  readonly whole: Set<Key>;
}

export async function runWorld(options: WorldOptions): Promise<WorldResult> {
  const crypto = options.realCrypto
    ? await realCrypto(hash, options.n)
    : simulatedCrypto(hash, options.n, options.charged ? (options.costs ?? BROWSER_WORKER) : FREE);
  return new World(options, crypto).run();
}

class World {
  readonly #o: WorldOptions;
  readonly #random: Random;
  readonly #scheduler = createScheduler();
  readonly #crypto: WorldCrypto;
  readonly #epoch: EpochKeys;
  readonly #judge: Judge;
  readonly #net: SimNet;
  readonly #members: Member[] = [];
  readonly #logIds: LogId[] = [];
  readonly #ownKeys: readonly Key[];
  /** With a guest: members as its proofs and callbacks know them. */
  readonly #chain: readonly Epoch[];
  readonly #versions: number;
  readonly #values = new Map<Digest, { readonly valid: boolean }>();
  readonly #proposals: {
    member: Member;
    life: Life;
    key: Key;
    version: number;
    digest: Digest;
    at: number;
  }[] = [];
  readonly #told = new Set<string>();
  readonly #latencies: number[] = [];
  readonly #ownLatencies: number[] = [];
  /** By member and place, when it was decided there. */
  readonly #decidedAt = new Map<string, number>();
  readonly #uploads: { payload: number; wire: number }[];
  readonly #downloads: { payload: number; wire: number }[];
  readonly #cores: Cores | null;
  readonly #bytesByKind: Record<string, number> = {};
  readonly #phases: Record<string, number[]> = {};
  readonly #deadCpus: Cpu[] = [];
  readonly #trace: string[] = [];
  readonly #settledAt: number;
  #violation: Error | null = null;
  #messages = 0;
  #bytes = 0;
  #packets = 0;
  #restarts = 0;
  #hash = 0x811c9dc5;
  #measuring = false;
  #darkUntil = 0;
  #measureFrom = 0;

  constructor(options: WorldOptions, crypto: WorldCrypto) {
    this.#o = options;
    this.#crypto = crypto;
    const { n, seed } = options;
    this.#random = createRandom(seed);
    const random = this.#random;
    const network = random.hex(64) as NetworkId;
    this.#epoch = {
      network,
      epoch: firstEpoch(network),
      n,
      quorum: quorum(n),
      voteKeys: crypto.voteKeys,
      certificateKeys: crypto.certificateKeys,
    };
    this.#ownKeys = Array.from(
      { length: options.paced?.spread ? options.paced.transactions : (options.keys ?? 1) },
      (_, i) => asKey(`package/${seed}/${i}`),
    );
    this.#versions = options.paced?.spread ? 1 : (options.paced?.transactions ?? options.versions ?? 2);
    this.#uploads = Array.from({ length: n }, () => ({ payload: 0, wire: 0 }));
    this.#downloads = Array.from({ length: n }, () => ({ payload: 0, wire: 0 }));
    this.#cores = options.shared ? new Cores(options.shared.cores) : null;
    this.#settledAt = options.settledAt ?? 2500;
    const tools = crypto.tools(0, null);
    this.#judge = new Judge(this.#epoch, tools, (digest, by) =>
      options.guest ? options.guest.isValid(digest, by) : this.#values.get(digest)?.valid === true,
    );
    const names = options.byzantine ?? [];
    const order = shuffled(n, random);
    const puppets = new Map(order.slice(0, names.length).map((index, i) => [index, names[i]!]));
    for (let i = 0; i < n; i++) {
      const logId = random.hex(32) as LogId;
      const roleName = puppets.get(i) ?? '';
      this.#logIds.push(logId);
      this.#members.push({
        index: i as MemberIndex,
        role: roleName ? roles[roleName]!.create() : null,
        roleName,
        logId,
        disk: new MemoryDisk({ network, logId }),
        durable: new Durable(),
        lost: false,
        restored: false,
        mustObserve: null,
        life: null,
        lives: 0,
        slow: options.slow === true && random.chance(30),
        staysAway: false,
        skew: options.charged ? 0 : random.below(1_000_000),
        rate: options.charged ? 1 : 1 + (random.below(201) - 100) / 100_000,
        snapshots: [],
      });
    }
    this.#chain = options.guest ? [epochZero(network, crypto, this.#logIds)] : [];
    const degree = Math.min(n - 1, options.degree ?? (n <= 16 ? n - 1 : 7));
    const failing = new Set(this.#failing().map((m) => m.index));
    const honest = this.#members.filter((m) => !m.role && !failing.has(m.index)).map((m) => m.index);
    const edges = options.edges
      ? new Set(options.edges.map(([a, b]) => edge(a, b)))
      : topology(n, degree, random, (candidate) => isConnected(honest, candidate));
    const model: LinkModel = {
      latency: options.latency ?? 5,
      jitter: options.jitter ?? (options.charged ? 0 : 20),
      loss: options.loss ?? 0,
      lossAfter: options.lossAfter ?? 0,
      duplication: options.charged ? 0 : 5,
      reorder: !options.charged,
      bandwidth: options.bandwidth ?? null,
      settledAt: this.#settledAt,
      ...(options.deadAfter && { deadAfter: options.deadAfter }),
    };
    this.#measuring = options.paced === undefined;
    this.#net = new SimNet(this.#scheduler, random, model, n, edges, {
      sent: (from, to, bytes) => {
        const member = this.#members[from.self]!;
        this.#messages++;
        if (!member.role) {
          if (this.#measuring) {
            this.#bytes += wireBytes(bytes.length);
            this.#uploads[from.self]!.payload += bytes.length;
            this.#uploads[from.self]!.wire += wireBytes(bytes.length);
            this.#packets++;
            this.#downloads[to.self]!.payload += bytes.length;
            this.#downloads[to.self]!.wire += wireBytes(bytes.length);
            const kind = KIND_NAMES[kindOf(bytes)] ?? 'other';
            this.#count(kind, bytes.length);
            this.#count('headers', wireBytes(bytes.length) - bytes.length);
          }
          // Who signed what nobody else remembers cannot be told so by RESUME: after a restored copy it counts towards f.
          if (!member.restored || member.mustObserve)
            this.#guard(() => this.#judge.leaves(from.self, bytes, member.durable));
        }
      },
      acknowledged: (by, to) => {
        if (!this.#measuring || this.#members[by.self]!.role) return;
        this.#downloads[to.self]!.wire += SACK_BYTES;
        this.#bytes += SACK_BYTES;
        this.#uploads[by.self]!.wire += SACK_BYTES;
        this.#count('acknowledgements', SACK_BYTES);
      },
      arrives: (to, from, bytes) => {
        const { life } = this.#members[to.self]!;
        if (life) life.touched = true;
        this.#mix(to.self * 1009 + from.self * 31 + kindOf(bytes));
        this.#mix(bytes.length);
        this.#mix(Math.round(this.#scheduler.now * 1000));
      },
      closed: (by, peer, reason) => {
        this.#note(by.self, `closes the link to ${peer.self}: ${reason}`);
        const both = [by, peer].map((t) => this.#members[t.self]!);
        if (reason !== 'shutdown' && both.every((m) => !m.role && !m.restored && !m.lost))
          this.#fail(`honest member ${by.self} punishes honest member ${peer.self}: ${reason}`);
      },
    });
  }

  async run(): Promise<WorldResult> {
    const failed = (error: unknown): void => this.#caught(error);
    process.on('unhandledRejection', failed);
    try {
      this.#plan();
      this.#o.guest?.begin(this.#host());
      return await this.#loop();
    } finally {
      process.off('unhandledRejection', failed);
      for (const member of this.#members) if (member.life) this.#end(member);
    }
  }

  async #loop(): Promise<WorldResult> {
    const { guest } = this.#o;
    const horizon =
      this.#settledAt +
      (guest?.horizon ?? HORIZON_MS) +
      (this.#o.paced ? this.#o.paced.transactions * this.#o.paced.every : 0);
    const scheduler = this.#scheduler;
    let checkedAt = 0;
    let turns = 0;
    for (;;) {
      let more = false;
      try {
        more = scheduler.next(horizon);
      } catch (error) {
        this.#caught(error);
      }
      // A tick comes when every promise that can settle has; a whole turn of the platform now and then, and while other threads compute.
      if (++turns % TICKS_PER_TURN !== 0 && this.#crypto.pending() === 0) await new Promise<void>(nextTick);
      else
        do await new Promise<void>((resolve) => nextTurn(resolve));
        while (this.#crypto.pending() > 0);
      if (guest) await guest.settle();
      if (this.#judge.unsettled) await this.#judge.settle().catch((error: unknown) => this.#caught(error));
      if (this.#violation) {
        if (!(this.#violation instanceof Violation)) this.#note(null, String(this.#violation.stack));
        this.#note(null, `VIOLATION ${this.#violation.message}`);
        return this.#result('violation', this.#violation.message);
      }
      const waits = guest?.state();
      if (waits?.kind === 'stuck') return this.#result('undecided', waits.what);
      if (scheduler.now - checkedAt >= 100 || !more) {
        checkedAt = scheduler.now;
        this.#checkStates();
        if (scheduler.now >= this.#settledAt && (await this.#isOver())) return this.#result('decided', '');
      }
      if (!more) {
        const stuck = [...(guest?.report() ?? []), ...(await this.#stuck())];
        for (const line of stuck) this.#note(null, line);
        return this.#result('undecided', stuck.join('\n'));
      }
    }
  }

  // ---- what happens when

  #plan(): void {
    const { n } = this.#o;
    const random = this.#random;
    const failing = new Set(this.#failing());
    const honest = this.#members.filter((m) => !m.role && !failing.has(m));
    const budget = faultsTolerated(n) - this.#members.filter((m) => m.role).length - failing.size;
    const victims = shuffled(honest.length, random).map((i) => honest[i]!);
    const late = this.#o.lateJoiner ? victims[0] : undefined;
    let failed = 0;
    for (const member of this.#members) {
      if (failing.has(member))
        this.#at(this.#settledAt + 150 + failed++ * (this.#o.failEvery ?? 0), () => this.#end(member));
      const wait = member === late ? 500 + random.below(this.#settledAt + 1000) : random.below(50);
      this.#at(wait, () => this.#start(member));
    }
    if (this.#o.partition) {
      for (let time = 300; time < this.#settledAt; time += 200 + random.below(2500)) {
        const side = this.#members.map(() => random.chance(50));
        this.#at(time, () => {
          this.#note(null, `partition ${side.map((s) => (s ? 'A' : 'B')).join('')}`);
          this.#net.heal();
          this.#net.partition(side);
        });
      }
    }
    this.#at(this.#settledAt, () => {
      this.#note(null, 'the network heals (GST)');
      this.#net.heal();
    });
    for (const member of honest) {
      for (let i = 0; i < (this.#o.crashes ?? 0); i++) {
        if (!random.chance(60)) continue;
        this.#at(100 + random.below(this.#settledAt), () => this.#crash(member, 50 + random.below(800)));
      }
      if (this.#o.sleepers && random.chance(40)) {
        this.#at(200 + random.below(this.#settledAt), () => {
          const until = this.#scheduler.now + 200 + random.below(3000);
          this.#note(member.index, `sleeps until ${until.toFixed(0)}`);
          member.life?.cpu.sleepUntil(until);
        });
      }
    }
    const faulty = victims.slice(1, 1 + Math.max(0, budget));
    if (this.#o.outage) this.#planOutage(faulty.splice(0));
    if (this.#o.lostDisk && faulty.length > 0) {
      const member = faulty.shift()!;
      this.#at(400 + random.below(this.#settledAt), () => this.#loseDisk(member));
    }
    if (this.#o.oldBackup && (faulty.length > 0 || this.#o.ablation === 'no-resume')) {
      const member = faulty.shift() ?? victims[1]!;
      for (let time = 100; time < this.#settledAt; time += 150)
        this.#at(time, () => member.snapshots.length < 20 && member.snapshots.push(member.disk.snapshot()));
      this.#at(this.#settledAt + 100 + random.below(400), () => this.#restoreOldCopy(member));
    }
    for (const member of this.#members) if (member.role) this.#drive(member);
    if (this.#o.paced) this.#pace(honest);
    else if (!this.#o.guest)
      for (const member of honest) for (const key of this.#keys) this.#proposeLater(member, key);
  }

  /** Everyone goes within a second, in the middle of whatever is open, and comes back hours later, but for those who stay away. */
  #planOutage(away: readonly Member[]): void {
    const random = this.#random;
    const dark = 300 + random.below(this.#settledAt);
    const light = dark + 3000 + random.below(3000);
    this.#at(dark, () => {
      this.#note(null, `everyone goes; ${away.map((m) => m.index).join(', ') || 'nobody'} for good`);
      this.#darkUntil = light;
      for (const member of away) member.staysAway = true;
    });
    for (const member of this.#members) {
      this.#at(dark + random.below(random.pick([1, 1000])), () => this.#end(member));
      this.#at(light + random.below(1500), () => this.#start(member));
    }
  }

  #failing(): Member[] {
    return this.#members.filter((m) => !m.role).slice(0, this.#o.failing ?? 0);
  }

  #at(time: number, task: () => void): void {
    this.#scheduler.at(time, task);
  }

  #start(member: Member): void {
    if (member.life || member.staysAway || this.#scheduler.now < this.#darkUntil) return;
    const random = this.#random;
    const shape = { skew: member.skew, rate: member.rate, slowness: member.slow ? 4 : 1 };
    const cpu = new Cpu(this.#scheduler, shape, this.#cores);
    const page = this.#cores && new Cpu(this.#scheduler, shape, this.#cores);
    const instance = random.hex(32) as InstanceId;
    const costs = this.#o.charged ? (this.#o.costs ?? BROWSER_WORKER) : FREE;
    const transport = new SimTransport(
      this.#net,
      cpu,
      member.index,
      { logId: member.disk.logId, instance },
      (bytes) => {
        cpu.charge('messages', costs.message + (costs.messageKiB * bytes) / 1024);
        // Where nothing else costs time, a slow one takes this for every message.
        if (member.slow && !this.#o.charged) cpu.charge('messages', SLOW_MESSAGE_MS);
      },
      page && { cpu: page, messageMs: this.#o.shared!.pageMessageMs },
    );
    const store = new SimStore(
      member.disk,
      member.durable,
      {
        latency: () => (this.#o.charged ? costs.storeWrite : random.below(member.slow ? 60 : 8)),
        readLatency: () => (this.#o.charged ? 0 : random.below(3)),
        acknowledgesEarly: this.#o.ablation === 'ack-early' && !member.role,
      },
      this.#scheduler,
    );
    const tools = this.#crypto.tools(member.index, cpu);
    const trusting = this.#o.ablation === 'unchecked-votes' && !member.role;
    const whole = new Set<Key>();
    const life = { transport, store, cpu, page, dead: false, touched: true, whole } as unknown as {
      -readonly [K in keyof Life]: Life[K];
    };
    life.tenant = null;
    life.standing = { kind: 'observer', reason: 'not started' };
    const named = member.disk.logId === this.#logIds[member.index];
    life.replica = new Replica({
      ...tools,
      ...(trusting && { ed25519: { name: 'simulated', verify: async () => true } }),
      hash,
      epoch: this.#epoch,
      self: named ? member.index : null,
      instance,
      store,
      transport,
      clock: cpu,
      random: (count) => fromHex(random.hex(count * 2)),
      decode: this.#o.guest ? readAny : readOnce,
      ...(!this.#o.measuredW0 && { w0: this.#o.w0 ?? 150 }),
      ...(this.#o.guest && {
        epochs: {
          self: named ? { voteKey: tools.signer.voteKey, logId: member.disk.logId } : null,
          member: tools.signer.voteKey,
          nonce: this.#chain[0]!.genesis.draftNonce,
          rulesVersion: this.#chain[0]!.rulesVersion,
          stored: NO_EPOCHS,
          chain: this.#chain,
          links: [],
          checked: [],
          mesh: 0,
          // Nobody changes the members of a run.
          moved: () => this.#fail(`member ${member.index} wants to be opened in another epoch`),
        },
      }),
      validate: (proposal) => {
        const { body } = proposal;
        if (life.tenant) return life.tenant.validate(proposal);
        const bad = body !== null && body[0] === 0xff;
        const verdict = bad
          ? ({ verdict: 'invalid', rule: 'invented', message: 'this value begins with 255' } as const)
          : ({ verdict: 'valid' } as const);
        const wait = this.#o.charged ? 0 : random.below(6);
        if (wait === 0) return Promise.resolve(verdict);
        return new Promise((resolve) => cpu.setTimeout(() => resolve(verdict), wait));
      },
      listener: {
        decided: (entry, body) => {
          if (!member.role) this.#guard(() => this.#judge.decides(member.index, entry));
          this.#decided(member, life, entry.key, entry.version);
          if (!life.dead) life.tenant?.decided(entry, body);
        },
        refused: (key, digest, rule, message) => {
          this.#told.add(`${member.index} ${key} ${digest} ${rule}`);
          if (!life.dead) life.tenant?.refused(key, digest, rule, message);
        },
        changed: () => void (life.touched = true),
        trace: (event) => this.#heard(member, event),
        standing: (standing) => this.#stands(member, life, standing),
        transport: () => undefined,
      },
    });
    member.life = life;
    member.lives++;
    life.tenant =
      this.#o.guest?.attach({
        member: member.index,
        life: member.lives,
        replica: life.replica,
        clock: cpu,
        tools,
        random,
      }) ?? null;
    if (member.lives > 1) this.#restarts++;
    this.#note(member.index, `starts (${member.lives})${member.roleName ? ` as ${member.roleName}` : ''}`);
    if (member.role) this.#hold(member, life);
    void life.replica.start().then(() => {
      if (life.dead) return;
      const reckless =
        member.roleName === 'amnesiac' || (this.#o.ablation === 'no-resume' && member.restored);
      if (reckless || this.#o.resumed) life.replica.mayVote();
      life.tenant?.started();
    });
  }

  #end(member: Member): void {
    const { life } = member;
    if (!life) return;
    life.dead = true;
    member.life = null;
    life.store.crash(this.#random);
    life.transport.crash();
    life.cpu.kill();
    life.page?.kill();
    life.tenant?.ended();
    this.#deadCpus.push(life.cpu);
    if (life.page) this.#deadCpus.push(life.page);
  }

  #crash(member: Member, downFor: number): void {
    if (!member.life) return;
    this.#note(member.index, 'crashes');
    this.#end(member);
    this.#at(this.#scheduler.now + downFor, () => this.#start(member));
  }

  /** A cleared browser: a new log id, which the epoch does not name. */
  #loseDisk(member: Member): void {
    this.#note(member.index, 'loses its disk');
    this.#end(member);
    member.lost = true;
    member.disk = new MemoryDisk({ network: this.#epoch.network, logId: this.#random.hex(32) as LogId });
    member.durable = new Durable();
    this.#at(this.#scheduler.now + 300, () => this.#start(member));
  }

  #restoreOldCopy(member: Member): void {
    if (member.snapshots.length === 0) return;
    const snapshot = this.#random.pick(member.snapshots);
    this.#end(member);
    member.restored = true;
    member.disk = MemoryDisk.fromSnapshot(snapshot);
    member.durable = new Durable();
    this.#note(member.index, 'comes back with an old copy of its disk');
    member.mustObserve = this.#lacking(member, snapshot);
    this.#at(this.#scheduler.now + 50, () => this.#start(member));
  }

  /** A vote or certificate bit of a member that its old copy lacks and more than f others hold: one of any quorum will tell. */
  #lacking(member: Member, snapshot: DiskSnapshot): Member['mustObserve'] {
    const log = new Set([...snapshot.data.logs.values()].flatMap((l) => l.ownVotes.map(voteName)));
    const holders = new Map<string, { count: number; vote: Vote }>();
    for (const other of this.#members) {
      if (other === member || other.role || !other.life) continue;
      const found = new Map<string, Vote>();
      for (const instance of other.life.replica.core.instances.values())
        for (const vote of votesOf(instance))
          if (vote.author === member.index) found.set(voteName(vote), vote);
      for (const { certificate } of other.life.replica.heads.values()) {
        const { epoch, key, version, round, digest } = certificate;
        if (!certificateSigners(certificate).includes(member.index)) continue;
        if (version <= (snapshot.data.certified.get(key)?.version ?? 0)) continue;
        const signature = new Uint8Array(0);
        const vote: Vote = {
          epoch,
          key,
          version,
          round,
          digest,
          type: 'COMMIT',
          author: member.index,
          signature,
        };
        found.set(voteName(vote), vote);
      }
      for (const [name, vote] of found)
        if (!log.has(name)) holders.set(name, { vote, count: (holders.get(name)?.count ?? 0) + 1 });
    }
    const told = [...holders].find(([, { count }]) => count > faultsTolerated(this.#o.n));
    return told ? { name: told[0], key: told[1].vote.key, version: told[1].vote.version } : null;
  }

  // ---- proposals

  #proposeLater(member: Member, key: Key): void {
    const random = this.#random;
    const wait = this.#o.contested
      ? 10 + random.below(60)
      : 50 + random.below(this.#scheduler.now < this.#settledAt ? 900 : 300);
    this.#at(this.#scheduler.now + wait, () => {
      const { life } = member;
      const head = life?.replica.core.certified.get(key);
      const version = (head?.version ?? 0) + 1;
      if (version > this.#versions) return;
      this.#proposeLater(member, key);
      if (!life || life.standing.kind !== 'voter' || !random.chance(50)) return;
      const others = this.#keys.filter(
        (other) => other !== key && this.#versionOf(life, other) <= this.#versions,
      );
      const isBatch = this.#o.batch === true && others.length > 0 && random.chance(40);
      void this.#propose(member, life, isBatch ? [key, ...others] : [key]);
    });
  }

  #versionOf(life: Life, key: Key): number {
    return (life.replica.core.certified.get(key)?.version ?? 0) + 1;
  }

  /** The open version of each key; several keys as one batch. */
  async #propose(member: Member, life: Life, keys: readonly Key[]): Promise<void> {
    const at = this.#scheduler.now;
    const proposals = keys.map((key) => {
      const version = this.#versionOf(life, key);
      const previous = life.replica.core.certified.get(key)?.digest ?? null;
      const text = new TextEncoder().encode(`${key} ${version} by ${member.index} in life ${member.lives}`);
      const body = new Uint8Array(Math.max(text.length, this.#o.bodyBytes ?? 0));
      body.set(text);
      const digest = hash(valueBytes(previous, body));
      this.#values.set(digest, { valid: true });
      return { key, version: asVersion(version), previous, body, digest };
    });
    const results = await life.replica.proposeBatch(proposals);
    for (const [i, { key, version, digest }] of proposals.entries())
      if (results[i]?.ok) this.#proposals.push({ member, life, key, version, digest, at });
  }

  /** Of the cost table: `transactions` versions of one key, each proposed when its time has come and the one before is everywhere. */
  #pace(honest: readonly Member[]): void {
    const { transactions, every, contested, spread } = this.#o.paced!;
    const [key] = this.#keys;
    const proposers = contested ? honest.slice(0, 2) : honest.slice(0, 1);
    this.#at(this.#settledAt, () => {
      this.#measuring = true;
      this.#measureFrom = this.#scheduler.now;
    });
    if (spread) {
      for (let i = 0; i < transactions; i++) {
        const by = spread === true ? honest[i % honest.length]! : this.#members[spread[i]!]!;
        this.#at(this.#settledAt + FIRST_PACED_MS + i * every, () => {
          if (by.life?.standing.kind === 'voter') void this.#propose(by, by.life, [this.#keys[i]!]);
          else this.#fail(`member ${by.index} cannot propose: it is no voter when its turn comes`);
        });
      }
      return;
    }
    const turn = (version: number, due: number): void => {
      this.#at(due, () => {
        const heads = proposers.map((m) => m.life?.replica.core.certified.get(key!));
        const ready = proposers.every(
          (m, i) =>
            m.life?.standing.kind === 'voter' &&
            (heads[i]?.version ?? 0) === version - 1 &&
            (heads[i]?.bytesKnown ?? true),
        );
        if (!ready) return turn(version, due + 50);
        for (const proposer of proposers) void this.#propose(proposer, proposer.life!, [key!]);
        if (version < transactions) turn(version + 1, due + every);
      });
    };
    turn(1, this.#settledAt + FIRST_PACED_MS);
  }

  #decided(member: Member, life: Life, key: Key, version: number): void {
    if (member.role) return;
    this.#note(member.index, `has ${key} v${version}`);
    const name = `${member.index} ${life.transport.identity.instance} ${key} ${version}`;
    if (this.#told.has(name)) return;
    this.#told.add(name);
    if (this.#o.paced) this.#decidedAt.set(`${member.index} ${version} ${key}`, this.#scheduler.now);
    const proposal = this.#proposals.find((p) => p.key === key && p.version === version);
    if (!proposal) return;
    this.#latencies.push(this.#scheduler.now - proposal.at);
    if (proposal.member === member) this.#ownLatencies.push(this.#scheduler.now - proposal.at);
  }

  // ---- Byzantine members

  /** Everything that leaves goes through the role first. */
  #hold(member: Member, life: Life): void {
    const puppet = this.#puppet(member, life);
    const role = member.role!;
    if (role.outgoing) {
      life.transport.intercept = (link, bytes) => {
        const decoded = readOnce(bytes);
        if (!decoded.ok) {
          // About epochs: no role has a say in them.
          if (this.#o.guest) puppet.put(link, bytes);
          return;
        }
        void role.outgoing!(puppet, link, decoded.value, bytes).then((messages) => {
          for (const message of messages) puppet.put(link, message);
        });
      };
    }
    if (role.incoming) life.transport.overhear = (link, bytes) => role.incoming!(puppet, link, bytes);
  }

  #drive(member: Member): void {
    const beat = (): void => {
      const { life } = member;
      if (life && member.role?.beat) void member.role.beat(this.#puppet(member, life));
      if (member.roleName === 'amnesiac') this.#forgetNowAndThen(member);
      this.#at(this.#scheduler.now + BEAT_MS, beat);
    };
    this.#at(BEAT_MS, beat);
  }

  #forgetNowAndThen(member: Member): void {
    if (this.#random.chance(20) && member.snapshots.length < 4) member.snapshots.push(member.disk.snapshot());
    if (member.lives > 12 || member.snapshots.length === 0 || !this.#random.chance(6)) return;
    this.#end(member);
    const snapshot = { ...this.#random.pick(member.snapshots) };
    // It does not remember that it was told to observe either.
    const data = { ...snapshot.data, meta: new Map<string, Uint8Array>() };
    member.disk = MemoryDisk.fromSnapshot({ ...snapshot, data });
    this.#at(this.#scheduler.now + 60, () => this.#start(member));
  }

  #puppet(member: Member, life: Life): Puppet {
    const { network, epoch } = this.#epoch;
    const tools = this.#crypto.tools(member.index, null);
    const now = (): number => this.#scheduler.now;
    const known = this.#values;
    const { guest } = this.#o;
    const keys = (): readonly Key[] => this.#keys;
    return {
      self: member.index,
      epoch: this.#epoch,
      random: this.#random,
      get keys() {
        return keys();
      },
      replica: life.replica,
      get now() {
        return now();
      },
      get links() {
        return life.transport.links;
      },
      async sign(vote, badShare = false) {
        const { key, version, round, type, digest } = vote;
        const bytes = voteBytes(network, epoch, vote);
        const base = { key, version, round, type, digest, epoch, author: member.index };
        if (type === 'PRE-COMMIT') return { ...base, signature: await tools.signer.signEd25519(bytes) };
        const share = tools.signer.signShare(badShare ? Uint8Array.of(1, ...bytes) : bytes);
        return { ...base, share, signature: await tools.signer.signEd25519(commitBytes(bytes, share)) };
      },
      value(key, tag, valid = true) {
        const previous = life.replica.core.certified.get(key)?.digest ?? null;
        const text =
          (valid && guest?.offered(member.index, key, tag)) ||
          new TextEncoder().encode(`${key} ${tag} by ${member.index}`);
        const body = valid ? text : Uint8Array.of(0xff, ...text);
        const bytes = valueBytes(previous, body);
        const digest = hash(bytes);
        known.set(digest, { valid });
        return { digest, bytes };
      },
      put(link, message) {
        const bytes = message instanceof Uint8Array ? message : encodeMessage(message);
        life.transport.put(link.id, bytes);
      },
      later: (wait, task) => this.#at(this.#scheduler.now + wait, () => !life.dead && task()),
    };
  }

  // ---- checks

  #stands(member: Member, life: Life, standing: Standing): void {
    life.standing = standing;
    if (life.dead) return;
    life.tenant?.standing(standing);
    if (standing.kind === 'stopped') {
      this.#note(member.index, `stops: ${standing.reason}`);
      if (!member.role && !member.restored)
        this.#fail(`honest member ${member.index} stopped: ${standing.reason}`);
    }
    if (standing.kind === 'observer') {
      this.#note(member.index, `observes: ${standing.reason}`);
      if (!member.role && !member.lost && !member.restored)
        this.#fail(`honest member ${member.index} with its whole log may not vote: ${standing.reason}`);
    }
    if (standing.kind === 'voter') {
      this.#note(member.index, 'votes');
      const lacks = member.mustObserve;
      // What is decided by now can be contradicted no more.
      if (lacks && !member.role && life.replica.openVersion(lacks.key) <= lacks.version)
        this.#fail(
          `member ${member.index} votes from an old copy of its log; more than f others hold ${lacks.name}`,
        );
    }
  }

  #heard(member: Member, event: TraceEvent): void {
    if (event.kind === 'evidence' && !member.role) {
      const convicted = this.#members[event.member]!;
      if (!convicted.role && !(convicted.restored && convicted.mustObserve === null))
        this.#fail(`honest member ${event.member} is convicted by member ${member.index}: ${event.detail}`);
    }
    if (this.#o.paced && !member.role) this.#phase(event);
    if (!this.#o.trace || event.kind.startsWith('heard')) return;
    const { key, version, round, digest, detail } = event;
    const where = key === undefined ? '' : ` ${key} v${version}${round === undefined ? '' : ` r${round}`}`;
    this.#note(
      member.index,
      `${event.kind}${event.member === member.index ? '' : ` of ${event.member}`}${where}${digest ? ` ${digest.slice(0, 8)}` : ''}${detail ? ` (${detail.slice(0, 90)})` : ''}`,
    );
  }

  #phase({ kind, key, version, round }: TraceEvent): void {
    if (kind !== 'pre-commit' && kind !== 'commit' && kind !== 'decided') return;
    const proposal = this.#proposals.find((p) => p.key === key && p.version === version);
    if (proposal) (this.#phases[`${kind} of round ${round}`] ??= []).push(this.#scheduler.now - proposal.at);
  }

  #checkStates(): void {
    const byzantine = this.#members.filter((m) => m.role || m.restored).length;
    for (const member of this.#members) {
      if (member.role || !member.life?.touched) continue;
      member.life.touched = false;
      this.#guard(() =>
        this.#judge.bounded(member.index, member.life!.replica, this.#keys.length, byzantine),
      );
      for (const { certificate } of member.life.replica.heads.values())
        if (!this.#o.charged) this.#judge.certificate(member.index, certificate);
    }
  }

  /** Everyone honest is up with the same heads, certified roots and histories, and nothing of its own is open. */
  async #isOver(): Promise<boolean> {
    const failing = new Set(this.#failing());
    const convicted = new Set(
      this.#members.flatMap((m) => [...(m.role ? [] : (m.life?.replica.core.evidence.keys() ?? []))]),
    );
    // A restored member that contradicted itself is cut off: whoever may not convict it has failed the run already.
    const honest = this.#members.filter(
      (m) => !m.role && !failing.has(m) && !m.staysAway && !(m.restored && convicted.has(m.index)),
    );
    // Nobody stays silenced: whoever has its whole log votes again.
    if (honest.some((m) => !m.life || (!m.lost && !m.restored && m.life.standing.kind !== 'voter')))
      return false;
    if (this.#o.guest && this.#o.guest.state().kind !== 'done') return false;
    for (const { life } of honest) {
      for (const key of this.#keys) {
        const head = life!.replica.heads.get(key);
        const last = this.#o.guest ? this.#judge.newest(key) : this.#versions;
        if (last === 0) continue;
        if (!head || head.version < last || head.previous === undefined) return false;
        if (
          !this.#o.charged &&
          head.certificate.groups.some((g) => g.form === 'votes' && g.votes.length >= this.#epoch.quorum)
        )
          return false;
      }
    }
    const roots = new Set(honest.map((m) => m.life!.replica.certifiedRoot()));
    if (roots.size > 1) return false;
    if (this.#o.paced) return true;
    for (const member of honest) {
      for (const key of this.#keys) if (!(await this.#hasHistory(member, key))) return false;
    }
    return true;
  }

  async #hasHistory(member: Member, key: Key): Promise<boolean> {
    const head = member.life!.replica.heads.get(key);
    // A guest's key of which nothing is certified.
    if (!head) return true;
    if (member.life!.whole.has(key)) return true;
    // The disk itself: the store's reads take virtual time.
    const past = member.disk.snapshot().data.history.get(key);
    for (let version = 1; version < head.version; version++) {
      const entry = past?.get(version);
      const agreed = this.#judge.decision(key, version);
      if (!entry) return false;
      if (agreed !== undefined && entry.digest !== agreed)
        this.#fail(`history: member ${member.index} keeps another ${key} v${version} than was decided`);
    }
    // No proposal comes after the last version, and nothing is taken from a history.
    if (!this.#o.guest && head.version >= this.#versions) member.life!.whole.add(key);
    return true;
  }

  async #stuck(): Promise<string[]> {
    const lines: string[] = [];
    for (const member of this.#members) {
      if (member.role) continue;
      const { life } = member;
      if (!life) {
        lines.push(`member ${member.index} is down`);
        continue;
      }
      for (const key of this.#keys) {
        const head = life.replica.heads.get(key);
        const instance = life.replica.core.instances.get(key);
        // Nobody has proposed anything for it.
        if (this.#o.guest && !head && !instance) continue;
        const complete = head && head.previous !== undefined && (await this.#hasHistory(member, key));
        const lists = head?.certificate.groups.some((g) => g.form === 'votes');
        lines.push(
          `member ${member.index} (${life.standing.kind}, links ${life.transport.links.map((l) => l.member).join(',')}) ${key} v${head?.version ?? 0} root ${life.replica.certifiedRoot().slice(0, 6)}` +
            `${complete ? '' : ', history incomplete'}${head?.previous === undefined ? ', bytes missing' : ''}${lists ? ', votes listed' : ''}` +
            (instance
              ? ` open r${instance.round} ${[...instance.rounds].map(([r, s]) => `r${r}:${[...s.preCommits].map(([d, v]) => `${d.slice(0, 4)}=${[...v.keys()]}`).join(' ')}/${[...s.commits].map(([d, v]) => `${d.slice(0, 4)}=${[...v.keys()]}`).join(' ')}`).join(' ')} values ${[...instance.values].map(([d, s]) => `${d.slice(0, 4)}:${s}`)}`
              : ''),
        );
      }
    }
    return lines;
  }

  /** A proposal loses when another value is decided in its version; in the order of proposing, over all keys. */
  #lossesInARow(): number {
    let most = 0;
    for (const member of this.#members) {
      if (member.role) continue;
      let row = 0;
      // After a restart a member may propose again in a version: the later one counts.
      const own = new Map<string, Digest>();
      for (const { member: by, key, version, digest } of this.#proposals)
        if (by === member) own.set(`${version} ${key}`, digest);
      for (const [place, digest] of own) {
        const [version] = place.split(' ', 1);
        const decided = this.#judge.decision(place.slice(version!.length + 1) as Key, Number(version));
        if (decided === undefined) continue;
        row = decided === digest ? 0 : row + 1;
        most = Math.max(most, row);
      }
    }
    return most;
  }

  #transactions(): Transaction[] {
    const failing = new Set(this.#failing());
    const steady = this.#members.filter((m) => !m.role && !failing.has(m));
    return this.#proposals.map(({ member, key, version, digest, at }) => {
      const after = (by: Member): number =>
        (this.#decidedAt.get(`${by.index} ${version} ${key}`) ?? Infinity) - at;
      const latest = Math.max(...steady.map(after));
      return {
        by: member.index,
        own: after(member),
        latest,
        won: this.#judge.decision(key, version) === digest,
      };
    });
  }

  // ---- small things

  get #keys(): readonly Key[] {
    return this.#o.guest?.keys() ?? this.#ownKeys;
  }

  #host(): Host {
    const scheduler = this.#scheduler;
    return {
      epoch: this.#epoch,
      chain: this.#chain,
      roles: this.#members.map((m) => m.roleName || null),
      hash,
      settledAt: this.#settledAt,
      get now() {
        return scheduler.now;
      },
      at: (time, task) => this.#at(time, task),
      crash: (member, downFor) => this.#crash(this.#members[member]!, downFor),
      fail: (what) => this.#fail(what),
      note: (by, text) => this.#note(by, text),
      mix: (value) => this.#mix(value),
    };
  }

  #count(kind: string, bytes: number): void {
    this.#bytesByKind[kind] = (this.#bytesByKind[kind] ?? 0) + bytes;
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#caught(error);
    }
  }

  #fail(what: string): void {
    this.#violation ??= new Violation(what);
  }

  #caught(error: unknown): void {
    this.#violation ??= error instanceof Error ? error : new Error(String(error));
  }

  #note(by: number | null, text: string): void {
    if (!this.#o.trace || this.#trace.length > MAX_TRACE_LINES) return;
    const who = by === null ? '' : `member ${by} `;
    this.#trace.push(`${this.#scheduler.now.toFixed(1).padStart(9)}  ${who}${text}`);
  }

  /** FNV-1a over what was delivered, where and when. */
  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value & 0xffff), 0x01000193);
    this.#hash = Math.imul(this.#hash ^ ((value >>> 16) & 0xffff), 0x01000193);
  }

  #traffic(of: readonly Omit<Traffic, 'member'>[]): readonly Traffic[] {
    return this.#members.flatMap((m) => (m.role ? [] : [{ member: m.index, ...of[m.index]! }]));
  }

  #result(outcome: WorldResult['outcome'], what: string): WorldResult {
    const charged: Record<string, number> = {};
    const cpus = [
      ...this.#deadCpus,
      ...this.#members
        .filter((m) => !m.role)
        .flatMap(({ life }) => (life ? [life.cpu, life.page].filter((cpu) => cpu !== null) : [])),
    ];
    for (const cpu of cpus)
      for (const [name, cost] of cpu.charged) charged[name] = (charged[name] ?? 0) + cost;
    return {
      outcome,
      what,
      seed: this.#o.seed,
      roles: this.#members.filter((m) => m.role).map((m) => m.roleName),
      decided: this.#judge.decided,
      proposals: this.#proposals.length,
      lossesInARow: this.#lossesInARow(),
      highestRound: this.#judge.highestRound,
      restarts: this.#restarts,
      events: this.#scheduler.steps,
      messages: this.#messages,
      bytes: this.#bytes,
      packets: this.#packets,
      bytesByKind: this.#bytesByKind,
      latencies: this.#latencies,
      ownLatencies: this.#ownLatencies,
      transactions: this.#o.paced ? this.#transactions() : [],
      uploads: this.#traffic(this.#uploads),
      downloads: this.#traffic(this.#downloads),
      phases: this.#phases,
      duration: this.#scheduler.now - this.#measureFrom,
      charged,
      hash: (this.#hash >>> 0).toString(16).padStart(8, '0'),
      trace: this.#trace,
    };
  }
}

const KIND_NAMES: readonly string[] = [
  '',
  'votes',
  'want-values',
  'values',
  'certificates',
  'roots',
  'want-nodes',
  'nodes',
  'want-keys',
  'evidence',
  'resume-ask',
  'resume-answer',
  'neighbours',
  'want-history',
  'history',
  'refusal',
  'probe',
  'alive',
  'witness',
  'enough',
  'holds',
  'session-ask',
  'session-answer',
  'notice',
  'hand-off',
  'want-held',
  'held',
];

function shuffled(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function isConnected(members: readonly number[], edges: ReadonlySet<string>): boolean {
  const near = new Map<number, number[]>(members.map((m) => [m, []]));
  for (const name of edges) {
    const [a, b] = name.split(' ').map(Number) as [number, number];
    if (near.has(a) && near.has(b)) {
      near.get(a)!.push(b);
      near.get(b)!.push(a);
    }
  }
  const seen = new Set<number>([members[0]!]);
  for (const at of seen) for (const next of near.get(at)!) seen.add(next);
  return seen.size === members.length;
}
