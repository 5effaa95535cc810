/** The public types of the simulator (testing/simulator.ts). */
import type { AccessControl, Network } from '../../src/middleware/types.ts';
import type { AccessReport, Value } from '../../src/worker/kv/api.ts';

export interface SimulateOptions {
  /** Whole number. The same seed with the same options and the same code gives the same run. */
  readonly seed: number;
  /** How many, 1 to `MAX_MEMBERS`; 4 unless given. */
  readonly members?: number;
  /** Every member's callback. Unless given, every change is allowed. */
  readonly allow?: AccessControl;
  /** The callback of one member, by its index, in place of `allow`: for members that disagree. undefined: `allow`. */
  readonly allowOf?: (index: number) => AccessControl | undefined;
  /** What the members do. The run is over when this has resolved, all faults have ended, and all members that are up hold the same. */
  readonly run: (world: SimulatedWorld) => Promise<void>;
  /** Called after every certified change, in the order in which they came to be. What it throws ends the run as a violation. */
  readonly check?: (world: SimulatedWorld, change: CertifiedChange) => void;

  // ---- faults. All that are not Byzantine end at `settledAt`.

  /** Members that lie, at most f: how many, whose roles the seed draws; or the roles by name (`roleNames`). None unless given. */
  readonly byzantine?: number | readonly string[];
  /**
   * What a Byzantine member offers as the next value of a key, of its own making. It must give the same for the same arguments. Unless given: values
   * that were proposed before, and small numbers.
   */
  readonly forge?: (offer: Offer) => Value;
  /** Milliseconds one way, at least, and what is added at random: 5 and 20 unless given; before `settledAt` up to four times as much is added. */
  readonly latency?: number;
  readonly jitter?: number;
  /** Per cent of messages that vanish; none unless given. */
  readonly loss?: number;
  /** The network is cut in two, again and again, along other lines each time. */
  readonly partition?: boolean;
  /** Crashes of each honest member, each with 60 per cent chance; its disk stays. */
  readonly crashes?: number;
  /** One of the f loses its disk in a crash, and only observes from then on; with no room within f nobody does. */
  readonly lostDisk?: boolean;
  /** One of the f comes back with an old copy of its disk; with no room within f nobody does. */
  readonly oldCopy?: boolean;
  /** One member starts late: up to a second after `settledAt`. */
  readonly lateStart?: boolean;
  /** Some members sleep now and then, as phones do; some take long for everything. */
  readonly sleepers?: boolean;
  readonly slow?: boolean;
  /** Everyone is gone for some seconds; as many as f has room for stay away. */
  readonly outage?: boolean;
  /** Virtual milliseconds from the start to the end of faults; 1,500 unless given. */
  readonly settledAt?: number;

  /** Virtual milliseconds that a run may go on after `settledAt`; 120,000 unless given. A run that takes longer is stuck. */
  readonly patience?: number;
  /** The product's own BLS and Ed25519 in place of stand-ins: several times slower. */
  readonly realCrypto?: boolean;
  /** Keep what happened, line by line, in the result. */
  readonly trace?: boolean;
}

export interface Offer {
  readonly key: string;
  /** Newest certified value of the key; undefined: none. */
  readonly current: Value | undefined;
  /** Index of the member that offers it. */
  readonly member: number;
  readonly random: SimulatedRandom;
}

export interface SimulateResult {
  /**
   * done: `run` resolved, and everything that is checked holds. stuck: it did not resolve within the time, or waits for something that no
   * event of this world can bring. violation: something that must never happen did: `what` names it.
   */
  readonly outcome: 'done' | 'stuck' | 'violation';
  /** Empty when done. Otherwise what it waits for, which callbacks did not say yes, and where each member stands; or what was violated. */
  readonly what: string;
  readonly seed: number;
  /** Certified versions, of all keys. */
  readonly decided: number;
  /** Events of the simulation: messages, timers, writes. */
  readonly events: number;
  /** Everything to which an honest member's callback did not say yes, newest last, as the status of that member tells it. */
  readonly refused: readonly MemberReport[];
  /** Of everything that was delivered, when and in which order, and of every certified value: two runs with the same hash were the same. */
  readonly hash: string;
  /** Empty unless asked for. */
  readonly trace: readonly string[];
  /** Names of the Byzantine members' roles. */
  readonly roles: readonly string[];
  /** Starts of members after crashes. */
  readonly restarts: number;
  /** Virtual milliseconds. */
  readonly duration: number;
}

export interface MemberReport extends AccessReport {
  /** Index. */
  readonly member: number;
}

/** Virtual time and chance, the members, and what is certified. */
export interface SimulatedWorld {
  readonly seed: number;
  /** Virtual milliseconds since the start. */
  readonly now: number;
  /** By index. */
  readonly members: readonly SimulatedMember[];
  /** Those that are not Byzantine. */
  readonly honest: readonly SimulatedMember[];
  /** Members that may be faulty, and members that a certificate needs. */
  readonly f: number;
  readonly quorum: number;
  readonly random: SimulatedRandom;
  /** What any quorum has certified so far, as if somebody saw everything: the newest of each key, at this moment. */
  readonly certified: CertifiedState;
  /** Virtual milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** Resolves when faults end, but for Byzantine members; at once when they have. */
  settled(): Promise<void>;
  /** A line in the trace. */
  note(text: string): void;
}

/**
 * One member, as its page sees it: the calls of a `Network`. They wait while its replica is down, and take a little virtual time. A set
 * under way when it crashes ends as `stopped`: what was proposed may still be decided. Listeners outlive a crash and are told what was missed.
 */
export interface SimulatedMember extends Pick<
  Network,
  | 'id'
  | 'name'
  | 'identity'
  | 'members'
  | 'get'
  | 'read'
  | 'set'
  | 'delete'
  | 'listen'
  | 'changes'
  | 'entries'
  | 'prove'
  | 'sign'
> {
  readonly index: number;
  /** The role that holds its wire; null: honest. A Byzantine member's own replica says yes to everything, and its sets may never end. */
  readonly byzantine: string | null;
  /** Its replica is running now. */
  readonly isUp: boolean;
  /** Power off, and on again after so many virtual milliseconds; its disk stays. */
  crash(downFor: number): void;
}

/** From the seed. Giving no argument from outside makes what is drawn depend on the seed and the calls before alone. */
export interface SimulatedRandom {
  /** A whole number from 0 to below `limit`; 0 when `limit` is 1 or less. */
  below(limit: number): number;
  /** True in `percent` of the draws. */
  chance(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Hex digits. */
  hex(length: number): string;
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

export interface CertifiedChange {
  readonly key: string;
  readonly version: number;
  /** 64 hex digits. */
  readonly digest: string;
  /** undefined: deleted. */
  readonly value: Value | undefined;
  /** Of the version before; undefined: none, or deleted. */
  readonly previous: Value | undefined;
  /** Virtual milliseconds: when the first member held the certificate. */
  readonly at: number;
}

export interface CertifiedState {
  /** undefined: none, or deleted. */
  get(key: string): Value | undefined;
  /** Ascending by key, without deleted ones. */
  entries(prefix?: string): readonly CertifiedChange[];
  /** Every version of a key, ascending. */
  history(key: string): readonly CertifiedChange[];
}
