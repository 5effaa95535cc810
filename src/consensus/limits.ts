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
