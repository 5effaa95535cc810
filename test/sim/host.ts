/**
 * What a replica runs on: its timers, its one signer and its one disk, each of which takes some of the simulated time. A crash ends all that
 * is under way, and may come before any write or after it.
 */
import type { Key } from '../../src/codec/brand.ts';
import type { Random, Scheduler } from './scheduler.ts';

/** What leaves waits for every write that was asked for before it. */
export interface Turn {
  readonly write: (() => void) | null;
  readonly send: () => void;
}

export interface HostOptions {
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Longest delay of a signature or a write; 0: all in one turn. */
  readonly pace: number;
  /** An ablation: what a turn sends leaves before its write. */
  readonly sendsFirst?: boolean;
  /** Chance in per cent, at this moment, that a write is the last thing before a crash. */
  crashAtWrite(): number;
  crash(): void;
}

export class Host {
  up = true;
  /** Counts starts and stops: what was under way in an earlier life is void. */
  life = 0;
  private readonly options: HostOptions;
  private timers = new Map<Key, number | null>();
  private turns: Turn[] = [];
  private flushing = false;
  private lastSigned = 0;
  private signing = 0;

  constructor(options: HostOptions) {
    this.options = options;
  }

  stop(): void {
    this.up = false;
    this.life++;
    this.turns = [];
    this.flushing = false;
    this.clearTimers();
  }

  start(): void {
    this.up = true;
    this.life++;
    this.lastSigned = 0;
    this.signing = 0;
  }

  later(delay: number, task: () => void): void {
    const { life } = this;
    const { scheduler } = this.options;
    scheduler.at(scheduler.now + delay, () => {
      if (this.up && this.life === life) task();
    });
  }

  /** One timer a key; null: none. */
  setTimer(key: Key, at: number | null, due: () => void): void {
    const { timers } = this;
    timers.set(key, at);
    if (at === null) return;
    this.later(at - this.options.scheduler.now, () => {
      if (this.timers !== timers || timers.get(key) !== at) return;
      timers.set(key, null);
      due();
    });
  }

  clearTimers(): void {
    this.timers = new Map();
  }

  /**
   * One signature after the other, in the order in which they were asked for. True: this one is made at once, and the caller goes on with it;
   * else `done` is called when it is made.
   */
  signsAtOnce(done: () => void): boolean {
    const { random, scheduler, pace } = this.options;
    const at = Math.max(this.lastSigned, scheduler.now + random.below(pace + 1));
    this.lastSigned = at;
    if (at === scheduler.now && this.signing === 0) return true;
    this.signing++;
    this.later(at - scheduler.now, () => {
      this.signing--;
      done();
    });
    return false;
  }

  enqueue(turn: Turn): void {
    // After a crash in the middle of an event, what comes after it in the event does not happen.
    if (!this.up) return;
    this.turns.push(turn);
    if (!this.flushing) this.flush();
  }

  private flush(): void {
    const { random, pace, sendsFirst } = this.options;
    const turn = this.turns[0];
    this.flushing = turn !== undefined;
    if (!turn) return;
    if (!turn.write) return this.finish(turn);
    if (sendsFirst) turn.send();
    const delay = random.below(pace + 1);
    if (delay === 0) this.write(turn);
    else this.later(delay, () => this.write(turn));
  }

  /** The crash comes before the write or after it, or not. */
  private write(turn: Turn): void {
    const { random, sendsFirst } = this.options;
    const chance = this.options.crashAtWrite();
    if (chance > 0 && random.chance(chance)) return this.options.crash();
    turn.write!();
    if (chance > 0 && random.chance(chance)) return this.options.crash();
    if (!sendsFirst) return this.finish(turn);
    this.turns.shift();
    this.flush();
  }

  private finish(turn: Turn): void {
    const { life } = this;
    turn.send();
    if (this.life !== life) return;
    this.turns.shift();
    this.flush();
  }
}
