/** R: the certified root over a list of leaves (docs/protocol.md, "Epochs"). The same as that of the tree which a replica keeps as it goes. */
import type { Digest } from '../codec/brand.ts';
import { asDigest, isNetworkKey } from '../codec/brand.ts';
import type { StateLeaf } from '../codec/epoch-messages.ts';
import type { Hash } from '../crypto/types.ts';
import { createMerkleTree, EMPTY } from './merkle.ts';

/** Leaves under `network/` are left out: they are in no state that a report names. */
export function stateRoot(hash: Hash, leaves: Iterable<StateLeaf>): Digest {
  const tree = createMerkleTree(hash, () => EMPTY);
  for (const { key, version, digest } of leaves)
    if (!isNetworkKey(key)) tree.setCertified(key, version, digest);
  return asDigest(tree.root().certified);
}
