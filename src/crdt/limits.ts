/** Limits of the crdt room; docs/limits.md lists every room's. */

/** Leaves that a node tells at once instead of its children: one message of them is about 2 KiB. */
export const LEAVES_PER_NODE = 16;
/** Levels below the root: 64 hex digits of a digest. Equal prefixes that long do not happen. */
export const MAX_DEPTH = 64;
