/**
 * Where a replica can be made to misbehave, for the demo's lying replica and the simulator's Byzantine members only. The composition
 * refuses a deviation unless the genesis says that the network is a demo.
 */
import type { PeerMessage } from '../codec/messages.ts';
import type { Vote, VoteBody } from '../codec/vote.ts';
import type { Digest } from '../codec/brand.ts';
import type { ServiceRegistry } from '../l2/types.ts';
import type { Link } from '../net/types.ts';

export interface DeviationTools {
  /** Signs without looking at the vote log. */
  sign(vote: VoteBody): Promise<Vote>;
  /** Every link that is open now, by member index. */
  links(): readonly Link[];
  /** A digest that no value has, made from another. */
  otherDigest(digest: Digest): Digest;
}

export interface Deviation {
  /** What is really sent instead of `message` over `link`; an empty list sends nothing. */
  outgoing(link: Link, message: PeerMessage, tools: DeviationTools): Promise<readonly PeerMessage[]>;
  /** The registry by which this replica runs its own sessions; it still judges others by the true one. */
  registry(honest: ServiceRegistry): ServiceRegistry;
  setLying(lying: boolean): void;
  readonly lying: boolean;
}
