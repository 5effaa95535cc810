/** Limits of the session room; docs/limits.md lists every room's. */
import { MAX_CBOR_DEPTH, MAX_VALUE_BYTES } from '../codec/limits.ts';

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
/** Bytes that a session takes beside its record and its transactions: names, counters, signature, with room. */
export const SESSION_OVERHEAD_BYTES = 512;
/** Bytes of one stored session: record, transactions, and the signed body that holds both again. */
export const MAX_STORED_SESSION_BYTES = 3 * MAX_VALUE_BYTES;
