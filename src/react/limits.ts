/** Limits of the React hooks; docs/limits.md lists every room's. */

/** Keys that the hooks listen to in one network at once: with the prefixes below `MAX_LISTENERS` leaves 32 to the application itself. */
export const MAX_WATCHED_KEYS = 192;
/** Prefixes that the hooks listen to in one network at once: more than the lists of one page. */
export const MAX_WATCHED_PREFIXES = 32;
/** Sessions that are shown whole at once: each is read again after a change of any. */
export const MAX_WATCHED_SESSIONS = 32;
/** Entries that `useEntries` holds: a list that a page draws. Each change copies it, which takes a tenth of a millisecond at this length. */
export const MAX_LISTED_ENTRIES = 5000;
/**
 * What no component shows any more is listened to for this long, ms: React throws away what it has rendered while something else is waited for, and
 * comes back to it. Asked for again within it, it is there at once and up to date.
 */
export const LET_GO_MS = 5000;
/** A read that failed is tried again after this, ms: the bytes of a value come within one or two round trips. Doubles. */
export const READ_AGAIN_MS = 500;
/** Longest wait between two tries of a read, ms. */
export const MAX_READ_AGAIN_MS = 30_000;
