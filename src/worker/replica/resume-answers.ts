/**
 * What this replica answers to an ask of RESUME: which votes of the asker it holds, certificates with its bit from where the certified
 * states differ, and whether another start of the asker is linked here and alive. Never silently partial: an answer that cannot hold all
 * says so, and does not count.
 */
import type { InstanceId, MemberIndex, NetworkId } from '../../codec/brand.ts';
import { toHex } from '../../codec/brand.ts';
import { encodeReport, type Report } from '../../codec/epochs.ts';
import {
  MAX_RESUME_ANSWER_BYTES,
  MAX_RESUME_CERTIFICATES,
  MAX_RESUME_REPORTS,
  MAX_RESUME_VOTES,
  RESUME_NAME_BYTES,
} from '../../codec/limits.ts';
import { encodeMessage } from '../../codec/messages.ts';
import { certificateSigners, type Certificate, type Vote, type VoteBody } from '../../codec/vote.ts';
import type { Instance } from '../../consensus/types.ts';
import { differingPlaces } from '../../crdt/summary.ts';
import { reportBytes, resumeNameBytes, resumeReportBytes } from '../../crypto/domains.ts';
import type { Hash } from '../../crypto/types.ts';
import type { Link, LinkId } from '../../net/types.ts';
import { PROBE_TIMEOUT_MS } from '../limits.ts';
import type { Replica } from './replica.ts';
import type { ResumeAnswer, ResumeAsk } from './resume-flood.ts';

export class ResumeAnswers {
  readonly #replica: Replica;
  readonly #probes = new Map<string, () => void>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Observers answer too, and an answer with nothing in it counts. null: stopped meanwhile. */
  async to(ask: ResumeAsk): Promise<Omit<ResumeAnswer, 'signature'> | null> {
    // Who counts votes of another epoch can tell nothing of this one.
    if (this.self < 0 || !this.#isInEpoch()) return null;
    const twin = await this.#liveTwin(ask);
    // PERSIST: what is told here may hold own votes.
    if (!(await this.#replica.outbox.durable())) return null;
    const known = new Set<string>();
    for (let at = 0; at < ask.known.length; at += RESUME_NAME_BYTES)
      known.add(toHex(ask.known.subarray(at, at + RESUME_NAME_BYTES)));
    const isNew = (vote: VoteBody): boolean =>
      !known.has(shortName(this.#replica.options.hash, ask.nonce, vote));
    const votes = this.#votesOf(ask.asker).filter((vote) => isNew(vote));
    const reports = this.#reportsOf(ask, known);
    return this.#fitted(ask, twin, { votes, reports, certificates: this.#certificatesFor(ask, isNew) });
  }

  /** An earlier start of the same member says that it is alive: only the holder of the member's key can. */
  alive(ask: ResumeAsk): Omit<ResumeAnswer, 'signature'> {
    return { ...this.#empty(ask), complete: false, twin: this.#replica.options.instance };
  }

  receive(link: Link, message: { readonly type: 'probe' | 'alive'; readonly nonce: string }): void {
    if (message.type === 'alive') this.#probes.get(`${link.id} ${message.nonce}`)?.();
    else this.#replica.send(link.id, { type: 'alive', nonce: message.nonce }, 'vote');
  }

  unlinked(link: Link): void {
    for (const [name, done] of this.#probes) if (name.startsWith(`${link.id} `)) done();
  }

  #empty(ask: ResumeAsk): Omit<ResumeAnswer, 'signature'> {
    const { epoch } = this.#replica.options;
    const { asker, nonce } = ask;
    const about = { epoch: epoch.epoch, asker, nonce, answerer: this.self, twin: null };
    return { type: 'resume-answer', ...about, complete: true, votes: [], certificates: [] };
  }

  /** An observer whose log the epoch does not name is a member all the same. */
  get self(): MemberIndex {
    const { epoch, self, signer } = this.#replica.options;
    return self ?? (epoch.voteKeys.indexOf(signer.voteKey) as MemberIndex);
  }

  /** Whatever is too much is left out, and the answer says so. */
  #fitted(
    ask: ResumeAsk,
    twin: InstanceId | null,
    held: {
      readonly votes: readonly Vote[];
      readonly reports: readonly Uint8Array[];
      readonly certificates: { readonly told: readonly Certificate[]; readonly all: boolean };
    },
  ): Omit<ResumeAnswer, 'signature'> {
    let votes = held.votes.slice(0, MAX_RESUME_VOTES);
    let reports = held.reports.slice(0, MAX_RESUME_REPORTS);
    let certificates = held.certificates.told;
    let complete =
      held.certificates.all && votes.length === held.votes.length && reports.length === held.reports.length;
    for (;;) {
      const about = { ...this.#empty(ask), twin, complete, votes, certificates };
      const answer = reports.length > 0 ? { ...about, reports } : about;
      const size = encodeMessage({ ...answer, signature: new Uint8Array(64) }).length;
      if (size <= MAX_RESUME_ANSWER_BYTES) return answer;
      complete = false;
      if (certificates.length > 0) certificates = certificates.slice(0, -1);
      else if (votes.length > 0) votes = votes.slice(0, -1);
      else reports = reports.slice(0, -1);
    }
  }

  #votesOf(member: MemberIndex): Vote[] {
    const found: Vote[] = [];
    for (const instance of this.#replica.core.instances.values()) found.push(...votesBy(instance, member));
    return found.filter((vote) => this.#replica.gossip.isWritten(vote));
  }

  #isInEpoch(): boolean {
    const { epochs, options, counted } = this.#replica;
    // After BEGIN the machine is further than the core, whose votes are asked about, until this replica is opened again.
    const isBegun = epochs === null || epochs.epoch.digest === options.epoch.epoch;
    return isBegun && counted.epoch === options.epoch.epoch;
  }

  /** A report that does not fit comes over a link as well, once the asker is linked: it is told to every new neighbour. */
  #reportsOf({ asker, nonce }: ResumeAsk, known: ReadonlySet<string>): Uint8Array[] {
    const { epochs, options } = this.#replica;
    return [...(epochs?.machine.reports.get(asker)?.values() ?? [])]
      .filter((report) => !known.has(shortReportName(options.hash, nonce, options.epoch.network, report)))
      .map((report) => encodeReport({ ...report, polkas: [] }));
  }

  /** One more than fits is enough to know that they do not fit; one that may not leave yet is lacking all the same. */
  #certificatesFor(
    ask: ResumeAsk,
    isNew: (vote: VoteBody) => boolean,
  ): { told: Certificate[]; all: boolean } {
    const { sync, heads, gossip } = this.#replica;
    const places = differingPlaces(sync.certifiedSummary(), ask.summary);
    const told: Certificate[] = [];
    if (places.size === 0) return { told, all: true };
    for (const [key, { certificate }] of heads) {
      if (!places.has(sync.summaryPlace(key)) || !certificateSigners(certificate).includes(ask.asker))
        continue;
      if (!isNew({ ...certificate, type: 'COMMIT' })) continue;
      if (told.length >= MAX_RESUME_CERTIFICATES || !gossip.isWritten(certificate))
        return { told, all: false };
      told.push(certificate);
    }
    return { told, all: true };
  }

  /**
   * Another instance with the asker's log id that is linked here and answers: a link that only looks alive is no twin. Who is linked to
   * no start of the asker tells of none.
   */
  async #liveTwin(ask: ResumeAsk): Promise<InstanceId | null> {
    const links = this.#replica.linksOf(ask.asker);
    const asker = links.find((link) => link.instance === ask.instance);
    const others = links.filter(
      (link) =>
        link.logId === ask.logId &&
        link.instance !== ask.instance &&
        (!asker || link.openedAt <= asker.openedAt),
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

/** Name of a vote in an ask with this nonce. */
export const shortName = (hash: Hash, nonce: string, vote: VoteBody): string =>
  hash(resumeNameBytes(nonce, vote)).slice(0, 2 * RESUME_NAME_BYTES);

/** The same of a report. */
export const shortReportName = (hash: Hash, nonce: string, network: NetworkId, report: Report): string =>
  hash(resumeReportBytes(nonce, reportBytes(network, report))).slice(0, 2 * RESUME_NAME_BYTES);

function votesBy(instance: Instance, member: MemberIndex): Vote[] {
  const found = new Set<Vote>();
  for (const { preCommits, commits, polka } of instance.rounds.values()) {
    for (const table of [preCommits, commits])
      for (const votes of table.values()) {
        const vote = votes.get(member);
        if (vote) found.add(vote);
      }
    const vote = polka?.votes.find((one) => one.author === member);
    if (vote) found.add(vote);
  }
  return [...found];
}
