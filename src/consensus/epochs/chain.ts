/** The chain of epochs, and what follows from it: places of members, names that were used, values that are carried. Questions only. */
import {
  asMemberIndex,
  asVersion,
  type Digest,
  type EpochDigest,
  type MemberIndex,
  type NetworkId,
} from '../../codec/brand.ts';
import type { Key, Version } from '../../codec/brand.ts';
import type { StateLeaf } from '../../codec/epoch-messages.ts';
import { CHANGE_KEY, OPENING_KEY, type Opening, type ReportedLock } from '../../codec/epochs.ts';
import type { Genesis } from '../../codec/genesis.ts';
import { restoreHead } from '../core.ts';
import { firstEpoch } from '../membership.ts';
import type { CoreConfig } from '../types.ts';
import type { Carried, CheckedLink, Epoch, EpochsConfig, EpochsState, GenesisRest, Self } from './types.ts';

/** Epoch 0. */
export function genesisEpoch(network: NetworkId, genesis: Genesis): Epoch {
  return {
    number: 0,
    network,
    genesis: restOf(genesis),
    digest: firstEpoch(network),
    members: genesis.members,
    rulesVersion: genesis.rulesVersion,
    began: null,
  };
}

/** The epoch that a checked link leads to. */
export function epochAfter(epoch: Epoch, link: CheckedLink): Epoch {
  if (link.type === 'break') return epochAfterBreak(epoch, link);
  const { change, changeDigest, changeValue, opening, openingValue } = link;
  return {
    number: epoch.number + 1,
    network: epoch.network,
    genesis: epoch.genesis,
    digest: openingValue as string as EpochDigest,
    members: change.members,
    rulesVersion: change.rulesVersion,
    began: {
      change: changeDigest,
      changeValue,
      openingValue,
      root: opening.root,
      joinSecret: change.joinSecret,
    },
  };
}

/** Number of the epoch that it leads to. */
export function numberAfter(link: CheckedLink): number {
  return link.type === 'break' ? link.genesis.continues.epoch + 1 : link.change.epoch;
}

/** Its number goes on, so that versions under `network/` do. */
function epochAfterBreak(epoch: Epoch, { network, genesis }: Extract<CheckedLink, { type: 'break' }>): Epoch {
  const { members, rulesVersion, continues } = genesis;
  const by = network as string as Digest;
  return {
    number: epoch.number + 1,
    network,
    genesis: restOf(genesis),
    digest: firstEpoch(network),
    members,
    rulesVersion,
    began: {
      change: by,
      changeValue: by,
      openingValue: by,
      root: continues.root,
      joinSecret: continues.joinSecret,
    },
  };
}

/** Epochs that continue another network, each with the one before. */
export function breaksOf(chain: readonly Epoch[]): { readonly from: Epoch; readonly to: Epoch }[] {
  return chain.flatMap((to, i) => {
    const from = chain[i - 1];
    return from && from.network !== to.network ? [{ from, to }] : [];
  });
}

/** The network was continued as another one after the epoch that is begun here: R alone says what was certified before. */
export function leadsOverBreak({ chain, at }: Pick<EpochsState, 'chain' | 'at'>): boolean {
  return chain.at(-1)!.network !== chain[at]!.network;
}

const restOf = ({ name, draftNonce, demo, directory }: Genesis): GenesisRest => ({
  name,
  draftNonce,
  demo,
  directory,
});

/** The place of this key in an epoch whose entry names this log; null: an observer there. */
export function placeOf(epoch: Epoch, self: Self | null): MemberIndex | null {
  if (self === null) return null;
  const at = epoch.members.findIndex((m) => m.voteKey === self.voteKey && m.logId === self.logId);
  return at < 0 ? null : asMemberIndex(at);
}

export function newestEpoch(state: EpochsState): Epoch {
  return state.chain.at(-1)!;
}

export function epochOf(state: EpochsState, digest: EpochDigest): Epoch | undefined {
  return state.chain.find((epoch) => epoch.digest === digest);
}

/** Version of the values under `network/` that end an epoch. */
export function endingVersion(epoch: Pick<Epoch, 'number'>): Version {
  return asVersion(epoch.number + 1);
}

/**
 * Takes in the locks of one opening: of each key that of the highest version, then of the highest round. A lock that an earlier opening
 * carries in the same version stays: nothing else could have been voted for since.
 */
export function foldLocks(locks: Map<Key, Carried>, opening: Opening): void {
  const best = new Map<Key, ReportedLock>();
  for (const { locks: reported } of opening.statements) {
    for (const lock of reported) {
      const other = best.get(lock.key);
      if (
        !other ||
        lock.version > other.version ||
        (lock.version === other.version && lock.round > other.round)
      )
        best.set(lock.key, lock);
    }
  }
  for (const { key, version, digest } of best.values()) {
    const before = locks.get(key);
    if (!before || version > before.version) locks.set(key, { key, version, digest });
  }
}

/**
 * CARRIED: those locks whose version is the next after R's. Locks of lower versions were decided since. There is none of a higher version:
 * a polka for it needs an honest member that had decided all before, and all of that is in R. So R of the newest epoch is enough, also for
 * whoever slept through the ones between.
 */
export function carriedInto(
  locks: ReadonlyMap<Key, Carried>,
  leaves: ReadonlyMap<Key, StateLeaf>,
): ReadonlyMap<Key, Carried> {
  const found = new Map<Key, Carried>();
  for (const [key, lock] of locks)
    if (lock.version === (leaves.get(key)?.version ?? 0) + 1) found.set(key, lock);
  return found;
}

/** The core's configuration in an epoch: who this replica is there follows from its key and its log. */
export function coreConfigOf(config: EpochsConfig, epoch: Epoch): CoreConfig {
  return {
    epoch: epoch.digest,
    n: epoch.members.length,
    self: placeOf(epoch, config.self),
    w0: config.w0,
    hash: config.hash,
  };
}

/** Heads under `network/` follow from the chain. */
export function restoreNetworkHeads(state: EpochsState): void {
  const { began, number } = state.chain[state.at]!;
  if (!began) return;
  const version = endingVersion({ number: number - 1 });
  restoreHead(state.core, CHANGE_KEY, { version, digest: began.changeValue, bytesKnown: true });
  restoreHead(state.core, OPENING_KEY, { version, digest: began.openingValue, bytesKnown: true });
}
