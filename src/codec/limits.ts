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
/** Characters of a member's id: short enough for a label and for a column of the seal's legend. */
export const MAX_MEMBER_ID_LENGTH = 24;
/** Bytes of a device certificate: keys, signature, and a name of MAX_NAME_LENGTH characters of three bytes each. */
export const MAX_DEVICE_CERTIFICATE_BYTES = 448;
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
/** Tree nodes, or leaves of one node, in one answer: two levels below a page of prefixes, cut into several answers when they are more. */
export const MAX_NODES_PER_MESSAGE = 16_384;
/** Bytes of a tree digest in a comparison: 2^-48 by accident, and whole digests are compared when nothing else is found. */
export const TREE_TAG_BYTES = 6;
/** Votes told in one answer to RESUME: one that the asker's log lacks is enough to stop it, and what it has is left out. */
export const MAX_RESUME_VOTES = 16;
/** Certificates told in one answer to RESUME: whoever lacks more has to sync first, which costs one link instead of all. */
export const MAX_RESUME_CERTIFICATES = 8;
/** Reports of the asker told in one answer to RESUME, without their polkas: one that its log lacks is enough to stop it. */
export const MAX_RESUME_REPORTS = 4;
/** Bytes of one answer to RESUME, which many members pass on: two lists of 20 votes or sixteen votes fit. */
export const MAX_RESUME_ANSWER_BYTES = 8 * 1024;
/** Own votes that an ask of RESUME names: 4,096 keys open in two rounds, two votes each. */
export const MAX_RESUME_KNOWN = 16_384;
/** Bytes of such a name, which the nonce salts: two votes of one member have the same by accident only, 2^-48 each. */
export const RESUME_NAME_BYTES = 6;
/** Bytes of each of the sixteen digests in an ask: two states with equal ones take 2^64 work, and sync compares whole ones. */
export const RESUME_DIGEST_BYTES = 16;
/** Characters of a hand-off's request or answer: what a QR code of it holds (MAX_QR_TEXT_LENGTH of the supply room). */
export const MAX_HAND_OFF_TEXT_LENGTH = 1600;
/** Bytes that devices say to each other about sessions in one message: all of it but kind, number and purpose. */
export const MAX_SESSION_TALK_BYTES = MAX_MESSAGE_BYTES - 64;
/** Bytes of one notice with its device certificate of 448 and a key of 200 characters. */
export const MAX_NOTICE_BYTES = 1280;
/** Characters of what a member hands to its new device: certificate and invitation, at their longest, in base64. */
export const MAX_DEVICE_TEXT_LENGTH = 3600;
/** Characters of a reason that a member gives for not voting. */
export const MAX_REASON_LENGTH = 400;
/** Entries in one batch: a shift's worth of packages; its values fit in one message, its list is under 64 KiB with the longest keys, a path under 9 digests. */
export const MAX_BATCH_ENTRIES = 256;
/** Lists of entries remembered with their trees: the same batch comes once from each member and type of vote, and few are open at once. */
export const MAX_REMEMBERED_LISTS = 32;
/** Groups in one certificate as it is read: aggregates, and votes by up to MAX_MEMBERS who each signed another batch. */
export const MAX_GROUPS_PER_CERTIFICATE = 1008;
/** Characters of an invitation: a QR code of version 40 with error correction M holds 2,331 bytes. */
export const MAX_INVITATION_LENGTH = 2200;
/** Signaling hints in one invitation: more cannot all be tried while a person waits. */
export const MAX_SIGNALING_HINTS = 8;
/** Characters of the address of a signaling server: eight of them fit in an invitation. */
export const MAX_SIGNALING_URL_LENGTH = 200;
/** Suppliers' keys, and couriers, in the directory of a genesis: 1,000 of each with long names fit in MAX_GENESIS_BYTES beside the members. */
export const MAX_DIRECTORY_ENTRIES = 1000;
/** Keys with an undecided lock in one REPORT: a batch of 256 twice over, for a member that closed while a shift handed in. */
export const MAX_LOCKS_PER_REPORT = 512;
/** Votes of all polkas in one OPEN: what fits in a value beside the reports, at some 64 bytes a vote. */
export const MAX_OPENING_VOTES = 8192;
/** Different reports in one OPEN: one of each member when nobody's locks are alike. */
export const MAX_STATEMENTS = MAX_MEMBERS;
/** Characters of the reason of a change, as the person who asks for it writes it. */
export const MAX_CHANGE_REASON_LENGTH = 400;
/** Bytes of one link of the chain of epochs: two values with their certificates. */
export const MAX_LINK_BYTES = 2 * MAX_VALUE_BYTES + 256 * 1024;
/** Epochs in a chain that is read as one: a change a week for twenty years. */
export const MAX_EPOCHS = 1024;
/** Links of the chain in one message; MAX_MESSAGE_BYTES bounds them anyway. */
export const MAX_LINKS_PER_MESSAGE = 64;
/** Leaves of a root in one message: with the longest keys they fit in MAX_MESSAGE_BYTES. */
export const MAX_LEAVES_PER_MESSAGE = 4096;
/** Reports, approvals or drafts of changes in one message: one of each member, several times. */
export const MAX_APPROVALS_PER_MESSAGE = 4096;
/** Drafts of changes that are told at once: more than one at a time is rare, and each is approved by people. */
export const MAX_DRAFTS_PER_MESSAGE = 8;
/** Requests to be let in that are told at once: all that a member shows. */
export const MAX_REQUESTS_PER_MESSAGE = 16;
/** Who asked at a door longer ago is not spoken of any more: its page, while it is open, asks every few seconds. */
export const MAX_REQUEST_AGE_MS = 600_000;
/** Bytes of what somebody says at a member's door: an entry with the longest names, and consents to MAX_DRAFTS_PER_MESSAGE changes. */
export const MAX_KNOCK_BYTES = 4 * 1024;
/** Bytes of a member's answer at its door: the largest genesis, and the links of 200 changes among 16 members. */
export const MAX_BUNDLE_BYTES = 4 * 1024 * 1024;
