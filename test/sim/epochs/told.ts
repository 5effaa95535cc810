/**
 * What a replica tells in its hello, made once for each state and not once for each neighbour. Every event of the machine, and every write,
 * says here which part it may have changed; the simulator's traces are the same with and without this file.
 */
import type { Key } from '../../../src/codec/brand.ts';
import type { Vote } from '../../../src/codec/vote.ts';
import type { EpochsEffect, EpochsEvent, EpochsState } from '../../../src/consensus/epochs/types.ts';
import type { CoreEvent, Instance } from '../../../src/consensus/types.ts';
import { votesOf } from '../../../src/crdt/open.ts';
import type { EpochReplica } from './replica.ts';

export class Told {
  private heads: ReadonlyMap<Key, number> | null = null;
  private open: ReadonlyMap<Key, string> | null = null;
  /** By key, as far as nothing changed; whoever is asked for all keys takes these and makes the rest. */
  private readonly digests = new Map<Key, { readonly instance: Instance; readonly digest: string }>();
  private readonly votes = new Map<Key, { readonly instance: Instance; readonly votes: readonly Vote[] }>();
  private reports: string | null = null;
  private approvals: string | null = null;

  forget(): void {
    this.heads = null;
    this.reports = null;
    this.approvals = null;
    this.forgetOpen();
  }

  /** A decision was written. */
  forgetHeads(): void {
    this.heads = null;
  }

  changed(event: EpochsEvent, effects: readonly EpochsEffect[]): void {
    // Votes of the convicted are left out of every digest.
    for (const { type } of effects) if (type === 'evidence') this.forgetOpen();
    switch (event.type) {
      case 'core':
        this.changedCore(event.event);
        break;
      case 'approval':
      case 'draft':
        this.approvals = null;
        break;
      case 'report':
      case 'report-signed':
        this.reports = null;
        break;
      case 'approve':
      case 'change-read':
      case 'closed-durable':
      case 'root':
      case 'leaves':
        break;
      case 'certificate':
        this.forgetKey(event.certificate.key);
        break;
      case 'link':
      case 'break':
      case 'leave':
      case 'may-vote':
        this.forget();
        break;
    }
  }

  headsOf({ disk }: EpochReplica): ReadonlyMap<Key, number> {
    if (this.heads) return this.heads;
    const heads = new Map<Key, number>();
    for (const [key, { version }] of disk.heads) heads.set(key, version);
    return (this.heads = heads);
  }

  openOf({ core, around }: EpochReplica): ReadonlyMap<Key, string> {
    if (this.open) return this.open;
    const open = new Map<Key, string>();
    for (const [key, instance] of core.instances) {
      const known = this.digests.get(key);
      const digest = known?.instance === instance ? known.digest : around.openDigest(core, key);
      if (known?.digest !== digest) this.digests.set(key, { instance, digest });
      open.set(key, digest);
    }
    return (this.open = open);
  }

  votesOf(instance: Instance): readonly Vote[] {
    const known = this.votes.get(instance.key);
    if (known?.instance === instance) return known.votes;
    const votes = votesOf(instance);
    this.votes.set(instance.key, { instance, votes });
    return votes;
  }

  reportsOf(machine: EpochsState): string {
    if (this.reports !== null) return this.reports;
    const reports = [...machine.reports].map(([author, of]) => `${author}${[...of.keys()].join()}`);
    return (this.reports = reports.sort().join());
  }

  approvalsOf(machine: EpochsState): string {
    if (this.approvals !== null) return this.approvals;
    const approvals = [...machine.drafts.values()].map(
      ({ digest, approvals: a, joins }) =>
        `${digest}${[...a.keys()].sort().join()}/${[...joins.keys()].sort().join()}`,
    );
    return (this.approvals = approvals.sort().join());
  }

  private changedCore(event: CoreEvent): void {
    switch (event.type) {
      // Only asks for signatures to be checked.
      case 'received':
      case 'w0':
      case 'close':
        break;
      case 'checked':
        for (const { key } of event.votes) this.forgetKey(key);
        break;
      case 'signed':
        this.forgetKey(event.vote.key);
        break;
      case 'certified':
        this.forgetKey(event.certificate.key);
        break;
      case 'propose':
      case 'value':
      case 'head-bytes':
      case 'tick':
        this.forgetKey(event.key);
        break;
      case 'evidence':
      case 'suspected':
      case 'may-vote':
        this.forgetOpen();
        break;
    }
  }

  private forgetKey(key: Key): void {
    this.open = null;
    this.digests.delete(key);
    this.votes.delete(key);
  }

  private forgetOpen(): void {
    this.open = null;
    this.digests.clear();
    this.votes.clear();
  }
}
