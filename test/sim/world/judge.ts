/**
 * Judges whole replicas from outside, by a record of everything that honest members signed, sent and decided across restarts.
 * A violation is thrown into the run.
 */
import type { Digest, Key, MemberIndex } from '../../../src/codec/brand.ts';
import type { PeerMessage } from '../../../src/codec/messages.ts';
import {
  certificateSigners,
  isBadShare,
  isEquivocation,
  type Certificate,
  type Vote,
} from '../../../src/codec/vote.ts';
import { MAX_VALUE_BYTES } from '../../../src/codec/limits.ts';
import { MAX_VALUE_CACHE_BYTES } from '../../../src/worker/limits.ts';
import { MAX_UNSTARTED_PER_AUTHOR } from '../../../src/consensus/limits.ts';
import { checkCertificate, type EpochKeys } from '../../../src/crypto/certificates.ts';
import type { Bls, Ed25519 } from '../../../src/crypto/types.ts';
import type { CertifiedEntry } from '../../../src/store/types.ts';
import type { Replica } from '../../../src/worker/replica/replica.ts';
import { Violation } from '../checks.ts';
import { kindOf, readOnce } from './network.ts';
import type { Durable } from './store.ts';

/** Kinds of messages that carry votes or certificates of their sender. */
const SIGNED_KINDS: ReadonlySet<number> = new Set([1, 4, 9, 11, 14]);

/** Whether `by` may vote for a value, or with null: whether it may be decided. */
type IsValid = (digest: Digest, by: MemberIndex | null) => boolean;

export class Judge {
  readonly #epoch: EpochKeys;
  readonly #tools: { bls: Bls; ed25519: Ed25519 };
  readonly #isValid: IsValid;
  readonly #signed = new Map<string, Digest>();
  readonly #decisions = new Map<string, Digest>();
  readonly #newest = new Map<Key, number>();
  readonly #checked = new WeakSet<Certificate>();
  readonly #pending: { readonly by: MemberIndex; readonly certificate: Certificate }[] = [];
  highestRound = 0;
  decided = 0;

  constructor(epoch: EpochKeys, tools: { bls: Bls; ed25519: Ed25519 }, isValid: IsValid) {
    this.#epoch = epoch;
    this.#tools = tools;
    this.#isValid = isValid;
  }

  /** An honest member hands a message to a link. `durable`: what is on its disk. */
  leaves(by: MemberIndex, bytes: Uint8Array, durable: Durable): void {
    if (!SIGNED_KINDS.has(kindOf(bytes))) return;
    const decoded = readOnce(bytes);
    if (!decoded.ok)
      throw new Violation(`member ${by} sends a message that nobody can read: ${decoded.error.message}`);
    for (const vote of ownVotes(decoded.value, by)) {
      const place = nameOf(vote);
      const before = this.#signed.get(place);
      if (before !== undefined && before !== vote.digest)
        throw new Violation(`self-contradiction: member ${by} signed two values, ${place}`);
      // Said before: who lost its disk may pass on what it said in an earlier life.
      if (before !== undefined) continue;
      if (!durable.holds(vote))
        throw new Violation(`not durable: member ${by} sends ${nameOf(vote)} before it is on its disk`);
      if (vote.type === 'PRE-COMMIT' && !this.#isValid(vote.digest, by))
        throw new Violation(`validity: member ${by} voted for an invalid value, ${place}`);
      this.#signed.set(place, vote.digest);
      this.highestRound = Math.max(this.highestRound, vote.round);
    }
  }

  decides(by: MemberIndex, entry: CertifiedEntry): void {
    const { key, version, digest, certificate } = entry;
    const place = `${key} v${version}`;
    const before = this.#decisions.get(place);
    if (before !== undefined && before !== digest)
      throw new Violation(
        `agreement: member ${by} decided ${digest.slice(0, 8)}, another ${before.slice(0, 8)}, ${place}`,
      );
    if (before === undefined) this.decided++;
    this.#decisions.set(place, digest);
    this.#newest.set(key, Math.max(version, this.newest(key)));
    if (!this.#isValid(digest, null))
      throw new Violation(`validity: member ${by} decided an invalid value, ${place}`);
    this.certificate(by, certificate);
  }

  /** Checked by `settle`, once for each object. */
  certificate(by: MemberIndex, certificate: Certificate): void {
    if (this.#checked.has(certificate)) return;
    this.#checked.add(certificate);
    this.#pending.push({ by, certificate });
  }

  async settle(): Promise<void> {
    for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
      const { by, certificate } = next;
      const holds = await checkCertificate(certificate, this.#epoch, this.#tools);
      if (holds && certificateSigners(certificate).length >= this.#epoch.quorum) continue;
      throw new Violation(
        `member ${by} holds a certificate of ${certificate.key} v${certificate.version} that does not verify`,
      );
    }
  }

  get unsettled(): boolean {
    return this.#pending.length > 0;
  }

  /** Highest version of a key that an honest member has decided; 0: none. */
  newest(key: Key): number {
    return this.#newest.get(key) ?? 0;
  }

  decision(key: Key, version: number): Digest | undefined {
    return this.#decisions.get(`${key} v${version}`);
  }

  /** State of an honest replica stays bounded whatever it is sent. `keys`: those that honest members use. */
  bounded(by: MemberIndex, replica: Replica, keys: number, byzantine: number): void {
    const { instances } = replica.core;
    const most = keys + byzantine * MAX_UNSTARTED_PER_AUTHOR;
    if (instances.size > most)
      throw new Violation(
        `unbounded: member ${by} has ${instances.size} open instances, at most ${most} are allowed`,
      );
    if (replica.cache.bytes > MAX_VALUE_CACHE_BYTES + MAX_VALUE_BYTES)
      throw new Violation(`unbounded: member ${by} keeps ${replica.cache.bytes} bytes of values`);
    for (const key of replica.cache.pinnedBy)
      if (!instances.has(key))
        throw new Violation(`unbounded: member ${by} keeps values for ${key}, which is not open`);
    for (const instance of instances.values()) {
      if (instance.rounds.size > instance.round + 4 + byzantine)
        throw new Violation(
          `unbounded: member ${by} keeps ${instance.rounds.size} rounds of ${instance.key} in round ${instance.round}`,
        );
      const { lock } = instance;
      if (lock && instance.rounds.get(lock.round)?.polka?.digest !== lock.digest)
        throw new Violation(`member ${by} holds a lock without its polka, ${instance.key} r${lock.round}`);
      for (const [round, state] of instance.rounds) {
        for (const table of [state.preCommits, state.commits]) {
          const places = new Map<MemberIndex, number>();
          for (const votes of table.values())
            for (const author of votes.keys()) places.set(author, (places.get(author) ?? 0) + 1);
          if (Math.max(0, ...places.values()) > 2)
            throw new Violation(
              `unbounded: member ${by} keeps more than two values of one author in r${round}`,
            );
        }
      }
    }
  }
}

/** Own votes in a message: single ones and those inside certificates that are still lists of votes. */
function* ownVotes(message: PeerMessage, by: MemberIndex): Generator<Vote> {
  const { type } = message;
  if (type === 'votes' || type === 'resume-answer')
    for (const vote of message.votes) if (vote.author === by) yield vote;
  if (type === 'certificates' || type === 'resume-answer')
    for (const certificate of message.certificates) yield* inCertificate(certificate, by);
  if (type === 'history')
    for (const { certificate } of message.entries) yield* inCertificate(certificate, by);
  if (type === 'evidence')
    for (const item of message.items)
      for (const vote of isBadShare(item)
        ? [item.vote]
        : isEquivocation(item)
          ? [item.first, item.second]
          : [])
        if (vote.author === by) yield vote;
}

function* inCertificate(certificate: Certificate, by: MemberIndex): Generator<Vote> {
  const { epoch, key, version, round, digest, groups } = certificate;
  for (const group of groups) {
    if (group.form !== 'votes') continue;
    for (const { author, signature, share } of group.votes)
      if (author === by)
        yield { epoch, key, version, round, digest, type: 'COMMIT', author, signature, share };
  }
}

const nameOf = (vote: Vote): string =>
  `${vote.key} v${vote.version} r${vote.round} ${vote.type} of ${vote.author}`;
