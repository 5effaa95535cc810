/**
 * Delta push: what each neighbour is known to hold, because it told it here or was told. Nothing goes twice over one link unless it is
 * asked for; what a link lost all the same is repaired by the comparison of roots, which looks at nothing of this.
 *
 * Votes are remembered weakly and only as the objects that this replica holds itself, so this grows with no attacker's wishes.
 */
import type { Digest } from '../../codec/brand.ts';
import type { Vote } from '../../codec/vote.ts';
import type { CoreState, Polka } from '../../consensus/types.ts';
import type { LinkId } from '../../net/types.ts';
import { MAX_VALUES_TOLD } from '../limits.ts';

export class Delta {
  readonly #votes = new Map<LinkId, WeakSet<Vote>>();
  readonly #values = new Map<LinkId, Set<Digest>>();
  readonly #polkas = new Map<LinkId, WeakSet<Polka>>();

  linked(link: LinkId): void {
    this.#votes.set(link, new WeakSet());
    this.#values.set(link, new Set());
    this.#polkas.set(link, new WeakSet());
  }

  unlinked(link: LinkId): void {
    this.#votes.delete(link);
    this.#values.delete(link);
    this.#polkas.delete(link);
  }

  /** The neighbour holds these votes. They are the objects that count here. */
  holds(link: LinkId, votes: Iterable<Vote>): void {
    const known = this.#votes.get(link);
    for (const vote of votes) known?.add(vote);
  }

  /** The same vote as this replica holds it, if it does. */
  heldAs(vote: Vote, core: CoreState): Vote | null {
    const round = core.instances.get(vote.key)?.rounds.get(vote.round);
    const table = vote.type === 'COMMIT' ? round?.commits : round?.preCommits;
    const held = table?.get(vote.digest)?.get(vote.author);
    return held && held.version === vote.version ? held : null;
  }

  lacks(link: LinkId, vote: Vote): boolean {
    return !this.#votes.get(link)?.has(vote);
  }

  /** True once for each polka and link. */
  lacksPolka(link: LinkId, polka: Polka): boolean {
    const told = this.#polkas.get(link);
    if (!told || told.has(polka)) return false;
    told.add(polka);
    return true;
  }

  holdsValue(link: LinkId, digest: Digest): void {
    const known = this.#values.get(link);
    if (!known) return;
    known.add(digest);
    if (known.size > MAX_VALUES_TOLD) known.delete(known.values().next().value!);
  }

  lacksValue(link: LinkId, digest: Digest): boolean {
    return !this.#values.get(link)?.has(digest);
  }
}
