/**
 * Over which links a member's votes come here. In a sparse network most links would carry a vote in both directions, because neither end
 * knows yet that the other has it. So a replica lets only those neighbours bring a member's votes that brought one first, as Plumtree does
 * (Leitão, Pereira, Rodrigues 2007), but SOURCES_KEPT of them instead of one: one that swallows votes costs no time. The others are told
 * that they need not (`enough`). What all the same does not come is asked for (repair.ts), and who brings it then is a source again.
 *
 * A neighbour that says `enough` harms only itself: it is about what it gets.
 */
import type { MemberIndex } from '../../codec/brand.ts';
import { bitmapMembers, membersBitmap, type Vote } from '../../codec/vote.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import { ENOUGH_DELAY_MS, SOURCES_KEPT } from '../limits.ts';
import type { Replica } from './replica.ts';

export class Sources {
  readonly #replica: Replica;
  /** By link: members whose votes need not come over it. */
  readonly #spared = new Map<LinkId, Set<MemberIndex>>();
  /** By link: members whose votes the neighbour gets from others. */
  readonly #unwanted = new Map<LinkId, ReadonlySet<MemberIndex>>();
  /** The links that brought a vote, in order; only votes that count here are in it. */
  readonly #bringers = new WeakMap<Vote, LinkId[]>();
  readonly #due = new Set<LinkId>();
  #timer: TimerHandle | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  linked(link: LinkId): void {
    this.#spared.set(link, new Set());
  }

  /** Whatever it brought has to come another way now: everyone may bring it until it is seen again who is first. */
  unlinked(link: LinkId): void {
    this.#spared.delete(link);
    this.#unwanted.delete(link);
    for (const [other, spared] of this.#spared) {
      if (spared.size === 0) continue;
      spared.clear();
      this.#tellSoon(other);
    }
  }

  /** The neighbour brought a vote that counts here. */
  brought(link: LinkId, vote: Vote): void {
    const { author } = vote;
    const bringers = this.#bringers.get(vote);
    const spared = this.#spared.get(link);
    if (!bringers) {
      this.#bringers.set(vote, [link]);
      if (spared?.delete(author)) this.#tellSoon(link);
      return;
    }
    if (bringers.includes(link)) return;
    bringers.push(link);
    if (!spared || spared.has(author) || this.#replica.links.get(link)?.member === author) return;
    const before = bringers.filter((one) => one !== link && this.#spared.get(one)?.has(author) === false);
    if (before.length < SOURCES_KEPT) return;
    spared.add(author);
    this.#tellSoon(link);
  }

  /** `enough`: the whole list each time. */
  told(link: Link, bitmap: Uint8Array): void {
    this.#unwanted.set(link.id, new Set(bitmapMembers(bitmap)));
  }

  isWanted(link: LinkId, author: MemberIndex): boolean {
    return !this.#unwanted.get(link)?.has(author);
  }

  stop(): void {
    if (this.#timer !== null) this.#replica.options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Many votes of one wave, one message a link. */
  #tellSoon(link: LinkId): void {
    this.#due.add(link);
    this.#timer ??= this.#replica.options.clock.setTimeout(() => {
      this.#timer = null;
      for (const to of this.#due) {
        const spared = this.#spared.get(to);
        const authors = spared && membersBitmap(spared, this.#replica.options.epoch.n);
        if (authors) this.#replica.send(to, { type: 'enough', authors }, 'vote');
      }
      this.#due.clear();
    }, ENOUGH_DELAY_MS);
  }
}
