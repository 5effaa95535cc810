/**
 * Repair of pushes: an open version in which nothing new was heard for a while asks a neighbour or two for what they hold and this replica
 * lacks, by telling what it holds (`holds`). So a neighbour that swallows what it should pass on, or a message that was lost, costs one
 * such wait and a round trip. In a healthy network nothing is asked: votes come in waves that are shorter than the wait.
 */
import type { Key, Milliseconds } from '../../codec/brand.ts';
import { MAX_KEYS_PER_MESSAGE } from '../../codec/limits.ts';
import type { WitnessItem } from '../../codec/messages.ts';
import { bitmapMembers, type Vote } from '../../codec/vote.ts';
import { pagesOfVotes } from '../../codec/votes.ts';
import { votesOf } from '../../crdt/open.ts';
import type { LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_REPAIR_WAIT_MS,
  MAX_VOTES_REPAIRED_AT_ONCE,
  MIN_REPAIR_WAIT_MS,
  REPAIR_ANSWER_EVERY_MS,
  REPAIR_ASKED,
  REPAIR_WAITS_IN_W0,
} from '../limits.ts';
import type { Replica } from './replica.ts';
import { itemOf } from './witness.ts';

interface Waiting {
  version: number;
  /** When it is asked for next, and after how long again. */
  at: Milliseconds;
  wait: Milliseconds;
}

export class Repair {
  readonly #replica: Replica;
  /** Open versions that somebody has voted in. */
  readonly #waiting = new Map<Key, Waiting>();
  readonly #answeredAt = new Map<LinkId, Map<Key, Milliseconds>>();
  #turn = 0;
  #timer: TimerHandle | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** A vote counts from now on: the version moves. */
  moved(key: Key): void {
    const instance = this.#replica.core.instances.get(key);
    if (!instance) return;
    const wait = this.#firstWait();
    const known = this.#waiting.get(key);
    if (known) Object.assign(known, { version: instance.version, at: this.#replica.now + wait, wait });
    else this.#waiting.set(key, { version: instance.version, at: this.#replica.now + wait, wait });
    this.#arm(wait);
  }

  unlinked(link: LinkId): void {
    this.#answeredAt.delete(link);
  }

  stop(): void {
    if (this.#timer !== null) this.#replica.options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** What the neighbour lacks of versions that are open here; its certificate when the version is decided here. */
  answer(link: LinkId, items: readonly WitnessItem[]): void {
    const lacking: Vote[] = [];
    for (const item of items) {
      const open = this.#replica.openVersion(item.key);
      if (item.version > open) this.#replica.decisions.askKey(item.key, link);
      if (item.version > open || !this.#mayAnswer(link, item.key)) continue;
      if (item.version < open) {
        const commits = this.#commitsFor(item);
        if (commits) lacking.push(...commits);
        else this.#replica.sync.sendKeys(link, [item.key]);
        continue;
      }
      const instance = this.#replica.core.instances.get(item.key);
      if (!instance) {
        // Nothing of it came here: what the neighbour pushed was swallowed on its way, or lost.
        this.#replica.decisions.askKey(item.key, link);
        continue;
      }
      const held = new Map(
        item.votes.map((v) => [`${v.round} ${v.type} ${v.digest}`, new Set(bitmapMembers(v.authors))]),
      );
      for (const vote of votesOf(instance)) {
        if (lacking.length >= MAX_VOTES_REPAIRED_AT_ONCE) break;
        if (!held.get(`${vote.round} ${vote.type} ${vote.digest}`)?.has(vote.author)) lacking.push(vote);
        else this.#replica.gossip.delta.holds(link, [vote]);
      }
    }
    if (lacking.length === 0) return;
    const { epoch } = this.#replica.counted;
    // An own vote among them may not be durable yet.
    this.#replica.outbox.whenWritten(() => {
      for (const votes of pagesOfVotes(lacking))
        this.#replica.send(link, { type: 'votes', epoch, votes, values: [] }, 'vote');
      this.#replica.gossip.delta.holds(link, lacking);
    });
    this.#replica.outbox.flush();
  }

  /** While the certificate of the version is a list of votes, those of them that complete what the neighbour holds; null: send it. */
  #commitsFor({ key, version, votes }: WitnessItem): readonly Vote[] | null {
    const head = this.#replica.heads.get(key);
    if (head?.version !== version || !head.certificate.groups.some((group) => group.form === 'votes'))
      return null;
    const { round, digest } = head.certificate;
    const theirs = votes.find((v) => v.type === 'COMMIT' && v.round === round && v.digest === digest);
    const held = new Set(theirs ? bitmapMembers(theirs.authors) : []);
    const needed = this.#replica.counted.quorum - held.size;
    const commits = this.#replica.witness
      .votesOf(key, version)
      .filter((v) => v.type === 'COMMIT' && v.round === round && v.digest === digest && !held.has(v.author));
    return needed > 0 && commits.length >= needed ? commits.slice(0, needed) : null;
  }

  /** An answer is much longer than its question: one for each key and link in a while. */
  #mayAnswer(link: LinkId, key: Key): boolean {
    const { now } = this.#replica;
    const answered = this.#answeredAt.get(link) ?? new Map<Key, Milliseconds>();
    this.#answeredAt.set(link, answered);
    if (now < (answered.get(key) ?? -Infinity) + REPAIR_ANSWER_EVERY_MS) return false;
    if (answered.size >= MAX_KEYS_PER_MESSAGE) answered.clear();
    answered.set(key, now);
    return true;
  }

  #firstWait(): Milliseconds {
    const { w0 } = this.#replica.core;
    return Math.min(MAX_REPAIR_WAIT_MS, Math.max(MIN_REPAIR_WAIT_MS, w0 / REPAIR_WAITS_IN_W0));
  }

  #arm(wait: Milliseconds): void {
    this.#timer ??= this.#replica.options.clock.setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, wait);
  }

  #look(): void {
    if (this.#replica.stopped) return;
    const { now } = this.#replica;
    const { n } = this.#replica.counted;
    const items: WitnessItem[] = [];
    let next = Infinity;
    for (const [key, waiting] of this.#waiting) {
      const instance = this.#replica.core.instances.get(key);
      if (!instance || instance.version !== waiting.version) {
        this.#waiting.delete(key);
        continue;
      }
      if (waiting.at <= now && items.length < MAX_KEYS_PER_MESSAGE) {
        waiting.wait = Math.min(waiting.wait * 2, MAX_REPAIR_WAIT_MS);
        waiting.at = now + waiting.wait;
        items.push(itemOf(key, votesOf(instance), n));
      }
      next = Math.min(next, waiting.at);
    }
    const asked = items.filter((item) => item.version > 0);
    const links = [...this.#replica.links.keys()];
    for (let i = 0; asked.length > 0 && i < Math.min(REPAIR_ASKED, links.length); i++)
      this.#replica.send(links[this.#turn++ % links.length]!, { type: 'holds', items: asked }, 'vote');
    if (next < Infinity) this.#arm(Math.max(1, next - now));
  }
}
