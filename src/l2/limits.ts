/** Limits of the session room; docs/limits.md lists every room's. */
import {
  MAX_BATCH_ENTRIES,
  MAX_CBOR_DEPTH,
  MAX_SESSION_TALK_BYTES,
  MAX_VALUE_BYTES,
} from '../codec/limits.ts';

/** Steps of one session: the longest workflow has 7; a receipt that is inspected line group by line group stays under 40. */
export const MAX_STEPS = 64;
/** Sessions that are local, voting or in conflict at once: a whole shift that was offline, about one package a minute. */
export const MAX_OPEN_SESSIONS = 500;
/** Finished sessions that are kept as history on this device; what was committed stays in the certified values for ever. */
export const MAX_FINISHED_SESSIONS = 200;
/** Stored sessions that could not be read and are listed: more are counted by nobody, and a person looks at the first few. */
export const MAX_DAMAGED_SESSIONS = 50;
/** Calls that wait for one key: a person is never this far ahead, so more is a program that runs wild. */
export const MAX_WAITING_CALLS = 32;
/** Decisions and refusals remembered for one key until they are worked off: a missing one is looked up, never guessed. */
export const MAX_PENDING_EVENTS = 32;
/** Characters of an operator's pseudonym: a badge number fits, a full name with birthday should not. */
export const MAX_OPERATOR_LENGTH = 24;
/** Characters of a service's path. */
export const MAX_PATH_LENGTH = 120;
/** Services of one registry, all rules versions together. */
export const MAX_SERVICES = 512;
/** Bytes of one request's body: the largest manifest, of 96 KiB and 400 lines, with room. */
export const MAX_REQUEST_BYTES = 256 * 1024;
/** Bytes of one response: what a scan tells of a package of 400 lines, with room. */
export const MAX_RESPONSE_BYTES = 256 * 1024;
/** Levels of a request, response or record: a value wraps them in five more before the codec's own limit counts. */
export const MAX_BODY_DEPTH = MAX_CBOR_DEPTH - 6;
/** Bytes of a value's body: the value adds the previous digest and two field names. */
export const MAX_SESSION_VALUE_BYTES = MAX_VALUE_BYTES - 256;
/** Devices beside the signer that took part in one session: it moves when a terminal dies, which is rare; the member stands beside them. */
export const MAX_SESSION_DEVICES = 4;
/** Bytes that a session takes beside its record and its transactions: names, counters, signature, and five device certificates of 448. */
export const SESSION_OVERHEAD_BYTES = 3072;
/** Bytes of one message between a session's two devices: all its steps with the record, or the value that they lead to. */
export const MAX_MIRROR_BYTES = MAX_SESSION_VALUE_BYTES + 4096;
/** Sessions of other devices mirrored here: a bench works on one, and a member has some dozens of benches. */
export const MAX_MIRRORED_SESSIONS = 64;
/** Times that one operation is sent to the mirror again because it stands elsewhere: the second time it gets the whole session. */
export const MAX_MIRROR_ATTEMPTS = 3;
/** Notices of one member that are held: as many benches as work at once in a large warehouse. More push out the oldest of that member. */
export const MAX_NOTICES_PER_MEMBER = 64;
/** How long a notice holds without being renewed: a tab that died is forgotten in this time. Milliseconds. */
export const NOTICE_TTL_MS = 10 * 60_000;
/** How often an open session's notice is renewed: two may get lost. Milliseconds. */
export const NOTICE_RENEWAL_MS = 3 * 60_000;
/** Notices of one member that are taken in per minute: 64 renewed, and as many started and ended, every three minutes, with room. */
export const MAX_NOTICES_PER_MINUTE = 90;
/** How far ahead of our clock a notice may be dated: phones and terminals differ by minutes. Milliseconds. */
export const NOTICE_CLOCK_SLACK_MS = 5 * 60_000;
/** Bytes of a problem's or a response's body read from an HTTP request: JSON takes up to twice what CBOR does, and base64 a third more. */
export const MAX_HTTP_BODY_BYTES = 2 * MAX_REQUEST_BYTES;
/** A local session that nobody has touched for so long has been forgotten: three days, so that one of Friday is there on Monday. */
export const SESSION_EXPIRY_MS = 3 * 24 * 60 * 60_000;
/** Bytes of one stored session: record, transactions, and the signed body that holds both again. */
export const MAX_STORED_SESSION_BYTES = 3 * MAX_VALUE_BYTES;
/** Sessions that a device hands over in one message: what a member can propose as one batch. */
export const MAX_HANDED_OVER = MAX_BATCH_ENTRIES;
/** Bytes of one hand-over: what one message carries. */
export const MAX_HANDOVER_BYTES = MAX_SESSION_TALK_BYTES;
