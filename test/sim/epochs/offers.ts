import { asDigest, type Digest, type Key, type Version } from '../../../src/codec/brand.ts';
import { OPENING_KEY, type Report } from '../../../src/codec/epochs.ts';
import { openingOf } from '../../../src/consensus/epochs/arms.ts';
import type { Carried, EpochsEffect } from '../../../src/consensus/epochs/types.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import type { EpochReplica } from './replica.ts';
import { changeDigestOf } from './scene.ts';

type Offer = Extract<EpochsEffect, { type: 'offer' }>;

/** What a replica puts forward: versions of packages, changes and openings, and what its epoch carries on. */
export class Offers {
  /** Epoch for which it made an opening that the rules do not allow. */
  private looseIn = -1;
  private readonly replica: EpochReplica;

  constructor(replica: EpochReplica) {
    this.replica = replica;
  }

  propose(key: Key, version: number, digest: Digest): boolean {
    const { replica } = this;
    const head = replica.core.certified.get(key);
    if (!replica.up || replica.place === null) return false;
    if (replica.version(key) !== version - 1 || (head && !head.bytesKnown)) return false;
    replica.values.known.add(digest);
    replica.disk.values.add(digest);
    replica.core$({ type: 'propose', key, version: version as Version, digest });
    return true;
  }

  offer({ version, previous, value }: Omit<Offer, 'type'>): void {
    const { around, disk, epoch, host, values } = this.replica;
    const found =
      'change' in value
        ? ({
            kind: 'change',
            previous,
            value: value.change,
            digest: changeDigestOf(value.change.change),
          } as const)
        : ({ kind: 'opening', previous, opening: value.opening } as const);
    const digest = around.scene.addValue(found, epoch.digest);
    around.note?.(this.replica, `offers ${value.key} v${version} = ${digest.slice(0, 6)}`);
    values.known.add(digest);
    host.enqueue({
      write: () => void disk.values.add(digest),
      send: () => this.replica.core$({ type: 'propose', key: value.key, version, digest }),
    });
  }

  /** Under an ablation reports make an opening that do not by the rules. */
  offerLoose(): void {
    const { around, core, machine, place } = this.replica;
    const { ablation } = around.scene;
    const change = machine.sealed?.digest;
    if (!ablation || (!ablation.mixesRoots && !ablation.fewerReports)) return;
    // The arm of the machine stays idle: this one is in its place.
    machine.offered ??= NOTHING;
    if (!change || !machine.mayVote || machine.phase !== 'closed' || place === null) return;
    if (this.looseIn === machine.at) return;
    const need = quorum(core.config.n) - (ablation.fewerReports ?? 0);
    const groups = new Map<string, Report[]>();
    for (const of of machine.reports.values()) {
      const one = [...of.values()].filter((report) => report.change === change).at(-1);
      if (!one) continue;
      const name = ablation.mixesRoots ? '' : one.root;
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    const found = [...groups.values()].find((reports) => reports.length >= need);
    if (!found) return;
    this.looseIn = machine.at;
    const previous = core.certified.get(OPENING_KEY)?.digest ?? null;
    const value = { key: OPENING_KEY, opening: openingOf(found.slice(0, need)) } as const;
    this.offer({ version: (machine.at + 1) as Version, previous, value });
  }

  carry({ key, version, digest }: Carried): void {
    const { around, place, values } = this.replica;
    if (around.scene.ablation?.carriesNothing || place === null || this.replica.version(key) >= version)
      return;
    if (values.known.has(digest)) this.propose(key, version, digest);
    else values.want(digest, key, version);
  }

  /** Again and again until it is decided: the value may have come late, or the version before. */
  pushCarried(): void {
    const { replica } = this;
    if (!replica.up) return;
    for (const carried of replica.machine.carried.values()) {
      const instance = replica.core.instances.get(carried.key);
      if (!instance || instance.round < 0) this.carry(carried);
    }
    this.offerLoose();
  }
}

const NOTHING = asDigest('0'.repeat(64));
