/** Limits of the worker room; docs/limits.md lists every room's. */

/** W0: two message delays between phones on bad mobile links are under half a second; a local network needs a hundredth of it. */
export const DEFAULT_W0_MS = 600;
/** Bytes of values kept in memory: the open versions' values, and heads that were read lately. */
export const MAX_VALUE_CACHE_BYTES = 48 * 1024 * 1024;
/** Values that are being fetched: one shift's worth of packages; the rest waits for the next descent. */
export const MAX_WANTED_VALUES = 2048;
/** A value that was not answered for this long is asked of another member. */
export const VALUE_RETRY_MS = 400;
/** Validation longer than this means: not valid yet. A session of 64 steps takes under 50 ms on a slow phone. */
export const VALIDATION_BUDGET_MS = 4000;
/** First wait before an unfinished validation is tried again; doubles up to a minute. */
export const VALIDATION_RETRY_MS = 1000;
/** Roots are told this long after the last change, so that a vote under way is not disturbed by descents. */
export const ROOTS_DEBOUNCE_MS = 300;
/** Roots are told at least this often: the repair of a lost push begins with them. */
export const ROOTS_PERIOD_MS = 3000;
/** Keys asked for over one link at once; the next page follows when it was answered. */
export const SYNC_PAGE_KEYS = 128;
/** Bytes of values in one message, so that it stays below MAX_MESSAGE_BYTES. */
export const VALUES_PER_MESSAGE_BYTES = 1024 * 1024;
/** A link that does not answer a probe for this long is dead: the other instance of its log id is no twin. */
export const PROBE_TIMEOUT_MS = 2500;
/** Reasons kept of one member that will not vote, per key: competing values, and a check that was unfinished first. */
export const MAX_REFUSALS_PER_MEMBER = 4;
/** Keys with kept refusals: the oldest goes first. */
export const MAX_REFUSAL_KEYS = 256;
/** Latencies kept for the network page. */
export const MAX_LATENCIES = 100;
/** Past versions fetched in one question. */
export const HISTORY_PAGE = 32;
/** A key is not asked of the same link again within this time because of `behind`. */
export const BEHIND_RETRY_MS = 200;
/** State is told to a page at most this often. */
export const STATE_PERIOD_MS = 50;
/** Trace events are told in batches this often. */
export const TRACE_PERIOD_MS = 30;
/** Trace events kept while nobody listens, for the demo's late panes. */
export const MAX_TRACE_EVENTS = 4000;
/** How long a database that another, frozen tab holds is waited for. */
export const DATABASE_PATIENCE_MS = 8000;
/** Characters of a member's key as it is handed over: an entry of names at their longest is under 1,200. */
export const MAX_HANDOVER_LENGTH = 4000;
/** Finished sessions that a page is told about, newest first; the open ones are always told. */
export const MAX_FINISHED_SESSIONS_TOLD = 6;
/** Rows of packages in one answer. */
export const MAX_PACKAGE_ROWS = 500;
/** A value whose bytes are still on their way is waited for this long before a session says so. */
export const HEAD_BYTES_PATIENCE_MS = 5000;
/** A holder of the replica that does not answer a visible view for this long is frozen: the view takes the lock. */
export const HOLDER_PATIENCE_MS = 12_000;
/** A view asks the holder for a sign of life this often. */
export const HOLDER_PING_MS = 2000;
/** A view that was not heard for this long is gone: four of its questions missed, and one that is late is told everything again. */
export const VIEW_PATIENCE_MS = 9000;
/** A forwarded call that is not answered fails after this long. */
export const FORWARD_TIMEOUT_MS = 20_000;
/** Forwarded calls under way. */
export const MAX_FORWARDED_CALLS = 200;
/** A decision is witnessed to the neighbours after this long, many keys in one message: off the critical path, and before a person asks. */
export const WITNESS_DELAY_MS = 120;
/** Decided versions whose votes are kept for comparison: a burst of a shift's worth; older ones are compared no more. */
export const MAX_CLOSED_VERSIONS = 512;
/** Certificates checked in one go: a page of false ones keeps the worker busy for a fifth of a second at most, then the link is gone. */
export const CERTIFICATES_CHECKED_AT_ONCE = 32;
/** Questions remembered because of `behind`, by link and key: a shift's worth of packages on every link of a full mesh. */
export const MAX_KEYS_ASKED = 10_000;
/** Nodes asked for or told in one message: with 16 leaves of the longest keys each it stays below MAX_MESSAGE_BYTES. */
export const SYNC_PAGE_NODES = 256;
/** A value that no neighbour had is asked for again after a doubled wait, at most so many times doubled: half a minute. */
export const MAX_VALUE_RETRY_DOUBLINGS = 6;
/** Keys whose past is fetched at once; the rest waits. */
export const MAX_HISTORIES_FETCHED = 8;
/** A neighbour that does not answer a question for history in this time is passed over. */
export const HISTORY_RETRY_MS = 3000;
/** The proposer makes the compact certificate this long after the decision, when the others have decided too: it takes some milliseconds. */
export const CERTIFY_DELAY_MS = 25;
/** Bytes of a value that travels with the first vote for it over every link; a greater one is fetched by those who lack it. */
export const MAX_PUSHED_VALUE_BYTES = 16 * 1024;
/** Values in one message of votes: those of one turn; more are fetched. */
export const MAX_PUSHED_VALUES = 3;
/** Values that one neighbour is known to hold: a shift's packages, each in a few versions. */
export const MAX_VALUES_TOLD = 4096;
/** After a decision late votes are under way still; a neighbour whose votes come after this long lacks the certificate. */
export const AHEAD_GRACE_MS = 1500;
