/** Limits of the program as a browser keeps it; docs/limits.md lists every room's. */

/** Bytes of all files that a browser stores so that the app starts offline; a larger build fails. Twice what it weighs now. */
export const MAX_STORED_PROGRAM_BYTES = 12 * 1024 * 1024;
/** Bytes of one of them; a larger file fails the build. The decoder's WebAssembly, the largest, has under 1 MiB. */
export const MAX_STORED_FILE_BYTES = 3 * 1024 * 1024;
/**
 * Gzipped bytes of scripts on the page's thread before a page can be used, at whatever address: what a terminal fetches in two seconds over
 * a megabit, and parses in less. The worker's own script is fetched beside it, and its wasm after that.
 */
export const MAX_FIRST_SCRIPTS_BYTES = 250_000;
/** Gzipped bytes of the scripts that a worker runs before its wasm: a replica weighs 225 kB, and no library may slip in beside it. */
export const MAX_WORKER_SCRIPTS_BYTES = 240_000;
/** Files of a build that a list may name: ten times what a build has, since the list comes from a server. */
export const MAX_LISTED_FILES = 1000;
/** Characters of a path in it. */
export const MAX_LISTED_PATH = 300;
/** Files that are fetched at once while a build is stored: the page's own requests come between them. */
export const STORING_AT_ONCE = 2;
/** A network that is being opened is waited for this long before the program is stored: it comes first, but may never open. */
export const SETTLE_PATIENCE_MS = 15_000;
/** Looks for a newer build this often while a page is open: a build comes a few times a year, and a lookup costs one small request. */
export const UPDATE_CHECK_MS = 60 * 60 * 1000;
/** Not more often than this when a page is shown again, however often it is. */
export const UPDATE_CHECK_LEAST_MS = 60 * 1000;
/** A newer build that waits for a session to end looks this often whether every tab is free. */
export const TAKE_RETRY_MS = 2000;
/** A build that was told to begin and has not by then is left to a later try, and the tabs are freed. */
export const TAKE_PATIENCE_MS = 10_000;
/** A service worker that does not say by then whether its files are whole is taken at its word: one of before does not know the question. */
export const MEND_PATIENCE_MS = 120_000;
/** A vote under way holds an update back for this long without a change: without a quorum it may be open for days, and is on disk. */
export const VOTE_HOLDS_MS = 2 * 60 * 1000;
/** A tab that was left in mid-session holds an update back for this long: most are being loaded again, and hold it themselves soon. */
export const LEFT_HOLDS_MS = 60 * 1000;
/** Edited fields that are remembered, to tell whether somebody is in the middle of a form. */
export const MAX_EDITED_FIELDS = 30;
