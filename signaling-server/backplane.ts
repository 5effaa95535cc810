/**
 * What connects several instances of the server under one name, so that clients of one reach clients of another. Alone,
 * a server has nothing behind it: everything is in process. `redis.ts` is the other one.
 */
export interface Backplane {
  /** `none`: there is just this instance. `down`: there should be others, and they cannot be reached now. */
  state(): 'none' | 'up' | 'down';
  /** How many of this instance's clients subscribe to the topic now. */
  setSubscribers(topic: string, count: number): void;
  /** Subscribers of the topic at other instances, as last heard. 0 for a topic without subscribers here. */
  elsewhere(topic: string): number;
  /**
   * Hands a body (protocol.ts) to the other instances; lost when they cannot be reached.
   *
   * @param sender address of the client, under which other instances count what it makes them send. Leaves in a form
   *   that tells nobody what it was.
   */
  publish(topic: string, sender: string, body: Buffer): void;
  stats(): BackplaneStats;
  /** Tells the others, and lets what was handed over leave, for a bounded time. */
  close(): Promise<void>;
}

/** Bodies since the start, and other instances heard lately. */
export interface BackplaneStats {
  readonly published: number;
  readonly received: number;
  /** Not handed over since the others could not be reached, or too much was waiting. */
  readonly lost: number;
  /** Messages that were none of ours, or malformed. */
  readonly malformed: number;
  readonly instances: number;
}

/** A body from another instance. `sender` names its client among the addresses, and is no address. */
export type OnBody = (topic: string, sender: string, body: Buffer) => void;

export const alone: Backplane = {
  state: () => 'none',
  setSubscribers: () => undefined,
  elsewhere: () => 0,
  publish: () => undefined,
  stats: () => ({ published: 0, received: 0, lost: 0, malformed: 0, instances: 0 }),
  close: () => Promise.resolve(),
};
