/** Limits of the simulator; docs/limits.md lists every room's. */

/** Members of one run: a run of this many takes minutes. */
export const MAX_MEMBERS = 100;
/** Virtual milliseconds of faults unless a run says otherwise: some dozen rounds of a vote. */
export const SETTLED_AT_MS = 1500;
/** Virtual milliseconds after the faults in which a run has to end: sixteen retries of a set, each after a vote that took several rounds. */
export const PATIENCE_MS = 120_000;
/** A call of a member's page takes up to this long to its replica, in virtual milliseconds: a port between two threads. */
export const PORT_MS = 2;
/** Bytes drawn at once for a workload. */
export const MAX_RANDOM_BYTES = 65_536;
/** Values that Byzantine members remember to offer again; the oldest goes first. */
export const MAX_OFFERED = 64;
/** Values that Byzantine members have made, so that they offer the same again where they mean to; the oldest goes first. */
export const MAX_OFFERS_KEPT = 4096;
