/** Limits of the doors; docs/limits.md lists every room's. */

/** Bytes of a handed-over key file: the text has about 900 characters; more is another file. */
export const MAX_KEY_FILE_BYTES = 16 * 1024;
/** Bytes of a genesis file that is offered to the worker, which has its own limit of the same size. */
export const MAX_GENESIS_FILE_BYTES = 1024 * 1024;
/** Members that one person can sensibly collect by hand; the genesis itself allows more. */
export const MAX_COLLECTED_MEMBERS = 64;
/** Keys made here whose hand-over text is remembered, so that a reload shows it again. */
export const MAX_REMEMBERED_KEYS = 20;
