/** Limits of the crdt room; docs/limits.md lists every room's. */

/** Leaves that are hashed as one list instead of as sixteen children: a list of them is about 2 KiB. */
export const LEAVES_PER_NODE = 16;
/** Levels below the root: 64 hex digits of a digest. Equal prefixes that long do not happen. */
export const MAX_DEPTH = 64;
/** Hex digits by which a leaf is told: 2^-15 that two of 100,000 keys share them, and then more digits are told. */
export const PATH_DIGITS = 12;
/** Own leaves below a prefix up to which it is asked for without digests: their list is shorter than what it would save. */
export const ASK_PLAIN_LEAVES = 64;
/** Own leaves up to which sixteen digests go with a question; above it 256, which are two levels. */
export const ASK_ONE_LEVEL_LEAVES = 1024;
/** Leaves listed in answer to one prefix; above it another level of digests is less than the lists of what is equal. */
export const MAX_LISTED_LEAVES = 512;
/** Leaves and digests after which an answer ends, and the rest is asked for again: about 150 KiB. */
export const MAX_ANSWER_ITEMS = 8192;
/** Hex digits of a prefix that is asked for: more than LEAVES_PER_NODE keys that agree in 96 bits of their digests cannot be found. */
export const MAX_ASK_DEPTH = 24;
/** Prefixes of one question: a level of 10,000 keys. */
export const ASK_PREFIXES = 512;
/** Bytes of digests in one question: as many as an answer's. */
export const MAX_ASK_TAG_BYTES = 64 * 1024;
/** Prefixes asked for in one comparison: all that a late joiner of 1,000,000 keys needs; whoever invents a tree gets no further. */
export const MAX_PREFIXES_PER_DESCENT = 80_000;
/** Prefixes that wait to be asked for: the deepest are asked first, so an honest tree needs a fraction of it. */
export const MAX_PENDING_PREFIXES = 16_384;
