/**
 * Makes compact certificates off the critical path: one BLS aggregate instead of q votes. The proposer makes it at once and gossips it;
 * others wait W0 for it, else make it themselves. Certificates of one batch are made in one turn of one aggregate, and travel together.
 */
import type { Key, Milliseconds } from '../../codec/brand.ts';
import { MAX_CERTIFICATES_PER_MESSAGE } from '../../codec/limits.ts';
import type { Certificate } from '../../codec/vote.ts';
import { aggregateCertificate, type SharedAggregates } from '../../crypto/certificates.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { TimerHandle } from '../clock.ts';
import { CERTIFY_DELAY_MS } from '../limits.ts';
import type { Replica } from './replica.ts';

interface Due {
  readonly at: Milliseconds;
  readonly gossip: boolean;
}

export class Certifier {
  readonly #replica: Replica;
  readonly #due = new Map<Key, Due>();
  readonly #shared: SharedAggregates = new Map();
  #timer: { readonly handle: TimerHandle; readonly at: Milliseconds } | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  schedule(key: Key, atOnce: boolean): void {
    const at = this.#replica.now + (atOnce ? CERTIFY_DELAY_MS : this.#replica.core.w0);
    this.#due.set(key, { at, gossip: atOnce });
    this.#arm(at);
  }

  /** Certificates that wait to be made compact. */
  get due(): number {
    return this.#due.size;
  }

  stop(): void {
    this.#disarm();
    this.#due.clear();
  }

  #arm(at: Milliseconds): void {
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#disarm();
    const { clock } = this.#replica.options;
    const run = (): void => {
      this.#timer = null;
      if (!this.#replica.stopped) this.#run();
    };
    this.#timer = { handle: clock.setTimeout(run, Math.max(0, at - this.#replica.now)), at };
  }

  #disarm(): void {
    if (this.#timer !== null) this.#replica.options.clock.clearTimeout(this.#timer.handle);
    this.#timer = null;
  }

  /** One aggregate a turn, with all certificates that share it: the worker has other things to do in between. */
  #run(): void {
    const { now } = this.#replica;
    const made: Certificate[] = [];
    let turn: string | null = null;
    for (const [key, { at, gossip }] of this.#due) {
      // A timer may fire a little before its time.
      if (at > now + 1) continue;
      const entry = this.#replica.heads.get(key);
      const votes = entry?.certificate.groups.find((group) => group.form === 'votes');
      if (!entry || !votes) {
        this.#due.delete(key);
        continue;
      }
      const work = votes.batch?.root ?? key;
      turn ??= work;
      if (work !== turn) continue;
      this.#due.delete(key);
      const certificate = this.#make(entry);
      if (certificate && gossip) made.push(certificate);
    }
    this.#replica.outbox.flush();
    if (made.length > 0) this.#tell(made);
    if (this.#due.size > 0) this.#arm(Math.min(...[...this.#due.values()].map(({ at }) => at)));
  }

  #make(entry: CertifiedEntry): Certificate | null {
    const { bls } = this.#replica.options;
    const epoch = this.#replica.keysOf(entry.certificate.epoch);
    if (!epoch) return null;
    const { certificate, badShares } = aggregateCertificate(entry.certificate, epoch, bls, this.#shared);
    if (epoch === this.#replica.counted) this.#replica.convictions.badShares(entry.certificate, badShares);
    if (!certificate.groups.some((group) => group.form === 'aggregate')) return null;
    this.#replica.decisions.replace({ ...entry, certificate });
    return certificate;
  }

  #tell(made: readonly Certificate[]): void {
    for (let from = 0; from < made.length; from += MAX_CERTIFICATES_PER_MESSAGE) {
      const certificates = made.slice(from, from + MAX_CERTIFICATES_PER_MESSAGE);
      for (const link of this.#replica.links.keys())
        this.#replica.send(link, { type: 'certificates', certificates }, 'bulk');
    }
  }
}
