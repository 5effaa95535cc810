import type { Digest, Key, MemberIndex } from '../../../src/codec/brand.ts';
import type { Report } from '../../../src/codec/epochs.ts';
import type { Certificate, Vote } from '../../../src/codec/vote.ts';
import type { EpochsEffect, EpochsEvent } from '../../../src/consensus/epochs/types.ts';
import { newestPolka } from '../replica.ts';
import type { Hello, Message } from './forms.ts';
import type { EpochReplica } from './replica.ts';
import { changeDigestOf } from './scene.ts';
import { Told } from './told.ts';

/** What a replica says to the others, and what it makes of what they say. */
export class Talk {
  /** Own votes whose write has not ended: they leave in nothing, a polka neither. */
  private unwritten = new Set<Vote>();
  private readonly told = new Told();
  private readonly replica: EpochReplica;

  constructor(replica: EpochReplica) {
    this.replica = replica;
  }

  restore(): void {
    this.unwritten = new Set();
    this.told.forget();
  }

  /** What the hello says is to be made again: see `Told`. */
  changed(event: EpochsEvent, effects: readonly EpochsEffect[]): void {
    this.told.changed(event, effects);
  }

  forgetHeads(): void {
    this.told.forgetHeads();
  }

  forgetHello(): void {
    this.told.forget();
  }

  receive(from: number, message: Message): void {
    const { replica } = this;
    if (!replica.up) return;
    const { scene } = replica.around;
    switch (message.type) {
      case 'votes':
        for (const digest of message.values) replica.values.learn(digest);
        this.takeVotes(message.votes, String(from));
        break;
      case 'certificates':
        for (const certificate of message.certificates) replica.takeCertificate(certificate, from);
        break;
      case 'evidence':
        for (const evidence of message.items)
          if ('first' in evidence && scene.isSigned(evidence.first) && scene.isSigned(evidence.second))
            replica.core$({ type: 'evidence', evidence });
        break;
      case 'hello':
        this.answerHello(from, message.hello);
        break;
      case 'links':
        for (const link of message.links) replica.takeLink(link);
        break;
      case 'want-links':
        this.tellLinks(from, message.above);
        break;
      case 'want-keys':
        this.tellKeys(from, message.keys);
        break;
      case 'approvals':
        for (const change of message.changes) replica.draft(change, changeDigestOf(change));
        for (const approval of message.approvals) {
          const draft = replica.machine.drafts.get(approval.change);
          if (draft && scene.isApproved(approval, draft.change.members))
            replica.handle({ type: 'approval', approval });
        }
        break;
      case 'reports':
        for (const report of message.reports)
          if (!scene.epochs.has(report.epoch) || scene.isReported(report))
            replica.handle({ type: 'report', report, from: String(from) });
        break;
      case 'want-values': {
        const digests = message.digests.filter((digest) => replica.values.known.has(digest));
        if (digests.length > 0) this.tell(from, { type: 'values', digests });
        break;
      }
      case 'values':
        for (const digest of message.digests) replica.values.learn(digest);
        break;
      case 'want-leaves': {
        const leaves = replica.states.leavesOf(message.root);
        if (leaves) this.tell(from, { type: 'leaves', root: message.root, leaves });
        break;
      }
      case 'leaves':
        replica.states.take(message.root, message.leaves);
        break;
      case 'resume-ask':
        replica.resume.answer(from, message.epoch, message.author, message.nonce);
        break;
      case 'resume-answer':
        replica.resume.take(from, message);
        break;
    }
  }

  takeVotes(votes: readonly Vote[], from: string): void {
    this.replica.core$({ type: 'received', votes: this.relabelled(votes), from });
  }

  gossip(): void {
    const { around, core, resume, states, up, values } = this.replica;
    const { random } = around;
    if (!up) return;
    const peers = around.peers(this.replica);
    if (peers.length === 0) return;
    const hello = this.hello();
    for (let i = 0; i < 2; i++) {
      const to = random.pick(peers);
      this.tell(to, { type: 'hello', hello });
      if (core.evidence.size > 0) this.tell(to, { type: 'evidence', items: [...core.evidence.values()] });
    }
    const digests = values.missing;
    if (digests.length > 0) this.tell(random.pick(peers), { type: 'want-values', digests });
    if (states.wanted !== null) this.tell(random.pick(peers), { type: 'want-leaves', root: states.wanted });
    resume.ask(peers);
  }

  /** A new vote of its own; what it gives leaves once the vote is written. */
  sendOf(vote: Vote): () => void {
    this.unwritten.add(vote);
    return () => this.push(vote);
  }

  /** Certificates that are written, and every vote of the open versions. */
  tellKeys(to: number, keys: readonly Key[]): void {
    const { replica } = this;
    const certificates: Certificate[] = [];
    const votes: Vote[] = [];
    for (const key of keys) {
      const certificate = replica.disk.heads.get(key);
      if (certificate) certificates.push(certificate);
      const instance = replica.core.instances.get(key);
      if (instance) votes.push(...this.told.votesOf(instance));
    }
    const { epoch } = replica;
    replica.host.enqueue({
      write: null,
      send: () => {
        if (certificates.length > 0) this.send(to, { type: 'certificates', certificates });
        if (votes.length === 0 || replica.epoch !== epoch) return;
        for (const vote of votes) if (vote.author === replica.place) this.onLeave(vote);
        this.send(to, { type: 'votes', votes, values: [] });
      },
    });
  }

  tellLinks(to: number, above: number): void {
    const links = this.replica.disk.links.slice(above);
    if (links.length > 0) this.tell(to, { type: 'links', links });
  }

  tell(to: number, message: Message): void {
    this.replica.host.enqueue({ write: null, send: () => this.send(to, message) });
  }

  /** Called when what it tells may leave. */
  tellAll(message: Message): void {
    for (const to of this.replica.around.peers(this.replica)) this.send(to, message);
  }

  private send(to: number, message: Message): void {
    this.replica.around.send(this.replica.id, to, message);
  }

  private push(vote: Vote): void {
    const { replica } = this;
    const { around, core, values } = replica;
    this.unwritten.delete(vote);
    // A vote of an epoch that was left is in nobody's way, and in nobody's interest.
    if (vote.epoch !== replica.epoch.digest) return;
    this.onLeave(vote);
    around.note?.(
      replica,
      `${vote.type} ${vote.digest.slice(0, 6)} in ${vote.key} v${vote.version} r${vote.round}`,
    );
    const instance = core.instances.get(vote.key);
    const polka = instance?.version === vote.version ? newestPolka(instance) : null;
    const others = polka?.votes.filter((other) => !this.unwritten.has(other)) ?? [];
    for (const other of others) if (other.author === replica.place) this.onLeave(other);
    const known = values.known.has(vote.digest) && around.random.chance(60) ? [vote.digest] : NONE;
    this.tellAll({ type: 'votes', votes: [vote, ...others], values: known });
  }

  private onLeave(vote: Vote): void {
    this.replica.around.onVote(this.replica, this.replica.epoch, vote);
  }

  private hello(): Hello {
    const { replica, told } = this;
    const { machine } = replica;
    return {
      newest: replica.newest,
      at: machine.at,
      heads: told.headsOf(replica),
      open: told.openOf(replica),
      reports: told.reportsOf(machine),
      approvals: told.approvalsOf(machine),
    };
  }

  private answerHello(from: number, theirs: Hello): void {
    const { machine } = this.replica;
    const own = this.hello();
    if (theirs.newest < own.newest) this.tellLinks(from, theirs.newest);
    else if (theirs.newest > own.newest) this.tell(from, { type: 'want-links', above: own.newest });
    const ahead: Key[] = [];
    for (const [key, version] of own.heads) if ((theirs.heads.get(key) ?? 0) < version) ahead.push(key);
    if (ahead.length > 0) this.tellKeys(from, ahead);
    if (theirs.at !== own.at) return;
    const differing: Key[] = [];
    for (const [key, digest] of own.open) if (theirs.open.get(key) !== digest) differing.push(key);
    if (differing.length > 0) this.tellKeys(from, differing);
    if (theirs.reports !== own.reports) {
      const reports = [...machine.reports.values()]
        .flatMap((of) => [...of.values()])
        .filter((one) => this.mayTell(one));
      if (reports.length > 0) this.tell(from, { type: 'reports', reports });
    }
    if (theirs.approvals !== own.approvals) {
      const drafts = [...machine.drafts.values()];
      const approvals = drafts.flatMap((draft) => [...draft.approvals.values(), ...draft.joins.values()]);
      this.tell(from, { type: 'approvals', changes: drafts.map(({ change }) => change), approvals });
    }
  }

  /** An own report leaves once it is written. */
  private mayTell(report: Report): boolean {
    const { disk, place } = this.replica;
    return report.author !== place || disk.ownReports.some(({ root }) => root === report.root);
  }

  /** Under an ablation a vote counts in whatever epoch its author is in. */
  private relabelled(votes: readonly Vote[]): readonly Vote[] {
    const { scene } = this.replica.around;
    if (!scene.ablation?.withoutEpoch) return votes;
    const { members, digest } = this.replica.epoch;
    return votes.flatMap((vote) => {
      if (vote.epoch === digest) return [vote];
      const of = scene.epochs.get(vote.epoch)?.members[vote.author];
      const author = members.findIndex((m) => m.voteKey === of?.voteKey) as MemberIndex;
      return author < 0 ? [] : [{ ...vote, epoch: digest, author }];
    });
  }
}

const NONE: readonly Digest[] = [];
