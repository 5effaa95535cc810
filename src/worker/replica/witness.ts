/**
 * Finding equivocators after the fact. In a full mesh votes are not forwarded and a version may be decided before anybody compares what an
 * equivocator told whom. So after a decision every replica tells whose votes it held; who holds another vote of the same author, round and
 * type sends it, and the two together are evidence.
 */
import { bitmapMembers, membersBitmap, type Vote } from '../../codec/vote.ts';
import { MAX_KEYS_PER_MESSAGE, MAX_VOTES_PER_MESSAGE } from '../../codec/limits.ts';
import type { WitnessItem } from '../../codec/messages.ts';
import type { Key, MemberIndex } from '../../codec/brand.ts';
import { checkVote } from '../../crypto/certificates.ts';
import { votesOf } from '../../crdt/open.ts';
import type { Instance } from '../../consensus/types.ts';
import type { LinkId } from '../../net/types.ts';
import { MAX_CLOSED_VERSIONS, WITNESS_DELAY_MS } from '../limits.ts';
import type { Replica } from './replica.ts';

export class Witness {
  readonly #replica: Replica;
  /** Votes of decided versions by `version key`, oldest first. */
  readonly #closed = new Map<string, Vote[]>();
  /** Names of versions to tell; what is held of them then is told, so that a vote that came late is in it. */
  readonly #due = new Set<string>();
  #armed = false;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  decided(instance: Instance): void {
    this.#closed.set(nameOf(instance), votesOf(instance));
    if (this.#closed.size > MAX_CLOSED_VERSIONS) this.#closed.delete(this.#closed.keys().next().value!);
    this.#tellSoon(nameOf(instance));
  }

  #tellSoon(name: string): void {
    this.#due.add(name);
    if (this.#armed) return;
    this.#armed = true;
    this.#replica.options.clock.setTimeout(() => {
      this.#armed = false;
      this.#tell();
    }, WITNESS_DELAY_MS);
  }

  /** Votes held here that contradict what the neighbour holds. */
  answer(link: LinkId, items: readonly WitnessItem[]): void {
    const contradicting: Vote[] = [];
    for (const item of items) {
      const held = this.#votes(item);
      for (const theirs of item.votes) {
        const authors = new Set(bitmapMembers(theirs.authors));
        for (const vote of held) {
          const same = vote.round === theirs.round && vote.type === theirs.type && authors.has(vote.author);
          if (same && vote.digest !== theirs.digest) contradicting.push(vote);
        }
      }
    }
    if (contradicting.length === 0) return;
    const { epoch } = this.#replica.options.epoch;
    const votes = contradicting.slice(0, MAX_VOTES_PER_MESSAGE);
    // An own vote among them may not be durable yet.
    this.#replica.outbox.then(() =>
      this.#replica.send(link, { type: 'votes', epoch, votes, values: [] }, 'vote'),
    );
    this.#replica.outbox.flush();
  }

  /** Votes for versions that are decided here: they count no more, but may convict their author, now or when others compare. */
  async compare(votes: readonly Vote[], from: LinkId): Promise<void> {
    const { epoch, ed25519 } = this.#replica.options;
    for (const vote of votes) {
      if (vote.epoch !== epoch.epoch || !this.#isNew(vote)) continue;
      if (!(await checkVote(vote, epoch, ed25519))) {
        this.#replica.closeLink(from, 'bad-signature');
        return;
      }
      this.late(vote);
    }
  }

  /** A checked vote whose version was decided before it came, or while it was being checked. */
  late(vote: Vote): void {
    if (!this.#isNew(vote)) return;
    const closed = this.#closed.get(nameOf(vote))!;
    const other = closed.find((held) => isSameSlot(held, vote));
    closed.push(vote);
    if (other) this.#replica.dispatch({ type: 'evidence', evidence: { first: other, second: vote } });
    else this.#tellSoon(nameOf(vote));
  }

  /** Of a version whose votes are kept, not held yet, and of an author that nothing was found against. */
  #isNew(vote: Vote): boolean {
    const closed = this.#closed.get(nameOf(vote));
    if (!closed || closed.length >= MAX_VOTES_PER_MESSAGE) return false;
    if (this.#replica.core.evidence.has(vote.author)) return false;
    return !closed.some((held) => isSameSlot(held, vote) && held.digest === vote.digest);
  }

  #votes(item: WitnessItem): readonly Vote[] {
    const closed = this.#closed.get(nameOf(item));
    if (closed) return closed;
    const instance = this.#replica.core.instances.get(item.key);
    return instance?.version === item.version ? votesOf(instance) : [];
  }

  #tell(): void {
    const { n } = this.#replica.options.epoch;
    const items = [...this.#due].flatMap((name) => {
      const votes = this.#closed.get(name);
      return votes && votes.length > 0 ? [itemOf(votes[0]!.key, votes, n)] : [];
    });
    this.#due.clear();
    for (let from = 0; from < items.length; from += MAX_KEYS_PER_MESSAGE) {
      const page = items.slice(from, from + MAX_KEYS_PER_MESSAGE).filter((item) => item.votes.length > 0);
      if (page.length === 0) continue;
      for (const link of this.#replica.links.keys())
        this.#replica.send(link, { type: 'witness', items: page }, 'bulk');
    }
  }
}

function itemOf(key: Key, votes: readonly Vote[], n: number): WitnessItem {
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

const isSameSlot = (a: Vote, b: Vote): boolean =>
  a.author === b.author && a.round === b.round && a.type === b.type;
const nameOf = (of: { readonly key: Key; readonly version: number }): string => `${of.version} ${of.key}`;
