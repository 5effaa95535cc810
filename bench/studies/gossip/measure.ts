/** What is done with one group of replicas: transactions over topologies, under load, while replicas fail, with a liar among them. */
import { createLoadMeter } from '../../machine.ts';
import {
  GOSSIP_COLD_PAUSE_MS,
  GOSSIP_FAILURE_EVERY_MS,
  GOSSIP_IDLE_MS,
  GOSSIP_QUIET,
  GOSSIP_QUIET_PATIENCE_MS,
  GOSSIP_SETTLE_MS,
  GOSSIP_SET_PATIENCE_MS,
  GOSSIP_TAIL_MS,
  GOSSIP_TRACES,
} from '../../limits.ts';
import { createRandom } from '../../../test/sim/scheduler.ts';
import { faultsTolerated } from '../../../src/consensus/membership.ts';
import { sleep, type Group } from './bed.ts';
import type { Edge } from './facts.ts';
import {
  decidedOf,
  idleOf,
  keptUp,
  longestWait,
  mean,
  plan,
  sinceFailure,
  usedOf,
  type Decided,
  type Idle,
  type Sample,
  type Used,
} from './figures.ts';
import { leastHops, neighboursOf } from './topology.ts';

/** Longest silence of a study, milliseconds. */
const SAY_EVERY_MS = 12_000;
/** Between the plan's making and its first transaction, milliseconds: every page has been told by then. */
const LEAD_MS = 400;
/** Between two looks at whom the replicas have convicted, milliseconds. */
const LOOK_MS = 1_000;

export type Say = (line: string) => void;

export interface Slow {
  readonly what: string;
  readonly milliseconds: number;
  readonly round: number;
  /** Longest time without an event at the submitter between proposal and decision; null where its trace was over. */
  /** Links that it lost meanwhile. */
  readonly unlinked: number;
  readonly wait: ReturnType<typeof longestWait>;
}

/** Transactions over one topology, or one window of those over the product's links. */
export interface Round {
  /** All links there were when they ended. */
  readonly edges: readonly Edge[];
  readonly samples: readonly Decided[];
  /** Of each sample, the least possible. */
  readonly hops: readonly number[];
  readonly used: Used;
  /** Share of all processors of the machine in use, 0 to 1. */
  readonly busy: number;
}

export interface Run {
  readonly rounds: readonly Round[];
  readonly samples: readonly Decided[];
  /** Decided a second as a share of what was offered. */
  readonly keptUp: number;
}

/** Says a line now and again until it is over. */
export async function saying<T>(say: Say, line: string, work: Promise<T>): Promise<T> {
  const began = performance.now();
  const timer = setInterval(
    () => say(`${line}, ${((performance.now() - began) / 1000).toFixed(0)} s`),
    SAY_EVERY_MS,
  );
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

export class Bench {
  readonly #group: Group;
  readonly #say: Say;
  readonly #slow: Slow[];
  /** As last looked at. */
  #idle: Idle;
  #serial = 0;

  /** `slow` is added to. */
  constructor(group: Group, say: Say, slow: Slow[]) {
    this.#group = group;
    this.#say = say;
    this.#slow = slow;
    const zeros = places(group.n).map(() => 0);
    this.#idle = { replicas: zeros, payload: zeros, wire: zeros };
  }

  /** Processor milliseconds of one replica in a second without transactions, the mean of all. */
  get idle(): number {
    return mean(this.#idle.replicas);
  }

  /** Every replica makes one transaction, the first of its life: one when the last is decided, so that none waits for another. */
  async cold(): Promise<readonly Decided[]> {
    const { n } = this.#group;
    await sleep(GOSSIP_SETTLE_MS);
    const line = `${n} replicas, cold`;
    const decided: Decided[] = [];
    const one = async (): Promise<void> => {
      while (decided.length < n) {
        decided.push(...(await this.#transact({ count: 1, pace: 1, lead: 0 }, line)));
        await sleep(GOSSIP_COLD_PAUSE_MS);
      }
    };
    await saying(this.#say, line, one());
    return decided;
  }

  /** Until what went before is over and the machine is quiet; then what everything uses when nobody makes a transaction. */
  async rest(): Promise<void> {
    await sleep(GOSSIP_SETTLE_MS);
    const meter = createLoadMeter();
    const end = performance.now() + GOSSIP_QUIET_PATIENCE_MS;
    let busy = 1;
    while (busy > GOSSIP_QUIET && performance.now() < end) {
      await sleep(1_000);
      busy = meter().busy;
    }
    if (busy > GOSSIP_QUIET)
      this.#say(`the machine is not quiet: ${(busy * 100).toFixed(0)} % of it is used without transactions`);
    const before = await this.#group.usage();
    await sleep(GOSSIP_IDLE_MS);
    this.#idle = idleOf(before, await this.#group.usage());
  }

  /** `count` transactions over the links as they are, without a pause; what is used is looked at between two transactions after each `window` of them. */
  async steady(options: {
    readonly count: number;
    readonly window: number;
    readonly pace: number;
    readonly what: string;
  }): Promise<Run> {
    const { count, window, pace, what } = options;
    await this.rest();
    const half = 500 / pace;
    const start = Date.now() + LEAD_MS + half;
    let over = false;
    const windows: { readonly used: Used; readonly busy: number }[] = [];
    const watch = async (): Promise<void> => {
      await sleep(start - half - Date.now());
      const meter = createLoadMeter();
      let before = await this.#group.usage();
      for (let i = window; i <= count; i += window) {
        await sleep(start + (i * 1000) / pace - half - Date.now());
        if (over) return;
        const after = await this.#group.usage();
        windows.push({ used: usedOf(before, after, window, this.#idle), busy: meter().busy });
        before = after;
      }
    };
    const watching = watch();
    // Awaited below; until then a failure of it is nobody's.
    watching.catch(() => undefined);
    let samples: readonly Decided[];
    try {
      samples = await saying(this.#say, what, this.#transact({ count, pace, start }, what));
      // The last window ends half a transaction's time after the last one was due.
      await watching;
    } finally {
      over = true;
    }
    const edges = await this.#group.edges();
    const neighbours = neighboursOf(this.#group.n, edges);
    const rounds = windows.map(({ used, busy }, i): Round => {
      const own = samples.slice(i * window, (i + 1) * window);
      return { edges, samples: own, hops: own.map(({ by }) => leastHops(neighbours, by)), used, busy };
    });
    this.#say(`${what}: ${samples.map(({ milliseconds }) => milliseconds.toFixed(0)).join(' ')} ms`);
    return { rounds, samples, keptUp: keptUp([samples], pace) };
  }

  /** `each` transactions over each of the topologies. */
  async over(
    topologies: readonly (readonly Edge[])[],
    options: { readonly each: number; readonly pace: number; readonly what: string },
  ): Promise<Run> {
    const { each, pace, what } = options;
    const rounds: Round[] = [];
    for (const [i, topology] of topologies.entries()) {
      const line = `${what}, ${i + 1} of ${topologies.length}`;
      const linkedIn = await saying(this.#say, `${line}, linking`, this.#group.relink(topology));
      await (i === 0 ? this.rest() : sleep(GOSSIP_SETTLE_MS));
      const meter = createLoadMeter();
      const before = await this.#group.usage();
      const work = this.#transact({ count: each, pace }, line);
      const samples = await saying(this.#say, line, work);
      await sleep(GOSSIP_TAIL_MS);
      const { busy } = meter();
      const used = usedOf(before, await this.#group.usage(), each, this.#idle);
      const edges = await this.#group.edges();
      const neighbours = neighboursOf(this.#group.n, edges);
      const hops = samples.map(({ by }) => leastHops(neighbours, by));
      rounds.push({ edges, samples, hops, used, busy });
      const times = samples.map(({ milliseconds }) => milliseconds.toFixed(0)).join(' ');
      this.#say(`${line}: linked in ${(linkedIn / 1000).toFixed(1)} s, ${times} ms`);
    }
    const runs = rounds.map(({ samples }) => samples);
    return { rounds, samples: runs.flat(), keptUp: keptUp(runs, pace) };
  }

  /** More and more at once, until it is more than the replicas take. Those of one load that are not decided within the patience count as such. */
  async load(rate: number, count: number): Promise<readonly Sample[]> {
    const { n } = this.#group;
    await this.rest();
    const planned = plan({
      start: Date.now() + LEAD_MS,
      ...{ count, pace: rate, makers: places(n) },
      keyOf: (by, serial) => `load/${rate}/${by}/${serial}`,
    });
    const line = `${n} replicas, ${rate} transactions a second`;
    const samples = await saying(this.#say, line, this.#group.run(planned));
    await sleep(GOSSIP_TAIL_MS);
    return samples;
  }

  /**
   * A quarter of the replicas fall silent one by one: every packet to and from them is dropped. The others make the transactions, `before` of
   * them ahead of the first failure and `after` from it on. `since`: what was decided after it.
   */
  async failing(options: {
    readonly before: number;
    readonly after: number;
    readonly pace: number;
  }): Promise<{
    readonly samples: readonly Decided[];
    readonly since: readonly Decided[];
    /** Milliseconds since 1970. */
    readonly start: number;
    readonly failures: readonly { readonly at: number; readonly place: number }[];
  }> {
    const { before, after, pace } = options;
    const { n } = this.#group;
    const count = Math.min(faultsTolerated(n), Math.floor(n / 4));
    const random = createRandom(n);
    const gone: number[] = [];
    while (gone.length < count) {
      const place = random.below(n);
      if (!gone.includes(place)) gone.push(place);
    }
    await this.rest();
    const start = Date.now() + LEAD_MS;
    const line = `${n} replicas, ${count} of them failing`;
    const failures: { at: number; place: number }[] = [];
    const timers = gone.map((place, i) =>
      setTimeout(
        () => {
          this.#group.cut(place);
          failures.push({ at: Date.now(), place });
          this.#say(`${line}: ${i + 1} gone`);
        },
        LEAD_MS + (before * 1000) / pace + i * GOSSIP_FAILURE_EVERY_MS,
      ),
    );
    try {
      const makers = places(n).filter((place) => !gone.includes(place));
      const work = this.#transact({ count: before + after, pace, makers, start }, line);
      const samples = await saying(this.#say, line, work);
      const [first] = failures;
      if (!first) throw new Error(`${line}: it was over before the first one failed.`);
      return { samples, since: sinceFailure(samples, before, first.at), start, failures };
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** The paper's Byzantine replica, which makes no transactions itself. Silent once everybody has found it out, or after `loudMs`. */
  async lying(options: { readonly count: number; readonly pace: number; readonly loudMs: number }): Promise<{
    readonly samples: readonly Decided[];
    readonly start: number;
    /** When the first and when every honest replica had convicted it, milliseconds since 1970; null: never. */
    readonly firstAt: number | null;
    readonly allAt: number | null;
    readonly silentAt: number | null;
  }> {
    const { count, pace, loudMs } = options;
    const { n } = this.#group;
    const liar = Math.floor(n / 2);
    const makers = places(n).filter((place) => place !== liar);
    await this.rest();
    const start = Date.now() + LEAD_MS;
    const line = `${n} replicas, one of them Byzantine`;
    await this.#group.ask(liar, { type: 'mood', mood: 'loud' });
    let over = false;
    let firstAt: number | null = null;
    let allAt: number | null = null;
    let silentAt: number | null = null;
    const watch = async (): Promise<void> => {
      while (!over && silentAt === null) {
        const states = await Promise.all(makers.map((place) => this.#group.ask(place, { type: 'state' })));
        const convicted = states.filter((state) => state.convicted.includes(liar)).length;
        if (convicted > 0) firstAt ??= Date.now();
        if (convicted === makers.length) allAt ??= Date.now();
        if (allAt !== null || Date.now() > start + loudMs) {
          await this.#group.ask(liar, { type: 'mood', mood: 'silent' });
          silentAt = Date.now();
          this.#say(`${line}: convicted by ${convicted} of ${makers.length}, silent from now on`);
        }
        await sleep(LOOK_MS);
      }
    };
    const watching = watch();
    try {
      const work = this.#transact({ count, pace, makers, start }, line);
      const samples = await saying(this.#say, line, work);
      return { samples, start, firstAt, allAt, silentAt };
    } finally {
      over = true;
      await watching;
    }
  }

  /** On a few keys of each maker, so that a transaction never waits for the same maker's one before. */
  async #transact(
    options: {
      readonly count: number;
      readonly pace: number;
      readonly makers?: readonly number[];
      readonly start?: number;
      /** From now to the first of them, milliseconds. */
      readonly lead?: number;
    },
    what: string,
  ): Promise<readonly Decided[]> {
    const { count, pace, makers = places(this.#group.n), lead = LEAD_MS } = options;
    const { start = Date.now() + lead } = options;
    const keyOf = (by: number, serial: number): string =>
      `points/${by}/${Math.floor(serial / makers.length) % KEYS}`;
    const planned = plan({ start, count, pace, makers, from: this.#serial, keyOf });
    this.#serial += count;
    const samples = await this.#group.run(planned);
    const failed = samples.find(({ milliseconds }) => milliseconds === null);
    if (failed) {
      const told = await this.#group.inspect(failed.by).catch(() => 'it cannot be inspected');
      this.#say(`${what}: not decided within ${GOSSIP_SET_PATIENCE_MS / 1000} s. Its replica: ${told}`);
    }
    const decided = decidedOf(samples, what);
    await this.#keepSlowest(decided, planned, what);
    return decided;
  }

  async #keepSlowest(
    decided: readonly Decided[],
    planned: readonly { readonly at: number; readonly by: number; readonly key: string }[],
    what: string,
  ): Promise<void> {
    const slowest = decided.reduce((one, other) => (other.milliseconds > one.milliseconds ? other : one));
    const { milliseconds, round, by, at } = slowest;
    if (this.#slow.length >= GOSSIP_TRACES && milliseconds <= this.#slow.at(-1)!.milliseconds) return;
    const key = planned.find((one) => one.by === by && one.at === at)?.key;
    const { trace } = JSON.parse(await this.#group.inspect(by)) as {
      readonly trace: readonly {
        readonly at: number;
        readonly kind: string;
        readonly member: number;
        readonly key: string;
      }[];
    };
    const meanwhile = trace.filter((event) => event.at >= at - 1);
    const events = meanwhile.filter((event) => event.key === key);
    const unlinked = meanwhile.filter(
      (event) => event.kind === 'unlink' && event.at <= at + milliseconds,
    ).length;
    this.#slow.push({ what, milliseconds, round, unlinked, wait: longestWait(events) });
    this.#slow.sort((a, b) => b.milliseconds - a.milliseconds);
    this.#slow.length = Math.min(this.#slow.length, GOSSIP_TRACES);
  }
}

/** Keys of one maker. */
const KEYS = 4;

const places = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
