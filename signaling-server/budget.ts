/**
 * Bytes that wait for subscribers who do not read, all together. Each connection's share is noted when something is sent
 * to it, so the sum is never below the truth: a buffer only shrinks between two sends. Before anybody is dropped on its
 * account the sum is counted anew.
 */
import type { Limits } from './limits.ts';

export interface Waiting {
  readonly socket: { readonly bufferedAmount: number };
  /** As last noted. */
  noted: number;
}

export class BufferBudget {
  private sum = 0;
  private countedAt = -Infinity;
  private readonly limits: Limits;
  private readonly all: ReadonlySet<Waiting>;

  constructor(limits: Limits, all: ReadonlySet<Waiting>) {
    this.limits = limits;
    this.all = all;
  }

  /** Upper bound of what waits now. */
  get bytes(): number {
    return this.sum;
  }

  /** Whether `size` more bytes may wait for this one. */
  allows(one: Waiting, size: number, now: number): boolean {
    const { maxBufferedBytes, maxBufferedTotalBytes, maxConnections } = this.limits;
    const waits = one.socket.bufferedAmount;
    if (waits + size > maxBufferedBytes) return false;
    if (this.sum + size <= maxBufferedTotalBytes || waits <= maxBufferedTotalBytes / maxConnections)
      return true;
    this.countAnew(now);
    return this.sum + size <= maxBufferedTotalBytes;
  }

  /** After a send. */
  note(one: Waiting): void {
    const waits = one.socket.bufferedAmount;
    this.sum += waits - one.noted;
    one.noted = waits;
  }

  /** When a connection is no longer among all. */
  forget(one: Waiting): void {
    this.sum -= one.noted;
    one.noted = 0;
  }

  /** At most ten times a second: it looks at every connection. */
  countAnew(now: number): void {
    if (now - this.countedAt < 100) return;
    this.countedAt = now;
    for (const one of this.all) this.note(one);
  }
}
