/**
 * One signature for many keys (docs/protocol.md, "Many keys at once"). The core decides entry by entry and knows nothing of this: its `sign`
 * effects come here. Own proposals of one turn, or made while a write or a signature is under way, are offered as a batch. Whoever wants to
 * vote for all entries of an offered batch signs its root; who lacks one of them after a short wait signs entry by entry.
 *
 * Kept: the core's decision is recorded before anything is signed; a signature over a root leaves when the logs of all its entries are
 * durable, which `dispatchAll` makes one write; an entry whose version was decided meanwhile is not signed.
 */
import { entryListOf, isEntryList, listOf, type BatchEntry, type EntryList } from '../../codec/batch.ts';
import type { MemberIndex, Milliseconds, Round } from '../../codec/brand.ts';
import { MAX_BATCH_ENTRIES } from '../../codec/limits.ts';
import type { Vote, VoteBody } from '../../codec/vote.ts';
import type { InstanceLogLike } from '../../consensus/log.ts';
import { batchBytes, commitBytes, voteBytes } from '../../crypto/domains.ts';
import type { TimerHandle } from '../clock.ts';
import { BATCH_FETCH_MS, BATCH_HOLD_MAX_MS, BATCH_HOLD_MS, MAX_OFFERED_BATCHES } from '../limits.ts';
import type { Replica } from './replica.ts';

interface Offered {
  readonly list: EntryList;
  readonly by: MemberIndex;
  /** One of its entries was lacking here: the others are signed by themselves, also in later rounds. */
  broken: boolean;
}

interface Slot {
  readonly offered: Offered;
  readonly round: Round;
  readonly type: VoteBody['type'];
  /** Places of the entries that the core wants to sign. */
  readonly wanted: Set<number>;
  readonly since: Milliseconds;
  timer: TimerHandle | null;
}

export class Batches {
  readonly #replica: Replica;
  /** By root, oldest first. */
  readonly #offered = new Map<string, Offered>();
  /** The batch that an entry is voted in: the first that was offered with it. */
  readonly #byEntry = new Map<string, { readonly offered: Offered; readonly index: number }>();
  readonly #slots = new Map<string, Slot>();
  /** Own proposals that wait for the end of the turn, or for what is under way. */
  #gathered: VoteBody[] = [];
  #ready: (() => Promise<void>)[] = [];
  #signing = 0;
  /** For the write under way. */
  #waiting = false;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** The core wants this vote signed. */
  want(vote: VoteBody): void {
    const known = this.#byEntry.get(nameOf(vote));
    if (known && !known.offered.broken) {
      this.#hold(vote, known.offered, known.index);
    } else if (this.#isOwnProposal(vote)) {
      this.#gathered.push(vote);
    } else {
      this.#ready.push(() => this.#signSingly([vote]));
    }
  }

  /** Checked votes of others: a batch that comes with its whole list may be voted for as one. */
  heard(votes: readonly Vote[]): void {
    let last: EntryList | undefined;
    for (const { batch, author } of votes) {
      const list = batch && listOf(batch);
      if (!list || list === last) continue;
      last = list;
      this.#offer(list, author);
    }
  }

  /** At the end of a turn, or when a write has ended (`written`). True when something is being signed now: the write that follows takes in what is handed over so far. */
  flush(written = false): boolean {
    this.#offerOwn(written);
    const ready = this.#ready;
    this.#ready = [];
    for (const sign of ready) void this.#run(sign);
    return ready.length > 0;
  }

  /** How many own votes are on their way, and how far. */
  get figures(): {
    readonly signing: number;
    readonly waiting: number;
    readonly held: number;
    readonly batches: number;
  } {
    let held = 0;
    for (const { wanted } of this.#slots.values()) held += wanted.size;
    const waiting = this.#gathered.length + this.#ready.length;
    return { signing: this.#signing, waiting, held, batches: this.#offered.size };
  }

  stop(): void {
    for (const slot of this.#slots.values()) this.#disarm(slot);
    this.#slots.clear();
    this.#gathered = [];
    this.#ready = [];
  }

  // ---- proposing ----

  #isOwnProposal({ key, round, type, digest }: VoteBody): boolean {
    return round === 0 && type === 'PRE-COMMIT' && this.#replica.core.instances.get(key)?.proposal === digest;
  }

  /** Group commit: nothing waits while nothing is under way. */
  #offerOwn(written: boolean): void {
    if (this.#gathered.length === 0 || this.#signing > 0 || this.#waiting) return;
    if (this.#replica.outbox.busy && !written) {
      this.#waiting = true;
      this.#replica.outbox.afterWrite(() => {
        this.#waiting = false;
        this.#again(true);
      });
      return;
    }
    const own = this.#gathered.filter((vote) => this.#isOpen(vote));
    this.#gathered = [];
    for (let from = 0; from < own.length; from += MAX_BATCH_ENTRIES) {
      const page = own.slice(from, from + MAX_BATCH_ENTRIES);
      const entries = page.map(({ key, version, digest }) => ({ key, version, digest }));
      entries.sort((a, b) => (a.key < b.key ? -1 : 1));
      if (!isEntryList(entries)) {
        this.#ready.push(() => this.#signSingly(page));
        continue;
      }
      const list = entryListOf(entries);
      this.#offer(list, this.#replica.options.self!);
      this.#ready.push(() => this.#signRoot(list, page[0]!.round, 'PRE-COMMIT'));
    }
  }

  #again(written = false): void {
    if (!this.#replica.stopped && !this.flush(written)) this.#replica.outbox.flush();
  }

  // ---- voting ----

  #offer(list: EntryList, by: MemberIndex): void {
    if (this.#offered.has(list.root)) return;
    if (this.#offered.size >= MAX_OFFERED_BATCHES) this.#forgetOne();
    const offered: Offered = { list, by, broken: false };
    this.#offered.set(list.root, offered);
    for (const [index, entry] of list.entries.entries()) {
      const name = nameOf(entry);
      if (!this.#byEntry.has(name)) this.#byEntry.set(name, { offered, index });
    }
  }

  /** The oldest of whoever offered most: nobody pushes out the batches of others. Those it named are then voted for one by one. */
  #forgetOne(): void {
    const counts = new Map<MemberIndex, number>();
    for (const { by } of this.#offered.values()) counts.set(by, (counts.get(by) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const oldest = [...this.#offered.values()].find(({ by }) => counts.get(by) === most)!;
    this.#offered.delete(oldest.list.root);
    for (const entry of oldest.list.entries) {
      const name = nameOf(entry);
      if (this.#byEntry.get(name)?.offered === oldest) this.#byEntry.delete(name);
    }
    for (const slot of [...this.#slots.values()]) if (slot.offered === oldest) this.#giveUp(slot);
  }

  #hold(vote: VoteBody, offered: Offered, index: number): void {
    const name = slotName(offered, vote);
    let slot = this.#slots.get(name);
    if (!slot) {
      const { round, type } = vote;
      slot = { offered, round, type, wanted: new Set(), since: this.#replica.now, timer: null };
      this.#slots.set(name, slot);
    }
    slot.wanted.add(index);
    this.#disarm(slot);
    if (slot.wanted.size === offered.list.entries.length) {
      this.#complete(slot);
      return;
    }
    this.#arm(slot);
  }

  #arm(slot: Slot): void {
    slot.timer = this.#replica.options.clock.setTimeout(() => {
      slot.timer = null;
      if (this.#mayStillCome(slot)) {
        this.#arm(slot);
        return;
      }
      this.#giveUp(slot);
      this.#again();
    }, BATCH_HOLD_MS);
  }

  /** False when one of the entries that lack will not be wanted, as far as can be seen, or not soon enough. */
  #mayStillCome({ offered, round, type, wanted, since }: Slot): boolean {
    const held = this.#replica.now - since;
    // All polkas of a batch come with the same votes.
    if (type === 'COMMIT' || held >= BATCH_HOLD_MAX_MS) return false;
    return offered.list.entries.every(({ key, version, digest }, index) => {
      if (wanted.has(index)) return true;
      const instance = this.#replica.core.instances.get(key);
      if (instance && (instance.version !== version || instance.ownPreCommits.has(round))) return false;
      const status = instance?.values.get(digest);
      if (status === 'checking') return true;
      return (status === undefined || status === 'missing') && held < BATCH_FETCH_MS;
    });
  }

  #complete(slot: Slot): void {
    const { offered, round, type } = slot;
    const { entries } = offered.list;
    if (!entries.every((entry) => this.#isOpen(entry))) {
      this.#giveUp(slot);
      return;
    }
    this.#slots.delete(slotName(offered, slot));
    this.#ready.push(() => this.#signRoot(offered.list, round, type));
  }

  /** "A voter that cannot vote for one entry votes entry by entry instead." */
  #giveUp(slot: Slot): void {
    const { offered, round, type, wanted } = slot;
    this.#disarm(slot);
    this.#slots.delete(slotName(offered, slot));
    offered.broken = true;
    const votes = [...wanted]
      .map((index): VoteBody => ({ ...offered.list.entries[index]!, round, type }))
      .filter((vote) => this.#isOpen(vote));
    if (votes.length > 0) this.#ready.push(() => this.#signSingly(votes));
  }

  #disarm(slot: Slot): void {
    if (slot.timer !== null) this.#replica.options.clock.clearTimeout(slot.timer);
    slot.timer = null;
  }

  /** False when a certificate overtook the signature: the version is closed, the vote is not needed and never leaves. */
  #isOpen({ key, version }: Pick<BatchEntry, 'key' | 'version'>): boolean {
    return this.#replica.core.instances.get(key)?.version === version;
  }

  // ---- signing ----

  async #run(sign: () => Promise<void>): Promise<void> {
    this.#signing++;
    try {
      await sign();
    } finally {
      this.#signing--;
      if (this.#gathered.length > 0) this.#again();
    }
  }

  async #signSingly(votes: readonly VoteBody[]): Promise<void> {
    const signed = await Promise.all(votes.map((vote) => signVote(this.#replica, vote)));
    this.#replica.dispatchAll(signed.map((vote) => ({ type: 'signed' as const, vote })));
  }

  async #signRoot(list: EntryList, round: Round, type: VoteBody['type']): Promise<void> {
    const signed = await signBatch(this.#replica, list, round, type);
    this.#replica.dispatchAll(signed.map((vote) => ({ type: 'signed' as const, vote })));
  }
}

/** Looks at no log: only what the core wants may be signed. */
export async function signVote(replica: Replica, body: VoteBody): Promise<Vote> {
  const { epoch, self } = replica.options;
  const { key, version, round, type, digest } = body;
  const parts = await signText(replica, voteBytes(epoch.network, epoch.epoch, body), type);
  return { key, version, round, type, digest, epoch: epoch.epoch, author: self!, ...parts };
}

/** One signature, and with it a vote for every entry. */
export async function signBatch(
  replica: Replica,
  list: EntryList,
  round: Round,
  type: VoteBody['type'],
): Promise<Vote[]> {
  const { epoch, self } = replica.options;
  const { root, entries, inclusions } = list;
  const bytes = batchBytes(epoch.network, epoch.epoch, { round, type }, { root, size: entries.length });
  const parts = await signText(replica, bytes, type);
  const base = { round, type, epoch: epoch.epoch, author: self!, ...parts };
  return entries.map((entry, i) => ({ ...entry, ...base, batch: inclusions[i]! }));
}

/**
 * After a start: votes of one batch whose entries are all in the logs share list and signature again, so that they are sent again as they
 * were, and not with a path each. Logs of which some versions were decided keep their paths.
 */
export function regroupLogs<Log extends InstanceLogLike>(logs: readonly Log[]): Log[] {
  const found = new Map<string, Map<number, Vote>>();
  const votesOf = (log: Log): Vote[] => [...log.ownVotes, ...log.previousRound, ...(log.lock?.polka ?? [])];
  for (const log of logs) {
    for (const vote of votesOf(log)) {
      if (!vote.batch) continue;
      const name = signatureName(vote);
      const votes = found.get(name) ?? new Map<number, Vote>();
      found.set(name, votes.set(vote.batch.index, vote));
    }
  }
  const whole = new Map<string, { list: EntryList; first: Vote }>();
  for (const [name, votes] of found) {
    const [first] = votes.values();
    const { root, size } = first!.batch!;
    if (votes.size !== size) continue;
    const entries = Array.from({ length: size }, (_, i) => votes.get(i)!).map(({ key, version, digest }) => ({
      key,
      version,
      digest,
    }));
    if (!isEntryList(entries)) continue;
    const list = entryListOf(entries);
    if (list.root === root) whole.set(name, { list, first: first! });
  }
  if (whole.size === 0) return [...logs];
  const again = (vote: Vote): Vote => {
    const batch = vote.batch && whole.get(signatureName(vote));
    if (!batch) return vote;
    const { signature, share } = batch.first;
    return {
      ...vote,
      signature,
      ...(share && { share }),
      batch: batch.list.inclusions[vote.batch!.index]!,
    };
  };
  return logs.map((log) => ({
    ...log,
    ownVotes: log.ownVotes.map(again),
    previousRound: log.previousRound.map(again),
    lock: log.lock && { ...log.lock, polka: log.lock.polka.map(again) },
  }));
}

async function signText(
  replica: Replica,
  bytes: Uint8Array,
  type: VoteBody['type'],
): Promise<Pick<Vote, 'signature' | 'share'>> {
  const { signer } = replica.options;
  if (type === 'PRE-COMMIT') return { signature: await signer.signEd25519(bytes) };
  const share = signer.signShare(bytes);
  return { share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
}

const nameOf = ({ key, version, digest }: BatchEntry): string => `${digest} ${version} ${key}`;

const slotName = ({ list }: Offered, { round, type }: { round: Round; type: string }): string =>
  `${list.root} ${round} ${type}`;

const signatureName = ({ author, round, type, signature, batch }: Vote): string =>
  `${author} ${round} ${type} ${batch!.root} ${batch!.size} ${signature.join()}`;
