/**
 * Virtual time for one replica: its clock, and its one thread. A task that comes while the thread is busy waits its turn; what a replica
 * computes is charged in virtual milliseconds, so that a slow signature delays what it would delay on a device.
 */
import type { Clock, TimerHandle } from '../../../src/worker/clock.ts';
import type { Scheduler } from '../scheduler.ts';

/** Virtual time begins here for people, so that nothing depends on the day of the run. */
const WALL_START = Date.UTC(2026, 0, 1);

export interface CpuShape {
  /** What this replica's monotonic clock shows at the start of the run. */
  readonly skew: number;
  /** 1: as the world; 1.001: a second too fast in a thousand. */
  readonly rate: number;
  /** 1: as measured; 4: a phone that takes four times as long. */
  readonly slowness: number;
}

/** Processors of one machine that several threads share: who asks first runs first, and keeps the processor until its task is done. */
export class Cores {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  take(run: () => void): void {
    if (this.#free === 0) {
      this.#waiting.push(run);
      return;
    }
    this.#free--;
    run();
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

export class Cpu implements Clock {
  readonly #scheduler: Scheduler;
  readonly #shape: CpuShape;
  /** null: a processor of its own. */
  readonly #cores: Cores | null;
  #turn: 'none' | 'waits' | 'runs' = 'none';
  #busyUntil = 0;
  #queue: (() => void)[] = [];
  #pumping = false;
  #dead = false;
  /** Virtual milliseconds charged so far, by what for. */
  readonly charged = new Map<string, number>();

  constructor(scheduler: Scheduler, shape: CpuShape, cores: Cores | null = null) {
    this.#scheduler = scheduler;
    this.#shape = shape;
    this.#cores = cores;
  }

  now(): number {
    return this.#scheduler.now * this.#shape.rate + this.#shape.skew;
  }

  wall(): number {
    return WALL_START + this.#scheduler.now;
  }

  setTimeout(run: () => void, delay: number): TimerHandle {
    const handle = { run: run as (() => void) | null };
    // A browser's timer never fires before its time, on the clock that the replica itself reads.
    this.#scheduler.at(this.#scheduler.now + Math.max(0, delay) / this.#shape.rate + 0.001, () => {
      this.run(() => {
        const due = handle.run;
        handle.run = null;
        due?.();
      });
    });
    return handle;
  }

  clearTimeout(handle: TimerHandle): void {
    (handle as { run: (() => void) | null }).run = null;
  }

  charge(what: string, milliseconds: number): void {
    if (milliseconds <= 0) return;
    // Outside of a task: after a write, for example. It takes a turn of its own.
    if (this.#cores && this.#turn !== 'runs') {
      if (this.#dead) return;
      this.#queue.unshift(() => this.charge(what, milliseconds));
      this.#ask();
      return;
    }
    const cost = milliseconds * this.#shape.slowness;
    this.charged.set(what, (this.charged.get(what) ?? 0) + cost);
    this.#busyUntil = Math.max(this.#busyUntil, this.#scheduler.now) + cost;
  }

  /** As soon as the thread is free, in the order of the calls. Each task is an event of its own: microtasks drain between two. */
  run(task: () => void): void {
    if (this.#dead) return;
    if (this.#cores) {
      this.#queue.push(task);
      this.#ask();
      return;
    }
    if (this.#queue.length === 0 && this.#busyUntil <= this.#scheduler.now) {
      task();
      return;
    }
    this.#queue.push(task);
    this.#pump();
  }

  /** Takes so long on this thread and calls then. */
  work(what: string, milliseconds: number, done: () => void): void {
    this.run(() => {
      this.charge(what, milliseconds);
      this.#scheduler.at(Math.max(this.#busyUntil, this.#scheduler.now), done);
    });
  }

  /** A screen that is off, a tab that is frozen: nothing runs until then. */
  sleepUntil(time: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, time);
  }

  kill(): void {
    this.#dead = true;
    this.#queue = [];
  }

  /** For a turn on a shared processor: one task and what it charges. */
  #ask(): void {
    if (this.#turn !== 'none' || this.#queue.length === 0) return;
    this.#turn = 'waits';
    this.#scheduler.at(Math.max(this.#busyUntil, this.#scheduler.now), () => {
      this.#cores!.take(() => {
        this.#turn = 'runs';
        this.#queue.shift()?.();
        // What the task awaits and can go on with has charged by then.
        this.#scheduler.at(this.#scheduler.now, () => this.#leave());
      });
    });
  }

  #leave(): void {
    if (this.#busyUntil > this.#scheduler.now && !this.#dead) {
      this.#scheduler.at(this.#busyUntil, () => this.#leave());
      return;
    }
    this.#turn = 'none';
    this.#cores!.give();
    if (!this.#dead) this.#ask();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#scheduler.at(Math.max(this.#busyUntil, this.#scheduler.now), () => {
      this.#pumping = false;
      if (this.#dead) return;
      if (this.#busyUntil <= this.#scheduler.now) this.#queue.shift()?.();
      if (this.#queue.length > 0) this.#pump();
    });
  }
}
