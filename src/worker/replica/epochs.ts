/**
 * A replica whose members may change: the machine of src/consensus/epochs around the core, and what carries out its effects. When an epoch
 * begins, or the network turns out to be in a later one, that is written and told, and `moved` asks for the replica to be opened again: so
 * members, their number and the own place are constants of a Replica.
 *
 * Kept at every await: "closed" is written together with the decision that sealed the change (a turn is one write: Outbox); a report is
 * written with the leaves of its R before it leaves; BEGIN is one write, and nothing follows it here. R and its leaves are read between
 * turns: within one the machine may have decided what the tree of the state does not hold yet.
 */
import {
  isNetworkKey,
  type Digest,
  type EpochDigest,
  type Key,
  type MemberIndex,
  type Milliseconds,
  type Version,
  type VoteKey,
} from '../../codec/brand.ts';
import type { StateLeaf } from '../../codec/epoch-messages.ts';
import { CHANGE_KEY, decodeReport, encodeReport, type EpochLink, type Report } from '../../codec/epochs.ts';
import { contradictionOf, type Certificate } from '../../codec/vote.ts';
import {
  coreConfigOf,
  endingVersion,
  leadsOverBreak,
  newestEpoch,
  numberAfter,
} from '../../consensus/epochs/chain.ts';
import type { CheckedLink } from '../../consensus/epochs/follow.ts';
import { restoreEpochs, stepEpochs } from '../../consensus/epochs/machine.ts';
import type { Epoch, EpochsEffect, EpochsEvent, EpochsState, Self } from '../../consensus/epochs/types.ts';
import type { CoreEvent } from '../../consensus/types.ts';
import type { EpochKeys } from '../../crypto/certificates.ts';
import { approvalBytes, changeDigest, reportBytes, valueBytes } from '../../crypto/domains.ts';
import { countersign, epochKeysOf, type EpochTools } from '../../crypto/epochs.ts';
import type { Verdict } from '../../l2/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import {
  asideRecord,
  beginRecords,
  breakName,
  draftNames,
  markRecord,
  reportRecords,
  type OwnRecord,
  type StoredEpochs,
} from '../epochs/disk.ts';
import type { TimerHandle } from '../clock.ts';
import {
  CARRY_RETRY_MS,
  EPOCH_BEGIN_PATIENCE_MS,
  EPOCH_LOOK_MS,
  EPOCH_FAREWELL_MS,
  DEFAULT_W0_MS,
  REPORT_SETTLE_MS,
  REPORTS_AGAIN_MAX_MS,
  REPORTS_AGAIN_MS,
} from '../limits.ts';
import { Breaks } from './breaks.ts';
import { EpochTalk } from './epoch-talk.ts';
import { judgeNetworkValue, makeLink, offeredBody, readSealedChange } from './epoch-values.ts';
import type { Replica } from './replica.ts';

export interface EpochsOptions {
  /** Null: signs nothing, in no epoch (a device). */
  readonly self: Self | null;
  /** Key of the member whose replica this is, or whose device. */
  readonly member: VoteKey;
  /** The genesis draft's, which proofs of possession cover. */
  readonly nonce: string;
  /** The newest rules that this program knows. */
  readonly rulesVersion: number;
  readonly stored: StoredEpochs;
  /** Epoch 0 to the newest one known on this disk, with the links that led there. */
  readonly chain: readonly Epoch[];
  readonly links: readonly EpochLink[];
  readonly checked: readonly CheckedLink[];
  /** Number of the epoch whose members the transport links to. */
  readonly mesh: number;
  /** The network is further, or this replica is: open it again. Everything is on disk. */
  moved(): void;
}

export class Epochs {
  readonly options: EpochsOptions;
  readonly machine: EpochsState;
  /** As on disk. */
  readonly links: EpochLink[];
  readonly tools: EpochTools;
  readonly talk: EpochTalk;
  readonly breaks: Breaks;
  readonly #replica: Replica;
  readonly #keys = new Map<EpochDigest, EpochKeys>();
  /** Names of the records of epochs on disk. */
  readonly #records = new Set<string>();
  /** Leaves of the R of own reports. */
  readonly #reported: Map<Digest, readonly StateLeaf[]>;
  /** The epoch that was begun when this replica was opened: there is no other core here than its. */
  readonly #opened: number;
  /** Changes that a person has approved here, and whose join secret has not come yet. */
  readonly #unsigned = new Set<Digest>();
  /** R whose leaves are asked for as soon as the turn has ended. */
  #leavesWanted: Digest | null = null;
  #state: { readonly root: string; readonly leaves: readonly StateLeaf[] } | null = null;
  #rootTimer: TimerHandle | null = null;
  #closedAt: Milliseconds | null = null;
  /** Locks of the present R when they are more than a report may hold: then none is made. */
  #tooManyLocks: number | null = null;
  #moving = false;

  constructor(replica: Replica, options: EpochsOptions) {
    this.#replica = replica;
    this.options = options;
    const { chain, stored } = options;
    const { mark } = stored;
    const at = mark === null ? 0 : chain.findIndex(({ digest }) => digest === mark.epoch);
    const { hash, w0, bls, ed25519 } = replica.options;
    this.machine = restoreEpochs(
      { network: chain[0]!.network, first: chain[0]!, self: options.self, w0: w0 ?? DEFAULT_W0_MS, hash },
      {
        chain: chain.slice(0, Math.max(0, at) + 1),
        carried: stored.carried,
        leaves: stored.leaves,
        closedBy: mark?.state === 'closed' ? mark.by : null,
        ownReports: stored.reports,
        left: mark?.state === 'left',
      },
    );
    this.#opened = this.machine.at;
    this.links = [...options.links];
    this.tools = { nonce: options.nonce, bls, ed25519 };
    this.#reported = new Map(stored.reported);
    this.talk = new EpochTalk(replica, this);
    this.breaks = new Breaks(replica, this);
  }

  get epoch(): Epoch {
    return this.machine.chain[this.machine.at]!;
  }

  get newest(): Epoch {
    return newestEpoch(this.machine);
  }

  /** The newest epoch is not begun here: this replica fetches, and votes on nothing. */
  get isBehind(): boolean {
    return this.machine.at < this.machine.chain.length - 1;
  }

  /** The newest epoch lists the member whose replica this is, or whose device. */
  get isListed(): boolean {
    return this.newest.members.some(({ voteKey }) => voteKey === this.options.member);
  }

  /** The members meet in another epoch than the one whose members this replica links to. */
  get isElsewhere(): boolean {
    return this.newest.number > this.options.mesh;
  }

  /** For how long this epoch has been closed without its end; null: it is open. */
  closedFor(): Milliseconds | null {
    return this.#closedAt === null ? null : this.#replica.now - this.#closedAt;
  }

  /** So many versions are locked and undecided here that no report can name them; null: a report can, or none was asked for. */
  get tooManyLocks(): number | null {
    return this.#tooManyLocks;
  }

  /** Keys of an epoch of the chain; undefined for one that is not known here. */
  keysOf(digest: EpochDigest): EpochKeys | undefined {
    const known = this.#keys.get(digest);
    if (known) return known;
    const epoch = this.machine.chain.find((one) => one.digest === digest);
    if (!epoch) return undefined;
    const keys = epochKeysOf(epoch);
    this.#keys.set(digest, keys);
    return keys;
  }

  /** A head under `network/` that the chain already holds: in no tree and in no core. */
  isPast(key: Key, version: Version): boolean {
    return isNetworkKey(key) && version <= this.machine.at;
  }

  /** After heads and logs are back in the core. */
  start(names: Iterable<string>): void {
    for (const name of names) if (name.startsWith('epochs/')) this.#records.add(name);
    const { hash } = this.#replica.options;
    for (const change of this.options.stored.drafts)
      this.dispatch({ type: 'draft', change, digest: changeDigest(hash, change) });
    for (const approval of this.options.stored.approvals) this.dispatch({ type: 'approval', approval });
    for (const link of this.options.checked.slice(this.machine.at)) this.dispatch(link);
    this.#closeWhatWasSealed();
    this.dispatch({ type: 'closed-durable' });
    if (this.machine.phase === 'closed' && !this.machine.left) this.#isClosed();
    this.breaks.start();
    this.#carryAll();
  }

  stop(): void {
    if (this.#rootTimer !== null) this.#replica.options.clock.clearTimeout(this.#rootTimer);
    this.talk.stop();
  }

  /** CLOSE for a decision of `network/change` that is on the disk without its mark: nothing else will say it again. */
  #closeWhatWasSealed(): void {
    const { machine } = this;
    const head = machine.core.certified.get(CHANGE_KEY);
    if (machine.sealed === null && head?.version === endingVersion(this.epoch))
      machine.sealed = { value: head.digest, digest: null };
  }

  /** Everything that a turn led to has been carried out. */
  turnEnded(): void {
    const root = this.#leavesWanted;
    this.#leavesWanted = null;
    if (root === null || this.#moving || this.#replica.stopped) return;
    const own = this.leavesOf(root);
    if (own) this.giveLeaves(root, own);
    else this.talk.searchLeaves(root);
  }

  /** An event for the core, on its way through the machine. */
  stepCore(event: CoreEvent): readonly EpochsEffect[] {
    // BEGIN may have come earlier in the same turn: what was meant for the old core is not for the new one.
    if (this.#moving || this.machine.at !== this.#opened) return [];
    return stepEpochs(this.machine, { type: 'core', event }, this.#replica.now).effects;
  }

  dispatch(event: EpochsEvent): void {
    if (this.#moving || this.machine.at !== this.#opened || this.#replica.stopped) return;
    this.#replica.carryOut(stepEpochs(this.machine, event, this.#replica.now).effects);
  }

  /** What is not the core's own. */
  perform(effect: EpochsEffect): void {
    if (this.#moving) return;
    switch (effect.type) {
      case 'sign-approval':
        if (this.#lacksSecret(effect.approval)) this.#unsigned.add(effect.approval.change);
        else void this.#signApproval(effect.approval);
        break;
      case 'keep-approval':
        this.talk.keepApproval(effect.approval);
        break;
      case 'offer':
        this.#offer(effect);
        break;
      case 'mark':
        this.#write([markRecord(effect.mark)]);
        this.#replica.outbox.whenWritten(() => {
          this.dispatch({ type: 'closed-durable' });
          this.#isClosed();
        });
        this.#replica.options.listener.changed();
        break;
      case 'read-change':
        void this.#readChange(effect.value);
        break;
      case 'need-root':
        this.#wantRoot();
        break;
      case 'sign-report':
        void this.#signReport(effect);
        break;
      case 'keep-report':
        this.#keepReport(effect.report);
        break;
      case 'need-links':
        if (effect.from === null) void this.#makeLink();
        else this.talk.askChain(effect.from, effect.above);
        break;
      case 'tell-links':
        this.talk.tellChain(
          effect.to,
          this.machine.chain.findIndex(({ digest }) => digest === effect.epoch),
        );
        break;
      case 'need-leaves':
        this.#leavesWanted = effect.root;
        break;
      case 'begin':
        this.#begin(effect);
        break;
      case 'unknown-own-report':
        this.#replica.becomeObserver(
          'A report with this member’s signature is not in this browser’s log: an old copy was restored, or the same key runs elsewhere.',
        );
        break;
      case 'report-evidence': {
        const evidence = contradictionOf(effect.first, effect.second);
        if (evidence) this.#replica.dispatch({ type: 'evidence', evidence });
        break;
      }
      // `carry` comes with BEGIN, after which this replica is opened again and `start` does it.
      default:
        break;
    }
  }

  /** A link that was checked against the newest epoch known here. */
  takeLink(link: EpochLink, checked: CheckedLink): void {
    const number = numberAfter(checked);
    if (number !== this.machine.chain.length || this.#moving) return;
    this.links.push(link);
    this.talk.keepLink(number, link);
    this.dispatch(checked);
    this.#replica.options.listener.changed();
    if (this.#moving) return;
    this.#moveSoon();
  }

  /**
   * The others have begun and are elsewhere by now: what is lacking here is asked of them there, once the way is known; at the latest when the
   * last link of this epoch goes. Whom they no longer list is told no way, and may find nobody here to ask: it is opened again to say so.
   */
  #moveSoon(): void {
    const { clock } = this.#replica.options;
    const until = this.#replica.now + EPOCH_BEGIN_PATIENCE_MS;
    let seen: Epoch | null = null;
    const look = (): void => {
      const { newest } = this;
      const { began } = newest;
      const isKnown = began !== null && this.talk.secretOf(began.joinSecret) !== undefined;
      if ((this.isListed && !isKnown) || !this.isElsewhere || this.#moving || this.#replica.stopped) return;
      // The door tells all links of the chain, one after the other.
      const isTold = this.isListed || seen === newest;
      seen = newest;
      const mayStillBegin = this.isBehind && this.#replica.links.size > 0 && this.#replica.now < until;
      if (mayStillBegin || !isTold) clock.setTimeout(look, EPOCH_LOOK_MS);
      else this.#move();
    };
    clock.setTimeout(look, 0);
  }

  /**
   * R's leaves for the machine. Where the network was continued as another one, R alone was certified before: what is beyond it here, shown by
   * somebody after the others had signed, goes first, and this replica is opened again without it.
   */
  giveLeaves(root: Digest, leaves: readonly StateLeaf[]): void {
    const beyond = leadsOverBreak(this.machine) ? this.#beyond(leaves) : [];
    if (beyond.length > 0) void this.#putAside(beyond, leaves);
    else this.dispatch({ type: 'leaves', root, leaves });
  }

  /** Certified in a network that was continued as another one, whose R is not known to be in the state here: it may have to go. */
  isInDoubt(certificate: Certificate): boolean {
    const { chain } = this.machine;
    if (!leadsOverBreak(this.machine)) return false;
    return chain.some(
      ({ digest, network }) => digest === certificate.epoch && network !== chain.at(-1)!.network,
    );
  }

  #beyond(leaves: readonly StateLeaf[]): CertifiedEntry[] {
    const known = new Map(leaves.map((leaf) => [leaf.key, leaf]));
    return [...this.#replica.heads.values()].filter((head) => {
      if (isNetworkKey(head.key) || !this.isInDoubt(head.certificate)) return false;
      const leaf = known.get(head.key);
      return (
        !leaf || head.version > leaf.version || (head.version === leaf.version && head.digest !== leaf.digest)
      );
    });
  }

  async #putAside(beyond: readonly CertifiedEntry[], leaves: readonly StateLeaf[]): Promise<void> {
    if (this.#moving) return;
    this.#moving = true;
    const { store } = this.#replica.options;
    const known = new Map(leaves.map((leaf) => [leaf.key, leaf]));
    await this.#replica.outbox.durable();
    const back: { readonly key: Key; readonly head: CertifiedEntry | null }[] = [];
    for (const { key } of beyond) {
      const leaf = known.get(key);
      const past = await store.history(key).catch(() => null);
      // Not known is not the same as none: a key would lose its whole past.
      if (past === null)
        return this.#replica.stop(
          `The past of ${key} could not be read, so this replica cannot go back to the record with which the network was continued. Reload the page; nothing stored was changed.`,
        );
      const head = past.findLast(
        (one) =>
          leaf !== undefined &&
          (one.version < leaf.version || (one.version === leaf.version && one.digest === leaf.digest)),
      );
      back.push({ key, head: head ?? null });
    }
    for (const { key, head } of back) this.#replica.outbox.aside(key, head);
    // Nothing reads these: they are there for whoever asks what the network that was left had certified.
    this.keepAll(beyond.map(({ key, version, certificate }) => asideRecord(key, version, certificate)));
    await this.#replica.outbox.durable();
    this.#farewell();
  }

  /** The leaves of R, ascending by key, when this replica has or had that state. Between turns only. */
  leavesOf(root: Digest): readonly StateLeaf[] | null {
    if (this.#replica.sync.certifiedRoot() === root) return this.#stateLeaves();
    const { leaves, at } = this.machine;
    if (leaves?.root === root) return [...leaves.leaves.values()];
    // As BEGIN wrote them; beyond a break the machine has let go of them.
    if (this.epoch.began?.root === root && at === this.#opened) return this.options.stored.leaves;
    return this.#reported.get(root) ?? null;
  }

  /** The way to the members of an epoch that is drafted or begun is known. */
  secretArrived(digest: string): void {
    for (const change of [...this.#unsigned]) {
      if (this.machine.drafts.get(change)?.change.joinSecret !== digest) continue;
      this.#unsigned.delete(change);
      this.dispatch({ type: 'approve', change });
    }
    if (this.newest.began?.joinSecret === digest && this.isElsewhere) this.#moveSoon();
  }

  judge(key: Key, version: Version, bytes: Uint8Array): Promise<Verdict> {
    return judgeNetworkValue(this.machine, this.tools, this.#replica.options.hash, {
      key,
      version,
      bytes,
      rulesVersion: this.options.rulesVersion,
    });
  }

  /** Bytes of a certified head under `network/` have come. */
  headArrived(key: Key, digest: Digest): void {
    if (this.machine.sealed?.value === digest && this.machine.sealed.digest === null)
      void this.#readChange(digest);
    if (isNetworkKey(key)) void this.#makeLink();
  }

  /** Writes records of epochs with the turn's other writes. */
  #write(records: readonly OwnRecord[]): void {
    for (const { name, bytes } of records) {
      this.#replica.outbox.meta(name, bytes);
      if (bytes) this.#records.add(name);
      else this.#records.delete(name);
    }
  }

  keep(record: OwnRecord): void {
    this.#write([record]);
  }

  /** In one write. */
  keepAll(records: readonly OwnRecord[]): void {
    this.#write(records);
  }

  /** Opened again once what was just told is on its way. */
  moveOnceTold(): void {
    this.#move();
  }

  /** Of a proposal to go on that was crowded out: nothing of it stays. */
  forgetBreak(network: string, joinSecret: string): void {
    this.#write([{ name: breakName(network), bytes: null }]);
    const isNamed =
      this.breaks.names(joinSecret) ||
      [...this.machine.drafts.values()].some((draft) => draft.change.joinSecret === joinSecret) ||
      this.machine.chain.some(({ began }) => began?.joinSecret === joinSecret);
    if (!isNamed) this.talk.forgetSecret(joinSecret);
  }

  /** Of a change that was crowded out. True when something else names the same join secret. */
  forget(change: Digest, joinSecret: string): boolean {
    const isNamed =
      [...this.machine.drafts.values()].some((draft) => draft.change.joinSecret === joinSecret) ||
      this.machine.chain.some(({ began }) => began?.joinSecret === joinSecret);
    this.#write(
      draftNames(change, isNamed ? null : joinSecret, this.#records).map((name) => ({ name, bytes: null })),
    );
    this.#unsigned.delete(change);
    return isNamed;
  }

  // ---- signatures ----

  async #signApproval(approval: Extract<EpochsEffect, { type: 'sign-approval' }>['approval']): Promise<void> {
    const { kind, epoch, change } = approval;
    const message = approvalBytes(kind, this.epoch.network, epoch, change);
    const signed = await countersign(this.#replica.options.signer, message);
    if (this.machine.left) return;
    this.dispatch({ type: 'approval', approval: { ...approval, ...signed } });
    this.#replica.outbox.flush();
  }

  /**
   * The secret leads to the members of the next epoch. Who stays approves only with it on the disk: q approvals then mean that more than f honest
   * members hold it, and one that proposes a change and tells nobody the secret cannot lead all into an epoch in which nobody meets.
   */
  #lacksSecret({ kind, change: digest }: { kind: 'approve' | 'join'; change: Digest }): boolean {
    const change = this.machine.drafts.get(digest)?.change;
    const { self } = this.options;
    if (kind !== 'approve' || !change?.members.some(({ voteKey }) => voteKey === self?.voteKey)) return false;
    return this.talk.secretOf(change.joinSecret) === undefined;
  }

  /** R is read once the turn has ended; while it still changes, not for each of the changes. */
  #wantRoot(): void {
    this.#rootTimer ??= this.#replica.options.clock.setTimeout(
      () => {
        this.#rootTimer = null;
        this.dispatch({ type: 'root', root: this.#replica.sync.certifiedRoot() as Digest });
        this.#replica.outbox.flush();
      },
      this.machine.ownReports.size === 0 ? 0 : REPORT_SETTLE_MS,
    );
  }

  /** From here on reports are told again now and then, until the epoch ends: a neighbour may have had no room for one. */
  #isClosed(): void {
    if (this.#closedAt !== null) return;
    this.#closedAt = this.#replica.now;
    this.#replica.witness.closed();
    const again = (after: Milliseconds): void => {
      this.#replica.options.clock.setTimeout(() => {
        if (this.#moving || this.#replica.stopped) return;
        this.talk.tellReports([...this.machine.reports.values()].flatMap((of) => [...of.values()].slice(-1)));
        again(Math.min(2 * after, REPORTS_AGAIN_MAX_MS));
      }, after);
    };
    again(REPORTS_AGAIN_MS);
  }

  async #signReport({ report, polkas }: Extract<EpochsEffect, { type: 'sign-report' }>): Promise<void> {
    // Those of this moment: of the R that is signed.
    const leaves = this.#stateLeaves();
    const signed = await countersign(this.#replica.options.signer, reportBytes(this.epoch.network, report));
    this.#reported.set(report.root, leaves);
    const author = coreConfigOf(this.machine.config, this.epoch).self as MemberIndex;
    const whole: Report = { ...report, author, ...signed, polkas };
    // More locks than a report may hold: it could not be read again, here or anywhere. When some of them are decided, R is another.
    const fits = decodeReport(encodeReport(whole)).ok;
    this.#tooManyLocks = fits ? null : report.locks.length;
    if (!fits) return this.#replica.options.listener.changed();
    this.dispatch({ type: 'report-signed', report: whole });
    this.#replica.outbox.flush();
  }

  #keepReport(report: Report): void {
    this.#write(reportRecords(report, this.#reported.get(report.root) ?? []));
    this.#replica.outbox.whenWritten(() => this.talk.tellReports([report]));
    this.#replica.options.listener.changed();
  }

  // ---- values under network/ ----

  #offer(effect: Extract<EpochsEffect, { type: 'offer' }>): void {
    const { version, previous, value } = effect;
    // Rules that this program does not know are for others to propose; it abstains.
    if ('change' in value && value.change.change.rulesVersion > this.options.rulesVersion) return;
    const { hash, bls } = this.#replica.options;
    const bytes = valueBytes(previous, offeredBody(this.epoch, value, hash, bls));
    const digest = hash(bytes);
    this.#replica.cache.put(digest, bytes, value.key);
    this.#replica.decisions.proposes(value.key, version, digest);
    this.#replica.dispatch({ type: 'propose', key: value.key, version, digest });
  }

  async #readChange(value: Digest): Promise<void> {
    const bytes = await this.#replica.valueOf(value);
    const change = bytes && readSealedChange(bytes);
    if (!change) return;
    const digest = changeDigest(this.#replica.options.hash, change);
    this.dispatch({ type: 'change-read', value, digest });
    this.#replica.outbox.flush();
  }

  /** The link out of the epoch that is begun, from what was decided here. */
  async #makeLink(): Promise<void> {
    if (this.isBehind) return;
    const made = await makeLink(this.#replica, this.machine, this.tools);
    if (made && !this.isBehind) this.takeLink(made.link, made.checked);
    this.#replica.outbox.flush();
  }

  // ---- BEGIN ----

  #begin({ mark, carried }: Extract<EpochsEffect, { type: 'begin' }>): void {
    const leaves = [...(this.machine.leaves?.leaves.values() ?? [])];
    const secrets = new Set(this.machine.chain.flatMap(({ began }) => began?.joinSecret ?? []));
    this.#write(beginRecords(mark, leaves, carried, this.#records, secrets));
    this.#replica.outbox.dropLogs();
    this.#moving = true;
    this.#replica.outbox.whenWritten(() => this.#farewell());
    this.#replica.outbox.flush();
  }

  #move(): void {
    if (this.#moving || this.#replica.stopped) return;
    this.#moving = true;
    void this.#replica.outbox.durable().then(() => this.#farewell());
  }

  /** What was just told is on its way; then the links go. */
  #farewell(): void {
    this.#replica.options.clock.setTimeout(() => {
      if (!this.#replica.stopped) this.options.moved();
    }, EPOCH_FAREWELL_MS);
  }

  // ---- CARRIED ----

  /** Proposes what the last opening carried over, again and again until it is decided: its bytes may come late. */
  #carryAll(): void {
    if (this.#moving || this.#replica.stopped) return;
    const open = [...this.machine.carried.values()].filter(
      ({ key, version }) => (this.machine.core.certified.get(key)?.version ?? 0) < version,
    );
    if (open.length === 0) return;
    for (const { key, version, digest } of open) {
      const instance = this.machine.core.instances.get(key);
      if (instance && instance.round >= 0) continue;
      void this.#replica.valueOf(digest).then((bytes) => {
        if (this.#moving || this.#replica.stopped) return;
        if (!bytes) return this.#replica.fetcher.want(key, digest);
        this.#replica.cache.put(digest, bytes, key);
        if (this.machine.mayVote && this.machine.core.config.self !== null)
          this.#replica.dispatch({ type: 'propose', key, version, digest });
      });
    }
    this.#replica.options.clock.setTimeout(() => this.#carryAll(), CARRY_RETRY_MS);
  }

  #stateLeaves(): readonly StateLeaf[] {
    const root = this.#replica.sync.certifiedRoot();
    if (this.#state?.root === root) return this.#state.leaves;
    const leaves = [...this.machine.core.certified]
      .filter(([key]) => !isNetworkKey(key))
      .map(([key, { version, digest }]) => ({ key, version, digest }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#state = { root, leaves };
    return leaves;
  }
}
