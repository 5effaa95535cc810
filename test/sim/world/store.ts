/** A store whose writes take virtual time. What a crash finds unresolved is lost, or was written and nobody heard of it: both happen. */
import type { Vote } from '../../../src/codec/vote.ts';
import type { MemoryDisk } from '../../../src/store/memory-store.ts';
import type { ReplicaStore, WriteBatch } from '../../../src/store/types.ts';
import { ok } from '../../../src/codec/result.ts';
import type { Random, Scheduler } from '../scheduler.ts';

export interface StoreModel {
  /** Milliseconds of a write. */
  latency(): number;
  readLatency(): number;
  /** Ablation: says "durable" before it is. */
  readonly acknowledgesEarly: boolean;
}

/** What of the own signatures is on the disk. */
export class Durable {
  readonly #votes = new Set<string>();
  readonly #heads = new Map<string, number>();

  note(written: Pick<WriteBatch, 'logs' | 'certified'>): void {
    for (const log of written.logs ?? []) for (const vote of log.ownVotes) this.#votes.add(voteName(vote));
    for (const { key, version } of written.certified ?? [])
      this.#heads.set(key, Math.max(version, this.#heads.get(key) ?? 0));
  }

  /** In the log, or of a version whose certificate is there: nothing more is signed in it. */
  holds(vote: Vote): boolean {
    return (this.#heads.get(vote.key) ?? 0) >= vote.version || this.#votes.has(voteName(vote));
  }
}

export class SimStore implements ReplicaStore {
  readonly generation: number;
  readonly logId: ReplicaStore['logId'];
  readonly network: ReplicaStore['network'];
  writes = 0;
  readonly #inner: ReplicaStore;
  readonly #model: StoreModel;
  readonly #scheduler: Scheduler;
  readonly #durable: Durable;
  #dead = false;
  #waiting: WriteBatch[] = [];

  /** `durable`: what was ever on this disk; the judge reads it. */
  constructor(disk: MemoryDisk, durable: Durable, model: StoreModel, scheduler: Scheduler) {
    this.#inner = disk.openReplica();
    this.generation = this.#inner.generation;
    this.logId = this.#inner.logId;
    this.network = this.#inner.network;
    this.#durable = durable;
    this.#model = model;
    this.#scheduler = scheduler;
  }

  async load(): Promise<Awaited<ReturnType<ReplicaStore['load']>>> {
    const state = await this.#inner.load();
    this.#durable.note(state);
    return state;
  }

  write(batch: WriteBatch): ReturnType<ReplicaStore['write']> {
    this.writes++;
    this.#waiting.push(batch);
    const apply = async (): ReturnType<ReplicaStore['write']> => {
      if (this.#dead) return new Promise(() => undefined);
      this.#waiting = this.#waiting.filter((waiting) => waiting !== batch);
      const written = this.#inner.write(batch);
      this.#durable.note(batch);
      return written;
    };
    if (this.#model.acknowledgesEarly) {
      this.#scheduler.at(this.#scheduler.now + this.#model.latency(), () => void apply());
      return Promise.resolve(ok(undefined));
    }
    return this.#later(this.#model.latency(), apply);
  }

  value(digest: Parameters<ReplicaStore['value']>[0]): ReturnType<ReplicaStore['value']> {
    return this.#later(this.#model.readLatency(), () => this.#inner.value(digest));
  }

  history(key: Parameters<ReplicaStore['history']>[0]): ReturnType<ReplicaStore['history']> {
    return this.#later(this.#model.readLatency(), () => this.#inner.history(key));
  }

  close(): void {
    this.#dead = true;
  }

  /** Power off. A write under way may have reached the disk. */
  crash(random: Random): void {
    for (const batch of this.#waiting) {
      if (!random.chance(50)) break;
      void this.#inner.write(batch);
      this.#durable.note(batch);
    }
    this.#dead = true;
    this.#waiting = [];
  }

  #later<T>(wait: number, run: () => Promise<T>): Promise<T> {
    if (wait <= 0) return run();
    return new Promise((resolve, reject) => {
      this.#scheduler.at(this.#scheduler.now + wait, () => {
        // A dead store never answers: whoever waits is dead as well.
        if (!this.#dead) run().then(resolve, reject);
      });
    });
  }
}

export const voteName = (vote: Vote): string =>
  `${vote.author} ${vote.version} ${vote.round} ${vote.type} ${vote.digest} ${vote.key}`;
