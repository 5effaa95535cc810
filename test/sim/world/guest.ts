/** An application on the replicas of a run, in place of the world's own values and proposals (testing/simulator.ts). */
import type { Digest, Key, MemberIndex } from '../../../src/codec/brand.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import type { EpochKeys } from '../../../src/crypto/certificates.ts';
import type { Bls, Ed25519, Hash, Signer } from '../../../src/crypto/types.ts';
import type { Clock } from '../../../src/worker/clock.ts';
import type { Application } from '../../../src/worker/open-replica.ts';
import type { Replica } from '../../../src/worker/replica/replica.ts';
import type { Random } from '../scheduler.ts';

export interface Guest {
  /** Time zero; members start within the first 50 ms. */
  begin(host: Host): void;
  /** A member's replica has been made and is about to start. */
  attach(seat: Seat): Tenant;
  /** Those that members use; Byzantine members talk about these, and only so many may be open. Never empty. */
  keys(): readonly Key[];
  /** What `by` voted for, or with null: what was decided. */
  isValid(digest: Digest, by: MemberIndex | null): boolean;
  /** What a Byzantine member offers. The same arguments, the same bytes. */
  offered(self: MemberIndex, key: Key, tag: string): Uint8Array | null;
  /** Every promise that can settle has settled; called after each event. Resolves when answers from other threads are in. */
  settle(): Promise<void>;
  /** `waiting`: the run goes on. `stuck`: nothing that is to come can change anything. */
  state(): { readonly kind: 'waiting' | 'done' } | { readonly kind: 'stuck'; readonly what: string };
  /** Of a run that did not end. */
  report(): readonly string[];
  /** Virtual milliseconds after GST in which everything has to end. */
  readonly horizon: number;
}

export interface Host {
  readonly epoch: EpochKeys;
  /** Epoch 0 alone: nobody changes the members of a run. */
  readonly chain: readonly Epoch[];
  /** By member; null: honest. */
  readonly roles: readonly (string | null)[];
  readonly hash: Hash;
  readonly settledAt: number;
  readonly now: number;
  at(time: number, task: () => void): void;
  /** Power off, and on again after so long; nothing happens to a member that is down. */
  crash(member: MemberIndex, downFor: number): void;
  fail(what: string): void;
  note(by: number | null, text: string): void;
  /** Into the hash of the run. */
  mix(value: number): void;
}

/** One start of one member's replica. */
export interface Seat {
  readonly member: MemberIndex;
  readonly life: number;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly tools: { readonly signer: Signer; readonly bls: Bls; readonly ed25519: Ed25519 };
  readonly random: Random;
}

export interface Tenant extends Pick<Application, 'validate' | 'decided' | 'refused' | 'standing'> {
  /** The replica has read its disk and is up. */
  started(): void;
  /** The process is gone, without a word. */
  ended(): void;
}
