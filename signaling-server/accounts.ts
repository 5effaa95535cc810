/** What is remembered of each address: how much it holds and how much it may still ask for. */
import { Bucket } from './bucket.ts';
import type { Limits } from './limits.ts';

export interface Address {
  readonly name: string;
  /** Open WebSocket connections; whoever opens or closes one keeps the count. */
  connections: number;
  readonly opens: Bucket;
  readonly fanOut: Bucket;
}

/**
 * An address is remembered until its buckets are full again, so that reconnecting does not refill them. The table holds
 * at most twice `maxConnections` entries: those without a connection go first, even if their buckets are not full.
 */
export class AddressTable {
  private readonly entries = new Map<string, Address>();
  private readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get size(): number {
    return this.entries.size;
  }

  of(name: string, now: number): Address {
    const known = this.entries.get(name);
    if (known) return known;
    // At most maxConnections entries have a connection, so this makes room for at least as many.
    if (this.entries.size >= 2 * this.limits.maxConnections) this.forget(() => true);
    const { limits } = this;
    const address: Address = {
      name,
      connections: 0,
      opens: new Bucket(limits.connectBurstPerAddress, limits.connectsPerSecondPerAddress, now),
      fanOut: new Bucket(limits.fanOutBurstBytesPerAddress, limits.fanOutBytesPerSecondPerAddress, now),
    };
    this.entries.set(name, address);
    return address;
  }

  forgetIdle(now: number): void {
    this.forget((address) => address.opens.isFull(now) && address.fanOut.isFull(now));
  }

  private forget(which: (address: Address) => boolean): void {
    for (const address of this.entries.values()) {
      if (address.connections === 0 && which(address)) this.entries.delete(address.name);
    }
  }
}
