/**
 * Evidence of misbehaviour: two votes or two reports that contradict each other, or a COMMIT whose BLS share is bad. Kept, passed on, and
 * links to the convicted closed. What its signatures prove is proved to anybody (src/domain/supply/evidence/misbehaviour.ts).
 */
import type { MemberIndex } from '../../codec/brand.ts';
import {
  accusedOf,
  evidenceVote,
  isBadShare,
  isOfReports,
  type Certificate,
  type Evidence,
  type Vote,
} from '../../codec/vote.ts';
import { checkShare, checkVote } from '../../crypto/certificates.ts';
import { checkContradictingReports } from '../../crypto/epochs.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { TraceEvent } from '../api.ts';
import type { Replica } from './replica.ts';

export class Convictions {
  readonly #replica: Replica;
  /** Members against whom something is being checked: the same evidence comes from every neighbour at once. */
  readonly #checking = new Set<MemberIndex>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  keep(member: MemberIndex, evidence: Evidence): void {
    this.#replica.evidenceSince.set(member, this.#replica.options.clock.wall());
    this.#replica.outbox.evidence({ member, evidence });
    this.#replica.trace({ kind: 'evidence', member, ...this.#placeOf(evidence) });
    for (const open of this.#replica.core.instances.keys()) this.#replica.sync.openChanged(open);
    this.#replica.outbox.whenWritten(() => {
      for (const link of this.#replica.links.values()) {
        if (link.member !== member)
          this.#replica.send(link.id, { type: 'evidence', items: [evidence] }, 'vote');
      }
      this.refuse();
    });
  }

  /** Of two votes or reports that contradict each other a neighbour may have heard one, and of what aggregation finds only who was there knows: whoever comes is told. */
  linked(link: Link): void {
    for (const [member, evidence] of this.#replica.convicted)
      if (member !== link.member)
        this.#replica.send(link.id, { type: 'evidence', items: [evidence] }, 'vote');
  }

  refuse(): void {
    const convicted = new Set(this.#replica.convicted.keys());
    if (this.#replica.options.self !== null) convicted.delete(this.#replica.options.self);
    for (const link of [...this.#replica.links.values()])
      if (convicted.has(link.member)) this.#replica.closeLink(link.id, 'equivocation');
    this.#replica.options.transport.refuse(convicted);
  }

  async take(from: LinkId, items: readonly Evidence[]): Promise<void> {
    for (const evidence of items) {
      const { author, epoch } = accusedOf(evidence);
      // Nothing follows from it here. Who tells it catches up, or is further: no fault of theirs.
      if (epoch !== this.#replica.counted.epoch) continue;
      // One of each member is enough, and is looked at once at a time: a share costs a pairing.
      if (this.#replica.core.evidence.has(author) || this.#checking.has(author)) continue;
      this.#checking.add(author);
      const holds = await this.#holds(evidence).finally(() => this.#checking.delete(author));
      if (!holds) {
        this.#replica.closeLink(from, 'bad-signature');
        return;
      }
      this.#replica.dispatch({ type: 'evidence', evidence });
    }
  }

  /** Shares that aggregation found bad; their votes are checked, or the certificate would not be held. */
  badShares(certificate: Certificate, authors: readonly MemberIndex[]): void {
    const { epoch, key, version, round, digest } = certificate;
    for (const group of certificate.groups) {
      if (group.form !== 'votes') continue;
      for (const { author, signature, share } of group.votes) {
        if (!authors.includes(author) || this.#replica.core.evidence.has(author)) continue;
        const body = { epoch, key, version, round, digest, type: 'COMMIT' as const };
        const vote: Vote = { ...body, author, signature, share, ...(group.batch && { batch: group.batch }) };
        this.#replica.dispatch({ type: 'evidence', evidence: { kind: 'bad-share', vote } });
      }
    }
  }

  /** What an event of it names: the vote, or of reports R. */
  #placeOf(evidence: Evidence): Pick<TraceEvent, 'key' | 'version' | 'round' | 'digest' | 'detail'> {
    if (isOfReports(evidence)) return { digest: evidence.root, detail: 'reports' };
    const { key, version, round, digest } = evidenceVote(evidence);
    const detail = isBadShare(evidence) ? 'bad-share' : `${evidence.first.digest} ${evidence.second.digest}`;
    return { key, version, round, digest, detail };
  }

  async #holds(evidence: Evidence): Promise<boolean> {
    const { ed25519, bls } = this.#replica.options;
    const epoch = this.#replica.counted;
    if (isOfReports(evidence)) return checkContradictingReports(evidence, epoch, ed25519);
    if (isBadShare(evidence))
      return (await checkVote(evidence.vote, epoch, ed25519)) && !checkShare(evidence.vote, epoch, bls);
    const { first, second } = evidence;
    const checked = await Promise.all([checkVote(first, epoch, ed25519), checkVote(second, epoch, ed25519)]);
    return !checked.includes(false);
  }
}
