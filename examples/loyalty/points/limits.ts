/** What the rules allow at most, down to MAX_SEQ: whoever changes one of these raises `RULES_VERSION`. Below them what pages and phones hold to. */

/** Points that one issuer may have outstanding: issued and not retired. A market stall gives away some hundred a day. */
export const CAP_PER_ISSUER = 100_000;
/** Points in one group, and in one sum: far above the cap, and exact in every number. */
export const MAX_AMOUNT = 1_000_000_000;
/** Points that one issuer ever issues or retires: sums of both stay exact. */
export const MAX_EVER = 2 ** 50;
/** Outputs of one issue or split: a market day's round of customers, and a request for it still fits in one QR code. */
export const MAX_OUTPUTS = 8;
/** Groups that are merged into another at once: each adds a proof of some kilobytes to the value, and 45 bytes to the request. */
export const MAX_SOURCES = 7;
/** Merges and swaps that one group has decided (16 bytes each, in every version of it). One that has as many can be merged into another. */
export const MAX_DONE = 32;
/** Groups that leave circulation in one retirement: each adds a proof to two versions of the account. */
export const MAX_RETIRED = 4;
/**
 * Bytes of the proof of a group without proofs of its own: its content of at most 2 KiB with a certificate, which is some hundred bytes, or 65 for
 * each member's vote while it is young. A network of 80 members fits with the worst.
 */
export const MAX_HEAD_PROOF_BYTES = 8 * 1024;
/** Bytes of the proof of an account that has a retirement open: MAX_RETIRED proofs of groups, and a certificate. */
export const MAX_ACCOUNT_PROOF_BYTES = 44 * 1024;
/** Bytes of any proof in a value: one that embeds the largest above, and a certificate. MAX_SOURCES of them fit in a value. */
export const MAX_PROOF_BYTES = 56 * 1024;
/** Offers that a merchant shows at once. */
export const MAX_OFFERS = 8;
/** Changes of owners' will that one group lives through: exact in a number. */
export const MAX_SEQ = 2 ** 40;

/** Characters of a request or an answer: what a camera still reads from a phone (a QR code of version 27). */
export const MAX_TEXT_LENGTH = 1400;
/** Characters of a receipt: a QR code of version 40 holds 2,331 bytes; a longer one is handed over as a file or in parts. */
export const MAX_RECEIPT_LENGTH = 64 * 1024;
/** The same of points that were settled before: text of MAX_HEAD_PROOF_BYTES. Among four members it is below MAX_TEXT_LENGTH, one code. */
export const MAX_SHORT_RECEIPT_LENGTH = 11 * 1024;
/** Times that a step of an operation is proposed again on another winner: by then somebody changes the key on purpose. */
export const MAX_TRIES = 16;
