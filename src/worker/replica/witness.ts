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
  readonly #closed = new Map<string, readonly Vote[]>();
  #due: { key: Key; votes: readonly Vote[] }[] = [];
  #armed = false;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  decided(instance: Instance): void {
    const votes = votesOf(instance);
    this.#closed.set(nameOf(instance), votes);
    if (this.#closed.size > MAX_CLOSED_VERSIONS) this.#closed.delete(this.#closed.keys().next().value!);
    this.#due.push({ key: instance.key, votes });
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

  /** A vote for a version that is decided here: it counts no more, but may convict its author. */
  async compare(votes: readonly Vote[], from: LinkId): Promise<void> {
    const { epoch, ed25519 } = this.#replica.options;
    for (const vote of votes) {
      if (vote.epoch !== epoch.epoch || this.#replica.core.evidence.has(vote.author)) continue;
      const other = this.#closed
        .get(nameOf(vote))
        ?.find(
          (v) =>
            v.author === vote.author &&
            v.round === vote.round &&
            v.type === vote.type &&
            v.digest !== vote.digest,
        );
      if (!other) continue;
      if (!(await checkVote(vote, epoch, ed25519))) {
        this.#replica.closeLink(from, 'bad-signature');
        return;
      }
      this.#replica.dispatch({ type: 'evidence', evidence: { first: other, second: vote } });
    }
  }

  #votes(item: WitnessItem): readonly Vote[] {
    const closed = this.#closed.get(nameOf(item));
    if (closed) return closed;
    const instance = this.#replica.core.instances.get(item.key);
    return instance?.version === item.version ? votesOf(instance) : [];
  }

  #tell(): void {
    const items = this.#due.map(({ key, votes }) => itemOf(key, votes, this.#replica.options.epoch.n));
    this.#due = [];
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

const nameOf = (of: { readonly key: Key; readonly version: number }): string => `${of.version} ${of.key}`;
