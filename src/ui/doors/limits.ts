/** Limits of the doors; docs/limits.md lists every room's. */

/** Bytes of a handed-over key file: the text has about 900 characters; more is another file. */
export const MAX_KEY_FILE_BYTES = 16 * 1024;
/** Bytes of a genesis file that is offered to the worker, which has its own limit of the same size. */
export const MAX_GENESIS_FILE_BYTES = 1024 * 1024;
/** Bytes of a file of exported keys that is read at all: base64 of the 8 MiB that the worker takes, and some white space. */
export const MAX_KEY_EXPORT_FILE_BYTES = 11 * 1024 * 1024;
/** Members that one person can sensibly collect by hand; the genesis itself allows more. */
export const MAX_COLLECTED_MEMBERS = 64;
/**
 * Pause between two knocks of a page that waits to be let in, ms: a knock is a connection of its own, which takes a second or two, and a
 * person who has just been approved waits for no longer than a breath.
 */
export const KNOCK_PERIOD_MS = 5000;
/** Requests to join made in this browser that are remembered, so that the invitation leads back to the waiting page. */
export const MAX_REMEMBERED_REQUESTS = 20;
/** Keys made here whose hand-over text is remembered, so that a reload shows it again. */
export const MAX_REMEMBERED_KEYS = 20;
/** Bytes that a site must be allowed at the least: the stored program twice while a newer one waits, keys, and records of a small network. */
export const MIN_ROOM_BYTES = 32 * 1024 * 1024;
/** The check at the start waits for a database to open for this long, ms: longer, and the replica itself finds out. */
export const PROBE_PATIENCE_MS = 3000;
