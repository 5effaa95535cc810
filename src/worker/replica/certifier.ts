/**
 * Makes compact certificates off the critical path: one BLS aggregate instead of q votes. The proposer makes it at once and gossips it;
 * others wait W0 for it, else make it themselves.
 */
import type { Key } from '../../codec/brand.ts';
import { aggregateCertificate } from '../../crypto/certificates.ts';
import type { TimerHandle } from '../clock.ts';
import { CERTIFY_DELAY_MS } from '../limits.ts';
import type { Replica } from './replica.ts';

export class Certifier {
  readonly #replica: Replica;
  readonly #timers = new Map<Key, TimerHandle>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  schedule(key: Key, atOnce: boolean): void {
    const { clock } = this.#replica.options;
    const old = this.#timers.get(key);
    if (old !== undefined) clock.clearTimeout(old);
    const run = (): void => {
      this.#timers.delete(key);
      if (!this.#replica.stopped) this.#make(key, atOnce);
    };
    this.#timers.set(key, clock.setTimeout(run, atOnce ? CERTIFY_DELAY_MS : this.#replica.core.config.w0));
  }

  stop(): void {
    for (const handle of this.#timers.values()) this.#replica.options.clock.clearTimeout(handle);
    this.#timers.clear();
  }

  #make(key: Key, gossip: boolean): void {
    const entry = this.#replica.heads.get(key);
    if (!entry || !entry.certificate.groups.some((group) => group.form === 'votes')) return;
    const { epoch, bls } = this.#replica.options;
    const { certificate } = aggregateCertificate(entry.certificate, epoch, bls);
    if (!certificate.groups.some((group) => group.form === 'aggregate')) return;
    this.#replica.decisions.replace({ ...entry, certificate });
    if (!gossip) return;
    for (const link of this.#replica.links.keys()) {
      this.#replica.send(link, { type: 'certificates', certificates: [certificate] }, 'bulk');
    }
  }
}
