/** Limits of the store room; docs/limits.md lists every room's. */

/**
 * Writes handed over and not yet durable. At half a millisecond each this is five seconds of backlog: the disk has
 * stopped answering, and going on would only hold more memory. The write that comes on top fails, and the replica stops.
 */
export const MAX_PENDING_WRITES = 10_000;
/** Bytes of one signature or share read back: the longest of ours, a BLS key-sized field, has 96. */
export const MAX_SIGNATURE_BYTES = 96;
/** Bytes of a signer bitmap: one bit for each of `MAX_MEMBERS` (1,000). */
export const MAX_BITMAP_BYTES = 125;
/** Bytes of sealed key material: two 32-byte secrets in CBOR and a 16-byte tag are under 150. */
export const MAX_SEALED_BYTES = 1024;
/** Profiles in the index of one browser. A demo makes four, so this is 250 demos that nobody cleared away. */
export const MAX_PROFILES = 1000;
/** ICE servers in one identity's settings: browsers warn that more than five slow down discovery. */
export const MAX_ICE_SERVERS = 8;
/** Characters of one ICE address, user name or credential: short-lived TURN credentials stay under 200. */
export const MAX_ICE_FIELD_LENGTH = 512;
