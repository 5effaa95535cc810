/** Limits of the codec room; docs/limits.md lists every room's. */

/** Characters in a key. `directory/<kind>/<id>` with a 64-digit id fits three times. */
export const MAX_KEY_LENGTH = 200;
/** Bytes of one value: the inspection of a package with the largest manifest takes 446 KiB; photos are hashes. */
export const MAX_VALUE_BYTES = 512 * 1024;
/** Members of one epoch: signer bitmaps stay under 128 bytes, and the simulator's largest cluster fits. */
export const MAX_MEMBERS = 1000;
/** Nesting of decoded CBOR: our deepest schema has 8 levels; more is an attempt on the stack. */
export const MAX_CBOR_DEPTH = 24;
/** Items in one decoded CBOR document: a sync page of 1,024 keys with votes stays far below. */
export const MAX_CBOR_ITEMS = 200_000;
/** Bytes of a genesis: 1,000 members with 400 bytes each and a directory of 1,000 entries. */
export const MAX_GENESIS_BYTES = 1024 * 1024;
/** Characters of a person-given name (network, organisation, member): fits a label line on a phone. */
export const MAX_NAME_LENGTH = 80;
/** Highest version and round that are accepted from outside: exact in a double and in CBOR. */
export const MAX_COUNTER = 2 ** 40;
/** Bytes of one peer message before chunking: the largest value with its votes, or a page of sync. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** Votes in one message: a jump proof of 1,000 members, or a turn of many keys. */
export const MAX_VOTES_PER_MESSAGE = 4096;
/** Values in one message: several small ones travel together, bounded by MAX_MESSAGE_BYTES anyway. */
export const MAX_VALUES_PER_MESSAGE = 256;
/** Certificates in one message: a page of sync. */
export const MAX_CERTIFICATES_PER_MESSAGE = 512;
/** Keys asked for, or tree nodes asked for or told, in one message: a page of sync. */
export const MAX_KEYS_PER_MESSAGE = 512;
/** Votes told in one answer to RESUME; more come in further answers. */
export const MAX_RESUME_ENTRIES = 4096;
/** Characters of a reason that a member gives for not voting. */
export const MAX_REASON_LENGTH = 400;
