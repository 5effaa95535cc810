/**
 * Anti-entropy: two replicas compare roots, descend where digests differ, and each pulls what it lacks. Pure: the caller sends and
 * receives. Pushing new votes is done elsewhere and never waits for a descent.
 */
import type { Key, Version } from '../codec/brand.ts';
import type { TreeNode } from '../codec/messages.ts';
import { EMPTY, type MerkleTree } from './merkle.ts';

export interface Differences {
  /** Prefixes whose nodes to ask for. */
  readonly prefixes: readonly string[];
  /** Keys to ask for: the other is ahead, or knows other votes. */
  readonly keys: readonly Key[];
  /** Keys where the other is behind. */
  readonly ahead: readonly Key[];
}

/** What to do about one node that the other told. */
export function compareNode(tree: MerkleTree, theirs: TreeNode): Differences {
  if (theirs.kind === 'inner') {
    const mine = theirs.children.map((_, i) => tree.node(theirs.prefix + i.toString(16)));
    const own = ownChildren(tree, theirs.prefix);
    const prefixes: string[] = [];
    theirs.children.forEach((child, i) => {
      const differs = own
        ? child.certified !== own[i]!.certified || child.open !== own[i]!.open
        : child.certified !== EMPTY || child.open !== EMPTY || !isEmpty(mine[i]!);
      if (differs) prefixes.push(theirs.prefix + i.toString(16));
    });
    return { prefixes, keys: [], ahead: [] };
  }
  const keys: Key[] = [];
  const ahead: Key[] = [];
  for (const leaf of theirs.leaves) {
    const own = tree.leaf(leaf.key);
    if (isAhead(leaf.version, own.version)) keys.push(leaf.key);
    else if (isAhead(own.version, leaf.version)) ahead.push(leaf.key);
    else if (leaf.open !== EMPTY && leaf.open !== own.open) keys.push(leaf.key);
  }
  return { prefixes: [], keys, ahead };
}

const isAhead = (a: Version, b: Version): boolean => a > b;
const isEmpty = (node: TreeNode): boolean => node.kind === 'leaves' && node.leaves.length === 0;

/** Digests of the sixteen children, when this side has an inner node at the prefix too. */
function ownChildren(
  tree: MerkleTree,
  prefix: string,
): readonly { certified: string; open: string }[] | null {
  const node = tree.node(prefix);
  return node.kind === 'inner' ? node.children : null;
}
