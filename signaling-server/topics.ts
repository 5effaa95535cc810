/** Who is subscribed to what. Invariant: a topic without subscribers is not in the table. */
import type { Limits } from './limits.ts';
import { tooManyTopics } from './protocol.ts';
import type { SignalingError } from './protocol.ts';

/** What the table needs of a subscriber: the names it holds, kept by the table. */
export interface Subscriber {
  readonly topics: Set<string>;
}

export class TopicTable<S extends Subscriber> {
  private readonly subscribersOf = new Map<string, Set<S>>();
  private readonly limits: Limits;
  private readonly changed: (topic: string, subscribers: number) => void;
  private pairs = 0;

  /** @param changed told of every change of a topic's number of subscribers. */
  constructor(limits: Limits, changed: (topic: string, subscribers: number) => void) {
    this.limits = limits;
    this.changed = changed;
  }

  get size(): number {
    return this.subscribersOf.size;
  }

  /** Subscriptions of everybody together. */
  get subscriptions(): number {
    return this.pairs;
  }

  of(topic: string): ReadonlySet<S> {
    return this.subscribersOf.get(topic) ?? NOBODY;
  }

  /** All of the topics or none: a client never has to guess which half was taken. */
  subscribe(subscriber: S, names: readonly string[]): SignalingError | undefined {
    const { limits } = this;
    const added = [...new Set(names)].filter((name) => !subscriber.topics.has(name));
    if (subscriber.topics.size + added.length > limits.maxTopicsPerConnection) return tooManyTopics(limits);
    const created = added.filter((name) => !this.subscribersOf.has(name)).length;
    if (this.size + created > limits.maxTopics) {
      return {
        type: 'too-many-topics',
        message: 'This server holds no more topics. Use another signaling server.',
      };
    }
    if (added.some((name) => this.of(name).size >= limits.maxSubscribersPerTopic)) {
      return {
        type: 'topic-full',
        message: `A topic takes ${limits.maxSubscribersPerTopic} subscribers and has them.`,
      };
    }
    for (const name of added) {
      const subscribers = this.subscribersOf.get(name) ?? new Set();
      this.subscribersOf.set(name, subscribers.add(subscriber));
      subscriber.topics.add(name);
      this.pairs += 1;
      this.changed(name, subscribers.size);
    }
    return undefined;
  }

  unsubscribe(subscriber: S, name: string): void {
    if (!subscriber.topics.delete(name)) return;
    const subscribers = this.subscribersOf.get(name);
    subscribers?.delete(subscriber);
    this.pairs -= 1;
    if (subscribers?.size === 0) this.subscribersOf.delete(name);
    this.changed(name, subscribers?.size ?? 0);
  }

  release(subscriber: S): void {
    for (const name of subscriber.topics) this.unsubscribe(subscriber, name);
  }
}

const NOBODY: ReadonlySet<never> = new Set<never>();
