/** What work costs a replica, in milliseconds of its one thread, as measured in a browser worker (docs/protocol.md, Signatures). */
export interface Costs {
  readonly ed25519Verify: number;
  readonly ed25519Sign: number;
  readonly blsSign: number;
  readonly aggregateCheck: number;
  readonly aggregateShare: number;
  /** Decoding and handling one message, or encoding one. */
  readonly message: number;
  readonly messageKiB: number;
  /** One strictly durable transaction: a wait, no work. */
  readonly storeWrite: number;
}

export const BROWSER_WORKER: Costs = {
  ed25519Verify: 0.04,
  ed25519Sign: 0.04,
  blsSign: 0.4,
  aggregateCheck: 4,
  aggregateShare: 0.1,
  message: 0.02,
  messageKiB: 0.01,
  storeWrite: 2,
};

/** Everything at once: the fault runs look for wrong orders, not for time. */
export const FREE: Costs = {
  ed25519Verify: 0,
  ed25519Sign: 0,
  blsSign: 0,
  aggregateCheck: 0,
  aggregateShare: 0,
  message: 0,
  messageKiB: 0,
  storeWrite: 0,
};
