/** Limits of the crypto room; docs/limits.md lists every room's. */

/**
 * Bytes of one BLS message. A vote is under 400 bytes and a proof of possession under 300; the wasm backend copies the
 * message to a stack of 1 MiB, so that both backends refuse more at the same length.
 */
export const MAX_BLS_MESSAGE_BYTES = 64 * 1024;
/**
 * Certificates in one random linear combination. Two pairings pay for the whole group from about ten on; more would only
 * keep the worker from other work (256 take about 0.2 s) and lengthen the search for a bad one.
 */
export const MAX_VERIFY_MANY = 256;
/** Decoded BLS public keys kept by a backend: the members of the largest epoch (1,000), and of the one before it. */
export const MAX_CACHED_PUBLIC_KEYS = 2048;
/** Imported Ed25519 keys kept: the members of two epochs, their devices and the suppliers of a directory. */
export const MAX_CACHED_VOTE_KEYS = 4096;
/**
 * Aggregates in one certificate. Honest certificates have one, or one for each batch that members signed it in; merging what two neighbours
 * made gives a few more. Every one may cost a pairing (about 4 ms).
 */
export const MAX_CERTIFICATE_GROUPS = 8;
/** Draws of a random 64-bit scalar before the source counts as broken: zero comes once in 2^64. */
export const MAX_SCALAR_DRAWS = 4;
/** Bytes of one sealed signaling message: an SDP offer with its candidates is 2 to 8 KiB. Announcements are smaller. */
export const MAX_SIGNALING_BYTES = 64 * 1024;
/** Bytes that `randomHex` may be asked for: `getRandomValues` gives at most 65,536 in one call. */
export const MAX_RANDOM_BYTES = 65_536;
/** Sums of shares remembered for the other certificates of their batch: those of a few batches that are certified at once. */
export const MAX_SHARED_AGGREGATES = 16;
/** Clocks of a phone and a terminal may differ by so much: minutes are common, an hour is a wrong time zone. Milliseconds. */
export const CLOCKS_DIFFER_MS = 300_000;

/**
 * Argon2id of an export of keys. OWASP's Password Storage Cheat Sheet asks for at least 19 MiB, 2 passes and 1 lane; RFC 9106, section 4, names
 * 64 MiB and 3 passes as its choice where memory is scarce. A file can be guessed at for years, so the larger: half a second on a phone. One lane,
 * as the wasm has one thread.
 */
export const KEY_EXPORT_MEMORY_KIB = 64 * 1024;
export const KEY_EXPORT_PASSES = 3;
export const KEY_EXPORT_LANES = 1;
/** What a file may ask for when it is imported: four times as much memory as today's, which a phone still has. KiB. */
export const MAX_KEY_EXPORT_MEMORY_KIB = 256 * 1024;
/** Below OWASP's 19 MiB no export of ours was made. KiB. */
export const MIN_KEY_EXPORT_MEMORY_KIB = 19 * 1024;
/** Passes that a file may ask for: with the most memory some ten seconds. */
export const MAX_KEY_EXPORT_PASSES = 8;
/** Lanes that a file may ask for: another program may have used the four of RFC 9106. */
export const MAX_KEY_EXPORT_LANES = 4;
/** Bytes of an export of keys: a genesis of MAX_GENESIS_BYTES and the links of some hundred changes of members. */
export const MAX_KEY_EXPORT_BYTES = 8 * 1024 * 1024;
/** Characters of a passphrase: NIST SP 800-63B-4 asks for 15 where nothing else protects; four words have more. */
export const MIN_PASSPHRASE_LENGTH = 15;
/** Characters of a passphrase at the most: each guess hashes all of it, and nobody types more. */
export const MAX_PASSPHRASE_LENGTH = 1024;
