/**
 * RESUME: before the first new vote after a start, q members (this one counted) tell which votes of this member they hold, for versions
 * not below those stored here. One that the log lacks means an old copy of the log, or a twin: the replica observes from then on.
 * It detects accidents; a replica rolled back on purpose counts towards f.
 */
import type { InstanceId, Key, MemberIndex } from '../../codec/brand.ts';
import { MAX_CERTIFICATES_PER_MESSAGE, MAX_RESUME_ENTRIES } from '../../codec/limits.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import { certificateSigners, type Certificate, type Vote, type VoteBody } from '../../codec/vote.ts';
import { votesOf } from '../../crdt/open.ts';
import { checkCertificates, checkVote } from '../../crypto/certificates.ts';
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
  /** The last page of an answer counts after those before it were checked. */
  #checked: Promise<void> = Promise.resolve();

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

  /** Another rule has made this replica an observer: answers that are still to come do not make it a voter again. */
  end(): void {
    this.#resuming = false;
  }

  linked(link: Link): void {
    if (this.#resuming)
      this.#replica.send(link.id, { type: 'resume-ask', root: this.#replica.certifiedRoot() }, 'vote');
  }

  unlinked(link: Link): void {
    for (const [nonce, done] of this.#probes) if (nonce.startsWith(`${link.id} `)) done();
  }

  receive(link: Link, message: ResumeMessage): void {
    switch (message.type) {
      case 'resume-ask':
        void this.#answer(link, message.root);
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
      // A liar's word alone must not silence this replica; but whoever tells of a twin has not answered either.
      this.#replica.foundTwin(link.member);
      return;
    }
    const compare = (): Promise<void> => this.#compare(link, answer);
    this.#checked = this.#checked.then(compare, compare);
  }

  /** Signatures are checked before they count: a lie about this member's votes changes nothing here. */
  async #compare(link: Link, answer: Extract<ResumeMessage, { type: 'resume-answer' }>): Promise<void> {
    if (!this.#resuming || !this.#replica.links.has(link.id)) return;
    const { epoch, ed25519, bls, self } = this.#replica.options;
    const lacks = (vote: VoteBody): boolean =>
      vote.version >= this.#firstStored(vote.key) && !this.#log.has(nameOf(vote));
    const votes = answer.votes.filter((vote) => vote.author === self && lacks(vote));
    const certificates = answer.certificates.filter(
      (c) => self !== null && certificateSigners(c).includes(self) && lacks({ ...c, type: 'COMMIT' }),
    );
    // One that holds is enough, and one that does not ends the link.
    const lie = (): void => this.#replica.closeLink(link.id, 'bad-signature');
    const [vote] = votes;
    if (vote) return (await checkVote(vote, epoch, ed25519)) ? this.#observe(vote) : lie();
    const [certificate] = certificates;
    if (certificate) {
      const [holds] = await checkCertificates([certificate], epoch, { bls, ed25519 });
      return holds ? this.#observe({ ...certificate, type: 'COMMIT' }) : lie();
    }
    if (!this.#resuming || !this.#replica.links.has(link.id)) return;
    if (!answer.final) return;
    this.#answered.add(link.member);
    this.#tell();
    this.check();
  }

  #observe(lacking: VoteBody): void {
    this.#resuming = false;
    this.#replica.becomeObserver(
      `Another member holds a vote of this one (${lacking.key}, version ${lacking.version}) that this browser's log lacks: ` +
        'an old copy was restored, or the same key runs elsewhere.',
    );
  }

  #firstStored(key: Key): number {
    return this.#startOpen.get(key) ?? 1;
  }

  #tell(): void {
    this.#replica.resuming(this.#answered.size + 1, this.#replica.options.epoch.quorum);
  }

  /** Which votes of the asker are held here; observers answer too, and empty answers count. */
  async #answer(link: Link, root: string): Promise<void> {
    const twin = await this.#liveTwin(link);
    const { epoch } = this.#replica.options.epoch;
    // Equal certified states: every certificate that could be told is the asker's own as well.
    const certificates = root === this.#replica.certifiedRoot() ? [] : this.#certificatesOf(link.member);
    const votes = this.#votesOf(link.member);
    const pages = Math.max(
      1,
      Math.ceil(votes.length / MAX_RESUME_ENTRIES),
      Math.ceil(certificates.length / MAX_CERTIFICATES_PER_MESSAGE),
    );
    for (let page = 0; page < pages; page++) {
      const message: PeerMessage = {
        type: 'resume-answer',
        epoch,
        votes: votes.slice(page * MAX_RESUME_ENTRIES, (page + 1) * MAX_RESUME_ENTRIES),
        certificates: certificates.slice(
          page * MAX_CERTIFICATES_PER_MESSAGE,
          (page + 1) * MAX_CERTIFICATES_PER_MESSAGE,
        ),
        final: page === pages - 1,
        twin,
      };
      this.#replica.send(link.id, message, 'vote');
    }
  }

  #certificatesOf(member: MemberIndex): Certificate[] {
    return [...this.#replica.heads.values()]
      .map((head) => head.certificate)
      .filter((c) => certificateSigners(c).includes(member));
  }

  #votesOf(member: MemberIndex): Vote[] {
    const found = new Map<string, Vote>();
    for (const instance of this.#replica.core.instances.values()) {
      for (const vote of votesOf(instance)) if (vote.author === member) found.set(nameOf(vote), vote);
    }
    return [...found.values()];
  }

  /** Another instance with the asker's log id that is linked here and answers: a link that only looks alive is no twin. */
  async #liveTwin(asker: Link): Promise<InstanceId | null> {
    const others = this.#replica
      .linksOf(asker.member)
      .filter(
        (link) =>
          link.logId === asker.logId && link.instance !== asker.instance && link.openedAt <= asker.openedAt,
      );
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

const nameOf = (vote: VoteBody): string =>
  `${vote.version} ${vote.round} ${vote.type} ${vote.digest} ${vote.key}`;
