/** What an adversary script is made of: what it sees, what it may do, and when it is asked. */
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import type { Vote, VoteType } from '../../src/codec/vote.ts';
import { windowOf } from '../../src/consensus/instance.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type { CoreState, Instance } from '../../src/consensus/types.ts';
import type { Checks } from './checks.ts';
import type { Random } from './scheduler.ts';

/** What an adversary sees of the world and may do. */
export interface World {
  readonly n: number;
  readonly random: Random;
  readonly now: number;
  readonly byzantine: readonly MemberIndex[];
  readonly honest: readonly MemberIndex[];
  readonly checks: Checks;
  /** The honest replicas that are up. */
  victims(): readonly Victim[];
  /** Values of a version that exist: valid ones, one that only the Byzantine hold, an invalid one. */
  values(key: Key, version: number): { readonly all: readonly Digest[]; readonly withheld: Digest };
  sign(author: MemberIndex, key: Key, version: number, round: number, type: VoteType, digest: Digest): Vote;
  forge(author: MemberIndex, key: Key, version: number, round: number, type: VoteType, digest: Digest): Vote;
  /** Gives votes to one honest replica at once, before anything else happens to it. */
  inject(to: MemberIndex, votes: readonly Vote[]): void;
  /** Gives the bytes of a value to one honest replica. */
  reveal(to: MemberIndex, digest: Digest): void;
}

/** An honest replica, as an adversary looks into it. */
export interface Victim {
  readonly index: MemberIndex;
  readonly core: CoreState;
}

export interface Script {
  readonly what: string;
  /** Seeds do not draw it: it needs a calm and contested network, and the seeds of earlier runs keep their meaning. */
  readonly byNameOnly?: boolean;
  /** Before the replica's timer of this key acts. */
  readonly onTimer?: (world: World, victim: Victim, instance: Instance, moment: Moment) => void;
  /** After an honest replica took something in. */
  readonly onMessage?: (world: World, victim: Victim, instance: Instance) => void;
  /** As a vote of an honest replica leaves it, before anybody gets it. */
  readonly onVote?: (world: World, vote: Vote) => void;
  /** Now and then, whatever happens. */
  readonly onBeat?: (world: World, victim: Victim, instance: Instance) => void;
}

/** Why a moment is interesting: the replica is about to vote by a timer, to leave its round, or its lock window closes now. */
export interface Moment {
  readonly votes: boolean;
  readonly leaves: boolean;
  readonly closes: boolean;
}

export function momentOf({ core }: Victim, instance: Instance, now: number): Moment {
  const { round } = instance;
  const window = windowOf(core.config, Math.max(0, round));
  const saturated = instance.saturatedAt.get(round);
  const unvoted = round >= 1 && !instance.ownPreCommits.has(round) && !instance.ownCommits.has(round);
  const first = instance.saturatedAt.get(0);
  const early = first !== undefined && now >= first + windowOf(core.config, 0);
  return {
    votes: unvoted && (now >= instance.enteredAt + window || (round === 1 && early)),
    leaves:
      saturated !== undefined &&
      (now >= saturated + 2 * window || (round === 0 && now >= saturated + window)),
    closes: saturated !== undefined && now === saturated + window,
  };
}

export function inject(world: World, victim: Victim, instance: Instance, found: readonly Vote[]): void {
  // An injection before may have decided the version.
  if (found.length > 0 && victim.core.instances.get(instance.key) === instance)
    world.inject(victim.index, found);
}

export function all(world: World, { key, version }: Instance, round: number, digest: Digest): Vote[] {
  return world.byzantine.map((author) => world.sign(author, key, version, round, 'PRE-COMMIT', digest));
}

/** Values for which honest votes and Byzantine ones together make a polka in the round. */
export function hiddenPolkas(world: World, instance: Instance, round: number): Vote[][] {
  const q = quorum(world.n);
  return world.checks
    .tallies(instance.key, instance.version, round)
    .filter(({ preCommits }) => preCommits.size > 0 && preCommits.size + world.byzantine.length >= q)
    .map(({ digest, preCommits }) => [...preCommits.values(), ...all(world, instance, round, digest)]);
}
