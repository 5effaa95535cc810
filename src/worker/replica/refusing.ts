/**
 * Reasons that members give for not voting: advisory, shown to people, never counted as votes.
 */
import type { Digest, Key, Version } from '../../codec/brand.ts';
import { MAX_REASON_LENGTH } from '../../codec/limits.ts';
import { cutText } from '../../codec/text.ts';
import type { Link } from '../../net/types.ts';
import { MAX_REFUSALS_PER_MEMBER, MAX_REFUSAL_KEYS } from '../limits.ts';
import type { Replica } from './replica.ts';
import type { Refusal } from './types.ts';

export class Refusing {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  refuse(key: Key, version: Version, digest: Digest, rule: string, message: string): void {
    const { self } = this.#replica.options;
    if (self === null) return;
    // An unfinished check is tried again and again: said once.
    if (!this.note(key, { member: self, version, digest, rule, message })) return;
    this.#replica.trace({ kind: 'refused', member: self, key, version, digest, detail: message });
    const text = cutText(message, MAX_REASON_LENGTH);
    for (const link of this.#replica.links.keys())
      this.#replica.send(link, { type: 'refusal', key, version, digest, rule, message: text }, 'vote');
  }

  /** False when it was known. */
  note(key: Key, refusal: Refusal): boolean {
    const kept = this.#replica.refusals.get(key) ?? [];
    if (
      kept.some((r) => r.member === refusal.member && r.digest === refusal.digest && r.rule === refusal.rule)
    )
      return false;
    // The round-0 vote of a proposer is for its own value, also after a restart.
    const mine =
      this.#replica.decisions.proposalOf(key, refusal.version) ??
      this.#replica.core.instances.get(key)?.ownPreCommits.get(0);
    const told = kept.filter((r) => r.member === refusal.member);
    if (told.length >= MAX_REFUSALS_PER_MEMBER) {
      const oldest = told.find((r) => r.digest !== mine);
      if (!oldest) return false;
      kept.splice(kept.indexOf(oldest), 1);
    }
    kept.push(refusal);
    if (!this.#replica.refusals.has(key) && this.#replica.refusals.size >= MAX_REFUSAL_KEYS) this.#forget();
    this.#replica.refusals.set(key, kept);
    if (mine === refusal.digest) {
      const against = new Set(
        kept.filter((r) => r.digest === mine && r.rule !== 'abstains').map((r) => r.member),
      );
      const { n, quorum } = this.#replica.options.epoch;
      if (against.size > n - quorum) {
        this.#replica.decisions.answered(key);
        this.#replica.options.listener.refused(key, mine, refusal.rule, refusal.message);
      }
    }
    this.#replica.options.listener.changed();
    return true;
  }

  /** The oldest key goes first, those with an own proposal last: others could fill the map with keys that do not exist. */
  #forget(): void {
    const keys = [...this.#replica.refusals.keys()];
    const oldest =
      keys.find((key) => this.#replica.decisions.proposalOf(key, this.#replica.openVersion(key)) === null) ??
      keys[0]!;
    this.#replica.refusals.delete(oldest);
  }

  /** A proposer that was away when its value was refused would wait for votes for ever. */
  resend(link: Link): void {
    for (const [key, kept] of this.#replica.refusals) {
      for (const { member, version, digest, rule, message } of kept) {
        if (member !== this.#replica.options.self || version !== this.#replica.openVersion(key)) continue;
        const text = cutText(message, MAX_REASON_LENGTH);
        this.#replica.send(link.id, { type: 'refusal', key, version, digest, rule, message: text }, 'bulk');
      }
    }
  }
}
