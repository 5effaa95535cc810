/**
 * RESUME: before the first new vote after a start, q members (this one counted) tell which votes of this member they hold, for versions
 * not below those stored here. One that the log lacks means an old copy of the log, or a twin: the replica observes from then on.
 * It detects accidents; a replica rolled back on purpose counts towards f.
 *
 * Asks and answers go over several hops (resume-flood.ts). An answer to any ask of this start counts once it is complete: it tells what
 * its author held at a time after the start, and nothing new is signed here before the quorum has answered.
 */
import type { Key, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import { fromHex } from '../../codec/brand.ts';
import { decodeReport, type Report } from '../../codec/epochs.ts';
import { MAX_RESUME_KNOWN, RESUME_NAME_BYTES } from '../../codec/limits.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import {
  certificateSigners,
  membersBitmap,
  bitmapMembers,
  type Vote,
  type VoteBody,
} from '../../codec/vote.ts';
import { sameLocks } from '../../consensus/epochs/arms.ts';
import { isOwnOnRecord } from '../../consensus/forget.ts';
import { MAX_REPORTS_PER_AUTHOR } from '../../consensus/limits.ts';
import type { InstanceLogLike } from '../../consensus/log.ts';
import { checkCertificates, checkVote } from '../../crypto/certificates.ts';
import { checkReport } from '../../crypto/epochs.ts';
import { backoff } from '../../net/mesh/pace.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_RESUME_EARLY_ASKS,
  MAX_RESUME_NARROW_ASKS,
  RESUME_NARROW_ASKS,
  RESUME_PUT_OFF_MS,
  RESUME_RETRY_FIRST_MS,
  RESUME_RETRY_MAX_MS,
  RESUME_TICK_MS,
  RESUME_TWIN_PATIENCE_MS,
} from '../limits.ts';
import type { Replica } from './replica.ts';
import { ResumeAnswers, shortName, shortReportName } from './resume-answers.ts';
import { ResumeFlood, type ResumeAnswer, type ResumeAsk } from './resume-flood.ts';

type ResumeMessage = Extract<PeerMessage, { type: 'resume-ask' | 'resume-answer' | 'probe' | 'alive' }>;

export class Resume {
  readonly #replica: Replica;
  readonly #flood: ResumeFlood;
  readonly #answers: ResumeAnswers;
  #resuming = false;
  #since: Milliseconds = 0;
  readonly #log = new Map<string, VoteBody>();
  readonly #startOpen = new Map<Key, number>();
  /** Round of each open version in the log: own votes far below it may have been forgotten. */
  readonly #startRounds = new Map<Key, { readonly version: number; readonly round: number }>();
  readonly #answered = new Set<MemberIndex>();
  /** Said something false in an answer that they signed: they count no more in this start. */
  readonly #liars = new Set<MemberIndex>();
  /** Answers are looked at one after the other. */
  #checked: Promise<void> = Promise.resolve();
  #asks = 0;
  /** Asks in a row that brought no new answer until the next one. */
  #fruitless = 0;
  #answeredAtAsk = 0;
  /** When somebody answered who had not. */
  #heardAt: Milliseconds = -Infinity;
  #earlyAsks = 0;
  #askedAt: Milliseconds = 0;
  #nextAsk: Milliseconds = 0;
  #quorumAt: Milliseconds | null = null;
  /** The summary that somebody has found too far behind. */
  #syncFirst = false;
  #askedRoot = '';
  #seenRoot = '';
  #timer: TimerHandle | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#answers = new ResumeAnswers(replica);
    this.#flood = new ResumeFlood(replica, {
      asked: (ask) => void this.#asked(ask),
      answered: (answer, from) => this.#take(answer, from),
    });
  }

  /** `logs`: what the store held at the start. */
  begin(logs: readonly InstanceLogLike[]): void {
    this.#resuming = true;
    this.#since = this.#replica.now;
    for (const { key, version, round, ownVotes } of logs) {
      for (const vote of ownVotes) this.#log.set(nameOf(vote), vote);
      this.#startRounds.set(key, { version, round });
    }
    for (const [key, head] of this.#replica.heads) this.#startOpen.set(key, head.version + 1);
    this.#tell();
    this.#tick();
  }

  /** For how long this start has waited for a quorum; null: it does not. */
  waitsFor(): Milliseconds | null {
    return this.#resuming ? this.#replica.now - this.#since : null;
  }

  check(): void {
    if (!this.#resuming) return;
    const { quorum } = this.#replica.options.epoch;
    if (this.#answered.size + 1 < quorum) {
      this.#quorumAt = null;
      return;
    }
    // Whoever is linked to a twin has told so instead of answering. Some hops away it answers itself, and may take longer than others.
    this.#quorumAt ??= this.#replica.now;
    const isMesh = this.#replica.links.size >= quorum - 1;
    if (!isMesh && this.#replica.now < this.#quorumAt + RESUME_TWIN_PATIENCE_MS) return;
    this.end();
    this.#replica.mayVote();
  }

  /** Also when another rule has made this replica an observer: answers that are still to come do not make it a voter again. */
  end(): void {
    this.#resuming = false;
    if (this.#timer !== null) this.#replica.options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  linked(link: Link): void {
    if (this.#resuming && this.#asks === 0) this.#ask();
    this.#flood.linked(link);
  }

  unlinked(link: Link): void {
    this.#answers.unlinked(link);
  }

  receive(link: Link, message: ResumeMessage): void {
    if (message.type === 'probe' || message.type === 'alive') this.#answers.receive(link, message);
    else this.#flood.take(link, message);
  }

  // ---- asking

  #tick(): void {
    if (!this.#resuming || this.#replica.stopped) return;
    const root = this.#replica.certifiedRoot();
    const isQuiet = root === this.#seenRoot && !this.#replica.sync.isPulling;
    this.#seenRoot = root;
    const { now } = this.#replica;
    // Whoever said "sync first" is asked again as soon as that has ended, a few times: then it waits for its turn.
    const isEarly =
      this.#syncFirst &&
      isQuiet &&
      root !== this.#askedRoot &&
      this.#earlyAsks < MAX_RESUME_EARLY_ASKS &&
      now >= this.#askedAt + RESUME_RETRY_FIRST_MS;
    if (isEarly) this.#earlyAsks++;
    // Without links there is nobody to ask; the first new one is told the newest ask.
    // While answers come a new ask would only be answered, once more, by all whose answers are on their way.
    const putOff = Math.min(this.#heardAt + RESUME_RETRY_FIRST_MS, this.#nextAsk + RESUME_PUT_OFF_MS);
    const isDue = this.#replica.links.size > 0 && this.#asks > 0 && now >= Math.max(this.#nextAsk, putOff);
    if (isEarly || isDue) this.#ask();
    this.check();
    if (this.#resuming)
      this.#timer = this.#replica.options.clock.setTimeout(() => this.#tick(), RESUME_TICK_MS);
  }

  #ask(): void {
    const { self, instance, hash, clock, epoch, store, random } = this.#replica.options;
    if (self === null) return;
    const { size } = this.#answered;
    this.#fruitless = this.#asks === 0 || size > this.#answeredAtAsk ? 0 : this.#fruitless + 1;
    this.#answeredAtAsk = size;
    this.#asks++;
    this.#askedAt = this.#replica.now;
    this.#nextAsk =
      this.#askedAt + backoff(this.#asks, 2 * RESUME_RETRY_FIRST_MS, RESUME_RETRY_MAX_MS, random);
    this.#syncFirst = false;
    this.#askedRoot = this.#replica.certifiedRoot();
    const nonce = this.#replica.nonce(16);
    const reports = this.#ownReports().slice(-MAX_REPORTS_PER_AUTHOR);
    const names = [
      ...reports.map((report) => shortReportName(hash, nonce, epoch.network, report)),
      ...[...this.#log.values()]
        .slice(reports.length - MAX_RESUME_KNOWN)
        .map((vote) => shortName(hash, nonce, vote)),
    ];
    const known = new Uint8Array(names.length * RESUME_NAME_BYTES);
    names.forEach((name, i) => known.set(fromHex(name), i * RESUME_NAME_BYTES));
    void this.#flood.ask({
      type: 'resume-ask',
      asker: self,
      logId: store.logId,
      instance,
      nonce,
      time: Math.floor(clock.wall() / 1000),
      // Who is on every short way could let one answer through for each ask.
      everywhere: this.#fruitless >= RESUME_NARROW_ASKS || this.#asks > MAX_RESUME_NARROW_ASKS,
      answered: membersBitmap(this.#answered, epoch.n),
      summary: this.#replica.sync.certifiedSummary(),
      known,
    });
  }

  // ---- answers

  #take(answer: ResumeAnswer, from: LinkId): void {
    const { self, instance } = this.#replica.options;
    if (answer.answerer === self) {
      // Signed with this member's key over a nonce of this start: no liar can have done it, so one is enough.
      if (answer.twin !== null && answer.twin !== instance) this.#replica.foundTwin('proved');
      return;
    }
    if (!this.#resuming || this.#liars.has(answer.answerer)) return;
    if (answer.twin !== null) {
      // A liar's word alone must not silence this replica; but whoever tells of a twin has not answered either.
      this.#answered.delete(answer.answerer);
      this.#replica.foundTwin(answer.answerer);
      return;
    }
    const compare = (): Promise<void> => this.#compare(answer, from);
    this.#checked = this.#checked.then(compare, compare);
  }

  /** Signatures are checked before they count: a lie about this member's votes changes nothing, and its author counts no more. */
  async #compare(answer: ResumeAnswer, from: LinkId): Promise<void> {
    if (!this.#resuming || this.#liars.has(answer.answerer)) return;
    const { epoch, ed25519, bls, self } = this.#replica.options;
    const lacks = (vote: VoteBody): boolean =>
      vote.version >= this.#firstStored(vote.key) && this.#isOnRecord(vote) && !this.#log.has(nameOf(vote));
    const isLie = (): void => {
      this.#liars.add(answer.answerer);
      this.#answered.delete(answer.answerer);
    };
    // One that holds is enough, and after one that does not the rest is not looked at.
    const vote = answer.votes.find((one: Vote) => one.author === self && lacks(one));
    if (vote) return (await checkVote(vote, epoch, ed25519)) ? this.#observe(textOf(vote)) : isLie();
    const certificate = answer.certificates.find(
      (one) =>
        one.epoch === epoch.epoch &&
        self !== null &&
        certificateSigners(one).includes(self) &&
        lacks({ ...one, type: 'COMMIT' }),
    );
    if (certificate) {
      const [holds] = await checkCertificates([certificate], epoch, { bls, ed25519 });
      return holds ? this.#observe(textOf(certificate)) : isLie();
    }
    for (const bytes of answer.reports ?? []) {
      const report = decodeReport(bytes);
      if (!report.ok) return isLie();
      const { value } = report;
      if (value.author !== self || value.epoch !== epoch.epoch || this.#isReported(value)) continue;
      const { epochs } = this.#replica;
      if (!epochs || !(await checkReport(value, epochs.epoch, epochs.tools))) return isLie();
      return this.#observe('report about the end of this epoch');
    }
    if (!answer.complete) {
      this.#syncFirst = true;
      return;
    }
    if (!this.#answered.has(answer.answerer)) {
      this.#replica.useful(from);
      this.#heardAt = this.#replica.now;
    }
    this.#answered.add(answer.answerer);
    this.#tell();
    this.check();
  }

  /** Reports of this start's disk, and those signed since. */
  #ownReports(): Report[] {
    return [...(this.#replica.epochs?.machine.ownReports.values() ?? [])];
  }

  #isReported(report: Report): boolean {
    return this.#ownReports().some((own) => own.root === report.root && sameLocks(own, report));
  }

  #observe(lacking: string): void {
    if (!this.#resuming) return;
    this.end();
    this.#replica.becomeObserver(
      `Another member holds a ${lacking} of this one that this browser's log lacks: ` +
        'an old copy was restored, or the same key runs elsewhere.',
    );
  }

  #isOnRecord(vote: VoteBody): boolean {
    const log = this.#startRounds.get(vote.key);
    return log?.version !== vote.version || isOwnOnRecord(log.round, vote.round);
  }

  #firstStored(key: Key): number {
    return this.#startOpen.get(key) ?? 1;
  }

  #tell(): void {
    this.#replica.resuming(this.#answered.size + 1, this.#replica.options.epoch.quorum);
  }

  // ---- asked by others

  async #asked(ask: ResumeAsk): Promise<void> {
    const { self, instance } = this.#replica.options;
    if (ask.asker === self) {
      // Another start of this member. The one that votes already goes on; of two that ask, the one with the lower number.
      const { kind } = this.#replica.standing;
      const goesOn = kind === 'voter' || (kind === 'resuming' && instance < ask.instance);
      if (goesOn && instance !== ask.instance) await this.#flood.answer(this.#answers.alive(ask));
      return;
    }
    const me = this.#answers.self;
    if (bitmapMembers(ask.answered).includes(me)) return;
    const answer = await this.#answers.to(ask);
    if (answer) await this.#flood.answer(answer);
  }
}

const textOf = ({ key, version }: Pick<VoteBody, 'key' | 'version'>): string =>
  `vote (${key}, version ${version})`;

const nameOf = (vote: VoteBody): string =>
  `${vote.version} ${vote.round} ${vote.type} ${vote.digest} ${vote.key}`;
