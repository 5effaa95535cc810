/**
 * One honest replica around the real machine of epochs: it signs with some delay, writes before it sends, gossips what others lack, and starts
 * again from what is on its disk. A crash may come before or after any write, so also at each step between CLOSE and BEGIN.
 */
import type { Digest, EpochDigest, Key, LogId, MemberIndex, Version } from '../../../src/codec/brand.ts';
import { asDigest, isNetworkKey } from '../../../src/codec/brand.ts';
import type { StateLeaf } from '../../../src/codec/epoch-messages.ts';
import { CHANGE_KEY, OPENING_KEY, type Change, type Report } from '../../../src/codec/epochs.ts';
import { certificateSigners, type Certificate, type Vote } from '../../../src/codec/vote.ts';
import { restoreHead, restoreInstance, step } from '../../../src/consensus/core.ts';
import { openingOf } from '../../../src/consensus/epochs/arms.ts';
import { newEpochs, restoreEpochs, stepEpochs } from '../../../src/consensus/epochs/machine.ts';
import type {
  Carried,
  Epoch,
  EpochsEffect,
  EpochsEvent,
  EpochsState,
} from '../../../src/consensus/epochs/types.ts';
import { instanceLog } from '../../../src/consensus/log.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import type { CoreEvent, CoreState, Instance, Polka } from '../../../src/consensus/types.ts';
import { votesOf } from '../../../src/crdt/open.ts';
import type { Random, Scheduler } from '../scheduler.ts';
import { emptyDisk, type Disk, type Hello, type Message } from './forms.ts';
import { changeDigest, hash, type Scene, type SimLink } from './scene.ts';

/** What a replica needs of the world around it. */
export interface Around {
  readonly scene: Scene;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Longest delay of a signature or a write; 0: all in one turn. */
  readonly pace: number;
  readonly w0: number;
  /** Chance in per cent that a write is the last thing before a crash. */
  crashAtWrite(replica: EpochReplica): number;
  /** Ids of the replicas that it has links to. */
  peers(replica: EpochReplica): readonly number[];
  send(from: number, to: number, message: Message): void;
  onVote(replica: EpochReplica, epoch: Epoch, vote: Vote): void;
  onReport(replica: EpochReplica, report: Report): void;
  onDecide(replica: EpochReplica, certificate: Certificate): void;
  onBegin(replica: EpochReplica, epoch: Epoch): void;
  beforeTimer(replica: EpochReplica, instance: Instance): void;
  afterVotes(replica: EpochReplica, key: Key): void;
  /** It found a signature of its own that its log lacks. */
  onLostPast(replica: EpochReplica, what: string): void;
  onAccused(replica: EpochReplica, epoch: Epoch, author: MemberIndex): void;
  /** The person of this replica sees a draft. */
  onDraft(replica: EpochReplica, digest: Digest): void;
  crash(replica: EpochReplica): void;
  note: ((replica: EpochReplica, text: string) => void) | null;
  openDigest(core: CoreState, key: Key): string;
}

interface Turn {
  readonly write: (() => void) | null;
  readonly send: () => void;
}

export class EpochReplica {
  readonly id: number;
  readonly org: number;
  disk: Disk;
  up = true;
  life = 0;
  machine: EpochsState;
  resumed = false;
  private readonly around: Around;
  private known = new Set<Digest>();
  private wanted = new Map<Digest, { key: Key; version: number }>();
  private wantedLeaves: Digest | null = null;
  private timers = new Map<Key, number | null>();
  private turns: Turn[] = [];
  private flushing = false;
  private unwritten = new Set<Vote>();
  private lastSigned = 0;
  private signing = 0;
  private answered = new Set<number>();
  private nonce = 0;

  constructor(id: number, org: number, logId: LogId, around: Around) {
    this.id = id;
    this.org = org;
    this.around = around;
    this.disk = emptyDisk(logId, around.scene.first);
    this.machine = newEpochs(this.config());
  }

  get core(): CoreState {
    return this.machine.core;
  }

  get epoch(): Epoch {
    return this.machine.chain[this.machine.at]!;
  }

  get newest(): number {
    return this.machine.chain.length - 1;
  }

  /** Its place in the epoch that it has begun; null: an observer. */
  get place(): MemberIndex | null {
    return this.core.config.self;
  }

  version(key: Key): number {
    return this.core.certified.get(key)?.version ?? 0;
  }

  propose(key: Key, version: number, digest: Digest): boolean {
    const head = this.core.certified.get(key);
    if (!this.up || this.place === null || this.version(key) !== version - 1 || (head && !head.bytesKnown))
      return false;
    this.known.add(digest);
    this.disk.values.add(digest);
    this.core$({ type: 'propose', key, version: version as Version, digest });
    return true;
  }

  approve(digest: Digest): void {
    if (this.up) this.handle({ type: 'approve', change: digest });
  }

  draft(change: Change, digest: Digest): void {
    if (!this.up || this.machine.drafts.has(digest)) return;
    this.handle({ type: 'draft', change, digest });
    if (!this.machine.drafts.has(digest)) return;
    this.disk.changes.push(change);
    this.around.onDraft(this, digest);
  }

  learn(digest: Digest): void {
    if (!this.up || this.known.has(digest)) return;
    this.known.add(digest);
    const of = this.wanted.get(digest);
    if (!of) return;
    this.wanted.delete(digest);
    const { key, version } = of;
    const head = this.core.certified.get(key);
    if (head?.digest === digest) {
      this.enqueue({ write: () => void this.disk.values.add(digest), send: () => undefined });
      this.core$({ type: 'head-bytes', key, digest });
      if (key === CHANGE_KEY) this.readChange(digest);
      if (key === OPENING_KEY) this.makeLink();
    }
    const carried = this.machine.carried.get(key);
    if (carried?.digest === digest) this.carry(carried);
    if (this.core.instances.get(key)?.version === version) this.core$(this.verdict(key, digest, version));
  }

  receive(from: number, message: Message): void {
    if (!this.up) return;
    const { scene } = this.around;
    switch (message.type) {
      case 'votes':
        for (const digest of message.values) this.learn(digest);
        this.core$({ type: 'received', votes: this.relabelled(message.votes), from: String(from) });
        break;
      case 'certificates':
        for (const certificate of message.certificates) this.takeCertificate(certificate, from);
        break;
      case 'evidence':
        for (const evidence of message.items)
          if (!('vote' in evidence) && scene.isSigned(evidence.first) && scene.isSigned(evidence.second))
            this.core$({ type: 'evidence', evidence });
        break;
      case 'hello':
        this.answerHello(from, message.hello);
        break;
      case 'links':
        for (const link of message.links) this.takeLink(link);
        break;
      case 'want-links':
        this.tellLinks(from, message.above);
        break;
      case 'want-keys':
        this.tellKeys(from, message.keys);
        break;
      case 'approvals':
        for (const change of message.changes) this.draft(change, changeDigestOf(change));
        for (const approval of message.approvals) {
          const draft = this.machine.drafts.get(approval.change);
          if (draft && scene.isApproved(approval, draft.change.members))
            this.handle({ type: 'approval', approval });
        }
        break;
      case 'reports':
        for (const report of message.reports)
          if (!scene.epochs.has(report.epoch) || scene.isReported(report))
            this.handle({ type: 'report', report, from: String(from) });
        break;
      case 'want-values': {
        const digests = message.digests.filter((digest) => this.known.has(digest));
        if (digests.length > 0) this.tell(from, { type: 'values', digests });
        break;
      }
      case 'values':
        for (const digest of message.digests) this.learn(digest);
        break;
      case 'want-leaves': {
        const leaves = this.leavesOf(message.root);
        if (leaves) this.tell(from, { type: 'leaves', root: message.root, leaves });
        break;
      }
      case 'leaves':
        if (this.wantedLeaves === message.root && this.rootOf(message.leaves) === message.root) {
          this.wantedLeaves = null;
          this.handle({ type: 'leaves', root: message.root, leaves: message.leaves });
        }
        break;
      case 'resume-ask':
        this.answerResume(from, message.epoch, message.author, message.nonce);
        break;
      case 'resume-answer':
        this.takeAnswer(from, message);
        break;
    }
  }

  /** Gives votes at once, as an adversary that stands next to the replica can. */
  inject(votes: readonly Vote[]): void {
    if (this.up) this.core$({ type: 'received', votes: this.relabelled(votes), from: 'adversary' });
  }

  gossip(): void {
    const { random } = this.around;
    if (!this.up) return;
    const peers = this.around.peers(this);
    if (peers.length === 0) return;
    const hello = this.hello();
    for (let i = 0; i < 2; i++) {
      const to = random.pick(peers);
      this.tell(to, { type: 'hello', hello });
      if (this.core.evidence.size > 0)
        this.tell(to, { type: 'evidence', items: [...this.core.evidence.values()] });
    }
    if (this.wanted.size > 0)
      this.tell(random.pick(peers), { type: 'want-values', digests: [...this.wanted.keys()] });
    if (this.wantedLeaves !== null)
      this.tell(random.pick(peers), { type: 'want-leaves', root: this.wantedLeaves });
    if (!this.resumed && this.place !== null) this.askResume(peers);
  }

  /** Everything that is not on disk is gone. */
  stop(): void {
    this.up = false;
    this.life++;
    this.turns = [];
    this.flushing = false;
    this.timers.clear();
  }

  restart(): void {
    const { scheduler, scene } = this.around;
    const { disk } = this;
    this.up = true;
    this.life++;
    this.turns = [];
    this.flushing = false;
    this.resumed = false;
    this.answered = new Set();
    this.known = new Set(disk.values);
    this.wanted = new Map();
    this.wantedLeaves = null;
    this.unwritten = new Set();
    this.lastSigned = 0;
    this.signing = 0;
    this.heads = new Map(disk.heads);
    const closedBy = scene.ablation?.forgetsClosed ? null : disk.closedBy;
    this.machine = restoreEpochs(this.config(), { ...disk, closedBy });
    for (const [key, head] of disk.heads) {
      if (isNetworkKey(key) && head.version <= this.machine.at) continue;
      const bytesKnown = this.known.has(head.digest);
      restoreHead(this.core, key, { version: head.version, digest: head.digest, bytesKnown });
      if (!bytesKnown) this.wanted.set(head.digest, { key, version: head.version });
    }
    const effects: EpochsEffect[] = [];
    for (const log of disk.logs.values()) {
      effects.push(...restoreInstance(this.core, log, scheduler.now));
      for (const vote of log.ownVotes) effects.push({ type: 'push', vote });
    }
    this.perform(effects);
    for (const change of disk.changes) this.handle({ type: 'draft', change, digest: changeDigestOf(change) });
    for (const approval of disk.approvals) this.handle({ type: 'approval', approval });
    for (const evidence of disk.evidence.values()) this.core$({ type: 'evidence', evidence });
    for (const link of disk.links.slice(disk.chain.length - 1)) this.takeLink(link);
    for (const carried of this.machine.carried.values()) this.carry(carried);
    const opened = this.core.certified.get(OPENING_KEY);
    if (opened && opened.version > this.machine.at) this.makeLink();
    this.handle({ type: 'closed-durable' });
    this.resumeIfAlone();
  }

  /** For the first start with an empty log: there is nothing to find. */
  begin(): void {
    this.resumed = true;
    this.handle({ type: 'may-vote', mayVote: true });
  }

  handle(event: EpochsEvent): void {
    if (!this.up) return;
    const { scene, scheduler } = this.around;
    const { at } = this.machine;
    const { effects } = stepEpochs(this.machine, event, scheduler.now);
    scene.ablation?.after?.(this.machine, (epoch) => openingThat(scene, epoch));
    if (event.type === 'report' || event.type === 'report-signed') this.offerLoose();
    if (this.machine.at !== at) {
      this.timers.clear();
      this.around.onBegin(this, this.epoch);
    }
    this.perform(effects);
    if (event.type === 'core' && event.event.type === 'checked')
      for (const key of new Set(event.event.votes.map((vote) => vote.key))) this.around.afterVotes(this, key);
  }

  takeCertificate(certificate: Certificate, from: number | null): void {
    const { scene, scheduler } = this.around;
    const { key, version, digest } = certificate;
    if (this.version(key) >= version) return;
    if (!this.machine.chain.some((epoch) => epoch.digest === certificate.epoch)) {
      if (from !== null) this.tell(from, { type: 'want-links', above: this.newest });
      return;
    }
    if (!scene.holdsCertificate(certificate)) return;
    const bytesKnown = this.known.has(digest);
    const isOld = certificate.epoch !== this.machine.chain.at(-1)!.digest;
    if (scene.ablation?.oldUnbounded && isOld && !isNetworkKey(key)) {
      this.machine.root = null;
      this.perform(step(this.core, { type: 'certified', certificate, bytesKnown }, scheduler.now).effects);
    } else this.handle({ type: 'certificate', certificate, bytesKnown });
  }

  takeLink(sim: SimLink): void {
    const { scene } = this.around;
    if (sim.link.change.epoch !== this.newest + 1 || !scene.isLink(sim, this.machine.chain)) return;
    this.disk.links[sim.link.change.epoch - 1] = sim;
    this.handle(sim.link);
    scene.epochs.set(this.machine.chain.at(-1)!.digest, this.machine.chain.at(-1)!);
  }

  /** Own certified state without network/, as R names it. */
  state(): StateLeaf[] {
    return [...this.core.certified]
      .filter(([key]) => !isNetworkKey(key))
      .map(([key, { version, digest }]) => ({ key, version, digest }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  private core$(event: CoreEvent): void {
    this.handle({ type: 'core', event });
  }

  private config() {
    const { scene, w0 } = this.around;
    return {
      network: scene.network,
      first: scene.first,
      self: { voteKey: scene.voteKeyOf(this.org), logId: this.disk.logId },
      w0,
      hash,
    };
  }

  private rootOf(leaves: readonly StateLeaf[]): Digest {
    const { scene } = this.around;
    const root = scene.rootOf(leaves);
    if (!scene.ablation?.rootOverCertificates) return root;
    return leavesRoots.get(leaves) ?? root;
  }

  private ownRoot(): Digest {
    const { scene } = this.around;
    const root = scene.rootOf(this.state());
    if (!scene.ablation?.rootOverCertificates) return root;
    const proofs = [...this.disk.heads.values()]
      .filter(({ key }) => !isNetworkKey(key))
      .map((c) => `${c.key} ${c.round} ${certificateSigners(c).join()}`)
      .sort();
    return hash(new TextEncoder().encode(`${root} ${proofs.join()}`));
  }

  private perform(effects: readonly EpochsEffect[]): void {
    const { around } = this;
    const { random, scheduler, scene } = around;
    const now: EpochsEvent[] = [];
    const writes: (() => void)[] = [];
    const sends: (() => void)[] = [];
    const epoch = this.epoch;
    for (const effect of effects) {
      switch (effect.type) {
        case 'check': {
          const votes = effect.votes.filter(scene.isSigned);
          if (votes.length === 0) break;
          const event: EpochsEvent = { type: 'core', event: { type: 'checked', votes } };
          const delay = effect.from === 'adversary' ? 0 : random.below(around.pace + 1);
          if (delay === 0) now.push(event);
          else this.later(delay, () => this.handle(event));
          break;
        }
        case 'sign': {
          const vote = scene.sign(this.org, epoch, this.place!, effect.vote);
          const at = Math.max(this.lastSigned, scheduler.now + random.below(around.pace + 1));
          this.lastSigned = at;
          const event: EpochsEvent = { type: 'core', event: { type: 'signed', vote } };
          if (at === scheduler.now && this.signing === 0) now.push(event);
          else {
            this.signing++;
            this.later(at - scheduler.now, () => {
              this.signing--;
              // A signature of an epoch that was left meanwhile goes nowhere.
              if (this.epoch === epoch) this.handle(event);
            });
          }
          break;
        }
        case 'persist':
          writes.push(this.writeOfLog(effect.key));
          break;
        case 'push':
          this.unwritten.add(effect.vote);
          sends.push(() => this.push(effect.vote));
          break;
        case 'need-value':
          this.want(effect.key, effect.version, effect.digest, now);
          break;
        case 'decide':
          writes.push(this.writeOfDecision(effect.certificate, effect.bytesKnown));
          break;
        case 'evidence':
          around.onAccused(this, epoch, effect.member);
          writes.push(() => void this.disk.evidence.set(effect.member, effect.evidence));
          break;
        case 'report-evidence':
          around.onAccused(this, epoch, effect.first.author);
          break;
        case 'timer':
          this.setTimer(effect.key, effect.at);
          break;
        case 'unknown-own-vote':
          around.onLostPast(this, `its vote in round ${effect.vote.round} of ${effect.vote.key}`);
          break;
        case 'unknown-own-report':
          around.onLostPast(this, 'its report');
          break;
        case 'behind':
          if (effect.from !== 'adversary')
            this.tell(Number(effect.from), { type: 'want-keys', keys: [effect.key] });
          break;
        case 'ahead':
          if (effect.from !== 'adversary') this.tellKeys(Number(effect.from), [effect.key]);
          break;
        case 'sign-approval': {
          const approval = scene.signApproval(this.org, effect.approval);
          this.later(random.below(around.pace + 1), () => this.handle({ type: 'approval', approval }));
          break;
        }
        case 'keep-approval':
          writes.push(() => void this.disk.approvals.push(effect.approval));
          sends.push(() => this.tellAll({ type: 'approvals', changes: [], approvals: [effect.approval] }));
          break;
        case 'offer':
          this.offer(effect);
          break;
        case 'mark':
          around.note?.(this, 'closes the epoch');
          writes.push(() => void (this.disk.closedBy = effect.mark.by));
          sends.push(() => this.handle({ type: 'closed-durable' }));
          break;
        case 'read-change':
          this.later(0, () => this.readChange(effect.value));
          break;
        case 'need-root':
          now.push({ type: 'root', root: this.ownRoot() });
          break;
        case 'sign-report': {
          const { report: body, polkas } = effect;
          // The leaves are those of this moment; they are kept with the report.
          const leaves = this.state();
          const report = scene.signReport(this.org, this.place!, body, polkas);
          this.later(random.below(around.pace + 1), () => {
            this.kept.set(report.root, leaves);
            this.handle({ type: 'report-signed', report });
          });
          break;
        }
        case 'keep-report': {
          const { report } = effect;
          const leaves = this.kept.get(report.root)!;
          writes.push(() => {
            this.disk.ownReports.push(report);
            this.disk.reported.set(report.root, leaves);
          });
          sends.push(() => {
            around.onReport(this, report);
            around.note?.(this, `reports ${report.root.slice(0, 6)} with ${report.locks.length} locks`);
            this.tellAll({ type: 'reports', reports: [report] });
          });
          break;
        }
        case 'need-links':
          if (effect.from !== null && effect.from !== 'adversary')
            this.tell(Number(effect.from), { type: 'want-links', above: effect.above });
          else this.later(0, () => this.makeLink());
          break;
        case 'tell-links': {
          const { to } = effect;
          const of = this.machine.chain.find(({ digest }) => digest === effect.epoch);
          if (to !== 'adversary' && of) this.tellLinks(Number(to), of.number);
          break;
        }
        case 'need-leaves': {
          const own = this.leavesOf(effect.root);
          if (own) now.push({ type: 'leaves', root: effect.root, leaves: own });
          else this.wantedLeaves = effect.root;
          break;
        }
        case 'begin':
          writes.push(this.writeOfBegin());
          around.note?.(
            this,
            `begins epoch ${effect.epoch.number} as ${this.place === null ? 'an observer' : `member ${this.place}`}, ` +
              `carrying ${effect.carried.map(({ key, digest }) => `${key} ${digest.slice(0, 6)}`).join(', ') || 'nothing'}`,
          );
          if (this.place !== null && !this.resumed) this.resumeIfAlone();
          break;
        case 'carry':
          this.later(0, () => this.carry(effect.carried));
          break;
        case 'old-refused':
        case 'forgotten':
        case 'value-unneeded':
        case 'heard':
        case 'trace':
          break;
      }
    }
    if (writes.length > 0 || sends.length > 0)
      this.enqueue({
        write: writes.length > 0 ? () => writes.forEach((write) => write()) : null,
        send: () => sends.forEach((send) => send()),
      });
    for (const event of now) this.handle(event);
  }

  /** Leaves of reports that are being written, by root. */
  private readonly kept = new Map<Digest, readonly StateLeaf[]>();

  // ---- values

  private want(key: Key, version: Version, digest: Digest, now: EpochsEvent[]): void {
    if (this.known.has(digest)) now.push({ type: 'core', event: this.verdict(key, digest, version) });
    else this.wanted.set(digest, { key, version });
  }

  private verdict(key: Key, digest: Digest, version: number): CoreEvent & { type: 'value' } {
    const { scene } = this.around;
    const chain = this.machine.chain.slice(0, this.machine.at + 1);
    const good = isNetworkKey(key) ? scene.isNetworkValid(key, digest, chain) : scene.isValid(digest);
    return { type: 'value', key, version: version as Version, digest, status: good ? 'valid' : 'invalid' };
  }

  private offer(effect: Extract<EpochsEffect, { type: 'offer' }>): void {
    const { scene } = this.around;
    const { version, previous, value } = effect;
    const found =
      'change' in value
        ? ({
            kind: 'change',
            previous,
            value: value.change,
            digest: changeDigestOf(value.change.change),
          } as const)
        : ({ kind: 'opening', previous, opening: value.opening } as const);
    const digest = scene.addValue(found, this.epoch.digest);
    this.around.note?.(this, `offers ${value.key} v${version} = ${digest.slice(0, 6)}`);
    this.known.add(digest);
    this.enqueue({
      write: () => void this.disk.values.add(digest),
      send: () => this.core$({ type: 'propose', key: value.key, version, digest }),
    });
  }

  /** Epoch for which it made such an opening. */
  private looseIn = -1;

  /** Under an ablation reports make an opening that do not by the rules. */
  offerLoose(): void {
    const { scene } = this.around;
    const { ablation } = scene;
    const { machine } = this;
    const change = machine.sealed?.digest;
    if (!ablation || (!ablation.mixesRoots && !ablation.fewerReports)) return;
    // The arm of the machine stays idle: this one is in its place.
    machine.offered ??= NOTHING;
    if (!change || !machine.mayVote || machine.phase !== 'closed' || this.place === null) return;
    if (this.looseIn === machine.at) return;
    const need = quorum(this.core.config.n) - (ablation.fewerReports ?? 0);
    const groups = new Map<string, Report[]>();
    for (const of of machine.reports.values()) {
      const one = [...of.values()].filter((report) => report.change === change).at(-1);
      if (!one) continue;
      const name = ablation.mixesRoots ? '' : one.root;
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    const found = [...groups.values()].find((reports) => reports.length >= need);
    if (!found) return;
    this.looseIn = machine.at;
    const previous = this.core.certified.get(OPENING_KEY)?.digest ?? null;
    const value = { key: OPENING_KEY, opening: openingOf(found.slice(0, need)) } as const;
    this.offer({ type: 'offer', version: (machine.at + 1) as Version, previous, value });
  }

  private readChange(value: Digest): void {
    const found = this.around.scene.networkValue(value);
    if (!this.known.has(value) || found?.kind !== 'change') return;
    this.handle({ type: 'change-read', value, digest: found.digest });
  }

  /** The link out of the epoch that it has begun, from what it decided. */
  private makeLink(): void {
    const { scene } = this.around;
    const version = this.machine.at + 1;
    if (this.newest > this.machine.at) return;
    const [changeCertificate, openingCertificate] = [this.headOf(CHANGE_KEY), this.headOf(OPENING_KEY)];
    if (changeCertificate?.version !== version || openingCertificate?.version !== version) return;
    const change = scene.networkValue(changeCertificate.digest);
    const opening = scene.networkValue(openingCertificate.digest);
    if (change?.kind !== 'change' || opening?.kind !== 'opening') return;
    if (!this.known.has(changeCertificate.digest) || !this.known.has(openingCertificate.digest)) return;
    this.takeLink({
      link: {
        type: 'link',
        change: change.value.change,
        changeDigest: change.digest,
        changeValue: changeCertificate.digest,
        opening: opening.opening,
        openingValue: openingCertificate.digest,
      },
      changeCertificate,
      openingCertificate,
    });
  }

  /** Heads of this turn, on disk or about to be. */
  private headOf(key: Key): Certificate | undefined {
    return this.heads.get(key) ?? this.disk.heads.get(key);
  }

  private heads = new Map<Key, Certificate>();

  private carry({ key, version, digest }: Carried): void {
    if (this.around.scene.ablation?.carriesNothing || this.place === null || this.version(key) >= version)
      return;
    if (this.known.has(digest)) this.propose(key, version, digest);
    else this.wanted.set(digest, { key, version });
  }

  /** Again and again until it is decided: the value may have come late, or the version before. */
  pushCarried(): void {
    if (!this.up) return;
    for (const carried of this.machine.carried.values()) {
      const instance = this.core.instances.get(carried.key);
      if (!instance || instance.round < 0) this.carry(carried);
    }
    this.offerLoose();
  }

  // ---- disk

  private writeOfLog(key: Key): () => void {
    const log = instanceLog(this.core, key);
    const { disk } = this;
    const { at } = this.machine;
    return () => {
      if (!log || (disk.heads.get(key)?.version ?? 0) >= log.version || disk.chain.length - 1 !== at) return;
      disk.logs.set(key, log);
      for (const digest of log.values) disk.values.add(digest);
    };
  }

  private writeOfDecision(certificate: Certificate, bytesKnown: boolean): () => void {
    const { key, version, digest } = certificate;
    const { disk } = this;
    this.around.onDecide(this, certificate);
    this.around.note?.(
      this,
      `decides ${key} v${version} = ${digest.slice(0, 6)} from round ${certificate.round}`,
    );
    this.heads.set(key, certificate);
    for (const [wanted, of] of this.wanted)
      if (of.key === key && of.version <= version) this.wanted.delete(wanted);
    const known = this.known.has(digest);
    if (known) {
      if (!bytesKnown) this.later(0, () => this.core$({ type: 'head-bytes', key, digest }));
    } else this.wanted.set(digest, { key, version });
    return () => {
      if ((disk.heads.get(key)?.version ?? 0) >= version) return;
      disk.heads.set(key, certificate);
      disk.logs.delete(key);
      if (known) disk.values.add(digest);
    };
  }

  private writeOfBegin(): () => void {
    const { disk } = this;
    const { machine } = this;
    const chain = [...machine.chain];
    const carried = [...machine.carried.values()];
    const leaves = [...(machine.leaves?.leaves ?? [])].map(([, leaf]) => leaf);
    return () => {
      disk.chain = chain;
      disk.carried = carried;
      disk.leaves = leaves;
      disk.closedBy = null;
      disk.logs.clear();
      disk.evidence.clear();
      disk.ownReports = [];
      disk.reported.clear();
      disk.changes = [];
      disk.approvals = [];
    };
  }

  private leavesOf(root: Digest): readonly StateLeaf[] | null {
    const { scene } = this.around;
    const own = this.state();
    const found = ((): readonly StateLeaf[] | null => {
      if (this.ownRoot() === root) return own;
      if (this.epoch.began?.root === root) return this.disk.leaves;
      return scene.ablation?.servesOnlyItsState ? null : (this.disk.reported.get(root) ?? null);
    })();
    if (found && scene.ablation?.rootOverCertificates) leavesRoots.set(found, root);
    return found;
  }

  private enqueue(turn: Turn): void {
    // A crash in the middle of a turn: what comes after it in the turn does not happen.
    if (!this.up) return;
    this.turns.push(turn);
    if (!this.flushing) this.flush();
  }

  private flush(): void {
    const { random, pace } = this.around;
    const turn = this.turns[0];
    this.flushing = turn !== undefined;
    if (!turn) return;
    if (!turn.write) return this.finish(turn);
    const delay = random.below(pace + 1);
    if (delay === 0) this.write(turn);
    else this.later(delay, () => this.write(turn));
  }

  private write(turn: Turn): void {
    const { random } = this.around;
    const crash = this.around.crashAtWrite(this);
    if (crash > 0 && random.chance(crash)) return this.around.crash(this);
    turn.write!();
    if (crash > 0 && random.chance(crash)) return this.around.crash(this);
    this.finish(turn);
  }

  private finish(turn: Turn): void {
    const { life } = this;
    turn.send();
    if (this.life !== life) return;
    this.turns.shift();
    this.flush();
  }

  // ---- what leaves

  private push(vote: Vote): void {
    this.unwritten.delete(vote);
    // A vote of an epoch that was left is in nobody's way, and in nobody's interest.
    if (vote.epoch !== this.epoch.digest) return;
    this.leaves(vote);
    this.around.note?.(
      this,
      `${vote.type} ${vote.digest.slice(0, 6)} in ${vote.key} v${vote.version} r${vote.round}`,
    );
    const instance = this.core.instances.get(vote.key);
    const polka = instance?.version === vote.version ? newestPolka(instance) : null;
    const others = polka?.votes.filter((other) => !this.unwritten.has(other)) ?? [];
    for (const other of others) if (other.author === this.place) this.leaves(other);
    const values = this.known.has(vote.digest) && this.around.random.chance(60) ? [vote.digest] : [];
    this.tellAll({ type: 'votes', votes: [vote, ...others], values });
  }

  private leaves(vote: Vote): void {
    this.around.onVote(this, this.epoch, vote);
  }

  private hello(): Hello {
    const open = new Map<Key, string>();
    for (const key of this.core.instances.keys()) open.set(key, this.around.openDigest(this.core, key));
    const heads = new Map([...this.disk.heads].map(([key, { version }]) => [key, version]));
    const reports = [...this.machine.reports].map(([author, of]) => `${author}${[...of.keys()].join()}`);
    const approvals = [...this.machine.drafts.values()].map(
      ({ digest, approvals: a, joins }) =>
        `${digest}${[...a.keys()].sort().join()}/${[...joins.keys()].sort().join()}`,
    );
    return {
      newest: this.newest,
      at: this.machine.at,
      heads,
      open,
      reports: reports.sort().join(),
      approvals: approvals.sort().join(),
    };
  }

  private answerHello(from: number, theirs: Hello): void {
    const own = this.hello();
    if (theirs.newest < own.newest) this.tellLinks(from, theirs.newest);
    else if (theirs.newest > own.newest) this.tell(from, { type: 'want-links', above: own.newest });
    const ahead = [...own.heads].filter(([key, version]) => (theirs.heads.get(key) ?? 0) < version);
    if (ahead.length > 0)
      this.tellKeys(
        from,
        ahead.map(([key]) => key),
      );
    if (theirs.at !== own.at) return;
    const differing = [...own.open].filter(([key, digest]) => theirs.open.get(key) !== digest);
    if (differing.length > 0)
      this.tellKeys(
        from,
        differing.map(([key]) => key),
      );
    if (theirs.reports !== own.reports) {
      const reports = [...this.machine.reports.values()]
        .flatMap((of) => [...of.values()])
        .filter((one) => this.mayTell(one));
      if (reports.length > 0) this.tell(from, { type: 'reports', reports });
    }
    if (theirs.approvals !== own.approvals) {
      const drafts = [...this.machine.drafts.values()];
      const approvals = drafts.flatMap((draft) => [...draft.approvals.values(), ...draft.joins.values()]);
      this.tell(from, { type: 'approvals', changes: drafts.map(({ change }) => change), approvals });
    }
  }

  /** An own report leaves once it is written. */
  private mayTell(report: Report): boolean {
    return report.author !== this.place || this.disk.ownReports.some(({ root }) => root === report.root);
  }

  private tellKeys(to: number, keys: readonly Key[]): void {
    const certificates = keys.flatMap((key) => this.disk.heads.get(key) ?? []);
    const votes = keys.flatMap((key) => {
      const instance = this.core.instances.get(key);
      return instance ? votesOf(instance) : [];
    });
    const { epoch } = this;
    this.enqueue({
      write: null,
      send: () => {
        if (certificates.length > 0) this.around.send(this.id, to, { type: 'certificates', certificates });
        if (votes.length === 0 || this.epoch !== epoch) return;
        for (const vote of votes) if (vote.author === this.place) this.leaves(vote);
        this.around.send(this.id, to, { type: 'votes', votes, values: [] });
      },
    });
  }

  private tellLinks(to: number, above: number): void {
    const links = this.disk.links.slice(above);
    if (links.length > 0) this.tell(to, { type: 'links', links });
  }

  // ---- RESUME

  private askResume(peers: readonly number[]): void {
    const author = this.place!;
    for (const to of peers)
      if (!this.answered.has(to))
        this.tell(to, { type: 'resume-ask', epoch: this.epoch.digest, author, nonce: this.nonce });
  }

  private answerResume(from: number, epoch: EpochDigest, author: MemberIndex, nonce: number): void {
    if (epoch !== this.epoch.digest) {
      const of = this.machine.chain.find(({ digest }) => digest === epoch);
      if (of) this.tellLinks(from, of.number);
      return;
    }
    const votes = [...this.core.instances.values()]
      .flatMap((instance) => votesOf(instance))
      .filter((vote) => vote.author === author);
    const reports = [...(this.machine.reports.get(author)?.values() ?? [])];
    this.tell(from, { type: 'resume-answer', epoch, nonce, votes, reports });
  }

  private takeAnswer(from: number, answer: Extract<Message, { type: 'resume-answer' }>): void {
    if (this.resumed || answer.epoch !== this.epoch.digest || answer.nonce !== this.nonce) return;
    if (answer.votes.length > 0) this.core$({ type: 'received', votes: answer.votes, from: String(from) });
    for (const report of answer.reports) this.handle({ type: 'report', report, from: String(from) });
    this.answered.add(from);
    const orgs = this.epoch.members.map((m) => this.around.scene.orgOf(m.voteKey));
    const heard = new Set([this.org, ...[...this.answered].map((id) => this.orgOfReplica(id))]);
    if (orgs.filter((org) => heard.has(org)).length < quorum(orgs.length)) return;
    this.later(this.around.pace + 1, () => {
      if (!this.lostPast) this.begin();
    });
  }

  /** Which organisation a replica is of; set by the run. */
  orgOfReplica: (id: number) => number = () => -1;
  /** A signature of its own was found that its log lacks: an observer until an epoch names another log. */
  lostPast = false;

  /** Asks anew in each epoch: what it may have signed there is asked of that epoch's members. */
  private resumeIfAlone(): void {
    this.answered = new Set();
    this.nonce++;
    this.lostPast = false;
  }

  // ---- helpers

  private relabelled(votes: readonly Vote[]): readonly Vote[] {
    const { scene } = this.around;
    if (!scene.ablation?.withoutEpoch) return votes;
    const { members, digest } = this.epoch;
    return votes.flatMap((vote) => {
      if (vote.epoch === digest) return [vote];
      const of = scene.epochs.get(vote.epoch)?.members[vote.author];
      const author = members.findIndex((m) => m.voteKey === of?.voteKey) as MemberIndex;
      return author < 0 ? [] : [{ ...vote, epoch: digest, author }];
    });
  }

  private setTimer(key: Key, at: number | null): void {
    this.timers.set(key, at);
    if (at === null) return;
    const { epoch } = this;
    this.later(at - this.around.scheduler.now, () => {
      if (this.timers.get(key) !== at || this.epoch !== epoch) return;
      this.timers.set(key, null);
      const instance = this.core.instances.get(key);
      if (instance) this.around.beforeTimer(this, instance);
      this.core$({ type: 'tick', key });
    });
  }

  private later(delay: number, task: () => void): void {
    const { life } = this;
    const { scheduler } = this.around;
    scheduler.at(scheduler.now + delay, () => {
      if (this.up && this.life === life) task();
    });
  }

  private tell(to: number, message: Message): void {
    this.enqueue({ write: null, send: () => this.around.send(this.id, to, message) });
  }

  private tellAll(message: Message): void {
    for (const to of this.around.peers(this)) this.around.send(this.id, to, message);
  }
}

const NOTHING = asDigest('0'.repeat(64));
/** Under `root-over-certificates`, which root leaves were told for. */
const leavesRoots = new WeakMap<readonly StateLeaf[], Digest>();
const digests = new WeakMap<Change, Digest>();

/** Digest C, made once for each object. */
export function changeDigestOf(change: Change): Digest {
  let digest = digests.get(change);
  if (digest === undefined) {
    digest = changeDigest(hash, change);
    digests.set(change, digest);
  }
  return digest;
}

export function openingThat(scene: Scene, epoch: Epoch) {
  const value = scene.networkValue(epoch.began!.openingValue);
  if (value?.kind !== 'opening') throw new Error('an epoch without its opening');
  return value.opening;
}

function newestPolka(instance: Instance): Polka | null {
  for (let round = instance.round + 1; round >= 0; round--) {
    const polka = instance.rounds.get(round)?.polka;
    if (polka) return polka;
  }
  return null;
}
