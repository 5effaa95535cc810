/**
 * Evidence of misbehaviour: kept, passed on, and links to the convicted closed.
 */
import type { MemberIndex } from '../../codec/brand.ts';
import type { Equivocation } from '../../codec/vote.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import { checkVote } from '../../crypto/certificates.ts';
import type { LinkId } from '../../net/types.ts';
import type { Replica } from './replica.ts';

export class Convictions {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  keep(member: MemberIndex, evidence: Equivocation): void {
    this.#replica.evidenceSince.set(member, this.#replica.options.clock.wall());
    this.#replica.outbox.evidence({ member, evidence });
    const { key, version, round, digest } = evidence.first;
    const detail = `${evidence.first.digest} ${evidence.second.digest}`;
    this.#replica.trace({ kind: 'evidence', member, key, version, round, digest, detail });
    for (const open of this.#replica.core.instances.keys()) this.#replica.sync.openChanged(open);
    this.#replica.outbox.then(() => {
      for (const link of this.#replica.links.values()) {
        if (link.member !== member)
          this.#replica.send(link.id, { type: 'evidence', items: [evidence] }, 'vote');
      }
      this.refuse();
    });
  }

  refuse(): void {
    const convicted = new Set(this.#replica.core.evidence.keys());
    if (this.#replica.options.self !== null) convicted.delete(this.#replica.options.self);
    for (const link of [...this.#replica.links.values()])
      if (convicted.has(link.member)) this.#replica.closeLink(link.id, 'equivocation');
    this.#replica.options.transport.refuse(convicted);
  }

  async take(from: LinkId, items: Extract<PeerMessage, { type: 'evidence' }>['items']): Promise<void> {
    const { epoch, ed25519 } = this.#replica.options;
    for (const evidence of items) {
      if (this.#replica.core.evidence.has(evidence.first.author)) continue;
      const checked = await Promise.all([
        checkVote(evidence.first, epoch, ed25519),
        checkVote(evidence.second, epoch, ed25519),
      ]);
      if (checked.includes(false)) {
        this.#replica.closeLink(from, 'bad-signature');
        return;
      }
      this.#replica.dispatch({ type: 'evidence', evidence });
    }
  }
}
