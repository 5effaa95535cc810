/** Limits of the consensus room; docs/limits.md lists every room's. */

/** Values kept per (author, round, type): two are proof of equivocation, a third adds nothing. */
export const MAX_VALUES_PER_AUTHOR = 2;
/**
 * Instances that one author may hold open by votes for values that nobody here found valid. A shift that was offline hands in a few
 * hundred packages at once; more than this from one member is flooding.
 */
export const MAX_UNSTARTED_PER_AUTHOR = 512;
/** Rounds ahead of the own one in which single votes are taken in; further rounds only as a jump proof (MERGE). */
export const ROUNDS_AHEAD = 1;
/**
 * Polkas kept below the own round, the highest of each value first. The one that matters is the highest that anybody knows; the others
 * cover those who have not heard of it yet, and one round has one value.
 */
export const MAX_POLKAS_KEPT = 8;
/**
 * Own votes are on record this many rounds back: 128 votes, 30 KiB in the log. With the windows growing, 64 rounds are forty minutes at
 * least without a decision; a copy of the log that is older lacks newer votes, too.
 */
export const OWN_ROUNDS_KEPT = 64;
/** Reports kept of one member, the newest: each has another root, and an honest member's roots only grow. */
export const MAX_REPORTS_PER_AUTHOR = 8;
/** Drafts of changes kept at once. One that this replica's person has approved is not dropped for another. */
export const MAX_DRAFTS = 16;
