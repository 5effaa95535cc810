/**
 * A token bucket: holds up to `capacity` tokens, earns `perSecond` back. It answers at once and queues nothing, so a
 * flood costs a subtraction.
 */
export class Bucket {
  private tokens: number;
  private at: number;
  private readonly capacity: number;
  private readonly perSecond: number;

  /** @param now milliseconds on a clock that never runs backwards, as in `take`. */
  constructor(capacity: number, perSecond: number, now: number) {
    this.capacity = capacity;
    this.perSecond = perSecond;
    this.tokens = capacity;
    this.at = now;
  }

  /** Takes `cost` tokens if they are there; otherwise takes none and answers false. */
  take(cost: number, now: number): boolean {
    this.refill(now);
    if (this.tokens < cost) return false;
    this.tokens -= cost;
    return true;
  }

  isFull(now: number): boolean {
    this.refill(now);
    return this.tokens >= this.capacity;
  }

  private refill(now: number): void {
    const earned = (Math.max(0, now - this.at) / 1000) * this.perSecond;
    this.tokens = Math.min(this.capacity, this.tokens + earned);
    this.at = Math.max(this.at, now);
  }
}
