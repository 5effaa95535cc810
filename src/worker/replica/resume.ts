/**
 * RESUME: before the first new vote after a start, q members (this one counted) tell which votes of this member they hold, for versions
 * not below those stored here. One that the log lacks means an old copy of the log, or a twin: the replica observes from then on.
 * It detects accidents; a replica rolled back on purpose counts towards f.
 */
import type { InstanceId, Key, MemberIndex } from '../../codec/brand.ts';
import { MAX_RESUME_ENTRIES } from '../../codec/limits.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import { certificateSigners, type VoteBody } from '../../codec/vote.ts';
import type { InstanceLogLike } from '../../consensus/log.ts';
import type { Link, LinkId } from '../../net/types.ts';
import { PROBE_TIMEOUT_MS } from '../limits.ts';
import type { Replica } from './replica.ts';

type ResumeMessage = Extract<PeerMessage, { type: 'resume-ask' | 'resume-answer' | 'probe' | 'alive' }>;

export class Resume {
  readonly #replica: Replica;
  #resuming = false;
  readonly #log = new Set<string>();
  readonly #startOpen = new Map<Key, number>();
  readonly #answered = new Set<MemberIndex>();
  readonly #probes = new Map<string, () => void>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** `logs`: what the store held at the start. */
  begin(logs: readonly InstanceLogLike[]): void {
    this.#resuming = true;
    for (const log of logs) for (const vote of log.ownVotes) this.#log.add(nameOf(vote));
    for (const [key, head] of this.#replica.heads) this.#startOpen.set(key, head.version + 1);
    this.#tell();
  }

  check(): void {
    if (!this.#resuming) return;
    const answered = this.#answered.size + 1;
    if (answered < this.#replica.options.epoch.quorum) return;
    this.#resuming = false;
    this.#replica.mayVote();
  }

  linked(link: Link): void {
    if (this.#resuming) this.#replica.send(link.id, { type: 'resume-ask', root: EMPTY_ROOT }, 'vote');
  }

  unlinked(link: Link): void {
    for (const [nonce, done] of this.#probes) if (nonce.startsWith(`${link.id} `)) done();
  }

  receive(link: Link, message: ResumeMessage): void {
    switch (message.type) {
      case 'resume-ask':
        void this.#answer(link);
        break;
      case 'resume-answer':
        this.#take(link, message);
        break;
      case 'probe':
        this.#replica.send(link.id, { type: 'alive', nonce: message.nonce }, 'vote');
        break;
      case 'alive':
        this.#probes.get(`${link.id} ${message.nonce}`)?.();
        break;
    }
  }

  #take(link: Link, answer: Extract<ResumeMessage, { type: 'resume-answer' }>): void {
    if (!this.#resuming) return;
    const { self } = this.#replica.options;
    if (link.member === self) return;
    if (answer.twin !== null) {
      this.#resuming = false;
      this.#replica.becomeObserver('Another running copy of this member is connected already; this one, started later, only observes.');
      return;
    }
    const lacking = answer.votes.find((vote) => vote.version >= this.#firstStored(vote.key) && !this.#log.has(nameOf(vote)));
    if (lacking) {
      this.#resuming = false;
      this.#replica.becomeObserver(
        `Another member holds a vote of this one (${lacking.key}, version ${lacking.version}) that this browser's log lacks: ` +
          'an old copy was restored, or the same key runs elsewhere.',
      );
      return;
    }
    if (!answer.final) return;
    this.#answered.add(link.member);
    this.#tell();
    this.check();
  }

  #firstStored(key: Key): number {
    return this.#startOpen.get(key) ?? 1;
  }

  #tell(): void {
    this.#replica.resuming(this.#answered.size + 1, this.#replica.options.epoch.quorum);
  }

  /** Which votes of the asker are held here; observers answer too, and empty answers count. */
  async #answer(link: Link): Promise<void> {
    const twin = await this.#liveTwin(link);
    const votes = this.#votesOf(link.member);
    for (let from = 0; from === 0 || from < votes.length; from += MAX_RESUME_ENTRIES) {
      const page = votes.slice(from, from + MAX_RESUME_ENTRIES);
      const final = from + MAX_RESUME_ENTRIES >= votes.length;
      this.#replica.send(link.id, { type: 'resume-answer', votes: page, final, twin }, 'vote');
    }
  }

  #votesOf(member: MemberIndex): VoteBody[] {
    const found = new Map<string, VoteBody>();
    const add = ({ key, version, round, type, digest }: VoteBody): void => {
      const body = { key, version, round, type, digest };
      found.set(nameOf(body), body);
    };
    for (const { certificate } of this.#replica.heads.values()) {
      if (certificateSigners(certificate).includes(member)) add({ ...certificate, type: 'COMMIT' });
    }
    for (const instance of this.#replica.core.instances.values()) {
      for (const round of instance.rounds.values()) {
        for (const table of [round.preCommits, round.commits]) {
          for (const votes of table.values()) {
            const vote = votes.get(member);
            if (vote) add(vote);
          }
        }
        for (const vote of round.polka?.votes ?? []) if (vote.author === member) add(vote);
      }
    }
    return [...found.values()];
  }

  /** Another instance with the asker's log id that is linked here and answers: a link that only looks alive is no twin. */
  async #liveTwin(asker: Link): Promise<InstanceId | null> {
    const others = this.#replica
      .linksOf(asker.member)
      .filter((link) => link.logId === asker.logId && link.instance !== asker.instance && link.openedAt <= asker.openedAt);
    const alive = await Promise.all(others.map((link) => this.#probe(link.id)));
    return others.find((_, i) => alive[i])?.instance ?? null;
  }

  #probe(link: LinkId): Promise<boolean> {
    const nonce = this.#replica.nonce(16);
    return new Promise((resolve) => {
      const name = `${link} ${nonce}`;
      const { clock } = this.#replica.options;
      const end = (alive: boolean): void => {
        this.#probes.delete(name);
        clock.clearTimeout(timer);
        resolve(alive);
      };
      const timer = clock.setTimeout(() => end(false), PROBE_TIMEOUT_MS);
      this.#probes.set(name, () => end(this.#replica.links.has(link)));
      this.#replica.send(link, { type: 'probe', nonce }, 'vote');
    });
  }
}

const EMPTY_ROOT = '0'.repeat(64);
const nameOf = (vote: VoteBody): string => `${vote.version} ${vote.round} ${vote.type} ${vote.digest} ${vote.key}`;
