/**
 * One replica: the pure core, what carries out its effects, gossip, sync and RESUME. It owns no platform: store, transport, clock,
 * cryptography and the application's judgement are given to it.
 *
 * Kept at every await: nothing signed leaves before the write that holds it (Outbox); a failed write stops the replica.
 */
import {
  asVersion,
  fromHex,
  toHex,
  type Digest,
  type EpochDigest,
  type Key,
  type MemberIndex,
  type Milliseconds,
  type Version,
} from '../../codec/brand.ts';
import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  isEpochMessage,
  type ReplicaMessage,
} from '../../codec/replica-message.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { decodeValue } from '../../codec/value.ts';
import { accusedOf, type Evidence, type Vote } from '../../codec/vote.ts';
import { newCore, restoreHead, restoreInstance, step } from '../../consensus/core.ts';
import { instanceLog } from '../../consensus/log.ts';
import type { EpochsEffect } from '../../consensus/epochs/types.ts';
import type { CoreEvent, CoreState } from '../../consensus/types.ts';
import { checkVote, type EpochKeys } from '../../crypto/certificates.ts';
import { valueBytes } from '../../crypto/domains.ts';
import type { CloseReason, Link, LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { NetworkState, Standing, TraceEvent } from '../api.ts';
import type { TimerHandle } from '../clock.ts';
import type { DeviationTools } from '../deviation.ts';
import { DEFAULT_W0_MS } from '../limits.ts';
import { Batches, regroupLogs, signVote } from './batch.ts';
import { Certifier } from './certifier.ts';
import { Convictions } from './convictions.ts';
import { Decisions } from './decisions.ts';
import { deviceSends, fromDevice } from './devices.ts';
import { Epochs } from './epochs.ts';
import { Gossip } from './gossip.ts';
import { HistoryFetcher } from './history.ts';
import { Holders } from './holders.ts';
import { Photos } from './photos.ts';
import { Outbox } from './outbox.ts';
import { Refusing } from './refusing.ts';
import { Resume } from './resume.ts';
import { Repair } from './repair.ts';
import { Sources } from './sources.ts';
import { SyncDriver } from './sync-driver.ts';
import type { Held, Proposal, ProposeError, Refusal, ReplicaOptions } from './types.ts';
import { Traffic } from './traffic.ts';
import { ValueCache } from './value-cache.ts';
import { ValueFetcher } from './value-fetcher.ts';
import { Values } from './values.ts';
import { MeasuredW0 } from './w0.ts';
import { Witness } from './witness.ts';

export const META_OBSERVER = 'observer';

interface Prepared {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
  /** Of the value. */
  readonly bytes: Uint8Array;
}

const NOBODY: ReadonlyMap<MemberIndex, Evidence> = new Map();

export class Replica {
  readonly options: ReplicaOptions;
  readonly core: CoreState;
  /** To members. */
  readonly links = new Map<LinkId, Link>();
  /** To devices (devices.ts). */
  readonly devices = new Map<LinkId, Link>();
  readonly heads = new Map<Key, CertifiedEntry>();
  readonly outbox: Outbox;
  readonly cache = new ValueCache();
  /** By key: reasons given for its open version. */
  readonly refusals = new Map<Key, Refusal[]>();
  readonly evidenceSince = new Map<MemberIndex, Milliseconds>();
  /** Of own proposals, newest first. */
  readonly latencies: NetworkState['latencies'][number][] = [];
  readonly traffic = new Traffic();
  /** Votes whose signatures are being checked. */
  checking = 0;
  readonly values: Values;
  readonly decisions: Decisions;
  readonly convictions: Convictions;
  readonly refusing: Refusing;
  readonly gossip: Gossip;
  readonly fetcher: ValueFetcher;
  readonly sync: SyncDriver;
  readonly resume: Resume;
  readonly certifier: Certifier;
  readonly batches: Batches;
  readonly history: HistoryFetcher;
  readonly holders: Holders;
  readonly photos: Photos;
  readonly witness: Witness;
  readonly delays: MeasuredW0;
  readonly sources: Sources;
  readonly repair: Repair;
  /** Null: the members of this network never change (tests of what is inside an epoch). */
  readonly epochs: Epochs | null;
  /** When the core wants to look at a key again. */
  readonly #deadlines = new Map<Key, Milliseconds>();
  #alarm: { readonly handle: TimerHandle; readonly at: Milliseconds } | null = null;
  /** Evidence of other epochs than the core's, as the disk held it at the start. */
  readonly #past: Evidence[] = [];
  readonly #twinTold = new Set<MemberIndex>();
  #standing: Standing = { kind: 'observer', reason: 'Not started.' };
  #stopped = false;
  #hasLostPast = false;

  constructor(options: ReplicaOptions) {
    this.options = options;
    const { epoch, hash, self } = options;
    this.epochs = options.epochs ? new Epochs(this, options.epochs) : null;
    const config = { epoch: epoch.epoch, n: epoch.n, self, w0: options.w0 ?? DEFAULT_W0_MS, hash };
    this.core = this.epochs?.machine.core ?? newCore(config);
    this.outbox = new Outbox({
      store: options.store,
      log: (key) => instanceLog(this.core, key),
      bytes: (digest) => this.cache.get(digest),
      failed: (error) => this.stop(error.message),
      now: () => this.now,
    });
    this.values = new Values(this);
    this.decisions = new Decisions(this);
    this.convictions = new Convictions(this);
    this.refusing = new Refusing(this);
    this.gossip = new Gossip(this);
    this.fetcher = new ValueFetcher(this);
    this.sync = new SyncDriver(this);
    this.resume = new Resume(this);
    this.certifier = new Certifier(this);
    this.batches = new Batches(this);
    this.history = new HistoryFetcher(this);
    this.holders = new Holders(this);
    this.photos = new Photos(this);
    this.witness = new Witness(this);
    this.delays = new MeasuredW0(this);
    this.sources = new Sources(this);
    this.repair = new Repair(this);
  }

  /** Reads the store, resumes, and opens the transport. */
  async start(): Promise<void> {
    const { store, transport, self, clock } = this.options;
    const stored = await store.load();
    for (const { member, evidence } of stored.evidence) {
      // Members are counted anew in each epoch; what was proved in an earlier one stays a proof.
      if (accusedOf(evidence).epoch !== this.counted.epoch) {
        this.#past.push(evidence);
        continue;
      }
      this.core.evidence.set(member, evidence);
      this.evidenceSince.set(member, clock.wall());
    }
    for (const entry of stored.certified) {
      if (this.epochs?.isPast(entry.key, entry.version)) continue;
      this.heads.set(entry.key, entry);
      const bytesKnown = entry.previous !== undefined;
      restoreHead(this.core, entry.key, { version: entry.version, digest: entry.digest, bytesKnown });
      this.sync.headChanged(entry);
      if (!bytesKnown) this.fetcher.wantHead(entry.key, entry.digest);
      if (entry.certificate.groups.some((group) => group.form === 'votes'))
        this.certifier.schedule(entry.key, true);
    }
    this.holders.restore(stored.meta);
    this.photos.restore(stored.meta);
    const observer = stored.meta.get(META_OBSERVER);
    this.#hasLostPast = observer !== undefined;
    if (observer || self === null) {
      // What the members have decided since tells more than what was found here.
      const found = observer && new TextDecoder().decode(observer);
      const reason =
        this.options.whyNot ?? found ?? 'The member list does not name the vote log of this browser.';
      this.#setStanding({ kind: 'observer', reason });
    } else this.resume.begin(stored.logs);
    this.outbox.restore(stored.logs);
    for (const log of regroupLogs(stored.logs)) {
      this.carryOut(restoreInstance(this.core, log, clock.now()));
      // What this replica voted for and nobody has decided is waited for again.
      if (log.ownVotes.length > 0 && this.core.instances.has(log.key))
        this.decisions.proposes(log.key, log.version, null);
      // Told to the others: the votes of round r − 1 that are on this disk may be the only copies.
      this.sync.openChanged(log.key);
    }
    this.epochs?.start(stored.meta.keys());
    this.convictions.refuse();
    transport.start({
      onLink: (link) => this.#onLink(link),
      onUnlink: (link, reason) => this.#onUnlink(link, reason),
      onMessage: (link, bytes) => this.#onMessage(link, bytes),
      onStatus: (status) => this.options.listener.transport(status),
    });
    this.sync.start();
    this.resume.check();
    void this.history.fillAll();
  }

  stop(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.outbox.stop();
    if (this.#alarm !== null) this.options.clock.clearTimeout(this.#alarm.handle);
    this.#deadlines.clear();
    this.sync.stop();
    this.fetcher.stop();
    this.history.stop();
    this.resume.end();
    this.certifier.stop();
    this.delays.stop();
    this.sources.stop();
    this.repair.stop();
    this.gossip.stop();
    this.batches.stop();
    this.epochs?.stop();
    this.#setStanding({ kind: 'stopped', reason });
    this.options.transport.stop();
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** It has signed something that its log lacks: it observes until it has a new log. */
  get hasLostPast(): boolean {
    return this.#hasLostPast;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get now(): Milliseconds {
    return this.options.clock.now();
  }

  // ---- for the application ----

  /** The newest certified value with its body; null when there is none or its bytes are not here yet. */
  async held(key: Key): Promise<Held | null> {
    const entry = this.heads.get(key);
    if (!entry) return null;
    const bytes = await this.valueOf(entry.digest);
    const value = bytes && decodeValue(bytes);
    return value ? { entry, body: value.body } : null;
  }

  async valueOf(digest: Digest): Promise<Uint8Array | undefined> {
    const cached = this.cache.get(digest);
    if (cached) return cached;
    // What cannot be read is as good as missing: the others have it.
    const bytes = await this.options.store.value(digest).catch(() => undefined);
    if (bytes) this.cache.put(digest, bytes, null);
    return bytes;
  }

  /** Proposes a body for the open version of a key. Its session is durable already; the vote for it is before it leaves. */
  async propose(
    key: Key,
    version: Version,
    previous: Digest | null,
    body: Uint8Array | null,
  ): Promise<Result<{ digest: Digest }, ProposeError>> {
    return (await this.proposeBatch([{ key, version, previous, body }]))[0]!;
  }

  /**
   * Proposes many keys, each once, with one signature, write and message (docs/protocol.md, "Many keys at once"). One result for each; those
   * that cannot be proposed do not hold back the others. Single proposals of one moment are put together as well.
   */
  async proposeBatch(proposals: readonly Proposal[]): Promise<Result<{ digest: Digest }, ProposeError>[]> {
    const prepared = await Promise.all(proposals.map((proposal) => this.#prepare(proposal)));
    const results = proposals.map((proposal, i): Result<Prepared, ProposeError> => {
      const one = prepared[i]!;
      const late = one.ok ? this.#proposalProblem(proposal) : null;
      return late ? fail(late) : one;
    });
    for (const one of results) {
      if (!one.ok) continue;
      const { key, version, digest, bytes } = one.value;
      this.cache.put(digest, bytes, key);
      this.decisions.proposes(key, version, digest);
      this.trace({ kind: 'proposed', member: this.options.self!, key, version, digest });
    }
    this.dispatchAll(
      results.flatMap((one): CoreEvent[] => {
        if (!one.ok) return [];
        const { key, version, digest } = one.value;
        return [{ type: 'propose', key, version, digest }];
      }),
    );
    return results.map((one) => {
      if (!one.ok) return one;
      const { key, version, digest } = one.value;
      const instance = this.core.instances.get(key);
      if (instance && instance.version === version && instance.proposal !== digest) {
        return fail({
          type: 'already-voted',
          message: `This replica has already voted for another session on ${key} in version ${version}; it proposes again in the next.`,
        });
      }
      return ok({ digest });
    });
  }

  async #prepare(proposal: Proposal): Promise<Result<Prepared, ProposeError>> {
    const problem = this.#proposalProblem(proposal);
    if (problem) return fail(problem);
    const { key, version, previous, body } = proposal;
    const bytes = valueBytes(previous, body);
    const digest = this.options.hash(bytes);
    if (!this.options.deviation?.lying) {
      const verdict = await this.values.judge(key, version, digest, bytes);
      if (verdict.verdict !== 'valid') return fail({ type: 'not-valid', message: verdict.message });
    }
    return ok({ key, version, digest, bytes });
  }

  #proposalProblem({ key, version, previous }: Proposal): ProposeError | null {
    if (this.#stopped) return { type: 'stopped', message: 'This replica has stopped. Reload the page.' };
    if (this.#standing.kind === 'observer') {
      return { type: 'not-a-voter', message: `This replica only observes: ${this.#standing.reason}` };
    }
    const head = this.core.certified.get(key);
    if (version !== (head?.version ?? 0) + 1 || previous !== (head?.digest ?? null)) {
      return {
        type: 'version-passed',
        message: `${key} has version ${head?.version ?? 0} now; the session was built on version ${version - 1}.`,
      };
    }
    const instance = this.core.instances.get(key);
    if (instance && (instance.round > 0 || instance.ownPreCommits.has(0))) {
      return {
        type: 'already-voted',
        message: `This replica has already voted in version ${version} of ${key}.`,
      };
    }
    return null;
  }

  // ---- the core ----

  dispatch(event: CoreEvent): void {
    if (this.#stopped) return;
    this.carryOut(this.#step(event));
  }

  /** Events of one turn: what they ask for is carried out together, with one write and one message a link. */
  dispatchAll(events: readonly CoreEvent[]): void {
    if (this.#stopped || events.length === 0) return;
    this.carryOut(events.flatMap((event) => this.#step(event)));
  }

  #step(event: CoreEvent): readonly EpochsEffect[] {
    return this.epochs?.stepCore(event) ?? step(this.core, event, this.now).effects;
  }

  /** Of the core, or of the machine around it. */
  carryOut(effects: readonly EpochsEffect[]): void {
    this.outbox.inTurn(() => {
      for (const effect of effects) this.#perform(effect);
    });
    // Some effect of another turn led to this one: what that turn still has to say belongs to the same write.
    if (this.outbox.isInTurn) return;
    this.epochs?.turnEnded();
    this.gossip.flush();
    // A signature takes a tenth of a millisecond, a write several: the `signed` event that follows writes both, and the vote leaves one
    // write earlier. Every other event flushes as well, so nothing waits for long.
    if (!this.batches.flush()) this.outbox.flush();
    if (effects.length > 0) this.options.listener.changed();
  }

  #perform(effect: EpochsEffect): void {
    switch (effect.type) {
      case 'check':
        void this.#check(effect.votes, effect.from as LinkId);
        break;
      case 'sign':
        this.batches.want(effect.vote);
        break;
      case 'persist':
        this.outbox.log(effect.key);
        this.sync.openChanged(effect.key);
        break;
      case 'forgotten':
        this.sync.openChanged(effect.key);
        this.fetcher.closed(effect.key);
        this.refusals.delete(effect.key);
        break;
      case 'value-unneeded':
        this.cache.release(effect.digest, effect.key);
        this.fetcher.unneeded(effect.digest, effect.key);
        break;
      case 'push':
        this.gossip.own(effect.vote);
        this.delays.pushed(effect.vote);
        break;
      case 'heard':
        this.#heard(effect.vote);
        break;
      case 'need-value':
        void this.values.need(effect.key, effect.version, effect.digest);
        break;
      case 'decide':
        this.decisions.decide(effect);
        break;
      case 'evidence':
        this.convictions.keep(effect.member, effect.evidence);
        break;
      case 'timer':
        this.#setTimer(effect.key, effect.at);
        break;
      case 'behind':
        this.decisions.askKey(effect.key, effect.from as LinkId);
        break;
      case 'ahead':
        this.decisions.tellAhead(effect.key, effect.from as LinkId);
        break;
      case 'unknown-own-vote':
        this.becomeObserver(
          `A vote with this member's signature (${effect.vote.key}, version ${effect.vote.version}) is not in this browser's log: ` +
            'an old copy was restored, or the same key runs elsewhere.',
        );
        break;
      case 'trace': {
        const { kind, key, version, round, digest } = effect;
        this.trace({
          kind,
          member: this.options.self ?? (0 as MemberIndex),
          key,
          version,
          round,
          ...(digest && { digest }),
        });
        break;
      }
      default:
        this.epochs?.perform(effect);
    }
  }

  /** VERIFIED: counted, stored and forwarded only when the signature is right; a wrong one costs the link. */
  async #check(votes: readonly Vote[], from: LinkId): Promise<void> {
    const { ed25519 } = this.options;
    // The core asks for votes of its own epoch alone.
    const epoch = this.counted;
    this.checking += votes.length;
    const verdicts = await Promise.all(votes.map((vote) => checkVote(vote, epoch, ed25519))).finally(
      () => (this.checking -= votes.length),
    );
    const good = votes.filter((_, i) => verdicts[i]);
    if (good.length < votes.length) this.closeLink(from, 'bad-signature');
    if (good.length === 0) return;
    this.batches.heard(good);
    // A version may have been decided while its votes were being checked.
    const late = good.filter((vote) => vote.version < this.openVersion(vote.key));
    for (const vote of late) this.witness.late(vote);
    if (late.length < good.length) this.useful(from);
    this.gossip.brought(from, good, true);
    this.dispatch({ type: 'checked', votes: good });
  }

  #heard(vote: Vote): void {
    this.sync.openChanged(vote.key);
    this.gossip.heard(vote);
    this.delays.heard(vote);
    const { key, version, round, digest, author } = vote;
    const kind = vote.type === 'COMMIT' ? 'heard-commit' : 'heard-pre-commit';
    this.trace({ kind, member: author, key, version, round, digest });
  }

  #setTimer(key: Key, at: Milliseconds | null): void {
    if (at === null) this.#deadlines.delete(key);
    else {
      this.#deadlines.set(key, at);
      this.#setAlarm(at);
    }
  }

  #setAlarm(at: Milliseconds): void {
    if (this.#alarm !== null && this.#alarm.at <= at) return;
    const { clock } = this.options;
    if (this.#alarm !== null) clock.clearTimeout(this.#alarm.handle);
    this.#alarm = { handle: clock.setTimeout(() => this.#ring(), Math.max(0, at - this.now)), at };
  }

  /** All keys that are due move in one turn: those of a batch go from round to round together, with one write. */
  #ring(): void {
    this.#alarm = null;
    const { now } = this;
    const due = [...this.#deadlines].filter(([, at]) => at <= now).map(([key]) => key);
    for (const key of due) this.#deadlines.delete(key);
    this.dispatchAll(due.map((key) => ({ type: 'tick' as const, key })));
    if (this.#deadlines.size > 0 && !this.#stopped) this.#setAlarm(earliest(this.#deadlines.values()));
  }

  // ---- values ----

  // ---- decisions ----

  // ---- evidence and refusals ----

  becomeObserver(reason: string): void {
    if (this.#standing.kind === 'observer' || this.#stopped) return;
    this.resume.end();
    this.#setMayVote(false);
    this.#hasLostPast = true;
    this.outbox.meta(META_OBSERVER, new TextEncoder().encode(reason));
    this.outbox.flush();
    this.#setStanding({ kind: 'observer', reason });
  }

  /**
   * Another start of this log is alive: this one, the later, observes until it is started again. Not remembered: told, not proved. f
   * members may lie, and one that could silence whoever it likes would stop the network: so more than f have to tell it, or the other start
   * itself, with the member's signature.
   */
  foundTwin(toldBy: MemberIndex | 'proved'): void {
    if (this.#standing.kind === 'observer' || this.#stopped) return;
    const { n, quorum } = this.options.epoch;
    if (toldBy !== 'proved' && this.#twinTold.add(toldBy).size <= n - quorum) return;
    this.resume.end();
    this.#setMayVote(false);
    this.#setStanding({
      kind: 'observer',
      reason:
        'Another running copy of this member is connected already; this one, started later, only observes. Close the other one and reload.',
    });
  }

  certifiedRoot(): string {
    return this.sync.certifiedRoot();
  }

  /** RESUME is done: a quorum told what it holds, and the log has it all. */
  mayVote(): void {
    if (this.#standing.kind === 'observer' || this.#stopped) return;
    this.resume.end();
    this.#setStanding({ kind: 'voter' });
    this.#setMayVote(true);
  }

  #setMayVote(mayVote: boolean): void {
    if (this.epochs) this.epochs.dispatch({ type: 'may-vote', mayVote });
    else this.dispatch({ type: 'may-vote', mayVote });
  }

  /** Keys of an epoch that a certificate names; undefined for one that is not known here. */
  keysOf(epoch: EpochDigest): EpochKeys | undefined {
    const own = this.options.epoch;
    return epoch === own.epoch ? own : this.epochs?.keysOf(epoch);
  }

  /** The epoch whose votes are counted here. Who catches up links to members of a later one, which is not begun here yet (`options.epoch`). */
  get counted(): EpochKeys {
    return this.keysOf(this.core.config.epoch)!;
  }

  /** Evidence against members who are met here, by their places. What the core has while it catches up is of places in an epoch that they have left. */
  get convicted(): ReadonlyMap<MemberIndex, Evidence> {
    return this.counted.epoch === this.options.epoch.epoch ? this.core.evidence : NOBODY;
  }

  /** Of epochs other than that of the members who are met here. */
  get pastEvidence(): readonly Evidence[] {
    const isPast = this.counted.epoch !== this.options.epoch.epoch;
    return isPast ? [...this.#past, ...this.core.evidence.values()] : this.#past;
  }

  resuming(answered: number, needed: number): void {
    this.#setStanding({ kind: 'resuming', answered, needed });
  }

  #setStanding(standing: Standing): void {
    this.#standing = standing;
    this.options.listener.standing(standing);
  }

  // ---- links ----

  #onLink(link: Link): void {
    if (this.convicted.has(link.member) && link.member !== this.options.self) {
      this.options.transport.close(link.id, 'equivocation');
      return;
    }
    if (link.device) {
      this.devices.set(link.id, link);
      this.sync.tell(link.id);
      this.options.listener.linked?.(link);
      this.options.listener.changed();
      return;
    }
    this.links.set(link.id, link);
    this.trace({ kind: 'link', member: link.member });
    this.sources.linked(link.id);
    this.gossip.linked(link);
    this.resume.linked(link);
    this.delays.linked(link);
    this.sync.linked(link.id);
    this.epochs?.talk.linked(link);
    this.fetcher.linked(link.id);
    this.history.linked();
    this.gossip.resendOwn(link);
    this.convictions.linked(link);
    this.refusing.resend(link);
    this.gossip.suspect();
    this.options.listener.linked?.(link);
  }

  #onUnlink(link: Link, reason: CloseReason): void {
    this.traffic.unlinked(link.id);
    if (this.devices.delete(link.id)) {
      this.sync.unlinked(link.id);
      this.options.listener.unlinked?.(link, reason);
      this.options.listener.changed();
    }
    if (!this.links.delete(link.id)) return;
    this.options.listener.unlinked?.(link, reason);
    this.sync.unlinked(link.id);
    this.trace({ kind: 'unlink', member: link.member, detail: reason });
    this.gossip.unlinked(link);
    this.sources.unlinked(link.id);
    this.repair.unlinked(link.id);
    this.resume.unlinked(link);
    this.delays.unlinked(link);
    this.gossip.suspect();
  }

  closeLink(link: LinkId, reason: CloseReason): void {
    this.options.transport.close(link, reason);
  }

  /** This neighbour told something true that was news here (eclipse defence). */
  useful(link: LinkId): void {
    this.options.transport.useful?.(link);
  }

  linksOf(member: MemberIndex): Link[] {
    return [...this.links.values()].filter((link) => link.member === member);
  }

  // ---- messages out ----

  send(to: LinkId, asked: ReplicaMessage, priority: 'vote' | 'bulk'): boolean {
    const link = this.#linkOf(to);
    if (this.options.isDevice && !deviceSends(asked.type)) return false;
    // Of an epoch that the neighbours have left: they count nothing there, and would answer with the chain that is known here.
    if (asked.type === 'votes' && this.counted.epoch !== this.options.epoch.epoch) return false;
    const message = link && !this.#stopped ? this.gossip.withoutUnwritten(asked) : null;
    if (!link || !message) return false;
    const { deviation, transport } = this.options;
    const give = (one: ReplicaMessage): boolean => {
      const bytes = encodeReplicaMessage(one);
      const taken = transport.send(to, bytes, priority);
      if (taken) this.traffic.sent(to, one.type, bytes.length);
      return taken;
    };
    if (!deviation?.lying || isEpochMessage(message)) return give(message);
    void deviation.outgoing(link, message, this.#tools).then((messages) => {
      for (const one of messages) give(one);
    });
    return true;
  }

  readonly #tools: DeviationTools = {
    sign: (vote) => signVote(this, vote),
    links: () => [...this.links.values()],
    otherDigest: (digest) => this.options.hash(fromHex(digest)),
  };

  // ---- messages in ----

  #onMessage(link: Link, bytes: Uint8Array): void {
    if (this.#stopped || !this.#linkOf(link.id)) return;
    const decoded = (this.options.decode ?? decodeReplicaMessage)(bytes);
    if (!decoded.ok) {
      this.closeLink(link.id, 'malformed-message');
      return;
    }
    this.traffic.received(link.id, decoded.value.type, bytes.length);
    const fate = link.device ? fromDevice(decoded.value.type) : 'take';
    if (fate === 'refuse') this.closeLink(link.id, 'device-vote');
    else if (fate === 'take') this.#receive(link, decoded.value);
  }

  #linkOf(id: LinkId): Link | undefined {
    return this.links.get(id) ?? this.devices.get(id);
  }

  #receive(link: Link, message: ReplicaMessage): void {
    if (isEpochMessage(message)) {
      this.epochs?.talk.receive(link, message);
      return;
    }
    switch (message.type) {
      case 'votes':
        this.gossip.takeValues(link.id, message.votes, message.values);
        this.gossip.brought(link.id, message.votes);
        void this.witness.compare(message.votes, link.id);
        this.dispatch({ type: 'received', votes: message.votes, from: link.id });
        break;
      case 'witness':
        this.witness.answer(link.id, message.items);
        break;
      case 'enough':
        this.sources.told(link, message.authors);
        break;
      case 'holds':
        this.repair.answer(link.id, message.items);
        break;
      case 'want-values':
        void this.fetcher.answer(link.id, message.digests);
        break;
      case 'values':
        for (const value of message.values) this.fetcher.take(value, link.id);
        break;
      case 'certificates':
        void this.decisions.take(message.certificates, link.id);
        break;
      case 'roots':
      case 'want-nodes':
      case 'nodes':
      case 'want-keys':
        this.sync.receive(link.id, message);
        break;
      case 'evidence':
        void this.convictions.take(link.id, message.items);
        break;
      case 'resume-ask':
      case 'resume-answer':
      case 'probe':
        this.resume.receive(link, message);
        break;
      case 'alive':
        if (!this.delays.alive(link, message.nonce)) this.resume.receive(link, message);
        break;
      case 'neighbours':
        this.gossip.neighboursTold(link, message.members);
        break;
      case 'want-history':
      case 'history':
        void this.history.receive(link.id, message);
        break;
      case 'want-held':
      case 'held':
        this.holders.receive(link, message);
        break;
      case 'session-ask':
      case 'session-answer':
      case 'notice':
        this.options.listener.session?.(link, message);
        break;
      case 'hand-off':
        this.options.listener.handOff?.(link.member, message.text);
        break;
      case 'refusal': {
        const { key, version, digest, rule, message: text } = message;
        if (version === (this.core.certified.get(key)?.version ?? 0) + 1) {
          this.refusing.note(key, { member: link.member, version, digest, rule, message: text });
        }
        break;
      }
    }
  }

  trace(event: Omit<TraceEvent, 'at'>): void {
    this.options.listener.trace({ at: this.options.clock.wall(), ...event });
  }

  /** Random hex, for nonces. */
  nonce(bytes: number): string {
    return toHex(this.options.random(bytes));
  }

  openVersion(key: Key): Version {
    return asVersion((this.core.certified.get(key)?.version ?? 0) + 1);
  }
}

/** Not `Math.min(...)`: there may be more than a call takes arguments. */
function earliest(times: Iterable<Milliseconds>): Milliseconds {
  let first = Infinity;
  for (const at of times) first = Math.min(first, at);
  return first;
}
