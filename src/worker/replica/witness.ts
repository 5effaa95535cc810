/**
 * Finding equivocators after the fact. In a full mesh votes are not forwarded and a version may be decided before anybody compares what an
 * equivocator told whom. So after a decision every replica tells whose votes it held; who holds another vote of the same author, round and
 * type sends it, and the two together are evidence.
 */
import { bitmapMembers, membersBitmap, type Vote } from '../../codec/vote.ts';
import { MAX_KEYS_PER_MESSAGE, MAX_VOTES_PER_MESSAGE } from '../../codec/limits.ts';
import type { WitnessItem } from '../../codec/messages.ts';
import type { Key, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import { checkVote } from '../../crypto/certificates.ts';
import { votesOf } from '../../crdt/open.ts';
import type { Instance } from '../../consensus/types.ts';
import type { LinkId } from '../../net/types.ts';
import {
  MAX_CLOSED_VERSIONS,
  MAX_CLOSED_VOTES,
  WITNESS_DELAY_MS,
  WITNESS_LAST_MS,
  WITNESS_SECOND_MS,
} from '../limits.ts';
import type { TimerHandle } from '../clock.ts';
import type { Replica } from './replica.ts';

export class Witness {
  readonly #replica: Replica;
  /** Votes of decided versions by `version key`, oldest first; each by its round, type and author. */
  readonly #closed = new Map<string, Map<string, Vote[]>>();
  /**
   * Names of versions to tell, by turns; what is held of them then is told, so that a vote that came late is in it. Of two neighbours one
   * tells at the first turn, and the other at the second unless it was told: one comparison finds what there is between the two.
   */
  readonly #due: Readonly<Record<Turn, Map<string, Due>>> = { first: new Map(), second: new Map() };
  readonly #armed = new Map<Turn, { readonly timer: TimerHandle; readonly at: Milliseconds }>();
  /** Votes kept, of all versions together. */
  #held = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  decided(instance: Instance): void {
    const closed = new Map<string, Vote[]>();
    for (const vote of votesOf(instance)) keep(closed, vote);
    this.#closed.set(nameOf(instance), closed);
    this.#held += closed.size;
    this.#forget();
    this.#tellSoon(nameOf(instance));
  }

  /** The oldest versions go first: the votes behind a certificate are kept for comparison only, and soon everybody has compared. */
  #forget(): void {
    for (const [name, { size }] of this.#closed) {
      if (this.#closed.size <= MAX_CLOSED_VERSIONS && this.#held <= MAX_CLOSED_VOTES) return;
      this.#closed.delete(name);
      this.#held -= size;
    }
  }

  #tellSoon(name: string): void {
    this.#due.second.delete(name);
    this.#due.first.set(name, { since: this.#replica.now, compared: new Set() });
    this.#arm('first', this.#isLast ? WITNESS_LAST_MS : WITNESS_DELAY_MS);
  }

  /** The epoch is closed: there is no time for turns. */
  get #isLast(): boolean {
    return this.#replica.epochs?.closedFor() != null;
  }

  /** The epoch has just been closed: what is due is told to all. */
  closed(): void {
    for (const [name, due] of this.#due.second)
      if (!this.#due.first.has(name)) this.#due.first.set(name, due);
    this.#due.second.clear();
    this.#tell('first');
  }

  #arm(turn: Turn, wait: Milliseconds): void {
    const { clock } = this.#replica.options;
    const armed = this.#armed.get(turn);
    const at = this.#replica.now + wait;
    if (armed && armed.at <= at) return;
    if (armed) clock.clearTimeout(armed.timer);
    const timer = clock.setTimeout(() => {
      this.#armed.delete(turn);
      if (!this.#replica.stopped) this.#tell(turn);
    }, wait);
    this.#armed.set(turn, { timer, at });
  }

  /** The same vote as it is kept for a decided version, if it is. */
  heldAs(vote: Vote): Vote | null {
    const closed = this.#closed.get(nameOf(vote));
    return closed?.get(slotOf(vote))?.find((held) => held.digest === vote.digest) ?? null;
  }

  /** What is kept of a decided version. */
  votesOf(key: Key, version: number): readonly Vote[] {
    return [...(this.#closed.get(nameOf({ key, version }))?.values() ?? [])].flat();
  }

  /** Votes held here that contradict what the neighbour holds. */
  answer(link: LinkId, items: readonly WitnessItem[]): void {
    const contradicting: Vote[] = [];
    for (const item of items) {
      const held = this.#votes(item);
      const name = nameOf(item);
      // Of what is told here soon: that one neighbour need not hear it.
      (this.#due.first.get(name) ?? this.#due.second.get(name))?.compared.add(link);
      for (const theirs of item.votes) {
        const authors = new Set(bitmapMembers(theirs.authors));
        for (const vote of held) {
          const same = vote.round === theirs.round && vote.type === theirs.type && authors.has(vote.author);
          if (same && vote.digest !== theirs.digest) contradicting.push(vote);
        }
      }
    }
    if (contradicting.length === 0) return;
    const { epoch } = this.#replica.counted;
    const votes = contradicting.slice(0, MAX_VOTES_PER_MESSAGE);
    // An own vote among them may not be durable yet.
    this.#replica.outbox.whenWritten(() =>
      this.#replica.send(link, { type: 'votes', epoch, votes, values: [] }, 'vote'),
    );
    this.#replica.outbox.flush();
  }

  /** Votes for versions that are decided here: they count no more, but may convict their author, now or when others compare. */
  async compare(votes: readonly Vote[], from: LinkId): Promise<void> {
    const { ed25519 } = this.#replica.options;
    const epoch = this.#replica.counted;
    for (const vote of votes) {
      if (vote.epoch !== epoch.epoch || !this.#isNew(vote)) continue;
      if (!(await checkVote(vote, epoch, ed25519))) {
        this.#replica.closeLink(from, 'bad-signature');
        return;
      }
      this.late(vote);
      this.#replica.gossip.brought(from, [vote]);
    }
  }

  /** A checked vote whose version was decided before it came, or while it was being checked. */
  late(vote: Vote): void {
    if (!this.#isNew(vote)) return;
    const closed = this.#closed.get(nameOf(vote))!;
    const other = closed.get(slotOf(vote))?.[0];
    keep(closed, vote);
    this.#held++;
    this.#forget();
    if (other) this.#replica.dispatch({ type: 'evidence', evidence: { first: other, second: vote } });
    else this.#tellSoon(nameOf(vote));
  }

  /** Of a version whose votes are kept, not held yet, and of an author that nothing was found against. */
  #isNew(vote: Vote): boolean {
    const closed = this.#closed.get(nameOf(vote));
    if (!closed || closed.size >= MAX_VOTES_PER_MESSAGE) return false;
    if (this.#replica.core.evidence.has(vote.author)) return false;
    return !closed.get(slotOf(vote))?.some((held) => held.digest === vote.digest);
  }

  #votes(item: WitnessItem): readonly Vote[] {
    const closed = this.#closed.get(nameOf(item));
    if (closed) return [...closed.values()].flat();
    const instance = this.#replica.core.instances.get(item.key);
    return instance?.version === item.version ? votesOf(instance) : [];
  }

  #tell(turn: Turn): void {
    const { n } = this.#replica.counted;
    const { self } = this.#replica.options;
    // All at once at the first turn. At the second each neighbour has had its time for every one of them.
    const isDue = ({ since }: Due): boolean =>
      turn === 'first' || this.#replica.now - since >= WITNESS_SECOND_MS;
    const due = new Map([...this.#due[turn]].filter(([, one]) => isDue(one)));
    for (const name of due.keys()) this.#due[turn].delete(name);
    const names = [...due.keys()].filter((name) => (this.#closed.get(name)?.size ?? 0) > 0);
    const isLast = this.#isLast;
    const items = new Map(
      names.map((name) => {
        const votes = [...this.#closed.get(name)!.values()].flat();
        return [name, itemOf(votes[0]!.key, votes, n)];
      }),
    );
    for (const { id, member } of this.#replica.links.values()) {
      if (!isLast && (turn === 'first') !== tellsFirst(self, member)) continue;
      const lacking = names.filter(
        (name) => (turn === 'first' && !isLast) || !due.get(name)!.compared.has(id),
      );
      for (let from = 0; from < lacking.length; from += MAX_KEYS_PER_MESSAGE) {
        const page = lacking.slice(from, from + MAX_KEYS_PER_MESSAGE).map((name) => items.get(name)!);
        this.#replica.send(id, { type: 'witness', items: page }, 'bulk');
      }
    }
    const { now } = this.#replica;
    if (turn === 'first' && !isLast)
      for (const name of names) this.#due.second.set(name, { ...due.get(name)!, since: now });
    if (this.#due.second.size > 0) this.#arm('second', WITNESS_SECOND_MS);
  }
}

type Turn = 'first' | 'second';

/** A version that is to be told. */
interface Due {
  readonly since: Milliseconds;
  /** Neighbours that have told, since the last vote for it came here, whose votes they hold. */
  readonly compared: Set<LinkId>;
}

/** Every member tells about half of the others first, whoever they are. Who only observes has no place, and tells all of them. */
export const tellsFirst = (self: MemberIndex | null, other: MemberIndex): boolean =>
  self === null || ((self + other) % 2 === 0 ? self < other : self > other);

/** Whose votes for what. */
export function itemOf(key: Key, votes: readonly Vote[], n: number): WitnessItem {
  const groups = new Map<string, { vote: Vote; authors: MemberIndex[] }>();
  for (const vote of votes) {
    const name = `${vote.round} ${vote.type} ${vote.digest}`;
    const group = groups.get(name) ?? { vote, authors: [] };
    group.authors.push(vote.author);
    groups.set(name, group);
  }
  return {
    key,
    version: (votes[0]?.version ?? 0) as WitnessItem['version'],
    votes: [...groups.values()].map(({ vote: { round, type, digest }, authors }) => ({
      round,
      type,
      digest,
      authors: membersBitmap(authors, n),
    })),
  };
}

function keep(closed: Map<string, Vote[]>, vote: Vote): void {
  const slot = closed.get(slotOf(vote));
  if (slot) slot.push(vote);
  else closed.set(slotOf(vote), [vote]);
}

const slotOf = ({ author, round, type }: Vote): string => `${author} ${round} ${type}`;
const nameOf = (of: { readonly key: Key; readonly version: number }): string => `${of.version} ${of.key}`;
