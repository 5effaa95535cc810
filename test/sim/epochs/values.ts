import { isNetworkKey, type Digest, type Key, type Version } from '../../../src/codec/brand.ts';
import { CHANGE_KEY, OPENING_KEY } from '../../../src/codec/epochs.ts';
import type { CoreEvent } from '../../../src/consensus/types.ts';
import type { EpochReplica } from './replica.ts';

/** Whose bytes a replica has, whose it looks for, and which values are good. */
export class Values {
  /** Digests whose bytes it has. */
  known = new Set<Digest>();
  private wanted = new Map<Digest, { key: Key; version: number }>();
  private readonly replica: EpochReplica;

  constructor(replica: EpochReplica) {
    this.replica = replica;
  }

  restore(): void {
    this.known = new Set(this.replica.disk.values);
    this.wanted = new Map();
  }

  /** Digests to ask others for. */
  get missing(): readonly Digest[] {
    return [...this.wanted.keys()];
  }

  want(digest: Digest, key: Key, version: number): void {
    this.wanted.set(digest, { key, version });
  }

  /** What is decided up to this version needs no other value. */
  unwant(key: Key, version: number): void {
    for (const [digest, of] of this.wanted)
      if (of.key === key && of.version <= version) this.wanted.delete(digest);
  }

  /** Bytes that arrived. */
  learn(digest: Digest): void {
    const { replica } = this;
    if (!replica.up || this.known.has(digest)) return;
    this.known.add(digest);
    const of = this.wanted.get(digest);
    if (!of) return;
    this.wanted.delete(digest);
    const { key, version } = of;
    const head = replica.core.certified.get(key);
    if (head?.digest === digest) {
      replica.host.enqueue({
        write: () => void replica.disk.values.add(digest),
        send: () => undefined,
      });
      replica.core$({ type: 'head-bytes', key, digest });
      if (key === CHANGE_KEY) replica.readChange(digest);
      if (key === OPENING_KEY) replica.makeLink();
    }
    const carried = replica.machine.carried.get(key);
    if (carried?.digest === digest) replica.offers.carry(carried);
    if (replica.core.instances.get(key)?.version === version)
      replica.core$(this.verdict(key, digest, version));
  }

  verdict(key: Key, digest: Digest, version: number): CoreEvent & { type: 'value' } {
    const { machine, around } = this.replica;
    const chain = machine.chain.slice(0, machine.at + 1);
    const good = isNetworkKey(key)
      ? around.scene.isNetworkValid(key, digest, chain)
      : around.scene.isValid(digest);
    return { type: 'value', key, version: version as Version, digest, status: good ? 'valid' : 'invalid' };
  }
}
