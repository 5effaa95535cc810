import type { Key } from '../../../src/codec/brand.ts';
import type { Certificate } from '../../../src/codec/vote.ts';
import { instanceLog } from '../../../src/consensus/log.ts';
import type { EpochReplica } from './replica.ts';

/** What a replica writes. Each call takes what is to be written as it is now: later changes belong to later writes. */
export class Writes {
  /** Heads of this life, on disk or about to be. */
  private heads = new Map<Key, Certificate>();
  private readonly replica: EpochReplica;

  constructor(replica: EpochReplica) {
    this.replica = replica;
  }

  restore(): void {
    this.heads = new Map(this.replica.disk.heads);
  }

  headOf(key: Key): Certificate | undefined {
    return this.heads.get(key) ?? this.replica.disk.heads.get(key);
  }

  ofLog(key: Key): () => void {
    const { core, disk, machine } = this.replica;
    const log = instanceLog(core, key);
    const { at } = machine;
    return () => {
      if (!log || (disk.heads.get(key)?.version ?? 0) >= log.version || disk.chain.length - 1 !== at) return;
      disk.logs.set(key, log);
      for (const digest of log.values) disk.values.add(digest);
    };
  }

  ofDecision(certificate: Certificate, bytesKnown: boolean): () => void {
    const { replica } = this;
    const { around, disk, host, values } = replica;
    const { key, version, digest } = certificate;
    around.onDecide(replica, certificate);
    around.note?.(
      replica,
      `decides ${key} v${version} = ${digest.slice(0, 6)} from round ${certificate.round}`,
    );
    this.heads.set(key, certificate);
    values.unwant(key, version);
    const known = values.known.has(digest);
    if (known) {
      if (!bytesKnown) host.later(0, () => replica.core$({ type: 'head-bytes', key, digest }));
    } else values.want(digest, key, version);
    return () => {
      around.onDecisionWritten(replica, certificate);
      if ((disk.heads.get(key)?.version ?? 0) >= version) return;
      disk.heads.set(key, certificate);
      replica.talk.forgetHeads();
      disk.logs.delete(key);
      if (known) disk.values.add(digest);
    };
  }

  ofBegin(): () => void {
    const { disk, machine } = this.replica;
    const chain = [...machine.chain];
    const carried = [...machine.carried.values()];
    const leaves = [...(machine.leaves?.leaves ?? [])].map(([, leaf]) => leaf);
    return () => {
      disk.chain = chain;
      disk.carried = carried;
      disk.leaves = leaves;
      disk.closedBy = null;
      disk.logs.clear();
      disk.evidence.clear();
      disk.ownReports = [];
      disk.reported.clear();
      disk.changes = [];
      disk.approvals = [];
    };
  }
}
