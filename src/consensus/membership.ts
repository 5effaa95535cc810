/** Members of an epoch and the numbers that follow from how many they are. */
import type { EpochDigest, NetworkId } from '../codec/brand.ts';

/** Members that may be arbitrary or away: ⌊(n − 1) / 3⌋. */
export function faultsTolerated(n: number): number {
  return Math.floor((n - 1) / 3);
}

/** Signatures that make a polka or a certificate: n − f. Two quorums share an honest member for every n. */
export function quorum(n: number): number {
  return n - faultsTolerated(n);
}

/** Epoch 0 is named by the genesis. */
export function firstEpoch(network: NetworkId): EpochDigest {
  return network as string as EpochDigest;
}
