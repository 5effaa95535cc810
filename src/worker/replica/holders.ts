/**
 * Who else holds a key's past, as they say over links that their keys have signed, and pruning of one's own, which only a person asks for.
 *
 * A version may be pruned here when f + 1 other members say that they hold it: one of them at least is honest. Two that prune at once must
 * not each rely on the other: who has told a pruning member that it holds a key does not prune it for a while, and who is pruning a key
 * says that it holds nothing of it. The newest version is never pruned.
 */
import { asVersion, type Key, type MemberIndex, type Milliseconds, type Version } from '../../codec/brand.ts';
import { encode, decodeOwn } from '../../codec/cbor.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { faultsTolerated } from '../../consensus/membership.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import {
  HELD_FRESH_MS,
  HELD_PROMISE_MS,
  HELD_STALE_MS,
  MAX_HELD_KEYS,
  MAX_HELD_PROMISES,
  MAX_PRUNED_KEYS,
  PRUNE_PATIENCE_MS,
} from '../limits.ts';
import type { Replica } from './replica.ts';

export interface PruneError {
  readonly type:
    'nothing-to-prune' | 'too-few-holders' | 'pruned-elsewhere' | 'too-many-pruned' | 'storage-failed';
  readonly message: string;
}

type HeldMessage = Extract<PeerMessage, { type: 'want-held' | 'held' }>;

interface Known {
  askedAt: Milliseconds;
  readonly toPrune: boolean;
  readonly asked: Set<LinkId>;
  /** Whole, without a gap, from the first to the last. */
  readonly spans: Map<MemberIndex, { readonly from: number; readonly to: number; readonly at: Milliseconds }>;
  /** Called with every answer. */
  answered: (() => void) | null;
}

export class Holders {
  readonly #replica: Replica;
  /** Of keys whose past was pruned here: the lowest version that is kept. */
  readonly #floors = new Map<Key, Version>();
  /** Asked longest ago first. */
  readonly #known = new Map<Key, Known>();
  /** Until when a member that prunes may rely on this one. */
  readonly #promised = new Map<Key, Milliseconds>();
  readonly #pruning = new Set<Key>();
  /** Told when an answer changed what is known of a key. */
  learned: (key: Key) => void = () => undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** After a start. */
  restore(meta: ReadonlyMap<string, Uint8Array>): void {
    for (const [name, bytes] of meta) {
      if (!name.startsWith(META_PRUNED)) continue;
      const floor = decodeOwn(bytes, bytes.length);
      if (floor.ok && typeof floor.value === 'number')
        this.#floors.set(name.slice(META_PRUNED.length) as Key, asVersion(floor.value));
    }
  }

  /** The lowest version that this replica wants of a key's past. */
  floor(key: Key): Version {
    return this.#floors.get(key) ?? asVersion(1);
  }

  /** Other members that have said, not long ago, that they hold this version and all between it and what they know as the newest. */
  of(key: Key, version: number): readonly MemberIndex[] {
    const since = this.#replica.now - HELD_STALE_MS;
    return [...(this.#known.get(key)?.spans ?? [])]
      .filter(([, { from, to, at }]) => from <= version && version <= to && at >= since)
      .map(([member]) => member)
      .sort((a, b) => a - b);
  }

  /** Asks the linked members, unless they were asked a moment ago. */
  ask(key: Key): void {
    const known = this.#known.get(key);
    if (known && this.#replica.now - known.askedAt < HELD_FRESH_MS) return;
    this.#ask(key, false);
  }

  receive(link: Link, message: HeldMessage): void {
    if (message.type === 'want-held') void this.#answer(link, message.key, message.toPrune);
    else this.#take(link, message);
  }

  /** Drops all versions below the newest `keep`. */
  async prune(head: CertifiedEntry, keep: number): Promise<Result<{ readonly pruned: number }, PruneError>> {
    const { key } = head;
    const below = asVersion(Math.max(1, head.version - Math.max(1, keep) + 1));
    if (this.#pruning.has(key) || (this.#promised.get(key) ?? 0) > this.#replica.now)
      return refuse(
        'pruned-elsewhere',
        `Another member relies on this one's copy while it prunes its own, or this replica is pruning already. Try again in ${HELD_PROMISE_MS / 60_000} minutes.`,
      );
    if (!this.#floors.has(key) && this.#floors.size >= MAX_PRUNED_KEYS)
      return refuse(
        'too-many-pruned',
        `The past of ${MAX_PRUNED_KEYS} packages was pruned here already. Fetch some of it again first.`,
      );
    // From here on this replica tells that it holds nothing of it.
    this.#pruning.add(key);
    try {
      return await this.#prune(key, below);
    } finally {
      this.#pruning.delete(key);
    }
  }

  /** Fetches again what was pruned. False: nothing was. */
  async fetchAgain(head: CertifiedEntry): Promise<boolean> {
    if (!this.#floors.delete(head.key)) return false;
    this.#replica.outbox.meta(META_PRUNED + head.key, null);
    await this.#replica.history.fill(head);
    this.#replica.outbox.flush();
    return true;
  }

  async #prune(key: Key, below: Version): Promise<Result<{ readonly pruned: number }, PruneError>> {
    const { store, epoch, self } = this.#replica.options;
    if (!(await store.history(key)).some(({ version }) => version < below)) return nothingBelow(below);
    await this.#askAndWait(key);
    // Read after the wait, with all that came in it on the disk: what is deleted is what the others were found to hold.
    await this.#replica.outbox.durable();
    const dropped = (await store.history(key)).filter(({ version }) => version < below);
    const [first, last] = [dropped[0], dropped.at(-1)];
    if (!first || !last) return nothingBelow(below);
    const holders = this.of(key, first.version).filter(
      (member) => member !== self && this.of(key, last.version).includes(member),
    );
    const needed = faultsTolerated(epoch.n) + 1;
    if (holders.length < needed) {
      return refuse(
        'too-few-holders',
        `Versions ${first.version} to ${last.version} stay: of the other members that are linked now ${holders.length} ${holders.length === 1 ? 'says that it holds' : 'say that they hold'} them, and ${needed} must. Try again when more members are online.`,
      );
    }
    this.#replica.outbox.prune(
      key,
      below,
      dropped.map(({ digest }) => digest),
    );
    this.#replica.outbox.meta(META_PRUNED + key, encode(below));
    this.#floors.set(key, below);
    if (!(await this.#replica.outbox.durable()))
      return refuse(
        'storage-failed',
        'This replica has stopped before its past was pruned. Reload the page.',
      );
    return ok({ pruned: dropped.length });
  }

  #ask(key: Key, toPrune: boolean): Known {
    const earlier = this.#known.get(key);
    this.#known.delete(key);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_HELD_KEYS) this.#known.delete(oldest);
    const links = [...this.#replica.links.values()].filter((link) => !link.device);
    const known: Known = {
      askedAt: this.#replica.now,
      toPrune,
      asked: new Set(links.map(({ id }) => id)),
      spans: toPrune ? new Map() : (earlier?.spans ?? new Map<never, never>()),
      answered: earlier?.answered ?? null,
    };
    this.#known.set(key, known);
    for (const { id } of links) this.#replica.send(id, { type: 'want-held', key, toPrune }, 'bulk');
    return known;
  }

  /** What was said before does not count: somebody may have pruned since. */
  async #askAndWait(key: Key): Promise<void> {
    const known = this.#ask(key, true);
    if (known.asked.size === 0) return;
    const { clock } = this.#replica.options;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, PRUNE_PATIENCE_MS);
      known.answered = () => {
        if (known.asked.size > 0) return;
        clock.clearTimeout(timer);
        resolve();
      };
    });
    known.answered = null;
  }

  async #answer(link: Link, key: Key, toPrune: boolean): Promise<void> {
    const told = (from: number, to: number): void =>
      void this.#replica.send(link.id, { type: 'held', key, from, to: from > 0 ? to : 0, toPrune }, 'bulk');
    const mayPromise = !toPrune || this.#promise(key);
    const head = this.#replica.heads.get(key);
    if (!head || head.previous === undefined || !mayPromise) return told(0, 0);
    // Of this head, also when there is a newer one meanwhile: with the answer it is on the disk, and so is all before it that was here.
    const lowest = await this.#replica.history.lowest(head);
    if (this.#replica.stopped) return;
    // Asked after the wait: pruning may have begun. A promise that was made keeps it from beginning.
    if (this.#pruning.has(key)) return told(0, 0);
    told(lowest?.version ?? 0, head.version);
  }

  /** False: too many rely on this replica already, or it is pruning the key itself. */
  #promise(key: Key): boolean {
    const { now } = this.#replica;
    if (this.#pruning.has(key)) return false;
    for (const [other, until] of this.#promised) if (until <= now) this.#promised.delete(other);
    if (!this.#promised.has(key) && this.#promised.size >= MAX_HELD_PROMISES) return false;
    this.#promised.set(key, now + HELD_PROMISE_MS);
    return true;
  }

  #take(link: Link, { key, from, to, toPrune }: Extract<HeldMessage, { type: 'held' }>): void {
    const known = this.#known.get(key);
    // An answer to an earlier question promised nothing.
    if (known?.toPrune !== toPrune) return;
    // A device says nothing for its member, and nobody was asked twice.
    if (link.device || !known.asked.delete(link.id)) return;
    const before = known.spans.get(link.member);
    known.spans.set(link.member, { from, to, at: this.#replica.now });
    known.answered?.();
    if (before?.from !== from || before.to !== to) this.learned(key);
  }
}

/** Name of the records that say from which version on a key's past is wanted. */
const META_PRUNED = 'pruned/';

const nothingBelow = (below: Version): Result<never, PruneError> =>
  refuse(
    'nothing-to-prune',
    `No version below ${below} is held here, and what is kept stays. Keep fewer versions to prune more.`,
  );

const refuse = (type: PruneError['type'], message: string): Result<never, PruneError> =>
  fail({ type, message });
