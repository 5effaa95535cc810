/** Past versions that this replica missed: fetched in the background, checked by their certificates and the chain of previous digests. */
import { asVersion, type Key } from '../../codec/brand.ts';
import type { PeerMessage } from '../../codec/messages.ts';
import { checkCertificates } from '../../crypto/certificates.ts';
import type { LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import { HISTORY_PAGE, VALUES_PER_MESSAGE_BYTES } from '../limits.ts';
import type { Replica } from './replica.ts';
import { decodeValue } from './value.ts';

export class HistoryFetcher {
  readonly #replica: Replica;
  /** The lowest version held of a key whose past is being fetched. */
  readonly #below = new Map<Key, CertifiedEntry>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Begins where a newly adopted head's past may be missing. */
  fill(head: CertifiedEntry): void {
    void this.#lowest(head).then((lowest) => this.#ask(lowest));
  }

  async receive(
    link: LinkId,
    message: Extract<PeerMessage, { type: 'want-history' | 'history' }>,
  ): Promise<void> {
    if (message.type === 'want-history') await this.#answer(link, message.key, message.below);
    else await this.#take(message.key, message.entries);
  }

  /** Follows the chain down through what is held already. */
  async #lowest(head: CertifiedEntry): Promise<CertifiedEntry> {
    const held = new Map(
      (await this.#replica.options.store.history(head.key)).map((entry) => [entry.version as number, entry]),
    );
    let lowest = head;
    for (;;) {
      const before = held.get(lowest.version - 1);
      if (!before || before.digest !== lowest.previous || before.previous === undefined) return lowest;
      lowest = before;
    }
  }

  #ask(lowest: CertifiedEntry): void {
    if (lowest.version <= 1 || !lowest.previous || this.#replica.stopped) return;
    this.#below.set(lowest.key, lowest);
    for (const link of this.#replica.links.keys()) {
      this.#replica.send(link, { type: 'want-history', key: lowest.key, below: lowest.version }, 'bulk');
    }
  }

  async #answer(link: LinkId, key: Key, below: number): Promise<void> {
    const past = (await this.#replica.options.store.history(key)).filter((entry) => entry.version < below);
    const entries: { certificate: CertifiedEntry['certificate']; value: Uint8Array }[] = [];
    let size = 0;
    for (const entry of past.reverse().slice(0, HISTORY_PAGE)) {
      const value = await this.#replica.valueOf(entry.digest);
      if (!value || size + value.length > VALUES_PER_MESSAGE_BYTES) break;
      size += value.length;
      entries.push({ certificate: entry.certificate, value });
    }
    if (entries.length > 0) this.#replica.send(link, { type: 'history', key, entries }, 'bulk');
  }

  async #take(key: Key, entries: Extract<PeerMessage, { type: 'history' }>['entries']): Promise<void> {
    const start = this.#below.get(key);
    if (!start) return;
    const { epoch, bls, ed25519, hash } = this.#replica.options;
    let lowest = start;
    for (const { certificate, value } of entries) {
      const fits =
        certificate.key === key &&
        certificate.version === lowest.version - 1 &&
        certificate.digest === lowest.previous;
      if (!fits || hash(value) !== certificate.digest) break;
      const [verified] = await checkCertificates([certificate], epoch, { bls, ed25519 });
      const decoded = decodeValue(value);
      if (!verified || !decoded) break;
      const { version, digest } = certificate;
      lowest = { key, version: asVersion(version), digest, certificate, previous: decoded.previous };
      this.#replica.outbox.value(digest, value);
      this.#replica.outbox.history(lowest);
    }
    if (lowest === start || this.#below.get(key) !== start) return;
    this.#below.delete(key);
    this.#replica.outbox.then(() => this.#replica.options.listener.changed());
    this.#replica.outbox.flush();
    this.#ask(lowest);
  }
}
