/**
 * Certified heads: what becomes of a decision and of certificates that come in.
 */
import {
  isNetworkKey,
  toHex,
  type Digest,
  type Key,
  type MemberIndex,
  type Milliseconds,
  type Version,
} from '../../codec/brand.ts';
import { certificateSigners, type Certificate } from '../../codec/vote.ts';
import { decodeValue } from '../../codec/value.ts';
import { isOwnOnRecord } from '../../consensus/forget.ts';
import type { CoreEffect } from '../../consensus/types.ts';
import { checkCertificates } from '../../crypto/certificates.ts';
import type { LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import {
  AHEAD_GRACE_MS,
  BEHIND_RETRY_MS,
  CERTIFICATES_CHECKED_AT_ONCE,
  MAX_KEYS_ASKED,
  MAX_LATENCIES,
} from '../limits.ts';
import type { Replica } from './replica.ts';

interface Proposed {
  readonly version: Version;
  readonly at: Milliseconds;
  /** Null: what this replica voted for before it was started again; who proposed that is forgotten. */
  readonly digest: Digest | null;
  /** More than f members refuse it: it was heard, whatever becomes of it. */
  isAnswered: boolean;
}

export class Decisions {
  readonly #replica: Replica;
  /** Own proposals that wait for the decision of their version. */
  readonly #proposed = new Map<Key, Proposed>();
  readonly #decidedAt = new Map<Key, Milliseconds>();
  readonly #asked = new Map<string, Milliseconds>();
  readonly #askAgain = new Set<string>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  proposes(key: Key, version: Version, digest: Digest | null): void {
    this.#proposed.set(key, { version, digest, at: this.#replica.now, isAnswered: false });
  }

  /** The own proposal for this version, while it is open; null when there is none. */
  proposalOf(key: Key, version: Version): Digest | null {
    const proposed = this.#proposed.get(key);
    return proposed?.version === version ? proposed.digest : null;
  }

  /** The network has heard the own proposal, and will not have it. */
  answered(key: Key): void {
    const proposed = this.#proposed.get(key);
    if (proposed) proposed.isAnswered = true;
  }

  /** For how long the oldest own proposal has waited to be heard by enough; null: none waits. */
  waitsFor(): Milliseconds | null {
    let oldest: Milliseconds | null = null;
    for (const { at, isAnswered } of this.#proposed.values())
      if (!isAnswered && (oldest === null || at < oldest)) oldest = at;
    return oldest === null ? null : this.#replica.now - oldest;
  }

  decide(effect: Extract<CoreEffect, { type: 'decide' }>): void {
    const { certificate } = effect;
    const { key, version, digest, round } = certificate;
    const bytes = effect.bytesKnown ? this.#replica.cache.get(digest) : undefined;
    const value = bytes && decodeValue(bytes);
    const entry: CertifiedEntry = {
      key,
      version,
      digest,
      certificate,
      ...(value && { previous: value.previous }),
    };
    const before = this.#replica.heads.get(key);
    this.#replica.heads.set(key, entry);
    this.#decidedAt.set(key, this.#replica.now);
    if (bytes) this.#replica.outbox.value(digest, bytes);
    this.#replica.outbox.certify(entry, true);
    this.#replica.sync.headChanged(entry);
    this.#replica.sync.openChanged(key);
    this.#replica.fetcher.closed(key);
    if (effect.closed) this.#replica.witness.decided(effect.closed);
    this.#replica.refusals.delete(key);
    this.#replica.cache.unpin(key);
    this.#replica.delays.decided(key);
    const last = this.#proposed.get(key);
    const proposed = last?.version === version ? last : undefined;
    // Also one of a version before: it was decided elsewhere, and passed while this replica was away.
    if (last && last.version <= version) this.#proposed.delete(key);
    this.#replica.outbox.whenWritten(() => {
      if (proposed?.digest === digest) {
        const milliseconds = this.#replica.now - proposed.at;
        const at = this.#replica.options.clock.wall();
        this.#replica.latencies.unshift({ key, version, milliseconds, round, at });
        this.#replica.latencies.length = Math.min(this.#replica.latencies.length, MAX_LATENCIES);
      }
      const signers = certificateSigners(certificate).join(' ');
      this.#replica.trace({
        kind: 'decided',
        member: this.#replica.options.self ?? (0 as MemberIndex),
        key,
        version,
        round,
        digest,
        detail: signers,
      });
      // What the network decides about itself is no application's.
      if (!isNetworkKey(key)) this.#replica.options.listener.decided(entry, value ? value.body : undefined);
      if (certificate.groups.some((group) => group.form === 'votes')) {
        this.#replica.certifier.schedule(key, proposed?.digest === digest);
      }
    });
    if (!bytes) this.#replica.fetcher.wantHead(key, digest);
    else if (isNetworkKey(key)) this.#replica.epochs?.headArrived(key, digest);
    // Also when the head before never got its bytes: nobody wants them any more, and its past hangs on them.
    else if (effect.previous === undefined || (before && before.previous === undefined))
      void this.#replica.history.fill(entry);
  }

  /** Checks certificates that came in; a higher version replaces the own head, an aggregate replaces votes. */
  async take(certificates: readonly Certificate[], from: LinkId | null): Promise<void> {
    const wanted = certificates.filter((c) => this.#isNewer(c));
    if (wanted.length === 0) return;
    // By pages: among false ones each costs pairings of its own, and one page of them is enough to end the link.
    for (const page of pagesByCost(wanted)) {
      if (this.#replica.stopped) return;
      const verdicts = await this.check(page);
      for (const [i, certificate] of page.entries()) if (verdicts[i]) this.#takeCertificate(certificate);
      this.#replica.outbox.flush();
      if (from === null) continue;
      if (verdicts.includes(true)) this.#replica.useful(from);
      if (!verdicts.includes(false)) continue;
      this.#replica.closeLink(from, 'bad-signature');
      return;
    }
  }

  /** Each against the members of the epoch that it names; one of an epoch that is not known here does not hold. */
  async check(certificates: readonly Certificate[]): Promise<boolean[]> {
    const { bls, ed25519 } = this.#replica.options;
    const verdicts = certificates.map(() => false);
    for (const name of new Set(certificates.map((one) => one.epoch))) {
      const keys = this.#replica.keysOf(name);
      if (!keys) continue;
      const places = certificates.flatMap((one, i) => (one.epoch === name ? [i] : []));
      const held = await checkCertificates(
        places.map((i) => certificates[i]!),
        keys,
        { bls, ed25519 },
      );
      for (const [i, place] of places.entries()) verdicts[place] = held[i]!;
    }
    return verdicts;
  }

  #isNewer(certificate: Certificate): boolean {
    if (
      !this.#replica.keysOf(certificate.epoch) ||
      this.#replica.epochs?.isPast(certificate.key, certificate.version)
    )
      return false;
    const head = this.#replica.heads.get(certificate.key);
    if (!head || certificate.version > head.version) return true;
    return (
      certificate.version === head.version &&
      (certificate.digest !== head.digest || isSmaller(certificate, head.certificate))
    );
  }

  #takeCertificate(certificate: Certificate): void {
    const { key, version, digest, round } = certificate;
    const head = this.#replica.heads.get(key);
    if (head && head.version === version) {
      if (head.digest !== digest) {
        // OLD: keys of those who left may have been stolen since; what they sign proves nothing any more.
        if (certificate.epoch !== (this.#replica.epochs?.newest.digest ?? certificate.epoch)) return;
        // Certified in the network before, and not in R: it goes aside as soon as R's leaves are here.
        if (this.#replica.epochs?.isInDoubt(head.certificate)) return;
        this.#replica.stop(
          `Two certificates exist for version ${version} of ${key}: more than f members signed contradictions.`,
        );
      } else if (isSmaller(certificate, head.certificate)) this.replace({ ...head, certificate });
      return;
    }
    if (head && head.version > version) return;
    const instance = this.#replica.core.instances.get(key);
    // By the core: heads under `network/` of epochs that were left are in the chain, and in no other list here.
    const isOpen = version === this.#replica.openVersion(key);
    const mine =
      certificate.epoch === this.#replica.options.epoch.epoch &&
      this.#replica.options.self !== null &&
      certificateSigners(certificate).includes(this.#replica.options.self);
    const isOnRecord = !isOpen || !instance || isOwnOnRecord(instance.round, round);
    if (mine && isOnRecord && !(isOpen && instance?.ownCommits.get(round) === digest)) {
      this.#replica.becomeObserver(
        `A certificate holds a signature of this member (${key}, version ${version}) that this browser's log lacks: ` +
          'an old copy was restored, or the same key runs elsewhere.',
      );
    }
    this.#replica.dispatch({ type: 'certified', certificate, bytesKnown: this.#replica.cache.has(digest) });
  }

  /** Whoever calls this flushes: the certificates of one turn are one write. */
  replace(entry: CertifiedEntry): void {
    this.#replica.heads.set(entry.key, entry);
    this.#replica.outbox.certify(entry, false);
    const { key, version, digest, certificate } = entry;
    this.#replica.outbox.whenWritten(() => {
      this.#replica.trace({
        kind: 'certificate',
        member: this.#replica.options.self ?? (0 as MemberIndex),
        key,
        version,
        round: certificate.round,
        digest,
      });
      this.#replica.options.listener.changed();
    });
  }

  /** The neighbour votes in a version that is decided here. Just after the decision its votes crossed those that made it. */
  tellAhead(key: Key, to: LinkId): void {
    const decidedAt = this.#decidedAt.get(key);
    if (decidedAt !== undefined && this.#replica.now - decidedAt < AHEAD_GRACE_MS) return;
    this.#replica.sync.sendKeys(to, [key]);
  }

  askKey(key: Key, from: LinkId): void {
    const name = `${from} ${key}`;
    const last = this.#asked.get(name);
    const wait = last === undefined ? 0 : last + BEHIND_RETRY_MS - this.#replica.now;
    if (wait > 0) {
      // The answer under way may be older than the vote that was dropped just now: asked once more.
      if (this.#askAgain.has(name) || this.#askAgain.size >= MAX_KEYS_ASKED) return;
      this.#askAgain.add(name);
      this.#replica.options.clock.setTimeout(() => {
        this.#askAgain.delete(name);
        this.askKey(key, from);
      }, wait);
      return;
    }
    if (this.#asked.size >= MAX_KEYS_ASKED) this.#asked.clear();
    this.#asked.set(name, this.#replica.now);
    this.#replica.send(from, { type: 'want-keys', keys: [key] }, 'bulk');
  }
}

/** Certificates of one batch have one aggregate, which is checked once: together they cost as much as one. */
function pagesByCost(certificates: readonly Certificate[]): Certificate[][] {
  const pages: Certificate[][] = [];
  let page: Certificate[] = [];
  let costs = new Set<string>();
  for (const certificate of certificates) {
    const { key, groups } = certificate;
    const cost = groups.map((g) => (g.form === 'aggregate' ? toHex(g.signature) : key)).join(' ');
    if (!costs.has(cost) && costs.size >= CERTIFICATES_CHECKED_AT_ONCE) {
      pages.push(page);
      page = [];
      costs = new Set();
    }
    page.push(certificate);
    costs.add(cost);
  }
  return page.length > 0 ? [...pages, page] : pages;
}

/** An aggregate says the same as a list of votes in fewer bytes. */
function isSmaller(a: Certificate, b: Certificate): boolean {
  const votes = (c: Certificate): number =>
    c.groups.reduce((sum, g) => sum + (g.form === 'votes' ? g.votes.length : 0), 0);
  return votes(a) < votes(b);
}
