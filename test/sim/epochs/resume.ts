import type { EpochDigest, MemberIndex } from '../../../src/codec/brand.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import { votesOf } from '../../../src/crdt/open.ts';
import type { Message } from './forms.ts';
import type { EpochReplica } from './replica.ts';

/** RESUME: before a replica votes it asks the members of its epoch what it may have signed there. */
export class Resume {
  done = false;
  /** A signature of its own was found that its log lacks: an observer until an epoch names another log. */
  lostPast = false;
  private answered = new Set<number>();
  private nonce = 0;
  private readonly replica: EpochReplica;

  constructor(replica: EpochReplica) {
    this.replica = replica;
  }

  restore(): void {
    this.done = false;
  }

  /** In each epoch: what it may have signed there is asked of that epoch's members. */
  askAnew(): void {
    this.answered = new Set();
    this.nonce++;
    this.lostPast = false;
  }

  ask(peers: readonly number[]): void {
    const { epoch, place, talk } = this.replica;
    if (this.done || place === null) return;
    for (const to of peers)
      if (!this.answered.has(to))
        talk.tell(to, { type: 'resume-ask', epoch: epoch.digest, author: place, nonce: this.nonce });
  }

  answer(from: number, epoch: EpochDigest, author: MemberIndex, nonce: number): void {
    const { core, machine, talk } = this.replica;
    if (epoch !== this.replica.epoch.digest) {
      const of = machine.chain.find(({ digest }) => digest === epoch);
      if (of) talk.tellLinks(from, of.number);
      return;
    }
    const votes = [...core.instances.values()]
      .flatMap((instance) => votesOf(instance))
      .filter((vote) => vote.author === author);
    const reports = [...(machine.reports.get(author)?.values() ?? [])];
    talk.tell(from, { type: 'resume-answer', epoch, nonce, votes, reports });
  }

  take(from: number, answer: Extract<Message, { type: 'resume-answer' }>): void {
    const { replica } = this;
    const { around, host } = replica;
    if (this.done || answer.epoch !== replica.epoch.digest || answer.nonce !== this.nonce) return;
    if (answer.votes.length > 0) replica.core$({ type: 'received', votes: answer.votes, from: String(from) });
    for (const report of answer.reports) replica.handle({ type: 'report', report, from: String(from) });
    this.answered.add(from);
    const orgs = replica.epoch.members.map((m) => around.scene.orgOf(m.voteKey));
    const heard = new Set([replica.org, ...[...this.answered].map((id) => around.orgOf(id))]);
    if (orgs.filter((org) => heard.has(org)).length < quorum(orgs.length)) return;
    host.later(around.pace + 1, () => {
      if (!this.lostPast) replica.begin();
    });
  }
}
