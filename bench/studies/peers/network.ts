/** What is measured side by side: a network of n members of one kind, each on the same lines, told what to do alike. */

export interface PeerNetwork {
  readonly n: number;
  /** Milliseconds one way between any two from now on. */
  delay(ms: number): Promise<void>;
  /** These die at once and stay dead. Resolves when the others go on without them. */
  stop(places: readonly number[]): Promise<void>;
  /** Sets a key that nobody has set to a value of so many random bytes, at this member. Milliseconds until that member is told that it stands. */
  set(place: number, key: string, bytes: number): Promise<number>;
  /** Where blocks are proposed in turn; null where nobody proposes. */
  readonly turns: Turns | null;
  /** Since it was made, of those that live. */
  usage(): Promise<Usage>;
  close(): Promise<void>;
}

export interface Turns {
  /** Blocks so far, at the member that has most. The proposers' turn moves on by one with each, also those who are dead have theirs. */
  height(): Promise<number>;
  /** Resolves when everybody has what follows the last transaction; only of a network that makes no blocks without transactions. */
  rest(): Promise<void>;
  /** One block more, with nothing in it that calls for another, and the rest after it. */
  on(place: number): Promise<void>;
}

export interface Usage {
  /** Processor milliseconds of all members; not of the lines between them. */
  readonly processor: number;
  /** Bytes of payload that the members have sent one another: before encryption and the headers of what carries them. */
  readonly sent: number;
}

/** A quarter, rounded down, the last of them: no more than n - q, which every one of these networks bears. */
export const quarterOf = (n: number): readonly number[] => {
  const count = Math.floor(n / 4);
  return Array.from({ length: count }, (_, i) => n - count + i);
};

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
