/**
 * One honest replica around the real machine of epochs: it signs with some delay, writes before it sends, gossips what others lack, and starts
 * again from what is on its disk. A crash may come before or after any write, so also at each step between CLOSE and BEGIN.
 *
 * Here is its life, and what reaches the machine. What the machine asks for is done in `effects.ts`, with a part of the replica for each
 * matter: its disk (`writes.ts`), the bytes of values (`values.ts`), the state under a root (`states.ts`), what it puts forward (`offers.ts`),
 * what it says (`talk.ts`) and what it asks of others before it votes (`resume.ts`).
 */
import {
  isNetworkKey,
  type Digest,
  type Key,
  type LogId,
  type MemberIndex,
} from '../../../src/codec/brand.ts';
import { CHANGE_KEY, OPENING_KEY, type Change } from '../../../src/codec/epochs.ts';
import type { Certificate, Vote } from '../../../src/codec/vote.ts';
import { restoreHead, restoreInstance, step } from '../../../src/consensus/core.ts';
import { numberAfter } from '../../../src/consensus/epochs/chain.ts';
import { newEpochs, restoreEpochs, stepEpochs } from '../../../src/consensus/epochs/machine.ts';
import type { Epoch, EpochsEffect, EpochsEvent, EpochsState } from '../../../src/consensus/epochs/types.ts';
import type { CoreEvent, CoreState } from '../../../src/consensus/types.ts';
import { Host } from '../host.ts';
import type { Around } from './around.ts';
import { perform } from './effects.ts';
import { emptyDisk, type Disk } from './forms.ts';
import { Offers } from './offers.ts';
import { Resume } from './resume.ts';
import { changeDigestOf, hash, openingThat, type SimLink } from './scene.ts';
import { States } from './states.ts';
import { Talk } from './talk.ts';
import { Values } from './values.ts';
import { Writes } from './writes.ts';

export class EpochReplica {
  readonly id: number;
  readonly org: number;
  readonly around: Around;
  readonly host: Host;
  disk: Disk;
  machine: EpochsState;
  readonly writes = new Writes(this);
  readonly values = new Values(this);
  readonly states = new States(this);
  readonly offers = new Offers(this);
  readonly talk = new Talk(this);
  readonly resume = new Resume(this);

  constructor(id: number, org: number, logId: LogId, around: Around) {
    this.id = id;
    this.org = org;
    this.around = around;
    const { random, scheduler, pace } = around;
    this.host = new Host({
      ...{ random, scheduler, pace },
      crashAtWrite: () => around.crashAtWrite(this),
      crash: () => around.crash(this),
    });
    this.disk = emptyDisk(logId, around.scene.first);
    this.machine = newEpochs(this.config());
  }

  get up(): boolean {
    return this.host.up;
  }

  get life(): number {
    return this.host.life;
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

  /** Gives votes at once, as an adversary that stands next to the replica can. */
  inject(votes: readonly Vote[]): void {
    if (this.up) this.talk.takeVotes(votes, 'adversary');
  }

  /** Everything that is not on disk is gone. */
  stop(): void {
    this.host.stop();
  }

  restart(): void {
    const { scheduler, scene } = this.around;
    const { disk, values } = this;
    this.host.start();
    values.restore();
    this.states.restore();
    this.writes.restore();
    this.talk.restore();
    this.resume.restore();
    const closedBy = scene.ablation?.forgetsClosed ? null : disk.closedBy;
    this.machine = restoreEpochs(this.config(), { ...disk, closedBy });
    for (const [key, head] of disk.heads) {
      if (isNetworkKey(key) && head.version <= this.machine.at) continue;
      const bytesKnown = values.known.has(head.digest);
      restoreHead(this.core, key, { version: head.version, digest: head.digest, bytesKnown });
      if (!bytesKnown) values.want(head.digest, key, head.version);
    }
    const effects: EpochsEffect[] = [];
    for (const log of disk.logs.values()) {
      effects.push(...restoreInstance(this.core, log, scheduler.now));
      for (const vote of log.ownVotes) effects.push({ type: 'push', vote });
    }
    perform(this, effects);
    for (const change of disk.changes) this.handle({ type: 'draft', change, digest: changeDigestOf(change) });
    for (const approval of disk.approvals) this.handle({ type: 'approval', approval });
    for (const evidence of disk.evidence.values()) this.core$({ type: 'evidence', evidence });
    for (const link of disk.links.slice(disk.chain.length - 1)) this.takeLink(link);
    for (const carried of this.machine.carried.values()) this.offers.carry(carried);
    const opened = this.core.certified.get(OPENING_KEY);
    if (opened && opened.version > this.machine.at) this.makeLink();
    this.handle({ type: 'closed-durable' });
    this.resume.askAnew();
  }

  /** For the first start with an empty log: there is nothing to find. */
  begin(): void {
    this.resume.done = true;
    this.handle({ type: 'may-vote', mayVote: true });
  }

  handle(event: EpochsEvent): void {
    if (!this.up) return;
    const { scene, scheduler } = this.around;
    const { at } = this.machine;
    const { effects } = stepEpochs(this.machine, event, scheduler.now);
    scene.ablation?.after?.(this.machine, (epoch) => openingThat(scene, epoch));
    this.talk.changed(event, effects);
    if (event.type === 'report' || event.type === 'report-signed') this.offers.offerLoose();
    if (this.machine.at !== at) {
      this.talk.forgetHello();
      this.host.clearTimers();
      this.around.onBegin(this, this.epoch);
    }
    perform(this, effects);
    if (event.type !== 'core' || event.event.type !== 'checked') return;
    const { votes } = event.event;
    if (votes.length === 1) this.around.afterVotes(this, votes[0]!.key);
    else for (const key of new Set(votes.map((vote) => vote.key))) this.around.afterVotes(this, key);
  }

  core$(event: CoreEvent): void {
    this.handle({ type: 'core', event });
  }

  /** `from`: who is asked for links when it names an epoch that is not known; null: nobody. */
  takeCertificate(certificate: Certificate, from: number | null): void {
    const { scene, scheduler } = this.around;
    const { key, version, digest } = certificate;
    if (this.version(key) >= version) return;
    if (!this.machine.chain.some((epoch) => epoch.digest === certificate.epoch)) {
      if (from !== null) this.talk.tell(from, { type: 'want-links', above: this.newest });
      return;
    }
    if (!scene.holdsCertificate(certificate)) return;
    const bytesKnown = this.values.known.has(digest);
    const isOld = certificate.epoch !== this.machine.chain.at(-1)!.digest;
    if (scene.ablation?.oldUnbounded && isOld && !isNetworkKey(key)) {
      this.machine.root = null;
      const { effects } = step(this.core, { type: 'certified', certificate, bytesKnown }, scheduler.now);
      this.talk.forgetHello();
      perform(this, effects);
    } else this.handle({ type: 'certificate', certificate, bytesKnown });
  }

  takeLink(sim: SimLink): void {
    const { scene } = this.around;
    const number = numberAfter(sim.link);
    if (number !== this.newest + 1 || !scene.isLink(sim, this.machine.chain)) return;
    this.disk.links[number - 1] = sim;
    this.handle(sim.link);
    scene.epochs.set(this.machine.chain.at(-1)!.digest, this.machine.chain.at(-1)!);
  }

  /** The link out of the epoch that it has begun, from what it decided. */
  makeLink(): void {
    const { scene } = this.around;
    const { known } = this.values;
    const version = this.machine.at + 1;
    if (this.newest > this.machine.at) return;
    const changeCertificate = this.writes.headOf(CHANGE_KEY);
    const openingCertificate = this.writes.headOf(OPENING_KEY);
    if (changeCertificate?.version !== version || openingCertificate?.version !== version) return;
    const change = scene.networkValue(changeCertificate.digest);
    const opening = scene.networkValue(openingCertificate.digest);
    if (change?.kind !== 'change' || opening?.kind !== 'opening') return;
    if (!known.has(changeCertificate.digest) || !known.has(openingCertificate.digest)) return;
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

  readChange(value: Digest): void {
    const found = this.around.scene.networkValue(value);
    if (!this.values.known.has(value) || found?.kind !== 'change') return;
    this.handle({ type: 'change-read', value, digest: found.digest });
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
}
