import type { Digest, Key, MemberIndex } from '../../../src/codec/brand.ts';
import type { Report } from '../../../src/codec/epochs.ts';
import type { Certificate, Vote } from '../../../src/codec/vote.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import type { CoreState, Instance } from '../../../src/consensus/types.ts';
import type { Random, Scheduler } from '../scheduler.ts';
import type { Message } from './forms.ts';
import type { EpochReplica } from './replica.ts';
import type { Scene } from './scene.ts';

/** What a replica needs of the world around it. */
export interface Around {
  readonly scene: Scene;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Longest delay of a signature or a write; 0: all in one turn. */
  readonly pace: number;
  readonly w0: number;
  /** Chance in per cent that a write is the last thing before a crash. */
  crashAtWrite(replica: EpochReplica): number;
  /** Ids of the replicas that it has links to. */
  peers(replica: EpochReplica): readonly number[];
  /** Which organisation a replica is of. */
  orgOf(id: number): number;
  send(from: number, to: number, message: Message): void;
  onVote(replica: EpochReplica, epoch: Epoch, vote: Vote): void;
  onReport(replica: EpochReplica, report: Report): void;
  onDecide(replica: EpochReplica, certificate: Certificate): void;
  /** The decision is on the disk. One that a crash takes before, with the own COMMIT that made it, was never told to anybody: it is none. */
  onDecisionWritten(replica: EpochReplica, certificate: Certificate): void;
  onBegin(replica: EpochReplica, epoch: Epoch): void;
  beforeTimer(replica: EpochReplica, instance: Instance): void;
  afterVotes(replica: EpochReplica, key: Key): void;
  /** It found a signature of its own that its log lacks. */
  onLostPast(replica: EpochReplica, what: string): void;
  onAccused(replica: EpochReplica, epoch: Epoch, author: MemberIndex): void;
  /** The person of this replica sees a draft. */
  onDraft(replica: EpochReplica, digest: Digest): void;
  crash(replica: EpochReplica): void;
  note: ((replica: EpochReplica, text: string) => void) | null;
  openDigest(core: CoreState, key: Key): string;
}
