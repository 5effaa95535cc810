import { isNetworkKey, type Digest } from '../../../src/codec/brand.ts';
import type { StateLeaf } from '../../../src/codec/epoch-messages.ts';
import type { Report, ReportBody } from '../../../src/codec/epochs.ts';
import { certificateSigners, type Vote } from '../../../src/codec/vote.ts';
import type { EpochReplica } from './replica.ts';
import { hash } from './scene.ts';

/** The certified state under a root: a replica's own, those that it reported, and the one that it looks for. */
export class States {
  /** Root whose leaves it asks others for. */
  wanted: Digest | null = null;
  /** Leaves of reports that are being written, by root. */
  private readonly kept = new Map<Digest, readonly StateLeaf[]>();
  private readonly replica: EpochReplica;

  constructor(replica: EpochReplica) {
    this.replica = replica;
  }

  restore(): void {
    this.wanted = null;
  }

  ownRoot(): Digest {
    const { around, disk } = this.replica;
    const root = around.scene.rootOf(this.own());
    if (!around.scene.ablation?.rootOverCertificates) return root;
    const proofs = [...disk.heads.values()]
      .filter(({ key }) => !isNetworkKey(key))
      .map((c) => `${c.key} ${c.round} ${certificateSigners(c).join()}`)
      .sort();
    return hash(new TextEncoder().encode(`${root} ${proofs.join()}`));
  }

  /** Null: it has no such state. */
  leavesOf(root: Digest): readonly StateLeaf[] | null {
    const { ablation } = this.replica.around.scene;
    const found = this.find(root);
    if (found && ablation?.rootOverCertificates) leavesRoots.set(found, root);
    return found;
  }

  /** Leaves that another has sent. */
  take(root: Digest, leaves: readonly StateLeaf[]): void {
    if (this.wanted !== root || this.rootOf(leaves) !== root) return;
    this.wanted = null;
    this.replica.handle({ type: 'leaves', root, leaves });
  }

  signReport(body: ReportBody, polkas: readonly Vote[]): void {
    const { replica } = this;
    const { scene, random, pace } = replica.around;
    // The leaves are those of this moment; they are kept with the report.
    const leaves = this.own();
    const report = scene.signReport(replica.org, replica.place!, body, polkas);
    replica.host.later(random.below(pace + 1), () => {
      this.kept.set(report.root, leaves);
      replica.handle({ type: 'report-signed', report });
    });
  }

  writeOfReport(report: Report): () => void {
    const { disk } = this.replica;
    const leaves = this.kept.get(report.root)!;
    return () => {
      disk.ownReports.push(report);
      disk.reported.set(report.root, leaves);
    };
  }

  /** Certified state without `network/`, as R names it. */
  private own(): StateLeaf[] {
    return [...this.replica.core.certified]
      .filter(([key]) => !isNetworkKey(key))
      .map(([key, { version, digest }]) => ({ key, version, digest }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  private find(root: Digest): readonly StateLeaf[] | null {
    const { replica } = this;
    const own = this.own();
    if (this.ownRoot() === root) return own;
    if (replica.epoch.began?.root === root) return replica.disk.leaves;
    if (replica.around.scene.ablation?.servesOnlyItsState) return null;
    return replica.disk.reported.get(root) ?? null;
  }

  private rootOf(leaves: readonly StateLeaf[]): Digest {
    const { scene } = this.replica.around;
    const root = scene.rootOf(leaves);
    if (!scene.ablation?.rootOverCertificates) return root;
    return leavesRoots.get(leaves) ?? root;
  }
}

/** Under `root-over-certificates`, which root leaves were told for. */
const leavesRoots = new WeakMap<readonly StateLeaf[], Digest>();
