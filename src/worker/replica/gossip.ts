/**
 * Pushing: what goes to which neighbour as soon as it is known here, and what waits for the disk.
 */
import type { Digest, MemberIndex } from '../../codec/brand.ts';
import { MAX_VALUES_PER_MESSAGE, MAX_VOTES_PER_MESSAGE } from '../../codec/limits.ts';
import type { ReplicaMessage } from '../../codec/replica-message.ts';
import type { Certificate, Vote } from '../../codec/vote.ts';
import { pagesOfVotes } from '../../codec/votes.ts';
import { isInWindow } from '../../consensus/forget.ts';
import { polkaOf, roundsBelow } from '../../consensus/instance.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  FORWARD_GATHER_MS,
  MAX_PUSHED_VALUE_BYTES,
  MAX_PUSHED_VALUES,
  VALUES_PER_MESSAGE_BYTES,
} from '../limits.ts';
import { Delta } from './delta.ts';
import type { Replica } from './replica.ts';

export class Gossip {
  readonly #replica: Replica;
  readonly delta = new Delta();
  readonly #neighbours = new Map<LinkId, ReadonlySet<MemberIndex>>();
  /** PERSIST: own votes that are signed and not yet on disk. Nothing that leaves may hold one, whoever asked for it. */
  readonly #unwritten = new Set<Vote>();
  /** Votes of others that wait to be passed on, gathered for a moment. */
  #forward: Vote[] = [];
  #pushes: Vote[] = [];
  #gathering: TimerHandle | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  linked(link: Link): void {
    this.delta.linked(link.id);
    this.#tellNeighbours();
  }

  unlinked(link: Link): void {
    this.#neighbours.delete(link.id);
    this.delta.unlinked(link.id);
    this.#tellNeighbours();
  }

  /** Whom a neighbour is linked to, as it says. */
  neighboursTold(link: Link, bitmap: Uint8Array): void {
    this.#neighbours.set(link.id, this.#membersOf(bitmap));
    this.suspect();
  }

  /** Whom a neighbour has said it is linked to; undefined before it did. */
  neighboursOf(link: LinkId): ReadonlySet<MemberIndex> | undefined {
    return this.#neighbours.get(link);
  }

  /** PERSIST, for what is signed as a whole and cannot be thinned out later: true when nothing in it waits for its write. */
  isWritten(item: Vote | Certificate): boolean {
    if (!('groups' in item)) return !this.#unwritten.has(item);
    return (
      this.#unwritten.size === 0 ||
      this.withoutUnwritten({ type: 'certificates', certificates: [item] }) !== null
    );
  }

  /** An own vote, signed just now: it leaves once it is durable. */
  own(vote: Vote): void {
    this.#unwritten.add(vote);
    this.#pushes.push(vote);
    this.#replica.repair.moved(vote.key);
  }

  /** A vote of somebody else that counts from now on. */
  heard(vote: Vote): void {
    this.#forward.push(vote);
    this.#replica.repair.moved(vote.key);
  }

  /** A neighbour told votes: before they are checked those count that are held here already, `checked` ones all. */
  brought(link: LinkId, votes: readonly Vote[], checked = false): void {
    const { core, sources } = this.#replica;
    for (const vote of votes) {
      const held = this.delta.heldAs(vote, core) ?? this.#replica.witness.heldAs(vote);
      if (!held && !(checked && vote.version === this.#replica.openVersion(vote.key))) continue;
      this.delta.holds(link, [held ?? vote]);
      sources.brought(link, held ?? vote);
    }
  }

  /** At the end of each turn. */
  flush(): void {
    this.#pushOut();
    if (this.#forward.length === 0) return;
    // Without gathering every vote is a message of its own on every link: votes of one wave come within milliseconds.
    this.#gathering ??= this.#replica.options.clock.setTimeout(() => {
      this.#gathering = null;
      this.#forwardOut();
    }, FORWARD_GATHER_MS);
  }

  stop(): void {
    if (this.#gathering !== null) this.#replica.options.clock.clearTimeout(this.#gathering);
    this.#gathering = null;
  }

  /** Own votes go to every neighbour once they are durable; all of one turn in one message a link. */
  #pushOut(): void {
    if (this.#pushes.length === 0) return;
    const votes = this.#pushes;
    this.#pushes = [];
    this.#replica.outbox.whenWritten(() => {
      for (const vote of votes) this.#unwritten.delete(vote);
      for (const { type, key, version, round, digest } of votes) {
        const kind = type === 'COMMIT' ? 'commit' : 'pre-commit';
        this.#replica.trace({ kind, member: this.#replica.options.self!, key, version, round, digest });
      }
      const others = this.#takeForward();
      for (const link of this.#replica.links.values())
        this.#sendVotes(link, votes, this.#lackingOf(link, others));
    });
  }

  /** With the newest polka held, as far as the neighbour may lack its votes, and the bytes of the values that it may lack. */
  #sendVotes(link: Link, own: readonly Vote[], others: readonly Vote[] = []): void {
    const votes = new Set([...own, ...others]);
    const near = this.#neighbours.get(link.id);
    for (const vote of own) {
      const instance = this.#replica.core.instances.get(vote.key);
      if (!instance || instance.version !== vote.version) continue;
      for (const round of roundsBelow(instance, instance.round + 1)) {
        const polka = polkaOf(this.#replica.core.config, instance, round);
        if (!polka) continue;
        if (!isInWindow(instance, round)) {
          // Whoever is past the round keeps none of its votes: it is told the polka whole, once.
          if (this.delta.lacksPolka(link.id, polka)) for (const other of polka.votes) votes.add(other);
          break;
        }
        for (const other of polka.votes) {
          const lacks =
            other.author !== link.member &&
            !near?.has(other.author) &&
            this.#replica.sources.isWanted(link.id, other.author) &&
            this.delta.lacks(link.id, other);
          if (lacks) votes.add(other);
        }
        break;
      }
    }
    this.#push(link, [...votes]);
  }

  /**
   * Votes of others, only to neighbours who are not linked to their author and have not told them here: in a full mesh, to nobody.
   * The first vote for a value carries its bytes on: no hop waits for a question.
   */
  #forwardOut(): void {
    const votes = this.#takeForward();
    if (votes.length === 0 || this.#replica.stopped) return;
    for (const link of this.#replica.links.values()) {
      const lacking = this.#lackingOf(link, votes);
      if (lacking.length > 0) this.#push(link, lacking);
    }
  }

  #takeForward(): readonly Vote[] {
    const votes = this.#forward.filter((vote) => !this.#isBeyondPolka(vote));
    this.#forward = [];
    return votes;
  }

  #lackingOf(link: Link, votes: readonly Vote[]): readonly Vote[] {
    const near = this.#neighbours.get(link.id);
    if (!near) return [];
    return votes.filter(
      (v) =>
        v.author !== link.member &&
        !near.has(v.author) &&
        v.author !== this.#replica.options.self &&
        this.#replica.sources.isWanted(link.id, v.author) &&
        this.delta.lacks(link.id, v),
    );
  }

  /** With a polka here its votes go on, and no others for its value: they would prove nothing more. */
  #isBeyondPolka(vote: Vote): boolean {
    const polka = this.#replica.core.instances.get(vote.key)?.rounds.get(vote.round)?.polka;
    return vote.type === 'PRE-COMMIT' && polka?.digest === vote.digest && !polka.votes.includes(vote);
  }

  /**
   * A value goes along unless the neighbour is linked to the member whose vote for it came here first: that one heard of it earlier, so
   * whoever leaves it to another leaves it, in the end, to the proposer, which tells all its neighbours.
   */
  #push(link: Link, all: readonly Vote[]): void {
    for (const votes of pagesOfVotes(all)) this.#pushPage(link, votes);
  }

  #pushPage(link: Link, votes: readonly Vote[]): void {
    const near = this.#neighbours.get(link.id);
    const values = new Map<Digest, Uint8Array>();
    let size = 0;
    for (const { type, key, digest } of votes) {
      const instance = this.#replica.core.instances.get(key);
      if (
        type !== 'PRE-COMMIT' ||
        !instance ||
        values.size >= MAX_VALUES_PER_MESSAGE ||
        !this.delta.lacksValue(link.id, digest)
      )
        continue;
      const [first] = instance.rounds.get(0)?.preCommits.get(digest)?.keys() ?? [];
      const isOwn = instance.proposal === digest;
      if (!isOwn && (first === undefined || first === link.member || !near || near.has(first))) continue;
      if (!isOwn && !this.#replica.sources.isWanted(link.id, first!)) continue;
      const bytes = this.#replica.cache.get(digest);
      if (!bytes) continue;
      // A proposer's own go along, all of a batch if they fit in one message: everybody else lacks them.
      if (!isOwn && (bytes.length > MAX_PUSHED_VALUE_BYTES || values.size >= MAX_PUSHED_VALUES)) continue;
      if (size + bytes.length > VALUES_PER_MESSAGE_BYTES) continue;
      size += bytes.length;
      values.set(digest, bytes);
      this.delta.holdsValue(link.id, digest);
    }
    this.delta.holds(link.id, votes);
    const { epoch } = this.#replica.counted;
    this.#replica.send(link.id, { type: 'votes', epoch, votes, values: [...values.values()] }, 'vote');
  }

  /** Values travel with votes for them; others are not taken. */
  takeValues(from: LinkId, votes: readonly Vote[], values: readonly Uint8Array[]): void {
    for (const bytes of values) {
      const digest = this.#replica.options.hash(bytes);
      const named = votes.find((vote) => vote.digest === digest);
      if (!named) continue;
      const open = (this.#replica.core.certified.get(named.key)?.version ?? 0) + 1;
      if (named.version < open) continue;
      this.#replica.cache.put(digest, bytes, null);
      this.delta.holdsValue(from, digest);
    }
  }

  /** What is left out here is pushed when it is durable, or asked for again by the next comparison of roots. */
  withoutUnwritten(message: ReplicaMessage): ReplicaMessage | null {
    if (this.#unwritten.size === 0) return message;
    const isWritten = ({ key, version, round }: Certificate): boolean =>
      ![...this.#unwritten].some(
        (v) => v.type === 'COMMIT' && v.key === key && v.version === version && v.round === round,
      );
    switch (message.type) {
      case 'votes': {
        const votes = message.votes.filter((vote) => !this.#unwritten.has(vote));
        return votes.length > 0 ? { ...message, votes } : null;
      }
      case 'certificates': {
        const certificates = message.certificates.filter(isWritten);
        return certificates.length > 0 ? { ...message, certificates } : null;
      }
      default:
        return message;
    }
  }

  #tellNeighbours(): void {
    const bitmap = new Uint8Array(Math.ceil(this.#replica.options.epoch.n / 8));
    for (const { member } of this.#replica.links.values()) bitmap[member >> 3]! |= 1 << (member & 7);
    for (const link of this.#replica.links.keys())
      this.#replica.send(link, { type: 'neighbours', members: bitmap }, 'vote');
  }

  /** suspected: no live link here, and in no linked member's neighbour list. */
  suspect(): void {
    const reachable = new Set<MemberIndex>();
    for (const link of this.#replica.links.values()) {
      reachable.add(link.member);
      for (const member of this.#neighbours.get(link.id) ?? []) reachable.add(member);
    }
    const suspected = new Set<MemberIndex>();
    for (let i = 0; i < this.#replica.options.epoch.n; i++) {
      const member = i as MemberIndex;
      if (member !== this.#replica.options.self && !reachable.has(member)) suspected.add(member);
    }
    const { suspected: known } = this.#replica.core;
    // Every open version looks at its rules again: not for a neighbour that says the same over and over.
    if (suspected.size !== known.size || [...suspected].some((member) => !known.has(member)))
      this.#replica.dispatch({ type: 'suspected', members: suspected });
    this.#replica.options.listener.changed();
  }

  #membersOf(bitmap: Uint8Array): ReadonlySet<MemberIndex> {
    const found = new Set<MemberIndex>();
    for (let i = 0; i < this.#replica.options.epoch.n; i++) {
      if ((bitmap[i >> 3] ?? 0) & (1 << (i & 7))) found.add(i as MemberIndex);
    }
    return found;
  }

  /** Restart: the same signatures again; to a new neighbour, the own open votes at once. */
  resendOwn(link: Link): void {
    const votes: Vote[] = [];
    for (const instance of this.#replica.core.instances.values()) votes.push(...instance.ownVotes);
    if (votes.length === 0) return;
    this.#replica.outbox.whenWritten(() => this.#sendVotes(link, votes.slice(0, MAX_VOTES_PER_MESSAGE)));
    this.#replica.outbox.flush();
  }
}
