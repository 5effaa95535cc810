/** Past versions that this replica missed: fetched in the background, checked by their certificates and the chain of previous digests. */
import { asVersion, type Key } from '../../codec/brand.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import type { LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  HISTORY_AGAIN_MS,
  HISTORY_PAGE,
  HISTORY_RETRY_MS,
  MAX_HISTORIES_AGAIN,
  MAX_HISTORIES_FETCHED,
  VALUES_PER_MESSAGE_BYTES,
} from '../limits.ts';
import type { Replica } from './replica.ts';
import { decodeValue } from '../../codec/value.ts';

interface Fetch {
  /** The lowest version that is held. */
  readonly lowest: CertifiedEntry;
  readonly asked: Set<LinkId>;
  timer: TimerHandle | null;
}

export class HistoryFetcher {
  readonly #replica: Replica;
  /** Keys whose past may be missing: not looked up in the store yet. */
  readonly #due = new Set<Key>();
  #isLooking = false;
  /** A few keys at once, each from one neighbour at a time: all of them would send the same megabytes. */
  readonly #fetches = new Map<Key, Fetch>();
  readonly #waiting = new Map<Key, CertifiedEntry>();
  /** No neighbour had more; asked again when there is another one, and after a while. Asked longest ago first. */
  readonly #unknown = new Map<Key, CertifiedEntry>();
  #again: TimerHandle | null = null;

  /** Told when earlier versions of a key have come and are durable. */
  arrived: (key: Key) => void = () => undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Begins where a newly adopted head's past may be missing. */
  async fill(head: CertifiedEntry): Promise<void> {
    if (head.version <= 1 || !head.previous) return;
    this.#due.add(head.key);
    await this.#look();
  }

  /** After a start: what was being fetched when the replica ended. */
  async fillAll(): Promise<void> {
    for (const { key, version, previous } of this.#replica.heads.values())
      if (version > 1 && previous) this.#due.add(key);
    await this.#look();
  }

  /** The current state is pulled: what waited for it may go on. */
  resume(): void {
    this.#next();
    void this.#look();
  }

  /** One key after the other, since nobody waits for it, and not while the current state is still on its way. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    // The head before goes to the history with the write of this turn.
    await Promise.resolve();
    for (const key of this.#due) {
      if (this.#replica.stopped || this.#replica.sync.isPulling) break;
      this.#due.delete(key);
      const head = this.#replica.heads.get(key);
      // Thousands of keys are looked at after a start: only where something seems to lack is a write waited for.
      const stored = head && (await this.#lowestStored(head));
      const isWhole = stored?.version === 1 || stored?.previous === null;
      const lowest = head && !isWhole ? await this.lowest(head) : stored;
      if (!lowest || lowest.version <= this.#replica.holders.floor(key) || !lowest.previous) continue;
      this.#unknown.delete(key);
      this.#waiting.set(key, lowest);
      this.#next();
    }
    this.#isLooking = false;
  }

  linked(): void {
    for (const [key, lowest] of this.#unknown) this.#waiting.set(key, lowest);
    this.#unknown.clear();
    this.#next();
  }

  /** A neighbour may hold by now what none held, without a new link. */
  #askAgainLater(): void {
    if (this.#again !== null || this.#replica.stopped) return;
    this.#again = this.#replica.options.clock.setTimeout(() => {
      this.#again = null;
      for (const key of [...this.#unknown.keys()].slice(0, MAX_HISTORIES_AGAIN)) {
        this.#unknown.delete(key);
        this.#due.add(key);
      }
      if (this.#unknown.size > 0) this.#askAgainLater();
      void this.#look();
    }, HISTORY_AGAIN_MS);
  }

  stop(): void {
    if (this.#again !== null) this.#replica.options.clock.clearTimeout(this.#again);
    this.#again = null;
    for (const { timer } of this.#fetches.values())
      if (timer !== null) this.#replica.options.clock.clearTimeout(timer);
    this.#fetches.clear();
  }

  /**
   * The lowest version from which on everything up to this head is held here, all on the disk; null when the replica has stopped, or the
   * store cannot be read.
   */
  async lowest(head: CertifiedEntry): Promise<CertifiedEntry | null> {
    // The version before it is in the history once it is written.
    if (!(await this.#replica.outbox.durable())) return null;
    return this.#lowestStored(head);
  }

  async #lowestStored(head: CertifiedEntry): Promise<CertifiedEntry | null> {
    const past = await this.#stored(head.key);
    if (past === null) return null;
    const held = new Map(past.map((entry) => [entry.version as number, entry]));
    let lowest = head;
    for (;;) {
      const before = held.get(lowest.version - 1);
      if (!before || before.digest !== lowest.previous || before.previous === undefined) return lowest;
      lowest = before;
    }
  }

  async receive(
    link: LinkId,
    message: Extract<PeerMessage, { type: 'want-history' | 'history' }>,
  ): Promise<void> {
    if (message.type === 'want-history') await this.#answer(link, message.key, message.below);
    else await this.#take(link, message.key, message.entries);
  }

  /** Null when the store cannot be read: closed, or damaged. */
  async #stored(key: Key): Promise<readonly CertifiedEntry[] | null> {
    return this.#replica.options.store.history(key).catch(() => null);
  }

  #next(): void {
    for (const [key, lowest] of this.#waiting) {
      if (this.#fetches.size >= MAX_HISTORIES_FETCHED || this.#replica.links.size === 0) return;
      // Current state first: whoever joins late would fetch the past of each key before the next key.
      if (this.#replica.sync.isPulling) return;
      if (this.#fetches.has(key)) continue;
      this.#waiting.delete(key);
      const fetch: Fetch = { lowest, asked: new Set(), timer: null };
      this.#fetches.set(key, fetch);
      this.#ask(fetch);
    }
  }

  #ask(fetch: Fetch): void {
    const { clock } = this.#replica.options;
    const { key, version } = fetch.lowest;
    if (fetch.timer !== null) clock.clearTimeout(fetch.timer);
    const link = [...this.#replica.links.keys()].find((one) => !fetch.asked.has(one));
    if (this.#replica.stopped || link === undefined) {
      this.#fetches.delete(key);
      if (!this.#waiting.has(key)) this.#unknown.set(key, fetch.lowest);
      this.#askAgainLater();
      this.#next();
      return;
    }
    fetch.asked.add(link);
    fetch.timer = clock.setTimeout(() => {
      fetch.timer = null;
      if (this.#fetches.get(key) === fetch) this.#ask(fetch);
    }, HISTORY_RETRY_MS);
    this.#replica.send(link, { type: 'want-history', key, below: version }, 'bulk');
  }

  async #answer(link: LinkId, key: Key, below: number): Promise<void> {
    const head = this.#replica.heads.get(key);
    // What leaves is on the disk; and the version before the head is in the history once the head is written.
    if (!(await this.#replica.outbox.durable())) return;
    const past = [...((await this.#stored(key)) ?? [])];
    // Meanwhile it may have gone to the history itself.
    if (head && head.version > (past.at(-1)?.version ?? 0)) past.push(head);
    const entries: { certificate: CertifiedEntry['certificate']; value: Uint8Array }[] = [];
    let size = 0;
    const asked = past.filter(({ version }) => version < below).slice(-HISTORY_PAGE);
    for (const entry of asked.reverse()) {
      const value = await this.#replica.valueOf(entry.digest);
      if (!value || size + value.length > VALUES_PER_MESSAGE_BYTES) break;
      size += value.length;
      entries.push({ certificate: entry.certificate, value });
    }
    // Nothing is an answer too: the next neighbour is asked at once.
    this.#replica.send(link, { type: 'history', key, entries }, 'bulk');
  }

  async #take(
    link: LinkId,
    key: Key,
    entries: Extract<PeerMessage, { type: 'history' }>['entries'],
  ): Promise<void> {
    const fetch = this.#fetches.get(key);
    if (!fetch?.asked.has(link)) return;
    // Whoever answers next is not listened to while this one is checked.
    const { lowest: start } = fetch;
    if (fetch.timer !== null) this.#replica.options.clock.clearTimeout(fetch.timer);
    fetch.timer = null;
    this.#fetches.set(key, { ...fetch, asked: new Set() });
    const { hash } = this.#replica.options;
    let lowest = start;
    const chain: { readonly entry: CertifiedEntry; readonly value: Uint8Array }[] = [];
    for (const { certificate, value } of entries) {
      const { version, digest } = certificate;
      const fits = certificate.key === key && version === lowest.version - 1 && digest === lowest.previous;
      const decoded = fits && hash(value) === digest ? decodeValue(value) : null;
      if (!decoded) break;
      lowest = { key, version: asVersion(version), digest, certificate, previous: decoded.previous };
      chain.push({ entry: lowest, value });
    }
    // Together: those of a key are mostly by the same signers. What follows one that does not hold hangs in the air.
    const certificates = chain.map(({ entry }) => entry.certificate);
    const verdicts = await this.#replica.decisions.check(certificates);
    const held = verdicts.includes(false) ? chain.slice(0, verdicts.indexOf(false)) : chain;
    lowest = held.at(-1)?.entry ?? start;
    for (const { entry, value } of held) {
      // Pruned here meanwhile.
      if (entry.version < this.#replica.holders.floor(key)) continue;
      this.#replica.outbox.value(entry.digest, value);
      this.#replica.outbox.history(entry);
    }
    this.#fetches.delete(key);
    if (this.#replica.stopped) return;
    if (lowest === start) {
      this.#fetches.set(key, fetch);
      this.#ask(fetch);
      return;
    }
    this.#replica.outbox.whenWritten(() => {
      this.arrived(key);
      this.#replica.options.listener.changed();
      // From the head again: it may have moved meanwhile, over versions that are missing as well.
      const head = this.#replica.heads.get(key);
      if (head) void this.fill(head);
    });
    this.#replica.outbox.flush();
    this.#next();
  }
}
