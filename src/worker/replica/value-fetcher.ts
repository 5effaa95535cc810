/** Fetches missing values: first from a member that voted for them, then from the others in turn. */
import type { Digest, Key, Milliseconds } from '../../codec/brand.ts';
import { MAX_VALUES_PER_MESSAGE } from '../../codec/limits.ts';
import type { LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_VALUE_RETRY_DOUBLINGS,
  MAX_WANTED_VALUES,
  ROOTS_PERIOD_MS,
  VALUE_RETRY_MS,
  VALUES_PER_MESSAGE_BYTES,
} from '../limits.ts';
import type { Replica } from './replica.ts';

interface Wanted {
  readonly keys: Set<Key>;
  readonly asked: Set<LinkId>;
  timer: TimerHandle | null;
  /** How often every neighbour was asked in vain. */
  rounds: number;
  /** A head's bytes are wanted until they are here, an open version's until it is closed. */
  head: boolean;
}

export class ValueFetcher {
  readonly #replica: Replica;
  /** By link: what it has asked for and has not been answered. */
  readonly #answering = new Map<LinkId, Set<Digest>>();
  readonly #wanted = new Map<Digest, Wanted>();
  readonly #queued = new Map<LinkId, Digest[]>();
  #again: TimerHandle | null = null;
  #expectedUntil: Milliseconds = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Values whose bytes are wanted and not here. */
  get size(): number {
    return this.#wanted.size;
  }

  want(key: Key, digest: Digest, head = false): void {
    let wanted = this.#wanted.get(digest);
    if (!wanted) {
      if (this.#wanted.size >= MAX_WANTED_VALUES && !this.#makeRoom()) return;
      wanted = { keys: new Set(), asked: new Set(), timer: null, rounds: 0, head };
      this.#wanted.set(digest, wanted);
    }
    wanted.keys.add(key);
    wanted.head ||= head;
    if (wanted.timer === null) this.#ask(digest, wanted);
  }

  wantHead(key: Key, digest: Digest): void {
    this.want(key, digest, true);
  }

  linked(link: LinkId): void {
    for (const [digest, wanted] of this.#wanted) {
      // The others are under way from another neighbour.
      if (wanted.rounds === 0 && wanted.asked.size > 0) continue;
      wanted.rounds = 0;
      wanted.asked.add(link);
      this.#enqueue(link, digest);
    }
  }

  /** A version was decided: what only it wanted is wanted no longer. */
  closed(key: Key): void {
    for (const [digest, wanted] of this.#wanted) {
      if (wanted.head || !wanted.keys.delete(key) || wanted.keys.size > 0) continue;
      this.#forget(digest, wanted);
    }
  }

  /** The open version of this key needs the value no longer. */
  unneeded(digest: Digest, key: Key): void {
    const wanted = this.#wanted.get(digest);
    if (wanted && !wanted.head && wanted.keys.delete(key) && wanted.keys.size === 0)
      this.#forget(digest, wanted);
  }

  take(bytes: Uint8Array, from: LinkId): void {
    const digest = this.#replica.options.hash(bytes);
    const wanted = this.#wanted.get(digest);
    if (!wanted) {
      if (this.#replica.photos.take(digest, bytes)) return;
      // Comes before the certificate that names it: found in memory when that is checked, or dropped like whatever is read rarely.
      if (this.#replica.now < this.#expectedUntil) this.#replica.cache.put(digest, bytes, null);
      return;
    }
    this.#forget(digest, wanted);
    this.#replica.useful(from);
    this.#replica.values.arrived(digest, bytes, wanted.keys);
  }

  /** Keys were asked for together with their values. */
  expect(milliseconds: Milliseconds): void {
    this.#expectedUntil = this.#replica.now + milliseconds;
  }

  /** One answer at a time for each link: who asks faster than it is answered gets the rest when it asks again. */
  async answer(link: LinkId, digests: readonly Digest[]): Promise<void> {
    const waiting = this.#answering.get(link);
    if (waiting) {
      for (const digest of digests) if (waiting.size < MAX_VALUES_PER_MESSAGE) waiting.add(digest);
      return;
    }
    const asked = new Set(digests);
    this.#answering.set(link, asked);
    try {
      await this.#answer(link, asked);
    } finally {
      this.#answering.delete(link);
    }
  }

  /** Stops where the link takes no more. `asked` may grow meanwhile; what was answered is taken out of it. */
  async #answer(link: LinkId, asked: Set<Digest>): Promise<void> {
    let values: Uint8Array[] = [];
    let size = 0;
    let taken = true;
    const flush = (): void => {
      if (values.length > 0) taken = this.#replica.send(link, { type: 'values', values }, 'bulk');
      values = [];
      size = 0;
    };
    for (const digest of asked) {
      if (!taken || this.#replica.stopped) return;
      asked.delete(digest);
      const bytes = await this.#replica.valueOf(digest);
      if (!bytes) continue;
      if (size + bytes.length > VALUES_PER_MESSAGE_BYTES || values.length >= MAX_VALUES_PER_MESSAGE) flush();
      values.push(bytes);
      size += bytes.length;
    }
    flush();
  }

  stop(): void {
    for (const [digest, wanted] of this.#wanted) this.#forget(digest, wanted);
    if (this.#again !== null) this.#replica.options.clock.clearTimeout(this.#again);
  }

  #ask(digest: Digest, wanted: Wanted): void {
    const link = this.#choose(digest, wanted);
    if (link) {
      wanted.asked.add(link);
      this.#enqueue(link, digest);
    } else {
      wanted.asked.clear();
      wanted.rounds++;
    }
    const wait = link ? 1 : 2 ** Math.min(wanted.rounds, MAX_VALUE_RETRY_DOUBLINGS);
    wanted.timer = this.#replica.options.clock.setTimeout(() => {
      wanted.timer = null;
      if (this.#wanted.get(digest) === wanted && !this.#replica.stopped) this.#ask(digest, wanted);
    }, VALUE_RETRY_MS * wait);
  }

  /**
   * Gives up, for now, the oldest value that nobody had: votes for values that do not exist must not keep out those that do. Whatever was
   * given up or had no place is wanted again before long.
   */
  #makeRoom(): boolean {
    this.#again ??= this.#replica.options.clock.setTimeout(() => {
      this.#again = null;
      if (!this.#replica.stopped) this.#replica.values.wantMissing();
    }, ROOTS_PERIOD_MS);
    for (const [digest, wanted] of this.#wanted) {
      if (wanted.rounds === 0) continue;
      this.#forget(digest, wanted);
      return true;
    }
    return false;
  }

  /** What is wanted in one turn travels together: a late joiner lacks every value at once. */
  #enqueue(link: LinkId, digest: Digest): void {
    if (this.#queued.size === 0) {
      this.#replica.options.clock.setTimeout(() => {
        for (const [to, digests] of this.#queued) {
          for (let from = 0; from < digests.length; from += MAX_VALUES_PER_MESSAGE) {
            const page = digests.slice(from, from + MAX_VALUES_PER_MESSAGE);
            this.#replica.send(to, { type: 'want-values', digests: page }, 'bulk');
          }
        }
        this.#queued.clear();
      }, 0);
    }
    const queued = this.#queued.get(link);
    if (queued) queued.push(digest);
    else this.#queued.set(link, [digest]);
  }

  /** A neighbour that was not asked yet; those who voted for the value come first. */
  #choose(digest: Digest, wanted: Wanted): LinkId | null {
    const voters = new Set<number>();
    for (const key of wanted.keys) {
      const instance = this.#replica.core.instances.get(key);
      for (const round of instance?.rounds.values() ?? []) {
        for (const author of round.preCommits.get(digest)?.keys() ?? []) voters.add(author);
        if (round.polka?.digest === digest) for (const { author } of round.polka.votes) voters.add(author);
      }
    }
    const left = [...this.#replica.links.values()].filter((link) => !wanted.asked.has(link.id));
    return (left.find((link) => voters.has(link.member)) ?? left[0])?.id ?? null;
  }

  #forget(digest: Digest, wanted: Wanted): void {
    if (wanted.timer !== null) this.#replica.options.clock.clearTimeout(wanted.timer);
    this.#wanted.delete(digest);
  }
}
